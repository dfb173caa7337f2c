"""Why a figure is what it is: from Erlang C to the simulation, or from one scenario to another, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cxsim import metrics
from cxsim.erlang.requirements import Told, divided_agents, erlang_c, told
from cxsim.model.plan import plan_of_levels
from cxsim.model.prepare import Model, prepare, staffed
from cxsim.report.studies import explain as report
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.model.units import suggestion
from cxsim.simulation.replications import DEFAULT_REPLICATIONS, Engine, Progress, replicate
from cxsim.simulation.simulate import check_arguments
from cxsim.studies.explain_parts import Between
from cxsim.studies.explain_steps import BARE, STEPS, Case, Staffing, features, staffing_of, without
from cxsim.studies.explain_values import Value, Values, Weights, in_order, shapley
from cxsim.studies.explanation import COLUMNS, Explanation

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

FIGURES: Final = ("sl", "asa", "abandoned_share", "occupancy")
ERLANG, SIMULATED = "Erlang C", "Simulation"
RETURNS = (
    "returns",
    "Counting fresh contacts only",
    "Erlang C of the run counts redials, repeats and transfers as contacts like the others; the steps below bring them"
    " in where they arise",
)
INPUTS = (
    "inputs",
    "Times and whole agents",
    "from here on handle times are those stated, not those of the contacts that were served, and agents are whole",
)
TIME = ("time", "Time variation", "the day is simulated through, where Erlang C takes each interval by itself")
SAME = 1e-12


def explain(
    scenario: Scenario,
    other: Scenario | None = None,
    *,
    figure: str = "sl",
    queue: str = "",
    shapley: bool = False,
    names: Sequence[str] = (),
    seed: int = 1,
    replications: int = DEFAULT_REPLICATIONS,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Explain a metric step by step: from Erlang C to the simulation, or from one scenario to another.

    Erlang C is that of `Result.erlang`: each queue by itself, with the agents that its share of the groups gives it,
    weighted by contacts. Every step is simulated on the same random numbers.

    Parameters
    ----------
    scenario : Scenario
        What to explain; with `other`, where to start.
    other : Scenario, optional
        Where to end: the steps are then volume, handle time, staffing, routing, and everything else.
    figure : {'sl', 'asa', 'abandoned_share', 'occupancy'}, default 'sl'
        Which metric.
    queue : str, default ''
        The metric of one queue; of all contacts if empty.
    shapley : bool, default False
        Whether to average the change of each step over the orders in which steps can be taken, instead of taking them
        in the fixed order. Over all orders up to 6 steps, else over 24 random ones, always the same.
    names : sequence of str, default ()
        Names of the two scenarios; their own if empty.
    seed : int, default 1
        Random seed.
    replications : int, default 20
        Number of replications of each scenario on the way.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` over all replications; what it returns is ignored.

    Returns
    -------
    Explanation
        The two values and the steps between them.

    Raises
    ------
    ScenarioError
        A table does not fit its scenario. Nothing has been simulated.
    ValueError
        An argument is wrong, or the metric cannot be explained for this scenario; the message says why.

    Examples
    --------
    >>> cxsim.explain(scenario, queue="sales").steps[["title", "change"]]
    """
    check_arguments(replications, None, engine, (), seed, threads)
    for one in (scenario, other):
        _check(one or scenario, figure, queue)
    measured = _Measured(figure, queue, int(seed), replications, engine, threads, progress)
    if other is None:
        return _from_erlang(scenario, measured, shapley)
    return _between(scenario, other, measured, shapley, names)


def _check(scenario: Scenario, figure: str, queue: str) -> None:
    if figure not in FIGURES:
        raise ValueError(f"figure: {figure!r} cannot be explained; {suggestion(figure, FIGURES, 'choose one of')}")
    if queue and queue not in scenario.queues:
        known = suggestion(queue, scenario.queues, "the queues are")
        raise ValueError(f"queue: {scenario.name} has no queue {queue!r}; {known}")


