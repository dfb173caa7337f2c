"""A problem of one queue and one team, as the chain needs it: volumes, times, goals and prices by open interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.bounds.chain import Queue
from cxsim.optimizer.bounds.conditions import departures
from cxsim.optimizer.fluid.contact_flows import Flows, flows
from cxsim.optimizer.problem.structure import neighbours
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.service_levels import SL_DEFINITIONS

if TYPE_CHECKING:
    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]
Kind = Literal["sl", "lost", "wait"]


@dataclass(frozen=True)
class Asked:
    """A goal of the chain: at least `share` in time, at most `share` lost, or at most `share` seconds of mean wait.

    `at` are the open intervals it is on, numbered from 0; `single` whether it is of one interval by itself.
    """

    kind: Kind
    share: float
    at: tuple[int, ...]
    single: bool


@dataclass(frozen=True, eq=False)
class QueueCase:
    """One queue and one team over J open intervals (one in steady state).

    `rate` contacts/s, `seconds`, `cost` money of one agent, `low` and `high` agents, each (J,); `joined` (J,) whether
    people stay from the interval before; `leaver` money of each who leaves between joined intervals; `change` agents
    that may come or go there. `near` is empty where the chain is the scenario itself.
    """

    rate: Floats
    seconds: Floats
    cost: Floats
    low: Floats
    high: Floats
    joined: npt.NDArray[np.bool_]
    leaver: float
    change: float
    handle: float
    patience: float
    within: float
    asked: tuple[Asked, ...]
    steady: bool
    near: tuple[str, ...]

    def queue(self, j: int) -> Queue:
        """The queue in an interval."""
        return Queue(float(self.rate[j]), self.handle, self.patience, self.within)


def case_of(problem: Problem) -> QueueCase | None:
    """The case of a problem; None where it is not one queue and one team, or a chain would be far from it."""
    scenario, model, structure = problem.scenario, problem.model, problem.structure
    if len(scenario.queues) != 1 or len(scenario.groups) != 1 or structure.kind != "headcounts":
        return None
    if scenario.flow or any(queue.outbound or queue.turns for queue in scenario.queues.values()):
        return None
    if any(channel.concurrent > 1 or channel.deferrable for channel in scenario.channels.values()):
        return None
    stream, timeline = flows(model), model.timeline
    opened = np.flatnonzero(stream.open_seconds > 0.0)
    offered = stream.settled()[0][:, opened]
    total = offered.sum()
    if not stream.able.all() or total <= 0.0 or stream.within[0] >= timeline.interval:
        return None
    asked = tuple(one for one in (_asked(problem, stream, goal) for goal in problem.goals.goals) if one is not None)
    if not asked:
        return None
    weight = offered.sum(axis=1) / total
    leaving = float(weight @ (1.0 / stream.patience))
    n, group = len(opened), next(iter(scenario.groups))
    limits = optimizing(scenario).groups.get(group)
    most = None if limits is None else limits.change
    return QueueCase(
        rate=offered.sum(axis=0) / stream.open_seconds[opened],
        seconds=stream.open_seconds[opened],
        cost=structure.cost[:n],
        low=np.ceil(structure.low[:n] - 1e-9),
        high=structure.high[:n],
        joined=np.array([j > 0 and neighbours(timeline, int(opened[j - 1]), int(opened[j])) for j in range(n)]),
        leaver=float(problem.prices.leaver[0]),
        change=math.inf if most is None else float(most),
        handle=float(weight @ (stream.handle[:, 0] * (stream.lengthened[:, opened] * offered).sum(1) / offered.sum(1))),
        patience=1.0 / leaving if leaving > 0.0 else math.inf,
        within=float(stream.within[0]),
        asked=asked,
        steady=stream.steady,
        near=departures(model, stream),
    )


def _asked(problem: Problem, stream: Flows, goal: Goal) -> Asked | None:
    """A goal as the chain holds it; None where it does not, which only lowers the bound."""
    layout = problem.model.layout
    if goal.days is not None or goal.quantile is not None or goal.scope not in ("total", "queue"):
        return None
    opened = np.flatnonzero(stream.open_seconds > 0.0)
    single = goal.span in layout.labels and not stream.steady
    if stream.steady or goal.span == "total":
        at = list(range(len(opened)))
    elif goal.span in layout.days:
        at = np.flatnonzero(layout.day_of[opened] == layout.days.index(goal.span)).tolist()
    else:
        at = np.flatnonzero(opened == layout.labels.index(goal.span)).tolist()
    if goal.figure == "sl" and goal.bound == "min" and SL_DEFINITIONS[layout.definition].of_offered:
        return Asked("sl", goal.limit, tuple(at), single)
    if single:  # who waits at the end of an interval may give up in the next one
        return None
    if goal.figure == "abandoned_share" and goal.bound == "max":
        return Asked("lost", goal.limit, tuple(at), False)
    if goal.figure == "answered_share" and goal.bound == "min":
        return Asked("lost", 1.0 - goal.limit, tuple(at), False)
    if goal.figure == "wait_mean" and goal.bound == "max":
        return Asked("wait", goal.limit, tuple(at), False)
    return None
