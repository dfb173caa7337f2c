"""A tournament of policies, or of any variants: the best by one figure, with a stated chance to be right.

The procedure is KN (Kim and Nelson 2001, "A fully sequential procedure for indifference-zone selection in simulation",
ACM TOMACS 11(3)): on the same draws, one replication after another, whoever is surely worse than another drops out,
until one is left. If the best is better than all others by the indifference or more, it is chosen with at least the
stated probability; differences smaller than that do not matter, by what was asked.

What was seen on the way flatters the winner, and its intervals would not hold: they were looked at again and again.
So the table is made on fresh draws, as many as each had, on which nothing was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.cluster import remote
from cxsim.metrics.confidence_intervals import paired_ratio_difference
from cxsim.model.prepare import Model, prepare
from cxsim.model.routing_choice import Policy, routed, variants
from cxsim.report.studies.tournament import plot
from cxsim.simulation.replications import Engine, replicate_more

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.scenario import Scenario

Sides = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]  # of a ratio, by replication
FIRST = 20  # replications of all before anyone drops out
MOST = 2_000
KEPT = 100  # replications whose other figures are told
FRESH = 1 << 20  # the number of the first replication that is not looked at before somebody is chosen
BESIDE = ("asa", "sl", "abandoned_share", "fcr_true", "cost_per_resolution")


@dataclass(frozen=True, eq=False)
class Tournament:
    """The outcome of a tournament; every figure comes from fresh draws.

    Attributes
    ----------
    table : DataFrame
        One row per contestant, the selected one first: name, value, difference from the winner with low and high
        (simultaneous over all rows, Bonferroni), verdict (best, worse, better, not distinguishable, or the same in
        every replication), replications.
    beside : DataFrame
        Other metrics of each: name, figure, value, low, high, unit, replications (at most 100; 95 % intervals).
    intervals : DataFrame
        The difference of each from the winner by interval: name, interval, difference, low, high (as `beside`).
    figure : str
        The metric.
    indifference : float
        The smallest difference that matters (unit of the metric).
    confidence : float
        Probability of selecting the best.
    seed : int
        Random seed.
    sure : bool
        Whether the procedure finished before `most` replications; if not, the probability does not hold.
    """

    table: pd.DataFrame
    beside: pd.DataFrame
    intervals: pd.DataFrame
    figure: str
    indifference: float
    confidence: float
    seed: int
    sure: bool

    @property
    def best(self) -> str:
        """The selected contestant.

        Returns
        -------
        str
            Its name.
        """
        return str(self.table.iloc[0]["name"])

    def plot(self) -> Figure:
        """Chart the difference of each contestant from the winner, with its interval.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return plot(self)


def tournament(
    contestants: Scenario | Mapping[str, Scenario],
    figure: str = "asa",
    *,
    policies: Sequence[Policy] | Mapping[str, Policy] | None = None,
    indifference: float,
    confidence: float = 0.95,
    seed: int = 1,
    engine: Engine = "clock",
    threads: int | None = None,
    most: int = MOST,
    progress: Callable[[int, int], object] | None = None,
    cluster: str | None = None,
) -> Tournament:
    """Find the best of two or more scenarios by one metric, with a stated probability of being right.

    All contestants use common random numbers; those that are clearly worse drop out. The table is made on fresh draws.

    Parameters
    ----------
    contestants : Scenario, or mapping of them
        Two or more scenarios by name. With `policies`, one scenario.
    figure : str, default 'asa'
        A metric for which higher or lower is better.
    policies : sequence or mapping, optional
        Two or more routing policies for the one scenario; a mapping gives their names. Each is what `simulate` takes as
        a policy.
    indifference : float
        The smallest difference that matters, above 0 (unit of the metric; 0.01 is one point of a share).
    confidence : float, default 0.95
        Probability of selecting the best if it leads by `indifference` or more.
    seed : int, default 1
        Random seed.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    most : int, default 2000
        Most replications of a contestant; those still in are then not distinguishable.
    progress : callable, optional
        Called as `progress(done, expected)`, where `expected` is a guess; what it returns is ignored.
    cluster : str, optional
        Dask cluster that simulates: `tcp://host:8786`, or `local:4` for workers of this machine. The answer does not
        depend on it.

    Returns
    -------
    Tournament
        The contestants, the selected one first.

    Raises
    ------
    ScenarioError
        A table does not fit its scenario.
    NoCluster
        The cluster cannot be reached, or its workers run another version.
    ValueError
        There are fewer than two contestants, `indifference` is not above 0, neither direction of the metric is
        better, or the metric has no value in some replication.

    References
    ----------
    Kim and Nelson (2001), "A fully sequential procedure for indifference-zone selection in simulation", ACM TOMACS
    11(3).

    Examples
    --------
    >>> cxsim.tournament({"today": scenario, "two more": bigger}, "asa", indifference=2.0).best
    """
    side = metrics.better(figure)
    if policies is not None:
        if isinstance(contestants, Mapping):
            raise ValueError("policies: give one scenario, not a mapping of them")
        contestants = variants(contestants, policies)
    elif not isinstance(contestants, Mapping):
        raise ValueError("a tournament needs two contestants or more: write {name: scenario, …}, or give policies")
    if len(contestants) < 2:
        raise ValueError("a tournament needs two contestants or more")
    if not side:
        raise ValueError(f"{figure}: it has no better direction; choose a metric that has one")
    if not indifference > 0.0:
        raise ValueError("indifference: must be above 0; it is the smallest difference that matters")
    models = {name: prepare(scenario, seed) for name, scenario in contestants.items()}
    with remote.on(cluster):
        return _tournament(models, figure, indifference, confidence, engine, threads, most, progress)


