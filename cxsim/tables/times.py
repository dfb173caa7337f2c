"""When the rows of a table are: dates, weekdays, times of day, offsets from UTC, and hours that come twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxsim.tables.reader import Table, TableError

Floats = npt.NDArray[np.float64]

DAY = 86400.0
TIME_COLUMNS = ("time", "start", "interval", "from")
EITHER = -1  # of an hour that comes twice: both, or not known which
EVERY_DAY = ("every day", "daily", "all days")
_LOOKED_AT = 1000  # cells of a column that say whether it holds days
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = {text: i for i, name in enumerate(_NAMES) for text in (name, name[:3])}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OFFSET = r"Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?(?:\s*([AP])\.?M\.?)?"
_STAMP = re.compile(rf"(?:(\d{{4}}-\d{{2}}-\d{{2}})(?:T|\s+))?{_CLOCK}(?:\s*({_OFFSET}))?", re.IGNORECASE)
_TIME_OF_DAY = re.compile(_CLOCK, re.IGNORECASE)
_SPAN = re.compile(r"(.*?)(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})", re.IGNORECASE)
_DIGITS = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
_WORDS = re.compile(r"(\d{1,2})[ .-]+([a-z]{3,9})\.?,?[ -]+(\d{2,4})|([a-z]{3,9})\.? (\d{1,2}),? (\d{4})")
_DAY_WORD = re.compile(r"(?<![a-z])(date|datum|weekday|wochentag)(?![a-z])", re.IGNORECASE)
_COUNT = re.compile(r"\d{1,9}(?:[.,]\d+)?")  # of these, 36,000 to 80,000 may be dates of a spreadsheet
_UTC_WORD = re.compile(r"(?<![a-z])(utc|gmt|zulu)(?![a-z])", re.IGNORECASE)


class Stamp(NamedTuple):
    """A point in time as written: its date if it has one, seconds of the day, seconds east of UTC if it says so."""

    day: date | None
    seconds: float
    offset: float | None = None


@lru_cache(maxsize=1 << 15)
def stamp(text: str) -> Stamp | None:
    """A time of day, or a date and time, with or without an offset; None for any other text.

    `24:00` of a date is the next midnight. What may be a span (`2026-03-02 08:00-09:00`) is not read.
    """
    text = text.strip()
    match = _STAMP.fullmatch(text)
    if match is None:
        return _iso(text)
    seconds = _of_day(*match.groups()[1:5])
    offset = _east(match[6])
    if seconds is None or (match[6] and (offset is None or _may_be_a_span(text))):
        return None
    if match[1] is None:
        return Stamp(None, seconds, offset)
    on = day(match[1])
    if on is None:
        return None
    return Stamp(on + timedelta(days=1), 0.0, offset) if seconds == DAY else Stamp(on, seconds, offset)


def _iso(text: str) -> Stamp | None:
    """Other forms of ISO 8601, such as 20260302T0830."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= 10 and ":" not in text:
        return None
    offset = found.utcoffset()
    seconds = found.hour * 3600.0 + found.minute * 60.0 + found.second + found.microsecond * 1e-6
    on = _usual(found.date())
    return None if on is None else Stamp(on, seconds, None if offset is None else offset.total_seconds())


def _usual(on: date) -> date | None:
    return on if 1900 <= on.year <= 2200 else None


def _may_be_a_span(text: str) -> bool:
    """Whether what looks like an offset may be the end of a span: no seconds, no T, a minus and a time."""
    return re.search(r"(?<![T\d:])\d{1,2}:\d{2}\s*-\d{2}:\d{2}$", text) is not None and "T" not in text.upper()


def _east(text: str | None) -> float | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return 0.0
    digits = text[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600.0 + int(digits[2:]) * 60.0
    return None if seconds > 15 * 3600.0 or int(digits[2:]) > 59 else -seconds if text[0] == "-" else seconds


def _of_day(hour: str, minute: str, second: str | None, half: str | None) -> float | None:
    hours, minutes, seconds = int(hour), int(minute), float((second or "0").replace(",", "."))
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half in "Pp" else 0)
    total = hours * 3600.0 + minutes * 60.0 + seconds
    return total if minutes < 60 and seconds < 60 and total <= DAY else None


def clock(text: str) -> float | None:
    """A time of day such as 9:30, 09:30:15.5 or 9:30 PM in seconds since midnight; else None."""
    match = _TIME_OF_DAY.fullmatch(text.strip())
    return None if match is None else _of_day(*match.groups())


def day(text: str) -> date | None:
    """A date such as 2026-03-02 (an ISO time after it is ignored); None for any other text."""
    try:
        return _usual(datetime.fromisoformat(text).date())
    except ValueError:
        return None


