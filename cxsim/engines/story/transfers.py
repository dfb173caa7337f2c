"""Contacts that agents transfer."""

from __future__ import annotations

from dataclasses import replace

from cxsim.engines import events as ev
from cxsim.engines.story.agents import wrap_or_free
from cxsim.engines.story.arrivals import reach_queue
from cxsim.engines.story.callbacks import call_later
from cxsim.engines.story.center import NAN, Agent, Center, Contact
from cxsim.engines.story.consults import consult
from cxsim.engines.story.effort import feel_transfer
from cxsim.engines.story.policies import note_person
from cxsim.engines.story.queues import expect_nothing
from cxsim.engines.story.recording import write_leg
from cxsim.engines.story.trunks import give_trunk
from cxsim.rules import contact_rules
from cxsim.schema import ledger
from cxsim.schema.names import COLD, CONSULT, TURN


def transfer_row(center: Center, contact: Contact, resolved: bool) -> int:
    """The row of `transfers` by which a contact goes on at the end of the talk, -1 for none."""
    if not center.book["queues"]["hands_on"][contact.queue]:
        return -1
    return int(
        contact_rules.to_whom(
            center.net,
            center.board.record,
            contact.queue,
            contact.reason,
            contact.transfer,
            contact.asked,
            resolved,
            contact.since,
            float(center.env.now),
            contact.key,
            contact.attempt,
            contact.leg,
        )
    )


def kind_of(center: Center, row: int) -> int:
    """How a row of `transfers` hands on, see `names.TRANSFERS`; TURN where the customer will write again."""
    return int(center.book["transfers"]["kind"][row])


def transfer(center: Center, contact: Contact, agent: Agent, row: int, wrap: float) -> None:
    """To another queue; the agent is free of the contact, or holds it until the next one is there."""
    now = center.now()
    if kind_of(center, row) == CONSULT:
        consult(center, contact, agent, row, wrap)
        return
    contact.nth += not contact.counted
    cold = kind_of(center, row) in (COLD, TURN)
    if cold:
        outcome = ledger.TRANSFERRED if kind_of(center, row) == COLD else ledger.REPLIED
        write_leg(center, contact, outcome, now, now + wrap, False, 0, NAN)
    else:
        agent.contact, agent.state, agent.wrap = replace(contact), ev.HOLDING, wrap
        note_person(center, agent, ev.HOLDING)
        contact.felt = 0
    send_to_queue(center, contact, row, None if cold else agent)
    if cold:
        wrap_or_free(center, agent, wrap)


def send_to_queue(center: Center, contact: Contact, row: int, holder: Agent | None) -> None:
    """The contact comes to another queue."""
    now, rule = center.now(), center.book["transfers"][row]
    contact.counted, contact.holder = True, holder
    contact.accumulated += contact.waited + (contact.answered - contact.queued)
    contact.arrived, contact.answered, contact.waited, contact.agent = now, NAN, 0.0, None
    contact.leg += 1 + contact.legs
    contact.service += 1 + contact.services
    contact.asked, contact.legs, contact.services = False, 0, 0
    contact.cause, contact.transfer = ledger.TRANSFER, row
    contact.left = contact.whole = float(rule["after"])
    contact.extra = float(rule["retold"])
    contact.told, contact.offer = NAN, False
    expect_nothing(center, contact)
    if kind_of(center, row) == TURN:
        give_trunk(center, contact)
        contact.cause, contact.writes = ledger.TURN, True
        call_later(
            center, contact, contact_rules.handover_time(center.net, row, contact.key, contact.attempt, contact.leg)
        )
        return
    feel_transfer(center, contact, float(rule["retold"]))
    reach_queue(center, contact, int(rule["to"]), led=True, keeps_place=bool(rule["keeps"]))
