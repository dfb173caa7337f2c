"""Random small cases where the routing is a decision too: `python tests/oracles/routing_cases.py` writes them.

As in `small_cases`, but a plan is good if *some* routing meets every goal: any order of the groups of each type, any
order of the types of each group, and any skills left out. Kept are cases where that is certain by half a point: of
each cheaper plan every routing misses some goal by as much, of the optimum one routing meets all by as much.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import permutations, product
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.chains import Design
from oracles.small_cases import MARGIN, SHAPES, UNIT, WAGE, Case, Exact, Goal, plans, read

FILE = Path(__file__).parent / "routing_cases.json"
SEED = 20260401
KINDS = {"N": 6, "V": 4, "M": 4, "X": 6}  # cases by shape
BY_TYPE = ("N", "V")
FULL = {**SHAPES, "X": (((0, 1), (0, 1)), ((0, 1), (0, 1)))}
MOST = 60  # plans looked at in a case


def skills_of(design: Design) -> list[tuple[int, int]]:
    return [(q, g) for q in design.types for g in design.route[q]]


def routings(design: Design) -> Iterator[Design]:
    """The design under every routing: skills left out, groups and types in any order."""
    pairs = skills_of(design)
    for used in product((True, False), repeat=len(pairs)):
        kept = [pair for pair, here in zip(pairs, used, strict=True) if here]
        by_type = [[g for one, g in kept if one == q] for q in design.types]
        by_group = [[q for q, one in kept if one == g] for g in design.groups]
        if not all(by_type) or not all(by_group):  # a group without work is that group without agents
            continue
        for route in product(*map(permutations, by_type)):
            for takes in product(*map(permutations, by_group)):
                yield replace(design, route=tuple(route), takes=tuple(takes))


def verdict(case: Case, agents: tuple[int, ...]) -> Design | bool | None:
    """The routing under which a plan meets every goal, False if it misses under all; None where it is too close."""
    close = False
    for design in routings(case.design):
        slack = Exact(replace(case, design=design), agents).slack(case.goals)
        if slack >= MARGIN:
            return design
        close |= slack > -MARGIN
    return None if close else False


def solve(case: Case) -> dict | None:
    """The optimum over plans and routings, None where a plan is too close to tell or there are too many."""
    best = None
    for count, agents in enumerate(plans(case, 2.2 * WAGE * sum(case.design.rates))):
        if best is not None and case.cost(agents) > best["cost"] + 1e-9:
            return best
        if count >= MOST:
            return None
        found = verdict(case, agents)
        if found is None:
            return None
        if found is not False and best is None:
            routing = {"route": found.route, "takes": found.takes}
            best = {"agents": list(agents), "cost": case.cost(agents), "looked_at": count, **routing}
    return None


def given(case: Case, most: float) -> float:
    """The cost of the cheapest plan under the routing that the case is given with; infinite above `most`."""
    for agents in plans(case, most):
        if Exact(case, agents).slack(case.goals, enough=0.0) >= 0.0:
            return case.cost(agents)
    return float("inf")


def drawn(shape: str, rng: np.random.Generator) -> Case:
    """A case whose groups differ in what they resolve, so that it matters who serves whom; the given order is any."""
    route, takes = ([list(row) for row in part] for part in FULL[shape])
    for row in (*route, *takes):
        rng.shuffle(row)
    types, groups = range(len(route)), range(len(takes))
    rates = [round(float(rng.uniform(0.8, 2.2)), 1) for _ in types]
    patience = [round(float(rng.uniform(0.3, 1.5)), 2) for _ in types]
    by_type = [float(rng.uniform(0.7, 1.4)) for _ in types] if shape in BY_TYPE else [1.0 for _ in types]
    by_group = [float(rng.uniform(0.8, 1.3)) for _ in groups]
    service = [[round(by_type[q] * by_group[g], 2) if g in route[q] else 0.0 for g in groups] for q in types]
    resolution = [[round(float(rng.uniform(0.45, 0.95)), 2) if g in route[q] else 0.0 for g in groups] for q in types]
    wages = [round(WAGE / by_group[g] * (1 + 0.15 * (len(takes[g]) - 1)), 1) for g in groups]
    tables = (tuple(map(tuple, table)) for table in (service, route, takes, resolution))
    goals = tuple(Goal("sl", q, float(rng.choice([0.6, 0.7, 0.8, 0.9]))) for q in types)
    if shape != "V" and rng.random() < 0.7:
        best = [max(row) for row in resolution]
        goals += (Goal("fcr_true", -1, round(float(np.dot(best, rates) / sum(rates)) - rng.uniform(0.01, 0.06), 3)),)
    design = Design(tuple(rates), tuple(patience), *tables)
    return Case(shape, design, tuple(wages), float(rng.choice([0.1, 0.2, 0.3])), goals)


def cases(told=lambda text: None) -> Iterator[tuple[Case, dict]]:
    """(case, its optimum), those of which the routing decides the cost first: at least three of four of each shape."""
    for number, (shape, wanted) in enumerate(KINDS.items()):
        rng = np.random.default_rng([SEED, number])
        found = alike = 0
        while found < wanted:
            case = drawn(shape, rng)
            answer = solve(case)
            if answer is None:
                continue
            own = given(case, 1.5 * answer["cost"])
            if own <= answer["cost"] + 1e-9:
                if alike >= wanted // 4:
                    continue
                alike += 1
            found += 1
            told(f"{shape}-{found}: {answer['agents']} costs {answer['cost']:g}, {own:g} as it is routed")
            yield replace(case, name=f"{shape}-{found}"), {**answer, "as_given": None if own == float("inf") else own}


def write(path: Path = FILE, told=print) -> None:
    """Solve them and keep them."""
    lines = [json.dumps({**asdict(case), "optimum": answer}) for case, answer in cases(told)]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write()

__all__ = ["FILE", "UNIT", "cases", "read", "routings", "solve", "verdict"]
