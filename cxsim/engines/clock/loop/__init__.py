"""The event loop of the `clock` engine: compiled functions over arrays.

The same rules as `story`, in the same order, from the same draws; read that one first. What is fixed is in the book
`net`, what policies may read on the `board`, all else in the world `w`; every function below moves one thing in it.
When a block of the ledger or the pool of contacts is full, the loop returns, Python makes room, and the loop is
entered again where it stopped.

`replay` loads this package five times: without POLICY the compiler leaves out what only policies that are classes need;
without RICH the compiler leaves out what only scenarios with flows, transfers,
callbacks, chats or work put aside need; without RULES also limits, balking, overflow, reserves, handing back and
unusual choices (see `ivr_steps.loop`). So what most scenarios need starts sooner and runs faster.

The usual way of a contact is put in line where `run` matches who is free or arrives; whoever needs the same more rarely
calls it (`serve_rare`, `join_rare`, `become_free`), so that the compiler meets it twice and not ten times.
"""

from __future__ import annotations

import math

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import compiled, inner, tiny
from cxsim.rules.routing import chat_slots, system_state
from cxsim.schema import ledger
from cxsim.schema import network as nw

from .agents import go_home, next_contact, release_when_empty, wrap_up
from .arrivals import arrive, new_contact
from .chats import end_chat, offer_slots, release_chat
from .codes import AGENT_FREE, ARRIVES, CONTACTS_FULL, DONE, LEGS_FULL, SPELLS_FULL
from .features import POLICY, RICH, RULES
from .ivr import leave_step
from .queues import leave_queue
from .recording import write_leg_rare
from .service import begin_talk, conclude_talk
from .staffing import away_begins, end_pause, follow_plan
from .talks import end_talk
from .timers import wake
from .transfers import release_holder
from .unserved import abandon, overflow, turn_away


@tiny
def _next_arrival(w):
    """When the next fresh arrival is due."""
    arrival = ws.state(w, 0).arrival
    return ws.times(w)[np.uint64(arrival)] if arrival < w.times_size else math.inf


@inner
def _next_planned(net, w):
    """Time and kind of what is due next of the plan and of closing times."""
    state = ws.state(w, 0)
    time = math.inf
    kind = ev.NOTHING
    if state.event < w.plan_size:
        row = ws.plan(w, state.event)
        time = row.time
        kind = ev.of_plan(row.kind)
    if nw.settings(net, 0).turn_away and state.closing < net.openings_size:
        due = nw.openings(net, state.closing).end
        if due < time:
            time = due
            kind = ev.CLOSING
    return time, kind


@tiny
def _what_is_full(w, legs, spells):
    """LEGS_FULL, SPELLS_FULL or CONTACTS_FULL where there is no room for so many legs and spells; else DONE."""
    state = ws.state(w, 0)
    if state.legs + (2 if RICH else 1) * state.waiting + legs > w.legs_size:
        return LEGS_FULL
    if state.spells + spells > w.spells_size:
        return SPELLS_FULL
    if state.unused < 0 and state.touched == w.contacts_size:
        return CONTACTS_FULL
    return DONE


@tiny
def _happens(net, board, w, kind, node):
    """An event of the calendar; which contact comes to a queue by it and how, which agent is free (-1 for nobody)."""
    seats = w.agents_size
    c = -1
    a = -1
    led = ARRIVES
    if kind == ev.TALK_END:
        if RICH and node >= seats:
            led = end_chat(net, board, w, node - 2 * seats)
        else:
            led = end_talk(net, board, w, node)
            if led == AGENT_FREE:
                a = node
                led = ARRIVES
        c = ws.state(w, 0).moved if led != ARRIVES else -1
    elif kind == ev.WRAP_END:
        if RICH and node >= seats:
            release_chat(net, board, w, node - 2 * seats)
        else:
            a = node
    elif kind == ev.AWAY_BEGINS:
        away_begins(net, board, w, node - seats)
    elif kind == ev.AWAY_ENDS:
        end_pause(net, board, w, node - seats)
    elif kind == ev.PATIENCE_ENDS:
        abandon(net, board, w, node - 2 * seats)
    elif kind == ev.RETURN:
        c = node - 2 * seats
    elif RICH and kind == ev.HANDOVER_ENDS:
        release_holder(net, board, w, node)
    elif RICH and kind == ev.NODE_ENDS:
        led = leave_step(net, board, w, node - 2 * seats)
        c = node - 2 * seats if led != ARRIVES else -1
    elif RULES:
        overflow(net, board, w, node - 2 * seats - w.contacts_size)
    return c, a, led


