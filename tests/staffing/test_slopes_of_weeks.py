"""Slopes of few replications of several days: what is believed of them, and what goals are worth by them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cxsim.optimizer.known_plans import Known
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.run import Run
from cxsim.optimizer.search.gradient import Slopes
from cxsim.optimizer.search.mending import added, columns_of, topped_up
from cxsim.optimizer.search.points import Trier, prices_of
from cxsim.optimizer.search.profiles import believed
from cxsim.optimizer.search.trust import Wanted, phases
from cxsim.scenario import parse

QUEUES = ("calls", "desk", "mail")


def posed(days):
    """Three queues: callers and desk share one, the writers serve the third alone."""
    return problem(
        parse(
            {
                "cxsim": 1,
                "horizon": {"start": "2026-03-02", "days": days, "open": "08:00-14:00", "interval": "60 min"},
                "channels": {"phone": {"patience": "3 min"}},
                "reasons": {name: {"volume": "12/h", "talk": "5 min", "queue": name} for name in QUEUES},
                "queues": {name: {"target": {"sl": {"share": "80%", "within": "20s"}}} for name in QUEUES},
                "groups": {
                    "callers": {"agents": 3, "serves": ["calls"], "wage": 20},
                    "desk": {"agents": 3, "serves": ["desk", "calls"], "wage": 20},
                    "writers": {"agents": 3, "serves": ["mail"], "wage": 20},
                },
                "optimize": {"groups": {name: {"max": 4} for name in ("callers", "desk", "writers")}, "floor": "0%"},
            }
        ),
        threads=1,
    )


@pytest.fixture(scope="module")
def two_days():
    return posed(2)


def slopes_of(problem, effect):
    """Slopes (K, G, I), the same up and down, of two replications."""
    up = np.broadcast_to(effect, (len(problem.goals), 3, problem.structure.n_intervals)).copy()
    money = np.zeros(up.shape[1:])
    return Slopes(up, up, money, money, 2.0)


def test_a_goal_whose_team_is_at_its_limit_is_worth_what_others_cost():
    """Before, the team that cannot grow made the goal cheap, and the search gave the goal up for other savings."""
    day = posed(1)
    found = slopes_of(day, np.array([0.04, 0.01, 0.0])[None, :, None])
    x = day.structure.complete(np.full(day.structure.size, 3.0))
    full = x.copy()
    full[:6] = 4.0  # the callers, hour by hour
    assert prices_of(day, found, None, full)[0] == pytest.approx(4.0 * prices_of(day, found, None, x)[0])
    assert prices_of(day, found)[0] == pytest.approx(prices_of(day, found, None, x)[0])


def test_a_lucky_half_hour_does_not_make_a_goal_of_a_week_cheap(two_days):
    """Before, the search believed the slopes of two weeks: technicians left, and the experts' goal with them."""
    effect = np.full((1, 3, two_days.structure.n_intervals), 0.002)
    lucky = effect.copy()
    lucky[:, :, ::2] = 0.02
    lucky[:, :, 1::2] = -0.016
    even, noisy = (prices_of(two_days, slopes_of(two_days, one)) for one in (effect, lucky))
    assert noisy[0] >= 0.49 * even[0]


def test_a_goal_that_nobody_changes_is_worth_as_much_as_others(two_days):
    """A cliff, such as letters in time: slopes are next to nothing until the backlog stays."""
    effect = np.full((3, 3, two_days.structure.n_intervals), 0.002)
    effect[2] = 0.0
    effect[2, 2, 0] = 0.02
    effect[2, 2, 1] = -0.02
    price = prices_of(two_days, slopes_of(two_days, effect))
    assert price[2] == pytest.approx(price[0])


def test_groups_far_from_a_goal_do_nothing_to_it_over_several_days(two_days):
    """The callers take calls off the desk, the writers nothing of either."""
    found = slopes_of(two_days, np.array([0.01, 0.01, 0.01])[None, :, None])
    x = two_days.structure.complete(np.full(two_days.structure.size, 3.0))
    near = believed(two_days, found, two_days.trials.run(two_days.structure.plan(x), range(2))).up
    assert np.array_equal(near.any(axis=2), np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=bool))


