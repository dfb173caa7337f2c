"""A plan that somebody has, as columns of a structure: where a search begins, or what is to be certified."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model import plan as plans
from cxsim.optimizer.advice.rivals import present
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.shifts.covering import cover
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
    return scenario.vary(values)


def _kind(path: str | Path) -> str:
    return "shifts" if read_table(path).find("end", "to") else "headcounts"


def start_of(problem: Problem, path: str | Path) -> Floats:
    """Columns of the structure for a plan in a table, or in the folder of an earlier optimum.

    The folder's own columns where they fit; else the cheapest ones with the plan's agents present, as far as the
    structure's rules allow: of headcounts the plan itself.
    """
    path = Path(path)
    structure = problem.structure
    stored = path / "optimum.json" if path.is_dir() else path.with_name("optimum.json")
    if stored.exists():
        facts = json.loads(stored.read_text(encoding="utf-8"))
        x = np.array(facts.get("x", ()), dtype=np.float64)
        if x.size == structure.size and facts.get("staff") == structure.kind and not structure.broken(x):
            return structure.complete(x)
    table = path / "plan.csv" if path.is_dir() else path
    return columns_of(problem, plan_of(problem, table))


def columns_of(problem: Problem, plan: Plan, seconds: float = 30.0) -> Floats:
    """Columns of the structure with the agents of a plan, or as near above them as its rules allow in that time.

    Raises TimeUp where none are found in it.
    """
    levels, structure = present(problem, plan), problem.structure
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
