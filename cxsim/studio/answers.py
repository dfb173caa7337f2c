"""Figures of a plan, with intervals: after few replications and again after more, as JSON."""

from __future__ import annotations

import math
import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.erlang.requirements import required_agents
from cxsim.metrics.confidence_intervals import paired_ratio_difference, ratio_interval
from cxsim.metrics.estimates import Estimate, estimates
from cxsim.metrics.target_results import judged
from cxsim.model.prepare import Model
from cxsim.simulation.build_result import promises
from cxsim.simulation.replications import replicate_more

FIRST = 4  # replications before the first answer
FEW = 2  # of a scenario whose replications take longer than SLOW
SLOW = 0.15  # seconds
AHEAD = 8  # replications that run or wait to run while figures are made of those before
GROWTH = 3  # times as many replications in each answer as in the one before
FULL = 100  # replications of the last answer
LEAST = 10  # of a scenario whose sums are large
HELD = 192 * 2**20  # bytes of sums that are kept of one plan
WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
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
        self._before: dict[int, Measured] = {}  # of the saved plan, by replications
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="studio replications")

    def answer(
        self, base: Model, make: Callable[[], Model], key: str, stopped: Callable[[], bool]
    ) -> Generator[dict[str, Any], None, None]:
        """Answers of growing precision for the model that `make` gives; `key` names its plan, '' the saved one.

        Each rests on at least twice as many replications as the one before. Raises Cancelled when `stopped` says so,
        between replications.
        """
        model = make() if key else base
        mine, saved = self._samples(key), self._samples("")
        told, wanted = 0, FIRST
        with closing(self._more(model, mine, stopped)) as of_mine, closing(self._more(base, saved, stopped)) as of_base:
            while True:
                for samples, more in ((mine, of_mine), (saved, of_base))[: 2 if key else 1]:
                    self._grow(samples, more, wanted, not told)
                full = _full(mine)
                told = min(len(mine), len(saved), full)
                yield self._figures(model, mine[:told], base, saved[:told], full)
                if told >= full:
                    return
                wanted = full if (GROWTH + 1) * told > full else GROWTH * told
                if stopped():
                    raise Cancelled

    def _samples(self, key: str) -> Samples:
        found = self._held.setdefault(key, [])
        self._held.move_to_end(key)
        while len(self._held) > PLANS:
            oldest = next(one for one in self._held if one not in ("", key))
            del self._held[oldest]
        return found

    def _more(
        self, model: Model, samples: Samples, stopped: Callable[[], bool]
    ) -> Generator[tuple[int, metrics.Sample], None, None]:
        """Replications after those in `samples`, in order; some are computed ahead, while figures are made."""
        running: deque[tuple[int, Future[Samples]]] = deque()
        if not samples and not self._held.get(""):  # alone, so that nothing is compiled twice
            yield 0, replicate_more(model, range(1))[0]
        number = len(samples)
        try:
            while True:
                most = FIRST if len(samples) < FIRST else _full(samples)  # the first answer has all processors
                drawn = FIRST <= len(samples) < GROWTH * FIRST  # by the page, which needs a processor for it
                ahead = 1 if drawn else AHEAD
                while len(running) < ahead and number < most:
                    future = self._pool.submit(replicate_more, model, range(number, number + 1))
                    running.append((number, future))
                    number += 1
                if stopped():
                    raise Cancelled
                first, future = running.popleft()
                yield first, future.result()[0]
        finally:
            for _, future in running:
                future.cancel()

    def _grow(
        self, samples: Samples, more: Generator[tuple[int, metrics.Sample], None, None], wanted: int, first: bool
    ) -> None:
        began = time.perf_counter()
        while len(samples) < wanted:
            number, sample = next(more)
            if number == len(samples):  # otherwise another question about the plan has added it
                samples.append(sample)
            if first and len(samples) >= FEW and time.perf_counter() - began > SLOW:
                return

    def _figures(self, model: Model, mine: Samples, base: Model, saved: Samples, full: int) -> dict[str, Any]:
        n = len(mine)
        if n not in self._before:
            self._before[n] = _measured(saved, base, self._times)
        before, after = self._before[n], _measured(mine, model, self._times)
        return {
            "replications": n,
            "of": full,
            "done": n >= full,
            "totals": {name: _total(name, after.totals[name], before.totals[name]) for name in TOTALS},
            "targets": after.targets,
            "missed": _missed(after.targets),
            "missed_before": _missed(before.targets),
            "bands": after.bands,
            "required": after.required,
        }


class Measured(NamedTuple):
    """What some replications come to: sides of the totals, targets, bands, and agents required by interval."""

    totals: Sides
    targets: list[dict[str, Any]]
    bands: dict[str, Any]
    required: list[int | None]


def _measured(samples: Samples, model: Model, times: Sequence[int]) -> Measured:
    layout, promised = model.layout, promises(model)
    of_queues = {one.figure for one in promised if "queue" in metrics.REGISTRY[one.figure].scopes}
    names = dict.fromkeys((*TOTALS, *BY_QUEUE, *BY_GROUP, *sorted(of_queues)))
    totals: Sides = {}
    found: list[Estimate] = []
    bands: dict[str, Any] = {}
    for one in estimates(samples, layout, model.staffing, names=list(names)):
        name = one.figure.name
        if one.total is not None and name in TOTALS:
            totals[name] = one.total
        for scope, wanted, rows in (("queue", BY_QUEUE, layout.queues), ("group", BY_GROUP, layout.groups)):
            if times and name in wanted and (scope, rows[0]) in one.rows:
                bands[name] = _band(one, scope, rows, times)
        found.append(one._replace(total=None))
    judgements = judged(samples, layout, promised, found, model.staffing)
    number = {layout.labels[time_]: t for t, time_ in enumerate(times)}
    return Measured(totals, [_target(row, number) for row in judgements], bands, _required(samples, model, times))


def _required(samples: Samples, model: Model, times: Sequence[int]) -> list[int | None]:
    """Agents that Erlang needs for the targets of all queues, each on its own; None where nobody makes contact."""
    needed = required_agents(model, samples)[:, list(times)]
    there: npt.NDArray[np.bool_] = np.asarray(np.isfinite(needed).any(axis=0))
    return [int(x) if some else None for x, some in zip(np.nansum(needed, axis=0), there, strict=True)]


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


def _target(row: dict[str, Any], number: dict[str, int]) -> dict[str, Any]:
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
        "misses": sorted(number[label] for label in row["misses"] if label in number),
    }


def _missed(targets: list[dict[str, Any]]) -> dict[str, int]:
    """How many targets are missed over the whole time, and in how many intervals one is."""
    return {
        "targets": sum(row["met"] is False for row in targets),
        "of": len(targets),
        "intervals": sum(len(row["misses"]) for row in targets),
    }


def _band(one: Estimate, scope: str, rows: Sequence[str], times: Sequence[int]) -> dict[str, Any]:
    """The rows of a figure, and value, low and high of each row and interval."""
    at = np.ix_([one.rows.index((scope, row)) for row in rows], list(times))
    grids = {column: getattr(one, column)[at].tolist() for column in ("value", "low", "high")}
    return {
        "rows": list(rows),
        "scope": scope,
        **{column: [[plain(x) for x in row] for row in grid] for column, grid in grids.items()},
    }


def plain(value: float) -> float | None:
    """A number as JSON has it: five digits that count, nothing for what could not be measured."""
    return float(f"{value:.5g}") if math.isfinite(value) else None