@dataclass
class _Measured:
    """What is measured, and how it is simulated."""

    figure: str
    queue: str
    seed: int
    replications: int
    engine: Engine
    threads: int | None
    progress: Progress | None
    done: int = 0
    expected: int = 0

    def run(self, case: Case) -> tuple[Model, list[metrics.Sample]]:
        """Simulate a case."""
        model = prepare(case.scenario, self.seed)
        if case.levels is not None:
            model = staffed(model, plan_of_levels(case.scenario, model.timeline, case.levels))
        return model, self.simulate(model)

    def simulate(self, model: Model) -> list[metrics.Sample]:
        """The replications of a model."""
        samples, _ = replicate(model, self.replications, None, self.engine, self.threads, False, self._tell)
        self.done += self.replications
        return samples

    def _tell(self, done: int, _: int) -> None:
        if self.progress is not None:
            self.progress(self.done + done, max(self.expected, self.done + done))

    def value(self, model: Model, samples: Sequence[metrics.Sample]) -> Value:
        """The figure of a simulation. ValueError where it was not measured."""
        if self.figure == "asa" and not self.queue and len(model.layout.kinds) > 1:
            queues = ", ".join(model.layout.queues)
            raise ValueError(
                f"asa: waits of {' and '.join(model.layout.kinds)} have no common mean; name one of {queues}"
            )
        scope = ("queue", self.queue) if self.queue else ("total", "total")
        staffing = model.staffing
        found = Value.of(*metrics.figure_values(samples, model.layout, self.figure, *scope, staffing=staffing))
        if math.isnan(found.value):
            where = f" of {self.queue}" if self.queue else ""
            raise ValueError(f"{self.figure}{where}: nothing to measure in one of the steps; explain another metric")
        return found

    def erlang(self, model: Model, given: Told) -> float:
        """The figure by Erlang C, all queues and intervals weighted. ValueError where it has none."""
        queues = [q for q, name in enumerate(model.layout.queues) if self.queue in ("", name)]
        found = erlang_c(model, given, self.figure, queues)
        if math.isnan(found):
            raise ValueError(f"{self.queue or model.scenario.name}: no contacts while it is open; nothing to explain")
        if math.isinf(found):
            rule = "Erlang C has no finite wait, because in some interval a queue has more work than its agents can do"
            raise ValueError(f"asa: {rule}; explain sl, or another queue")
        return found


def _from_erlang(scenario: Scenario, measured: _Measured, by_shapley: bool) -> Explanation:
    base = scenario.vary(BARE)
    measured.expected = measured.replications * 2
    whole = prepare(base, measured.seed)
    whole_samples = measured.simulate(whole)
    staffing = _staffing(whole, whole_samples)
    overrides = features(base, staffing)
    names = list(overrides)
    given = told(whole, whole_samples)
    end, start = measured.value(whole, whole_samples), measured.erlang(whole, given)

    def case(steps: frozenset[str]) -> Case:
        return without(base, [name for name in names if name not in steps], staffing)

    bare, bare_samples = measured.run(case(frozenset())) if names else (whole, whole_samples)
    as_bare = told(bare, bare_samples)
    mixed = as_bare._replace(
        handle_time=np.where(given.rate > 0.0, given.handle_time, as_bare.handle_time), agents=given.agents
    )
    levels = (start, measured.erlang(whole, mixed), measured.erlang(bare, as_bare))
    known = {frozenset(names): end, frozenset[str](): measured.value(bare, bare_samples)}
    values = Values(lambda steps: measured.value(*measured.run(case(steps))), known)
    weights, orders = _weights(names, by_shapley)
    _expect(measured, weights, values)
    by_formula = zip((RETURNS, INPUTS), pairwise(levels), strict=True)
    rows: list[tuple[Any, ...]] = [(*words, *[b - a] * 3) for words, (a, b) in by_formula if abs(b - a) > SAME]
    rows.append((*TIME, *values.change({frozenset(): 1.0}, levels[-1])))
    rows += [
        (step.name, step.title, step.why, *values.change(weights[step.name])) for step in STEPS if step.name in names
    ]
    ends = (ERLANG, SIMULATED)
    return _explanation(scenario.name, measured, ends, start, values, names, rows, overrides, orders)


