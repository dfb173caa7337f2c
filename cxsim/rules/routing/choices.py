"""The two small choices that make a routing policy: which agent for this contact, which contact for this agent.

A policy is data: rows of (queue, group, order, rank, after), sorted once for either choice, and two rule numbers.
Both engines call these functions and keep the `Board` they read: what a policy may know of the moment.
"""

from __future__ import annotations

import math

import numpy as np

from cxsim.jit.decorators import inner, shared, tiny
from cxsim.randomness.draws import AGENT, PREFERRED, child, uniform
from cxsim.rules.routing import catalogue
from cxsim.rules.routing.custom import own_agent, own_queue
from cxsim.rules.routing.eligibility import may_be_served, may_serve
from cxsim.rules.routing.system_state import LATEST, board_agents, board_groups, board_marks, board_queues
from cxsim.schema import network as nw
from cxsim.schema.names import OWN


@tiny
def ranks_groups(rule):
    """Whether a rule of agents asks the groups in their order."""
    return (
        rule == catalogue.RANK_THEN_LONGEST_IDLE
        or rule == catalogue.RANK_THEN_RANDOM_AGENT
        or rule == catalogue.RANK_THEN_FEWEST_CONTACTS
    )


@tiny
def draws_agent(rule):
    """Whether a rule of agents decides at random."""
    return rule == catalogue.RANK_THEN_RANDOM_AGENT or rule == catalogue.RANDOM_AGENT


@shared
def choose_agent(net, board, queue, since, now, u):
    """The idle agent who takes a contact that has waited in `queue` since `since`, or -1.

    `u` in (0, 1) decides at random where the rule says so. Ties go to the longest idle, then the lower group and seat.
    """
    if board_marks(board, 0).idle & nw.queues(net, queue).groups == 0:
        return -1
    rule = nw.settings(net, 0).agent_rule
    if rule == OWN or rule >= catalogue.SCORED_AGENTS:
        return _other_agent(net, board, queue, since, now, u)
    first = nw.queues(net, queue).first_match
    last = nw.queues(net, queue).last_match
    while first < last and not may_serve(net, board, first, since, now):
        first += 1
    if first == last:
        return -1
    ranked = ranks_groups(rule)
    chosen = -1
    best_order = nw.by_queue(net, first).order
    best_since = math.inf
    candidates = 0
    for k in range(first, last):
        match = nw.by_queue(net, k)
        if ranked and match.order != best_order:
            break
        if not may_serve(net, board, k, since, now):
            continue
        group = board_groups(board, match.group)
        candidates += group.idle
        if group.since < best_since or (group.since == best_since and group.longest < chosen):
            best_since = group.since
            chosen = group.longest
    if rule == catalogue.RANK_THEN_LONGEST_IDLE or rule == catalogue.LONGEST_IDLE:
        return chosen
    if draws_agent(rule):
        return _nth_idle(net, board, queue, since, now, ranked, best_order, int(u * candidates))
    if rule == catalogue.RANK_THEN_FEWEST_CONTACTS or rule == catalogue.FEWEST_CONTACTS:
        return _least_busy(net, board, queue, since, now, ranked, best_order)
    return -1


@tiny
def longest_idle(net, board, queue):
    """As `choose_agent`, where the first groups by order, or all alike, offer who is idle for longest to everyone."""
    row = nw.queues(net, queue)
    chosen = -1
    if board_marks(board, 0).idle & row.groups == 0:
        return chosen
    ranked = nw.settings(net, 0).agent_rule == catalogue.RANK_THEN_LONGEST_IDLE
    best_order = 0
    best_since = math.inf
    for k in range(row.first_match, row.last_match):
        match = nw.by_queue(net, k)
        if ranked and chosen >= 0 and match.order != best_order:
            break
        group = board_groups(board, match.group)
        if group.since < best_since or (group.since == best_since and group.longest < chosen):
            chosen = group.longest
            best_order = match.order
            best_since = group.since
    return chosen


@shared
def may_take(net, board, queue, since, now, agent):
    """Whether an agent is idle and may take a contact that has waited in `queue` since `since`."""
    if board_agents(board, agent).idle_since == math.inf:
        return False
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if match.group == nw.team(net, agent).group:
            return may_serve(net, board, k, since, now)
    return False


