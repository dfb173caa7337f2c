"""What other ways of staffing give on the same instance and the same draws: cost, goals met, time.

    python -m benchmarks.peers [A_small] [--pyworkforce PYTHON]

Each peer proposes headcounts; each proposal is simulated on the same replications, which none of them has seen.

- Erlang C per queue: the agents each queue needs by itself (80 % in 20 s), in the group that tries it first.
- Counted in full: the cheapest headcounts in which every queue's Erlang C need is covered by all agents who could
  serve it, each of them counted in full for every queue at once: how a multi-skill need is often set up.
- pyworkforce (in an environment of its own, see `pyworkforce_peer.py`): its Erlang C; for shifts its
  MinRequiredResources.
- Greedy: from the fluid plan, add the agent that mends most for its money until every goal is met, then remove.
- Cutting planes: the classic scheme (Cezik and L'Ecuyer 2008): cuts of violated goals only, no trust region.
- cxsim: `cxsim.optimize`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.staffing import scenario
from cxsim.optimizer.plan_evaluator import Trial
from cxsim.optimizer.problem.problem import Problem, problem
from cxsim.optimizer.solver.program import Builder
from cxsim.optimizer.solver.solve import solve

HERE = Path(__file__).parent
JUDGED = range(3_000_000, 3_002_000)  # replications no peer has seen
Levels = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Verdict:
    """What a proposal comes to."""

    name: str
    cost: float
    failing: int
    worst: float
    worst_goal: str
    certified: bool | None
    cpu_seconds: float
    replications: int


def x_of(given: Problem, levels: Levels) -> Levels:
    """Headcounts (G, I) as the columns of the structure, which has none for closed intervals."""
    cover = given.structure.cover.tocsc()
    x = np.zeros(given.structure.size)
    for j in range(x.size):
        covered = cover.indices[cover.indptr[j] : cover.indptr[j + 1]]
        x[j] = levels.reshape(-1)[covered].max() if covered.size else 0.0
    return given.structure.complete(x)


def prices(given: Problem) -> Levels:
    """What an agent of each group costs in each interval, (G, I); in closed ones as in the dearest."""
    shape = (len(given.scenario.groups), given.structure.n_intervals)
    cost = np.full(shape[0] * shape[1], given.structure.cost.max())
    cover = given.structure.cover.tocsc()
    for j in range(given.structure.size):
        covered = cover.indices[cover.indptr[j] : cover.indptr[j + 1]]
        cost[covered] = given.structure.cost[j] / max(1, covered.size)
    return cost.reshape(shape)


def judge(given: Problem, name: str, levels: Levels, cpu: float, replications: int, certified: bool | None) -> Verdict:
    """Simulate a proposal on the replications kept for judging."""
    x = x_of(given, levels)
    trial = given.trials.run(given.structure.plan(x), JUDGED)
    worst = int(np.argmin(trial.slack))
    return Verdict(
        name=name,
        cost=given.structure.cost_of(x),
        failing=int((trial.slack < -2.0 * trial.error).sum()),
        worst=float(trial.slack[worst]),
        worst_goal=given.goals.goals[worst].title,
        certified=certified,
        cpu_seconds=cpu,
        replications=replications,
    )


def needs(given: Problem) -> Levels:
    """Agents by Erlang C for 80 % in 20 s, queue × interval, whole: each queue by itself."""
    from cxsim.erlang.requirements import required_agents
    from cxsim.simulation.replications import replicate

    varied = given.scenario.vary({"queues.*.agents_needed": "erlang_c"})
    from cxsim.model.prepare import prepare

    model = prepare(varied, given.model.seed)
    samples, _ = replicate(model, 20)
    return np.nan_to_num(required_agents(model, samples)).astype(np.int64)


def first_groups(given: Problem) -> list[list[int]]:
    """The groups that serve each queue, in the order in which its contacts try them."""
    groups = list(given.scenario.groups.values())
    out = []
    for queue in given.scenario.queues:
        able = [g for g, group in enumerate(groups) if queue in group.skills]
        out.append(sorted(able, key=lambda g: groups[g].skills[queue].order or groups[g].skills[queue].rank))
    return out


def erlang_per_queue(given: Problem) -> Levels:
    """Each queue's need in the group that its contacts try first."""
    levels = np.zeros((len(given.scenario.groups), given.structure.n_intervals), dtype=np.int64)
    for need, able in zip(needs(given), first_groups(given), strict=True):
        levels[able[0]] += need
    return levels


def counted_in_full(given: Problem) -> Levels:
    """The cheapest headcounts that cover every queue's need by all who could serve it."""
    shape = (len(given.scenario.groups), given.structure.n_intervals)
    builder = Builder()
    price = prices(given).reshape(-1)
    columns = builder.columns(price.size, "agents", cost=price, integer=True).reshape(shape)
    for need, able in zip(needs(given), first_groups(given), strict=True):
        for i, agents in enumerate(need):
            builder.row(columns[able, i], 1.0, low=float(agents))
    return np.rint(solve(builder.program()).x[columns]).astype(np.int64)


def pyworkforce_needs(given: Problem, python: str) -> Levels:
    """Its Erlang C for every queue and interval."""
    from cxsim.erlang.requirements import _work  # what Erlang is told: rates and handle times
    from cxsim.simulation.replications import replicate

    samples, _ = replicate(given.model, 20)
    work = _work(given.model, samples)
    asked = {"rate": work.rate.tolist(), "handle_time": work.handle_time.tolist(), "within": 20.0, "share": 0.8}
    command = [python, str(HERE / "pyworkforce_peer.py"), "needs"]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return np.array(json.loads(done.stdout)["positions"])