def weekdays(text: str) -> tuple[int, ...] | None:
    """Weekdays such as mon, Monday, mon-fri or sat+sun, Monday 0; None for any other text."""
    out: list[int] = []
    for part in re.split(r"[+&/]", text.strip().casefold()):
        ends = [_WEEKDAY.get(name.strip()) for name in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            return None
        out += [(first + i) % 7 for i in range((last - first) % 7 + 1)]
    return tuple(out)


@lru_cache(maxsize=1 << 12)
def dates_in(text: str) -> tuple[date, ...]:
    """The dates that a text may mean, however it is written: none, one, or two (03/04/2026)."""
    text = re.sub(r"^[a-z]{2,9},? (?=\S*\d)", "", text.strip().casefold()) if text[:1].isalpha() else text.casefold()
    text = re.sub(r"[t ]+\d{1,2}:\d{2}.*$", "", text.strip())
    if re.fullmatch(r"(19|20)\d{6}", text):
        return _dates((text[:4], text[4:6], text[6:]))
    if match := _DIGITS.fullmatch(text):
        a, b, c = match.groups()
        return _dates((a, b, c)) if len(a) == 4 else _dates((_year(c), b, a), (_year(c), a, b))
    match = _WORDS.fullmatch(text)
    if match is None:
        return ()
    number, month, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    if month[:3] not in _MONTHS:
        return ()
    return _dates((_year(year), str(_MONTHS.index(month[:3]) + 1), number))


def _year(text: str) -> str:
    return "20" + text if len(text) == 2 else text


def _dates(*parts: tuple[str, str, str]) -> tuple[date, ...]:
    out: list[date] = []
    for year, month, number in parts:
        try:
            found = date(int(year), int(month), int(number))
        except ValueError:
            continue
        if 1900 <= found.year <= 2200 and found not in out:
            out.append(found)
    return tuple(out)


Days = list[date | tuple[int, ...]]  # of each row: a date, weekdays, or () for every day


@dataclass(frozen=True)
class Calendar:
    """Which rows belong to which day: row numbers by date, by weekday (Monday 0), and for every day."""

    dated: dict[date, list[int]]
    weekly: dict[int, list[int]]
    daily: list[int]

    def rows(self, on: date) -> list[int] | None:
        """The rows of its date, else of its weekday, else of every day; None when there are none."""
        return self.dated.get(on) or self.weekly.get(on.weekday()) or self.daily or None

    def all_rows(self, on: date) -> list[int]:
        """The rows of its date, of its weekday and of every day together, in the order of the file."""
        return sorted([*self.dated.get(on, ()), *self.weekly.get(on.weekday(), ()), *self.daily])

    def knows(self, on: date) -> bool:
        """Whether a row names this day by its date or weekday."""
        return on in self.dated or on.weekday() in self.weekly


class Times(NamedTuple):
    """When the rows of a table are, in one time zone: seconds (n,) of the day, `folds` (n,), and their days.

    A fold is 0 or 1 where an offset says which of two hours of one name it is, else -1.
    """

    seconds: Floats
    folds: npt.NDArray[np.int8]
    calendar: Calendar


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
    days = _days(table, column, given, [one.offset is not None for one in stamps])
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
        if match[1] and _STAMP.fullmatch(text):
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


def _days(table: Table, column: str, given: Sequence[date | None], elsewhere: Sequence[bool]) -> Days:
    """The day of each row; a date told `elsewhere`, with an offset, may be another one than that beside it."""
    found_in = (table.find("date"), table.find("weekday", "day"))
    columns = [name for name in found_in if name is not None and name != column]
    out: Days = []
    blank: list[int] = []
    for i in range(len(table)):
        said = [(name, table.cells[name][i]) for name in columns if table.cells[name][i]]
        on: date | tuple[int, ...] | None = given[i]
        if on is not None and elsewhere[i]:
            out.append(on)
            continue
        for k, (name, text) in enumerate(said):
            found = _day_of(text)
            if found is None and (k or on is not None):
                continue  # such as the day of the month beside a date
            if found is None:
                raise _not_a_day(table, i, name)
            if isinstance(on, date) and not _agree(on, found):
                rule = f"does not match the day of its row, {on:%a} {on}"
                fix = f"correct one of them, or rename {name!r} if it has another meaning"
                raise table.fault(table.lines[i], text, name, rule, fix)
            on = found if on is None else on
        if on is None:
            blank.append(i)
        out.append(() if on is None else on)
    if blank and len(blank) < len(out):
        i, name = blank[0], columns[0] if columns else column
        rule, fix = "has a row without a day, but other rows have one", "write the date too, such as 2026-03-02T08:30"
        if columns:
            fix = (
                f"write it in each row ('every day' for all), or add 'carry_down: {name}' next to 'file' if a blank "
                "cell means the day above"
            )
        raise table.fault(table.lines[i], None, name, rule, fix)
    if not any(isinstance(on, date) for on in out):
        _no_other_days(table, column, columns)
    return out


def _agree(on: date, found: date | tuple[int, ...]) -> bool:
    return found == on if isinstance(found, date) else not found or on.weekday() in found


def _day_of(text: str) -> date | tuple[int, ...] | None:
    if text.casefold() in EVERY_DAY:
        return ()
    on = day(text)
    return on if on is not None else weekdays(text)


def _not_a_day(table: Table, i: int, name: str) -> TableError:
    text, line = table.cells[name][i], table.lines[i]
    if table.totals(i):
        return table.fault(line, table.totals(i), None, "marks a row of totals", f"remove line {line}")
    ways = " or ".join(str(on) for on in dates_in(text))
    rule = "may mean two different days" if " or " in ways else "is not a day"
    return table.fault(line, text, name, rule, f"write {ways or '2026-03-02, or mon, or mon-fri'}")


def _no_other_days(table: Table, column: str, read: Sequence[str]) -> None:
    """Refuse a column that holds days and is not read: the rows would hold for every day."""
    for name in table.columns:
        if name == column or name in read:
            continue
        cells = [text for text in table.cells[name][:_LOOKED_AT] if text]
        days = sum(bool(dates_in(text)) or (not read and weekdays(text) is not None) for text in cells)
        unlike = sum(not _COUNT.fullmatch(text) or 36_000 <= float(text.replace(",", ".")) <= 80_000 for text in cells)
        called = _DAY_WORD.search(name.replace("_", " ")) is not None and 2 * unlike >= len(cells)
        if cells and (2 * days >= len(cells) or called):
            rule = "contains days but is not used, so its rows would count for every " + ("week" if read else "day")
            role = "weekday" if all(weekdays(text) for text in cells) else "date"
            role = "time" if all(re.search(r"\d:\d\d", text) for text in cells) else role
            fix = f"write 'columns: {{{role}: {name}}}' next to 'file', or remove the column"
            raise table.fault(table.header, name, None, rule, fix)


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


def converted(on: date, seconds: float, offset: float, zone: ZoneInfo) -> tuple[date, float, int]:
    """(date, seconds of the day, fold) in a zone, of a time `offset` s ahead of UTC; fold -1 unless it comes twice."""
    utc = datetime.combine(on, time(), UTC) + timedelta(seconds=round(seconds, 6) - offset)
    there = utc.astimezone(zone)
    whole = there.hour * 3600 + there.minute * 60 + there.second
    fold = there.fold if there.fold or there.utcoffset() != there.replace(fold=1).utcoffset() else EITHER
    return there.date(), whole + seconds % 1.0, fold


def told_apart(
    table: Table, rows: Sequence[int], when: Times, column: str, twice: Callable[[float], bool], name: str = ""
) -> list[tuple[int, int]]:
    """The rows of a day, each with its fold; one time has one row, or two if it comes `twice`.

    Two rows of an hour that comes twice are told apart by their offsets, or that of one, else by their order; one row
    without an offset is about both. A fault tells whose rows they are, if they have a `name`.
    """
    by: dict[float, list[int]] = {}
    for i in rows:
        by.setdefault(float(when.seconds[i]), []).append(i)
    out: list[tuple[int, int]] = []
    for at in sorted(by):
        same = by[at]
        folds = sorted((int(when.folds[i]), i) for i in same)
        if [fold for fold, _ in folds] == [EITHER, 0]:
            folds.reverse()
        if len(same) == 2 and twice(at) and folds[0][0] != 1 and folds[1][0] != 0:
            out += [(i, k) for k, (_, i) in enumerate(folds)]
        elif len(same) > 1:
            rule = f"is a second row{f' of {name!r}' * bool(name)} for the same time"
            raise table.fault(table.lines[same[1]], table.cells[column][same[1]], column, rule, "keep one of the rows")
        else:
            out += [(i, fold) for fold, i in folds]
    return out


def in_order(walls: Sequence[float], known: Sequence[int], twice: Callable[[float], bool]) -> list[int] | None:
    """Folds of the moments of a day in the order of a log; None where nothing tells which of two hours one is in.

    Without offsets, clocks have been set back where, within the hour that comes twice, a time is before the last.
    """
    double = [twice(wall) for wall in walls]
    if all(fold != EITHER or not two for fold, two in zip(known, double, strict=True)):
        return [fold if two else EITHER for fold, two in zip(known, double, strict=True)]
    back = [k for k, (a, b) in enumerate(pairwise(walls), 1) if b < a]
    if len(back) != 1 or not (double[back[0]] and double[back[0] - 1]):
        return None
    found = [EITHER if not two else int(k >= back[0]) for k, two in enumerate(double)]
    agree = all(fold in (EITHER, told) for fold, told in zip(known, found, strict=True) if told != EITHER)
    return found if agree else None


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
        told = [_NAMES[w][:3] for w in week]
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
