"""Policies with memory against small Markov chains that have the memory in their state.

Error rate: each figure is judged at 4 of its own standard errors, about once in ten thousand; seeds are fixed.
"""

from __future__ import annotations

from oracles.markov import mean, off, stationary

import cxsim
from cxsim.policies import ANSWERED, JOINED, State

RATE, TALK, HELP, PATIENCE, MOST = 24.0, 3.0, 4.0, 3.0, 40  # an hour; minutes; where the chain is cut
START = 3


class Helpers:
    """Helpers begin when `start` contacts would wait, and go on until nobody waits: hysteresis."""

    start = START
    on = State()

    def choose_agent(self, contact, groups):
        if contact.waiting + 1 >= self.start:
            self.on[0] = 1
        for group in groups:
            if group.number == 0 or self.on[0] == 1:
                return group.number
        return None

    def choose_contact(self, agent, queues):
        if agent.group == 1 and self.on[0] == 0:
            return None
        return queues[0].number

    def after(self, event, every_queue):
        if event.kind != JOINED and every_queue[0].waiting == 0:
            self.on[0] = 0


class Alternate:
    """Agents take turns between two queues, each agent by its own memory."""

    last = State("agents", start=1)

    def choose_contact(self, agent, queues):
        best = queues[0].number
        for queue in queues:
            if queue.number != self.last[agent.number]:
                best = queue.number
        return best

    def after(self, event):
        if event.kind == ANSWERED:
            self.last[event.agent] = event.queue


def steady(rates: tuple[float, ...], groups: dict, talk: float, length: int) -> cxsim.Scenario:
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "4 h", "length": f"{length} h"}, "interval": "60 min"},
            "channels": {"phone": {"patience": f"{PATIENCE} min"}},
            "reasons": {
                f"q{q}": {"volume": {"per_hour": rate}, "talk": {"exponential": {"mean": f"{talk} min"}}}
                for q, rate in enumerate(rates)
            },
            "groups": groups,
        }
    )


def helped(state: tuple[int, int, int, int]):
    """Moves of (waiting, main agent busy, helper busy, on): one agent and one helper."""
    waiting, main, helper, on = state

    def settled(waiting: int, main: int, helper: int, on: int) -> tuple[int, int, int, int]:
        return waiting, main, helper, on if waiting else 0

    alert = 1 if waiting + 1 >= START else on
    if not main:
        yield RATE / 60.0, settled(waiting, 1, helper, on)
    elif not helper and alert:
        yield RATE / 60.0, settled(waiting, main, 1, alert)
    elif waiting < MOST:
        yield RATE / 60.0, (waiting + 1, main, helper, on)  # with both busy nobody is asked
    if waiting:
        yield waiting / PATIENCE, settled(waiting - 1, main, helper, on)
    if main:
        yield 1.0 / TALK, settled(waiting - 1, 1, helper, on) if waiting else (0, 0, helper, on)
    if helper:
        more = waiting and on
        yield 1.0 / HELP, settled(waiting - 1, main, 1, on) if more else (waiting, main, 0, on)


def test_helpers_with_hysteresis_are_their_chain() -> None:
    share = stationary((0, 0, 0, 0), helped)
    assert mean(share, lambda s: s[0] >= MOST) < 1e-6
    groups = {
        "main": {"agents": 1, "skills": {"q0": {}}},
        "help": {"agents": 1, "skills": {"q0": {"rank": 2, "handle_time": f"{100 * HELP / TALK!r}%"}}},
    }
    found = cxsim.simulate(steady((RATE,), groups, TALK, 250), policy=Helpers, seed=3, replications=30)
    assert off(found, "queue_length", "q0", mean(share, lambda s: s[0])) < 4.0
    assert off(found, "occupancy", "main", mean(share, lambda s: s[1])) < 4.0
    assert off(found, "occupancy", "help", mean(share, lambda s: s[2])) < 4.0
    assert off(found, "abandoned_share", "q0", mean(share, lambda s: s[0]) / PATIENCE * 60.0 / RATE, "queue") < 4.0


def test_an_agent_who_takes_turns_is_its_chain() -> None:
    """One agent, who takes the other queue than last time where it can: the chain knows whom it talks to."""
    rates = (20.0, 8.0)

    def moves(state: tuple[int, int, int]):
        one, two, last = state  # last: 0 or 1 while it talks to that queue, 2 or 3 when idle since
        if last >= 2:
            yield rates[0] / 60.0, (one, two, 0)
            yield rates[1] / 60.0, (one, two, 1)
            return
        if one < MOST:
            yield rates[0] / 60.0, (one + 1, two, last)
        if two < MOST:
            yield rates[1] / 60.0, (one, two + 1, last)
        yield one / PATIENCE, (max(0, one - 1), two, last)
        yield two / PATIENCE, (one, max(0, two - 1), last)
        other = (one, two)[1 - last]
        takes = 1 - last if other else last
        if not (one, two)[takes]:
            yield 1.0 / TALK, (0, 0, 2 + last)
        else:
            yield 1.0 / TALK, (one - (takes == 0), two - (takes == 1), takes)

    share = stationary((0, 0, 2), moves)
    groups = {"main": {"agents": 1, "serves": ["q0", "q1"]}}
    found = cxsim.simulate(steady(rates, groups, TALK, 250), policy=Alternate, seed=4, replications=30)
    for q in range(2):
        assert off(found, "queue_length", f"q{q}", mean(share, lambda s, q=q: s[q])) < 4.0
    usual = cxsim.simulate(steady(rates, groups, TALK, 250), seed=4, replications=30)
    assert off(usual, "queue_length", "q1", mean(share, lambda s: s[1])) > 4.0
