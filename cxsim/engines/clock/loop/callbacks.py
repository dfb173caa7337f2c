"""Callbacks, announced waits, and records that are dialled."""

from __future__ import annotations

import math

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.rules import contact_rules
from cxsim.rules.routing import system_state, wait_estimates
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.names import DIALS_AHEAD

from .codes import CALL_DUE, RINGS
from .effort import close_issue
from .queues import join_rare, next_leg, set_patience
from .recording import write_leg_rare
from .service import choose_agent_rare, serve_rare, take_or_wait
from .slots import contact_node, free_slot, insert_contact, unlink_contact
from .trunks import give_trunk


@inner
def hear_wait(net, board, w, c):
    """A customer who must wait hears how long, and is perhaps offered a call back; whether it stays."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    queue = nw.queues(net, contact.queue)
    now = ws.state(w, 0).now
    place = contact.leg
    if queue.announces:
        more.told = np.float32(wait_estimates.expected_wait(net, board, contact.queue, queue.estimator, now))
        if contact_rules.leaves(net, contact.queue, more.told, contact.key, contact.attempt, place):
            return False
    if queue.callback >= 0 and contact.cause != ledger.TRANSFER:
        rule = nw.callbacks(net, queue.callback)
        wait = wait_estimates.expected_wait(net, board, contact.queue, rule.estimator, now)
        if wait > rule.over:
            more.offer = 1
            if contact_rules.accepts(net, queue.callback, contact.key, contact.attempt, place):
                more.callback = rule.tries
                more.rule = queue.callback
    return True


@inner
def promise(net, board, w, c):
    """A customer hangs up to be called back: it keeps its place, or waits for the time that was promised."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    give_trunk(w, c)
    later = contact_rules.promised_in(net, more.rule, contact.key, contact.attempt, contact.leg)
    write_leg_rare(w, c, ledger.CALLBACK, -1, math.nan, now, False, 0, math.nan)
    more.told = math.nan
    more.offer = 0
    contact.arrived = now
    contact.leg += 1
    contact.cause = ledger.CALLED_BACK
    if nw.callbacks(net, more.rule).after >= 0:
        _call_later(w, c, later)
    else:
        join_rare(net, board, w, c, False)


@inner
def put_on_list(net, board, w, c):
    """A record that is to be dialled: by an idle agent, or when one is, or ahead of the agents."""
    give_trunk(w, c)
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    queue = nw.queues(net, contact.queue)
    contact.cause = ledger.OUTBOUND
    more.ours = ledger.OURS
    more.rule = queue.callback
    if more.callback == 0:
        more.callback = nw.callbacks(net, more.rule).tries
    if queue.outbound == DIALS_AHEAD:
        dialler = ws.diallers(w, contact.queue)
        insert_contact(w, dialler, c, dialler.last)
        ws.state(w, 0).waiting += 1
        _dial_ahead(net, board, w, contact.queue)
        return
    take_or_wait(net, board, w, c)


@inner
def _dial_ahead(net, board, w, queue):
    """A dialler calls as many as the idle agents allow; where too many were lost so far, agents dial."""
    dialler = ws.diallers(w, queue)
    waiting = system_state.board_queues(board, queue).waiting
    may = wait_estimates.lines_ahead(net, board, queue, dialler.reached, dialler.dropped)
    while dialler.first >= 0 and (may < 0 or dialler.ringing + waiting < may):
        c = dialler.first
        contact = ws.contacts(w, c)
        agent = -1
        if may < 0:
            agent = choose_agent_rare(net, board, w, c)
            if agent < 0:
                return
        unlink_contact(w, dialler, c)
        ws.state(w, 0).waiting -= 1
        if agent >= 0:
            serve_rare(net, board, w, c, agent)
            continue
        dialler.ringing += 1
        contact.stage = RINGS
        time = contact_rules.dial_time(net, ws.more(w, c).rule, contact.key, contact.attempt, contact.leg)
        cal.put(w, contact_node(w, c), ws.state(w, 0).now + time, ev.NODE_ENDS, contact.issue)


@inner
def dial_for(net, board, w, group):
    """An agent of a group is idle: diallers may call more."""
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        queue = nw.by_group(net, k).queue
        if nw.queues(net, queue).outbound == DIALS_AHEAD:
            _dial_ahead(net, board, w, queue)


@inner
def dial_answered(net, board, w, c):
    """A dialler's try is over: the customer answers and waits for an agent, or there will be another try."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    dialler = ws.diallers(w, contact.queue)
    dialler.ringing -= 1
    if contact_rules.reached(net, more.rule, contact.key, contact.attempt, contact.leg):
        dialler.reached += 1
        more.callback = 0
        write_leg_rare(w, c, ledger.HANDED_ON, -1, math.nan, now, False, 0, math.nan)
        next_leg(w, c, 0.0)
        contact.since = now
        if not take_or_wait(net, board, w, c):
            set_patience(net, board, w, c)
        return
    queue = contact.queue
    no_answer(net, board, w, c, -1, math.nan)
    _dial_ahead(net, board, w, queue)


@inner
def no_answer(net, board, w, c, group, talk_end):
    """A try was in vain: there will be another, or it is given up."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    more.callback -= 1
    if more.callback == 0:
        write_leg_rare(w, c, ledger.UNREACHED, group, talk_end, now, False, 0, math.nan)
        close_issue(net, board, w, c, False)
        free_slot(w, c)
        return
    write_leg_rare(w, c, ledger.HANDED_ON, group, talk_end, now, False, 0, math.nan)
    place = contact.leg
    next_leg(w, c, contact_rules.waited_for_call(contact.cause, contact.queued, contact.answered))
    _call_later(w, c, contact_rules.retry_time(net, more.rule, contact.key, contact.attempt, place))


@inner
def _call_later(w, c, later):
    contact = ws.contacts(w, c)
    contact.stage = CALL_DUE
    cal.put(w, contact_node(w, c), ws.state(w, 0).now + later, ev.NODE_ENDS, contact.issue)


@inner
def call_due(net, board, w, c):
    """The time has come to call a customer back: an idle agent, or the queue."""
    contact = ws.contacts(w, c)
    contact.since = ws.state(w, 0).now
    contact.queued = contact.since
    if contact.cause == ledger.OUTBOUND:
        put_on_list(net, board, w, c)
        return
    take_or_wait(net, board, w, c)
