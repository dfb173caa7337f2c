"""Slots of contacts in the pool, lists of contacts and of agents, and the nodes of both in the event calendar."""

from __future__ import annotations

from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.engines.clock.linked_list import inserter, unlinker
from cxsim.jit.decorators import inner, tiny

from .features import RULES

insert_contact, unlink_contact = inserter(ws.contacts), unlinker(ws.contacts)
insert_agent, unlink_agent = inserter(ws.agents), unlinker(ws.agents)


@tiny
def wrap_node(agent):
    return agent


@tiny
def away_node(w, agent):
    return w.agents_size + agent


@tiny
def contact_node(w, contact):
    return 2 * w.agents_size + contact


@tiny
def overflow_node(w, contact):
    return 2 * w.agents_size + w.contacts_size + contact


@tiny
def services_begun(contact):
    """How many agents have begun on a contact, this one counted."""
    return contact.service if RULES else 1


@inner
def take_slot(w):
    """Room for one more contact."""
    state = ws.state(w, 0)
    c = state.unused
    if c >= 0:
        state.unused = ws.contacts(w, c).next
    else:
        c = state.touched
        state.touched += 1
        ws.nodes(w, contact_node(w, c)).place = cal.NOWHERE
        ws.nodes(w, overflow_node(w, c)).place = cal.NOWHERE
    return c


@tiny
def free_slot(w, c):
    ws.contacts(w, c).next = ws.state(w, 0).unused
    ws.state(w, 0).unused = c


@inner
def copy_contact(w, c, part):
    """What the ledger tells of a contact, for the leg that its agent still holds."""
    one = ws.contacts(w, c)
    other = ws.contacts(w, part)
    other.issue = one.issue
    other.arrived = one.arrived
    other.queued = one.queued
    other.answered = one.answered
    other.opened = one.opened
    other.waited = one.waited
    other.accumulated = one.accumulated
    other.agent = one.agent
    other.reason = one.reason
    other.segment = one.segment
    other.channel = one.channel
    other.queue = one.queue
    other.entry = one.entry
    other.attempt = one.attempt
    other.leg = one.leg
    other.nth = one.nth
    other.cause = one.cause
    ws.more(w, part).told = ws.more(w, c).told
    ws.more(w, part).offer = ws.more(w, c).offer
    ws.more(w, part).felt = ws.more(w, c).felt
    ws.more(w, part).ours = ws.more(w, c).ours
