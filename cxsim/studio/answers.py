"""What a plan comes to, answered after few replications and again after more: figures with intervals, as JSON."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.metrics.confidence_intervals import paired_ratio_difference, ratio_interval
from cxsim.metrics.estimates import total_values
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
PLANS = 8  # whose sums are kept, so that undo answers at once
TOTALS = ("sl", "abandoned_share", "asa", "occupancy", "fcr_true", "cost", "paid_hours")
BY_QUEUE = ("sl", "asa", "abandoned_share", "offered")
BY_GROUP = ("occupancy",)

Samples = list[metrics.Sample]
Floats = npt.NDArray[np.float64]
Sides = dict[str, tuple[Floats, Floats]]


class Cancelled(Exception):
    """A newer edit has come."""


class Answers:
    """Answers to plans of one scenario, each compared with the saved plan on the same draws."""

    def __init__(self, times: Sequence[int]) -> None:
        self._times = times
        self._held: OrderedDict[str, Samples] = OrderedDict()
        self._before: dict[int, tuple[Sides, dict[str, int]]] = {}  # of the saved plan, by replications

    def answer(
        self, base: Model, make: Callable[[], Model], key: str, stopped: Callable[[], bool]
    ) -> Iterator[dict[str, Any]]:
        """Answers of growing precision for the model that `make` gives; `key` names its plan, '' the saved one.

        Each rests on at least twice as many replications as the one before. Raises Cancelled when `stopped` says so,
        between replications.
        """
        model = make() if key else base
        mine, saved = self._samples(key), self._samples("")
        told, wanted = 0, FIRST
        while True:
            for samples, one in ((mine, model), (saved, base)):
                self._grow(samples, one, wanted, stopped, not told)
            full = _full(mine)
            told = min(len(mine), len(saved), full)
            yield self._figures(model, mine[:told], base, saved[:told], full)
            if told >= full:
                return
            wanted = full if 4 * told > full else 2 * told
            if stopped():
                raise Cancelled

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
            more = min(wanted, len(samples) + (FEW if first else AT_ONCE))
            samples += replicate_more(model, range(len(samples), more))
            if first and time.perf_counter() - began > SLOW:
                return

    def _figures(self, model: Model, mine: Samples, base: Model, saved: Samples, full: int) -> dict[str, Any]:
        n = len(mine)
        if n not in self._before:
            sides = total_values(saved, base.layout, TOTALS, base.staffing)
            self._before[n] = sides, _missed(_judged(saved, base), self._times, base)
        before, missed_before = self._before[n]
        after = total_values(mine, model.layout, TOTALS, model.staffing)
        judged = _judged(mine, model)
        return {
            "replications": n,
            "of": full,
            "done": n >= full,
            "totals": {name: _total(name, after[name], before[name]) for name in TOTALS},
            "targets": [_target(row, self._times, model) for row in judged],
            "missed": _missed(judged, self._times, model),
            "missed_before": missed_before,
            "bands": _bands(mine, model, self._times),
        }


def _full(samples: Samples) -> int:
    return FULL if not samples else max(LEAST, min(FULL, HELD // max(samples[0].nbytes, 1)))


def _total(name: str, after: tuple[Floats, Floats], before: tuple[Floats, Floats]) -> dict[str, Any]:
    value, low, high = (float(x) for x in ratio_interval(*after))
    change = [float(x) for x in paired_ratio_difference(before, after)]
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
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


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
    if not times:
        return {}
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
