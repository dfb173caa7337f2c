"""The problem of a scenario: one model, one structure, trials under every forecast."""

from __future__ import annotations

from typing import Any

from cxsim.optimizer.problem.problem import problem
from cxsim.scenario import Scenario, parse


def scenario(**optimize: Any) -> Scenario:
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-16:00", "interval": "1 h"},
            "reasons": {"sales": {"volume": {"per_hour": 30}, "handle_time": "4 min", "patience": "2 min"}},
            "queues": {"sales": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {"team": {"agents": 3, "wage": 20, "serves": ["sales"]}},
            "overrides": {"storm": {"reasons.sales.volume.factor": 2}},
            "optimize": optimize,
        }
    )


def test_headcounts_are_decided_unless_shifts_are_given() -> None:
    assert problem(scenario()).structure.kind == "headcounts"
    assert problem(scenario(shifts={"lengths": ["4 h", "8 h"]})).structure.kind == "shifts"


def test_the_model_is_that_of_the_scenario_whatever_its_forecasts() -> None:
    for forecasts in ({"storm": "40%", "base": "60%"}, {"storm": "100%"}):
        asked = scenario(forecasts=forecasts)
        found = problem(asked, seed=7)
        assert found.model.scenario is asked
        assert found.trials.shares.tolist() == [float(share.rstrip("%")) / 100 for share in forecasts.values()]
        assert [model.seed for model in found.trials.models] == [7] * len(forecasts)


def test_a_plan_of_the_structure_can_be_tried() -> None:
    found = problem(scenario(floor="0%"))
    x = found.structure.complete(found.structure.low + 4)
    trial = found.trials.run(found.structure.plan(x), range(4))
    assert trial.value.shape == (len(found.goals),) == (1,)
    assert 0.0 < trial.value[0] <= 1.0
