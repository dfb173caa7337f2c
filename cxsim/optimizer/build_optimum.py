"""From a plan to an `Optimum`: what it does, what it costs, what was proved, and what it is compared with."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.model import handle_times, shares_by_time
from cxsim.model.calendar import explain
from cxsim.model.prepare import staffed
from cxsim.optimizer.advice import advice
from cxsim.optimizer.advice.rivals import present, rival
from cxsim.optimizer.advising import with_advice
from cxsim.optimizer.optimization_result import Optimum
from cxsim.optimizer.optimum_tables import costs_table, goals_table, history_table
from cxsim.optimizer.problem.stage import PHASES, Progress, Stage
from cxsim.optimizer.proved import Advised, Proved, Searched
from cxsim.optimizer.routing.state import changes as changes_of
from cxsim.optimizer.routing.state import routing_of
from cxsim.optimizer.routing.words import routing_table
from cxsim.scenario.io.writing import document, yaml_text
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.plan_tables import ASKED, THIS
from cxsim.simulation.build_result import LIBRARIES, assemble, definitions, stored, version
from cxsim.simulation.replications import replicate

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.model.prepare import Model
    from cxsim.optimizer.advice.rivals import Rival
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result

Floats = npt.NDArray[np.float64]

PLAN_FILE = "plan.csv"
UNADVISED = "The run ended before this plan was compared with others."


def conclude(
    problem: Problem,
    found: Proved,
    searched: Searched,
    *,
    advise: bool = True,
    progress: Progress | None = None,
    keep: Callable[[Optimum], object] | None = None,
    seconds: float | None = None,
    shown_on: int | None = None,
    advised: Advised | None = None,
) -> Optimum:
    """The Optimum of a plan that was found.

    With `advise` the plan is compared with others, and single changes of it are tried: that takes replications of its
    own. `keep` is given the plan before that: should the comparison fail, or `seconds` since the search began be over,
    the plan stands, and its messages say what is missing. `shown_on` replications are simulated for the plan's own run
    (0: none), by default as many as there is time for. What the advice finds goes to `advised`; what is known there
    already holds near the plan, and is not simulated again.
    """
    found = replace(found, x=problem.structure.complete(np.rint(np.asarray(found.x, dtype=np.float64))))
    own = rival(problem, THIS, problem.structure.plan(found.x))
    said = list(searched.messages)
    n = _shown_on(problem, advise, seconds) if shown_on is None else shown_on
    out = _alone(problem, found, searched, own, said, n)
    if keep is not None:
        keep(replace(out, messages=(*said, UNADVISED)) if advise else out)
    if not advise:
        return out
    if progress is not None:
        progress(_stage(searched))
    return with_advice(problem, found, searched, own, said, out, seconds, advised or Advised())


def _shown_on(problem: Problem, advise: bool, seconds: float | None) -> int:
    """Replications of the run that a plan is shown by; fewer where they would take long for a time limit."""
    most = int(np.clip(advice.compared_on(problem) // 2 if advise else 20, 20, 100))
    trials = problem.trials
    if seconds is None or not trials.replications_run:
        return most
    pace = 2.0 * trials.seconds_run / trials.replications_run  # every table of it is made
    return int(np.clip(0.03 * seconds / max(pace, 1e-9), 4, most))


def _alone(problem: Problem, found: Proved, searched: Searched, own: Rival, said: list[str], shown_on: int) -> Optimum:
    """The plan by itself, simulated as `cxsim run` simulates it; `said` takes what a reader must know."""
    scenario, model, structure = problem.scenario, problem.model, problem.structure
    x, trial, table = found.x, found.trial, structure.table(found.x)
    sense, objective = optimizing(scenario).objective
    nothing = _unmeasured(problem, trial)
    if nothing:  # without contacts there is no service: a plan that answers nobody would meet every FCR goal
        said.append(f"Nothing was measured for {nothing}: nobody is served. Add a goal on SL or abandonment.")
    costs = costs_table(problem, advice.Tried(own, trial), said)
    if "churn" in problem.prices.counted:
        said.append(_churn(problem))
    shown = staffed(model, own.plan)
    result = result_of(shown, shown_on, problem.trials.threads) if shown_on else None
    money = structure.cost_of(x) + float(trial.outcome.mean())
    names = stored(scenario)
    certified = bool(found.certified) and not nothing
    return Optimum(
        name=scenario.name,
        scenario=scenario,
        scenario_text=text_of(problem, table),
        kind=structure.kind,
        plan=table,
        x=x,
        levels=np.rint(structure.levels(x)).astype(np.int64),
        groups=tuple(scenario.groups),
        labels=model.timeline.labels,
        interval=model.timeline.interval,
        cost=money if objective == "cost" else figure_value(result, trial, objective),
        **_bound(searched, money, certified),
        certified=certified,
        goals=goals_table(problem.goals, trial, found.slack_low),
        replications=searched.replications + shown_on,
        **searched.spent,
        seed=model.seed,
        objective=objective,
        sense="minimise" if sense == "min" else "maximise",
        budget=optimizing(scenario).budget,
        solver=searched.solver,
        currency=scenario.currency,
        confidence=searched.confidence,
        certified_on=trial.n,
        costs=costs,
        history=history_table(searched.history),
        messages=(*said, *_counted(scenario, structure.kind)),
        definitions=definitions(shown),
        assumptions=(
            *explain(model.timeline),
            *handle_times.explain(model.scenario),
            *shares_by_time.explain(model.scenario),
            *own.plan.notes,
        ),
        provenance=_provenance(problem),
        inputs={
            names[name]: path.read_bytes()
            for name, path in scenario.source.files.items()
            if name != scenario.staff.file
        },
        result=result,
        params=problem.params,
        reached=found.reached,
        is_today=_same_people(problem, own.plan),
        signature=structure.signature,
        **_routing(problem),
    )


def _same_people(problem: Problem, plan: Plan) -> bool:
    """Whether a plan has the people of today's staffing present, and paid, in every interval."""
    now = problem.model.plan
    return np.allclose(present(problem, plan), present(problem, now)) and np.allclose(plan.paid, now.paid)


