"""Rows of scores, and of what a custom policy is shown."""

from __future__ import annotations

import numpy as np

SCORE_DTYPE = np.dtype([("base", "f8"), ("slope", "f8"), ("count", "f8"), ("ratio", "f8")], align=True)
# What a policy of the user's own is shown of a group for a contact, and of a queue for an agent.
CANDIDATE_DTYPE = np.dtype(
    [
        ("number", "i8"),
        ("idle", "i8"),
        ("present", "i8"),
        ("order", "i8"),
        ("serves", "i8"),
        ("idle_for", "f8"),
        ("handle_time", "f8"),
        ("resolution", "f8"),
        ("weight", "f8"),
    ],
    align=True,
)
HEAD_DTYPE = np.dtype(
    [
        ("number", "i8"),
        ("waiting", "i8"),
        ("rank", "i8"),
        ("priority", "i8"),
        ("wait", "f8"),
        ("expected_wait", "f8"),
        ("recent_sl", "f8"),
        ("handle_time", "f8"),
        ("resolution", "f8"),
        ("weight", "f8"),
        ("credit", "f8"),
    ],
    align=True,
)
