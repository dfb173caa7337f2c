"""Contacts that end without an agent, and overflow."""

from __future__ import annotations

import math

from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.policies import LEFT
from cxsim.rules.routing import system_state
from cxsim.schema import ledger
from cxsim.schema import network as nw

from .agents import release_when_empty
from .effort import feel_promise, feel_wait
from .features import POLICY, RICH, RULES
from .policies import tell_contact
from .queues import dequeue, join_rare, leave_queue, next_leg, set_overflow
from .recording import write_leg_rare
from .returns import end_attempt
from .service import choose_agent_rare, note_departure, serve_rare
from .slots import contact_node
from .transfers import consult_unanswered, release_holder
from .trunks import give_trunk


@inner
def end_unserved(net, board, w, c, outcome):
    """The attempt ends without an agent; the contact is in no queue any more."""
    contact = ws.contacts(w, c)
    now = ws.state(w, 0).now
    holder = -1
    if RICH:
        holder = ws.more(w, c).holder
        if ws.more(w, c).asker >= 0:
            consult_unanswered(net, board, w, c, outcome)
            return
    if RICH and contact.queue >= 0:
        feel_wait(net, w, c)
        if outcome == ledger.ABANDONED:
            feel_promise(net, w, c, False)
    end_attempt(net, board, w, c, outcome, -1, math.nan, now, False, now)
    if RICH and holder >= 0:
        release_holder(net, board, w, holder)


@inner
def overflow(net, board, w, c):
    """A stage of the queue's overflow is due: other groups may serve, or the contact moves to another queue."""
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    stage = nw.stages(net, contact.stage)
    contact.stage += 1
    to = stage.to_queue
    if to < 0:
        system_state.board_asking(board, 0).inside = 1
        agent = choose_agent_rare(net, board, w, c)
        system_state.board_asking(board, 0).inside = 0
        if agent >= 0:
            leave_queue(net, board, w, c)
            serve_rare(net, board, w, c, agent)
            release_when_empty(net, board, w, contact.queue)
            return
    elif system_state.board_queues(board, to).waiting < nw.queues(net, to).capacity:
        left = contact.queue
        contact.stage = nw.queues(net, left).last_stage
        dequeue(net, board, w, c)
        if POLICY:
            tell_contact(net, board, w, LEFT, c, -1)
        if nw.settings(net, 0).notes:
            note_departure(net, board, w, c, -1)
        write_leg_rare(w, c, ledger.HANDED_ON, -1, math.nan, state.now, False, 0, math.nan)
        if RICH:
            feel_wait(net, w, c)
        next_leg(w, c, state.now - contact.queued)
        contact.queue = to
        contact.channel = nw.queues(net, to).channel
        agent = choose_agent_rare(net, board, w, c)
        if agent >= 0:
            cal.cancel(w, contact_node(w, c))
            serve_rare(net, board, w, c, agent)
        else:
            join_rare(net, board, w, c, False)
        release_when_empty(net, board, w, left)
        return
    set_overflow(net, board, w, c)


@tiny
def abandon(net, board, w, c):
    queue = ws.contacts(w, c).queue
    dequeue(net, board, w, c)
    if POLICY:
        tell_contact(net, board, w, LEFT, c, -1)
    give_trunk(w, c)
    if RULES and nw.settings(net, 0).notes:
        note_departure(net, board, w, c, -1)
    if RICH and ws.contacts(w, c).cause == ledger.OUTBOUND:
        ws.diallers(w, queue).dropped += 1
    end_unserved(net, board, w, c, ledger.ABANDONED)
    release_when_empty(net, board, w, queue)


@inner
def turn_away(net, board, w):
    """Closing time: whoever still waits is sent away, queue by queue, longest wait first."""
    for queue in range(w.queues_size):
        if nw.queues(net, queue).day_and_night:
            continue
        c = ws.queues(w, queue).first
        while c >= 0:
            after = ws.contacts(w, c).next
            if RICH and ws.more(w, c).callback > 0:  # who will be called back waits on
                c = after
                continue
            # An agent who waited with it, or for it, is free then, and takes whom it finds.
            frees = RICH and (ws.more(w, c).holder >= 0 or ws.more(w, c).asker >= 0)
            leave_queue(net, board, w, c)
            if POLICY:
                tell_contact(net, board, w, LEFT, c, -1)
            give_trunk(w, c)
            end_unserved(net, board, w, c, ledger.CLOSED)
            c = ws.queues(w, queue).first if frees else after
