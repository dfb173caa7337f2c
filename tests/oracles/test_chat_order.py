"""Agents who share chats with calls, or messages with letters, against chains solved exactly.

Two agents with two chats at a time, slower the more there are; the other work needs an agent without chats, and an
agent who gets free takes it first. Streams are Poisson, times and patience exponential. While a call waits that no
agent is free for, nobody takes another chat; a letter, which can be deferred, holds no message back. When the hold
ends, as when the last call that waits gives up, the free slots go to the chats that wait. Error rate: each figure is
judged at 4 of its own standard errors over 40 replications, about 2 in 10,000; seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from oracles.markov import mean, off, stationary

import cxsim

AGENTS, SLOTS, PACE = 2, 2, (1.0, 1.4)
OTHERS, CHATS = 10.0, 16.0  # come an hour
OTHER, CHAT = 12.0, 12.0  # served an hour, by an agent who does nothing else
LEAVES_OTHER, LEAVES_CHAT = 15.0, 6.0  # an hour, each who waits
ROOM = 24  # of either queue, beyond which there is next to no probability
ALONE = -1  # what an agent has in place of chats: the other work

State = tuple[tuple[int, ...], int, int]  # what each agent has, sorted; the other contacts and the chats that wait


def settled(agents: list[int], others: int, chats: int, holds: bool) -> State:
    """Free agents take who waits, the other work first; then slots beside chats are given out, fewest chats first."""
    while 0 in agents and (others or chats):
        k = agents.index(0)
        agents[k], others, chats = (ALONE, others - 1, chats) if others else (1, others, chats - 1)
    while chats and not (holds and others) and (room := [n for n in agents if 0 < n < SLOTS]):
        agents[agents.index(min(room))] += 1
        chats -= 1
    return tuple(sorted(agents)), others, chats


def moves(holds: bool) -> object:
    def out(state: State) -> Iterator[tuple[float, State]]:
        agents, others, chats = state
        if others < ROOM:
            yield OTHERS, settled(list(agents), others + 1, chats, holds)
        if chats < ROOM:
            yield CHATS, settled(list(agents), others, chats + 1, holds)
        if others:
            yield LEAVES_OTHER * others, settled(list(agents), others - 1, chats, holds)
        if chats:
            yield LEAVES_CHAT * chats, settled(list(agents), others, chats - 1, holds)
        for k, n in enumerate(agents):
            rest = list(agents)
            rest[k] = 0 if n == ALONE else n - 1
            if n:
                yield OTHER if n == ALONE else n * CHAT / PACE[n - 1], settled(rest, others, chats, holds)

    return out


def center(holds: bool) -> cxsim.Scenario:
    """Calls and chats; or, where nothing `holds` chats back, letters and messages."""
    deferred = {} if holds else {"deferrable": True}
    several = {"concurrent": SLOTS, "slowdown": list(PACE)}
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "200 h"}, "interval": "60 min"},
            "channels": {
                "other": {"patience": f"{3600 / LEAVES_OTHER} s", **deferred},
                "chat": {"patience": f"{3600 / LEAVES_CHAT} s", **several, **deferred},
            },
            "reasons": {
                "other": {"volume": {"per_hour": OTHERS}, "handle_time": f"{3600 / OTHER} s"},
                "chat": {"volume": {"per_hour": CHATS}, "handle_time": f"{3600 / CHAT} s"},
            },
            "queues": {"other": {"channel": "other"}, "chat": {"channel": "chat"}},
            "groups": {"g": {"agents": AGENTS, "skills": {"other": {"rank": 1}, "chat": {"rank": 2}}}},
        }
    )


@pytest.mark.parametrize(("holds", "seed"), [(True, 1), (False, 2)], ids=["calls-and-chats", "letters-and-messages"])
def test_chats_beside_other_work_are_their_chain(holds: bool, seed: int) -> None:
    share = stationary(((0,) * AGENTS, 0, 0), moves(holds))  # type: ignore[arg-type]
    assert mean(share, lambda s: float(ROOM in s[1:])) < 1e-4
    others, chats = mean(share, lambda s: float(s[1])), mean(share, lambda s: float(s[2]))
    engaged = mean(share, lambda s: float(sum(n > 0 for n in s[0])))
    served = mean(share, lambda s: float(sum(n for n in s[0] if n > 0)))
    found = cxsim.simulate(center(holds), seed=seed, replications=40)
    for name, figure, right in (
        ("other", "queue_length", others),
        ("chat", "queue_length", chats),
        ("other", "abandoned_share", LEAVES_OTHER * others / OTHERS),
        ("chat", "abandoned_share", LEAVES_CHAT * chats / CHATS),
        ("g", "occupancy", mean(share, lambda s: sum(n != 0 for n in s[0]) / AGENTS)),
        ("g", "concurrency", served / engaged),
    ):
        assert off(found, figure, name, right) < 4.0, (name, figure, right)
