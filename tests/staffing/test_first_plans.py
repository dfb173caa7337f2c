"""The first plan that meets the goals: people are added where goals fail, not everywhere."""

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.known_plans import Known
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.run import Run
from cxsim.optimizer.search.growing import short_of
from cxsim.optimizer.search.points import Trier
from cxsim.optimizer.search.shortfall import COLLAPSED, collapsed, counted_by
from cxsim.optimizer.search.trust import Search, Wanted

QUEUES = ("calls", "mail")


@pytest.fixture(scope="module")
def desks():
    """Two queues with two groups each; today nobody is there for the second queue from 10:00 on."""
    return problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"start": "2026-03-02", "open": "08:00-12:00", "interval": "1 h"},
                "reasons": {
                    name: {"volume": "40/h", "handle_time": "3 min", "patience": "3 min", "queue": name}
                    for name in QUEUES
                },
                "queues": {name: {"target": {"sl": {"share": "80%", "within": "20s"}}} for name in QUEUES},
                "groups": {
                    "a": {"serves": ["calls"], "wage": 20},
                    "b": {"serves": ["calls"], "wage": 30},
                    "c": {"serves": ["mail"], "wage": 20},
                    "d": {"serves": ["mail"], "wage": 30},
                },
                "staff": {
                    "shifts": [
                        {"group": "a", "start": "08:00", "end": "12:00", "agents": 7},
                        {"group": "b", "start": "08:00", "end": "12:00", "agents": 1},
                        {"group": "c", "start": "08:00", "end": "10:00", "agents": 7},
                        {"group": "c", "start": "10:00", "end": "12:00", "agents": 1},
                        {"group": "d", "start": "08:00", "end": "12:00", "agents": 1},
                    ]
                },
                "optimize": {"floor": "0%"},
            }
        ),
        threads=1,
    )


def test_people_are_added_to_the_cheapest_group_of_the_queue_that_fails_when_it_fails(desks):
    """Before, everybody was multiplied: 34 % more for one queue of the two."""
    run = Run(desks, "highs", None, None)
    known = Known(run, Trier(desks), Wanted(1.0, 1000), 24, 0.95, lambda point: None)
    points = [known._look(name, x) for name, x in known._usual()][:1]
    today = points[0]
    assert [slack >= 0.0 for slack in today.slack] == [True, False]
    failing = today.slack < 0.0
    where = short_of(desks, today.trial, failing)
    groups = desks.structure.groups
    assert [groups[g] for g in np.flatnonzero(where.any(axis=1))] == ["c"]
    assert np.flatnonzero(where.any(axis=0)).tolist() == [10, 11]
    assert [groups[g] for g in np.flatnonzero(short_of(desks, today.trial, failing, wide=True).any(axis=1))] == [
        "c",
        "d",
    ]
    (found,) = known._serving(points)
    assert (found.slack >= 0.0).all()
    more = found.levels - today.levels
    assert (more[[0, 1, 3]] == 0.0).all() and (more[2, :10] == 0.0).all() and more[2, 10:].sum() > 0.0


def test_giving_up_a_queue_never_makes_a_plan_better(desks):
    """Where a goal has collapsed, slopes say nothing of its price: before, a price of next to nothing was believed."""
    structure = desks.structure
    trier = Trier(desks)
    serving = structure.complete(np.where(structure.integer, 6.0, 0.0))
    cells = structure.cover.tocsc().indices[: int(structure.integer.sum())] // structure.n_intervals
    without = structure.complete(np.where(structure.integer & (np.arange(structure.size) < len(cells)), 6.0, 0.0))
    without[: len(cells)][np.isin(cells, [2, 3])] = 0.0
    full, empty = trier(serving, 8), trier(structure.complete(without), 8)
    search = Search(desks, trier, Wanted(1.0, 1000))
    target, cheap = np.zeros(2), np.full(2, 1.0)
    assert empty.merit(target, cheap) < full.merit(target, cheap)
    assert search.merit(empty, target, cheap) > search.merit(full, target, cheap)
    assert search.merit(full, target, cheap) == pytest.approx(full.merit(target, cheap))
    counted = counted_by(desks)
    half = 0.5 * (0.8 - 0.15) * COLLAPSED * empty.cost  # half of the contacts, 80 points below
    assert collapsed(empty, target, counted, 0.15) == pytest.approx(half, rel=0.1)
