"""Edges of monotone conditions, and checks of the numbers the formulae are given."""

from __future__ import annotations

import math
from collections.abc import Callable


def least_whole(true: Callable[[int], bool], guess: int, most: int) -> int:
    """The least whole number up to `most` from which `true` holds, sought around `guess`."""
    step, low, high = 1, -1, min(max(guess, 0), most)
    while not true(high):
        if high == most:
            raise ValueError("target: no number of agents or trunks meets it; lower the target")
        low, high, step = high, min(most, high + step), 2 * step
    while low < 0 < high and step < 2 * guess:
        middle = max(0, high - step)
        if not true(middle):
            low = middle
            break
        high, step = middle, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if true(middle) else (middle, high)
    return high


def doubled(true: Callable[[float], bool], start: float, most: float) -> float:
    """The first of start, 2 start, 4 start, … for which `true` holds; ValueError beyond `most`."""
    while not true(start):
        start *= 2
        if start > most:
            raise ValueError("target: it is met at any volume, so it sets no limit; raise the target")
    return start


def bisect(true: Callable[[float], bool], low: float, high: float) -> float:
    """Where `true` turns true between `low` (false) and `high` (true), to 12 digits."""
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if true(middle) else (middle, high)
    return high


def check_number(
    name: str,
    value: float,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    infinite: bool = False,
    most: float = math.inf,
) -> None:
    """Raise a ValueError that names `value`, the rule and the remedy unless it is a number in range.

    `most` is where an answer would take minutes and gigabytes.
    """
    if math.isnan(value) or (value == math.inf and not infinite):
        raise ValueError(f"{name}: {value} is not a finite number; give a finite one")
    if value < least or value <= above:
        rule = f"at least {least:g}" if value < least else f"above {above:g}"
        raise ValueError(f"{name}: {value:g} is out of range; it must be {rule}")
    if most < value < math.inf:
        raise ValueError(f"{name}: {value:,.0f} is above {most:,.0f}, the largest supported value; check its unit")


def check_share(name: str, value: float) -> None:
    """Raise a ValueError unless `value` is above 0 and below 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name}: {value:g} is not a share between 0 and 1; write 2 % as 0.02")
