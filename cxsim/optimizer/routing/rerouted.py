"""The same problem under another routing; what does not depend on it is shared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cxsim.model.prepare import staffed
from cxsim.optimizer.routing.state import Routing, changes, routing_of

if TYPE_CHECKING:
    from cxsim.model.prepare import Model
    from cxsim.optimizer.problem.problem import Problem


def rerouted(own: Problem, wanted: Routing) -> Problem:
    """The problem `own`, as its scenario poses it, with another routing; `own` itself where that is the same."""
    if not changes(own.scenario, wanted):
        return own
    made: dict[int, Model] = {}

    def of(model: Model) -> Model:
        if id(model) not in made:
            other = model.scenario.vary(changes(model.scenario, _as_in(wanted, routing_of(model.scenario))))
            made[id(model)] = staffed(replace(model, scenario=other), model.plan)
        return made[id(model)]

    model, models = of(own.model), [of(one) for one in own.trials.models]
    return replace(own, scenario=model.scenario, model=model, trials=own.trials.under(models), before=own)


def _as_in(wanted: Routing, there: Routing) -> Routing:
    """A routing for a forecast, which may have stages of overflow that the scenario does not have."""
    return replace(wanted, delays={stage: wanted.delays.get(stage, after) for stage, after in there.delays.items()})
