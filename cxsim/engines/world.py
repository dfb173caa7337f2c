"""What the `clock` engine remembers: its records, and the one book that holds them."""

from __future__ import annotations

import numpy as np

from cxsim.ledger import LEG_DTYPE, SPELL_DTYPE
from cxsim.memory import Shelf
from cxsim.network import STAFF_DTYPE

CONTACT_DTYPE = np.dtype(
    [
        ("issue", "i8"),
        ("key", "u8"),
        ("arrived", "f8"),
        ("since", "f8"),  # began to wait in this contact: its place in any queue
        ("queued", "f8"),  # entered the queue it is in
        ("answered", "f8"),
        ("opened", "f8"),
        ("waited", "f8"),
        ("accumulated", "f8"),
        ("attempt", "i8"),
        ("leg", "i8"),
        ("patience_attempt", "i8"),  # whose draw of patience holds
        ("work_attempt", "i8"),
        ("reason", "i8"),
        ("segment", "i8"),
        ("queue", "i8"),
        ("entry", "i8"),
        ("cause", "i8"),
        ("nth", "i8"),
        ("stage", "i8"),
        ("agent", "i8"),
        ("next", "i8"),
        ("previous", "i8"),
    ],
    align=True,
)
AGENT_DTYPE = np.dtype(
    [
        ("spell_start", "f8"),
        ("leaves_at", "f8"),  # when the plan said so, while a contact or a queue still holds the agent
        ("contact", "i8"),
        ("state", "i8"),
        ("next", "i8"),
        ("previous", "i8"),
        ("aways", "i8"),
        ("away_due", "i8"),
        ("break_due", "i8"),
        ("leave_due", "i8"),
    ],
    align=True,
)
LIST_DTYPE = np.dtype([("first", "i8"), ("last", "i8"), ("changed", "f8")], align=True)
CREW_DTYPE = np.dtype([("first", "i8"), ("last", "i8"), ("present", "i8"), ("pending", "i8")], align=True)
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
        ("lines", "i8"),
        ("unused", "i8"),
    ],
    align=True,
)
NODE_DTYPE = np.dtype(
    [("time", "f8"), ("id", "i8"), ("kind", "i8"), ("next", "i8"), ("previous", "i8"), ("place", "i8")], align=True
)
BUCKET_DTYPE = np.dtype([("first", "i8"), ("last", "i8")], align=True)
WHEEL_DTYPE = np.dtype(
    [("per_second", "f8"), ("base", "i8"), ("cursor", "i8"), ("near", "i8"), ("far", "i8")], align=True
)

WORLD = Shelf(
    state=STATE_DTYPE,  # one row
    nodes=NODE_DTYPE,
    buckets=BUCKET_DTYPE,  # a power of two of them
    heap="i8",  # as long as nodes
    wheel=WHEEL_DTYPE,  # one row
    contacts=CONTACT_DTYPE,
    queues=LIST_DTYPE,
    crews=CREW_DTYPE,
    agents=AGENT_DTYPE,
    pending="f8",  # by seat: a stack of due leave times for each group with a headcount
    times="f8",  # fresh arrivals
    issues="i8",
    plan=STAFF_DTYPE,
    legs=LEG_DTYPE,
    spells=SPELL_DTYPE,
    waiting="f8",  # queue × interval
    most="i8",
)

state = WORLD.reader("state")
nodes = WORLD.reader("nodes")
buckets = WORLD.reader("buckets")
heap = WORLD.reader("heap")
wheel = WORLD.reader("wheel")
contacts = WORLD.reader("contacts")
queues = WORLD.reader("queues")
crews = WORLD.reader("crews")
agents = WORLD.reader("agents")
pending = WORLD.reader("pending")
times = WORLD.reader("times")
issues = WORLD.reader("issues")
plan = WORLD.reader("plan")
legs = WORLD.reader("legs")
spells = WORLD.reader("spells")
waiting = WORLD.reader("waiting")
most = WORLD.reader("most")
