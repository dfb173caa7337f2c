"""Agents who differ: the same people in every replication, or drawn again in each, and what intervals then cover."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, written

from cxsim.model.network.people import team_of
from cxsim.model.prepare import prepare
from cxsim.optimizer.plan_evaluator import Trials, forecasts
from cxsim.optimizer.problem.goals import goals
from cxsim.optimizer.problem.prices import prices
from cxsim.scenario import ScenarioError, parse
from cxsim.simulation.replications import inputs, replicate
from cxsim.simulation.simulate import simulate
from cxsim.studies.sweep.compiling import Compiler


def center(redraw: bool, **group: Any) -> dict[str, Any]:
    """Four agents who resolve 75 % of the contacts on average, give or take 15 points; nobody comes back."""
    spread = {"handle_time": "20%", "resolution": "15 points"}
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-16:00"},
        "reasons": {"a": {"volume": "20/h", "talk": "6 min", "resolution": "75%"}},
        "groups": {"g": {"agents": 4, "serves": ["a"], "spread": spread} | group},
        "staff": {"redraw_agents": redraw},
    }


def mean_resolution(mean: float, spread: float) -> float:
    """The mean of a normal resolution kept within 0 and 1, by the trapezoid rule."""
    z = np.linspace(-8.0, 8.0, 20001)
    weight = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return float(np.trapezoid(np.clip(mean + spread * z, 0.0, 1.0) * weight, z))


def intervals(redraw: bool, seeds: range) -> list[tuple[float, float, float]]:
    scenario = parse(center(redraw, spread={"resolution": "15 points"}))
    found = [simulate(scenario, seed=seed, replications=12).estimate("fcr_true") for seed in seeds]
    return [(one.low, one.value, one.high) for one in found]


def test_intervals_of_agents_drawn_again_cover_the_mean_of_all_teams() -> None:
    """Of 40 intervals at 95 % fewer than 34 cover with a chance of 0.3 %; seeds are fixed.

    With the same four people in all replications they are about one team: hardly any covers.
    """
    truth = mean_resolution(0.75, 0.15)
    again, same = intervals(True, range(40)), intervals(False, range(12))
    assert sum(low <= truth <= high for low, _, high in again) >= 34
    assert sum(low <= truth <= high for low, _, high in same) <= 6
    spread = np.std([value for _, value, _ in same])
    assert spread > 4 * np.mean([high - low for low, _, high in same]) / 2 / 2
    assert np.std([value for _, value, _ in again]) < 0.5 * spread


def test_agents_are_the_same_in_both_engines_and_other_people_in_each_replication() -> None:
    model = model_of(center(True))
    teams = [inputs(model, number).network["team"] for number in (0, 1, 0)]
    assert (teams[0] == teams[2]).all()
    assert (teams[0]["handle"] != teams[1]["handle"]).all()
    assert (teams[0]["key"] == teams[1]["key"]).all()  # away-spells have their own address
    fast, slow = (in_order(written(model, engine, 3)) for engine in ("clock", "story"))
    assert not differences(fast, slow)
    first = np.array([0, 4])
    again = team_of(model.scenario, first, 1, 0)
    assert (again["handle"] != team_of(model.scenario, first, 1)["handle"]).all()


def test_new_agents_too_are_drawn_again() -> None:
    tenure = {"attrition": "80%", "halves": "10 weeks", "handle_time": "150%"}
    model = model_of(center(True, spread={}, tenure=tenure))
    one, other = (inputs(model, number).network["team"]["handle"] for number in (0, 1))
    assert (one != other).all()


def test_the_results_say_what_their_intervals_are_about() -> None:
    def told(tree: dict[str, Any]) -> str:
        return simulate(parse(tree), replications=1).definitions.get("agents", "")

    assert told(center(True)).startswith("drawn again in each replication")
    assert told(center(False)).startswith("the same people in every replication, those of seed 1")
    alike = center(False, spread={})
    assert told(alike) == ""


def test_agents_who_are_alike_cannot_be_drawn_again() -> None:
    refusal = "'redraw_agents' has no effect: all agents of a group are identical; give a group spread or tenure"
    with pytest.raises(ScenarioError, match=refusal):
        parse(center(True, spread={}))


def test_a_search_meets_the_people_of_each_replication() -> None:
    """What the optimizer tries is what `simulate` finds: the same sums for the same plan and replications."""
    tree = center(True)
    tree["reasons"]["a"]["patience"] = "2 min"
    tree["queues"] = {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}}
    scenario = parse(tree)
    model = prepare(scenario, 4)
    wanted = goals(scenario, model.layout, model.timeline)
    tried = Trials(forecasts(scenario), wanted, prices(scenario, model.layout, model.timeline), seed=4)
    trial = tried.run(model.plan, range(4))
    samples, _ = replicate(model, 4)
    np.testing.assert_allclose(trial.groups, np.mean([s.groups for s in samples], axis=0), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(trial.contacts, np.mean([s.contacts for s in samples], axis=0), rtol=1e-12, atol=1e-9)


def test_a_sweep_meets_them_too() -> None:
    compiler = Compiler(1)
    scenario = parse(center(True))
    model = compiler.model(scenario)
    assert (compiler.inputs(model, 5).network["team"] == inputs(prepare(scenario, 1), 5).network["team"]).all()
