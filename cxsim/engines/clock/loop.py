"""The event loop of the `clock` engine: compiled functions over arrays.

The same rules as `story`, in the same order, from the same draws; read that one first. What is fixed is in the book
`net`, what policies may read on the `board`, all else in the world `w`; every function below moves one thing in it.
When a block of the ledger or the pool of contacts is full, the loop returns, Python makes room, and the loop is
entered again where it stopped.

`clock` loads this module three times: without RICH the compiler leaves out what only scenarios with flows, transfers,
calls back, chats or work put aside need; without RULES also limits, balking, overflow, reserves, handing back and
unusual choices (see `flow.loop`). So what most scenarios need starts sooner and runs faster.

The usual way of a contact is put in line where `run` matches who is free or arrives; whoever needs the same more rarely
calls it (`_serve`, `_enqueue`, `_free`), so that the compiler meets it twice and not ten times.
"""

from __future__ import annotations

import math

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import compiled, inner, tiny
from cxsim.jit.struct_arrays import prefetch
from cxsim.randomness.draws import AGENT, LEAST, attempt_key, child, uniform
from cxsim.rules import contact_rules, customer_memory, ivr_steps
from cxsim.rules.routing import choices
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.ledger import DAY_SHIFT, REASON_SHIFT
from cxsim.schema.names import OWN, TRANSFERS

RICH: bool = globals().get("RICH", True)  # given by who loads the module, as the next one
RULES: bool = globals().get("RULES", True)  # true where RICH is

AHEAD = 64  # fresh arrivals of which more is known before they come, a power of 2
DONE, LEGS_FULL, SPELLS_FULL, CONTACTS_FULL = range(4)
COLD, WARM, CONFERENCE, CONSULT = range(len(TRANSFERS))
TURN = len(TRANSFERS)  # the customer will write again
CALL_DUE, WRITES, RINGS = -2, -3, -4  # in place of a way out of a step

# --- the calendar's nodes: two for each agent, then two for each contact; those in frequent use lie side by side -----


@tiny
def _wrap_node(agent):  # type: ignore[no-untyped-def]
    return agent


@tiny
def _away_node(w, agent):  # type: ignore[no-untyped-def]
    return w.agents_size + agent


@tiny
def _contact_node(w, contact):  # type: ignore[no-untyped-def]
    return 2 * w.agents_size + contact


@tiny
def _overflow_node(w, contact):  # type: ignore[no-untyped-def]
    return 2 * w.agents_size + w.contacts_size + contact


# --- the ledger -----------------------------------------------------------------------------------------------------


@tiny
def _service(contact):  # type: ignore[no-untyped-def]
    """How many agents have begun on a contact, this one counted."""
    return contact.service if RULES else 1


@tiny
def _write_leg(w, c, outcome, group, talk_end, ended, resolved, next_cause, next_at):  # type: ignore[no-untyped-def]
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    row = ws.legs(w, state.legs)
    state.legs += 1
    row.issue = contact.issue
    row.arrived = contact.arrived
    row.queued = contact.queued
    row.answered = contact.answered
    row.talk_end = talk_end
    row.ended = ended
    row.next_at = next_at
    row.opened = contact.opened
    row.waited = contact.waited if RULES else 0.0
    row.accumulated = contact.accumulated
    row.agent = contact.agent
    row.reason = contact.reason
    row.segment = contact.segment
    row.channel = contact.channel
    row.queue = contact.queue
    row.entry = contact.entry if RULES else contact.queue
    row.group = group
    row.attempt = contact.attempt
    row.leg = contact.leg if RULES else 1
    row.nth = contact.nth
    row.cause = contact.cause
    row.outcome = outcome
    row.resolved = resolved
    row.next = next_cause
    if RICH:  # else as in empty rows
        row.offer = ws.more(w, c).offer
        row.told = ws.more(w, c).told
        row.felt = ws.more(w, c).felt | ws.more(w, c).ours
        ws.more(w, c).felt = 0
    else:
        again = contact.cause == ledger.REPEAT and _service(contact) == 1 and contact.answered >= 0.0
        row.felt = ledger.TOLD_AGAIN if again else 0


@inner
def _write_other_leg(w, c, outcome, group, talk_end, ended, resolved, next_cause, next_at):  # type: ignore[no-untyped-def]
    """The same where it happens less often: not put into each caller, which the compiler would pay for."""
    _write_leg(w, c, outcome, group, talk_end, ended, resolved, next_cause, next_at)


@tiny
def _write_spell(w, agent, what, start, end):  # type: ignore[no-untyped-def]
    if end > start:
        state = ws.state(w, 0)
        row = ws.spells(w, state.spells)
        state.spells += 1
        row.agent = agent
        row.state = what
        row.start = start
        row.end = end


# --- queues ---------------------------------------------------------------------------------------------------------


@tiny
def _resize(net, board, w, queue, change, ahead):  # type: ignore[no-untyped-def]
    """A contact enters (+1) or leaves (-1) a queue now; `ahead` of all others or not."""
    now = ws.state(w, 0).now
    seen = choices.board_queues(board, queue)
    list_ = ws.queues(w, queue)
    ev.count_waiting(net, ws.waiting(w), ws.most(w), queue, seen.waiting, list_.changed, now)
    list_.changed = now
    seen.waiting += change
    ws.state(w, 0).waiting += change
    if not ahead:
        return
    if list_.first >= 0:
        head = ws.contacts(w, list_.first)
        choices.show_head(net, board, queue, head.since, head.issue)
        prefetch(head, 1)
        prefetch(ws.nodes(w, _contact_node(w, list_.first)), 0)
    else:
        choices.show_head(net, board, queue, math.inf, 0)


@inner
def _enqueue(net, board, w, c, stays):  # type: ignore[no-untyped-def]
    """The same where it happens less often."""
    _join(net, board, w, c, stays)


@tiny
def _join(net, board, w, c, stays):  # type: ignore[no-untyped-def]
    """Put a contact in its queue by (since, issue), and set its next overflow: one that is due, unless it `stays`."""
    contact = ws.contacts(w, c)
    list_ = ws.queues(w, contact.queue)
    after = list_.last
    while after >= 0:
        other = ws.contacts(w, after)
        if other.since < contact.since or (other.since == contact.since and other.issue < contact.issue):
            break
        after = other.previous
    contact.previous = after
    if after >= 0:
        contact.next = ws.contacts(w, after).next
        ws.contacts(w, after).next = c
    else:
        contact.next = list_.first
        list_.first = c
    if contact.next >= 0:
        ws.contacts(w, contact.next).previous = c
    else:
        list_.last = c
    _resize(net, board, w, contact.queue, 1, after < 0)
    if RULES:
        _first_stage(net, board, w, c, stays)


@tiny
def _first_stage(net, board, w, c, stays):  # type: ignore[no-untyped-def]
    """The next overflow of a contact that joins a queue, see `_join`."""
    contact = ws.contacts(w, c)
    queue = nw.queues(net, contact.queue)
    contact.stage = queue.first_stage
    now = ws.state(w, 0).now
    while contact.stage < queue.last_stage:
        stage = nw.stages(net, contact.stage)
        if contact.since + stage.after > now or (stage.to_queue >= 0 and not stays):
            break
        contact.stage += 1
    _set_overflow(net, board, w, c)


@tiny
def _set_overflow(net, board, w, c):  # type: ignore[no-untyped-def]
    contact = ws.contacts(w, c)
    if contact.stage < nw.queues(net, contact.queue).last_stage:
        due = max(contact.since + nw.stages(net, contact.stage).after, ws.state(w, 0).now)
        cal.put(w, _overflow_node(w, c), due, ev.OVERFLOW, contact.issue)


@tiny
def _dequeue(net, board, w, c):  # type: ignore[no-untyped-def]
    """Take a contact out of its queue; its patience runs on."""
    contact = ws.contacts(w, c)
    list_ = ws.queues(w, contact.queue)
    if contact.previous >= 0:
        ws.contacts(w, contact.previous).next = contact.next
    else:
        list_.first = contact.next
    if contact.next >= 0:
        ws.contacts(w, contact.next).previous = contact.previous
    else:
        list_.last = contact.previous
    if RULES and contact.stage < nw.queues(net, contact.queue).last_stage:
        cal.cancel(w, _overflow_node(w, c))
    _resize(net, board, w, contact.queue, -1, contact.previous < 0)


@tiny
def _release_after(net, board, w, queue):  # type: ignore[no-untyped-def]
    """Once a queue is empty, those who stayed after closing only for it may go."""
    if choices.board_queues(board, queue).waiting == 0 and _closed(net, board, w):
        _release(net, board, w, queue)


@inner
def _release(net, board, w, queue):  # type: ignore[no-untyped-def]
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        group = nw.by_queue(net, k).group
        if not choices.nothing_waits(net, board, group):
            continue
        for a in range(nw.groups(net, group).last_seat - 1, nw.groups(net, group).first_seat - 1, -1):
            agent = ws.agents(w, a)
            if agent.state != ev.IDLE:
                continue
            if agent.leave_due or ws.crews(w, group).pending > 0:
                _go(net, board, w, a)


# --- a contact ------------------------------------------------------------------------------------------------------


@tiny
def _closed(net, board, w):  # type: ignore[no-untyped-def]
    return contact_rules.closed(net, ws.state(w, 0).now)


