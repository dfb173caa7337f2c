"""Tuning: numbers of a scenario (thresholds, weights, ranks of its routing) chosen for a figure.

Every setting meets the same customers, so that the figure is one function of the numbers, searched by DIRECT (Jones,
Perttunen and Stuckman 1993, "Lipschitzian optimization without the Lipschitz constant"; scipy's implementation, its
locally biased form by Gablonsky and Kelley 2001), or all settings are tried where these are few. What is best on these
draws looks better than it is: it is set against the scenario as it was on fresh ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim import metrics
from cxsim.cluster import remote
from cxsim.metrics.confidence_intervals import paired_ratio_difference, ratio_interval
from cxsim.model.prepare import Model, prepare
from cxsim.model.routing_choice import Policy, routed
from cxsim.report.studies.tune import plot
from cxsim.scenario import ScenarioError
from cxsim.simulation.replications import Engine, replicate_more
from cxsim.studies.sweep.factors import Factor, Value, split
from cxsim.studies.tournament import FRESH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.scenario import Scenario

EVALUATIONS, REPLICATIONS, CHECK = 60, 20, 100
DIGITS = 3  # of a number that is tried, in parts of its range


@dataclass(frozen=True, eq=False)
class Tuned:
    """The outcome of tuning.

    Attributes
    ----------
    scenario : Scenario
        The scenario as it was.
    figure : str
        The metric.
    factors : tuple of Factor
        The numbers that were changed, with their ranges.
    tried : DataFrame
        One row per setting, the best first: a column per path with values as written, and `value` of the metric.
    settings : dict
        The best setting as {path: value}; empty if none beats the scenario as it is.
    before : float
        The metric of the scenario as it was, on fresh draws.
    after : float
        The metric with the settings, on the same fresh draws.
    difference : float
        `after` - `before`, paired.
    low : float
        Lower end of its 95 % interval.
    high : float
        Upper end of its 95 % interval.
    verdict : str
        'better', 'worse' or 'not distinguishable'.
    replications : int
        Number of replications of each setting.
    checked : int
        Number of fresh replications.
    seed : int
        Random seed.
    refused : int
        Number of settings that broke a rule of the scenario.
    """

    scenario: Scenario
    figure: str
    factors: tuple[Factor, ...]
    tried: pd.DataFrame
    settings: dict[str, Any]
    before: float
    after: float
    difference: float
    low: float
    high: float
    verdict: str
    replications: int
    checked: int
    seed: int
    refused: int = 0

    @property
    def at_end(self) -> list[str]:
        """The numbers whose best value is the one tried nearest to an end of their range, which may be too narrow.

        Returns
        -------
        list of str
            Their paths.
        """
        out = []
        for one in self.factors:
            tried = [float(split(x)[0]) for x in self.tried[one.path]]  # type: ignore[index]  # split before
            if one.path in self.settings and len(set(tried)) > 2 and tried[0] in (min(tried), max(tried)):
                out.append(one.path)
        return out

    @property
    def tuned(self) -> Scenario:
        """The scenario with the settings applied.

        Returns
        -------
        Scenario
            A changed copy.
        """
        return self.scenario.vary(self.settings)

    def plot(self) -> Figure:
        """Chart the metric against each of the numbers.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return plot(self)


def factor(path: str, low: Any, high: Any) -> Factor:
    """A number to be tuned, from low to high with their unit; whole where both are whole and have none.

    Raises ValueError for what is no range.
    """
    one, other = split(low), split(high)
    if one is None or other is None or one[1].strip() != other[1].strip():
        raise ValueError(f"{path}: {low!r} to {high!r} is not a range; write 1..5, '10 s..60 s' or 0%..50%")
    (first, unit, signed), last = one, other[0]
    if not first < last or not math.isfinite(last - first):
        raise ValueError(f"{path}: {low!r} is not below {high!r}")
    whole = not unit and all(re.fullmatch(r"[-+]?\d+", str(x).strip()) for x in (low, high))
    return Factor(path, path, "whole" if whole else "number", low=first, high=last, unit=unit, signed=signed)


