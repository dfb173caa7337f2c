"""The cheapest staff that covers a need: the classic layer between agents required and shifts.

Minimise cost · x + under · u + over · o with cover · x + u − o = need, the structure's own rules, and x whole. The
program falls apart into blocks that share no column or row (groups, and days where no rule of the week ties them):
each is solved by itself, and the gap told is that of their sum.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.staffing.stage import Impossible
from cxsim.staffing.structure import DAY, Structure, assemble, label

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.horizon import Timeline
    from cxsim.scenario.models import Scenario
    from cxsim.staffing.program import Program, Solution, Status

Floats = npt.NDArray[np.float64]
EPSILON = 1e-9
RANK = {"optimal": 0, "feasible": 1, "nothing": 2, "unbounded": 3, "infeasible": 4}


@dataclass(frozen=True, eq=False)
class Covering:
    """Staff that covers a need; G groups, I intervals.

    `status`, `bound` and `gap` are the solver's: `optimal` within the gap that was asked for, `feasible` where time ran
    out, `nothing` where no plan was found in it. `cost` is that of the staff, `objective` penalties included; `short`
    and `spare` (G, I) are agents below and above the need. `blocks` were solved by themselves.
    """

    status: Status
    x: Floats
    cost: float
    objective: float
    bound: float
    gap: float
    levels: Floats
    short: Floats
    spare: Floats
    seconds: float
    blocks: int


def cover(
    structure: Structure,
    need: npt.ArrayLike,
    *,
    under: npt.ArrayLike | None = None,
    over: npt.ArrayLike = 0.0,
    integer: bool = True,
    solver: str = "highs",
    seconds: float | None = None,
    gap: float = 1e-3,
    start: npt.ArrayLike | None = None,
) -> Covering:
    """The cheapest plan of a structure with agents present ≥ `need` (G, I), fractions allowed.

    `under` makes the need soft: money per agent and interval below it (None: hard); `over` is money per agent above it.
    Both may differ by group and interval. `seconds` in all; `start` a plan to begin from. Raises Impossible, with the
    names of a smallest set of rules that contradict one another, where no plan exists.
    """
    from cxsim.staffing.program import solve

    began = time.perf_counter()
    wanted = np.asarray(need, dtype=np.float64)
    shape = (len(structure.groups), structure.n_intervals)
    if wanted.shape != shape or not (np.isfinite(wanted).all() and (wanted >= 0.0).all()):
        raise ValueError(f"need: {shape[0]} × {shape[1]} numbers from 0 on are wanted (groups × intervals)")
    program = covering_program(structure, wanted, under, over, integer=integer)
    given = None if start is None else np.full(len(program.cost), np.nan)
    if given is not None:
        given[: structure.size] = np.asarray(start, dtype=np.float64)
    parts = blocks(program)
    x = np.zeros(len(program.cost))
    found: list[Solution] = []
    for k, (columns, rows) in enumerate(parts):
        part = part_of(program, columns, rows)
        left = None
        if seconds is not None:  # what is left, the rest of the blocks being as large as they are
            weight = len(columns) / sum(len(c) for c, _ in parts[k:])
            left = max(0.1, (seconds - (time.perf_counter() - began)) * weight)
        one = solve(part, solver=solver, seconds=left, gap=gap, start=None if given is None else given[columns])
        if one.status == "infeasible":
            raise contradiction(part)
        found.append(one)
        x[columns] = one.x
    objective = float(sum(one.objective for one in found))
    bound = float(sum(one.bound for one in found))
    missed = (objective - bound) / max(abs(objective), EPSILON)
    status: Status = max((one.status for one in found), key=RANK.__getitem__, default="optimal")
    if status == "feasible" and missed <= gap:
        status = "optimal"
    plan = x[: structure.size]
    levels = structure.levels(plan)
    return Covering(
        status=status,
        x=plan,
        cost=structure.cost_of(plan),
        objective=objective,
        bound=bound,
        gap=missed,
        levels=levels,
        short=np.maximum(0.0, wanted - levels),
        spare=np.maximum(0.0, levels - wanted),
        seconds=time.perf_counter() - began,
        blocks=len(parts),
    )


def covering_program(
    structure: Structure,
    need: Floats,
    under: npt.ArrayLike | None = None,
    over: npt.ArrayLike = 0.0,
    *,
    integer: bool = True,
) -> Program:
    """The program of `cover`: the structure's columns, then those of short and spare agents where they have a price."""
    from scipy.sparse import csr_array, hstack, vstack

    from cxsim.staffing.program import Program

    wanted = need.ravel()
    matrix = structure.cover
    if integer and under is None:  # whole people in whole intervals: so are the agents present
        fraction = np.zeros(matrix.shape[0], dtype=bool)
        entries = matrix.tocoo()
        fraction[entries.row[np.abs(entries.data - np.rint(entries.data)) > EPSILON]] = True
        wanted = np.where(fraction, wanted, np.ceil(wanted - 1e-7))
    size = matrix.shape[0]
    short = np.zeros(0) if under is None else np.broadcast_to(np.asarray(under, np.float64), need.shape).ravel()
    spare = np.broadcast_to(np.asarray(over, np.float64), need.shape).ravel()
    held = wanted > EPSILON
    lacks, extra = np.flatnonzero(held) if under is not None else np.zeros(0, np.int64), np.flatnonzero(spare > 0.0)
    asked = np.flatnonzero(held | (spare > 0.0))
    ones = csr_array((np.ones(len(lacks)), (lacks, np.arange(len(lacks)))), shape=(size, len(lacks)))
    less = csr_array((-np.ones(len(extra)), (extra, np.arange(len(extra)))), shape=(size, len(extra)))
    penalties = len(lacks) + len(extra)
    nothing = csr_array((structure.rows.shape[0], penalties))
    rows = vstack(
        [hstack([structure.rows, nothing]), hstack([matrix, ones, less]).tocsr()[asked]], format="csr"
    )
    high = np.where(spare[asked] > 0.0, wanted[asked], np.inf)
    low = np.where(held[asked], wanted[asked], -np.inf)
    names = structure.cells
    return Program(
        cost=np.concatenate([structure.cost, short[lacks] if under is not None else short, spare[extra]]),
        low=np.concatenate([structure.low, np.zeros(penalties)]),
        high=np.concatenate([structure.high, np.full(penalties, np.inf)]),
        integer=np.concatenate([structure.integer & integer, np.zeros(penalties, dtype=bool)]),
        rows=csr_array(rows),
        row_low=np.concatenate([structure.row_low, low]),
        row_high=np.concatenate([structure.row_high, high]),
        names=(*structure.names, *(f"short, {names[k]}" for k in lacks), *(f"spare, {names[k]}" for k in extra)),
        row_names=(*structure.row_names, *(f"need, {names[k]}" for k in asked)),
    )


