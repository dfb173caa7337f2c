"""Attempts begin."""

from __future__ import annotations

import math

import numpy as np

from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.randomness.draws import child
from cxsim.rules import contact_rules
from cxsim.rules.routing import system_state
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.ledger import DAY_SHIFT, REASON_SHIFT

from .callbacks import hear_wait, promise, put_on_list
from .codes import AHEAD, ARRIVES, LED_IN_PLACE
from .effort import customer_of, feel_contact, feel_switch, new_attempt
from .features import RICH, RULES
from .ivr import begin_elsewhere
from .queues import join, set_patience
from .service import choose_agent
from .slots import free_slot, take_slot
from .trunks import finds_trunk, give_trunk, is_closed, take_trunk
from .unserved import end_unserved


@tiny
def arrive(net, board, w, c, led):
    """An attempt begins: lines, an idle agent (who is returned, else -1), room in the queue, balking, else the queue.

    The same for a contact that the flow or an agent has `led` to a queue, which has its line already: ARRIVES, LED
    where it waits behind all others, LED_IN_PLACE where it keeps its place.
    """
    contact = ws.contacts(w, c)
    now = ws.state(w, 0).now
    if led != LED_IN_PLACE:
        contact.since = now
    contact.queued = now
    if led == ARRIVES:
        contact.arrived = now
        contact.answered = math.nan
        contact.agent = -1
        contact.queue = nw.reasons(net, contact.reason).queue
        if RULES:
            contact.waited = 0.0
            contact.leg = 1
            contact.service = 1
            contact.line = -1
            contact.entry = contact.queue
        if RICH:
            new_attempt(w, c)
            if (contact.start >= 0 or contact.queue < 0) and begin_elsewhere(net, board, w, c):
                return -1
    queue = nw.queues(net, contact.queue)
    contact.channel = queue.channel
    if RICH:
        if led == ARRIVES:
            feel_contact(net, w, c)
        elif contact.cause != ledger.TURN:
            feel_switch(net, w, c)
    if RICH and queue.outbound and contact.cause == ledger.FRESH:
        put_on_list(net, board, w, c)
        return -1
    if not RULES:  # a line and a place in the queue for everyone
        agent = choose_agent(net, board, w, c)
        if agent < 0:
            join(net, board, w, c, False)
            set_patience(net, board, w, c)
        return agent
    outcome = ledger.BLOCKED
    if RICH and (led != ARRIVES or contact.start >= 0) and not queue.day_and_night and is_closed(net, board, w):
        outcome = ledger.CLOSED
    elif finds_trunk(net, w, c):
        agent = choose_agent(net, board, w, c)
        if agent >= 0:
            take_trunk(w, c)
            return agent
        if system_state.board_queues(board, contact.queue).waiting < queue.capacity:
            stays = not contact_rules.balks(
                net, contact.queue, contact.reason, contact.segment, contact.key, contact.attempt
            )
            if RICH and stays and (queue.announces or queue.callback >= 0):
                stays = hear_wait(net, board, w, c)
                if ws.more(w, c).callback > 0:
                    promise(net, board, w, c)
                    return -1
            if stays:
                take_trunk(w, c)
                join(net, board, w, c, False)
                set_patience(net, board, w, c)
                return -1
            outcome = ledger.BALKED
    give_trunk(w, c)
    contact.queued = math.nan
    end_unserved(net, board, w, c, outcome)
    return -1


@inner
def _draw_ahead(net, w):
    """The keys and the work of the next fresh arrivals: a processor works out several at a time."""
    state = ws.state(w, 0)
    count = min(AHEAD, w.times_size - state.arrival)
    for i in range(count):
        issue = ws.issues(w)[state.arrival + i]
        reason = np.int64(issue >> REASON_SHIFT)
        day = (issue >> DAY_SHIFT) & ((1 << (REASON_SHIFT - DAY_SHIFT)) - 1)
        stream = ws.streams(w, reason)
        if stream.day != day:
            stream.day = day
            stream.key = child(child(state.run, nw.reasons(net, reason).hash), day)
        ws.ahead(w, i).key = child(stream.key, issue & ((1 << DAY_SHIFT) - 1))
    for i in range(count):
        known = ws.ahead(w, i)
        reason = np.int64(ws.issues(w)[state.arrival + i] >> REASON_SHIFT)
        known.work = contact_rules.work_of(net, nw.reasons(net, reason).talk, known.key, 1, 1)


@tiny
def new_contact(net, board, w):
    """The fresh arrival whose turn it is; -1 for one that does not arise."""
    state = ws.state(w, 0)
    c = take_slot(w)
    contact = ws.contacts(w, c)
    issue = ws.issues(w)[state.arrival]
    place = state.arrival & (AHEAD - 1)
    if place == 0:
        _draw_ahead(net, w)
    known = ws.ahead(w, place)
    state.arrival += 1
    contact.issue = issue
    contact.reason = np.int64(issue >> REASON_SHIFT)
    contact.key = known.key
    contact.work = known.work
    contact.segment = contact_rules.segment_of(net, contact.key)
    contact.opened = state.now
    contact.accumulated = 0.0
    contact.attempt = 1
    contact.patience_attempt = 1
    contact.work_attempt = 1
    contact.cause = ledger.FRESH
    if RICH:
        contact.start = contact_rules.first_way(net, contact.segment, contact.key)
    contact.nth = 0
    if RICH and not customer_of(net, board, w, c):
        free_slot(w, c)
        return -1
    return c