def tune(
    scenario: Scenario,
    over: Mapping[str, tuple[Any, Any]],
    figure: str = "asa",
    *,
    policy: Policy | None = None,
    seed: int = 1,
    evaluations: int = EVALUATIONS,
    replications: int = REPLICATIONS,
    check: int = CHECK,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
    cluster: str | None = None,
) -> Tuned:
    """Find the values of some numbers, such as thresholds or weights, for which a metric over all contacts is best.

    Every setting is simulated with common random numbers; the best one is then checked against the scenario on fresh
    draws. Settings that break a rule of the scenario are skipped.

    Parameters
    ----------
    scenario : Scenario
        Where to start.
    over : mapping
        {path: (low, high)}, with values as in the file, such as `('10 s', '60 s')`; whole if both ends are.
    figure : str, default 'asa'
        A metric for which higher or lower is better.
    policy : policy, optional
        Routing policy in place of the scenario's, as for `simulate`.
    seed : int, default 1
        Random seed.
    evaluations : int, default 60
        Most settings to try.
    replications : int, default 20
        Number of replications of each setting.
    check : int, default 100
        Number of fresh replications for the final comparison.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` after each setting; what it returns is ignored.
    cluster : str, optional
        Dask cluster that simulates: `tcp://host:8786`, or `local:4` for workers of this machine. The answer does not
        depend on it.

    Returns
    -------
    Tuned
        The best setting, all that were tried, and the difference on fresh draws.

    Raises
    ------
    ScenarioError
        An end of the ranges breaks a rule of the scenario.
    NoCluster
        The cluster cannot be reached, or its workers run another version.
    ValueError
        `over` is empty or has a bad range, neither direction of the metric is better, or no setting gives it a value.

    References
    ----------
    Jones, Perttunen and Stuckman (1993), "Lipschitzian optimization without the Lipschitz constant", JOTA 79; the
    locally biased form by Gablonsky and Kelley (2001), J. Global Optimization 21. If there are few settings, all are
    tried.

    Examples
    --------
    >>> cxsim.tune(scenario, {"groups.team.agents": (8, 12)}, "cost").settings
    """
    side = metrics.better(figure)
    if not side:
        raise ValueError(f"{figure}: it has no better direction; choose a metric that has one")
    if not over:
        raise ValueError("nothing to tune: give parameters and their ranges")
    if policy is not None:
        scenario = routed(scenario, policy)
    factors = tuple(factor(path, *ends) for path, ends in over.items())
    for u in (0.0, 1.0 - 1e-12):  # both ends of every range are read before anything is simulated
        prepare(scenario.vary(_written(factors, [one.at(u) for one in factors])), seed)
    with remote.on(cluster):
        return _tuned(scenario, factors, figure, seed, evaluations, replications, check, engine, threads, progress)


