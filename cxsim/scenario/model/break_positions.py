"""Where the breaks of a shift can be put."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxsim.scenario.model.optimizing import Shifts

PlacedBreak = tuple[float, float, bool]  # from, to (s after the shift's start), paid


def placings(shifts: Shifts, length: float) -> Iterator[tuple[PlacedBreak, ...]]:
    """Every way to place the breaks of a shift of this length (s): in order, inside it, without overlap."""
    choices: list[list[PlacedBreak]] = []
    for one in shifts.breaks:
        if one.lengths and length not in one.lengths:
            continue
        step = one.every or shifts.starts_every
        count = math.floor((one.latest - one.after) / step + 1e-9) + 1
        places = [one.after + k * step for k in range(count)]
        choices.append([(a, a + one.length, one.paid) for a in places if a + one.length <= length])
    for chosen in product(*choices):
        placed = tuple(sorted(chosen))
        if all(b <= c for (_, b, _), (c, _, _) in pairwise(placed)):
            yield placed
