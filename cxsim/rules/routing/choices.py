"""The two small choices that make a routing policy: which agent for this contact, which contact for this agent.

A policy is data: rows of (queue, group, order, rank, after), sorted once for either choice, and two rule numbers.
Both engines call these functions and keep the `Board` they read: what a policy may know of the moment.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import inner, shared, tiny
from cxsim.jit.struct_arrays import Book, Shelf, call
from cxsim.randomness.draws import AGENT, PREFERRED, child, uniform
from cxsim.schema import network as nw
from cxsim.schema.ledger import MEMBER_DTYPE, MOVE_DTYPE
from cxsim.schema.names import OWN, RANDOM, SCORED_AGENTS
from cxsim.schema.scores import CANDIDATE_DTYPE, HEAD_DTYPE

LATEST = 1e308  # later than anything but what never is: since when somebody waits where nobody does
SUMMED = 1024  # terms of an estimated wait that are added one by one: a queue may be as long as it likes
RECENT = 0.05  # what the newest contact counts for in the recent service level
BOARD_QUEUE_DTYPE = np.dtype(
    [("waiting", "i8"), ("since", "f8"), ("issue", "i8"), ("last_wait", "f8"), ("recent_sl", "f8")], align=True
)
BOARD_GROUP_DTYPE = np.dtype(
    [("since", "f8"), ("idle", "i8"), ("longest", "i8"), ("present", "i8"),
     ("leaving", "i8"), ("roomy", "i8")], align=True
)  # fmt: skip
BOARD_AGENT_DTYPE = np.dtype(
    [("idle_since", "f8"), ("handled", "i8"), ("aside_since", "f8"), ("chat_since", "f8"), ("chats", "i4"),
     ("channel", "i4")],
    align=True,
)  # fmt: skip
TALLY_DTYPE = np.dtype([("moves", "i8")], align=True)
# What a policy of the user's own is shown; field by field in docs/how-to/own-policy.md.
CENTER_DTYPE = np.dtype([("now", "f8"), ("waiting", "i8"), ("idle", "i8"), ("present", "i8")], align=True)
CONTACT_DTYPE = np.dtype(
    [("queue", "i8"), ("reason", "i8"), ("segment", "i8"), ("attempt", "i8"), ("priority", "i8"), ("wait", "f8"),
     ("waiting", "i8"), ("expected_wait", "f8"), ("recent_sl", "f8"), ("u", "f8")], align=True,
)  # fmt: skip
FREE_AGENT_DTYPE = np.dtype([("group", "i8"), ("idle", "i8"), ("present", "i8"), ("serves", "i8")], align=True)
MARKS_DTYPE = np.dtype([("idle", "u8"), ("waiting", "u8"), ("roomy", "i8")], align=True)
ASKING_DTYPE = np.dtype(
    [("agent_at", "u8"), ("contact_at", "u8"), ("failed", "i8"), ("count", "i8"), ("inside", "i8")], align=True
)  # addresses of compiled functions; which of the two failed (1 and 2); rows shown; whether the contact is in its queue


# What a policy may read of the moment; changes only inside events.
BOARD = Shelf(
    queues=BOARD_QUEUE_DTYPE, groups=BOARD_GROUP_DTYPE, agents=BOARD_AGENT_DTYPE, members=MEMBER_DTYPE,
    moves=MOVE_DTYPE, missed="i8", marks=MARKS_DTYPE, tally=TALLY_DTYPE, asking=ASKING_DTYPE, center=CENTER_DTYPE,
    contact=CONTACT_DTYPE, free_agent=FREE_AGENT_DTYPE, candidates=CANDIDATE_DTYPE, heads=HEAD_DTYPE, parameters="f8",
)  # fmt: skip
board_at = BOARD.at()
# How many wait; of the head: since when, which issue; the last answered wait; the share answered in time lately.
board_queues = BOARD.rows("queues")
# Idle agents; the longest idle: since when, which agent; agents present, and due to leave; with chats and a free slot.
board_groups = BOARD.rows("groups")
# Idle since (inf when not idle), contacts handled so far, on a contact that may be put aside since (inf when not);
# chats at a time (0 where no more may come), since when, by which channel.
board_agents = BOARD.rows("agents")
board_members = BOARD.rows("members")  # by seat of the markets: customer since, or from when on; what is remembered
board_moves = BOARD.rows("moves")  # who left and came; so many as the tally says
board_missed = BOARD.array("missed")  # by segment: issues that did not arise
board_tally = BOARD.rows("tally")
# The bits of groups with somebody idle, and of queues with somebody in them; agents with chats and a free slot.
board_marks = BOARD.rows("marks")
board_asking = BOARD.rows("asking")
board_center = BOARD.rows("center")
board_contact = BOARD.rows("contact")
board_free_agent = BOARD.rows("free_agent")
board_candidates = BOARD.rows("candidates")  # groups with somebody idle, for a contact
board_heads = BOARD.rows("heads")  # queues in which somebody waits, for an agent


def board(net: Book, issues: int, parameters: npt.NDArray[np.float64] | None = None) -> Book:
    """A board before anything has happened, for a run of so many issues; its members are still to be seated.

    `parameters` are those of the user's own policy.
    """
    made = empty_board(net)
    made["moves"] = np.zeros(2 * issues if made["members"].size else 0, MOVE_DTYPE)  # room never used costs nothing
    if parameters is not None:
        made["parameters"] = parameters
    return BOARD.book(**made)


def empty_board(net: Book) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a board but for its moves, before anything has happened."""
    own = net["settings"]["agent_rule"][0] == OWN or net["settings"]["contact_rule"][0] == OWN
    made: dict[str, npt.NDArray[Any]] = {
        "queues": np.zeros(net["queues"].size, BOARD_QUEUE_DTYPE),
        "groups": np.zeros(net["groups"].size, BOARD_GROUP_DTYPE),
        "agents": np.zeros(net["team"].size, BOARD_AGENT_DTYPE),
        "members": np.zeros(int(net["markets"]["seats"].sum()), MEMBER_DTYPE),
        "missed": np.zeros(net["markets"].size, np.int64),
        "marks": np.full(1, nw.REST, MARKS_DTYPE),
        "tally": np.zeros(1, TALLY_DTYPE),
        "asking": np.zeros(1, ASKING_DTYPE),
        "center": np.zeros(1, CENTER_DTYPE),
        "contact": np.zeros(1, CONTACT_DTYPE),
        "free_agent": np.zeros(1, FREE_AGENT_DTYPE),
        "candidates": np.zeros(net["groups"].size if own else 0, CANDIDATE_DTYPE),
        "heads": np.zeros(net["queues"].size if own else 0, HEAD_DTYPE),
        "parameters": np.zeros(0),
    }
    made["marks"]["roomy"] = 0
    made["queues"]["since"] = math.inf
    made["queues"]["recent_sl"] = 1.0
    made["groups"]["since"] = math.inf
    made["groups"]["longest"] = -1
    made["agents"]["idle_since"] = math.inf
    made["agents"]["aside_since"] = math.inf
    return made


