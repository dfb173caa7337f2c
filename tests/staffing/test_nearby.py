"""What changes of up to two agents do near a plan, on a day whose every plan can be simulated."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from example_optimum import example_optimum

import cxsim
from cxsim.optimizer.advice.advice import COMPARED, Adviser
from cxsim.optimizer.advice.changes import effects
from cxsim.optimizer.advice.rivals import rival
from cxsim.optimizer.bounds.nearby import nearby
from cxsim.optimizer.problem.problem import problem
from cxsim.report.plan import bound_words
from cxsim.schema.plan_tables import Nearby


def posed():
    """Two half-hours, two teams for one queue, the second team dearer by 4 in 20."""
    return problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"days": 1, "open": "08:00-09:00", "interval": "30 min", "before": 0, "after": 0},
                "reasons": {
                    "calls": {"volume": {"per_interval": [30, 50]}, "handle_time": "4 min", "patience": "3 min"}
                },
                "queues": {"calls": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
                "groups": {
                    "front": {"agents": 6, "serves": ["calls"], "wage": 20},
                    "back": {"agents": 3, "serves": ["calls"], "wage": 24},
                },
                "optimize": {"within_team": False, "groups": {"front": {"max": 9}, "back": {"max": 4}}},
            }
        ),
        threads=1,
    )


def looked_at(plan):
    """The answer near a plan (front twice, back twice), and its slack on many days, taken for what was proved."""
    asked = posed()
    x = asked.structure.complete(np.pad(np.array(plan, float), (0, asked.structure.size - 4)))
    adviser = Adviser(asked)
    base = adviser.tried(rival(asked, "this", asked.structure.plan(x)), COMPARED)
    slack = asked.trials.run(asked.structure.plan(x), range(600)).slack
    found = nearby(adviser, x, base, slack, effects(adviser, asked.structure.levels(x)))
    adviser.close()
    return asked, x, slack, found


def test_a_plan_with_too_many_agents_has_a_cheaper_one_near_it():
    _, _, slack, found = looked_at((9, 9, 1, 1))
    assert (slack > 0.05).all()
    assert found.kept > 0
    assert found.saving == pytest.approx(12.0, abs=3.0)  # one of back: 12 a half-hour, and what leavers cost
    assert found.best.startswith("one less back")


def test_the_cheapest_plan_has_none_and_every_change_is_tried():
    """The cheapest by simulating them all on 600 days; each cheaper plan nearby breaks the goal or a floor."""
    asked = posed()
    best, cost = None, math.inf
    for plan in itertools.product(range(3, 8), range(5, 10), (0, 1), (0, 1)):
        x = asked.structure.complete(np.pad(np.array(plan, float), (0, asked.structure.size - 4)))
        money = asked.structure.cost_of(x)
        if money < cost and (asked.trials.run(asked.structure.plan(x), range(600)).slack >= 0.0).all():
            best, cost = plan, money
    _, _, _, found = looked_at(best)
    assert found.kept == 0
    assert found.worse > 0
    assert found.simulated <= found.cheaper


@pytest.mark.parametrize(
    ("near", "says"),
    [
        (
            Nearby(12, 12, 0, 0, "", 0.0, 0.95, 400),
            "all 12 cheaper changes were simulated on 400 replications, and each",
        ),
        (
            Nearby(1200, 14, 2, 0, "", 0.0, 0.95, 61),
            "was found to make the plan cheaper and keep every goal proved: of 1,200 cheaper changes, the 16 most",
        ),
        (Nearby(1200, 14, 2, 0, "", 0.0, 0.95, 61), "14 leave a goal unproved (95 % confidence), 2 probably do"),
        (Nearby(9, 8, 0, 1, "one less front 10:00", 11.0, 0.95, 61), "one less front 10:00 saves 11"),
        (Nearby(0, 0, 0, 0, "", 0.0, 0.95, 0), "every one of them costs more"),
        (Nearby(9, 0, 0, 0, "", 0.0, 0.95, 0), ""),
        (None, ""),
    ],
)
def test_the_sentence_says_what_was_simulated(near, says):
    text = bound_words.nearby(replace(example_optimum(), nearby=near))
    assert says in text
    assert bool(text) is bool(says)


def test_a_bound_that_is_far_away_comes_after_what_is_known_nearby():
    near = Nearby(12, 12, 0, 0, "", 0.0, 0.95, 400)
    close = replace(example_optimum(), nearby=near)
    far = replace(close, bound=0.78 * close.cost)  # before, a gap of 30 % was taken to judge a plan
    assert bound_words.bound(close).startswith("Lower bound")
    assert bound_words.bound(far).startswith("No change of up to two agents")
    assert "too far away" in bound_words.bound(far)
    assert "too far away" not in bound_words.bound(close)
    assert bound_words.bound(replace(close, certified=False)).startswith("Plans that meet the goals cost")
