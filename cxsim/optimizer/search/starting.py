"""A plan that somebody has, as columns of a structure: where a search begins, or what is to be certified."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from cxsim.model import plan as plans
from cxsim.model.staffing_input import Roster
from cxsim.optimizer.advice.rivals import present
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.shifts.covering import cover
from cxsim.optimizer.shifts.shift_columns import Work
from cxsim.optimizer.solver.solve import solve
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.tables.reader import read_table

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]


def plan_of(problem: Problem, path: str | Path) -> Plan:
    """The plan of a table of headcounts or shifts (a `staff.file`), over the scenario's own horizon.

    Raises ScenarioError or TableError with every fault of the table.
    """
    return plans.plan(with_staff(problem.scenario, path), problem.model.timeline)


def with_staff(scenario: Scenario, path: str | Path) -> Scenario:
    """The scenario staffed by a table, in place of what staff it has."""
    values: dict[str, object] = {"staff.file": str(Path(path).resolve()), "staff.kind": _kind(path)}
    values |= {f"groups.{name}.agents": None for name, group in scenario.groups.items() if group.agents is not None}
    staff = scenario.staff
    if staff.headcounts or staff.shifts:
        values |= {"staff.headcounts": {}, "staff.shifts": []}
    values |= {f"staff.{key}": empty for key, empty in (("columns", {}), ("carry_down", [])) if getattr(staff, key)}
    try:
        return scenario.vary(values)
    except ScenarioError as error:
        raise ScenarioError(_at_the_plan(fault, Path(path)) for fault in error.faults) from None


def _at_the_plan(fault: Fault, path: Path) -> Fault:
    """A fault of a scenario with a plan as its staff, at the plan: the scenario itself was sound before."""
    if "has no agents" in fault.rule:
        fix = "add rows for it (agents 0 if nobody works), or name a plan of this scenario"
        return Fault(str(path), "", fault.value, "is a group that has no rows in this plan", fix)
    return replace(fault, place=str(path), path="")


def _kind(path: str | Path) -> str:
    return "shifts" if read_table(path).find("end", "to") else "headcounts"


def start_of(problem: Problem, path: str | Path) -> Floats:
    """Columns of the structure for a plan in a table, or in the folder of an earlier optimum.

    The folder's own columns where they mean the same; else the cheapest ones with the plan's agents present, as far as
    the structure's rules allow: of headcounts the plan itself.
    """
    path = Path(path)
    structure = problem.structure
    stored = path / "optimum.json" if path.is_dir() else path.with_name("optimum.json")
    if stored.exists():
        facts = json.loads(stored.read_text(encoding="utf-8"))
        x = np.array(facts.get("x", ()), dtype=np.float64)
        if facts.get("signature") == structure.signature and not structure.broken(x):
            return structure.complete(x)
    table = path / "plan.csv" if path.is_dir() else path
    return columns_of(problem, plan_of(problem, table))


def as_worked(problem: Problem) -> Floats | None:
    """Columns of a shift structure for the roster as it is; None where a line of it is not among the shifts.

    Which contract and which days of work the people of a line have is not on a roster: the fewest misses decide.
    """
    structure, work = problem.structure, problem.structure.payload
    if not isinstance(work, Work):
        return None
    columns: dict[tuple[object, ...], list[int]] = {}
    for j, column in enumerate(work.columns):
        one = column.pattern
        if column.fixed is None and not one.overtime:
            columns.setdefault((column.group, column.day, one.start, one.end, one.breaks), []).append(j)
    timeline = problem.model.timeline
    roster = Roster(problem.scenario, timeline)
    people: dict[tuple[object, ...], int] = {}
    for g, name in enumerate(problem.scenario.groups):
        if not roster.has_shifts(name):
            return None
        for d in range(timeline.days):
            for line in roster.lines(name, timeline.days_before + d):
                key = (g, d, line.start, line.end, tuple(line.breaks))
                people[key] = people.get(key, 0) + line.agents
    if not people or not people.keys() <= columns.keys():
        return None
    program = structure.program()
    high = program.high.copy()
    high[: len(work.columns)] = 0.0
    for place, agents in people.items():
        high[columns[place]] = agents
    at = np.concatenate([columns[key] for key in people])
    which = np.repeat(np.arange(len(people)), [len(columns[key]) for key in people])
    same = csr_array((np.ones(len(at)), (which, at)), (len(people), structure.size))
    total = np.array(list(people.values()), dtype=np.float64)
    fixed = replace(
        program,
        cost=np.zeros_like(program.cost),
        high=high,
        rows=csr_array(vstack([program.rows, same], format="csr")),
        row_low=np.concatenate([program.row_low, total]),
        row_high=np.concatenate([program.row_high, total]),
        row_names=[*program.row_names, *(f"line {k}" for k in range(len(people)))],
    )
    found = solve(fixed, seconds=5.0)
    return np.rint(found.x) if found.found else None


def columns_of(problem: Problem, plan: Plan, seconds: float = 30.0) -> Floats:
    """Columns of the structure with the agents of a plan; see `columns_at`."""
    return columns_at(problem, present(problem, plan), seconds)


def columns_at(problem: Problem, levels: Floats, seconds: float = 30.0) -> Floats:
    """Columns with these agents (G, I), or as near above them as the structure's rules allow in that time.

    Raises TimeUp where none are found in it.
    """
    structure = problem.structure
    if structure.kind == "headcounts":  # a column is a number of agents: as they are, if the rules allow it
        covers = structure.cover.tocsc()
        cells = [covers.indices[a:b] for a, b in pairwise(covers.indptr)]
        x = structure.complete([levels.ravel()[mine].max(initial=0.0) for mine in cells])
        if not structure.broken(x):
            return structure.complete(np.rint(x))
    under = 10.0 * float(np.max(structure.cost, initial=1.0)) + 1.0
    found = cover(structure, levels, under=under, over=1e-6, seconds=seconds, gap=1e-3)
    if found.status == "nothing":
        raise TimeUp
    return structure.complete(np.rint(found.x))
