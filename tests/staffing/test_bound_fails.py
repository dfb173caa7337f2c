"""A bound that cannot be had costs no plan: before, the whole optimization ended with its error."""

from __future__ import annotations

import time

import pytest

import cxsim
from cxsim.optimizer import deadline, run
from cxsim.optimizer.bounds.pooled import pooled
from cxsim.optimizer.fluid import rows
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.solver import solve, solvers
from cxsim.optimizer.solver.program import Solution, without

TREE = {
    "cxsim": 1,
    "horizon": {"open": "08:00-10:00"},
    "reasons": {"a": {"volume": "60/h", "handle_time": "4 min", "patience": "3 min"}},
    "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
    "groups": {"team": {"agents": 6, "serves": ["a"], "wage": 20}},
}


def test_the_fluid_bound_stands_where_a_better_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    one = run.Run(problem(cxsim.parse(TREE), threads=1), "highs", 60.0, None)
    one.presolve()
    before = one.bound

    def broken(*_: object) -> None:
        raise RuntimeError("the fluid program ended 'nothing'")

    monkeypatch.setattr(run, "bound_of", broken)
    one.tighten()
    assert one.bound == before > 0.0
    assert one.messages[-1].startswith("The bound failed (the fluid program ended 'nothing')")
    assert deadline.left() > 1e9


def test_a_bound_that_there_was_no_time_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, the fluid bound was printed without a word, far below the one that more time gives."""
    one = run.Run(problem(cxsim.parse(TREE), threads=1), "highs", 60.0, None)
    one.presolve()
    before = one.bound
    monkeypatch.setattr(run, "BOUND_SHARE", 0.0)
    monkeypatch.setattr(run.Run, "spent", 0.0)
    one.tighten()
    assert one.bound == before > 0.0 and deadline.left() > 1e9
    assert one.messages[-1] == "The time limit left no time for a better lower bound than that of the fluid program."
    monkeypatch.undo()
    one.messages.clear()
    one.tighten()
    assert one.bound > before and not one.messages


def test_the_curves_of_pooled_sets_end_with_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, those of a week took four seconds more than a limit of ten allowed."""
    tree = {
        **TREE,
        "reasons": dict.fromkeys("ab", TREE["reasons"]["a"]),
        "queues": dict.fromkeys("ab", TREE["queues"]["a"]),
    }
    tree["groups"] = {"team": {"agents": 12, "serves": ["a", "b"], "wage": 20}}
    posed, made = problem(cxsim.parse(tree), threads=1), []
    monkeypatch.setattr(rows._Maker, "pooled_curve", lambda _self, members, i: made.append((members, i)))
    deadline.until(0.0)
    try:
        with pytest.raises(TimeUp):
            pooled(posed)
    finally:
        deadline.until(None)
    assert not made
    pooled(posed)
    assert made


def test_a_program_that_ends_a_moment_before_its_deadline_without_an_answer_is_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]

    def by_highs(program: object, seconds: float, *_: object) -> Solution:
        now[0] += 0.99 * seconds
        return found

    made = problem(cxsim.parse(TREE), threads=1).structure.program()
    found = without("nothing", made)
    monkeypatch.setattr(solvers, "by_highs", by_highs)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    deadline.until(10.0)
    try:
        with pytest.raises(TimeUp):
            solve.solve(made)
    finally:
        deadline.until(None)
