"""Goals corrected for how busy the replications happened to be: fresh contacts as a control variate.

Most of what makes one day's service differ from another's is how many contacts came, and how many are expected is
known. The regression of a goal on the contacts says what the goal would be were the mean of the replications the
expected one (Lavenberg & Welch, "A perspective on the use of control variables", *Management Science* 27(3), 1981).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.model.demand import FIXED, expected_of

if TYPE_CHECKING:
    from cxsim.model.prepare import Model
    from cxsim.optimizer.problem.goals import Goals

Floats = npt.NDArray[np.float64]

LEAST = 12  # replications from which a regression is made


class Estimates(NamedTuple):
    """K goals from n replications: value and its standard error (K,), what each replication adds to it (n, K)."""

    value: Floats
    error: Floats
    residual: Floats


def expected_contacts(model: Model) -> float:
    """Fresh contacts of a replication that are counted, by expectation; 0 where that is not known exactly."""
    demand = model.demand
    rounded = bool(((demand.modes == FIXED) & (demand.busyness >= 0)).any())
    if demand.crowd != 1.0 or rounded:
        return 0.0
    return float(expected_of(demand, model.timeline).sum())


def busier(model: Model, expected: float, times: Floats) -> float:
    """By which share more fresh contacts came, at `times` (s, sorted), than expected; 0 where that is not known."""
    if expected <= 0.0:
        return 0.0
    ends = (model.timeline.counted_from, model.timeline.counted_to)
    first, last = np.searchsorted(times, ends)
    return float(last - first) / expected - 1.0


def estimates(goals: Goals, above: Floats, below: Floats, control: Floats | None) -> Estimates:
    """Goals by both sides (n, K), corrected by `control` (n,), of which 0 is expected.

    Shares of days are not corrected: exact bounds hold for them. NaN for a figure of nothing, and for the error of one
    replication.
    """
    n, total = len(above), below.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(total > 0.0, above.sum(axis=0) / total, np.nan)
        residual = np.where(total > 0.0, (above - value * below) * n / total, 0.0)
    none = np.where(total > 0.0, 0.0, np.nan)
    if n < 2:
        return Estimates(value, np.full(len(value), np.nan), residual)
    away = np.zeros(n) if control is None else control - control.mean()
    size = float(away @ away)
    if control is None or n < LEAST or size <= 1e-12 * n:
        return Estimates(value, np.sqrt((residual**2).sum(axis=0) / (n - 1) / n) + none, residual)
    corrected = np.array([goal.days is None for goal in goals.goals], dtype=bool)
    slope = np.where(corrected, away @ residual / size, 0.0)
    mean = float(control.mean())
    value = value - slope * mean
    shares = np.array([goal.unit == "share" for goal in goals.goals], dtype=bool)
    value = np.where(shares, np.clip(value, 0.0, 1.0), value)
    residual = residual - away[:, None] * slope
    spread = np.sqrt((residual**2).sum(axis=0) / np.where(corrected, n - 2, n - 1))
    error = spread * np.where(corrected, math.sqrt(1.0 / n + mean**2 / size), math.sqrt(1.0 / n))
    return Estimates(value, error + none, residual)
