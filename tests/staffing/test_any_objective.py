"""A metric under a budget: the plan is no worse than what the same money buys without the optimizer."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim
from cxsim.metrics import REGISTRY
from cxsim.optimizer.problem.goals import WORTHLESS, Goal, of_goals
from cxsim.report.plan.words import headline
from cxsim.scenario import parse

BUDGET = 640.0
TREE = {
    "cxsim": 1,
    "name": "budget",
    "horizon": {"open": "08:00-11:00"},
    "reasons": {
        "sales": {"volume": "60/h", "talk": "4 min", "patience": "3 min", "resolution": "70%"},
        "help": {"volume": "40/h", "talk": "5 min", "patience": "3 min", "resolution": "80%"},
    },
    "groups": {
        "a": {"agents": 6, "serves": ["sales"], "wage": 20},
        "b": {"agents": 6, "serves": ["help", "sales"], "wage": 23},
    },
    "after_contact": {
        "abandoned": {"redial": "40%", "delay": "10 min"},
        "unresolved": {"repeat": "50%", "delay": "30 min"},
    },
}


@pytest.mark.parametrize(
    "objective",
    [
        {"minimise": "effort"},
        {"minimise": "time_to_resolution"},
        pytest.param({"maximise": "issues_resolved"}, marks=pytest.mark.slow),
        pytest.param({"minimise": "abandoned_share"}, marks=pytest.mark.slow),
        pytest.param({"minimise": "wait_mean"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_no_even_roster_within_the_budget_is_clearly_better(objective) -> None:
    """Five and four agents all the time cost 576: the plan for 640 is better, or not told apart (1 in 1,000 fails)."""
    ((way, figure),) = objective.items()
    scenario = parse(TREE | {"optimize": {**objective, "budget": BUDGET}})
    said = []
    found = cxsim.optimize(scenario, seconds=30.0, advise=False, progress=said.append)
    assert found.result is not None
    assert float(found.costs.loc[found.costs["term"] == "wages", "money"].iloc[0]) <= BUDGET
    even = scenario.vary({"groups.a.agents": 5, "groups.b.agents": 4})
    plain = cxsim.simulate(even, replications=60).estimate(figure)
    own = found.result.estimate(figure)
    error = np.hypot(plain.high - plain.low, own.high - own.low) / 3.92
    gain = (plain.value - own.value) * (1 if way == "minimise" else -1)
    assert np.isfinite(own.value) and gain > -3.1 * error
    assert found.levels[:, 16:22].sum(axis=0).min() > 0  # every open half-hour
    told = {stage.unit: stage.cost for stage in said if np.isfinite(stage.cost)}
    assert told.keys() <= {REGISTRY[figure].unit, "money"} and REGISTRY[figure].unit in told
    assert told.get("money", BUDGET) > 100.0  # only the certificate tells money
    assert "there are no other goals" in headline(found) and "0 goals" not in headline(found)


def test_a_figure_that_does_not_exist_is_worse_than_any_where_it_is_sought_and_met_where_it_is_a_goal() -> None:
    from cxsim.model.prepare import prepare

    scenario = parse(TREE)
    layout = prepare(scenario, 1).layout
    for bound in ("min", "max"):
        for sought in (False, True):
            goal = Goal("asa", "total", "total", "total", bound, 20.0, sought=sought)
            (slack,) = of_goals((goal,), scenario, layout).slack(np.array([np.nan]))
            assert slack == (WORTHLESS if sought else 0.0)


def test_service_under_a_budget_is_told_apart_from_the_goals_and_no_cheaper_plan_is_looked_for():
    """Before: 'SL of 86.0%, for at most 2,500 EUR, for the day meets the goal', and changes that made it cheaper."""
    horizon = {"start": "2026-03-02", "days": 1, "open": "09:00-11:00", "interval": "1 h"}
    asked = {"maximise": "sl", "budget": 80, "subject_to": [{"figure": "abandoned_share", "max": "20%"}]}
    found = cxsim.optimize(
        parse(
            {
                "cxsim": 1,
                "horizon": horizon,
                "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
                "groups": {"desk": {"agents": 4, "serves": ["a"], "wage": 10}},
                "optimize": asked,
            }
        ),
        threads=1,
        params=cxsim.SearchParams(least_proof=64, most_proof=64, proof_contacts=1.0, full_size=8),
    )
    assert found.certified
    said = headline(found)
    assert said.startswith(
        f"SL of {100 * found.cost:.1f}% for at most 80.00 EUR for the day: the plan meets the goal, "
    )
    assert found.nearby is None and len(found.moves)
    assert not any("missing" in text for text in found.messages)
