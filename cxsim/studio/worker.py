"""A search in a process of its own: one task as a line of JSON in, events as lines of JSON out.

It ends with the server: the end of its input ends it. A line `stop` on its input ends the search with the best plan so
far.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxsim.optimizer.frontier import frontier
from cxsim.optimizer.optimize import optimize
from cxsim.optimizer.problem.stage import PHASES, Impossible, Stage
from cxsim.report.common import formats
from cxsim.report.plan import bound_words, words
from cxsim.report.run.folder import csv_text
from cxsim.scenario import Scenario, read
from cxsim.scenario.io.faults import ScenarioError

if TYPE_CHECKING:
    from cxsim.optimizer.frontier_result import Frontier
    from cxsim.optimizer.optimization_result import Optimum

EVERY = 0.25  # seconds between two stages that are reported
NICE = 5  # so that the plan on the screen is answered first

Tell = Callable[[str, dict[str, Any]], None]


def main() -> None:
    """Do the task."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what solvers print goes elsewhere
    lock, stop = threading.Lock(), threading.Event()

    def tell(kind: str, content: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps({"kind": kind, **content}, allow_nan=False) + "\n")
            out.flush()

    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_listen, args=(stop,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        _search(task, tell, stop)
    except ScenarioError as error:
        tell("fault", {"faults": [{**vars(fault), "message": fault.message} for fault in error.faults]})
    except Impossible as error:
        tell("fault", {"faults": [{"message": str(error)}]})
    except Exception as error:
        tell("fault", {"faults": [{"message": f"the search failed ({error})"}]})


def _listen(stop: threading.Event) -> None:
    for line in sys.stdin:
        if line.strip() == "stop":
            stop.set()
    os._exit(0)  # the server is gone


def _search(task: dict[str, Any], tell: Tell, stop: threading.Event) -> None:
    scenario = read(Path(task["file"]))
    if task["values"]:
        scenario = scenario.vary(task["values"])
    progress = _Progress(scenario, tell, stop)
    if task["kind"] == "frontier":
        found = frontier(
            scenario, points=task["points"], figures=[task["figure"]], seed=task["seed"], progress=progress
        )
        tell("frontier", of_frontier(found, task["figure"]))
        return
    best = optimize(
        scenario,
        seed=task["seed"],
        seconds=task["seconds"],
        resume=task["start"] or None,
        certified=task["certify"],
        advise=False,
        progress=progress,
        keep=lambda plan: tell("best", of_plan(plan)),
    )
    tell("best", of_plan(best))


class _Progress:
    """Tells where a search stands, a few times a second."""

    def __init__(self, scenario: Scenario, tell: Tell, stop: threading.Event) -> None:
        self._currency, self._tell, self._stop = scenario.currency, tell, stop
        self._told, self._cost = 0.0, math.nan

    def __call__(self, stage: Stage) -> bool:
        now = time.monotonic()
        if now - self._told >= EVERY or stage.cost != self._cost:
            self._told, self._cost = now, stage.cost
            self._tell("stage", of_stage(stage, self._currency))
        return not self._stop.is_set()


def of_stage(stage: Stage, currency: str) -> dict[str, Any]:
    """Where a search stands, in the words of the terminal."""
    gap = (stage.cost - stage.bound) / abs(stage.cost) if stage.cost else math.nan
    return {
        "phase": PHASES.get(stage.phase, stage.phase),
        "cost": _finite(stage.cost),
        "bound": _finite(stage.bound),
        "cost_text": formats.quantity(stage.cost, stage.unit, currency) if math.isfinite(stage.cost) else "",
        "bound_text": formats.quantity(stage.bound, "money", currency) if math.isfinite(stage.bound) else "",
        "gap_text": formats.share(gap) if math.isfinite(gap) else "",
        "met": stage.met,
        "state": stage.state,
        "worst": stage.worst,
        "slack": f"{100.0 * stage.slack:+.2f}" if math.isfinite(stage.slack) else "",
        "replications": stage.replications,
        "seconds_left": _finite(stage.seconds_left),
    }


def of_plan(plan: Optimum) -> dict[str, Any]:
    """A plan that can be put into the grid, with its headline, cost and goals."""
    lines = words.lines(plan)
    return {
        "staff": plan.kind,
        "table": csv_text(plan.plan),
        "cost": _finite(plan.cost),
        "cost_text": words.money(plan, plan.cost),
        "certified": bool(plan.certified),
        "headline": words.headline(plan),
        "bound": bound_words.bound(plan),
        "gap_text": formats.share(plan.gap) if math.isfinite(plan.gap) else "",
        "messages": list(plan.messages),
        "goals": [
            {
                "subject": line.subject,
                "goal": line.goal,
                "value": line.value + (f" {line.at}" if line.at else ""),
                "proved": line.bound,
                "slack": line.slack,
                "met": line.met,
                "verdict": line.verdict,
            }
            for line in lines
        ],
        "goals_met": sum(line.count_met for line in lines),
        "goals_of": sum(line.count for line in lines),
    }


def of_frontier(found: Frontier, figure: str) -> dict[str, Any]:
    """The plans of a frontier with cost and metric, and their tables."""
    points = []
    for row in found.points.to_dict("records"):
        number = int(row["point"])
        points.append(
            {
                "number": number,
                "target": _finite(row["target"]),
                "reached": bool(row["reached"]),
                "dominated": str(row["dominated_by"] or ""),
                **{
                    f"{key}{end}": _finite(row[f"{key}{end}"])
                    for key in ("cost", figure)
                    for end in ("", "_low", "_high")
                },
                "table": csv_text(found.plans[number]) if number in found.plans else "",
            }
        )
    return {
        "figure": figure,
        "headline": found.headline(),
        "messages": list(found.messages),
        "points": points,
        "out_of_reach": [
            f"{100.0 * float(row['target']):g} %: {row['proof']}." for row in found.unreachable.to_dict("records")
        ],
    }


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


if __name__ == "__main__":
    main()
