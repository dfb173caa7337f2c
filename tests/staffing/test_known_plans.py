"""A plan that is known already and meets the goals is never beaten by a dearer answer; time limits cover every step."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from cxsim import optimize, parse
from cxsim.optimizer import deadline
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.proving import PROOFS, _better

WHEN = {"start": "2026-03-02", "days": 1, "open": "09:00-12:00", "interval": "1 h"}


def center(agents):
    return parse(
        {
            "cxsim": 1,
            "horizon": WHEN,
            "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
            "groups": {
                "cheap": {"agents": agents, "serves": ["a"], "wage": 10},
                "dear": {"agents": 0, "serves": ["a"], "wage": 30},
            },
            "optimize": {"within_team": False, "floor": "0%"},
        }
    )


def _only_dear_plans(monkeypatch):
    def dear(run, starts, plan):
        structure = run.problem.structure
        return run.trier(structure.complete(np.where(structure.integer, 6.0, 0.0)), plan[0].values)

    def nothing(*args, **more):
        return SimpleNamespace(status="too many", x=None)

    monkeypatch.setattr("cxsim.optimizer.searching.search_from", dear)
    monkeypatch.setattr("cxsim.optimizer.searching.enumerate_plans", nothing)


def test_a_known_plan_that_meets_the_goals_is_the_answer_where_the_search_finds_only_dearer_plans(monkeypatch):
    _only_dear_plans(monkeypatch)
    found = optimize(center(4), threads=1, advise=False)
    people = found.plan.groupby("group")["agents"].max().to_dict()
    assert found.certified and people["dear"] == 0 and people["cheap"] <= 4
    assert any("meets the goals for less than any plan the search found" in one for one in found.messages)


def test_a_second_certificate_counts_only_where_its_plan_is_cheaper():
    """A known plan that its own proof made dearer than the first is not the answer, nor one that is not certified."""
    run = SimpleNamespace(cost_of=lambda x, trial: x)

    def proof(cost, certified):
        return SimpleNamespace(x=cost, trial=None, certified=certified)

    for first, second, cost in (
        (proof(10, True), proof(12, True), 10),
        (proof(10, True), proof(9, True), 9),
        (proof(10, True), proof(9, False), 10),
        (proof(10, False), proof(12, True), 12),
        (proof(10, False), proof(12, False), 12),
    ):
        assert _better(run, first, second).x == cost


def test_the_proofs_of_one_answer_share_the_error_that_is_allowed():
    assert sum(PROOFS) == pytest.approx(1.0) and min(PROOFS) > 0.0


def test_todays_staffing_is_no_answer_where_it_misses_goals(monkeypatch):
    _only_dear_plans(monkeypatch)
    found = optimize(center(1), threads=1, advise=False)
    assert found.certified and found.plan.groupby("group")["agents"].max()["cheap"] > 1
    assert not any(one.startswith("Today's staffing") for one in found.messages)


def test_the_search_begins_with_the_best_known_plan_and_says_at_once_what_it_costs():
    """Today's staffing meets the goals: the first plan told is no dearer, and it is told before any search."""
    stages = []
    optimize(center(4), threads=1, advise=False, progress=lambda stage: stages.append(stage) or True)
    first = next(stage for stage in stages if stage.cost > 0.0)
    assert first.phase == "calibrate" and first.met and first.replications <= 24
    assert first.cost == pytest.approx(4 * 10 * 3, rel=0.1)


def test_simulations_end_at_the_deadline():
    from cxsim.optimizer.problem.problem import problem

    found = problem(center(3), threads=1)
    found.trials.run(found.model.plan, range(8))
    deadline.until(time.perf_counter() - 1.0)
    try:
        with pytest.raises(TimeUp):
            found.trials.run(found.model.plan, range(100_000))
    finally:
        deadline.until(None)
    assert found.trials.replications_run == 8


def test_advice_ends_with_the_time_limit_and_says_what_is_missing(monkeypatch):
    """A limit that is over before the advice leaves the plan, and names the tables that are not there."""
    real = time.perf_counter
    late = []
    monkeypatch.setattr(time, "perf_counter", lambda: real() + (1000.0 if late else 0.0))

    def keep(plan):
        if plan.certified:
            late.append(plan)

    found = optimize(center(3), threads=1, seconds=60.0, keep=keep)
    assert late and found.certified and not len(found.moves)
    said = "The advice was cut short by the time limit. The plan stands; missing: "
    assert any(said in one for one in found.messages)


def test_a_shorter_limit_asks_for_a_shorter_proof():
    short, long = (optimize(center(3), threads=1, seconds=limit, advise=False) for limit in (2.0, None))
    assert short.certified_on <= long.certified_on
    assert short.plan["agents"].sum() > 0
