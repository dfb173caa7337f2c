"""One cell of a table as a day, a time or a weekday, and the days it may mean where that is not certain."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

DAY = 86400.0


WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = {text: i for i, name in enumerate(WEEKDAY_NAMES) for text in (name, name[:3])}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OFFSET = r"Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?(?:\s*([AP])\.?M\.?)?"
STAMP = re.compile(rf"(?:(\d{{4}}-\d{{2}}-\d{{2}})(?:T|\s+))?{_CLOCK}(?:\s*({_OFFSET}))?", re.IGNORECASE)
_TIME_OF_DAY = re.compile(_CLOCK, re.IGNORECASE)


_DIGITS = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
_WORDS = re.compile(r"(\d{1,2})[ .-]+([a-z]{3,9})\.?,?[ -]+(\d{2,4})|([a-z]{3,9})\.? (\d{1,2}),? (\d{4})")


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
    match = STAMP.fullmatch(text)
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
