"""What must hold between any two events. `check` looks at the whole state and names everything that does not.

It is slow, and meant for tests: `story.replay(inputs, sink, verify=True)` asks after each event.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.story.center import Agent, Center, Contact
from cxsim.rules.routing import choices

ON_CONTACT = (ev.TALKING, ev.HOLDING)  # states in which `Agent.contact` says with whom


class BrokenInvariant(AssertionError):
    """Something that must hold between events does not; `faults` are sentences that begin with its name."""

    def __init__(self, time: float, faults: list[str]) -> None:
        super().__init__(f"at {time} s:\n  " + "\n  ".join(faults))
        self.faults = faults


def check(center: Center) -> None:
    """Raise BrokenInvariant, with all that is wrong, unless everything holds."""
    faults = [f"{name}: {fault}" for name, faults_of in INVARIANTS.items() for fault in faults_of(center)]
    if faults:
        raise BrokenInvariant(float(center.env.now), faults)
    center.verified_at = float(center.env.now)


def _clock(center: Center) -> Iterator[str]:
    """The clock never goes backwards."""
    now = float(center.env.now)
    if now < center.verified_at:
        yield f"it is {now} s after {center.verified_at} s"
    if center.last > now:
        yield f"something happened at {center.last} s, and it is {now} s"


def places(center: Center) -> Counter[Contact]:
    """How often each contact is waiting or being served, the ones that agents ask by included."""
    found: Counter[Contact] = Counter()
    for contacts in (*center.queues, *center.records):
        found.update(contacts)
    for agent in center.agents:
        if agent.state in ON_CONTACT and agent.contact is not None:
            found[agent.contact] += 1
        found.update(chat.contact for chat in agent.chats if math.isnan(chat.ends))
    return found


def _customers(center: Center) -> Iterator[str]:
    """Each issue that is not over has its customer in exactly one place."""
    found = places(center)
    for contact in center.living.values():
        elsewhere = contact.over or contact.call_due is not None or contact.queue < 0
        number = found[contact] + elsewhere
        if number != 1:
            yield f"the customer of issue {contact.issue} is in {number} places"
        if elsewhere and contact.over and contact.next_attempt >= center.end:
            yield f"issue {contact.issue} is over, and still followed"
    if center.arisen != len(center.living) + center.ended:
        yield f"{center.arisen} issues began, {center.ended} are over, {len(center.living)} are not"
    living = set(map(id, center.living.values()))
    for contact in found:
        held = contact.agent is not None and contact.agent.state == ev.HOLDING  # the leg of a transfer
        if contact.asker is None and id(contact) not in living and not held:
            yield f"issue {contact.issue} is over, and somebody has its contact"


def _service(center: Center) -> Iterator[str]:
    """Who is being served waits nowhere, and is with the agent who serves."""
    waiting = {id(contact) for queue in (*center.queues, *center.records) for contact in queue}
    for agent in center.agents:
        for contact in served(agent):
            if id(contact) in waiting:
                yield f"issue {contact.issue} waits, and agent {agent.number} serves it"
            if contact.agent is not agent:
                yield f"agent {agent.number} serves issue {contact.issue}, which is not with this agent"
    for queue in center.queues:
        for contact in queue:
            if contact.agent is not None:
                yield f"issue {contact.issue} waits, and is with agent {contact.agent.number}"


def served(agent: Agent) -> list[Contact]:
    """The contacts that an agent serves now."""
    talks = [agent.contact] if agent.state in ON_CONTACT and agent.contact is not None else []
    return talks + [chat.contact for chat in agent.chats]


def _queues(center: Center) -> Iterator[str]:
    """Queues are in order, and what policies see of them is true."""
    for number, queue in enumerate(center.queues):
        order = [contact.place for contact in queue]
        if order != sorted(order):
            yield f"queue {number} is not in the order in which contacts came"
        if any(contact.queue != number for contact in queue):
            yield f"queue {number} holds a contact of another queue"
        seen = center.board["queues"][number]
        if seen["waiting"] != len(queue):
            yield f"{len(queue)} wait in queue {number}, and {seen['waiting']} are shown"
        first = order[0] if order else (seen["priority"], math.inf, seen["issue"])
        if (seen["priority"], seen["since"], seen["issue"]) != first:
            yield f"queue {number} shows another contact as its first"
        mark = center.book["queues"]["mark"][number]
        if mark and bool(center.board["marks"]["waiting"][0] & mark) != bool(queue):
            yield f"queue {number} is not marked as it should be"
    for number, counted in enumerate(center.ringing):
        ringing = sum(contact.ringing and contact.queue == number for contact in center.living.values())
        if ringing != counted:
            yield f"{ringing} contacts of queue {number} are being dialled ahead, and {counted} counted"


def _agents(center: Center) -> Iterator[str]:
    """Agents do what their state says, and what policies see of them is true."""
    for agent in center.agents:
        if agent.state in ON_CONTACT and agent.contact is None:
            yield f"agent {agent.number} is on a contact, and has none"
        if (agent.state == ev.CHATTING) != bool(agent.chats):
            yield f"agent {agent.number} has {len(agent.chats)} chats in state {agent.state}"
        if len(agent.chats) > center.book["channels"]["slots"][agent.channel]:
            yield f"agent {agent.number} has {len(agent.chats)} chats, more than there are slots"
        idle_since = center.board["agents"]["idle_since"][agent.number]
        if agent.idle_since != idle_since or (agent.state == ev.IDLE) != (idle_since < math.inf):
            yield f"agent {agent.number} is idle since {agent.idle_since}, shown as {idle_since}, state {agent.state}"
    for group, crew in enumerate(center.crews):
        seen = center.board["groups"][group]
        idle = sorted(agent for agent in crew.agents if agent.state == ev.IDLE)
        present = sum(agent.state != ev.OFF for agent in crew.agents)
        if crew.idle != idle:
            yield f"group {group} does not list its idle agents in order"
        if (seen["idle"], seen["longest"]) != (len(idle), idle[0].number if idle else -1):
            yield f"group {group} has {len(idle)} idle agents, and shows {seen['idle']}, or another first"
        if not crew.present == present == seen["present"]:
            yield f"group {group} has {present} agents present, counts {crew.present} and shows {seen['present']}"
        if not len(crew.pending) == seen["leaving"] <= present:
            yield f"group {group} has {len(crew.pending)} agents due to leave, and shows {seen['leaving']}"


def _trunks(center: Center) -> Iterator[str]:
    """As many trunks are taken as there are contacts that hold one, and no more than there are."""
    holding = Counter(contact.line for contact in center.living.values())
    for channel, taken in enumerate(center.lines):
        if taken != holding[channel]:
            yield f"{taken} trunks of channel {channel} are taken, and {holding[channel]} contacts hold one"
        if taken > center.book["channels"]["lines"][channel]:
            yield f"{taken} trunks of channel {channel} are taken, more than there are"


def _work(center: Center) -> Iterator[str]:
    """No idle agent is beside a waiting contact that agents like this one take.

    Reserves and delays of overflow hold agents back; a delay that ends now may still be among the events to come. A
    policy of the user's own may hold back for reasons of its own.
    """
    if center.policy is not None:
        return
    before = float(np.nextafter(center.env.now, -math.inf))
    for number, queue in enumerate(center.queues):
        if not queue:
            continue
        longest = min(queue, key=lambda contact: contact.since)
        if choices.anyone_idle(center.net, center.board.record, number, longest.since, before):
            yield f"issue {longest.issue} waits in queue {number}, and an agent who may take it is idle"


INVARIANTS: dict[str, Callable[[Center], Iterator[str]]] = {
    "clock": _clock,
    "customers": _customers,
    "service": _service,
    "queues": _queues,
    "agents": _agents,
    "trunks": _trunks,
    "work": _work,
}
