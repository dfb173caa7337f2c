"""The search comes near the cheapest plans known of published instances; one that stalls early does not."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cxsim
from benchmarks.staffing import FOLDER, columns_of, numbers, scenario
from cxsim.optimizer.problem.problem import problem

KNOWN = 298.97  # wage-hours: the cheapest certified plan of A_small on record (benchmarks/results.jsonl)


@pytest.mark.slow
def test_a_small_center_costs_at_most_three_per_cent_more_than_the_best_known_plan():
    """With slopes at every second better plan only, the search ended at 312.3, 4.5 % above."""
    found = cxsim.optimize(scenario("A_small"), seed=1, advise=False)
    assert found.certified
    assert found.cost < 1.03 * KNOWN


def test_the_check_plan_on_record_costs_what_it_did():
    """So that costs on record can be compared with those of today."""
    given = problem(scenario("A_small"), seed=1)
    x = columns_of(given, np.asarray(numbers("A_small")["check"]["agents"]))
    assert given.structure.cost_of(x) == pytest.approx(numbers("A_small")["check"]["cost"], abs=1e-3)


def test_a_plan_that_was_kept_costs_what_it_did():
    """It is kept over all intervals of the day, those that are closed included."""
    kept = json.loads((FOLDER / "optimum-A_small.json").read_text(encoding="utf-8"))
    given = problem(scenario("A_small"), seed=1)
    assert given.structure.cost_of(columns_of(given, kept["levels"])) == pytest.approx(kept["cost"], abs=1e-3)
