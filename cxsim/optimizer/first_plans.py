"""Plans that a search may begin with, as columns of the structure.

Today's staffing, Erlang C for each queue alone, the linear program's plan, the plan of a similar scenario, and one that
is given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.advice.rivals import erlang, today
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.goals import Goal
from cxsim.optimizer.problem.stage import Impossible, TimeUp
from cxsim.optimizer.search.calibrate import starts, stretched, whole
from cxsim.optimizer.search.starting import as_worked, columns_at, columns_of, start_of
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.plan_tables import UNFINISHED

if TYPE_CHECKING:
    from cxsim.optimizer.advice.rivals import Rival
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.run import Run

Floats = npt.NDArray[np.float64]

TODAY, ERLANG = "Today's staffing", "Erlang C per queue"
LADDER = (0.95, 0.9, 0.8, 0.65, 0.5, 0.3)  # of a figure that is to be large, tried as a start under a budget
ROPE = (0.01, 0.03, 0.1, 0.3, 1.0, 5.0, 20.0, 60.0, 180.0)  # of one that is to be small
SMALLER = (1.0, 0.97, 0.94, 0.9, 0.85, 0.8, 0.7)  # of the budget, until whole people fit into it


def usual(run: Run, name: str, seconds: float) -> Floats | None:
    """`TODAY` or `ERLANG`, found within so many seconds; None where the structure cannot have it."""
    structure = run.problem.structure
    x = as_worked(run.problem) if name == TODAY else None
    if x is not None and not structure.broken(x):
        return x
    rival = _rival(run, name, seconds)
    if rival is None:
        return None
    try:
        x = columns_of(run.problem, rival.plan, seconds)
    except TimeUp:  # another start is the first plan then
        return None
    return x if not structure.broken(x) and structure.levels(x).any() else None


def within_budget(run: Run, name: str, seconds: float) -> Floats | None:
    """`TODAY` or `ERLANG` with as many people as the budget pays for; None where that cannot be found."""
    structure, budget = run.problem.structure, optimizing(run.problem.scenario).budget
    rival = _rival(run, name, seconds)
    if rival is None or budget is None:
        return None
    try:
        x = columns_of(run.problem, rival.plan, seconds)
    except TimeUp:
        return None
    spent = structure.cost_of(x)
    for part in SMALLER if spent > 0.0 else ():
        made = whole(run.problem, x * part * budget / spent)
        if not structure.broken(made):
            return made
    return None


def _rival(run: Run, name: str, seconds: float) -> Rival | None:
    return today(run.problem) if name == TODAY else erlang(run.problem, solver=run.solver, seconds=seconds)


def near_plan(run: Run, other: Optimum, seconds: float) -> list[Floats]:
    """The people of a plan that was found for a scenario like this one; none where they cannot be had here."""
    structure = run.problem.structure
    if other.signature == structure.signature:
        x = structure.complete(other.x)
    elif other.groups == structure.groups and other.levels.shape[1] == structure.n_intervals:
        try:
            x = columns_at(run.problem, other.levels.astype(np.float64), seconds)
        except TimeUp:
            return []
    else:
        return []
    return [] if structure.broken(x) else [x]


def of_program(run: Run, replications: int) -> list[Floats]:
    """Plans of the linear program, made whole."""
    if run.program is None:  # no time for it
        return []
    if run.order is not None:  # the nearest plan: Erlang's curves have none either
        return [whole(run.problem, run.program.x)]
    if run.aim is None:
        try:
            found = starts(run.problem, replications)
        except Impossible:  # by Erlang's curves only: the fluid program has a solution
            x = whole(run.problem, run.program.x)
            return [x, stretched(run.problem, x, run.program.x, replications)]
        run.program = found[-1][1]
        return [x for x, _ in found]
    goal = run.sought.goals.goals[run.aim]
    for limit in LADDER if goal.bound == "min" else ROPE:
        asked = (*run.problem.goals.goals, Goal(goal.figure, "total", "total", "total", goal.bound, limit))
        try:
            run.program = fluid(run.problem, goals=asked, erlang="own", rounds=2, explained=False)
        except Impossible:
            continue
        break
    return [affordable(run, run.program.x)]


def affordable(run: Run, x: Floats) -> Floats:
    """Fractional columns made whole within the rules, a budget among them."""
    structure = run.problem.structure
    for made in (whole(run.problem, x), structure.complete(np.maximum(np.floor(x), np.ceil(structure.low)))):
        if not structure.broken(made):
            return made
    return made


def given(run: Run, resume: str | Path | Floats) -> list[Floats]:
    """Columns of the plan to begin from, or of both plans of a folder whose last run was interrupted."""
    if isinstance(resume, np.ndarray):
        return [resume]
    path = Path(resume)
    if path.suffix == ".json":
        x = np.array(json.loads(path.read_text(encoding="utf-8"))["x"], dtype=np.float64)
        if x.size != run.problem.structure.size:
            raise ValueError(
                f"{path}: belongs to another problem: it has {x.size} columns, not {run.problem.structure.size}"
            )
        return [x]
    under_way = path / UNFINISHED
    return [start_of(run.problem, place) for place in (path, under_way) if place == path or under_way.is_dir()]


def was_certified(path: Path) -> bool:
    """Whether a plan is the answer of a search that ended: its folder says that it was certified."""
    stored = path / "optimum.json" if path.is_dir() else path.with_name("optimum.json")
    try:
        return json.loads(stored.read_text(encoding="utf-8")).get("certified") is True
    except (OSError, ValueError):
        return False
