"""Slots of agents who chat: which contact takes the next one."""

from __future__ import annotations

import math

from cxsim.jit.decorators import inner, shared, tiny
from cxsim.rules.routing import catalogue
from cxsim.rules.routing.choices import ranks_groups
from cxsim.rules.routing.eligibility import may_be_served
from cxsim.rules.routing.system_state import board_agents, board_groups, board_marks, board_queues, has_room
from cxsim.schema import network as nw
from cxsim.schema.names import OWN


@tiny
def _comes_first(net, one, urgency, since, issue, other, urgency_2, since_2, issue_2):
    """Whether a contact comes before another by rows of `by_group`; chats follow ranks where the rule is no order.

    `urgency` is the priority of its segment.
    """
    rule = nw.settings(net, 0).contact_rule
    key = 0
    if rule == catalogue.PRIORITY:
        key = one.priority - other.priority
    if key == 0 and rule != catalogue.FIRST_COME:
        key = one.rank - other.rank
    if key == 0 and rule != catalogue.FIRST_COME:
        key = one.priority - other.priority
    if key == 0:
        key = urgency - urgency_2
    return key < 0 or (key == 0 and (since < since_2 or (since == since_2 and issue < issue_2)))


@inner
def _may_chat(net, board, match, urgency, since, issue, now):
    """Whether the agents of a group who have chats may take another one, that waits since `since`.

    `match` is the row of its queue and the group. Not while one of the group is due to leave, nor while a contact of
    another channel waits that comes before it, cannot be deferred, and that an agent who gets free would take: for such
    a contact the agents finish their chats.
    """
    if board_groups(board, match.group).leaving > 0:
        return False
    channel = nw.queues(net, match.queue).channel
    for k in range(nw.groups(net, match.group).first_match, nw.groups(net, match.group).last_match):
        other = nw.by_group(net, k)
        queue = nw.queues(net, other.queue)
        if queue.channel == channel or queue.deferrable or not may_be_served(net, board, k, now):
            continue
        head = board_queues(board, other.queue)
        if _comes_first(net, other, head.priority, head.since, head.issue, match, urgency, since, issue):
            return False
    return True


@shared
def chats_wait(net, board):
    """Whether chats wait, and some agent with chats has a free slot: then `next_chat` is to be asked."""
    return board_marks(board, 0).roomy > 0 and board_marks(board, 0).waiting & nw.settings(net, 0).chats != 0


@shared
def next_chat(net, board, group, now):
    """The queue whose head the agents of a group with chats take next beside them, or -1."""
    chosen = -1
    if board_groups(board, group).roomy == 0:
        return chosen
    first = nw.groups(net, group).first_match
    best = first
    for k in range(first, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        head = board_queues(board, match.queue)
        if nw.queues(net, match.queue).slots == 1 or head.since + match.after > now:
            continue
        if chosen >= 0:
            other = board_queues(board, chosen)
            if _comes_first(
                net,
                nw.by_group(net, best),
                other.priority,
                other.since,
                other.issue,
                match,
                head.priority,
                head.since,
                head.issue,
            ):
                continue
        if _free_desk(net, board, group, match.queue) < 0:
            continue
        if _may_chat(net, board, match, head.priority, head.since, head.issue, now):
            chosen = match.queue
            best = k
    return chosen


@shared
def free_desk(net, board, group, queue):
    """The agent of a group with the fewest chats, then longest so, then the lower seat, who has room for one; or -1."""
    return _free_desk(net, board, group, queue)


@inner
def _free_desk(net, board, group, queue):
    channel = nw.queues(net, queue).channel
    chosen = -1
    for agent in range(nw.groups(net, group).first_seat, nw.groups(net, group).last_seat):
        one = board_agents(board, agent)
        if one.channel != channel or not has_room(net, one):
            continue
        if chosen >= 0:
            best = board_agents(board, chosen)
            if one.chats > best.chats or (one.chats == best.chats and one.chat_since >= best.chat_since):
                continue
        chosen = agent
    return chosen


@shared
def is_behind(net, board, queue, urgency, since, issue):
    """Whether somebody waits in a queue before a contact of that priority of its segment, time and issue."""
    head = board_queues(board, queue)
    if head.since < math.inf and head.priority != urgency:
        return head.priority < urgency
    return head.since < since or (head.since == since and head.issue < issue)


@shared
def choose_desk(net, board, queue, urgency, since, issue, now):
    """The agent who takes a chat besides those at hand, or -1: fewest chats, then longest so, then the lower seat.

    Of the groups that come first by order, where the rule ranks them; an idle agent has the fewest. Nobody takes it
    beside other chats while an earlier one waits, or where `_may_chat` says no.
    """
    rule = nw.settings(net, 0).agent_rule
    ranked = ranks_groups(rule) or rule == OWN
    behind = is_behind(net, board, queue, urgency, since, issue)
    chosen = -1
    best_order = 0
    best_chats = 0
    best_since = math.inf
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if ranked and chosen >= 0 and match.order != best_order:
            break
        if since + match.after > now:
            continue
        group = board_groups(board, match.group)
        agent = -1
        chats = 0
        began = math.inf
        if group.idle > match.reserve:
            agent = group.longest
            began = group.since
        elif group.roomy > 0 and not behind and _may_chat(net, board, match, urgency, since, issue, now):
            agent = _free_desk(net, board, match.group, queue)
            if agent >= 0:
                chats = board_agents(board, agent).chats
                began = board_agents(board, agent).chat_since
        if agent >= 0 and (chosen < 0 or chats < best_chats or (chats == best_chats and began < best_since)):
            chosen = agent
            best_order = match.order
            best_chats = chats
            best_since = began
    return chosen
