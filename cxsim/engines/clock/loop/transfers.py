"""Contacts that agents transfer, hold for another, or ask about."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.rules import contact_rules
from cxsim.rules.routing import policy_views
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.names import COLD, CONSULT, IN_VAIN, TURN

from .agents import become_free, wrap_up
from .codes import ARRIVES, LED, LED_IN_PLACE, WRITES
from .effort import ends, feel_transfer, new_attempt
from .features import POLICY
from .recording import write_leg_rare
from .returns import end_attempt_rare
from .service import take_or_wait
from .slots import contact_node, copy_contact, free_slot, take_slot, wrap_node
from .trunks import give_trunk, is_closed


@inner
def transfer_row(net, board, w, c, a):
    """The row of `transfers` by which an agent hands a contact on at the end of the talk, -1 for none."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    resolved = False
    if not more.asked:
        resolved = ends(net, board, w, c, a)
    now = ws.state(w, 0).now
    return contact_rules.to_whom(
        net,
        board,
        contact.queue,
        contact.reason,
        more.transfer,
        more.asked,
        resolved,
        contact.since,
        now,
        contact.key,
        contact.attempt,
        contact.leg,
    )


@inner
def transfer(net, board, w, c, a, row):
    """An agent hands a contact on, and is free of it, or holds it until the next one is there; or asks another."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    more = ws.more(w, c)
    state = ws.state(w, 0)
    rule = nw.transfers(net, row)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    agent.wrap = contact_rules.wrap_time(
        net, skill, a, contact.reason, contact.answered, contact.key, contact.work_attempt, contact.service
    )
    if rule.kind == CONSULT:
        _ask(net, board, w, c, a, row)
        return ARRIVES
    contact.nth += 1 - more.counted
    holder = -1
    if rule.kind == TURN:
        ended = state.now + agent.wrap
        write_leg_rare(w, c, ledger.REPLIED, agent.group, state.now, ended, False, 0, math.nan)
        agent.contact = -1
        send_to_queue(net, w, c, row, -1)
        wrap_up(net, board, w, a)
        return ARRIVES
    if rule.kind == COLD:
        ended = state.now + agent.wrap
        write_leg_rare(w, c, ledger.TRANSFERRED, agent.group, state.now, ended, False, 0, math.nan)
        agent.contact = -1
        state.giver = a
    else:
        part = take_slot(w)
        copy_contact(w, c, part)
        more.felt = 0
        agent.contact = part
        agent.state = ev.HOLDING
        if POLICY:
            policy_views.note_person(board, a, ev.HOLDING, state.now)
        holder = a
    return send_to_queue(net, w, c, row, holder)


@inner
def _ask(net, board, w, c, a, row):
    """An agent asks another, by a contact of its own, while the customer holds."""
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    rule = nw.transfers(net, row)
    ws.agents(w, a).state = ev.HOLDING
    if POLICY:
        policy_views.note_person(board, a, ev.HOLDING, state.now)
    part = take_slot(w)
    copy_contact(w, c, part)
    new_attempt(w, part)
    asked = ws.contacts(w, part)
    more = ws.more(w, part)
    more.asker = a
    more.transfer = row
    more.retells = 0
    asked.key = contact.key
    asked.since = contact.since
    asked.line = -1
    asked.cause = ledger.CONSULT
    asked.arrived = state.now
    asked.queued = state.now
    asked.answered = math.nan
    asked.waited = 0.0
    asked.agent = -1
    asked.leg += 1 + ws.more(w, c).legs
    asked.service = contact.service + 1 + ws.more(w, c).services
    asked.patience_attempt = contact.patience_attempt
    asked.work_attempt = contact.work_attempt
    asked.queue = rule.to
    asked.entry = rule.to
    asked.channel = nw.queues(net, rule.to).channel
    if not rule.keeps:
        asked.since = state.now
    if not nw.queues(net, rule.to).day_and_night and is_closed(net, board, w):
        consult_unanswered(net, board, w, part, ledger.CLOSED)
        return
    take_or_wait(net, board, w, part)


@inner
def end_consult(net, board, w, part, a):
    """The agent who was asked has answered: whether that resolves the issue is up to who was asked."""
    asked = ws.contacts(w, part)
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    skill = contact_rules.skill_of(net, asked.reason, asked.queue, agent.group)
    draw = (asked.key, asked.attempt, asked.service)
    resolved = contact_rules.resolves(net, skill, a, asked.reason, asked.answered, *draw)
    write_leg_rare(w, part, ledger.CONSULTED, agent.group, now, now, False, 0, math.nan)
    agent.contact = -1
    asker = ws.more(w, part).asker
    _go_on(net, board, w, part, asker, resolved)
    become_free(net, board, w, a)


@inner
def consult_unanswered(net, board, w, part, outcome):
    """Nobody answers what an agent asked."""
    write_leg_rare(w, part, outcome, -1, math.nan, ws.state(w, 0).now, False, 0, math.nan)
    _go_on(net, board, w, part, ws.more(w, part).asker, False)


@inner
def _go_on(net, board, w, part, a, resolved):
    """Who asked turns to the customer again, and ends the talk, or, if that did not help, hands on after all."""
    agent = ws.agents(w, a)
    contact = ws.contacts(w, agent.contact)
    more = ws.more(w, agent.contact)
    legs = ws.contacts(w, part).leg - contact.leg
    services = ws.contacts(w, part).service - contact.service
    free_slot(w, part)
    if not resolved:
        more.transfer = contact_rules.transfer(
            net, contact.queue, contact.reason, IN_VAIN, contact.key, contact.attempt, contact.leg
        )
        if more.transfer >= 0:
            more.asked = 1
            more.legs = legs
            more.services = services
            agent.state = ev.TALKING
            if POLICY:
                policy_views.note_person(board, a, ev.TALKING, ws.state(w, 0).now)
            cal.put(w, wrap_node(a), ws.state(w, 0).now, ev.TALK_END, contact.issue)
            return
    end_asked(net, board, w, a, resolved)


@inner
def end_asked(net, board, w, a, resolved):
    """The talk of an agent who asked another ends."""
    agent = ws.agents(w, a)
    c = agent.contact
    contact = ws.contacts(w, c)
    now = ws.state(w, 0).now
    agent.contact = -1
    contact.nth += 1 - ws.more(w, c).counted
    give_trunk(w, c)
    end_attempt_rare(net, board, w, c, ledger.ANSWERED, agent.group, now, now + agent.wrap, resolved, now)
    wrap_up(net, board, w, a)


@inner
def send_to_queue(net, w, c, row, holder):
    """The contact is on its way to another queue, as `arrive` is told by what is returned."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    state = ws.state(w, 0)
    rule = nw.transfers(net, row)
    more.counted = 1
    more.holder = holder
    state.moved = c
    contact.accumulated += contact.waited + (contact.answered - contact.queued)
    contact.arrived = state.now
    contact.queued = state.now
    contact.answered = math.nan
    contact.waited = 0.0
    contact.agent = -1
    contact.leg += 1 + more.legs
    contact.service += 1 + more.services
    more.asked = 0
    more.legs = 0
    more.services = 0
    contact.cause = ledger.TRANSFER
    contact.queue = rule.to
    contact.entry = rule.to
    more.left = rule.after
    more.whole = rule.after
    more.extra = rule.retold
    more.told = math.nan
    more.offer = 0
    more.transfer = row
    if rule.kind == TURN:
        give_trunk(w, c)
        contact.cause = ledger.TURN
        contact.stage = WRITES
        think = contact_rules.handover_time(net, row, contact.key, contact.attempt, contact.leg)
        cal.put(w, contact_node(w, c), state.now + think, ev.NODE_ENDS, contact.issue)
        return ARRIVES
    feel_transfer(net, w, c, rule.retold)
    return LED_IN_PLACE if rule.keeps else LED


@inner
def release_holder(net, board, w, a):
    """An agent who held a contact for the next one leaves it: the leg so far, then wrap."""
    agent = ws.agents(w, a)
    state = ws.state(w, 0)
    part = agent.contact
    write_leg_rare(w, part, ledger.TRANSFERRED, agent.group, state.now, state.now + agent.wrap, False, 0, math.nan)
    free_slot(w, part)
    agent.contact = -1
    wrap_up(net, board, w, a)
