"""Which agents may serve a contact now, and which contacts an agent may take."""

from __future__ import annotations

from cxsim.jit.decorators import shared, tiny
from cxsim.rules.routing.system_state import board_groups, board_queues
from cxsim.schema import network as nw


@tiny
def may_serve(net, board, k, since, now):
    """Whether the group of row `k` of `by_queue` has somebody for a contact that has waited since `since`."""
    match = nw.by_queue(net, k)
    return board_groups(board, match.group).idle > match.reserve and since + match.after <= now


@tiny
def may_be_served(net, board, k, now):
    """Whether the queue of row `k` of `by_group` has somebody for an agent of its group; `since` is inf if empty."""
    match = nw.by_group(net, k)
    return (
        board_queues(board, match.queue).since + match.after <= now
        and board_groups(board, match.group).idle >= match.reserve
    )


@shared
def nothing_waits(net, board, group):
    """Whether every queue that `group` serves and that must be served today, overflow included, is empty."""
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        queue = nw.by_group(net, k).queue
        row = nw.queues(net, queue)
        if board_queues(board, queue).waiting > 0 and not (row.day_and_night or row.outbound):
            return False
    return True