@tiny
def _arrive(net, board, w, c, led):  # type: ignore[no-untyped-def]
    """An attempt begins: lines, an idle agent (who is returned, else -1), room in the queue, balking, else the queue.

    The same for a contact that the flow or an agent has `led` to a queue, which has its line already: 0 for an arrival,
    1 where it waits behind all others, 2 where it keeps its place.
    """
    contact = ws.contacts(w, c)
    now = ws.state(w, 0).now
    if led < 2:
        contact.since = now
    contact.queued = now
    if not led:
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
            _forget(w, c)
            if (contact.start >= 0 or contact.queue < 0) and _begin_elsewhere(net, board, w, c):
                return -1
    queue = nw.queues(net, contact.queue)
    contact.channel = queue.channel
    if RICH:
        if not led:
            _begins(net, w, c)
        elif contact.cause != ledger.TURN:
            _goes_on(net, w, c)
    if RICH and queue.outbound and contact.cause == ledger.FRESH:
        _put_on_list(net, board, w, c)
        return -1
    if not RULES:  # a line and a place in the queue for everyone
        agent = _choose_agent(net, board, w, c)
        if agent < 0:
            _join(net, board, w, c, False)
            _set_patience(net, board, w, c)
        return agent
    outcome, after = ledger.BLOCKED, contact_rules.AFTER_BLOCKED
    if RICH and (led or contact.start >= 0) and not queue.day_and_night and _closed(net, board, w):
        outcome, after = ledger.CLOSED, contact_rules.AFTER_CLOSED
    elif _finds_line(net, w, c):
        agent = _choose_agent(net, board, w, c)
        if agent >= 0:
            _take_line(w, c)
            return agent
        if choices.board_queues(board, contact.queue).waiting < queue.capacity:
            stays = not contact_rules.balks(
                net, contact.queue, contact.reason, contact.segment, contact.key, contact.attempt
            )
            if RICH and stays and (queue.announces or queue.callback >= 0):
                stays = _hears(net, board, w, c)
                if ws.more(w, c).callback > 0:
                    _promise(net, board, w, c)
                    return -1
            if stays:
                _take_line(w, c)
                _join(net, board, w, c, False)
                _set_patience(net, board, w, c)
                return -1
            outcome, after = ledger.BALKED, contact_rules.AFTER_BALKED
    _give_line(w, c)
    contact.queued = math.nan
    _end_unserved(net, board, w, c, outcome, after)
    return -1


@inner
def _hears(net, board, w, c):  # type: ignore[no-untyped-def]
    """A customer who must wait hears how long, and is perhaps offered a call back; whether it stays."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    queue = nw.queues(net, contact.queue)
    now = ws.state(w, 0).now
    place = contact.leg
    if queue.announces:
        more.told = np.float32(choices.expected_wait(net, board, contact.queue, queue.estimator, now))
        if contact_rules.leaves(net, contact.queue, more.told, contact.key, contact.attempt, place):
            return False
    if queue.callback >= 0 and contact.cause != ledger.TRANSFER:
        rule = nw.callbacks(net, queue.callback)
        wait = choices.expected_wait(net, board, contact.queue, rule.estimator, now)
        if wait > rule.over:
            more.offer = 1
            if contact_rules.accepts(net, queue.callback, contact.key, contact.attempt, place):
                more.callback = rule.tries
                more.rule = queue.callback
    return True


@inner
def _promise(net, board, w, c):  # type: ignore[no-untyped-def]
    """A customer hangs up to be called back: it keeps its place, or waits for the time that was promised."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    _give_line(w, c)
    later = contact_rules.promised_in(net, more.rule, contact.key, contact.attempt, contact.leg)
    _write_other_leg(w, c, ledger.CALLBACK, -1, math.nan, now, False, 0, math.nan)
    more.told = math.nan
    more.offer = 0
    contact.arrived = now
    contact.leg += 1
    contact.cause = ledger.CALLED_BACK
    if nw.callbacks(net, more.rule).after >= 0:
        _call_later(w, c, later)
    else:
        _enqueue(net, board, w, c, False)


@inner
def _take_or_wait(net, board, w, c):  # type: ignore[no-untyped-def]
    """An agent takes a contact that is in no queue, or it waits behind all who came before; whether it is taken."""
    agent = _find_agent(net, board, w, c)
    if agent >= 0:
        _serve(net, board, w, c, agent)
    else:
        _enqueue(net, board, w, c, False)
    return agent >= 0


@inner
def _put_on_list(net, board, w, c):  # type: ignore[no-untyped-def]
    """A record that is to be dialled: by an idle agent, or when one is, or ahead of the agents."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    queue = nw.queues(net, contact.queue)
    contact.cause = ledger.OUTBOUND
    more.ours = ledger.OURS
    more.rule = queue.callback
    if more.callback == 0:
        more.callback = nw.callbacks(net, more.rule).tries
    if queue.outbound == 2:
        dialler = ws.diallers(w, contact.queue)
        contact.next = -1
        if dialler.last >= 0:
            ws.contacts(w, dialler.last).next = c
        else:
            dialler.first = c
        dialler.last = c
        ws.state(w, 0).waiting += 1
        _dial_ahead(net, board, w, contact.queue)
        return
    _take_or_wait(net, board, w, c)


@inner
def _dial_ahead(net, board, w, queue):  # type: ignore[no-untyped-def]
    """A dialler calls as many as the idle agents allow; where too many were lost so far, agents dial."""
    dialler = ws.diallers(w, queue)
    waiting = choices.board_queues(board, queue).waiting
    may = choices.lines_ahead(net, board, queue, dialler.reached, dialler.dropped)
    while dialler.first >= 0 and (may < 0 or dialler.ringing + waiting < may):
        c = dialler.first
        contact = ws.contacts(w, c)
        agent = -1
        if may < 0:
            agent = _find_agent(net, board, w, c)
            if agent < 0:
                return
        dialler.first = contact.next
        if dialler.first < 0:
            dialler.last = -1
        ws.state(w, 0).waiting -= 1
        if agent >= 0:
            _serve(net, board, w, c, agent)
            continue
        dialler.ringing += 1
        contact.stage = RINGS
        time = contact_rules.dial_time(net, ws.more(w, c).rule, contact.key, contact.attempt, contact.leg)
        cal.put(w, _contact_node(w, c), ws.state(w, 0).now + time, ev.NODE_ENDS, contact.issue)


@inner
def _dial_for(net, board, w, group):  # type: ignore[no-untyped-def]
    """An agent of a group is idle: diallers may call more."""
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        queue = nw.by_group(net, k).queue
        if nw.queues(net, queue).outbound == 2:
            _dial_ahead(net, board, w, queue)


@inner
def _rung(net, board, w, c):  # type: ignore[no-untyped-def]
    """A dialler's try is over: the customer answers and waits for an agent, or there will be another try."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    dialler = ws.diallers(w, contact.queue)
    dialler.ringing -= 1
    if contact_rules.reached(net, more.rule, contact.key, contact.attempt, contact.leg):
        dialler.reached += 1
        more.callback = 0
        _write_other_leg(w, c, ledger.HANDED_ON, -1, math.nan, now, False, 0, math.nan)
        contact.leg += 1
        contact.since = now
        contact.queued = now
        if not _take_or_wait(net, board, w, c):
            _set_patience(net, board, w, c)
        return
    queue = contact.queue
    _no_answer(net, board, w, c, -1, math.nan)
    _dial_ahead(net, board, w, queue)


