"""Single changes of a routing, and whole routings to begin with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, permutations, product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.routing.state import Pair, Routing, places, routing_of, tidied

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

UNUSED = 0.005  # share of a queue's contacts below which the linear program does not use a skill
RESERVES = (0, 1, 2, 4, 8)
FACTORS = (0.5, 2.0)  # on an overflow delay
LEAST_DELAY, MOST_DELAY = 5.0, 1800.0  # s, of an overflow delay that is tried
RANKS = "rank_then_"  # how rules begin that look at ranks


def decided(scenario: Scenario, parts: Sequence[str]) -> tuple[str, ...]:
    """What can be decided of the parts asked for: 'order' and 'rank' for `ranks`, where the rules look at them."""
    own = scenario.own_policy
    order = scenario.routing.agent.startswith(RANKS) or (own is not None and bool(own.agent))
    rank = scenario.routing.contact.startswith(RANKS) or (own is not None and bool(own.contact))
    out = [name for name, used in (("order", order), ("rank", rank)) if used and "ranks" in parts]
    return (*out, *(part for part in ("skills", "reserves", "delays") if part in parts))


def neighbours(now: Routing, own: Routing, parts: Sequence[str]) -> Iterator[Routing]:
    """The routings that differ from `now` by one change of the parts; `own` is the scenario's."""
    for name, side in (("order", 1), ("rank", 0)):
        if name in parts:
            for one in dict.fromkeys(pair[side] for pair in now.skills):
                mine = [pair for pair in now.skills if pair[side] == one]
                for places_ in _reordered(places([getattr(now.skills[pair], name) for pair in mine])):
                    yield _placed(now, mine, name, places_)
    if "reserves" in parts:
        for pair, use in now.skills.items():
            if len(now.queues_of(pair[0])) > 1:
                at = min(range(len(RESERVES)), key=lambda k: abs(RESERVES[k] - use.reserve))
                for k in (at - 1, at + 1):
                    if 0 <= k < len(RESERVES):
                        yield now.using({pair: replace(use, reserve=RESERVES[k])})
    if "delays" in parts:
        for stage, after in now.delays.items():
            for factor in FACTORS:
                yield now.delayed(stage, float(round(min(max(factor * after, LEAST_DELAY), MOST_DELAY))))
    if "skills" in parts:
        for pair in own.skills:
            if pair not in now.skills:
                yield now.using({pair: own.skills[pair]})
            elif _spare(now, pair):
                yield now.without(pair)


def _spare(now: Routing, pair: Pair) -> bool:
    """Whether a skill can be left out: the queue has another group, the group another queue."""
    return len(now.groups_of(pair[1])) > 1 and len(now.queues_of(pair[0])) > 1


def _reordered(now: list[int]) -> list[list[int]]:
    """Places with one change: neighbours swapped, two made equal, one put first, last or apart."""
    out: list[list[int]] = []
    levels = sorted(set(now))
    for a, b in pairwise(levels):
        out.append([b if p == a else a if p == b else p for p in now])
        out.append([a if p == b else p for p in now])
    if len(now) > 1:
        for k in range(len(now)):
            out += [[end if n == k else p for n, p in enumerate(now)] for end in (-1, len(now))]
    same = {tuple(now)}
    found: list[list[int]] = []
    for one in map(places, out):
        if tuple(one) not in same:
            same.add(tuple(one))
            found.append(one)
    return found


def _placed(now: Routing, pairs: Sequence[Pair], name: str, at: Sequence[int]) -> Routing:
    return now.using({pair: replace(now.skills[pair], **{name: 1 + p}) for pair, p in zip(pairs, at, strict=True)})


def whole(problem: Problem, parts: Sequence[str], *programs: Fluid | None) -> list[Routing]:
    """Whole routings to try, each once: those of linear programs, and each contact to whoever resolves it best."""
    own, out = routing_of(problem.scenario), list[Routing]()
    for program in programs:
        if program is not None:
            out += allotted(problem.scenario, own, program, parts)
            out += resolving(problem.scenario, own, np.asarray(program.flows.resolution), parts)
    return [one for k, one in enumerate(out) if one != own and one not in out[:k]]


