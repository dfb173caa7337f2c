"""The bound of one queue and one team: hand-computed, and against every plan of small days by their exact chain."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.day_chain import Day

import cxsim
from cxsim.erlang.formulas import steady
from cxsim.optimizer.bounds.chain import Queue, answered_within, interval
from cxsim.optimizer.bounds.choose import bound_of
from cxsim.optimizer.bounds.one_queue import one_queue
from cxsim.optimizer.bounds.queue_case import Asked, QueueCase, case_of
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.run import Run


def posed(volumes=(20, 30, 25), **changes):
    """An hour and a half, handle time 4 min, patience 3 min; an agent costs 10 a half-hour."""
    hours = {"days": 1, "open": "08:00-09:30", "interval": "30 min", "before": 0, "after": 0}
    return problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": hours,
                "reasons": {"calls": {"volume": {"per_interval": list(volumes)}, **_of(changes)}},
                "queues": {"calls": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
                "groups": {"team": {"agents": 6, "serves": ["calls"], "wage": 20}},
                "optimize": {"within_team": False},
            }
            | changes
        )
    )


def _of(changes):
    calls = changes.pop("calls", {})
    return {"patience": "3 min"} | ({} if "talk" in calls else {"handle_time": "4 min"}) | calls


def long_run(share, patience):
    calls = {"volume": {"per_hour": 30}, "talk": {"exponential": "4 min"}}
    return problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"steady": {"warm_up": "1 h", "length": "10 h"}, "interval": "1 h"},
                "reasons": {"calls": calls if patience is None else {**calls, "patience": patience}},
                "queues": {"calls": {"target": {"sl": {"share": share, "within": "60s"}}}},
                "groups": {"team": {"agents": 6, "wage": 30, "skills": {"calls": {}}}},
            }
        )
    )


def test_an_arrival_who_meets_all_busy_is_answered_in_time_as_worked_out_by_hand():
    """One agent: with patience the first of two ends, an answer at rate 1/240 or giving up at 1/180, must be an answer
    within 20 s; two waiting ahead without patience are an Erlang time of three stages."""
    mu, theta = 1 / 240, 1 / 180
    found = answered_within(Queue(0.01, 240.0, 180.0, 20.0), np.array([1.0]), 3)[0]
    assert found[0] == 1.0
    assert found[1] == pytest.approx(mu / (mu + theta) * (1 - math.exp(-20 * (mu + theta))))
    endless = answered_within(Queue(0.01, 240.0, math.inf, 20.0), np.array([1.0]), 4)[0]
    x = 20 / 240
    assert endless[3] == pytest.approx(1 - math.exp(-x) * (1 + x + x * x / 2))


def test_a_long_interval_is_erlang_a():
    queue = Queue(120 / 3600, 240.0, 180.0, 20.0)
    found = interval(queue, np.array([6.0, 9.0]), 1e6, 60)
    for k, n in enumerate((6, 9)):
        known = steady(queue.rate, 240.0, n, patience=180.0)
        assert found.in_time[k, 0] / (queue.rate * 1e6) == pytest.approx(known.sl(20.0), abs=4e-4)
        assert found.waited[k, 0] / 180.0 / (queue.rate * 1e6) == pytest.approx(known.abandoned, abs=4e-4)


@pytest.mark.parametrize(("share", "agents"), [("65%", 3), ("80%", 4), ("90%", 5)])
def test_the_bound_of_a_steady_queue_is_erlang_c_by_hand(share, agents):
    """2 erlangs, 60 s of 240 s. n = 3: C = 4/9, SL = 1 - 4/9 e^-1/4 = 65.4 %; n = 4: C = 4/23, 1 - 4/23 e^-1/2 =
    89.5 %; n = 5: over 97 %."""
    asked = long_run(share, None)
    found = bound_of(asked, fluid(asked))
    assert (found.status, found.method) == ("rigorous", "chain")
    assert found.value == pytest.approx(agents * 30 * 10)


def exact_least(day, cost, leaver, share, floor):
    """The cost of the cheapest plan by the exact chain."""
    offered = np.array(day.rates) * day.seconds
    best = math.inf
    for plan in itertools.product(range(day.most + 1), repeat=len(day.rates)):
        money = cost * sum(plan) + leaver * sum(max(0, a - b) for a, b in itertools.pairwise(plan))
        if money >= best:
            continue
        in_time = day.in_time(plan)
        if in_time.sum() >= share * offered.sum() and (in_time >= floor * offered).all():
            best = money
    return best


def least_bound(day, cost, leaver, share, floor):
    n = len(day.rates)
    case = QueueCase(
        rate=np.array(day.rates),
        seconds=np.full(n, day.seconds),
        cost=np.full(n, cost),
        low=np.zeros(n),
        high=np.full(n, float(day.most)),
        joined=np.arange(n) > 0,
        leaver=leaver,
        change=math.inf,
        handle=day.handle,
        patience=day.patience,
        within=day.within,
        asked=(Asked("sl", share, tuple(range(n)), False), *(Asked("sl", floor, (i,), True) for i in range(n))),
        steady=False,
        near=(),
    )
    return one_queue(case)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.floats(0.1, 1.2), min_size=2, max_size=2),
    st.sampled_from([60.0, 180.0, 600.0]),
    st.sampled_from([10.0, 30.0]),
    st.sampled_from([0.5, 0.8, 0.9]),
    st.sampled_from([0.0, 0.6]),
    st.sampled_from([0.0, 2.0]),
)
def test_the_bound_is_below_the_cheapest_plan_of_the_exact_chain(loads, patience, within, share, floor, leaver):
    """Every plan of two quarter-hours with up to 4 agents, those who leave finishing their contacts."""
    day = Day(tuple(load / 240.0 for load in loads), 900.0, 240.0, patience, within, most=4, queue=7)
    found, best = least_bound(day, 10.0, leaver, share, floor), exact_least(day, 10.0, leaver, share, floor)
    if found is None:
        assert best == math.inf
    else:
        assert found.value <= best + 1e-6


def test_the_bound_of_a_small_day_is_close_to_its_exact_optimum():
    day = Day((0.9 / 240.0, 1.6 / 240.0, 0.6 / 240.0), 1800.0, 240.0, 180.0, 20.0, most=4, queue=7)
    found, best = least_bound(day, 10.0, 0.5, 0.8, 0.6), exact_least(day, 10.0, 0.5, 0.8, 0.6)
    assert best - 10.0 < found.value <= best  # less than one agent


def test_a_day_of_exponential_times_has_a_rigorous_bound_near_its_best_plan():
    asked = posed()
    found, plain = bound_of(asked, fluid(asked)), fluid(asked)
    assert (found.status, found.method, found.near) == ("rigorous", "chain", ())
    assert found.value > 1.2 * plain.bound
    days = range(400)
    best = math.inf
    for plan in itertools.product(range(2, 6), repeat=3):
        x = asked.structure.complete(np.pad(np.array(plan, float), (0, asked.structure.size - 3)))
        money = asked.structure.cost_of(x)
        if found.value - 25.0 < money < best and (asked.trials.run(asked.structure.plan(x), days).slack >= 0.0).all():
            best = money
    assert best >= found.value
    assert (best - found.value) / best < 0.12  # of so few agents, one is 8 %


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"calls": {"handle_time": {"lognormal": {"mean": "4 min", "cv": "120%"}}}}, "handle times"),
        ({"calls": {"talk": {"exponential": "4 min"}, "wrap": "30s"}}, "handle times"),
        ({"calls": {"patience": {"lognormal": {"mean": "3 min", "cv": "60%"}}}}, "patience"),
        ({"after_contact": {"abandoned": {"redial": "30%"}}}, "come again"),
        ({"calls": {"volume": {"per_interval": [20, 30, 25], "busyness": {"gamma": {"cv": "15%"}}}}}, "Poisson"),
        ({"staff": {"at_shift_end": "hand_back"}}, "leaves out"),
        ({"channels": {"phone": {"lines": 12}}}, "leaves out"),
    ],
)
def test_what_departs_from_the_chain_makes_its_bound_heuristic(changes, said):
    asked = posed(**changes)
    found = one_queue(case_of(asked))
    assert found.status == "heuristic"
    assert any(said in one for one in found.near)


def test_an_optimization_has_the_bound_of_the_chain():
    run = Run(posed(), "highs", None, None)
    run.presolve()
    fluid_bound = run.bound
    run.program = fluid(run.problem, erlang="own")  # a start of the search, which bounds nothing
    run.tighten()
    run.close()
    assert run.bound_status == "rigorous"
    assert run.bound > 1.2 * fluid_bound


def test_a_time_limit_that_is_over_leaves_the_bound_of_the_fluid_program():
    run = Run(posed(), "highs", None, None)
    run.presolve()
    before = run.bound
    run.seconds = 1e-6
    run.tighten()
    run.close()
    assert (run.bound, run.bound_status) == (before, "heuristic")


def test_a_case_of_two_groups_has_no_chain():
    both = {
        "team": {"agents": 6, "serves": ["calls"], "wage": 20},
        "more": {"agents": 6, "serves": ["calls"], "wage": 22},
    }
    assert case_of(posed(groups=both)) is None


def test_a_start_of_the_search_is_not_taken_for_a_bound():
    groups = {
        "team": {"agents": 6, "serves": ["calls"], "wage": 20},
        "more": {"agents": 6, "serves": ["calls"], "wage": 22},
    }
    run = Run(posed(groups=groups), "highs", None, None)
    run.presolve()
    plain = bound_of(run.problem, run.fluid)
    run.program = fluid(run.problem, erlang="own", offsets=0.1)
    run.tighten()
    run.close()
    assert run.program.bound > plain.value
    assert run.bound == pytest.approx(plain.value)
