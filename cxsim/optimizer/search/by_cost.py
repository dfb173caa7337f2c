"""The plans of a structure by cost: whole columns that keep its own rules and that are not out of the question."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.solver.program import Program
from cxsim.optimizer.solver.solve import solve

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.reach import Reach
    from cxsim.optimizer.problem.structure import Structure

Floats = npt.NDArray[np.float64]
LIMIT = 3000  # candidates
NODES = 100  # partial plans looked at for each candidate allowed


class TooMany(Exception):
    """There are more plans than a small case may have."""


def candidates(
    structure: Structure, reach: Reach, above: float, below: float, limit: int = LIMIT
) -> Iterator[tuple[float, Floats]]:
    """(cost, x) of the plans with above ≤ cost < below by cost, without those that cannot reach the goals.

    Raises TooMany where the search for them takes more than a hundred steps for each that is allowed, or a column
    that is not whole or costs nothing leaves no order.
    """
    columns = _Columns(structure, reach, limit)
    ready: list[tuple[float, int, Floats]] = []
    order = count()
    found = 0
    low = max(columns.least(), min(above, columns.most))
    while low < min(below, columns.most + columns.step):
        high = min(low + columns.step, below)
        for x in columns.between(low, high):
            full = structure.complete(x)
            cost = structure.cost_of(full)
            if cost >= above - 1e-9 and cost < below - 1e-9 and not structure.broken(full):
                found += 1
                if found > limit:
                    raise TooMany
                heapq.heappush(ready, (cost, next(order), full))
        while ready and ready[0][0] < high:
            cost, _, full = heapq.heappop(ready)
            yield cost, full
        low = max(high, columns.least())
    while ready:
        cost, _, full = heapq.heappop(ready)
        yield cost, full


class _Columns:
    """The columns that are decided on: those that cover something; the others follow from them at no negative cost."""

    def __init__(self, structure: Structure, reach: Reach, limit: int) -> None:
        cover = structure.cover.tocsc()
        free = np.flatnonzero(np.diff(cover.indptr) > 0)
        self.structure, self.reach, self._cover = structure, reach, cover
        order = np.argsort(-structure.cost[free], kind="stable")
        self.free = free[order]
        self.cost, self.low, self.high = (part[self.free] for part in (structure.cost, structure.low, structure.high))
        others = np.delete(structure.cost, free)
        if not structure.integer[free].all() or not (self.cost > 0.0).all() or (others < 0.0).any():
            raise TooMany
        self.step = float(self.cost.min())
        self.most = _dearest(structure, free)
        self.nodes_left = NODES * limit
        self._a, self._b = np.zeros((0, len(self.free))), np.zeros(0)
        self._rules = _Rules(structure, self.free)

    def least(self) -> float:
        """A cost that no plan which keeps the inequalities found so far is below."""
        base = float(self.cost @ self.low)
        if not len(self._b):
            return base
        best = (self._a / self.cost).max(axis=1)
        return base + float(((self._b - self._a @ self.low) / best).max(initial=0.0))

    def between(self, low: float, high: float) -> Iterator[Floats]:
        """Plans whose own columns cost at least `low` and less than `high` and that can reach the goals."""
        x = self.low.copy()
        rest_cost = np.append(np.cumsum((self.cost * self.low)[::-1])[::-1], 0.0)

        def walk(j: int, spent: float) -> Iterator[Floats]:
            last = j == len(x) - 1
            first = self.low[j]
            if last:
                first = max(first, math.ceil((low - spent) / self.cost[j] - 1e-9))
            n = first
            while n <= self.high[j] and spent + self.cost[j] * n + rest_cost[j + 1] < high - 1e-9:
                self.nodes_left -= 1
                if self.nodes_left < 0:
                    raise TooMany
                x[j] = n
                budget = high - spent - self.cost[j] * n - rest_cost[j + 1]
                if self._can(x, j, budget) and self._rules.can(x, j):
                    if not last:
                        yield from walk(j + 1, spent + self.cost[j] * n)
                    elif self._reaches(x):
                        out = np.zeros(self.structure.size)
                        out[self.free] = x
                        yield out
                n += 1
            x[j] = self.low[j]

        if len(x):
            yield from walk(0, 0.0)

    def _can(self, x: Floats, j: int, budget: float) -> bool:
        """Whether columns after j, `budget` more money spent on them, can keep every inequality found."""
        if not len(self._b):
            return True
        have = self._a @ x  # the columns after j are at their lower bounds
        if j + 1 < len(x):
            have = have + budget * (self._a[:, j + 1 :] / self.cost[j + 1 :]).max(axis=1)
        return bool((have >= self._b - 1e-9).all())

    def _reaches(self, x: Floats) -> bool:
        full = np.zeros(self.structure.size)
        full[self.free] = x
        cut = self.reach.cut(self.structure.levels(full))
        if cut is None:
            return True
        price, least = cut
        self._a = np.vstack([self._a, (self._cover.T @ price.ravel())[self.free]])
        self._b = np.append(self._b, least)
        return False


class _Rules:
    """The structure's own rows on the columns decided on, kept in mind while these are chosen one by one."""

    def __init__(self, structure: Structure, free: npt.NDArray[np.int64]) -> None:
        dense = structure.rows.toarray()
        alone = np.count_nonzero(np.delete(dense, free, axis=1), axis=1) == 0
        self._rows = dense[alone][:, free]
        self._low, self._high = structure.row_low[alone] - 1e-6, structure.row_high[alone] + 1e-6
        with np.errstate(invalid="ignore"):
            span = self._rows * (structure.high[free] - structure.low[free])
        span[self._rows == 0.0] = 0.0
        # What the columns from j on, above their lower bounds, can add to each row at least and at most.
        self._less, self._more = (
            np.cumsum(np.column_stack([part, np.zeros(len(part))])[:, ::-1], axis=1)[:, ::-1]
            for part in (np.minimum(span, 0.0), np.maximum(span, 0.0))
        )

    def can(self, x: Floats, j: int) -> bool:
        """Whether columns after j, now at their lower bounds, can be chosen so that the rows are kept."""
        have = self._rows @ x
        below = have + self._less[:, j + 1] <= self._high
        return bool((below & (have + self._more[:, j + 1] >= self._low)).all())


def _dearest(structure: Structure, free: npt.NDArray[np.int64]) -> float:
    """What the columns decided on cost at most within the structure's rules; infinite without such limits."""
    cost = np.zeros(structure.size)
    cost[free] = -structure.cost[free]
    whole = Program(
        cost,
        structure.low,
        structure.high,
        np.zeros(structure.size, bool),
        structure.rows,
        structure.row_low,
        structure.row_high,
        structure.names,
        structure.row_names,
    )
    found = solve(whole)
    return -found.objective if found.status == "optimal" else math.inf
