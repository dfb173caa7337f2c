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
