"""A time limit holds for all of an optimization, by a clock that only simulation and programs move."""

import time

import pytest

import cxsim
from cxsim.optimizer import deadline, plan_evaluator
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.solver import solvers

A_DAY, A_PROGRAM, A_TABLE = 0.05, 1.5, 0.1  # seconds of a simulated day, of a program, of a day with all its tables


def center(groups=2):
    names = [f"team {g}" for g in range(groups)]
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-14:00", "interval": "30 min"},
            "reasons": {"a": {"volume": "60/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {name: {"agents": 4, "serves": ["a"], "wage": 10 + g} for g, name in enumerate(names)},
        }
    )


@pytest.fixture
def clock(monkeypatch):
    """Seconds gone, as `time.perf_counter` tells them."""
    now = [1000.0]
    simulated, solved = plan_evaluator.contacts_of, solvers.by_highs

    def contacts_of(*args):  # of each replication
        now[0] += A_DAY
        return simulated(*args)

    def by_highs(program, seconds, *args, **more):
        now[0] += A_PROGRAM if seconds is None else min(A_PROGRAM, seconds)
        return solved(program, None, *args, **more)

    from cxsim.optimizer import build_optimum

    made = build_optimum.replicate

    def replicate(shown, replications, **more):
        now[0] += A_TABLE * replications
        return made(shown, replications, **more)

    monkeypatch.setattr(plan_evaluator, "contacts_of", contacts_of)
    monkeypatch.setattr(solvers, "by_highs", by_highs)
    monkeypatch.setattr(build_optimum, "replicate", replicate)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


@pytest.mark.parametrize("limit", [10.0, 30.0, 120.0])
def test_a_time_limit_is_kept_and_there_is_a_plan(clock, limit):
    """Before, the start, the repairs and the plan's own run knew no limit: 30 s took 142 s."""
    began = clock[0]
    found = cxsim.optimize(center(), threads=1, seconds=limit)
    assert clock[0] - began <= 1.1 * limit + 5.0
    assert found.plan["agents"].sum() > 0
    assert found.wall_seconds == pytest.approx(clock[0] - began)


def test_no_deadline_is_left_behind(clock):
    cxsim.optimize(center(1), threads=1, seconds=10.0, advise=False)
    assert deadline.left() == float("inf")


def test_programs_end_with_the_deadline():
    from cxsim.optimizer.fluid.fluid import fluid
    from cxsim.optimizer.problem.problem import problem

    one = problem(center(1), threads=1)
    deadline.until(time.perf_counter() - 1.0)
    try:
        with pytest.raises(TimeUp):
            fluid(one, erlang="none")
    finally:
        deadline.until(None)
