"""Agents serve contacts: who takes it, and how long they talk."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.randomness.draws import AGENT, attempt_key, uniform
from cxsim.rules import contact_rules
from cxsim.rules.routing import chat_slots, choices, custom, policy_views, system_state
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.names import ALWAYS, OWN, WARM

from .chat_pace import note_chats, schedule_chats, settle_chats
from .effort import ends, feel_answer
from .features import POLICY, RICH, RULES
from .idle import end_idle
from .policies import ask_agent, ask_interrupted, tell_answer, tell_talk_end
from .queues import join_rare, next_leg, set_patience
from .recording import write_leg_rare
from .returns import end_attempt
from .slots import insert_contact, services_begun, wrap_node


@inner
def take_or_wait(net, board, w, c):
    """An agent takes a contact that is in no queue, or it waits behind all who came before; whether it is taken."""
    agent = choose_agent_rare(net, board, w, c)
    if agent >= 0:
        serve_rare(net, board, w, c, agent)
    else:
        join_rare(net, board, w, c, False)
    return agent >= 0


@inner
def _who_knows(net, board, w, c):
    """The idle agent who knows the customer, or -1."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if more.asker >= 0:
        return -1
    return choices.who_knows(
        net, board, contact.queue, contact.since, ws.state(w, 0).now, contact.segment, more.seat, contact.key, more.last
    )


@tiny
def _idle_agent(net, board, w, c):
    contact = ws.contacts(w, c)
    if not RULES:
        return choices.longest_idle(net, board, contact.queue)
    u = 0.5
    rule = nw.settings(net, 0).agent_rule
    if choices.draws_agent(rule) or rule == OWN:
        u = uniform(attempt_key(contact.key, contact.attempt, contact.leg), AGENT)
    if RICH and nw.queues(net, contact.queue).slots > 1:
        urgency = nw.markets(net, contact.segment).priority
        now = ws.state(w, 0).now
        return chat_slots.choose_desk(net, board, contact.queue, urgency, contact.since, contact.issue, now)
    if RICH and nw.settings(net, 0).known:
        known = _who_knows(net, board, w, c)
        if known >= 0:
            return known
    if POLICY and system_state.board_asking(board, 0).agent_at != 0:
        return ask_agent(net, board, w, c)
    if rule == OWN:
        custom.meet(net, board, contact.reason, contact.segment, contact.attempt)
    return choices.choose_agent(net, board, contact.queue, contact.since, ws.state(w, 0).now, u)


@tiny
def choose_agent(net, board, w, c):
    """An idle agent for a contact, or one who puts other work aside."""
    chosen = _idle_agent(net, board, w, c)
    if RICH and chosen < 0 and nw.settings(net, 0).interrupts:
        return interrupted(net, board, w, c)
    return chosen


@inner
def choose_agent_rare(net, board, w, c):
    """The same where it happens less often."""
    return choose_agent(net, board, w, c)


@inner
def interrupted(net, board, w, c):
    """The agent who puts work aside for a contact; that work goes back to its queue; -1 for nobody."""
    contact = ws.contacts(w, c)
    queue = nw.queues(net, contact.queue)
    urgency = nw.markets(net, contact.segment).priority
    if queue.slots > 1 and chat_slots.is_behind(net, board, contact.queue, urgency, contact.since, contact.issue):
        return -1
    a = -1
    if POLICY and system_state.board_asking(board, 0).interrupted_at != 0:
        a = ask_interrupted(net, board, w, c)
    elif not queue.interruptible:
        a = choices.choose_interrupted(net, board, contact.queue, contact.since, ws.state(w, 0).now)
        if a >= 0 and ws.crews(w, ws.agents(w, a).group).pending > 0:
            a = -1
    if a >= 0:
        _put_aside(net, board, w, a)
    return a


