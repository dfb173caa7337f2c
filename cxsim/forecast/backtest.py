"""Rolling origins: what the model and the baselines would have said, and how far that was from what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.forecast.model import Fitted, Past, fit, four_week_mean, seasonal_naive, weekday_mean
from cxsim.forecast.params import ForecastParams

Floats = npt.NDArray[np.float64]
Fit = Callable[[Past, ForecastParams], Fitted]

MODEL = "calendar regression"
BASELINES: Mapping[str, Fit] = {
    "weekday mean": weekday_mean,
    "seasonal naive": seasonal_naive,
    "four-week mean": four_week_mean,
}
MODELS: Mapping[str, Fit] = {MODEL: fit, **BASELINES}
MOST_ORIGINS = 260  # open days; older ones say little about how good the forecast is now
BAND = (0.05, 0.95)


class Said(NamedTuple):
    """One forecast of the past: index of the day, its lead in open days, the volumes (slots,)."""

    day: int
    lead: int
    volume: Floats


@dataclass(frozen=True)
class Score:
    """How good one model was on the days of the backtest, all leads together.

    wape: sum of absolute errors over the sum of volumes, by interval. daily_wape: the same of daily totals.
    bias: sum of forecasts over the sum of volumes, less 1. coverage: share of intervals inside their 90 % band, NaN
    for models that are not used. day_coverage: the same of daily totals.
    """

    model: str
    wape: float
    daily_wape: float
    bias: float
    coverage: float
    day_coverage: float


def rolling(past: Past, make: Fit, params: ForecastParams) -> list[Said]:
    """Forecast each day from every origin up to `params.leads` open days before it, knowing nothing later."""
    n = len(past.days)
    first = max(params.least_days, n - MOST_ORIGINS)
    out = []
    for origin in range(first, n):
        fitted = make(past.until(origin), params)
        for lead in range(1, min(params.leads, n - origin) + 1):
            t = origin + lead - 1
            out.append(Said(t, lead, fitted(past.days[t], lead)))
    return out


class Residuals(NamedTuple):
    """How far forecasts of the past were off: index of the day (n,), lead (n,), residuals (n, slots).

    Residuals are differences of square roots, because counts vary with their mean, and are kept as whole days, because
    neighbouring intervals miss together.
    """

    day: npt.NDArray[np.int64]
    lead: npt.NDArray[np.int64]
    rows: Floats

    def near(self, lead: int, params: ForecastParams, before: int | None = None) -> Floats:
        """The residuals (m, slots) at leads near to this one, of days of index below `before`."""
        top = int(self.lead.max(initial=1))
        kept = np.abs(self.lead - min(lead, top)) <= params.near_leads
        return self.rows[kept if before is None else kept & (self.day < before)]


def residuals(past: Past, said: Sequence[Said]) -> Residuals:
    """The residuals of forecasts of the past."""
    day = np.array([one.day for one in said], dtype=np.int64)
    guessed = np.array([one.volume for one in said]).reshape(len(said), past.volume.shape[1])
    lead = np.array([one.lead for one in said], dtype=np.int64)
    return Residuals(day, lead, np.sqrt(past.volume[day]) - np.sqrt(guessed))


def score(name: str, past: Past, said: Sequence[Said], params: ForecastParams) -> Score:
    """Score the last `params.backtest_days` days, without bands."""
    scored = _scored(past, said, params)
    actual = np.array([past.volume[one.day] for one in scored])
    guessed = np.array([one.volume for one in scored])
    whole = actual.sum()
    return Score(
        name,
        float(np.abs(actual - guessed).sum() / whole),
        float(np.abs(actual.sum(axis=1) - guessed.sum(axis=1)).sum() / whole),
        float(guessed.sum() / whole - 1.0),
        float("nan"),
        float("nan"),
    )


def with_coverage(found: Score, past: Past, said: Sequence[Said], params: ForecastParams) -> Score:
    """The score with the shares inside the bands; the band of each day uses only days known at its origin."""
    known = residuals(past, said)
    inside, days_inside, intervals, days = 0, 0, 0, 0
    for one in _scored(past, said, params):
        rows = known.near(one.lead, params, before=one.day - one.lead + 1)
        if len(rows) < params.leads:
            continue
        came = past.volume[one.day]
        low, high = band(one.volume, rows)
        is_open = (one.volume > 0.0) | (came > 0.0)
        inside += int(((came >= low) & (came <= high))[is_open].sum())
        intervals += int(is_open.sum())
        low_day, high_day = day_band(one.volume, rows)
        days_inside, days = days_inside + int(low_day <= came.sum() <= high_day), days + 1
    if not days:
        return found
    return replace(found, coverage=inside / intervals, day_coverage=days_inside / days)


def _scored(past: Past, said: Sequence[Said], params: ForecastParams) -> list[Said]:
    return [one for one in said if one.day >= len(past.days) - params.backtest_days]


def simulated(volume: Floats, rows: Floats) -> Floats:
    """Days (n, slots) as they may come: the forecast (slots,) with the residuals of past days."""
    return np.where(volume > 0.0, np.maximum(np.sqrt(volume) + rows, 0.0) ** 2, 0.0)


def band(volume: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """The 90 % band (slots,) of each interval."""
    low, high = np.quantile(simulated(volume, rows), BAND, axis=0)
    return low, high


def day_band(volume: Floats, rows: Floats) -> tuple[float, float]:
    """The 90 % band of the day's total."""
    low, high = np.quantile(simulated(volume, rows).sum(axis=1), BAND)
    return float(low), float(high)


def day_spread(volume: Floats, rows: Floats) -> float:
    """Coefficient of variation of a factor of mean 1 that is common to the day: what Poisson counts do not explain."""
    totals = simulated(volume, rows).sum(axis=1)
    mean = float(totals.mean())
    return float(np.sqrt(max(float(totals.var(ddof=1)) / mean**2 - 1.0 / mean, 0.0))) if mean > 0.0 else 0.0
