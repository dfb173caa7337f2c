"""Timers of a policy: whoever is idle, or waits, is asked about again."""

from __future__ import annotations

from cxsim.engines import events as ev
from cxsim.engines.story.agents import release_when_empty
from cxsim.engines.story.center import Agent, Center, Contact
from cxsim.engines.story.policies import ask_agent, ask_contact, has, tell_timer
from cxsim.engines.story.queues import dequeue
from cxsim.engines.story.service import preempt, serve


def wake_up(center: Center) -> None:
    """A timer is due: the policy is told, and chooses again for idle agents, or, with no such choice, for contacts.

    Then those who still wait may interrupt work, if it chooses that.
    """
    if not tell_timer(center):
        return
    if has(center, "choose_contact"):
        for agent in center.agents:
            if agent.state == ev.IDLE:
                _choose_again(center, agent)
    elif has(center, "choose_agent"):
        for queue in center.queues:
            for contact in list(queue):
                _offer_again(center, contact)
    if has(center, "choose_interrupted") and center.settings["interrupts"]:
        for queue in center.queues:
            for contact in list(queue):
                if contact.queued < center.env.now:
                    _interrupt_for(center, contact)


def _choose_again(center: Center, agent: Agent) -> None:
    """An idle agent chooses as one who has just become free: not one of the idle agents that it sees."""
    center.board["groups"]["idle"][agent.group] -= 1
    contact = ask_contact(center, agent)
    center.board["groups"]["idle"][agent.group] += 1
    if contact is not None:
        _take(center, contact, agent)


def _offer_again(center: Center, contact: Contact) -> None:
    """Who waits in a queue is offered again."""
    center.board["asking"]["inside"] = 1
    agent = ask_agent(center, contact)
    center.board["asking"]["inside"] = 0
    if agent is not None:
        _take(center, contact, agent)


def _interrupt_for(center: Center, contact: Contact) -> None:
    """Who waits in a queue, and has not just come or been put aside, may interrupt work."""
    center.board["asking"]["inside"] = 1
    agent = preempt(center, contact)
    center.board["asking"]["inside"] = 0
    if agent is not None:
        _take(center, contact, agent)


def _take(center: Center, contact: Contact, agent: Agent) -> None:
    queue = contact.queue
    dequeue(center, contact)
    serve(center, contact, agent)
    release_when_empty(center, queue)
