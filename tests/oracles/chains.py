"""Small multi-skill designs in steady state, solved as Markov chains: what the optimizer's answers are judged by.

Exponential arrivals, service by (type, group) and patience; an arrival takes an idle agent of the first group of its
route, a freed agent the queue of the lowest rank, first come first served within a queue. All ranks differ, so that
no waiting time belongs to the state. Exact (up to a stated truncation of the queues) are the share abandoned, the
share answered within T, and the share resolved at the first answer where nobody comes back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.special import pdtrc

TRUNCATED = 1e-8  # probability that an arrival meets a queue cut off


@dataclass(frozen=True)
class Design:
    """Types and groups; times and rates in one unit of time."""

    rates: tuple[float, ...]  # of arrivals, by type
    patience: tuple[float, ...]  # mean, by type
    service: tuple[tuple[float, ...], ...]  # mean, type × group; 0 where the group cannot
    route: tuple[tuple[int, ...], ...]  # by type, groups in the order in which an arrival tries them
    takes: tuple[tuple[int, ...], ...]  # by group, types in the order in which a freed agent tries them
    resolution: tuple[tuple[float, ...], ...] = ()  # type × group

    @property
    def types(self) -> range:
        return range(len(self.rates))

    @property
    def groups(self) -> range:
        return range(len(self.takes))


@dataclass(frozen=True, eq=False)
class Moves:
    """Transitions of one kind between numbered states."""

    before: np.ndarray
    after: np.ndarray
    rate: np.ndarray


class Chain:
    """The chain of a design staffed with so many agents by group.

    A state counts, for each group, the agents busy (by type where a group's services differ in length), and the
    contacts that wait, by type. A queue is not empty only while every group that serves it is busy.
    """

    def __init__(self, design: Design, agents: Sequence[int], most: Sequence[int]) -> None:
        self.design, self.agents = design, tuple(int(n) for n in agents)
        self.most = tuple(most)
        self._cells()
        self._states()
        self._moves()

    def _cells(self) -> None:
        """Numbers busy that a state needs: cell_of[type, group], with the group and the mean of each cell."""
        self.cell_of, self.cells = {}, []
        for group, types in enumerate(self.design.takes):
            means = {self.design.service[q][group] for q in types}
            for q in types:
                if len(means) > 1 or q == types[0]:
                    self.cells.append((group, self.design.service[q][group]))
                self.cell_of[q, group] = len(self.cells) - 1

    def _states(self) -> None:
        shape = [self.agents[group] + 1 for group, _ in self.cells] + [most + 1 for most in self.most]
        self._strides = np.array([math.prod(shape[i + 1 :]) for i in range(len(shape))])
        table = np.indices(shape, dtype=np.int32).reshape(len(shape), -1)
        mine = [[c for c, cell in enumerate(self.cells) if cell[0] == g] for g in self.design.groups]
        busy = np.array([table[cells].sum(axis=0) for cells in mine])
        fits = (busy <= np.array(self.agents)[:, None]).all(axis=0)
        full = busy == np.array(self.agents)[:, None]
        for q in self.design.types:
            fits &= (table[len(self.cells) + q] == 0) | full[list(self.design.route[q])].all(axis=0)
        self._number = np.cumsum(fits) - 1
        self._place = np.flatnonzero(fits)
        self.table, self.full = table[:, fits], full[:, fits]
        self.size = self.table.shape[1]

    def waiting(self, q: int) -> np.ndarray:
        """Contacts of a type that wait, by state."""
        return self.table[len(self.cells) + q]

    def _move(self, chosen: np.ndarray, rate: np.ndarray | float, *steps: tuple[int, int]) -> Moves:
        shift = sum(self._strides[cell] * by for cell, by in steps)
        before = np.flatnonzero(chosen)
        after = self._number[self._place[before] + shift]
        return Moves(before, after, np.broadcast_to(rate, self.size)[before])

    def _moves(self) -> None:
        """Transitions: arrivals that begin service or wait, abandonments, ends of service by what follows."""
        first = len(self.cells)
        self.begins: dict[tuple[int, int], Moves] = {}  # an arrival with an idle agent
        self.joins: dict[int, Moves] = {}
        self.leaves: dict[int, Moves] = {}
        self.taken: dict[tuple[int, int, int], Moves] = {}  # type, group, cell: from the queue by a freed agent
        self.ends: list[Moves] = []  # by cell, nobody waits for the freed agent
        for q in self.design.types:
            free = np.ones(self.size, dtype=bool)
            for g in self.design.route[q]:
                begun = free & ~self.full[g]
                self.begins[q, g] = self._move(begun, self.design.rates[q], (self.cell_of[q, g], 1))
                free &= self.full[g]
            self.joins[q] = self._move(free & (self.waiting(q) < self.most[q]), self.design.rates[q], (first + q, 1))
            lost = self.waiting(q) / self.design.patience[q]
            self.leaves[q] = self._move(lost > 0, lost, (first + q, -1))
        for cell, (g, mean) in enumerate(self.cells):
            rate = self.table[cell] / mean
            left = rate > 0
            for q in self.design.takes[g]:
                some = left & (self.waiting(q) > 0)
                self.taken[q, g, cell] = self._move(some, rate, (cell, -1), (self.cell_of[q, g], 1), (first + q, -1))
                left = left & (self.waiting(q) == 0)
            self.ends.append(self._move(left, rate, (cell, -1)))

    def _matrix(self, moves: Sequence[Moves]) -> csr_array:
        """Rates from state (column) to state (row), without what stays."""
        parts = ([getattr(move, part) for move in moves] for part in ("before", "after", "rate"))
        before, after, rate = map(np.concatenate, parts)
        return csr_array((rate, (after, before)), shape=(self.size, self.size))

    @cached_property
    def share(self) -> np.ndarray:
        """The steady state: the uniformised chain's powers, until the flow through every state balances."""
        kinds = (self.begins, self.joins, self.leaves, self.taken)
        matrix = self._matrix([*self.ends, *(move for kind in kinds for move in kind.values())])
        out = matrix.sum(axis=0)
        pace = 1.05 * out.max()
        step, stay = matrix / pace, 1.0 - out / pace
        share = np.full(self.size, 1.0 / self.size)
        for _ in range(2000):
            last = share
            for _ in range(50):
                share = step @ share + stay * share
            share /= share.sum()
            if np.abs(share - last).sum() < 1e-10:
                break
        else:
            raise AssertionError("the chain does not settle")
        return share

    @property
    def cut(self) -> list[float]:
        """Share of the time in which a queue is as long as the chain allows, by type."""
        return [float(self.share[self.waiting(q) == self.most[q]].sum()) for q in self.design.types]

    def _flow(self, moves: Sequence[Moves]) -> float:
        return float(sum(self.share[move.before] @ move.rate for move in moves))

    def abandoned(self, q: int) -> float:
        """Share of a type's contacts that abandon."""
        return self._flow([self.leaves[q]]) / self.design.rates[q]

    def served(self, q: int, g: int) -> float:
        """Contacts of a type that a group begins to serve, in a unit of time."""
        taken = [move for (one, by, _), move in self.taken.items() if (one, by) == (q, g)]
        return self._flow([self.begins[q, g], *taken])

    def queued(self, q: int) -> float:
        """Share of a type's contacts that must wait."""
        return float(self.share[self.full[list(self.design.route[q])].all(axis=0)].sum())

    def answered_within(self, q: int, time: float) -> float:
        """Share of a type's contacts answered within a time.

        A tagged arrival waits behind those of its type that it met. Those who come after it do not matter to it, so
        its future is the chain without arrivals of its type: `waiting(q)` are those ahead, and it is answered when a
        freed agent who would take its type finds none ahead. It is given up at the rate of its own patience.
        Uniformisation, terms until the rest is below 1e-12.
        """
        waits = self.full[list(self.design.route[q])].all(axis=0)
        start = np.where(waits, self.share, 0.0)
        moves = [self.leaves[q]]
        for kind in (self.joins, self.leaves):
            moves += [move for other, move in kind.items() if other != q]
        moves += [move for (other, _), move in self.begins.items() if other != q]
        for (other, g, _), move in self.taken.items():
            order = self.design.takes[g]
            # Whoever serves the tagged type takes the tagged contact before the queues of later rank.
            if q not in order or order.index(other) <= order.index(q):
                moves.append(move)
        answers = np.zeros(self.size)
        for cell, (g, mean) in enumerate(self.cells):
            order = self.design.takes[g]
            if q not in order:
                moves.append(self.ends[cell])
            else:
                ahead = [self.waiting(other) == 0 for other in order[: order.index(q) + 1]]
                answers += self.table[cell] / mean * np.all(ahead, axis=0)
        matrix = self._matrix(moves)
        out = matrix.sum(axis=0) + answers + 1.0 / self.design.patience[q]
        pace = 1.02 * out[waits].max()
        step, stay, hit = matrix / pace, 1.0 - out / pace, answers / pace
        within, n = 0.0, 0
        # P(N > n) of a Poisson count N weighs an answer in step n + 1.
        while True:
            weight = float(pdtrc(n, pace * time))
            if weight < 1e-12:
                break
            within += weight * float(hit @ start)
            start = step @ start + stay * start
            n += 1
        return 1.0 - float(waits @ self.share) + within

    def resolved(self, q: int | None = None) -> float:
        """Share of the answered contacts (of a type) that are resolved, with nobody coming back."""
        pairs = [pair for pair in self.cell_of if q is None or pair[0] == q]
        flows = [self.served(*pair) for pair in pairs]
        chances = [self.design.resolution[one][g] for one, g in pairs]
        return float(np.dot(flows, chances) / sum(flows))


def _enough(rate: float, patience: float) -> int:
    """Waiting places enough for a type without any agent, whose number waiting is Poisson: no plan needs more."""
    n = 1
    while pdtrc(n - 1, rate * patience) > TRUNCATED / 2:
        n += 1
    return n


def solved(design: Design, agents: Sequence[int]) -> Chain:
    """The chain of a plan with as many waiting places as it needs."""
    needed = [_enough(*pair) for pair in zip(design.rates, design.patience, strict=True)]
    most = [min(7, n) for n in needed]
    while True:
        chain = Chain(design, agents, most)
        short = [cut >= TRUNCATED for cut in chain.cut]
        if not any(short):
            return chain
        if most == needed:
            raise AssertionError(f"cut off too early: {chain.cut}")
        most = [min(n + 5, enough) if s else n for n, enough, s in zip(most, needed, short, strict=True)]
