"""Points in time as exports write them: whatever the order of day and month, spans, epochs, half-days, offsets.

A text is cut into its date and its clock, and each distinct date and clock is read once.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxsim.tables.coded import Coded
from cxsim.tables.stamps import DAY
from cxsim.tables.stamps import stamp as clock_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Order = Literal["dmy", "mdy", "ymd", "yymmdd"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd", "yymmdd")
EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIGITS = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
_WORDS = re.compile(
    r"(?:[a-z]{2,9}\.?,? )?(\d{1,2})(?:st|nd|rd|th)?[ .-]*([a-z]{3,9})\.?,?[ -]*(\d{4}|\d{2})", re.IGNORECASE
)
_WORDS_FIRST = re.compile(r"(?:[a-z]{2,9}\.?,? )?([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.IGNORECASE)
_MONTH = re.compile(r"([a-z]{3,9})\.?,? (\d{4})|(\d{4})-(\d{2})", re.IGNORECASE)
_SPAN = re.compile(
    r"(\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?)\s*(?:-|–|—|to)\s*(\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?)",
    re.IGNORECASE,
)
_BASIC = re.compile(r"(\d{8})T?(\d{2})(\d{2})(\d{2})?(Z)?")
NONE = (0, 0, 0, 0)


class Written(NamedTuple):
    """What the distinct texts of a column say: `parts` (n, 3) of the date and its `kind`, seconds of the day, `ends`
    of spans, offsets (s east of UTC); NaN where a text does not say. `ok` where a text can be read at all.

    kind: 0 no date, 1 year first, 2 two possible orders, 3 a named month, 4 a month without a day, 5 an epoch.
    """

    kind: npt.NDArray[np.int8]
    parts: npt.NDArray[np.int64]
    seconds: Floats
    ends: Floats
    offsets: Floats
    ok: Bools


@lru_cache(maxsize=1 << 16)
def _date(text: str) -> tuple[int, int, int, int] | None:
    """(kind, year, month, day), or (2, a, b, year) where a and b are day and month in either order."""
    text = text.strip(" ,")
    if not text:
        return NONE
    if match := _DIGITS.fullmatch(text):
        a, b, c = map(int, match.groups())
        return (1, a, b, c) if len(match[1]) == 4 else (2, a, b, _year(match[3])) if len(match[1]) < 3 else None
    if re.fullmatch(r"(19|20)\d{6}", text):
        return 1, int(text[:4]), int(text[4:6]), int(text[6:])
    if re.fullmatch(r"\d{6}", text):
        return 6, int(text[:2]), int(text[2:4]), int(text[4:])
    if match := _WORDS.fullmatch(text):
        month = _month(match[2])
        return None if not month else (3, _year(match[3]), month, int(match[1]))
    if match := _WORDS_FIRST.fullmatch(text):
        month = _month(match[1])
        return None if not month else (3, int(match[3]), month, int(match[2]))
    if match := _MONTH.fullmatch(text):
        month = _month(match[1]) if match[1] else int(match[4])
        return None if not month else (4, int(match[2] or match[3]), month, 1)
    return None


def _year(text: str) -> int:
    return int(text) + (0 if len(text) > 2 else 2000 if int(text) < 70 else 1900)


def _month(text: str) -> int:
    return _MONTHS.index(text[:3].lower()) + 1 if text[:3].lower() in _MONTHS else 0


@lru_cache(maxsize=1 << 18)
def _clock(text: str, after_t: bool) -> tuple[float, float, float] | None:
    """(seconds, end of a span, offset) of a time of day; NaN for what is not said."""
    if not after_t and (match := _SPAN.fullmatch(text.strip())) is not None:
        a, b = clock_of(match[1].strip()), clock_of(match[2].strip())
        if a is None or b is None:
            return None
        return a.seconds, b.seconds if b.seconds > a.seconds else b.seconds + DAY, np.nan
    found = clock_of(f"2000-01-01T{text.strip()}" if after_t else text.strip())
    if found is None:
        return None
    late = DAY if found.day is not None and found.day.day == 2 else 0.0
    return found.seconds + late, np.nan, np.nan if found.offset is None else found.offset


def _cut(text: str) -> tuple[str, str, bool]:
    """A text as its date, its clock, and whether a T stands between them."""
    at = text.find(":")
    if at < 0:
        match = _BASIC.fullmatch(text)
        if match is not None:
            return match[1], f"{match[2]}:{match[3]}:{match[4] or '00'}{match[5] or ''}", True
        return text, "", False
    at -= 2 if at > 1 and text[at - 2].isdigit() else 1
    if at < 1:
        return "", text, False
    before = text[:at]
    return before.rstrip(" T,"), text[at:], before[-1] == "T"


def written(column: Coded) -> Written:
    """Read the distinct texts of a column, without deciding which of two numbers is the month."""
    if "written" not in column.memo:
        column.memo["written"] = _written(column)
    found: Written = column.memo["written"]
    return found


def _written(column: Coded) -> Written:
    n = len(column.values)
    kind, parts = np.zeros(n, np.int8), np.zeros((n, 3), np.int64)
    seconds, ends, offsets = np.zeros(n), np.full(n, np.nan), np.full(n, np.nan)
    ok = np.zeros(n, np.bool_)
    plain = _plain(column.values, kind, parts, seconds, offsets, ok)
    for i in np.flatnonzero(~plain).tolist():
        text = column.values[i]
        day_text, clock_text, after_t = _cut(text)
        found = _date(day_text)
        if found is None and not clock_text:
            epoch = _epoch(day_text)
            if epoch is not None:
                kind[i], parts[i, 0], seconds[i], offsets[i], ok[i] = 5, epoch // 86400, epoch % 86400, 0.0, True
            continue
        clock = _clock(clock_text, after_t) if clock_text else (0.0, np.nan, np.nan)
        if found is None or clock is None or not text:
            continue
        kind[i], parts[i] = found[0], found[1:]
        seconds[i], ends[i], offsets[i] = clock
        ok[i] = True
    return Written(kind, parts, seconds, ends, offsets, ok)


def _plain(values: list[str], *out: npt.NDArray[Any]) -> Bools:
    """Read texts such as 2026-03-02 08:30:05 and 2026-03-02T08:30:05Z all at once; which they are."""
    kind, parts, seconds, offsets, ok = out
    done = np.zeros(len(values), np.bool_)
    for size in (19, 20):
        rows = np.array([k for k, text in enumerate(values) if len(text) == size and text[4] == "-" and text.isascii()])
        if not len(rows):
            continue
        letters = np.array([values[k] for k in rows.tolist()], dtype=f"S{size}").view(np.uint8).reshape(-1, size)
        digits = letters.astype(np.int64) - 48
        at = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
        good = ((digits[:, at] >= 0) & (digits[:, at] <= 9)).all(axis=1)
        good &= (letters[:, [4, 7]] == ord("-")).all(axis=1) & (letters[:, [13, 16]] == ord(":")).all(axis=1)
        good &= (letters[:, 10] == ord(" ")) | (letters[:, 10] == ord("T"))
        if size == 20:
            good &= letters[:, 19] == ord("Z")
        two = [10 * digits[:, k] + digits[:, k + 1] for k in (0, 2, 5, 8, 11, 14, 17)]
        good &= (two[4] < 24) & (two[5] < 60) & (two[6] < 60)
        rows = rows[good]
        kind[rows], ok[rows], done[rows] = 1, True, True
        parts[rows] = np.stack([100 * two[0] + two[1], two[2], two[3]], axis=1)[good]
        seconds[rows] = (3600 * two[4] + 60 * two[5] + two[6])[good]
        if size == 20:
            offsets[rows] = 0.0
    return done


def _epoch(text: str) -> float | None:
    """Seconds since 1970 of ten digits, or of thirteen in milliseconds, decimals allowed."""
    if re.fullmatch(r"1\d{9}(\.\d+)?", text):
        return float(text)
    return float(text) / 1000.0 if re.fullmatch(r"1\d{12}", text) else None


def orders(found: Written) -> tuple[Order, ...]:
    """The orders of day, month and year in which every date exists; more than one where all rows leave it open."""
    two = found.ok & (found.kind == 2)
    if (found.ok & (found.kind == 6)).any():
        return ("yymmdd",)
    if not two.any():
        return ("ymd",)
    a, b = found.parts[two, 0], found.parts[two, 1]
    possible: list[Order] = []
    if (b <= 12).all() and (a <= 31).all():
        possible.append("dmy")
    if (a <= 12).all() and (b <= 31).all():
        possible.append("mdy")
    if len(possible) == 2 and (a == b).all():
        return ("dmy",)
    return tuple(possible)


def days(found: Written, order: Order) -> Floats:
    """Days since 1970 of each distinct text; NaN where there is no such day, or no date."""
    out = np.full(len(found.ok), np.nan)
    epoch = found.ok & (found.kind == 5)
    out[epoch] = found.parts[epoch, 0]
    rows = np.flatnonzero(found.ok & (found.kind > 0) & ~epoch)
    a, b, c = (found.parts[rows, k] for k in range(3))
    keys = ((found.kind[rows].astype(np.int64) * 10_000 + a) * 10_000 + b) * 10_000 + c
    _, first, back = np.unique(keys, return_index=True, return_inverse=True)
    known = [_ordinal(int(found.kind[i]), found.parts[i].tolist(), order) for i in rows[first].tolist()]
    out[rows] = np.array(known, dtype=np.float64)[back.reshape(-1)] if known else out[rows]
    return out


def _ordinal(kind: int, parts: list[int], order: Order) -> float:
    a, b, c = parts
    if kind == 2:
        a, b, c = (c, b, a) if order == "dmy" else (c, a, b)
    if kind == 6:
        a += 2000 if a < 70 else 1900
    try:
        return date(a, b, c).toordinal() - EPOCH if 1900 <= a <= 2200 else np.nan
    except ValueError:
        return np.nan


def to_utc(local: Floats, zone: ZoneInfo | None, second: Bools | None = None) -> tuple[Floats, Bools, Bools]:
    """Times of a zone's clocks (seconds as if UTC) as seconds since 1970, with (comes twice, does not exist).

    `second` says which rows are in the second of the two hours of one name. Without a zone the times stay.
    """
    nothing = np.zeros(len(local), np.bool_)
    if zone is None or not len(local):
        return local, nothing, nothing
    quarter = np.floor(np.where(np.isfinite(local), local, 0.0) / 900.0)
    at, back = np.unique(quarter, return_inverse=True)
    first, later = (np.array([_offset(x * 900.0, zone, fold) for x in at.tolist()])[back] for fold in (0, 1))
    twice, gap = first > later, first < later
    chosen = np.where(twice & second, later, first) if second is not None else first
    return local - chosen, twice, gap


def _offset(local: float, zone: ZoneInfo, fold: int) -> float:
    moment = datetime(1970, 1, 1) + timedelta(seconds=local)
    return (moment.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()).total_seconds()


def local_texts(utc: Floats, zone: ZoneInfo | None, decimals: bool = False) -> npt.NDArray[np.object_]:
    """Times as text on a zone's clocks, with their offset from UTC; without a zone there is none. Blank for NaN."""
    known = np.isfinite(utc)
    at = np.where(known, utc, 0.0)
    quarter, back = np.unique(np.floor(at / 900.0), return_inverse=True)
    offsets = np.zeros(len(quarter))
    if zone is not None:
        offsets = np.array([_utc_offset(x * 900.0, zone) for x in quarter.tolist()])
    local = at + offsets[back]
    unit = "ms" if decimals and np.any(local != np.floor(local)) else "s"
    scale = 1000.0 if unit == "ms" else 1.0
    texts = np.datetime_as_string(np.round(local * scale).astype(np.int64).astype(f"datetime64[{unit}]")).astype(object)
    if zone is not None:
        texts = texts + np.array([_shown(x) for x in offsets.tolist()], dtype=object)[back]
    texts[~known] = ""
    return np.asarray(texts, dtype=object)


