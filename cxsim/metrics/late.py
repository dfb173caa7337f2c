"""Agents' time after midnight: it belongs to the day of the shift that it prolongs.

Who works on past the end of a shift is in overrun. Where a shift ends at or before a midnight and the overrun goes on
after it, the time is part of the day that ended: of its paid hours, occupancy and contacts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Late(NamedTuple):
    """When agents' time after a midnight belongs to the day before: until the next shift of who is not planned then.

    Rows are those of one agent, or of all of a group by headcount: `row_of` is that of each seat. `until` (row ×
    midnight, in seconds; that of each counted day and the one after the last) is the midnight itself where somebody
    is planned then, else when the next shift begins; `home` (row × midnight) is the last interval of the day in which
    the last shift ended, -1 if that was not counted.
    """

    row_of: Integers
    until: Floats
    home: Integers


def never_late(seats: int, days: int) -> Late:
    """All time belongs to the day on which it is worked."""
    return Late(np.zeros(seats, np.int64), np.full((1, days + 1), -math.inf), np.full((1, days + 1), -1))
