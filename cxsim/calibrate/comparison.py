"""Observed figures against replications: a test that allows for noise, and the steps from a plan to what happened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cxsim.calibrate.redials import Floats
from cxsim.metrics.confidence_intervals import holm
from cxsim.studies.explain_values import Value, Values, in_order

if TYPE_CHECKING:
    import pandas as pd

FEW = 20  # contacts below which a row is not compared
LONE_WAIT = 60.0  # s
FEWEST = 5  # replications that a test needs
COLUMNS = ["scope", "name", "figure", "title", "unit", "contacts", "observed", "simulated", "low", "high", "p"]
STEPS = ["figure", "title", "unit", "cause", "change", "low", "high"]


def tested(observed: float, runs: Floats, unit: str, contacts: int) -> tuple[float, float, float, float]:
    """(mean, low, high, p): how likely a replication is so far from the mean of all as the observed value.

    One contact must not decide: the error is at least what one contact more, or one that waits a minute, would change.
    """
    from scipy.special import stdtr, stdtrit

    good = runs[np.isfinite(runs)]
    n = len(good)
    if n < FEWEST or not math.isfinite(observed):
        return (float(good.mean()) if n else math.nan), math.nan, math.nan, 1.0
    mean, error = float(good.mean()), float(np.std(good, ddof=1)) * math.sqrt(1.0 + 1.0 / n)
    error = max(error, (LONE_WAIT if unit == "s" else 1.0) / contacts)
    half = float(stdtrit(n - 1, 0.975)) * error
    return mean, mean - half, mean + half, 2.0 * float(stdtr(n - 1, -abs(observed - mean) / error))


def judged(rows: Sequence[tuple[object, ...]], error_rate: float) -> pd.DataFrame:
    """The rows as a table, with p-values adjusted by Holm, and whether each differs."""
    import pandas as pd

    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p"] = holm(table["p"].to_numpy(dtype=np.float64))
    table["differs"] = table["p"] <= error_rate
    return table


def steps(
    titles: Mapping[str, tuple[str, str]],
    runs: Sequence[Mapping[str, Floats]],
    causes: Sequence[str],
    observed: Mapping[str, float],
) -> pd.DataFrame:
    """The way from the plan (the first of `runs`) to what was observed, a step for each cause; the steps add up.

    `titles` has (title, unit) by figure; `runs` each figure by replication, on the same random numbers.
    """
    import pandas as pd

    stages = [frozenset(causes[:n]) for n in range(len(runs))]
    rows: list[tuple[object, ...]] = []
    for figure, (title, unit) in titles.items():
        known = {
            stage: Value.of(one[figure], np.ones(len(one[figure]))) for stage, one in zip(stages, runs, strict=True)
        }
        values = Values(known.__getitem__, known)
        for name, weights in {"planned": {stages[0]: 1.0}, **in_order(causes)}.items():
            rows.append((figure, title, unit, name, *values.change(weights)))
        rows.append((figure, title, unit, "rest", *values.change({stages[-1]: -1.0}, -observed[figure])))
        rows.append((figure, title, unit, "observed", observed[figure], math.nan, math.nan))
    return pd.DataFrame(rows, columns=STEPS)
