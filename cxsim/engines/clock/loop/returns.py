"""The next attempt of an issue."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import tiny
from cxsim.rules import contact_rules
from cxsim.schema import network as nw

from .effort import close_issue
from .features import RICH, RULES
from .slots import contact_node, free_slot


@tiny
def come_back(net, board, w, c, again, cause, after, resolved):  # type: ignore[no-untyped-def]
    """Wait for the next attempt, if there is one within the horizon, else forget the contact."""
    contact = ws.contacts(w, c)
    if again >= nw.settings(net, 0).end:
        if RICH and again == math.inf:
            close_issue(net, board, w, c, resolved)
        free_slot(w, c)
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
    cal.put(w, contact_node(w, c), again, ev.RETURN, contact.issue)
