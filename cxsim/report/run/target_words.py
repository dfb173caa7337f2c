"""Targets in words: what was asked, what came out, and whether the interval decides it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxsim.metrics.registry import better
from cxsim.report.common import formats
from cxsim.report.common.formats import quantity, seconds, share

if TYPE_CHECKING:
    from cxsim.simulation.result import Result


MET, MISSED, UNCLEAR, UNKNOWN = "met", "missed", "too close to call", "not measured"


@dataclass(frozen=True)
class Judgement:
    """One target in words: what was asked, what came out, and the intervals that miss it."""

    queue: str
    figure: str
    goal: str
    value: str
    margin: str
    between: str
    status: str
    met: bool
    misses: tuple[str, ...]
    intervals: int
    worst: str
    worst_value: str


def judgements(result: Result) -> list[Judgement]:
    """Every target judged; `too close to call` where the 95% interval holds the target."""
    return [_judge(result, row) for row in result.targets.to_dict("records")]


def _judge(result: Result, row: dict[Hashable, Any]) -> Judgement:
    figure, queue = str(row["figure"]), str(row["queue"])
    target, value, low, high = (float(row[key]) for key in ("target", "value", "low", "high"))
    unit = result.estimate(figure).unit or "share"
    floor = row.get("bound", "min" if better(figure) > 0 else "max") == "min"
    each = result.series(figure, "queue", queue).dropna(subset=["value"])
    off = each[each["value"] < target] if floor else each[each["value"] > target]
    misses = row.get("misses")
    if isinstance(misses, str):
        misses = misses.split(";") if misses else []
    if not isinstance(misses, list | tuple):
        misses = list(off["interval"])
    worst = str(row["worst_interval"]) if isinstance(row["worst_interval"], str) else ""
    if not worst and len(off):
        worst = extreme(each, not floor)[0]
    at_worst = each.loc[each["interval"] == worst, "value"]
    met = not math.isnan(value) and bool(row["met"])
    status = UNKNOWN if math.isnan(value) else UNCLEAR if low < target < high else MET if met else MISSED
    return Judgement(
        queue=queue,
        figure=figure,
        goal=goal(figure, target, _within(row), unit, floor, result.currency),
        value=quantity(value, unit, result.currency),
        margin=formats.margin(low, high, unit, result.currency),
        between=formats.between(low, high, unit, result.currency),
        status=status,
        met=met,
        misses=tuple(str(miss) for miss in misses),
        intervals=len(each) or len(result.series("offered", "queue", queue)),
        worst=worst,
        worst_value=quantity(float(at_worst.iloc[0]), unit, result.currency) if len(at_worst) else "",
    )


def _within(row: dict[Hashable, Any]) -> float:
    value = row.get("within")
    return float(value) if isinstance(value, int | float) else math.nan


def goal(figure: str, target: float, within: float, unit: str, floor: bool, currency: str = "") -> str:
    """A target in words: `80% within 20 s`, `at most 5%`."""
    text = share(target, 0 if abs(target * 100 - round(target * 100)) < 1e-9 else 1) if unit == "share" else ""
    text = text or quantity(target, unit, currency)
    if floor and math.isfinite(within):
        return f"{text} within {seconds(within)}"
    return f"at {'least' if floor else 'most'} {text}"


def spans(result: Result, intervals: Sequence[str], most: int = 100) -> list[tuple[str, str]]:
    """Intervals as (day, hours): neighbours run together, at most so many, `09:00-11:30, 13:00-13:30`."""
    length = timedelta(seconds=result.interval)
    days: dict[str, list[list[datetime]]] = {}
    for text in sorted(intervals):
        start = datetime.fromisoformat(text)
        runs = days.setdefault(text[:10], [])
        if runs and runs[-1][1] == start:
            runs[-1][1] = start + length
        else:
            runs.append([start, start + length])
    out = []
    for day, runs in days.items():
        hours = [f"{a:%H:%M}-{b:%H:%M}" for a, b in runs]
        more = len(hours) - most
        out.append((day, ", ".join([*hours[:most], *([f"{more} more"] if more > 0 else [])])))
    return out


def named(judgement: Judgement) -> str:
    """A target's subject: `SL of billing`."""
    return (
        f"{formats.title(judgement.figure)} of {judgement.queue}"
        if judgement.queue
        else formats.title(judgement.figure)
    )


def extreme(series: pd.DataFrame, largest: bool) -> tuple[str, float]:
    series = series.dropna(subset=["value"])
    if not len(series):
        return "", math.nan
    value = series["value"].to_numpy(dtype=float)
    place = int(value.argmax() if largest else value.argmin())
    return str(series["interval"].iloc[place]), float(value[place])