@shared
def show_idle(net, board, group, idle, longest):  # type: ignore[no-untyped-def]
    """So many of a group are idle, `longest` for longest, -1 for nobody."""
    seen = board_groups(board, group)
    marks = board_marks(board, 0)
    seen.idle = idle
    seen.longest = longest
    if longest >= 0:
        seen.since = board_agents(board, longest).idle_since
        marks.idle |= nw.groups(net, group).mark
    else:
        seen.since = math.inf
        marks.idle &= ~nw.groups(net, group).mark


@shared
def show_head(net, board, queue, since, issue):  # type: ignore[no-untyped-def]
    """Who has waited longest in a queue is that issue, since then; inf for nobody."""
    seen = board_queues(board, queue)
    marks = board_marks(board, 0)
    seen.since = since
    if since < math.inf:
        seen.issue = issue
        marks.waiting |= nw.queues(net, queue).mark
    else:
        marks.waiting &= ~nw.queues(net, queue).mark


@tiny
def _may_serve(net, board, k, since, now):  # type: ignore[no-untyped-def]
    """Whether the group of row `k` of `by_queue` has somebody for a contact that has waited since `since`."""
    match = nw.by_queue(net, k)
    return board_groups(board, match.group).idle > match.reserve and since + match.after <= now


@tiny
def _may_be_served(net, board, k, now):  # type: ignore[no-untyped-def]
    """Whether the queue of row `k` of `by_group` has somebody for an agent of its group; `since` is inf if empty."""
    match = nw.by_group(net, k)
    return (
        board_queues(board, match.queue).since + match.after <= now
        and board_groups(board, match.group).idle >= match.reserve
    )


