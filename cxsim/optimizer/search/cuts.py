"""The master program: structure, slopes at the incumbent, and cuts from every plan visited.

Around the incumbent each goal's slack is as its slopes say, a loss by fewer agents counted κ times; cuts of the other
points visited hold it down where they know better (Kelley's method, as Atlason, Epelman & Henderson use it for call
centres, *Annals of OR* 127, 2004). Far steps are not believed: a box and a budget of agents moved keep the program
near (Lemaréchal, Nemirovskii & Nesterov, *Mathematical Programming* 69, 1995, on bundle methods).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.solver.program import Builder, Solution
from cxsim.optimizer.solver.solve import solve

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.gradient import Slopes
    from cxsim.optimizer.search.points import Point

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

TINY = 1e-9  # of the staff's cost, where a figure is the objective: of equal plans the cheapest


@dataclass(frozen=True, eq=False)
class Cut:
    """A visited point's slack (K,) at levels (G, I), and the slopes (K, G, I) it is continued by."""

    levels: Floats
    slack: Floats
    slope: Floats


@dataclass(frozen=True, eq=False)
class Region:
    """Where the program may go: `box` agents up or down in a cell, `budget` agents in all; `kappa` (K,) as above."""

    box: float
    budget: float
    kappa: Floats


@dataclass(frozen=True, eq=False)
class Proposal:
    """What the program proposes: columns, the slack (K,) it expects, its objective, and the duals (K,) of the goals."""

    x: Floats
    slack: Floats
    objective: float
    duals: Floats


def cut_of(point: Point, found: Slopes, middle: float = 0.5, flat: float = 0.15) -> Cut | None:
    """The cut of a point, None where its slack is so low that it would be flat."""
    if point.slack.min(initial=0.0) < -flat:
        return None
    return Cut(point.levels, point.slack, middle * found.up + (1.0 - middle) * found.down)


def propose(
    problem: Problem,
    at: Point,
    found: Slopes,
    region: Region,
    target: Floats,
    price: Floats,
    cuts: tuple[Cut, ...] = (),
    *,
    aim: int | None = None,
    whole: bool = True,
    solver: str = "highs",
) -> Proposal | None:
    """The best plan near a point by its slopes and the cuts; None where the solver has none.

    The relaxed program is solved first; of the whole-number program only the columns around its answer and the
    incumbent remain, and the incumbent is the start. Most of what the relaxed answer gains is enough: slopes know no
    better, and the next step begins from there.
    """
    made = _Master(problem, at, found, region, target, price, cuts, aim)
    free = replace(made.program, integer=np.zeros_like(made.program.integer))
    relaxed = solve(free, solver=solver)
    if not relaxed.found:
        return None
    duals = np.abs(made.duals(relaxed))
    if not whole:
        return made.proposal(relaxed.x, relaxed.objective, duals)
    rounded = made.rounded(relaxed, solver)
    if rounded is None:
        return None
    return made.proposal(rounded.x, rounded.objective, duals)


