"""The tally: the sums of one replication after another in one flat vector, without histograms or quantiles.

What a search asks of thousands of replications is a few sums of each, so the fold's two arrays, the queue lengths
and what the plan adds lie end to end: a goal or a price is then a row of weights on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import compiled
from cxsim.metrics.folding import HandedBack, Rules, add_legs, add_spells, check, complete
from cxsim.metrics.shapes import Floats, Integers, Layout
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS
from cxsim.schema.ledger import Customers

NO_WAITS = (np.zeros((0, 0, 0, 0), dtype=np.uint32), np.zeros(1, np.int64))  # of a histogram that nobody wants


@dataclass(frozen=True)
class Places:
    """Where each sum lies in the vector of S streams, G groups, Q queues, I intervals and L limits of the wait.

    In this order: contacts (S, I, column), groups (G, I, column), waiting (Q, I) in contact-seconds, `under` (L,
    answered or abandoned, S, I), the number of contacts that waited at most the limit; then what does not come
    from the ledger: `paid` (G, I), seconds paid by the plan, and `seconds` (I,) of each interval.
    """

    streams: int
    groups: int
    queues: int
    intervals: int
    limits: tuple[float, ...] = ()

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        s, g, q, i = self.streams, self.groups, self.queues, self.intervals
        return (
            (s, i, len(CONTACT_COLUMNS)),
            (g, i, len(GROUP_COLUMNS)),
            (q, i),
            (len(self.limits), 2, s, i),
            (g, i),
            (i,),
        )

    @property
    def size(self) -> int:
        """The length of the vector."""
        return sum(int(np.prod(shape)) for shape in self._shapes)

    def split(self, sums: npt.NDArray[np.generic]) -> list[npt.NDArray[np.generic]]:
        """Views of the parts of a vector: contacts, groups, waiting, under, paid, seconds."""
        out, start = [], 0
        for shape in self._shapes:
            stop = start + int(np.prod(shape))
            out.append(sums[start:stop].reshape(shape))
            start = stop
        return out

    def numbers(self) -> list[Integers]:
        """The number of each cell, in the shapes of `split`."""
        return [np.asarray(part, dtype=np.int64) for part in self.split(np.arange(self.size))]

    def interval_of(self) -> Integers:
        """The interval of each cell."""
        out = np.empty(self.size, dtype=np.int64)
        axes = (1, 1, 1, 3, 1, 0)
        for part, axis in zip(self.split(out), axes, strict=True):
            shape = [1] * part.ndim
            shape[axis] = self.intervals
            part[...] = np.arange(self.intervals).reshape(shape)
        return out


def places(layout: Layout, limits: Sequence[float] = ()) -> Places:
    """The vector of a layout, with the numbers of waits of at most each of `limits` (s)."""
    sizes = (len(layout.streams), max(len(layout.groups), 1), len(layout.queues), layout.n_intervals)
    return Places(*sizes, tuple(limits))


class Tally:
    """A sink (`cxsim.schema.ledger.Sink`) that adds up one replication at a time: `begin`, the blocks, `finish`."""

    def __init__(self, places: Places, seconds: Floats) -> None:
        self.sums = np.zeros(places.size)
        views = [np.asarray(part, dtype=np.float64) for part in places.split(self.sums)]
        self._contacts, self._groups, self._waiting, self._under, self._paid, of_interval = views
        of_interval[:] = seconds
        self._limits = np.array(places.limits, dtype=np.float64)
        self._counted = self.sums[: places.size - self._paid.size - of_interval.size]
        self._rules: Rules | None = None
        self._back = HandedBack()

    def begin(self, rules: Rules, paid: Floats) -> None:
        """Begin a replication of a layout's rules and a plan's paid seconds (G, I)."""
        self._rules = rules
        self._back = HandedBack()
        self._counted[:] = 0.0
        self._paid[:] = paid

    def legs(self, block: npt.NDArray[np.void]) -> None:
        """Add a block of legs."""
        assert self._rules is not None
        sums = (self._contacts, self._groups, *NO_WAITS, self._limits, self._under)
        back, count = self._back.room(len(block))
        found = add_legs(block, self._rules, back, count, *sums)
        check(block, found)

    def spells(self, block: npt.NDArray[np.void]) -> None:
        """Add a block of spells."""
        assert self._rules is not None
        add_spells(block, self._rules, self._groups)

    def lengths(self, waiting: npt.ArrayLike, most: npt.ArrayLike) -> None:
        """Add queue lengths, queue × interval, in contact-seconds."""
        self._waiting += np.asarray(waiting, dtype=np.float64)

    def customers(self, made: Customers) -> None:
        """Nothing here is measured of them."""

    def finish(self) -> Floats:
        """The vector of the replication; valid until the next begins."""
        complete(self._contacts)
        return self.sums


@compiled
def weigh(first: Integers, at: Integers, weights: Floats, sums: Floats, out: Floats) -> None:
    """Sparse rows of weights times a vector: out[j] is the sum of weights[n] · sums[at[n]], n from first[j]."""
    for j in range(out.shape[0]):
        total = 0.0
        for n in range(first[j], first[j + 1]):
            total += weights[n] * sums[at[n]]
        out[j] = total