@inner
def _no_answer(net, board, w, c, group, talk_end):  # type: ignore[no-untyped-def]
    """A try was in vain: there will be another, or it is given up."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    more.callback -= 1
    if more.callback == 0:
        _write_other_leg(w, c, ledger.UNREACHED, group, talk_end, now, False, 0, math.nan)
        _close(net, board, w, c, False)
        _free_slot(w, c)
        return
    _write_other_leg(w, c, ledger.HANDED_ON, group, talk_end, now, False, 0, math.nan)
    if contact.cause != ledger.OUTBOUND:
        contact.waited += contact.answered - contact.queued
    contact.answered = math.nan
    contact.agent = -1
    place = contact.leg
    contact.leg += 1
    _call_later(w, c, contact_rules.retry_time(net, more.rule, contact.key, contact.attempt, place))


@inner
def _call_later(w, c, later):  # type: ignore[no-untyped-def]
    contact = ws.contacts(w, c)
    contact.stage = CALL_DUE
    cal.put(w, _contact_node(w, c), ws.state(w, 0).now + later, ev.NODE_ENDS, contact.issue)


@inner
def _call_due(net, board, w, c):  # type: ignore[no-untyped-def]
    """The time has come to call a customer back: an idle agent, or the queue."""
    contact = ws.contacts(w, c)
    contact.since = ws.state(w, 0).now
    contact.queued = contact.since
    if contact.cause == ledger.OUTBOUND:
        _put_on_list(net, board, w, c)
        return
    _take_or_wait(net, board, w, c)


@inner
def _forget(w, c):  # type: ignore[no-untyped-def]
    """A new attempt: whole work, no transfer."""
    more = ws.more(w, c)
    more.left = 1.0
    more.whole = 1.0
    more.extra = 0.0
    more.told = math.nan
    more.asker = -1
    more.asked = 0
    more.legs = 0
    more.services = 0
    more.holder = -1
    more.transfer = -1
    more.offer = 0
    more.callback = 0
    more.dialling = 0
    more.counted = 0
    more.retells = ws.contacts(w, c).cause == ledger.REPEAT
    more.felt = 0


@tiny
def _finds_line(net, w, c):  # type: ignore[no-untyped-def]
    """Whether a contact has a line in the channel it is in, or one is free there."""
    contact = ws.contacts(w, c)
    taken = ws.lines(w, contact.channel).taken
    return contact.line == contact.channel or taken < nw.channels(net, contact.channel).lines


@tiny
def _take_line(w, c):  # type: ignore[no-untyped-def]
    """A line of the channel the contact is in, in place of any other."""
    contact = ws.contacts(w, c)
    if contact.line != contact.channel:
        _give_line(w, c)
        contact.line = contact.channel
        ws.lines(w, contact.line).taken += 1


@tiny
def _give_line(w, c):  # type: ignore[no-untyped-def]
    contact = ws.contacts(w, c)
    if RULES and contact.line >= 0:
        ws.lines(w, contact.line).taken -= 1
        contact.line = -1


@inner
def _begin_elsewhere(net, board, w, c):  # type: ignore[no-untyped-def]
    """An attempt begins in the flow, or in the queue to which the last one led; True if it is in the flow."""
    contact = ws.contacts(w, c)
    step = nw.reasons(net, contact.reason).step
    if contact.start >= 0:
        way = nw.exits(net, contact.start)
        if way.kind == ivr_steps.TO_QUEUE:
            contact.queue = way.to
            contact.entry = way.to
            return False
        step = way.to
        contact.entry = -1
    _enter_step(net, board, w, c, step)
    return True


@inner
def _enter_step(net, board, w, c, step):  # type: ignore[no-untyped-def]
    """A contact begins its stay in a step of the flow, if its channel has a line; how it will end is known then."""
    contact = ws.contacts(w, c)
    contact.queued = ws.state(w, 0).now
    step = contact_rules.step_at(net, step, ws.state(w, 0).run, contact.queued)
    contact.queue = -1 - nw.steps(net, step).node
    contact.channel = nw.steps(net, step).channel
    if contact.leg == 1:
        _begins(net, w, c)
    else:
        _goes_on(net, w, c)
    ws.more(w, c).effort += nw.loyalty(net, 0).menu
    ws.more(w, c).retells |= nw.steps(net, step).retold
    if not _finds_line(net, w, c):
        _give_line(w, c)
        contact.queued = math.nan
        _end_unserved(net, board, w, c, ledger.BLOCKED, contact_rules.AFTER_BLOCKED)
        return
    _take_line(w, c)
    contact.stage = contact_rules.way_out(net, step, contact.reason, contact.key, contact.attempt, contact.leg)
    if nw.steps(net, step).estimator >= 0:
        u = uniform(attempt_key(contact.key, contact.attempt, contact.leg), LEAST)
        contact.stage = choices.least_delay(net, board, step, contact.reason, ws.state(w, 0).now, u)
    time = contact_rules.step_time(net, step, contact.stage, contact.key, contact.attempt, contact.leg)
    cal.put(w, _contact_node(w, c), contact.queued + time, ev.NODE_ENDS, contact.issue)


@inner
def _leave_step(net, board, w, c):  # type: ignore[no-untyped-def]
    """The stay in a step is over: on to another, to a queue (then 1 is returned, else 0), or out."""
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    way = np.int64(contact.stage)
    if way == CALL_DUE:
        _call_due(net, board, w, c)
        return 0
    if way == RINGS:
        _rung(net, board, w, c)
        return 0
    if way == WRITES:
        contact.arrived = state.now
        return 1
    kind = ivr_steps.HANGS_UP
    if way >= 0:
        kind = nw.exits(net, way).kind
        ws.more(w, c).extra -= nw.exits(net, way).saves
    if kind == ivr_steps.TO_STEP or kind == ivr_steps.TO_QUEUE:
        _write_other_leg(w, c, ledger.HANDED_ON, -1, math.nan, state.now, False, 0, math.nan)
        contact.leg += 1
        if kind == ivr_steps.TO_STEP:
            _enter_step(net, board, w, c, nw.exits(net, way).to)
            return 0
        contact.queue = nw.exits(net, way).to
        contact.entry = contact.queue
        return 1
    _give_line(w, c)
    outcome, after, cause, resolved = ledger.HUNG_UP, contact_rules.AFTER_HUNG_UP, ledger.REDIAL, False
    if kind == ivr_steps.TURNED_AWAY:
        outcome, after = ledger.CLOSED, contact_rules.AFTER_CLOSED
    elif kind != ivr_steps.HANGS_UP:
        outcome, after, cause, resolved = (
            ledger.CONTAINED, contact_rules.AFTER_CONTAINED, ledger.REPEAT, kind == ivr_steps.CONTAINED,
        )  # fmt: skip
    again = math.inf
    if not resolved:
        again = contact_rules.next_attempt(net, contact.reason, after, contact.key, contact.attempt, state.now)
    next_at = again if again < math.inf else math.nan
    following = cause if again < math.inf else ledger.FRESH
    _write_other_leg(w, c, outcome, -1, math.nan, state.now, resolved, following, next_at)
    contact.queued = math.nan  # no queue was waited in
    _come_back(net, board, w, c, again, cause, after, resolved)
    return 0


@tiny
def _set_patience(net, board, w, c):  # type: ignore[no-untyped-def]
    contact = ws.contacts(w, c)
    patience = contact_rules.patience(
        net, contact.queue, contact.reason, contact.segment, contact.key, contact.patience_attempt, _service(contact)
    )
    if RICH:
        patience = _other_patience(net, board, w, c, patience)
    if patience < math.inf:
        due = contact.queued + patience
        cal.put(w, _contact_node(w, c), due, ev.PATIENCE_ENDS, contact.issue)


@inner
def _other_patience(net, board, w, c, patience):  # type: ignore[no-untyped-def]
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
        patience *= customer_memory.hurried(net, board, more.seat, contact.opened, more.before, ws.state(w, 0).now)
    return patience


@inner
def _who_knows(net, board, w, c):  # type: ignore[no-untyped-def]
    """The idle agent who knows the customer, or -1."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if more.asker >= 0:
        return -1
    return choices.who_knows(net, board, contact.queue, contact.since, ws.state(w, 0).now, contact.segment, more.seat,
                             contact.key, more.last)  # fmt: skip


@tiny
def _idle_agent(net, board, w, c):  # type: ignore[no-untyped-def]
    contact = ws.contacts(w, c)
    if not RULES:
        return choices.longest_idle(net, board, contact.queue)
    u = 0.5
    rule = nw.settings(net, 0).agent_rule
    if rule == 2 or rule == 3 or rule == OWN:
        u = uniform(attempt_key(contact.key, contact.attempt, contact.leg), AGENT)
    if RICH and nw.queues(net, contact.queue).slots > 1:
        return choices.choose_desk(net, board, contact.queue, contact.since, contact.issue, ws.state(w, 0).now)
    if RICH and nw.settings(net, 0).known:
        known = _who_knows(net, board, w, c)
        if known >= 0:
            return known
    if rule == OWN:
        choices.meet(net, board, contact.reason, contact.segment, contact.attempt)
    return choices.choose_agent(net, board, contact.queue, contact.since, ws.state(w, 0).now, u)


@tiny
def _choose_agent(net, board, w, c):  # type: ignore[no-untyped-def]
    """An idle agent for a contact, or one who puts other work aside."""
    chosen = _idle_agent(net, board, w, c)
    if RICH and chosen < 0 and nw.settings(net, 0).interrupts:
        return _interrupted(net, board, w, c)
    return chosen


@inner
def _find_agent(net, board, w, c):  # type: ignore[no-untyped-def]
    """The same where it happens less often."""
    return _choose_agent(net, board, w, c)


@inner
def _interrupted(net, board, w, c):  # type: ignore[no-untyped-def]
    """The agent who puts work aside for a contact, which goes back to its queue; -1 for nobody."""
    contact = ws.contacts(w, c)
    queue = nw.queues(net, contact.queue)
    if queue.interruptible:
        return -1
    if queue.slots > 1 and choices.is_behind(net, board, contact.queue, contact.since, contact.issue):
        return -1
    a = choices.choose_interrupted(net, board, contact.queue, contact.since, ws.state(w, 0).now)
    if a < 0 or ws.crews(w, ws.agents(w, a).group).pending > 0:
        return -1
    aside = ws.agents(w, a).contact
    more = ws.more(w, aside)
    done = ws.state(w, 0).now - ws.contacts(w, aside).answered
    more.left *= 1.0 - done / more.talk if more.talk > 0.0 else 0.0
    _write_part(net, board, w, a)
    ws.agents(w, a).contact = -1
    choices.board_agents(board, a).aside_since = math.inf
    _wait_again(net, board, w, aside)
    other = _idle_agent(net, board, w, aside)
    _serve_or_queue(net, board, w, aside, other)
    return a


@inner
def _note(net, board, w, c, a):  # type: ignore[no-untyped-def]
    """Let policies look back on how a contact left its queue: to an agent, or, with -1, otherwise."""
    contact = ws.contacts(w, c)
    wait = ws.state(w, 0).now - contact.since
    if RICH and ws.more(w, c).callback > 0:
        wait = math.nan
    choices.note(net, board, contact.queue, wait, a)


@inner
def _serve(net, board, w, c, a):  # type: ignore[no-untyped-def]
    """The same where it happens less often."""
    end = _begin_talk(net, board, w, c, a)
    if end >= 0.0:
        _conclude_later(net, board, w, c, a, end)


@tiny
def _begin_talk(net, board, w, c, a):  # type: ignore[no-untyped-def]
    """Agent and contact begin to talk; returns as `_talk` does."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    if agent.state == ev.IDLE:
        _unlist(net, board, w, a)
    contact.answered = now
    contact.agent = a
    if RULES:
        choices.board_queues(board, contact.queue).last_wait = now - contact.queued
        if nw.settings(net, 0).notes:
            _note(net, board, w, c, a)
    if RICH:
        _is_answered(net, w, c)
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
        cal.put(w, _wrap_node(a), now + dial, ev.TALK_END, contact.issue)
        return -1.0
    return _talk(net, board, w, c, a)


@tiny
def _work(net, contact, skill):  # type: ignore[no-untyped-def]
    """The work of a contact with the agent who begins on it: drawn when it came, if it is the first."""
    service = _service(contact)
    law = nw.reasons(net, contact.reason).talk
    if RICH:
        law = nw.skills(net, skill).talk
    if contact.work_attempt == 1 and service == 1 and (not RICH or law == nw.reasons(net, contact.reason).talk):
        return contact.work
    return contact_rules.work_of(net, law, contact.key, contact.work_attempt, service)


@tiny
def _talk(net, board, w, c, a):  # type: ignore[no-untyped-def]
    """Agent and customer talk from now on; until when, if it is known what follows, see `_conclude`, else -1."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    if RICH and ws.more(w, c).asker >= 0:
        time = contact_rules.handover_time(net, ws.more(w, c).transfer, contact.key, contact.attempt, contact.leg)
        cal.put(w, _wrap_node(a), now + time, ev.TALK_END, contact.issue)
        return -1.0
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, ws.agents(w, a).group)
    talk = contact_rules.at_pace(net, _work(net, contact, skill), skill, a)
    queue = nw.queues(net, contact.queue)
    if RICH:
        talk = _longer(net, w, c, talk)
        if queue.interruptible and not (agent.leave_due or agent.break_due):
            choices.board_agents(board, a).aside_since = now
    cal.put(w, _wrap_node(a), now + talk, ev.TALK_END, contact.issue)
    if (RULES and nw.groups(net, agent.group).hand_back) or (RICH and queue.open_ended):
        return -1.0
    return now + talk


