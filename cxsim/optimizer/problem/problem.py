"""The problem of a scenario: its model, what must hold, what things cost, which staff can be had, and trials."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxsim.model.prepare import Model, prepare
from cxsim.optimizer.plan_evaluator import Trials, forecasts
from cxsim.optimizer.problem.goals import Goals, goals
from cxsim.optimizer.problem.prices import Prices, prices
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.search_params import SearchParams
from cxsim.optimizer.shifts.staff import structure as structure_of

if TYPE_CHECKING:
    from cxsim.optimizer.problem.structure import Structure
    from cxsim.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Problem:
    """What the optimizer is given: everything that its steps share.

    `model` is that of the scenario as it is, `trials` simulates plans under all its forecasts,
    `params` are the constants of the search. `before` is the problem as the scenario poses it, where its routing was
    changed.
    """

    scenario: Scenario
    model: Model
    goals: Goals
    prices: Prices
    structure: Structure
    trials: Trials
    params: SearchParams = field(default_factory=SearchParams)
    before: Problem | None = None


def problem(
    scenario: Scenario, *, seed: int = 1, threads: int | None = None, params: SearchParams | None = None
) -> Problem:
    """The problem of a scenario's `optimize` block, or of its queues' targets where it has none.

    Raises ScenarioError or ValueError for what does not fit together, Impossible for contradictory rules of staff.
    """
    if scenario.absences and scenario.optimize is not None and scenario.optimize.shifts is None:
        raise Impossible(
            "absences: they take people off shifts, so the optimizer needs optimize.shifts; add it, or leave the "
            "absences out with --set absences=[]"
        )
    found = forecasts(scenario)
    models = [prepare(one, seed) for one, _ in found]
    model = next((m for m, (one, _) in zip(models, found, strict=True) if one is scenario), None)
    model = model or prepare(scenario, seed)
    wanted = goals(scenario, model.layout, model.timeline)
    money = prices(scenario, model.layout, model.timeline, model.demand)
    return Problem(
        scenario=scenario,
        model=model,
        goals=wanted,
        prices=money,
        structure=structure_of(scenario, model.timeline, money),
        trials=Trials(found, wanted, money, seed=seed, threads=threads, models=models),
        params=params or SearchParams(),
    )


def refuse_free(found: Problem) -> None:
    """Raises Impossible where staff costs nothing: there is then no best plan."""
    if not found.prices.present.any():
        raise Impossible(
            "optimize: no group has a wage, so staff costs nothing; add one (1 counts paid hours), such as --set "
            "groups.*.wage=1, and include `wages` in `counts`"
        )
