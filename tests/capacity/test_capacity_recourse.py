"""What a plan does in each future, against worlds by hand and against a linear program of each month."""

from __future__ import annotations

import numpy as np
import pytest
from capacity.made import made_problem, made_sample
from scipy.optimize import linprog

from cxsim.capacity.recourse import cuts, evaluate


def test_a_world_by_hand() -> None:
    """Three people of 100 hours, two more from the third month on, the first month of whom brings half."""
    problem = made_problem(months=3, overtime=0.1, temps=20.0, productivity=[0.5, 1.0, 1.0])
    world = made_sample(problem, [[[290.0], [400.0], [470.0]]])
    hires = np.array([[0, 0, 2]])
    found = evaluate(hires, world)
    assert found.heads[0, :, 0].tolist() == [3, 3, 5]
    assert found.able[0, :, 0].tolist() == [300, 300, 400]
    assert found.overtime[0, :, 0].tolist() == [0, 30, 40]  # at 15 an hour, before temporary staff at 25
    assert found.temps[0, :, 0].tolist() == [0, 20, 20]
    assert found.missing[:, 0].tolist() == [0, 50, 10]
    assert found.missed[:, 0].tolist() == [False, True, True]
    paid = [3000, 3000 + 30 * 15 + 20 * 25, 5000 + 2 * 500 + 40 * 15 + 20 * 25]
    assert found.money[:, 0].tolist() == paid
    assert found.cost == sum(paid) + 100 * 60


SHAPES = [
    ((True, False), (False, True)),
    ((True, True), (False, True)),
    ((True, False, False), (True, True, False), (False, True, True)),
    ((True, False, True), (False, True, True), (False, False, True), (True, False, False)),
]


@pytest.mark.parametrize("serves", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_bought_and_missing_is_the_optimum_of_a_linear_program(serves: tuple, seed: int) -> None:
    """The smallest cut and the order of prices give the cost that a program with every pair of team and queue gives."""
    rng = np.random.RandomState(seed)
    teams, queues = np.array(serves).shape
    problem = made_problem(months=2, serves=serves, people=[0] * teams, lead=2)
    object.__setattr__(problem, "overtime", rng.choice([0.0, 0.1, 0.3], teams))
    object.__setattr__(problem, "overtime_cost", rng.uniform(10, 40, teams))
    object.__setattr__(problem, "temps", rng.choice([0.0, 40.0], (teams, 1)) * np.ones(2))
    object.__setattr__(problem, "temps_cost", rng.uniform(10, 40, teams))
    world = made_sample(problem, rng.uniform(0, 300, (queues, 2, 3)))
    able = rng.uniform(0, 300, (teams, 2, 3))
    object.__setattr__(world, "old_hours", able)
    found = evaluate(np.zeros((teams, 2), dtype=np.int64), world)
    for m in range(2):
        for s in range(3):
            bought = found.money[m, s] - float(problem.pay[:, m] @ world.old[:, m, s])
            best, missing = _program(problem, world.need[:, m, s], able[:, m, s], m)
            assert bought + 100.0 * found.missing[m, s] == pytest.approx(best, abs=1e-6)
            assert found.missing[m, s] == pytest.approx(missing, abs=1e-6)


def _program(problem, need, able, m) -> tuple[float, float]:
    pairs = [(t, q) for t in range(len(able)) for q in range(len(need)) if problem.serves[t, q]]
    teams = len(able)
    cost = np.concatenate([np.zeros(len(pairs)), problem.overtime_cost, problem.temps_cost, np.full(len(need), 100.0)])
    rows, sides = [], []
    for t in range(teams):
        row = np.zeros(cost.size)
        row[[k for k, pair in enumerate(pairs) if pair[0] == t]] = 1.0
        row[len(pairs) + t] = row[len(pairs) + teams + t] = -1.0
        rows.append(row)
        sides.append(able[t])
    for q in range(len(need)):
        row = np.zeros(cost.size)
        row[[k for k, pair in enumerate(pairs) if pair[1] == q]] = -1.0
        row[len(pairs) + 2 * teams + q] = -1.0
        rows.append(row)
        sides.append(-need[q])
    most = [(0, None)] * len(pairs) + [(0, x) for x in problem.overtime * able] + [(0, x) for x in problem.temps[:, m]]
    found = linprog(cost, A_ub=np.array(rows), b_ub=np.array(sides), bounds=most + [(0, None)] * len(need))
    return float(found.fun), float(found.x[len(pairs) + 2 * teams :].sum())


def test_teams_that_share_no_queue_are_apart_and_only_cuts_that_can_bind_are_kept() -> None:
    problem = made_problem(serves=SHAPES[0], people=[1, 1])
    assert [[cut.teams for cut in part] for part in cuts(problem)] == [[(0,)], [(1,)]]
    chain = made_problem(serves=SHAPES[2], people=[1, 1, 1])
    (part,) = cuts(chain)
    assert {(cut.teams, cut.queues) for cut in part} == {
        ((2,), (2,)),
        ((0, 1), (0,)),
        ((1, 2), (1, 2)),
        ((0, 1, 2), (0, 1, 2)),
    }


def test_people_only_come_by_hiring_and_only_go_by_leaving() -> None:
    """In each future: those there at the end are those who were there or were hired, less those who left."""
    problem = made_problem(months=5, at_most=3, people=(4,))
    rng = np.random.RandomState(1)
    ages = (rng.randint(1, 5, (3, 5, 40)).astype(np.int16),)
    world = made_sample(problem, rng.uniform(0, 500, (1, 5, 40)), ages)
    hires = np.array([[0, 2, 0, 3, 1]])
    heads = evaluate(hires, world).heads[0]
    there = np.full(40, 4.0)
    for m in range(5):
        left = sum((ages[0][: hires[0, c], c] == m - c).sum(axis=0) for c in range(m))
        there = there - left + hires[0, m]
        assert heads[m].tolist() == there.tolist()
    assert (heads[-1] < 10).any()
