"""Widgets for notebooks: the charts of the page, drawn when chosen; nothing where the extra is missing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsing import browser_path, chromium
from example_optimum import example_optimum
from example_result import example_result

import cxsim
from cxsim.report.common import charts
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.plan import page as plan_page
from cxsim.report.run import pictures

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def extra() -> None:
    pytest.importorskip("anywidget", reason="widgets need anywidget: pip install 'cxsim[notebook]'")


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook: IPython has a shell with a kernel."""
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


@pytest.fixture(scope="module")
def compared() -> cxsim.Comparison:
    tree = {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00"},
        "reasons": {"cards": {"volume": "60/h", "handle_time": "4 min", "patience": "3 min"}},
        "groups": {"team": {"agents": 4, "serves": ["cards"]}},
    }
    more = tree | {"groups": {"team": {"agents": 6, "serves": ["cards"]}}}
    hostile = {"now": tree, "<img src=x onerror=alert(1)>": more}
    return cxsim.compare({name: cxsim.parse(one) for name, one in hostile.items()}, replications=4)


def test_a_widget_has_the_drawings_and_tables_of_the_page() -> None:
    result = example_result(days=2)
    made = result.widget()
    planned = pictures.plan(result)
    assert [one["key"] for one in made.charts] == [one.key for one, _ in planned]
    assert [one["sentence"] for one in made.charts] == [one.sentence for one, _ in planned]
    assert made.chosen == "service_level" and list(made.drawn) == ["service_level"]
    made.chosen = "occupancy"
    assert list(made.drawn) == ["service_level", "occupancy"], "a chart is drawn when it is first chosen"
    for one, figure in planned:
        if one.key in made.drawn:
            assert made.drawn[one.key]["svg"] == svg_of(figure(), one.key, one.sentence)
    assert "data-values" in made.drawn["service_level"]["svg"]
    assert "<td" in made.drawn["service_level"]["table"] and "08:30" in made.drawn["service_level"]["table"]
    assert result.headline().replace("'", "&#39;") in made.heading


def test_a_chart_can_be_open_at_first_and_an_unknown_one_is_refused() -> None:
    result = example_result()
    assert list(result.widget("staffing").drawn) == ["staffing"]
    with pytest.raises(ValueError, match="'stafing' is not a chart; the charts are service_level,"):
        result.widget("stafing")


def test_a_plan_shows_what_its_page_shows() -> None:
    optimum = example_optimum()
    made = optimum.widget("goals")
    assert [one["title"] for one in made.charts][:3] == [
        "Staffing against requirement",
        "What it costs",
        "Slack of each goal",
    ]
    for one in made.charts:
        made.chosen = one["key"]
        assert made.drawn[one["key"]]["svg"].startswith("<svg") and "<td" in made.drawn[one["key"]]["table"]
    assert plan_page.notebook(optimum) == made.heading


def test_a_comparison_shows_each_variant_and_no_name_becomes_markup(compared: cxsim.Comparison) -> None:
    (variant,) = compared.names[1:]
    made = compared.widget(variant)
    (chart,) = made.charts
    assert variant in chart["title"] and "SL" in made.drawn["pair0"]["table"]
    assert "<img" not in made.heading + made.drawn["pair0"]["svg"] + made.drawn["pair0"]["table"]
    with pytest.raises(ValueError, match="'more' is not a variant"):
        compared.widget("more")


def test_a_notebook_shows_the_widget_and_a_terminal_does_not(kernel: None, monkeypatch: pytest.MonkeyPatch) -> None:
    result = example_result()
    (kind,) = result._repr_mimebundle_()
    assert kind == VIEW
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    assert result._repr_mimebundle_() == {}
    monkeypatch.delitem(sys.modules, "IPython")
    assert result._repr_mimebundle_() == {} and "<table" in result._repr_html_()


def test_without_the_extra_a_notebook_shows_tables(kernel: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    charts._kind.cache_clear()
    result = example_result()
    assert result._repr_mimebundle_() == {}
    with pytest.raises(ImportError, match=r"install it with: pip install 'cxsim\[notebook\]'"):
        result.widget()


HOST = """<!DOCTYPE html><meta charset="utf-8"><style>{css}</style><div id="at"></div>
<script type="module">
const state = {state}, later = {later}, heard = {{}};
window.model = {{
  get: (key) => state[key],
  set: (key, value) => {{ state[key] = value; }},
  save_changes: () => (window.kernel = () => {{
    state.drawn = {{ ...state.drawn, [state.chosen]: later[state.chosen] }};
    (heard["change:drawn"] ?? []).forEach((hear) => hear());
  }}),
  on: (kind, hear) => (heard[kind] ??= []).push(hear),
  off: () => {{}},
}};
const url = URL.createObjectURL(new Blob([{esm}], {{ type: "text/javascript" }}));
(await import(url)).default.render({{ model: window.model, el: document.getElementById("at") }});
document.body.dataset.ready = "1";
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(not browser_path(), reason="no Chromium on this machine: apt-get install chromium")
def test_the_widget_in_a_browser(tmp_path) -> None:
    """With a stand-in for the kernel: a button asks for a chart, and the arrows tell its values.

    With CXSIM_SCREENSHOTS=1 the picture is that of the docs.
    """
    pytest.importorskip("playwright", reason="tests of pages in a browser need playwright: pip install 'cxsim[dev]'")

    def script(value: object) -> str:
        return json.dumps(value).replace("</", "<\\/")

    result = cxsim.simulate(cxsim.read("scenarios/quickstart.yaml"), replications=10)  # as the page of the docs
    made, other = result.widget(), result.widget("occupancy")
    state = {key: getattr(made, key) for key in ("heading", "charts", "chosen", "drawn")}
    html = HOST.format(css=made._css, esm=script(made._esm), state=script(state), later=script(other.drawn))
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 1000, "height": 600})
        faults: list[str] = []
        tab.on("pageerror", lambda said: faults.append(str(said)))
        tab.goto((tmp_path / "page.html").as_uri())
        tab.locator("body[data-ready]").wait_for()
        assert tab.locator("button[aria-pressed=true]").inner_text().startswith("Service level by")
        picture = (IMAGES if os.environ.get("CXSIM_SCREENSHOTS") == "1" else tmp_path) / "notebook-widget.png"
        tab.screenshot(path=picture, full_page=True)
        tab.get_by_role("button", name="Occupancy").click()
        assert tab.locator("#at[aria-busy=true]").count() == 1, "until the kernel has drawn it"
        tab.evaluate("kernel()")
        tab.locator("#occupancy-svg").wait_for()
        tab.locator("figure").focus()
        tab.keyboard.press("ArrowRight")
        assert "08:00" in tab.locator(".told").inner_text() and "%" in tab.locator(".told").inner_text()
        tab.locator("summary").click()
        assert tab.locator("details td").first.is_visible()
        tab.set_viewport_size({"width": 600, "height": 600})  # a notebook cuts off what is wider than its cells
        assert tab.evaluate("document.documentElement.scrollWidth") <= 600
        assert tab.locator(".wide").evaluate("one => { one.scrollLeft = 9999; return one.scrollLeft; }") > 0
        assert faults == []
