"""Agents who ask another while the customer holds."""

from __future__ import annotations

from dataclasses import replace

from cxsim.engines import events as ev
from cxsim.engines.story.agents import become_free, wrap_or_free
from cxsim.engines.story.center import NAN, Agent, Center, Contact
from cxsim.engines.story.idle import note_aside
from cxsim.engines.story.policies import note_person
from cxsim.engines.story.queues import expect_nothing
from cxsim.engines.story.recording import write_leg
from cxsim.engines.story.returns import end_attempt
from cxsim.engines.story.service import take_or_wait
from cxsim.engines.story.trunks import give_trunk, is_closed
from cxsim.rules import contact_rules
from cxsim.schema import ledger
from cxsim.schema.names import IN_VAIN


def consult(center: Center, contact: Contact, agent: Agent, row: int, wrap: float) -> None:
    """An agent asks another, by a contact of its own, while the customer holds."""
    now, rule = center.now(), center.book["transfers"][row]
    agent.state, agent.wrap = ev.HOLDING, wrap
    note_person(center, agent, ev.HOLDING)
    expect_nothing(center, contact)
    asked = replace(
        contact,
        asker=contact,
        cause=ledger.CONSULT,
        transfer=row,
        line=-1,
        left=1.0,
        extra=0.0,
        holder=None,
        told=NAN,
        offer=False,
        callback=0,
        arrived=now,
        queued=now,
        answered=NAN,
        waited=0.0,
        agent=None,
        leg=contact.leg + contact.legs + 1,
        service=contact.service + contact.services + 1,
        felt=0,
        whole=1.0,
    )
    asked.queue = asked.entry = int(rule["to"])
    asked.channel = int(center.book["queues"]["channel"][asked.queue])
    if not rule["keeps"]:
        asked.since = now
    expect_nothing(center, asked)
    if not center.book["queues"]["day_and_night"][asked.queue] and is_closed(center):
        consult_unanswered(center, asked, ledger.CLOSED)
        return
    take_or_wait(center, asked)
    center.env.process(center.life.question(center, asked))


def end_consult(center: Center, asked: Contact, agent: Agent) -> None:
    """The agent who was asked has answered: whether that resolves the issue is up to who was asked."""
    now = center.now()
    skill = contact_rules.skill_of(center.net, asked.reason, asked.queue, agent.group)
    draw = (asked.key, asked.attempt, asked.service)
    resolved = contact_rules.resolves(center.net, skill, agent.number, asked.reason, asked.answered, *draw)
    note_aside(center, agent)
    write_leg(center, asked, ledger.CONSULTED, now, now, False, 0, NAN)
    asked.over = True
    agent.contact = None
    resume_talk(center, asked, bool(resolved))
    become_free(center, agent)


def consult_unanswered(center: Center, asked: Contact, outcome: int) -> None:
    """Nobody answers what an agent asked."""
    write_leg(center, asked, outcome, NAN, center.now(), False, 0, NAN)
    asked.over = True
    resume_talk(center, asked, False)


def resume_talk(center: Center, asked: Contact, resolved: bool) -> None:
    """Who asked turns to the customer again, and ends the talk, or, if that did not help, hands on after all."""
    contact = asked.asker
    assert contact is not None and contact.agent is not None
    agent, told = contact.agent, contact.news
    if not resolved:
        place = (contact.key, contact.attempt, contact.leg)
        contact.transfer = int(contact_rules.transfer(center.net, contact.queue, contact.reason, IN_VAIN, *place))
        if contact.transfer >= 0:
            contact.asked = True
            contact.legs, contact.services = asked.leg - contact.leg, asked.service - contact.service
            agent.state = ev.TALKING
            note_person(center, agent, ev.TALKING)
            contact.talk_ends = center.env.at(center.now(), ev.TALK_END, contact.issue)
            contact.news = center.env.event()
            told.succeed()
            return
    agent.contact = None
    contact.nth += not contact.counted
    give_trunk(center, contact)
    end_attempt(center, contact, ledger.ANSWERED, resolved, talk_end=center.now(), wrap=agent.wrap)
    wrap_or_free(center, agent, agent.wrap)
    told.succeed()
