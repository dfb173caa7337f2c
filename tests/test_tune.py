"""Tuning: the settings of known optima are found, and what is best by chance is not called better."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from cxsim import metrics
from cxsim.model.prepare import prepare
from cxsim.optimizer.optimize import optimize
from cxsim.report.studies.tune import sentence
from cxsim.scenario import ScenarioError, parse, read
from cxsim.simulation.replications import replicate_more
from cxsim.studies.tune import Tuned, _search, factor, tune

TREE = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-16:00"},
    "reasons": {"quick": {"volume": "70/h", "talk": "2 min"}, "slow": {"volume": "30/h", "talk": "7 min"}},
    "groups": {"team": {"agents": 7, "serves": ["quick", "slow"]}},
    "routing": {"contact": "cmu"},
}


def test_the_least_mean_wait_is_the_priority_of_the_shorter_work() -> None:
    """With c · μ, any weight of the slow below 3.5 puts the quick first: least ASA; above, the worst."""
    found = tune(parse(TREE), {"routing.weights.slow": (1, 8)}, "asa", replications=5, check=40)
    assert len(found.tried) == 8 and found.settings == {} and found.at_end == []
    by_weight = found.tried.set_index("routing.weights.slow")["value"]
    assert by_weight[1] == by_weight[3] < by_weight[4] == by_weight[8]
    assert found.verdict == "not distinguishable" and found.difference == 0.0  # it was as good before
    worse = parse(TREE).vary({"routing.weights": {"slow": 5}})
    again = tune(worse, {"routing.weights.slow": (1, 8)}, "asa", replications=5, check=40)
    assert again.verdict == "better" and again.high < 0.0 and again.after < again.before
    assert again.tuned.routing.weights["slow"] == again.settings["routing.weights.slow"]


def test_direct_finds_the_bottom_of_a_bowl() -> None:
    factors = (factor("a", "0.0", "9.0"), factor("b", "0 s", "90 s"))
    seen: dict[tuple, float] = {}

    def worth(setting):
        return seen.setdefault(setting, (setting[0] - 2.37) ** 2 + (setting[1] / 10 - 6.4) ** 2)

    _search(factors, worth, 120, seen)
    best = min(seen, key=seen.get)
    assert len(seen) <= 120 and abs(best[0] - 2.37) < 0.3 and abs(best[1] - 64) < 3
    assert all(round(x[0] / 0.01) == pytest.approx(x[0] / 0.01) for x in seen)


def test_no_more_settings_than_asked_and_all_where_they_are_few() -> None:
    few: dict[tuple, float] = {}
    _search((factor("a", 1, 4), factor("b", 0, 2)), lambda s: few.setdefault(s, 0.0), 12, few)
    assert len(few) == 12
    many: dict[tuple, float] = {}
    _search((factor("a", 1, 400), factor("b", 0, 200)), lambda s: many.setdefault(s, float(sum(s))), 30, many)
    assert len(many) == 30 and min(many.values()) <= 40


def test_the_check_is_on_fresh_draws() -> None:
    scenario = parse(TREE)
    found = tune(scenario, {"routing.weights.slow": (1, 8)}, "asa", replications=2, check=3, seed=4)
    first = replicate_more(prepare(scenario, 4), range(3))
    above, below = metrics.figure_values(first, prepare(scenario, 4).layout, "asa")
    assert found.before != pytest.approx(float(above.sum() / below.sum()))


@pytest.mark.parametrize(
    ("ends", "kind", "unit"),
    [
        (("1", "9"), "whole", ""),
        ((1, 9), "whole", ""),
        (("1.0", "9"), "number", ""),
        (("5 s", "90 s"), "number", " s"),
        (("10%", "60%"), "number", "%"),
        (("1e-3", "1e-2"), "number", ""),
        ((-3, 3), "whole", ""),
    ],
)
def test_ranges_are_of_numbers_with_a_unit(ends, kind, unit) -> None:
    made = factor("path", *ends)
    assert (made.kind, made.unit) == (kind, unit)


@pytest.mark.parametrize("ends", [("5 s", "2 min"), ("a", "b"), ("9", "1"), ("3", "3"), (None, 5), (0, math.inf)])
def test_what_is_no_range_is_refused(ends) -> None:
    with pytest.raises(ValueError, match="path"):
        factor("path", *ends)


def test_faults_come_before_anything_is_simulated() -> None:
    scenario = parse(TREE)
    with pytest.raises(ScenarioError, match=r"routing\.weights"):
        tune(scenario, {"routing.weights.slow": ("-5.0", "1.0")})
    with pytest.raises(ScenarioError):
        tune(scenario, {"routing.wieghts.slow": (1, 5)})
    with pytest.raises(ValueError, match="no better direction"):
        tune(scenario, {"routing.weights.slow": (1, 5)}, "offered")
    with pytest.raises(ValueError, match="nothing to tune"):
        tune(scenario, {})


def test_a_parameter_of_ones_own_policy_is_tuned(tmp_path) -> None:
    """Agents kept idle for nobody only cost: none kept is best."""
    (tmp_path / "kept.py").write_text(
        "def choose_contact(agent, queues, center, kept=3):\n"
        "    return queues[0].number if agent.idle >= kept or center.now > 57600 else None\n"
    )
    scenario = parse({**TREE, "routing": {"policy": "kept.py"}}, folder=tmp_path)
    found = tune(scenario, {"routing.parameters.kept": (0, 3)}, "asa", replications=5, check=10)
    assert found.settings == {"routing.parameters.kept": 0} and found.verdict == "better"
    assert found.at_end == ["routing.parameters.kept"]


def test_ranks_are_tuned_with_the_plan_that_the_optimizer_found(tmp_path) -> None:
    """The folder of an optimum holds a scenario with its plan: slow work of either team first only costs the quick."""
    tree = {
        **TREE,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-10:00", "interval": "60 min"},
        "groups": {
            "front": {"agents": 4, "wage": 20, "skills": {"quick": {"rank": 2}, "slow": {"rank": 1}}},
            "bench": {"agents": 3, "wage": 20, "skills": {"slow": {}}},
        },
        "routing": {},
        "optimize": {"subject_to": [{"figure": "sl", "min": "75%"}]},
    }
    found = optimize(parse(tree), certified=False, advise=False, thorough=0.1)
    folder = found.save(tmp_path / "plan", pictures=False)
    planned = read(folder / "scenario.yaml")
    assert planned.staff.file is not None
    made = tune(planned, {"groups.front.skills.quick.rank": (1, 3)}, "asa", replications=10, check=60)
    assert made.settings == {"groups.front.skills.quick.rank": 1} and made.verdict != "worse"
    assert made.tuned.staff.file == planned.staff.file


def test_what_has_no_value_as_it_is_can_be_tuned() -> None:
    """Nobody is ever answered by agents who are there for nothing: any agent is better."""
    scenario = parse(TREE).vary({"groups.team.agents": 0})
    found = tune(scenario, {"groups.team.agents": (0, 8)}, "asa", replications=2, check=3)
    assert math.isnan(found.before) and found.settings["groups.team.agents"] > 0
    assert len(found.tried) < 9  # those without a value are not among them
    assert "n/a before" in sentence(found)


def test_settings_that_break_a_rule_are_left_out() -> None:
    stages = [{"after": "10 s", "to": ["other"]}, {"after": "90 s", "to": ["third"]}]
    more = {name: {"agents": 1, "serves": ["slow"]} for name in ("other", "third")}
    queues = {"quick": {"overflow": stages}}
    scenario = parse({**TREE, "queues": queues, "groups": {**TREE["groups"], **more}})
    over = {"queues.quick.overflow.0.after": ("0 s", "60 s"), "queues.quick.overflow.1.after": ("30 s", "120 s")}
    found = tune(scenario, over, "asa", evaluations=15, replications=1, check=2)
    assert found.refused > 0 and len(found.tried) + found.refused == 15


def test_the_end_of_a_range_is_seen_with_several_numbers() -> None:
    factors = tuple(factor(name, "0.0", "1.0") for name in "abcd")
    seen: dict[tuple, float] = {}
    _search(factors, lambda s: seen.setdefault(s, s[0] + s[1] + abs(s[2] - 0.5) + abs(s[3] - 0.5)), 250, seen)
    order = sorted(seen, key=seen.get)
    tried = pd.DataFrame([dict(zip("abcd", s, strict=True)) for s in order])
    found = Tuned(None, "asa", factors, tried, dict(zip("abcd", order[0], strict=True)), *[0.0] * 5, "better", 1, 1, 1)
    assert found.at_end == ["a", "b"]
