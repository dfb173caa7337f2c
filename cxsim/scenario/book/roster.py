"""The sheet Roster: a row for each person, a column for each weekday or date, a shift in each cell."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Any

from cxsim.scenario.book import cells, layout
from cxsim.scenario.book.sheet import Page
from cxsim.scenario.book.tree import Tree
from cxsim.scenario.model import units
from cxsim.scenario.model.units import DAY, WEEKDAYS, Refusal
from cxsim.tables.roster_cells import AWAY, OFF, span

_AFTER = re.compile(r"(.+?)\s+after\s+(.+?)(?:\s*\(over\s+(.+)\))?")
_DATED = re.compile(r"([A-Za-z]+)\s+(\d{4}-\d{2}-\d{2})")  # Mon 2026-11-02
HEADS = ("Agent", "Team", "Break", "Unpaid break")


def read_roster(tree: Tree, page: Page) -> None:
    """Add the shifts of a roster to `staff.shifts` of the tree."""
    days: dict[int, dict[str, str]] = {}
    columns: dict[str, int] = {}
    for j, text in page.heads():
        folded = layout.folded(text)
        day = _day(text)
        if day is not None:
            days[j] = day
        elif folded in (head.casefold() for head in HEADS):
            columns[folded] = j
        elif folded not in ("note", "notes", "remarks", "contract h", "contract", "lunch"):
            fix = "write a weekday such as Mon, a date such as 2026-11-02, or one of " + ", ".join(HEADS)
            tree.fault(page.place(page.top, j), (), text, "is not a heading of the sheet Roster", fix)
        elif folded == "lunch":
            fix = "name it 'Unpaid break' or 'Break', and write when it is: 12:30-13:00, or 30 min after 4 h"
            tree.fault(page.place(page.top, j), (), text, "does not say whether the break is paid", fix)
    if "team" not in columns:
        tree.fault(page.place(page.top, 0), (), "", "has no column 'Team'", "add it, with a team in each row")
        return
    for i in page.body():
        person = cells.name_of(page.cell(i, columns["agent"])) if "agent" in columns else ""
        team = cells.name_of(page.cell(i, columns["team"]))
        texts = {j: cells.name_of(page.cell(i, j)) for j in days}
        if not team or (team.casefold() in ("total", "totals") and not person):
            if any(texts.values()):
                place = page.place(i, columns["team"])
                tree.fault(place, (), "", "has shifts, but no team", "write the team, or clear the row")
            continue
        for j, text in texts.items():
            if text.casefold() not in OFF and text.casefold() not in AWAY:
                _shift(tree, page, i, j, days[j], person, team, columns)


def _day(text: str) -> dict[str, str] | None:
    """What a heading says of the day: a weekday or a date."""
    match = _DATED.fullmatch(text)
    with suppress(ValueError):
        on = date.fromisoformat(match[2] if match else text[:10])
        return (
            {"date": on.isoformat()} if match is None or _day(match[1]) == {"weekday": WEEKDAYS[on.weekday()]} else None
        )
    try:
        days = units.weekdays(text)
    except Refusal:
        return None
    return {"weekday": WEEKDAYS[days[0]]} if len(days) == 1 else None


def _shift(
    tree: Tree, page: Page, i: int, j: int, day: dict[str, str], person: str, team: str, columns: dict[str, int]
) -> None:
    text, place = cells.name_of(page.cell(i, j)), page.place(i, j)
    found = span(text)
    at = ("staff", "shifts", tree.length(("staff", "shifts")))
    if found is None:
        fix = f"write a shift such as 8:00-16:30, off, or one of {', '.join(AWAY[:5])}"
        tree.fault(place, (), text, "is neither a shift nor an absence", fix)
        return
    start, end = found
    entry: dict[str, Any] = {"group": team, **day, "start": units.write_clock(start), "end": _clock(end)}
    breaks, unpaid = [], 0.0
    for head in ("break", "unpaid break"):
        if head not in columns:
            continue
        said = cells.name_of(page.cell(i, columns[head]))
        for part in filter(None, (x.strip() for x in said.replace(";", ",").split(","))):
            pause = _break(part, start, end)
            if pause is None:
                where = page.place(i, columns[head])
                tree.fault(where, (), part, "does not say when the break is", "write 12:30-13:00, or 30 min after 4 h")
                return
            a, b = pause
            if start <= a < b <= end:
                breaks.append(f"{_clock(a)}-{_clock(b)}")
                unpaid += b - a if head == "unpaid break" else 0.0
    if breaks:
        entry["breaks"] = breaks
    if unpaid:
        entry["paid"] = units.write_duration(end - start - unpaid)
    if person:
        entry["name"] = person
    tree.open(at, place)
    for key, value in entry.items():
        tree.put((*at, key), value, place, str(value) if isinstance(value, str) else "")


def _break(text: str, start: float, end: float) -> tuple[float, float] | None:
    """A break such as 12:30-13:00, or `30 min after 4 h` of a shift, in seconds of its first day.

    With `(over 6 h)` behind it, a shift that is not longer has none: its break is of no length.
    """
    match = _AFTER.fullmatch(text)
    try:
        if match is not None:
            length, since = units.duration(match[1]), units.duration(match[2])
            has_one = match[3] is None or end - start > units.duration(match[3])
            return start + since, start + since + length * has_one
    except Refusal:
        return None
    found = span(text)
    if found is None:
        return None
    a, b = found
    return (a + DAY, b + DAY) if a < start and b <= start else (a, b)


def _clock(seconds: float) -> str:
    return units.write_clock(seconds if seconds <= DAY else seconds - DAY)
