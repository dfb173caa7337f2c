"""Levers: what can be done for customers, each alone and the best together, on the same draws.

A lever is an override, or a ready-made remedy, with a price. What it changes in the center's own cost, in the value of
customers who stay, and what it costs itself make its net worth over the horizon: money in less money out. Effort,
churn and value rest on the scenario's assumptions (`Experience`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.metrics.confidence_intervals import t_quantile
from cxsim.model.prepare import Model, prepare
from cxsim.scenario import lever_catalogue
from cxsim.simulation.replications import Engine
from cxsim.studies.journeys import follow
from cxsim.studies.scorecards import sums_of

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
Sides = dict[str, tuple[Floats, Floats]]
FIGURES = ("sl", "first", "solved", "effort", "churn")  # of which the differences are told
MOST_TOGETHER = 4  # levers in a combination
TRIED = 3  # combinations that are simulated
YEAR = 365.0


@dataclass(frozen=True, eq=False)
class Levers:
    """What each lever changes, compared with the scenario as it is.

    Attributes
    ----------
    scenario : Scenario
        The scenario without levers applied.
    table : DataFrame
        One row per choice: levers (joined by ' + '), price (money a year), and the differences in `sl`, `first` (solved
        at the first contact), `solved`, `effort`, `churn`, `cost` (over the horizon), `value_lost` and `net` (over the
        horizon, after the lever's price), each with `_low` and `_high` (95 % intervals of paired replications);
        `verdict` is 'pays', 'does not pay' or 'not distinguishable'.
    replications : int
        Number of replications of each choice.
    seed : int
        Random seed.
    days : float
        Length of the counted time (days).
    budget : float or None
        The budget (money a year).
    assumptions : tuple of dict
        What the figures rest on.
    """

    scenario: Scenario
    table: pd.DataFrame
    replications: int
    seed: int
    days: float
    budget: float | None
    assumptions: tuple[dict[str, str], ...]

    @property
    def best(self) -> str:
        """The choice with the largest net worth whose interval lies above zero, within the budget.

        Returns
        -------
        str
            Levers joined by ' + '; '' if no choice qualifies.
        """
        may = self.table["price"] <= (math.inf if self.budget is None else self.budget)
        sure = self.table[(self.table["net_low"] > 0.0) & may]
        return str(sure.iloc[int(np.argmax(sure["net"]))]["levers"]) if len(sure) else ""


def levers(
    scenario: Scenario,
    *,
    budget: float | None = None,
    seed: int = 1,
    replications: int = 20,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Levers:
    """Simulate each lever of a scenario alone, then the best combinations within a budget.

    Combinations are chosen by the sum of their levers' net worth, and judged by a simulation of their own.

    Parameters
    ----------
    scenario : Scenario
        A scenario with `levers`.
    budget : float, optional
        Most that the levers may cost together (money a year); without it only single levers are simulated.
    seed : int, default 1
        Random seed.
    replications : int, default 20
        Number of replications of each choice.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` over all replications; what it returns is ignored.

    Returns
    -------
    Levers
        What each choice changes, with paired intervals.

    Raises
    ------
    ScenarioError
        The scenario breaks a rule once a lever is applied.
    ValueError
        The scenario has no levers, or a lever changes which intervals are counted.

    Examples
    --------
    >>> cxsim.levers(scenario, budget=150_000).best
    """
    import pandas as pd

    if not scenario.levers:
        raise ValueError("levers: the scenario has none; add levers: {NAME: {cost: ...}} and an override of that name")
    base = prepare(scenario, seed)
    days = (base.timeline.counted_to - base.timeline.counted_from) / 86400.0
    sets = [] if budget is None else affordable(scenario, budget)
    runs = 1 + len(scenario.levers) + min(TRIED, len(sets))
    done = 0

    def replayed(model: Model) -> Sides:
        nonlocal done

        def told(k: int, _: int) -> None:  # the same replications of all, so nothing ends one of them early
            if progress is not None:
                progress(done * replications + k, runs * replications)

        found = _sides(model, replications, engine, threads, told)
        done += 1
        return found

    now = replayed(base)

    def row(names: tuple[str, ...]) -> dict[str, float | str]:
        return _row(scenario, names, now, replayed(_with(scenario, names, seed, base)), days)

    rows = [row((name,)) for name in scenario.levers]
    worth = {str(one["levers"]): float(one["net"]) for one in rows}
    best = sorted(sets, key=lambda names: -sum(worth[name] for name in names))[:TRIED]
    rows += [row(names) for names in best]
    return Levers(
        scenario, pd.DataFrame(rows), replications, seed, days, budget, tuple(scenario.experience.assumptions())
    )


def pulled(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """The scenario with these of its levers in effect: overrides first, then remedies."""
    chosen = [scenario.levers[name] for name in names]
    out = scenario.vary(with_=[one.override or name for name, one in zip(names, chosen, strict=True) if not one.use])
    for one in chosen:
        out = lever_catalogue.changed(out, one.use, one.sizes)
    return out


def _with(scenario: Scenario, names: Sequence[str], seed: int, base: Model) -> Model:
    changed = pulled(scenario, names)
    model = prepare(changed, seed)
    if model.layout.labels != base.layout.labels:
        raise ValueError(f"levers.{names[0]}: it changes the counted days, hours or intervals; remove that change")
    return model


def _sides(
    model: Model, replications: int, engine: Engine, threads: int | None, progress: Callable[[int, int], None]
) -> Sides:
    """The sides of each figure by replication, the center's cost among them."""
    samples, found = follow(model, replications, engine, threads, progress, told=False)
    out = sums_of(found)
    for figure in ("sl", "cost"):
        out[figure] = metrics.figure_values(samples, model.layout, figure, staffing=model.staffing)
    return out


def affordable(scenario: Scenario, budget: float) -> list[tuple[str, ...]]:
    """The sets of two levers or more within the budget."""
    levers = scenario.levers
    return [
        names
        for size in range(2, min(MOST_TOGETHER, len(levers)) + 1)
        for names in combinations(levers, size)
        if sum(levers[name].cost for name in names) <= budget
    ]


def _difference(before: tuple[Floats, Floats], after: tuple[Floats, Floats]) -> tuple[float, float, float]:
    """The difference of two ratios of sums over the same replications, with its interval (delta method)."""
    ratios, parts = [], []
    for above, below in (before, after):
        total = below.sum()
        ratio = float(above.sum() / total) if total > 0.0 else math.nan
        ratios.append(ratio)
        parts.append((above - ratio * below) / (total / len(below)))
    return _bounds(ratios[1] - ratios[0], parts[1] - parts[0])


def _bounds(value: float, each: Floats) -> tuple[float, float, float]:
    n = len(each)
    if n < 2:
        return value, math.nan, math.nan
    half = t_quantile(0.95, n - 1) * float(each.std(ddof=1)) / math.sqrt(n)
    return value, value - half, value + half


def _row(scenario: Scenario, names: Sequence[str], now: Sides, then: Sides, days: float) -> dict[str, float | str]:
    price = sum(scenario.levers[name].cost for name in names)
    row: dict[str, float | str] = {"levers": " + ".join(names), "price": price}
    for figure in (*FIGURES, "cost", "value_lost"):
        row[figure], row[f"{figure}_low"], row[f"{figure}_high"] = _difference(now[figure], then[figure])
    each = (now["cost"][0] - then["cost"][0]) + (now["value_lost"][0] - then["value_lost"][0]) - price * days / YEAR
    row["net"], row["net_low"], row["net_high"] = _bounds(float(each.mean()), each)
    low, high = float(row["net_low"]), float(row["net_high"])
    row["verdict"] = "pays" if low > 0.0 else "does not pay" if high < 0.0 else "not distinguishable"
    return row
