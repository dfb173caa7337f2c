"""The layers of the optimizer, each by itself: requirements, the fluid program, covering, and the proof of a plan."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Group
from rich.constrain import Constrain
from rich.text import Text

from cxsim.optimizer.advice.rivals import erlang_levels
from cxsim.optimizer.bounds.choose import bound_of
from cxsim.optimizer.build_optimum import conclude
from cxsim.optimizer.certificate.certify import certify
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem as problem_of
from cxsim.optimizer.problem.problem import refuse_free
from cxsim.optimizer.problem.requirements import requirements
from cxsim.optimizer.problem.said import team
from cxsim.optimizer.problem.stage import Impossible, Progress, Stage
from cxsim.optimizer.proved import Proved, Searched
from cxsim.optimizer.routing.alternate import improved
from cxsim.optimizer.search.starting import columns_of, start_of
from cxsim.optimizer.shifts.covering import cover
from cxsim.optimizer.shifts.needed import by_group, read_need
from cxsim.report.common.terminal import plain_table
from cxsim.report.run.document import plain, records
from cxsim.report.run.document import scenario as scenario_facts
from cxsim.report.run.folder import csv_text
from cxsim.scenario import dump
from cxsim.scenario.model.optimizing import optimizing
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

KIND = "cxsim layer"
MOST_ROWS = 24  # of a table that a terminal shows
PROVING = 2_000  # replications by which a plan is proved, where nothing else is said


@dataclass(frozen=True, eq=False)
class Layer:
    """What one layer says: a sentence, facts for `--json`, and tables; `plan` is one that `staff.file` reads back."""

    layer: str
    name: str
    sentence: str
    facts: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    scenario_text: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    certified: bool = True

    def document(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "schema_version": 1,
            "layer": self.layer,
            "message": self.sentence,
            **plain(dict(self.facts)),
            "inputs": {"scenario": scenario_facts(self.scenario_text), **plain(dict(self.inputs))},
            **{name: records(frame) for name, frame in self.tables.items()},
        }

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: the sentence and the head of each table."""
        parts: list[RenderableType] = [Text(self.name, style="bold"), Text(), Text(self.sentence, style="bold")]
        for name, frame in self.tables.items():
            shown = frame.head(MOST_ROWS)
            grid = plain_table(name.replace("_", " ").capitalize())
            for column in shown.columns:
                number = pd.api.types.is_numeric_dtype(shown[column])
                grid.add_column(Text(str(column)), justify="right" if number else "left", overflow="fold")
            for row in shown.itertuples(index=False, name=None):
                grid.add_row(*(Text(_text(cell)) for cell in row))
            parts += [Text(), grid]
            if len(frame) > MOST_ROWS:
                parts.append(Text(f"and {len(frame) - MOST_ROWS:,} more rows; the folder has all of them", style="dim"))
        whole = Group(*parts)
        if width is None:
            return whole
        return Constrain(whole, width)

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write the tables as CSV, the scenario and the facts into `folder`, all or nothing."""

        def fill(made: Path) -> None:
            (made / "scenario.yaml").write_text(self.scenario_text, encoding="utf-8", newline="\n")
            for name, frame in self.tables.items():
                (made / f"{name}.csv").write_text(csv_text(frame), encoding="utf-8", newline="\n")
            facts = {"kind": KIND, "layer": self.layer, "message": self.sentence, **self.document()}
            text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
            (made / "layer.json").write_text(text + "\n", encoding="utf-8")

        return write_folder(Path(folder), KIND, fill)

    def files(self, folder: Path, pictures: bool = True) -> str:
        """What was written, in words."""
        return ", ".join(f"{folder / name}.csv" for name in self.tables)


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:,.0f}" if cell == round(cell) else f"{cell:,.3g}"
    return str(cell)


def one_layer(
    layer: str,
    scenario: Scenario,
    *,
    seed: int = 1,
    threads: int | None = None,
    solver: str = "highs",
    plan: Path | None = None,
    need: Path | None = None,
    progress: Progress | None = None,
    keep: Callable[[Optimum], object] | None = None,
) -> Layer | Optimum:
    """One layer of the optimizer: 'requirements', 'fluid', 'cover', or one that gives an Optimum: 'routing', 'certify'.

    `plan` is the table of the plan to certify, or the one that a routing is sought for (by default the current
    staffing); `need` that of headcounts to cover (by default what Erlang C asks for). `keep` is given the Optimum
    before its advice. Raises ScenarioError, Impossible or SolverError.
    """
    # What queues need, and what a given plan does, does not depend on the size of the team.
    free = layer in ("requirements", "routing", "certify")
    asked = scenario.vary({"optimize.within_team": False}) if free else scenario
    if layer == "routing" and not optimizing(scenario).routing:
        asked = asked.vary({"optimize.routing": True})
    problem = problem_of(asked, seed=seed, threads=threads)
    if layer in ("fluid", "cover"):
        refuse_free(problem)
    if progress is not None:
        progress(Stage(layer))
    if layer == "certify":
        if plan is None:
            raise ValueError("a plan is needed: a table that staff.file can read")
        return certified(problem, plan, solver=solver, progress=progress, keep=keep)
    if layer == "routing":
        return best_routing(problem, plan, solver=solver, progress=progress, keep=keep)
    made_of = {"requirements": _requirements, "fluid": _fluid}
    found = _cover(problem, need, solver) if layer == "cover" else made_of[layer](problem)
    sentence, facts, tables = found
    return Layer(layer, scenario.name, sentence, facts, tables, dump(scenario), {"seed": seed, "solver": solver})


Answer = tuple[str, dict[str, Any], dict[str, pd.DataFrame]]


def _requirements(problem: Problem) -> Answer:
    """Erlang's agents for each queue alone."""
    table = requirements(problem.scenario, model=problem.model)
    hours = problem.model.timeline.interval / 3600.0
    total = {name: float(table[name].sum() * hours) for name in ("load", "agents", "agents_whole")}
    sentence = (
        f"Staffing each queue separately takes {total['agents_whole']:,.0f} agent-hours in whole agents "
        f"({total['agents']:,.0f} with fractions) for {total['load']:,.0f} hours of work, by Erlang with lagged load."
    )
    return sentence, {"agent_hours": total}, {"requirements": table}


