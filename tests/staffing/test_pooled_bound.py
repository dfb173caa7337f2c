"""The bound of pooled sets of queues never exceeds the exact optimum of the small cases, and is near it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.day_chain import Day
from oracles.small_cases import read, scenario
from staffing.test_chain_bound import exact_least

import cxsim
from cxsim.optimizer.bounds.choose import bound_of
from cxsim.optimizer.bounds.pooled import pooled
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem

KEPT = read()


def gap_of(case, kept):
    """How far the bound is below the exact optimum, as a share of it."""
    asked = problem(cxsim.parse(scenario(case)))
    found = pooled(asked)
    assert found.status == "heuristic"
    hours = asked.structure.cost[0] / case.wages[0]
    return 1.0 - found.value / hours / kept["cost"]


def checked(cases):
    gaps = np.array([gap_of(case, kept) for case, kept in cases])
    assert gaps.min() >= -1e-9
    return gaps


def test_the_bound_is_below_the_exact_optimum():
    assert np.median(checked(KEPT[::6])) < 0.2


@pytest.mark.slow
def test_the_bound_is_below_the_exact_optimum_of_every_small_case():
    gaps = checked(KEPT)
    assert np.median(gaps) < 0.15
    plain = [case for case in KEPT if case[0].name.startswith("V")]
    assert np.median(checked(plain)) < 0.01  # one group for two queues is one pooled queue


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.2, 1.6), min_size=2, max_size=3),
    st.sampled_from([60.0, 180.0, 600.0]),
    st.sampled_from([10.0, 30.0]),
    st.sampled_from([0.6, 0.8, 0.9]),
    st.sampled_from([900.0, 1800.0]),
)
def test_the_bound_is_below_the_cheapest_plan_of_a_short_day_that_begins_empty(loads, patience, within, share, length):
    """Steady states ask for more than a day's first intervals need, so their load is lagged; by the exact chain."""
    day = Day(tuple(load / 240.0 for load in loads), length, 240.0, patience, within, most=5, queue=8)
    end = 8 * 3600 + len(loads) * int(length)
    hours = f"08:00-{end // 3600:02d}:{end % 3600 // 60:02d}"
    calls = {
        "volume": {"per_interval": [load / 240.0 * length for load in loads]},
        "handle_time": "240s",
        "patience": f"{patience:g}s",
    }
    asked = problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"days": 1, "open": hours, "interval": f"{length:g}s", "before": 0, "after": 0},
                "reasons": {"calls": calls},
                "queues": {"calls": {"target": {"sl": {"share": f"{100 * share:g}%", "within": f"{within:g}s"}}}},
                "groups": {"team": {"agents": 1, "serves": ["calls"], "wage": 10.0 * 3600.0 / length}},
                "optimize": {"floor": "0%", "counts": ["wages"], "groups": {"team": {"max": 5}}},
            }
        ),
        threads=1,
    )
    found, best = pooled(asked), exact_least(day, 10.0, 0.0, share, 0.0)
    assert found is None or found.value <= best + 1e-6


def of(**changes):
    """A day of calls and a chat, a team each and one for both."""
    return {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "08:00-10:00", "interval": "30 min", "before": 0, "after": 0},
        "channels": {"phone": {"patience": "3 min"}, "chat": {"patience": "3 min", "concurrent": 3}},
        "reasons": {
            "calls": {"volume": {"per_hour": 60}, "handle_time": "4 min", "queue": "calls"},
            "chats": {"volume": {"per_hour": 40}, "handle_time": "6 min", "queue": "chats"},
        },
        "queues": {
            "calls": {"channel": "phone", "target": {"sl": {"share": "80%", "within": "20s"}}},
            "chats": {"channel": "chat", "target": {"sl": {"share": "80%", "within": "60s"}}},
        },
        "groups": {
            "phone": {"agents": 6, "wage": 20, "serves": ["calls"]},
            "both": {"agents": 6, "wage": 22, "serves": ["calls", "chats"]},
        },
        "optimize": {"within_team": False},
        **changes,
    }


def test_a_goal_on_abandonment_raises_the_bound():
    queues = {"calls": {"channel": "phone", "target": {"abandoned": {"max": "3%"}}}, "chats": {"channel": "chat"}}
    asked = problem(cxsim.parse(of(queues=queues)))
    plain = fluid(asked)
    found = bound_of(asked, plain)
    assert found.method == "pooled"
    assert found.value > 1.1 * plain.bound


def test_chats_are_not_taken_for_a_line_of_calls():
    """An agent with three chats is not three times as fast: the queue of chats by itself has no Erlang curve."""
    asked = problem(cxsim.parse(of()))
    found = bound_of(asked, fluid(asked))
    calls = of(optimize={"within_team": False, "subject_to": [{"figure": "sl", "scope": "queue:calls", "min": "80%"}]})
    alone = problem(cxsim.parse(calls))
    assert found.value > bound_of(alone, fluid(alone)).value
    fast = of()
    fast["channels"]["chat"] = {"patience": "3 min"}
    fast["reasons"]["chats"]["handle_time"] = "2 min"
    asked = problem(cxsim.parse(fast))
    assert bound_of(asked, fluid(asked)).value > found.value
