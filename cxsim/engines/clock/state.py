"""What the `clock` engine remembers: its records, and the one book that holds them."""

from __future__ import annotations

import numpy as np

from cxsim.jit.struct_arrays import Shelf
from cxsim.schema.ledger import LEG_DTYPE, SPELL_DTYPE
from cxsim.schema.network import STAFF_DTYPE

# The basic loop fills in no `start`, `stage`, `waited`, `service`, `entry`, `line` and `leg`, nor `contact` and `line`
# of an agent: who reads them does so where RULES, or RICH, is true.
CONTACT_DTYPE = np.dtype(
    [
        # a cache line: what lasts from attempt to attempt, and the place in a queue
        ("issue", "i8"),
        ("key", "u8"),
        ("since", "f8"),  # began to wait in this contact: its place in any queue
        ("accumulated", "f8"),
        ("next", "i4"),
        ("previous", "i4"),
        ("stage", "i4"),
        ("start", "i4"),  # where its attempts begin, a row of `exits`; -1 as its reason says
        ("attempt", "i2"),
        ("patience_attempt", "i2"),  # whose draw of patience holds
        ("work_attempt", "i2"),
        ("reason", "i2"),
        ("segment", "i2"),
        ("queue", "i2"),
        ("cause", "i2"),
        ("nth", "i2"),
        # another one: this attempt
        ("opened", "f8"),
        ("arrived", "f8"),
        ("queued", "f8"),  # entered the queue it is in
        ("answered", "f8"),
        ("waited", "f8"),
        ("agent", "i4"),
        ("service", "i4"),  # 1, and one more each time an agent handed the contact back
        ("entry", "i2"),
        ("channel", "i2"),  # of the place it is in
        ("line", "i2"),  # the channel in which it holds a line; -1 for none
        ("leg", "i2"),
        ("work", "f8"),  # of the first attempt with its first agent
    ],
    align=True,
)
MORE_DTYPE = np.dtype(
    [
        ("left", "f8"),  # share of the work that is still to do
        ("whole", "f8"),  # of the work, where an agent begins on it; above or below 1 after some transfers
        ("talk", "f8"),  # how long this stay with an agent lasts, undisturbed
        ("since", "f8"),  # of a chat: when `talk` was what is left
        ("ends", "f8"),  # of a chat that is being written up: the end of the talk, and what came of it
        ("next_at", "f8"),
        ("outcome", "i2"),
        ("resolved", "i2"),
        ("next", "i2"),
        ("wraps", "i2"),
        ("extra", "f8"),  # to be told again to the next agent
        ("told", "f8"),  # the wait that was announced in this stay; NaN for none
        ("asker", "i4"),  # the agent who asks another by it; -1 for a customer's contact
        ("holder", "i4"),  # the agent who stays until the next one has taken over; -1 for none
        ("transfer", "i4"),  # the row of `transfers` by which it goes on, or came; -1 for none
        ("offer", "i2"),  # whether a call back was offered in this stay
        ("callback", "i2"),  # tries to call back that are left, 0 for who waits on the line
        ("dialling", "i2"),
        ("rule", "i2"),  # of the call back
        ("counted", "i2"),  # whether this attempt was answered before
        ("asked", "i2"),  # whether its agent asked another in vain
        ("legs", "i2"),  # of what its agent asked
        ("services", "i2"),
        ("retells", "i2"),  # whether the first agent of this attempt has to be told what was told before
        ("felt", "i2"),  # of this leg, as in the ledger
        ("ours", "i2"),  # OURS where the issue began with a record that is dialled, else 0
        ("used", "i2"),  # the channel that its customer used last
        ("last", "i4"),  # the agent who answered last; -1 for none
        ("seat", "i4"),  # of the customer; -1 for one who is not told apart
        ("effort", "f8"),  # with this issue so far, in points
        ("before", "f8"),  # the same when this attempt began
        ("strain", "f8"),  # log of the factor on the chance to leave, see `loyalty.strain_of`
    ],
    align=True,
)  # what only contacts of richer scenarios have to remember
AGENT_DTYPE = np.dtype(
    [
        ("spell_start", "f8"),
        ("leaves_at", "f8"),  # when the plan said so, while a contact or a queue still holds the agent
        ("contact", "i4"),
        ("group", "i4"),
        ("state", "i4"),
        ("next", "i4"),
        ("previous", "i4"),
        ("aways", "i4"),
        ("away_due", "i4"),
        ("break_due", "i4"),
        ("leave_due", "i4"),
        ("line", "i4"),  # the channel of the contact
        ("wrap", "f8"),  # what the agent has to write up after this talk
    ],
    align=True,
)
DESK_DTYPE = np.dtype(
    [("since", "f8"), ("chats", "i4"), ("first", "i4"), ("last", "i4"), ("channel", "i4")], align=True
)  # the chats of an agent, a list of contacts
LINE_DTYPE = np.dtype([("taken", "i8")], align=True)
LIST_DTYPE = np.dtype([("first", "i4"), ("last", "i4"), ("changed", "f8")], align=True)
# What a dialler calls ahead of the agents: records to be called, being called, reached, and lost since.
DIALLER_DTYPE = np.dtype(
    [("first", "i4"), ("last", "i4"), ("ringing", "i8"), ("reached", "i8"), ("dropped", "i8")], align=True
)
CREW_DTYPE = np.dtype([("first", "i4"), ("last", "i4"), ("present", "i4"), ("pending", "i4")], align=True)
STATE_DTYPE = np.dtype(
    [
        ("now", "f8"),
        ("run", "u8"),
        ("arrival", "i8"),
        ("event", "i8"),
        ("closing", "i8"),
        ("legs", "i8"),
        ("spells", "i8"),
        ("waiting", "i8"),
        ("unused", "i8"),  # first of the contacts that are free again, a list
        ("touched", "i8"),  # contacts that were ever used
        ("moved", "i8"),  # the contact that was just transferred
        ("giver", "i8"),  # the agent who did so and is free of it; -1 for nobody
        ("part", "i8"),  # the chat whose slot is free once it has gone; -1 for none
    ],
    align=True,
)
NODE_DTYPE = np.dtype(
    [("time", "f8"), ("id", "i8"), ("kind", "i4"), ("next", "i4"), ("previous", "i4"), ("place", "i4")], align=True
)
AHEAD_DTYPE = np.dtype([("key", "u8"), ("work", "f8")], align=True)
BUCKET_DTYPE = np.dtype([("first", "i4"), ("last", "i4")], align=True)
WORD_DTYPE = np.dtype([("bits", "u8")], align=True)
STREAM_DTYPE = np.dtype([("day", "i8"), ("key", "u8")], align=True)
WHEEL_DTYPE = np.dtype(
    [("per_second", "f8"), ("here", "i8"), ("word", "i8"), ("far", "i8"), ("scout", "i8")], align=True
)

