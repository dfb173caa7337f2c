"""The numbers of agents that a day's program looks at in an interval, and what each gives there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.optimizer import deadline
from cxsim.optimizer.bounds.chain import Interval, Queue, interval
from cxsim.optimizer.bounds.queue_case import Kind, QueueCase

Floats = npt.NDArray[np.float64]

BELOW, ABOVE = 2.5, 3.0  # standard deviations of the load around it, between which each number is looked at
MOST_STATES = 700


@dataclass(frozen=True, eq=False)
class Levels:
    """Numbers of agents from `least` to `most`, L classes of them, and what the best of each class gives.

    `given` has a row for each but the last if that is `perfect`: so many that nobody waits.
    """

    least: Floats
    most: Floats
    perfect: bool
    given: Interval
    offered: float

    def alone(self, k: int) -> bool:
        """Whether a class is a single number, whose chain is known."""
        return bool(self.least[k] == self.most[k]) and not (self.perfect and k == len(self.least) - 1)


def too_large(case: QueueCase) -> bool:
    """Whether the chain has too many states to be followed."""
    return _states(float(case.rate.max()) * case.handle) > MOST_STATES


def _top(load: float) -> int:
    return math.ceil(load + ABOVE * math.sqrt(load) + 3.0)


def _states(load: float) -> int:
    return _top(load) + math.ceil(10.0 + 4.0 * math.sqrt(load))


def levels_of(case: QueueCase, j: int, known: dict[tuple[float, ...], Interval]) -> Levels:
    """The classes of an interval: single numbers around the load, doubled steps far below it, and `perfect`."""
    queue, seconds = case.queue(j), float(case.seconds[j])
    load = queue.rate * queue.handle
    low, top = int(case.low[j]), _top(load)
    high = int(min(case.high[j], top))
    fine = max(low, math.floor(load - BELOW * math.sqrt(load)) - 1)
    edges, step = [min(fine, high + 1)], 1
    while edges[-1] > low:
        edges.append(max(low, edges[-1] - step))
        step *= 2
    edges.reverse()
    least = [*edges[:-1], *range(edges[-1], high + 1)]
    most = [*(edge - 1 for edge in edges[1:]), *range(edges[-1], high + 1)]
    if low > high:
        least, most = [low], [low]
    perfect = most[-1] >= top
    key = (queue.rate, seconds, low, high)
    if key not in known:
        deadline.check()
        agents = np.array(most[:-1] if perfect else most, dtype=np.float64)
        known[key] = _given(queue, agents, seconds, _states(load))
    return Levels(np.array(least, float), np.array(most, float), perfect, known[key], queue.rate * seconds)


def _given(queue: Queue, agents: Floats, seconds: float, states: int) -> Interval:
    if not agents.size or queue.rate <= 0.0:
        nothing = np.zeros((agents.size, 2))
        return Interval(nothing + queue.rate * seconds, nothing, np.tile([1.0, 0.0], (agents.size, 1)))
    return interval(queue, agents, seconds, states)


def value(kind: Kind, before: Levels | None, now: Levels, patience: float) -> Floats:
    """In time (at most), lost or waited (at least), for classes of the interval before and of this one, (L', L).

    The interval before began empty. Who leaves between the two takes along as many contacts as he can, and `perfect`,
    a class of several numbers, and a beginning without an interval before leave nobody behind.
    """
    table = now.given.in_time if kind == "sl" else now.given.waited
    if kind == "lost":
        table = table / patience
    best = now.offered if kind == "sl" else 0.0
    known = len(table)
    out = np.full((1 if before is None else len(before.least), len(now.least)), best)
    if not known:
        return out
    out[:, :known] = table[:, 0]
    if before is None:
        return out
    number = np.arange(before.given.ended.shape[1])
    for row in filter(before.alone, range(len(before.least))):
        left = np.maximum(before.least[row] - now.least[:known], 0.0).astype(np.int64)
        state = np.clip(number[None, :] - left[:, None], 0, table.shape[1] - 1)
        out[row, :known] = np.take_along_axis(table, state, axis=1) @ before.given.ended[row]
    return out
