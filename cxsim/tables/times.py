"""When the rows of a table are: dates, weekdays, times of day, offsets from UTC, and hours that come twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from cxsim.tables.days import Days, days_of
from cxsim.tables.folds import EITHER, Calendar, Floats, Times, converted
from cxsim.tables.reader import Table, TableError
from cxsim.tables.stamps import STAMP, WEEKDAY_NAMES, Stamp, dates_in, day, stamp

TIME_COLUMNS = ("time", "start", "interval", "from")
_SPAN = re.compile(r"(.*?)(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})", re.IGNORECASE)
_UTC_WORD = re.compile(r"(?<![a-z])(utc|gmt|zulu)(?![a-z])", re.IGNORECASE)


def times(table: Table, column: str, zone: ZoneInfo | None = None) -> Times:
    """When each row is: a date and time in one column, or a time beside a column `date` or `weekday`.

    Times with an offset are converted to `zone`. Rows of a table that knows no day hold for every day. TableError
    for the first cell that is not a time or a day; for a row without a day beside others that have one; for a column
    that holds days and is not read; for offsets without a zone.
    """
    column = table.need(column)
    key = (times, column, zone)
    if key not in table.memo:
        table.memo[key] = _times(table, column, zone)
    found: Times = table.memo[key]
    return found


def _times(table: Table, column: str, zone: ZoneInfo | None) -> Times:
    stamps = moments(table, column)
    given = [one.day for one in stamps]
    days = days_of(table, column, given, [one.offset is not None for one in stamps])
    offsets = [i for i, one in enumerate(stamps) if one.offset is not None]
    seconds = np.array([one.seconds for one in stamps], dtype=np.float64)
    folds = np.full(len(stamps), EITHER, dtype=np.int8)
    if offsets:
        _check_offsets(table, column, stamps, days, offsets, zone)
        assert zone is not None
        for i in offsets:
            on, one = days[i], stamps[i]
            assert isinstance(on, date)
            days[i], seconds[i], folds[i] = converted(on, one.seconds, one.offset or 0.0, zone)
    elif (word := _UTC_WORD.search(column)) and (zone is None or zone.key not in ("UTC", "Etc/UTC", "GMT")):
        rule = f"has {word[0].upper()} in its name, but its times have no UTC offset"
        fix = "write Z after each time to have it converted, or rename the column if these are local times"
        raise table.fault(table.header, column, None, rule, fix)
    dated: dict[date, list[int]] = {}
    weekly: dict[int, list[int]] = {}
    daily: list[int] = []
    for i, one_day in enumerate(days):
        if isinstance(one_day, date):
            dated.setdefault(one_day, []).append(i)
        elif one_day:
            for w in one_day:
                weekly.setdefault(w, []).append(i)
        else:
            daily.append(i)
    return Times(seconds, folds, Calendar(dated, weekly, daily))


def moments(table: Table, column: str) -> list[Stamp]:
    """The cells of a column as points in time; TableError for the first that is none.

    A date alone in a workbook is its midnight, if other cells of the column, or of that of the ends, have a time: it
    stores both alike.
    """
    column = table.need(column)
    if (moments, column) not in table.memo:
        table.memo[moments, column] = _moments(table, column)
    found: list[Stamp] = table.memo[moments, column]
    return found


def _moments(table: Table, column: str) -> list[Stamp]:
    cells = table.column(column)
    stamps = [stamp(text) for text in cells]
    if not table.delimiter and None in stamps:
        beside = [name for name in (table.find(*TIME_COLUMNS), table.find("end", "to")) if name is not None]
        texts = {text for name in (column, *beside) for text in table.cells[name]}
        if any(one is not None and one.day is not None for one in map(stamp, texts)):
            stamps = [_midnight(text) if one is None else one for text, one in zip(cells, stamps, strict=True)]
    out: list[Stamp] = []
    for i, one in enumerate(stamps):
        if one is None:
            raise not_a_time(table, i, column)
        out.append(one)
    return out


def _midnight(text: str) -> Stamp | None:
    on = day(text)
    return None if on is None else Stamp(on, 0.0)


def not_a_time(table: Table, i: int, column: str) -> TableError:
    """What to say of a cell that is not a time."""
    text, line = table.column(column)[i], table.lines[i]
    if table.totals(i):
        return table.fault(line, table.totals(i), None, "marks a row of totals", f"remove line {line}")
    if not text:
        return table.fault(line, text, column, "", f"write 08:30, or remove line {line} if it is a row of totals")
    if (match := _SPAN.fullmatch(text)) is not None:
        begin = f"{match[1].strip()} {match[2]}".strip()
        if match[1] and STAMP.fullmatch(text):
            rule = f"may mean from {match[2]} to {match[3]}, or {match[2]} with the UTC offset -{match[3]}"
            return table.fault(line, text, column, rule, f"write {begin}, or {begin}:00-{match[3]}")
        return table.fault(line, text, column, "is a time span, not a time", f"write its start, {begin}")
    found = dates_in(text)
    if found and not re.search(r"\d:\d", text):
        rule = "is a date without a time"
        fix = f"write {found[0]}T08:30, or use it as the day of the row and put the times in a column 'time'"
        return table.fault(line, text, column, rule, fix)
    if found:
        hour = re.search(r"\d{1,2}:\d{2}.*$", text)
        ways = " or ".join(f"{on}T{hour[0].strip() if hour else '08:30'}" for on in found)
        return table.fault(line, text, column, "is not in a supported time format", f"write {ways}")
    return table.fault(line, text, column, "is not a time", "write 08:30 or 2026-03-02T08:30")


def _check_offsets(
    table: Table, column: str, stamps: Sequence[Stamp], days: Days, offsets: Sequence[int], zone: ZoneInfo | None
) -> None:
    i = offsets[0]
    text, line = table.cells[column][i], table.lines[i]
    if zone is None:
        rule = "has a UTC offset, but the scenario has no time zone to convert it to"
        fix = (
            "add the time zone to horizon, such as 'timezone: Europe/Berlin', or remove the offsets if these are "
            "local times"
        )
        raise table.fault(line, text, column, rule, fix)
    if len(offsets) < len(stamps) and not all(_tells_apart(stamps[i], days[i], zone) for i in offsets):
        bare = next(k for k, one in enumerate(stamps) if one.offset is None)
        rule = f"has no UTC offset, but another row has one (line {line})"
        fix = "write local offsets in all rows, or only in the rows of the hour that occurs twice when clocks go back"
        raise table.fault(table.lines[bare], table.cells[column][bare], column, rule, fix)
    for i in offsets:
        if not isinstance(days[i], date):
            rule, fix = "has a UTC offset but no date", "write the date too, such as 2026-03-02T08:30Z"
            raise table.fault(table.lines[i], table.cells[column][i], column, rule, fix)


def _tells_apart(one: Stamp, on: date | tuple[int, ...], zone: ZoneInfo) -> bool:
    """Whether an offset only says which of two hours of one name a time is in, as in the tables of a result."""
    if not isinstance(on, date):
        return False
    there, seconds, fold = converted(on, one.seconds, one.offset or 0.0, zone)
    return fold != EITHER and (there, seconds) == (on, one.seconds)


def reading(table: Table, column: str, zone: ZoneInfo | None) -> str:
    """How the days and times of a table were read, in words: `times from 08:00 to 17:30, Mon 2026-03-02`."""
    when = times(table, column, zone)
    dated = when.calendar.dated
    days = []
    if dated:
        first, last = min(dated), max(dated)
        days.append(f"{first:%a} {first}" + (f" to {last:%a} {last} ({len(dated)} dates)" if last > first else ""))
    if when.calendar.weekly:
        week = sorted(when.calendar.weekly)
        several = len(week) > 2 and week == list(range(week[0], week[-1] + 1))
        told = [WEEKDAY_NAMES[w][:3] for w in week]
        days.append(f"{told[0]}-{told[-1]}" if several else ", ".join(told))
    if when.calendar.daily:
        days.append("every day")
    low, high = (_shown(float(x)) for x in (when.seconds.min(), when.seconds.max()))
    offsets = any(one.offset is not None for one in moments(table, column))
    moved = f", converted to {zone.key}" if offsets and zone is not None else ""
    return f"{column!r} from {low} to {high}{moved}, {' and '.join(days)}"


def _shown(seconds: float) -> str:
    whole = int(seconds)
    text = f"{whole // 3600:02d}:{whole % 3600 // 60:02d}"
    return text if whole % 60 == 0 else f"{text}:{whole % 60:02d}"


def step(seconds: Floats, default: float) -> float:
    """How long a row lasts: the smallest gap between times of day; `default` when there is but one."""
    gaps = np.diff(np.unique(seconds))
    return float(gaps.min()) if len(gaps) else default
