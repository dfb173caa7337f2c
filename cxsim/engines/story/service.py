"""Agents serve contacts: who takes it, and how long they talk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.story.center import NAN, Agent, Center, Chat, Contact
from cxsim.engines.story.chat_pace import note_chats, schedule_chats, settle_chats
from cxsim.engines.story.effort import feel_answer
from cxsim.engines.story.heads import show_due, shown_first
from cxsim.engines.story.idle import end_idle, note_aside
from cxsim.engines.story.policies import (
    ask_agent,
    ask_contact,
    ask_interrupted,
    has,
    note_person,
    tell_answer,
    tell_talk_end,
)
from cxsim.engines.story.queues import expect_nothing, join, next_leg, note_departure, set_patience
from cxsim.engines.story.recording import write_leg
from cxsim.randomness.draws import AGENT, attempt_key, uniform
from cxsim.rules import contact_rules
from cxsim.rules.routing import chat_slots, choices, custom
from cxsim.schema import ledger
from cxsim.schema.names import ALWAYS, WARM


def take_or_wait(center: Center, contact: Contact) -> bool:
    """An agent takes a contact that is in no queue, or it waits behind all who came before; whether it is taken."""
    agent = choose_agent(center, contact)
    if agent is not None:
        serve(center, contact, agent)
    else:
        join(center, contact)
    return agent is not None


def choose_agent(center: Center, contact: Contact) -> Agent | None:
    """An idle agent for a contact, or one who puts other work aside."""
    return idle_agent(center, contact) or preempt(center, contact)


def idle_agent(center: Center, contact: Contact) -> Agent | None:
    if center.book["queues"]["slots"][contact.queue] > 1:
        now = float(center.env.now)
        who = (contact.queue, *contact.place)
        chosen = chat_slots.choose_desk(center.net, center.board.record, *who, now)
        return center.agents[chosen] if chosen >= 0 else None
    now = float(center.env.now)
    if center.settings["known"] and contact.asker is None:
        known = int(
            choices.who_knows(
                center.net,
                center.board.record,
                contact.queue,
                contact.since,
                now,
                contact.segment,
                contact.seat,
                contact.key,
                contact.last,
            )
        )
        if known >= 0:
            return center.agents[known]
    if has(center, "choose_agent"):
        return ask_agent(center, contact)
    u = uniform(np.uint64(attempt_key(contact.key, contact.attempt, contact.leg)), AGENT)
    if center.policy and center.policy.file.agent:
        custom.meet(center.net, center.board.record, contact.reason, contact.segment, contact.attempt)
        shown = custom.show_groups(center.net, center.board.record, contact.queue, contact.since, now, u)
        group = center.policy.agent(center.board) if shown else -1  # type: ignore[union-attr]  # no class has it
        chosen = int(center.board["groups"]["longest"][group]) if group >= 0 else -1
    else:
        chosen = choices.choose_agent(center.net, center.board.record, contact.queue, contact.since, now, u)
    return center.agents[chosen] if chosen >= 0 else None


def next_contact(center: Center, agent: Agent) -> Contact | None:
    """The waiting contact that an agent takes next."""
    show_due(center, agent.group, due=True)
    contact = ask_contact(center, agent) if has(center, "choose_contact") else _first_by_rule(center, agent)
    show_due(center, agent.group, due=False)
    return contact


def _first_by_rule(center: Center, agent: Agent) -> Contact | None:
    now, group = float(center.env.now), agent.group
    if center.policy and center.policy.file.contact:
        shown = custom.show_queues(center.net, center.board.record, group, now)
        queue = center.policy.contact(center.board) if shown else -1  # type: ignore[union-attr]  # no class has it
    else:
        queue = int(choices.choose_queue(center.net, center.board.record, group, now))
    return shown_first(center, queue) if queue >= 0 else None


def preempt(center: Center, contact: Contact) -> Agent | None:
    """The agent who puts work aside for a contact; that work goes back to its queue."""
    row = center.book["queues"][contact.queue]
    who = (contact.queue, *contact.place)
    if row["slots"] > 1 and chat_slots.is_behind(center.net, center.board.record, *who):
        return None
    if has(center, "choose_interrupted"):
        agent = ask_interrupted(center, contact)
    else:
        agent = None if row["interruptible"] else _interrupted_by_rule(center, contact)
    if agent is not None:
        _put_aside(center, agent)
    return agent


def _interrupted_by_rule(center: Center, contact: Contact) -> Agent | None:
    now = center.now()
    chosen = choices.choose_interrupted(center.net, center.board.record, contact.queue, contact.since, now)
    if chosen < 0 or center.crews[center.agents[chosen].group].pending:
        return None
    return center.agents[int(chosen)]


def _put_aside(center: Center, agent: Agent) -> None:
    """What an agent works on goes to another idle agent, or back to its queue."""
    now, aside, asking = center.now(), agent.contact, center.board["asking"][0]
    assert aside is not None
    tell_talk_end(center, agent)
    note_person(center, agent, ev.IDLE)
    aside.left *= 1.0 - (now - aside.answered) / aside.talk if aside.talk > 0.0 else 0.0
    write_leg(center, aside, ledger.HANDED_ON, now, now, False, 0, NAN)
    agent.contact = None
    note_aside(center, agent)
    inside, asking["inside"] = asking["inside"], 0
    wait_again(center, aside, idle_agent)
    asking["inside"] = inside


def serve(center: Center, contact: Contact, agent: Agent) -> None:
    """Agent and contact begin to talk."""
    now = center.now()
    if agent.state == ev.IDLE:
        end_idle(center, agent)
    contact.answered, contact.agent = now, agent
    feel_answer(center, contact, agent)
    note_departure(center, contact, agent.number)
    center.board["queues"]["last_wait"][contact.queue] = now - contact.queued
    tell_answer(center, contact, agent)
    told = contact.news
    expect_nothing(center, contact)
    if center.book["queues"]["slots"][contact.queue] > 1:
        begin_chat(center, contact, agent)
        told.succeed()
        return
    agent.state, agent.contact = ev.TALKING, contact
    if contact.callback:
        contact.dialling = True
        dial = contact_rules.dial_time(center.net, contact.rule, contact.key, contact.attempt, contact.leg)
        contact.talk_ends = center.env.at(now + dial, ev.TALK_END, contact.issue)
    else:
        begin_talk(center, contact, agent)
    told.succeed()


def begin_talk(center: Center, contact: Contact, agent: Agent) -> None:
    """Agent and customer talk from now on."""
    now = center.now()
    if contact.asker is not None:
        time = contact_rules.handover_time(center.net, contact.transfer, contact.key, contact.attempt, contact.leg)
        contact.talk_ends = center.env.at(now + time, ev.TALK_END, contact.issue)
        return
    skill = contact_rules.skill_of(center.net, contact.reason, contact.queue, agent.group)
    draw = (contact.key, contact.work_attempt, contact.service)
    talk = contact_rules.talk_time(center.net, skill, agent.number, contact.reason, contact.answered, *draw)
    talk = talk_with_history(center, contact, talk)
    if center.book["queues"]["interruptible"][contact.queue] and not (agent.leave_due or agent.break_due):
        note_aside(center, agent, now)
    contact.talk_ends = center.env.at(now + talk, ev.TALK_END, contact.issue)


def begin_chat(center: Center, contact: Contact, agent: Agent) -> None:
    """A chat more for an agent, who does all of them more slowly."""
    now = center.now()
    if not agent.chats:
        agent.state, agent.contact = ev.CHATTING, None
        agent.channel = int(center.book["queues"]["channel"][contact.queue])
        agent.engaged_since = now
    settle_chats(center, agent)
    skill = contact_rules.skill_of(center.net, contact.reason, contact.queue, agent.group)
    draw = (contact.key, contact.work_attempt, contact.service)
    talk = contact_rules.talk_time(center.net, skill, agent.number, contact.reason, contact.answered, *draw)
    agent.chats.append(Chat(contact, talk_with_history(center, contact, talk), now))
    schedule_chats(center, agent)
    note_chats(center, agent)


def talk_with_history(center: Center, contact: Contact, talk: float) -> float:
    """The talk of a contact with a history: what is left, telling it again, taking over, noticing a misroute."""
    talk = max(0.0, talk * contact.left + contact.extra)
    contact.extra, came, contact.transfer = 0.0, contact.transfer, -1
    place = (contact.key, contact.attempt, contact.leg)
    if center.book["queues"]["hands_on"][contact.queue]:
        contact.transfer = int(contact_rules.transfer(center.net, contact.queue, contact.reason, ALWAYS, *place))
        if contact.transfer >= 0:
            talk *= float(center.book["transfers"]["talk"][contact.transfer])
    if contact.holder is not None:
        both = talk
        if center.book["transfers"]["kind"][came] == WARM:
            both = contact_rules.handover_time(center.net, came, *place)
            talk += both
        center.env.process(center.life.take_over(center, contact.holder, float(center.env.now) + both))
        contact.holder = None
    contact.talk = talk
    return talk


def wait_again(center: Center, contact: Contact, choose: Callable[[Center, Contact], Agent | None]) -> None:
    """A contact whose talk broke off goes to the agent that `choose` finds, or to its place in its queue again."""
    next_leg(center, contact, contact.answered - contact.queued)
    contact.dialling = False
    told = contact.news
    expect_nothing(center, contact)
    other = choose(center, contact)
    if other is not None:
        serve(center, contact, other)
    else:
        join(center, contact, stays=True)
        set_patience(center, contact)
    told.succeed()
