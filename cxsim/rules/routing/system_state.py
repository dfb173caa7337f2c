"""The state of the center that routing reads: the board, and how it is kept up to date."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import shared, tiny
from cxsim.jit.struct_arrays import Book, Shelf
from cxsim.schema import network as nw
from cxsim.schema.ledger import MEMBER_DTYPE, MOVE_DTYPE
from cxsim.schema.names import LOOPS, OWN
from cxsim.schema.policy_views import (
    ABILITY_DTYPE,
    ASKER_DTYPE,
    EVENT_DTYPE,
    PERSON_DTYPE,
    SERVER_DTYPE,
    WAITER_DTYPE,
)
from cxsim.schema.scores import CANDIDATE_DTYPE, HEAD_DTYPE

LATEST = 1e308  # later than anything but what never is: since when somebody waits where nobody does
# What of a custom policy failed; 0 for nothing.
CHOOSES_AGENT, CHOOSES_CONTACT, AFTER, SETS_TIMER, CHOOSES_INTERRUPTED = 1, 2, 3, 4, 5
RECENT = 0.05  # what the newest contact counts for in the recent service level
BOARD_QUEUE_DTYPE = np.dtype(
    [
        ("waiting", "i4"),
        ("priority", "i4"),
        ("since", "f8"),
        ("issue", "i8"),
        ("last_wait", "f8"),
        ("recent_sl", "f8"),
    ],
    align=True,
)
BOARD_GROUP_DTYPE = np.dtype(
    [("since", "f8"), ("idle", "i8"), ("longest", "i8"), ("present", "i8"), ("leaving", "i8"), ("roomy", "i8")],
    align=True,
)
BOARD_AGENT_DTYPE = np.dtype(
    [
        ("idle_since", "f8"),
        ("handled", "i8"),
        ("aside_since", "f8"),
        ("chat_since", "f8"),
        ("chats", "i4"),
        ("channel", "i4"),
    ],
    align=True,
)
PURSE_DTYPE = np.dtype([("day", "i8"), ("spent", "f8")], align=True)
LESSONS_DTYPE = np.dtype([("known", "f8"), ("upto", "i8"), ("helped", "f8"), ("counted", "f8")], align=True)
# Lessons of an agent, or of all in a group: how many, and of those what colleagues did not know at a time.
KNOWING_DTYPE = np.dtype([("count", "f8"), ("untold", "f8"), ("at", "f8")], align=True)
TALLY_DTYPE = np.dtype([("moves", "i8")], align=True)
# What a policy of the user's own is shown; field by field in docs/how-to/own-policy.md.
CENTER_DTYPE = np.dtype([("now", "f8"), ("waiting", "i8"), ("idle", "i8"), ("present", "i8")], align=True)
CONTACT_DTYPE = np.dtype(
    [
        ("queue", "i8"),
        ("reason", "i8"),
        ("segment", "i8"),
        ("attempt", "i8"),
        ("priority", "i8"),
        ("segment_priority", "i8"),
        ("value", "f8"),
        ("wait", "f8"),
        ("waiting", "i8"),
        ("expected_wait", "f8"),
        ("recent_sl", "f8"),
        ("u", "f8"),
    ],
    align=True,
)
FREE_AGENT_DTYPE = np.dtype([("group", "i8"), ("idle", "i8"), ("present", "i8"), ("serves", "i8")], align=True)
MARKS_DTYPE = np.dtype([("idle", "u8"), ("waiting", "u8"), ("roomy", "i8")], align=True)
ASKING_DTYPE = np.dtype(
    [
        ("agent_at", "u8"),  # addresses of compiled functions
        ("contact_at", "u8"),
        ("after_at", "u8"),
        ("interrupted_at", "u8"),
        ("failed", "i8"),  # which of them failed
        ("count", "i8"),  # rows shown
        ("waiters", "i8"),  # contacts shown
        ("inside", "i8"),  # whether the contact is in its queue
        ("views", "i8"),  # what is filled in, bits of `policy_views`
        ("wake", "f8"),  # when the next timer is due
        ("answer", "f8"),  # what a compiled class chose last; not a number for None and for one that failed
    ],
    align=True,
)

# What a policy may read of the moment; changes only inside events.
BOARD = Shelf(
    queues=BOARD_QUEUE_DTYPE,
    groups=BOARD_GROUP_DTYPE,
    agents=BOARD_AGENT_DTYPE,
    members=MEMBER_DTYPE,
    moves=MOVE_DTYPE,
    missed="i8",
    purses=PURSE_DTYPE,
    lessons=LESSONS_DTYPE,
    taught="f8",
    knowing=KNOWING_DTYPE,
    marks=MARKS_DTYPE,
    tally=TALLY_DTYPE,
    asking=ASKING_DTYPE,
    center=CENTER_DTYPE,
    contact=CONTACT_DTYPE,
    free_agent=FREE_AGENT_DTYPE,
    candidates=CANDIDATE_DTYPE,
    heads=HEAD_DTYPE,
    parameters="f8",
    asker=ASKER_DTYPE,  # from here on, of policies that are classes
    server=SERVER_DTYPE,
    firsts=WAITER_DTYPE,
    waiters=WAITER_DTYPE,
    people=PERSON_DTYPE,
    abilities=ABILITY_DTYPE,
    event=EVENT_DTYPE,
    worth="f8",
    numbers="f8",
    counts="i8",
    wakes="f8",
)
board_at = BOARD.at()
# How many wait; of the head: its segment's priority, since when, which issue; the last answered wait; the recent
# service level.
board_queues = BOARD.rows("queues")
# Idle agents; the longest idle: since when, which agent; agents present, and due to leave; with chats and a free slot.
board_groups = BOARD.rows("groups")
# Idle since (inf when not idle), contacts handled so far, on a contact that may be put aside since (inf when not);
# chats at a time (0 where no more may come), since when, by which channel.
board_agents = BOARD.rows("agents")
board_members = BOARD.rows("members")  # by seat of the markets: customer since, or from when on; what is remembered
board_moves = BOARD.rows("moves")  # who left and came; so many as the tally says
board_missed = BOARD.array("missed")  # by segment: issues that did not arise
board_purses = BOARD.rows("purses")  # by agent, or none: what was given away on the last day
board_lessons = BOARD.rows("lessons")  # by reason, or none: those known, up to which day; issues helped
board_taught = BOARD.array("taught")  # by reason and day, or none: lessons of that day
board_knowing = BOARD.rows("knowing")  # by reason, groups and then agents, or none: the lessons of each
board_tally = BOARD.rows("tally")
# The bits of groups with somebody idle, and of queues with somebody in them; agents with chats and a free slot.
board_marks = BOARD.rows("marks")
board_asking = BOARD.rows("asking")
board_center = BOARD.rows("center")
board_contact = BOARD.rows("contact")
board_free_agent = BOARD.rows("free_agent")
board_candidates = BOARD.rows("candidates")  # groups with somebody idle, for a contact
board_heads = BOARD.rows("heads")  # queues in which somebody waits, for an agent
board_asker = BOARD.rows("asker")
board_server = BOARD.rows("server")
board_firsts = BOARD.rows("firsts")  # who is first in each of the queues of `heads`
board_waiters = BOARD.rows("waiters")
board_people = BOARD.rows("people")
board_event = BOARD.rows("event")
board_worth = BOARD.array("worth")  # by segment, what a customer is worth
board_wakes = BOARD.array("wakes")  # when the timers are due


def board(net: Book, issues: int) -> Book:
    """A board before anything has happened, for a run of so many issues; its members are still to be seated."""
    made = empty_board(net)
    made["moves"] = np.zeros(most_moves(net) * issues, MOVE_DTYPE)  # room never used costs nothing
    return BOARD.book(**made)


def most_moves(net: Book) -> int:
    """How many customers leave or come at most after an issue: its own, whom they tell, and who reads a post."""
    return 2 + int(net["loyalty"]["reach"][0]) if net["markets"]["seats"].any() else 0


def empty_board(net: Book) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a board but for its moves, before anything has happened."""
    decides = bool(net["settings"]["decides"][0])
    as_class = net["settings"]["loop"][0] >= LOOPS.index("own")
    own = as_class or net["settings"]["agent_rule"][0] == OWN or net["settings"]["contact_rule"][0] == OWN
    made: dict[str, npt.NDArray[Any]] = {
        "queues": np.zeros(net["queues"].size, BOARD_QUEUE_DTYPE),
        "groups": np.zeros(net["groups"].size, BOARD_GROUP_DTYPE),
        "agents": np.zeros(net["team"].size, BOARD_AGENT_DTYPE),
        "members": np.zeros(int(net["markets"]["seats"].sum()), MEMBER_DTYPE),
        "missed": np.zeros(net["markets"].size, np.int64),
        "purses": np.zeros(net["team"].size if decides else 0, PURSE_DTYPE),
        "lessons": np.zeros(net["reasons"].size if decides else 0, LESSONS_DTYPE),
        "taught": np.zeros(net["reasons"].size * days_of(net) if decides else 0),
        "knowing": np.zeros(_knowers(net), KNOWING_DTYPE),
        "marks": np.full(1, nw.REST, MARKS_DTYPE),
        "tally": np.zeros(1, TALLY_DTYPE),
        "asking": np.zeros(1, ASKING_DTYPE),
        "center": np.zeros(1, CENTER_DTYPE),
        "contact": np.zeros(1, CONTACT_DTYPE),
        "free_agent": np.zeros(1, FREE_AGENT_DTYPE),
        "candidates": np.zeros(net["groups"].size if own else 0, CANDIDATE_DTYPE),
        "heads": np.zeros(net["queues"].size if own else 0, HEAD_DTYPE),
        "parameters": np.zeros(0),
        "asker": np.zeros(1, ASKER_DTYPE),
        "server": np.zeros(1, SERVER_DTYPE),
        "firsts": np.zeros(net["queues"].size if as_class else 0, WAITER_DTYPE),
        "waiters": np.zeros(0, WAITER_DTYPE),
        "people": np.zeros(net["team"].size if as_class else 0, PERSON_DTYPE),
        "abilities": np.zeros(0, ABILITY_DTYPE),
        "event": np.zeros(1, EVENT_DTYPE),
        "worth": np.zeros(0),
        "numbers": np.zeros(0),
        "counts": np.zeros(0, np.int64),
        "wakes": np.zeros(0),
    }
    if as_class:
        made["people"]["number"], made["people"]["group"] = np.arange(net["team"].size), net["team"]["group"]
        made["people"]["queue"] = made["people"]["reason"] = made["people"]["segment"] = -1
    made["asking"]["wake"] = math.inf
    made["marks"]["roomy"] = 0
    made["queues"]["since"] = math.inf
    made["queues"]["recent_sl"] = 1.0
    made["groups"]["since"] = math.inf
    made["groups"]["longest"] = -1
    made["agents"]["idle_since"] = math.inf
    made["agents"]["aside_since"] = math.inf
    return made