def _tournament(
    models: Mapping[str, Model],
    figure: str,
    indifference: float,
    confidence: float,
    engine: Engine,
    threads: int | None,
    most: int,
    progress: Callable[[int, int], object] | None,
) -> Tournament:
    import pandas as pd

    names, side, done = list(models), metrics.better(figure), 0

    def replay(model: Model, numbers: range) -> list[metrics.Sample]:
        nonlocal done
        done += len(numbers)
        found = replicate_more(model, numbers, engine, threads)
        if progress is not None:  # nobody knows how many it will take
            progress(done, max(2 * len(names) * FIRST, done + 1))
        return found

    def more(i: int, numbers: range) -> list[float]:
        model = models[names[i]]
        return [side * x for x in _each(names[i], model, replay(model, numbers), figure)]

    order, seen, sure = select(more, len(names), indifference, confidence, most)
    sides: dict[str, Sides] = {}
    kept: dict[str, list[metrics.Sample]] = {}
    for i in order:
        name, model = names[i], models[names[i]]
        last, parts = FRESH + len(seen[i]), []
        for first in range(FRESH, last, KEPT):
            samples = replay(model, range(first, min(last, first + KEPT)))
            kept.setdefault(name, samples)
            parts.append(metrics.figure_values(samples, model.layout, figure, staffing=model.staffing))
        above, below = (np.concatenate([np.asarray(part[k], np.float64) for part in parts]) for k in (0, 1))
        sides[name] = above, np.broadcast_to(below, above.shape)
    ordered = [names[i] for i in order]
    table = pd.DataFrame(_rows(ordered, sides, side, confidence))
    beside = pd.concat([_beside(models[name], kept[name]).assign(name=name) for name in ordered], ignore_index=True)
    by_interval = [_by_interval(figure, name, ordered[0], models, kept) for name in ordered[1:]]
    intervals = pd.concat(by_interval, ignore_index=True)
    return Tournament(table, beside, intervals, figure, indifference, confidence, models[names[0]].seed, sure)


def tournaments(
    scenarios: Mapping[str, Scenario], policies: Sequence[str], figure: str = "asa", **settings: Any
) -> dict[str, Tournament]:
    """The same policies in several scenarios, a tournament each; `settings` are those of `tournament`."""
    return {
        where: tournament({name: routed(scenario, name) for name in policies}, figure, **settings)
        for where, scenario in scenarios.items()
    }


def _beside(model: Model, samples: list[metrics.Sample]) -> pd.DataFrame:
    found = metrics.figures(samples, model.layout, model.staffing, names=BESIDE)
    total = found[(found["scope"] == "total") & (found["interval"] == "total")]
    return total[["figure", "value", "low", "high", "unit", "n"]].rename(columns={"n": "replications"})


