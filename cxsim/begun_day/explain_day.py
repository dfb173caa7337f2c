"""Why a day did not go as planned: from the SL of the plan to the one that was seen, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date as Date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cxsim.begun_day import actuals as seen_of
from cxsim.begun_day.begun import sides
from cxsim.begun_day.measured import seen
from cxsim.begun_day.reforecast import Begun, begin, days_of, one_day
from cxsim.metrics.confidence_intervals import t_quantile
from cxsim.model.prepare import prepare
from cxsim.report.common.formats import change, change_between
from cxsim.report.studies import explain as report
from cxsim.scenario.model import units
from cxsim.simulation.replications import DEFAULT_REPLICATIONS, Engine, Progress, replicate
from cxsim.simulation.simulate import check_arguments
from cxsim.studies.explain_values import Value, Values, in_order, shapley
from cxsim.studies.explanation import COLUMNS, Explanation
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

FIGURES: Final = ("sl", "abandoned_share")
PLANNED, HAPPENED = "Plan", "Actual"
STEPS: Final = {
    "volume": ("Volume", "as many contacts as were seen came in each interval"),
    "handle_time": ("Handle time", "contacts took as long on average as was seen"),
    "staffing": ("Staffing", "as many people as were seen were there in each interval"),
}
OTHER, NOISE = "Routing and everything else", "Noise"


def explain_actuals(
    scenario: Scenario,
    actuals: Any,
    *,
    figure: str = "sl",
    queue: str = "",
    until: str | float | None = None,
    date: Date | None = None,
    names: Mapping[str, str] | None = None,
    planned_staff: bool = False,
    shapley: bool = False,
    seed: int = 1,
    replications: int = DEFAULT_REPLICATIONS,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Explain step by step why a day had another SL than its plan.

    The steps put in what was seen, in this order: volume, handle time, staffing. What is left is noise if single days
    of the simulation differ as much by chance (95 %), else routing and everything else.

    Parameters
    ----------
    scenario : Scenario
        The plan of the day.
    actuals : path, Export or DataFrame
        Intervals of the day, as `reforecast` takes them; with answered_in_sl or service_level (for 'abandoned_share':
        abandoned).
    figure : {'sl', 'abandoned_share'}, default 'sl'
        Which metric.
    queue : str, default ''
        The metric of one queue; of all contacts if empty.
    until : str or float, optional
        Explain the day until this time only: a time of day such as '11:00', or seconds after midnight. The whole day if
        not given.
    date : date, optional
        The day; that of the actuals if they have one.
    names : mapping, optional
        {queue in the actuals: queue of the scenario}, where they differ.
    planned_staff : bool, default False
        Leave the column `agents` of the actuals aside, and take people as planned.
    shapley : bool, default False
        Whether to average the first three steps over the orders in which they can be taken.
    seed : int, default 1
        Random seed.
    replications : int, default 20
        Number of replications of each step; at least 2.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` over all replications; what it returns is ignored.

    Returns
    -------
    Explanation
        The planned and the actual value, and the steps between them; they add up exactly.

    Raises
    ------
    ExportError
        The actuals do not fit the scenario; `faults` lists every fault.
    ScenarioError
        The scenario cannot be simulated on that day.
    ValueError
        Another argument is wrong.

    Examples
    --------
    >>> cxsim.explain_actuals(scenario, "monday.csv").steps[["title", "change"]]
    """
    check_arguments(replications, None, engine, (), seed, threads)
    _check(scenario, figure, queue, replications)
    rows = seen_of.read_rows(actuals)
    on_day = seen_of.day_of(rows, days_of(scenario), date)
    base = prepare(one_day(scenario, on_day), seed)
    now = units.clock(until) if isinstance(until, str) else until
    if now is None:
        hours = base.scenario.horizon.hours_on(on_day)
        now = hours[-1][1] if hours else 0.0
    found = begin(base, rows, on_day, now, names or {}, {}, {}, planned_staff, True, threads, whole=True)
    happened = _happened(found, figure, queue)
    steps = [name for name in STEPS if _told(found, name)]
    values = Values(lambda chosen: _measured(found, chosen, figure, queue, replications, engine, threads, progress))
    weights, orders = _weights(steps, shapley)
    start = values[frozenset()]
    table: list[tuple[Any, ...]] = []
    level = start.value
    for name in steps:
        title, why = STEPS[name]
        size, low, high = values.change(weights[name])
        level += size
        said = report.sentence(title, why, figure, size, low, high)
        table.append((name, title, size, low, high, level, said))
    table += _left(values[frozenset(steps)], happened)
    return Explanation(
        scenario=f"{scenario.name}, {on_day}" + ("" if until is None else f" until {units.write_clock(now)}"),
        figure=figure,
        queue=queue,
        start_name=PLANNED,
        end_name=HAPPENED,
        start=start.value,
        end=happened,
        end_low=happened,
        end_high=happened,
        steps=pd.DataFrame(table, columns=list(COLUMNS)),
        overrides={},
        orders=orders,
        seed=int(seed),
        replications=replications,
        engine=engine,
    )


