"""What a policy that is a class is shown, and whether what it chooses is allowed."""

from __future__ import annotations

import math

from cxsim.jit.decorators import shared, tiny
from cxsim.policies import TIMER
from cxsim.rules.routing.custom import show_asked, show_center, show_groups, show_queues
from cxsim.rules.routing.eligibility import may_be_served, may_serve
from cxsim.rules.routing.system_state import (
    SETS_TIMER,
    board_agents,
    board_asker,
    board_asking,
    board_contact,
    board_event,
    board_firsts,
    board_free_agent,
    board_groups,
    board_people,
    board_server,
    board_waiters,
    board_wakes,
    board_worth,
)
from cxsim.schema import network as nw
from cxsim.schema.policy_views import AFTER_CENTER, AFTER_PEOPLE, NAMES_AGENT, PEOPLE

NOT_ALLOWED = -2


@shared
def note_person(board, agent, state, now):
    """An agent does something else from now on."""
    row = board_people(board, agent)
    row.state = state
    row.since = now


@shared
def note_work(board, agent, state, queue, reason, segment, now):
    """An agent begins on a contact of a queue, a reason and a segment."""
    row = board_people(board, agent)
    row.state = state
    row.since = now
    row.queue = queue
    row.reason = reason
    row.segment = segment


@shared
def show_people(net, board, now):
    """Show all agents as they are now."""
    for a in range(board.people_size):
        row = board_people(board, a)
        row.elapsed = now - row.since
        row.handled = board_agents(board, a).handled
        row.may_take = 0


@shared
def show_contact(net, board, queue, since, now, u, issue, reason, segment, attempt, effort):
    """Show a contact and who may take it now; how many groups have somebody."""
    asking = board_asking(board, 0)
    count = show_groups(net, board, queue, since, now, u)
    if count == 0:
        return 0
    _show_asker(net, board, u, issue, reason, segment, attempt, effort)
    if asking.views & PEOPLE:
        show_people(net, board, now)
        for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
            if may_serve(net, board, k, since, now):
                group = nw.groups(net, nw.by_queue(net, k).group)
                for a in range(group.first_seat, group.last_seat):
                    if board_agents(board, a).idle_since < math.inf:
                        board_people(board, a).may_take = 1
    return count


@shared
def _show_asker(net, board, u, issue, reason, segment, attempt, effort):
    """What a class sees of the contact that an agent is looked for, beside what functions see of it."""
    seen = board_contact(board, 0)
    row = board_asker(board, 0)
    row.queue = seen.queue
    row.reason = reason
    row.segment = segment
    row.attempt = attempt
    row.issue = issue
    row.effort = effort
    row.value = board_worth(board)[segment]
    row.priority = seen.priority
    row.segment_priority = nw.markets(net, segment).priority
    row.wait = seen.wait
    row.waiting = seen.waiting
    row.expected_wait = seen.expected_wait
    row.recent_sl = seen.recent_sl
    row.u = u


@tiny
def _may_interrupt(net, board, k, since, now):
    """Whether a contact that has waited since `since` may interrupt agents of the group of row `k` of `by_queue`."""
    match = nw.by_queue(net, k)
    return since + match.after <= now and match.reserve == 0 and board_groups(board, match.group).leaving == 0


@shared
def show_interruptible(net, board, queue, since, now, u, issue, reason, segment, attempt, effort):
    """Show a contact and whose work it may interrupt now, work begun at this instant excepted; how many they are."""
    count = 0
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        if not _may_interrupt(net, board, k, since, now):
            continue
        group = nw.groups(net, nw.by_queue(net, k).group)
        for a in range(group.first_seat, group.last_seat):
            if board_agents(board, a).aside_since < now:
                if count == 0:
                    show_people(net, board, now)
                board_people(board, a).may_take = 1
                count += 1
    if count > 0:
        show_asked(net, board, queue, since, now, u)
        _show_asker(net, board, u, issue, reason, segment, attempt, effort)
    return count