def allotted(scenario: Scenario, own: Routing, program: Fluid, parts: Sequence[str]) -> list[Routing]:
    """The routings that the linear program's allotment says: by the flow, and without what it does not use."""
    served = np.zeros((len(scenario.queues), len(scenario.groups)))
    np.add.at(served, program.flows.queue_of, program.allocation.sum(axis=2))
    work = np.where(program.flows.able[:, :, None], program.flows.handle_in(), 0.0)
    time = np.zeros_like(served)
    np.add.at(time, program.flows.queue_of, (program.allocation * work).sum(axis=2))
    return _by_value(scenario, own, served, time, parts)


def resolving(scenario: Scenario, own: Routing, resolution: Floats, parts: Sequence[str]) -> list[Routing]:
    """Each contact to the group that resolves it best: `resolution` (R, G) by reason and group."""
    queues = list(scenario.queues)
    mean = np.zeros((len(queues), len(scenario.groups)))
    for q, queue in enumerate(queues):
        mine = [r for r, reason in enumerate(scenario.reasons.values()) if reason.queue == queue]
        mean[q] = np.nan_to_num(resolution[mine].mean(axis=0)) if mine else 0.0
    best = mean.max(axis=1, keepdims=True)
    return _by_value(scenario, own, np.round(mean, 4), np.round(mean - best, 4), parts)[:1]


def _by_value(scenario: Scenario, own: Routing, order: Floats, rank: Floats, parts: Sequence[str]) -> list[Routing]:
    """Groups of a queue by `order`, queues of a group by `rank` (Q, G), the largest first; then without the unused."""
    queues, groups = list(scenario.queues), list(scenario.groups)

    def value(table: Floats, pair: Pair) -> float:
        return -float(table[queues.index(pair[1]), groups.index(pair[0])])

    out = own
    for name, side, table in (("order", 1, order), ("rank", 0, rank)):
        if name in parts:
            for one in dict.fromkeys(pair[side] for pair in own.skills):
                mine = [pair for pair in own.skills if pair[side] == one]
                given = sorted({(value(table, pair), getattr(own.skills[pair], name)) for pair in mine})
                at = [given.index((value(table, pair), getattr(own.skills[pair], name))) for pair in mine]
                out = _placed(out, mine, name, at)
    found = [tidied(out, own)]
    if "skills" in parts:
        total = np.maximum(order.sum(axis=1), 1e-12)
        for pair in own.skills:
            q = queues.index(pair[1])
            if -value(order, pair) < UNUSED * total[q] and _spare(out, pair):
                out = out.without(pair)
        if out.skills.keys() != own.skills.keys():
            found.append(tidied(out, own))
    return found


def strict(own: Routing, parts: Sequence[str], most: int) -> list[Routing] | None:
    """Every routing with skills left out and with strict ranks, as far as `parts` has them; None if above `most`."""
    out: list[Routing] = []
    for kept in _subsets(own, "skills" in parts):
        base = replace(own, skills={pair: own.skills[pair] for pair in kept})
        choices: list[list[dict[Pair, int]]] = []
        sides: list[tuple[str, int]] = [(name, side) for name, side in (("order", 1), ("rank", 0)) if name in parts]
        for _, side in sides:
            for one in dict.fromkeys(pair[side] for pair in kept):
                mine = [pair for pair in kept if pair[side] == one]
                choices.append([dict(zip(mine, at, strict=True)) for at in permutations(range(1, len(mine) + 1))])
        if len(out) + np.prod([len(one) for one in choices], dtype=float) > most:
            return None
        ends = [len({pair[side] for pair in kept}) for _, side in sides]
        for chosen in product(*choices):
            made, first = base, 0
            for (name, _), count in zip(sides, ends, strict=True):
                for part in chosen[first : first + count]:
                    made = _placed(made, list(part), name, [p - 1 for p in part.values()])
                first += count
            out.append(tidied(made, own))
    return out


def _subsets(own: Routing, may_drop: bool) -> Iterator[list[Pair]]:
    """Skills that are used: all, or any that leave nobody without work and no queue without a group."""
    pairs = list(own.skills)
    if not may_drop or len(pairs) > 10:
        yield pairs
        return
    queues, groups = ({pair[side] for pair in pairs} for side in (1, 0))
    for k in range(2 ** len(pairs)):
        kept = [pair for n, pair in enumerate(pairs) if not k >> n & 1]
        if {q for _, q in kept} == queues and {g for g, _ in kept} == groups:
            yield kept
