"""One queue and one team through a day in which headcounts change: the exact chain, by matrix exponentials.

A state is (busy, waiting). Agents who leave while busy finish their contact and take no other, so that more may be
busy than are there. The chance of an answer in time is that of a tagged arrival: (busy, waiting ahead of it).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.linalg import expm

PARTS = 12  # of the threshold, before an edge, at which arrivals are followed over it


@dataclass(frozen=True)
class Day:
    """Rates (1/s) by interval of so many seconds; mean times and the threshold in seconds."""

    rates: tuple[float, ...]
    seconds: float
    handle: float
    patience: float
    within: float
    most: int  # agents
    queue: int  # places to wait

    @cached_property
    def shape(self) -> tuple[int, int]:
        return self.most + 1, self.queue + 1

    def place(self, busy: int, waiting: int) -> int:
        return busy * (self.queue + 1) + waiting

    def moves(self, n: int, rate: float) -> np.ndarray:
        """The generator with n agents there."""
        out = np.zeros((self.shape[0] * self.shape[1],) * 2)
        for b in range(self.most + 1):
            for w in range(self.queue + 1):
                here = self.place(b, w)
                steps = []
                if b < n and w == 0:
                    steps.append((rate, (b + 1, 0)))
                elif w < self.queue:
                    steps.append((rate, (b, w + 1)))
                if b:
                    takes = b <= n and w > 0
                    steps.append((b / self.handle, (b, w - 1) if takes else (b - 1, w)))
                if w:
                    steps.append((w / self.patience, (b, w - 1)))
                for pace, to in steps:
                    out[here, self.place(*to)] += pace
                    out[here, here] -= pace
        return out

    def edge(self, state: np.ndarray, n: int) -> np.ndarray:
        """Who came takes who waits."""
        out = np.zeros_like(state)
        for b in range(self.most + 1):
            for w in range(self.queue + 1):
                begin = min(w, max(0, n - b))
                out[self.place(b + begin, w - begin)] += state[self.place(b, w)]
        return out

    def tagged(self, n: int) -> np.ndarray:
        """The generator of a tagged contact that waits behind others; its last two states are answered and given up."""
        size = self.shape[0] * self.shape[1]
        out = np.zeros((size + 2, size + 2))
        for b in range(self.most + 1):
            for w in range(self.queue + 1):
                here = self.place(b, w)
                steps = [(1.0 / self.patience, size + 1)]
                if b:
                    if b > n:
                        to = self.place(b - 1, w)
                    else:
                        to = self.place(b, w - 1) if w else size
                    steps.append((b / self.handle, to))
                if w:
                    steps.append((w / self.patience, self.place(b, w - 1)))
                for pace, to in steps:
                    out[here, to] += pace
                    out[here, here] -= pace
        return out

    def over(self, state: np.ndarray, n: int) -> np.ndarray:
        """The edge for tagged states: who came takes those ahead, then the tagged contact."""
        out = np.zeros_like(state)
        out[-2:] = state[-2:]
        for b in range(self.most + 1):
            for w in range(self.queue + 1):
                free = max(0, n - b)
                to = len(state) - 2 if free > w else self.place(b + free, w - free)
                out[to] += state[self.place(b, w)]
        return out

    def begins(self, n: int) -> np.ndarray:
        """Which states an arrival waits in."""
        return np.array([not (b < n and w == 0) for b in range(self.most + 1) for w in range(self.queue + 1)])

    def in_time(self, plan: tuple[int, ...]) -> np.ndarray:
        """Expected contacts answered in time, by interval of arrival."""
        state = np.zeros(self.shape[0] * self.shape[1])
        state[0] = 1.0
        out = np.zeros(len(plan))
        for i, n in enumerate(plan):
            state = self.edge(state, n)
            ahead = plan[i + 1] if i + 1 < len(plan) else n
            waits, rate, early = self.begins(n), self.rates[i], self.seconds - self.within
            step = self.within / PARTS
            out[i] = (np.append(state, 0.0) @ met_by(self, n, rate))[-1]
            state = state @ moved(self, n, rate, early)
            now = state @ moved(self, n, rate, step / 2)
            for part in range(PARTS):
                left = self.within - (part + 0.5) * step
                mine = np.append(np.where(waits, now, 0.0), [0.0, 0.0]) @ followed(self, n, left)
                mine = self.over(mine, ahead) @ followed(self, ahead, self.within - left)
                out[i] += step * (mine[-2] + now[~waits].sum())
                now = now @ moved(self, n, rate, step)
            state = state @ moved(self, n, rate, self.within)
            out[i] *= rate
        return out


@cache
def moved(day: Day, n: int, rate: float, seconds: float) -> np.ndarray:
    """What becomes of each state."""
    return expm(day.moves(n, rate) * seconds)


@cache
def followed(day: Day, n: int, seconds: float) -> np.ndarray:
    """What becomes of a tagged contact."""
    return expm(day.tagged(n) * seconds)


@cache
def met_by(day: Day, n: int, rate: float) -> np.ndarray:
    """The time in the early part of an interval, weighed by the chance that an arrival then is answered in time: the
    last column of the exponential of a generator with a state that integrates."""
    met = np.where(day.begins(n), followed(day, n, day.within)[:-2, -2], 1.0)
    size = len(met)
    wide = np.zeros((size + 1, size + 1))
    wide[:size, :size], wide[:size, size] = day.moves(n, rate), met
    return expm(wide * (day.seconds - day.within))
