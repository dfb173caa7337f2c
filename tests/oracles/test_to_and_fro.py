"""Messages, consultations and a dialler, against a product form and chains solved exactly.

Everything is exponential. Error rate: each figure is judged at 4 of its own standard errors, about 2 in 10,000 with 40
replications; seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from oracles.markov import mean, off, stationary

import cxsim
from cxsim.erlang.formulas import steady

STEADY = {"steady": {"warm_up": "20 h", "length": "200 h"}, "interval": "60 min"}


def parse(**parts: Any) -> cxsim.Scenario:
    return cxsim.parse({"cxsim": 1, "horizon": STEADY, **parts})


# --- Messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_messages_to_and_fro_are_a_network_with_a_product_form(engine: str) -> None:
    """Jackson (1963): two agents see M/M/2 with all the answers that there are, however long customers think."""
    rate, again, handle = 18.0, 0.55, 150.0
    scenario = parse(
        reasons={"ask": {"volume": {"per_hour": rate}, "talk": {"exponential": f"{handle} s"}}},
        queues={"ask": {"turns": {"share": f"{100 * again}%", "think": {"exponential": "12 min"}}}},
        groups={"team": {"agents": 2, "serves": ["ask"]}},
    )
    found = cxsim.simulate(scenario, seed=1, replications=40 if engine == "clock" else 6, engine=engine)
    wait = steady(rate / (1.0 - again) / 3600.0, handle, 2).asa
    load = rate / (1.0 - again) * handle / 3600.0
    for figure, name, right in (
        ("asa", "ask", wait),
        ("turn_wait", "ask", wait),
        ("occupancy", "team", load / 2.0),
        ("turns", "ask", 200.0 * rate * again / (1.0 - again)),
    ):
        assert off(found, figure, name, right) < 4.0, (figure, right)
    told = found.figures[(found.figures["interval"] == "total") & (found.figures["scope"] == "total")]
    assert float(told.set_index("figure")["value"]["contacts_per_issue"]) == 1.0


# --- Consultations --------------------------------------------------------------------------------------------------

FRONT, CALLS, TALK, ADVICE, ASKS = 3, 30.0, 18.0, 15.0, 0.5  # an hour


class Asking(NamedTuple):
    """Front agents who talk, and who ask the one expert or wait to."""

    talking: int
    asking: int


def asks(s: Asking) -> Iterator[tuple[float, Asking]]:
    if s.talking + s.asking < FRONT:
        yield CALLS, s._replace(talking=s.talking + 1)
    yield TALK * s.talking * (1.0 - ASKS), s._replace(talking=s.talking - 1)
    yield TALK * s.talking * ASKS, Asking(s.talking - 1, s.asking + 1)
    if s.asking:
        yield ADVICE, s._replace(asking=s.asking - 1)


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_who_asks_holds_the_customer_until_the_expert_has_answered(engine: str) -> None:
    """A loss system whose agents wait for one another; an answer resolves what the expert can resolve."""
    rule = {"to": "second", "share": f"{100 * ASKS}%", "kind": "consult"}
    rule["handover"] = {"exponential": f"{3600 / ADVICE} s"}  # type: ignore[assignment]
    scenario = parse(
        reasons={
            "call": {
                "volume": {"per_hour": CALLS},
                "talk": {"exponential": f"{3600 / TALK} s"},
                "resolution": "40%",
                "queue": "first",
            }
        },
        queues={"first": {"capacity": 0, "transfers": rule}, "second": {}},
        groups={
            "front": {"agents": FRONT, "serves": ["first"]},
            "experts": {"agents": 1, "skills": {"second": {"resolution": "90%"}}},
        },
    )
    found = cxsim.simulate(scenario, seed=2, replications=40 if engine == "clock" else 6, engine=engine)
    share = stationary(Asking(0, 0), asks)
    waiting = mean(share, lambda s: max(s.asking - 1, 0))
    asked = TALK * ASKS * mean(share, lambda s: s.talking)
    for figure, name, right in (
        ("blocked_share", "first", mean(share, lambda s: s.talking + s.asking == FRONT)),
        ("queue_length", "second", waiting),
        ("consult_wait", "second", 3600.0 * waiting / asked),
        ("consults", "second", 200.0 * asked),
        ("occupancy", "front", mean(share, lambda s: (s.talking + s.asking) / FRONT)),
        ("occupancy", "experts", mean(share, lambda s: s.asking > 0)),
        ("fcr_true", "call", 0.4 * (1.0 - ASKS) + 0.9 * ASKS),
    ):
        assert off(found, figure, name, right) < 4.0, (figure, name, right)


# --- A dialler ------------------------------------------------------------------------------------------------------

AGENTS, RINGS, REACHED, AHEAD, CONVERSATION, PATIENCE = 4, 120.0, 0.5, 2, 30.0, 240.0  # rates an hour


class Dialling(NamedTuple):
    """Agents who talk, calls that ring, customers who have answered and wait."""

    busy: int
    ringing: int
    waiting: int


def dials(s: Dialling) -> Iterator[tuple[float, Dialling]]:
    def topped_up(after: Dialling) -> Dialling:
        return after._replace(ringing=max(after.ringing, AHEAD * (AGENTS - after.busy) - after.waiting))

    rung = s._replace(ringing=s.ringing - 1)
    yield RINGS * s.ringing * (1.0 - REACHED), topped_up(rung)
    answered = rung._replace(busy=s.busy + 1) if s.busy < AGENTS else rung._replace(waiting=s.waiting + 1)
    yield RINGS * s.ringing * REACHED, answered
    if s.waiting:
        yield CONVERSATION * s.busy, s._replace(waiting=s.waiting - 1)
        yield PATIENCE * s.waiting, s._replace(waiting=s.waiting - 1)
    else:
        yield CONVERSATION * s.busy, topped_up(s._replace(busy=s.busy - 1))


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_a_dialler_calls_ahead_of_its_agents(engine: str) -> None:
    """Two lines for each idle agent, from a list without end: what agents gain, and customers lose."""
    scenario = parse(
        horizon={"steady": {"warm_up": "5 h", "length": "50 h"}, "interval": "60 min"},
        channels={"out": {"patience": {"exponential": f"{3600 / PATIENCE} s"}}},
        reasons={"offer": {"volume": {"per_hour": 600}, "talk": {"exponential": f"{3600 / CONVERSATION} s"}}},
        queues={
            "offer": {
                "channel": "out",
                "outbound": {
                    "mode": "predictive",
                    "dial": {"exponential": f"{3600 / RINGS} s"},
                    "reached": f"{100 * REACHED}%",
                    "tries": 1,
                    "ahead": AHEAD,
                },
            }
        },
        groups={"team": {"agents": AGENTS, "serves": ["offer"]}},
    )
    found = cxsim.simulate(scenario, seed=3, replications=40 if engine == "clock" else 4, engine=engine)
    share = stationary(Dialling(0, AHEAD * AGENTS, 0), dials)
    lost = PATIENCE * mean(share, lambda s: s.waiting)
    for figure, name, right in (
        ("occupancy", "team", mean(share, lambda s: s.busy / AGENTS)),
        ("queue_length", "offer", mean(share, lambda s: s.waiting)),
    ):
        assert off(found, figure, name, right) < 4.0, (figure, name, right)
    # Counted by when they came on the list: the shares of those who were dialled by the end.
    told = found.figures[(found.figures["interval"] == "total") & (found.figures["scope"] == "queue")]
    value = told.set_index("figure")["value"]
    dropped = float(value["outbound_dropped"] / (value["outbound_dropped"] + value["outbound_reached"]))
    assert dropped == pytest.approx(lost / (RINGS * REACHED * mean(share, lambda s: s.ringing)), rel=0.05)
