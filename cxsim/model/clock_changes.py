"""Days of 23 and 25 hours: instants of local times where clocks change."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from cxsim.model.time_spans import DAY


@lru_cache(maxsize=1 << 16)
def instant(zone: ZoneInfo, on: date, wall: float) -> float:
    """When clocks of a zone show a time, in seconds since 1970; when they skip it, the moment at which they do."""
    naive = datetime.combine(on, time()) + timedelta(seconds=wall)
    found = naive.replace(tzinfo=zone).timestamp()
    if datetime.fromtimestamp(found, zone).replace(tzinfo=None) == naive:
        return found
    low, high = naive.replace(tzinfo=zone, fold=1).timestamp(), found
    before = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 0.5:
        middle = (low + high) / 2.0
        low, high = (middle, high) if datetime.fromtimestamp(middle, zone).utcoffset() == before else (low, middle)
    return float(round(high))


@lru_cache(maxsize=1 << 12)
def parts(zone: ZoneInfo, on: date) -> tuple[tuple[float, float, float], ...]:
    """A day between changes of its clocks: (begin, end) in seconds since 1970, and what clocks show at the begin."""
    start, end = instant(zone, on, 0.0), instant(zone, on + timedelta(days=1), 0.0)
    cuts = [start]
    for a, b in pairwise([start + 3600.0 * k for k in range(int((end - start) // 3600.0))] + [end]):
        low, high, before = a, b, _offset(zone, a)
        if _offset(zone, b) == before:
            continue
        while high - low > 1.0:
            middle = float((low + high) // 2.0)
            low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
        if start < high < end:
            cuts.append(high)
    midnight = datetime.combine(on, time())
    shown = [datetime.fromtimestamp(a, zone).replace(tzinfo=None) - midnight for a in cuts]
    return tuple((a, b, wall.total_seconds()) for a, b, wall in zip(cuts, [*cuts[1:], end], shown, strict=True))


def _offset(zone: ZoneInfo, moment: float) -> timedelta | None:
    return datetime.fromtimestamp(moment, zone).utcoffset()


def local_midnights(zone: ZoneInfo | None, origin: date, days: int) -> tuple[float, ...]:
    """Where the days begin, or nothing if all of them have 24 hours."""
    if zone is None:
        return ()
    first = instant(zone, origin, 0.0)
    found = tuple(instant(zone, origin + timedelta(days=d), 0.0) - first for d in range(days + 1))
    return found if any(b - a != DAY for a, b in pairwise(found)) else ()
