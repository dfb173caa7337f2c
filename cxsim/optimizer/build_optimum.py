"""From a plan to an `Optimum`: what it does, what it costs, what was proved, and what it is compared with."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.metrics.confidence_intervals import t_interval
from cxsim.model import handle_times, shares_by_time
from cxsim.model.calendar import explain
from cxsim.model.prepare import staffed
from cxsim.optimizer import deadline
from cxsim.optimizer.advice import advice, changes
from cxsim.optimizer.advice.rivals import erlang, present, rival, today
from cxsim.optimizer.bounds.by_slopes import by_slopes
from cxsim.optimizer.bounds.nearby import nearby
from cxsim.optimizer.optimization_result import Optimum
from cxsim.optimizer.problem.prices import BUSY_AT_END
from cxsim.optimizer.problem.stage import PHASES, Progress, Stage, TimeUp, failure
from cxsim.optimizer.proved import Advised, Proved, Searched
from cxsim.optimizer.routing.state import changes as changes_of
from cxsim.optimizer.routing.state import routing_of
from cxsim.optimizer.routing.words import routing_table
from cxsim.scenario.io.writing import document, yaml_text
from cxsim.scenario.model.optimizing import TERMS, optimizing
from cxsim.schema.plan_tables import ASKED, COST_COLUMNS, HISTORY_COLUMNS, MOVE_COLUMNS, THIS, empty
from cxsim.simulation.build_result import LIBRARIES, assemble, definitions, stored, version
from cxsim.simulation.replications import replicate

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.model.prepare import Model
    from cxsim.optimizer.advice.rivals import Rival
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.goals import Goal, Goals
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.gradient import Slopes
    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result

Floats = npt.NDArray[np.float64]

PLAN_FILE = "plan.csv"
UNADVISED = "The run ended before this plan was compared with others."
ADVICE = {
    "comparison": "the comparison with other plans",
    "goals_of_plans": "their goals",
    "need": "the requirement by interval",
    "allocation": "who serves what",
    "moves": "one agent more or less",
    "nearby": "whether a small change is cheaper",
    "points": "the price of a point",
}
SLOPES_AT, SLOPES_SHARE = 3, 0.15  # plans at most, and part of the replications so far, for the bound by slopes
TIGHT = 0.01  # slack, in points of a share or as a part of a limit, below which a goal is tight
TITLES = {
    "wages": "wages",
    "overrun": "overrun",
    "contacts": "cost of contacts",
    "waiting": "waiting",
    "abandonment": "abandonment",
    "unresolved": "unresolved issues",
    "churn": "value of lost customers",
}


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
    return _advised(problem, found, searched, own, said, out, seconds, advised or Advised())


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
    if nothing:  # a figure of nobody is no service: a plan that answers no one would meet every FCR
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
        **_spent(searched),
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
    """Goals whose figure is one of nobody, in words."""
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


def _spent(searched: Searched) -> dict[str, Any]:
    wall, cpu = searched.began
    return {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}


def _advised(
    problem: Problem,
    found: Proved,
    searched: Searched,
    own: Rival,
    said: list[str],
    out: Optimum,
    seconds: float | None,
    advised: Advised,
) -> Optimum:
    """The plan with the tables of the advice, as many as `seconds` since the search began leave time for."""
    parts: dict[str, Any] = {}
    before = problem.trials.replications_run
    adviser = advice.Adviser(problem)
    deadline.until(None if seconds is None else searched.began[0] + seconds)
    try:
        _advise(parts, adviser, found, own, searched, said, advised)
    except Exception as error:  # whatever it is, the plan must not be lost
        missing = [what for name, what in ADVICE.items() if name not in parts]
        said.append(f"{failure('The advice', error)}. The plan stands; missing: {', '.join(missing) or 'a remark'}.")
    deadline.until(None)
    adviser.close()
    more = adviser.trials.replications_run + problem.trials.replications_run - before
    return replace(out, replications=out.replications + more, messages=tuple(said), **_spent(searched), **parts)


def _advise(
    parts: dict[str, Any],
    adviser: advice.Adviser,
    plan: Proved,
    own: Rival,
    searched: Searched,
    said: list[str],
    advised: Advised,
) -> None:
    """Put the tables that need simulations of their own into `parts`, each as soon as it is known."""
    problem, solver, program = adviser.problem, searched.solver, searched.program
    x, trial, slack_low = plan.x, plan.trial, plan.slack_low
    base = adviser.tried(own, advice.COMPARED)
    before = problem if problem.before is None else problem.before  # others have the scenario's own routing
    judge = adviser if problem.before is None else advice.Adviser(before)
    left = min(20.0, max(0.5, deadline.left()))
    others = [one for one in (today(before), erlang(before, solver=solver, seconds=left)) if one is not None]
    plans = [base, *(judge.tried(one, advice.COMPARED) for one in others)]
    money = {one.rival.name: advice.split(problem, one) for one in plans}
    parts["comparison"] = advice.comparison(adviser, plans, money)
    parts["goals_of_plans"] = advice.goals_of_plans(adviser, plans, {THIS: slack_low >= 0.0} if plan.certified else {})
    parts["need"] = advice.need(problem, base)
    parts["allocation"] = served = advice.allocation(problem, own.plan, program)
    slack = problem.goals.slack(trial.value)
    if advised.slopes is None and searched.slopes is not None and not changes.time_for_effects(adviser):
        # The slopes of the search rank small changes as well; the rest needs slopes of all figures.
        spared = advised.cheaper if plan.certified else None
        sure = slack_low if plan.slack_again is None else plan.slack_again
        parts["nearby"] = nearby(adviser, x, base, sure, searched.slopes, spared)
        raise TimeUp
    found = advised.slopes = advised.slopes or changes.effects(adviser, np.rint(own.levels))
    sure = slack_low if plan.slack_again is None else plan.slack_again
    moves, fewer = changes.moves(adviser, x, base, slack, (slack_low, sure), found)
    parts["moves"] = moves if len(moves) else empty(MOVE_COLUMNS)
    advised.cheaper += [] if fewer is None else [fewer]
    parts |= advised.parts
    if "nearby" not in parts and deadline.left() > 0.0:
        parts["nearby"] = nearby(adviser, x, base, sure, found, advised.cheaper if plan.certified else None)
        parts |= _by_slopes(adviser, plan, searched, found)
    if "points" not in parts:
        parts["points"] = changes.points(adviser, x, base, np.minimum(slack, slack_low), found)
    if judge is not adviser:
        judge.close()
    elif program is not None and (text := advice.ranks_tried(adviser, base, served)):
        said.append(text)


def _by_slopes(adviser: advice.Adviser, plan: Proved, searched: Searched, found: Slopes) -> dict[str, Any]:
    """A higher bound by slopes at simulated plans, in half the time that is left."""
    problem, end = adviser.problem, deadline.end()
    if searched.pooled is None or not plan.certified:
        return {}
    deadline.until(time.perf_counter() + 0.5 * deadline.left())
    counted = max(problem.model.timeline.days, 1)  # days of a week count like days of several replications
    days = max(8 if counted == 1 else 4, adviser.n // (4 * counted))
    each = days * (problem.params.slope_spacing * len(problem.structure.groups) + 5)
    rounds = int(min(SLOPES_AT, SLOPES_SHARE * searched.replications // each))
    higher = by_slopes(problem, plan.x, plan.trial, searched.pooled, found, days=days, rounds=rounds)
    deadline.until(end)
    if higher is None or not higher.value > searched.bound:
        return {}
    return {"bound": higher.value, "bound_status": higher.status, "bound_note": "; ".join(higher.near)}


def goals_table(goals: Goals, trial: Trial, slack_low: Floats) -> pd.DataFrame:
    """Every goal with its value, the bound that is proved, its slack, and whether it is met and tight."""
    value, slack = trial.value, trial.slack
    rows = []
    for k, goal in enumerate(goals.goals):
        half = (slack[k] - slack_low[k]) * _unit(goal)
        low, high = value[k] - half, value[k] + half
        if goal.unit == "share":
            low, high = max(low, 0.0), min(high, 1.0)
        met = bool(slack_low[k] >= 0.0)
        rows.append(
            (
                goal.title,
                goal.figure,
                goal.scope,
                goal.name if goal.scope != "total" else "",
                goal.span,
                goal.bound,
                goal.limit,
                _nan(goal.days),
                _nan(goal.quantile),
                value[k],
                low,
                high,
                slack[k],
                slack_low[k],
                goal.unit,
                met,
                bool(slack[k] < TIGHT),
            )
        )
    columns = ["goal", "figure", "scope", "name", "span", "bound", "limit", "days", "quantile", "value", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "slack", "slack_low", "unit", "met", "binding"])


def _unit(goal: Goal) -> float:
    return 1.0 if goal.unit == "share" or goal.required <= 0.0 else goal.required


def _nan(value: float | None) -> float:
    return math.nan if value is None else value


def costs_table(problem: Problem, own: advice.Tried, said: list[str]) -> pd.DataFrame:
    """Where the money goes: every term of the objective, and what is priced though it does not count."""
    contacts = own.trial.contacts
    money = problem.prices.split(contacts, own.rival.wages, own.rival.overrun)
    spread = t_interval(own.trial.outcome)
    terms = [term for term in TERMS if term in problem.prices.counted and term not in ("wages", "overrun")]
    alone = [term for term in terms if money[term]]
    rows = []
    for term in TERMS:
        counts = term in problem.prices.counted
        if not counts:
            continue
        low = high = math.nan
        if [term] == alone:
            low, high = float(spread.low), float(spread.high)
        rows.append((term, TITLES[term], money[term], low, high, True))
    real = advice.simulated_overrun(problem, own.trial) if problem.scenario.staff.overrun_paid else 0.0
    rows.append(("overrun_simulated", "overrun as simulated", real, math.nan, math.nan, False))
    if "overrun" in problem.prices.counted and abs(real - money["overrun"]) > 0.005 * (own.rival.wages or 1.0):
        said.append(_overrun(problem, money["overrun"], real))
    return pd.DataFrame(rows, columns=list(COST_COLUMNS))


def _overrun(problem: Problem, expected: float, real: float) -> str:
    """Why `cxsim run` shows another cost for the same plan, and by how much."""
    currency = problem.scenario.currency
    leaving = "end a shift or begin a break" if problem.structure.kind == "shifts" else "leave before closing time"
    more = f"{abs(real - expected):,.2f} {currency} {'higher' if real > expected else 'lower'}"
    return (
        f"`cxsim run` shows a cost {more} for this plan: it counts {real:,.2f} {currency} of overrun, as simulated."
        f" The plan's cost counts {expected:,.2f} {currency}, an estimate ({BUSY_AT_END:.0%} of the agents who"
        f" {leaving} first finish a contact)."
    )


def figure_value(result: Result | None, trial: Trial, figure: str) -> float:
    """The total of a figure that is minimised or maximised, in the plan's own run if there is one."""
    if result is not None:
        return float(result.estimate(figure).value)
    above, below = (float(side.sum()) for side in trial.figures[figure])
    return above / below if below else math.nan


def history_table(history: Sequence[Stage]) -> pd.DataFrame:
    """The search, a row a stage."""
    if not history:
        return empty(HISTORY_COLUMNS)
    return pd.DataFrame(
        [[getattr(stage, name) for name in HISTORY_COLUMNS] for stage in history], columns=list(HISTORY_COLUMNS)
    )


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
