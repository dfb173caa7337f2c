"""A plan of shifts as entries of people: a table of activities, and calendars (RFC 5545)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from cxsim.tables.reader import Table, neutral, read_table
from cxsim.tables.stamps import DAY, clock, weekdays


class Entry(NamedTuple):
    """A stretch of one person's shift: `work` or `break`, from and to a local date and time."""

    person: str
    group: str
    start: datetime
    end: datetime
    activity: str


def read_roster(file: Path, first: date, days: int) -> list[Entry]:
    """The entries of a table of shifts, as `plan.csv` of a shift plan, on so many days from the first.

    People without a name are numbered within their group and row. TableError for a cell that cannot be read, and
    ValueError for a table of headcounts.
    """
    table = read_table(file)
    if table.find("end", "to") is None:
        raise ValueError(f"{file}: has headcounts, not shifts; set optimize.shifts to plan shifts")
    out: list[Entry] = []
    numbers: dict[str, int] = {}
    for i in range(len(table)):
        group = table.column("group")[i]
        name = table.column("name")[i] if table.find("name") else ""
        people = int(float(table.column("agents")[i])) if table.find("agents") and table.column("agents")[i] else 1
        for _ in range(1 if name else people):
            numbers[group] = numbers.get(group, 0) + 1
            person = name or f"{group} {numbers[group]}"
            for on in _days(table, i, first, days):
                out += _entries(table, i, person, group, on)
    return sorted(out, key=lambda one: (one.group, one.person, one.start))


def _days(table: Table, i: int, first: date, days: int) -> list[date]:
    span = [first + timedelta(days=k) for k in range(days)]
    text = table.column("date")[i] if table.find("date") else ""
    if text:
        on = date.fromisoformat(text[:10])
        return [on] if first - timedelta(days=1) <= on <= span[-1] else []
    text = table.column("weekday")[i] if table.find("weekday") else ""
    if not text:
        return span
    wanted = weekdays(text)
    if wanted is None:
        raise table.fault(table.lines[i], text, "weekday", "is not a weekday", "write mon, mon-fri or sat, sun")
    return [on for on in span if on.weekday() in wanted]


def _entries(table: Table, i: int, person: str, group: str, on: date) -> list[Entry]:
    """Work and breaks of one shift in order; a time before the start is on the next day."""
    start = _seconds(table, i, table.column(table.need("start", "from"))[i], "start")
    end = _seconds(table, i, table.column(table.need("end", "to"))[i], "end")
    end += DAY if end <= start else 0.0
    text = table.column("breaks")[i] if table.find("breaks") else ""
    pauses = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        ends = [_seconds(table, i, x.strip(), "breaks") for x in part.split("-")]
        if len(ends) != 2:
            raise table.fault(table.lines[i], part, "breaks", "is not a break", "write 12:00-12:30")
        pauses.append((*(x + (DAY if x < start else 0.0) for x in ends),))
    at, out = start, []
    for begin, until in [*sorted(pauses), (end, end)]:
        if begin > at:
            out.append(Entry(person, group, _moment(on, at), _moment(on, begin), "work"))
        if until > begin:
            out.append(Entry(person, group, _moment(on, begin), _moment(on, until), "break"))
        at = until
    return out


def _seconds(table: Table, i: int, text: str, column: str) -> float:
    found = clock(text)
    if found is None:
        raise table.fault(table.lines[i], text, column, "is not a time of day", "write 08:30")
    return found


def _moment(on: date, seconds: float) -> datetime:
    return datetime.combine(on, time()) + timedelta(seconds=seconds)


def as_table(entries: Sequence[Entry]) -> str:
    """CSV with columns agent, group, date, start, end, activity; an end after midnight is on the next day."""
    out = io.StringIO()
    made = csv.writer(out, lineterminator="\n")
    made.writerow(["agent", "group", "date", "start", "end", "activity"])
    for one in entries:
        when = f"{one.start:%Y-%m-%d}", f"{one.start:%H:%M}", f"{one.end:%H:%M}"
        made.writerow([neutral(one.person), neutral(one.group), *when, one.activity])
    return out.getvalue()


def as_calendar(entries: Sequence[Entry], zone: str) -> bytes:
    """One iCalendar file with an event per stretch of work or break, in the center's time zone."""
    there = ZoneInfo(zone)
    made = Calendar()
    made.add("prodid", "-//cxsim//plan//EN")
    made.add("version", "2.0")
    for one in entries:
        event = Event()
        event.add("summary", f"{one.person}: {one.activity}")
        event.add("dtstart", one.start.replace(tzinfo=there))
        event.add("dtend", one.end.replace(tzinfo=there))
        event.add("dtstamp", one.start.replace(tzinfo=there))
        event.add("categories", [one.group])
        key = f"{one.person}|{one.group}|{one.start.isoformat()}|{one.activity}"
        event.add("uid", f"{blake2b(key.encode(), digest_size=10).hexdigest()}@cxsim")
        made.add_component(event)
    made.add_missing_timezones()
    return bytes(made.to_ical())
