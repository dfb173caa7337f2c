"""A bound from simulation: no plan costs less, if each goal's slack is a concave function of the agents.

The pooled program is held down by the slack and slopes that were simulated at plans: a cut for each goal and plan.
Where its answer is far from any plan, the slopes of a plan between the answer and the best plan known say most (in-out
separation, Ben-Ameur and Neto, Networks 49(1), 2007). A service level is concave only where it is not low, so cuts of
goals that are missed by far are left out, and no cut forbids the best plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.bounds.bound import Bound
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.search.gradient import slopes
from cxsim.optimizer.solver.solve import solve

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.blocks import Columns
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.gradient import Slopes
    from cxsim.optimizer.solver.program import Program

Floats = npt.NDArray[np.float64]

BEGINS = 7_000_000  # the first replication on which slopes are taken
INWARD = 0.35  # of the way from the best plan to the program's answer
FLAT = 0.2  # slack below which a goal's slopes say nothing
GAINS = 0.003  # of the cost that a round must bring to be followed by another
NEAR = ("service levels are taken to be concave in the agents, by slopes at simulated plans",)


@dataclass(frozen=True, eq=False)
class Cut:
    """The slack (K,) of a plan at levels (G, I), with its slopes (K, G, I)."""

    levels: Floats
    slack: Floats
    slope: Floats


def by_slopes(
    problem: Problem, x: Floats, trial: Trial, pooled: Fluid, first: Slopes, *, days: int, rounds: int
) -> Bound | None:
    """The bound by the slopes at the best plan known and at up to `rounds` more, each on so many `days`.

    `x` (N,) is that plan, `trial` its long one, `first` the slopes there, `pooled` the answer of the pooled program.
    Fewer rounds are made where one brings little or a deadline comes first; None in steady state and where the program
    has no answer.
    """
    structure = problem.structure
    if pooled.flows.steady or rounds < 0:
        return None
    best = np.asarray(structure.levels(x), dtype=np.float64)
    above = structure.cost_of(x) + float(trial.outcome.mean())
    columns, known = pooled.columns, trial.slack
    cuts = [Cut(best, known, _middle(first)[: len(known)])]
    value = -np.inf
    try:
        for number in range(rounds + 1):
            held = solve(_held(pooled.program, columns, cuts, best, known), method="ipm")
            if not held.found:
                break
            before, value = value, max(value, min(held.bound + columns.constant, above))
            if number == rounds or value - before < GAINS * abs(value):
                break
            inner = structure.complete(np.rint(x + INWARD * (held.x[columns.x] - x)))
            at = np.asarray(structure.levels(inner), dtype=np.float64)
            begins = BEGINS + number * 4 * days
            slack = problem.trials.run(structure.plan(inner), range(begins, begins + 4 * days)).slack
            found = slopes(problem, at, range(begins, begins + days), sides=(1.0,))
            cuts.append(Cut(at, slack, _middle(found)))
    except TimeUp:
        pass
    return Bound(value, "heuristic", "slopes", NEAR) if np.isfinite(value) else None


def _middle(found: Slopes) -> Floats:
    """Slopes (K, G, I) between one more and one less, without their noise.

    The program picks cells whose slopes came out too high, the more of them the more cells there are: it would buy
    slack with noise, and the bound of a week would stay close to that without slopes.
    """
    calm = found.calmed()
    return np.asarray(0.5 * (calm.up + calm.down))


def _held(program: Program, columns: Columns, cuts: list[Cut], best: Floats, known: Floats) -> Program:
    """The program with a row for each cut of a goal: slack + slopes · (levels − its own) ≥ 0."""
    from scipy.sparse import csr_array, vstack

    there = columns.levels >= 0
    rows, low = list[Floats](), list[float]()
    for cut in cuts:
        # What was simulated at the best plan is known: a cut that denies it has slopes that do not reach so far.
        lifted = np.maximum(cut.slack + np.einsum("kgi,gi->k", cut.slope, best - cut.levels), np.maximum(known, 0.0))
        for k in np.flatnonzero((cut.slack > -FLAT) & cut.slope.any(axis=(1, 2))):
            row = np.zeros(program.cost.size)
            row[columns.levels[there]] = cut.slope[k][there]
            rows.append(row)
            low.append(float((cut.slope[k] * best).sum() - lifted[k]))
    if not rows:
        return program
    return replace(
        program,
        rows=csr_array(vstack([program.rows, csr_array(np.array(rows))])),
        row_low=np.concatenate([program.row_low, low]),
        row_high=np.concatenate([program.row_high, np.full(len(low), np.inf)]),
        row_names=(*program.row_names, *(f"cut[{k}]" for k in range(len(low)))),
    )
