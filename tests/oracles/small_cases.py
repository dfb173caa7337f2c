"""Random small staffing cases with their exact optima: `python tests/oracles/small_cases.py` writes small_cases.json.

Kept are those whose optimum meets every goal by half a point or more while every cheaper plan (and any other of the
same cost) misses some goal, or meets all, by as much: there a right answer cannot be a matter of luck. Plans that are
left out unseen cannot serve as many contacts as the goals ask for (a linear program of agents' time), so that they
miss some goal by half a point as well.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.chains import Chain, Design, solved

FILE = Path(__file__).parent / "small_cases.json"
SEED = 20260105
EACH = 12  # cases of a shape
UNIT = 200.0  # seconds in a unit of time
MARGIN = 0.005
WAGE = 20.0
MOST = 600  # plans looked at in a case
# Groups that serve each type, in the order in which its contacts try them; types each group takes, first to last.
SHAPES = {
    "N": (((0, 1), (1,)), ((0,), (1, 0))),
    "V": (((0,), (0,)), ((0, 1),)),
    "W": (((0,), (1, 0), (1,)), ((0, 1), (2, 1))),
    "M": (((0, 2), (1, 2)), ((0,), (1,), (0, 1))),
    "2x3": (((0, 2, 1), (1, 2, 0)), ((0, 1), (1, 0), (0, 1))),
}
BY_TYPE = ("N", "V", "M")  # service differs by type and group; in the others, whose chains are larger, by group


@dataclass(frozen=True)
class Goal:
    """A figure of a type (or of all: -1) and its bound: at least for `sl` and `fcr_true`, at most for `abandoned`."""

    figure: str
    type: int
    limit: float


@dataclass(frozen=True)
class Case:
    """A design, what an agent of each group costs, the threshold of the service level, and the goals."""

    name: str
    design: Design
    wages: tuple[float, ...]
    within: float
    goals: tuple[Goal, ...]

    def cost(self, agents):
        """Wages in an hour."""
        return round(float(np.dot(self.wages, agents)), 6)


class Exact:
    """The exact figures of a plan, each computed when asked for."""

    def __init__(self, case: Case, agents: tuple[int, ...]) -> None:
        self.case, self.agents, self.known = case, agents, {}

    @cached_property
    def chain(self) -> Chain:
        return solved(self.case.design, self.agents)

    def value(self, figure: str, q: int) -> float:
        if (figure, q) not in self.known:
            if figure == "abandoned":
                value = self.chain.abandoned(q)
            elif figure == "fcr_true":
                value = self.chain.resolved(None if q < 0 else q)
            else:
                value = self.chain.answered_within(q, self.case.within)
            self.known[figure, q] = value
        return self.known[figure, q]

    def slack(self, goals: tuple[Goal, ...], enough: float = -MARGIN) -> float:
        """The least slack over the goals; one at or below `enough` is returned at once."""
        least = np.inf
        for goal in sorted(goals, key=lambda goal: goal.figure == "sl"):
            if goal.figure == "sl":  # no more are answered in time than do not abandon
                most = 1.0 - self.value("abandoned", goal.type) - goal.limit
                if most <= enough:
                    return most
            gap = self.value(goal.figure, goal.type) - goal.limit
            least = min(least, -gap if goal.figure == "abandoned" else gap)
            if least <= enough:
                return least
        return least


def serves(case: Case, agents: tuple[int, ...]) -> bool:
    """Whether the agents have time for as many contacts as the goals, less their margins, ask to be answered."""
    d = case.design
    least = [0.0 for _ in d.types]
    for goal in case.goals:
        if goal.figure != "fcr_true":
            asked = goal.limit if goal.figure == "sl" else 1.0 - goal.limit
            least[goal.type] = max(least[goal.type], asked - MARGIN)
    pairs = [(q, g) for q in d.types for g in d.route[q]]
    rows = [[-float(one == q) for one, _ in pairs] for q in d.types]
    rows += [[d.service[q][g] * float(by == g) for q, by in pairs] for g in d.groups]
    limits = [-least[q] * d.rates[q] for q in d.types] + list(agents)
    upper = [d.rates[q] for q, _ in pairs]
    return linprog(np.zeros(len(pairs)), rows, limits, bounds=[(0, u) for u in upper]).status == 0


def plans(case: Case, most: float):
    """Plans by cost, those out of the question left out."""
    reach = [range(int(most / wage) + 1) for wage in case.wages]
    every = np.array(np.meshgrid(*reach, indexing="ij")).reshape(len(reach), -1).T
    costs = np.round(every @ np.array(case.wages), 6)
    for i in np.argsort(costs, kind="stable"):
        if costs[i] > most:
            return
        agents = tuple(int(n) for n in every[i])
        if serves(case, agents):
            yield agents


def solve(case: Case, known=None):
    """(optimum, cost, plans looked at, margin), or None where a plan is too close to tell."""
    known = {} if known is None else known
    best, margin = None, np.inf
    for count, agents in enumerate(plans(case, 2.2 * WAGE * sum(case.design.rates))):
        if best is not None and case.cost(agents) > case.cost(best) + 1e-9:
            return best, case.cost(best), count, margin
        if count >= MOST:
            return None
        plan = known.setdefault(agents, Exact(case, agents))
        slack = plan.slack(case.goals)
        if abs(slack) < MARGIN:
            return None
        margin = min(margin, abs(slack))
        if slack > 0 and best is None:
            best = agents
    return None


def drawn(shape: str, rng: np.random.Generator) -> Case:
    """A case without goals."""
    route, takes = SHAPES[shape]
    types, groups = range(len(route)), range(len(takes))
    rates = [round(float(rng.uniform(1.0, 3.0)), 1) for _ in types]
    patience = [round(float(rng.uniform(0.3, 1.5)), 2) for _ in types]
    by_type = [float(rng.uniform(0.8, 1.3)) for _ in types] if shape in BY_TYPE else [1.0 for _ in types]
    by_group = [float(rng.uniform(0.8, 1.3)) for _ in groups]
    service = [[round(by_type[q] * by_group[g], 2) if g in route[q] else 0.0 for g in groups] for q in types]
    resolution = [[round(float(rng.uniform(0.55, 0.95)), 2) if g in route[q] else 0.0 for g in groups] for q in types]
    # Quicker groups cost about as much more, so that it is not one group that does all.
    skills = [1 + 0.12 * (len(takes[g]) - 1) + float(rng.uniform(-0.08, 0.08)) for g in groups]
    wages = [round(WAGE / by_group[g] * skills[g], 1) for g in groups]
    tuples = (tuple(tuple(row) for row in table) for table in (service, route, takes, resolution))
    design = Design(tuple(rates), tuple(patience), *tuples)
    return Case(shape, design, tuple(wages), float(rng.choice([0.05, 0.1, 0.15, 0.3])), ())


def goals(case: Case, kind: str, known: dict, rng: np.random.Generator) -> tuple[Goal, ...]:
    """Goals of a kind: service levels, abandonment, or either with the share resolved at the first answer.

    The latter lies about what the optimum without it reaches.
    """
    of = case.design.types
    if kind == "sl" or (kind == "fcr_true" and rng.random() < 0.5):
        out = tuple(Goal("sl", q, float(rng.choice([0.7, 0.75, 0.8, 0.85, 0.9]))) for q in of)
    else:
        out = tuple(Goal("abandoned", q, float(rng.choice([0.02, 0.03, 0.05, 0.08]))) for q in of)
    if kind != "fcr_true":
        return out
    bare = solve(replace(case, goals=out), known)
    if bare is None:
        return ()
    reached = known[bare[0]].value("fcr_true", -1)
    return (*out, Goal("fcr_true", -1, round(float(reached + rng.uniform(-0.02, 0.03)), 3)))


def cases(each: int = EACH, seed: int = SEED, told=lambda text: None):
    """(case, its optimum in a dictionary), `each` of every shape, the kinds of goals in turn."""
    for number, shape in enumerate(SHAPES):
        rng = np.random.default_rng([seed, number])
        found = 0
        while found < each:
            bare = drawn(shape, rng)
            kind = ("sl", "abandoned", "fcr_true")[found % 3]
            known = {}
            for _ in range(25):
                case = replace(bare, name=f"{shape}-{found + 1}", goals=goals(bare, kind, known, rng))
                answer = solve(case, known) if case.goals else None
                if answer is not None:
                    break
            else:
                continue
            best, cost, count, margin = answer
            found += 1
            told(f"{case.name} {kind}: {best} costs {cost:g}; {count} plans looked at, margin {margin:.4f}")
            yield case, {"agents": list(best), "cost": cost, "looked_at": count}


def write(path: Path = FILE, told=print) -> None:
    """Solve anew and keep."""
    lines = [json.dumps({**asdict(case), "optimum": found}) for case, found in cases(told=told)]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read(path: Path = FILE) -> list[tuple[Case, dict]]:
    """The cases kept, and their optima."""
    out = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        kept = {key: _frozen(value) for key, value in row["design"].items()}
        wanted = tuple(Goal(**goal) for goal in row["goals"])
        out.append((Case(row["name"], Design(**kept), tuple(row["wages"]), row["within"], wanted), row["optimum"]))
    return out


def _frozen(value):
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def exponential(mean: float) -> dict:
    return {"exponential": {"mean": f"{UNIT * mean!r}s"}}


def scenario(case: Case, days: int = 6) -> dict:
    """The case as a scenario in steady state: the goals as targets of the queues and a rule for the share resolved."""
    d = case.design
    reasons, queues = {}, {}
    for q in d.types:
        name, base = f"q{q}", d.service[q][d.route[q][0]]
        reasons[name] = {
            "volume": {"per_hour": d.rates[q] * 3600 / UNIT},
            "talk": exponential(base),
            "patience": exponential(d.patience[q]),
        }
        queues[name] = {"target": {}}
    rules = ["targets"]
    for goal in case.goals:
        if goal.figure == "sl":
            share = f"{100 * goal.limit!r}%"
            queues[f"q{goal.type}"]["target"]["sl"] = {"share": share, "within": f"{UNIT * case.within!r}s"}
        elif goal.figure == "abandoned":
            queues[f"q{goal.type}"]["target"]["abandoned"] = {"max": f"{100 * goal.limit!r}%"}
        else:
            rules.append({"figure": "fcr_true", "min": f"{100 * goal.limit!r}%"})
    groups = {}
    for g in d.groups:
        skills = {}
        for q in d.takes[g]:
            rank, order = d.takes[g].index(q) + 1, d.route[q].index(g) + 1
            skills[f"q{q}"] = {"rank": rank, "order": order, "handle_time": f"{UNIT * d.service[q][g]!r}s"}
            if d.resolution:
                skills[f"q{q}"]["resolution"] = f"{100 * d.resolution[q][g]!r}%"
        groups[f"g{g}"] = {"agents": 2, "wage": case.wages[g], "skills": skills}
    return {
        "cxsim": 1,
        "name": case.name,
        "horizon": {"steady": {"warm_up": "4 h", "length": f"{days} days"}, "interval": "24 h"},
        "reasons": reasons,
        "queues": queues,
        "groups": groups,
        "optimize": {"minimise": "cost", "subject_to": rules},
    }


if __name__ == "__main__":
    write()
