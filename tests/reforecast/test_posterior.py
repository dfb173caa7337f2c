"""How busy a day is given counts: against the conjugate rule, and when a queue has several reasons."""

from __future__ import annotations

import numpy as np
import pytest
from reforecast.made_days import desk

from cxsim.begun_day import busyness
from cxsim.model.prepare import prepare
from cxsim.randomness.draws import run_key

ONE = {"gamma": {"cv": "20%"}}


def demand_of(**changes):
    return prepare(desk(**changes)).demand


def posterior(demand, expected, reach, seen):
    """Of a day that does not vary within."""
    expected = expected[:, None]
    return busyness.posterior(demand, expected, expected.sum(axis=2), reach, seen, run_key(1, 0))


def test_for_one_reason_with_gamma_busyness_it_is_the_conjugate_rule():
    """Gamma of shape 25 (cv 20 %) and 130 contacts where 100 are expected: gamma of shape 155 and rate 125."""
    demand = demand_of(**{"reasons.sales.volume.busyness": ONE, "reasons.help.volume.busyness": None})
    expected, seen = np.array([[60.0, 40.0], [5.0, 5.0]]), np.array([[70.0, 60.0], [np.nan, np.nan]])
    found = posterior(demand, expected, np.eye(2), seen)
    assert found.mean()[0] == pytest.approx(155 / 125, rel=1e-4)
    variance = found.weights @ (found.factors[0] - found.mean()[0]) ** 2
    assert variance == pytest.approx(155 / 125**2, rel=1e-3)
    assert found.mean()[1] == pytest.approx(1.0)


def test_it_does_not_matter_into_how_many_intervals_the_counts_are_cut():
    demand = demand_of()
    whole = posterior(demand, np.array([[90.0], [30.0]]), np.eye(2), np.array([[110.0], [45.0]]))
    cut = posterior(demand, np.array([[30.0, 60.0], [10.0, 20.0]]), np.eye(2), np.array([[50.0, 60.0], [20.0, 25.0]]))
    assert whole.mean() == pytest.approx(cut.mean(), rel=1e-9)


def test_counts_of_one_reason_tell_of_another_that_is_busy_on_the_same_days():
    demand = demand_of()
    found = posterior(demand, np.array([[100.0], [30.0]]), np.eye(2), np.array([[150.0], [np.nan]]))
    assert found.mean()[1] == pytest.approx(found.mean()[0]) and found.mean()[1] > 1.2


def test_two_reasons_in_one_queue_are_told_by_their_sum():
    """Sales is certain, help is not: what the sum has too much is help's."""
    demand = demand_of(**{"reasons.sales.volume.busyness": None, "reasons.help.volume.busyness": ONE})
    reach = np.array([[1.0, 1.0], [0.0, 0.0]])
    found = posterior(demand, np.array([[50.0], [50.0]]), reach, np.array([[120.0], [np.nan]]))
    assert found.mean()[0] == pytest.approx(1.0) and 1.1 < found.mean()[1] < 1.4


def test_nothing_seen_leaves_what_the_scenario_says():
    found = posterior(demand_of(), np.ones((2, 1)), np.eye(2), np.full((2, 1), np.nan))
    assert found.mean() == pytest.approx([1.0, 1.0], abs=2e-3)
    spread = found.weights @ (found.factors[0] - 1.0) ** 2
    assert spread**0.5 == pytest.approx(0.15, rel=0.02)
