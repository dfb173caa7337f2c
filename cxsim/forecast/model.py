"""The model: the level of a day by ridge regression with decaying errors, times the profile of its weekday.

The logarithm of a day's total is regressed on the calendar (Hoerl and Kennard, Technometrics 12, 1970), with the
penalty that has the smallest leave-one-out error. What is left over is averaged exponentially, and that average fades
with the lead. The result is multiplied by the ratio of observed to fitted totals, because the mean of a logarithm is
not the logarithm of a mean (Duan, JASA 78, 1983). The profile of a weekday is the mean of its shares by interval, drawn
towards that of all days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from cxsim.forecast.calendar import Calendar
from cxsim.forecast.params import ForecastParams

Floats = npt.NDArray[np.float64]

WEEKDAY_PENALTY = 0.01  # of the weekdays, which are nearly always well known
LEAST_TOTAL = 0.5  # contacts; a day with fewer has no logarithm worth fitting


class Past(NamedTuple):
    """The open days of a history in order: dates, volumes (days, slots), and the calendar."""

    days: tuple[date, ...]
    volume: Floats
    calendar: Calendar

    def until(self, n: int) -> Past:
        """The first n days."""
        return Past(self.days[:n], self.volume[:n], self.calendar)


class Fitted(Protocol):
    """A fitted model: the volumes (slots,) of a day that is so many open days ahead."""

    def __call__(self, on: date, lead: int) -> Floats: ...


class Level(NamedTuple):
    """The regression: mean, coefficients (features,), their penalty, residuals (days,), correction of the mean."""

    mean: float
    effects: Floats
    penalty: float
    residuals: Floats
    correction: float


def fit_level(totals: Floats, features: Floats, weekdays: int, params: ForecastParams) -> Level:
    """Regress the logarithm of the totals (days,) on features (days, features), the first of them weekdays."""
    y = np.log(np.maximum(totals, LEAST_TOTAL))
    mean = float(y.mean())
    square = features.T @ features
    best: tuple[float, Level] | None = None
    for penalty in params.penalties:
        ridge = np.full(features.shape[1], penalty)
        ridge[:weekdays] = WEEKDAY_PENALTY
        inverse = np.linalg.inv(square + np.diag(ridge))
        effects = inverse @ (features.T @ (y - mean))
        residuals = y - mean - features @ effects
        leverage = np.einsum("ij,jk,ik->i", features, inverse, features)
        error = float(np.mean((residuals / np.maximum(1.0 - leverage, 1e-6)) ** 2))
        if best is None or error < best[0]:
            correction = float(totals.sum() / np.exp(mean + features @ effects).sum())
            best = error, Level(mean, effects, penalty, residuals, correction)
    assert best is not None
    return best[1]


def running_mean(residuals: Floats, gain: float) -> float:
    """The exponentially weighted mean of the residuals after the last day."""
    mean = 0.0
    for one in residuals:
        mean += gain * (float(one) - mean)
    return mean


def profiles(past: Past, own_days: float) -> dict[int, Floats]:
    """The share of each interval in a day (slots,), by weekday: the mean of its days, drawn towards that of all."""
    totals = past.volume.sum(axis=1)
    shares = past.volume[totals > 0.0] / totals[totals > 0.0, None]
    on = np.array([day.weekday() for day, total in zip(past.days, totals, strict=True) if total > 0.0])
    common = shares.mean(axis=0)
    out = {}
    for k in sorted(past.calendar.weekdays):
        mixed = shares[on == k].sum(axis=0) + own_days * common
        if (on == k).any():  # an interval in which this weekday never had a contact is closed on it
            mixed = np.where(shares[on == k].sum(axis=0) > 0.0, mixed, 0.0)
        out[k] = mixed / mixed.sum()
    return out


@dataclass(frozen=True, eq=False)
class Regression:
    """The model of this module, fitted."""

    calendar: Calendar
    level: Level
    drift: float
    shapes: dict[int, Floats]
    decay: float

    def __call__(self, on: date, lead: int) -> Floats:
        known = float(self.calendar.factors([on])[0])
        effect = float((self.calendar.features([on]) @ self.level.effects)[0])
        total = np.exp(self.level.mean + effect + self.decay**lead * self.drift) * self.level.correction
        return np.asarray(total * known * self.shapes[on.weekday()])


def fit(past: Past, params: ForecastParams) -> Regression:
    """Fit the model to all days of the past."""
    totals = past.volume.sum(axis=1) / past.calendar.factors(past.days)
    features = past.calendar.features(past.days)
    level = fit_level(totals, features, len(past.calendar.weekdays), params)
    drift = running_mean(level.residuals, params.gain)
    return Regression(past.calendar, level, drift, profiles(past, params.own_days), params.decay)


def weekday_mean(past: Past, params: ForecastParams) -> Fitted:
    """Baseline: the mean of all days of the same weekday."""
    return _mean_of(past, None)


def four_week_mean(past: Past, params: ForecastParams) -> Fitted:
    """Baseline: the mean of the last four days of the same weekday."""
    return _mean_of(past, 4)


def seasonal_naive(past: Past, params: ForecastParams) -> Fitted:
    """Baseline: the last day of the same weekday."""
    return _mean_of(past, 1)


def mean_of_days(past: Past, params: ForecastParams) -> Fitted:
    """For histories too short to tell weekdays apart: the mean of all open days."""
    mean = past.volume.mean(axis=0)
    return lambda on, lead: mean


def _mean_of(past: Past, last: int | None) -> Fitted:
    on = np.array([day.weekday() for day in past.days])
    means = {}
    for k in sorted(past.calendar.weekdays):
        rows = past.volume[on == k]
        means[k] = (rows[-last:] if last else rows).mean(axis=0) if len(rows) else past.volume.mean(axis=0)
    return lambda day, lead: means[day.weekday()]
