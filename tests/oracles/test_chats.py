"""Agents with several chats at a time, slower the more there are, against birth and death chains solved exactly.

Error rate: each figure is judged at 4 of its own standard errors over 40 replications, about 2 in 10,000. Seeds are
fixed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from oracles.markov import mean, off, stationary

import cxsim

SLOTS, PACE = 3, (1.0, 1.2, 1.6)
WORK, GIVE_UP = 12.0, 10.0  # an hour, of an agent who does nothing else; and of who waits

State = tuple[tuple[int, ...], int]  # chats of each agent, most first, and who waits


def moves(rate: float) -> object:
    def out(state: State) -> Iterator[tuple[float, State]]:
        chats, waiting = state
        room = [k for k, n in enumerate(chats) if n < SLOTS]
        if room:
            least = min(room, key=lambda k: chats[k])
            yield rate, (changed(chats, least, 1), waiting)
        elif waiting < 60:
            yield rate, (chats, waiting + 1)
        yield GIVE_UP * waiting, (chats, waiting - 1)
        for k, n in enumerate(chats):
            if n:
                after = (chats, waiting - 1) if waiting else (changed(chats, k, -1), 0)
                yield n * WORK / PACE[n - 1], after

    return out


def changed(chats: tuple[int, ...], k: int, by: int) -> tuple[int, ...]:
    return tuple(sorted([n + by * (i == k) for i, n in enumerate(chats)], reverse=True))


@pytest.mark.parametrize(("agents", "rate", "wrap", "seed"), [(1, 25.0, 0.0, 1), (2, 48.0, 0.0, 2), (2, 40.0, 0.3, 3)])
def test_chats_are_their_birth_and_death_chain(agents: int, rate: float, wrap: float, seed: int) -> None:
    """With a wrap of a fixed share of the slot's time only the sums are known: Little's law and the busy share."""
    share = stationary(((0,) * agents, 0), moves(rate))  # type: ignore[arg-type]
    hour = {"exponential": {"mean": f"{3600 / WORK * (1 - wrap)} s"}}
    reason = {"volume": {"per_hour": rate}, "talk": hour}
    if wrap:
        reason["wrap"] = {"exponential": {"mean": f"{3600 / WORK * wrap} s"}}
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "200 h"}, "interval": "60 min"},
            "channels": {"chat": {"patience": f"{3600 / GIVE_UP} s", "concurrent": SLOTS, "slowdown": list(PACE)}},
            "reasons": {"ask": reason},
            "groups": {"g": {"agents": agents, "serves": ["ask"]}},
        }
    )
    found = cxsim.simulate(scenario, seed=seed, replications=40)
    chats = mean(share, lambda s: float(sum(s[0])))
    engaged = mean(share, lambda s: float(sum(n > 0 for n in s[0])))
    waiting = mean(share, lambda s: float(s[1]))
    if wrap:  # a hypoexponential slot: the chain is another, what must add up is the same
        told = found.figures[(found.figures["interval"] == "total")].set_index(["figure", "name"])["value"]
        assert float(told["concurrency", "g"]) > 1.5
        served = float(told["answered", "total"]) / 200.0 * float(told["aht", "total"]) / 3600.0
        both = float(told["concurrency", "g"]) * float(told["occupancy", "g"]) * agents
        assert served == pytest.approx(both, rel=0.01)
        return
    for name, figure, right in (
        ("ask", "queue_length", waiting),
        ("g", "occupancy", engaged / agents),
        ("g", "concurrency", chats / engaged),
        ("ask", "abandoned_share", GIVE_UP * waiting / rate),
        ("ask", "aht", 3600.0 * chats / (rate - GIVE_UP * waiting)),
    ):
        assert off(found, figure, name, right) < 4.0, (figure, right)