@shared
def choose_agent(net, board, queue, since, now, u):  # type: ignore[no-untyped-def]
    """The idle agent who takes a contact that has waited in `queue` since `since`, or -1.

    `u` in (0, 1) decides at random where the rule says so. Ties go to the longest idle, then the lower group and seat.
    """
    if board_marks(board, 0).idle & nw.queues(net, queue).groups == 0:
        return -1
    rule = nw.settings(net, 0).agent_rule
    if rule == OWN or rule >= SCORED_AGENTS:
        return _other_agent(net, board, queue, since, now, u)
    first = nw.queues(net, queue).first_match
    last = nw.queues(net, queue).last_match
    while first < last and not _may_serve(net, board, first, since, now):
        first += 1
    if first == last:
        return -1
    ranked = rule == 0 or rule == 2 or rule == 4
    chosen = -1
    best_order = nw.by_queue(net, first).order
    best_since = math.inf
    candidates = 0
    for k in range(first, last):
        match = nw.by_queue(net, k)
        if ranked and match.order != best_order:
            break
        if not _may_serve(net, board, k, since, now):
            continue
        group = board_groups(board, match.group)
        candidates += group.idle
        if group.since < best_since or (group.since == best_since and group.longest < chosen):
            best_since = group.since
            chosen = group.longest
    if rule <= 1:
        return chosen
    if rule <= 3:
        return _nth_idle(net, board, queue, since, now, ranked, best_order, int(u * candidates))
    return _least_busy(net, board, queue, since, now, ranked, best_order)


@tiny
def longest_idle(net, board, queue):  # type: ignore[no-untyped-def]
    """As `choose_agent`, where the first groups by order, or all alike, offer who is idle for longest to everyone."""
    row = nw.queues(net, queue)
    chosen = -1
    if board_marks(board, 0).idle & row.groups == 0:
        return chosen
    ranked = nw.settings(net, 0).agent_rule == 0
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
def may_take(net, board, queue, since, now, agent):  # type: ignore[no-untyped-def]
    """Whether an agent is idle and may take a contact that has waited in `queue` since `since`."""
    if board_agents(board, agent).idle_since == math.inf:
        return False
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if match.group == nw.team(net, agent).group:
            return _may_serve(net, board, k, since, now)
    return False


@shared
def anyone_idle(net, board, queue, since, now):  # type: ignore[no-untyped-def]
    """Whether an agent is idle who may take a contact that has waited in `queue` since `since`."""
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        if _may_serve(net, board, k, since, now):
            return True
    return False


@shared
def preferred(net, segment, seat, issue_key):  # type: ignore[no-untyped-def]
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
def remembers(net, segment):  # type: ignore[no-untyped-def]
    """Whether routing tries to bring a customer to an agent who knows the story already."""
    return nw.settings(net, 0).last_agent > 0 or nw.markets(net, segment).preferred >= 0


@shared
def who_knows(net, board, queue, since, now, segment, seat, issue_key, last):  # type: ignore[no-untyped-def]
    """Who comes first for a contact, or -1: the preferred agent, then who talked last about it (-1: nobody)."""
    first = preferred(net, segment, seat, issue_key)
    if first >= 0 and may_take(net, board, queue, since, now, first):
        return first
    if nw.settings(net, 0).last_agent and last >= 0 and may_take(net, board, queue, since, now, last):
        return last
    return -1


@inner
def _best_agent(net, board, queue, since, now):  # type: ignore[no-untyped-def]
    """The longest idle of the group with the highest score; ties go to the longest idle, then the lower seat."""
    chosen = -1
    best = 0.0
    best_since = math.inf
    idle = 0
    for g in range(net.groups_size):
        idle += board_groups(board, g).idle
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if not _may_serve(net, board, k, since, now):
            continue
        group = board_groups(board, match.group)
        row = nw.agent_scores(net, k)
        score = row.base + row.slope * (now - group.since) + row.count * group.idle - row.ratio * idle
        if chosen < 0 or score > best or (
            score == best and (group.since < best_since or (group.since == best_since and group.longest < chosen))
        ):
            chosen = group.longest
            best = score
            best_since = group.since
    return chosen


