"""Calls and letters shared by one group, against chains solved exactly: a threshold, and letters put aside.

Three agents; calls and letters arrive by Poisson streams and take exponential times; nobody abandons. A letter is only
begun when, besides the agent who takes it, `reserve` agents are idle. Error rate: each figure is judged at 4 of its own
standard errors over 40 replications, about 2 in 10,000 each; seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from oracles.markov import mean, off, stationary

import cxsim

AGENTS = 3
CALLS, LETTERS = 30.0, 12.0  # an hour
CALL, LETTER = 20.0, 15.0  # served an hour
ROOM = 90  # of either queue, beyond which there is next to no probability


class State(NamedTuple):
    """Agents on calls and on letters, calls and letters that wait."""

    calls: int
    letters: int
    waiting: int
    backlog: int

    @property
    def idle(self) -> int:
        return AGENTS - self.calls - self.letters


def moves(reserve: int, aside: bool) -> object:
    def out(s: State) -> Iterator[tuple[float, State]]:
        if s.idle > 0:
            yield CALLS, s._replace(calls=s.calls + 1)
        elif aside and s.letters > 0:
            yield CALLS, s._replace(calls=s.calls + 1, letters=s.letters - 1, backlog=s.backlog + 1)
        elif s.waiting < ROOM:
            yield CALLS, s._replace(waiting=s.waiting + 1)
        if s.idle > reserve:
            yield LETTERS, s._replace(letters=s.letters + 1)
        elif s.backlog < ROOM:
            yield LETTERS, s._replace(backlog=s.backlog + 1)
        for rate, free in (
            (CALL * s.calls, s._replace(calls=s.calls - 1)),
            (LETTER * s.letters, s._replace(letters=s.letters - 1)),
        ):
            if s.waiting:
                yield rate, free._replace(calls=free.calls + 1, waiting=s.waiting - 1)
            elif s.backlog and free.idle - 1 >= reserve:
                yield rate, free._replace(letters=free.letters + 1, backlog=s.backlog - 1)
            else:
                yield rate, free

    return out


def center(reserve: int, aside: bool) -> cxsim.Scenario:
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "200 h"}, "interval": "60 min"},
            "channels": {"phone": {}, "mail": {"deferrable": True, "interruptible": aside}},
            "reasons": {
                "call": {"volume": {"per_hour": CALLS}, "handle_time": f"{3600 / CALL} s"},
                "letter": {"volume": {"per_hour": LETTERS}, "handle_time": f"{3600 / LETTER} s"},
            },
            "queues": {"call": {}, "letter": {"channel": "mail"}},
            "groups": {"g": {"agents": AGENTS, "skills": {"call": {}, "letter": {"rank": 2, "reserve": reserve}}}},
        }
    )


@pytest.mark.parametrize(("reserve", "aside", "seed"), [(0, False, 1), (1, False, 2), (0, True, 3), (1, True, 4)])
def test_blending_is_its_chain(reserve: int, aside: bool, seed: int) -> None:
    share = stationary(State(0, 0, 0, 0), moves(reserve, aside))  # type: ignore[arg-type]
    assert mean(share, lambda s: float(s.waiting == ROOM or s.backlog == ROOM)) < 1e-3
    found = cxsim.simulate(center(reserve, aside), seed=seed, replications=40)
    for name, figure, right in (
        ("call", "queue_length", mean(share, lambda s: s.waiting)),
        ("letter", "queue_length", mean(share, lambda s: s.backlog)),
        ("g", "occupancy", mean(share, lambda s: (AGENTS - s.idle) / AGENTS)),
        # Little: letters arrive at rate 12 an hour, calls at rate 30.
        ("call", "asa", 3600.0 / CALLS * mean(share, lambda s: s.waiting)),
        ("letter", "asa", 3600.0 / LETTERS * mean(share, lambda s: s.backlog)),
    ):
        assert off(found, figure, name, right) < 4.0, (name, figure, right)