def blocks(program: Program) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Columns and rows of the blocks of a program that share nothing; columns in no row are of the first."""
    from scipy.sparse import block_array, csr_array
    from scipy.sparse.csgraph import connected_components

    m, n = program.rows.shape
    touched = csr_array((np.ones_like(program.rows.data), program.rows.indices, program.rows.indptr), shape=(m, n))
    _, kind = connected_components(block_array([[None, touched.T], [touched, None]]), directed=False)
    alone = np.bincount(touched.indices, minlength=n) == 0
    of_columns, of_rows = kind[:n], kind[n:]
    kinds = [int(k) for k in np.unique(of_columns[~alone])]
    # A row without columns is a contradiction or says nothing: it belongs to a block of its own.
    empty = [int(k) for k in np.unique(of_rows) if k not in set(kinds)]
    out = [(np.flatnonzero((of_columns == k) & ~alone), np.flatnonzero(of_rows == k)) for k in kinds]
    out += [(np.zeros(0, np.int64), np.flatnonzero(of_rows == k)) for k in empty]
    if alone.any():
        out.append((np.flatnonzero(alone), np.zeros(0, np.int64)))
    return out


def part_of(program: Program, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> Program:
    """A program of some columns and rows of another."""
    from cxsim.staffing.program import Program

    return Program(
        cost=program.cost[columns],
        low=program.low[columns],
        high=program.high[columns],
        integer=program.integer[columns],
        rows=program.rows[rows][:, columns],
        row_low=program.row_low[rows],
        row_high=program.row_high[rows],
        names=[program.names[j] for j in columns],
        row_names=[program.row_names[i] for i in rows],
    )


def contradiction(program: Program, seconds: float = 10.0) -> Impossible:
    """The error that names a smallest set of rules that no plan can keep together."""
    from cxsim.staffing.program import conflict

    names = tuple(dict.fromkeys(conflict(program, seconds=seconds)))
    if not names:
        return Impossible("optimize: no staff meets all the rules; loosen them, one after the other")
    what = "this rule cannot be kept" if len(names) == 1 else f"these {len(names)} rules contradict one another"
    shown = "; ".join(names[:12]) + ("; …" if len(names) > 12 else "")
    return Impossible(f"optimize: {what}: {shown}; loosen one of them", conflict=names)


def check_rules(structure: Structure) -> None:
    """Raise Impossible where a structure's own rules (limits, contracts, the week, a budget) contradict one another."""
    from cxsim.staffing.program import solve

    program = structure.program()
    for columns, rows in blocks(program):
        part = part_of(program, columns, rows)
        if len(rows) and solve(part, gap=1.0, seconds=60.0).status == "infeasible":
            raise contradiction(part)


