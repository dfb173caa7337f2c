"""Routing and staffing by turns: a better routing for the staffing, then less staff for the routing.

The search under the scenario's own routing comes first and stays one of the answers, so that deciding the routing
never makes a plan dearer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.problem.stage import TimeUp, failure
from cxsim.optimizer.routing.exhaustive import Found, enumerate_routings
from cxsim.optimizer.routing.improve import Pass, flat_prices
from cxsim.optimizer.routing.moves import decided, whole
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import Routing, routing_of
from cxsim.optimizer.run import sought_by
from cxsim.optimizer.search.points import prices_of
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.known_plans import Known
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.run import Run
    from cxsim.optimizer.search.trust import Search

Floats = npt.NDArray[np.float64]

TURNS = 3
GAIN = 5e-4  # of the cost, that a turn must bring for another to follow


@dataclass(frozen=True, eq=False)
class Route:
    """A routing with the best plan found under it: the problem, the plans known of it, and its search."""

    problem: Problem
    known: Known
    search: Search
    pays: bool = False  # its routing is worth more than the one before, with the staff of that one's plan

    @property
    def cost(self) -> float:
        """Money for the staff of its plan."""
        return self.problem.structure.cost_of(self.known.best)

    def beats(self, other: Route) -> bool:
        """Whether its plan is better: it met the goals when it was simulated and the other did not, or is cheaper.

        Of equal plans that under a routing that pays: it has slack that its proof need not pay for.
        """
        missed, theirs = self.known.meeting is None, other.known.meeting is None
        less = -1e-9 if not self.pays or other.pays else 1e-9 * abs(other.cost)
        return missed < theirs or (missed == theirs and self.cost < other.cost + less)


Again = Callable[[Floats], tuple["Known", "Search"]]  # another search, from a plan, under the run's routing


def leave_time(run: Run) -> None:
    """Have the first search end in half of its time where the routing is decided after it."""
    params = run.params
    if run.seconds is not None and optimizing(run.problem.scenario).routing:
        share = max(params.presolve_share, 0.5 * params.search_share)
        run.take(replace(run.problem, params=replace(params, search_share=share)))


def routed(run: Run, known: Known, search: Search, again: Again, given: Routing | None = None) -> list[Route]:
    """The plans to choose from, the best first: one under a better routing, where one is found, and the own one.

    `given` is a routing to try beside those of the linear program. Leaves the run with the first one's problem.
    """
    run.take(replace(run.problem, params=run.params))
    own = Route(run.problem, known, search)
    parts = decided(run.problem.scenario, optimizing(run.problem.scenario).routing)
    if not parts or run.stopped or run.unreachable:
        return [own]
    best = own
    run.until(run.problem.params.search_share)
    try:
        for other in _turns(run, own, parts, again, given):
            if other.beats(best) or (run.aim is not None and other is not best):
                best = other
    except TimeUp:
        pass
    except Exception as error:  # the plan under the own routing stands
        run.messages.append(f"{failure('The search for a better routing', error)}: the plan may keep the current one.")
    run.until(None)
    run.take(best.problem)
    if best is own:
        run.messages.append("No change of the routing was found that makes the plan cheaper.")
        return [own]
    if run.aim is None:
        currency = run.problem.scenario.currency
        run.messages.append(
            f"With the current routing, the best plan found costs {own.cost:,.2f} {currency} for staff."
        )
    return [best, own]


def improved(
    problem: Problem, plan: Plan, scale: float, program: Fluid | None, told: Callable[[], bool] | None = None
) -> Problem:
    """The problem under the best routing found for a plan that stays as it is; `scale` is the cost of its staff."""
    parts = decided(problem.scenario, optimizing(problem.scenario).routing)
    passing_ = Pass(problem, plan, flat_prices(problem, scale or 1.0), scale or 1.0, told=told)
    found = passing_.best(routing_of(problem.scenario), whole(problem, parts, program))
    problem.trials.replications_run += passing_.replications
    return rerouted(problem, found)


def _turns(run: Run, own: Route, parts: tuple[str, ...], again: Again, given: Routing | None) -> Iterator[Route]:
    """One better pair of routing and staffing after another."""
    now = own
    for turn in range(TURNS):
        if not run.in_time() or run.stopped:
            return
        every = _every(run, own.problem, now, parts) if turn == 0 else None
        if every is not None and every.problem is not None and every.x is not None:
            run.take(every.problem)
            now = Route(run.problem, *again(every.x))
            yield now
        if every is not None and every.whole and not {"reserves", "delays"} & set(parts):
            return
        here = routing_of(now.problem.scenario)
        pass_ = passing(run, own.problem, now)
        given_ = [] if given is None else [given]
        starts = [*given_, *whole(own.problem, parts, run.program)] if turn == 0 else []
        better = pass_.best(here, starts)
        run.problem.trials.replications_run += pass_.replications
        if better == here:
            return
        run.take(rerouted(own.problem, better))
        found = Route(run.problem, *again(now.known.best), pays=True)
        if found.search.found is None:  # cut off before its own: those under the routing before are near them
            found.search.seen, found.search.found = now.search.seen, now.search.found
        if run.aim is None and found.cost > now.cost and found.known.meeting is not None:
            found.known.best = now.known.best  # a search that was cut off ends no worse than where it began
        if run.aim is None and found.cost > now.cost * (1.0 - GAIN):
            if found.beats(now):
                yield found
            return
        now = found
        yield now


def passing(run: Run, own: Problem, now: Route) -> Pass:
    """A pass over the routings for the staffing of a route, with the prices that its search has learned."""
    sought, structure = run.sought, own.structure
    scale = abs(now.cost) or 1.0
    prices = flat_prices(sought, scale)
    if now.search.found is not None:
        prices = prices_of(sought, now.search.found, run.aim)
    if run.aim is not None:
        prices[run.aim] = 1.0
    posed = own if run.aim is None else sought_by(own)[0]

    def told() -> bool:
        return run.in_time() and run.note("routing", now.cost)

    return Pass(posed, structure.plan(now.known.best), prices, scale, run.aim, told)


def _every(run: Run, own: Problem, now: Route, parts: tuple[str, ...]) -> Found | None:
    """Of a small case all plans below the one known, under every strict routing; None where it is not small."""
    structure = own.structure
    if int(structure.integer.sum()) > own.params.small_columns or run.aim is not None:
        return None
    if own.prices.cells(own.goals.places)[1].any():
        return None
    found = enumerate_routings(own, parts, below=now.cost, progress=lambda stage: run.tell(stage) and run.in_time())
    if found is not None:
        run.problem.trials.replications_run += found.replications
        run.messages.append(
            f"{found.routings} routings with different ranks were tried, with {found.candidates:,} cheaper plans."
        )
    return found
