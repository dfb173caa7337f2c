"""A plan with the tables of the advice: compared with other plans, with small changes, and priced by the point."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.optimizer import deadline
from cxsim.optimizer.advice import advice, changes
from cxsim.optimizer.advice.rivals import erlang, today
from cxsim.optimizer.bounds.by_slopes import by_slopes
from cxsim.optimizer.bounds.nearby import nearby
from cxsim.optimizer.problem.stage import TimeUp, failure
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.plan_tables import MOVE_COLUMNS, THIS, empty

if TYPE_CHECKING:
    from cxsim.optimizer.advice.rivals import Rival
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.proved import Advised, Proved, Searched
    from cxsim.optimizer.search.gradient import Slopes

ADVICE = {
    "comparison": "the comparison with other plans",
    "goals_of_plans": "their goals",
    "need": "the requirement by interval",
    "allocation": "who serves what",
    "moves": "one agent more or less",
    "nearby": "whether a small change is cheaper",
    "points": "the price of a point",
}
SLOPES_AT, SLOPES_SHARE = 3, 0.15  # plans at most, and part of the replications so far, for the bound by slopes


def with_advice(
    problem: Problem,
    found: Proved,
    searched: Searched,
    own: Rival,
    said: list[str],
    out: Optimum,
    seconds: float | None,
    advised: Advised,
) -> Optimum:
    """The plan with the tables of the advice, as many as `seconds` since the search began leave time for."""
    parts: dict[str, Any] = {}
    before = problem.trials.replications_run
    adviser = advice.Adviser(problem)
    deadline.until(None if seconds is None else searched.began[0] + seconds)
    try:
        _advise(parts, adviser, found, own, searched, said, advised)
    except Exception as error:  # whatever it is, the plan must not be lost
        asked = {name: what for name, what in ADVICE.items() if name != "nearby" or _small_changes(problem, found)}
        missing = [what for name, what in asked.items() if name not in parts]
        said.append(f"{failure('The advice', error)}. The plan stands; missing: {', '.join(missing) or 'a remark'}.")
    deadline.until(None)
    adviser.close()
    more = adviser.trials.replications_run + problem.trials.replications_run - before
    return replace(out, replications=out.replications + more, messages=tuple(said), **searched.spent, **parts)


def _small_changes(problem: Problem, plan: Proved) -> bool:
    """Whether the advice asks if a small change is cheaper: for cost only, and where no goal may be missed already."""
    return optimizing(problem.scenario).objective[1] == "cost" and bool((plan.slack_low >= 0.0).all())


def _advise(
    parts: dict[str, Any],
    adviser: advice.Adviser,
    plan: Proved,
    own: Rival,
    searched: Searched,
    said: list[str],
    advised: Advised,
) -> None:
    """Put the tables that need simulations of their own into `parts`, each as soon as it is known."""
    problem, solver, program = adviser.problem, searched.solver, searched.program
    small_changes = _small_changes(problem, plan)
    x, trial, slack_low = plan.x, plan.trial, plan.slack_low
    base = adviser.tried(own, advice.COMPARED)
    before = problem if problem.before is None else problem.before  # others have the scenario's own routing
    judge = adviser if problem.before is None else advice.Adviser(before)
    left = min(20.0, max(0.5, deadline.left()))
    others = [one for one in (today(before), erlang(before, solver=solver, seconds=left)) if one is not None]
    plans = [base, *(judge.tried(one, advice.COMPARED) for one in others)]
    money = {one.rival.name: advice.split(problem, one) for one in plans}
    parts["comparison"] = advice.comparison(adviser, plans, money)
    parts["goals_of_plans"] = advice.goals_of_plans(adviser, plans, {THIS: slack_low >= 0.0} if plan.certified else {})
    parts["need"] = advice.need(problem, base)
    parts["allocation"] = served = advice.allocation(problem, own.plan, program)
    slack = problem.goals.slack(trial.value)
    if advised.slopes is None and searched.slopes is not None and not changes.time_for_effects(adviser):
        # The slopes of the search rank small changes as well; the rest needs slopes of all figures.
        spared = advised.cheaper if plan.certified else None
        slack_again = slack_low if plan.slack_again is None else plan.slack_again
        if small_changes:
            parts["nearby"] = nearby(adviser, x, base, slack_again, searched.slopes, spared)
        raise TimeUp
    found = advised.slopes = advised.slopes or changes.effects(adviser, np.rint(own.levels))
    slack_again = slack_low if plan.slack_again is None else plan.slack_again
    moves, fewer = changes.moves(adviser, x, base, slack, (slack_low, slack_again), found)
    parts["moves"] = moves if len(moves) else empty(MOVE_COLUMNS)
    advised.cheaper += [] if fewer is None else [fewer]
    parts |= advised.parts
    if small_changes and "nearby" not in parts and deadline.left() > 0.0:
        parts["nearby"] = nearby(adviser, x, base, slack_again, found, advised.cheaper if plan.certified else None)
        parts |= _by_slopes(adviser, plan, searched, found)
    if "points" not in parts:
        parts["points"] = changes.points(adviser, x, base, np.minimum(slack, slack_low), found)
    if judge is not adviser:
        judge.close()
    elif program is not None and (text := advice.ranks_tried(adviser, base, served)):
        said.append(text)


def _by_slopes(adviser: advice.Adviser, plan: Proved, searched: Searched, found: Slopes) -> dict[str, Any]:
    """A higher bound by slopes at simulated plans, in half the time that is left."""
    problem, end = adviser.problem, deadline.end()
    if searched.pooled is None or not plan.certified:
        return {}
    deadline.until(time.perf_counter() + 0.5 * deadline.left())
    counted = max(problem.model.timeline.days, 1)  # days of a week count like days of several replications
    days = max(8 if counted == 1 else 4, adviser.n // (4 * counted))
    each = days * (problem.params.slope_spacing * len(problem.structure.groups) + 5)
    rounds = int(min(SLOPES_AT, SLOPES_SHARE * searched.replications // each))
    higher = by_slopes(problem, plan.x, plan.trial, searched.pooled, found, days=days, rounds=rounds)
    deadline.until(end)
    if higher is None or not higher.value > searched.bound:
        return {}
    return {"bound": higher.value, "bound_status": higher.status, "bound_note": "; ".join(higher.near)}
