"""Contacts that end without an agent, overflow, and the end of the run."""

from __future__ import annotations

from cxsim.engines import events as ev
from cxsim.engines.story.agents import go_home, release_when_empty
from cxsim.engines.story.center import NAN, Center, Contact
from cxsim.engines.story.consults import consult_unanswered
from cxsim.engines.story.effort import feel_promise, feel_wait
from cxsim.engines.story.policies import tell_contact
from cxsim.engines.story.queues import dequeue, next_leg, note_departure, set_overflow
from cxsim.engines.story.recording import write_leg
from cxsim.engines.story.returns import end_attempt
from cxsim.engines.story.service import choose_agent, serve, take_or_wait
from cxsim.engines.story.trunks import give_trunk
from cxsim.policies import LEFT
from cxsim.schema import ledger


def end_unserved(center: Center, contact: Contact, outcome: int) -> None:
    """The attempt ends without an agent; the contact is in no queue any more."""
    if contact.asker is not None:
        consult_unanswered(center, contact, outcome)
        return
    if outcome in (ledger.BLOCKED, ledger.BALKED):
        contact.queued = NAN
    if contact.queue >= 0:
        feel_wait(center, contact)
        if outcome == ledger.ABANDONED:
            feel_promise(center, contact, False)
    end_attempt(center, contact, outcome)


def abandon(center: Center, contact: Contact) -> None:
    dequeue(center, contact)
    tell_contact(center, LEFT, contact)
    give_trunk(center, contact)
    note_departure(center, contact, -1)
    center.dropped[contact.queue] += contact.cause == ledger.OUTBOUND
    end_unserved(center, contact, ledger.ABANDONED)
    release_when_empty(center, contact.queue)


def overflow(center: Center, contact: Contact) -> None:
    """A stage of the queue's overflow is due: other groups may serve, or the contact moves to another queue."""
    now = center.now()
    to = int(center.book["stages"]["to_queue"][contact.stage])
    contact.stage += 1
    if to < 0:
        center.board["asking"]["inside"] = 1
        agent = choose_agent(center, contact)
        center.board["asking"]["inside"] = 0
        if agent is not None:
            dequeue(center, contact)
            serve(center, contact, agent)
            release_when_empty(center, contact.queue)
            return
    elif len(center.queues[to]) < center.book["queues"]["capacity"][to]:
        left = contact.queue
        dequeue(center, contact)
        tell_contact(center, LEFT, contact)
        note_departure(center, contact, -1)
        write_leg(center, contact, ledger.HANDED_ON, NAN, now, False, 0, NAN)
        feel_wait(center, contact)
        next_leg(center, contact, now - contact.queued)
        contact.queue, contact.channel = to, int(center.book["queues"]["channel"][to])
        take_or_wait(center, contact)
        release_when_empty(center, left)
        return
    set_overflow(center, contact)


def finish(center: Center) -> None:
    """Nothing more can happen: whoever still waits stays unfinished, whoever is still there goes."""
    center.env._now = center.last
    for queue in center.queues:
        while queue:
            contact = queue[0]
            dequeue(center, contact)
            write_leg(center, contact, ledger.UNFINISHED, NAN, center.last, False, 0, NAN)
            if contact.asker is not None:
                write_leg(center, contact.asker, ledger.UNFINISHED, center.last, center.last, False, 0, NAN)
            if contact.holder is not None and contact.holder.contact is not None:
                write_leg(center, contact.holder.contact, ledger.TRANSFERRED, center.last, center.last, False, 0, NAN)
    for records in center.records:
        for contact in records:
            write_leg(center, contact, ledger.UNFINISHED, NAN, center.last, False, 0, NAN)
    for agent in center.agents:
        if agent.state != ev.OFF:
            go_home(center, agent)
