"""`story` checks its own state after each event: each invariant is seen to be broken, by its name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from agreement.running import Raw, model_of, verified

from cxsim.engines import events as ev
from cxsim.engines import story
from cxsim.engines.story import life, verify
from cxsim.engines.story.agents import make_idle
from cxsim.engines.story.center import Agent, Center, Contact
from cxsim.engines.story.verify import BrokenInvariant, check
from cxsim.simulation.replications import inputs

BUSY: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-10:00"},
    "channels": {"phone": {"patience": "20 min", "lines": 30}, "chat": {"concurrent": 2, "patience": "20 min"}},
    "reasons": {
        "calls": {"volume": "90/h", "talk": "4 min", "wrap": "2 min"},
        "chats": {"volume": "60/h", "talk": "6 min", "wrap": "1 min"},
    },
    "queues": {"calls": {"channel": "phone"}, "chats": {"channel": "chat"}},
    "groups": {"phones": {"agents": 4, "serves": ["calls"]}, "desks": {"agents": 2, "serves": ["chats"]}},
    "after_contact": {"abandoned": {"redial": "50%", "delay": "20 min"}},
}


def moment() -> Center:
    """A center between two events: two or more wait in each queue, one agent talks, one writes up, and one chats."""
    center = Center(inputs(model_of(BUSY), 0), life)
    life.begin(center)
    while True:
        life.step(center)
        states = {agent.state for agent in center.agents}
        waiting = all(len(queue) >= 2 for queue in center.queues)
        if waiting and {ev.TALKING, ev.WRAPPING, ev.CHATTING} <= states and center.env.is_between_events():
            return center


def who(center: Center, state: int) -> Agent:
    return next(agent for agent in center.agents if agent.state == state)


def on_the_line(center: Center) -> Contact:
    return next(contact for contact in center.living.values() if contact.line >= 0)


def see(center: Center, table: str, row: int, **values: float) -> None:
    for name, value in values.items():
        center.board[table][name][row] = value


BREAKS: list[tuple[str, Callable[[Center], Any]]] = [
    ("clock", lambda center: setattr(center, "verified_at", center.env.now + 1.0)),
    ("clock", lambda center: setattr(center, "last", center.env.now + 1.0)),
    ("customers", lambda center: center.queues[0].pop()),
    ("customers", lambda center: center.queues[1].append(center.queues[0][0])),
    ("customers", lambda center: setattr(who(center, ev.TALKING), "contact", None)),
    ("customers", lambda center: who(center, ev.CHATTING).chats.pop()),
    ("customers", lambda center: center.living.popitem()),
    ("customers", lambda center: setattr(center.queues[0][0], "over", True)),
    ("customers", lambda center: setattr(center, "arisen", center.arisen + 1)),
    ("service", lambda center: center.queues[0].append(who(center, ev.TALKING).contact)),  # type: ignore[arg-type]
    ("service", lambda center: setattr(center.queues[0][0], "agent", center.agents[0])),
    ("service", lambda center: setattr(who(center, ev.CHATTING).chats[0].contact, "agent", center.agents[0])),
    ("queues", lambda center: center.queues[0].reverse()),
    ("queues", lambda center: setattr(center.queues[0][0], "queue", 1)),
    ("queues", lambda center: see(center, "queues", 0, waiting=0)),
    ("queues", lambda center: see(center, "queues", 0, since=math.inf)),
    ("queues", lambda center: see(center, "marks", 0, waiting=0)),
    ("queues", lambda center: center.ringing.__setitem__(0, 1)),
    ("agents", lambda center: setattr(who(center, ev.TALKING), "contact", None)),
    ("agents", lambda center: setattr(who(center, ev.WRAPPING), "state", ev.CHATTING)),
    ("agents", lambda center: who(center, ev.CHATTING).chats.extend(3 * who(center, ev.CHATTING).chats)),
    ("agents", lambda center: see(center, "agents", 0, idle_since=0.0)),
    ("agents", lambda center: center.crews[0].idle.append(center.agents[0])),
    ("agents", lambda center: see(center, "groups", 0, idle=1)),
    ("agents", lambda center: setattr(center.crews[0], "present", 3)),
    ("agents", lambda center: center.crews[0].pending.append(0.0)),
    ("trunks", lambda center: center.lines.__setitem__(0, center.lines[0] + 1)),
    ("trunks", lambda center: setattr(on_the_line(center), "line", -1)),
    ("trunks", lambda center: center.book["channels"]["lines"].__setitem__(0, 1)),
    ("work", lambda center: make_idle(center, who(center, ev.WRAPPING))),
]


@pytest.mark.parametrize(("name", "breaks"), BREAKS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BREAKS)])
def test_each_invariant_is_seen_to_be_broken(name: str, breaks: Callable[[Center], Any]) -> None:
    center = moment()
    check(center)
    breaks(center)
    with pytest.raises(BrokenInvariant) as broken:
        check(center)
    assert name in {fault.partition(":")[0] for fault in broken.value.faults}, broken.value


def test_every_invariant_has_a_state_that_breaks_it() -> None:
    assert {name for name, _ in BREAKS} == set(verify.INVARIANTS)


def test_reserves_and_delays_are_no_reason_to_work() -> None:
    """An idle agent beside waiting contacts is right where the agent is held back, and the center says so."""
    held = BUSY | {
        "queues": {
            "calls": {"channel": "phone", "overflow": [{"after": "3 min", "to": ["desks"]}]},
            "chats": {"channel": "chat"},
        },
        "groups": {
            "phones": {"agents": 3, "skills": {"calls": {"reserve": 1}}},
            "desks": {"agents": 3, "serves": ["chats"]},
        },
    }
    assert len(verified(model_of(held)).legs) > 200


def test_the_state_is_checked_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: Center) -> Any:
        yield "asked"

    monkeypatch.setitem(verify.INVARIANTS, "never", never)
    given = inputs(model_of(BUSY), 0)
    story.replay(given, Raw())
    with pytest.raises(BrokenInvariant, match="never: asked"):
        story.replay(given, Raw(), verify=True)
