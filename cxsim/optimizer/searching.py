"""The search as one stage of an optimization: starts, phases, enumeration where the case is small, known plans.

A time limit that is longer than a search needs is used for further searches, each on draws of its own: what chance
there is in slopes leads them to different plans.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.known_plans import Known
from cxsim.optimizer.problem.stage import TimeUp, failure
from cxsim.optimizer.proving import proved
from cxsim.optimizer.search.enumeration import enumerate_plans
from cxsim.optimizer.search.exchanges import Exchanging, exchanges_of
from cxsim.optimizer.search.points import FIRST, Point, Trier
from cxsim.optimizer.search.shortfall import order_of
from cxsim.optimizer.search.trust import SLOPES_FROM, Search, Wanted, fitted, nearing, phases
from cxsim.optimizer.search.trust import search as search_from
from cxsim.scenario.model.optimizing import optimizing
from cxsim.storage.folders import write_file

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.run import Run

Floats = npt.NDArray[np.float64]

SIMULATED = 0.8  # of the time for the search that goes to simulation; the rest is for programs
MANY = 10_000_000  # replications, more than any search asks for
SEARCHES = 16  # at most
IN_VAIN = 3  # searches in a row without a cheaper plan that are the last
AGAIN = 1.2  # times as long as the longest search so far, that must be left for another
APART = 20_000  # replications from the first of a search, and of its slopes, to those of the next
LATER = SLOPES_FROM + (SEARCHES - 1) * APART  # replications of further searches begin `APART` after it: past all slopes


def searched(
    run: Run,
    resume: str | Path | Optimum | Floats | None,
    checkpoint: str | Path | None,
    thorough: float,
    confidence: float,
    keep: Callable[[Point], None],
    draws: int = 0,
) -> tuple[Known, Search]:
    """The plans that are known after the search, the best of them its answer, and the search, which can repair it.

    `keep` is given the plan that would be the answer so far, after each round. `draws` numbers the searches: each has
    replications of its own.
    """
    problem = run.sought
    groups, timeline = len(problem.structure.groups), problem.model.timeline
    cells = groups * (1 if timeline.steady else int(timeline.open_mask.sum()))
    params = problem.params
    days = max(timeline.days, 1)
    plan = phases(run.contacts, groups, cells, thorough, params.full_size, days)
    kept = Path(checkpoint) if checkpoint is not None else None
    first, slopes_first = own_draws(draws)
    trier = Trier(problem, run.aim, first=first)
    under_way = Search(problem, trier, Wanted(run.errors(confidence) + params.cushion, run.most), run.solver)
    under_way.taken = slopes_first - SLOPES_FROM
    known = Known(run, trier, under_way.wanted, plan[0].values, confidence, keep)

    def told(phase: str, point: Point, target: Floats) -> bool:
        known.visited(point, target)
        if kept is not None:
            write_checkpoint(kept, point.x)
        return run.note(phase, point.cost, point.trial, target) and run.in_time()

    under_way.told = told
    try:
        if run.unreachable:
            plan = nearing(plan[0])
            under_way.order = known.order = run.order = order_of(problem, trier.first)
            shifts = exchanges_of(problem.structure)
            under_way.exchanging = None if shifts is None else Exchanging(shifts)
        starts = known.starts(resume)
        if known.near and not run.unreachable:
            plan = plan[-1:]  # those before bring a plan near the best one
        under_way.wanted = known.wanted = replace(known.wanted, replications=run.most)  # the pace is known now
        if run.seconds is not None and not draws:
            colours = 1 if timeline.steady else params.slope_spacing
            share = SIMULATED * max(run.left(), 0.0) / run.seconds
            plan = fitted(plan, 2 * groups * colours, run.affordable(share, MANY, 1), days)
        if run.in_time() and not run.stopped:
            found = search_from(under_way, starts, plan)
            known.best = known.worth_a_proof(found).x if known.order is None else known.best
        if known.order is None:
            exact = _enumerated(run, known.best)
            known.exact = exact is not None
            known.best = known.cheapest(known.best if exact is None else exact)
    except TimeUp:  # the best plan so far goes on to its proof
        pass
    except Exception as error:
        if not known.best.size:
            raise
        run.messages.append(f"{failure('The search', error)}: this is the best plan that it found.")
    run.until(None)
    return known, under_way


def own_draws(search: int) -> tuple[int, int]:
    """The first replication of plans, and that of slopes, in the search of this number: no other search has them."""
    return LATER + search * APART if search else FIRST, SLOPES_FROM + search * APART


def best_of_several(
    run: Run,
    first: tuple[Known, Search],
    again: Callable[[int], tuple[Known, Search]],
    confidence: float,
    keep: Callable[[Point], None],
    remarks: int = 0,
) -> tuple[Known, Search]:
    """The search with the cheapest plan, of the `first` and as many more as the time for the search leaves room for.

    `again` makes another search, on the draws of its number. Plans are compared as they would come to their proof:
    topped up and thinned on the block that is not the proof's own. Their test is on another, so that it is as sure as
    that of one search. `keep` is given each plan that is better than those before. The first `remarks` messages of the
    run are older than its searches; of the others those of the best search stay.
    """
    if run.seconds is None or run.aim is not None or run.order is not None or optimizing(run.problem.scenario).routing:
        return first
    if first[0].exact or run.stopped:  # no plan is cheaper, or no more time is to be taken
        return first
    longest, params = time.perf_counter() - run.wall, run.params
    until = max(params.search_share, params.proof_share - longest / run.seconds)  # a proof takes less than a search
    run.take(replace(run.problem, params=replace(params, search_share=until)))
    if run.left() > AGAIN * longest:
        first = _best(run, first, again, confidence, keep, longest, remarks)
    run.take(replace(run.problem, params=params))
    return first


def _best(
    run: Run,
    first: tuple[Known, Search],
    again: Callable[[int], tuple[Known, Search]],
    confidence: float,
    keep: Callable[[Point], None],
    longest: float,
    remarks: int,
) -> tuple[Known, Search]:
    """`best_of_several` where there is time; the longest search so far took `longest` (s)."""
    keep(first[1].trier(first[0].in_haste(), 1))
    older, said = run.messages[:remarks], run.messages[remarks:]
    best, number, won, failed = first, 0, 0, ""
    try:
        ready = _ready(run, first, confidence)
        if ready is not None:
            keep(ready)
        cost = math.inf if ready is None else ready.cost
        while number - won < IN_VAIN and number + 1 < SEARCHES and _has_room(run, longest):
            began = time.perf_counter()
            run.messages.clear()
            other = again(number + 1)
            if run.stopped:
                break
            ready = _ready(run, other, confidence)
            number, longest = number + 1, max(longest, time.perf_counter() - began)
            if ready is not None and ready.cost < cost:
                best, cost, won, said = other, ready.cost, number, list(run.messages)
                keep(ready)
    except Exception as error:  # what is known is worth more than another search
        failed = f"{failure('A further search', error)}: it is left out."
    many = f"There was time for {number + 1} searches on different draws; this is the cheapest plan of all."
    run.messages[:] = [*older, *said, *([many] if number else []), *([failed] if failed else [])]
    return best


def _has_room(run: Run, longest: float) -> bool:
    """Whether another search, of which the longest so far took so many seconds, fits into the time that is left."""
    return not run.stopped and run.left() > AGAIN * longest


def _ready(run: Run, found: tuple[Known, Search], confidence: float) -> Point | None:
    """A search's plan made ready for its proof, which is its answer then; None where it cannot be."""
    known, search = found
    run.until(run.search_share)
    try:
        made = proved(run, search, known, known.best, confidence, test=False)
    except TimeUp:
        return None
    finally:
        run.until(None)
    if not made.met.all():
        return None
    known.best = made.x
    return Point(made.x, run.problem.structure.levels(made.x), made.trial, run.cost_of(made.x, made.trial))


def write_checkpoint(path: Path, x: Floats) -> None:
    """A checkpoint, whole or not at all."""
    write_file(path, json.dumps({"x": x.tolist()}).encode())


def _enumerated(run: Run, x: Floats) -> Floats | None:
    """The exact optimum where there are few enough plans cheaper than `x`; else None."""
    structure = run.problem.structure
    if run.stopped or run.aim is not None or int(structure.integer.sum()) > run.problem.params.small_columns:
        return None
    if run.problem.prices.cells(run.problem.goals.places)[1].any():
        return None
    found = enumerate_plans(run.problem, incumbent=x, progress=lambda stage: run.tell(stage) and run.in_time())
    if found.status == "exact" and found.x is not None:
        run.messages.append(
            f"{found.candidates:,} plans were tried in order of cost; none that meets the goals is cheaper."
        )
        return structure.complete(found.x)
    return None
