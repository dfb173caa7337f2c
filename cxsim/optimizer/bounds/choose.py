"""The bound of a problem: the chain's where there is one queue and one team, else that of the linear programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.optimizer.bounds.bound import Bound
from cxsim.optimizer.bounds.one_queue import one_queue
from cxsim.optimizer.bounds.pooled import pooled
from cxsim.optimizer.bounds.queue_case import case_of

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.problem.problem import Problem

PROVED = 1.1  # what a rigorous bound is worth against a heuristic one
FLUID = ("contacts are a fluid without chance, and intervals are taken for steady states",)


def bound_of(problem: Problem, plain: Fluid) -> Bound:
    """The bound to print, beside that of the fluid program, which is already solved.

    A rigorous bound goes before a heuristic one that is not much higher; of two of the same kind the higher one.
    Raises TimeUp where a deadline is over first.
    """
    found = [
        Bound(plain.bound, "rigorous" if plain.rigorous else "heuristic", "fluid", () if plain.rigorous else FLUID)
    ]
    case = case_of(problem)
    better = None if case is None else one_queue(case)
    if better is None:
        better = pooled(problem)
    found += [] if better is None else [better]
    return max(found, key=lambda one: one.value * (PROVED if one.status == "rigorous" else 1.0))
