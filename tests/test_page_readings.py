"""What a page tells under the pointer, and drawings made short without a change that can be seen."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
from browsing import browser_path, chromium
from example_result import example_result
from matplotlib.figure import Figure

from cxsim.report.common import readings
from cxsim.report.common.svg import NEAR, _apart, _path, _thinned
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.run import drawing, page, pictures

DAY = example_result(days=2)


def told_by(svg: str) -> dict:
    return json.loads(unescape(re.search(r'data-values="([^"]*)"', svg).group(1)))


def drawn() -> dict[str, pictures.Picture]:
    return {one.key: one for one in pictures.draw(DAY, formats=())}


def test_the_values_told_are_those_of_the_result() -> None:
    told = told_by(drawn()["service_level"].svg)
    queues = list(DAY.names("queue"))
    assert len(told["axes"]) == len(queues)
    for queue, axes in zip(queues, told["axes"], strict=True):
        series = DAY.series("sl", "queue", queue)
        label, _, values, low, high = axes["series"][0]
        assert label == "SL" and axes["unit"] == "%"
        for found, column in ((values, "value"), (low, "low"), (high, "high")):
            known = series.loc[series["value"].notna(), column].to_numpy()
            assert [x for x in found if x is not None] == pytest.approx(100.0 * known, abs=0.051)
        names = told["places"][axes["at"]][1]
        shown = series.loc[series["value"].notna(), "interval"]
        assert [name.split()[-1] for name in names] == [text[11:16] for text in shown]


def test_places_lie_where_the_curve_is_drawn() -> None:
    figure = Figure(figsize=(5, 3))
    ax = figure.add_axes((0.1, 0.2, 0.8, 0.6))
    ax.plot([0.0, 1.0, 2.0], [3.0, np.nan, 5.0], label="calls")
    ax.set_xlim(0.0, 2.0)
    readings.name_places(ax, lambda x: f"at {x:g}")
    told = json.loads(readings.readings(figure))
    assert told["places"] == [[[360, 3240], ["at 0", "at 2"]]]  # tenths of a point: 5 in are 360 points
    assert told["axes"][0]["box"] == [36.0, 43.2, 324.0, 172.8]
    assert told["axes"][0]["series"][0][2] == [3, 5]


def test_a_drawing_without_named_places_tells_nothing() -> None:
    figure = Figure()
    figure.subplots().plot([0, 1, 2], [1, 2, 3], label="x")
    assert readings.readings(figure) == "" and "data-values" not in svg_of(figure, "k", "d")


def test_a_thinned_curve_stays_where_it_was() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        x = np.sort(rng.uniform(0.0, 100.0, 120))
        y = np.cumsum(rng.normal(0.0, rng.choice([0.01, 0.1, 1.0]), 120))
        kept = np.array(_thinned(list(zip(x.tolist(), y.tolist(), strict=True))))
        assert kept[0].tolist() == [x[0], y[0]] and kept[-1].tolist() == [x[-1], y[-1]]
        for point in zip(x.tolist(), y.tolist(), strict=True):
            ends = pairwise(map(tuple, kept.tolist()))
            assert min(_apart(point, a, b) for a, b in ends) <= NEAR + 1e-9
    line = [(float(k), 2.0) for k in range(10)]
    assert _thinned(line) == [line[0], line[-1]]
    assert _thinned([(0.0, 0.0), (0.0, 0.0)]) == [(0.0, 0.0)]


def test_a_long_path_with_curves_is_written_at_once() -> None:
    """A pattern that tries every way to split numbers would never end."""
    curved = " ".join(f"L {k}.123456 {k}.5" for k in range(200)) + " C 1.5 2.5 3.5 4.5 5.5 6.5"
    assert _path("M 0 0 " + curved).endswith("C 1.50 2.50 3.50 4.50 5.50 6.50")


def test_the_only_script_of_a_page_is_the_one_its_policy_names() -> None:
    html = page.page(DAY, list(drawn().values()))
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    assert len(scripts) == 1
    hashed = b64encode(sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{hashed}'" in html
    assert "<noscript" not in html and html.count("<svg") == len(drawn())


def test_bars_and_steps_are_told_too() -> None:
    figure = Figure(figsize=(6, 3))
    ax = drawing.offered(DAY, ax=figure.subplots())
    told = json.loads(readings.readings(figure))["axes"][0]["series"]
    fresh = DAY.series("fresh", "total")["value"].to_numpy()
    assert told[0][0] == "fresh" and told[0][2] == pytest.approx(fresh[fresh >= 0.0], rel=1e-3)
    ax.clear()


@pytest.mark.skipif(not browser_path(), reason="no Chromium on this machine: apt-get install chromium")
def test_the_pointer_and_the_arrows_show_values(tmp_path) -> None:
    pytest.importorskip("playwright", reason="tests of pages in a browser need playwright: pip install 'cxsim[dev]'")
    (tmp_path / "page.html").write_text(page.page(DAY, list(drawn().values())), encoding="utf-8")
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        faults: list[str] = []
        tab.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        tab.goto((tmp_path / "page.html").as_uri())
        figure = tab.locator("figure:has(svg[data-values])").first
        figure.scroll_into_view_if_needed()
        box = figure.locator("svg").bounding_box()
        told = told_by(drawn()["service_level"].svg)
        left, top, right, bottom = told["axes"][0]["box"]
        scale = box["width"] / float(figure.locator("svg").get_attribute("viewBox").split()[2])
        places, names = told["places"][told["axes"][0]["at"]]
        tab.mouse.move(box["x"] + places[1] / 10 * scale, box["y"] + (top + bottom) / 2 * scale)
        shown = figure.locator("output")
        assert shown.is_visible() and names[1] in shown.inner_text() and "%" in shown.inner_text()
        assert shown.bounding_box()["x"] >= 0 and shown.bounding_box()["x"] + shown.bounding_box()["width"] <= 1280
        tab.mouse.move(2, 2)
        assert not shown.is_visible()
        figure.focus()
        tab.keyboard.press("Home")
        tab.keyboard.press("ArrowRight")
        assert names[1] in shown.inner_text()
        tab.keyboard.press("Escape")
        assert not shown.is_visible() and not faults and left < right
