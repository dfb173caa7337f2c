"""Targets: what was promised against what came out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cxsim.metrics.confidence_intervals import ratio_interval
from cxsim.metrics.control_variates import Control, controlled_ratio
from cxsim.metrics.estimates import NO_STAFFING, Estimate, estimates, shown_times, values_at
from cxsim.metrics.registry import REGISTRY
from cxsim.metrics.shapes import Floats, Layout, Sample, Staffing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "queue", "figure", "target", "bound", "within", "value", "low", "high", "met", "misses", "worst_interval",
)  # fmt: skip
Bounds = Floats  # time × (value, low, high)


@dataclass(frozen=True)
class Target:
    """A promise: `figure` of `queue` is at least, or at most, `limit`.

    A figure of groups (occupancy) is that of the groups that serve the queue.
    """

    queue: str
    figure: str
    bound: Literal["min", "max"]
    limit: float

    def met(self, value: float) -> bool | None:
        """Whether a value keeps the promise; None for a value that could not be measured."""
        if math.isnan(value):
            return None
        return value >= self.limit if self.bound == "min" else value <= self.limit


def targets(
    samples: Sequence[Sample],
    layout: Layout,
    promised: Sequence[Target],
    staffing: Staffing = NO_STAFFING,
    confidence: float = 0.95,
    known: Control | None = None,
) -> pd.DataFrame:
    """Judge each target by the point estimate over the whole counted time.

    Columns: queue, figure, target, bound, within (T in seconds for service levels, else NaN), value, low,
    high, met (None where it could not be measured), misses (starts of the intervals whose own value misses),
    worst_interval (start of the worst of
    them, or '').
    """
    import pandas as pd

    by_queue = sorted({one.figure for one in promised if "queue" in REGISTRY[one.figure].scopes})
    found = estimates(samples, layout, staffing, confidence, by_queue, known)
    rows = judged(samples, layout, promised, found, staffing, confidence, known)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judged(
    samples: Sequence[Sample],
    layout: Layout,
    promised: Sequence[Target],
    found: Iterable[Estimate],
    staffing: Staffing = NO_STAFFING,
    confidence: float = 0.95,
    known: Control | None = None,
) -> list[dict[str, Any]]:
    """The rows of `targets`; `found` has the estimates of every figure that is promised and has the scope queue."""
    times = shown_times(samples, layout)
    of_queue: dict[tuple[str, str], Bounds] = {}
    for one in found:
        bounds = np.stack([one.value, one.low, one.high], axis=-1)
        for row, (scope, name) in enumerate(one.rows):
            if scope == "queue":
                of_queue[one.figure.name, name] = bounds[row, times]
    spans = [[*layout.labels, *layout.days, "total"][time] for time in times]
    rows = [_judge(samples, layout, target, staffing, confidence, known, of_queue, spans) for target in promised]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def _judge(
    samples: Sequence[Sample],
    layout: Layout,
    target: Target,
    staffing: Staffing,
    confidence: float,
    known: Control | None,
    found: Mapping[tuple[str, str], Bounds],
    spans: Sequence[str],
) -> tuple[object, ...]:
    figure = REGISTRY[target.figure]
    if "queue" in figure.scopes:
        bounds = found[target.figure, target.queue]
    else:
        spans = ["total", *layout.labels]
        sides = values_at(samples, layout, target.figure, "queue", target.queue, spans, staffing)
        if known is None:
            bounds = np.array([ratio_interval(*each, confidence) for each in sides], dtype=np.float64)
        else:
            times = [len(known.off) - 1, *range(len(layout.labels))]
            pairs = zip(sides, times, strict=True)
            controlled = [controlled_ratio(*each, known.at(time), confidence)[0] for each, time in pairs]
            bounds = np.maximum(np.array(controlled, dtype=np.float64), 0.0)
    value, low, high = bounds[spans.index("total")].tolist()
    starts = set(layout.labels)
    missed = [
        (span, float(one))
        for span, one in zip(spans, bounds[:, 0], strict=True)
        if span in starts and target.met(float(one)) is False
    ]
    worst = (min if target.bound == "min" else max)(missed, key=lambda pair: pair[1])[0] if missed else ""
    within = (
        float(layout.within[layout.queues.index(target.queue)])
        if target.figure == "sl" or target.figure.startswith("sl_")
        else math.nan
    )
    return (
        target.queue,
        target.figure,
        target.limit,
        target.bound,
        within,
        value,
        low,
        high,
        target.met(value),
        [span for span, _ in missed],
        worst,
    )
