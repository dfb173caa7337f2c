"""What no plan can do without: agents' time in steady state, as inequalities on the staffing levels.

With y[r, g] contacts of reason r answered by group g a second, any plan that meets its goals in the long run has
    Σ_r m[r, g] · y[r, g] ≤ levels[g]                      (agents' time),
    Σ_g y[r, g] = all that are answered, enough for each goal on a service level, abandonment or FCR.
Where the program has no solution for some levels, the duals of its shortfall are an inequality a · levels ≥ b that
every plan must keep (Benders 1962) and these levels do not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model import demand
from cxsim.model.by_time import by_interval
from cxsim.model.network.work import handle_times, meetings
from cxsim.optimizer.solver.program import Builder, Program
from cxsim.optimizer.solver.solve import solve
from cxsim.rules.ivr_steps import straight
from cxsim.schema.service_levels import DEFAULT_SL, SL_NAMES, WITH_BLOCKED

if TYPE_CHECKING:
    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
SHORT = 1e-6  # a shortfall below this share of a queue's contacts is none


class Reach:
    """Inequalities on the levels (G, I) that every plan keeps that meets its goals; found where they are needed.

    There are none to be found (`known` is False) outside steady state, with several forecasts, overflow, agents who
    differ from one another, and goals that say nothing of contacts answered: then every plan passes.
    """

    def __init__(self, problem: Problem) -> None:
        model = problem.model
        self._weights = np.diff(model.layout.edges) / np.diff(model.layout.edges).sum()
        self._program = _program(problem) if _plain(problem) else None

    @property
    def known(self) -> bool:
        """Whether anything is known of what plans need."""
        return self._program is not None

    def cut(self, levels: npt.ArrayLike) -> tuple[Floats, float] | None:
        """(a (G, I), b) with a · levels < b though every good plan has a · levels ≥ b; None if there is none."""
        if self._program is None:
            return None
        given = np.asarray(levels, dtype=np.float64) @ self._weights
        n = len(given)
        tried = replace(self._program, row_high=np.concatenate([given, self._program.row_high[n:]]))
        found = solve(tried)
        if found.status != "optimal" or found.objective <= SHORT:
            return None
        price = -found.duals[:n]  # agents' time shortens the shortfall
        return price[:, None] * self._weights, found.objective + float(price @ given)


def _plain(problem: Problem) -> bool:
    scenario: Any = problem.scenario
    return (
        problem.model.timeline.steady
        and straight(scenario)
        and len(problem.trials.models) == 1
        and not any(queue.overflow for queue in scenario.queues.values())
        and not any(group.spread.handle_time or group.spread.resolution for group in scenario.groups.values())
    )


def _program(problem: Problem) -> Program | None:
    """The least total shortfall; its first G rows are the groups' time, whose upper sides are the levels."""
    model = problem.model
    rates = demand.expected_of(model.demand, model.timeline).sum(axis=1) / np.diff(model.layout.edges).sum()
    pairs, work, chance = _services(problem)
    builder = Builder()
    served = builder.columns(len(pairs), "served")
    short = builder.columns(len(problem.goals), "short", cost=1.0)
    for g, name in enumerate(model.layout.groups):
        mine = np.array([k for k, pair in enumerate(pairs) if pair[2] == g], dtype=np.int64)
        builder.row(served[mine], work[mine], high=0.0, name=f"time of {name}")
    returns = _returns(problem.scenario)
    if not returns:  # nobody is answered twice
        for r, name in enumerate(model.layout.reasons):
            mine = np.array([k for k, pair in enumerate(pairs) if pair[0] == r], dtype=np.int64)
            builder.row(served[mine], 1.0, high=rates[r], name=f"volume of {name}")
    asked = False
    for k, goal in enumerate(problem.goals.goals):
        mine = np.array([i for i, pair in enumerate(pairs) if _concerns(goal, pair, model.layout)], dtype=np.int64)
        volume = float(sum(rates[r] for r in {pairs[i][0] for i in mine}))
        share = _answered(goal, problem.scenario)
        if goal.span != "total" or volume <= 0.0:
            continue
        if share is not None:
            asked = True
            indices, values = np.append(served[mine], short[k]), np.append(np.full(len(mine), 1.0 / volume), 1.0)
            builder.row(indices, values, low=share, name=goal.title)
        elif goal.figure == "fcr_true" and goal.at_least and goal.days is None and not returns:
            indices, values = np.append(served[mine], short[k]), np.append((chance[mine] - goal.limit) / volume, 1.0)
            builder.row(indices, values, low=0.0, name=goal.title)
    return builder.program() if asked else None


def _services(problem: Problem) -> tuple[list[tuple[int, int, int]], Floats, Floats]:
    """(reason, queue, group) that can be, with the mean seconds of work and the chance of resolution."""
    model = problem.model
    scenario: Any = problem.scenario
    met, queues = meetings(scenario), model.layout.queues
    row = {(r, q): k for k, (r, q) in enumerate(met.tolist())}
    skills, longer = (
        model.network["skills"].reshape(len(met), -1),
        by_interval(model.network, model.timeline).mean(axis=1),
    )
    solved = by_interval(model.network, model.timeline, "solving").mean(axis=1)
    times = handle_times(scenario, met) * longer[met[:, 0], None]
    pairs, work, chance = list[tuple[int, int, int]](), list[float](), list[float]()
    for r, reason in enumerate(scenario.reasons.values()):
        q = queues.index(reason.queue)
        for g in model.layout.serves[q]:
            pairs.append((r, q, int(g)))
            work.append(float(times[row[r, q], g]))
            chance.append(float(np.clip(skills["resolution"][row[r, q], g] * solved[r], 0.0, 1.0)))
    return pairs, np.array(work), np.array(chance)


def _returns(scenario: Scenario) -> bool:
    """Whether an answered contact may come back."""
    given: Any = scenario
    return any(reason.after_contact.unresolved.chance > 0.0 for reason in given.reasons.values())


def _concerns(goal: Goal, pair: tuple[int, int, int], layout: Any) -> bool:
    if goal.scope == "queue":
        return bool(layout.queues[pair[1]] == goal.name)
    if goal.scope == "reason":
        return bool(layout.reasons[pair[0]] == goal.name)
    return goal.scope == "total"


def _answered(goal: Goal, scenario: Scenario) -> float | None:
    """The share of fresh contacts that must be answered in the long run, whatever else; None if unknown.

    Who comes again makes it more. Goals on days, on quantiles and of segments are left to simulation.
    """
    given: Any = scenario
    if goal.days is not None or goal.quantile is not None or goal.scope not in ("total", "queue", "reason"):
        return None
    if goal.figure == "sl" and goal.bound == "min" and given.sl.definition == SL_NAMES[WITH_BLOCKED]:
        return goal.limit
    turned_away = any((reason.balk or 0.0) > 0.0 for reason in given.reasons.values())
    turned_away |= any(channel.balk > 0.0 or channel.lines is not None for channel in given.channels.values())
    turned_away |= any(queue.capacity is not None for queue in given.queues.values())
    if turned_away:
        return None
    if goal.figure == "sl" and goal.bound == "min" and given.sl.definition == DEFAULT_SL:
        return goal.limit
    return 1.0 - goal.limit if goal.figure == "abandoned_share" and goal.bound == "max" else None