def structure_of(shifts: pd.DataFrame, intervals: Sequence[str], group: str = "agents") -> Structure:
    """A structure of one group from a table of shifts: a name, the cost of each, and 1 or 0 by interval.

    `shifts` has columns name (optional), cost, low and high (optional), and one for each of the `intervals`.
    """
    n = len(shifts)
    matrix = shifts[list(intervals)].to_numpy(dtype=np.float64).T
    where, columns = np.nonzero(matrix)
    names = [str(x) for x in shifts["name"]] if "name" in shifts else [f"shift {k + 1}" for k in range(n)]

    def bound(key: str, otherwise: float) -> Floats:
        return shifts[key].to_numpy(dtype=np.float64) if key in shifts else np.full(n, otherwise)

    def no_plan(x: Floats) -> Any:
        raise ValueError("a table of shifts has no times of day, so there is no plan of it; use optimize.shifts")

    def table(x: Floats) -> pd.DataFrame:
        return shifts.assign(agents=x.astype(int))

    return assemble(
        "shifts",
        (group,),
        len(intervals),
        cost=shifts["cost"].to_numpy(dtype=np.float64),
        low=bound("low", 0.0),
        high=bound("high", np.inf),
        integer=np.ones(n, dtype=bool),
        cover=(matrix[where, columns], where, columns),
        rows=[],
        names=names,
        labels=tuple(intervals),
        planned=no_plan,
        tabled=table,
        completed=lambda x: x,
    )


def read_need(source: str | Path | pd.DataFrame, scenario: Scenario, timeline: Timeline) -> Floats:
    """Agents needed (G, I) from a table: group, start, agents and perhaps date; or start and a column a group.

    A row holds until the next time of day in the table; fractions are kept. A day without a date holds for every day;
    groups that the table leaves out need nobody. Raises TableError for cells that are no number or time.
    """
    from cxsim.exchange.tables import read_table
    from cxsim.exchange.times import TIME_COLUMNS, step, times, told_apart

    table = read_table(source) if isinstance(source, (str, Path)) else _as_table(source)
    start = table.need(*TIME_COLUMNS)
    when = times(table, start, timeline.zone)
    width = max(step(when.seconds, timeline.interval), timeline.interval)
    by_group = table.find("group")
    out = np.zeros((len(scenario.groups), timeline.n_intervals))
    if by_group is not None:
        of = table.cells[by_group]
        agents = table.numbers(table.need("agents", "need", "count"))
        _known(table, by_group, scenario)
    for g, name in enumerate(scenario.groups):
        if by_group is None:
            column = table.find(name)
            if column is None:
                continue
            agents, of = table.numbers(column), (name,) * len(table)
        for d in range(timeline.days_before, timeline.days_before + timeline.days):
            rows = [i for i in when.calendar.rows(timeline.dates[d]) or [] if of[i] == name]
            for i, fold in told_apart(table, rows, when, start, lambda at, d=d: timeline.twice(d, at)):  # type: ignore[misc]
                at = float(when.seconds[i])
                for a, b in timeline.spans(d, at, min(at + width, DAY), fold=fold):
                    first = int((a - timeline.counted_from) // timeline.interval)
                    last = int(np.ceil((b - timeline.counted_from) / timeline.interval - EPSILON))
                    out[g, first:last] = np.maximum(out[g, first:last], agents[i])
    return np.where(timeline.open_mask, out, 0.0)


def _known(table: Any, column: str, scenario: Scenario) -> None:
    names = ", ".join(repr(name) for name in scenario.groups)
    for line, name in zip(table.lines, table.cells[column], strict=True):
        if name not in scenario.groups:
            raise table.fault(line, name, column, "is no group", f"the groups are {names}")


def _as_table(frame: pd.DataFrame) -> Any:
    from cxsim.exchange.tables import Table

    columns = tuple(str(name) for name in frame.columns)
    cells = {str(name): tuple("" if x is None or x != x else str(x) for x in frame[name]) for name in frame.columns}
    return Table(Path("need"), columns, cells, tuple(range(2, len(frame) + 2)))


def covering_table(
    covering: Covering, scenario: Scenario, timeline: Timeline, need: Floats
) -> pd.DataFrame:
    """Need, staff, short and spare agents by group and open interval."""
    import pandas as pd

    rows = [
        (name, label(timeline, int(i)), need[g, i], covering.levels[g, i], covering.short[g, i], covering.spare[g, i])
        for g, name in enumerate(scenario.groups)
        for i in np.flatnonzero(timeline.open_mask)
    ]
    return pd.DataFrame(rows, columns=["group", "interval", "need", "agents", "short", "spare"])