def local_seconds(utc: Floats, zone: ZoneInfo | None) -> Floats:
    """Times as a zone's clocks show them (seconds as if UTC)."""
    if zone is None:
        return utc
    quarter, back = np.unique(np.floor(np.where(np.isfinite(utc), utc, 0.0) / 900.0), return_inverse=True)
    return np.asarray(utc + np.array([_utc_offset(x * 900.0, zone) for x in quarter.tolist()])[back])


def _utc_offset(utc: float, zone: ZoneInfo) -> float:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=utc)
    return (moment.astimezone(zone).utcoffset() or timedelta()).total_seconds()


def _shown(offset: float) -> str:
    minutes = round(abs(offset) / 60.0)
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def in_second_hour(local: Floats, twice: Bools, groups: npt.NDArray[np.int64] | None = None) -> Bools:
    """Which rows are in the second of two hours of one name.

    With `groups` (rows of a queue, one for each interval): the second row of a group with the same time. Without, of
    a log in order of time: those after the one place where, within the hour that comes twice, a time is before the
    one above it; none where there is not exactly one such place.
    """
    second = np.zeros(len(local), np.bool_)
    rows = np.flatnonzero(twice)
    if groups is not None:
        seen: set[tuple[int, float]] = set()
        for i in rows.tolist():
            key = int(groups[i]), float(local[i])
            second[i] = key in seen
            seen.add(key)
        return second
    on = np.floor(local[rows] / DAY)
    for one in np.unique(on).tolist():
        mine = rows[on == one]
        back = np.flatnonzero(np.diff(local[mine]) < 0)
        if len(back) == 1:
            second[mine[back[0] + 1 :]] = True
    return second
