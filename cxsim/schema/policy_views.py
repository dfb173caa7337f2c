"""Rows that a policy written as a class is shown; field by field in docs/reference/policy-class.md."""

from __future__ import annotations

import numpy as np

# The contact that an agent is chosen for.
ASKER_DTYPE = np.dtype(
    [
        ("queue", "i8"),
        ("reason", "i8"),
        ("segment", "i8"),
        ("attempt", "i8"),
        ("priority", "i8"),
        ("segment_priority", "i8"),
        ("issue", "i8"),
        ("wait", "f8"),
        ("effort", "f8"),
        ("value", "f8"),
        ("waiting", "i8"),
        ("expected_wait", "f8"),
        ("recent_sl", "f8"),
        ("u", "f8"),
    ],
    align=True,
)
# A contact that an agent may take.
WAITER_DTYPE = np.dtype(
    [
        ("number", "i8"),
        ("queue", "i8"),
        ("reason", "i8"),
        ("segment", "i8"),
        ("attempt", "i8"),
        ("priority", "i8"),
        ("segment_priority", "i8"),
        ("rank", "i8"),
        ("issue", "i8"),
        ("wait", "f8"),
        ("effort", "f8"),
        ("value", "f8"),
        ("handle_time", "f8"),
        ("resolution", "f8"),
    ],
    align=True,
)
# The agent that a contact is chosen for.
SERVER_DTYPE = np.dtype(
    [
        ("number", "i8"),
        ("group", "i8"),
        ("handled", "i8"),
        ("elapsed", "f8"),
        ("idle", "i8"),
        ("present", "i8"),
        ("serves", "i8"),
    ],
    align=True,
)
# Any agent, whatever it is doing.
PERSON_DTYPE = np.dtype(
    [
        ("number", "i8"),
        ("group", "i8"),
        ("state", "i8"),
        ("may_take", "i8"),
        ("queue", "i8"),
        ("reason", "i8"),
        ("segment", "i8"),
        ("handled", "i8"),
        ("elapsed", "f8"),
        ("since", "f8"),
    ],
    align=True,
)
# What has just happened.
EVENT_DTYPE = np.dtype(
    [
        ("kind", "i8"),
        ("queue", "i8"),
        ("reason", "i8"),
        ("segment", "i8"),
        ("attempt", "i8"),
        ("issue", "i8"),
        ("agent", "i8"),
        ("group", "i8"),
        ("number", "i8"),
        ("wait", "f8"),
        ("talk", "f8"),
    ],
    align=True,
)
# A group at a queue.
ABILITY_DTYPE = np.dtype(
    [
        ("serves", "i8"),
        ("order", "i8"),
        ("rank", "i8"),
        ("priority", "i8"),
        ("reserve", "i8"),
        ("after", "f8"),
        ("handle_time", "f8"),
        ("resolution", "f8"),
    ],
    align=True,
)
# What is filled in for a policy, where it asks for it, bit by bit; the last two say what its numbers mean.
PEOPLE, FIRSTS, WAITERS, AFTER_CENTER, AFTER_PEOPLE, NAMES_AGENT, NAMES_CONTACT = (1 << n for n in range(7))
