"""The door to solvers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from staffing.programs import lp_text

from cxsim.optimizer.solver import program as door
from cxsim.optimizer.solver.program import Builder, SolverError
from cxsim.optimizer.solver.solve import conflict, solve
from cxsim.optimizer.solver.solvers import by_pulp, solvers

# P8 of the public reference: eight shifts of a bank's Wednesday (Miller 2015, ch. 6).
COST = [252, 288, 180, 180, 180, 288, 288, 288]
NEED = [0, 0, 0, 0, 0, 0, 1, 4, 8, 9, 10, 9, 8, 16, 10, 10, 6, 7, 8, 8, 6, 6, 5, 4]
SPAN = [(0, 6), (6, 12), (8, 14), (10, 16), (12, 18), (14, 20), (16, 22), (18, 24)]  # hours of each shift


def bank(whole=True):
    build = Builder()
    shifts = build.columns(8, "shift", COST, integer=whole)
    for hour, need in enumerate(NEED):
        here = [k for k, (a, b) in enumerate(SPAN) if a <= hour < b]
        build.row(shifts[here], 1.0, low=need, name=f"need {hour}:00")
    return build.program()


def hard(n=60, m=30, seed=3):
    """A program with whole numbers that takes long to prove: market split."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 100, (m, n)).astype(float)
    build = Builder()
    x = build.columns(n, "x", 0.0, 0, 1, True)
    miss = build.columns(2 * m, "miss", 1.0)
    for k in range(m):
        half = float(weights[k].sum() // 2)
        build.row([*x, miss[2 * k], miss[2 * k + 1]], [*weights[k], 1.0, -1.0], half, half, f"split {k}")
    return build.program()


def test_the_banks_shifts_cost_6336_and_so_does_the_relaxation():
    found = solve(bank())
    assert (found.status, found.objective, found.bound, found.gap) == ("optimal", 6336.0, 6336.0, 0.0)
    assert np.isnan(found.duals).all()
    relaxed = solve(bank(whole=False))
    assert relaxed.objective == pytest.approx(6336.0)
    assert relaxed.duals @ np.array(NEED, float) == pytest.approx(6336.0)  # strong duality


def test_another_solver_agrees_through_pulp():
    for name in [name for name in solvers() if name != "HiGHS"]:
        assert solve(bank(), solver=name, seconds=60).objective == pytest.approx(6336.0)
    for whole in (True, False):
        found = by_pulp(bank(whole), "HiGHS", 60.0, 1e-4, None, 1)
        assert (found.status, found.objective) == ("optimal", pytest.approx(6336.0))
    assert by_pulp(bank(False), "HiGHS", None, 1e-4, None, 1).duals == pytest.approx(solve(bank(False)).duals)


def test_a_time_out_is_never_called_optimal():
    found = solve(hard(), seconds=0.5)
    assert found.status in ("feasible", "nothing")
    if found.found:
        assert found.gap > 0.0
        assert found.bound < found.objective


def test_a_time_out_keeps_the_start_it_was_given():
    program = hard()
    x = np.zeros(60)
    rest = program.row_low - program.rows[:, :60] @ x
    start = np.concatenate([x, np.column_stack([np.maximum(rest, 0), np.maximum(-rest, 0)]).ravel()])
    found = solve(program, seconds=0.5, start=start)
    assert found.status == "feasible"
    assert found.objective <= program.cost @ start + 1e-6


def test_part_of_a_start_is_enough():
    program = hard()
    start = np.full(program.cost.size, math.nan)
    start[:60] = 0.0
    assert solve(program, seconds=0.5, start=start).status == "feasible"


def test_infeasible_and_unbounded_are_told_apart():
    build = Builder()
    x = build.columns(1, "x", -1.0)
    assert solve(build.program()).status == "unbounded"
    build.row(x, 1.0, low=2.0)
    build.row(x, 1.0, high=1.0)
    found = solve(build.program())
    assert found.status == "infeasible"
    assert not found.found
    assert np.isnan(found.x).all()
    assert by_pulp(build.program(), "HiGHS", None, 1e-4, None, 1).status == "infeasible"


def test_no_columns_are_a_program_too():
    build = Builder()
    assert solve(build.program()).objective == 0.0


def test_a_missing_solver_is_named_with_those_that_are_there():
    there = " ".join(solvers()).lower()
    missing = next(name for name in ("gurobi", "cplex", "xpress") if name not in there)
    says = f"--solver {missing}: '{missing}' is not installed; the installed solvers are HiGHS"
    with pytest.raises(SolverError, match=says):
        solve(bank(), solver=missing)
    with pytest.raises(SolverError, match="--solver abacus: this solver is not known"):
        solve(bank(), solver="abacus")


def test_a_point_that_breaks_a_row_is_nothing():
    program = bank(whole=False)
    assert door.point("optimal", program, np.zeros(8), 0.0).status == "nothing"
    assert door.point("optimal", program, np.full(8, math.nan), 0.0).status == "nothing"


def test_a_basis_starts_a_program_with_more_rows():
    build = Builder()
    x = build.columns(8, "shift", COST)
    for hour, need in enumerate(NEED):
        build.row(x[[k for k, (a, b) in enumerate(SPAN) if a <= hour < b]], 1.0, low=need)
    first = solve(build.program())
    build.row(x, 1.0, low=30.0)
    again, cold = solve(build.program(), basis=first.basis), solve(build.program())
    assert again.objective == pytest.approx(cold.objective)


def test_the_smallest_conflict_is_named():
    """Five or more of two, at most two of each: three rows, none of which can go; the fourth is no part of it."""
    build = Builder()
    x = build.columns(2, "x", 1.0, 0, 10)
    build.row(x, 1.0, low=5.0, name="five or more")
    build.row(x[:1], 1.0, high=2.0, name="at most two early")
    build.row(x[1:], 1.0, high=2.0, name="at most two late")
    build.row(x, [1.0, -1.0], -3.0, 3.0, "even")
    assert conflict(build.program()) == ["five or more", "at most two early", "at most two late"]
    assert conflict(bank()) == []


def test_a_conflict_of_whole_numbers_alone_is_found():
    build = Builder()
    x = build.columns(2, "x", 1.0, 0, 10, True)
    build.row(x, 2.0, 5.0, 5.0, "an odd number in pairs")
    build.row(x, [1.0, -1.0], -3.0, 3.0, "even")
    assert solve(replace(build.program(), integer=np.zeros(2, bool))).found
    assert conflict(build.program()) == ["an odd number in pairs"]


def test_leaving_out_any_row_of_a_conflict_resolves_it():
    rng = np.random.default_rng(5)
    for _ in range(5):
        build = Builder()
        x = build.columns(6, "x", 1.0, 0.0, 5.0)
        for k in range(25):
            of = rng.integers(-3, 4, 6).astype(float)
            build.row(x, of, low=float(rng.integers(-4, 12)), name=f"r{k}")
        program = build.program()
        rows = conflict(program)
        assert bool(rows) == (solve(program).status == "infeasible")
        at = [program.row_names.index(name) for name in rows]
        for out in at:
            kept = [k for k in at if k != out]
            less = replace(
                program,
                rows=program.rows[kept],
                row_low=program.row_low[kept],
                row_high=program.row_high[kept],
                row_names=[program.row_names[k] for k in kept],
            )
            assert solve(less).status == "optimal"


def test_names_that_the_lp_format_does_not_take_are_made_plain_and_different():
    build = Builder()
    x = build.columns(2, ["agents, front 08:00", "agents: front 08/00"], 1.0)
    build.row(x, 1.0, 1.0, 2.0, "08:00")
    text = lp_text(build.program())
    assert "agents_front_08_00 + agents_front_08_00__2" in text
    assert "x08_00_least: agents" in text
    assert "x08_00_most: agents" in text