@inner
def _best_queue(net, board, group, now):  # type: ignore[no-untyped-def]
    """The queue with the highest score; ties go to who has waited longest, then the lower issue."""
    chosen = -1
    best = 0.0
    all_of_them = 0
    for q in range(net.queues_size):
        all_of_them += board_queues(board, q).waiting
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not _may_be_served(net, board, k, now):
            continue
        head = board_queues(board, match.queue)
        row = nw.contact_scores(net, k)
        score = row.base + row.slope * (now - head.since) + row.count * head.waiting - row.ratio * all_of_them
        if chosen >= 0:
            other = board_queues(board, chosen)
            later = head.since > other.since or (head.since == other.since and head.issue > other.issue)
            if score < best or (score == best and later):
                continue
        chosen = match.queue
        best = score
    return chosen


@shared
def note(net, board, queue, wait, agent):  # type: ignore[no-untyped-def]
    """Keep what a policy may look back on when a contact leaves its queue: to an agent, or, with -1, otherwise.

    The recent service level smooths exponentially. Who leaves otherwise within the time asked for does not count, nor
    who is called back, whose `wait` is NaN.
    """
    seen = board_queues(board, queue)
    within = nw.queues(net, queue).within
    if agent >= 0:
        board_agents(board, agent).handled += 1
        if wait <= within:
            seen.recent_sl += RECENT * (1.0 - seen.recent_sl)
    if wait > within:
        seen.recent_sl -= RECENT * seen.recent_sl


@shared
def meet(net, board, reason, segment, attempt):  # type: ignore[no-untyped-def]
    """Whose contact a policy of the user's own will be asked about."""
    if board_asking(board, 0).failed == 0:
        contact = board_contact(board, 0)
        contact.reason = reason
        contact.segment = segment
        contact.attempt = attempt


@inner
def _show_center(net, board, now):  # type: ignore[no-untyped-def]
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
def show_groups(net, board, queue, since, now, u):  # type: ignore[no-untyped-def]
    """Show a policy of the user's own a contact and the groups that may take it now; how many they are."""
    count = 0
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if not _may_serve(net, board, k, since, now):
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
        _show_center(net, board, now)
        contact = board_contact(board, 0)
        contact.queue = queue
        contact.wait = now - since
        contact.waiting = board_queues(board, queue).waiting - board_asking(board, 0).inside
        contact.priority = nw.by_queue(net, nw.queues(net, queue).first_match).priority
        contact.expected_wait = _expected(net, board, queue, contact.waiting)
        contact.recent_sl = board_queues(board, queue).recent_sl
        contact.u = u
    board_asking(board, 0).count = count
    return count


@shared
def show_queues(net, board, group, now):  # type: ignore[no-untyped-def]
    """Show a policy of the user's own an agent and the queues whose head may be taken now; how many they are."""
    count = 0
    seen = board_groups(board, group)
    agent = board_free_agent(board, 0)
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not _may_be_served(net, board, k, now):
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
        row.expected_wait = _expected(net, board, match.queue, head.waiting)
        row.recent_sl = head.recent_sl
        count += 1
    if count > 0:
        _show_center(net, board, now)
        agent.group = group
        agent.idle = seen.idle
        agent.present = seen.present
        agent.serves = nw.groups(net, group).last_match - nw.groups(net, group).first_match
    board_asking(board, 0).count = count
    return count


@inner
def _own_agent(net, board, queue, since, now, u):  # type: ignore[no-untyped-def]
    """Who takes a contact by a policy of the user's own: the longest idle of the group it names."""
    asking = board_asking(board, 0)
    if asking.failed != 0 or show_groups(net, board, queue, since, now, u) == 0:
        return -1
    chosen = call(asking.agent_at, board)
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)  # not what was shown: the function may have written there
        if match.group == chosen and _may_serve(net, board, k, since, now):
            return board_groups(board, chosen).longest
    if chosen != -1:
        asking.failed = 1
    return -1


@inner
def _own_queue(net, board, group, now):  # type: ignore[no-untyped-def]
    """Which queue's head an agent takes by a policy of the user's own."""
    asking = board_asking(board, 0)
    if asking.failed != 0 or show_queues(net, board, group, now) == 0:
        return -1
    chosen = call(asking.contact_at, board)
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        if nw.by_group(net, k).queue == chosen and _may_be_served(net, board, k, now):
            return chosen
    if chosen != -1:
        asking.failed = 2
    return -1


