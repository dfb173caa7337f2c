"""What a plan of hiring does in each future: hours, overtime, temporary staff, missing hours and money.

Hours of teams go to the queues that they can serve. What is covered is a largest flow, so what is missing is, by its
smallest cut, the most by which the need of some queues exceeds the hours of all teams that serve any of them. Overtime
and temporary staff are added from the cheapest on; that is optimal, since the hours that can be covered form a
polymatroid (Edmonds 1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from cxsim.capacity.futures import Sample
from cxsim.capacity.problem import Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOLERANCE = 1e-6  # of the need of a month, and hours, that count as met


@dataclass(frozen=True)
class Cut:
    """Queues whose need only these teams can meet."""

    teams: tuple[int, ...]
    queues: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A plan in S futures; hours and money by month and future (M, S)."""

    heads: Floats  # (T, M, S) people, those in training included
    able: Floats  # (T, M, S) productive hours within the contract
    overtime: Floats  # (T, M, S) productive hours
    temps: Floats  # (T, M, S) productive hours
    missing: Floats  # hours
    missed: npt.NDArray[np.bool_]
    money: Floats  # wages, hiring, overtime and temporary staff
    price: Floats  # of missing hours

    @property
    def cost(self) -> float:
        """Mean of what is minimised: money and the price of missing hours."""
        return float((self.money + self.price).sum(axis=0).mean())

    def misses(self) -> Ints:
        """In how many futures each month is missed (M,)."""
        return np.asarray(self.missed.sum(axis=1), dtype=np.int64)


def cuts(problem: Problem) -> tuple[tuple[Cut, ...], ...]:
    """For each part of the center that shares no team with another: the cuts that can decide what is missing."""
    return _cuts(problem.serves.tobytes(), problem.serves.shape)


@lru_cache(maxsize=64)
def _cuts(data: bytes, shape: tuple[int, int]) -> tuple[tuple[Cut, ...], ...]:
    serves = np.frombuffer(data, dtype=bool).reshape(shape)
    parts: list[set[int]] = []  # of teams
    for t in range(shape[0]):
        joined = [part for part in parts if any((serves[t] & serves[o]).any() for o in part)]
        parts = [part for part in parts if part not in joined] + [{t}.union(*joined)]
    out = []
    for part in parts:
        found = []
        for size in range(1, len(part) + 1):
            for chosen in combinations(sorted(part), size):
                others = [t for t in part if t not in chosen]
                only = serves[list(chosen)].any(axis=0) & ~serves[others].any(axis=0)
                used = tuple(t for t in chosen if (serves[t] & only).any())
                if only.any() and used == chosen:
                    found.append(Cut(chosen, tuple(int(q) for q in np.flatnonzero(only))))
        out.append(tuple(found))
    return tuple(out)


def sources(problem: Problem) -> list[tuple[float, int, str]]:
    """Overtime and temporary staff, the cheapest first: cost of a productive hour, team, kind."""
    out = [(float(problem.overtime_cost[t]), t, "overtime") for t in range(len(problem.teams)) if problem.overtime[t]]
    out += [(float(problem.temps_cost[t]), t, "temps") for t in range(len(problem.teams)) if problem.temps[t].any()]
    return [one for one in sorted(out) if one[0] < problem.missing_hour]


def evaluate(hires: Ints, world: Sample) -> Outcome:
    """The outcome of a plan: hires (T, M), by the month of the class."""
    problem = world.problem
    heads, able = world.old.copy(), world.old_hours.copy()
    money = np.zeros(world.need.shape[1:])
    for t, c in zip(*np.nonzero(hires), strict=True):
        heads[t] += world.heads[t][c][hires[t, c]]
        able[t] += world.able[t][c][hires[t, c]]
        money[c] += problem.hire_cost[t] * hires[t, c]
    money += np.einsum("tm,tms->ms", problem.pay, heads)
    return _covered(problem, world.need, heads, able, money)


def _covered(problem: Problem, need: Floats, heads: Floats, able: Floats, money: Floats) -> Outcome:
    overtime, temps = np.zeros_like(able), np.zeros_like(able)
    missing = np.zeros_like(money)
    missed = np.zeros(money.shape, dtype=bool)
    added = sources(problem)
    for part in cuts(problem):
        gaps = [need[list(cut.queues)].sum(axis=0) - able[list(cut.teams)].sum(axis=0) for cut in part]
        of_part = {t for cut in part for t in cut.teams}
        left = _largest(gaps)
        for cost, t, kind in added:
            if t not in of_part:
                continue
            most = problem.overtime[t] * able[t] if kind == "overtime" else problem.temps[t][:, None]
            for gap, cut in zip(gaps, part, strict=True):
                if t in cut.teams:
                    gap -= most
            after = _largest(gaps)
            (overtime if kind == "overtime" else temps)[t] += left - after
            money = money + cost * (left - after)
            left = after
        queues = [q for cut in part for q in cut.queues]
        missed |= left > TOLERANCE * (1.0 + need[sorted(set(queues))].sum(axis=0))
        missing += left
    return Outcome(heads, able, overtime, temps, missing, missed, money, problem.missing_hour * missing)


def _largest(gaps: list[Floats]) -> Floats:
    out = np.maximum(gaps[0], 0.0)
    for gap in gaps[1:]:
        np.maximum(out, gap, out=out)
    return out