@shared
def anyone_idle(net, board, queue, since, now):
    """Whether an agent is idle who may take a contact that has waited in `queue` since `since`."""
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        if may_serve(net, board, k, since, now):
            return True
    return False


@shared
def preferred(net, segment, seat, issue_key):
    """A customer's preferred agent, or -1: one for all issues of one who is told apart, else drawn by issue."""
    row = nw.markets(net, segment)
    if row.preferred < 0:
        return -1
    key = issue_key
    if seat >= 0:
        key = child(row.preferred_key, seat - row.first)
    group = nw.groups(net, row.preferred)
    seats = group.last_seat - group.first_seat
    return group.first_seat + np.int64(seats * uniform(key, PREFERRED)) if seats > 0 else -1


@shared
def remembers(net, segment):
    """Whether routing tries to bring a customer to an agent who knows the story already."""
    return nw.settings(net, 0).last_agent > 0 or nw.markets(net, segment).preferred >= 0


@shared
def who_knows(net, board, queue, since, now, segment, seat, issue_key, last):
    """Who comes first for a contact, or -1: the preferred agent, then who talked last about it (-1: nobody)."""
    first = preferred(net, segment, seat, issue_key)
    if first >= 0 and may_take(net, board, queue, since, now, first):
        return first
    if nw.settings(net, 0).last_agent and last >= 0 and may_take(net, board, queue, since, now, last):
        return last
    return -1


@inner
def _best_agent(net, board, queue, since, now):
    """The longest idle of the group with the highest score; ties go to the longest idle, then the lower seat."""
    chosen = -1
    best = 0.0
    best_since = math.inf
    idle = 0
    for g in range(net.groups_size):
        idle += board_groups(board, g).idle
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if not may_serve(net, board, k, since, now):
            continue
        group = board_groups(board, match.group)
        row = nw.agent_scores(net, k)
        score = row.base + row.slope * (now - group.since) + row.count * group.idle - row.ratio * idle
        if (
            chosen < 0
            or score > best
            or (score == best and (group.since < best_since or (group.since == best_since and group.longest < chosen)))
        ):
            chosen = group.longest
            best = score
            best_since = group.since
    return chosen


@tiny
def _is_later(head, other):
    """Whether the first of a queue comes after that of another by (priority of the segment, since, issue)."""
    if head.priority != other.priority:
        return head.priority > other.priority
    return head.since > other.since or (head.since == other.since and head.issue > other.issue)


@inner
def _best_queue(net, board, group, now):
    """The queue with the highest score; ties go to the segment's priority, the longest wait, then the lower issue."""
    chosen = -1
    best = 0.0
    all_of_them = 0
    for q in range(net.queues_size):
        all_of_them += board_queues(board, q).waiting
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not may_be_served(net, board, k, now):
            continue
        head = board_queues(board, match.queue)
        row = nw.contact_scores(net, k)
        score = row.base + row.slope * (now - head.since) + row.count * head.waiting - row.ratio * all_of_them
        if chosen >= 0:
            other = board_queues(board, chosen)
            if score < best or (score == best and _is_later(head, other)):
                continue
        chosen = match.queue
        best = score
    return chosen


@inner
def _random_queue(net, board, group, now):
    """The queue whose first draws the highest number, by its issue and the time, so that each is as likely."""
    chosen = -1
    best = -1.0
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not may_be_served(net, board, k, now):
            continue
        head = board_queues(board, match.queue)
        u = uniform(child(np.uint64(head.issue), np.int64(now * 1e6)), AGENT)
        if u > best:
            best = u
            chosen = match.queue
    return chosen


@inner
def _other_agent(net, board, queue, since, now, u):
    """By a policy of the user's own, or by scores; a function of its own, so that the usual rules stay small."""
    if nw.settings(net, 0).agent_rule == OWN:
        return own_agent(net, board, queue, since, now, u)
    return _best_agent(net, board, queue, since, now)


@inner
def _other_queue(net, board, group, now):
    rule = nw.settings(net, 0).contact_rule
    if rule == OWN:
        return own_queue(net, board, group, now)
    if rule == catalogue.RANDOM_CONTACT:
        return _random_queue(net, board, group, now)
    if rule >= catalogue.SCORED_CONTACTS:
        return _best_queue(net, board, group, now)
    return -1