@inner
def _begin_chat(net, board, w, c, a):  # type: ignore[no-untyped-def]
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
    _settle(net, w, a)
    contact.previous = desk.last
    contact.next = -1
    if desk.last >= 0:
        ws.contacts(w, desk.last).next = c
    else:
        desk.first = c
    desk.last = c
    desk.chats += 1
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    talk = contact_rules.at_pace(net, _work(net, contact, skill), skill, a)
    _longer(net, w, c, talk)
    ws.more(w, c).since = now
    ws.more(w, c).wraps = 0
    _schedule(net, w, a)
    _note_chats(net, board, w, a)


@inner
def _settle(net, w, a):  # type: ignore[no-untyped-def]
    """What is left of each of an agent's chats now."""
    desk = ws.desks(w, a)
    now = ws.state(w, 0).now
    c = desk.first
    while c >= 0:
        more = ws.more(w, c)
        more.talk = contact_rules.still(more.talk, now - more.since, contact_rules.pace(net, desk.channel, desk.chats))
        more.since = now
        c = ws.contacts(w, c).next


@inner
def _schedule(net, w, a):  # type: ignore[no-untyped-def]
    """When each of an agent's chats ends at the present pace."""
    desk = ws.desks(w, a)
    now = ws.state(w, 0).now
    slow = contact_rules.pace(net, desk.channel, desk.chats)
    c = desk.first
    while c >= 0:
        more = ws.more(w, c)
        node = _contact_node(w, c)
        cal.cancel(w, node)
        if more.wraps:
            cal.put(w, node, now + more.talk * slow, ev.WRAP_END, ws.contacts(w, c).issue)
        else:
            cal.put(w, node, now + more.talk * slow, ev.TALK_END, ws.contacts(w, c).issue)
        c = ws.contacts(w, c).next


@inner
def _note_chats(net, board, w, a):  # type: ignore[no-untyped-def]
    """Let policies see whether an agent has room for another chat."""
    if RICH and w.desks_size > 0:
        agent = ws.agents(w, a)
        desk = ws.desks(w, a)
        chats = 0 if agent.leave_due or agent.break_due else desk.chats
        choices.show_chats(net, board, a, chats, desk.channel, ws.state(w, 0).now)


@inner
def _end_chat(net, board, w, c):  # type: ignore[no-untyped-def]
    """The customer of a chat is done or handed on (then 1 or 2 is returned, see `_arrive`); it is written up."""
    contact = ws.contacts(w, c)
    a = contact.agent
    agent = ws.agents(w, a)
    state = ws.state(w, 0)
    desk = ws.desks(w, a)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    wrap = contact_rules.wrap_time(net, skill, a, contact.key, contact.work_attempt, contact.service)
    row = -1
    if nw.queues(net, contact.queue).hands_on:
        row = _to_whom(net, board, w, c, a)
    contact.nth += 1 - ws.more(w, c).counted
    part = _take_slot(w)
    _copy(w, c, part)
    ws.more(w, c).felt = 0
    _take_place(w, c, part, a)
    more = ws.more(w, part)
    more.ends = state.now
    more.talk = wrap
    more.since = state.now
    more.wraps = 1
    more.outcome = ledger.ANSWERED
    more.resolved = 0
    more.next = ledger.FRESH
    more.next_at = math.nan
    if wrap > 0.0:
        slow = contact_rules.pace(net, desk.channel, desk.chats)
        cal.put(w, _contact_node(w, part), state.now + wrap * slow, ev.WRAP_END, contact.issue)
    if row >= 0:
        if nw.transfers(net, row).kind == TURN:
            more.outcome = ledger.REPLIED
            _send_on(net, w, c, row, -1)
            if wrap <= 0.0:
                _release_chat(net, board, w, part)
            return 0
        more.outcome = ledger.TRANSFERRED
        state.part = -1 if wrap > 0.0 else part
        return _send_on(net, w, c, row, -1)
    _give_line(w, c)
    resolved = contact_rules.resolves(net, skill, a, contact.key, contact.attempt, contact.service)
    again = math.inf
    if not resolved:
        after = contact_rules.AFTER_UNRESOLVED
        again = contact_rules.next_attempt(net, contact.reason, after, contact.key, contact.attempt, state.now)
    cause = ledger.REPEAT if again < math.inf else ledger.FRESH
    more.resolved = resolved
    more.next = cause
    if again < math.inf:
        more.next_at = again
    _come_back(net, board, w, c, again, cause, contact_rules.AFTER_UNRESOLVED, resolved)
    if wrap <= 0.0:
        _release_chat(net, board, w, part)
    return 0


@inner
def _take_place(w, c, part, a):  # type: ignore[no-untyped-def]
    """A chat that is being written up takes the place of the chat among those of its agent."""
    old = ws.contacts(w, c)
    new = ws.contacts(w, part)
    new.previous = old.previous
    new.next = old.next
    if new.previous >= 0:
        ws.contacts(w, new.previous).next = part
    else:
        ws.desks(w, a).first = part
    if new.next >= 0:
        ws.contacts(w, new.next).previous = part
    else:
        ws.desks(w, a).last = part


@inner
def _release_chat(net, board, w, part):  # type: ignore[no-untyped-def]
    """A chat is written up: its leg, the pace of those that go on, and the next one."""
    contact = ws.contacts(w, part)
    more = ws.more(w, part)
    a = contact.agent
    agent = ws.agents(w, a)
    desk = ws.desks(w, a)
    now = ws.state(w, 0).now
    _write_other_leg(w, part, more.outcome, agent.group, more.ends, now, more.resolved, more.next, more.next_at)
    _settle(net, w, a)
    if contact.previous >= 0:
        ws.contacts(w, contact.previous).next = contact.next
    else:
        desk.first = contact.next
    if contact.next >= 0:
        ws.contacts(w, contact.next).previous = contact.previous
    else:
        desk.last = contact.previous
    desk.chats -= 1
    cal.cancel(w, _contact_node(w, part))  # a chat that came to the agent just before may have put it off
    _free_slot(w, part)
    _note_chats(net, board, w, a)
    if desk.chats > 0:
        _schedule(net, w, a)
    else:
        _write_spell(w, a, ledger.ENGAGED, desk.since, now)
        agent.state = ev.TALKING  # undecided
        _free(net, board, w, a)


@inner
def _offer_slots(net, board, w):  # type: ignore[no-untyped-def]
    """After each event, whatever it was: agents with room take the chats that wait and that they may take now."""
    now = ws.state(w, 0).now
    taken = True
    while taken:
        taken = False
        for group in range(net.groups_size):
            queue = choices.next_chat(net, board, group, now)
            while queue >= 0:
                c = ws.queues(w, queue).first
                _leave_queue(net, board, w, c)
                _serve(net, board, w, c, choices.free_desk(net, board, group, queue))
                _release_after(net, board, w, queue)
                taken = True
                queue = choices.next_chat(net, board, group, now)


@inner
def _longer(net, w, c, talk):  # type: ignore[no-untyped-def]
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
            net, contact.queue, contact.reason, 0, contact.key, contact.attempt, contact.leg
        )
        if more.transfer >= 0:
            talk *= nw.transfers(net, more.transfer).talk
    if more.holder >= 0:
        both = talk
        if nw.transfers(net, came).kind == WARM:
            both = contact_rules.handover_time(net, came, contact.key, contact.attempt, contact.leg)
            talk += both
        cal.put(w, _wrap_node(more.holder), now + both, ev.HANDOVER_ENDS, more.holder)
        more.holder = -1
    more.talk = talk
    return talk


@inner
def _conclude_later(net, board, w, c, a, end):  # type: ignore[no-untyped-def]
    """The same where it happens less often."""
    _conclude(net, board, w, c, a, end)


