"""The one thin door to solvers: HiGHS, and any other that PuLP knows.

HiGHS is handed whole arrays, and its status, bound, gap and duals are read from its own model: PuLP builds a
model coefficient by coefficient, some 20 µs each, drops starting points and calls a time-out optimal. Every
other solver is reached by PuLP under PuLP's name for it, in PuLP 3 and 4 alike.
"""

from __future__ import annotations

import ctypes
import inspect
import math
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cxsim.optimizer.solver.program import FEASIBILITY, Floats, Program, Solution, SolverError, Status, point, without

_ALIASES = {
    "cbc": ("PULP_CBC_CMD", "COIN_CMD"),
    "coin": ("COIN_CMD",),
    "glpk": ("GLPK_CMD", "PYGLPK"),
    "gurobi": ("GUROBI", "GUROBI_CMD"),
    "cplex": ("CPLEX_PY", "CPLEX_CMD"),
    "scip": ("SCIP_PY", "SCIP_CMD"),
    "xpress": ("XPRESS_PY", "XPRESS"),
}
_greeted = False
_threads: int | None = None  # of HiGHS; its count belongs to the process, so the first solve fixes it


def by_highs(
    program: Program,
    seconds: float | None,
    gap: float,
    start: Floats | None,
    threads: int,
    basis: object,
    method: str,
) -> Solution:
    """`program.solve` by HiGHS."""
    global _threads
    try:
        import highspy
    except ImportError:
        raise SolverError(_missing("highs", "HiGHS")) from None
    m, n = program.rows.shape
    if n == 0:
        met = bool((program.row_low <= FEASIBILITY).all() and (program.row_high >= -FEASIBILITY).all())
        return without("infeasible", program) if not met else point("optimal", program, np.empty(0), 0.0)
    _threads = _threads or threads
    whole = bool(program.integer.any())
    highs: Any = _silent(highspy)
    options: dict[str, Any] = {"output_flag": False, "threads": _threads, "random_seed": 0, "mip_rel_gap": gap}
    options |= {} if seconds is None else {"time_limit": max(0.01, float(seconds))}
    options |= {} if whole or method == "choose" else {"solver": method}
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(_highs_model(highspy, program))
    if start is not None and whole:
        known = np.flatnonzero(np.isfinite(start)).astype(np.int32)
        highs.setSolution(known.size, known, np.clip(start, program.low, program.high)[known])
    if basis is not None and not whole:
        _set_basis(highspy, highs, basis, n, m)
    highs.run()
    state = highspy.HighsModelStatus
    told = highs.getModelStatus()
    if told == state.kNotset and basis is not None:  # a basis it cannot begin from
        highs.clearSolver()
        highs.run()
        told = highs.getModelStatus()
    if told == state.kUnboundedOrInfeasible:
        highs.setOptionValue("presolve", "off")
        highs.run()
        told = highs.getModelStatus()
    for name, meant in (("infeasible", state.kInfeasible), ("unbounded", state.kUnbounded)):
        if told == meant:
            return without("infeasible" if name == "infeasible" else "unbounded", program)
    info, values = highs.getInfo(), highs.getSolution()
    x = np.array(values.col_value, np.float64)
    feasible = info.primal_solution_status == highspy.kSolutionStatusFeasible and x.size == n
    bound = info.mip_dual_bound if whole else math.nan
    if not feasible:
        return without("nothing", program, bound if whole and math.isfinite(bound) else math.nan)
    if whole:
        return point("optimal" if told == state.kOptimal else "feasible", program, x, bound)
    duals, reduced = np.array(values.row_dual, np.float64), np.array(values.col_dual, np.float64)
    status: Status = "optimal" if told == state.kOptimal else "feasible"
    bound = float(program.cost @ x) if status == "optimal" else math.nan
    return replace(point(status, program, x, bound), duals=duals, reduced=reduced, basis=highs.getBasis())


