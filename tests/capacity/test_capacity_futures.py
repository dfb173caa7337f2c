"""Needs, ramp-up, attrition and futures: by hand, by their distributions, and by their addresses."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim
from cxsim.capacity.draws import children, uniforms
from cxsim.capacity.futures import expected_load, loads, sample
from cxsim.capacity.needs import needs
from cxsim.capacity.problem import WEEKS_IN_A_MONTH, problem, ramp, staying
from cxsim.erlang.required_agents import Target, agents_for
from cxsim.randomness import draws
from cxsim.scenario.model.capacity import Hiring
from cxsim.scenario.model.capacity_units import Leaving


def center(capacity=None, folder=".", **more):
    tree = {
        "cxsim": 1,
        "horizon": {"days": 7, "open": "08:00-18:00"},
        "reasons": {"calls": {"volume": "120/h", "talk": "5 min"}, "mail": {"volume": "30/h", "talk": "4 min"}},
        "groups": {
            "agents": {"agents": 16, "serves": ["calls"], "wage": 20},
            "writers": {"agents": 4, "serves": ["mail"], "wage": 21},
        },
        "capacity": {
            "start": "2026-01",
            "months": 4,
            "full_time": "40 h",
            "shrinkage": "25%",
            "hiring": {"at_most": 3, "lead_time": "1 month"},
            "teams": {"agents": {"people": 40}, "writers": {"people": 10}},
            **(capacity or {}),
        },
    }
    return cxsim.parse(tree | more, folder=folder)


def made(scenario, size=50, seed=1, first=0, scales=(0.8, 1.0, 1.2)):
    numbers = problem(scenario)
    needed = needs(scenario, scales)
    return numbers, needed, sample(scenario, numbers, needed, seed, first, size)


def test_the_draws_are_those_of_the_engines() -> None:
    key = draws.run_key(7, 3)
    numbers = np.array([0, 1, 2, 1000, 2**40])
    keys = children(key, numbers)
    assert keys.tolist() == [int(draws.child(key, int(n))) for n in numbers]
    for purpose in (0, 5, 77):
        assert uniforms(keys, purpose).tolist() == [draws.uniform(np.uint64(k), purpose) for k in keys]


def test_the_ramp_up_is_averaged_over_each_month() -> None:
    hiring = Hiring.model_validate(
        {"at_most": 1, "lead_time": 0, "training": f"{WEEKS_IN_A_MONTH * 7 / 2} days", "ramp_up": ["60%", "80%"]}
    )
    assert ramp(hiring, 5) == pytest.approx([0.3, 0.7, 0.9, 1.0, 1.0])
    assert ramp(hiring, 5, learns=False) == pytest.approx([0.5, 1.0, 1.0, 1.0, 1.0])
    slow = Hiring.model_validate({"at_most": 1, "lead_time": 0, "ramp_up": {"handle_time": ["200%", "125%"]}})
    assert ramp(slow, 4) == pytest.approx([0.5, 0.8, 1.0, 1.0])


def test_newcomers_leave_at_their_own_rate_until_they_are_none() -> None:
    assert staying(Leaving(0.1, 0.5, 2), 5) == pytest.approx([1.0, 0.5, 0.25, 0.225, 0.2025])


def test_the_requirement_is_that_of_erlang_and_has_economies_of_scale() -> None:
    """Constant rates: 7 days of 10 hours of the agents that Erlang gives, at each scale; less than in proportion."""
    scenario = center(
        None, reasons={"calls": {"volume": "120/h", "talk": "5 min"}, "mail": {"volume": "1/h", "talk": "4 min"}}
    )
    _, needed, _ = made(scenario, 1, scales=(0.5, 1.0, 2.0))
    for k, scale in enumerate((0.5, 1.0, 2.0)):
        exact = agents_for(Target(sl=0.8), 120 * scale / 3600, 300.0, whole=False)
        assert needed.curve[0, k] == pytest.approx(
            70 * exact, rel=0.02
        )  # the load of the first interval is still rising
    assert needed.curve[0, 2] < 1.93 * needed.curve[0, 1]
    assert needed.curve[0, 0] > 0.52 * needed.curve[0, 1]
    load = needed.forecast[:, :, None] * np.array([0.75, 1.5, 3.0])
    hours = needed.hours(load)[0, 0] / needed.days[0]
    low, one, two = needed.curve[0]
    assert hours == pytest.approx([0.5 * (low + one), 0.5 * (one + two), two + (two - one)], rel=1e-6)
    assert needed.average(2 * needed.forecast)[0, 0] / needed.days[0] == pytest.approx(2 * one)


def test_volumes_by_month_are_compared_with_the_days_of_the_scenario() -> None:
    """120 an hour, 10 hours a day: 37,200 contacts in January are as many as in the scenario."""
    numbers, needed, world = made(center({"volumes": {"calls": [37200, 33600, 74400, 36000]}}), 1)
    assert needed.forecast[0] == pytest.approx([1.0, 1.0, 2.0, 1.0])
    assert needed.forecast[1] == pytest.approx([1.0] * 4)
    assert world.need[1, 0, 0] == pytest.approx(needed.curve[1, 1] * 31 / 7)
    assert numbers.hours[0, 0] == pytest.approx(40 * 31 / 7 * 0.75)
    assert numbers.pay[1, 1] == pytest.approx(40 * 4 * 21)


def test_volumes_have_the_spread_and_the_correlations_that_are_given() -> None:
    """20,000 futures; limits at 5 standard errors (1 seed in 100,000 fails)."""
    scenario = center(
        {
            "uncertainty": {
                "volume": "10%",
                "handle_time": "5%",
                "month_to_month": "70%",
                "between_reasons": "40%",
                "volume_and_handle_time": "+30 points",
            }
        }
    )
    numbers, needed, _ = made(scenario, 1)
    root = np.array([draws.run_key(1, k) for k in range(20_000)], dtype=np.uint64)
    load = loads(scenario, numbers, needed, root)
    log = np.log(load)
    error = 5 / np.sqrt(20_000)
    assert load.mean(axis=2) == pytest.approx(np.ones((2, 4)), abs=error * 0.13)
    both = 0.1**2 + 0.05**2 + 2 * 0.3 * np.sqrt(0.4) * 0.1 * 0.05
    assert log.var(axis=2) == pytest.approx(np.full((2, 4), both), rel=2 * error)
    assert np.corrcoef(log[0, 1], log[0, 2])[0, 1] == pytest.approx(0.7, abs=error)
    shared = 0.4 * 0.1**2 + 0.05**2 + 2 * 0.3 * np.sqrt(0.4) * 0.1 * 0.05
    assert np.corrcoef(log[0, 1], log[1, 1])[0, 1] == pytest.approx(shared / both, abs=error)


def test_people_leave_as_often_as_attrition_says() -> None:
    """40 people at 4 % a month in 4,000 futures, and 3 hired at 20 % at first: means within 5 standard errors."""
    scenario = center({"leaves": {"newcomers": "20% per month", "first": "1 month", "others": "48% per year"}})
    _numbers, _, world = made(scenario, 4000)
    for m in range(4):
        kept = 0.96**m
        assert world.old[0, m].mean() == pytest.approx(
            40 * kept, abs=5 * np.sqrt(40 * kept * (1 - kept) / 4000) + 1e-12
        )
        assert world.old[0, m].var() == pytest.approx(40 * kept * (1 - kept), rel=0.15, abs=1e-12)
    heads = world.heads[0][1][3]
    assert heads[0].tolist() == [0.0] * 4000 and heads[1].tolist() == [3.0] * 4000
    for m, kept in ((2, 0.8), (3, 0.8 * 0.96)):
        assert heads[m].mean() == pytest.approx(3 * kept, abs=5 * np.sqrt(3 * kept * (1 - kept) / 4000))
    assert (np.diff(world.heads[0][1][:, 2], axis=0) >= 0).all()


def test_futures_have_their_probabilities_and_begin_in_their_month() -> None:
    futures = {"as_forecast": {"share": "75%"}, "merger": {"share": "25%", "from": "2026-03", "volume": "140%"}}
    scenario = center({"futures": futures})
    numbers, needed, _ = made(scenario, 1)
    root = np.array([draws.run_key(1, k) for k in range(4000)], dtype=np.uint64)
    load = loads(scenario, numbers, needed, root)
    assert set(np.round(load[0, 1], 9)) == {1.0}
    assert set(np.round(load[0, 2], 9)) == {1.0, 1.4}
    assert (load[0, 2] > 1.1).mean() == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / 4000))
    assert expected_load(scenario, numbers, needed)[0] == pytest.approx([1.0, 1.0, 1.1, 1.1])


def test_a_range_in_the_file_holds_as_many_outcomes_as_it_says(tmp_path) -> None:
    rows = ["month,calls,calls low,calls high"]
    rows += [f"2026-{m:02d},{37200},{37200 * 0.9},{37200 / 0.9}" for m in range(1, 5)]
    (tmp_path / "v.csv").write_text("\n".join(rows) + "\n")
    scenario = center({"file": "v.csv", "uncertainty": {"volume": "1%", "range": "80%"}}, tmp_path)
    numbers, needed, _ = made(scenario, 1)
    root = np.array([draws.run_key(1, k) for k in range(4000)], dtype=np.uint64)
    load = loads(scenario, numbers, needed, root)
    assert load[0, 0].mean() == pytest.approx(1.0, abs=0.01)
    ratio = load[0, 0] / np.median(load[0, 0])
    assert ((ratio > 0.9) & (ratio < 1 / 0.9)).mean() == pytest.approx(0.8, abs=5 * np.sqrt(0.16 / 4000))
    assert np.log(load[1, 0]).std() == pytest.approx(0.01, rel=0.1)


def test_the_same_future_has_the_same_people_and_volumes_whatever_else_is_planned() -> None:
    """More futures, another team, larger classes: the numbers of a future stay."""
    plain = {"uncertainty": {"volume": "10%"}, "leaves": "5% per month"}
    _, _, few = made(center(plain), 5)
    larger = plain | {"hiring": {"at_most": 6, "lead_time": "1 month"}}
    _, _, many = made(center(larger), 9)
    assert many.need[:, :, :5].tolist() == few.need.tolist()
    assert many.old[:, :, :5].tolist() == few.old.tolist()
    assert many.ages[0][:3, :, :5].tolist() == few.ages[0].tolist()
    _, _, later = made(center(plain), 3, first=2)
    assert later.need.tolist() == few.need[:, :, 2:].tolist()
