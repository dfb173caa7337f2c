"""More people where goals fail: the simplest step from a plan that misses a few goals to one that meets them.

It needs no slopes, so it is the first plan of a search, and what a proof does where there was no time for any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.search.deferred import windows

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

STEP = 1.1  # times as many, and one more at least


def grown(
    problem: Problem, x: Floats, trial: Trial, failing: npt.NDArray[np.bool_], wide: bool = False
) -> Floats | None:
    """Headcounts `x` with more people for the `failing` goals (K,), see `short_of`; None where there is no room."""
    structure = problem.structure
    if structure.kind != "headcounts":
        return None
    more_fit = structure.integer & (x + 1.0 <= structure.high)
    room = (structure.cover @ more_fit > 0.0).reshape(len(structure.groups), structure.n_intervals)
    here = structure.integer & ((structure.cover.T @ short_of(problem, trial, failing, wide, room).ravel()) > 0.0)
    more = np.minimum(np.maximum(np.ceil(x * STEP - 1e-9), x + 1.0), structure.high)
    out = structure.complete(np.where(here, more, x))
    return None if structure.broken(out) or np.array_equal(out, x) else out


def short_of(
    problem: Problem,
    trial: Trial,
    failing: npt.NDArray[np.bool_],
    wide: bool = False,
    room: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.bool_]:
    """The groups and intervals (G, I) that can serve the `failing` goals (K,) of a plan, whose trial is given.

    Of a goal of several queues these are the queues that are in time less often than all together; of a queue its
    cheapest group that has `room` (G, I) for more (all have if not given), in the intervals in which it is in time less
    often than asked. `wide`: all its groups, all the time. What comes in these to a queue that can wait is served in
    others: see `valleys`.
    """
    waiting = windows(problem)
    layout = problem.model.layout
    in_time, offered = by_queue(problem, trial)
    price = np.where(layout.open_mask, problem.prices.present, 0.0).sum(axis=1)
    out = np.zeros((len(layout.groups), problem.structure.n_intervals), dtype=bool)
    room = np.ones_like(out) if room is None else room
    for goal, fails in zip(problem.goals.goals, failing, strict=False):
        if not fails:
            continue
        when = layout.open_mask.copy()
        if goal.span in layout.labels:
            when &= np.arange(len(when)) == layout.labels.index(goal.span)
        elif goal.span in layout.days:
            when &= layout.day_of == layout.days.index(goal.span)
        if goal.scope == "group":
            out[layout.groups.index(goal.name)] |= when
            continue
        queues = [layout.queues.index(goal.name)] if goal.scope == "queue" else _behind(in_time, offered, when)
        for q in queues:
            late = when & (in_time[q] < goal.limit * offered[q]) if goal.figure == "sl" and not wide else when
            missing = np.where(late, np.maximum(goal.limit * offered[q] - in_time[q], 0.0), 0.0)
            waits = bool(waiting[q]) and not wide and bool(missing.any())
            left = late if late.any() else when
            for g in sorted(layout.serves[q], key=lambda g: float(price[g])):
                here = valleys(problem, q, g, missing, offered, room[g]) if waits else left & room[g]
                out[g] |= here
                left = left if wide else left & ~(here.any() if waits else here)
            if not wide and not waits and left.any():  # no room there: others take their other work off them
                for g in sorted(_beside(layout.serves, q), key=lambda g: float(price[g])):
                    out[g] |= left & room[g]
                    left = left & ~room[g]
    return out


def valleys(
    problem: Problem, q: int, g: int, missing: Floats, offered: Floats, room: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.bool_]:
    """The intervals (I,) in which one agent more each serves contacts `missing` (I,) of a queue that can wait.

    As many as these take, of those until they are due with `room` (I,) for more, in which the fewest live contacts
    come to group g; `offered` (Q, I) are contacts.
    """
    layout, window = problem.model.layout, int(windows(problem)[q])
    last = np.flatnonzero(missing)[-1]
    until = np.arange(len(missing))
    fits = layout.open_mask if room is None else layout.open_mask & room
    near = fits & (until >= np.flatnonzero(missing)[0] - window) & (until <= last + window)
    stream = flows(problem.model)
    handle = stream.handle[:, g]
    mine = (stream.queue_of == q) & np.isfinite(handle)
    length = problem.model.timeline.interval
    count = int(np.ceil(missing.sum() * (float(handle[mine].mean()) if mine.any() else length) / length))
    others = [k for k in range(len(offered)) if k != q and g in layout.serves[k]]
    live = np.where(near, offered[others].sum(axis=0), np.inf)
    out = np.zeros(len(missing), dtype=bool)
    out[np.argsort(live, kind="stable")[: min(max(count, 1), int(near.sum()))]] = True
    return out


def _beside(serves: Sequence[Sequence[int]], q: int) -> set[int]:
    """The groups that cannot serve queue q, but another queue of those who can."""
    mine = set(serves[q])
    return {g for who in serves if mine & set(who) for g in who} - mine


def by_queue(problem: Problem, trial: Trial) -> tuple[Floats, Floats]:
    """Contacts in time and contacts offered by queue and interval (Q, I each)."""
    layout, found = problem.model.layout, dict(zip(CONTACT_COLUMNS, trial.contacts, strict=True))
    out = np.zeros((2, len(layout.queues), problem.structure.n_intervals))
    np.add.at(out[0], layout.streams[:, 0], found["in_time"])
    np.add.at(out[1], layout.streams[:, 0], found["answered"] + found["abandoned"])
    return out[0], out[1]


def _behind(in_time: Floats, offered: Floats, when: npt.NDArray[np.bool_]) -> list[int]:
    """The queues that are in time no more often than all together."""
    inside, all_of = in_time[:, when].sum(axis=1), offered[:, when].sum(axis=1)
    return [int(q) for q in np.flatnonzero((all_of > 0.0) & (inside * all_of.sum() <= all_of * inside.sum()))]