@tiny
def _conclude(net, board, w, c, a, end):  # type: ignore[no-untyped-def]
    """What follows when the talk ends at `end`: known at its beginning, unless the contact may be handed back."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    wrap = contact_rules.wrap_time(net, skill, a, contact.key, contact.work_attempt, _service(contact))
    resolved = contact_rules.resolves(net, skill, a, contact.key, contact.attempt, _service(contact))
    contact.nth += 1
    if RICH:
        contact.nth -= ws.more(w, c).counted
    if RULES:
        agent.contact = -1
    agent.wrap = wrap
    again = math.inf
    if not resolved:
        again = contact_rules.next_attempt(net, contact.reason, contact_rules.AFTER_UNRESOLVED, contact.key, contact.attempt, end)
    cause = ledger.REPEAT if again < math.inf else ledger.FRESH
    next_at = again if again < math.inf else math.nan
    _write_leg(w, c, ledger.ANSWERED, agent.group, end, end + wrap, resolved, cause, next_at)
    _come_back(net, board, w, c, again, cause, contact_rules.AFTER_UNRESOLVED, resolved)


@tiny
def _end_talk(net, board, w, a):  # type: ignore[no-untyped-def]
    """The customer hangs up, or is handed on (1 or 2 is returned, see `_arrive`).

    The agent wraps up, or is free (-1).
    """
    agent = ws.agents(w, a)
    state = ws.state(w, 0)
    if RULES and agent.contact >= 0:
        if RICH:
            choices.board_agents(board, a).aside_since = math.inf
            if ws.more(w, agent.contact).dialling:
                _answers(net, board, w, agent.contact, a)
                return 0
            if ws.more(w, agent.contact).asker >= 0:
                _advised(net, board, w, agent.contact, a)
                return 0
        if RICH and nw.queues(net, ws.contacts(w, agent.contact).queue).hands_on:
            row = _to_whom(net, board, w, agent.contact, a)
            if row >= 0:
                return _hand_on(net, board, w, agent.contact, a, row)
            if ws.more(w, agent.contact).asked:
                _end_asked(net, board, w, a, False)
                return 0
        _conclude_later(net, board, w, agent.contact, a, state.now)
    if RULES and agent.line >= 0:
        ws.lines(w, agent.line).taken -= 1
    return 0 if _wraps_up(w, a) else -1


@inner
def _answers(net, board, w, c, a):  # type: ignore[no-untyped-def]
    """A try to call back is over: the customer answers, or there will be another try, or it is given up."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    group = ws.agents(w, a).group
    more.dialling = 0
    place = contact.leg
    if contact_rules.reached(net, more.rule, contact.key, contact.attempt, place):
        more.callback = 0
        _write_other_leg(w, c, ledger.HANDED_ON, group, now, now, False, 0, math.nan)
        if contact.cause == ledger.OUTBOUND:
            ws.diallers(w, contact.queue).reached += 1
        else:
            contact.waited += contact.answered - contact.queued
        contact.queued = now
        contact.answered = now
        contact.leg += 1
        _hears_of(net, w, c)
        end = _talk(net, board, w, c, a)
        if end >= 0.0:
            _conclude_later(net, board, w, c, a, end)
        return
    ws.agents(w, a).contact = -1
    _no_answer(net, board, w, c, group, now)
    _free(net, board, w, a)


@tiny
def _wraps_up(w, a):  # type: ignore[no-untyped-def]
    """After-call work, if there is any."""
    agent = ws.agents(w, a)
    if agent.wrap > 0.0:
        agent.state = ev.WRAPPING
        cal.put(w, _wrap_node(a), ws.state(w, 0).now + agent.wrap, ev.WRAP_END, a)
        return True
    return False


@inner
def _wrap_up(net, board, w, a):  # type: ignore[no-untyped-def]
    """After-call work, or whatever comes next."""
    if not _wraps_up(w, a):
        _free(net, board, w, a)


@inner
def _to_whom(net, board, w, c, a):  # type: ignore[no-untyped-def]
    """The row of `transfers` by which an agent hands a contact on at the end of the talk, -1 for none."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, ws.agents(w, a).group)
    resolved = contact_rules.resolves(net, skill, a, contact.key, contact.attempt, contact.service)
    now = ws.state(w, 0).now
    return contact_rules.to_whom(net, board, contact.queue, contact.reason, more.transfer, more.asked, resolved,
                           contact.since, now, contact.key, contact.attempt, contact.leg)  # fmt: skip


@inner
def _hand_on(net, board, w, c, a, row):  # type: ignore[no-untyped-def]
    """An agent hands a contact on, and is free of it, or holds it until the next one is there; or asks another."""
    contact = ws.contacts(w, c)
    agent = ws.agents(w, a)
    more = ws.more(w, c)
    state = ws.state(w, 0)
    rule = nw.transfers(net, row)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    agent.wrap = contact_rules.wrap_time(net, skill, a, contact.key, contact.work_attempt, contact.service)
    if rule.kind == CONSULT:
        _ask(net, board, w, c, a, row)
        return 0
    contact.nth += 1 - more.counted
    holder = -1
    if rule.kind == TURN:
        ended = state.now + agent.wrap
        _write_other_leg(w, c, ledger.REPLIED, agent.group, state.now, ended, False, 0, math.nan)
        agent.contact = -1
        _send_on(net, w, c, row, -1)
        _wrap_up(net, board, w, a)
        return 0
    if rule.kind == COLD:
        ended = state.now + agent.wrap
        _write_other_leg(w, c, ledger.TRANSFERRED, agent.group, state.now, ended, False, 0, math.nan)
        agent.contact = -1
        state.giver = a
    else:
        part = _take_slot(w)
        _copy(w, c, part)
        more.felt = 0
        agent.contact = part
        agent.state = ev.HOLDING
        holder = a
    return _send_on(net, w, c, row, holder)


@inner
def _ask(net, board, w, c, a, row):  # type: ignore[no-untyped-def]
    """An agent asks another, by a contact of its own, while the customer holds."""
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    rule = nw.transfers(net, row)
    ws.agents(w, a).state = ev.HOLDING
    part = _take_slot(w)
    _copy(w, c, part)
    _forget(w, part)
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
    if not nw.queues(net, rule.to).day_and_night and _closed(net, board, w):
        _not_advised(net, board, w, part, ledger.CLOSED)
        return
    _take_or_wait(net, board, w, part)


@inner
def _advised(net, board, w, part, a):  # type: ignore[no-untyped-def]
    """The agent who was asked has answered: whether that resolves the issue is up to who was asked."""
    asked = ws.contacts(w, part)
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    skill = contact_rules.skill_of(net, asked.reason, asked.queue, agent.group)
    resolved = contact_rules.resolves(net, skill, a, asked.key, asked.attempt, asked.service)
    _write_other_leg(w, part, ledger.CONSULTED, agent.group, now, now, False, 0, math.nan)
    agent.contact = -1
    asker = ws.more(w, part).asker
    _go_on(net, board, w, part, asker, resolved)
    _free(net, board, w, a)


@inner
def _not_advised(net, board, w, part, outcome):  # type: ignore[no-untyped-def]
    """Nobody answers what an agent asked."""
    _write_other_leg(w, part, outcome, -1, math.nan, ws.state(w, 0).now, False, 0, math.nan)
    _go_on(net, board, w, part, ws.more(w, part).asker, False)


@inner
def _go_on(net, board, w, part, a, resolved):  # type: ignore[no-untyped-def]
    """Who asked turns to the customer again, and ends the talk, or, if that did not help, hands on after all."""
    agent = ws.agents(w, a)
    contact = ws.contacts(w, agent.contact)
    more = ws.more(w, agent.contact)
    legs = ws.contacts(w, part).leg - contact.leg
    services = ws.contacts(w, part).service - contact.service
    _free_slot(w, part)
    if not resolved:
        more.transfer = contact_rules.transfer(
            net, contact.queue, contact.reason, 2, contact.key, contact.attempt, contact.leg
        )
        if more.transfer >= 0:
            more.asked = 1
            more.legs = legs
            more.services = services
            agent.state = ev.TALKING
            cal.put(w, _wrap_node(a), ws.state(w, 0).now, ev.TALK_END, contact.issue)
            return
    _end_asked(net, board, w, a, resolved)


@inner
def _end_asked(net, board, w, a, resolved):  # type: ignore[no-untyped-def]
    """The talk of an agent who asked another ends."""
    agent = ws.agents(w, a)
    c = agent.contact
    contact = ws.contacts(w, c)
    now = ws.state(w, 0).now
    agent.contact = -1
    contact.nth += 1 - ws.more(w, c).counted
    _give_line(w, c)
    again = math.inf
    if not resolved:
        again = contact_rules.next_attempt(net, contact.reason, contact_rules.AFTER_UNRESOLVED, contact.key, contact.attempt, now)
    cause = ledger.REPEAT if again < math.inf else ledger.FRESH
    next_at = again if again < math.inf else math.nan
    _write_other_leg(w, c, ledger.ANSWERED, agent.group, now, now + agent.wrap, resolved, cause, next_at)
    _come_back(net, board, w, c, again, cause, contact_rules.AFTER_UNRESOLVED, resolved)
    _wrap_up(net, board, w, a)


@inner
def _send_on(net, w, c, row, holder):  # type: ignore[no-untyped-def]
    """The contact is on its way to another queue, as `_arrive` is told by what is returned."""
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
        _give_line(w, c)
        contact.cause = ledger.TURN
        contact.stage = WRITES
        think = contact_rules.handover_time(net, row, contact.key, contact.attempt, contact.leg)
        cal.put(w, _contact_node(w, c), state.now + think, ev.NODE_ENDS, contact.issue)
        return 0
    weights = nw.loyalty(net, 0)
    more.effort += weights.transfer
    if rule.retold > 0.0:
        more.felt |= ledger.TOLD_AGAIN
        more.effort += weights.retelling
    return 1 + rule.keeps


@inner
def _let_go(net, board, w, a):  # type: ignore[no-untyped-def]
    """An agent who held a contact for the next one leaves it: the leg so far, then wrap."""
    agent = ws.agents(w, a)
    state = ws.state(w, 0)
    part = agent.contact
    _write_other_leg(w, part, ledger.TRANSFERRED, agent.group, state.now, state.now + agent.wrap, False, 0, math.nan)
    _free_slot(w, part)
    agent.contact = -1
    _wrap_up(net, board, w, a)


@inner
def _take_slot(w):  # type: ignore[no-untyped-def]
    """Room for one more contact."""
    state = ws.state(w, 0)
    c = state.unused
    if c >= 0:
        state.unused = ws.contacts(w, c).next
    else:
        c = state.touched
        state.touched += 1
        ws.nodes(w, _contact_node(w, c)).place = cal.NOWHERE
        ws.nodes(w, _overflow_node(w, c)).place = cal.NOWHERE
    return c


@tiny
def _free_slot(w, c):  # type: ignore[no-untyped-def]
    ws.contacts(w, c).next = ws.state(w, 0).unused
    ws.state(w, 0).unused = c


@inner
def _copy(w, c, part):  # type: ignore[no-untyped-def]
    """What the ledger tells of a contact, for the leg that its agent still holds."""
    one = ws.contacts(w, c)
    other = ws.contacts(w, part)
    other.issue = one.issue
    other.arrived = one.arrived
    other.queued = one.queued
    other.answered = one.answered
    other.opened = one.opened
    other.waited = one.waited
    other.accumulated = one.accumulated
    other.agent = one.agent
    other.reason = one.reason
    other.segment = one.segment
    other.channel = one.channel
    other.queue = one.queue
    other.entry = one.entry
    other.attempt = one.attempt
    other.leg = one.leg
    other.nth = one.nth
    other.cause = one.cause
    ws.more(w, part).told = ws.more(w, c).told
    ws.more(w, part).offer = ws.more(w, c).offer
    ws.more(w, part).felt = ws.more(w, c).felt
    ws.more(w, part).ours = ws.more(w, c).ours


@inner
def _end_unserved(net, board, w, c, outcome, after):  # type: ignore[no-untyped-def]
    """The attempt ends without an agent; the contact is in no queue any more."""
    contact = ws.contacts(w, c)
    now = ws.state(w, 0).now
    holder = -1
    if RICH:
        holder = ws.more(w, c).holder
        if ws.more(w, c).asker >= 0:
            _not_advised(net, board, w, c, outcome)
            return
    again = contact_rules.next_attempt(net, contact.reason, after, contact.key, contact.attempt, now)
    cause = ledger.REDIAL if again < math.inf else ledger.FRESH
    next_at = again if again < math.inf else math.nan
    _write_leg(w, c, outcome, -1, math.nan, now, False, cause, next_at)
    if RICH and contact.queue >= 0:
        _has_waited(net, w, c)
    _come_back(net, board, w, c, again, cause, after, False)
    if RICH and holder >= 0:
        _let_go(net, board, w, holder)


@tiny
def _come_back(net, board, w, c, again, cause, after, resolved):  # type: ignore[no-untyped-def]
    """Wait for the next attempt, if there is one within the horizon, else forget the contact."""
    contact = ws.contacts(w, c)
    if again >= nw.settings(net, 0).end:
        if RICH and again == math.inf:
            _close(net, board, w, c, resolved)
        _free_slot(w, c)
        return
    rule = nw.returns(net, nw.AFTERS * contact.reason + after)
    left = contact.answered
    if not left >= 0.0:
        left = ws.state(w, 0).now
    if contact.queued >= 0.0:
        before = contact.waited if RULES else 0.0
        contact.accumulated += before + (left - contact.queued)
    if RICH:
        way = contact_rules.next_way(net, contact.reason, contact.segment, after, contact.key, contact.attempt)
        if way >= 0:
            contact.start = way
    contact.attempt += 1
    if not rule.keep_patience:
        contact.patience_attempt = contact.attempt
    if not rule.keep_work:
        contact.work_attempt = contact.attempt
    contact.cause = cause
    cal.put(w, _contact_node(w, c), again, ev.RETURN, contact.issue)


@inner
def _begins(net, w, c):  # type: ignore[no-untyped-def]
    """The effort of making contact, once it is known where."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    weights = nw.loyalty(net, 0)
    more.before = more.effort
    more.effort += weights.contact
    if contact.attempt > 1:
        more.effort += weights.again
        _goes_on(net, w, c)
    more.used = contact.channel


