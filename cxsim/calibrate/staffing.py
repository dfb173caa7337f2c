"""Who worked when, from the calls that were answered: times on duty, pauses, groups by skill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxsim.calibrate.redials import Floats, Ints


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