@inner
def _put_aside(net, board, w, a):
    """What an agent works on goes to another idle agent, or back to its queue."""
    asking = system_state.board_asking(board, 0)
    aside = ws.agents(w, a).contact
    if POLICY:
        tell_talk_end(net, board, w, a)
        policy_views.note_person(board, a, ev.IDLE, ws.state(w, 0).now)
    more = ws.more(w, aside)
    done = ws.state(w, 0).now - ws.contacts(w, aside).answered
    more.left *= 1.0 - done / more.talk if more.talk > 0.0 else 0.0
    write_part(net, board, w, a)
    ws.agents(w, a).contact = -1
    system_state.board_agents(board, a).aside_since = math.inf
    wait_again(net, board, w, aside)
    inside = asking.inside
    asking.inside = 0
    other = _idle_agent(net, board, w, aside)
    serve_or_queue(net, board, w, aside, other)
    asking.inside = inside


@inner
def note_departure(net, board, w, c, a):
    """Let policies look back on how a contact left its queue: to an agent, or, with -1, otherwise."""
    contact = ws.contacts(w, c)
    wait = ws.state(w, 0).now - contact.since
    if RICH and ws.more(w, c).callback > 0:
        wait = math.nan
    system_state.note(net, board, contact.queue, wait, a)


@inner
def serve_rare(net, board, w, c, a):
    """The same where it happens less often."""
    end = begin_talk(net, board, w, c, a)
    if end >= 0.0:
        conclude_rare(net, board, w, c, a, end)


@tiny
def begin_talk(net, board, w, c, a):
    """Agent and contact begin to talk; returns as `talk` does."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    if agent.state == ev.IDLE:
        end_idle(net, board, w, a)
    contact.answered = now
    contact.agent = a
    if RULES:
        system_state.board_queues(board, contact.queue).last_wait = now - contact.queued
        if nw.settings(net, 0).notes:
            note_departure(net, board, w, c, a)
    if RICH:
        feel_answer(net, w, c)
    if POLICY:
        tell_answer(net, board, w, c, a)
    if RICH and nw.queues(net, contact.queue).slots > 1:
        _begin_chat(net, board, w, c, a)
        return -1.0
    agent.state = ev.TALKING
    if RULES:
        agent.contact = c
        agent.line = contact.line
    if RICH and ws.more(w, c).callback > 0:
        ws.more(w, c).dialling = 1
        dial = contact_rules.dial_time(net, ws.more(w, c).rule, contact.key, contact.attempt, contact.leg)
        cal.put(w, wrap_node(a), now + dial, ev.TALK_END, contact.issue)
        return -1.0
    return talk(net, board, w, c, a)


@tiny
def _work(net, contact, skill):
    """The work of a contact with the agent who begins on it: drawn when it came, if it is the first."""
    service = services_begun(contact)
    law = nw.reasons(net, contact.reason).talk
    if RICH:
        law = nw.skills(net, skill).talk
    if contact.work_attempt == 1 and service == 1 and (not RICH or law == nw.reasons(net, contact.reason).talk):
        return contact.work
    return contact_rules.work_of(net, law, contact.key, contact.work_attempt, service)


@tiny
def talk(net, board, w, c, a):
    """Agent and customer talk from now on; until when, if it is known what follows, see `conclude_talk`, else -1."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    if RICH and ws.more(w, c).asker >= 0:
        time = contact_rules.handover_time(net, ws.more(w, c).transfer, contact.key, contact.attempt, contact.leg)
        cal.put(w, wrap_node(a), now + time, ev.TALK_END, contact.issue)
        return -1.0
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, ws.agents(w, a).group)
    talk = contact_rules.at_pace(net, _work(net, contact, skill), skill, a, contact.reason, now)
    queue = nw.queues(net, contact.queue)
    if RICH:
        talk = _longer(net, w, c, talk)
        if queue.interruptible and not (agent.leave_due or agent.break_due):
            system_state.board_agents(board, a).aside_since = now
    cal.put(w, wrap_node(a), now + talk, ev.TALK_END, contact.issue)
    if (RULES and nw.groups(net, agent.group).hand_back) or (RICH and queue.open_ended):
        return -1.0
    return now + talk


