"""Calls back and announced waits, against chains solved exactly.

Error rate: each figure is judged at 4 of its own standard errors over 40 replications, about 2 in 10,000. Seeds are
fixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from oracles.markov import mean, off, stationary
from scipy.stats import gamma

import cxsim
from cxsim.schema.names import ESTIMATORS

CALLS, TALK, DIAL, GIVE_UP = 18.0, 20.0, 120.0, 12.0  # an hour
OVER, ACCEPTED, REACHED, PLACES = 200.0, 0.5, 0.7, 5


class State(NamedTuple):
    """What the one agent does (0 nothing, 1 talks, 2 dials) and who waits, first first: c on the line, b at home."""

    agent: int
    queue: str


def moves(s: State) -> Iterator[tuple[float, State]]:
    if s.agent == 0:
        yield CALLS, State(1, "")
    elif len(s.queue) < PLACES:
        share = ACCEPTED if (len(s.queue) + 1) * 3600.0 / TALK > OVER else 0.0
        yield CALLS * share, s._replace(queue=s.queue + "b")
        yield CALLS * (1.0 - share), s._replace(queue=s.queue + "c")
    for k, kind in enumerate(s.queue):
        if kind == "c":
            yield GIVE_UP, s._replace(queue=s.queue[:k] + s.queue[k + 1 :])
    free = State(0, "")
    if s.queue:
        free = State(1 if s.queue[0] == "c" else 2, s.queue[1:])
    if s.agent == 1:
        yield TALK, free
    elif s.agent == 2:
        yield DIAL * REACHED, s._replace(agent=1)
        yield DIAL * (1.0 - REACHED), free


def test_calls_back_keep_their_place_as_in_the_chain() -> None:
    share = stationary(State(0, ""), moves)
    callback = {"over": f"{OVER} s", "accepted": f"{100 * ACCEPTED}%", "reached": f"{100 * REACHED}%", "tries": 1}
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "400 h"}, "interval": "60 min"},
            "channels": {"phone": {"patience": f"{3600 / GIVE_UP} s"}},
            "reasons": {"call": {"volume": {"per_hour": CALLS}, "handle_time": f"{3600 / TALK} s"}},
            "queues": {"call": {"capacity": PLACES, "callback": callback | {"dial": f"{3600 / DIAL} s"}}},
            "groups": {"g": {"agents": 1, "serves": ["call"]}},
        }
    )
    found = cxsim.simulate(scenario, seed=1, replications=40)
    room = mean(share, lambda s: s.agent > 0 and 2 <= 1 + len(s.queue) <= PLACES)
    dialled = DIAL * mean(share, lambda s: s.agent == 2)
    for figure, right in {
        "callbacks_offered": 400.0 * CALLS * room,
        "callbacks": 400.0 * CALLS * room * ACCEPTED,
        "callbacks_reached": 400.0 * dialled * REACHED,
        "callbacks_unreached": 400.0 * dialled * (1.0 - REACHED),
        "abandoned": 400.0 * GIVE_UP * mean(share, lambda s: s.queue.count("c")),
        "blocked": 400.0 * CALLS * mean(share, lambda s: len(s.queue) == PLACES),
        "queue_length": mean(share, lambda s: len(s.queue)),
    }.items():
        assert off(found, figure, "call", right) < 4.0, figure
    assert off(found, "occupancy", "g", mean(share, lambda s: s.agent > 0)) < 4.0
    # Little: who waits at home is dialled after the time its number says, is dialled itself, and talks if reached.
    waits = 3600.0 * mean(share, lambda s: s.queue.count("b")) / dialled + 3600.0 / DIAL
    assert off(found, "callback_wait", "call", waits) < 4.0


def told(estimator: str, agents: int = 5, **queue: Any) -> cxsim.Result:
    """Five agents, four and a half of them busy on average, and calls of four minutes that wait for ever."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "300 h"}, "interval": "60 min"},
            "reasons": {"call": {"volume": {"per_hour": 67.5}, "handle_time": "4 min"}},
            "queues": {"call": {"announces": {"estimator": estimator}} | queue},
            "groups": {"g": {"agents": agents, "serves": ["call"]}},
        }
    )
    return cxsim.simulate(scenario, seed=2, replications=40)


def test_the_estimate_by_queue_length_is_right_and_its_error_is_that_of_erlang_laws() -> None:
    """M/M/n: who finds q waiting waits an Erlang time of q + 1 phases; q is geometric with ratio 0.9."""
    found, step = told("queue_length"), 240.0 / 5
    queue = [0.1 * 0.9**q for q in range(400)]
    wait = math.fsum(p * (q + 1) * step for q, p in enumerate(queue))

    def distance(q: int) -> float:
        """Mean distance of an Erlang time of q + 1 phases from its mean m: 2 m (F_k(m) - F_{k+1}(m))."""
        m = (q + 1) * step
        return float(2.0 * m * (gamma.cdf(m, q + 1, scale=step) - gamma.cdf(m, q + 2, scale=step)))

    error = math.fsum(p * distance(q) for q, p in enumerate(queue))
    assert off(found, "told_wait", "call", wait) < 4.0
    assert off(found, "told_error", "call", error) < 4.0


def test_estimators_are_as_good_as_is_known() -> None:
    """Knowing the queue's length beats the wait of the first in line, and that the last wait of any customer.

    The order of Ibrahim and Whitt (2009), on the same customers; both steps are some 5 % and more.
    """
    errors = {}
    for name in ESTIMATORS:
        figures = told(name).figures
        row = figures[(figures["figure"] == "told_error") & (figures["name"] == "call")]
        errors[name] = float(row[row["interval"] == "total"]["value"].iloc[0])
    assert errors["queue_length"] == errors["queue_length_abandoning"]  # nobody gives up
    assert errors["queue_length"] < 0.8 * errors["head_of_line"]
    assert errors["head_of_line"] < 0.97 * errors["last_to_enter"]


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_who_leaves_on_hearing_a_long_wait_is_a_step_in_the_arrival_rate(engine: str) -> None:
    """One agent: of those who would find three or more waiting, half leave. A birth and death chain."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "300 h"}, "interval": "60 min"},
            "reasons": {"call": {"volume": {"per_hour": CALLS}, "handle_time": f"{3600 / TALK} s"}},
            "queues": {"call": {"announces": {"leaves": {"over": f"{3.5 * 3600 / TALK} s", "share": "50%"}}}},
            "groups": {"g": {"agents": 1, "serves": ["call"]}},
        }
    )
    found = cxsim.simulate(scenario, seed=3, replications=40 if engine == "clock" else 8, engine=engine)
    share = [1.0]
    for n in range(300):
        share.append(share[-1] * CALLS * (0.5 if n - 1 >= 3 else 1.0) / TALK)
    total = math.fsum(share)
    left = math.fsum(p for n, p in enumerate(share) if n - 1 >= 3) / total * 0.5
    assert off(found, "balked_share", "call", left) < 4.0
    assert off(found, "queue_length", "call", math.fsum(p * max(0, n - 1) for n, p in enumerate(share)) / total) < 4.0
