"""A small change that the advice finds to be cheaper and to keep the proof becomes the answer."""

from types import SimpleNamespace

import numpy as np

import cxsim
from cxsim.optimizer.search.trust import Search
from cxsim.report.plan.words import after_change


def test_an_exchange_that_keeps_every_goal_proved_is_taken(monkeypatch):
    """Before, the report said that it saves money, and the plan stayed as it was."""

    def dear(run, starts, plan):
        structure = run.problem.structure
        x = np.where(np.arange(structure.size) < 3, 0.0, 4.0)
        return run.trier(structure.complete(np.where(structure.integer, x, 0.0)), plan[0].values)

    monkeypatch.setattr("cxsim.optimizer.searching.search_from", dear)
    monkeypatch.setattr("cxsim.optimizer.searching.enumerate_plans", lambda *a, **k: SimpleNamespace(status="", x=None))
    monkeypatch.setattr("cxsim.optimizer.known_plans.Known.cheapest", lambda known, x, *more: x)
    monkeypatch.setattr("cxsim.optimizer.advice.changes._without", lambda *given: None)
    monkeypatch.setattr(Search, "thinned", lambda *given: None)
    given = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 1, "open": "09:00-12:00", "interval": "1 h"},
            "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
            "groups": {
                "cheap": {"agents": 1, "serves": ["a"], "wage": 10},
                "dear": {"agents": 4, "serves": ["a"], "wage": 30},
            },
            "optimize": {"within_team": False, "floor": "0%"},
        }
    )
    kept = cxsim.optimize(given, threads=1, advise=False)
    found = cxsim.optimize(given, threads=1)
    assert kept.certified and found.certified
    assert found.cost < kept.cost - 5.0
    assert any("the changed plan was certified" in text for text in found.messages)


def test_the_goals_of_a_change_are_told_in_the_words_of_the_proof():
    """Before, a change "held" in one table and "left a goal unproved" in another."""
    assert after_change({"met": True, "worst": "SL of a", "slack": 0.1}) == "all proved"
    assert after_change({"met": False, "worst": "SL of a", "slack": 0.1}) == "SL of a unproved"
    assert after_change({"met": False, "worst": "SL of a", "slack": -0.1}) == "SL of a missed"
