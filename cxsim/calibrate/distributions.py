"""Durations of a log as distributions: survival curves, quantiles, lognormals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cxsim.calibrate.redials import Floats, Ints


@dataclass(frozen=True, eq=False)
class Survival:
    """A survival curve: which share of durations is longer than each time.

    Attributes
    ----------
    times : array (N,)
        Times at which an observed duration ended (s), ascending.
    shares : array (N,)
        Share of durations longer than each of these times.
    at_risk : array (N,)
        Number of durations still observed just before each time.
    events : array (N,)
        Number of durations that ended at each time.
    """

    times: Floats
    shares: Floats
    at_risk: Ints
    events: Ints

    def at(self, t: ArrayLike) -> Floats:
        """The share of durations longer than t: a step function that starts at 1.

        Parameters
        ----------
        t : array_like
            Times (s), of any shape.

        Returns
        -------
        array
            Shares, in the shape of `t`.
        """
        index = np.searchsorted(self.times, np.asarray(t, dtype=np.float64), side="right")
        return np.asarray(np.concatenate(([1.0], self.shares))[index])

    def median(self) -> float:
        """The median duration.

        Returns
        -------
        float
            The first time (s) that at most half of the durations exceed; inf if the curve stays above one half.
        """
        below = np.flatnonzero(self.shares <= 0.5)
        return float(self.times[below[0]]) if len(below) else np.inf

    def table(self, points: ArrayLike, least_at_risk: int = 30) -> tuple[Floats, Floats]:
        """The curve at 0 and at those points where enough durations were still observed.

        Parameters
        ----------
        points : array_like
            Times (s).
        least_at_risk : int, default 30
            How many durations must still be observed.

        Returns
        -------
        tuple of (array, array)
            Times (s), ascending, and the shares longer than each.
        """
        watched = self.times[self.at_risk >= least_at_risk]
        last = float(watched[-1]) if len(watched) else 0.0
        times = np.unique(np.append(np.asarray(points, dtype=np.float64), 0.0))
        times = times[(times >= 0.0) & (times <= last)]
        return times, self.at(times)


def survival(times: ArrayLike, censored: ArrayLike) -> Survival:
    """Kaplan–Meier estimate of a survival curve from durations, some of them censored.

    Use it for patience: an answered customer's wait is censored, because they would have waited longer. A duration
    censored at the same instant as an event counts as still observed there.

    Parameters
    ----------
    times : array_like (N,)
        Durations (s), finite and at least 0.
    censored : array_like of bool (N,)
        Which of them ended for another reason.

    Returns
    -------
    Survival
        The curve.

    Raises
    ------
    ValueError
        The lengths differ, or a time is negative or not finite.

    References
    ----------
    Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53.

    Examples
    --------
    >>> patience = survival(waits, censored=answered)
    >>> patience.median()
    """
    t = np.asarray(times, dtype=np.float64)
    ended = ~np.asarray(censored, dtype=np.bool_)
    if t.shape != ended.shape or t.ndim != 1:
        raise ValueError("survival: give one censored flag for each time")
    if not np.all((t >= 0.0) & np.isfinite(t)):
        raise ValueError("survival: times must be finite and at least 0")
    at, events = np.unique(t[ended], return_counts=True)
    at_risk = len(t) - np.searchsorted(np.sort(t), at, side="left")
    shares = np.cumprod(1.0 - events / at_risk, dtype=np.float64)
    return Survival(at, shares, at_risk.astype(np.int64), events.astype(np.int64))


def tail_mean(times: ArrayLike, censored: ArrayLike, start: float) -> float:
    """The mean of an exponential tail: time observed beyond `start`, divided by the events there.

    Parameters
    ----------
    times : array_like (N,)
        Durations (s).
    censored : array_like of bool (N,)
        Which of them ended for another reason.
    start : float
        Where the tail begins (s).

    Returns
    -------
    float
        Mean time beyond `start` (s), the maximum-likelihood estimate; inf without events.
    """
    t = np.asarray(times, dtype=np.float64)
    events = int(np.count_nonzero((t > start) & ~np.asarray(censored, dtype=np.bool_)))
    return float(np.maximum(t - start, 0.0).sum() / events) if events else np.inf


def quantile_table(values: ArrayLike, shares: ArrayLike, longest: float = np.inf) -> tuple[Floats, Floats, int]:
    """A piecewise linear quantile distribution that keeps the mean of its values.

    Plain sample quantiles would miss the mean. The points above the median are therefore multiplied by a common factor.

    Parameters
    ----------
    values : array_like (N,)
        The sample (s).
    shares : array_like (K,)
        Shares from 0 to 1 at which the quantiles are taken; 0 and 1 are added.
    longest : float, default inf
        Larger values are dropped (s).

    Returns
    -------
    tuple of (array, array, int)
        Shares, their quantiles (s), and the number of dropped values.

    Raises
    ------
    ValueError
        No value is left, or a share is not from 0 to 1.
    """
    kept = np.sort(np.asarray(values, dtype=np.float64))
    kept = kept[kept <= longest]
    u = np.unique(np.concatenate(([0.0], np.asarray(shares, dtype=np.float64), [1.0])))
    if not len(kept) or u[0] < 0.0 or u[-1] > 1.0:
        raise ValueError("quantile_table: give at least one value up to `longest` and shares in 0..1")
    knots = np.quantile(kept, u)
    widths = np.diff(u)
    weights = np.zeros(len(u))
    weights[:-1] += widths / 2.0
    weights[1:] += widths / 2.0
    upper = u > 0.5
    above = float(weights[upper] @ knots[upper])
    if above > 0.0:
        knots[upper] *= 1.0 + (kept.mean() - float(weights @ knots)) / above
    return u, np.maximum.accumulate(knots), int(np.size(values) - len(kept))


def fit_lognormal(values: ArrayLike, shortest: float = 0.0) -> dict[str, float]:
    """Fit a lognormal distribution by maximum likelihood.

    Parameters
    ----------
    values : array_like (N,)
        The sample (s).
    shortest : float, default 0.0
        Only larger values are used (s).

    Returns
    -------
    dict
        'median' (s), 'sigma' (of the logarithms), and 'distance', the Kolmogorov–Smirnov distance to the sample.

    Raises
    ------
    ValueError
        Fewer than two values are left.

    Examples
    --------
    >>> fit_lognormal(talk_times)["median"]
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    x = x[x > shortest]
    if len(x) < 2 or x[0] <= 0.0:
        raise ValueError("fit_lognormal: give at least two values above 0")
    from scipy.special import ndtr

    logs = np.log(x)
    mu, sigma = float(logs.mean()), float(logs.std())
    fitted = ndtr((logs - mu) / sigma) if sigma > 0.0 else np.full(len(x), 0.5)
    ranks = np.arange(len(x) + 1) / len(x)
    distance = float(max(np.max(ranks[1:] - fitted), np.max(fitted - ranks[:-1])))
    return {"median": float(np.exp(mu)), "sigma": sigma, "distance": distance}
