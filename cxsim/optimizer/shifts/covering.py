"""The cheapest staff that covers a need: the classic layer between agents required and shifts.

Minimise cost · x with people ≥ need at every moment, the structure's own rules, and x whole. Where the need is soft:
cost · x + under · u + over · o with cover · x + u − o = need, people and need on average over each interval. The
program falls apart into blocks that share no column or row (groups, and days where no rule of the week ties them):
each is solved by itself, and the gap told is that of their sum.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.problem.structure import Structure, assemble
from cxsim.optimizer.shifts.needed import NOISE, Demand, by_group
from cxsim.optimizer.solver.program import Program
from cxsim.optimizer.solver.solve import conflict, solve

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from cxsim.optimizer.solver.program import Solution, Status

Floats = npt.NDArray[np.float64]
EPSILON = 1e-9
RANK = {"optimal": 0, "feasible": 1, "nothing": 2, "unbounded": 3, "infeasible": 4}


@dataclass(frozen=True, eq=False)
class Covering:
    """Staff that covers a need; G groups, I intervals.

    `status`, `bound` and `gap` are the solver's: `optimal` within the gap that was asked for, `feasible` where time ran
    out (rounded up from fractions where there was no time for whole numbers), `nothing` where no plan was found in it.
    `cost` is that of the staff, `objective` penalties included; `levels`
    (G, I) are agents on average over each interval, `short` and `spare` (G, I) those below and above the need of each
    group alone. `blocks` were solved by themselves.
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
    need: npt.ArrayLike | Demand,
    *,
    under: npt.ArrayLike | None = None,
    over: npt.ArrayLike = 0.0,
    integer: bool = True,
    solver: str = "highs",
    seconds: float | None = None,
    gap: float = 1e-3,
    start: npt.ArrayLike | None = None,
) -> Covering:
    """The cheapest plan of a structure with agents present ≥ `need` at every moment, fractions of a need allowed.

    `need` is a Demand, or agents of each group (G, I). `under` makes it soft, and one of averages over each interval:
    money per agent and interval below it (None: hard); `over` is money per agent above it. Both may differ by group and
    interval. `seconds` in all; `start` a plan to begin from. Raises Impossible, with the hours that nobody can reach,
    or the names of a smallest set of rules that contradict one another, where no plan exists.
    """
    began = time.perf_counter()
    demand = need if isinstance(need, Demand) else by_group(need)
    shape = (len(structure.groups), structure.n_intervals)
    same = (demand.able.shape[1], demand.agents.shape[1]) == shape
    if not same or not (np.isfinite(demand.agents).all() and (demand.agents >= 0.0).all()):
        raise ValueError(f"need: {shape[0]} × {shape[1]} numbers from 0 are expected (groups × intervals)")
    wanted = demand.alone
    program = covering_program(structure, demand, under, over, integer=integer)
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
            weight = len(columns) / max(1, sum(len(c) for c, _ in parts[k:]))
            left = max(0.1, (seconds - (time.perf_counter() - began)) * weight)
        one = solve(part, solver=solver, seconds=left, gap=gap, start=None if given is None else given[columns])
        if one.status == "infeasible":
            raise contradiction(part)
        found.append(one)
        x[columns] = one.x if one.found else _rounded_up(part, solver)
    objective = float(sum(one.objective for one in found))
    bound = float(sum(one.bound for one in found))
    missed = (objective - bound) / max(abs(objective), EPSILON)
    status: Status = max((one.status for one in found), key=RANK.__getitem__, default="optimal")
    if status == "feasible" and missed <= gap:
        status = "optimal"
    plan = x[: structure.size]
    if status == "nothing" and np.isfinite(plan).all() and not structure.broken(structure.complete(plan)):
        status = "feasible"
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


def _rounded_up(part: Program, solver: str) -> Floats:
    """Columns that keep what is required at the least: those of fractions, rounded up; NaN without any."""
    relaxed = solve(replace(part, integer=np.zeros_like(part.integer)), solver=solver)
    return np.where(part.integer, np.ceil(relaxed.x - 1e-6), relaxed.x)


def covering_program(
    structure: Structure,
    need: Floats | Demand,
    under: npt.ArrayLike | None = None,
    over: npt.ArrayLike = 0.0,
    *,
    integer: bool = True,
) -> Program:
    """The program of `cover`: the structure's columns, and those of short and spare agents where they have a price."""
    demand = need if isinstance(need, Demand) else by_group(need)
    program = structure.program()
    if not integer:
        program = replace(program, integer=np.zeros(structure.size, dtype=bool))
    if under is None:
        program = _at_every_moment(structure, demand, program)
    return program if under is None and not np.any(over) else _priced(structure, demand.alone, program, under, over)


