"""Small cases, exactly: every strict order of ranks and every choice of skills, with every plan that costs less."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.problem.stage import Impossible, Progress
from cxsim.optimizer.routing.moves import strict
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import routing_of
from cxsim.optimizer.search.enumeration import enumerate_plans

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

MOST_ROUTINGS = 64


@dataclass(frozen=True, eq=False)
class Found:
    """The cheapest plan `x` over all routings and the problem with its routing; None where none costs less.

    `whole` says whether every plan of every routing was looked at.
    """

    problem: Problem | None
    x: Floats | None
    cost: float
    routings: int
    candidates: int
    replications: int
    whole: bool


def enumerate_routings(
    own: Problem, parts: Sequence[str], *, below: float = math.inf, progress: Progress | None = None
) -> Found | None:
    """The cheapest plan that meets the goals for less than `below`, whatever the routing; None if there are too many.

    `parts` are those of `moves.decided`; ranks are all different. `progress` as for `enumerate_plans`. Raises
    ValueError as that does.
    """
    every = strict(routing_of(own.scenario), parts, MOST_ROUTINGS)
    if every is None:
        return None
    best: tuple[Problem, Floats] | None = None
    cost, tried, run, whole = below, 0, 0, True
    for routing in every:
        problem = rerouted(own, routing)
        try:
            found = enumerate_plans(problem, below=cost, progress=progress)
        except Impossible:
            continue
        tried, run = tried + found.candidates, run + found.replications
        if found.status == "exact" and found.x is not None:
            best, cost = (problem, problem.structure.complete(found.x)), found.cost
        whole &= found.status in ("exact", "none")
        if found.status == "stopped":
            break
    return Found(*(best or (None, None)), cost, len(every), tried, run, whole)
