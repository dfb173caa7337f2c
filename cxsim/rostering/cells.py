"""Cells of the tables of people and requests, each read as one thing or refused with the nearest fix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from cxsim.rostering.slots import DAY, Span, span_text
from cxsim.scenario.model.units import Refusal, suggestion
from cxsim.tables.reader import readings
from cxsim.tables.roster_cells import span as shift_cell
from cxsim.tables.stamps import dates_in, stamp, weekdays

HOUR = 3600.0
WEEK = 168.0
Available = dict[int, tuple[Span, ...]]  # spans of the day by weekday, Monday 0

_HOURS = re.compile(r"([\d.,]+)\s*(?:h|hrs?|hours?)?\s*(?:(?:/|an?\b|per\b)\s*(week|day))?", re.IGNORECASE)
_LENGTH = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")
_SHORT_END = re.compile(r".*[-–—o]\s*\d(?:[:.]\d{2})?")  # an end such as 5 or 5:00, without a zero before it
_EVERY = ("every day", "daily", "all", "any day")


def amount(text: str, low: float = 0.0, high: float = 1e6) -> float:
    """A number from `low` to `high`. Refusal for other text, and for 1.200, which may be two numbers."""
    found = readings(text)
    if not found:
        raise Refusal("is not a number", f"write a number such as {max(1.0, low):g}")
    if len(found) > 1:
        raise Refusal(f"may mean {found[0]} or {found[1]}", f"write {found[0]}, or {found[1]}0")
    value = float(found[0])
    if not low <= value <= high:
        raise Refusal(f"is not between {low:g} and {high:g}", f"write {min(max(value, low), high):g}")
    return value


def count(text: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    value = amount(text, low, high)
    if value != int(value):
        raise Refusal("is not a whole number", f"write {round(value)}")
    return int(value)


def hours_a_week(text: str, days: int) -> float:
    """Seconds a week of a contract: 40, 40 h, 8 h a day. A small bare number may be meant by day: it is asked about."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise Refusal("is not a number of hours", "write 40, or 8 h a day")
    value, per = amount(match[1]), (match[2] or "").casefold()
    if per == "day":
        value *= days
    elif not per and 0.0 < value <= 12.0 and days > 1:
        raise Refusal("may be hours a day or hours a week", f"write '{value:g} h a day' or '{value:g} h a week'")
    if not 0.0 < value <= WEEK:
        raise Refusal(f"is not between 0 and the {WEEK:g} hours of a week", "write hours a week, such as 40")
    return value * HOUR


def rest_hours(text: str) -> float:
    """Seconds of rest: 11, 11 h or 11:00."""
    clock = _LENGTH.fullmatch(text.strip())
    if clock is not None:
        return int(clock[1]) * HOUR + int(clock[2]) * 60.0
    match = _HOURS.fullmatch(text.strip())
    if match is None or match[2]:
        raise Refusal("is not a number of hours", "write 11")
    value = amount(match[1])
    if value > 48.0:
        raise Refusal("is more than 48 hours", f"write hours, such as {value / 60:g}" if value <= 2880 else "write 11")
    return value * HOUR


def day_of(text: str) -> date:
    """A date. Refusal for one that may be two, such as 03/04/2026."""
    found = dates_in(text)
    if len(found) > 1:
        ways = " or ".join(str(on) for on in found)
        raise Refusal("may mean two different days", f"write {ways}")
    if not found:
        raise Refusal("is not a date", "write 2026-11-02")
    return found[0]


def moment(text: str, first: date) -> float:
    """A date and a time, in seconds since the midnight that begins `first`."""
    found = stamp(text)
    if found is None or found.day is None:
        days = dates_in(text)
        rule = "may mean two different days" if len(days) > 1 else "is not a date and time"
        raise Refusal(rule, "write " + (" or ".join(f"{on} 22:00" for on in days) or "2026-11-01 22:00"))
    return (found.day - first).days * DAY + found.seconds


def span(text: str) -> Span:
    """A span of the day such as 08:00-16:30, in seconds; 9-5 may go to 17:00 or to the next morning: it is asked."""
    found = shift_cell(text)
    if found is None:
        raise Refusal("is not a time span", "write 08:00-16:30")
    a, b = found
    if b > DAY and _SHORT_END.fullmatch(text.strip()) and b - DAY + 12 * HOUR <= DAY and a < b - DAY + 12 * HOUR:
        noon, night = span_text((a, b - DAY + 12 * HOUR)), span_text((a, b))
        raise Refusal(f"may mean {noon}, or {night} on the next day", f"write {noon} or {night}")
    return a, b


def days_of_week(text: str) -> tuple[int, ...]:
    """Weekdays such as mon, mon-fri or sat, sun; Monday is 0."""
    plain = text.strip().casefold()
    if plain in _EVERY:
        return tuple(range(7))
    found = weekdays(re.sub(r"\s*,\s*", "+", plain))
    if found is None:
        raise Refusal("is not a weekday", "write mon, mon-fri or sat, sun")
    return tuple(dict.fromkeys(found))


def available(text: str) -> Available:
    """When a person can work: `mon-fri 08:00-18:00; sat`. Days that are not named are not available."""
    out: dict[int, list[Span]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        match = re.fullmatch(r"([^\d]*?)\s*(\d.*)?", part)
        assert match is not None
        days = days_of_week(match[1]) if match[1] else tuple(range(7))
        hours = span(match[2]) if match[2] else (0.0, 2.0 * DAY)
        for day in days:
            out.setdefault(day, []).append(hours)
    if not out:
        raise Refusal("names no days", "write mon-fri 08:00-18:00; sat")
    return {day: tuple(spans) for day, spans in out.items()}


def one_of(text: str, known: Iterable[str], what: str, plural: str) -> str:
    """A known name, whatever its case."""
    names = list(known)
    for name in names:
        if name.casefold() == text.casefold():
            return name
    raise Refusal(f"is not {what}", suggestion(text, names, plural))
