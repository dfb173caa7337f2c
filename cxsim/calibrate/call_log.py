"""What a per-call log tells about patience, service, returns and agents; pure functions of arrays.

Times are seconds on one axis, such as since the first midnight of the log. Nothing here reads a file or knows
a column: `scenarios/anonymous-bank/build.py` shows how a log is turned into these arrays and a scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
        raise ValueError("survival: give as many censored flags as times")
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


@dataclass(frozen=True, eq=False)
class Returns:
    """How often customers call again within a given time, after abandoning and after being served.

    Attributes
    ----------
    after_abandoned : float
        Share a of the abandoned contacts that are followed by another.
    after_served : float
        Share b of the served contacts that are followed by another.
    excess : float
        a - b: the share of those who abandoned that calls again because of it.
    propensity : float
        (a - b) / (1 - b): the same share among those who would not have called again anyway; at least 0.
    delays : array (K,)
        Time from the end of an abandoned contact to the customer's next (s), ascending.
    again : array of bool (N,)
        For each contact, in the order given, whether it follows an abandoned one.
    """

    after_abandoned: float
    after_served: float
    excess: float
    propensity: float
    delays: Floats
    again: NDArray[np.bool_]


def returns(customer: ArrayLike, began: ArrayLike, ended: ArrayLike, abandoned: ArrayLike, within: float) -> Returns:
    """How much more often customers call again after abandoning than after being served.

    Served customers call again too, for other needs: only the excess is caused by abandoning. Leave out contacts
    whose customer is not known.

    Parameters
    ----------
    customer : array_like (N,)
        Who made each contact.
    began : array_like (N,)
        When it arrived (s).
    ended : array_like (N,)
        When it was abandoned or its service ended (s).
    abandoned : array_like of bool (N,)
        Whether it was abandoned.
    within : float
        Longest time to the next contact (s).

    Returns
    -------
    calibrate.Returns
        Both shares and the delays.

    Raises
    ------
    ValueError
        Nobody abandoned, or nobody was served.
    """
    who, start = np.asarray(customer), np.asarray(began, dtype=np.float64)
    end, left = np.asarray(ended, dtype=np.float64), np.asarray(abandoned, dtype=np.bool_)
    if left.all() or not left.any():
        raise ValueError("returns: needs contacts of both kinds, abandoned and served")
    codes = np.unique(who, return_inverse=True)[1].reshape(-1)
    order = np.lexsort((np.arange(len(start)), start, codes))
    next_start = np.full(len(order), np.inf)
    same = codes[order][1:] == codes[order][:-1]
    next_start[:-1][same] = start[order][1:][same]
    gap = np.maximum(next_start - end[order], 0.0)
    soon = gap <= within
    quit_, again = left[order], np.zeros(len(order), dtype=np.bool_)
    again[order[1:][(soon & quit_)[:-1]]] = True
    a, b = float(soon[quit_].mean()), float(soon[~quit_].mean())
    propensity = max(0.0, (a - b) / (1.0 - b)) if b < 1.0 else 0.0
    return Returns(a, b, a - b, propensity, np.sort(gap[soon & quit_]), again)


def fresh_arrivals(
    observed: ArrayLike, abandoned: ArrayLike, propensity: float, delays: ArrayLike, interval: float
) -> Floats:
    """Subtract the expected redials from observed arrivals.

    A log contains redials. A scenario that simulates redials must start from the arrivals without them.

    Parameters
    ----------
    observed : array_like (I,)
        Arrivals by interval.
    abandoned : array_like (I,)
        Abandoned contacts by interval.
    propensity : float
        Probability that an abandoned contact comes back, from 0 to 1.
    delays : array_like (K,)
        How long redials take (s), counted from the middle of the interval.
    interval : float
        Length of an interval (s).

    Returns
    -------
    array (I,)
        Fresh arrivals by interval, at least 0.
    """
    seen, left = np.asarray(observed, dtype=np.float64), np.asarray(abandoned, dtype=np.float64)
    lags = np.floor(np.asarray(delays, dtype=np.float64) / interval + 0.5).astype(np.int64)
    shares = np.bincount(lags, minlength=1) / max(len(lags), 1)
    back = np.convolve(left * propensity, shares)[: len(seen)]
    return np.maximum(seen - back, 0.0)


@dataclass(frozen=True, eq=False)
class Spells:
    """Times on duty, sorted by agent and start.

    Attributes
    ----------
    agent : array of str (N,)
        Who was on duty.
    start : array (N,)
        From when (s).
    end : array (N,)
        Until when (s).
    """

    agent: NDArray[np.str_]
    start: Floats
    end: Floats


def presence(
    agent: ArrayLike,
    start: ArrayLike,
    end: ArrayLike,
    longest_gap: float,
    shift_gap: float = 4 * 3600.0,
    round_to: float = 1.0,
) -> Spells:
    """Infer when agents were on duty from their service records: from first to last activity, absent in long gaps.

    Parameters
    ----------
    agent : array_like (N,)
        Who served.
    start : array_like (N,)
        When the service began (s).
    end : array_like (N,)
        When it ended (s).
    longest_gap : float
        A longer gap between services is an absence (s).
    shift_gap : float, default 14400.0
        A longer gap also ends the shift (s).
    round_to : float, default 1.0
        Shifts, but not breaks, are rounded outward to multiples of this (s). Agents arrive and leave on the
        quarter-hour, and waiting for a last call that never came leaves no record.

    Returns
    -------
    Spells
        Times on duty.
    """
    who, a, b = np.asarray(agent), np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    names: list[str] = []
    begin: list[float] = []
    until: list[float] = []
    first: list[bool] = []
    order = np.lexsort((b, a, who))
    for i in order:
        name, from_, to = str(who[i]), float(a[i]), max(float(a[i]), float(b[i]))
        same = bool(names) and names[-1] == name
        if same and from_ - until[-1] <= longest_gap:
            until[-1] = max(until[-1], to)
            continue
        first.append(not same or from_ - until[-1] > shift_gap)
        names.append(name)
        begin.append(from_)
        until.append(to)
    opens = np.array(first, dtype=np.bool_)
    closes = np.append(opens[1:], True)
    starts, ends = np.array(begin), np.array(until)
    starts = np.where(opens, np.floor(starts / round_to) * round_to, starts)
    ends = np.where(closes, np.ceil(ends / round_to) * round_to, ends)
    keep = ends > starts
    return Spells(np.array(names, dtype=np.str_)[keep], starts[keep], ends[keep])


def on_duty(start: ArrayLike, end: ArrayLike, edges: ArrayLike) -> Floats:
    """The mean number on duty in each interval.

    Parameters
    ----------
    start : array_like (N,)
        When each spell on duty began (s).
    end : array_like (N,)
        When it ended (s).
    edges : array_like (I + 1,)
        Boundaries of the intervals (s), ascending.

    Returns
    -------
    array (I,)
        Mean number on duty.
    """
    cuts = np.asarray(edges, dtype=np.float64)
    a, b = np.sort(np.asarray(start, dtype=np.float64)), np.sort(np.asarray(end, dtype=np.float64))

    def elapsed(sorted_times: Floats) -> Floats:
        """Seconds since the given times, summed over those passed, at each cut."""
        totals = np.concatenate(([0.0], np.cumsum(sorted_times)))
        passed = np.searchsorted(sorted_times, cuts, side="right")
        return np.asarray(passed * cuts - totals[passed])

    return np.asarray(np.diff(elapsed(a) - elapsed(b)) / np.diff(cuts))


def whole_agents(mean: ArrayLike) -> Ints:
    """Round mean agents per group to whole agents so that the total of each interval is rounded to the nearest.

    The largest fractions are rounded up, so that many small groups do not all vanish.

    Parameters
    ----------
    mean : array_like (G, I)
        Mean agents by group and interval.

    Returns
    -------
    array of int (G, I)
        Whole agents.

    References
    ----------
    Hamilton's method of largest remainders.
    """
    x = np.asarray(mean, dtype=np.float64)
    whole = np.floor(x + 1e-9)
    missing = np.floor(x.sum(axis=0) + 0.5 + 1e-9) - whole.sum(axis=0)
    rank = np.argsort(np.argsort(-(x - whole), axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray(whole + (rank < missing), dtype=np.int64)


def pauses(
    agent: ArrayLike, start: ArrayLike, end: ArrayLike, queued: ArrayLike, left: ArrayLike, slack: float = 2.0
) -> tuple[Floats, NDArray[np.bool_]]:
    """The pauses that agents take after a service while customers wait.

    A pause counts if someone is waiting when it begins. It ends with the agent's next service. If the queue empties
    first, it is censored there: the agent may simply have nothing to do.

    Parameters
    ----------
    agent : array_like (N,)
        Who served.
    start : array_like (N,)
        When the service began (s).
    end : array_like (N,)
        When it ended (s).
    queued : array_like (M,)
        When each waiting contact joined the queue (s).
    left : array_like (M,)
        When it left the queue (s).
    slack : float, default 2.0
        Tolerance for the rounding of clocks (s).

    Returns
    -------
    tuple of (array, array of bool)
        Lengths of the pauses (s), and which are censored: the input of `survival`.
    """
    if not np.size(queued):
        return np.zeros(0), np.zeros(0, dtype=np.bool_)
    who, a = np.asarray(agent), np.asarray(start, dtype=np.float64)
    b = np.maximum(a, np.asarray(end, dtype=np.float64))
    times = np.concatenate((np.asarray(queued, dtype=np.float64), np.asarray(left, dtype=np.float64)))
    steps = np.concatenate((np.ones(np.size(queued)), -np.ones(np.size(left))))
    order = np.lexsort((-steps, times))
    times, waiting = times[order], np.cumsum(steps[order])
    empty = np.flatnonzero(waiting <= 0.0)
    by_agent = np.lexsort((np.arange(len(a)), a, who))
    next_start = np.full(len(a), np.inf)
    same = who[by_agent][1:] == who[by_agent][:-1]
    next_start[by_agent[:-1][same]] = a[by_agent[1:][same]]
    at = np.searchsorted(times, b, side="right") - 1
    someone = (at >= 0) & (waiting[np.maximum(at, 0)] > 0.0) & (next_start >= b - 1.0)
    which = np.searchsorted(empty, at)
    emptied = np.append(times[empty], np.inf)[which]
    censored = next_start > emptied + slack
    lengths = np.where(censored, emptied, next_start) - b
    someone &= np.isfinite(lengths)
    return np.maximum(lengths[someone], 0.0), censored[someone]


def group_by_skills(
    calls: Mapping[str, Mapping[str, int]],
    told_apart: Sequence[str],
    least_calls: int = 3,
    least_share: float = 0.15,
) -> dict[str, tuple[str, ...]]:
    """Which kinds of call each agent serves, judged by the calls that they took.

    An agent serves a kind after enough calls of it, both in number and compared with everybody's share: a single call
    may be a mistake. Agents with equal answers form a group.

    Parameters
    ----------
    calls : mapping of mapping
        Number of calls by agent and kind.
    told_apart : sequence of str
        The kinds to decide on.
    least_calls : int, default 3
        Fewest calls of a kind.
    least_share : float, default 0.15
        Smallest share of a kind among the agent's calls, as a fraction of its share among all calls.

    Returns
    -------
    dict of tuple
        The kinds that each agent serves, in the order of `told_apart`.
    """
    total = sum(sum(kinds.values()) for kinds in calls.values())
    everybody = {kind: sum(kinds.get(kind, 0) for kinds in calls.values()) / max(total, 1) for kind in told_apart}
    out: dict[str, tuple[str, ...]] = {}
    for name, kinds in calls.items():
        own = max(sum(kinds.values()), 1)
        out[name] = tuple(
            kind
            for kind in told_apart
            if kinds.get(kind, 0) >= least_calls and kinds.get(kind, 0) / own >= least_share * everybody[kind]
        )
    return out