def _check(scenario: Scenario, figure: str, queue: str, replications: int) -> None:
    wrong = []
    if figure not in FIGURES:
        fix = units.suggestion(figure, FIGURES, "choose one of")
        wrong.append(f"figure: {figure!r} cannot be explained by what was seen of a day; {fix}")
    if queue and queue not in scenario.queues:
        known = units.suggestion(queue, scenario.queues, "the queues are")
        wrong.append(f"queue: {scenario.name} has no queue {queue!r}; {known}")
    if replications < 2:
        wrong.append(f"replications: {replications} does not tell how much days differ by chance; write 20")
    if scenario.horizon.steady is not None:
        wrong.append("horizon.steady: a steady state has no days; give days and opening hours")
    if wrong:
        raise ValueError("\n".join(wrong))


def _weights(steps: Sequence[str], by_shapley: bool) -> tuple[Mapping[str, Mapping[frozenset[str], float]], str]:
    return shapley(steps) if by_shapley else (in_order(steps), "the order shown")


def _happened(found: Begun, figure: str, queue: str) -> float:
    """The value that was seen. ExportError where the actuals do not tell it."""
    above = below = 0.0
    faults = []
    for q, name in enumerate(found.model.scenario.queues):
        if queue not in ("", name):
            continue
        pair = seen(found, figure, q)
        if pair is None:
            column = "answered_in_sl or service_level" if figure == "sl" else "abandoned"
            rule = f"does not tell the {'SL' if figure == 'sl' else 'abandoned contacts'} of {name}"
            others = " or explain one queue: --queue NAME" if not queue and len(found.model.scenario.queues) > 1 else ""
            fix = f"add the rows of {name} with the column {column}{',' if others else ''}{others}"
            faults.append(TableError(found.actuals.place, None, rule, fix))
            continue
        above, below = above + pair[0], below + pair[1]
    if not faults and not below > 0.0:
        faults.append(TableError(found.actuals.place, None, "has no contacts", "give a day with contacts"))
    if faults:
        raise ExportError(faults)
    return above / below


def _told(found: Begun, step: str) -> bool:
    """Whether the actuals tell what a step needs."""
    if step == "handle_time":
        return bool((found.pace[:, 0] != 1.0).any())
    return step == "volume" or found.crew != found.planned or bool(np.isfinite(found.actuals.agents).any())


def _measured(
    found: Begun,
    chosen: frozenset[str],
    figure: str,
    queue: str,
    replications: int,
    engine: Engine,
    threads: int | None,
    progress: Progress | None,
) -> Value:
    """The metric of the time seen, with some of what was seen in place of the plan."""
    pace = found.pace if "handle_time" in chosen else np.ones_like(found.pace)
    model = replace(found, pace=pace).with_crew(found.crew if "staffing" in chosen else found.planned)
    model = replace(model, drawn=found.day.arrivals if "volume" in chosen else None)
    samples, _ = replicate(model, replications, None, engine, threads, False, progress)
    span = slice(found.actuals.first, found.actuals.last)
    above, below = (side[:, span].sum(axis=1) for side in sides(samples, model, [figure])[figure][queue])
    value = Value.of(above, below)
    if math.isnan(value.value):
        raise ValueError(f"{figure}: nothing to measure in one of the steps; explain another metric")
    return value


def _left(last: Value, happened: float) -> list[tuple[Any, ...]]:
    """What remains, as noise or as everything else, with the range in which single days lie by chance (95 %)."""
    n = len(last.residuals)
    half = t_quantile(0.95, n - 1) * float(np.std(last.residuals, ddof=1)) * math.sqrt(1.0 + 1.0 / n)
    rest = happened - last.value
    by_chance = abs(rest) <= half
    other, noise = (0.0, rest) if by_chance else (rest, 0.0)
    ends, span = (rest - half, rest + half), change_between(-half, half, "share")
    if by_chance:
        said = f"{OTHER} make no clear difference ({change_between(*ends, 'share')}): what is left may be noise."
        told = f"{NOISE} is {change(rest, 'share')}: single days differ from their mean by {span} (95 %)."
    else:
        does = f"{'add' if rest > 0.0 else 'take away'} {change(abs(rest), 'share').removeprefix('+')}"
        said = f"{OTHER} {does}: the day had something that the scenario has not, and chance alone is not enough."
        told = f"{NOISE} is left out: single days differ from their mean by {span} (95 %), and the rest is more."
    return [
        ("other", OTHER, other, *ends, last.value + other, said),
        ("noise", NOISE, noise, -half, half, happened, told),
    ]
