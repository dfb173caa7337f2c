"""Talks that end."""

from __future__ import annotations

from cxsim.engines import events as ev
from cxsim.engines.story.agents import become_free, wrap_or_free
from cxsim.engines.story.callbacks import no_answer
from cxsim.engines.story.center import NAN, Agent, Center, Contact
from cxsim.engines.story.chats import end_chat
from cxsim.engines.story.consults import end_consult
from cxsim.engines.story.effort import ends, feel_retelling
from cxsim.engines.story.idle import note_aside
from cxsim.engines.story.policies import note_person, tell_talk_end
from cxsim.engines.story.queues import expect_nothing, next_leg
from cxsim.engines.story.recording import write_leg
from cxsim.engines.story.returns import end_attempt
from cxsim.engines.story.service import begin_talk
from cxsim.engines.story.transfers import transfer, transfer_row
from cxsim.engines.story.trunks import give_trunk
from cxsim.rules import contact_rules
from cxsim.schema import ledger


def callback_answered(center: Center, contact: Contact, agent: Agent) -> None:
    """A try to call back is over: the customer answers, or there will be another try, or it is given up."""
    now, place = center.now(), (contact.key, contact.attempt, contact.leg)
    contact.dialling = False
    if contact_rules.reached(center.net, contact.rule, *place):
        contact.callback = 0
        write_leg(center, contact, ledger.HANDED_ON, now, now, False, 0, NAN)
        center.reached[contact.queue] += contact.cause == ledger.OUTBOUND
        next_leg(center, contact, contact_rules.waited_for_call(contact.cause, contact.queued, contact.answered))
        contact.answered, contact.agent = now, agent
        feel_retelling(center, contact, agent)
        note_person(center, agent, ev.TALKING)
        expect_nothing(center, contact)
        begin_talk(center, contact, agent)
        return
    agent.contact = None
    no_answer(center, contact, place)
    become_free(center, agent)


def end_talk(center: Center, contact: Contact) -> None:
    """The customer hangs up; the agent wraps up."""
    now, agent = center.now(), contact.agent
    assert agent is not None
    if contact.dialling:
        callback_answered(center, contact, agent)
        return
    if contact.asker is not None:
        end_consult(center, contact, agent)
        return
    if agent.state == ev.CHATTING:
        end_chat(center, contact, agent)
        return
    if not contact.asked:
        tell_talk_end(center, agent)
    skill = contact_rules.skill_of(center.net, contact.reason, contact.queue, agent.group)
    draw = (contact.key, contact.work_attempt, contact.service)
    wrap = contact_rules.wrap_time(center.net, skill, agent.number, contact.reason, contact.answered, *draw)
    resolved = not contact.asked and ends(center, contact, agent)
    note_aside(center, agent)
    row = transfer_row(center, contact, resolved)
    if row >= 0:
        transfer(center, contact, agent, row, wrap)
        return
    contact.nth += not contact.counted
    give_trunk(center, contact)
    end_attempt(center, contact, ledger.ANSWERED, resolved, talk_end=now, wrap=wrap)
    wrap_or_free(center, agent, wrap)
