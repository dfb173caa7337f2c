"""The parts of a routing policy written as a class: what it remembers, its timers, the words of what it is shown.

from cxsim.policies import ANSWERED, State

class FewestLately:
    served = State("groups", start=0.0)

    def choose_agent(self, contact, groups, center):
        best = groups[0]
        for group in groups:
            if self.served[group.number] < self.served[best.number]:
                best = group
        return best.number

    def after(self, event):
        if event.kind == ANSWERED:
            self.served[event.group] += 1.0
"""

from __future__ import annotations

import math
from typing import Any

# What an agent may be doing, the field `state` of `agents`; holding: until the next agent has taken over.
OFF, IDLE, TALKING, WRAPPING, AWAY, ON_BREAK, HOLDING, CHATTING = range(8)
# What `after` is told: the field `kind` of `event`.
JOINED, ANSWERED, LEFT, ENDED, TIMER = range(1, 6)
SIZES = ("queues", "groups", "agents", "reasons", "segments")
_MOST = 10_000_000


class State:
    """An array of numbers that a policy remembers within a replication.

    Whole numbers if `start` is one, else float64. Every replication begins with `start`.

    Parameters
    ----------
    *shape : str or int
        Length of each dimension: 'queues', 'groups', 'agents', 'reasons' or 'segments' for the number of them in the
        scenario, or a number. Without any, one number: `self.name[0]`.
    start : float, default 0
        Value of each item at the beginning of a replication.

    Raises
    ------
    ValueError
        A dimension is neither a known word nor a number from 1, or `start` is not a number.

    Examples
    --------
    >>> served = State("groups", "queues", start=0.0)
    """

    def __init__(self, *shape: str | int, start: float = 0) -> None:
        for one in shape:
            if not (one in SIZES if isinstance(one, str) else type(one) is int and 1 <= one <= _MOST):
                known = ", ".join(map(repr, SIZES))
                raise ValueError(f"State: {one!r} is not a size; write one of {known}, or a number from 1")
        if type(start) not in (int, float) or math.isnan(start):
            raise ValueError(f"State: start={start!r} is not a number; write 0 for whole numbers, or 0.0")
        self._shape = shape or (1,)
        self._start = start

    @property
    def shape(self) -> tuple[str | int, ...]:
        """The dimensions as declared.

        Returns
        -------
        tuple
            A word or a number for each dimension.
        """
        return self._shape

    @property
    def start(self) -> float:
        """The value of each item at the beginning of a replication.

        Returns
        -------
        float
            A whole number if the array holds whole numbers.
        """
        return self._start

    def __repr__(self) -> str:
        return f"State({', '.join([*map(repr, self._shape), f'start={self._start!r}'])})"

    def __getitem__(self, place: Any) -> Any:
        raise TypeError("State: its numbers exist only while a scenario is simulated")

    def __setitem__(self, place: Any, value: Any) -> None:
        raise TypeError("State: its numbers exist only while a scenario is simulated")


class Timers:
    """Times at which a policy is asked again: `self.name[n] = center.now + 30` sets timer `n`, `math.inf` clears it.

    When a timer is due, `after` is told first; then idle agents choose again, or waiting contacts where the policy has
    no `choose_contact`.

    Parameters
    ----------
    count : int, default 1
        Number of timers.

    Raises
    ------
    ValueError
        `count` is not a number from 1 to 1,000.

    Examples
    --------
    >>> recheck = Timers()
    """

    def __init__(self, count: int = 1) -> None:
        if type(count) is not int or not 1 <= count <= 1000:
            raise ValueError(f"Timers: {count!r} is not a number of timers; write 1, say")
        self._count = count

    @property
    def count(self) -> int:
        """Number of timers.

        Returns
        -------
        int
            From 1.
        """
        return self._count

    def __repr__(self) -> str:
        return f"Timers({self._count})"

    def __getitem__(self, number: int) -> float:
        raise TypeError("Timers: they exist only while a scenario is simulated")

    def __setitem__(self, number: int, time: float) -> None:
        raise TypeError("Timers: they exist only while a scenario is simulated")


__all__ = [
    "ANSWERED",
    "AWAY",
    "CHATTING",
    "ENDED",
    "HOLDING",
    "IDLE",
    "JOINED",
    "LEFT",
    "OFF",
    "ON_BREAK",
    "TALKING",
    "TIMER",
    "WRAPPING",
    "State",
    "Timers",
]
