"""What `cxsim optimize` finds on the staffing benchmarks: cost, bound, time, and whether the plan holds.

    python -m benchmarks.optima [NAME ...] [--seed N] [--thorough T] [--limit SECONDS] [--dry]
    python -m benchmarks.optima A_small A_large --check     the instances' check plans, beside the figures on record
    python -m benchmarks.optima --plot FILE                 cost against CPU time of the runs kept

Each instance is optimized as a user would, without the advice. The plan is then simulated on a second block of draws,
of another seed, that neither the search nor the certificate has seen. A line of JSON per figure is appended to
results.jsonl; plan and history are kept in `staffing/optimum-NAME.json`. Money is in wage-hours (in the currency of the
scenario for those that ship), time in CPU-seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.record import append, line
from benchmarks.staffing import FOLDER, SHIPPED, columns_of, numbers, posed, scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.stage import Stage

# What the same algorithm reached as a prototype, in C: certified, but for B.
BEFORE = {"A_small": 300.4, "A_large": 2059.7, "B": 2165.0}
EVERY = [*BEFORE, *(name for name in SHIPPED if name != "quickstart")]
UNITS = dict.fromkeys(SHIPPED, "EUR") | {"bank-week": "hours"}  # of cost; wage-hours elsewhere
SECOND_SEED, SECOND_DAYS = 77, 8192
ACROSS = 3  # charts in a row
SHOWN = ("cuts", "polish", "enumerate", "certify", "routing")


def check(name: str) -> None:
    """Simulate the check plan of an instance, and compare it with the figures that stand beside it."""
    from cxsim.optimizer.problem.problem import problem

    known = numbers(name)["check"]
    given = problem(scenario(name), seed=1)
    n = int(known["days"])
    x = columns_of(given, known["agents"])
    trial = given.trials.run(given.structure.plan(x), range(n))
    by_type, by_interval = trial.value[:8], trial.value[8:]
    error = trial.error
    apart = (by_type - known["sl_by_type"]) / np.hypot(error[:8], known["sl_by_type_standard_error"])
    # Nothing is told of the errors by interval but the days: as large as ours.
    apart_too = (by_interval - known["sl_by_interval"]) / np.hypot(np.sqrt(2.0) * error[8:], 5e-5)
    fcr, offered = trial.figures["fcr_true"], trial.figures["sl"][1]
    print(f"{name}: check plan on {n:,} days")
    print(f"  cost {given.structure.cost_of(x):,.3f}, on record {known['cost']:,.3f}")
    for what, z in (("type", apart), ("interval", apart_too)):
        print(
            f"  SL by {what}: root mean square of the distances {np.sqrt(np.mean(z**2)):.2f} standard errors,"
            f" largest {np.abs(z).max():.2f}"
        )
    lost, wait = (trial.figures[figure] for figure in ("abandoned_share", "wait_mean"))
    print(
        f"  abandoned {lost[0].sum() / lost[1].sum():.5f}, on record {known['abandoned_share']:.5f};"
        f" offered a day {offered.mean():,.2f}, on record {known['offered_per_day']:,.2f}"
    )
    print(
        f"  FCR {fcr[0].sum() / fcr[1].sum():.5f} (of issues answered), on record {known['fcr']:.5f}"
        f" (of fresh contacts); mean wait {wait[0].sum() / wait[1].sum():.3f} s,"
        f" on record {known['mean_wait_of_all_offered']:.3f} s"
    )


def optimized(name: str, seed: int, thorough: float = 1.0, limit: float | None = None) -> tuple[Optimum, Trial]:
    """The optimum of an instance, and its plan on the second block."""
    import cxsim
    from cxsim.optimizer.problem.problem import problem

    def progress(stage: Stage) -> None:
        print(
            f"{stage.cpu_seconds:7.1f} s  {stage.phase:9} {stage.cost:10.2f}  {'met' if stage.met else '   '}"
            f"  {stage.worst} {stage.slack:+.4f}  {stage.replications:,}",
            file=sys.stderr,
            flush=True,
        )

    found = cxsim.optimize(posed(name), seed=seed, thorough=thorough, seconds=limit, advise=False, progress=progress)
    again = problem(posed(name), seed=SECOND_SEED)
    replications = SECOND_DAYS // max(again.model.timeline.days, 1)
    return found, again.trials.run(again.structure.plan(found.x), range(replications))


def figures_of(name: str, found: Optimum, again: Trial) -> list[dict[str, Any]]:
    """A line for each figure."""
    head = f"optimum.{name}"
    before, unit = BEFORE.get(name), UNITS.get(name, "wage-hours")
    compared = (None, None) if before is None else (f"{before} found before", found.cost / before)
    searched = found.history[found.history["phase"].isin(("cuts", "polish"))]
    return [
        line(f"{head}.cost", found.cost, unit, *compared),
        line(f"{head}.certified", float(found.certified), "yes or no"),
        line(f"{head}.bound", found.bound, unit, found.bound_status, found.gap),
        line(f"{head}.cpu", found.cpu_seconds, "s"),
        line(f"{head}.cpu_before_certificate", float(searched["cpu_seconds"].max()), "s"),
        line(f"{head}.replications", found.replications, "days"),
        line(f"{head}.second_block_failing", int((again.slack < 0.0).sum()), f"of {len(again.slack)} goals"),
        line(f"{head}.second_block_worst_slack", float(again.slack.min()), "share"),
    ]


def keep(name: str, found: Optimum, seed: int) -> None:
    """Plan and history of a run."""
    history = found.history[found.history["phase"].isin(SHOWN)]
    rows = [
        [phase, round(cost, 3), bool(met), round(cpu, 2), int(n)]
        for phase, cost, met, cpu, n in zip(
            *(history[key] for key in ("phase", "cost", "met", "cpu_seconds", "replications")), strict=True
        )
    ]
    kept = {
        "seed": seed,
        "cost": found.cost,
        "bound": found.bound if math.isfinite(found.bound) else None,
        "bound_status": found.bound_status,
        "certified": found.certified,
        "certified_on": found.certified_on,
        "cpu_seconds": found.cpu_seconds,
        "levels": found.levels.tolist(),
        "x": {str(j): int(found.x[j]) for j in np.flatnonzero(found.x)},
        "history": rows,
    }
    text = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in kept.items())
    (FOLDER / f"optimum-{name}.json").write_text("{" + text + "}\n", encoding="utf-8")


def plot(path: Path) -> None:
    """Cost of the plan at hand against CPU time, for each run kept."""
    from matplotlib.figure import Figure

    kept = {name: FOLDER / f"optimum-{name}.json" for name in EVERY}
    there = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in kept.items() if file.exists()}
    across = min(ACROSS, len(there))
    figure = Figure(figsize=(4.0 * across, 3.4 * -(-len(there) // across)), layout="constrained")
    grid = np.atleast_1d(figure.subplots(-(-len(there) // across), across)).ravel()
    for axes, (name, run) in zip(grid, there.items(), strict=False):
        _drawn(axes, name, run)
    for axes in grid[len(there) :]:
        axes.axis("off")
    handles = {label: one for axes in grid for one, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=110)


def _drawn(axes: Axes, name: str, run: dict[str, Any]) -> None:
    """One run: every plan tried, and the best so far among those of the best kind there is."""
    rows = [row for row in run["history"] if row[0] != "enumerate" and row[1] is not None]
    at = np.array([row[3] for row in rows])
    cost = np.array([row[1] for row in rows])
    met = np.array([row[2] for row in rows])
    proof = np.array([row[0] == "certify" for row in rows])
    axes.plot(at, cost, color="0.8", lw=1.0, zorder=1)
    for chosen, colour, marker, label in (
        (~met, "#d98c3f", "v", "misses a goal"),
        (met & ~proof, "#3f7fbf", "o", "meets all goals in the search"),
        (met & proof, "#2f7d4f", "s", "has passed a stage of the proof"),
    ):
        axes.scatter(at[chosen], cost[chosen], s=14, color=colour, marker=marker, label=label, zorder=2)
    low, high = np.quantile(cost, [0.0, 0.95])
    if name in BEFORE:
        axes.axhline(BEFORE[name], color="0.4", lw=0.8, ls="--", label="found by the prototype")
        low = min(low, BEFORE[name])
    axes.set_ylim(low - 0.15 * (high - low) - 1e-9, high + 0.15 * (high - low) + 1e-9)
    axes.set_title(f"{name}: {run['cost']:,.0f}{'' if run['certified'] else ', not certified'}", fontsize=10)
    axes.set_xlabel("CPU-seconds")
    axes.set_ylabel(UNITS.get(name, "wage-hours"))


def main() -> None:
    """Check, optimize or plot."""
    parser = argparse.ArgumentParser(description="What cxsim optimize finds on the staffing benchmarks.")
    parser.add_argument("names", nargs="*", choices=[*EVERY, []], default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--thorough", type=float, default=1.0, help="multiplies the rounds of the search")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="time limit of each search (default: none)")
    parser.add_argument("--check", action="store_true", help="simulate the check plans, optimize nothing")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the runs kept, optimize nothing")
    parser.add_argument("--dry", action="store_true", help="print, append and keep nothing")
    asked = parser.parse_args()
    if asked.plot is not None:
        plot(asked.plot)
        return
    for name in asked.names or EVERY:
        if asked.check:
            if name in BEFORE and "check" in numbers(name) and name != "B":
                check(name)
            continue
        found, again = optimized(name, asked.seed, asked.thorough, asked.limit)
        figures = figures_of(name, found, again)
        for figure in figures:
            print(json.dumps(figure))
        if not asked.dry:
            append(figures)
            keep(name, found, asked.seed)


if __name__ == "__main__":
    main()
