"""What cost buys: plans along cost, service level and FCR, each the cheapest found for its target."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.cluster import remote
from cxsim.metrics.confidence_intervals import paired_difference, ratio_interval
from cxsim.optimizer.advice.advice import COMPARED, Adviser, Tried, differences
from cxsim.optimizer.advice.rivals import rival
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.fluid import best_value, reachable
from cxsim.optimizer.fluid.nearest import nearest
from cxsim.optimizer.frontier_points import Best, Start, best_plan
from cxsim.optimizer.frontier_result import OUT_COLUMNS, POINT_COLUMNS, PRICE_COLUMNS, Frontier
from cxsim.optimizer.plan_evaluator import Trials
from cxsim.optimizer.problem.goals import Goal, of_goals
from cxsim.optimizer.problem.problem import Problem, refuse_free
from cxsim.optimizer.problem.problem import problem as made
from cxsim.optimizer.problem.stage import Impossible, Progress, Stage, failure
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import changes, routing_of
from cxsim.optimizer.routing.words import routing_table
from cxsim.optimizer.search.starting import columns_of
from cxsim.scenario import dump
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.plan_tables import TODAY
from cxsim.simulation.build_result import definitions as definitions_of

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

FIGURES = ("sl", "fcr_true")
HEADS = {"sl": "SL", "fcr_true": "FCR"}
STEPS = (-0.10, -0.05, 0.05, 0.10, 0.15, -0.15, -0.20, 0.18)  # of the SL goals, the first of them first
MOST_SL = 0.98
PATIENCE = 10.0  # s for the shifts of today's staffing as a start
WORSE = 0.001  # of a share: a smaller difference does not count
SHOWN = ("sl", "fcr_true", "asa", "abandoned_share")


@dataclass(frozen=True, eq=False)
class _Point:
    series: str
    target: float
    best: Best

    @property
    def problem(self) -> Problem:
        """Its goals and its routing."""
        return self.best.problem

    @property
    def x(self) -> Floats:
        """The columns of its plan."""
        return self.best.near.x


def frontier(
    scenario: Scenario,
    *,
    points: int = 6,
    figures: Sequence[str] = FIGURES,
    targets: Mapping[str, Sequence[float]] | None = None,
    seed: int = 1,
    threads: int | None = None,
    solver: str = "highs",
    progress: Progress | None = None,
    cluster: str | None = None,
) -> Frontier:
    """The cheapest plans for several levels of service level and of FCR, with the other goals kept.

    For 'sl' every service-level goal moves by the same amount (the total's if there is none); for 'fcr_true' the total
    must reach a level above the goals. Each point starts from the fluid program and from its neighbours. The best plan
    of each is kept, and all are simulated with common random numbers. With `optimize.routing` each plan has a routing
    of its own.

    Parameters
    ----------
    scenario : Scenario
        A scenario with targets or an `optimize` block.
    points : int, default 6
        Number of levels of each metric.
    figures : sequence of str, default ('sl', 'fcr_true')
        Which metrics; these two are possible.
    targets : mapping, optional
        {metric: levels}, shares from 0 to 1, in place of the levels that cxsim chooses.
    seed : int, default 1
        Random seed.
    threads : int, optional
        Number of threads; all processors if not given. The plans do not depend on it.
    solver : str, default 'highs'
        Name of the integer-programming solver.
    progress : callable, optional
        Called with a `Stage` before each point; return False to stop with the points found so far.
    cluster : str, optional
        Dask cluster that simulates: `tcp://host:8786`, or `local:4` for workers of this machine. The answer does not
        depend on it.

    Returns
    -------
    Frontier
        The plans and the price of a point between them.

    Raises
    ------
    ScenarioError
        The scenario breaks a rule of the optimizer, or a table does not fit it.
    Impossible
        No plan can meet even the scenario's own goals.
    NoCluster
        The cluster cannot be reached, or its workers run another version.
    ValueError
        A metric is not possible, there are no points, or the scenario does not minimise cost.

    Examples
    --------
    >>> cxsim.frontier(scenario, points=4, figures=["sl"]).table()
    """
    unknown = [figure for figure in figures if figure not in FIGURES]
    if unknown or not figures or points < 1:
        what = (
            f"{unknown[0]!r} is not a metric of a frontier; the metrics are sl and fcr_true"
            if unknown
            else "points: at least 1"
        )
        raise ValueError(what)
    base = made(scenario, seed=seed, threads=threads)
    refuse_free(base)
    _check(base)
    with remote.on(cluster):
        return _frontier(base, points, figures, dict(targets or {}), solver, progress)


def _frontier(
    base: Problem,
    points: int,
    figures: Sequence[str],
    targets: dict[str, Sequence[float]],
    solver: str,
    progress: Progress | None,
) -> Frontier:
    began, cpu = time.perf_counter(), time.process_time()
    scenario = base.scenario
    adviser = Adviser(base)
    first = _Point("base", math.nan, _base(base, solver))
    start = _tried(base, adviser, first, 1)
    wanted, out = _wanted(adviser, start, figures, points, targets)
    walk = _Walk(solver, progress, [first], out, [base.trials])
    for series in figures:
        walk.along(series, wanted[series])
    found, trials = walk.found, walk.trials
    tried = [start, *(_tried(base, adviser, point, k) for k, point in enumerate(found[1:], 2))]
    adviser.close()
    found, tried = _monotone(found, tried)
    rows = _rows(adviser, found, tried)
    walk.said += _not_reached(rows)
    prices = _prices(adviser, found, tried, figures, rows)
    return Frontier(
        name=scenario.name,
        scenario_text=dump(scenario),
        points=rows,
        prices=prices,
        unreachable=pd.DataFrame(out, columns=list(OUT_COLUMNS)),
        plans={k: base.structure.table(p.x) for k, p in enumerate(found, 1)},
        **_routings(base, found),
        figures=tuple(figures),
        seed=base.model.seed,
        replications=sum(t.replications_run for t in trials) + adviser.trials.replications_run,
        cpu_seconds=time.process_time() - cpu,
        wall_seconds=time.perf_counter() - began,
        currency=scenario.currency,
        messages=(*walk.said, *(["Stopped early: not every point was searched."] if walk.stopped else [])),
        definitions=definitions_of(base.model),
    )


@dataclass(eq=False)
class _Walk:
    """A frontier under way: the points `found`, the targets `out` of reach, and what must be `said`."""

    solver: str
    progress: Progress | None
    found: list[_Point]
    out: list[tuple[str, float, float, str]]
    trials: list[Trials]
    said: list[str] = field(default_factory=list)
    stopped: bool = False

    def along(self, series: str, wanted: Sequence[float]) -> None:
        """Look for a plan for each target of a series."""
        base, before = self.found[0].problem, [self.found[0]]
        for target in wanted:
            replications = sum(trials.replications_run for trials in self.trials)
            stage = Stage(f"{series} {target:.0%}", replications=replications)
            if self.progress is not None and self.progress(stage) is False:
                self.stopped = True
                break
            one = _asking(base, series, target)
            self.trials.append(one.trials)
            near = min(before, key=lambda p: abs((p.target if p.series == series else 0.0) - target))
            try:
                routing = routing_of(near.problem.scenario)
                best = best_plan(one, [Start(near.x, "its neighbour", routing)], self.solver)
            except Impossible as refusal:
                self.out.append((series, target, math.nan, str(refusal)))
                continue
            except Exception as error:  # the points already found must not be lost
                what = failure(f"The search for {HEADS[series]} {target:.0%}", error)
                self.said.append(f"{what}: that point is missing.")
                continue
            before.append(_Point(series, target, best))
            self.found.append(before[-1])


def _check(base: Problem) -> None:
    if optimizing(base.scenario).objective != ("min", "cost"):
        raise ValueError("a frontier minimises cost; remove optimize.minimise and optimize.maximise")
    beyond = reachable(base)
    if beyond:
        near = nearest(base)
        lines = [*(text for _, text in beyond.values()), *([] if near is None else [near.to_write])]
        raise Impossible("\n".join(lines), best={k: v for k, (v, _) in beyond.items()})


def _base(base: Problem, solver: str) -> Best:
    """The best plan for the scenario's own goals. Raises Impossible with the limits that hold them back together."""
    try:
        return best_plan(base, [], solver)
    except Impossible:
        near = nearest(base)
        if near is not None:
            raise Impossible(near.refusal) from None
        now = columns_of(base, base.model.plan, PATIENCE)  # Erlang's curves have no plan, which proves nothing
        if base.structure.broken(now) or not base.structure.levels(now).any():
            raise
        return best_plan(base, [Start(now, TODAY)], solver)


def _asking(base: Problem, series: str, target: float) -> Problem:
    """The problem with the target of a point in place of, or beside, its own goals."""
    goals = list(base.goals.goals)
    if series == "sl" and any(map(_of_sl, goals)):
        by = target - _level(base)
        goals = [replace(g, limit=float(np.clip(g.limit + by, 0.01, 0.99))) if _of_sl(g) else g for g in goals]
    else:
        goals.append(Goal(series, "total", "total", "total", "min", target))
    wanted = of_goals(tuple(goals), base.scenario, base.model.layout)
    shares = base.trials.shares.tolist()
    given = list(zip([model.scenario for model in base.trials.models], shares, strict=True))
    trials = Trials(
        given, wanted, base.prices, seed=base.model.seed, threads=base.trials.threads, models=base.trials.models
    )
    return replace(base, goals=wanted, trials=trials)


def _of_sl(goal: Goal) -> bool:
    return (
        goal.figure.startswith("sl")
        and not goal.floor
        and goal.bound == "min"
        and goal.days is None
        and goal.quantile is None
    )


def _level(base: Problem) -> float:
    """The level that the scenario's SL goals ask for: the first of those over the whole time, else the first."""
    mine = [goal for goal in base.goals.goals if _of_sl(goal)]
    whole = [goal for goal in mine if goal.span == "total"] or mine
    return whole[0].limit if whole else math.nan


def _wanted(
    adviser: Adviser, start: Tried, figures: Sequence[str], points: int, given: dict[str, Sequence[float]]
) -> tuple[dict[str, list[float]], list[tuple[str, float, float, str]]]:
    """The targets of each series, and those that are proved out of reach."""
    base = adviser.problem
    wanted: dict[str, list[float]] = {}
    out: list[tuple[str, float, float, str]] = []
    stream = flows(base.model)
    for series in figures:
        now = float(start.trial.value[adviser.place(series)])
        kept = [goal for goal in base.goals.goals if series != "sl" or not _of_sl(goal)]
        best = best_value(base, stream, Goal(series, "total", "total", "total", "min", 0.5), kept)
        if series in given:
            chosen = [float(x) for x in given[series]]
        elif series == "sl":
            level = _level(base)
            level = round(now, 2) if math.isnan(level) else level
            steps = [step for step in STEPS if 0.05 <= level + step <= MOST_SL]
            chosen = sorted(round(level + step, 4) for step in steps[: points - 1])
        else:
            low, high = math.ceil(100.0 * now + 0.3) / 100.0, math.floor(100.0 * best - 0.2) / 100.0
            count = max(0, min(points - 1, round(100.0 * (high - low)) + 1))
            chosen = sorted({round(x, 2) for x in np.linspace(low, high, count)}) if high >= low and count else []
            if best < 0.995:
                chosen.append(math.ceil(100.0 * best + 0.2) / 100.0)
        wanted[series] = []
        for target in chosen:
            if target > best + 1e-6:
                text = (
                    "with all staff within the limits, each contact given to the agent who resolves it best, and the"
                    f" other goals kept, {best:.1%}"
                )
                out.append((series, target, best, f"out of reach: {text} is the most"))
            else:
                wanted[series].append(target)
    return wanted, out


def _tried(base: Problem, adviser: Adviser, point: _Point, number: int) -> Tried:
    """A point's plan on the draws of all, under its own routing."""
    one = rival(base, str(number), base.structure.plan(point.x))
    routing = routing_of(point.problem.scenario)
    if point.problem.before is None:
        return adviser.tried(one, COMPARED)
    other = Adviser(rerouted(base, routing))
    out = other.tried(one, COMPARED)
    other.close()
    return out


def _reached(point: _Point, one: Tried) -> bool:
    """Whether a plan meets all goals of its point on the draws that it is shown by."""
    plan, block = point.problem.structure.plan(point.x), range(COMPARED, COMPARED + one.trial.n)
    return bool((point.problem.trials.run(plan, block).slack >= 0.0).all())


def _monotone(found: Sequence[_Point], tried: Sequence[Tried]) -> tuple[list[_Point], list[Tried]]:
    """Where a plan for harder goals is cheaper, it is the plan for the easier ones too: more never costs less."""
    order = sorted(range(len(found)), key=lambda k: float(tried[k].cost[0]))
    reached = {k for k in order if _reached(found[k], tried[k])}
    points, out = list(found), list(tried)
    for k, point in enumerate(found):
        for other in order:
            dearer = float(tried[other].cost[0]) >= float(tried[k].cost[0]) and k in reached
            if other == k or dearer:
                break
            if other in reached and _as_hard(found[other].problem.goals.goals, point.problem.goals.goals):
                goals = point.problem.before or point.problem
                problem = rerouted(goals, routing_of(found[other].problem.scenario))
                points[k] = replace(point, best=Best(found[other].best.near, found[other].best.start, problem))
                out[k] = Tried(replace(tried[other].rival, name=str(k + 1)), tried[other].trial)
                break
    return points, out


def _as_hard(hard: Sequence[Goal], easy: Sequence[Goal]) -> bool:
    """Whether who meets the one set of goals meets the other."""
    limits = {replace(goal, limit=0.0): goal for goal in hard}
    for goal in easy:
        other = limits.get(replace(goal, limit=0.0))
        if other is None or (other.limit < goal.limit if goal.bound == "min" else other.limit > goal.limit):
            return False
    return True


def _not_reached(rows: pd.DataFrame) -> list[str]:
    """Sentences on points whose goals the best plan found misses, though nothing proves them out of reach."""
    return [
        f"{HEADS[str(row['series'])]} {float(row['target']):.1%}: not reached. The best plan found has"
        f" {float(row[str(row['series'])]):.1%}; a better one is not ruled out."
        if row["series"] in HEADS
        else "The best plan found misses some of the scenario's own goals; a better one is not ruled out."
        for row in rows.to_dict("records")
        if not row["reached"]
    ]


def _routings(base: Problem, found: Sequence[_Point]) -> dict[str, Any]:
    """By number of the plan: what changes in the routing, in words and as the scenario's paths."""
    own = base.scenario
    changed = {k: p.problem.scenario for k, p in enumerate(found, 1) if p.problem.before is not None}
    return {
        "routings": {k: routing_table(own, scenario) for k, scenario in changed.items()},
        "routing_changes": {k: changes(own, routing_of(scenario)) for k, scenario in changed.items()},
    }


def _rows(adviser: Adviser, found: Sequence[_Point], tried: Sequence[Tried]) -> pd.DataFrame:
    rows = []
    for k, (point, one) in enumerate(zip(found, tried, strict=True), 1):
        values = ratio_interval(one.trial.above, one.trial.below)
        cost = [float(part) for part in one.cost]
        row: dict[str, Any] = {
            "point": k,
            "series": point.series,
            "target": point.target,
            "start": point.best.start,
            "cost": cost[0],
            "cost_low": cost[1],
            "cost_high": cost[2],
            "n": one.trial.n,
        }
        for figure in SHOWN:
            at = adviser.place(figure)
            row |= {name: float(part[at]) for name, part in zip(_three(figure), values, strict=True)}
        row["reached"] = _reached(point, one)
        row["dominated_by"] = _dominated(adviser, k - 1, tried)
        rows.append(row)
    return pd.DataFrame(rows)[list(POINT_COLUMNS)]


def _three(figure: str) -> tuple[str, str, str]:
    return figure, f"{figure}_low", f"{figure}_high"


def _dominated(adviser: Adviser, k: int, tried: Sequence[Tried]) -> str:
    """The number of a plan that is clearly better somewhere, and nowhere worse than by a hair."""
    mine = tried[k]
    for other, one in enumerate(tried):
        if other == k:
            continue
        cost = (
            one.staff - mine.staff + np.array([*map(float, paired_difference(mine.trial.outcome, one.trial.outcome))])
        )
        by = differences(mine.trial, one.trial)
        figures = [adviser.place(figure) for figure in FIGURES]
        low = np.array([float(by.low[at]) for at in figures])
        low = np.where(np.isnan(low), 0.0, low)
        better = cost[2] < 0.0 or bool((low > 0.0).any())
        if cost[2] <= 0.0 and bool((low >= -WORSE).all()) and better:
            return str(other + 1)
    return ""


def _prices(
    adviser: Adviser, found: Sequence[_Point], tried: Sequence[Tried], figures: Sequence[str], rows: pd.DataFrame
) -> pd.DataFrame:
    """What each step along a series costs, over the points that no other dominates."""
    out = []
    for series in figures:
        at = adviser.place(series)
        mine = [
            k
            for k, point in enumerate(found)
            if point.series in ("base", series) and not rows["dominated_by"].iloc[k] and rows["reached"].iloc[k]
        ]
        mine.sort(key=lambda k: float(tried[k].trial.value[at]))
        for a, b in pairwise(mine):
            one, two = tried[a], tried[b]
            gain = [float(part[at]) for part in differences(one.trial, two.trial)]
            extra = paired_difference(one.trial.outcome, two.trial.outcome)
            cost = [two.staff - one.staff + float(part) for part in extra]
            per = [math.nan] * 3
            if gain[1] > 0.0:
                ends = sorted(c / g * 0.01 for c in cost[1:] for g in gain[1:])
                per = [cost[0] / gain[0] * 0.01, ends[0], ends[-1]]
            values = [float(one.trial.value[at]), float(two.trial.value[at])]
            out.append((series, a + 1, b + 1, *values, *gain, *cost, *per, one.trial.n))
    return pd.DataFrame(out, columns=list(PRICE_COLUMNS))
