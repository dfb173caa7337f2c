"""The stochastic program and the improvement, against every plan there is and against dynamic programming."""

from __future__ import annotations

import time

import numpy as np
import pytest
from capacity.made import all_plans, made_problem, made_sample

from cxsim.capacity.improve import improved, worth
from cxsim.capacity.program import limits, most_hires, optimum
from cxsim.capacity.recourse import evaluate


def best_of_all(world, most_missed):
    """The cheapest of all plans that keep the limits."""
    found = [(worth(hires, world, most_missed), hires) for hires in all_plans(world.problem)]
    return min(found, key=lambda one: one[0])[0]


def test_without_uncertainty_it_is_the_optimum_of_dynamic_programming() -> None:
    """One team, nobody leaves, people bring all from the first day: the state of the program is the headcount."""
    need = [310.0, 390.0, 480.0, 450.0, 700.0, 720.0]
    problem = made_problem(months=6, overtime=0.05, at_most=2, missing_hour=60.0, hire_cost=700.0)
    world = made_sample(problem, [[[x] for x in need]])
    found = optimum(world, None, gap=1e-9)

    def month(heads: int, m: int) -> float:
        able = 100.0 * heads
        over = min(max(need[m] - able, 0.0), 0.05 * able)
        return 1000.0 * heads + 15.0 * over + 60.0 * max(need[m] - able - over, 0.0)

    value = dict.fromkeys(range(3, 30), 0.0)
    for m in reversed(range(6)):
        value = {
            heads: min(
                700.0 * k + month(heads + k, m) + (value[heads + k] if m < 5 else 0.0)
                for k in range(3 if m >= 1 else 1)
                if heads + k < 30 and (m == 5 or heads + k in value)
            )
            for heads in range(3, 3 + 2 * m + 1)
        }
    assert found.hires is not None and found.optimal
    assert evaluate(found.hires, world).cost == pytest.approx(value[3], rel=1e-9)
    assert found.bound == pytest.approx(value[3], rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("miss", [None, 0.2])
def test_in_uncertain_futures_it_is_the_best_of_all_plans(seed: int, miss: float | None) -> None:
    """Volumes and leaving differ by future; limits on misses, minimum sizes of classes, and a ramp-up."""
    rng = np.random.RandomState(seed)
    problem = made_problem(
        months=4,
        serves=((True, False), (True, True)),
        people=(2, 2),
        at_least=1 + seed % 2,
        overtime=0.1,
        temps=15.0,
        missing_hour=40.0,
        productivity=[0.5, 0.8, 1.0, 1.0],
        miss=miss,
    )
    ages = tuple(rng.randint(1, 6, (2, 4, 10)).astype(np.int16) for _ in range(2))
    world = made_sample(problem, rng.uniform(120, 260, (2, 1, 10)) * np.array([1.0, 1.1, 1.3, 1.5])[:, None], ages)
    most_missed = limits(world, miss)
    found = optimum(world, most_missed, gap=1e-9)
    best = best_of_all(world, most_missed)
    assert best.above == 0.0 and found.hires is not None
    own = worth(found.hires, world, most_missed)
    assert own.above == 0.0
    assert own.cost == pytest.approx(best.cost, rel=1e-6)
    assert found.bound <= best.cost * (1 + 1e-6)
    start = improved(np.zeros_like(found.hires), world, most_missed, time.perf_counter() + 20.0)[1]
    assert start.above == 0.0
    assert start.cost <= best.cost * 1.02


def test_more_uncertainty_never_makes_it_cheaper() -> None:
    """The best of all plans with volumes twice and three times as uncertain, about the same means."""
    rng = np.random.RandomState(3)
    problem = made_problem(months=3, overtime=0.05, missing_hour=30.0, people=(3,), at_most=3)
    noise = rng.uniform(-1.0, 1.0, (1, 3, 200))
    noise -= noise.mean(axis=2, keepdims=True)
    mean = np.array([310.0, 420.0, 510.0])[None, :, None]
    costs = [best_of_all(made_sample(problem, mean * (1.0 + cv * noise)), None).cost for cv in (0.0, 0.05, 0.1, 0.2)]
    assert costs == sorted(costs)
    assert costs[-1] > costs[0] * 1.01


def test_a_stricter_limit_on_misses_never_makes_it_cheaper() -> None:
    rng = np.random.RandomState(4)
    problem = made_problem(months=3, overtime=0.05, missing_hour=16.0, people=(3,), at_most=3)
    world = made_sample(problem, rng.uniform(300, 600, (1, 3, 60)))
    costs = []
    for miss in (0.5, 0.3, 0.1, 0.0):
        found = optimum(world, limits(world, miss), gap=1e-9)
        assert found.hires is not None
        costs.append(evaluate(found.hires, world).cost)
        assert worth(found.hires, world, limits(world, miss)).above == 0.0
    assert costs == sorted(costs) and costs[-1] > costs[0]


def test_months_that_no_hire_can_reach_are_not_asked_for() -> None:
    """The first class comes in month 2, so a need in month 0 above the headcount stays missed; the rest is planned."""
    problem = made_problem(months=3, lead=2, missing_hour=60.0, miss=0.1)
    world = made_sample(problem, [[[400.0] * 10, [200.0] * 10, [400.0] * 10]])
    most_missed = limits(world, 0.1)
    assert most_missed is not None and most_missed.tolist() == [10, 1, 1]
    found = optimum(world, most_missed, gap=1e-9)
    assert found.hires is not None and found.hires.tolist() == [[0, 0, 1]]
    assert most_hires(problem).tolist() == [[0, 0, 2]]
