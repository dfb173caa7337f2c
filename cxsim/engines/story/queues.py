"""Queues: joining, leaving, overflow stages and patience."""

from __future__ import annotations

import math
from bisect import bisect_left, insort

from cxsim.engines import events as ev
from cxsim.engines.story.center import NAN, Center, Contact
from cxsim.engines.story.heads import show_first
from cxsim.engines.story.policies import tell_contact
from cxsim.policies import JOINED
from cxsim.rules import contact_rules, loyalty
from cxsim.rules.routing import system_state


def expect_nothing(center: Center, contact: Contact) -> None:
    """No news, no deadline: events that never happen until they are replaced."""
    contact.news = center.env.event()
    contact.talk_ends = contact.patience_ends = contact.overflow_due = center.env.event()


def next_leg(center: Center, contact: Contact, wait: float) -> None:
    """The next leg of a contact begins now; so many seconds of this one count as waited."""
    contact.waited += wait
    contact.queued, contact.answered, contact.agent = center.now(), NAN, None
    contact.leg += 1


def set_patience(center: Center, contact: Contact) -> None:
    who = (contact.reason, contact.segment, contact.key, contact.patience_attempt, contact.service)
    if contact.callback or contact.asker is not None:
        return
    if math.isnan(contact.told):
        patience = contact_rules.patience(center.net, contact.queue, *who)
    else:
        patience = contact_rules.told_patience(center.net, contact.queue, *who)
    if contact.seat >= 0 and not center.book["queues"]["deferrable"][contact.queue]:
        patience *= loyalty.hurried(
            center.net, center.board.record, contact.seat, contact.opened, contact.before, center.now()
        )
    if patience < math.inf:
        contact.patience_ends = center.env.at(contact.queued + patience, ev.PATIENCE_ENDS, contact.issue)


def note_departure(center: Center, contact: Contact, agent: int) -> None:
    """Let policies look back on how a contact left its queue: to an agent, or, with -1, otherwise."""
    if center.settings["notes"]:
        wait = NAN if contact.callback else center.now() - contact.since
        system_state.note(center.net, center.board.record, contact.queue, wait, agent)


def join(center: Center, contact: Contact, stays: bool = False) -> None:
    """Put a contact in its queue by (priority of its segment, since, issue); set its next overflow.

    That is one that is due, unless it `stays`.
    """
    queue = center.queues[contact.queue]
    count_waiting(center, contact.queue)
    insort(queue, contact)
    note_queue(center, contact.queue)
    row = center.book["queues"][contact.queue]
    contact.stage = int(row["first_stage"])
    while contact.stage < row["last_stage"]:
        stage = center.book["stages"][contact.stage]
        if contact.since + stage["after"] > center.env.now or (stage["to_queue"] >= 0 and not stays):
            break
        contact.stage += 1
    set_overflow(center, contact)
    tell_contact(center, JOINED, contact)


def set_overflow(center: Center, contact: Contact) -> None:
    contact.overflow_due = center.env.event()
    if contact.stage < center.book["queues"]["last_stage"][contact.queue]:
        due = contact.since + float(center.book["stages"]["after"][contact.stage])
        contact.overflow_due = center.env.at(max(due, float(center.env.now)), ev.OVERFLOW, contact.issue)


def dequeue(center: Center, contact: Contact) -> None:
    count_waiting(center, contact.queue)
    queue = center.queues[contact.queue]
    place = bisect_left(queue, contact)
    assert queue[place] is contact
    del queue[place]
    note_queue(center, contact.queue)


def count_waiting(center: Center, queue: int) -> None:
    now = center.now()
    length = len(center.queues[queue])
    ev.count_waiting(center.net, center.waiting, center.most, queue, length, center.changed[queue], now)
    center.changed[queue] = now


def note_queue(center: Center, queue: int) -> None:
    """Let policies see the queue."""
    center.board["queues"][queue]["waiting"] = len(center.queues[queue])
    show_first(center, queue, center.queues[queue][0] if center.queues[queue] else None)
