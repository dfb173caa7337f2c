"""A plan that is known already and meets the goals is never beaten by a dearer answer; time limits cover every step."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from cxsim import optimize, parse
from cxsim.optimizer.problem.stage import TimeUp

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
        }
    )


@pytest.mark.parametrize(("agents", "answer"), [(4, "today"), (1, "search")])
def test_todays_staffing_is_the_answer_where_the_search_finds_only_dearer_plans(monkeypatch, agents, answer):
    """With enough people today; with too few the dear plan stands."""

    def dear(run, start, plan):
        structure = run.problem.structure
        return run.trier(structure.complete(np.where(structure.integer, 4.0, 0.0)), plan[0].values)

    def nothing(*args, **more):
        return SimpleNamespace(status="too many", x=None)

    monkeypatch.setattr("cxsim.optimizer.optimize.search_from", dear)
    monkeypatch.setattr("cxsim.optimizer.optimize.enumerate_plans", nothing)
    found = optimize(center(agents), threads=1, advise=False)
    assert found.certified
    people = found.plan.groupby("group")["agents"].max().to_dict()
    assert people == ({"cheap": 4, "dear": 0} if answer == "today" else {"cheap": 4, "dear": 4})
    assert any("Today's staffing meets the goals for less" in one for one in found.messages) is (answer == "today")


def test_simulations_end_at_the_deadline():
    from cxsim.optimizer.problem.problem import problem

    found = problem(center(3), threads=1)
    found.trials.run(found.model.plan, range(8))
    found.trials.deadline = time.perf_counter() - 1.0
    with pytest.raises(TimeUp):
        found.trials.run(found.model.plan, range(100_000))
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
    said = "The advice was cut short by the time limit. The plan is valid; missing: "
    assert any(said in one for one in found.messages)


def test_a_shorter_limit_asks_for_a_shorter_proof():
    short, long = (optimize(center(3), threads=1, seconds=limit, advise=False) for limit in (2.0, None))
    assert short.certified_on <= long.certified_on
    assert short.plan["agents"].sum() > 0