def _knowers(net: Book) -> int:
    """Rows of what each group and agent knows, where agents learn from each other."""
    spreads = bool((net["care"]["spreads"] > 0.0).any())
    return int(net["reasons"].size * (net["groups"].size + net["team"].size)) if spreads else 0


def days_of(net: Book) -> int:
    """The number of days on which something may be learned, the last for all that is later."""
    return 2 + int(net["settings"]["end"][0] // 86400.0)


@shared
def show_idle(net, board, group, idle, longest):
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
def show_head(net, board, queue, since, issue):
    """Who has waited longest in a queue is that issue, since then; inf for nobody."""
    seen = board_queues(board, queue)
    marks = board_marks(board, 0)
    seen.since = since
    if since < math.inf:
        seen.issue = issue
        marks.waiting |= nw.queues(net, queue).mark
    else:
        marks.waiting &= ~nw.queues(net, queue).mark


@shared
def show_priority(net, board, queue, segment):
    """Who is first in a queue is of that segment."""
    board_queues(board, queue).priority = nw.markets(net, segment).priority


@shared
def note(net, board, queue, wait, agent):
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
def show_chats(net, board, agent, chats, channel, now):
    """An agent has so many chats of a channel from now on; 0 also for one who takes no more."""
    seen = board_agents(board, agent)
    change = -int(has_room(net, seen))
    seen.chats = chats
    seen.channel = channel
    seen.chat_since = now
    change += int(has_room(net, seen))
    board_groups(board, nw.team(net, agent).group).roomy += change
    board_marks(board, 0).roomy += change


@tiny
def has_room(net, seen):
    """Whether an agent has chats, and a free slot beside them."""
    return 0 < seen.chats < nw.channels(net, seen.channel).slots
