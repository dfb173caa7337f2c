"""The bound of a problem: the chain's where there is one queue and one team, else that of the linear programs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cxsim.optimizer.bounds.bound import Bound
from cxsim.optimizer.bounds.one_queue import one_queue
from cxsim.optimizer.bounds.queue_case import case_of
from cxsim.optimizer.problem.stage import TimeUp

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.problem.problem import Problem


def bound_of(problem: Problem, plain: Fluid) -> Bound:
    """The bound to print, beside that of the fluid program, which is already solved.

    A rigorous bound goes before a heuristic one; of two of the same kind the higher one.
    """
    found = [Bound(plain.bound, "rigorous" if plain.rigorous else "heuristic", "fluid")]
    case = case_of(problem)
    with suppress(TimeUp):
        chain = None if case is None else one_queue(case)
        found += [] if chain is None else [chain]
    return max(found, key=lambda one: (one.status == "rigorous", one.value))