def _tuned(
    scenario: Scenario,
    factors: tuple[Factor, ...],
    figure: str,
    seed: int,
    evaluations: int,
    replications: int,
    check: int,
    engine: Engine,
    threads: int | None,
    progress: Callable[[int, int], object] | None,
) -> Tuned:
    import pandas as pd

    side = metrics.better(figure)
    seen: dict[tuple[Value, ...], float] = {}
    refused = 0
    settings_there = int(min(evaluations, _count(factors)))

    def value(setting: tuple[Value, ...]) -> float:
        nonlocal refused
        if setting not in seen:
            found = math.nan
            try:
                model = prepare(scenario.vary(_written(factors, setting)), seed)
            except ScenarioError:
                refused += 1
            else:
                found = _figure(model, range(replications), figure, engine, threads)
            seen[setting] = found if math.isfinite(found) else -side * math.inf
            if progress is not None:
                progress(len(seen), settings_there + 1)  # the check comes on top
        return seen[setting]

    _search(factors, lambda setting: -side * value(setting), evaluations, seen)
    order = sorted((setting for setting in seen if math.isfinite(seen[setting])), key=lambda s: -side * seen[s])
    if not order:
        raise ValueError(f"{figure}: it has no value at any setting in these ranges")
    tried = pd.DataFrame(
        [{one.path: one.raw(x) for one, x in zip(factors, s, strict=True)} | {"value": seen[s]} for s in order]
    )
    was_there = _figure(prepare(scenario, seed), range(replications), figure, engine, threads)
    as_good = math.isfinite(was_there) and side * (seen[order[0]] - was_there) <= 0.0
    settings = {} if as_good else _written(factors, order[0])
    fresh = range(FRESH, FRESH + check)
    before = after = _sides(prepare(scenario, seed), fresh, figure, engine, threads)
    if settings:
        after = _sides(prepare(scenario.vary(settings), seed), fresh, figure, engine, threads)
    if progress is not None:
        progress(settings_there + 1, settings_there + 1)
    gap = paired_ratio_difference(before, after)
    was, now = (float(ratio_interval(*one).value) for one in (before, after))
    return Tuned(
        scenario,
        figure,
        factors,
        tried,
        settings,
        was,
        now,
        float(gap.value),
        float(gap.low),
        float(gap.high),
        _verdict(side, float(gap.value), float(gap.low), float(gap.high)),
        replications,
        check,
        seed,
        refused,
    )


def _verdict(side: int, value: float, low: float, high: float) -> str:
    """What a paired difference says, with its interval, of a figure that is better up (side 1) or down (-1)."""
    if not (low > 0.0 or high < 0.0):
        return "not distinguishable"
    return "better" if side * value > 0.0 else "worse"


def _count(factors: tuple[Factor, ...]) -> float:
    """How many settings there are."""
    return math.prod(one.high - one.low + 1.0 if one.kind == "whole" else math.inf for one in factors)


class _Enough(Exception):
    """Raised in the search once as many settings were tried as there may be."""


def _search(
    factors: tuple[Factor, ...], worth: Callable[[tuple[Value, ...]], float], most: int, seen: Mapping[Any, float]
) -> None:
    """Try all settings where there are no more than `most`, else as many by DIRECT; less of `worth` is better."""
    if _count(factors) <= most:
        for setting in product(*(one.levels() for one in factors)):
            worth(setting)
        return
    from scipy.optimize import direct

    def at(point: Any) -> float:
        setting = tuple(_nearest(one, float(u)) for one, u in zip(factors, point, strict=True))
        if setting not in seen and len(seen) >= most:
            raise _Enough
        return min(worth(setting), 1e300)

    with suppress(_Enough):  # points that round to one that was seen cost nothing
        direct(at, [(0.0, 1.0)] * len(factors), maxfun=50 * most, maxiter=10_000, vol_tol=0.0, len_tol=1e-4)


def _nearest(one: Factor, u: float) -> Value:
    if one.kind == "whole":
        return one.at(min(u, 1.0 - 1e-12))
    width = one.high - one.low
    step = 10.0 ** math.floor(math.log10(width) - DIGITS + 1)
    return round(min(max(one.low, step * round((one.low + u * width) / step)), one.high), 12)


def _written(factors: tuple[Factor, ...], setting: Any) -> dict[str, Any]:
    return {one.path: one.raw(x) for one, x in zip(factors, setting, strict=True)}


def _figure(model: Model, numbers: range, figure: str, engine: Engine, threads: int | None) -> float:
    above, below = _sides(model, numbers, figure, engine, threads)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(above.sum() / below.sum())


def _sides(model: Model, numbers: range, figure: str, engine: Engine, threads: int | None) -> tuple[Any, Any]:
    samples = replicate_more(model, numbers, engine, threads)
    return metrics.figure_values(samples, model.layout, figure, staffing=model.staffing)