def _silent(highspy: Any) -> Any:
    """A HiGHS that prints nothing: since 1.16 the first one of a process prints a banner before it can be told not to.

    That banner would stand in the one document of `--json`, so standard output is put aside while it is made.
    """
    global _greeted
    if _greeted or os.name == "nt":
        return highspy.Highs()
    sys.stdout.flush()
    flush = ctypes.CDLL(None).fflush
    flush(None)
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        made = highspy.Highs()
        flush(None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
    _greeted = True
    return made


def _highs_model(highspy: Any, program: Program) -> Any:
    model = highspy.HighsLp()
    m, n = program.rows.shape
    model.num_col_, model.num_row_ = n, m
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.low, program.high
    model.row_lower_, model.row_upper_ = program.row_low, program.row_high
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_col_, matrix.num_row_ = n, m
    matrix.start_ = program.rows.indptr.astype(np.int32)
    matrix.index_ = program.rows.indices.astype(np.int32)
    matrix.value_ = program.rows.data
    if program.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(whole)] for whole in program.integer]
    return model


def _set_basis(highspy: Any, highs: Any, given: Any, n: int, m: int) -> None:
    """Begin from a basis; rows that it does not know are basic, columns that it does not know are at a bound."""
    kinds = highspy.HighsBasisStatus
    columns, rows = list(given.col_status), list(given.row_status)
    if len(columns) > n or len(rows) > m:
        return
    basis = highspy.HighsBasis()
    basis.col_status = columns + [kinds.kLower] * (n - len(columns))
    basis.row_status = rows + [kinds.kBasic] * (m - len(rows))
    basis.valid = True
    highs.setBasis(basis)


# --- Solvers by PuLP ------------------------------------------------------------------------------------------------


def solvers() -> list[str]:
    """Names of the solvers on this machine."""
    import pulp

    there = pulp.listSolvers(onlyAvailable=True)
    return ["HiGHS", *(name for name in there if name != "HiGHS")]


def _missing(asked: str, name: str) -> str:
    there = ", ".join(solvers()) if name != "HiGHS" else "none"
    return f"--solver {asked}: {name!r} is not installed; the installed solvers are {there}"


def check(solver: str) -> None:
    """Raise SolverError for a solver that is not there, before any work is done for it."""
    if solver.lower() != "highs":
        _named(solver)


def _named(solver: str) -> str:
    """PuLP's name of an installed solver."""
    import pulp

    known: dict[str, str] = {name.lower(): name for name in pulp.listSolvers()}
    asked = [known[name.lower()] for name in _ALIASES.get(solver.lower(), (solver,)) if name.lower() in known]
    there = set(solvers())
    for name in asked:
        if name in there:
            return name
    if not asked:
        raise SolverError(
            f"--solver {solver}: this solver is not known; the installed solvers are {', '.join(solvers())}"
        )
    raise SolverError(_missing(solver, solver))


def in_pulp(program: Program) -> tuple[Any, list[Any], list[tuple[int, str]]]:
    """The program in PuLP; its variables; and for each of PuLP's rows the number and the name it has here.

    A row with two sides becomes two.
    """
    import pulp

    problem = pulp.LpProblem("program", pulp.LpMinimize)
    kinds = ("Continuous", "Integer")
    variables = [
        problem.add_variable(name, _side(low), _side(high), cat=kinds[int(whole)])
        for name, low, high, whole in zip(
            _plain(program.names), program.low, program.high, program.integer, strict=True
        )
    ]
    affine = pulp.LpAffineExpression
    make = getattr(affine, "from_list", affine)  # PuLP 4, PuLP 3
    priced = np.flatnonzero(program.cost)
    problem.setObjective(make([(variables[k], float(program.cost[k])) for k in priced]))
    starts, columns, values = program.rows.indptr, program.rows.indices.tolist(), program.rows.data.tolist()
    placed: list[tuple[int, str]] = []
    sides = zip(_plain(program.row_names), program.row_low, program.row_high, strict=True)
    for k, (name, low, high) in enumerate(sides):
        pairs = [(variables[columns[j]], values[j]) for j in range(starts[k], starts[k + 1])]
        if not pairs:
            if low > FEASIBILITY or high < -FEASIBILITY:
                nothing = problem.add_variable(f"nothing_{k}", 0.0, 0.0)
                pairs = [(nothing, 1.0)]
            else:
                continue
        if low == high:
            problem.addConstraint(make(pairs) == float(low), name)
            placed.append((k, name))
            continue
        both = math.isfinite(low) and math.isfinite(high)
        if math.isfinite(low):
            placed.append((k, f"{name}_least" if both else name))
            problem.addConstraint(make(pairs) >= float(low), placed[-1][1])
        if math.isfinite(high):
            placed.append((k, f"{name}_most" if both else name))
            problem.addConstraint(make(pairs) <= float(high), placed[-1][1])
    return problem, variables, placed