def _at_every_moment(structure: Structure, demand: Demand, program: Program) -> Program:
    """With rows by which at every moment the people there can meet all demands, nobody counted twice."""
    from scipy.sparse import csr_array

    n = structure.n_intervals
    if structure.moments is None:
        shown = structure.labels or tuple(str(i) for i in range(n))
        of, labels, cover = np.arange(n), tuple((one, "") for one in shown), structure.cover
    else:
        moments = structure.moments()
        of, labels, cover = moments.interval, moments.labels, moments.cover
    size = len(of)
    sets, enough = demand.sets()
    wholly = bool(program.integer[np.unique(cover.indices)].all()) if cover.nnz else False
    out, unmet = program, list[tuple[str, int, float]]()
    by = [cover[g * size : (g + 1) * size] for g in range(len(structure.groups))]
    for groups, demands in sets:
        wanted = demand.agents[demands].sum(axis=0)
        asked = np.flatnonzero(wanted[of] > NOISE)
        rows = csr_array(sum((by[g][asked] for g in np.flatnonzero(groups)), csr_array((len(asked), cover.shape[1]))))
        name = " or ".join(one for one, there in zip(structure.groups, groups, strict=True) if there)
        low = _whole(rows, wanted[of[asked]]) if wholly else wanted[of[asked]]
        empty = np.diff(rows.indptr) == 0
        unmet += [(name, int(a), float(wanted[of[a]])) for a in asked[empty]]
        nobody = np.setdiff1d(np.flatnonzero(wanted > NOISE), of)
        unmet += [(name, size + int(i), float(wanted[i])) for i in nobody]
        out = _with_rows(out, rows, low, [f"need, {name} {labels[a][0]}" for a in asked])
    if unmet:
        raise _unreached(structure, labels, unmet)
    return out if enough else _allotted(out, demand, by, of, structure.groups, labels)


def _whole(rows: csr_array, low: Floats) -> Floats:
    """The least that rows whose entries are all the same can be, of whole columns, from `low` on."""
    each = np.maximum.reduceat(np.append(rows.data, 0.0), rows.indptr[:-1]) if rows.nnz else np.zeros(len(low))
    least = np.minimum.reduceat(np.append(rows.data, np.inf), rows.indptr[:-1]) if rows.nnz else each
    same = (np.diff(rows.indptr) > 0) & (each - least <= EPSILON) & (each > 0.0)
    unit = np.where(same, each, 1.0)
    return np.where(same, unit * np.ceil(low / unit - NOISE), low)


def _with_rows(program: Program, rows: csr_array, low: Floats, names: Sequence[str], high: float = np.inf) -> Program:
    from scipy.sparse import csr_array, vstack

    before = csr_array(
        (program.rows.data, program.rows.indices, program.rows.indptr), shape=(program.rows.shape[0], len(program.cost))
    )
    return replace(
        program,
        rows=csr_array(vstack([before, rows], format="csr")),
        row_low=np.concatenate([program.row_low, low]),
        row_high=np.concatenate([program.row_high, np.full(len(low), high)]),
        row_names=(*program.row_names, *names),
    )


def _with_columns(program: Program, cost: Floats, names: Sequence[str]) -> Program:
    """With further columns from 0 on, of fractions, in no row so far."""
    more = len(cost)
    return replace(
        program,
        cost=np.concatenate([program.cost, cost]),
        low=np.concatenate([program.low, np.zeros(more)]),
        high=np.concatenate([program.high, np.full(more, np.inf)]),
        integer=np.concatenate([program.integer, np.zeros(more, dtype=bool)]),
        names=(*program.names, *names),
    )


