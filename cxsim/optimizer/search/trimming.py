"""Fewer people where a first plan has much to spare: the opposite of `growing`, and as cheap, since it needs no slopes.

A roster is made for more than the goals ask. Slopes take some hundred replications at each plan; before the first of
them a few plans tell which groups can do with a good part less: in the intervals in which hardly any of their contacts
are late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.search.growing import by_queue, grown
from cxsim.optimizer.search.points import worth

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.points import Point

Floats = npt.NDArray[np.float64]

FIRST, LEAST = 0.25, 0.04  # of a group's agents: what the first step takes, and what is too little to be tried
ENOUGH = 0.05  # slack of a group's goals from which a whole step is taken; in proportion where it is less
SPARE = 0.01  # slack below which a group has nothing to spare
AT_ONCE = 0.1  # of the agents of an interval, and one at least
SMALLER = 0.4  # of the step of groups whose goals failed
ROUNDS, REGROWN = 8, 3  # steps in all, and times that a step gets people back


def trimmed(problem: Problem, start: Point, look: Callable[[Floats], Point]) -> list[Point]:
    """Cheaper plans that meet every goal, as the `start` does, each cheaper than the one before; [] if none is found.

    `look` simulates columns. What a step took too much of is added again where it is missing; of groups whose goals
    then fail, the next step takes less.
    """
    out: list[Point] = []
    best, step = start, np.full(len(problem.structure.groups), FIRST)
    for _ in range(ROUNDS):
        x = fewer(problem, best.x, best.trial, np.where(step >= LEAST, step, 0.0))
        if x is None:
            break
        tried = _regrown(problem, look(x), look, best.cost)
        new, failed = tried[-1], np.any([one.slack < 0.0 for one in tried], axis=0)
        guilty = concerned(problem, failed) | concerned(problem, new.slack < 0.0, beside=True)
        if worth(new) < worth(best):
            best = new
            out.append(new)
        elif not failed.any():  # fewer people cost more: customers whom they would keep
            break
        step = np.where(guilty, step * SMALLER, step)
    return out + _regrown(problem, best, look, start.cost)[1:]


def _regrown(problem: Problem, new: Point, look: Callable[[Floats], Point], most: float) -> list[Point]:
    """A plan, and then the same with more people where goals fail, as long as these cost less than `most`."""
    out = [new]
    for _ in range(REGROWN):
        failing = out[-1].slack < 0.0
        more = grown(problem, out[-1].x, out[-1].trial, failing) if failing.any() else None
        if more is None or problem.structure.cost_of(more) >= most:
            break
        out.append(look(more))
    return out


def fewer(problem: Problem, x: Floats, trial: Trial, share: Floats) -> Floats | None:
    """Headcounts `x` without up to a `share` (G,) of each group, see `spare_in`; None where nobody can go."""
    structure = problem.structure
    if structure.kind != "headcounts":
        return None
    less = np.asarray(structure.cover.T @ spare_in(problem, structure.levels(x), trial, share).ravel())
    out = structure.complete(np.where(structure.integer, np.maximum(x - less, np.ceil(structure.low)), x))
    return None if structure.broken(out) or np.array_equal(out, x) else out


def spare_in(problem: Problem, levels: Floats, trial: Trial, share: Floats) -> Floats:
    """How many agents (G, I) go, if each group gives up a `share` (G,) where the fewest of its contacts are late."""
    layout, timeline = problem.model.layout, problem.model.timeline
    in_time, offered = by_queue(problem, trial)
    late = 1.0 - in_time / np.maximum(offered, 1e-9)
    late[offered <= 1e-9] = 0.0
    spare = _spare(problem, trial)
    out = np.zeros_like(levels)
    for g in range(len(levels)):
        queues = [q for q, who in enumerate(layout.serves) if g in who]
        least = min((spare[q] for q in queues), default=0.0)
        at = np.flatnonzero(timeline.open_mask & (levels[g] > 0.0))
        if share[g] <= 0.0 or least < SPARE or not len(at):
            continue
        count = int(np.ceil(share[g] * min(1.0, least / ENOUGH) * levels[g].sum()))
        worst = late[queues][:, at].max(axis=0)
        here = at[np.lexsort((-levels[g, at], np.round(worst, 6)))][:count]
        out[g, here] = np.maximum(np.floor(AT_ONCE * levels[g, here]), 1.0)
    return out


def _spare(problem: Problem, trial: Trial) -> Floats:
    """The least slack of the goals that a queue's contacts count in (Q,), but for goals of single intervals."""
    layout, slack = problem.model.layout, trial.slack
    out = np.ones(len(layout.queues))
    for goal, left in zip(problem.goals.goals, slack, strict=False):
        if goal.span not in layout.labels:
            mine = layout.queues.index(goal.name) if goal.scope == "queue" else slice(None)
            out[mine] = np.minimum(out[mine], left)
    return out


def concerned(problem: Problem, failed: npt.NDArray[np.bool_], beside: bool = False) -> npt.NDArray[np.bool_]:
    """The groups (G,) that can serve what the `failed` goals (K,) count, or what these groups serve `beside` it."""
    layout = problem.model.layout
    serves = np.zeros((len(layout.queues), len(layout.groups)), dtype=bool)
    for q, who in enumerate(layout.serves):
        serves[q, list(who)] = True
    out = np.zeros(len(layout.groups), dtype=bool)
    for goal, fails in zip(problem.goals.goals, failed, strict=False):
        if fails:
            out |= serves[layout.queues.index(goal.name)] if goal.scope == "queue" else serves.any(axis=0)
    return np.asarray(serves[serves[:, out].any(axis=1)].any(axis=0)) if beside else out
