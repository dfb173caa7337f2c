"""Which agents can serve work that waits: not those of the interval in which it comes, but all until it is due.

And those of some time before, since what they do is no longer in the queue ahead of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def windows(problem: Problem) -> Numbers:
    """For how many intervals the contacts of each queue (Q,) may wait and be in time; 0 where they cannot wait."""
    scenario, timeline = problem.scenario, problem.model.timeline
    within = np.asarray(problem.model.layout.within, dtype=np.float64)
    deferrable = np.array([scenario.channels[queue.channel].deferrable for queue in scenario.queues.values()], bool)
    longest = np.nan_to_num(within / timeline.interval, posinf=float(timeline.n_intervals))
    fits = deferrable & (longest >= 1.0) & (not timeline.steady)
    return np.where(fits, np.minimum(longest, timeline.n_intervals), 0.0).astype(np.int64)


def of_goals(problem: Problem) -> Numbers:
    """The same of each goal (K,): 0 unless it is about one queue, whose contacts can wait."""
    queues, each = list(problem.model.layout.queues), windows(problem)
    return np.array(
        [each[queues.index(goal.name)] if goal.scope == "queue" else 0 for goal in problem.goals.goals], np.int64
    )


def shared_out(gain: Floats, window: int, chosen: Numbers) -> Floats:
    """What contacts gain by the interval in which they came (I,), put down to the `chosen` intervals, in that order.

    To all within the window before and after alike; to the nearest where there is none.
    """
    at = np.arange(len(gain))
    low, high = np.searchsorted(chosen, at - window), np.searchsorted(chosen, at + window, side="right")
    nearest = np.clip(np.searchsorted(chosen, at, side="right") - 1, 0, len(chosen) - 1)
    low, high = np.where(high > low, low, nearest), np.where(high > low, high, nearest + 1)
    each, steps = gain / (high - low), np.zeros(len(chosen) + 1)
    np.add.at(steps, low, each)
    np.add.at(steps, high, -each)
    return np.asarray(np.cumsum(steps)[:-1])
