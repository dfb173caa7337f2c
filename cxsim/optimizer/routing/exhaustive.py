"""Small cases, exactly: every strict order of ranks and every choice of skills, with every plan that costs less."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.fluid.reach import Reach
from cxsim.optimizer.problem.stage import Progress, Stage
from cxsim.optimizer.routing.moves import strict
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import routing_of
from cxsim.optimizer.search.by_cost import LIMIT, TooMany, candidates
from cxsim.optimizer.search.enumeration import Care, Judge

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

MOST_ROUTINGS = 64


@dataclass(frozen=True, eq=False)
class Found:
    """The cheapest plan `x` over all routings and the problem with its routing; None where none costs less.

    `candidates` are plans under a routing that were simulated; `whole` says whether none was left out.
    """

    problem: Problem | None
    x: Floats | None
    cost: float
    routings: int
    candidates: int
    replications: int
    whole: bool


def enumerate_routings(
    own: Problem,
    parts: Sequence[str],
    *,
    below: float = math.inf,
    care: Care | None = None,
    progress: Progress | None = None,
) -> Found | None:
    """The cheapest plan that meets the goals for less than `below` under some routing; None if there are too many.

    Plans by cost, each under every routing with different ranks until one meets the goals. `parts` are those of
    `moves.decided`. `progress` is called for every plan; False ends it. Staff is all that may cost.
    """
    every = strict(routing_of(own.scenario), parts, MOST_ROUTINGS)
    if every is None:
        return None
    care, tried = care or Care(), 0
    judges = [Judge(rerouted(own, routing), care) for routing in every]

    def ended(x: Floats | None, cost: float, problem: Problem | None = None, whole: bool = True) -> Found:
        return Found(problem, x, cost, len(every), tried, sum(judge.replications for judge in judges), whole)

    try:
        for cost, x in candidates(own.structure, Reach(own), 0.0, below, LIMIT):
            stage = Stage("enumerate", cost=below, bound=cost, met=math.isfinite(below))
            if progress is not None and progress(stage) is False:
                return ended(None, below, whole=False)
            for judge in judges:
                if tried >= LIMIT:
                    return ended(None, below, whole=False)
                tried += 1
                if judge.meets(x)[0]:
                    return ended(x, cost, judge.problem)
    except TooMany:
        return ended(None, below, whole=False)
    return ended(None, below)
