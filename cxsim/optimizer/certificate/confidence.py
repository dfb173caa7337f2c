"""How far the slack of simulated goals may be from the truth: spreads, their correlation, and simultaneous bounds."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.metrics.confidence_intervals import t_quantile

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial

Floats = npt.NDArray[np.float64]
POINTS = 2**15


def spread_of(trial: Trial) -> Floats:
    """The standard deviation (K,) of each goal's slack in one replication; its error is this ÷ √n.

    That of the ratio estimator. Of a goal on a share of days no less than a binomial proportion's with two days met
    and two missed added (Agresti & Coull, *American Statistician* 52(2), 1998): where every day was met so far, the
    days differ by nothing. A figure of nothing has none.
    """
    spread = np.nan_to_num(trial.error) * math.sqrt(trial.n)
    for k, goal in enumerate(trial.goals.goals):
        if goal.days is not None:
            met, days = trial.above[:, k].sum(), trial.below[:, k].sum()
            share = (met + 2.0) / (days + 4.0)
            least = math.sqrt(share * (1.0 - share) / max(days, 1.0)) * math.sqrt(trial.n)
            spread[k] = max(float(spread[k]), least)
    return np.asarray(spread, dtype=np.float64)


def correlation_of(trial: Trial) -> Floats:
    """The correlation (K, K) of the goals' values over replications: that of the linearised ratios."""
    residual = trial.residual
    signs = np.array([1.0 if goal.at_least else -1.0 for goal in trial.goals.goals])
    residual = signs * (residual - residual.mean(axis=0))
    size = np.sqrt((residual**2).sum(axis=0))
    scaled = np.divide(residual, size, out=np.zeros_like(residual), where=size > 0.0)
    out = scaled.T @ scaled
    np.fill_diagonal(out, 1.0)
    return np.asarray(out, dtype=np.float64)


def critical(correlation: Floats, level: float, n: int) -> float:
    """How many errors below their estimates K bounds lie that all hold at once, but for a chance of `level`.

    The upper quantile of the greatest of K correlated normal variables (single-step max-t: Hothorn, Bretz & Westfall,
    *Biometrical Journal* 50(3), 2008), from 2**15 points with a margin for their number, then by Student's t
    with n - 1 degrees of freedom at the same marginal level; never above Bonferroni's, and Bonferroni's where `level`
    is less than the margin.
    """
    from scipy.special import ndtr

    k = len(correlation)
    if k == 0:
        return 0.0
    share = level - 1.5 * math.sqrt(level * (1.0 - level) / POINTS)
    if share <= 0.0:
        return t_quantile(1.0 - 2.0 * level / k, n - 1)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    greatest = (_normal(k) @ root.T).max(axis=1)
    place = math.ceil((1.0 - share) * POINTS) - 1
    z = float(np.partition(greatest, place)[place])
    marginal = max(float(ndtr(-z)), level / k)
    return t_quantile(1.0 - 2.0 * marginal, n - 1)


def low_slack(trial: Trial, errors: float) -> Floats:
    """The slack (K,) less so many standard errors, and for goals on a share of days no more than exact bounds give.

    Those of Clopper & Pearson (*Biometrika* 26, 1934), as if days were independent, at the level of that many errors.
    """
    low = np.asarray(trial.slack - errors * spread_of(trial) / math.sqrt(trial.n), dtype=np.float64)
    for k, goal in enumerate(trial.goals.goals):
        if goal.days is not None:
            from scipy.special import betaincinv, ndtr

            met, days = float(trial.above[:, k].sum()), float(trial.below[:, k].sum())
            least = float(betaincinv(met, days - met + 1.0, ndtr(-errors))) if met > 0.0 else 0.0
            low[k] = min(float(low[k]), least - goal.days)
    return low


@cache
def _normal(k: int) -> Floats:
    """POINTS × K standard normal numbers, always the same: addressed like all others."""
    from scipy.special import ndtri

    key = np.arange(POINTS * k, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        key = (key ^ (key >> np.uint64(shift))) * np.uint64(factor)
    key ^= key >> np.uint64(31)
    uniform = ((key >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return np.asarray(ndtri(uniform).reshape(POINTS, k), dtype=np.float64)
