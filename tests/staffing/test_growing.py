"""More people where goals fail, where the cheapest group has no room for more."""

from __future__ import annotations

import numpy as np
import pytest

from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.growing import grown
from cxsim.scenario import parse


def full(letters: bool):
    """Two agents at most in the cheap team, who are there already; the dear team may grow."""
    mail = {"channel": "mail", "target": {"sl": {"share": "90%", "within": "3 h"}}}
    calls = {"target": {"sl": {"share": "80%", "within": "20s"}}}
    return problem(
        parse(
            {
                "cxsim": 1,
                "horizon": {"open": "08:00-14:00", "interval": "60 min", "before": "0 days", "after": "0 days"},
                "channels": {"mail": {"deferrable": True}} if letters else {"phone": {"patience": "3 min"}},
                "reasons": {"ask": {"volume": "60/h", "talk": "5 min"}},
                "queues": {"ask": mail if letters else calls},
                "groups": {
                    "cheap": {"agents": 2, "serves": ["ask"], "wage": 15},
                    "dear": {"agents": 1, "serves": ["ask"], "wage": 30},
                },
                "optimize": {"groups": {"cheap": {"max": 2}, "dear": {"max": 9}}},
            }
        ),
        threads=1,
    )


@pytest.mark.parametrize("letters", [False, True])
def test_a_group_at_its_limit_leaves_the_work_to_the_next_one(letters: bool) -> None:
    """Before, nobody was added, and the first plan that met its goals had every group at its limit all day."""
    made = full(letters)
    levels = np.zeros((2, made.structure.n_intervals))
    levels[:, made.model.timeline.open_mask] = [[2.0], [1.0]]
    x = made.structure.complete(made.structure.cover.T @ levels.ravel())
    assert np.array_equal(made.structure.levels(x), levels)
    trial = made.trials.run(made.structure.plan(x), range(4))
    assert trial.slack[0] < 0.0
    more = grown(made, x, trial, trial.slack < 0.0)
    assert more is not None
    added = made.structure.levels(more) - levels
    assert not added[0].any() and added[1].sum() > 0.0


def test_where_there_is_room_the_cheapest_group_grows_alone() -> None:
    made = full(letters=False)
    levels = np.ones((2, made.structure.n_intervals)) * made.model.timeline.open_mask
    x = made.structure.complete(made.structure.cover.T @ levels.ravel())
    trial = made.trials.run(made.structure.plan(x), range(4))
    added = made.structure.levels(grown(made, x, trial, trial.slack < 0.0)) - levels
    assert added[0].sum() > 0.0 and not added[1].any()
