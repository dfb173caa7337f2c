"""Ways of making a week's roster, on the planner's week and the same draws: cost, worst interval, goals, time.

    python -m benchmarks.week_peers [--hire] [--python PYTHON] [--limit SECONDS] [--only NAME]

`scenarios/planner-week.yaml`, where the 63 people cannot meet the targets; with `--hire` as many can be had as are
wanted. All rosters are simulated on the same replications, which none of the ways has seen.
They are compared in the order in which `cxsim.optimize` claims that its answer is the best (`search/shortfall.py`): by
the contacts that goals miss (`missed`), after whether a roster is no worse than today's by goals met (`met`) and by its
worst interval (`as today`). `rules` are those of contracts and the week that a roster breaks.

- Today: the roster as it is.
- HiGHS cover, CP-SAT cover: the usual practice. Erlang C needs of each queue (80 % in 20 s; see `needs`), shifts that
  cover them as well as the rules allow, an agent of several skills counted for one queue at a time.
- pyworkforce: its own Erlang C, then its MinRequiredResources for each team by itself, which knows no contracts and
  no rules of a week; each queue's need falls to the team that its contacts try first.
- Greedy: from the roster of HiGHS cover, one shift at a time is exchanged for another of the same contract and day
  (with `--hire` also taken off or added), and the change kept if the plan is better in the order of the answer.
- cxsim: `cxsim.optimize` with the same time.

CP-SAT and pyworkforce run in an environment of their own (`pip install pyworkforce==0.5.1`, which brings OR-Tools);
without `--python` they are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import cxsim
from benchmarks.peers import first_groups, needs, pyworkforce_needs
from cxsim.optimizer.problem.problem import Problem, problem
from cxsim.optimizer.search.shortfall import Order, order_of
from cxsim.optimizer.search.starting import as_worked
from cxsim.optimizer.solver.program import Builder, Program
from cxsim.optimizer.solver.solve import solve

HERE = Path(__file__).parent
WEEK = HERE.parent / "scenarios" / "planner-week.yaml"
JUDGED = range(3_000_000, 3_001_000)
SEEN = range(24)  # replications that the greedy way looks at
PARTS = 10  # into which CP-SAT, which knows whole numbers only, divides an agent
Floats = npt.NDArray[np.float64]


def usual(given: Problem) -> tuple[Program, float]:
    """Shifts that cover the needs of queues: the rules of staff, agents allotted to queues, and what is missing."""
    structure, need = given.structure, needs(given)
    own, builder = structure.program(), Builder()
    x = builder.columns(structure.size, own.names, own.cost, own.low, own.high, own.integer)
    price = 100.0 * float(structure.cost.max())
    missing = builder.columns(need.size, "missing", cost=price).reshape(need.shape)
    rows = own.rows.tocsr()
    for k, name in enumerate(own.row_names):
        at = slice(rows.indptr[k], rows.indptr[k + 1])
        builder.row(rows.indices[at], rows.data[at], own.row_low[k], own.row_high[k], name)
    cover = structure.cover.tocsr()
    able = [[queue in group.skills for queue in given.scenario.queues] for group in given.scenario.groups.values()]
    for i in np.flatnonzero(need.sum(axis=0)):
        allotted = {
            (g, q): builder.columns(1, "allotted")[0] for g, one in enumerate(able) for q in np.flatnonzero(one)
        }
        for g in range(len(able)):
            cell = g * structure.n_intervals + i
            at = slice(cover.indptr[cell], cover.indptr[cell + 1])
            mine = [column for (h, _), column in allotted.items() if h == g]
            there = np.concatenate([x[cover.indices[at]], mine])
            builder.row(there, np.concatenate([cover.data[at], -np.ones(len(mine))]), low=0.0)
        for q in np.flatnonzero(need[:, i]):
            serving = [column for (_, p), column in allotted.items() if p == q]
            builder.row([*serving, missing[q, i]], 1.0, low=float(need[q, i]))
    return builder.program(), price


def by_highs(given: Problem, seconds: float) -> Floats:
    """The usual practice by HiGHS."""
    found = solve(usual(given)[0], seconds=seconds, gap=1e-3, threads=2)
    return found.x[: given.structure.size]


def by_cp_sat(given: Problem, seconds: float, python: str) -> Floats:
    """The usual practice by CP-SAT, every column whole: agents are allotted in tenths."""
    program, _ = usual(given)
    with tempfile.TemporaryDirectory() as folder:
        asked, told = Path(folder) / "asked.npz", Path(folder) / "told.npy"
        rows = program.rows.tocoo()
        np.savez(
            asked, cost=program.cost, low=program.low, high=program.high, integer=program.integer,
            row=rows.row, column=rows.col, value=rows.data, row_low=program.row_low, row_high=program.row_high,
            parts=PARTS, seconds=seconds,
        )  # fmt: skip
        subprocess.run([python, str(HERE / "cp_sat_peer.py"), str(asked), str(told)], check=True)
        return np.asarray(np.load(told), dtype=np.float64)[: given.structure.size]


def by_pyworkforce(given: Problem, seconds: float, python: str) -> Floats:
    """Its needs and its shifts, team by team; a shift goes to the first contract that has it."""
    need, structure, work = pyworkforce_needs(given, python), given.structure, given.structure.payload
    level = np.zeros((len(structure.groups), structure.n_intervals))
    for agents, able in zip(need, first_groups(given), strict=True):
        level[able[0]] += agents
    x, cover = np.zeros(structure.size), structure.cover.tocsc()
    per_day = structure.n_intervals // given.model.timeline.days
    for g in range(len(structure.groups)):
        for d in range(given.model.timeline.days):
            wanted = level[g, d * per_day : (d + 1) * per_day]
            mine = [j for j, column in enumerate(work.columns) if (column.group, column.day) == (g, d)]
            first = g * structure.n_intervals + d * per_day
            shifts: dict[bytes, tuple[int, list[int]]] = {}
            for j in mine:
                there = np.zeros(per_day, dtype=np.int64)
                there[cover.indices[cover.indptr[j] : cover.indptr[j + 1]] - first] = 1
                shifts.setdefault(there.tobytes(), (j, there.tolist()))
            if not shifts or not wanted.any():
                continue
            scheduled = np.ceil(wanted / cover.data[0] - 1e-9)  # with shrinkage
            reachable = np.array([there for _, there in shifts.values()]).any(axis=0)
            asked = {
                "needs": np.where(reachable, scheduled, 0).astype(int).tolist(),
                "shifts": {str(j): there for j, there in shifts.values()},
                "seconds": seconds / (len(structure.groups) * given.model.timeline.days),
            }
            for name, people in _told(python, asked).items():
                x[int(name)] = people
    return x


def _told(python: str, asked: dict[str, Any]) -> dict[str, int]:
    command = [python, str(HERE / "pyworkforce_peer.py"), "shifts"]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def greedy(given: Problem, seconds: float, hire: bool) -> Floats:
    """Exchange one shift at a time, and keep what helps."""
    began, rng, work = time.monotonic(), np.random.default_rng(1), given.structure.payload
    x = given.structure.complete(by_highs(given, seconds / 5.0))
    alike: dict[tuple[int, int, str], list[int]] = {}
    for j, column in enumerate(work.columns):
        alike.setdefault((column.group, column.day, column.pattern.contract), []).append(j)
    order = order_of(given, SEEN[0])
    best = _worth(given, order, x)
    while time.monotonic() - began < seconds:
        new, away = x.copy(), int(rng.choice(np.flatnonzero(x[: len(work.columns)] > 0.5)))
        column = work.columns[away]
        kind = rng.integers(3 if hire else 1)
        if kind != 1:
            new[away] -= 1
        if kind != 2:
            new[int(rng.choice(alike[column.group, column.day, column.pattern.contract]))] += 1
        value = _worth(given, order, new)
        if value < best and not given.structure.broken(given.structure.complete(new)):
            x, best = new, value
    return given.structure.complete(x)


def _worth(given: Problem, order: Order, x: Floats) -> tuple[bool, float]:
    """What a roster is worth in the order of the answer, the less the better."""
    trial = given.trials.run(given.structure.plan(x), SEEN)
    return order.key(given.structure.cost_of(x), trial)


@dataclass(frozen=True)
class Verdict:
    """What a roster comes to."""

    name: str
    cost: float
    people: int  # shifts worked
    contacts: float  # that goals miss, see `search/shortfall.py`
    met: int  # goals
    as_today: bool  # no fewer goals than today's roster, and no interval further below its goal than its worst
    sl: float  # of all contacts
    worst: float
    worst_goal: str
    broken: int  # rules of contracts and the week
    seconds: float


def judge(given: Problem, name: str, x: Floats, seconds: float) -> Verdict:
    """Simulate a roster on draws that nothing has seen."""
    trial = given.trials.run(given.structure.plan(x), JUDGED)
    order = order_of(given, JUDGED[0])
    found = order.reached(trial)
    floors = [k for k, goal in enumerate(given.goals.goals) if goal.floor]
    worst = min(floors, key=lambda k: float(trial.value[k]))
    above, below = trial.figures["sl"]
    return Verdict(
        name, given.structure.cost_of(x), round(float(x[: len(given.structure.payload.columns)].sum())),
        found.missed, found.met, order.no_worse(trial),
        float(above.sum() / below.sum()), float(trial.value[worst]), given.goals.goals[worst].title,
        len(given.structure.broken(given.structure.complete(x))), seconds,
    )  # fmt: skip


def optimized(given: Problem, seconds: float) -> Floats:
    """The plan of `cxsim.optimize`."""
    return cxsim.optimize(given.scenario, seed=1, seconds=seconds, advise=False).x


def main() -> None:
    """Compare all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hire", action="store_true", help="as many people as are wanted")
    parser.add_argument("--python", metavar="PYTHON", help="a Python that has pyworkforce and OR-Tools")
    parser.add_argument("--limit", type=float, default=300.0, metavar="SECONDS", help="of each way (default: 300)")
    parser.add_argument("--only", metavar="NAME", action="append", default=[], help="leave out all others")
    asked = parser.parse_args()
    read = cxsim.read(WEEK)
    scenario = read.vary({"optimize.shifts.contracts.*.max": None}) if asked.hire else read
    given = problem(scenario, seed=1)
    ways: dict[str, Callable[[], Floats]] = {"Today": lambda: _today(problem(read, seed=1), given)}
    ways["HiGHS cover"] = lambda: by_highs(given, asked.limit)
    if asked.python:
        ways["CP-SAT cover"] = lambda: by_cp_sat(given, asked.limit, asked.python)
        ways["pyworkforce"] = lambda: by_pyworkforce(given, asked.limit, asked.python)
    ways["Greedy"] = lambda: greedy(given, asked.limit, asked.hire)
    ways["cxsim"] = lambda: optimized(given, asked.limit)
    print(f"{len(JUDGED):,} unseen replications, {len(given.goals)} goals, {asked.limit:g} s each")
    print(
        f"{'':14}{'cost':>9}{'shifts':>8}{'missed':>9}{'met':>6}{'SL':>7}{'worst':>7}{'rules':>7}{'s':>6}  as today,"
        " worst interval"
    )
    for name, way in ways.items():
        if asked.only and name not in asked.only:
            continue
        began = time.monotonic()
        one = judge(given, name, way(), time.monotonic() - began)
        told = f"{'yes' if one.as_today else 'no'}, {one.worst_goal}"
        print(
            f"{one.name:14}{one.cost:9,.0f}{one.people:8}{one.contacts:9,.0f}{one.met:6}{100 * one.sl:7.1f}"
            f"{100 * one.worst:7.1f}{one.broken:7}{one.seconds:6.0f}  {told}"
        )
        sys.stdout.flush()


def _today(limited: Problem, given: Problem) -> Floats:
    x = as_worked(limited)
    if x is None or limited.structure.names != given.structure.names:
        raise ValueError("today's roster is not among the shifts allowed")
    return x


if __name__ == "__main__":
    main()
