"""Tuning: numbers of a scenario (thresholds, weights, ranks of its routing) chosen for a figure.

Every setting meets the same customers, so that the figure is one function of the numbers, searched by DIRECT (Jones,
Perttunen and Stuckman 1993, "Lipschitzian optimization without the Lipschitz constant"; scipy's implementation, its
locally biased form by Gablonsky and Kelley 2001), or all settings are tried where these are few. What is best on these
draws looks better than it is: it is set against the scenario as it was on fresh ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim import measures
from cxsim.model import Model, prepare
from cxsim.replicate import Engine, replicate_more
from cxsim.report.formats import better
from cxsim.statistics import paired_ratio_difference, ratio_interval
from cxsim.sweeping.factors import Factor, Value, split
from cxsim.tournament import FRESH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.scenario import Scenario

EVALUATIONS, REPLICATIONS, CHECK = 60, 20, 100
DIGITS = 3  # of a number that is tried, in parts of its range


@dataclass(frozen=True, eq=False)
class Tuned:
    """What came of it.

    `tried` has a row a setting, the best first: a column for each path, with values as written, and `value` of the
    figure; `settings` is the best, as {path: value}, and empty where none was better than the scenario as it is.
    On fresh draws: `before` and `after` are the figure of the
    scenario as it was and with the settings, `difference` after - before with `low` and `high` (paired, 95 %),
    `verdict` better, worse, or not distinguishable. `at_end` are the paths whose best value lies at the end of its
    range (within 5 %), and perhaps beyond.
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

    @property
    def at_end(self) -> list[str]:
        """The paths whose best value lies within 5 % of an end of its range."""
        chosen = [one for one in self.factors if one.path in self.settings]
        best = [(one, float(split(self.settings[one.path])[0])) for one in chosen]  # type: ignore[index]
        near = [(one.path, min(x - one.low, one.high - x) / (one.high - one.low)) for one, x in best]
        return [path for path, room in near if room < 0.05]

    @property
    def tuned(self) -> Scenario:
        """The scenario with the settings in effect."""
        return self.scenario.vary(self.settings)

    def plot(self) -> Figure:
        """The figure against each of the numbers."""
        from cxsim.report.tune import plot

        return plot(self)


def factor(path: str, low: Any, high: Any) -> Factor:
    """A number to be tuned, from low to high with their unit; whole where both are whole and have none.

    Raises ValueError for what is no range.
    """
    ends = [split(value) for value in (low, high)]
    if any(end is None for end in ends) or ends[0][1].strip() != ends[1][1].strip():  # type: ignore[index]
        raise ValueError(f"{path}: {low!r} to {high!r} is no range; write 1..5, '10 s..60 s' or 0%..50%")
    (first, unit, signed), (last, _, _) = ends  # type: ignore[misc]
    if not first < last:
        raise ValueError(f"{path}: {low!r} is not below {high!r}")
    whole = not unit and all(isinstance(x, int) or (isinstance(x, str) and "." not in x) for x in (low, high))
    return Factor(path, path, "whole" if whole else "number", low=first, high=last, unit=unit, signed=signed)


def tune(
    scenario: Scenario,
    over: Mapping[str, tuple[Any, Any]],
    figure: str = "asa",
    *,
    seed: int = 1,
    evaluations: int = EVALUATIONS,
    replications: int = REPLICATIONS,
    check: int = CHECK,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Tuned:
    """The numbers at paths `over` ({path: (low, high)}) for which a figure is best, over all contacts.

    Each of at most `evaluations` settings is replayed `replications` times, on the same draws; the best is checked on
    `check` fresh ones. Raises ScenarioError for a setting that breaks a rule, ValueError for a figure that is not
    better one way or a range that is none.
    """
    import pandas as pd

    side = better(figure)
    if not side:
        raise ValueError(f"{figure}: neither more nor less of it is better")
    if not over:
        raise ValueError("nothing to tune: give paths and their ranges")
    factors = tuple(factor(path, *ends) for path, ends in over.items())
    for u in (0.0, 1.0 - 1e-12):  # both ends of every range are read before anything is simulated
        prepare(scenario.vary(_written(factors, [one.at(u) for one in factors])), seed)
    seen: dict[tuple[Value, ...], float] = {}

    def value(setting: tuple[Value, ...]) -> float:
        if setting not in seen:
            model = prepare(scenario.vary(_written(factors, setting)), seed)
            found = _figure(model, range(replications), figure, engine, threads)
            seen[setting] = found if math.isfinite(found) else -side * math.inf
            if progress is not None:
                progress(len(seen), evaluations)
        return seen[setting]

    _search(factors, lambda setting: -side * value(setting), evaluations, seen)
    order = sorted(seen, key=lambda setting: -side * seen[setting])
    tried = pd.DataFrame(
        [{one.path: one.raw(x) for one, x in zip(factors, s, strict=True)} | {"value": seen[s]} for s in order]
    )
    was_there = _figure(prepare(scenario, seed), range(replications), figure, engine, threads)
    settings = _written(factors, order[0]) if side * (seen[order[0]] - was_there) > 0.0 else {}
    before, after = (
        _sides(prepare(one, seed), range(FRESH, FRESH + check), figure, engine, threads)
        for one in (scenario, scenario.vary(settings))
    )
    gap = paired_ratio_difference(before, after)
    gain = side * float(gap.value)
    told = "better" if gain > 0.0 else "worse"
    clear = float(gap.low) > 0.0 or float(gap.high) < 0.0
    was, now = (float(ratio_interval(*one).value) for one in (before, after))
    return Tuned(
        scenario, figure, factors, tried, settings, was, now, float(gap.value), float(gap.low), float(gap.high),
        told if clear else "not distinguishable", replications, check, seed,
    )  # fmt: skip


class _Enough(Exception):
    """Raised in the search once as many settings were tried as there may be."""


def _search(
    factors: tuple[Factor, ...], worth: Callable[[tuple[Value, ...]], float], most: int, seen: Mapping[Any, float]
) -> None:
    """Try all settings where there are no more than `most`, else as many by DIRECT; less of `worth` is better."""
    counts = [one.high - one.low + 1.0 if one.kind == "whole" else math.inf for one in factors]
    if math.prod(counts) <= most:
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
    return measures.figure_values(samples, model.layout, figure, staffing=model.staffing)