def _bound(searched: Searched, money: float, certified: bool) -> dict[str, Any]:
    """The bound, but for a heuristic one that a certified plan has refuted by costing less."""
    refuted = certified and searched.bound_status == "heuristic" and money < searched.bound
    if refuted or not math.isfinite(searched.bound):
        return {"bound": math.nan, "bound_status": "none"}
    note = searched.bound_note
    return {"bound": searched.bound, "bound_status": searched.bound_status, "bound_note": note}


def _routing(problem: Problem) -> dict[str, Any]:
    """What the plan changes in the routing of the scenario."""
    if problem.before is None:
        return {}
    own, planned = problem.before.scenario, problem.scenario
    return {
        "routing": routing_table(own, planned),
        "routing_changes": changes_of(own, routing_of(planned)),
    }


def _unmeasured(problem: Problem, trial: Trial) -> str:
    """Goals for which no contact was measured, in words."""
    pairs = zip(problem.goals.goals, trial.value, strict=True)
    return ", ".join(goal.title for goal, value in pairs if goal.span == "total" and math.isnan(float(value)))


def _churn(problem: Problem) -> str:
    """What the value of customers lost rests on."""
    rests = next(one for one in problem.scenario.experience.assumptions() if one["what"] == "churn")
    return (
        f"The value of lost customers depends on an assumption about who leaves: {rests['value']} "
        f"({rests['source']}; {rests['kind']})."
    )


def result_of(shown: Model, replications: int, threads: int | None) -> Result:
    """A staffed model, simulated as `cxsim run` simulates it."""
    began = time.perf_counter()
    samples, _ = replicate(shown, replications, threads=threads)
    return assemble(shown, samples, (), "clock", time.perf_counter() - began, ())


def figure_value(result: Result | None, trial: Trial, figure: str) -> float:
    """The total of a figure that is minimised or maximised, in the plan's own run if there is one."""
    if result is not None:
        return float(result.estimate(figure).value)
    above, below = (float(side.sum()) for side in trial.figures[figure])
    return above / below if below else math.nan


def _stage(searched: Searched) -> Stage:
    last = searched.history[-1] if searched.history else Stage("advise")
    assert "advise" in PHASES
    spent = time.process_time() - searched.began[1]
    return replace(last, phase="advise", replications=searched.replications, cpu_seconds=spent, seconds_left=math.nan)


def text_of(problem: Problem, table: pd.DataFrame) -> str:
    """The scenario with the plan as its staff, in `plan.csv` beside it, every default filled in.

    In steady state, where a table would end with its first day, the headcounts stand in the scenario itself.
    """
    scenario = problem.scenario
    written = document(
        scenario, {name: place for name, place in stored(scenario).items() if name != scenario.staff.file}
    )
    staff = {key: value for key, value in written.get("staff", {}).items() if key in ("at_shift_end", "overrun_paid")}
    present = problem.structure.kind == "headcounts" and any(map(scenario.is_scheduled, scenario.groups))
    scheduled = False if present else scenario.staff.scheduled
    steady = problem.model.timeline.steady
    written["staff"] = {
        **({} if steady else {"file": PLAN_FILE, "kind": problem.structure.kind}),
        **staff,
        **({} if scheduled is None else {"scheduled": scheduled}),
    }
    given = table["agents"].tolist() if steady else [None] * len(table)  # None: it is in the table
    there = dict(zip(table["group"].astype(str), given, strict=True))
    for name, group in written["groups"].items():
        group.pop("agents", None)
        if present:
            group.pop("scheduled", None)
        if there.get(name, 0) is not None:
            group["agents"] = there.get(name, 0)
    return yaml_text(written)


def _counted(scenario: Scenario, kind: str) -> list[str]:
    """Whether the plan counts people scheduled or present, where shrinkage makes them differ."""
    out = []
    for off, what in (
        (True, "people scheduled, before shrinkage"),
        (
            False,
            "people present, after shrinkage, which is paid for. To run this plan, write staff.scheduled: false",
        ),
    ):
        names = [
            name
            for name, group in scenario.groups.items()
            if group.shrinkage > 0.0 and (scenario.is_scheduled(name) and kind == "shifts") is off
        ]
        if names:
            whose = "" if len(names) == len(scenario.groups) else " of " + ", ".join(names)
            out.append(f"The agents{whose} in {PLAN_FILE} are {what}.")
    return out


def _provenance(problem: Problem) -> dict[str, Any]:
    return {
        "cxsim": version(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {name: metadata.version(name) for name in (*LIBRARIES, "scipy", "pulp", "highspy")},
        "files": problem.scenario.files,
        "overrides": list(problem.scenario.source.chosen),
        ASKED: asked(problem.scenario if problem.before is None else problem.before.scenario),
    }


def asked(scenario: Scenario) -> str:
    """A checksum of all that an optimization is asked: the scenario, with its own staff and routing, and its tables."""
    text = yaml_text(document(scenario, stored(scenario)))
    return sha256("\n".join((text, *sorted(scenario.files.values()))).encode()).hexdigest()
