"""Waits and targets as the pictures and tables need them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from cxsim.simulation.result import Result


def waits(result: Result, queue: str = "") -> pd.DataFrame:
    """Waits as running shares of all that queued: upper_edge in seconds, answered, abandoned."""
    frame = result.wait_histogram
    if frame is None or not len(frame):
        return pd.DataFrame({"upper_edge": [], "answered": [], "abandoned": []}, dtype=float)
    names = frame["queue"].astype(str)
    if queue:
        frame = frame[names == queue]
    elif (names == "").any() or (names == "total").any():
        frame = frame[(names == "") | (names == "total")]
    summed = frame.groupby("upper_edge", sort=True)[["answered", "abandoned"]].sum().astype(float)
    whole = float(summed.to_numpy().sum())
    running = (summed.cumsum() / whole if whole else summed.cumsum()).reset_index()
    # Empty bins are left out of the histogram: one begins 1% below its upper edge, not at the last used.
    begins = running.shift(1, fill_value=0.0)
    begins["upper_edge"] = np.maximum(begins["upper_edge"], running["upper_edge"] / 1.01)
    both = pd.concat([begins[running["upper_edge"] > 0], running])
    return both.sort_values(["upper_edge", "answered", "abandoned"], kind="stable").reset_index(drop=True)


def after(result: Result, queue: str, limits: Sequence[float]) -> list[tuple[float, float, float]]:
    """(limit in s, answered share, abandoned share) after each limit, until 0.05% still wait."""
    frame = waits(result, queue)
    out: list[tuple[float, float, float]] = []
    if not len(frame):
        return out
    edge = np.concatenate([[-1e-9], frame["upper_edge"].to_numpy(dtype=float)])
    running = [np.concatenate([[0.0], frame[name].to_numpy(dtype=float)]) for name in ("answered", "abandoned")]
    for limit in limits:
        answered, gone = (float(np.interp(limit, edge, each)) for each in running)
        out.append((limit, answered, gone))
        if answered + gone > 0.9995:
            break
    return out


def threshold(result: Result, queue: str = "") -> float:
    """The seconds within which the SL of a queue counts; NaN where its targets do not say (or differ)."""
    if "within" not in result.targets.columns:
        return math.nan
    frame = result.targets[result.targets["figure"].astype(str).str.startswith("sl")]
    if queue:
        frame = frame[frame["queue"].astype(str) == queue]
    values = frame["within"].dropna().astype(float).unique()
    return float(values[0]) if len(values) == 1 else math.nan


def target(result: Result, figure: str, queue: str) -> float:
    """The target set on a figure of a queue (the only queue's, for the total); NaN without one."""
    frame = result.targets
    queue = queue or (result.names("queue")[0] if len(result.names("queue")) == 1 else "")
    found = frame[(frame["figure"].astype(str) == figure) & (frame["queue"].astype(str) == queue)]
    return float(found["target"].iloc[0]) if len(found) else math.nan


def erlang_series(result: Result, queue: str, column: str, by: str = "interval") -> pd.DataFrame:
    """One of Erlang's answers over time, shaped as `Result.series`; by day, weighted by contacts offered."""
    frame = result.erlang
    if frame is None or column not in frame.columns:
        return pd.DataFrame({"interval": [], "value": [], "low": [], "high": []})
    mine = frame[frame["queue"].astype(str) == queue]
    value = pd.Series(mine[column].to_numpy(dtype=float), index=mine["interval"].astype(str).to_numpy(dtype=object))
    value = value.dropna().sort_index()
    if by == "day" and len(value):
        weight = result.series("offered", "queue", queue).set_index("interval")["value"].reindex(value.index)
        days = value.index.str.slice(0, 10)
        value = (value * weight).groupby(days).sum() / weight.groupby(days).sum()
    return pd.DataFrame({"interval": list(value.index), "value": value.to_numpy(), "low": math.nan, "high": math.nan})