@inner
def _nth_idle(net, board, queue, since, now, ranked, order, n):
    """Candidate number `n` in the order of groups and seats."""
    previous = -1
    while True:
        group = -1
        for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
            match = nw.by_queue(net, k)
            if ranked and match.order != order:
                continue
            if not may_serve(net, board, k, since, now):
                continue
            if match.group > previous and (group < 0 or match.group < group):
                group = match.group
        idle = board_groups(board, group).idle
        if n < idle:
            break
        n -= idle
        previous = group
    for agent in range(nw.groups(net, group).first_seat, nw.groups(net, group).last_seat):
        if board_agents(board, agent).idle_since < math.inf:
            if n == 0:
                return agent
            n -= 1
    return -1


@inner
def _least_busy(net, board, queue, since, now, ranked, order):
    """The candidate who has handled the fewest contacts; ties by longest idle, then group and seat."""
    chosen = -1
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if ranked and match.order != order:
            continue
        if not may_serve(net, board, k, since, now):
            continue
        for agent in range(nw.groups(net, match.group).first_seat, nw.groups(net, match.group).last_seat):
            one = board_agents(board, agent)
            if one.idle_since == math.inf:
                continue
            if chosen >= 0:
                best = board_agents(board, chosen)
                if one.handled > best.handled:
                    continue
                if one.handled == best.handled:
                    if one.idle_since > best.idle_since:
                        continue
                    if one.idle_since == best.idle_since and agent > chosen:
                        continue
            chosen = agent
    return chosen


@shared
def choose_interrupted(net, board, queue, since, now):
    """The agent who puts an interruptible contact aside for one that finds nobody idle, or -1.

    Of the groups that come first by order, who began last on what is put aside; then the lower group and seat.
    """
    chosen = -1
    best_order = 0
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if chosen >= 0 and match.order != best_order:
            break
        if since + match.after > now or match.reserve > 0:
            continue
        for agent in range(nw.groups(net, match.group).first_seat, nw.groups(net, match.group).last_seat):
            began = board_agents(board, agent).aside_since
            if began < math.inf and (chosen < 0 or began > board_agents(board, chosen).aside_since):
                chosen = agent
                best_order = match.order
    return chosen


@shared
def choose_queue(net, board, group, now):
    """The queue whose head an agent of `group` takes next, or -1.

    Keys, smallest first: (rank, priority, …), (…) or (priority, rank, …), where … is what orders each queue: (priority
    of the segment, since, issue).
    """
    if board_marks(board, 0).waiting & nw.groups(net, group).queues == 0:
        return -1
    rule = nw.settings(net, 0).contact_rule
    if rule == OWN or rule >= catalogue.RANDOM_CONTACT:
        return _other_queue(net, board, group, now)
    return _ranked_queue(net, board, group, now, rule, True)


@tiny
def first_in_line(net, board, group):
    """As `choose_queue`, by one of its three orders, where groups may serve whoever waits in their queues."""
    if board_marks(board, 0).waiting & nw.groups(net, group).queues == 0:
        return -1
    return _ranked_queue(net, board, group, LATEST, nw.settings(net, 0).contact_rule, False)


@tiny
def _ranked_queue(net, board, group, now, rule, by_segment):
    """By one of the three orders; segments all count alike if not `by_segment`."""
    chosen = -1
    best_1 = 0
    best_2 = 0
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not may_be_served(net, board, k, now):
            continue
        if rule == catalogue.RANK_THEN_LONGEST_WAIT and chosen >= 0 and match.rank > best_1:
            break
        head = board_queues(board, match.queue)
        key_1 = 0
        key_2 = 0
        if rule == catalogue.RANK_THEN_LONGEST_WAIT:
            key_1 = match.rank
            key_2 = match.priority
        elif rule == catalogue.PRIORITY:
            key_1 = match.priority
            key_2 = match.rank
        if chosen >= 0:
            if key_1 > best_1 or (key_1 == best_1 and key_2 > best_2):
                continue
            best = board_queues(board, chosen)
            if key_1 == best_1 and key_2 == best_2:
                if by_segment and head.priority != best.priority:
                    if head.priority > best.priority:
                        continue
                elif head.since > best.since or (head.since == best.since and head.issue > best.issue):
                    continue
        chosen = match.queue
        best_1 = key_1
        best_2 = key_2
    return chosen