@inner
def _random_queue(net, board, group, now):  # type: ignore[no-untyped-def]
    """The queue whose first draws the highest number, by its issue and the time, so that each is as likely."""
    chosen = -1
    best = -1.0
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not _may_be_served(net, board, k, now):
            continue
        head = board_queues(board, match.queue)
        u = uniform(child(np.uint64(head.issue), np.int64(now * 1e6)), AGENT)
        if u > best:
            best = u
            chosen = match.queue
    return chosen


@inner
def _other_agent(net, board, queue, since, now, u):  # type: ignore[no-untyped-def]
    """By a policy of the user's own, or by scores; a function of its own, so that the usual rules stay small."""
    if nw.settings(net, 0).agent_rule == OWN:
        return _own_agent(net, board, queue, since, now, u)
    return _best_agent(net, board, queue, since, now)


@inner
def _other_queue(net, board, group, now):  # type: ignore[no-untyped-def]
    rule = nw.settings(net, 0).contact_rule
    if rule == OWN:
        return _own_queue(net, board, group, now)
    if rule == RANDOM:
        return _random_queue(net, board, group, now)
    return _best_queue(net, board, group, now)


@inner
def _nth_idle(net, board, queue, since, now, ranked, order, n):  # type: ignore[no-untyped-def]
    """Candidate number `n` in the order of groups and seats."""
    previous = -1
    while True:
        group = -1
        for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
            match = nw.by_queue(net, k)
            if ranked and match.order != order:
                continue
            if not _may_serve(net, board, k, since, now):
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
def _least_busy(net, board, queue, since, now, ranked, order):  # type: ignore[no-untyped-def]
    """The candidate who has handled the fewest contacts; ties by longest idle, then group and seat."""
    chosen = -1
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if ranked and match.order != order:
            continue
        if not _may_serve(net, board, k, since, now):
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
def choose_interrupted(net, board, queue, since, now):  # type: ignore[no-untyped-def]
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
def choose_queue(net, board, group, now):  # type: ignore[no-untyped-def]
    """The queue whose head an agent of `group` takes next, or -1.

    Keys, smallest first: (rank, priority, since, issue), (since, issue) or (priority, rank, since, issue).
    """
    if board_marks(board, 0).waiting & nw.groups(net, group).queues == 0:
        return -1
    rule = nw.settings(net, 0).contact_rule
    if rule == OWN or rule >= RANDOM:
        return _other_queue(net, board, group, now)
    return _ranked_queue(net, board, group, now, rule)


@tiny
def first_in_line(net, board, group):  # type: ignore[no-untyped-def]
    """As `choose_queue`, by one of its three orders, where groups may serve whoever waits in their queues."""
    if board_marks(board, 0).waiting & nw.groups(net, group).queues == 0:
        return -1
    return _ranked_queue(net, board, group, LATEST, nw.settings(net, 0).contact_rule)


@tiny
def _ranked_queue(net, board, group, now, rule):  # type: ignore[no-untyped-def]
    chosen = -1
    best_1 = 0
    best_2 = 0
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        match = nw.by_group(net, k)
        if not _may_be_served(net, board, k, now):
            continue
        if rule == 0 and chosen >= 0 and match.rank > best_1:
            break
        head = board_queues(board, match.queue)
        key_1 = 0
        key_2 = 0
        if rule == 0:
            key_1 = match.rank
            key_2 = match.priority
        elif rule == 2:
            key_1 = match.priority
            key_2 = match.rank
        if chosen >= 0:
            if key_1 > best_1 or (key_1 == best_1 and key_2 > best_2):
                continue
            best = board_queues(board, chosen)
            if (
                key_1 == best_1
                and key_2 == best_2
                and (head.since > best.since or (head.since == best.since and head.issue > best.issue))
            ):
                continue
        chosen = match.queue
        best_1 = key_1
        best_2 = key_2
    return chosen


@shared
def show_chats(net, board, agent, chats, channel, now):  # type: ignore[no-untyped-def]
    """An agent has so many chats of a channel from now on; 0 also for one who takes no more."""
    seen = board_agents(board, agent)
    change = -int(_has_room(net, seen))
    seen.chats = chats
    seen.channel = channel
    seen.chat_since = now
    change += int(_has_room(net, seen))
    board_groups(board, nw.team(net, agent).group).roomy += change
    board_marks(board, 0).roomy += change