def test_an_agent_helps_where_contacts_are_late(two_days):
    """Half of the desk's effect is seen at noon by luck; its contacts are late where the desk has fewer people."""
    at = np.flatnonzero(two_days.model.timeline.open_mask)
    effect = np.zeros((1, 3, two_days.structure.n_intervals))
    effect[:, :, at] = 0.01
    effect[:, :, at[5]] = 0.07
    x = np.full(two_days.structure.size, 4.0)
    x[len(at) : len(at) + 2] = 1.0  # the desk, in the first two hours
    trial = two_days.trials.run(two_days.structure.plan(two_days.structure.complete(x)), range(8))
    found = believed(two_days, slopes_of(two_days, effect), trial).up[1, 1]
    assert found.sum() == pytest.approx(effect[0, 1].sum())
    assert found[at[0]] > 2.0 * found[at[5]]
    assert not found[two_days.model.timeline.open_mask == 0].any()


def test_looks_are_rarer_over_several_days_and_those_of_a_day_stay(two_days):
    assert [phase.looks for phase in phases(5_000, 3, 600, days=7)] == [2, 3, 0]
    assert [phase.looks for phase in phases(5_000, 3, 600)] == [1, 3, 0]


def test_a_plan_that_lacks_far_too_much_does_not_go_to_the_proof(two_days):
    """Time may end a search on its way back from a plan that gave a goal up: before, that one was to be mended."""
    run = Run(two_days, "highs", None, None)
    known = Known(run, Trier(two_days), Wanted(1.0, 1000), 24, 0.95, lambda point: None)
    good = known._look("", two_days.structure.complete(np.full(two_days.structure.size, 3.0)))
    good = replace(good, shift=0.001 - good.trial.slack)
    known._meeting = good
    for lacking, chosen in ((-0.2, good), (-0.01, None)):
        point = replace(good, x=good.x - 1.0, cost=0.9 * good.cost, shift=lacking - good.trial.slack)
        known.visited(point, np.zeros(3))
        assert np.array_equal(known.best, (chosen or point).x)


def test_a_top_up_goes_past_those_who_are_at_their_limits(two_days):
    """Before, it gave up after as many columns as it may add, although all of these were full."""
    x = np.full(two_days.structure.size, 4.0)
    x[24:36] = 3.0  # the writers
    x = two_days.structure.complete(x)
    found = columns_of(two_days, slopes_of(two_days, np.array([0.04, 0.04, 0.01])[None, :, None]))
    more = added(two_days, found, x, np.array([0.02, 0.0, 0.0]))
    assert more is not None and (more - x)[24:36].sum() == 2.0


def test_a_top_up_of_a_week_ends_when_nothing_is_lacking_but_by_chance(two_days):
    """The mail seems to lose a point of its ten: before, people were added until the top-up gave up."""

    class Tried(SimpleNamespace):
        def first(self, n):
            return self

    x = two_days.structure.complete(np.full(two_days.structure.size, 3.0))
    before = Tried(slack=np.array([0.0, 0.1, 0.1]), outcome=np.zeros(64), n=64, replications=np.arange(64))
    after = Tried(slack=np.array([0.02, 0.1, 0.09]), outcome=np.zeros(64))
    fake = replace(two_days, trials=SimpleNamespace(run=lambda plan, numbers: after))
    found = slopes_of(two_days, np.array([0.01, 0.01, 0.01])[None, :, None])
    more = topped_up(fake, found, x, before, np.array([0.015, 0.0, 0.0]))
    assert more is not None and 1.0 <= (more - x)[:36].sum() <= 3.0


def test_the_proof_of_a_week_leaves_room_for_repairs(two_days):
    """Before, a limit of two minutes left room for three blocks, and each change of a repair takes a quarter of one."""
    for made, most in ((two_days, 256), (posed(1), 512)):
        run = Run(made, "highs", 120.0, None)
        made.trials.replications_run, made.trials.seconds_run = 1000, 22.5
        assert run.most == most
