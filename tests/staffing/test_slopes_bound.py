"""The bound by slopes at simulated plans, on a day whose every plan can be simulated."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from staffing.test_nearby import posed

from cxsim.optimizer.bounds.bound import Bound
from cxsim.optimizer.bounds.by_slopes import by_slopes
from cxsim.optimizer.bounds.pooled import pooled
from cxsim.optimizer.search.gradient import slopes
from cxsim.optimizer.solver.solve import solve

DAYS = 300


def columns(asked, plan):
    return asked.structure.complete(np.pad(np.array(plan, float), (0, asked.structure.size - 4)))


@pytest.fixture(scope="module")
def least():
    """The problem, and the cost of the cheapest plan of up to one of the dearer team, each simulated."""
    asked = posed()
    best = np.inf
    for plan in itertools.product(range(4, 8), range(6, 10), range(2), range(2)):
        x = columns(asked, plan)
        money = asked.structure.cost_of(x)
        if money < best and (asked.trials.run(asked.structure.plan(x), range(DAYS)).slack >= 0.0).all():
            best = money
    return asked, best


def bound_at(asked, plan, rounds, found):
    x = columns(asked, plan)
    trial = asked.trials.run(asked.structure.plan(x), range(DAYS))
    first = slopes(asked, asked.structure.levels(x), range(1000, 1000 + DAYS))
    return by_slopes(asked, x, trial, found.program, first, days=100, rounds=rounds)


@pytest.mark.parametrize("plan", [(6, 8, 1, 1), (5, 7, 2, 2), (7, 9, 0, 1)])
def test_the_bound_by_slopes_at_a_dearer_plan_is_below_the_cheapest(least, plan):
    """The plan whose slopes are taken is dearer, so that its cost does not hold the bound down."""
    asked, best = least
    found = bound_at(asked, plan, 2, pooled(asked))
    assert asked.structure.cost_of(columns(asked, plan)) > best
    assert found.status == "heuristic"
    assert found.value <= best + 1e-9


def test_it_is_higher_than_that_of_pooled_sets_alone_where_queues_are_served_apart(least):
    asked, _ = least
    flat = pooled(asked)
    # Without the curves of the sets only the slopes know of chance.
    alone = Bound(flat.value, "heuristic", "pooled", program=replace(flat.program, program=_without_curves(flat)))
    found = bound_at(asked, (6, 8, 1, 1), 2, alone)
    plain = by_fluid(asked, alone)
    assert found.value > 1.1 * plain


def _without_curves(found):
    program = found.program.program
    kept = np.array([not name.startswith("pooled") for name in program.row_names])
    return replace(
        program,
        rows=program.rows[np.flatnonzero(kept)],
        row_low=program.row_low[kept],
        row_high=program.row_high[kept],
        row_names=tuple(name for name, one in zip(program.row_names, kept, strict=True) if one),
    )


def by_fluid(asked, alone):
    return solve(alone.program.program).objective + alone.program.columns.constant
