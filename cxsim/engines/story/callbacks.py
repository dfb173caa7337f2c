"""Callbacks, announced waits, and records that are dialled."""

from __future__ import annotations

import math

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.story.center import NAN, Center, Contact
from cxsim.engines.story.effort import close_issue
from cxsim.engines.story.queues import expect_nothing, join, next_leg, set_patience
from cxsim.engines.story.recording import write_leg
from cxsim.engines.story.service import choose_agent, serve, take_or_wait
from cxsim.engines.story.trunks import give_trunk
from cxsim.rules import contact_rules
from cxsim.rules.routing import wait_estimates
from cxsim.schema import ledger
from cxsim.schema.names import DIALS_AHEAD


def put_on_list(center: Center, contact: Contact) -> None:
    """A record that is to be dialled: by an idle agent, or when one is, or ahead of the agents."""
    row = center.book["queues"][contact.queue]
    give_trunk(center, contact)
    contact.cause, contact.rule, contact.ours = ledger.OUTBOUND, int(row["callback"]), ledger.OURS
    contact.channel = int(row["channel"])
    if not contact.callback:
        contact.callback = int(center.book["callbacks"]["tries"][contact.rule])
    if row["outbound"] == DIALS_AHEAD:
        center.records[contact.queue].append(contact)
        dial_ahead(center, contact.queue)
        return
    take_or_wait(center, contact)


def dial_ahead(center: Center, queue: int) -> None:
    """A dialler calls as many as the idle agents allow; where too many were lost so far, agents dial."""
    records = center.records[queue]
    may = wait_estimates.lines_ahead(
        center.net, center.board.record, queue, center.reached[queue], center.dropped[queue]
    )
    while records and may < 0:
        agent = choose_agent(center, records[0])
        if agent is None:
            return
        serve(center, records.pop(0), agent)
    while records and center.ringing[queue] + len(center.queues[queue]) < may:
        contact = records.pop(0)
        center.ringing[queue] += 1
        contact.ringing = True
        told = contact.news
        expect_nothing(center, contact)
        time = contact_rules.dial_time(center.net, contact.rule, contact.key, contact.attempt, contact.leg)
        call_later(center, contact, time)
        told.succeed()


def dial_answered(center: Center, contact: Contact) -> None:
    """A dialler's try is over: the customer answers and waits for an agent, or there will be another try."""
    now, queue, place = center.now(), contact.queue, (contact.key, contact.attempt, contact.leg)
    contact.ringing = False
    center.ringing[queue] -= 1
    if contact_rules.reached(center.net, contact.rule, *place):
        center.reached[queue] += 1
        contact.callback = 0
        write_leg(center, contact, ledger.HANDED_ON, NAN, now, False, 0, NAN)
        next_leg(center, contact, 0.0)
        contact.since = now
        if not take_or_wait(center, contact):
            set_patience(center, contact)
        return
    no_answer(center, contact, place)
    dial_ahead(center, queue)


def no_answer(center: Center, contact: Contact, place: tuple[np.uint64, int, int]) -> None:
    """A try was in vain: there will be another, or it is given up."""
    now = center.now()
    contact.callback -= 1
    if contact.callback == 0:
        write_leg(center, contact, ledger.UNREACHED, now if contact.agent else NAN, now, False, 0, NAN)
        close_issue(center, contact, False)
        contact.over, contact.next_attempt = True, math.inf
        return
    write_leg(center, contact, ledger.HANDED_ON, now if contact.agent else NAN, now, False, 0, NAN)
    next_leg(center, contact, contact_rules.waited_for_call(contact.cause, contact.queued, contact.answered))
    expect_nothing(center, contact)
    call_later(center, contact, contact_rules.retry_time(center.net, contact.rule, *place))


def hear_wait(center: Center, contact: Contact) -> bool:
    """A customer who must wait hears how long, and is perhaps offered a call back; whether it stays."""
    row, place = center.book["queues"][contact.queue], (contact.key, contact.attempt, contact.leg)

    def wait(estimator: int) -> float:
        return float(
            wait_estimates.expected_wait(center.net, center.board.record, contact.queue, estimator, center.now())
        )

    if row["announces"]:
        contact.told = float(np.float32(wait(row["estimator"])))
        if contact_rules.leaves(center.net, contact.queue, contact.told, *place):
            return False
    if row["callback"] >= 0 and contact.cause != ledger.TRANSFER:
        rule = center.book["callbacks"][row["callback"]]
        estimate = wait(rule["estimator"])
        if center.offers(contact, estimate) if center.offers else estimate > rule["over"]:
            contact.offer = True
            if contact_rules.accepts(center.net, row["callback"], *place):
                contact.callback, contact.rule = int(rule["tries"]), int(row["callback"])
    return True


def promise(center: Center, contact: Contact) -> None:
    """A customer hangs up to be called back: it keeps its place, or waits for the time that was promised."""
    now = center.now()
    give_trunk(center, contact)
    later = contact_rules.promised_in(center.net, contact.rule, contact.key, contact.attempt, contact.leg)
    write_leg(center, contact, ledger.CALLBACK, NAN, now, False, 0, NAN)
    contact.told, contact.offer = NAN, False
    contact.arrived, contact.cause = now, ledger.CALLED_BACK
    contact.leg += 1
    if center.book["callbacks"]["after"][contact.rule] >= 0:
        call_later(center, contact, later)
    else:
        join(center, contact)


def call_later(center: Center, contact: Contact, later: float) -> None:
    contact.call_due = center.env.at(float(center.env.now) + later, ev.NODE_ENDS, contact.issue)
