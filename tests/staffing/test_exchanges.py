"""Exchanges of shifts by the slopes: they keep every rule, and take people to where slopes say that they help."""

from dataclasses import replace

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.exchanges import Exchanging, Worth, exchanges_of
from cxsim.optimizer.search.gradient import Slopes
from cxsim.optimizer.search.points import Point
from cxsim.optimizer.search.starting import as_worked


def week(**more):
    """Four people who work two of three days, all of them in the afternoon, and nobody on Wednesday."""
    shifts = [
        {"group": "team", "date": f"2026-03-0{day}", "start": "12:00", "end": "16:00", "agents": 4} for day in (2, 3)
    ]
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 3, "open": "08:00-16:00", "interval": "1 h"},
            "reasons": {"calls": {"volume": "40/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"calls": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {"team": {"serves": ["calls"], "wage": 10}},
            "staff": {"shifts": shifts},
            "optimize": {
                "within_team": False,
                "shifts": {"lengths": ["4 h"], "starts_every": "1 h", "contracts": {"all": {"max": 4, "days": 2}}},
                "week": {"days_on": 2, "days_off_together": 1, "rest": "11 h"},
            },
            **more,
        }
    )


@pytest.fixture(scope="module")
def posed():
    return problem(week(), seed=1, threads=1)


def _at(posed, x):
    levels = posed.structure.levels(x)
    trial = posed.trials.run(posed.structure.plan(x), range(2))
    return Point(x, levels, trial, posed.structure.cost_of(x), np.full(len(posed.goals), -0.5) - trial.slack)


def _slopes(posed, helped):
    """An agent brings a hundredth to every goal in the intervals that are `helped`."""
    up = np.zeros((len(posed.goals), 1, posed.structure.n_intervals))
    up[:, :, helped] = 0.01
    return Slopes(up, up, np.zeros(up.shape[1:]), np.zeros(up.shape[1:]), 8.0)


def _worth(posed):
    return Worth(np.full(len(posed.goals), 1e4), lambda slack: np.maximum(-slack, 0.0), 1.0)


def test_people_go_where_slopes_say_that_they_help_and_every_rule_is_kept(posed):
    """Mornings help, and Wednesday most: people change shifts, and the days that they work."""
    x = as_worked(posed)
    mornings = [24 * day + hour for day in range(3) for hour in range(8, 12)]
    found = _slopes(posed, mornings)
    found.up[:, :, 48:] *= 2.0
    found.down[:, :, 48:] *= 2.0
    steps, at = exchanges_of(posed.structure), _at(posed, x)
    new, made = steps.step(at, found, _worth(posed), 30)
    assert made and not posed.structure.broken(new)
    before, after = posed.structure.levels(x)[0], posed.structure.levels(new)[0]
    assert after[mornings].sum() > before[mornings].sum() and after[48:].sum() > before[48:].sum() == 0.0
    assert np.abs(after - before).max() <= 2.0  # slopes are believed nearby
    assert after.sum() == before.sum()
    assert np.array_equal(posed.structure.complete(new), new)


def test_no_rest_between_shifts_is_cut_short(posed):
    """From an end at 16:00 to a start at 08:00 there are 16 hours: with 17 asked nobody begins at eight after that."""
    tight = problem(week().vary({"optimize.week.rest": "17 h"}), seed=1, threads=1)
    x = as_worked(tight)
    for helped in range(24, 32):
        new, _ = exchanges_of(tight.structure).step(_at(tight, x), _slopes(tight, [helped + 8]), _worth(tight), 30)
        assert not tight.structure.broken(new)


def test_nothing_is_exchanged_where_it_brings_nothing(posed):
    x = as_worked(posed)
    new, made = exchanges_of(posed.structure).step(_at(posed, x), _slopes(posed, []), _worth(posed), 30)
    assert made == [] and np.array_equal(new, x)


def test_failed_exchanges_become_fewer_and_are_not_tried_again_before_new_slopes(posed):
    x = as_worked(posed)
    state, at = Exchanging(exchanges_of(posed.structure), most=8), _at(posed, x)
    found = _slopes(posed, range(8, 12))
    counts = []
    while (new := state.step(at, found, _worth(posed))) is not None:
        counts.append(int(np.maximum(new - x, 0.0)[: len(posed.structure.payload.columns)].sum()))
        assert not state.learn(better=False)
    assert counts[0] > 1 and counts == sorted(counts, reverse=True)
    assert state.step(at, found, _worth(posed)) is None
    state.looked()
    assert state.step(at, found, _worth(posed)) is not None


def test_headcounts_have_no_exchanges():
    plain = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-10:00", "interval": "1 h"},
            "reasons": {"calls": {"volume": "40/h", "handle_time": "4 min"}},
            "queues": {"calls": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {"team": {"agents": 4, "serves": ["calls"], "wage": 10}},
        }
    )
    assert exchanges_of(problem(plain, seed=1, threads=1).structure) is None


def test_shifts_that_all_stay_have_no_exchanges(posed):
    """Before, a search among them failed for want of columns."""
    kept = tuple(replace(column, fixed=1) for column in posed.structure.payload.columns)
    stays = replace(posed.structure, payload=replace(posed.structure.payload, columns=kept, tours=None))
    assert exchanges_of(stays) is None
