"""Intervals of confidence over replications, paired differences, a stopping rule, and Holm's correction.

Everything works along the first axis (replications) of arrays of any shape. Fewer than two replications give
NaN bounds. Sources: Law, *Simulation Modeling and Analysis* (t intervals, sequential stopping); Cochran,
*Sampling Techniques* (ratio estimator); Asmussen & Glynn, *Stochastic Simulation*, III.5 (sectioning); Holm
1979.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEAST_REPLICATIONS = 10


class Interval(NamedTuple):
    """An estimate with its bounds: arrays of one shape."""

    value: Floats
    low: Floats
    high: Floats


def t_quantile(confidence: float, degrees: int) -> float:
    """The two-sided quantile of Student's t; NaN without degrees of freedom."""
    if degrees < 1:
        return math.nan
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + confidence / 2))


def mean_error(values: npt.ArrayLike) -> tuple[Floats, Floats]:
    """The mean over replications and its standard error (NaN for one replication)."""
    x = np.asarray(values, dtype=np.float64)
    n = x.shape[0]
    mean = x.mean(axis=0)
    if n < 2:
        return mean, np.full_like(mean, np.nan)
    return mean, np.sqrt(((x - mean) ** 2).sum(axis=0) / (n * (n - 1)))


def ratio_error(numerators: npt.ArrayLike, denominators: npt.ArrayLike) -> tuple[Floats, Floats]:
    """The ratio of sums over replications and its standard error (delta method); NaN over a sum of 0."""
    x, y = np.broadcast_arrays(np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64))
    n = x.shape[0]
    below = y.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(below > 0, x.sum(axis=0) / below, np.nan)
        if n < 2:
            return ratio, np.full_like(ratio, np.nan)
        return ratio, np.sqrt(((x - ratio * y) ** 2).sum(axis=0) * n / (n - 1)) / below


def _interval(value: Floats, error: Floats, n: int, confidence: float) -> Interval:
    half = t_quantile(confidence, n - 1) * error
    return Interval(value, value - half, value + half)


def t_interval(values: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """The mean over replications with Student's t bounds."""
    return _interval(*mean_error(values), len(np.asarray(values)), confidence)


def ratio_interval(numerators: npt.ArrayLike, denominators: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """The ratio of sums over replications (not the mean of ratios) with delta-method t bounds."""
    return _interval(*ratio_error(numerators, denominators), len(np.asarray(numerators)), confidence)


def sectioning_interval(pooled: npt.ArrayLike, sections: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """A quantile of all replications pooled, with bounds from the replications' own quantiles around it.

    `sections` is replication × ...; replications with no observation (NaN) are left out, cell by cell.
    """
    value = np.asarray(pooled, dtype=np.float64)
    each = np.asarray(sections, dtype=np.float64)
    there = np.isfinite(each)
    n = there.sum(axis=0)
    squares = np.where(there, each - value, 0.0) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(squares.sum(axis=0) / (n * (n - 1)))
    counts, place = np.unique(n, return_inverse=True)
    half = np.array([t_quantile(confidence, int(count) - 1) for count in counts])[place].reshape(n.shape) * error
    return Interval(value, value - half, value + half)


def paired_difference(base: npt.ArrayLike, other: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """Mean of other − base over replications that used the same draws."""
    return t_interval(np.asarray(other, dtype=np.float64) - np.asarray(base, dtype=np.float64), confidence)


def paired_ratio_difference(
    base: tuple[npt.ArrayLike, npt.ArrayLike],
    other: tuple[npt.ArrayLike, npt.ArrayLike],
    confidence: float = 0.95,
) -> Interval:
    """Difference other − base of two ratios of sums over replications that used the same draws.

    Each argument is (numerators, denominators). Delta method: the spread of the paired linearised residuals.
    """
    parts = []
    for numerators, denominators in (other, base):
        x, y = np.broadcast_arrays(np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64))
        ratio, _ = ratio_error(x, y)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append((ratio, (x - ratio * y) / y.mean(axis=0)))
    (above, first), (below, second) = parts
    _, error = mean_error(first - second)
    return _interval(above - below, error, len(first), confidence)


def holm(p: Floats) -> Floats:
    """P-values adjusted so that the chance of any false one stays at the level (Holm 1979)."""
    order = np.argsort(p)
    adjusted = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    out = np.empty(len(p))
    out[order] = np.minimum(adjusted, 1.0)
    return out


class Progress(NamedTuple):
    """Where a sequential run stands: estimate, half-width, whether to stop, replications needed in all."""

    value: float
    half_width: float
    done: bool
    needed: int


def stopping(
    numerators: npt.ArrayLike,
    denominators: npt.ArrayLike,
    precision: float,
    *,
    absolute: bool,
    confidence: float = 0.95,
    least: int = LEAST_REPLICATIONS,
    most: int = 10_000,
) -> Progress:
    """Judge whether replications are enough: stop once half-width ≤ `precision`, never before `least` of
    them.

    The half-width is that of the ratio-estimator interval, compared with `precision` itself where `absolute`
    (shares), else with `precision` × |value|. The rule is judged after each batch; `needed` predicts the
    total from the present spread, at most twice the present number, so that an early lucky guess cannot
    overshoot. Stopping on what one has seen costs a little coverage (Law §9.4), which `least` keeps small. A
    figure that has not occurred (no denominator yet) is never precise.
    """
    x = np.asarray(numerators, dtype=np.float64)
    n = len(x)
    if n == 0:
        return Progress(math.nan, math.nan, False, min(least, most))
    value, error = (float(part) for part in ratio_error(x, denominators))
    half = t_quantile(confidence, n - 1) * error
    goal = precision if absolute else precision * abs(value)
    total = needed(n, half, goal, least, most)
    return Progress(value, half, total <= n, total)


def needed(n: int, half: float, goal: float, least: int = LEAST_REPLICATIONS, most: int = 10_000) -> int:
    """Replications that a half-width of `goal` seems to take, after n gave `half`: n or fewer once they are enough.

    At least `least`, at most `most` and twice n; NaN, where nothing was measured, is never precise.
    """
    if n >= most or (n >= least and half <= goal):
        return n
    if n < least:
        return min(least, most)
    times = half / goal if goal > 0 else math.nan  # beyond all numbers for a goal that is next to nothing
    guess = math.ceil(n * min(times, 1e6) ** 2) if math.isfinite(half) and not math.isnan(times) else 2 * n
    return min(max(guess, n + 1), 2 * n, most)