def _staffing(model: Model, samples: Sequence[metrics.Sample]) -> Staffing:
    """Who is there in whole agents, by group and dedicated to queues."""
    open_share = np.clip(model.timeline.open_seconds / np.diff(model.layout.edges), 0.0, 1.0)
    present = np.where(open_share > 0.0, model.plan.present / np.where(open_share > 0.0, open_share, 1.0), 0.0)
    divided = divided_agents(model, samples)
    return staffing_of(model.scenario, present, divided, not bool(model.plan.by_count.all()))


def _between(
    first: Scenario, second: Scenario, measured: _Measured, by_shapley: bool, names: Sequence[str]
) -> Explanation:
    between = Between(first, second)
    steps = list(between.steps)

    def measure(chosen: frozenset[str]) -> Value:
        try:
            scenario = between.scenario(chosen)
            prepare(scenario, measured.seed)
        except ScenarioError as error:
            said = " and ".join(between.title(step).lower() for step in steps if step in chosen)
            rule = f"{said} of {ends[1]} cannot go with the rest of {ends[0]}: {str(error).splitlines()[0]}"
            raise ValueError(f"{rule}; leave out --shapley") from None
        return measured.value(*measured.run(Case(scenario)))

    ends = (names[0], names[1]) if len(names) == 2 else (first.name, second.name)
    values = Values(measure)
    weights, orders = _weights(steps, by_shapley)
    _expect(measured, weights, values)
    rows = []
    for step in steps:
        changes = [str(one) for one in between.of(step)]
        more = f" and {len(changes) - 2} more" if len(changes) > 2 else ""
        rows.append((step, between.title(step), "; ".join(changes[:2]) + more, *values.change(weights[step])))
    overrides = {
        step: {one.path: one.after if isinstance(one.after, str | int | float | list | dict) else None for one in found}
        for step in steps
        for found in [between.of(step)]
    }
    start = values[frozenset()].value
    return _explanation(" to ".join(ends), measured, ends, start, values, steps, rows, overrides, orders)


def _weights(names: Sequence[str], by_shapley: bool) -> tuple[Mapping[str, Weights], str]:
    return shapley(names) if by_shapley else (in_order(names), "the order shown")


def _expect(measured: _Measured, weights: Mapping[str, Weights], values: Values) -> None:
    """Tell how many replications are to come."""
    needed: set[frozenset[str]] = {steps for one in weights.values() for steps in one} | {frozenset()}
    measured.expected = measured.done + measured.replications * len(needed - set(values.known))


def _explanation(
    name: str,
    measured: _Measured,
    ends: tuple[str, str],
    start: float,
    values: Values,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    overrides: Mapping[str, Mapping[str, Any]],
    orders: str,
) -> Explanation:
    end, low, high = values.change({frozenset(names): 1.0})
    most = max(end, 1.0) if metrics.REGISTRY[measured.figure].unit == "share" else math.inf
    low, high = np.maximum(low, 0.0), np.minimum(high, most)  # as those of a run; NaN stays NaN
    table = []
    level = start
    for step, title, why, change, below, above in rows:
        level += change
        said = report.sentence(title, why, measured.figure, change, below, above)
        table.append((step, title, change, below, above, level, said))
    return Explanation(
        scenario=name,
        figure=measured.figure,
        queue=measured.queue,
        start_name=ends[0],
        end_name=ends[1],
        start=start,
        end=end,
        end_low=float(low),
        end_high=float(high),
        steps=pd.DataFrame(table, columns=list(COLUMNS)),
        overrides=overrides,
        orders=orders,
        seed=measured.seed,
        replications=measured.replications,
        engine=measured.engine,
    )
