"""What `cxsim optimize` refuses names the place, the value with its unit, the rule and the line to write."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import cxsim
from cxsim.cli.optimize import _again
from cxsim.optimizer.fluid.nearest import needed
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.search.starting import plan_of
from cxsim.scenario import ScenarioError

DESK = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "open": "09:00-11:00", "interval": "1 h", "before": 0, "after": 0},
    "reasons": {"help": {"volume": "60/h", "talk": "3 min", "patience": "3 min"}},
    "queues": {"help": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
    "groups": {"team": {"agents": 6, "serves": ["help"], "wage": 24}},
}


def desk(**optimize: object) -> cxsim.Scenario:
    return cxsim.parse({**DESK, "optimize": optimize})


def test_a_budget_that_is_too_small_says_how_much_the_goals_need():
    """60 contacts of 3 minutes an hour, 80 % of them answered: 2.4 agents, two hours, 24 EUR."""
    poor = desk(maximise="sl", budget=30)
    assert needed(problem(poor)) == pytest.approx(2.4 * 2 * 24, rel=1e-6)
    with pytest.raises(Impossible) as refused:
        cxsim.optimize(poor, threads=1)
    said = str(refused.value)
    assert "SL of help: 80.0% is out of reach" in said and "it is at most 20.8%" in said
    assert "optimize.budget: 30.00 EUR is too small: the goals need at least 115.20 EUR" in said


def test_a_budget_is_not_blamed_for_what_no_money_buys():
    with pytest.raises(Impossible) as refused:
        cxsim.optimize(desk(maximise="sl", budget=300, groups={"team": {"max": 1}}), threads=1)
    assert "optimize.budget" not in str(refused.value)


def test_faults_of_a_plan_of_another_scenario_stand_at_the_plan(tmp_path: Path):
    """They stood at the scenario, which is sound, and at `vary`, which nobody wrote."""
    other = tmp_path / "plan.csv"
    other.write_text("group,start,agents\nothers,09:00,3\n")
    with pytest.raises(ScenarioError) as refused:
        plan_of(problem(desk()), other)
    said = [str(fault) for fault in refused.value.faults]
    assert all(one.startswith(str(other)) for one in said) and "vary" not in "".join(said)
    assert any("'others' is not a group" in one and "the groups are: team" in one for one in said)
    assert any("'team' is a group that has no rows in this plan; add rows for it" in one for one in said)


def test_a_path_below_an_empty_map_is_told_as_the_line_to_write():
    with pytest.raises(ScenarioError) as refused:
        desk().vary({"optimize.groups.team.max": 3})
    assert "write optimize.groups={team: {max: ...}}" in str(refused.value)


def test_an_answer_that_is_not_certified_says_the_command_that_goes_on():
    said = _again(Path("my desk.yaml"), ("storm",), ("groups.team.wage=25",), 7, Path("out"))
    assert shlex.split(said) == [
        *("cxsim", "optimize", "my desk.yaml", "--with", "storm", "--set", "groups.team.wage=25"),
        *("--seed", "7", "--resume", "out", "--time-limit", "10min"),
    ]