@shared
def interrupted_agent(net, board, queue, since, now, chosen):
    """The agent whose work an answer interrupts; -1 for nobody, NOT_ALLOWED for one who may not be interrupted."""
    if chosen == -1:
        return -1
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        if not _may_interrupt(net, board, k, since, now):
            continue
        group = nw.groups(net, nw.by_queue(net, k).group)
        if group.first_seat <= chosen < group.last_seat and board_agents(board, chosen).aside_since < now:
            return chosen
    return NOT_ALLOWED


@shared
def chosen_agent(net, board, queue, since, now, chosen):
    """The agent that an answer stands for; -1 for nobody, NOT_ALLOWED for one who may not take the contact."""
    if chosen == -1:
        return -1
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if not may_serve(net, board, k, since, now):
            continue
        if board_asking(board, 0).views & NAMES_AGENT:
            group = nw.groups(net, match.group)
            if group.first_seat <= chosen < group.last_seat and board_agents(board, chosen).idle_since < math.inf:
                return chosen
        elif match.group == chosen:
            return board_groups(board, chosen).longest
    return NOT_ALLOWED


@shared
def show_agent(net, board, agent, now):
    """Show an agent who is free and the queues it may take from now; how many they are."""
    group = nw.team(net, agent).group
    count = show_queues(net, board, group, now)
    if count == 0:
        return 0
    seen = board_free_agent(board, 0)
    row = board_server(board, 0)
    row.number = agent
    row.group = group
    row.handled = board_agents(board, agent).handled
    row.elapsed = now - board_people(board, agent).since
    row.idle = seen.idle
    row.present = seen.present
    row.serves = seen.serves
    if board_asking(board, 0).views & PEOPLE:
        show_people(net, board, now)
    return count


@shared
def show_waiting(net, board, first, place, k, now, issue, reason, segment, attempt, since, effort):
    """Show a contact that waits in the queue of row `k` of `by_group`: who is `first` there, or any."""
    known = nw.heads(net, k)
    if first:
        row = board_firsts(board, place)
    else:
        row = board_waiters(board, place)
    row.number = place
    row.queue = known.number
    row.reason = reason
    row.segment = segment
    row.attempt = attempt
    row.priority = known.priority
    row.segment_priority = nw.markets(net, segment).priority
    row.rank = known.rank
    row.issue = issue
    row.wait = now - since
    row.effort = effort
    row.value = board_worth(board)[segment]
    row.handle_time = known.handle_time
    row.resolution = known.resolution


@shared
def may_take_from(net, board, k, now):
    """Whether the queue of row `k` of `by_group` has somebody for an agent of its group."""
    return may_be_served(net, board, k, now)


@shared
def may_choose(net, board, group, now, chosen):
    """Whether an agent of a group may take from the queue that an answer stands for."""
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        if nw.by_group(net, k).queue == chosen and may_be_served(net, board, k, now):
            return True
    return False


@shared
def show_event(net, board, kind, now, queue, reason, segment, attempt, issue, agent, number, wait, talk):
    """Show what has just happened; -1 or NaN for what it is not about."""
    row = board_event(board, 0)
    row.kind = kind
    row.queue = queue
    row.reason = reason
    row.segment = segment
    row.attempt = attempt
    row.issue = issue
    row.agent = agent
    row.group = nw.team(net, agent).group if agent >= 0 else -1
    row.number = number
    row.wait = wait
    row.talk = talk
    if board_asking(board, 0).views & AFTER_CENTER:
        show_center(net, board, now)
    if board_asking(board, 0).views & AFTER_PEOPLE:
        show_people(net, board, now)


@shared
def heed_timers(net, board, now):
    """Note when the next timer is due, after the policy may have set some, not to a time before `now`.

    Those of the end of the simulated days or later are never due.
    """
    asking = board_asking(board, 0)
    due = math.inf
    for n in range(board.wakes_size):
        time = board_wakes(board)[n]
        if not time >= min(now, nw.settings(net, 0).end):
            asking.failed = SETS_TIMER
        due = min(due, time)
    asking.wake = due


@shared
def take_timer(net, board, now):
    """The timer that is due now, which is set no more."""
    for n in range(board.wakes_size):
        if board_wakes(board)[n] <= now:
            board_wakes(board)[n] = math.inf
            heed_timers(net, board, now)
            show_event(net, board, TIMER, now, -1, -1, -1, -1, -1, -1, n, math.nan, math.nan)
            return n
    return -1