def _fluid(problem: Problem) -> Answer:
    """The best bound without simulation; the program's fractional levels, and who serves what."""
    plain = fluid(problem)
    bound = bound_of(problem, plain)
    best = bound.program or plain
    currency = problem.scenario.currency
    sentence = (
        f"No plan is expected to cost less than {bound.value:,.2f} {currency} ({bound.status} bound); as a fluid "
        f"without randomness it would cost {plain.cost:,.2f} {currency}. This is not a plan, because its staffing "
        "levels are fractions."
    )
    open_at = np.flatnonzero(problem.model.timeline.open_mask)
    levels = pd.DataFrame(best.levels[:, open_at].T, columns=list(problem.model.plan.groups))
    levels.insert(0, "interval", [problem.model.layout.labels[i] for i in open_at])
    facts = {
        "cost": plain.cost,
        "bound": bound.value,
        "bound_status": bound.status,
        "bound_note": "; ".join(bound.near),
        "certified": False,
        "left_out": list(best.left_out),
    }
    tables = {
        "served_by": best.served_by(),
        "held_back_by": best.duals.drop(columns="row"),
        "levels": levels,
    }
    return sentence, facts, {name: frame for name, frame in tables.items() if len(frame)}


def _cover(problem: Problem, need: Path | None, solver: str) -> Answer:
    """The cheapest headcounts or shifts with at least the agents of a need."""
    timeline = problem.model.timeline
    demand = by_group(erlang_levels(problem)[0]) if need is None else read_need(need, problem.scenario, timeline)
    try:
        found = cover(problem.structure, demand, solver=solver, seconds=300.0)
    except Impossible as refusal:
        limits = team(problem)
        raise Impossible(f"{refusal}\n{limits}" if limits else str(refusal), conflict=refusal.conflict) from None
    x = problem.structure.complete(np.rint(found.x))
    what = (
        "the agents that Erlang C requires for each queue separately" if need is None else f"the agents of {need.name}"
    )
    proof = (
        "the cheapest possible"
        if found.status == "optimal" and found.gap <= 1e-3
        else (f"at most {100 * found.gap:.1f} % above the cheapest (the solver ran out of time)")
    )
    money = f"{found.cost:,.2f} {problem.scenario.currency}"
    sentence = (
        f"{problem.structure.kind.capitalize()} for {money} cover {what} at every moment: {proof}. The goals "
        "were not simulated."
    )
    facts = {
        "cost": found.cost,
        "bound": found.bound,
        "gap": found.gap,
        "certified": False,
        "status": found.status,
        "spare_agent_hours": _hours(problem, found.levels) - _hours(problem, demand.agents),
    }
    return sentence, facts, {"plan": problem.structure.table(x)}


def _hours(problem: Problem, agents: Floats) -> float:
    """Agent-hours of agents by interval, while it is open."""
    return float((agents @ problem.model.timeline.open_seconds).sum() / 3600.0)


def certified(
    problem: Problem,
    path: Path,
    *,
    solver: str = "highs",
    replications: int = PROVING,
    progress: Progress | None = None,
    keep: Callable[[Optimum], object] | None = None,
) -> Optimum:
    """A plan of somebody's, simulated at length and judged against every goal at once."""
    return _judged(problem, start_of(problem, path), Searched(solver=solver), replications, progress, keep)


def best_routing(
    problem: Problem,
    path: Path | None,
    *,
    solver: str = "highs",
    replications: int = PROVING,
    progress: Progress | None = None,
    keep: Callable[[Optimum], object] | None = None,
) -> Optimum:
    """The best routing found for a plan, or for the current staffing, judged like any plan."""
    if path is None and not problem.model.plan.present.any():
        raise ValueError("a plan is needed, since the scenario has no agents: a table that staff.file can read")
    x = start_of(problem, path) if path is not None else columns_of(problem, problem.model.plan)
    try:
        program = fluid(problem)
    except Impossible:  # this staffing may still do better than it does
        program = None

    def told() -> bool:
        return progress is None or progress(Stage("routing", problem.structure.cost_of(x))) is not False

    found = improved(problem, problem.structure.plan(x), problem.structure.cost_of(x), program, told)
    said = ["No change of the routing was found that brings a goal nearer or adds to its slack."]
    searched = Searched(solver=solver, program=program, messages=said if found is problem else ())
    return _judged(found, x, searched, replications, progress, keep)


def _judged(
    problem: Problem,
    x: Floats,
    searched: Searched,
    replications: int,
    progress: Progress | None,
    keep: Callable[[Optimum], object] | None,
) -> Optimum:
    proof = certify(problem, x, most=replications, cushion=0.0, progress=progress)
    return conclude(
        problem,
        Proved(proof.x, proof.trial, proof.slack_low, proof.certified),
        replace(searched, replications=proof.replications),
        progress=progress,
        keep=keep,
    )