@tiny
def _meet(net, board, w, c, a, led):
    """Agent `a`, who is free, takes who waits; or contact `c` takes an agent, or waits. -1 for nobody."""
    state = ws.state(w, 0)
    queue = -1
    if a >= 0:
        c = next_contact(net, board, w, a)
        if c >= 0:
            queue = ws.contacts(w, c).queue
    elif c >= 0:
        a = arrive(net, board, w, c, led)
    if c >= 0:
        if a >= 0:
            end = begin_talk(net, board, w, c, a)
            if end >= 0.0:
                conclude_talk(net, board, w, c, a, end)
            if queue >= 0:
                release_when_empty(net, board, w, queue)
        if RICH and state.giver >= 0:
            giver = state.giver
            state.giver = -1
            wrap_up(net, board, w, giver)
        if RICH and state.part >= 0:
            part = state.part
            state.part = -1
            release_chat(net, board, w, part)


@compiled
def run(net_at, board_at, world_at):
    """Replay until the end, or until something is full: DONE, LEGS_FULL, SPELLS_FULL or CONTACTS_FULL."""
    net = nw.at(net_at)
    board = system_state.board_at(board_at)
    w = ws.at(world_at)
    state = ws.state(w, 0)
    margin = 6 + (2 * w.agents_size if nw.groups(net, 0).hand_back else 0)  # legs that one event may write
    if POLICY:
        margin += 4 * w.agents_size
    planned, plan_kind = _next_planned(net, w)
    arrival = _next_arrival(w)
    while True:
        full = _what_is_full(w, margin, 2 * w.agents_size + 4)
        if full != DONE:
            return full
        time = planned
        kind = plan_kind
        if arrival < planned or (arrival == planned and plan_kind == ev.CLOSING):
            time = arrival
            kind = ev.FRESH_ARRIVAL
        if POLICY:
            due = system_state.board_asking(board, 0).wake
            if due < time and due < nw.settings(net, 0).end:
                time = due
                kind = ev.WAKE
        node = cal.first(w, time)
        if node >= 0:
            soonest = ws.nodes(w, node)
            if soonest.time < time or (soonest.time == time and soonest.kind < kind):
                time = soonest.time
                kind = soonest.kind
        if time == math.inf:
            break
        state.now = time
        c = -1
        a = -1
        led = ARRIVES
        if kind == ev.FRESH_ARRIVAL:
            c = new_contact(net, board, w)
            arrival = _next_arrival(w)
        elif kind == ev.STAFF_LEAVES or kind == ev.STAFF_COMES:
            state.event += 1
            follow_plan(net, board, w, ws.plan(w, state.event - 1))
            planned, plan_kind = _next_planned(net, w)
        elif kind == ev.CLOSING:
            state.closing += 1
            turn_away(net, board, w)
            planned, plan_kind = _next_planned(net, w)
        elif POLICY and kind == ev.WAKE:
            wake(net, board, w)
        else:
            cal.take(w, node)
            c, a, led = _happens(net, board, w, kind, node)
        _meet(net, board, w, c, a, led)
        if RICH and chat_slots.chats_wait(net, board):
            offer_slots(net, board, w)
    _finish(net, board, w)
    return DONE


@inner
def _finish(net, board, w):
    """Nothing more can happen: whoever still waits stays unfinished, whoever is still there goes."""
    state = ws.state(w, 0)
    for queue in range(w.queues_size):
        while ws.queues(w, queue).first >= 0:
            c = ws.queues(w, queue).first
            leave_queue(net, board, w, c)
            write_leg_rare(w, c, ledger.UNFINISHED, -1, math.nan, state.now, False, 0, math.nan)
            if RICH and ws.more(w, c).asker >= 0:
                asker = ws.agents(w, ws.more(w, c).asker)
                write_leg_rare(
                    w, asker.contact, ledger.UNFINISHED, asker.group, state.now, state.now, False, 0, math.nan
                )
            if RICH and ws.more(w, c).holder >= 0:
                holder = ws.more(w, c).holder
                group = ws.agents(w, holder).group
                part = ws.agents(w, holder).contact
                write_leg_rare(w, part, ledger.TRANSFERRED, group, state.now, state.now, False, 0, math.nan)
    if RICH:
        for queue in range(w.queues_size):
            c = ws.diallers(w, queue).first
            while c >= 0:
                write_leg_rare(w, c, ledger.UNFINISHED, -1, math.nan, state.now, False, 0, math.nan)
                c = ws.contacts(w, c).next
    for a in range(w.agents_size):
        if ws.agents(w, a).state != ev.OFF:
            go_home(net, board, w, a)