def _allotted(
    program: Program,
    demand: Demand,
    by: Sequence[csr_array],
    of: npt.NDArray[np.int64],
    groups: Sequence[str],
    labels: Sequence[tuple[str, str]],
) -> Program:
    """With a column for the people of a group that meet a demand, at every moment."""
    from scipy.sparse import csr_array, hstack

    d, g = np.nonzero(demand.able)
    size, pairs, first = len(of), len(d), len(program.cost)
    out = _with_columns(program, np.zeros(pairs * size), [f"allotted {k}" for k in range(pairs * size)])
    places = np.arange(pairs * size).reshape(pairs, size)
    for k in range(len(demand.able)):
        mine = places[d == k]
        spot = (np.ones(mine.size), (np.tile(np.arange(size), len(mine)), first + mine.ravel()))
        rows = csr_array(spot, shape=(size, len(out.cost)))
        out = _with_rows(out, rows, demand.agents[k, of], [f"need {k}, {one[0]}" for one in labels])
    for k, name in enumerate(groups):
        mine = places[g == k]
        spot = (-np.ones(mine.size), (np.tile(np.arange(size), len(mine)), mine.ravel()))
        people = csr_array(
            hstack([by[k], csr_array((size, first - by[k].shape[1])), csr_array(spot, shape=(size, pairs * size))])
        )
        out = _with_rows(out, people, np.zeros(size), [f"people of {name}, {one[0]}" for one in labels])
    return out


def _unreached(
    structure: Structure, labels: Sequence[tuple[str, str]], unmet: Sequence[tuple[str, int, float]]
) -> Impossible:
    """The error that names the hours in which agents are needed and nobody can be there."""
    shown = [*labels, *((one, "") for one in structure.labels)]
    told: dict[str, list[tuple[str, str, float]]] = {}
    last: dict[str, int] = {}
    for name, a, agents in unmet:
        spans = told.setdefault(name, [])
        start, end = shown[a]
        if spans and last[name] == a - 1 and end and spans[-1][1] == start.rpartition(" ")[2]:
            spans[-1] = (spans[-1][0], end, max(spans[-1][2], agents))
        else:
            spans.append((start, end, agents))
        last[name] = a
    parts = [
        f"{', '.join(f'{a}-{b}' if b else a for a, b, _ in spans)}, where {name} needs {max(n for *_, n in spans):g}"
        for name, spans in told.items()
    ]
    who = "shift" if structure.kind == "shifts" else "opening hour"
    fix = "allow other lengths, starts or breaks in optimize.shifts" if who == "shift" else "open at those hours"
    names = tuple(f"{name} {shown[a][0]}" for name, a, _ in unmet)
    text = f"optimize: no {who} reaches {'; nor '.join(parts)}; {fix}, or lower that requirement to 0"
    return Impossible(text, conflict=names)


def _priced(
    structure: Structure, need: Floats, program: Program, under: npt.ArrayLike | None, over: npt.ArrayLike
) -> Program:
    """With columns for agents short of a soft need and beyond any, on average over each interval, at their prices."""
    from scipy.sparse import csr_array, hstack

    wanted, size, width = need.ravel(), need.size, len(program.cost)
    names, held, soft = structure.cells, wanted > EPSILON, under is not None
    given = (0.0 if under is None else under, over)
    price, spare = (np.broadcast_to(np.asarray(each, np.float64), need.shape).ravel() for each in given)
    lacks = np.flatnonzero(held) if soft else np.zeros(0, np.int64)
    extra = np.flatnonzero(spare > 0.0)
    asked = np.flatnonzero((held & soft) | (spare > 0.0))
    titles = [*(f"short, {names[k]}" for k in lacks), *(f"spare, {names[k]}" for k in extra)]
    out = _with_columns(program, np.concatenate([price[lacks], spare[extra]]), titles)
    ones = csr_array((np.ones(len(lacks)), (lacks, np.arange(len(lacks)))), shape=(size, len(lacks)))
    less = csr_array((-np.ones(len(extra)), (extra, np.arange(len(extra)))), shape=(size, len(extra)))
    rows = csr_array(hstack([structure.cover, csr_array((size, width - structure.size)), ones, less]).tocsr()[asked])
    low = np.where(held[asked] & soft, wanted[asked], -np.inf)
    out = _with_rows(out, rows, low, [f"need, {names[k]}" for k in asked])
    high = np.where(spare[asked] > 0.0, wanted[asked], np.inf)
    return replace(out, row_high=np.concatenate([out.row_high[: -len(asked)], high]) if len(asked) else out.row_high)


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
    names = tuple(dict.fromkeys(conflict(program, seconds=seconds)))
    if not names:
        return Impossible("optimize: no staff meets all the rules; relax them one at a time")
    what = "this rule cannot be kept" if len(names) == 1 else f"these {len(names)} rules contradict one another"
    shown = "; ".join(names[:12]) + ("; …" if len(names) > 12 else "")
    return Impossible(f"optimize: {what}: {shown}; relax one of them", conflict=names)


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
        raise ValueError(
            "this table of shifts has no times of day, so cxsim cannot make a plan from it; use optimize.shifts"
        )

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
