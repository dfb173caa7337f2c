"""Scenarios side by side on the same draws: every customer of one is met by the others too."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

import pandas as pd

from cxsim import metrics
from cxsim.metrics.confidence_intervals import LEAST_REPLICATIONS
from cxsim.metrics.control_variates import Control
from cxsim.model.prepare import prepare
from cxsim.model.routing_choice import Policy, variants
from cxsim.report.studies.comparison import verdicts
from cxsim.scenario import Scenario
from cxsim.simulation.build_result import MOST_HELD, assemble
from cxsim.simulation.control_variates import fresh_contacts
from cxsim.simulation.figure_rows import LaterFigures
from cxsim.simulation.replications import Engine, Progress, side_by_side
from cxsim.simulation.simulate import check_arguments
from cxsim.studies.comparison import KEYS, Comparison, Run

if TYPE_CHECKING:
    from cxsim.simulation.result import Result


COLUMNS = (
    "variant",
    "figure",
    "scope",
    "name",
    "interval",
    "base",
    "value",
    "difference",
    "low",
    "high",
    "verdict",
    "unit",
    "n",
)


def compare(
    scenarios: Scenario | Sequence[Scenario] | Mapping[str, Scenario],
    *,
    policies: Sequence[Policy] | Mapping[str, Policy] | None = None,
    names: Sequence[str] | None = None,
    seed: int = 1,
    replications: int | None = None,
    precision: Mapping[str, float | str] | None = None,
    simultaneous: bool = False,
    confidence: float = 0.95,
    control_variates: bool = False,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate two or more scenarios with common random numbers and compare each with the first.

    Parameters
    ----------
    scenarios : Scenario, or sequence or mapping of them
        Two or more, the first of them the base; a mapping gives their names. All must count the same intervals. With
        `policies`, one scenario.
    policies : sequence or mapping, optional
        Two or more routing policies for the one scenario, the first of them the base; a mapping gives their names. Each
        is what `simulate` takes as a policy.
    names : sequence of str, optional
        One name per scenario; the scenarios' own if not given, numbered where they repeat.
    seed : int, default 1
        Random seed.
    replications : int, optional
        Number of replications, from 1 to 10,000; 20 if neither this nor `precision` is given.
    precision : mapping, optional
        {metric: half-width}: adds replications until the interval of the difference in each metric, over all contacts,
        is that narrow. Absolute for shares, else relative to the base's value.
    simultaneous : bool, default False
        Whether to widen the intervals so that those of a metric hold together over all variants (Bonferroni).
    confidence : float, default 0.95
        Confidence level of all intervals, from 0.5 to 0.999.
    control_variates : bool, default False
        As for `simulate`; all scenarios and their differences use the number of fresh contacts of the base.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` over all scenarios. What it returns is ignored: a comparison cannot stop
        early.

    Returns
    -------
    Comparison
        The result of each scenario and their paired differences.

    Raises
    ------
    ScenarioError
        A table does not fit its scenario. Nothing has been simulated.
    ValueError
        Another argument is wrong, or the scenarios count different intervals. Nothing has been simulated.

    Examples
    --------
    >>> two = cxsim.compare({"today": scenario, "two more": bigger}, replications=50)
    >>> two.table("sl", "cost")
    """
    began = time.perf_counter()
    if policies is not None:
        if names is not None or not isinstance(scenarios, Scenario):
            raise ValueError("policies: give one scenario and no names; write policies={'a name': policy, …}")
        scenarios = variants(scenarios, policies)
    elif isinstance(scenarios, Scenario):
        raise ValueError("a comparison needs two scenarios or more, or one and its policies")
    if isinstance(scenarios, Mapping):
        names, scenarios = list(scenarios), list(scenarios.values())
    widths = check_arguments(replications, precision, engine, (), seed, threads, confidence, control_variates)
    called = _names(scenarios, names)
    models = [prepare(scenario, int(seed)) for scenario in scenarios]
    for name, model in zip(called, models, strict=True):
        if model.layout.labels != models[0].layout.labels:
            same = "use the same start, days, opening hours and interval in both"
            raise ValueError(f"{name} counts different intervals from {called[0]}: {same}")
    if control_variates:
        fresh_contacts(models[0], LEAST_REPLICATIONS)  # refuses before anything is simulated
    samples = side_by_side(models, replications, widths, engine, threads, progress, confidence, control_variates)
    known = fresh_contacts(models[0], len(samples[0])) if control_variates else None
    replayed = (time.perf_counter() - began) / len(models)
    runs: list[Run] = [(own, model.layout, model.staffing) for own, model in zip(samples, models, strict=True)]
    results = {
        name: assemble(model, own, (), engine, replayed, (), confidence=confidence, known=known)
        for name, model, own in zip(called, models, samples, strict=True)
    }
    level = 1.0 - (1.0 - confidence) / (len(models) - 1 if simultaneous else 1)
    differences = cast("pd.DataFrame", LaterFigures(partial(_differences, runs, results, level, known)))
    wall = time.perf_counter() - began
    found = Comparison(results, differences, seed, len(samples[0]), engine, wall, widths, simultaneous)
    if sum(sample.nbytes for own in samples for sample in own) > MOST_HELD:
        found.make_all()
    return found


def _names(scenarios: Sequence[Scenario], names: Sequence[str] | None) -> list[str]:
    if len(scenarios) < 2:
        raise ValueError(f"a comparison needs two scenarios or more, not {len(scenarios)}")
    if names is None:
        own = [scenario.name for scenario in scenarios]
        return [name if own.count(name) == 1 else f"{name} {own[: n + 1].count(name)}" for n, name in enumerate(own)]
    called = [str(name) for name in names]
    if len(called) != len(scenarios):
        raise ValueError(f"names: {len(called)} names for {len(scenarios)} scenarios; give one name per scenario")
    twice = [name for name in called if called.count(name) > 1]
    if twice or "" in called:
        which = twice[0] if twice else ""
        raise ValueError(f"names: {which!r} is used for more than one scenario; give each a different name")
    return called


def _differences(
    runs: Sequence[Run],
    results: Mapping[str, Result],
    level: float,
    known: Control | None,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The differences of all variants from the first: of every figure, or of those named."""
    values = [
        result.figures if names is None else metrics.figures(*run, result.confidence, names, known)
        for run, result in zip(runs, results.values(), strict=True)
    ]
    return pd.concat(
        [
            _paired(runs[0], run, name, values[0], own, level, known, names)
            for run, own, name in zip(runs[1:], values[1:], tuple(results)[1:], strict=True)
        ],
        ignore_index=True,
    )


def _paired(
    base: Run,
    other: Run,
    name: str,
    before: pd.DataFrame,
    after: pd.DataFrame,
    level: float,
    known: Control | None,
    names: Sequence[str] | None,
) -> pd.DataFrame:
    frame = metrics.differences(base, other, level, names, known).astype(dict.fromkeys(KEYS, str))
    frame = frame.rename(columns={"value": "difference"})
    for column, figures in (("base", before), ("value", after)):
        values = figures[[*KEYS, "value"]].astype(dict.fromkeys(KEYS, str)).rename(columns={"value": column})
        frame = frame.merge(values, on=KEYS, how="left", validate="one_to_one")
    frame["verdict"] = verdicts(frame)
    return frame.assign(variant=name)[list(COLUMNS)]
