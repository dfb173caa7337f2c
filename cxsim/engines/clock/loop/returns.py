"""The next attempt of an issue."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.rules import returns
from cxsim.schema import network as nw

from .effort import close_issue
from .features import RICH, RULES
from .recording import write_leg
from .slots import contact_node, free_slot


@inner
def end_attempt_rare(net, board, w, c, outcome, group, talk_end, ended, resolved, now):
    """The same where it happens less often."""
    end_attempt(net, board, w, c, outcome, group, talk_end, ended, resolved, now)


@tiny
def end_attempt(net, board, w, c, outcome, group, talk_end, ended, resolved, now):
    """The attempt is over, or will be at `now`: write its last leg, and decide whether and when there is another."""
    again, cause, next_at = plan_of(net, w, c, outcome, resolved, now)
    write_leg(w, c, outcome, group, talk_end, ended, resolved, cause, next_at)
    come_back(net, board, w, c, again, outcome, resolved)


@tiny
def plan_of(net, w, c, outcome, resolved, now):
    """When the customer makes contact again, see `returns.plan`."""
    contact = ws.contacts(w, c)
    return returns.plan(net, contact.reason, outcome, resolved, contact.key, contact.attempt, now)


@tiny
def come_back(net, board, w, c, again, outcome, resolved):
    """Wait for the next attempt, if there is one within the horizon, else forget the contact."""
    contact = ws.contacts(w, c)
    if again >= nw.settings(net, 0).end:
        if RICH and again == math.inf:
            close_issue(net, board, w, c, resolved)
        free_slot(w, c)
        return
    left = contact.answered
    if not left >= 0.0:
        left = ws.state(w, 0).now
    contact.accumulated += returns.kept_wait(contact.queue, contact.queued, left, contact.waited if RULES else 0.0)
    if RICH:
        after = returns.after(outcome)
        way = returns.next_way(net, contact.reason, contact.segment, after, contact.key, contact.attempt)
        if way >= 0:
            contact.start = way
    contact.attempt += 1
    contact.cause = returns.cause_after(outcome)
    contact.patience_attempt, contact.work_attempt = returns.kept_draws(
        net, contact.reason, outcome, contact.attempt, contact.patience_attempt, contact.work_attempt
    )
    cal.put(w, contact_node(w, c), again, ev.RETURN, contact.issue)
