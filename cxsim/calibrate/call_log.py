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
    """A survival curve: `shares[i]` outlast `times[i]`; `at_risk` were watched then, `events` ended."""

    times: Floats
    shares: Floats
    at_risk: Ints
    events: Ints

    def at(self, t: ArrayLike) -> Floats:
        """Share that outlasts t, in the shape of t: a step function that starts at 1."""
        index = np.searchsorted(self.times, np.asarray(t, dtype=np.float64), side="right")
        return np.asarray(np.concatenate(([1.0], self.shares))[index])

    def median(self) -> float:
        """The first time that at most half outlast; inf when the curve never falls so far."""
        below = np.flatnonzero(self.shares <= 0.5)
        return float(self.times[below[0]]) if len(below) else np.inf

    def table(self, points: ArrayLike, least_at_risk: int = 30) -> tuple[Floats, Floats]:
        """The curve at 0 and at those `points` that at least so many were watched to, as (times, shares)."""
        watched = self.times[self.at_risk >= least_at_risk]
        last = float(watched[-1]) if len(watched) else 0.0
        times = np.unique(np.append(np.asarray(points, dtype=np.float64), 0.0))
        times = times[(times >= 0.0) & (times <= last)]
        return times, self.at(times)


def survival(times: ArrayLike, censored: ArrayLike) -> Survival:
    """Kaplan–Meier estimate from durations, of which those `censored` ended for another reason.

    A duration censored at the instant of an event still counts as watched at it. The waits of customers who
    abandon are no sample of patience: those who were answered would have waited longer. Raises ValueError for
    unequal lengths and for times that are negative or not finite. Source: Kaplan and Meier, JASA 53 (1958).
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
    """Mean of an exponential law beyond `start` s: time watched over events beyond it; inf if none."""
    t = np.asarray(times, dtype=np.float64)
    events = int(np.count_nonzero((t > start) & ~np.asarray(censored, dtype=np.bool_)))
    return float(np.maximum(t - start, 0.0).sum() / events) if events else np.inf


def quantile_table(values: ArrayLike, shares: ArrayLike, longest: float = np.inf) -> tuple[Floats, Floats, int]:
    """(shares, values, dropped) of a piecewise linear quantile law that keeps the mean of its values.

    Values above `longest` are dropped and counted. Between two shares the law is linear, so plain sample
    quantiles would miss the mean; the knots above the median are moved by one common factor that restores it.
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
    """Maximum-likelihood lognormal of the values above `shortest` s: median, sigma, Kolmogorov's distance.

    Raises ValueError for fewer than two such values.
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
    """Who called again within a time: shares after abandoning and after being served, and what they imply.

    excess: the difference a - b, the share of all who abandoned that calls again because of it; propensity:
    (a - b) / (1 - b), the same among those who would not have called again anyway; delays: s from the end of
    an abandoned contact to the customer's next, of those within the time; again: for each contact in the
    order given, whether it is itself such a return after abandoning.
    """

    after_abandoned: float
    after_served: float
    excess: float
    propensity: float
    delays: Floats
    again: NDArray[np.bool_]


def returns(customer: ArrayLike, began: ArrayLike, ended: ArrayLike, abandoned: ArrayLike, within: float) -> Returns:
    """How much more often those who abandoned call again within `within` s than those who were served.

    Served customers call again too, for other needs: only the excess over them is caused by abandoning. Give
    only contacts whose customer is known. Raises ValueError when nobody abandoned or nobody was served.
    """
    who, start = np.asarray(customer), np.asarray(began, dtype=np.float64)
    end, left = np.asarray(ended, dtype=np.float64), np.asarray(abandoned, dtype=np.bool_)
    if left.all() or not left.any():
        raise ValueError("returns: give both abandoned and served contacts")
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
    """Observed arrivals per interval less the returns to be expected from those who abandoned before.

    Each abandoned contact comes back with probability `propensity` after one of `delays` (s), reckoned from
    the middle of its interval. Never below 0. Logs contain the redials: a plan that simulates redials
    must begin from this.
    """
    seen, left = np.asarray(observed, dtype=np.float64), np.asarray(abandoned, dtype=np.float64)
    lags = np.floor(np.asarray(delays, dtype=np.float64) / interval + 0.5).astype(np.int64)
    shares = np.bincount(lags, minlength=1) / max(len(lags), 1)
    back = np.convolve(left * propensity, shares)[: len(seen)]
    return np.maximum(seen - back, 0.0)


@dataclass(frozen=True, eq=False)
class Spells:
    """Times on duty: `agent[i]` was there from `start[i]` to `end[i]`; sorted by agent, then start."""

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
    """When agents were on duty, from their service records: first to last activity, absent in long gaps.

    A gap above `longest_gap` s between services is an absence; one above `shift_gap` s also ends the shift.
    Shifts, not breaks, are rounded outward to a multiple of `round_to` s: people come and go on the
    quarter-hour, and someone waiting for a last call that never came leaves no record.
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
    """Mean number on duty in each interval between consecutive `edges`, from starts and ends of spells."""
    cuts = np.asarray(edges, dtype=np.float64)
    a, b = np.sort(np.asarray(start, dtype=np.float64)), np.sort(np.asarray(end, dtype=np.float64))

    def elapsed(sorted_times: Floats) -> Floats:
        """Seconds since the given times, summed over those passed, at each cut."""
        totals = np.concatenate(([0.0], np.cumsum(sorted_times)))
        passed = np.searchsorted(sorted_times, cuts, side="right")
        return np.asarray(passed * cuts - totals[passed])

    return np.asarray(np.diff(elapsed(a) - elapsed(b)) / np.diff(cuts))


def whole_agents(mean: ArrayLike) -> Ints:
    """Whole numbers of agents by group from mean numbers [group, interval], every total rounded to nearest.

    The largest fractions are rounded up (Hamilton's rule), so that many small groups do not all round away.
    """
    x = np.asarray(mean, dtype=np.float64)
    whole = np.floor(x + 1e-9)
    missing = np.floor(x.sum(axis=0) + 0.5 + 1e-9) - whole.sum(axis=0)
    rank = np.argsort(np.argsort(-(x - whole), axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray(whole + (rank < missing), dtype=np.int64)


def pauses(
    agent: ArrayLike, start: ArrayLike, end: ArrayLike, queued: ArrayLike, left: ArrayLike, slack: float = 2.0
) -> tuple[Floats, NDArray[np.bool_]]:
    """(lengths, censored) of the pauses agents take after a service while customers wait.

    `start` and `end` of services by agent; `queued` and `left` of every contact that waited. A pause counts
    when someone waits at its begin; it ends with the agent's next service, or is censored when the queue
    empties first: then the agent may simply have nothing to do. `slack` s cover the rounding of clocks.
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
    """For each agent, which of the kinds `told_apart` it serves, from its number of calls by kind.

    An agent serves a kind when it took at least `least_calls` of it and its share of that kind is at least
    `least_share` of everybody's: a single call may be a slip. Agents with equal answers form a group.
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
