"""Warm transfers as the seizure of two agents, against a chain solved exactly; cold ones by their algebra.

Calls come to three agents of the front line, who hand a share of them on to one of two experts and stay with the
customer until an expert is there and has been told. Everything is exponential, nobody gives up. Error rate: each
figure is judged at 4 of its own standard errors over 40 replications, about 2 in 10,000; seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from oracles.markov import mean, off, stationary

import cxsim
from cxsim.erlang.formulas import steady

FRONT, EXPERTS = 3, 2
CALLS, TALK, HANDOVER, EXPERT = 24.0, 20.0, 60.0, 12.0  # an hour
SHARE = 0.6
ROOM = 150


class State(NamedTuple):
    """Front agents who talk and who hold, calls that wait, pairs who hand over, experts who talk alone."""

    talking: int
    holding: int
    waiting: int
    pairs: int
    alone: int


def moves(s: State) -> Iterator[tuple[float, State]]:
    front = FRONT - s.talking - s.holding - s.pairs

    def relieved(after: State) -> State:
        """A front agent is free: the next call."""
        return after._replace(talking=after.talking + 1, waiting=after.waiting - 1) if after.waiting else after

    if front > 0:
        yield CALLS, s._replace(talking=s.talking + 1)
    elif s.waiting < ROOM:
        yield CALLS, s._replace(waiting=s.waiting + 1)
    done = s._replace(talking=s.talking - 1)
    yield TALK * s.talking * (1.0 - SHARE), relieved(done)
    if s.pairs + s.alone < EXPERTS:
        yield TALK * s.talking * SHARE, done._replace(pairs=s.pairs + 1)
    else:
        yield TALK * s.talking * SHARE, done._replace(holding=s.holding + 1)
    yield HANDOVER * s.pairs, relieved(s._replace(pairs=s.pairs - 1, alone=s.alone + 1))
    free = s._replace(alone=s.alone - 1)
    if s.holding:
        free = free._replace(holding=s.holding - 1, pairs=s.pairs + 1)
    yield EXPERT * s.alone, free


def center(kind: str) -> cxsim.Scenario:
    rule = {"to": "second", "share": f"{100 * SHARE}%", "kind": kind}
    if kind == "warm":
        rule["handover"] = f"{3600 / HANDOVER} s"
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "200 h"}, "interval": "60 min"},
            "reasons": {"call": {"volume": {"per_hour": CALLS}, "handle_time": f"{3600 / TALK} s", "queue": "first"}},
            "queues": {"first": {"transfers": rule}, "second": {}},
            "groups": {
                "front": {"agents": FRONT, "serves": ["first"]},
                "experts": {"agents": EXPERTS, "skills": {"second": {"handle_time": f"{3600 / EXPERT} s"}}},
            },
        }
    )


def test_a_warm_transfer_seizes_two_agents() -> None:
    share = stationary(State(0, 0, 0, 0, 0), moves)
    assert mean(share, lambda s: s.waiting == ROOM) < 1e-6
    found = cxsim.simulate(center("warm"), seed=1, replications=40)
    held = mean(share, lambda s: s.holding)
    for name, figure, right in (
        ("first", "queue_length", mean(share, lambda s: s.waiting)),
        ("second", "queue_length", held),
        ("first", "asa", 3600.0 / CALLS * mean(share, lambda s: s.waiting)),
        ("second", "asa", 3600.0 / (CALLS * SHARE) * held),
        ("front", "occupancy", mean(share, lambda s: (s.talking + s.holding + s.pairs) / FRONT)),
        ("experts", "occupancy", mean(share, lambda s: (s.pairs + s.alone) / EXPERTS)),
        ("second", "transferred_in", CALLS * SHARE * 200.0),
    ):
        assert off(found, figure, name, right) < 4.0, (name, figure, right)


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_cold_transfers_leave_two_queues_in_a_row(engine: str) -> None:
    """By Burke's theorem both are M/M/n: the second is offered the share that is handed on; seed 2."""
    found = cxsim.simulate(center("cold"), seed=2, replications=40 if engine == "clock" else 6, engine=engine)
    for name, servers, rate, served in (("first", FRONT, CALLS, TALK), ("second", EXPERTS, CALLS * SHARE, EXPERT)):
        wait = steady(rate / 3600.0, 3600.0 / served, servers).asa
        assert off(found, "asa", name, wait) < 4.0, name
    told = found.figures[(found.figures["interval"] == "total") & (found.figures["scope"] == "total")]
    told = told.set_index("figure")["value"]
    assert float(told["answered"]) == pytest.approx(float(told["offered"] + told["transferred_in"]), rel=1e-3)
    assert float(told["contacts_per_issue"]) == 1.0
    assert float(told["hand_offs"]) == pytest.approx(SHARE, abs=0.02)
