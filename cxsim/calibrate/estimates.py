"""What was estimated: each value with its interval, its method and the rows it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Z = 1.959963984540054  # 95 %
DIFFER = 0.01  # p-value below which values differ between intervals or groups


class Estimated(NamedTuple):
    """One estimated value: what of (a reason, a group, or `all`), with its 95 % interval; NaN where there is none."""

    of: str
    parameter: str
    value: float
    low: float
    high: float
    unit: str  # s, share, ratio, contacts, or agents
    method: str
    rows: int
    note: str = ""


@dataclass(frozen=True, eq=False)
class Told:
    """What a calibration says on its way: estimates, what to look at in the data, what the data does not tell."""

    rows: list[Estimated] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)


def at_edge(value: float, low: float, high: float, unit: str) -> str:
    """What to say of a search that ended at a limit of its own; empty where it ended between them."""
    if not any(math.isclose(value, limit, rel_tol=1e-3, abs_tol=1e-9) for limit in (low, high)):
        return ""
    text = "{:.2%}" if unit == "share" else "{:,.6g}" + (f" {unit}" if unit == "s" else "")
    said = " to ".join(text.format(x) for x in (low, high))
    return f"the search ended at a limit of its range, {said}: the truth may lie beyond"


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if trials <= 0:
        return math.nan, math.nan
    p, z2 = successes / trials, Z * Z
    middle = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z / (1 + z2 / trials) * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values: Floats) -> tuple[float, float]:
    """The 95 % interval of a mean, of independent values."""
    n = len(values)
    if n < 2:
        return math.nan, math.nan
    half = Z * float(np.std(values, ddof=1)) / math.sqrt(n)
    return float(values.mean()) - half, float(values.mean()) + half


def profile_interval(
    log_likelihood: Callable[[float], float], best: float, low: float, high: float
) -> tuple[float, float]:
    """Where a profile of the log-likelihood falls 1.92 below its top, on both sides of `best`, within [low, high]."""
    from scipy.optimize import brentq

    level = log_likelihood(best) - 0.5 * Z * Z

    def gap(x: float) -> float:
        return log_likelihood(x) - level

    below = low if gap(low) >= 0.0 else float(brentq(gap, low, best))
    above = high if gap(high) >= 0.0 else float(brentq(gap, best, high))
    return below, above


def drawn_together(values: Floats, errors: Floats, weights: Floats) -> tuple[float, Floats | None]:
    """The level of several values, and each drawn towards it; None where they do not differ by more than chance.

    `errors` are variances. A chi-squared test decides (1 %); then each value is drawn towards the weighted mean by as
    much as chance explains (empirical Bayes).
    """
    from scipy.special import chdtrc

    level = float(np.average(values, weights=weights))
    if len(values) < 2 or chdtrc(len(values) - 1, float(((values - level) ** 2 / errors).sum())) > DIFFER:
        return level, None
    true = max(0.0, float(np.average((values - level) ** 2 - errors, weights=weights)))
    weight = true / (true + errors) if true > 0.0 else np.zeros(len(values))
    return level, level + weight * (values - level)
