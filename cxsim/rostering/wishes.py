"""Leave, fixed shifts and requests, as a table says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cxsim.rostering import cells
from cxsim.rostering.people import Cells, Person
from cxsim.rostering.slots import DAY, Demand, Slot, Span, span_text
from cxsim.scenario.model.units import Refusal, suggestion
from cxsim.tables.reader import Table, TableError
from cxsim.tables.roster_cells import AWAY

Wish = Literal["off", "early", "late", "shift"]
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "agent", "person", "employee", "id"),
    "what": ("what", "kind", "request"),
    "date": ("date", "from"),
    "to": ("to", "until"),
    "weekday": ("weekday", "weekdays"),
    "shift": ("shift", "time", "times"),
    "weight": ("weight", "priority"),
}
LEAVE, FIXED, AVAILABLE = "leave", "fixed", "available"
_WORDS: Mapping[str, str] = {
    **dict.fromkeys((*AWAY, "away", "absent", "absence"), LEAVE),
    **dict.fromkeys(("off", "day off", "free"), "off"),
    **dict.fromkeys(("early",), "early"),
    **dict.fromkeys(("late",), "late"),
    **dict.fromkeys(("shift", "this shift"), "shift"),
    **dict.fromkeys(("fixed", "must"), FIXED),
    **dict.fromkeys(("available",), AVAILABLE),
}
KINDS = ("leave", "fixed", "available", "off", "early", "late", "shift")


@dataclass(frozen=True)
class Request:
    """What one person wishes for one day; `person` is a number, `span` the shift of a wish for one."""

    person: int
    day: int
    what: Wish
    weight: float
    span: Span | None = None
    place: str = ""

    def granted_by(self, slot: Slot | None, early: float, late: float) -> bool:
        """Whether a day with this shift (None: off) grants it: `early` ones begin before, `late` ones end after."""
        if self.what == "shift":
            return slot is not None and (slot.start, slot.end) == self.span
        if slot is None:
            return True
        return slot.start < early if self.what == "early" else slot.end > late if self.what == "late" else False

    @property
    def title(self) -> str:
        """The wish in words."""
        words = {"off": "day off", "early": "early shift", "late": "late shift"}
        return words[self.what] if self.span is None else f"shift {span_text(self.span)}"


@dataclass(frozen=True)
class Wishes:
    """What a table of requests says: when people are away (seconds from the first midnight), fixed shifts, requests.

    `dated` has, of each person, the spans of single days that replace the availability of the weekday. `outside` rows
    are about other days than those of the roster.
    """

    away: tuple[tuple[Span, ...], ...]
    dated: tuple[Mapping[int, tuple[Span, ...]], ...]
    fixed: tuple[tuple[int, int, str], ...]  # number of the person, of the slot, and where it says so
    requests: tuple[Request, ...]
    outside: int


def read_wishes(table: Table | None, people: Sequence[Person], asked: Demand, faults: list[TableError]) -> Wishes:
    """The requests of a table (None: there is none); faults are added to the list."""
    away: list[list[Span]] = [[] for _ in people]
    dated: list[dict[int, tuple[Span, ...]]] = [{} for _ in people]
    fixed: list[tuple[int, int, str]] = []
    requests: list[Request] = []
    outside = 0
    if table is None:
        return Wishes(tuple(tuple(one) for one in away), tuple(dated), (), (), 0)
    given = Cells(table, COLUMNS, faults)
    given.need("name", "what")
    numbers = {person.name.casefold(): k for k, person in enumerate(people)}
    for i in range(len(table) if {"name", "what"} <= given.columns.keys() else 0):
        who = given.get(i, "name", lambda text: _who(text, numbers, people))
        what = given.get(i, "what", _what)
        for role in ("name", "what"):
            if not given.text(i, role):
                given.fault(i, role, "", "is empty", "fill it in, or remove the row")
        span = given.get(i, "shift", cells.span)
        weight = given.get(i, "weight", cells.amount, 1.0)
        days = _days(given, i, asked.dates, what)
        if who is None or what is None or days is None or not _complete(given, i, what, span):
            continue
        place = f"{table.path}:{table.lines[i]}"
        outside += not days
        for day in days:
            if what == LEAVE:
                a, b = span or (0.0, DAY)
                away[who].append((day * DAY + a, day * DAY + b))
            elif what == AVAILABLE:
                dated[who][day] = (*dated[who].get(day, ()), span or (0.0, 2.0 * DAY))
            elif what == FIXED:
                slot = _fixed(given, i, people[who], day, span, asked)
                fixed += [(who, slot, place)] if slot is not None else []
            else:
                requests.append(Request(who, day, what, weight, span, place))
    return Wishes(tuple(tuple(sorted(one)) for one in away), tuple(dated), tuple(fixed), tuple(requests), outside)


def _who(text: str, numbers: Mapping[str, int], people: Sequence[Person]) -> int:
    if text.casefold() not in numbers:
        raise Refusal("is not one of the people", suggestion(text, [one.name for one in people], "they are"))
    return numbers[text.casefold()]


def _what(text: str) -> str:
    if text.casefold() not in _WORDS:
        raise Refusal("is not a kind of request", suggestion(text, KINDS, "write one of"))
    return _WORDS[text.casefold()]


def _complete(given: Cells, i: int, what: str, span: Span | None) -> bool:
    """Whether a row says all that its kind needs, and nothing that its kind cannot mean."""
    text = given.text(i, "shift")
    if what in ("shift", FIXED) and not text:
        given.fault(i, "shift", "", "is empty", "write the shift, such as 08:00-16:30")
    elif what in ("off", "early", "late") and text:
        rule = f"is a time, but a request for {what} is about the whole day"
        given.fault(i, "shift", text, rule, "clear the cell, or write 'shift' or 'leave' as the kind")
    elif what in (LEAVE, FIXED, AVAILABLE) and given.text(i, "weight"):
        rule = f"is a weight, but {what!r} always holds"
        given.fault(i, "weight", given.text(i, "weight"), rule, "clear the cell, or write 'off' or 'shift' as the kind")
    else:
        return what in ("off", "early", "late") or span is not None or (not text and what in (LEAVE, AVAILABLE))
    return False


def _days(given: Cells, i: int, dates: Sequence[date], what: str | None) -> list[int] | None:
    """The days of the roster that a row is about; None where it does not say or cannot be read."""
    before = len(given.faults)
    first, last = given.get(i, "date", cells.day_of), given.get(i, "to", cells.day_of)
    week = given.get(i, "weekday", cells.days_of_week)
    if len(given.faults) > before:
        return None
    if first is None and last is not None:
        given.fault(i, "date", "", "is empty", f"write the first day, such as {last}")
        return None
    if first is not None and last is not None and last < first:
        given.fault(i, "to", str(last), f"is before the first day, {first}", f"write {first} or later")
        return None
    if first is None and week is None and what not in ("early", "late"):
        given.fault(i, "date", "", "is empty", "write a date or a weekday")
        return None
    if first is not None and week is not None and last is None and first.weekday() not in week:
        given.fault(i, "weekday", given.text(i, "weekday"), f"is not the weekday of {first}", f"write {first:%a}")
        return None
    low, high = first or dates[0], last or first or dates[-1]
    return [k for k, on in enumerate(dates) if low <= on <= high and (week is None or on.weekday() in week)]


def _fixed(given: Cells, i: int, person: Person, day: int, span: Span | None, asked: Demand) -> int | None:
    """The slot of a fixed shift."""
    assert span is not None
    here = [k for k, one in enumerate(asked.slots) if one.day == day and one.team in person.teams]
    found = [k for k in here if (asked.slots[k].start, asked.slots[k].end) == span]
    if found:
        return min(found, key=lambda k: person.teams.index(asked.slots[k].team))
    near = sorted(here, key=lambda k: abs(asked.slots[k].start - span[0]) + abs(asked.slots[k].end - span[1]))
    fix = f"write {asked.slots[near[0]].title}" if near else "choose a day on which the team has shifts"
    rule = f"is not a shift of {' or '.join(person.teams)} on {asked.on(day)}"
    given.fault(i, "shift", given.text(i, "shift"), rule, fix)
    return None
