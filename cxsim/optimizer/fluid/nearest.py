"""The plan of the fluid program that comes nearest to goals which no staff within the limits can meet together.

Each goal may lack contacts, at one price for all that is far above that of staff. Where the least that they lack
together is more than nothing, the fluid program has no plan within the limits that meets them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from cxsim.optimizer.fluid.blocks import Reference
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.fluid import Fluid, _answer
from cxsim.optimizer.fluid.rows import program_of
from cxsim.optimizer.solver.solve import solve
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.blocks import Columns
    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.solver.program import Program

Floats = npt.NDArray[np.float64]

DEAR = 10.0  # times the dearest column of staff: what a contact that a goal lacks costs
BUDGET = "budget"  # the structure's row of it
NONE = 0.01  # contacts below which a goal lacks nothing
MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class Nearest:
    """A fluid plan within the limits, and by title the contacts that each goal lacks there."""

    program: Fluid
    lacking: dict[str, float]

    @property
    def missed(self) -> float:
        """The contacts that all goals together lack at the least."""
        return sum(self.lacking.values())

    @property
    def said(self) -> str:
        """The proof in words."""
        worst = sorted(self.lacking, key=lambda title: -self.lacking[title])
        more = f" and {len(worst) - MOST_NAMED} more" if len(worst) > MOST_NAMED else ""
        return (
            "No plan within the limits on staff meets all goals; a linear program proves it. Even if every answered"
            f" contact were answered in time, the goals would miss {self.missed:,.0f} contacts together"
            f" (most of them {', '.join(worst[:MOST_NAMED])}{more}). This plan comes as close as the search could get."
            " Raise the limits, or lower the goals."
        )


def nearest(problem: Problem) -> Nearest | None:
    """The nearest plan; None where the goals can be met, or where it is not for want of staff that they cannot.

    A budget that is too small is refused with what the goals `needed`. Raises TimeUp.
    """
    if optimizing(problem.scenario).budget is not None:
        return None
    stream, asked = flows(problem.model), tuple(problem.goals.goals)
    program, columns = program_of(stream, problem, asked, erlang="none", now=Reference.of(stream, None))
    if not solve(_unlimited(program, problem), method="ipm").found:
        return None
    elastic, rows = _elastic(program, columns, DEAR * float(np.max(problem.structure.cost, initial=1.0)))
    found = solve(elastic, method="ipm")
    n = len(program.cost)
    if not found.found or found.x[n:].sum() <= NONE:
        return None
    lacking = {goal.title: float(part) for (_, goal, _), part in zip(rows, found.x[n:], strict=True) if part > NONE}
    plain = replace(found, x=found.x[:n], reduced=found.reduced[:n], objective=float(program.cost @ found.x[:n]))
    return Nearest(_answer(problem, stream, asked, program, columns, plain, "none", False, found.seconds), lacking)


def needed(problem: Problem) -> float:
    """The money for staff that the goals need at least, were it not for the budget; NaN where no money is enough."""
    stream, names = flows(problem.model), list(problem.structure.row_names)
    if BUDGET not in names:
        return float("nan")
    asked = tuple(problem.goals.goals)
    program, _ = program_of(stream, problem, asked, erlang="none", now=Reference.of(stream, None))
    row = names.index(BUDGET)
    high = program.row_high.copy()
    high[row] = np.inf
    found = solve(replace(program, row_high=high), method="ipm")
    return float((program.rows[[row]] @ found.x)[0]) if found.found else float("nan")


def _unlimited(program: Program, problem: Problem) -> Program:
    """The program without what limits staff: the rows and upper bounds of the structure, which come first."""
    n, m = problem.structure.size, len(problem.structure.row_names)
    low, high, most = program.row_low.copy(), program.row_high.copy(), program.high.copy()
    low[:m], high[:m], most[:n] = -np.inf, np.inf, np.inf
    return replace(program, row_low=low, row_high=high, high=most)


def _elastic(program: Program, columns: Columns, price: float) -> tuple[Program, list[tuple[int, Goal, float]]]:
    """The program with a column by which each goal may lack contacts; the rows of the goals."""
    rows = list(columns.goal_rows)
    sign = np.array([1.0 if goal.at_least else -1.0 for _, goal, _ in rows])
    unit = np.array([1.0 if goal.unit == "share" else max(goal.required, 1e-9) for _, goal, _ in rows])
    more = csr_array((sign * unit, ([row for row, _, _ in rows], range(len(rows)))), (program.rows.shape[0], len(rows)))
    nothing, free = np.zeros(len(rows)), np.full(len(rows), np.inf)
    return replace(
        program,
        cost=np.concatenate([program.cost, np.full(len(rows), price)]),
        low=np.concatenate([program.low, nothing]),
        high=np.concatenate([program.high, free]),
        integer=np.concatenate([program.integer, np.zeros(len(rows), bool)]),
        rows=csr_array(hstack([program.rows, more], format="csr")),
        names=[*program.names, *(f"missing, {goal.title}" for _, goal, _ in rows)],
    ), rows
