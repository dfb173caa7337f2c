"""The bound by slopes does not let its program buy slack with the noise of slopes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.staffing import FOLDER, columns_of, scenario
from cxsim.optimizer.bounds import by_slopes as slopes_bound
from cxsim.optimizer.bounds.by_slopes import by_slopes
from cxsim.optimizer.bounds.pooled import pooled
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.gradient import Slopes, slopes

KNOWN = 298.97  # wage-hours: the cheapest certified plan of A_small on record
DAYS = 30


def test_the_best_cell_of_noisy_slopes_promises_less_than_its_noise():
    """What a program buys is the cell that promises most: before, that was 1.7 times the truth here."""
    rng = np.random.default_rng(1)
    true = np.outer(rng.uniform(0.5, 1.5, 12), rng.uniform(0.5, 1.5, 160))[None]
    noise = rng.normal(0.0, 1.0, (2, *true.shape))
    found = Slopes(true + noise[0], true + noise[1], true[0], true[0], 8.0)
    seen = slopes_bound._middle(found)
    assert (true + noise.mean(axis=0)).max() > 1.6 * true.max()
    assert seen.max() < 1.2 * true.max()
    assert np.abs(seen - true).mean() < 0.3 * np.abs(noise.mean(axis=0)).mean()


@pytest.mark.slow
def test_at_a_plan_a_fifth_too_dear_it_is_below_the_best_plan_and_above_that_of_noisy_slopes(monkeypatch):
    """So that the plan's own cost does not hold it down; 40 half-hours and 12 groups, 30 days of slopes."""
    given = problem(scenario("A_small"), seed=1)
    kept = json.loads((FOLDER / "optimum-A_small.json").read_text(encoding="utf-8"))
    best = columns_of(given, kept["levels"])
    more = np.random.default_rng(1).random(best.size) < 0.3
    x = given.structure.complete(np.where(given.structure.integer & more & (best > 0.0), best + 1.0, best))
    assert given.structure.cost_of(x) > 1.15 * KNOWN
    trial = given.trials.run(given.structure.plan(x), range(8 * DAYS))
    first = slopes(given, given.structure.levels(x), range(1000, 1000 + DAYS))
    program = pooled(given).program
    calm = by_slopes(given, x, trial, program, first, days=DAYS, rounds=3)
    monkeypatch.setattr(slopes_bound, "_middle", lambda found: 0.5 * (found.up + found.down))
    noisy = by_slopes(given, x, trial, program, first, days=DAYS, rounds=3)
    assert noisy.value < calm.value < KNOWN