class _Master:
    """Columns: the structure's, agents more and fewer in each cell, the shortfall of each goal."""

    def __init__(
        self,
        problem: Problem,
        at: Point,
        found: Slopes,
        region: Region,
        target: Floats,
        price: Floats,
        cuts: tuple[Cut, ...],
        aim: int | None,
    ) -> None:
        self.problem, self.at, self.found, self.region = problem, at, found, region
        self.target, self.cuts = target, cuts
        structure = problem.structure
        counted = np.tile(problem.model.timeline.open_mask, len(at.levels))
        covered = np.diff(structure.cover.indptr) > 0
        self.cells = np.flatnonzero(counted & covered)
        n, cells = len(self.cells), self.cells
        steady = problem.model.timeline.steady
        spread = float(counted.sum()) / len(at.levels) if steady else 1.0
        up, down = (part.reshape(len(part), -1)[:, cells] for part in (found.up, found.down))
        loss = np.where(down > 0.0, down * region.kappa[:, None], down)
        now = at.levels.ravel()[cells]
        build = Builder()
        money = structure.cost * TINY if aim is not None else structure.cost
        self.x = build.columns(structure.size, "x", money, structure.low, structure.high, structure.integer)
        outcome = (found.money_up.ravel()[cells], found.money_down.ravel()[cells])
        if aim is not None:
            outcome = (-up[aim], loss[aim])
        self.more = build.columns(n, "more", outcome[0], 0.0, region.box)
        self.fewer = build.columns(n, "fewer", outcome[1], 0.0, np.minimum(region.box, now))
        missing = np.where(np.arange(len(price)) == aim, 0.0, price) if aim is not None else price
        self.short = build.columns(len(price), "short", missing)
        _rows_of(build, structure.rows, structure.row_low, structure.row_high, structure.row_names)
        cover = structure.cover[cells].tocoo()
        build.rows(
            np.concatenate([cover.coords[0], np.arange(n), np.arange(n)]),
            np.concatenate([cover.coords[1], self.more, self.fewer]),
            np.concatenate([cover.data, -np.ones(n), np.ones(n)]),
            now,
            now,
            [f"levels[{k}]" for k in range(n)],
        )
        budget = region.budget * spread
        build.row(np.concatenate([self.more, self.fewer]), 1.0, high=budget, name="moved")
        k = len(price)
        self.first = build.m
        for j in range(k):
            used = np.flatnonzero((up[j] != 0.0) | (loss[j] != 0.0)) if j != aim else np.zeros(0, np.int64)
            build.row(
                np.concatenate([self.more[used], self.fewer[used], [self.short[j]]]),
                np.concatenate([up[j, used], -loss[j, used], [1.0]]),
                low=target[j] - at.slack[j] if j != aim else -np.inf,
                name=f"goal[{j}]",
            )
        self.cut_of_row: list[int] = []
        self.expected = (up, loss)
        for number, cut in enumerate(cuts):
            slope = cut.slope.reshape(k, -1)[:, cells]
            rest = _lifted(cut, slope, now - cut.levels.ravel()[cells], at.slack)
            for j in range(k):
                if j == aim:
                    continue
                used = np.flatnonzero(slope[j])
                build.row(
                    np.concatenate([self.more[used], self.fewer[used], [self.short[j]]]),
                    np.concatenate([slope[j, used], -slope[j, used], [1.0]]),
                    low=target[j] - rest[j],
                    name=f"cut[{number},{j}]",
                )
                self.cut_of_row.append(j)
        self.program = build.program()

    def duals(self, solved: Solution) -> Floats:
        """What a unit of each goal's slack is worth, cuts included."""
        k = len(self.target)
        out = np.nan_to_num(solved.duals[self.first : self.first + k])
        rest = np.nan_to_num(solved.duals[self.first + k :])
        np.add.at(out, self.cut_of_row, rest)
        return np.asarray(out)

    def rounded(self, relaxed: Solution, solver: str) -> Solution | None:
        """The whole-number program with columns between the relaxed answer, rounded either way, and the incumbent."""
        program, params = self.program, self.problem.params
        x, whole = relaxed.x, program.integer
        given = np.concatenate([self.at.x, np.full(len(x) - len(self.at.x), np.nan)])
        low, high = program.low.copy(), program.high.copy()
        mine = np.flatnonzero(whole[: len(self.at.x)])
        low[mine] = np.maximum(low[mine], np.minimum(np.floor(x[mine] + 1e-6), self.at.x[mine]))
        high[mine] = np.minimum(high[mine], np.maximum(np.ceil(x[mine] - 1e-6), self.at.x[mine]))
        wider = self.region.box + 1.0
        high[self.more] = wider
        high[self.fewer] = np.minimum(wider, self.at.levels.ravel()[self.cells])
        most = program.row_high.copy()
        most[self.first - 1] = 1.1 * most[self.first - 1] + 2.0
        tight = replace(program, low=low, high=high, row_high=most)
        gain = self.incumbent - relaxed.objective
        gap = max(params.program_gap, params.program_miss * gain / max(abs(relaxed.objective), TINY))
        for tried in (tight, program):
            found = solve(tried, solver=solver, gap=gap, seconds=params.program_seconds, start=given)
            if found.found:
                return found
        return None

    @property
    def incumbent(self) -> float:
        """The program's objective at the incumbent."""
        program = self.program
        lacking = np.maximum(self.target - self.at.slack, 0.0)
        return float(program.cost[self.x] @ self.at.x + program.cost[self.short] @ lacking)

    def proposal(self, x: Floats, objective: float, duals: Floats) -> Proposal:
        up, loss = self.expected
        more, fewer = x[self.more], x[self.fewer]
        slack = self.at.slack + up @ more - loss @ fewer
        now = self.at.levels.ravel()[self.cells]
        for cut in self.cuts:
            slope = cut.slope.reshape(len(slack), -1)[:, self.cells]
            rest = _lifted(cut, slope, now - cut.levels.ravel()[self.cells], self.at.slack)
            other = rest + slope @ (more - fewer)
            slack = np.minimum(slack, other)
        return Proposal(x[self.x], slack, objective, duals)


def _lifted(cut: Cut, slope: Floats, away: Floats, slack: Floats) -> Floats:
    """A cut's value (K,) at the incumbent, no less than what was simulated there: else its slopes are wrong."""
    return np.maximum(cut.slack + slope @ away, slack)


def _rows_of(build: Builder, rows: Any, low: Floats, high: Floats, names: tuple[str, ...]) -> None:
    """The structure's own rows."""
    if not len(names):
        return
    parts = rows.tocoo()
    build.rows(parts.coords[0], parts.coords[1], parts.data, low, high, list(names))
