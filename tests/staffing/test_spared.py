"""Whom the advice finds that the plan can do without leaves it: what is found is taken, if it can be proved."""

from types import SimpleNamespace

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.certificate import certify
from cxsim.optimizer.proving import PROOFS
from cxsim.optimizer.search.trust import Search


def center(agents):
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 1, "open": "09:00-12:00", "interval": "1 h"},
            "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
            "groups": {"desk": {"agents": agents, "serves": ["a"], "wage": 10}},
            "optimize": {"within_team": False, "floor": "0%"},
        }
    )


@pytest.fixture
def wasteful(monkeypatch):
    """A search that ends with six everywhere, though four are enough, and a proof that takes nobody out."""

    def six(run, starts, plan):
        structure = run.problem.structure
        return run.trier(structure.complete(np.where(structure.integer, 6.0, 0.0)), plan[0].values)

    monkeypatch.setattr("cxsim.optimizer.searching.search_from", six)
    monkeypatch.setattr("cxsim.optimizer.searching.enumerate_plans", lambda *a, **k: SimpleNamespace(status="", x=None))
    monkeypatch.setattr("cxsim.optimizer.first_plans.erlang", lambda *a, **k: None)
    monkeypatch.setattr(Search, "thinned", lambda *a: None)


@pytest.mark.usefixtures("wasteful")
def test_a_removal_that_the_advice_finds_to_hold_is_taken_by_the_answer():
    """Before, the table of single changes said that one less would hold, and the plan kept them."""
    kept = cxsim.optimize(center(6), threads=1, advise=False)
    found = cxsim.optimize(center(6), threads=1)
    assert kept.certified and found.certified
    assert found.cost < kept.cost
    assert found.plan["agents"].max() == 5  # one less in each interval at a time
    assert any("the changed plan was certified" in text for text in found.messages)


@pytest.mark.usefixtures("wasteful")
def test_a_removal_that_cannot_be_proved_is_not_taken(monkeypatch):
    whole = certify.tested

    def never(*args):
        found = whole(*args)
        return SimpleNamespace(certified=False, x=found.x, trial=found.trial)

    monkeypatch.setattr("cxsim.optimizer.proving.tested", never)
    found = cxsim.optimize(center(6), threads=1)
    assert found.certified and found.cost == pytest.approx(180.0)
    assert found.nearby is not None and found.nearby.kept == 0  # the report does not say that it is cheaper


def test_the_error_is_shared_over_all_proofs():
    assert sum(PROOFS) == pytest.approx(1.0) and len(PROOFS) == 3
