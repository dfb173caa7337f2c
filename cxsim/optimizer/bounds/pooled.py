"""The bound of sets of queues: no set has more in time than one queue of them all, served by all who can serve any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.optimizer.bounds.bound import Bound
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.stage import Impossible

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem

FEW = 60  # columns of whole agents up to which the program of a steady state is solved for whole agents too
SECONDS = 5.0  # for that
LARGE = 600  # queues × intervals above which fewer rounds look for unions
NEAR = ("each set of queues is taken for one Erlang queue in a steady state",)


def pooled(problem: Problem) -> Bound | None:
    """The bound of a problem; None where the program has no answer.

    Singletons, the set of all, and the unions that an answer breaks most are rows of the fluid program. Whatever the
    ranks, reserves and delays are, a set is not served by more agents than can serve it, so routing may be decided
    too.
    """
    few = problem.model.timeline.steady and int(problem.structure.integer.sum()) <= FEW
    try:
        rounds = 4 if problem.structure.n_intervals * len(problem.scenario.queues) <= LARGE else 2
        found = fluid(problem, erlang="pooled", rounds=rounds, whole=SECONDS if few else 0.0)
    except Impossible:
        return None
    return Bound(found.bound, "heuristic", "pooled", NEAR, found)
