"""Programs solved, and why they have no solution; `solvers` is the door behind."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Literal

import numpy as np

from cxsim.optimizer import deadline
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.solver import solvers
from cxsim.optimizer.solver.program import FEASIBILITY, Floats, Numbers, Program, Solution

NEARLY = 0.95  # of the time that was left


def solve(
    program: Program,
    *,
    solver: str = "highs",
    seconds: float | None = None,
    gap: float = 1e-4,
    start: Floats | None = None,
    threads: int = 1,
    basis: object = None,
    method: Literal["choose", "simplex", "ipm"] = "choose",
) -> Solution:
    """Solve a program, in at most `seconds`, to the relative `gap` (of programs with whole numbers).

    `start` is a point to begin from (NaN: not known); `basis` that of a solution of a program with the same
    columns and perhaps further rows; `method` is for programs without whole numbers. HiGHS keeps the number
    of `threads` that the first solve of the process asked for. Raises SolverError for a solver not there, and TimeUp
    where a deadline leaves no time to find a solution.
    """
    deadline.check()
    began, left = time.perf_counter(), deadline.left()
    hurried = math.isfinite(left) and (seconds is None or left <= seconds)
    seconds = left if hurried else seconds
    if solver.lower() == "highs":
        found = solvers.by_highs(program, seconds, gap, start, threads, basis, method)
    else:
        found = solvers.by_pulp(program, solver, seconds, gap, start, threads)
    if not found.found and found.status == "nothing":
        deadline.check()
        if hurried and time.perf_counter() - began >= NEARLY * left:  # solvers end a little early
            raise TimeUp
    return replace(found, seconds=time.perf_counter() - began)


def conflict(program: Program, seconds: float | None = None) -> list[str]:
    """Names of rows that contradict one another, none of which can be left out; empty if there are none.

    Bounds of columns are taken as given. The rows that hold an elastic program back are kept first, then
    each is left out in turn (Chinneck & Dravnieks, ORSA J. Computing 3(2), 1991). `seconds` for each trial;
    a trial without an answer in it keeps its row.
    """
    kept = _support(program)
    whole = bool(program.integer.any())
    if kept is None:
        if not whole or solve(program, seconds=seconds).status != "infeasible":
            return []
        kept = np.arange(len(program.row_names))
    else:
        program = replace(program, integer=np.zeros_like(program.integer))
    size = max(1, kept.size // 2)
    while True:
        place = 0
        while place < kept.size and kept.size > 1:
            without = np.delete(kept, np.s_[place : place + size])
            if without.size and solve(_only(program, without), seconds=seconds).status == "infeasible":
                kept = without
            else:
                place += size
        if size == 1:
            return [program.row_names[k] for k in kept]
        size = max(1, size // 2)


def _only(program: Program, kept: Numbers) -> Program:
    names = [program.row_names[k] for k in kept]
    sides = program.row_low[kept], program.row_high[kept]
    nothing = np.zeros_like(program.cost)
    return replace(program, cost=nothing, rows=program.rows[kept], row_low=sides[0], row_high=sides[1], row_names=names)


def _support(program: Program) -> Numbers | None:
    """The rows of a proof that no x, whole or not, meets all; None if some does.

    With the least sum of misses at prices 1, rows of price 0 are not held: the others alone are contradictory.
    """
    from scipy.sparse import hstack, identity

    m, n = program.rows.shape
    slack = identity(m, format="csr")
    elastic = Program(
        cost=np.concatenate([np.zeros(n), np.ones(2 * m)]),
        low=np.concatenate([program.low, np.zeros(2 * m)]),
        high=np.concatenate([program.high, np.full(2 * m, np.inf)]),
        integer=np.zeros(n + 2 * m, bool),
        rows=hstack([program.rows, slack, -slack], format="csr"),
        row_low=program.row_low,
        row_high=program.row_high,
        names=[*program.names, *(f"miss[{k}]" for k in range(2 * m))],
        row_names=program.row_names,
    )
    best = solve(elastic)
    if best.status != "optimal" or best.objective <= FEASIBILITY:
        return None
    return np.flatnonzero(np.abs(best.duals) > 1e-9)
