"""Where a search begins: the fluid program with each reason's own Erlang curve, corrected by what simulation says.

As in the iterative scheme of Atlason, Epelman & Henderson, but on the program's belief of the service of each reason
and interval: where a plan gives less than was believed the belief is lowered, with a gain below one half, since more
falls into a two-cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.search.deferred import windows
from cxsim.optimizer.shifts.covering import cover

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

ROUNDS_WAITING = 3  # corrections where work can wait: how much of the time it waits follows from the plan before


def whole(problem: Problem, x: Floats) -> Floats:
    """Fractional columns made whole: headcounts each to the nearest, shifts to cover the same agents."""
    structure = problem.structure
    if structure.kind == "headcounts":
        return structure.complete(np.clip(np.rint(x), np.ceil(structure.low), np.floor(structure.high)))
    under = 2.0 * float(np.max(structure.cost, initial=1.0)) + 1.0
    found = cover(structure, structure.levels(x), under=under, gap=5e-3, seconds=20.0)
    if found.status == "nothing":
        raise TimeUp
    return structure.complete(np.rint(found.x))


def starts(problem: Problem, replications: int, rounds: int | None = None) -> list[tuple[Floats, Fluid]]:
    """Plans to begin from, and the programs they come from: the first as believed, the others corrected.

    The last is stretched where it is far from serving.
    """
    if rounds is None:
        least = ROUNDS_WAITING if windows(problem).any() else 0
        rounds = max(problem.params.start_rounds, least)
    out: list[tuple[Floats, Fluid]] = []
    bonus: Floats | float = 0.0
    believed: Fluid | None = None
    for number in range(1 + rounds):
        believed = fluid(
            problem,
            erlang="own",
            bonus=bonus,
            reference=believed,
            rounds=2 if number == 0 else 1,
            explained=False,
        )
        x = whole(problem, believed.x)
        out.append((x, believed))
        if number == rounds:
            break
        trial = problem.trials.run(problem.structure.plan(x), range(replications))
        bonus = np.asarray(bonus, dtype=np.float64) + problem.params.start_gain * _surprise(
            problem, believed, trial, bonus
        )
    x, believed = out[-1]
    out[-1] = stretched(problem, x, believed.x, replications), believed
    return out


def stretched(problem: Problem, x: Floats, fractional: Floats, replications: int) -> Floats:
    """A plan (N,) with everybody multiplied until no goal lacks more than `far_short`, six times at most."""
    params = problem.params
    for times in range(1, params.most_stretches + 1):
        trial = problem.trials.run(problem.structure.plan(x), range(replications))
        if trial.slack.min(initial=0.0) > -params.far_short:
            break
        larger = whole(problem, np.minimum(fractional * params.stretch**times, problem.structure.high))
        if problem.structure.broken(larger) or np.array_equal(larger, x):
            break
        x = larger
    return x


def _surprise(problem: Problem, believed: Fluid, trial: Trial, bonus: Floats | float) -> Floats:
    """Simulated less believed share in time (R, I), 0 where there are few contacts."""
    layout = problem.model.layout
    contacts = trial.contacts
    column = {name: n for n, name in enumerate(CONTACT_COLUMNS)}
    stream = believed.flows
    mine = (layout.streams[:, 0] == stream.queue_of[:, None]) & (stream.mix[:, layout.streams[:, 1]] > 0.0)
    in_time = mine @ contacts[column["in_time"]]
    offered = mine @ (contacts[column["answered"]] + contacts[column["abandoned"]])
    told = np.nan_to_num(believed.sl)
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = np.where(offered > 0.5, in_time / offered, told)
    return np.asarray(np.where((offered > 0.5) & (told > 0.0), seen - told, 0.0))