@inner
def _begin_chat(net, board, w, c, a):
    """A chat more for an agent, who does all of them more slowly."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    desk = ws.desks(w, a)
    now = ws.state(w, 0).now
    if desk.chats == 0:
        agent.state = ev.CHATTING
        agent.contact = -1
        desk.channel = nw.queues(net, contact.queue).channel
        desk.since = now
        desk.first = -1
        desk.last = -1
    settle_chats(net, w, a)
    insert_contact(w, desk, c, desk.last)
    desk.chats += 1
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    talk = contact_rules.at_pace(net, _work(net, contact, skill), skill, a, contact.reason, now)
    _longer(net, w, c, talk)
    ws.more(w, c).since = now
    ws.more(w, c).wraps = 0
    schedule_chats(net, w, a)
    note_chats(net, board, w, a)


@inner
def _longer(net, w, c, talk):
    """The talk of a contact with a history: what is left of it, telling it again, taking over, noticing a misroute."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    talk = max(0.0, talk * more.left + more.extra)
    more.extra = 0.0
    now = ws.state(w, 0).now
    came = more.transfer
    more.transfer = -1
    if nw.queues(net, contact.queue).hands_on:
        more.transfer = contact_rules.transfer(
            net, contact.queue, contact.reason, ALWAYS, contact.key, contact.attempt, contact.leg
        )
        if more.transfer >= 0:
            talk *= nw.transfers(net, more.transfer).talk
    if more.holder >= 0:
        both = talk
        if nw.transfers(net, came).kind == WARM:
            both = contact_rules.handover_time(net, came, contact.key, contact.attempt, contact.leg)
            talk += both
        cal.put(w, wrap_node(more.holder), now + both, ev.HANDOVER_ENDS, more.holder)
        more.holder = -1
    more.talk = talk
    return talk


@inner
def conclude_rare(net, board, w, c, a, end):
    """The same where it happens less often."""
    conclude_talk(net, board, w, c, a, end)


@tiny
def conclude_talk(net, board, w, c, a, end):
    """What follows when the talk ends at `end`: known at its beginning, unless the contact may be handed back."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    wrap = contact_rules.wrap_time(
        net, skill, a, contact.reason, contact.answered, contact.key, contact.work_attempt, services_begun(contact)
    )
    if RICH and nw.settings(net, 0).decides:
        resolved = ends(net, board, w, c, a)
    else:
        resolved = contact_rules.resolves(
            net, skill, a, contact.reason, contact.answered, contact.key, contact.attempt, services_begun(contact)
        )
    contact.nth += 1
    if RICH:
        contact.nth -= ws.more(w, c).counted
    if RULES:
        agent.contact = -1
    agent.wrap = wrap
    end_attempt(net, board, w, c, ledger.ANSWERED, agent.group, end, end + wrap, resolved, end)


@inner
def write_part(net, board, w, a):
    """An agent's talk breaks off: the leg so far."""
    now = ws.state(w, 0).now
    cal.cancel(w, wrap_node(a))
    c = ws.agents(w, a).contact
    write_leg_rare(w, c, ledger.HANDED_ON, ws.agents(w, a).group, now, now, False, 0, math.nan)
    if RICH:
        ws.more(w, c).dialling = 0


@inner
def wait_again(net, board, w, c):
    """A contact whose talk broke off waits again, from now on."""
    contact = ws.contacts(w, c)
    next_leg(w, c, contact.answered - contact.queued)


@inner
def serve_or_queue(net, board, w, c, other):
    """A contact whose talk broke off goes to another agent, or to its place in its queue again."""
    if other >= 0:
        serve_rare(net, board, w, c, other)
    else:
        join_rare(net, board, w, c, True)
        set_patience(net, board, w, c)
