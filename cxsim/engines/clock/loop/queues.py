"""Queues: joining, leaving, overflow stages and patience."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.jit.struct_arrays import prefetch
from cxsim.policies import JOINED
from cxsim.rules import contact_rules, loyalty
from cxsim.rules.routing import system_state
from cxsim.schema import network as nw

from .features import POLICY, RICH, RULES
from .policies import tell_contact
from .slots import contact_node, insert_contact, overflow_node, services_begun, unlink_contact


@tiny
def _resize(net, board, w, queue, change, ahead):
    """A contact enters (+1) or leaves (-1) a queue now; `ahead` of all others or not."""
    now = ws.state(w, 0).now
    seen = system_state.board_queues(board, queue)
    list_ = ws.queues(w, queue)
    ev.count_waiting(net, ws.waiting(w), ws.most(w), queue, seen.waiting, list_.changed, now)
    list_.changed = now
    seen.waiting += change
    ws.state(w, 0).waiting += change
    if not ahead:
        return
    if list_.first >= 0:
        head = ws.contacts(w, list_.first)
        system_state.show_head(net, board, queue, head.since, head.issue)
        if RICH:
            system_state.show_priority(net, board, queue, head.segment)
        prefetch(head, 1)
        prefetch(ws.nodes(w, contact_node(w, list_.first)), 0)
    else:
        system_state.show_head(net, board, queue, math.inf, 0)


@inner
def join_rare(net, board, w, c, stays):
    """The same where it happens less often."""
    join(net, board, w, c, stays)


@tiny
def join(net, board, w, c, stays):
    """Put a contact in its queue by (priority of its segment, since, issue), and set its next overflow.

    That is one that is due, unless it `stays`.
    """
    contact = ws.contacts(w, c)
    list_ = ws.queues(w, contact.queue)
    after = list_.last
    while after >= 0:
        other = ws.contacts(w, after)
        if RICH and nw.settings(net, 0).urgent:
            ahead = nw.markets(net, other.segment).priority - nw.markets(net, contact.segment).priority
            if ahead < 0:
                break
            if ahead > 0:
                after = other.previous
                continue
        if other.since < contact.since or (other.since == contact.since and other.issue < contact.issue):
            break
        after = other.previous
    insert_contact(w, list_, c, after)
    _resize(net, board, w, contact.queue, 1, after < 0)
    if RULES:
        _first_stage(net, board, w, c, stays)
    if POLICY:
        tell_contact(net, board, w, JOINED, c, -1)


@tiny
def _first_stage(net, board, w, c, stays):
    """The next overflow of a contact that joins a queue, see `join`."""
    contact = ws.contacts(w, c)
    queue = nw.queues(net, contact.queue)
    contact.stage = queue.first_stage
    now = ws.state(w, 0).now
    while contact.stage < queue.last_stage:
        stage = nw.stages(net, contact.stage)
        if contact.since + stage.after > now or (stage.to_queue >= 0 and not stays):
            break
        contact.stage += 1
    set_overflow(net, board, w, c)


@tiny
def set_overflow(net, board, w, c):
    contact = ws.contacts(w, c)
    if contact.stage < nw.queues(net, contact.queue).last_stage:
        due = max(contact.since + nw.stages(net, contact.stage).after, ws.state(w, 0).now)
        cal.put(w, overflow_node(w, c), due, ev.OVERFLOW, contact.issue)


@tiny
def dequeue(net, board, w, c):
    """Take a contact out of its queue; its patience runs on."""
    contact = ws.contacts(w, c)
    unlink_contact(w, ws.queues(w, contact.queue), c)
    if RULES and contact.stage < nw.queues(net, contact.queue).last_stage:
        cal.cancel(w, overflow_node(w, c))
    _resize(net, board, w, contact.queue, -1, contact.previous < 0)


@tiny
def set_patience(net, board, w, c):
    contact = ws.contacts(w, c)
    patience = contact_rules.patience(
        net,
        contact.queue,
        contact.reason,
        contact.segment,
        contact.key,
        contact.patience_attempt,
        services_begun(contact),
    )
    if RICH:
        patience = _other_patience(net, board, w, c, patience)
    if patience < math.inf:
        due = contact.queued + patience
        cal.put(w, contact_node(w, c), due, ev.PATIENCE_ENDS, contact.issue)


@inner
def _other_patience(net, board, w, c, patience):
    """The patience of who was told the wait, waits at home to be called, or remembers."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if more.callback > 0 or more.asker >= 0:
        return math.inf
    if not math.isnan(more.told):
        patience = contact_rules.told_patience(
            net, contact.queue, contact.reason, contact.segment, contact.key, contact.patience_attempt, contact.service
        )
    if more.seat >= 0 and not nw.queues(net, contact.queue).deferrable:
        patience *= loyalty.hurried(net, board, more.seat, contact.opened, more.before, ws.state(w, 0).now)
    return patience


@tiny
def next_leg(w, c, wait):
    """The next leg of a contact begins now; so many seconds of this one count as waited."""
    contact = ws.contacts(w, c)
    contact.waited += wait
    contact.queued = ws.state(w, 0).now
    contact.answered = math.nan
    contact.agent = -1
    contact.leg += 1


@tiny
def leave_queue(net, board, w, c):
    """Out of the queue for good, patience no longer counts."""
    cal.cancel(w, contact_node(w, c))
    dequeue(net, board, w, c)
