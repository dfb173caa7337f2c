"""What pages, pictures and the workbook show: the whole opening time, readable scales, numbers as numbers."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from cxsim.report.common import style
from cxsim.report.run import pictures, tables
from cxsim.report.run.workbook import _text, workbook
from cxsim.report.studies import comparison, sweep_page, sweep_pictures, tournament_page
from cxsim.report.studies import tournament as drawn
from cxsim.scenario import parse
from cxsim.simulation.result import Result
from cxsim.simulation.simulate import simulate
from cxsim.studies.sweep.effects import Reading, read, target_of
from cxsim.studies.sweep.sweep import sweep
from cxsim.studies.tournament import Tournament

openpyxl = pytest.importorskip("openpyxl")

EARLY: dict[str, Any] = {
    "cxsim": 1,
    "name": "Early",
    "horizon": {"start": "2026-03-02", "open": "08:00-20:00", "interval": "1 h"},
    "reasons": {"a": {"volume": {"per_hour": [20] * 8 + [0] * 4}, "handle_time": "4 min", "patience": "3 min"}},
    "groups": {"g": {"serves": ["a"]}},
    "staff": {"shifts": [{"group": "g", "start": "08:00", "end": "16:00", "agents": 3}]},
}
UNLIKE: dict[str, Any] = {
    "cxsim": 1,
    "name": "Unlike",
    "horizon": {"start": "2026-03-02", "days": 2, "open": "08:00-16:00"},
    "channels": {"phone": {"patience": "2 min"}, "mail": {"deferrable": True, "interruptible": True}},
    "reasons": {
        "calls": {"volume": "60/h", "handle_time": "4 min"},
        "few": {"volume": "2/h", "handle_time": "4 min"},
        "mails": {"volume": "20/h", "handle_time": "5 min"},
    },
    "queues": {
        "calls": {"target": {"sl": {"share": "80%", "within": "20s"}}},
        "few": {},
        "mails": {"channel": "mail", "target": {"sl": {"share": "90%", "within": "24 h"}}},
    },
    "groups": {"team": {"agents": 8, "wage": 20, "serves": ["calls", "few", "mails"]}},
}


@pytest.fixture(scope="module")
def unlike() -> Result:
    return simulate(parse(UNLIKE), replications=3)


def picture(result: Result, key: str) -> Any:
    """A picture of the page, drawn."""
    return next(make() for one, make in pictures.plan(result) if one.key == key)


def by_title(figure: Any) -> dict[str, Any]:
    return {ax.get_title(loc="left"): ax for ax in figure.axes}


def test_pictures_reach_over_the_whole_opening_time_though_nobody_comes_or_is_there() -> None:
    result = simulate(parse(EARLY), replications=2)
    axis = style.time_axis(result)
    assert (axis.first, axis.last) == (8.0, 20.0)
    for key in ("service_level", "offered", "staffing", "occupancy"):
        for ax in picture(result, key).axes:
            assert ax.get_xlim()[1] >= 12.0, key


def test_occupancy_is_not_drawn_for_those_who_only_finish() -> None:
    busy = {**EARLY, "reasons": {"a": {"volume": "60/h", "handle_time": "20 min", "patience": "30 min"}}}
    result = simulate(parse(busy), replications=2)
    assert result.estimate("occupancy", interval="2026-03-02T16:00").value == 1.0
    line = next(one for one in picture(result, "occupancy").axes[0].lines if len(one.get_xdata()) > 2)
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    assert np.isnan(y[x > 8.0]).all()
    assert np.isfinite(y[x < 8.0]).all()


def test_queues_of_very_different_size_have_a_scale_each_and_like_ones_share_it(unlike: Result) -> None:
    offered = by_title(picture(unlike, "offered"))
    assert offered["calls"].get_ylim()[1] > 5 * offered["few"].get_ylim()[1]
    assert offered["few"].get_ylim()[1] < 10
    sl = by_title(picture(unlike, "service_level"))
    assert len({ax.get_ylim() for ax in sl.values()}) == 1
    wait = by_title(picture(unlike, "wait"))
    assert wait["calls"].get_ylabel() in ("seconds", "min:s")
    assert wait["mails"].get_ylabel() == "hours"
    ticks = [text.get_text() for text in wait["mails"].get_yticklabels()]
    assert all(float(text).is_integer() for text in ticks)


def test_panels_without_anything_in_them_are_left_out_and_named(unlike: Result) -> None:
    assert "mails" not in by_title(picture(unlike, "abandonment"))
    said = next(one.sentence for one, _ in pictures.plan(unlike) if one.key == "abandonment")
    assert "No contacts abandon in mails." in said
    assert "mails" not in by_title(picture(unlike, "erlang"))  # Erlang knows no work that may wait


def test_lines_are_not_drawn_over_hours_without_a_value() -> None:
    axis = style.time_axis(simulate(parse(EARLY), replications=1))
    hours = [f"2026-03-02T{hour:02d}:00" for hour in (8, 9, 12, 13)]
    x, shown = axis.points(pd.DataFrame({"interval": hours, "value": 1.0, "low": 1.0, "high": 1.0}))
    assert x[[0, 1, 3, 4]].tolist() == [0.5, 1.5, 4.5, 5.5]
    assert math.isnan(x[2]) and shown["value"].isna().tolist() == [False, False, True, False, False]


def test_the_map_of_days_and_hours_has_no_empty_columns(unlike: Result) -> None:
    figure = picture(unlike, "heat")
    grid = figure.axes[0].images[0].get_array()
    filled = ~np.isnan(np.ma.filled(grid, np.nan)).all(axis=0)
    assert filled[0] and filled[-1]
    assert figure.axes[0].get_title(loc="left") == "live contacts"


def differences(*rows: tuple[str, str, str, str, float]) -> pd.DataFrame:
    """Differences of the whole run: figure, scope, name, unit, difference; the interval is a tenth of it."""
    table = [
        (figure, scope, name, "total", 1.0, 1.0 + by, by, 0.9 * by, 1.1 * by, unit)
        for figure, scope, name, unit, by in rows
    ]
    return pd.DataFrame(table, columns=list(comparison.COLUMNS))


def test_a_comparison_has_no_exponents_no_touching_ticks_and_no_panel_of_zeros() -> None:
    figure = comparison.plot(
        differences(
            ("offered", "total", "total", "contacts", 15_000.0),
            ("cost", "total", "total", "money", 123_456.0),
            ("asa", "queue", "calls", "s", 6.0),
            ("asa", "queue", "mails", "s", 40_000.0),
            ("redials", "total", "total", "contacts", 0.0),
        ),
        currency="EUR",
    )
    figure.canvas.draw()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles.count("ASA") == 2  # seconds cannot be seen beside hours
    assert {ax.get_xlabel() for ax in figure.axes if ax.get_title(loc="left") == "ASA"} == {"hours", "seconds"}
    assert "Redials" not in titles
    for ax in figure.axes:
        labels = [text for text in ax.get_xticklabels() if text.get_text()]
        assert not any("e" in text.get_text() for text in labels)
        low, high = ax.get_xlim()
        boxes = sorted(
            (text.get_window_extent().x0, text.get_window_extent().x1)
            for text in labels
            if low <= text.get_position()[0] <= high
        )
        assert all(left[1] < right[0] for left, right in pairwise(boxes))


def test_the_workbook_has_numbers_as_numbers_with_their_unit(unlike: Result) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(unlike)))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    assert cell.value == cell.value.strip(), (sheet.title, cell.coordinate)
                    bare = cell.value.rstrip("%").replace(",", "").removesuffix(" s").removesuffix(" EUR")
                    assert not bare.replace(".", "", 1).isdigit(), (sheet.title, cell.coordinate, cell.value)
    rows = [[cell for cell in row if cell.value is not None] for row in book["Summary"].iter_rows()]
    heads = next(row for row in rows if row and row[0].value == "Queue")
    target = next(row for row in rows if row and row[0].value == "calls")
    cells = {head.value: cell for head, cell in zip(heads, target, strict=False)}
    assert cells["Value"].value == pytest.approx(unlike.estimate("sl", "queue", "calls").value)
    assert cells["Value"].number_format == "0.0%"
    assert isinstance(cells["Intervals missed"].value, int)
    waits = [row for row in rows if row and row[0].value == "ASA"]
    assert [row[1].value for row in waits] == ["live", "deferred"]
    assert waits[0][2].number_format.endswith('"s"')


def test_the_workbook_has_a_chart_of_waits_for_each_kind_of_channel(unlike: Result) -> None:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(workbook(unlike))) as book:
        charts = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/charts/chart")]
    waits = {kind: text for text in charts for kind in ("live", "deferred") if f"(ASA): {kind}" in text}
    assert set(waits) == {"live", "deferred"}
    assert waits["live"].count("<c:ser>") == 2
    assert waits["deferred"].count("<c:ser>") == 1


def test_heads_keep_their_capitals_and_have_no_blanks_at_the_end() -> None:
    assert _text("SL, points", {}) == "SL, points"
    assert _text("cost from ", {}) == "Cost from"
    assert _text("worst_interval", {}) == "Worst interval"


def test_worst_intervals_are_a_table_not_a_paragraph() -> None:
    queues = {f"q{k}": {"target": {"sl": {"share": "99%", "within": "1s"}}} for k in range(6)}
    reasons = {name: {"volume": "30/h", "handle_time": "4 min", "patience": "2 min"} for name in queues}
    tree = {**EARLY, "reasons": reasons, "queues": queues, "groups": {"g": {"serves": list(queues), "agents": 12}}}
    result = simulate(parse({key: value for key, value in tree.items() if key != "staff"}), replications=2)
    console = Console(width=80)
    with console.capture() as out:
        console.print(result.summary(80))
    lines = out.get().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("Worst intervals"))
    assert [line.split()[0] for line in lines[start + 2 : start + 8]] == list(queues)
    assert all(len(line) <= 80 for line in lines)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    tree = {
        **EARLY,
        "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {"g": {"serves": ["a"], "agents": 3}},
    }
    scenario = parse({key: value for key, value in tree.items() if key != "staff"})
    design = {
        "design": "grid",
        "replications": 8,
        "figures": ["sl", "asa"],
        "factors": {
            "volume": {"path": "reasons.a.volume.factor", "values": [1.0, 2.0]},
            "agents": {"path": "groups.g.agents", "values": [1, 2, 3, 4, 5, 6, 7]},
        },
    }
    return read(sweep(design, scenario=scenario, folder=tmp_path_factory.mktemp("pages") / "s"), "sl")


def test_a_sweep_opens_with_what_reaches_the_target_and_its_map_stands_first(swept: Reading) -> None:
    """Exact: the level named is the first of the table at or above the target."""
    assert swept.target == 0.8
    made = sweep_pictures.table_of(swept, "agents", "volume")
    least = [next(a for a in made.columns if made.loc[v, a] >= 0.8) for v in (1.0, 2.0)]
    first = sweep_page.sentences(swept)[0]
    assert first == f"The SL target of 80% needs agents of {least[0]:g} at volume 1 and {least[1]:g} at volume 2."
    assert next(key for key, *_ in sweep_page.pictures(swept)) == "heat-map"
    left, right = sweep_pictures.heat_map(swept, "agents", "volume").axes[:2]
    low, high = left.images[0].get_clim()
    assert (low + high) / 2 == pytest.approx(0.8)
    assert any(line.get_label() == "target" and set(line.get_ydata()) == {0.8} for line in right.lines)


@pytest.mark.parametrize(
    ("queues", "found"),
    [
        ("{a: {target: {sl: {share: 80%, within: 20s}}}}", 0.8),
        ("{a: {target: {sl: {share: 80%, within: 20s}}}, b: {target: {sl: {share: 80%, within: 1 h}}}}", 0.8),
        ("{a: {target: {sl: {share: 80%, within: 20s}}}, b: {target: {sl: {share: 90%, within: 1 h}}}}", math.nan),
        ("{a: {target: {sl: {share: 80%, within: 20s}}}, b: {}}", math.nan),
        ("{}", math.nan),
    ],
)
def test_a_sweep_has_a_target_where_all_queues_have_the_same(queues: str, found: float) -> None:
    assert target_of(f"queues: {queues}", "sl") == pytest.approx(found, nan_ok=True)
    assert target_of("queues: {a: {target: {asa: {max: 30s}}}}", "asa", "queue", "a") == 30.0


def played(*rows: tuple[str, float, str]) -> Tournament:
    """A tournament of these contestants: name, difference from the best, verdict."""
    table = pd.DataFrame(
        [
            {
                "name": name,
                "value": 8.2 + by,
                "difference": by,
                "low": by - 0.1,
                "high": by + 0.1,
                "verdict": word,
                "replications": 20,
            }
            for name, by, word in rows
        ]
    )
    beside = pd.DataFrame(
        [
            {"name": name, "figure": figure, "value": 1.0, "low": 1.0, "high": 1.0, "unit": "s", "replications": 20}
            for name, *_ in rows
            for figure in ("asa", "fcr_true", "cost_per_resolution")
        ]
    )
    at = "2026-03-02T08:00"
    intervals = pd.DataFrame(
        [{"name": name, "interval": at, "difference": by, "low": by, "high": by} for name, by, _ in rows[1:]]
    )
    return Tournament(table, beside, intervals, "asa", 2.0, 0.95, 1, True)


def test_a_tournament_among_equals_names_no_winner_and_draws_values() -> None:
    same = played(("one", 0.0, "best"), ("two", 0.0, "the same"), ("three", 0.0, "the same"))
    assert drawn.verdict(same).startswith("No difference: all 3 have the same ASA (8.2 s)")
    assert "95%" not in drawn.verdict(same)
    figure = drawn.plot(same)
    assert figure.axes[0].get_title(loc="left").startswith("No difference by ASA")
    assert [text.get_text() for text in figure.axes[0].texts] == ["8.2 s"] * 3
    text = tournament_page.page({"x": same}, "EUR", "1")
    assert "no difference" in text
    assert "Differences by time" not in text
    close = played(("one", 0.0, "best"), ("two", 0.05, "not distinguishable"))
    assert drawn.verdict(close).startswith("No clear best: one came first")
    assert "no clear best" in drawn.plot(close).axes[0].get_title(loc="left")
    clear = played(("one", 0.0, "best"), ("two", 3.0, "worse"))
    assert drawn.verdict(clear).startswith("one is selected: this is correct with a probability of 95%")
    assert drawn.plot(clear).axes[0].get_title(loc="left") == "Best by ASA: one"


def test_totals_of_a_center_of_one_kind_are_as_before(tmp_path: Path) -> None:
    result = simulate(parse(EARLY), replications=2)
    assert tables.wholes(result) == [("total", "", "")]
    assert "asa" in tables.planner(result, "total", "interval").columns