WORLD = Shelf(
    state=STATE_DTYPE,  # one row
    nodes=NODE_DTYPE,
    buckets=BUCKET_DTYPE,  # fine ones, then a power of two of coarse ones
    filled=WORD_DTYPE,  # one bit a fine bucket, then a word that is never empty
    wheel=WHEEL_DTYPE,  # one row
    contacts=CONTACT_DTYPE,
    more=MORE_DTYPE,  # by contact, or none
    desks=DESK_DTYPE,  # by agent, or none
    lines=LINE_DTYPE,  # by channel
    talking=LINE_DTYPE,  # conversations of AI agents, by step
    queues=LIST_DTYPE,
    diallers=DIALLER_DTYPE,  # by queue
    crews=CREW_DTYPE,
    agents=AGENT_DTYPE,
    pending="f8",  # by seat: a stack of due leave times for each group with a headcount
    ahead=AHEAD_DTYPE,  # of the next fresh arrivals
    streams=STREAM_DTYPE,  # by reason: the day of its last fresh arrival, and the key of both
    times="f8",  # fresh arrivals
    issues="i8",
    plan=STAFF_DTYPE,
    legs=LEG_DTYPE,
    spells=SPELL_DTYPE,
    waiting="f8",  # queue × interval
    most="i8",
)

at = WORLD.at()
state = WORLD.rows("state")
nodes = WORLD.rows("nodes")
buckets = WORLD.rows("buckets")
filled = WORLD.rows("filled")
wheel = WORLD.rows("wheel")
contacts = WORLD.rows("contacts")
more = WORLD.rows("more")
desks = WORLD.rows("desks")
lines = WORLD.rows("lines")
talking = WORLD.rows("talking")
queues = WORLD.rows("queues")
diallers = WORLD.rows("diallers")
crews = WORLD.rows("crews")
agents = WORLD.rows("agents")
pending = WORLD.array("pending")
ahead = WORLD.rows("ahead")
streams = WORLD.rows("streams")
times = WORLD.array("times")
issues = WORLD.array("issues")
plan = WORLD.rows("plan")
legs = WORLD.rows("legs")
spells = WORLD.rows("spells")
waiting = WORLD.array("waiting")
most = WORLD.array("most")
