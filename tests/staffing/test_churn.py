"""The optimizer where lost customers cost money."""

from __future__ import annotations

import pytest

from cxsim import optimize, simulate
from cxsim.scenario import ScenarioError, parse


def line(**asked):
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00", "after": "5 days"},
            "segments": {"all": {"value": 400}},
            "channels": {"phone": {"patience": "90s"}},
            "reasons": {
                "calls": {
                    "volume": {"per_hour": [40, 70, 80, 50]},
                    "talk": "4 min",
                    "wrap": "30s",
                    "resolution": "80%",
                },
            },
            "groups": {"team": {"agents": 8, "serves": ["calls"], "wage": 25}},
            "after_contact": {
                "abandoned": {"redial": "30%", "delay": "10 min"},
                "unresolved": {"repeat": "60%", "delay": "4 h"},
            },
            "optimize": {"within_team": False, "subject_to": [{"figure": "abandoned_share", "max": "20%"}], **asked},
        }
    )


@pytest.mark.slow
def test_lost_customers_are_worth_more_agents() -> None:
    cheap = optimize(line(), seed=1, advise=False)
    loyal = optimize(line(counts=["wages", "churn"]), seed=1, advise=False)
    costs = loyal.costs.set_index("term")["money"]
    assert costs["wages"] > 1.3 * cheap.costs.set_index("term")["money"]["wages"]
    lost = [one.result.estimate("value_lost") for one in (cheap, loyal)]
    assert lost[1].value < lost[0].value - 200.0
    # The money of the objective is the figure that is measured, on other replications.
    assert costs["churn"] == pytest.approx(lost[1].value, rel=0.03)
    assert loyal.bound <= loyal.cost
    assert any("depends on an assumption about who leaves" in line for line in loyal.messages)


@pytest.mark.parametrize("figure", [pytest.param("effort", marks=pytest.mark.slow), "churn"])
def test_what_customers_feel_can_be_a_goal(figure) -> None:
    today = simulate(line(), replications=40).estimate(figure).value
    rule = {"figure": figure} | {
        "effort": {"max": round(0.985 * today, 3)},
        "churn": {"max": f"{99.5 * today:.4f}%"},
    }[figure]
    found = optimize(line(subject_to=[rule]), seed=1, advise=False)
    assert len(found.goals) == 1 and found.goals["met"].all(), found.goals


def test_customers_worth_nothing_cannot_count() -> None:
    with pytest.raises(ScenarioError, match="has no effect: no segment has a value"):
        line().vary({"segments.all.value": 0, "optimize.counts": ["wages", "churn"]})
