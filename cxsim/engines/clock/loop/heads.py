"""Who is shown to routing as the first of a queue."""

from __future__ import annotations

from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.rules.routing import system_state
from cxsim.schema import network as nw

from .features import RICH


@inner
def show_due(net, board, w, group, due):
    """Show as first of each queue that a group serves after a delay whom it may take (`due`), or who is first again.

    Where all segments have the same priority, these are the same, or nobody is due.
    """
    now = ws.state(w, 0).now
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        c = ws.queues(w, match.queue).first
        if match.after <= 0.0 or c < 0:
            continue
        ready = c
        while due and ready >= 0 and ws.contacts(w, ready).since + match.after > now:
            ready = ws.contacts(w, ready).next
        shown = ws.contacts(w, ready if ready >= 0 else c)
        system_state.show_head(net, board, match.queue, shown.since, shown.issue)
        system_state.show_priority(net, board, match.queue, shown.segment)


@tiny
def shown_first(net, board, w, queue):
    """Who is shown as the first of a queue."""
    c = ws.queues(w, queue).first
    if RICH and nw.settings(net, 0).urgent:
        while ws.contacts(w, c).issue != system_state.board_queues(board, queue).issue:
            c = ws.contacts(w, c).next
    return c