@tiny
def _has_room(net, seen):  # type: ignore[no-untyped-def]
    """Whether an agent has chats, and a free slot beside them."""
    return 0 < seen.chats < nw.channels(net, seen.channel).slots


@tiny
def _comes_first(net, one, since, issue, other, since_2, issue_2):  # type: ignore[no-untyped-def]
    """Whether a contact comes before another by rows of `by_group`; chats follow ranks where the rule is no order."""
    rule = nw.settings(net, 0).contact_rule
    key = 0
    if rule == 2:
        key = one.priority - other.priority
    if key == 0 and rule != 1:
        key = one.rank - other.rank
    if key == 0 and rule != 1:
        key = one.priority - other.priority
    return key < 0 or (key == 0 and (since < since_2 or (since == since_2 and issue < issue_2)))


@inner
def _may_chat(net, board, match, since, issue, now):  # type: ignore[no-untyped-def]
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
        if queue.channel == channel or queue.deferrable or not _may_be_served(net, board, k, now):
            continue
        head = board_queues(board, other.queue)
        if _comes_first(net, other, head.since, head.issue, match, since, issue):
            return False
    return True


@shared
def chats_wait(net, board):  # type: ignore[no-untyped-def]
    """Whether chats wait, and some agent with chats has a free slot: then `next_chat` is to be asked."""
    return board_marks(board, 0).roomy > 0 and board_marks(board, 0).waiting & nw.settings(net, 0).chats != 0


@shared
def next_chat(net, board, group, now):  # type: ignore[no-untyped-def]
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
            if _comes_first(net, nw.by_group(net, best), other.since, other.issue, match, head.since, head.issue):
                continue
        if _free_desk(net, board, group, match.queue) < 0:
            continue
        if _may_chat(net, board, match, head.since, head.issue, now):
            chosen = match.queue
            best = k
    return chosen


@shared
def free_desk(net, board, group, queue):  # type: ignore[no-untyped-def]
    """The agent of a group with the fewest chats, then longest so, then the lower seat, who has room for one; or -1."""
    return _free_desk(net, board, group, queue)


@inner
def _free_desk(net, board, group, queue):  # type: ignore[no-untyped-def]
    channel = nw.queues(net, queue).channel
    chosen = -1
    for agent in range(nw.groups(net, group).first_seat, nw.groups(net, group).last_seat):
        one = board_agents(board, agent)
        if one.channel != channel or not _has_room(net, one):
            continue
        if chosen >= 0:
            best = board_agents(board, chosen)
            if one.chats > best.chats or (one.chats == best.chats and one.chat_since >= best.chat_since):
                continue
        chosen = agent
    return chosen


@shared
def is_behind(net, board, queue, since, issue):  # type: ignore[no-untyped-def]
    """Whether somebody waits in a queue before a contact of that time and issue."""
    head = board_queues(board, queue)
    return head.since < since or (head.since == since and head.issue < issue)


@shared
def choose_desk(net, board, queue, since, issue, now):  # type: ignore[no-untyped-def]
    """The agent who takes a chat besides those at hand, or -1: fewest chats, then longest so, then the lower seat.

    Of the groups that come first by order, where the rule ranks them; an idle agent has the fewest. Nobody takes it
    beside other chats while an earlier one waits, or where `_may_chat` says no.
    """
    rule = nw.settings(net, 0).agent_rule
    ranked = rule == 0 or rule == 2 or rule == 4 or rule == OWN
    behind = is_behind(net, board, queue, since, issue)
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
        elif group.roomy > 0 and not behind and _may_chat(net, board, match, since, issue, now):
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


@inner
def _departures(net, board, queue):  # type: ignore[no-untyped-def]
    """How many a second leave a queue whose agents are all busy with it, those present who may serve it at once."""
    row = nw.queues(net, queue)
    agents = 0
    for k in range(row.first_match, row.last_match):
        match = nw.by_queue(net, k)
        if match.after <= 0.0:
            agents += board_groups(board, match.group).present
    return agents / row.handle_time if row.handle_time > 0.0 else 0.0


@inner
def _expected(net, board, queue, waiting):  # type: ignore[no-untyped-def]
    """The wait of who comes to a queue where so many wait."""
    rate = _departures(net, board, queue)
    return (waiting + 1) / rate if rate > 0.0 else math.inf