def by_pyworkforce(given: Problem, python: str) -> Levels:
    """Its Erlang C for every queue and interval, in the group that the queue's contacts try first."""
    levels = np.zeros((len(given.scenario.groups), given.structure.n_intervals), dtype=np.int64)
    for agents, able in zip(pyworkforce_needs(given, python), first_groups(given), strict=True):
        levels[able[0]] += agents
    return levels


def slopes(given: Problem, levels: Levels, base: Trial, replications: range) -> Levels:
    """What one more agent adds to each goal's value: (K, G, I), every third interval at a time on the same draws."""
    total = given.goals.by_interval(base.sums)
    whole = total[1].sum(axis=1)[:, None]
    value = base.value[:, None]
    out = np.zeros((len(given.goals), *levels.shape))
    for g in range(levels.shape[0]):
        for colour in range(3):
            more = levels.copy()
            more[g, colour::3] += 1
            sums = given.trials.run(given.structure.plan(x_of(given, more)), replications).sums - base.sums
            above, below = given.goals.by_interval(sums)
            change = (above - value * below) / np.where(whole > 0, whole, 1.0)
            for i in range(colour, levels.shape[1], 3):
                out[:, g, i] = change[:, i : i + 3].sum(axis=1)
    return np.maximum(out, 0.0)


def fluid_levels(given: Problem) -> Levels:
    """The fluid plan, rounded up: enough agents for the work, none for its chance."""
    from cxsim.optimizer.fluid.fluid import fluid

    return np.ceil(fluid(given, erlang="none").levels - 1e-6).astype(np.int64)


def greedy(given: Problem, replications: int = 100, most: int = 400) -> Levels:
    """Add what mends most for its money, a few agents at a time, until every goal is met; then remove what can go."""
    block, levels = range(replications), fluid_levels(given)
    price = prices(given)
    for _ in range(most):
        base = given.trials.run(given.structure.plan(x_of(given, levels)), block)
        short = np.maximum(0.0, 0.002 - base.slack)
        if not (base.slack < 0.0).any():
            break
        gain = np.einsum("k,kgi->gi", short, slopes(given, levels, base, range(16))) / price
        for at in np.argsort(-gain, axis=None)[: max(1, int((short > 0.02).sum()))]:
            levels[np.unravel_index(at, levels.shape)] += 1
    removable = True
    while removable:
        removable = False
        base = given.trials.run(given.structure.plan(x_of(given, levels)), block)
        lost = slopes(given, levels, base, range(16)).max(axis=0) / price
        for at in np.argsort(lost, axis=None)[:40]:
            fewer = levels.copy()
            spot = np.unravel_index(at, levels.shape)
            if fewer[spot] == 0:
                continue
            fewer[spot] -= 1
            if (given.trials.run(given.structure.plan(x_of(given, fewer)), block).slack >= 0.0).all():
                levels, removable = fewer, True
    return levels


def cutting_planes(given: Problem, replications: int = 100, rounds: int = 40) -> Levels:
    """Cuts of the goals that are violated, a whole-number program after each round, until none is."""
    block, levels = range(replications), fluid_levels(given)
    builder = Builder()
    size = levels.size
    columns = builder.columns(size, "agents", cost=prices(given).reshape(-1), integer=True)
    for _ in range(rounds):
        base = given.trials.run(given.structure.plan(x_of(given, levels)), block)
        if (base.slack >= 0.0).all():
            break
        steep = slopes(given, levels, base, range(16)).reshape(len(given.goals), size)
        for k in np.flatnonzero(base.slack < 0.0):
            used = np.flatnonzero(steep[k] > 1e-9)
            builder.row(columns[used], steep[k][used], low=float(-base.slack[k] + steep[k] @ levels.reshape(-1)))
        found = solve(builder.program(), seconds=20.0, gap=0.002)
        levels = np.rint(found.x).astype(np.int64).reshape(levels.shape)
    return levels


def optimized(given: Problem, seed: int) -> tuple[Levels, int, bool]:
    """The plan of `cxsim.optimize`."""
    import cxsim

    found = cxsim.optimize(given.scenario, seed=seed)
    return given.structure.levels(found.x).astype(np.int64), found.replications, found.certified


def main() -> None:
    """Compare all of them on one instance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", nargs="?", default="A_small")
    parser.add_argument("--pyworkforce", metavar="PYTHON", help="a Python that has pyworkforce")
    parser.add_argument("--only", metavar="NAME", action="append", default=[], help="leave out all others")
    asked = parser.parse_args()
    given = problem(scenario(asked.instance), seed=1)
    peers: dict[str, Callable[[Problem], Levels]] = {
        "Erlang C per queue": erlang_per_queue,
        "counted in full": counted_in_full,
        "cutting planes": cutting_planes,
        "greedy": greedy,
    }
    if asked.pyworkforce:
        peers["pyworkforce"] = lambda one: by_pyworkforce(one, asked.pyworkforce)
    print(f"{asked.instance}: {len(JUDGED):,} unseen replications, {len(given.goals)} goals")
    print(f"{'':22}{'cost':>9}{'failing':>9}{'worst':>9}{'CPU s':>9}{'replications':>14}  worst goal")
    for name in [*peers, "cxsim"]:
        if asked.only and name not in asked.only:
            continue
        before, began = given.trials.replications_run, time.process_time()
        certified: bool | None = None
        if name == "cxsim":
            levels, used, certified = optimized(given, 1)
        else:
            levels = peers[name](given)
            used = given.trials.replications_run - before
        one = judge(given, name, levels, time.process_time() - began, used, certified)
        print(
            f"{one.name:22}{one.cost:9.1f}{one.failing:9}{100 * one.worst:8.1f}p{one.cpu_seconds:9.1f}"
            f"{one.replications:14,}  {one.worst_goal}"
            f"{'' if one.certified is None else f' (certified: {one.certified})'}"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
