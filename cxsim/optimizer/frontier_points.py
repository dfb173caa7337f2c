"""One point of a frontier: the best plan for its goals, from several starts, with its routing where that is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.advice.advice import COMPARED, compared_on
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.routing.improve import Pass, flat_prices
from cxsim.optimizer.routing.moves import decided, whole
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import Routing, routing_of
from cxsim.optimizer.search.calibrate import starts as begun
from cxsim.optimizer.search.points import Point, Trier
from cxsim.optimizer.search.trust import Phase, Search, Wanted, search
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

LOOKS = 48  # replications of a first look
SIGMAS, CERTAIN = 1.0, 1000  # a plan keeps so many standard errors of so many replications
DEAR = 3.0  # how much a whole of missed slack counts, in parts of the cost
MENDS, FAR = 4, 0.2  # top-ups of a plan that misses by less than this (slack)
SWEEPS = 2  # over the single changes of a routing
PROGRAM = "the fluid program"


@dataclass(frozen=True, eq=False)
class Start:
    """A plan to begin from, where it comes from, and its routing."""

    x: Floats
    name: str
    routing: Routing | None = None


@dataclass(frozen=True, eq=False)
class Best:
    """The best plan found for a problem, under the routing of `problem`."""

    near: Point
    start: str
    problem: Problem


def best_plan(one: Problem, starts: Sequence[Start], solver: str) -> Best:
    """The best plan for the goals of a problem, as its scenario poses it. Raises Impossible where there is no start.

    Where the routing is decided: for a neighbour of other points first the routing, then the staff; else by turns.
    """
    begun_at = _begun(one, starts)
    parts = decided(one.scenario, optimizing(one.scenario).routing)
    own = routing_of(one.scenario)
    if not parts:
        return mended(_searched(one, begun_at, solver), solver)
    others = [start.routing for start in starts if start.routing is not None]
    if others:
        now = _routing(one, begun_at[0].x, others[-1], _routings(one, parts, others))
        best = _searched(rerouted(one, now), begun_at, solver)
    else:
        best = _searched(one, begun_at, solver)
        now = _routing(one, best.near.x, own, _routings(one, parts, others))
        if now != own:
            again = _searched(rerouted(one, now), [Start(best.near.x, best.start), *begun_at], solver)
            best = min(best, again, key=lambda each: worth(each.near))
    if best.problem is not one:
        one.trials.replications_run += best.problem.trials.replications_run
    return mended(best, solver)


def _routing(one: Problem, x: Floats, now: Routing, others: Sequence[Routing]) -> Routing:
    """The best routing for a plan, of `now` and others and what single changes make of them."""
    scale = abs(one.structure.cost_of(x)) or 1.0
    passing = Pass(one, one.structure.plan(x), flat_prices(one, scale), scale)
    found = passing.best(now, others, SWEEPS)
    one.trials.replications_run += passing.replications
    return found


def worth(point: Point) -> float:
    """The cost of a plan, dearer by what its goals lack; the less the better."""
    return point.cost * (1.0 + DEAR * float(np.maximum(0.0, -point.slack).sum()))


def _routings(one: Problem, parts: Sequence[str], others: Sequence[Routing]) -> list[Routing]:
    """Whole routings to try: of the program with the point's own goals, of resolution, and of the neighbours."""
    programs = []
    for erlang in ("own", "none"):
        try:
            programs.append(fluid(one, erlang="own" if erlang == "own" else "none", rounds=1))
        except Impossible:
            continue
    return [*whole(one, parts, *programs), *others]


def _begun(one: Problem, starts: Sequence[Start]) -> list[Start]:
    """The fluid program with the point's own rows, and the other starts.

    A warm start alone is a trap, since a plan of few experts stays one: both are tried.
    """
    try:
        return [*(Start(x, PROGRAM) for x, _ in begun(one, LOOKS, 2)[-1:]), *starts]
    except Impossible:  # of queues that share no agent: no proof that sharing them would not do
        if not starts:
            raise
        return list(starts)


def _searched(one: Problem, starts: Sequence[Start], solver: str) -> Best:
    """The best plan from several starts: the better goes on."""
    first, last = Phase("cuts", 7, LOOKS, LOOKS // 4, 2.0, 0.0), Phase("polish", 6, 6 * LOOKS, LOOKS // 3, 2.0, 0.3)
    trier = Trier(one)
    tried: list[tuple[Point, str]] = []
    for start in starts:
        run = Search(one, trier, Wanted(SIGMAS, CERTAIN), solver=solver)
        tried.append((search(run, [start.x], (first,)), start.name))
    tried.sort(key=lambda each: worth(each[0]))
    best, name = tried[0]
    return Best(search(Search(one, trier, Wanted(SIGMAS, CERTAIN), solver=solver), [best.x], (last,)), name, one)


def mended(best: Best, solver: str) -> Best:
    """The plan with people until it meets its goals on the draws it is shown by, where it misses them by little."""
    one, x = best.problem, best.near.x
    run = Search(one, Trier(one), Wanted(SIGMAS, CERTAIN), solver=solver)
    block = range(COMPARED, COMPARED + compared_on(one))
    for _ in range(MENDS):
        trial = one.trials.run(one.structure.plan(x), block)
        lacking = np.maximum(0.0, -trial.slack)
        if not lacking.any() or lacking.max() > FAR:
            break
        if run.found is None:
            run.look(best.near, Phase("polish", 1, LOOKS, LOOKS // 3, 2.0, 0.0))
        cost = one.structure.cost_of
        found = [run.topped_up(x, trial, lacking)]
        if found[0] is None or cost(found[0]) > (1.0 + one.params.cheap_repair) * cost(x):
            found.append(run.repair(x, trial, lacking))
        more = [each for each in found if each is not None]
        if not more:
            break
        x = min(more, key=cost)
    return best if x is best.near.x else Best(Trier(one)(x, best.near.trial.n), best.start, one)
