"""What a frontier says and does where the goals of its first point cannot be met together, or where Erlang says so."""

from importlib import import_module

import pytest

import cxsim
from cxsim.optimizer import frontier_points
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible

frontier = import_module("cxsim.optimizer.frontier")


def center(volume):
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 1, "open": "08:00-09:00", "interval": "30 min"},
            "reasons": {"a": {"volume": volume, "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {"one": {"agents": 4, "serves": ["a"], "wage": 10}},
            "optimize": {"floor": "0%", "groups": {"one": {"max": 5}}},
        }
    )


def test_a_frontier_names_the_limit_that_holds_its_goals_back():
    held = r"at most 25\.0%\nThe goals are held back by optimize\.groups\.one\.max \(5\)\. .*: write optimize: \{groups"
    with pytest.raises(Impossible, match=held):
        cxsim.frontier(center("300/h"), points=2, figures=("sl",), threads=1)


def test_limits_that_hold_goals_back_together_are_named_too(monkeypatch):
    """Before, it said "the goals cannot be met" and no more."""
    monkeypatch.setattr(frontier, "reachable", lambda posed: {})  # as if each goal alone were in reach
    with pytest.raises(Impossible, match=r"No plan within.*held back by optimize\.groups\.one\.max.*comes closest"):
        cxsim.frontier(center("300/h"), points=2, figures=("sl",), threads=1)


def test_todays_staffing_is_a_start_where_erlangs_curves_find_none(monkeypatch):
    def nothing(*args):
        raise Impossible("the goals cannot be met")

    monkeypatch.setattr(frontier_points, "begun", nothing)
    found = frontier._base(problem(center("20/h"), threads=1), "highs")
    assert found.start == "today's staffing" and (found.near.slack >= 0.0).all()