def _by_interval(
    figure: str, name: str, winner: str, models: Mapping[str, Model], kept: Mapping[str, list[metrics.Sample]]
) -> pd.DataFrame:
    """The paired difference of a contestant from the winner in each interval, NaN where there is none."""
    n = min(len(kept[winner]), len(kept[name]))
    base, other = ((kept[one][:n], models[one].layout, models[one].staffing) for one in (winner, name))
    found = metrics.differences(base, other, names=[figure])
    found = found[(found["scope"] == "total") & found["interval"].isin(models[name].layout.labels)]
    found = found.rename(columns={"value": "difference"})
    return found[["interval", "difference", "low", "high"]].assign(name=name)


def select(
    more: Callable[[int, range], list[float]], many: int, indifference: float, confidence: float, most: int = MOST
) -> tuple[list[int], list[list[float]], bool]:
    """The order of contestants 0 … `many` - 1, the one with the largest mean first, what was seen of each, and whether
    it came to an end before `most`.

    `more` gives the values of a contestant for these replications, which are the same ones for all. Checked after ever
    more replications rather than after each, which only makes it longer.
    """
    seen = [more(i, range(FIRST)) for i in range(many)]
    first = np.array(seen)
    spread = np.array([[np.var(a - b, ddof=1) for b in first] for a in first])
    eta = 0.5 * ((2.0 * (1.0 - confidence) / (many - 1)) ** (-2.0 / (FIRST - 1)) - 1.0)
    square = 2.0 * eta * (FIRST - 1)
    left, out, n = list(range(many)), list[int](), FIRST
    while True:
        means = {i: float(np.mean(seen[i])) for i in left}
        room = {
            (i, j): max(0.0, indifference / (2.0 * n) * (square * spread[i, j] / indifference**2 - n))
            for i in left
            for j in left
        }
        gone = [i for i in left if any(means[i] < means[j] - room[i, j] for j in left if j != i)]
        out += sorted(gone, key=lambda i: means[i])
        left = [i for i in left if i not in gone]
        if len(left) <= 1 or n >= most or not any(room[i, j] for i in left for j in left if i != j):
            break  # those left without room are equal
        ahead = min(most, n + max(1, n // 10))
        for i in left:
            seen[i] += more(i, range(n, ahead))
        n = ahead
    left.sort(key=lambda i: -float(np.mean(seen[i])))
    sure = len(left) <= 1 or not any(room[i, j] for i in left for j in left if i != j)
    return [*left, *reversed(out)], seen, sure


def _each(name: str, model: Model, samples: list[metrics.Sample], figure: str) -> list[float]:
    """The figure of each replication."""
    above, below = metrics.figure_values(samples, model.layout, figure, staffing=model.staffing)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: npt.NDArray[np.float64] = above / below
    if not np.isfinite(found).all():
        raise ValueError(f"{figure}: in some replications {name} has no value; choose another metric")
    return [float(x) for x in found]


def _rows(order: list[str], sides: Mapping[str, Sides], side: int, confidence: float) -> list[dict[str, object]]:
    winner, rows = order[0], []
    level = 1.0 - (1.0 - confidence) / max(len(order) - 1, 1)
    for name in order:
        above, below = sides[name]
        n = min(len(above), len(sides[winner][0]))
        base, other = ((one[:n], two[:n]) for one, two in (sides[winner], sides[name]))
        gap = paired_ratio_difference(base, other, level)
        mean, low, high = float(gap.value), float(gap.low), float(gap.high)
        told = "worse" if side * mean < 0.0 else "better"  # by chance the winner is not the best
        verdict = told if low > 0.0 or high < 0.0 else "not distinguishable"
        if name == winner:
            low = high = math.nan
            verdict = "best"
        elif all(np.array_equal(a, b) for a, b in zip(base, other, strict=True)):
            verdict = "the same"
        rows.append(
            {
                "name": name,
                "value": float(above.sum() / below.sum()),
                "difference": mean,
                "low": low,
                "high": high,
                "verdict": verdict,
                "replications": len(above),
            }
        )
    return sorted(rows, key=lambda row: (row["name"] != winner, -side * float(str(row["difference"]))))
