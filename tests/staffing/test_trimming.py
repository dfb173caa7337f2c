"""Fewer people where a first plan has much to spare, before any slopes are taken."""

from __future__ import annotations

import numpy as np
import pytest

from cxsim.optimizer.first_plans import TODAY
from cxsim.optimizer.known_plans import TRIMMED, Known
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.run import Run
from cxsim.optimizer.search.growing import grown
from cxsim.optimizer.search.points import Trier
from cxsim.optimizer.search.trimming import ENOUGH, fewer
from cxsim.optimizer.search.trust import Wanted, phases
from cxsim.scenario import parse


def posed(days: int, calls: int = 9, desk: int = 3):
    """Two queues, whose agents on today's roster are many for the calls and just enough at the desk."""
    return problem(
        parse(
            {
                "cxsim": 1,
                "horizon": {"start": "2026-03-02", "days": days, "open": "08:00-11:00", "interval": "60 min"},
                "channels": {"phone": {"patience": "3 min"}},
                "reasons": {
                    "calls": {"volume": "40/h", "talk": "5 min", "queue": "calls"},
                    "desk": {"volume": "12/h", "talk": "5 min", "queue": "desk"},
                },
                "queues": {name: {"target": {"sl": {"share": "80%", "within": "20s"}}} for name in ("calls", "desk")},
                "groups": {
                    "callers": {"agents": calls, "serves": ["calls"], "wage": 20},
                    "desk": {"agents": desk, "serves": ["desk", "calls"], "wage": 30},
                },
                "optimize": {"groups": {"callers": {"max": 12}, "desk": {"max": 3}}, "floor": "0%"},
            }
        ),
        threads=1,
    )


def known_of(asked):
    run = Run(asked, "highs", None, None)
    return Known(run, Trier(asked), Wanted(1.0, 1000), 24, 0.95, lambda point: None)


@pytest.fixture(scope="module")
def two_days():
    return posed(2)


def test_a_roster_with_much_to_spare_is_trimmed_and_still_meets_every_goal(two_days):
    """Before, the search began with today's roster as it was."""
    known = known_of(two_days)
    name, x = next(known._usual())
    today = known._look(name, x)
    assert name == TODAY and (today.slack > ENOUGH).any() and (today.slack >= 0.0).all()
    found = known._trimmed([today])
    assert (found[0].slack >= 0.0).all()
    assert found[0].cost < 0.9 * today.cost
    assert np.array_equal(known.plans[TRIMMED], found[0].x)
    assert known.run.replications <= 24 * 40  # where a look at the slopes alone takes 12 trials and more


def test_people_go_where_few_contacts_are_late_and_not_from_groups_with_nothing_to_spare(two_days):
    _, x = next(known_of(two_days)._usual())
    trial = two_days.trials.run(two_days.structure.plan(x), range(24))
    gone = two_days.structure.levels(x) - two_days.structure.levels(fewer(two_days, x, trial, np.array([0.2, 0.0])))
    assert gone[0].sum() > 0.0 and not gone[1].any() and gone.min() >= 0.0


def test_a_day_begins_as_it_did():
    """Slopes of a day are cheap, and plans of days on record stay what they were."""
    known = known_of(posed(1))
    name, x = next(known._usual())
    assert known._trimmed([known._look(name, x)]) == []


def test_where_a_team_is_at_its_limit_others_take_work_off_it():
    """The desk serves calls too and cannot grow; before, more people were put nowhere."""
    asked = posed(1, calls=4, desk=3)
    _, x = next(known_of(asked)._usual())
    trial = asked.trials.run(asked.structure.plan(x), range(24))
    desk = np.array([goal.name == "desk" for goal in asked.goals.goals])
    assert trial.slack[desk][0] < 0.0
    more = grown(asked, x, trial, desk)
    assert more is not None
    added = asked.structure.levels(more) - asked.structure.levels(x)
    assert added[0].sum() > 0.0 and not added[1].any()


def test_slopes_need_as_many_days_whether_of_one_week_or_of_several():
    day, week = (phases(41_000.0, 12, 12 * 168, days=days)[0].differences for days in (1, 7))
    assert (day, week) == (8, 2)
