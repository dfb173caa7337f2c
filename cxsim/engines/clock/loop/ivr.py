"""Steps of the contact flow before a queue."""

from __future__ import annotations

import math

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.randomness.draws import LEAST, attempt_key, uniform
from cxsim.rules import contact_rules, ivr_steps
from cxsim.rules.routing import wait_estimates
from cxsim.schema import ledger
from cxsim.schema import network as nw

from .callbacks import call_due, dial_answered
from .codes import ARRIVES, CALL_DUE, LED, RINGS, WRITES
from .effort import feel_contact, feel_menu, feel_switch
from .recording import write_leg_rare
from .returns import end_attempt_rare
from .slots import contact_node
from .trunks import finds_trunk, give_trunk, take_trunk
from .unserved import end_unserved


@inner
def begin_elsewhere(net, board, w, c):
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
def _enter_step(net, board, w, c, step):
    """A contact begins its stay in a step of the flow, if its channel has a line; how it will end is known then."""
    contact = ws.contacts(w, c)
    contact.queued = ws.state(w, 0).now
    step = contact_rules.step_at(net, step, ws.state(w, 0).run, contact.queued)
    contact.queue = -1 - nw.steps(net, step).node
    contact.channel = nw.steps(net, step).channel
    if contact.leg == 1:
        feel_contact(net, w, c)
    else:
        feel_switch(net, w, c)
    if not finds_trunk(net, w, c):
        feel_menu(net, w, c, 0)
        give_trunk(w, c)
        contact.queued = math.nan
        end_unserved(net, board, w, c, ledger.BLOCKED)
        return
    take_trunk(w, c)
    contact.stage = contact_rules.way_out(net, step, contact.reason, contact.key, contact.attempt, contact.leg)
    if nw.steps(net, step).estimator >= 0:
        u = uniform(attempt_key(contact.key, contact.attempt, contact.leg), LEAST)
        contact.stage = wait_estimates.least_delay(net, board, step, contact.reason, ws.state(w, 0).now, u)
    contact.stage = contact_rules.way_to_talk(net, step, contact.stage, ws.talking(w, step).taken)
    flags = 0
    if contact.stage >= 0:
        flags = nw.exits(net, contact.stage).flags
        if nw.exits(net, contact.stage).holds >= 0:
            ws.talking(w, step).taken += 1
    feel_menu(net, w, c, flags)
    time = contact_rules.step_time(net, step, contact.stage, contact.key, contact.attempt, contact.leg)
    cal.put(w, contact_node(w, c), contact.queued + time, ev.NODE_ENDS, contact.issue)


@inner
def leave_step(net, board, w, c):
    """The stay in a step is over: on to another, to a queue (then LED is returned), or out."""
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    way = np.int64(contact.stage)
    if way == CALL_DUE:
        call_due(net, board, w, c)
        return ARRIVES
    if way == RINGS:
        dial_answered(net, board, w, c)
        return ARRIVES
    if way == WRITES:
        contact.arrived = state.now
        return LED
    kind = ivr_steps.HANGS_UP
    if way >= 0:
        leaving = nw.exits(net, way)
        kind = leaving.kind
        ws.more(w, c).extra -= leaving.saves
        ws.more(w, c).retells |= leaving.retold
        if leaving.holds >= 0:
            ws.talking(w, leaving.holds).taken -= 1
    if kind == ivr_steps.TO_STEP or kind == ivr_steps.TO_QUEUE:
        write_leg_rare(w, c, ledger.HANDED_ON, -1, math.nan, state.now, False, 0, math.nan)
        contact.leg += 1
        if kind == ivr_steps.TO_STEP:
            _enter_step(net, board, w, c, nw.exits(net, way).to)
            return ARRIVES
        contact.queue = nw.exits(net, way).to
        contact.entry = contact.queue
        return LED
    give_trunk(w, c)
    outcome = contact_rules.step_outcome(kind)
    resolved = kind == ivr_steps.CONTAINED
    end_attempt_rare(net, board, w, c, outcome, -1, math.nan, state.now, resolved, state.now)
    return ARRIVES
