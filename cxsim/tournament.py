"""A tournament of policies, or of any variants: the best by one figure, with a stated chance to be right.

The procedure is KN (Kim and Nelson 2001, "A fully sequential procedure for indifference-zone selection in simulation",
ACM TOMACS 11(3)): on the same draws, one replication after another, whoever is surely worse than another drops out,
until one is left. If the best is better than all others by the indifference or more, it is chosen with at least the
stated probability; differences smaller than that do not matter, by what was asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim import measures
from cxsim.model import Model, prepare
from cxsim.replicate import Engine, replicate_more
from cxsim.report.formats import better
from cxsim.statistics import t_quantile

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.scenario import Scenario

FIRST = 20  # replications of all before anyone drops out
MOST = 2_000


@dataclass(frozen=True, eq=False)
class Tournament:
    """What came of it: `table` has a row a contestant, the last to drop out first.

    Its columns: name, value (mean over its replications of the figure of each), difference from the winner over the
    replications both have, with low and high (simultaneous 95 % by Bonferroni over all rows), verdict (best, worse,
    or not distinguishable), replications.
    """

    table: pd.DataFrame
    figure: str
    indifference: float
    confidence: float
    seed: int

    @property
    def best(self) -> str:
        """The contestant that was chosen."""
        return str(self.table.iloc[0]["name"])

    def plot(self) -> Figure:
        """The difference of each from the winner, with its interval."""
        from cxsim.report.tournament import plot

        return plot(self)


def tournament(
    contestants: Mapping[str, Scenario],
    figure: str = "asa",
    *,
    indifference: float,
    confidence: float = 0.95,
    seed: int = 1,
    engine: Engine = "clock",
    threads: int | None = None,
    most: int = MOST,
    progress: Callable[[int, int], object] | None = None,
) -> Tournament:
    """Find the best of two or more scenarios by a figure, in its unit to within `indifference` (> 0).

    Replications end at `most`; those left then are not distinguishable. Raises ValueError for fewer than two, a
    figure that is not better one way, or one that some replication has no value of.
    """
    import pandas as pd

    side = better(figure)
    if len(contestants) < 2:
        raise ValueError("a tournament needs two contestants or more")
    if not side:
        raise ValueError(f"{figure}: neither more nor less of it is better")
    if not indifference > 0.0:
        raise ValueError("indifference: must be above 0, the least difference that matters")
    names = list(contestants)
    models = {name: prepare(scenario, seed) for name, scenario in contestants.items()}

    done = 0

    def replay(i: int, numbers: range) -> list[float]:
        nonlocal done
        model = models[names[i]]
        found = _each(model, replicate_more(model, numbers, engine, threads), figure)
        done += len(numbers)
        if progress is not None:  # nobody knows how many it will take
            progress(done, max(len(names) * FIRST, done + 1))
        return [side * x for x in found]

    order, seen = select(replay, len(names), indifference, confidence, most)
    values = {names[i]: [side * x for x in seen[i]] for i in order}
    table = pd.DataFrame(_rows([names[i] for i in order], values, side, confidence))
    return Tournament(table, figure, indifference, confidence, seed)


def select(
    more: Callable[[int, range], list[float]], many: int, indifference: float, confidence: float, most: int = MOST
) -> tuple[list[int], list[list[float]]]:
    """The order of contestants 0 … `many` - 1, the one with the largest mean first, and what was seen of each.

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
            for i in left for j in left
        }  # fmt: skip
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
    return [*left, *reversed(out)], seen


def _each(model: Model, samples: list[measures.Sample], figure: str) -> list[float]:
    """The figure of each replication."""
    above, below = measures.figure_values(samples, model.layout, figure, staffing=model.staffing)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: npt.NDArray[np.float64] = above / below
    if not np.isfinite(found).all():
        raise ValueError(f"{figure}: some replication has no value of it")
    return [float(x) for x in found]


def _rows(order: list[str], values: Mapping[str, list[float]], side: int, confidence: float) -> list[dict[str, object]]:
    winner, rows = order[0], []
    for name in order:
        n = min(len(values[name]), len(values[winner]))
        gap = np.array(values[name][:n]) - np.array(values[winner][:n])
        half = math.nan
        if name != winner and n > 1:
            level = 1.0 - (1.0 - confidence) / (len(order) - 1)
            half = t_quantile(level, n - 1) * float(gap.std(ddof=1)) / math.sqrt(n)
        mean = float(gap.mean())
        worse = side * mean < 0.0 and abs(mean) > half
        verdict = "best" if name == winner else "worse" if worse else "not distinguishable"
        rows.append({"name": name, "value": float(np.mean(values[name])), "difference": mean, "low": mean - half,
                     "high": mean + half, "verdict": verdict, "replications": len(values[name])})  # fmt: skip
    return rows
