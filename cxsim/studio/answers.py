"""What a plan comes to, answered after few replications and again after more: figures with intervals, as JSON."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from cxsim import metrics
from cxsim.metrics.confidence_intervals import paired_ratio_difference, ratio_interval
from cxsim.model.prepare import Model
from cxsim.simulation.build_result import promises
from cxsim.simulation.replications import replicate_more

FIRST = 4  # replications before the first answer
FEW = 2  # of a scenario whose replications take longer than SLOW
SLOW = 0.15  # seconds
AT_ONCE = 4  # replications between two looks at whether a newer edit has come
FULL = 100  # replications of the last answer
LEAST = 10  # of a scenario whose sums are large
HELD = 192 * 2**20  # bytes of sums that are kept of one plan
PLANS = 6  # whose sums are kept, so that undo answers at once
BETWEEN = 0.2  # seconds between answers
TOTALS = ("sl", "abandoned_share", "asa", "occupancy", "cost", "paid_hours")
BY_QUEUE = ("sl", "asa", "abandoned_share", "offered")
BY_GROUP = ("occupancy",)

Samples = list[metrics.Sample]


class Cancelled(Exception):
    """A newer edit has come."""


class Answers:
    """Answers to plans of one scenario, each compared with the saved plan on the same draws."""

    def __init__(self, times: Sequence[int]) -> None:
        self._times = times
        self._held: OrderedDict[str, Samples] = OrderedDict()

    def answer(
        self, base: Model, make: Callable[[], Model], key: str, stopped: Callable[[], bool]
    ) -> Iterator[dict[str, Any]]:
        """Answers of growing precision for the model that `make` gives; `key` names its plan, '' the saved one.

        Raises Cancelled when `stopped` says so, between replications.
        """
        model = base if not key else make()
        mine, saved = self._samples(key), self._samples("")
        said = 0.0
        full = FULL
        wanted = FIRST if len(mine) < FULL else FULL
        while True:
            for samples, one in ((mine, model), (saved, base)):
                self._grow(samples, one, wanted, stopped, said == 0.0)
                full = _full(samples)
            n = min(len(mine), len(saved), full)
            if n >= full or not said or time.perf_counter() - said > BETWEEN:
                yield self._figures(model, mine[:n], base, saved[:n], full)
                said = time.perf_counter()
            if n >= full:
                return
            wanted = min(full, n + AT_ONCE)

    def forget(self) -> None:
        """The scenario has changed: nothing that was simulated holds any more."""
        self._held.clear()

    def _samples(self, key: str) -> Samples:
        found = self._held.setdefault(key, [])
        self._held.move_to_end(key)
        while len(self._held) > PLANS:
            oldest = next(one for one in self._held if one not in ("", key))
            del self._held[oldest]
        return found

    def _grow(self, samples: Samples, model: Model, wanted: int, stopped: Callable[[], bool], first: bool) -> None:
        began = time.perf_counter()
        while len(samples) < wanted:
            if stopped():
                raise Cancelled
            more = min(wanted, len(samples) + (AT_ONCE if len(samples) >= FIRST else FEW))
            samples += replicate_more(model, range(len(samples), more))
            if first and len(samples) >= FEW and time.perf_counter() - began > SLOW:
                return
        if stopped():
            raise Cancelled

    def _figures(self, model: Model, mine: Samples, base: Model, saved: Samples, full: int) -> dict[str, Any]:
        judged, was = _judged(mine, model), _judged(saved, base)
        return {
            "replications": len(mine),
            "of": full,
            "done": len(mine) >= full,
            "totals": {name: _total(name, (mine, model), (saved, base)) for name in TOTALS},
            "targets": [_target(row, self._times, model) for row in judged],
            "missed": _missed(judged, self._times, model),
            "missed_before": _missed(was, self._times, base),
            "bands": _bands(mine, model, self._times),
        }


def _full(samples: Samples) -> int:
    return FULL if not samples else max(LEAST, min(FULL, HELD // max(samples[0].nbytes, 1)))


def _total(name: str, new: tuple[Samples, Model], old: tuple[Samples, Model]) -> dict[str, Any]:
    sides = [
        metrics.figure_values(samples, model.layout, name, staffing=model.staffing) for samples, model in (old, new)
    ]
    value, low, high = (float(x) for x in ratio_interval(*sides[1]))
    change = [float(x) for x in paired_ratio_difference(*sides)]
    figure = metrics.REGISTRY[name]
    if figure.unit == "share":
        high = min(high, max(value, 1.0))
    return {
        "value": plain(value),
        "low": plain(max(low, 0.0)),
        "high": plain(high),
        "change": plain(change[0]),
        "change_low": plain(change[1]),
        "change_high": plain(change[2]),
    }


def _judged(samples: Samples, model: Model) -> list[dict[str, Any]]:
    promised = promises(model)
    if not promised:
        return []
    table = metrics.targets(samples, model.layout, promised, model.staffing)
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]  # keys are texts
    return rows


def _places(row: dict[str, Any], times: Sequence[int], model: Model) -> list[int]:
    missed = set(row["misses"])
    return [t for t, time_ in enumerate(times) if model.layout.labels[time_] in missed]


def _target(row: dict[str, Any], times: Sequence[int], model: Model) -> dict[str, Any]:
    met = row["met"]
    return {
        "queue": row["queue"],
        "figure": row["figure"],
        "bound": row["bound"],
        "limit": row["target"],
        "within": plain(row["within"]),
        "value": plain(row["value"]),
        "low": plain(row["low"]),
        "high": plain(row["high"]),
        "met": None if met is None else bool(met),
        "misses": _places(row, times, model),
    }


def _missed(rows: list[dict[str, Any]], times: Sequence[int], model: Model) -> dict[str, int]:
    """How many targets are missed over the whole time, and in how many intervals one is."""
    return {
        "targets": sum(row["met"] is not None and not row["met"] for row in rows),
        "of": len(rows),
        "intervals": sum(len(_places(row, times, model)) for row in rows),
    }


def _bands(samples: Samples, model: Model, times: Sequence[int]) -> dict[str, Any]:
    """By figure: the rows, and value, low and high of each row and interval."""
    layout = model.layout
    names = (*BY_QUEUE, *BY_GROUP)
    table = metrics.figures(samples, layout, model.staffing, names=names)
    number = {layout.labels[time_]: t for t, time_ in enumerate(times)}
    out: dict[str, Any] = {}
    for scope, figures, rows in (("queue", BY_QUEUE, layout.queues), ("group", BY_GROUP, layout.groups)):
        part = table[(table["scope"] == scope) & table["interval"].isin(number)]
        for figure in figures:
            own = part[part["figure"] == figure]
            at = (
                own["name"].astype(str).map({row: r for r, row in enumerate(rows)}).to_numpy(dtype=np.intp),
                own["interval"].astype(str).map(number).to_numpy(dtype=np.intp),
            )
            out[figure] = {"rows": list(rows), "scope": scope}
            for column in ("value", "low", "high"):
                grid = np.full((len(rows), len(times)), np.nan)
                grid[at] = own[column].to_numpy(dtype=np.float64)
                out[figure][column] = [[plain(x) for x in row] for row in grid.tolist()]
    return out


def plain(value: float) -> float | None:
    """A number as JSON has it: five digits that count, nothing for what could not be measured."""
    return float(f"{value:.5g}") if math.isfinite(value) else None
