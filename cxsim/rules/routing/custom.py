"""What a custom policy is shown, and what it chooses."""

from __future__ import annotations

from cxsim.jit.decorators import inner, shared
from cxsim.jit.struct_arrays import call
from cxsim.rules.routing.eligibility import may_be_served, may_serve
from cxsim.rules.routing.system_state import (
    CHOOSES_AGENT,
    CHOOSES_CONTACT,
    board_asking,
    board_candidates,
    board_center,
    board_contact,
    board_free_agent,
    board_groups,
    board_heads,
    board_queues,
)
from cxsim.rules.routing.wait_estimates import expected
from cxsim.schema import network as nw


@shared
def meet(net, board, reason, segment, attempt):
    """Whose contact a policy of the user's own will be asked about."""
    if board_asking(board, 0).failed == 0:
        contact = board_contact(board, 0)
        contact.reason = reason
        contact.segment = segment
        contact.attempt = attempt
        contact.segment_priority = nw.markets(net, segment).priority
        contact.value = nw.markets(net, segment).value


@inner
def show_center(net, board, now):
    center = board_center(board, 0)
    center.now = now
    center.waiting = 0
    center.idle = 0
    center.present = 0
    for q in range(net.queues_size):
        center.waiting += board_queues(board, q).waiting
    for g in range(net.groups_size):
        seen = board_groups(board, g)
        center.idle += seen.idle
        center.present += seen.present


@shared
def show_groups(net, board, queue, since, now, u):
    """Show a policy of the user's own a contact and the groups that may take it now; how many they are."""
    count = 0
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if not may_serve(net, board, k, since, now):
            continue
        seen = board_groups(board, match.group)
        known = nw.candidates(net, k)
        row = board_candidates(board, count)
        row.number = known.number
        row.order = known.order
        row.serves = known.serves
        row.handle_time = known.handle_time
        row.resolution = known.resolution
        row.weight = known.weight
        row.idle = seen.idle
        row.present = seen.present
        row.idle_for = now - seen.since
        count += 1
    if count > 0:
        show_asked(net, board, queue, since, now, u)
    board_asking(board, 0).count = count
    return count


@shared
def show_asked(net, board, queue, since, now, u):
    """Show the contact that an agent is looked for, and the center."""
    show_center(net, board, now)
    contact = board_contact(board, 0)
    contact.queue = queue
    contact.wait = now - since
    contact.waiting = board_queues(board, queue).waiting - board_asking(board, 0).inside
    contact.priority = nw.by_queue(net, nw.queues(net, queue).first_match).priority
    contact.expected_wait = expected(net, board, queue, contact.waiting)
    contact.recent_sl = board_queues(board, queue).recent_sl
    contact.u = u


@shared
def show_queues(net, board, group, now):
    """Show a policy of the user's own an agent and the queues whose head may be taken now; how many they are."""
    count = 0
    seen = board_groups(board, group)
    agent = board_free_agent(board, 0)
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not may_be_served(net, board, k, now):
            continue
        head = board_queues(board, match.queue)
        known = nw.heads(net, k)
        row = board_heads(board, count)
        row.number = known.number
        row.rank = known.rank
        row.priority = known.priority
        row.handle_time = known.handle_time
        row.resolution = known.resolution
        row.weight = known.weight
        row.credit = known.credit
        row.waiting = head.waiting
        row.wait = now - head.since
        row.expected_wait = expected(net, board, match.queue, head.waiting)
        row.recent_sl = head.recent_sl
        count += 1
    if count > 0:
        show_center(net, board, now)
        agent.group = group
        agent.idle = seen.idle
        agent.present = seen.present
        agent.serves = nw.groups(net, group).last_match - nw.groups(net, group).first_match
    board_asking(board, 0).count = count
    return count


@inner
def own_agent(net, board, queue, since, now, u):
    """Who takes a contact by a policy of the user's own: the longest idle of the group it names."""
    asking = board_asking(board, 0)
    if asking.failed != 0 or show_groups(net, board, queue, since, now, u) == 0:
        return -1
    chosen = call(asking.agent_at, board)
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)  # not what was shown: the function may have written there
        if match.group == chosen and may_serve(net, board, k, since, now):
            return board_groups(board, chosen).longest
    if chosen != -1:
        asking.failed = CHOOSES_AGENT
    return -1


@inner
def own_queue(net, board, group, now):
    """Which queue's head an agent takes by a policy of the user's own."""
    asking = board_asking(board, 0)
    if asking.failed != 0 or show_queues(net, board, group, now) == 0:
        return -1
    chosen = call(asking.contact_at, board)
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        if nw.by_group(net, k).queue == chosen and may_be_served(net, board, k, now):
            return chosen
    if chosen != -1:
        asking.failed = CHOOSES_CONTACT
    return -1