def _plain(names: Sequence[str]) -> list[str]:
    """Names that the LP format takes, all different."""
    out, seen = [], set[str]()
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "x"
        plain = f"x{plain}" if plain[0].isdigit() else plain
        number, unique = 1, plain
        while unique in seen:
            number += 1
            unique = f"{plain}__{number}"
        seen.add(unique)
        out.append(unique)
    return out


def _side(bound: float) -> float | None:
    return float(bound) if math.isfinite(bound) else None


def by_pulp(
    program: Program, solver: str, seconds: float | None, gap: float, start: Floats | None, threads: int
) -> Solution:
    """`program.solve` by a solver of PuLP's."""
    import pulp

    name = _named(solver)

    whole = bool(program.integer.any())
    problem, variables, placed = in_pulp(program)
    wishes: dict[str, Any] = {"msg": False, "timeLimit": seconds, "gapRel": gap, "threads": threads}
    if start is not None:
        for variable, value in zip(variables, start, strict=True):
            if math.isfinite(value):
                variable.setInitialValue(float(value), check=False)
        wishes["warmStart"] = True
    began = time.perf_counter()
    try:
        said = problem.solve(_pulp_solver(name, wishes))
    except pulp.PulpError as wrong:
        raise SolverError(f"--solver {name}: it failed on this problem ({wrong}); try another, or HiGHS") from None
    elapsed = time.perf_counter() - began
    # PuLP 4 answers with statistics, PuLP 3 with a number beside which `sol_status` tells proved from found.
    proved = said.status if hasattr(said, "has_solution") else said
    reason = int(proved)
    if reason in (-1, -2):
        return without("infeasible" if reason == -1 else "unbounded", program)
    x = np.array([math.nan if v.value() is None else v.value() for v in variables], np.float64)
    if not np.isfinite(x).all() or program.violation(x) > FEASIBILITY:
        return without("nothing", program)
    best = reason == 1 and getattr(problem, "sol_status", None) in (None, 1)
    if whole and seconds is not None and elapsed >= 0.95 * seconds:
        best = False  # some doors call what they have at a time-out optimal
    told = getattr(said, "best_bound", None)
    bound = float(told) if told is not None else float(program.cost @ x) if best and not whole else math.nan
    found = point("optimal" if best else "feasible", program, x, bound)
    if whole or not found.found:
        return found
    return replace(found, duals=_pulp_duals(problem, placed, len(program.row_names)))


def _pulp_solver(name: str, wishes: dict[str, Any]) -> Any:
    """PuLP's solver with those of the wishes that it understands."""
    import pulp

    quiet = {"_skip_v4_deprecation": True} if name == "PULP_CBC_CMD" else {}
    takes = inspect.signature(type(pulp.getSolver(name, msg=False, **quiet)).__init__).parameters
    any_word = any(word.kind is inspect.Parameter.VAR_KEYWORD for word in takes.values())
    understood = {k: v for k, v in wishes.items() if v is not None and (k in takes or any_word)}
    return pulp.getSolver(name, **understood, **quiet)


def _pulp_duals(problem: Any, placed: list[tuple[int, str]], m: int) -> Floats:
    duals = np.zeros(m)
    there = problem.constraints
    rows = there() if callable(there) else there.values()
    for (k, _), row in zip(placed, rows, strict=True):
        duals[k] += math.nan if row.pi is None else row.pi
    return duals
