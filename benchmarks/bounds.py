"""Lower bounds of the benchmark instances: the fluid one alone, as it was, and each that there is now.

    python -m benchmarks.bounds [NAME ...] [--rounds N] [--plans SECONDS]

The gap is (cost - bound) / cost, of the best plan kept in `staffing/optimum-NAME.json`, by `benchmarks.optima`. With
--plans, instances without a plan are optimized first, for so many seconds each, and their plans kept. `small` are the
cases of the tests whose optimum is exact. Printed is the table of docs/explanation/bounds.md, row by row; CPU seconds
are those of the bound alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import cxsim
from benchmarks import optima
from benchmarks.staffing import FOLDER, NAMES, SHIPPED, posed
from cxsim.optimizer.bounds.by_slopes import by_slopes
from cxsim.optimizer.bounds.choose import bound_of
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.search.gradient import slopes

if TYPE_CHECKING:
    from cxsim.optimizer.bounds.bound import Bound
    from cxsim.optimizer.problem.problem import Problem

ROOT = Path(__file__).parents[1]
METHODS = {
    "chain": "chain of the day",
    "pooled": "pooled sets",
    "slopes": "pooled sets and slopes",
    "fluid": "fluid",
}
SEEN = 200_000  # contacts on which slopes are taken at a plan
HEADS = ("instance", "cost of the plan", "fluid bound", "gap before", "at once", "gap", "with slopes", "gap")
HEADS = (*HEADS, "status", "by", "CPU s")
EVERY = ("quickstart", "A_small", "A_large", "B", *(name for name in SHIPPED if name != "quickstart"))
EVERY = (*EVERY, *(name for name in NAMES if name not in EVERY), "small")


def plan_of(name: str, given: Problem, seconds: float | None) -> tuple[np.ndarray, bool] | None:
    """The columns of the plan that is kept, and whether it is certified; found first if there are seconds for it."""
    path = FOLDER / f"optimum-{name}.json"
    if not path.exists():
        if seconds is None:
            return None
        found = cxsim.optimize(given.scenario, seconds=seconds, advise=False)
        optima.keep(name, found, 1)
    kept = json.loads(path.read_text(encoding="utf-8"))
    x = np.zeros(given.structure.size)
    for column, count in kept["x"].items():
        x[int(column)] = count
    return given.structure.complete(x), bool(kept["certified"])


def line(name: str, rounds: int, seconds: float | None) -> tuple[str, ...]:
    """A row of the table."""
    given = problem(posed(name))
    try:
        plain = fluid(given)
    except Impossible:
        return (name, "no plan meets all goals", *[""] * (len(HEADS) - 2))
    began = time.process_time()
    found = bound_of(given, plain)
    at_once = time.process_time() - began
    plan = plan_of(name, given, seconds)
    if plan is None:
        bounds = _number(plain.bound), "", _number(found.value), "", "", "", found.status, METHODS[found.method]
        return (name, "no plan", *bounds, f"{at_once:.1f}")
    x, certified = plan
    cost, best, cpu = _held_down(given, x, found, rounds)
    return (
        name,
        _number(cost) + " (not certified)" * (not certified),
        *_told(plain.bound, cost),
        *_told(found.value, cost),
        *(_told(best.value, cost) if best is not found else ("", "")),
        best.status,
        METHODS[best.method],
        f"{at_once:.1f}" + (f" + {cpu:.0f}" if best is not found else ""),
    )


def _held_down(given: Problem, x: np.ndarray, found: Bound, rounds: int) -> tuple[float, Bound, float]:
    """The plan's cost, the bound by slopes where it is higher, and what that took."""
    began = time.process_time()
    contacts = max(1.0, float(fluid(given).offered.sum()))
    days = int(np.clip(SEEN / contacts, 4, 64))
    trial = given.trials.run(given.structure.plan(x), range(8 * days))
    cost = given.structure.cost_of(x) + float(trial.outcome.mean())
    if found.program is None:
        return cost, found, 0.0
    first = slopes(given, given.structure.levels(x), range(3_000_000, 3_000_000 + days))
    higher = by_slopes(given, x, trial, found.program, first, days=days, rounds=rounds)
    best = found if higher is None or higher.value <= found.value else higher
    return cost, best, time.process_time() - began


def _told(bound: float, cost: float) -> tuple[str, str]:
    return _number(bound), f"{100.0 * (cost - bound) / cost:.1f} %"


def _number(value: float) -> str:
    return f"{value:,.1f}" if value < 1e4 else f"{value:,.0f}"


def small() -> tuple[str, ...]:
    """The cases of the tests with exact optima, as a row: medians, and the least gap."""
    sys.path.insert(0, str(ROOT / "tests"))
    cases = import_module("oracles.small_cases")

    before, after, began = list[float](), list[float](), time.process_time()
    for case, kept in cases.read():
        given = problem(cxsim.parse(cases.scenario(case)))
        hours = given.structure.cost[0] / case.wages[0]
        plain = fluid(given)
        values = plain.bound, bound_of(given, plain).value
        gaps = [1.0 - value / hours / float(kept["cost"]) for value in values]
        before.append(gaps[0])
        after.append(gaps[1])
    spent = (time.process_time() - began) / len(after)
    assert min(after) > -1e-9, "a bound exceeds an exact optimum"
    name = f"{len(after)} small cases, medians"
    told: list[Any] = [name, "exact", "", f"{100 * np.median(before):.1f} %", "", f"{100 * np.median(after):.1f} %"]
    return (*told, "", "", "heuristic", METHODS["pooled"], f"{spent:.1f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Lower bounds of the benchmark instances.")
    parser.add_argument("names", nargs="*", choices=[*EVERY, []], default=[])
    parser.add_argument("--rounds", type=int, default=5, help="plans at which slopes are taken, besides the best")
    parser.add_argument("--plans", type=float, metavar="SECONDS", help="optimize instances that have no plan")
    asked = parser.parse_args()
    print(f"| {' | '.join(HEADS)} |")
    print("|" + "---|" * len(HEADS))
    for name in asked.names or EVERY:
        row = small() if name == "small" else line(name, asked.rounds, asked.plans)
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
