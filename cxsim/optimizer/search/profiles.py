"""What is believed of slopes of several days: how much each group brings, and when, apart.

Slopes of two weeks are mostly noise in single half-hours, but a group's effect on a goal of the whole time is the sum
of hundreds of them. When an agent helps needs no slopes: where the goal's contacts are late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.search.deferred import windows
from cxsim.optimizer.search.growing import by_queue
from cxsim.optimizer.search.trimming import concerned

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.gradient import Slopes

Floats = npt.NDArray[np.float64]

EVEN = 0.05  # of the contacts offered, that count as late wherever they come: a few less people make some of them late
BESIDE = 0.15  # of what one who serves a queue brings, that one brings at least who takes other work off these
ALIKE = 0.5  # weight of the mean of the groups that serve a queue, or help those who do, beside a group's own effect


def believed(problem: Problem, seen: Slopes, trial: Trial) -> Slopes:
    """Slopes as simulated, without their noise; `trial` is that of the plan.

    What groups seem to do to queues that neither they serve nor those who share a queue with them is all noise. Of
    goals on the SL of a queue over the whole time, one agent of a group brings its share of what the group brings. Work
    that can wait is done at other times than it comes: its slopes stay as those of other goals.
    """
    goals, layout = problem.goals.goals, problem.model.layout
    one = np.eye(len(seen.up), dtype=bool)
    direct = np.array([concerned(problem, each) for each in one])
    beside = np.array([concerned(problem, each, beside=True) for each in one]) & ~direct
    calm = seen.near(direct | beside).calmed()
    in_time, offered = by_queue(problem, trial)
    waiting, opened = windows(problem), problem.model.timeline.open_mask
    answered = _answered(problem)
    for k, goal in enumerate(goals):
        q = layout.queues.index(goal.name) if goal.scope == "queue" else -1
        if q < 0 or goal.figure != "sl" or goal.span != "total" or goal.days is not None or waiting[q]:
            continue
        late = np.where(opened, offered[q] - in_time[q] + EVEN * offered[q], 0.0)
        if late.sum() <= 0.0:
            continue
        most = answered[q]  # by one agent: where many are late, one more cannot help them all
        late = late * most / (late + most)
        for now, raw in ((calm.up, seen.up), (calm.down, seen.down)):
            whole, least = raw[k].sum(axis=1), 0.0
            for alike in (direct[k], beside[k]):
                if alike.any():
                    brings = np.maximum((1.0 - ALIKE) * whole[alike] + ALIKE * whole[alike].mean(), least)
                    now[k, alike] = brings[:, None] * (late / late.sum())
                    least = BESIDE * float(brings.mean())
    return calm


def _answered(problem: Problem) -> Floats:
    """Contacts of each queue (Q,) that one agent can answer in an interval, by the mean of those who can."""
    stream = flows(problem.model)
    out = np.ones(len(problem.model.layout.queues))
    for q in range(len(out)):
        times = stream.handle[stream.queue_of == q]
        times = times[np.isfinite(times)]
        if len(times):
            out[q] = problem.model.timeline.interval / float(times.mean())
    return out
