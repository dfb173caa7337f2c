"""The plan of the fluid program that comes nearest to goals which no staff within the limits can meet together.

Each goal may lack contacts, at one price for all that is far above that of staff. Where the least that they lack
together is more than nothing, the fluid program has no plan within the limits that meets them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

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
EPSILON = 1e-4  # of as few people, the cheaper ones
LITTLE = 0.01  # of what all limits cost, below which one is not said to hold goals back


@dataclass(frozen=True, eq=False)
class Nearest:
    """A fluid plan within the limits, and by title the contacts that each goal lacks there.

    `holding` are the limits that hold the goals back, the costliest in contacts first. `more` are people beyond each
    limit who would do, by its key, the fewest in all; empty if other limits hold the goals back too. `enough` is the
    `max` by group that they make.
    """

    program: Fluid
    lacking: dict[str, float]
    holding: tuple[str, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
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
        """Which limits hold the goals back, how many people it takes, and the lines that allow them."""
        more = f" and {len(self.holding) - MOST_NAMED} more" if len(self.holding) > MOST_NAMED else ""
        named = f"The goals are held back by {', '.join(self.holding[:MOST_NAMED])}{more}." if self.holding else ""
        if not self.more:
            return f"{named} Raise the limits, or lower the goals.".strip()
        people = sum(self.more.values())
        groups = ", ".join(f"{name}: {{max: {most}}}" for name, most in self.enough.items())
        lines = [f"write optimize: {{groups: {{{groups}}}}}"] if groups else []
        lines += [f"raise {key} by {count}" for key, count in self.more.items() if _group_of(key) not in self.enough]
        return (
            f"{named} All goals need at least {people:,} more {'person' if people == 1 else 'people'}, and a few more"
            f" because contacts are random: {' and '.join(lines)}, or lower the goals."
        ).strip()


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
    try:
        more = _people_more(program, problem)
    except TimeUp:
        more = {}
    return Nearest(answer, lacking, _holding(elastic, found, problem), more, _enough(problem, more))


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


def _people_more(program: Program, problem: Problem) -> dict[str, int]:
    """How many people beyond each limit on them would do, the fewest in all (at the least); {} if none are enough.

    A limit of several days or moments is raised on all of them; of headcounts those of all intervals, days of leave
    apart.
    """
    structure = problem.structure
    limited = [
        (row, name.split(",")[0])
        for row, name in enumerate(structure.row_names)
        if np.isfinite(structure.row_high[row])
    ]
    limited = [(row, _path(key)) for row, key in limited if key.endswith(".max")]
    high, rows = program.high.copy(), []
    if structure.kind == "headcounts":
        cover = structure.cover.tocoo()
        team = {int(j): structure.groups[int(i) // structure.n_intervals] for i, j in zip(*cover.coords, strict=True)}
        limits = dict(zip(structure.groups, _most(problem), strict=True))
        rows = [(j, _path(f"groups.{name}.max")) for j, name in team.items() if high[j] == limits[name] < np.inf]
    keys = list(dict.fromkeys(key for _, key in (*limited, *rows)))
    if not keys:
        return {}
    n, m, k = len(program.cost), program.rows.shape[0], len(keys)
    at = [(row, n + keys.index(key), -1.0) for row, key in limited]
    for number, (j, key) in enumerate(rows):
        at += [(m + number, j, 1.0), (m + number, n + keys.index(key), -1.0)]
    most = np.array([high[j] for j, _ in rows])
    high[[j for j, _ in rows]] = np.inf
    wide = program.rows.tocoo()
    where, value = (
        ([*wide.coords[0], *(a for a, _, _ in at)], [*wide.coords[1], *(b for _, b, _ in at)]),
        [*wide.data, *(v for _, _, v in at)],
    )
    found = solve(
        replace(
            program,
            cost=np.concatenate([np.zeros(n), 1.0 + EPSILON * _wages(problem, keys)]),
            low=np.concatenate([program.low, np.zeros(k)]),
            high=np.concatenate([high, np.full(k, np.inf)]),
            integer=np.zeros(n + k, dtype=bool),
            rows=csr_array((value, where), (m + len(rows), n + k)),
            row_low=np.concatenate([program.row_low, np.full(len(rows), -np.inf)]),
            row_high=np.concatenate([program.row_high, most]),
            names=[*program.names, *(f"more, {key}" for key in keys)],
            row_names=[*program.row_names, *(f"limit, {key}" for _, key in rows)],
        ),
        method="ipm",
    )
    return _whole(dict(zip(keys, found.x[n:].tolist(), strict=True))) if found.found else {}


def _wages(problem: Problem, keys: Sequence[str]) -> Floats:
    """The share of the dearest group's wages that those of each key's group are, 0 for other limits."""
    paid = dict(zip(problem.structure.groups, problem.prices.present.sum(axis=1).tolist(), strict=True))
    most = max(1e-9, *paid.values())
    return np.asarray([paid.get(_group_of(key), 0.0) / most for key in keys], dtype=np.float64)


def _path(name: str) -> str:
    """Where a scenario writes the limit of a row."""
    return f"optimize.{'shifts.' if name.startswith('contracts.') else ''}{name}"


def _whole(parts: dict[str, float]) -> dict[str, int]:
    """Whole people who are together the least whole number at or above the sum, the largest parts rounded up first."""
    total = int(np.ceil(sum(parts.values()) - 1e-6))
    out = {key: int(part + 1e-6) for key, part in parts.items()}
    for key in sorted(parts, key=lambda key: out[key] - parts[key])[: max(0, total - sum(out.values()))]:
        out[key] += 1
    return {key: people for key, people in out.items() if people}


def _enough(problem: Problem, more: Mapping[str, int]) -> dict[str, int]:
    """The `max` by group that allows so many more."""
    most = dict(zip(problem.structure.groups, _most(problem), strict=True))
    return {name: round(most[name] + count) for key, count in more.items() if (name := _group_of(key)) in most}


def _group_of(key: str) -> str:
    """The group whose limit a key is, '' if it is another limit."""
    found = re.fullmatch(r"optimize\.groups\.(.+)\.max", key)
    return found[1] if found else ""


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
        key = _path(name.partition(",")[0])
        gains[key] = gains.get(key, 0.0) + abs(float(dual)) / price
    if structure.kind == "headcounts":
        width = _width(problem)
        for g, name in enumerate(structure.groups):
            columns = slice(g * width, (g + 1) * width)
            mine = np.nan_to_num(found.reduced[columns]) * (elastic.high[columns] == most[name])  # not on days of leave
            gains[f"optimize.groups.{name}.max"] = float(np.maximum(-mine, 0.0).sum()) / price
    keys = [key for key in sorted(gains, key=lambda key: -gains[key]) if gains[key] > LITTLE * sum(gains.values())]
    shown = {f"optimize.groups.{name}.max": f" ({limit:g})" for name, limit in most.items() if np.isfinite(limit)}
    return tuple(f"{key}{shown.get(key, '')}" for key in keys)


def _width(problem: Problem) -> int:
    """How many columns each group has where headcounts are decided."""
    return int(problem.structure.integer.sum()) // len(problem.structure.groups)


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
