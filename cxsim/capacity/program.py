"""The stochastic program: hires decided now, overtime and temporary staff in each future, as one integer program.

Sample average approximation (Kleywegt, Shapiro & Homem-de-Mello, SIAM J. Optimization 12(2), 2002). Hires of a month
are one number for all futures, so no decision knows what its future brings; overtime, temporary staff and what is
missing are decided in each future. The months missed are counted (Luedtke & Ahmed, SIAM J. Optimization 19(2), 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.capacity.futures import Sample
from cxsim.capacity.problem import Problem
from cxsim.capacity.recourse import Cut, Outcome, cuts, evaluate, sources
from cxsim.optimizer.solver.program import Builder, Solution
from cxsim.optimizer.solver.solve import solve

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SLACK = 1e-7  # of what may be missing in a month that counts as met


@dataclass(frozen=True, eq=False)
class Programmed:
    """The hires (T, M) that the program chose, and what the solver says of them; None without a plan."""

    hires: Ints | None
    bound: float  # on the mean cost in these futures; NaN where the solver does not tell
    gap: float
    optimal: bool


def limits(world: Sample, miss: float | None, allowed: float | None = None) -> Ints | None:
    """In how many futures each month may be missed (M,): the share `miss`, or what even all hires leave.

    `allowed` takes the place of `miss` where a plan must keep some distance. None where missing hours only have a
    price.
    """
    if miss is None:
        return None
    share = miss if allowed is None else allowed
    unavoidable = evaluate(most_hires(world.problem), world).misses()
    return np.maximum(int(np.floor(share * world.size + 1e-9)), unavoidable)


def most_hires(problem: Problem) -> Ints:
    """Every class as large as it may be."""
    out = np.zeros((len(problem.teams), len(problem.months)), dtype=np.int64)
    for t in range(len(problem.teams)):
        out[t, list(problem.classes(t))] = problem.at_most[t]
    return out


def optimum(
    world: Sample,
    most_missed: Ints | None,
    *,
    seconds: float | None = None,
    gap: float = 1e-3,
    start: Ints | None = None,
    solver: str = "highs",
    threads: int = 1,
) -> Programmed:
    """The cheapest hires in these futures in which each month m is missed in at most most_missed[m] of them."""
    problem = world.problem
    made = _Made(world, most_missed)
    answer = solve(
        made.build.program(),
        solver=solver,
        seconds=seconds,
        gap=gap,
        start=None if start is None else made.start(start),
        threads=threads,
    )
    if not answer.found:
        return Programmed(None, answer.bound + made.fixed, np.nan, False)
    hires = np.zeros((len(problem.teams), len(problem.months)), dtype=np.int64)
    for (t, c), columns in made.of_class.items():
        hires[t, c] = round(float(answer.x[columns].sum()))
    return _said(hires, answer, made.fixed)


def _said(hires: Ints, answer: Solution, fixed: float) -> Programmed:
    cost = answer.objective + fixed
    bound = answer.bound + fixed
    gap = (cost - bound) / max(abs(cost), 1e-9)
    return Programmed(hires, bound, gap, answer.status == "optimal")


class _Made:
    """The program: its columns and rows, and the cost that no decision changes."""

    def __init__(self, world: Sample, most_missed: Ints | None) -> None:
        self.world, self.problem = world, world.problem
        self.build = Builder()
        self.of_class: dict[tuple[int, int], Ints] = {}
        shape = world.need.shape[1:]
        self.fixed = float(np.einsum("tm,tms->s", self.problem.pay, world.old).mean())
        self._hires()
        self.able = self._able()
        self.bought = self._bought()
        parts = cuts(self.problem)
        price = self.problem.missing_hour / world.size
        size = shape[0] * shape[1]
        self.missing = [self.build.columns(size, f"missing {p}", cost=price).reshape(shape) for p in range(len(parts))]
        for p, part in enumerate(parts):
            for cut in part:
                self._cut(cut, p)
        self.counted = self._count(most_missed)

    def _hires(self) -> None:
        """A column for each person of each class, the first hired first; cost: hiring and mean wages."""
        problem, world = self.problem, self.world
        for t in range(len(problem.teams)):
            for c in problem.classes(t):
                wages = np.einsum("m,kms->k", problem.pay[t], np.diff(world.heads[t][c], axis=0)) / world.size
                n = len(wages)
                name = f"{problem.teams[t]} {problem.labels[c]}"
                own = self.build.columns(n, name, cost=wages + problem.hire_cost[t], high=1.0, integer=True)
                for k in range(1, n):
                    same = k < problem.at_least[t]
                    low = 0.0
                    self.build.row([own[k - 1], own[k]], [1.0, -1.0], low, 0.0 if same else np.inf, f"order {name} {k}")
                self.of_class[t, c] = own

    def _able(self) -> Ints:
        """Columns (T, M, S): productive hours of the people hired."""
        problem, world = self.problem, self.world
        shape = world.need.shape[1:]
        size = shape[0] * shape[1]
        out = np.stack([self.build.columns(size, f"hours {name}").reshape(shape) for name in problem.teams])
        cells = np.arange(size)
        for t in range(len(problem.teams)):
            rows, columns, values = [cells], [out[t].ravel()], [np.ones(size)]
            for c in problem.classes(t):
                added = np.diff(world.able[t][c].astype(np.float64), axis=0).reshape(-1, size)
                k, at = np.nonzero(added)
                rows.append(at)
                columns.append(self.of_class[t, c][k])
                values.append(-added[k, at])
            names = [f"hours {problem.teams[t]} {n}" for n in range(size)]
            entries = (np.concatenate(rows), np.concatenate(columns), np.concatenate(values))
            self.build.rows(*entries, 0.0, 0.0, names)
        return out

    def _bought(self) -> list[tuple[int, Ints]]:
        """Columns (M, S) of each source of further hours, with its team."""
        problem, world = self.problem, self.world
        shape = world.need.shape[1:]
        size = shape[0] * shape[1]
        out = []
        for cost, t, kind in sources(problem):
            if kind == "temps":
                most = np.repeat(problem.temps[t], shape[1])
                own = self.build.columns(size, f"temps {problem.teams[t]}", cost=cost / world.size, high=most)
            else:
                own = self.build.columns(size, f"overtime {problem.teams[t]}", cost=cost / world.size)
                cells, share = np.arange(size), problem.overtime[t]
                self.build.rows(
                    np.tile(cells, 2),
                    np.concatenate([own, self.able[t].ravel()]),
                    np.repeat([1.0, -share], size),
                    -np.inf,
                    share * world.old_hours[t].ravel(),
                    [f"overtime {problem.teams[t]} {n}" for n in range(size)],
                )
            out.append((t, own.reshape(shape)))
        return out

    def _cut(self, cut: Cut, p: int) -> None:
        """Hours of the teams, bought hours and missing hours cover the need of the queues."""
        world = self.world
        size = int(np.prod(world.need.shape[1:]))
        lack = world.need[list(cut.queues)].sum(axis=0) - world.old_hours[list(cut.teams)].sum(axis=0)
        columns = [self.able[t].ravel() for t in cut.teams]
        columns += [own.ravel() for t, own in self.bought if t in cut.teams]
        columns.append(self.missing[p].ravel())
        names = [f"cover {'+'.join(self.problem.teams[t] for t in cut.teams)} {n}" for n in range(size)]
        self.build.rows(
            np.tile(np.arange(size), len(columns)), np.concatenate(columns), 1.0, lack.ravel(), np.inf, names
        )

    def _count(self, most_missed: Ints | None) -> dict[tuple[int, int], int]:
        """A column for each month and future that may be missed or not, and the limit on their number."""
        if most_missed is None:
            return {}
        world = self.world
        none = np.zeros((len(self.problem.teams), len(self.problem.months)), dtype=np.int64)
        worst, best = evaluate(none, world), evaluate(most_hires(self.problem), world)
        out: dict[tuple[int, int], int] = {}
        for m in range(len(self.problem.months)):
            always = int(best.missed[m].sum())
            open_ends = np.flatnonzero(worst.missed[m] & ~best.missed[m])
            if always + open_ends.size <= most_missed[m]:
                continue
            own = self.build.columns(open_ends.size, f"missed {self.problem.labels[m]}", high=1.0, integer=True)
            for s, column in zip(open_ends, own, strict=True):
                largest = float(worst.missing[m, s])
                columns = [int(part[m, s]) for part in self.missing]
                self.build.row([*columns, column], [*[1.0] * len(columns), -largest], high=SLACK, name=f"miss {m} {s}")
                out[m, int(s)] = int(column)
            self.build.row(own, 1.0, high=float(most_missed[m] - always), name=f"limit {self.problem.labels[m]}")
        return out

    def start(self, hires: Ints) -> Floats:
        """A point to begin from: the hires of a plan, and which months are missed with them."""
        out = np.full(self.build.n, np.nan)
        for (t, c), columns in self.of_class.items():
            out[columns] = np.arange(columns.size) < hires[t, c]
        outcome: Outcome = evaluate(hires, self.world)
        for (m, s), column in self.counted.items():
            out[column] = float(outcome.missed[m, s])
        return out
