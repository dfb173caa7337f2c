"""When contacts come: opening hours, day types, profiles by interval, and how much days differ (busyness)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.estimates import Estimated
from cxsim.calibrate.redials import Floats

DAY = 86400.0
OPEN_DAYS = 0.5  # share of a weekday's days on which an interval must have contacts to count as open
OPEN_LEVEL = 0.2  # and how many of them, against the weekday's median interval
THIN_DAY = 0.2  # of what is usual on that weekday: such a day is incomplete, or an exception
OWN_PROFILE = 8  # days of a weekday from which its profile is taken from itself alone
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, eq=False)
class Days:
    """Which days count: those with enough contacts. `open` has (first, last) interval by weekday, None for closed."""

    dates: tuple[date, ...]
    used: npt.NDArray[np.bool_]
    left_out: tuple[tuple[date, str], ...]
    open: tuple[tuple[int, int] | None, ...]  # by weekday: first open slot, first closed slot
    width: float

    @property
    def slots(self) -> int:
        return round(DAY / self.width)

    def of_weekday(self, weekday: int) -> npt.NDArray[np.int64]:
        """The places of the used days of a weekday."""
        return np.array([k for k, on in enumerate(self.dates) if self.used[k] and on.weekday() == weekday], np.int64)

    def mask(self) -> npt.NDArray[np.bool_]:
        """(7, slots): which intervals are open."""
        out = np.zeros((7, self.slots), np.bool_)
        for w, span in enumerate(self.open):
            if span:
                out[w, span[0] : span[1]] = True
        return out

    def types(self) -> list[list[int]]:
        """Weekdays with the same opening hours, in the order of the week; closed ones are in none."""
        found: dict[tuple[int, int], list[int]] = {}
        for w, span in enumerate(self.open):
            if span:
                found.setdefault(span, []).append(w)
        return list(found.values())


def counts(at: Floats, days: int, width: float, weights: Floats | None = None) -> Floats:
    """Contacts by day and interval, (days, slots)."""
    slots = round(DAY / width)
    place = np.floor(at / width).astype(np.int64)
    good = (place >= 0) & (place < days * slots)
    made = np.bincount(place[good], None if weights is None else weights[good], minlength=days * slots)
    return np.asarray(made.reshape(days, slots), dtype=np.float64)


def days_of(table: Floats, first: date, width: float) -> Days:
    """Opening hours and usable days, from the contacts of all reasons by day and interval."""
    dates = tuple(first + timedelta(days=k) for k in range(len(table)))
    weekday = np.array([on.weekday() for on in dates])
    totals = table.sum(axis=1)
    used, left_out = np.zeros(len(dates), np.bool_), []
    spans: list[tuple[int, int] | None] = []
    for w in range(7):
        mine = np.flatnonzero(weekday == w)
        some = mine[totals[mine] > 0]
        usual = float(np.median(totals[some])) if len(some) else 0.0
        for k in mine.tolist():
            used[k] = totals[k] >= THIN_DAY * usual and totals[k] > 0
            if not used[k] and usual:
                why = "no contacts" if not totals[k] else f"{totals[k]:,.0f} contacts, {usual:,.0f} are usual"
                left_out.append((dates[k], why))
        good = mine[used[mine]]
        spans.append(_span(table[good]) if len(good) else None)
    return Days(dates, used, tuple(sorted(left_out)), tuple(spans), width)


def _span(rows: Floats) -> tuple[int, int] | None:
    """The first and last interval in which contacts usually come."""
    often = (rows > 0).mean(axis=0) >= OPEN_DAYS
    level = rows.mean(axis=0)
    if not often.any():
        return None
    usual = float(np.median(level[often]))
    at = np.flatnonzero(often & (level >= OPEN_LEVEL * usual))
    return (int(at[0]), int(at[-1]) + 1) if len(at) else None


def profile(table: Floats, days: Days) -> Floats:
    """Mean contacts by weekday and interval, (7, slots): a weekday's level, spread by the profile of its day type.

    A weekday with at least `OWN_PROFILE` days has a profile of its own. Intervals outside opening hours are 0.
    """
    out = np.zeros((7, table.shape[1]))
    open_ = days.mask()
    for kind in days.types():
        rows = [days.of_weekday(w) for w in kind]
        pooled = table[np.concatenate(rows)].sum(axis=0) * open_[kind[0]]
        for w, own in zip(kind, rows, strict=True):
            if not len(own):
                continue
            level = float((table[own] * open_[w]).sum()) / len(own)
            shape = table[own].sum(axis=0) * open_[w] if len(own) >= OWN_PROFILE else pooled
            out[w] = level * shape / shape.sum() if shape.sum() > 0 else 0.0
    return out


def busyness(table: Floats, days: Days) -> tuple[float, float, float, int]:
    """The coefficient of variation of a factor common to the day, its 95 % interval, and the days it rests on.

    Daily totals of a weekday have the variance mean + (cv · mean)²: what they have beyond the mean is the factor's.
    The interval takes their standardized variance as chi-squared.
    """
    from scipy.special import chdtri

    mask, square, degrees, inverse = days.mask(), 0.0, 0, []
    for w in range(7):
        rows = days.of_weekday(w)
        totals = (table[rows] * mask[w]).sum(axis=1)
        if len(rows) >= 2 and totals.mean() > 0:
            square += float((((totals / totals.mean()) - 1.0) ** 2).sum())
            degrees += len(rows) - 1
            inverse += [1.0 / totals.mean()] * (len(rows) - 1)
    if degrees < 1:
        return 0.0, math.nan, math.nan, 0
    chance, variance = float(np.mean(inverse)), square / degrees
    low, high = (degrees * variance / float(chdtri(degrees, p)) - chance for p in (0.025, 0.975))
    root = [math.sqrt(max(0.0, x)) for x in (variance - chance, low, high)]
    return root[0], root[1], root[2], degrees


def estimates(name: str, table: Floats, days: Days) -> list[Estimated]:
    """Volume by weekday and the busyness of one reason, as rows."""
    out = []
    mask = days.mask()
    for w, span in enumerate(days.open):
        if span is None:
            continue
        totals = (table[days.of_weekday(w)] * mask[w]).sum(axis=1)
        n = len(totals)
        mean = float(totals.mean())
        half = _t(n - 1) * float(np.std(totals, ddof=1)) / math.sqrt(n) if n > 1 else math.nan
        method = "mean of the days of this weekday, t interval"
        out.append(
            Estimated(
                name, f"contacts on {WEEKDAYS[w]}", mean, max(0.0, mean - half), mean + half, "contacts", method, n
            )
        )
    cv, low, high, degrees = busyness(table, days)
    if degrees:
        method = "variance of daily totals beyond Poisson, chi-squared interval"
        out.append(Estimated(name, "busyness (cv)", cv, low, high, "share", method, degrees))
    return out


def _t(degrees: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(max(degrees, 1), 0.975))


def hours(days: Days) -> dict[str, str]:
    """Opening hours by weekday as a scenario writes them."""
    return {
        WEEKDAYS[w]: f"{clock(span[0] * days.width)}-{clock(span[1] * days.width)}"
        for w, span in enumerate(days.open)
        if span
    }


def clock(seconds: float) -> str:
    """Seconds of a day as HH:MM."""
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"