@shared
def expected_wait(net, board, queue, estimator, now):  # type: ignore[no-untyped-def]
    """The wait of who comes to a queue now, as the center would estimate it, in seconds; infinite with nobody there.

    Estimators by their number in `names.ESTIMATORS`, after Ibrahim and Whitt (2009, "Real-time delay estimation in
    overloaded multiserver queues with abandonments"): (n + 1) h / s with n waiting, s agents present who may serve the
    queue at once, mean handle time h; the same with n + 1 departures of which i waiting ones add their abandonment, sum
    of 1 / (s / h + i / patience); the wait of who was answered last; the wait so far of who is first in line.
    """
    seen = board_queues(board, queue)
    row = nw.queues(net, queue)
    if estimator == 2:
        return seen.last_wait
    if estimator == 3:
        return now - seen.since if seen.waiting > 0 else 0.0
    rate = _departures(net, board, queue)
    if estimator == 0 or rate == 0.0:
        return _expected(net, board, queue, seen.waiting)
    return _sum_of_steps(rate, row.giving_up, seen.waiting + 1)


@inner
def _sum_of_steps(rate, giving_up, count):  # type: ignore[no-untyped-def]
    """The sum of 1 / (rate + i · giving_up) for i below `count`, in no more than `SUMMED` steps.

    What follows the first terms is their integral, with the corrections of Euler and Maclaurin: exact to 1e-14.
    """
    total = 0.0
    for i in range(min(count, SUMMED)):
        total += 1.0 / (rate + i * giving_up)
    if count <= SUMMED:
        return total
    rest = count - SUMMED
    if giving_up == 0.0:
        return total + rest / rate
    first = rate + SUMMED * giving_up
    last = rate + count * giving_up
    total += math.log1p(rest * giving_up / first) / giving_up
    total += (1.0 / first - 1.0 / last) / 2.0
    total += giving_up * (1.0 / first**2 - 1.0 / last**2) / 12.0
    return total - giving_up**3 * (1.0 / first**4 - 1.0 / last**4) / 120.0


@shared
def least_delay(net, board, step, reason, now, u):  # type: ignore[no-untyped-def]
    """The exit of a step whose queue has the least expected wait; or, by `u`, one drawn in proportion to
    1 / (wait + handle time). Nobody waits where somebody is idle; those alike come in order.
    """
    row = nw.steps(net, step)
    ways = nw.ways(net, step * net.reasons_size + reason)
    chosen = ways.first
    least = math.inf
    total = 0.0
    for way in range(ways.first, ways.last):
        wait = _wait_at(net, board, nw.exits(net, way).to, row.estimator, now)
        total += 1.0 / (wait + nw.queues(net, nw.exits(net, way).to).handle_time + 1e-9)
        if wait < least:
            least = wait
            chosen = way
    if not row.random or total <= 0.0:
        return chosen
    part = 0.0
    for way in range(ways.first, ways.last):
        wait = _wait_at(net, board, nw.exits(net, way).to, row.estimator, now)
        part += 1.0 / (wait + nw.queues(net, nw.exits(net, way).to).handle_time + 1e-9)
        if u * total < part:
            return way
    return chosen


@inner
def _wait_at(net, board, queue, estimator, now):  # type: ignore[no-untyped-def]
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if match.after <= 0.0 and board_groups(board, match.group).idle > match.reserve:
            return 0.0
    return expected_wait(net, board, queue, estimator, now)


@shared
def lines_ahead(net, board, queue, reached, dropped):  # type: ignore[no-untyped-def]
    """How many customers a dialler may be calling, or have waiting, for those idle now who may serve a queue at once.

    `reached` and `dropped` count those reached so far and those of them who gave up waiting. -1 where they were too
    many: then agents dial.
    """
    row = nw.queues(net, queue)
    rule = nw.callbacks(net, row.callback)
    if dropped > rule.dropped * reached:
        return -1
    idle = 0
    for k in range(row.first_match, row.last_match):
        match = nw.by_queue(net, k)
        if match.after <= 0.0:
            idle += max(0, board_groups(board, match.group).idle - match.reserve)
    return int(idle * rule.ahead)


@shared
def nothing_waits(net, board, group):  # type: ignore[no-untyped-def]
    """Whether every queue that `group` serves and that must be served today, overflow included, is empty."""
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        queue = nw.by_group(net, k).queue
        row = nw.queues(net, queue)
        if board_queues(board, queue).waiting > 0 and not (row.day_and_night or row.outbound):
            return False
    return True
