"""Better hires step by step, each judged exactly in all futures: repair what is missed too often, then save money."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.capacity.futures import Sample
from cxsim.capacity.problem import Problem
from cxsim.capacity.recourse import evaluate

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, order=True)
class Worth:
    """What is compared: first the misses above the limits, then the cost."""

    above: float
    cost: float


def worth(hires: Ints, world: Sample, most_missed: Ints | None) -> Worth:
    """What a plan is worth in these futures."""
    outcome = evaluate(hires, world)
    if most_missed is None:
        return Worth(0.0, outcome.cost)
    return Worth(float(np.maximum(outcome.misses() - most_missed, 0).sum()), outcome.cost)


def improved(hires: Ints, world: Sample, most_missed: Ints | None, until: float) -> tuple[Ints, Worth]:
    """The plan at which no step is better, or the best until `until` on the clock of `time.perf_counter`."""
    best, now = hires.copy(), worth(hires, world, most_missed)
    while now.above > 0.0 and time.perf_counter() < until:
        added = [(plan, worth(plan, world, most_missed)) for plan in _larger(best, world.problem)]
        helping = [(plan, found) for plan, found in added if found.above < now.above]
        if not helping:
            break
        best, now = max(
            helping,
            key=lambda one: (now.above - one[1].above) / max(one[1].cost - now.cost, 1e-6 * abs(now.cost) + 1e-9),
        )
    going = True
    while going and time.perf_counter() < until:
        going = False
        for plan in _steps(best, world.problem):
            if time.perf_counter() >= until:
                break
            found = worth(plan, world, most_missed)
            if found.above < now.above or (found.above == now.above and found.cost < now.cost - 1e-9 * abs(now.cost)):
                best, now, going = plan, found, True
                break
    return best, now


def _larger(hires: Ints, problem: Problem) -> Iterator[Ints]:
    for t in range(len(problem.teams)):
        for c in problem.classes(t):
            plan = _stepped(hires, problem, (t, c), 1)
            if plan is not None:
                yield plan


def _steps(hires: Ints, problem: Problem) -> Iterator[Ints]:
    """One person less, one later or earlier or in another team, one more: whatever saves money first."""
    there = [(int(t), int(c)) for t, c in zip(*np.nonzero(hires), strict=True)]
    less = [(place, _stepped(hires, problem, place, -1)) for place in there]
    for _, plan in less:
        if plan is not None:
            yield plan
    for (t, c), plan in less:
        if plan is None:
            continue
        places = [(t, k) for k in reversed(problem.classes(t)) if k != c]
        places += [(o, c) for o in range(len(problem.teams)) if o != t and c in problem.classes(o)]
        for place in places:
            moved = _stepped(plan, problem, place, 1)
            if moved is not None:
                yield moved
    yield from _larger(hires, problem)


def _stepped(hires: Ints, problem: Problem, place: tuple[int, int], step: int) -> Ints | None:
    """The plan with a person more or less in a class; a class is never smaller than it may be, unless there is none."""
    t, _ = place
    size = int(hires[place]) + step
    if 0 < size < problem.at_least[t]:
        size = int(problem.at_least[t]) if step > 0 else 0
    if not 0 <= size <= problem.at_most[t]:
        return None
    out = hires.copy()
    out[place] = size
    return out