@inner
def _goes_on(net, w, c):  # type: ignore[no-untyped-def]
    """The effort of a change of channel, if there is one."""
    more = ws.more(w, c)
    if ws.contacts(w, c).channel != more.used:
        more.felt |= ledger.SWITCHED
        more.effort += nw.loyalty(net, 0).switch
    more.used = ws.contacts(w, c).channel


@inner
def _has_waited(net, w, c):  # type: ignore[no-untyped-def]
    """The effort of a stay in a queue that ends now, of who is on the line meanwhile."""
    contact = ws.contacts(w, c)
    at_home = contact.cause == ledger.CALLED_BACK or contact.cause == ledger.TURN or contact.cause == ledger.CONSULT
    if contact.queued >= 0.0 and not at_home and not nw.queues(net, contact.queue).deferrable:
        ws.more(w, c).effort += nw.loyalty(net, 0).wait * (ws.state(w, 0).now - contact.queued)


@inner
def _is_answered(net, w, c):  # type: ignore[no-untyped-def]
    """The effort until an agent answers, and of telling it again, see `hears_of` of the other engine."""
    _has_waited(net, w, c)
    if ws.more(w, c).callback == 0:
        _hears_of(net, w, c)


@inner
def _hears_of(net, w, c):  # type: ignore[no-untyped-def]
    """An agent begins to talk to the customer, who perhaps has to tell it again."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if more.retells and (not choices.remembers(net, contact.segment) or more.last != contact.agent):
        more.felt |= ledger.TOLD_AGAIN
        more.effort += nw.loyalty(net, 0).retelling
    more.retells = 0
    more.last = contact.agent


@inner
def _close(net, board, w, c, resolved):  # type: ignore[no-untyped-def]
    """An issue is over, resolved or given up."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if more.seat < 0:
        return
    how = ledger.UNSOLVED
    if resolved:
        how = ledger.AT_ONCE if contact.attempt == 1 else ledger.LATER
    customer_memory.close(net, board, contact.segment, more.seat, contact.issue, contact.key, contact.opened, more.effort,
                    how, ws.state(w, 0).now)  # fmt: skip


@inner
def _whose(net, board, w, c):  # type: ignore[no-untyped-def]
    """The customer of a fresh arrival; whether there is one, or it does not arise."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    more.effort = 0.0
    more.before = 0.0
    more.ours = 0
    more.last = -1
    more.seat = -1
    queue = nw.reasons(net, contact.reason).queue
    if not nw.settings(net, 0).people or (queue >= 0 and nw.queues(net, queue).outbound):
        return True
    more.seat = customer_memory.seat_of(net, contact.segment, contact.key)
    if more.seat < 0 or customer_memory.is_there(board, more.seat, contact.opened):
        return True
    customer_memory.miss(board, contact.segment)
    return False


@inner
def _draw_ahead(net, w):  # type: ignore[no-untyped-def]
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
def _new_contact(net, board, w):  # type: ignore[no-untyped-def]
    """The fresh arrival whose turn it is; -1 for one that does not arise."""
    state = ws.state(w, 0)
    c = _take_slot(w)
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
        contact.start = -1
    contact.nth = 0
    if RICH and not _whose(net, board, w, c):
        _free_slot(w, c)
        return -1
    return c


@inner
def _overflow(net, board, w, c):  # type: ignore[no-untyped-def]
    """A stage of the queue's overflow is due: other groups may serve, or the contact moves to another queue."""
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    stage = nw.stages(net, contact.stage)
    contact.stage += 1
    to = stage.to_queue
    if to < 0:
        choices.board_asking(board, 0).inside = 1
        agent = _find_agent(net, board, w, c)
        choices.board_asking(board, 0).inside = 0
        if agent >= 0:
            _leave_queue(net, board, w, c)
            _serve(net, board, w, c, agent)
            _release_after(net, board, w, contact.queue)
            return
    elif choices.board_queues(board, to).waiting < nw.queues(net, to).capacity:
        left = contact.queue
        contact.stage = nw.queues(net, left).last_stage
        _dequeue(net, board, w, c)
        if nw.settings(net, 0).notes:
            _note(net, board, w, c, -1)
        _write_other_leg(w, c, ledger.HANDED_ON, -1, math.nan, state.now, False, 0, math.nan)
        if RICH:
            _has_waited(net, w, c)
        contact.waited += state.now - contact.queued
        contact.queued = state.now
        contact.leg += 1
        contact.queue = to
        contact.channel = nw.queues(net, to).channel
        agent = _find_agent(net, board, w, c)
        if agent >= 0:
            cal.cancel(w, _contact_node(w, c))
            _serve(net, board, w, c, agent)
        else:
            _enqueue(net, board, w, c, False)
        _release_after(net, board, w, left)
        return
    _set_overflow(net, board, w, c)


@tiny
def _leave_queue(net, board, w, c):  # type: ignore[no-untyped-def]
    """Out of the queue for good, patience no longer counts."""
    cal.cancel(w, _contact_node(w, c))
    _dequeue(net, board, w, c)


@tiny
def _abandon(net, board, w, c):  # type: ignore[no-untyped-def]
    queue = ws.contacts(w, c).queue
    _dequeue(net, board, w, c)
    _give_line(w, c)
    if RULES and nw.settings(net, 0).notes:
        _note(net, board, w, c, -1)
    if RICH and ws.contacts(w, c).cause == ledger.OUTBOUND:
        ws.diallers(w, queue).dropped += 1
    _end_unserved(net, board, w, c, ledger.ABANDONED, contact_rules.AFTER_ABANDONED)
    _release_after(net, board, w, queue)


@inner
def _turn_away(net, board, w):  # type: ignore[no-untyped-def]
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
            _leave_queue(net, board, w, c)
            _give_line(w, c)
            _end_unserved(net, board, w, c, ledger.CLOSED, contact_rules.AFTER_CLOSED)
            c = ws.queues(w, queue).first if frees else after


# --- an agent -------------------------------------------------------------------------------------------------------


@tiny
def _list(net, board, w, a):  # type: ignore[no-untyped-def]
    """The agent is idle from now on: into the group's list by (idle since, seat)."""
    agent = ws.agents(w, a)
    agent.state = ev.IDLE
    now = ws.state(w, 0).now
    choices.board_agents(board, a).idle_since = now
    group = ws.agents(w, a).group
    crew = ws.crews(w, group)
    after = crew.last
    while after > a and choices.board_agents(board, after).idle_since == now:
        after = ws.agents(w, after).previous
    agent.previous = after
    if after >= 0:
        agent.next = ws.agents(w, after).next
        ws.agents(w, after).next = a
    else:
        agent.next = crew.first
        crew.first = a
    if agent.next >= 0:
        ws.agents(w, agent.next).previous = a
    else:
        crew.last = a
    _note_idle(net, board, w, group, 1)
    if RICH and nw.settings(net, 0).dialler:
        _dial_for(net, board, w, group)


