"""The plan of the fluid program that comes nearest to goals which no staff within the limits can meet together.

Each goal may lack contacts, at one price for all that is far above that of staff. Where the least that they lack
together is more than nothing, the fluid program has no plan within the limits that meets them all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, vstack

from cxsim.optimizer.fluid.blocks import Reference
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.fluid import Fluid, _answer
from cxsim.optimizer.fluid.rows import program_of
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.problem.structure import limits_of
from cxsim.optimizer.solver.solve import solve
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.blocks import Columns
    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.solver.program import Program, Solution

Floats = npt.NDArray[np.float64]

DEAR = 10.0  # times the dearest column of staff: what a contact that a goal lacks costs
BUDGET = "budget"  # the structure's row of it
NONE = 0.01  # contacts below which a goal lacks nothing
MOST_NAMED = 3
_TEAM = re.compile(r"optimize\.groups\..*\.max\b")
LITTLE = 0.01  # of what all limits cost, below which one is not said to hold goals back


@dataclass(frozen=True, eq=False)
class Nearest:
    """A fluid plan within the limits, and by title the contacts that each goal lacks there.

    `holding` are the limits that hold the goals back, the costliest in contacts first. `enough` is a `max` by group
    with which the program meets every goal; empty if other limits hold them back too.
    """

    program: Fluid
    lacking: dict[str, float]
    holding: tuple[str, ...] = ()
    enough: Mapping[str, int] = field(default_factory=dict)

    @property
    def missed(self) -> float:
        """The contacts that all goals together lack at the least."""
        return sum(self.lacking.values())

    @property
    def said(self) -> str:
        """The proof in words, beside a plan."""
        return f"{self.proof} This plan comes as close as the search could get. {self.to_write}"

    @property
    def refusal(self) -> str:
        """The same where there is no plan."""
        return f"{self.proof} {self.to_write} cxsim optimize finds the plan that comes closest."

    @property
    def proof(self) -> str:
        """By how many contacts every plan misses the goals."""
        worst = sorted(self.lacking, key=lambda title: -self.lacking[title])
        more = f" and {len(worst) - MOST_NAMED} more" if len(worst) > MOST_NAMED else ""
        return (
            "No plan within the limits on staff meets all goals; a linear program proves it. Even if every answered"
            f" contact were answered in time, the goals would miss {self.missed:,.0f} contacts together"
            f" (most of them {', '.join(worst[:MOST_NAMED])}{more})."
        )

    @property
    def to_write(self) -> str:
        """Which limits hold the goals back, and the line that raises them."""
        more = f" and {len(self.holding) - MOST_NAMED} more" if len(self.holding) > MOST_NAMED else ""
        named = f"The goals are held back by {', '.join(self.holding[:MOST_NAMED])}{more}." if self.holding else ""
        lines = ", ".join(f"{name}: {{max: {most}}}" for name, most in self.enough.items())
        if not lines:
            return f"{named} Raise the limits, or lower the goals.".strip()
        fix = f"optimize: {{groups: {{{lines}}}}}"
        return f"{named} Write {fix}, with a few more people since contacts are random, or lower the goals.".strip()


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
    answer = _answer(problem, stream, asked, program, columns, plain, "none", False, found.seconds)
    holding = _holding(elastic, found, problem)
    return Nearest(answer, lacking, holding, _enough(program, problem) if all(map(_TEAM.match, holding)) else {})


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


def _larger(program: Program, problem: Problem) -> Program:
    """The program with a last column for each group: agents more than its limit, paid all the time."""
    structure, prices = problem.structure, problem.prices
    groups, m = len(structure.groups), program.rows.shape[0]
    key = {f"groups.{name}.max": g for g, name in enumerate(structure.groups)}
    held = [(k, key.get(_place(name))) for k, name in enumerate(structure.row_names)]
    pairs = [(k, g) for k, g in held if g is not None]
    rows, high, most = program.rows, program.row_high, program.high.copy()
    low = program.row_low
    if structure.kind == "headcounts":
        width = _width(problem)
        own = [(j, g) for g in range(groups) for j in range(g * width, (g + 1) * width) if 0.0 < most[j] < np.inf]
        at = [j for j, _ in own]
        pairs += [(m + k, g) for k, (_, g) in enumerate(own)]
        rows = vstack([rows, csr_array((np.ones(len(own)), (range(len(own)), at)), (len(own), rows.shape[1]))])
        low, high = np.append(low, np.full(len(own), -np.inf)), np.append(high, most[at])
        most[at] = np.inf
    shape = (rows.shape[0], groups)
    more = csr_array((np.full(len(pairs), -1.0), ([k for k, _ in pairs], [g for _, g in pairs])), shape)
    return replace(
        program,
        cost=np.append(program.cost, prices.present.sum(axis=1)),
        low=np.append(program.low, np.zeros(groups)),
        high=np.append(most, np.full(groups, np.inf)),
        integer=np.append(program.integer, np.zeros(groups, bool)),
        rows=csr_array(hstack([rows, more], format="csr")),
        row_low=low,
        row_high=high,
        names=[*program.names, *(f"more of {name}" for name in structure.groups)],
        row_names=[*program.row_names, *(f"limit {k}" for k in range(rows.shape[0] - m))],
    )


def _place(name: str) -> str:
    """The key of `optimize` that a row of the structure stands for."""
    key = name.partition(",")[0]
    return f"shifts.{key}" if key.startswith("contracts.") else key


def _width(problem: Problem) -> int:
    """How many columns each group has where headcounts are decided."""
    return int(problem.structure.integer.sum()) // len(problem.structure.groups)


def _enough(program: Program, problem: Problem) -> dict[str, int]:
    """The most agents at once that groups need, of those that need more than their limit; none if time is over."""
    try:
        larger = solve(_larger(program, problem), method="ipm")
    except TimeUp:
        return {}
    if not larger.found:
        return {}
    groups = problem.structure.groups
    found = zip(groups, _most(problem), larger.x[-len(groups) :], strict=True)
    return {name: math.ceil(limit + one - NONE) for name, limit, one in found if one > NONE}


def _most(problem: Problem) -> Floats:
    scenario = problem.scenario
    return limits_of(scenario, problem.model.timeline, optimizing(scenario).groups)[1]


def _holding(elastic: Program, found: Solution, problem: Problem) -> tuple[str, ...]:
    """The limits whose rise would have goals lack fewer contacts, by the contacts that one more all the time gains."""
    structure, most = problem.structure, dict(zip(problem.structure.groups, _most(problem), strict=True))
    price, gains = float(elastic.cost[-1]), dict[str, float]()
    m = len(structure.row_names)
    free = elastic.row_low[:m] < elastic.row_high[:m]  # other rows only say what follows from what
    for name, dual in zip(structure.row_names, np.nan_to_num(found.duals[:m]) * free, strict=True):
        key = _place(name)
        gains[key] = gains.get(key, 0.0) + abs(float(dual)) / price
    if structure.kind == "headcounts":
        width = _width(problem)
        for g, name in enumerate(structure.groups):
            mine = np.nan_to_num(found.reduced[g * width : (g + 1) * width])
            gains[f"groups.{name}.max"] = float(np.maximum(-mine, 0.0).sum()) / price
    keys = [key for key in sorted(gains, key=lambda key: -gains[key]) if gains[key] > LITTLE * sum(gains.values())]
    shown = {f"groups.{name}.max": f" ({limit:g})" for name, limit in most.items() if np.isfinite(limit)}
    return tuple(f"optimize.{key}{shown.get(key, '')}" for key in keys)


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
