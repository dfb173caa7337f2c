"""The plans that a planner would have had without the optimizer: today's, and Erlang C for each queue alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.erlang.vectorised import least_agents
from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.model.by_time import by_interval
from cxsim.model.demand import expected_of
from cxsim.model.network.work import handle_times, meetings
from cxsim.model.plan import plan_of_levels
from cxsim.model.shares_by_time import Shrinkage
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.shifts.covering import cover

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

ROUNDS, LOOKS = 3, 16  # of simulating what comes back, and replications in each
TODAY, ERLANG = "today's staffing", "Erlang C per queue"


@dataclass(frozen=True, eq=False)
class Rival:
    """A plan to compare with: agents present (G, I), wages and expected overrun in money as the objective counts."""

    name: str
    plan: Plan
    levels: Floats
    wages: float
    overrun: float


def rival(problem: Problem, name: str, plan: Plan) -> Rival:
    """A plan with what its staff costs, reckoned as the structure reckons it."""
    money = staff_money(problem, plan)
    return Rival(name, plan, present(problem, plan), money["wages"], money["overrun"])


def present(problem: Problem, plan: Plan) -> Floats:
    """Agents present by group and interval while it is open."""
    open_seconds = problem.model.timeline.open_seconds
    edges = np.diff(problem.model.layout.edges)
    share = np.where(open_seconds > 0.0, open_seconds / edges, 1.0)
    return np.where(open_seconds > 0.0, plan.present / share, 0.0)


def staff_money(problem: Problem, plan: Plan) -> dict[str, float]:
    """Wages of a plan and the overrun expected of those who leave, each 0 where it does not count.

    Groups by headcount: who leaves between two intervals; by shifts: the end and each break of every shift, less
    absences as they are on average and not as whole people, so that a plan costs what the program reckons.
    """
    prices, timeline = problem.prices, problem.model.timeline
    wages = float((plan.paid / 3600.0 * plan.wage[:, None]).sum()) * ("wages" in prices.counted)
    by_levels = prices.leavers(present(problem, plan), timeline.open_mask) * plan.by_count
    return {"wages": wages, "overrun": float((by_levels + plan.leaving) @ prices.leaver)}


def today(problem: Problem) -> Rival | None:
    """The scenario's own staffing; None where nobody is staffed."""
    plan = problem.model.plan
    return rival(problem, TODAY, plan) if plan.present.sum() > 0.0 else None


def erlang_levels(problem: Problem, contacts: Floats | None = None) -> tuple[Floats, Floats]:
    """Whole agents that Erlang C gives each queue alone: (G, I) in the groups that get them, and (Q, I) by queue.

    Told the contacts expected of each reason (R, I), by default the fresh ones, the handle time of the group that gets
    the queue, and the queue's SL target (the scenario's where it has none). A queue goes to the group that serves it
    at the least wages for a contact; of equal ones to that which prefers it.
    """
    scenario, timeline, layout = problem.scenario, problem.model.timeline, problem.model.layout
    reasons = list(scenario.reasons.values())
    fresh = expected_of(problem.model.demand, timeline) if contacts is None else contacts
    met = meetings(scenario)
    row, handled = {(r, q): k for k, (r, q) in enumerate(met.tolist())}, handle_times(scenario, met)
    longer = by_interval(problem.model.network, timeline)
    busy = fresh * longer
    shrinkage = Shrinkage(scenario, timeline).means(timeline).mean(axis=1)
    levels = np.zeros((len(scenario.groups), timeline.n_intervals))
    needs = np.zeros((len(scenario.queues), timeline.n_intervals))
    for q, (queue, given) in enumerate(scenario.queues.items()):
        mine = [r for r, reason in enumerate(reasons) if reason.queue == queue]
        volume = fresh[mine].sum(axis=0) if mine else np.zeros(timeline.n_intervals)
        if not volume.sum() > 0.0:
            continue
        best, group = (np.inf, 0, 0), -1
        times = np.zeros(len(reasons))
        for g, one in enumerate(scenario.groups.values()):
            skill = one.skills.get(queue)
            if skill is None:
                continue
            own = np.zeros(len(reasons))
            own[mine] = handled[[row[r, q] for r in mine], g]
            work = float(busy[mine].sum(axis=1) @ own[mine]) / float(volume.sum())
            price = (work * float(one.wage) / (1.0 - shrinkage[g]), skill.rank, g)
            if price < best:
                best, group, times = price, g, own
        if group < 0:
            continue
        there = (volume > 0.0) & (timeline.open_seconds > 0.0)
        rate = volume[there] / timeline.open_seconds[there]
        handle = (busy[mine][:, there] * times[mine][:, None]).sum(axis=0) / volume[there]
        share = given.target.sl.share if given.target and given.target.sl else scenario.sl.share
        n = int(there.sum())
        needs[q, there] = least_agents(
            rate,
            handle,
            np.full(n, np.inf),
            np.full(n, share),
            np.full(n, layout.within[q]),
            layout.definition,
            layout.short_abandon,
        )
        levels[group] += needs[q]
    return levels, needs


def erlang(problem: Problem, *, solver: str = "highs", seconds: float = 20.0) -> Rival | None:
    """Erlang C for each queue alone: as headcounts, or the cheapest shifts that cover them; None if none do.

    It is told all contacts, redials and repeats too: those its own plan is simulated to have, after `ROUNDS` rounds.
    """
    streams, timeline = problem.model.layout.streams, problem.model.timeline
    fresh = expected_of(problem.model.demand, timeline)
    levels, _ = erlang_levels(problem)
    for _ in range(ROUNDS):
        if not levels.any():
            return None
        found = problem.trials.run(plan_of_levels(problem.scenario, timeline, levels), range(LOOKS))
        returns = found.contacts[[CONTACT_COLUMNS.index("redial"), CONTACT_COLUMNS.index("repeat")]].sum(axis=0)
        contacts = fresh.copy()
        np.add.at(contacts, streams[:, 1], returns)
        levels, _ = erlang_levels(problem, contacts)
    if problem.structure.kind == "headcounts":
        return rival(problem, ERLANG, plan_of_levels(problem.scenario, timeline, levels))
    try:
        covered = cover(problem.structure, levels, solver=solver, seconds=seconds, gap=5e-3)
    except Impossible:  # limits and contracts that leave no room for so many
        return None
    there = covered.status != "nothing" and bool(covered.x.any())
    return rival(problem, ERLANG, problem.structure.plan(covered.x)) if there else None