@tiny
def _unlist(net, board, w, a):  # type: ignore[no-untyped-def]
    agent = ws.agents(w, a)
    group = ws.agents(w, a).group
    crew = ws.crews(w, group)
    if agent.previous >= 0:
        ws.agents(w, agent.previous).next = agent.next
    else:
        crew.first = agent.next
    if agent.next >= 0:
        ws.agents(w, agent.next).previous = agent.previous
    else:
        crew.last = agent.previous
    choices.board_agents(board, a).idle_since = math.inf
    _note_idle(net, board, w, group, -1)


@tiny
def _note_idle(net, board, w, group, change):  # type: ignore[no-untyped-def]
    choices.show_idle(net, board, group, choices.board_groups(board, group).idle + change, ws.crews(w, group).first)


@inner
def _held(net, board, w, a):  # type: ignore[no-untyped-def]
    """Whether closing rules keep an agent: the queue is served before its agents go."""
    if nw.settings(net, 0).turn_away or not _closed(net, board, w):
        return False
    return not choices.nothing_waits(net, board, ws.agents(w, a).group)


@inner
def _free(net, board, w, a):  # type: ignore[no-untyped-def]
    """An agent has nothing to do: see `_next_contact`."""
    c = _next_contact(net, board, w, a)
    if c >= 0:
        queue = ws.contacts(w, c).queue
        _serve(net, board, w, c, a)
        _release_after(net, board, w, queue)


@tiny
def _next_contact(net, board, w, a):  # type: ignore[no-untyped-def]
    """An agent has nothing to do: leave, break, go away, take the next contact, which is returned, or idle (-1)."""
    agent = ws.agents(w, a)
    group = ws.agents(w, a).group
    now = ws.state(w, 0).now
    leaving = agent.leave_due or ws.crews(w, group).pending > 0
    if leaving and not _held(net, board, w, a):
        _go(net, board, w, a)
        return -1
    if agent.break_due:
        _pause(net, board, w, a, ev.ON_BREAK)
        return -1
    if agent.away_due and not leaving:
        _pause(net, board, w, a, ev.AWAY)
        return -1
    if RULES:
        queue = choices.choose_queue(net, board, group, now)
    else:
        queue = choices.first_in_line(net, board, group)
    if queue < 0:
        _list(net, board, w, a)
        return -1
    c = ws.queues(w, queue).first
    _leave_queue(net, board, w, c)
    return c


@inner
def _go(net, board, w, a):  # type: ignore[no-untyped-def]
    """An agent leaves; time past the plan is overrun."""
    agent = ws.agents(w, a)
    group = ws.agents(w, a).group
    crew = ws.crews(w, group)
    now = ws.state(w, 0).now
    due = now
    if nw.groups(net, group).by_count:
        if crew.pending > 0:
            due = _due(net, board, w, a)
    elif agent.leave_due:
        due = agent.leaves_at
    _depart(net, board, w, a, due)


@inner
def _depart(net, board, w, a, due):  # type: ignore[no-untyped-def]
    agent = ws.agents(w, a)
    crew = ws.crews(w, ws.agents(w, a).group)
    now = ws.state(w, 0).now
    _close_spell(net, board, w, a, due)
    if agent.state == ev.IDLE:
        _unlist(net, board, w, a)
    cal.cancel(w, _away_node(w, a))
    agent.state = ev.OFF
    agent.leave_due = 0
    agent.break_due = 0
    agent.away_due = 0
    agent.contact = -1
    choices.board_agents(board, a).aside_since = math.inf
    agent.spell_start = now
    agent.aways += 1
    crew.present -= 1
    choices.board_groups(board, agent.group).present -= 1


@inner
def _close_spell(net, board, w, a, due):  # type: ignore[no-untyped-def]
    """Write what the agent was doing until now; time on duty after `due` is overrun."""
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    if agent.state == ev.AWAY:
        _write_spell(w, a, ledger.AWAY, agent.spell_start, now)
    elif agent.state == ev.ON_BREAK:
        _write_spell(w, a, ledger.BREAK, agent.spell_start, now)
    else:
        turn = max(due, agent.spell_start)
        _write_spell(w, a, ledger.ON_DUTY, agent.spell_start, min(turn, now))
        _write_spell(w, a, ledger.OVERRUN, turn, now)


@inner
def _come(net, board, w, a):  # type: ignore[no-untyped-def]
    """An agent comes on duty."""
    agent = ws.agents(w, a)
    ws.crews(w, ws.agents(w, a).group).present += 1
    choices.board_groups(board, agent.group).present += 1
    agent.spell_start = ws.state(w, 0).now
    agent.aways = max(agent.aways, contact_rules.first_away(net, agent.spell_start))
    _set_away(net, board, w, a)
    _free(net, board, w, a)


@inner
def _set_away(net, board, w, a):  # type: ignore[no-untyped-def]
    """When this agent next turns away from work, if the group is not always available."""
    gap = nw.groups(net, ws.agents(w, a).group).gap
    if gap < math.inf:
        due = ws.state(w, 0).now + contact_rules.away_gap(net, ws.state(w, 0).run, a, ws.agents(w, a).aways)
        cal.put(w, _away_node(w, a), due, ev.AWAY_BEGINS, a)


@inner
def _pause(net, board, w, a, what):  # type: ignore[no-untyped-def]
    """An agent goes on break, or away for a while."""
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    _close_spell(net, board, w, a, now)
    if agent.state == ev.IDLE:
        _unlist(net, board, w, a)
    cal.cancel(w, _away_node(w, a))
    agent.state = what
    agent.spell_start = now
    agent.away_due = 0
    agent.break_due = 0
    if what == ev.AWAY:
        length = contact_rules.away_length(net, ws.state(w, 0).run, a, agent.aways)
        cal.put(w, _away_node(w, a), now + length, ev.AWAY_ENDS, a)
    agent.aways += 1


@inner
def _resume(net, board, w, a):  # type: ignore[no-untyped-def]
    """Back from a break or from being away."""
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    _close_spell(net, board, w, a, now)
    agent.spell_start = now
    agent.state = ev.TALKING  # neither idle nor paused, until decided
    _set_away(net, board, w, a)
    _free(net, board, w, a)


@inner
def _hand_back(net, board, w, a):  # type: ignore[no-untyped-def]
    """The agent's contact goes back to the head of its queue with its work drawn anew; the agent leaves."""
    c = ws.agents(w, a).contact
    _write_part(net, board, w, a)
    _depart(net, board, w, a, ws.state(w, 0).now)
    ws.contacts(w, c).service += 1
    if RICH:
        ws.more(w, c).left = ws.more(w, c).whole
    _wait_again(net, board, w, c)
    other = _find_agent(net, board, w, c)
    _serve_or_queue(net, board, w, c, other)


@inner
def _write_part(net, board, w, a):  # type: ignore[no-untyped-def]
    """An agent's talk breaks off: the leg so far."""
    now = ws.state(w, 0).now
    cal.cancel(w, _wrap_node(a))
    c = ws.agents(w, a).contact
    _write_other_leg(w, c, ledger.HANDED_ON, ws.agents(w, a).group, now, now, False, 0, math.nan)
    if RICH:
        ws.more(w, c).dialling = 0


@inner
def _wait_again(net, board, w, c):  # type: ignore[no-untyped-def]
    """A contact whose talk broke off waits again, from now on."""
    contact = ws.contacts(w, c)
    contact.waited += contact.answered - contact.queued
    contact.queued = ws.state(w, 0).now
    contact.answered = math.nan
    contact.agent = -1
    contact.leg += 1


@inner
def _serve_or_queue(net, board, w, c, other):  # type: ignore[no-untyped-def]
    """A contact whose talk broke off goes to another agent, or to its place in its queue again."""
    if other >= 0:
        _serve(net, board, w, c, other)
    else:
        _enqueue(net, board, w, c, True)
        _set_patience(net, board, w, c)


@inner
def _fall(net, board, w, group, count):  # type: ignore[no-untyped-def]
    """A headcount falls: highest seats not on a contact go first, then those handing back, then the next to finish."""
    crew = ws.crews(w, group)
    excess = crew.present - crew.pending - count
    first = nw.groups(net, group).first_seat
    last = nw.groups(net, group).last_seat - 1
    now = ws.state(w, 0).now
    held = _held(net, board, w, first) if last >= first else False
    a = last
    while excess > 0 and a >= first:
        what = ws.agents(w, a).state
        if what == ev.AWAY or what == ev.ON_BREAK or (what == ev.IDLE and not held):
            _depart(net, board, w, a, now)
            excess -= 1
        a -= 1
    if RULES and nw.groups(net, group).hand_back and not _closed(net, board, w):
        a = last
        while excess > 0 and a >= first:
            if ws.agents(w, a).state == ev.TALKING:
                _hand_back(net, board, w, a)
                excess -= 1
            a -= 1
    while excess > 0:
        ws.pending(w)[first + crew.pending] = now
        crew.pending += 1
        excess -= 1
    choices.board_groups(board, group).leaving = crew.pending


@inner
def _stay(net, board, w, a, due):  # type: ignore[no-untyped-def]
    """An agent who was due to leave is wanted again: the time since then was overrun."""
    _close_spell(net, board, w, a, due)
    ws.agents(w, a).spell_start = ws.state(w, 0).now


@inner
def _due(net, board, w, a):  # type: ignore[no-untyped-def]
    """When an agent who goes was due to: of the dues of its group the first since it is there.

    If it came, or was kept, after all of them, the overrun of another ends, who from now on counts as planned.
    """
    group = ws.agents(w, a).group
    crew = ws.crews(w, group)
    first = nw.groups(net, group).first_seat
    place = 0
    while place < crew.pending and ws.pending(w)[first + place] < ws.agents(w, a).spell_start:
        place += 1
    crew.pending -= 1
    choices.board_groups(board, group).leaving = crew.pending
    if place > crew.pending:
        due = ws.pending(w)[first + crew.pending]
        _stay(net, board, w, _latest(net, w, group, due), due)
        return ws.state(w, 0).now
    due = ws.pending(w)[first + place]
    while place < crew.pending:
        ws.pending(w)[first + place] = ws.pending(w)[first + place + 1]
        place += 1
    return due


