"""Small changes of a plan where a time limit leaves no time for the slopes of the advice."""

from types import SimpleNamespace

import pytest
from staffing.test_nearby import posed

import cxsim
from cxsim.optimizer import deadline
from cxsim.optimizer.advice import changes
from cxsim.report.plan import bound_words


def test_the_slopes_of_the_search_rank_small_changes_where_there_is_no_time_for_others(monkeypatch):
    """Before, the answer had neither figure of how far it is from the best: the slopes took what time there was."""
    monkeypatch.setattr(changes, "time_for_effects", lambda adviser: False)
    found = cxsim.optimize(posed().scenario, threads=1)
    assert found.certified and not len(found.moves)
    assert found.nearby is not None and found.nearby.simulated
    assert bound_words.nearby(found).startswith("No change of up to two agents")
    assert any("The advice was cut short by the time limit" in text for text in found.messages)


@pytest.mark.parametrize(("left", "enough"), [(1.0, False), (100.0, True)])
def test_slopes_are_taken_where_they_fit_into_the_time_that_is_left(monkeypatch, left, enough):
    """Two groups and three colours each way, on eight replications: 104 that take a tenth of a second each."""
    trials = SimpleNamespace(seconds_run=3.0, replications_run=30)
    monkeypatch.setattr(deadline, "left", lambda: left)
    assert changes.time_for_effects(SimpleNamespace(problem=posed(), trials=trials, n=32)) is enough


def test_of_a_plan_that_misses_a_goal_it_is_not_said_that_each_small_change_leaves_one_unproved():
    """Two agents at most for 20 calls an hour: an SL of 70 % cannot be met."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 1, "open": "09:00-11:00", "interval": "1 h"},
            "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
            "groups": {"desk": {"agents": 2, "serves": ["a"], "wage": 10}},
            "optimize": {"groups": {"desk": {"max": 2}}, "floor": "0%"},
        }
    )
    small = cxsim.SearchParams(least_proof=64, most_proof=64, proof_contacts=1.0, full_size=8)
    found = cxsim.optimize(scenario, threads=1, params=small)
    assert not found.certified and (found.goals["slack"] < 0.0).any()
    assert found.nearby is None and len(found.comparison)
    assert not any("missing" in text for text in found.messages)
