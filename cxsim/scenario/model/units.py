"""What a user writes for a time, share, rate, count or moment, turned into a number and back.

Every reader takes the plain value of the file (text, number, truth value, None) and returns the model's
value, or raises `Refusal`. Every writer returns text that its reader turns into the same float, bit for bit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from cxsim.scenario.model.meant import clock_meant, dates_meant
from cxsim.scenario.model.nearest_names import listing as listing
from cxsim.scenario.model.nearest_names import nearest as nearest
from cxsim.scenario.model.nearest_names import suggestion as suggestion
from cxsim.tables.reader import readings

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 86400.0
YEAR = 365.0 * DAY
LARGEST = 1e15

_SECONDS = {
    "ms": Decimal("0.001"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), Decimal(1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), Decimal(60)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), Decimal(3600)),
    **dict.fromkeys(("d", "day", "days"), Decimal(86400)),
    **dict.fromkeys(("w", "week", "weeks"), Decimal(604800)),
}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+"
_PART = re.compile(rf"({_NUMBER})\s*([a-zA-Z]+)\s*")
_PERCENT = re.compile(rf"([+-]?)\s*({_NUMBER})\s*%")
_POINTS = re.compile(rf"([+-]?)\s*({_NUMBER})\s*(?:points?|pts?|pp)")
_QUANTITY = r"[0-9](?:[0-9.,'’ \u00a0\u2009\u202f]*[0-9])?(?:[eE][+-]?[0-9]+)?|\.[0-9]+"
_RATE = re.compile(rf"({_QUANTITY})\s*(?:/|(?:per|in|an?)\s)\s*({_NUMBER})?\s*([a-zA-Z]+)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?")


class Refusal(ValueError):
    """A value that breaks a rule: a list of (path below the value, rule, nearest fix)."""

    def __init__(self, rule: str, fix: str = "", at: tuple[str | int, ...] = ()) -> None:
        self.parts: list[tuple[tuple[str | int, ...], str, str]] = [(at, rule, fix)]
        super().__init__(rule)

    @classmethod
    def of(cls, parts: list[tuple[tuple[str | int, ...], str, str]]) -> Refusal:
        """A refusal with several parts."""
        out = cls("")
        out.parts = parts
        return out


class ThreeDecimals(float):
    """A number written with three decimals, such as 8.000, which of contacts or people may be 8 or 8000."""

    text: str

    def __new__(cls, text: str) -> ThreeDecimals:
        out = super().__new__(cls, text)
        out.text = text
        return out

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # str pickles by its text
        return (self.text,)


def written_number(text: str) -> float:
    """A number of the file that is not whole, with its text where that may mean another one."""
    return ThreeDecimals(text) if len(readings(text)) > 1 else float(text)


def each(value: object, read: Callable[[object], float], what: str) -> tuple[float, ...]:
    """Every element of a list read by `read`; all bad elements are refused together."""
    if not isinstance(value, (list, tuple)):
        raise Refusal(f"is not a list of {what}", "write [a, b, c]")
    out, parts = [], []
    for i, x in enumerate(value):
        try:
            out.append(read(x))
        except Refusal as refusal:
            parts += [((i, *at), rule, fix) for at, rule, fix in refusal.parts]
    if parts:
        raise Refusal.of(parts)
    if not out:
        raise Refusal(f"is an empty list of {what}", "give at least one")
    return tuple(out)


def number(value: object, low: float = -math.inf, high: float = math.inf, what: str = "a number") -> float:
    """A bare finite number between `low` and `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        found = readings(value) if isinstance(value, str) else ()
        raise _either(found) if len(found) > 1 else Refusal(f"is not {what}", _bare(value))
    if not math.isfinite(value if isinstance(value, float) else _float(value)):
        raise Refusal("is not a finite number", "write a number below 1e15")
    if value < low:
        raise Refusal(f"is below {low:.10g}", f"write {low:.10g} or more")
    if value > high:
        raise Refusal(f"is above {high:.10g}", f"write {high:.10g} or less")
    if abs(value) > LARGEST:
        raise Refusal("is too large", "write a number below 1e15")
    return float(value)


def _either(found: tuple[str, ...], unit: str = "") -> Refusal:
    whole, short = found
    plain = short + "0" if len(readings(short)) > 1 else short  # 12.345 would be asked about again
    return Refusal(f"may mean {whole}{unit} or {short}{unit}", f"write {whole}{unit}, or {plain}{unit}")


def _counted(value: object) -> object:
    """A number of contacts or people: blanks between thousands are read, and 8.000 is asked about."""
    if isinstance(value, ThreeDecimals):
        raise _either(readings(value.text))
    if isinstance(value, str) and "," not in value and len(found := readings(value)) == 1:
        return float(found[0]) if re.search(r"\d[ '’\u00a0\u2009\u202f]\d", value) else value
    return value


def amount(value: object) -> float:
    """A bare number, zero or more: money, a weight."""
    return number(value, 0.0)


def contacts(value: object) -> float:
    """A bare number of contacts, zero or more, a mean."""
    return number(_counted(value), 0.0)


def count(value: object, low: int = 0, high: int = 10**9) -> int:
    """A bare whole number."""
    out = number(_counted(value), low, high, "a whole number")
    if out != int(out):
        raise Refusal("is not a whole number", f"write {round(out)}")
    return int(out)


def parameter(value: object) -> float | str:
    """A number, a time (`30 s`) or a share (`20%`) as a number; or the name of a queue or a group, as it stands."""
    if isinstance(value, str) and value.startswith(("queues.", "groups.")):
        return value
    if not isinstance(value, str):
        return number(value)
    try:
        return percent(value) if value.strip().endswith("%") else duration(value)
    except Refusal:
        raise Refusal("is not a parameter", "write 5, '30 s', '20%', queues.NAME or groups.NAME") from None


def factor(value: object) -> float:
    """A factor, bare (`1.2`) or in percent (`120%`), zero or more."""
    if isinstance(value, str):
        match = _PERCENT.fullmatch(value.strip())
        if match is None:
            found = readings(value)
            fix = f"write {' or '.join(found)}" if found else "write a number without a unit, such as 1.2, or 120%"
            raise Refusal("is not a factor", fix)
        if match[1]:
            change, share = match[1] + match[2], Decimal(match[2])
            wholes = [100 + Decimal(change), share] if Decimal(change) >= -100 else [share]
            fix = " or ".join(f"{_plain(one)}%" for one in wholes)
            raise Refusal("may mean a change or a factor", f"write {fix} of what it would be")
        return number(_scaled(match[1] + match[2], 2), 0.0)
    return number(value, 0.0, what="a factor")


def duration(value: object) -> float:
    """A time with its unit, such as `45s`, `4 min` or `1h30m`, in seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value == 0:
            return 0.0
        fix = f"write '{value:.10g}s' or '{value:.10g} min'" if 0 < value < LARGEST else "write a time such as '4 min'"
        raise Refusal("has no unit, but a time needs one", fix)
    if not isinstance(value, str):
        raise Refusal("is not a time", "write a time such as '4 min', '45s' or '1h30m'")
    text, total, at = value.strip(), Decimal(0), 0
    while match := _PART.match(text, at):
        unit = match[2] if match[2] in _SECONDS else match[2].lower()
        if unit not in _SECONDS:
            close = nearest(unit, _SECONDS)
            fix = f"did you mean '{match[1]} {close}'?" if close else "the units are s, min, h, day and week"
            raise Refusal(f"has the unknown unit {match[2]!r}", fix)
        total += Decimal(match[1]) * _SECONDS[unit]
        at = match.end()
    if at == 0 or at < len(text):
        raise Refusal("is not a time", _time_fix(text))
    if total > Decimal("1e12"):
        raise Refusal("is longer than 30,000 years", "write a shorter time")
    return float(total)


def whole_days(value: object) -> int:
    """A time in whole days, such as `7 days`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value != 0:
        raise Refusal("has no unit, but a time needs one", f"write '{value:g} days'")
    out = duration(value)
    if out % DAY:
        raise Refusal("is not a whole number of days", f"write '{max(1, round(out / DAY))} days'")
    if out > 3660 * DAY:
        raise Refusal("is more than ten years", "write fewer days")
    return int(out // DAY)


def percent(value: object, high: float = 1.0) -> float:
    """A share with its unit, such as `80%`, as a fraction between 0 and `high`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        shown = value * 100 if 0 < value <= 1 and isinstance(value, float) else value
        fix = f"write '{shown:.10g}%'" if math.isfinite(_float(shown)) else "write a share such as 80%"
        raise Refusal("has no unit, but a share needs one", fix)
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        comma = re.fullmatch(r"([\d.,]+)(\s*%)", value.strip()) if isinstance(value, str) else None
        ways = [f"{one}{comma[2]}" for one in readings(comma[1])] if comma else []
        raise Refusal("is not a share", f"write {' or '.join(ways) or 'a share such as 80%'}")
    out = _scaled(match[1] + match[2], 2)
    if out < 0:
        raise Refusal("is negative", "write a share of 0% or more")
    if out > high or not math.isfinite(out):
        limit = f"{high * 100:g}%"
        raise Refusal(f"is more than {limit}", f"write a share between 0% and {limit}")
    return out


def spread(value: object) -> float:
    """A coefficient of variation with its unit, such as `80%`; it may exceed 100 %."""
    return percent(value, 1000.0)


def points(value: object) -> float:
    """Percentage points with their unit, such as `+9 points` or `-12 points`, as a fraction."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Refusal("has no unit, but points need one", f"write '{value:+.10g} points'")
    match = _POINTS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Refusal("is not a number of points", "write '+9 points' or '-12 points'")
    out = _scaled(match[1] + match[2], 2)
    if abs(out) > 1:
        raise Refusal("is more than 100 points", "write between -100 and +100 points")
    return out


def is_points(value: object) -> bool:
    """Whether the text says points."""
    return isinstance(value, str) and _POINTS.fullmatch(value.strip()) is not None


def rate(value: object) -> tuple[float, str] | None:
    """`24/h` or `200 per 30 min` as (contacts an hour, 'hour'), `500/day` as (a day, 'day'); None for other text."""
    match = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    seconds = _SECONDS.get(match[3] if match[3] in _SECONDS else match[3].lower())
    if seconds is None:
        close = nearest(match[3], _SECONDS)
        raise Refusal(f"has the unknown unit {match[3]!r}", f"did you mean '{match[1]}/{close or 'h'}'?")
    over = Decimal(match[2] or 1) * seconds
    per = f"/{match[3]}" if match[2] is None else f" per {match[2]} {match[3]}"
    found = readings(match[1])
    if len(found) != 1 or "," in match[1]:
        plain = found[0] if found else "24"
        raise _either(found, per) if len(found) > 1 else Refusal("is not a rate", f"write '{plain}{per}'")
    if not over:
        raise Refusal("has a time of zero", "write '120/h'")
    if seconds >= 86400:
        return number(float(Decimal(found[0]) * 86400 / over), 0.0), "day"
    return number(float(Decimal(found[0]) * 3600 / over), 0.0), "hour"


def level(value: object) -> tuple[float, float]:
    """A service level such as `80%/20s` as (share, seconds)."""
    parts = str(value).split("/")
    if len(parts) != 2:
        raise Refusal("is not a service level", "write the share and the time, such as 80%/20s")
    if parts[0].strip().isdigit() and parts[1].strip().isdigit():
        raise Refusal("has no units", f"write {parts[0].strip()}%/{parts[1].strip()}s")
    return percent(parts[0]), duration(parts[1])


def per_hour(value: object) -> float:
    """A rate where the key already says per hour: a bare number, or text such as `24/h`."""
    given = rate(value)
    if given is not None:
        return given[0] / 24 if given[1] == "day" else given[0]
    return contacts(value)


def clock(value: object) -> float:
    """A time of day such as `08:30`, in seconds since midnight; `24:00` is the end of the day."""
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        meant = clock_meant(value)
        raise Refusal("is not a time of day", f"write {meant!r}" if meant else "write a time such as 08:30")
    minutes, seconds = int(match[2]), Decimal(match[3] or 0)
    total = float(int(match[1]) * 3600 + minutes * 60 + seconds)
    if minutes > 59 or seconds >= 60 or total > DAY:
        raise Refusal("is not a time of day", "write a time from 00:00 to 24:00")
    return total


def day(value: object) -> date:
    """A date such as `2026-03-02`."""
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        meant = dates_meant(text.removesuffix(" 00:00:00"))
        raise Refusal("is not a date", f"write {meant or 'year-month-day, such as 2026-03-02'}")
    try:
        out = date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(f"does not exist ({error})", "write an existing date, such as 2026-03-02") from None
    if not 1900 <= out.year <= 2200:
        raise Refusal("is outside 1900 to 2200", "write a date such as 2026-03-02")
    return out


def weekdays(value: object) -> tuple[int, ...]:
    """Weekdays such as `mon`, `mon-fri`, `sat, sun` or `every day`, Monday 0, in the order of the week."""
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(x) for x in value)
    if not isinstance(value, str) or not value.strip():
        raise Refusal("is not a weekday", "write mon, mon-fri, or sat, sun")
    if value.strip().lower() in ("every day", "daily", "all"):
        return tuple(range(7))
    out: set[int] = set()
    for part in value.split(","):
        ends = [_weekday(x, value) for x in part.split("-")]
        if len(ends) > 2:
            raise Refusal("is not a range of weekdays", "write mon-fri")
        i = ends[0]
        out.add(i)
        while i != ends[-1]:
            i = (i + 1) % 7
            out.add(i)
    return tuple(sorted(out))


def _weekday(text: str, whole: str) -> int:
    name = text.strip().casefold()
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    if name in WEEKDAYS or name in full:
        return WEEKDAYS.index(name[:3])
    close = nearest(name, WEEKDAYS + full)
    raise Refusal(
        f"names no weekday ({text.strip()!r})" if text != whole else "is not a weekday",
        f"did you mean {close[:3]!r}?" if close else "the weekdays are " + ", ".join(WEEKDAYS),
    )


def choice(value: object, known: tuple[str, ...]) -> str:
    """One of the known words."""
    if isinstance(value, str) and value in known:
        return value
    raise Refusal("is not one of the choices", suggestion(value, known, "the choices are"))


def flag(value: object) -> bool:
    """`true` or `false`."""
    if isinstance(value, bool):
        return value
    word = str(value).casefold()
    fix = "true" if word in ("yes", "on", "1", "y") else "false" if word in ("no", "off", "0", "n") else "true or false"
    raise Refusal("is neither true nor false", f"write {fix}")


def write_duration(value: float) -> str:
    """Seconds as text with a unit, read back as the same float."""
    seconds = Decimal(repr(float(value)))
    for unit, size in (("week", 604800), ("day", 86400), ("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0 and unit != "week":
            n = _plain(seconds / size)
            return f"{n} {unit}{'s' if unit == 'day' and n != '1' else ''}"
    return f"{_plain(seconds)}s"


def write_days(value: int) -> str:
    """Whole days as text."""
    return f"{value} day{'' if value == 1 else 's'}"


def write_percent(value: float) -> str:
    """A fraction as text with %, read back as the same float."""
    return _plain(Decimal(repr(float(value))).scaleb(2)) + "%"


def write_points(value: float) -> str:
    """A fraction as percentage points, read back as the same float."""
    text = _plain(Decimal(repr(float(value))).scaleb(2))
    return ("" if text.startswith("-") else "+") + text + " points"


def write_number(value: float) -> float | int:
    """A float as the shortest number that reads back the same."""
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def write_clock(value: float) -> str:
    """Seconds since midnight as HH:MM, with seconds where there are any."""
    whole = int(value)
    out = f"{whole // 3600:02d}:{whole % 3600 // 60:02d}"
    rest = Decimal(repr(float(value))) - whole + whole % 60
    if not rest:
        return out
    head, _, tail = _plain(rest).partition(".")
    return f"{out}:{head.zfill(2)}" + (f".{tail}" if tail else "")


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(text: str, places: int) -> float:
    try:
        return float(Decimal(text).scaleb(-places))
    except (InvalidOperation, OverflowError):
        return math.inf


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _bare(value: object) -> str:
    found = readings(value) if isinstance(value, str) else ()
    if found:
        return f"write {found[0]}"
    match = re.match(rf"[+-]?(?:{_NUMBER})(?![.,'’]?\d)", value.strip()) if isinstance(value, str) else None
    return f"write it without a unit: {match[0]}" if match else "write a number without a unit, such as 12"


def _time_fix(text: str) -> str:
    if re.fullmatch(rf"(?:{_NUMBER})", text):
        return f"write '{text}s' or '{text} min'"
    if text.startswith("-"):
        return "times cannot be negative; write '0s' or more"
    if (match := _CLOCK.fullmatch(text)) is not None:
        hours, minutes = int(match[1]), match[2]
        if match[3] is not None:
            return f"write '{f'{hours}h' if hours else ''}{int(minutes)}m{match[3]}s'"
        return f"write '{hours}m{minutes}s' or '{hours}h{minutes}m'"
    if (match := re.fullmatch(r"([\d.,]+)(\s*[a-zA-Z]+)", text)) is not None and (found := readings(match[1])):
        return "write " + " or ".join(f"'{one}{match[2]}'" for one in found)
    return "write a time such as '4 min', '45s' or '1h30m'"