@inner
def _latest(net, w, group, due):  # type: ignore[no-untyped-def]
    """Of a group's agents who have been there since `due`, the one who came or was kept last; then the higher seat."""
    found = -1
    for a in range(nw.groups(net, group).first_seat, nw.groups(net, group).last_seat):
        agent = ws.agents(w, a)
        since = agent.spell_start
        if agent.state == ev.OFF or since > due:
            continue
        if found < 0 or since >= ws.agents(w, found).spell_start:
            found = a
    return found


@inner
def _rise(net, board, w, group, count):  # type: ignore[no-untyped-def]
    """A headcount rises: leavers who are still there stay, then the lowest free seats come."""
    crew = ws.crews(w, group)
    missing = count - (crew.present - crew.pending)
    while missing > 0 and crew.pending > 0:
        crew.pending -= 1
        choices.board_groups(board, group).leaving = crew.pending
        due = ws.pending(w)[nw.groups(net, group).first_seat + crew.pending]
        _stay(net, board, w, _latest(net, w, group, due), due)
        missing -= 1
    a = nw.groups(net, group).first_seat
    while missing > 0:
        if ws.agents(w, a).state == ev.OFF:
            _come(net, board, w, a)
            missing -= 1
        a += 1


@inner
def _follow_plan(net, board, w, row):  # type: ignore[no-untyped-def]
    """One row of the plan happens."""
    kind = row.kind
    if kind == ev.FALL:
        _fall(net, board, w, row.group, row.count)
        return
    if kind == ev.RISE:
        _rise(net, board, w, row.group, row.count)
        return
    a = row.agent
    agent = ws.agents(w, a)
    what = agent.state
    if kind == ev.LEAVE:
        if what == ev.OFF:
            return
        if RULES and what == ev.TALKING and nw.groups(net, row.group).hand_back and not _closed(net, board, w):
            _hand_back(net, board, w, a)
        elif (
            what == ev.TALKING
            or what == ev.WRAPPING
            or what == ev.HOLDING
            or what == ev.CHATTING
            or (what == ev.IDLE and _held(net, board, w, a))
        ):
            agent.leave_due = 1
            _note_chats(net, board, w, a)
            choices.board_agents(board, a).aside_since = math.inf
            agent.leaves_at = ws.state(w, 0).now
        else:
            _depart(net, board, w, a, ws.state(w, 0).now)
    elif kind == ev.COME:
        if what == ev.OFF:
            _come(net, board, w, a)
        elif agent.leave_due:
            agent.leave_due = 0
            _note_chats(net, board, w, a)
            _stay(net, board, w, a, agent.leaves_at)
    elif kind == ev.BREAK_BEGINS:
        if what == ev.IDLE or what == ev.AWAY:
            _pause(net, board, w, a, ev.ON_BREAK)
        elif what != ev.OFF:
            agent.break_due = 1
            _note_chats(net, board, w, a)
            choices.board_agents(board, a).aside_since = math.inf
    elif what == ev.ON_BREAK:
        _resume(net, board, w, a)
    else:
        agent.break_due = 0
        _note_chats(net, board, w, a)


@inner
def _away_begins(net, board, w, a):  # type: ignore[no-untyped-def]
    agent = ws.agents(w, a)
    if agent.state == ev.IDLE and not (agent.leave_due or ws.crews(w, ws.agents(w, a).group).pending > 0):
        _pause(net, board, w, a, ev.AWAY)
    else:
        agent.away_due = 1


# --- the loop -------------------------------------------------------------------------------------------------------


@tiny
def _next_arrival(w):  # type: ignore[no-untyped-def]
    """When the next fresh arrival is due."""
    arrival = ws.state(w, 0).arrival
    return ws.times(w)[np.uint64(arrival)] if arrival < w.times_size else math.inf


@inner
def _next_planned(net, w):  # type: ignore[no-untyped-def]
    """Time and kind of what is due next of the plan and of closing times."""
    state = ws.state(w, 0)
    time = math.inf
    kind = 99
    if state.event < w.plan_size:
        row = ws.plan(w, state.event)
        time = row.time
        kind = ev.STAFF_LEAVES if row.kind <= ev.BREAK_BEGINS else ev.STAFF_COMES
    if nw.settings(net, 0).turn_away and state.closing < net.openings_size:
        due = nw.openings(net, state.closing).end
        if due < time:
            time = due
            kind = ev.CLOSING
    return time, kind


@compiled
def run(net_at, board_at, world_at):  # type: ignore[no-untyped-def]
    """Replay until the end, or until something is full: DONE, LEGS_FULL, SPELLS_FULL or CONTACTS_FULL."""
    net = nw.at(net_at)
    board = choices.board_at(board_at)
    w = ws.at(world_at)
    state = ws.state(w, 0)
    seats = w.agents_size
    margin = 6 + (2 * seats if nw.groups(net, 0).hand_back else 0)  # legs that one event may write
    each = 2 if RICH else 1  # legs of one who waits
    planned, plan_kind = _next_planned(net, w)
    arrival = _next_arrival(w)
    while True:
        if state.legs + each * state.waiting + margin > w.legs_size:
            return LEGS_FULL
        if state.spells + 2 * seats + 4 > w.spells_size:
            return SPELLS_FULL
        if state.unused < 0 and state.touched == w.contacts_size:
            return CONTACTS_FULL
        time = planned
        kind = plan_kind
        if arrival < planned or (arrival == planned and plan_kind == ev.CLOSING):
            time = arrival
            kind = ev.FRESH_ARRIVAL
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
        a = -1  # who is free
        led = 0
        if kind == ev.FRESH_ARRIVAL:
            c = _new_contact(net, board, w)
            arrival = _next_arrival(w)
        elif kind == ev.STAFF_LEAVES or kind == ev.STAFF_COMES:
            state.event += 1
            _follow_plan(net, board, w, ws.plan(w, state.event - 1))
            planned, plan_kind = _next_planned(net, w)
        elif kind == ev.CLOSING:
            state.closing += 1
            _turn_away(net, board, w)
            planned, plan_kind = _next_planned(net, w)
        else:
            cal.take(w, node)
            if kind == ev.TALK_END:
                if RICH and node >= seats:
                    led = _end_chat(net, board, w, node - 2 * seats)
                else:
                    led = _end_talk(net, board, w, node)
                    if led < 0:
                        a = node
                        led = 0
                c = state.moved if led else -1
            elif kind == ev.WRAP_END:
                if RICH and node >= seats:
                    _release_chat(net, board, w, node - 2 * seats)
                else:
                    a = node
            elif kind == ev.AWAY_BEGINS:
                _away_begins(net, board, w, node - seats)
            elif kind == ev.AWAY_ENDS:
                _resume(net, board, w, node - seats)
            elif kind == ev.PATIENCE_ENDS:
                _abandon(net, board, w, node - 2 * seats)
            elif kind == ev.RETURN:
                c = node - 2 * seats
            elif RICH and kind == ev.HANDOVER_ENDS:
                _let_go(net, board, w, node)
            elif RICH and kind == ev.NODE_ENDS:
                led = _leave_step(net, board, w, node - 2 * seats)
                c = node - 2 * seats if led else -1
            elif RULES:
                _overflow(net, board, w, node - 2 * seats - w.contacts_size)
        queue = -1
        if a >= 0:
            c = _next_contact(net, board, w, a)
            if c >= 0:
                queue = ws.contacts(w, c).queue
        elif c >= 0:
            a = _arrive(net, board, w, c, led)
        if c >= 0:
            if a >= 0:
                end = _begin_talk(net, board, w, c, a)
                if end >= 0.0:
                    _conclude(net, board, w, c, a, end)
                if queue >= 0:
                    _release_after(net, board, w, queue)
            if RICH and state.giver >= 0:
                giver = state.giver
                state.giver = -1
                _wrap_up(net, board, w, giver)
            if RICH and state.part >= 0:
                part = state.part
                state.part = -1
                _release_chat(net, board, w, part)
        if RICH and choices.chats_wait(net, board):
            _offer_slots(net, board, w)
    _finish(net, board, w)
    return DONE


@inner
def _finish(net, board, w):  # type: ignore[no-untyped-def]
    """Nothing more can happen: whoever still waits stays unfinished, whoever is still there goes."""
    state = ws.state(w, 0)
    for queue in range(w.queues_size):
        while ws.queues(w, queue).first >= 0:
            c = ws.queues(w, queue).first
            _leave_queue(net, board, w, c)
            _write_other_leg(w, c, ledger.UNFINISHED, -1, math.nan, state.now, False, 0, math.nan)
            if RICH and ws.more(w, c).asker >= 0:
                asker = ws.agents(w, ws.more(w, c).asker)
                _write_other_leg(
                    w, asker.contact, ledger.UNFINISHED, asker.group, state.now, state.now, False, 0, math.nan
                )
            if RICH and ws.more(w, c).holder >= 0:
                holder = ws.more(w, c).holder
                group = ws.agents(w, holder).group
                part = ws.agents(w, holder).contact
                _write_other_leg(w, part, ledger.TRANSFERRED, group, state.now, state.now, False, 0, math.nan)
    if RICH:
        for queue in range(w.queues_size):
            c = ws.diallers(w, queue).first
            while c >= 0:
                _write_other_leg(w, c, ledger.UNFINISHED, -1, math.nan, state.now, False, 0, math.nan)
                c = ws.contacts(w, c).next
    for a in range(w.agents_size):
        if ws.agents(w, a).state != ev.OFF:
            _go(net, board, w, a)
