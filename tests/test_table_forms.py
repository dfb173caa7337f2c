"""One table in many forms: whatever separates, dates or formats it, it means the same or is refused.

Hypothesis draws what is true (counts, a log or headcounts on an axis of real time, also on days on which clocks
change) and a form in which an export might write it.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import xlsxwriter
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from cxsim.model.calendar import timeline
from cxsim.model.demand import demand, expected
from cxsim.model.plan import plan
from cxsim.scenario import ScenarioError, parse
from cxsim.tables.reader import TableError

STARTS = ("2026-03-02", "2026-03-28", "2026-03-29", "2026-10-25", "2026-06-01", "2026-12-31")
ZONES = (None, "Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")
Row = tuple[dt.datetime, float]


@dataclass(frozen=True)
class Form:
    """How a table is written."""

    separator: str  # '' for a workbook
    when: str  # one column, two columns, in cells of a workbook, or as text
    day: str
    clock: str
    offset: str
    number: str
    names: tuple[str, str]
    named: bool
    merged: str
    extra: str
    shuffled: int


def mostly(usual: str, *others: str) -> st.SearchStrategy[str]:
    """The usual form in two cases of three, so that often only one thing is odd."""
    return st.sampled_from([usual] * (2 * len(others)) + list(others))


FORMS = st.builds(
    Form,
    separator=st.sampled_from([",", ";", "\t", ""]),
    when=st.sampled_from(["stamp", "stamp", "columns", "columns", "clock only"]),
    day=mostly("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%Y%m%d", "%A"),
    clock=mostly("%H:%M:%S", "%I:%M:%S %p", "T%H:%M:%S", "%H:%M:%S.%f"),
    offset=mostly("", "Z", "local", "+05:30"),
    number=mostly("plain", "1.200", "1,200", "1 200", "1'200", "1200.0", "1200,0"),
    names=st.sampled_from(
        [("date", "time"), ("Date", "Start"), ("Call Date", "time"), ("Datum", "Zeit"), ("day", "interval")]
    ),
    named=st.booleans(),
    merged=mostly("no", "merged", "carried"),
    extra=mostly("", "title", "totals", "sep", "remark", "blank line"),
    shuffled=st.integers(0, 3),
)


def clocks(start: str, zone: str | None, days: int, step: float) -> list[dt.datetime]:
    """The moments `step` s apart of some days, in local time with its offset."""
    there = ZoneInfo(zone) if zone else dt.UTC
    first = dt.datetime.fromisoformat(start).replace(tzinfo=there)
    last = (dt.datetime.fromisoformat(start) + dt.timedelta(days=days)).replace(tzinfo=there)
    n = round((last.timestamp() - first.timestamp()) / step)
    return [dt.datetime.fromtimestamp(first.timestamp() + k * step, there) for k in range(n)]


def number(value: float, how: str) -> str:
    whole = f"{value:,.0f}"
    return {
        "plain": f"{value:.0f}",
        "1.200": whole.replace(",", "."),
        "1,200": whole,
        "1 200": whole.replace(",", " "),
        "1'200": whole.replace(",", "'"),
        "1200.0": f"{value:.1f}",
        "1200,0": f"{value:.1f}".replace(".", ","),
    }[how]


def written(rows: list[Row], form: Form, value: str | None) -> tuple[list[str], list[list[Any]]]:
    """The header and the cells; in a workbook dates, times and numbers are what they are."""
    date_name, time_name = form.names
    head = [time_name] if form.when != "columns" else [date_name, time_name]
    if value is not None:
        head = [*head, value]
    out: list[list[Any]] = []
    before = ""
    for at, x in rows:
        shown = at
        if form.offset == "Z":
            shown = at.astimezone(dt.UTC)
        elif form.offset == "+05:30":
            shown = at.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
        tail = "" if not form.offset else "Z" if form.offset == "Z" else shown.isoformat()[-6:]
        day, clock = shown.strftime(form.day), shown.strftime(form.clock) + tail
        count: Any = number(x, form.number)
        cells: list[Any]
        if not form.separator and not form.offset and form.day == "%Y-%m-%d":
            naive = shown.replace(tzinfo=None)
            cells = [naive] if form.when == "stamp" else [naive.date(), naive.time()]
            cells = cells[1:] if form.when == "clock only" else cells
            count = x if form.number == "plain" else count
        elif form.when == "stamp":
            cells = [day + clock if clock.startswith("T") else f"{day} {clock}"]
        else:
            cells = [day, clock.removeprefix("T")][form.when == "clock only" :]
        if form.merged != "no" and form.when == "columns":
            cells[0], before = ("" if str(cells[0]) == before else cells[0]), str(cells[0])
        out.append([*cells, count] if value is not None else cells)
    return head, out


def save(folder: Path, form: Form, head: list[str], rows: list[list[Any]]) -> str:
    above, below = [], []
    if form.extra == "title":
        above = [["Calls by interval"], [], ["Period", "last week"]]
    elif form.extra == "sep" and form.separator:
        above = [[f"sep={form.separator}"]]
    elif form.extra == "remark":
        above = [["# made by hand"]]
    elif form.extra == "blank line":
        above, below = [[]], [[]]
    elif form.extra == "totals":
        total = sum(float(row[-1]) if isinstance(row[-1], float) else 1.0 for row in rows)
        below = [["Total", *[""] * (len(head) - 2), total] if len(head) > 1 else ["Total"]]
    lines = [*above, head, *rows, *below]
    if form.separator:
        with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=form.separator).writerows(lines)
            return "table.csv"
    with xlsxwriter.Workbook(str(folder / "table.xlsx")) as book:
        sheet = book.add_worksheet()
        formats = {
            dt.datetime: "yyyy-mm-dd hh:mm:ss",
            dt.date: "yyyy-mm-dd",
            dt.time: ("hh:mm:ss", "[h]:mm")[form.shuffled % 2],
        }
        known = {kind: book.add_format({"num_format": text}) for kind, text in formats.items()}
        for i, line in enumerate(lines):
            for j, cell in enumerate(line):
                if type(cell) in known:
                    sheet.write_datetime(i, j, cell, known[type(cell)])
                elif isinstance(cell, str):
                    sheet.write_string(i, j, cell)
                else:
                    sheet.write(i, j, cell)
    return "table.xlsx"


def reader(form: Form) -> dict[str, Any]:
    """What the scenario says beside the file."""
    date_name, time_name = form.names
    names = {"date": date_name, "time": time_name} if form.when == "columns" else {"time": time_name}
    out: dict[str, Any] = {"columns": names} if form.named else {}
    if form.merged == "carried" and form.when == "columns":
        out["carry_down"] = date_name
    return out


def center(folder: Path, start: str, zone: str | None, days: int, step: float, **parts: Any) -> Any:
    horizon = {"start": start, "days": days, "open": "00:00-24:00", "interval": f"{step:.0f}s", "before": "0 days"}
    horizon |= {"timezone": zone} if zone else {}
    tree = {
        "cxsim": 1,
        "horizon": {**horizon, "after": "0 days"},
        "reasons": {"n": {"volume": "1/h", "handle_time": "4 min", "patience": "3 min"}},
        "groups": {"team": {"agents": 3, "serves": ["n"]}},
    }
    return parse({**tree, **parts}, folder=folder)


def days_of(form: Form, rows: list[Row]) -> bool:
    """Whether a form says the days at all; where it does not, one day stands for itself."""
    return form.when != "clock only" or len({at.date() for at, _ in rows}) == 1


def known(form: Form, rows: list[Row], zone: str | None) -> list[Row]:
    """The rows in the order in which the form has them: mixed up where that loses nothing."""
    twice = len({at.replace(tzinfo=None) for at, _ in rows}) < len(rows)
    if form.shuffled == 3 and (form.offset or not twice) and form.merged == "no":
        return sorted(rows, key=lambda row: (row[1] * 7919) % 101)
    return rows


def must_be_read(form: Form, zone: str | None) -> bool:
    """Whether nothing in a form is open to question."""
    return (
        form.when != "clock only"
        and form.day == "%Y-%m-%d"
        and form.clock != "%I:%M:%S %p"
        and (not form.offset or zone is not None)
        and form.number in ("plain", "1 200", "1'200")
        and (form.named or form.names == ("date", "time"))
        and form.merged != "merged"
        and form.extra in ("", "remark", "blank line")
    )


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    form=FORMS,
    start=st.sampled_from(STARTS),
    zone=st.sampled_from(ZONES),
    days=st.integers(1, 2),
    step=st.sampled_from([1800.0, 3600.0]),
    scale=st.sampled_from([10, 2500]),
    seed=st.integers(0, 10**6),
)
def test_a_volume_means_the_same_in_every_form_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
    form: Form,
    start: str,
    zone: str | None,
    days: int,
    step: float,
    scale: int,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("form")
    moments = clocks(start, zone, days, step)
    counts = np.random.default_rng(seed).integers(0, scale, len(moments)).astype(float)
    rows = list(zip(moments, counts.tolist(), strict=True))
    file = save(folder, form, *written(known(form, rows, zone), form, "n"))
    volume = {"n": {"volume": {"file": file, **reader(form)}, "handle_time": "4 min", "patience": "3 min"}}
    try:
        s = center(folder, start, zone, days, step, reasons=volume)
        found = expected(s, timeline(s))[0]
    except (ScenarioError, TableError) as error:
        event("refused")
        assert not must_be_read(form, zone), error
        return
    event("read")
    if days_of(form, rows):
        assert np.allclose(found, counts, rtol=1e-12, atol=1e-9)
    else:
        pytest.fail("times without days were read as every day, although there are two")


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    form=FORMS,
    start=st.sampled_from(STARTS),
    zone=st.sampled_from(ZONES),
    days=st.integers(1, 2),
    offsets=st.lists(st.integers(0, 82799), min_size=1, max_size=12, unique=True),
)
def test_a_log_means_the_same_in_every_form_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, form: Form, start: str, zone: str | None, days: int, offsets: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("form")
    grid = clocks(start, zone, days, 1800.0)
    there = grid[0].tzinfo
    seconds = sorted(second + 86400 * (k % days) for k, second in enumerate(offsets))
    first = grid[0].timestamp()
    seconds = [x for x in seconds if x < len(grid) * 1800]
    rows = [(dt.datetime.fromtimestamp(first + x, there), float(k)) for k, x in enumerate(seconds)]
    if not rows or (form.when == "clock only" and days > 1):
        return
    file = save(folder, form, *written(known(form, rows, zone), form, None))
    given_ = {"file": file, **reader(form)}
    if not form.named:
        given_["column"] = form.names[1]
    volume = {"n": {"volume": {"arrivals": given_}, "handle_time": "4 min", "patience": "3 min"}}
    try:
        s = center(folder, start, zone, days, 1800.0, reasons=volume)
        times = demand(s, timeline(s)).times
    except (ScenarioError, TableError):
        event("refused")
        return
    event("read")
    assert times.tolist() == pytest.approx([float(x) for x in seconds], abs=1e-3)


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    form=FORMS,
    start=st.sampled_from(STARTS),
    zone=st.sampled_from(ZONES),
    days=st.integers(1, 2),
    scale=st.sampled_from([8, 1500]),
    seed=st.integers(0, 10**6),
)
def test_headcounts_mean_the_same_in_every_form_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, form: Form, start: str, zone: str | None, days: int, scale: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("form")
    moments = clocks(start, zone, days, 3600.0)
    counts = np.random.default_rng(seed).integers(0, scale, len(moments)).astype(float)
    rows = list(zip(moments, counts.tolist(), strict=True))
    file = save(folder, form, *written(known(form, rows, zone), form, "team"))
    try:
        staff = {"file": file, **reader(form)}
        s = center(folder, start, zone, days, 3600.0, groups={"team": {"serves": ["n"]}}, staff=staff)
        found = plan(s, timeline(s)).present[0]
    except (ScenarioError, TableError) as error:
        event("refused")
        assert not must_be_read(form, zone), error
        return
    event("read")
    assert days_of(form, rows)
    assert np.allclose(found, counts)
