"""A roster of named people as a folder: tables, calendars, a scenario that runs, workbook and page; all or nothing."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxsim.model.staffing_input import site_of
from cxsim.report.common.pages import Cell, Grid, Row, render_page
from cxsim.report.common.results_folder import write_inputs, write_json, write_text
from cxsim.report.exchange.roster import Entry, as_calendar, as_table, read_roster
from cxsim.report.run.document import records
from cxsim.report.run.folder import csv_text
from cxsim.report.run.workbook import Book, write
from cxsim.report.studies import roster as told
from cxsim.simulation.build_result import version
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from cxsim.rostering.people_roster import PeopleRoster

KIND = "cxsim roster"
TABLES = ("grid", "cover", "requests", "fairness", "people")
FAIR = ("late", "weekend", "refused")
WHOLE = ("needed", "assigned", "missing", "shifts", "late", "weekend")
UNITS = {
    **dict.fromkeys(WHOLE, "people"),
    **dict.fromkeys((f"{kind}_fair" for kind in ("shifts", *FAIR)), "agents"),
    **dict.fromkeys((f"{kind}_before" for kind in FAIR), "agents"),
    "refused": "agents",
    "weight": "agents",
    "hours": "h",
    "paid_hours": "h",
}
COLOURS = {"off": "#F4F6F7", "leave": "#E3DCEB", "late": "#FBE3CF"}


def save(found: PeopleRoster, folder: Path, *, pictures: bool = True) -> Path:
    """Write everything into a folder."""

    def fill(made: Path) -> None:
        write_inputs(made, found.inputs)
        write_text(made / "scenario.yaml", found.scenario_text)
        write_text(made / "roster.csv", csv_text(found.shifts))
        for name in TABLES:
            write_text(made / f"{name}.csv", csv_text(getattr(found, name)))
        _calendars(found, made)
        write_json(made / "provenance.json", provenance(found))
        write_json(made / "roster.json", document(found))
        if pictures:
            (made / "roster.xlsx").write_bytes(workbook(found))
            write_text(made / "report.html", page(found))

    return write_folder(folder, KIND, fill)


def _calendars(found: PeopleRoster, made: Path) -> None:
    """The roster as activities, and a calendar for each person where the time zone is known."""
    dates = [date.fromisoformat(text) for text in found.grid.columns[2:]]
    entries = read_roster(made / "roster.csv", dates[0], len(dates))
    write_text(made / "activities.csv", as_table(entries))
    zone = found.scenario.horizon.timezone
    of: dict[str, list[Entry]] = {}
    named = set(found.grid["name"])
    for one in entries:
        if one.person in named:
            of.setdefault(one.person, []).append(one)
    taken: set[str] = set()
    for name, mine in of.items():
        there = site_of(found.scenario, mine[0].group)[0]
        if there is None and zone is None:
            continue
        safe = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "person"
        unique, again = safe, 2
        while unique.casefold() in taken:
            unique, again = f"{safe}-{again}", again + 1
        taken.add(unique.casefold())
        (made / "calendars").mkdir(exist_ok=True)
        (made / "calendars" / f"{unique}.ics").write_bytes(as_calendar(mine, str(there or zone)))


def provenance(found: PeopleRoster) -> dict[str, Any]:
    """What `cxsim run` needs to simulate the roster, and what it was made of."""
    scenario = hashlib.sha256(found.scenario_text.encode()).hexdigest()
    return {"cxsim": version(), "scenario_sha256": scenario, "seed": 1, "replications": 20, "engine": "clock"}


def document(found: PeopleRoster) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "schema_version": 1,
        "kind": KIND,
        "scenario": found.scenario.name,
        "complete": found.complete,
        "proved": found.proved,
        "missing_hours": round(found.missing_hours, 6),
        "missing_bound": round(found.missing_bound, 6),
        "worth": round(found.worth, 6),
        "worth_bound": round(found.worth_bound, 6) if found.worth_bound == found.worth_bound else None,
        "sentences": told.sentences(found),
        "messages": list(found.messages),
        "rules": list(found.rules),
        **{name: records(getattr(found, name)) for name in ("shifts", "cover", "requests", "fairness")},
    }


def workbook(found: PeopleRoster) -> bytes:
    """The whole workbook: the answer, the grid, shifts, cover, requests, fairness."""
    out = io.BytesIO()
    book = Book(out, found.scenario.currency)
    first = book.sheet("Summary")
    first.set_column(0, 0, 120)
    first.write_string(0, 0, f"{found.scenario.name}: roster", book.format(bold=True, font_size=16))
    for row, text in enumerate((*told.sentences(found), *found.messages, "", *found.rules), start=2):
        first.set_row(row, 14.0 * (1 + len(text) // 120))
        first.write_string(row, 0, text, book.format(text_wrap=True))
    _grid_sheet(book, found)
    for name, frame in (
        ("Shifts", found.shifts.drop(columns="agents")),
        ("Cover", found.cover),
        ("Requests", found.requests),
        ("Fairness", found.fairness),
        ("People next time", found.people),
    ):
        if len(frame):
            write(book, name, frame, UNITS)
    book.book.close()
    return out.getvalue()


def _grid_sheet(book: Book, found: PeopleRoster) -> None:
    sheet = book.sheet("Roster")
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 1, 16)
    sheet.set_column(2, len(found.grid.columns), 13)
    late = _late_cells(found)
    for column, head in enumerate(found.grid.columns):
        sheet.write_string(0, column, told.short_day(head) if column > 1 else head.capitalize(), book.head())
        for row, text in enumerate(found.grid[head], start=1):
            kind = "late" if (str(found.grid["name"][row - 1]), str(head)) in late else str(text)
            colour = {"bg_color": COLOURS[kind]} if column > 1 and kind in COLOURS else {}
            sheet.write_string(row, column, str(text), book.format(align="left", **colour))


def _late_cells(found: PeopleRoster) -> set[tuple[str, str]]:
    late = found.shifts[found.shifts.index.isin(found.late_rows)]
    return set(zip(late["name"].astype(str), late["date"].astype(str), strict=True))


def page(found: PeopleRoster) -> str:
    """The page for planners and team leaders."""
    words = told.sentences(found)
    asked, missing = found.requests, int(found.cover["missing"].sum())
    tiles = [
        {"title": "People", "value": str(len(found.grid)), "note": f"{len(found.grid.columns) - 2} days"},
        {
            "title": "Shifts covered",
            "value": f"{int(found.cover['assigned'].sum()):,}",
            "note": f"{missing:,} open" if missing else "all of the plan",
        },
        {
            "title": "Requests granted",
            "value": f"{int((asked['answer'] == 'granted').sum()):,} of {len(asked):,}",
            "note": f"{asked['weight'][asked['answer'] == 'granted'].sum():g} of {asked['weight'].sum():g} by weight",
        },
    ]
    heads = (
        "Name",
        "Team",
        *(f"{date.fromisoformat(day):%a} {date.fromisoformat(day).day}" for day in found.grid.columns[2:]),
    )
    grid = _table("Who works when", heads, found.grid, left=len(heads))
    gaps = found.cover[found.cover["missing"] > 0]
    tables = []
    if len(gaps):
        shown = gaps[["date", "weekday", "team", "shift", "needed", "assigned", "missing", "why"]]
        tables.append(_table("Open shifts", tuple(map(_head, shown.columns)), shown, left=4, texts=(8,)))
    refused = asked[asked["answer"] == "refused"].drop(columns="answer")
    if len(refused):
        heads = tuple(map(_head, refused.columns))
        tables.append(_table("Refused requests", heads, refused, left=5, texts=(7, 8)))
    tables.append(fairness_grid(found))
    return render_page(
        name=f"{found.scenario.name}: roster",
        run=f"{told.short_day(found.grid.columns[2])} to {told.short_day(found.grid.columns[-1])}",
        verdict=words[0],
        mood="good" if found.complete else "bad",
        tiles=tiles,
        first=[grid],
        pictures=[],
        tables=tables,
        assumptions=[*words[1:], *found.messages, *found.rules],
        footer=f"cxsim {version()}",
    )


def fairness_grid(found: PeopleRoster) -> Grid:
    """Past, present and fair share of each person, for each kind of unpopular work."""
    heads = ["Name", "Team", "Shifts", "Fair", "Hours"]
    for kind in FAIR:
        heads += [f"{kind.capitalize()} before", kind.capitalize(), "Fair"]
    shown = found.fairness.drop(columns="contract")
    return _table("Fairness: before, in this roster, and the fair share of both", tuple(heads), shown, left=2)


def _head(column: str) -> str:
    return column.replace("_", " ").capitalize()


def _table(caption: str, heads: tuple[str, ...], frame: pd.DataFrame, left: int, texts: tuple[int, ...] = ()) -> Grid:
    rows = tuple(
        Row(tuple(Cell(_number(value) if isinstance(value, float) else str(value)) for value in row))
        for row in frame.itertuples(index=False)
    )
    return Grid(caption, heads, rows, left=left, texts=texts)


def _number(value: float) -> str:
    return "" if value != value else f"{value:.1f}".removesuffix(".0")
