"""From samples to figures: one long table with intervals of confidence, and single figures by replication."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.metrics.confidence_intervals import ratio_error, sectioning_interval
from cxsim.metrics.control_variates import Control
from cxsim.metrics.families import Parts, batches, contact_rows, families, formula, parts, quantile_spot, wanted_columns
from cxsim.metrics.figure import KIND, KINDS, SCOPES, Figure
from cxsim.metrics.registry import REGISTRY
from cxsim.metrics.shapes import Floats, Layout, Sample, Staffing
from cxsim.metrics.waits import pooled_quantiles, sample_quantiles

if TYPE_CHECKING:
    import pandas as pd

NO_STAFFING = Staffing()


@dataclass
class Table:
    """The long table in the making: blocks of row × time, turned into columns at once."""

    layout: Layout
    times: npt.NDArray[np.intp]
    figures: list[Figure]
    rows: list[tuple[tuple[str, str], ...]]
    values: list[tuple[Floats, ...]]

    def add(self, figure: Figure, rows: tuple[tuple[str, str], ...], *values: Floats) -> None:
        self.figures.append(figure)
        self.rows.append(rows)
        self.values.append(tuple(part[:, self.times] for part in values))

    def frame(self, columns: Sequence[str], n: int) -> pd.DataFrame:
        import pandas as pd

        layout = self.layout
        names = ["total", *layout.queues, *layout.reasons, *layout.segments, *layout.groups, *KINDS]
        names = list(dict.fromkeys(names))
        figures = list(dict.fromkeys(figure.name for figure in self.figures))
        units = list(dict.fromkeys(figure.unit for figure in self.figures))
        times = [[*layout.labels, *layout.days, "total"][time] for time in self.times]
        number = {name: n for n, name in enumerate(names)}
        sizes = [len(rows) for rows in self.rows]
        every = (*SCOPES, KIND)
        scopes = np.array([every.index(scope) for rows in self.rows for scope, _ in rows], np.intp)
        codes = np.array([number[name] for rows in self.rows for _, name in rows], np.intp)
        which = _repeated([figures.index(figure.name) for figure in self.figures], sizes)
        unit = _repeated([units.index(figure.unit) for figure in self.figures], sizes)
        each = len(self.times)

        def column(code: npt.NDArray[np.int64], categories: Sequence[str]) -> Any:
            return _categorical(np.repeat(code, each), categories)

        data: dict[str, object] = {
            "figure": column(which, figures),
            "scope": column(scopes, every),
            "name": column(codes, names),
            "interval": _categorical(np.tile(np.arange(each), len(codes)), times),
        }
        for place, name in enumerate(columns):
            data[name] = np.concatenate([np.zeros(0), *(values[place].ravel() for values in self.values)])
        data["unit"] = column(unit, units)
        data["n"] = np.full(len(codes) * each, n)
        return pd.DataFrame(data)


def _repeated(codes: Sequence[int], sizes: Sequence[int]) -> npt.NDArray[np.intp]:
    return np.repeat(np.array(codes, np.intp), np.array(sizes, np.intp))


def _categorical(codes: npt.NDArray[np.int64], categories: Sequence[str]) -> Any:
    import pandas as pd

    index: Any = pd.Index
    return pd.Categorical.from_codes(codes, categories=index(categories, dtype=object))


def shown_times(samples: Sequence[Sample], layout: Layout) -> npt.NDArray[np.intp]:
    """Times in the order of the table: total, days, intervals that are open or saw anything happen."""
    busy = layout.open_mask.copy()
    for sample in samples:
        busy |= sample.contacts.any(axis=(0, 1)) | sample.groups.any(axis=(0, 1)) | sample.waiting.any(axis=0)
    n, days = layout.n_intervals, len(layout.days)
    return np.concatenate([[n + days], n + np.arange(days), np.flatnonzero(busy)]).astype(np.intp)


def figures(
    samples: Sequence[Sample],
    layout: Layout,
    staffing: Staffing = NO_STAFFING,
    confidence: float = 0.95,
    names: Sequence[str] | None = None,
    known: Control | None = None,
) -> pd.DataFrame:
    """Every figure at every scope and time, or those in `names`.

    Columns: figure, scope, name ('total' at scope total), interval ('total', ISO date, ISO start), value,
    low, high, unit, n (replications). Ratios are sums over replications over sums, with ratio-estimator
    bounds; counts are means per replication; quantiles are pooled, with bounds by sectioning. Bounds are NaN
    at one replication; a ratio of nothing to nothing is NaN. Intervals in which it was closed and nothing
    happened have no rows. With a control, means and ratios are regression estimates; quantiles stay as they are.
    """
    chosen = list(REGISTRY) if names is None else list(names)
    table = Table(layout, shown_times(samples, layout), [], [], [])
    for found in estimates(samples, layout, staffing, confidence, chosen, known):
        table.add(found.figure, found.rows, found.value, found.low, found.high)
    return table.frame(("value", "low", "high"), len(samples))


class Estimate(NamedTuple):
    """A figure over some rows: value and bounds (row × time), and the sides of its total by replication, if any."""

    figure: Figure
    rows: tuple[tuple[str, str], ...]
    value: Floats
    low: Floats
    high: Floats
    total: tuple[Floats, Floats] | None = None


def estimates(
    samples: Sequence[Sample],
    layout: Layout,
    staffing: Staffing = NO_STAFFING,
    confidence: float = 0.95,
    names: Sequence[str] = (),
    known: Control | None = None,
) -> Iterator[Estimate]:
    """What `figures` is made of: the times of each block are intervals, days, total."""
    for batch in batches(names, layout, len(samples)):
        found = families(samples, layout, staffing, wanted_columns(batch, layout))
        for part in parts(found, layout, batch):
            value, low, high = part.interval(confidence, known)
            # No figure can be negative, and no share that is at most 1 can be more.
            if known is not None:
                value = _possible(value, part)
            high = np.minimum(high, np.maximum(value, 1.0)) if part.figure.unit == "share" else high
            whole = ("total", "total")
            total = _at(part, [part.rows.index(whole)], -1) if whole in part.rows else None
            yield Estimate(part.figure, part.rows, value, np.maximum(low, 0.0), high, total)
    quantiles = [formula(name, layout) for name in names if REGISTRY[name].kind == "quantile"]
    if quantiles:
        pooled, rows = pooled_quantiles(samples, layout), contact_rows(layout)
        spots = [quantile_spot(figure) for figure in quantiles]
        own = [[found[spot] for spot in spots] for found in sample_quantiles(samples, layout)]
        for figure, spot, *each in zip(quantiles, spots, *own, strict=True):
            value, low, high = sectioning_interval(pooled[spot], np.stack(each), confidence)
            yield Estimate(figure, rows, value, np.maximum(low, 0.0), high)


def _possible(value: Floats, part: Parts) -> Floats:
    """An adjusted figure, brought back to what a figure can be: not negative, and a share at most 1 if it always is."""
    below = 1.0 if part.below is None else part.below
    most = 1.0 if part.figure.unit == "share" and bool(np.all(part.above <= below)) else np.inf
    return np.clip(value, 0.0, most)


def figure_values(
    samples: Sequence[Sample],
    layout: Layout,
    figure: str,
    scope: str = "total",
    name: str = "total",
    interval: str = "total",
    staffing: Staffing = NO_STAFFING,
) -> tuple[Floats, Floats]:
    """One figure replication by replication: numerators and denominators (ones for a count or a quantile).

    For a figure of groups at scope 'queue' the sums go over the groups that serve the queue. Raises
    ValueError for a figure, scope, name or interval that does not exist.
    """
    return values_at(samples, layout, figure, scope, name, [interval], staffing)[0]


def values_at(
    samples: Sequence[Sample],
    layout: Layout,
    figure: str,
    scope: str,
    name: str,
    intervals: Sequence[str],
    staffing: Staffing = NO_STAFFING,
) -> list[tuple[Floats, Floats]]:
    """`figure_values` at several intervals."""
    if figure not in REGISTRY:
        raise ValueError(f"{figure!r} is not a metric; the metrics are {', '.join(REGISTRY)}")
    wanted = formula(figure, layout)
    number = {time: n for n, time in enumerate([*layout.labels, *layout.days, "total"])}
    for interval in intervals:
        if interval not in number:
            raise ValueError(f"{interval!r} is not a counted interval or day, nor 'total'")
    times = [number[interval] for interval in intervals]
    row = ("total", "total") if scope == "total" else (scope, name)
    if wanted.kind == "quantile":
        rows = contact_rows(layout)
        if row not in rows:
            raise ValueError(f"{figure} has no {scope} {name!r}")
        spot, own = quantile_spot(wanted), sample_quantiles(samples, layout, [rows.index(row)])
        each = np.array([found[spot][0] for found in own])
        return [(each[:, time].copy(), np.ones(len(samples))) for time in times]
    found = families(samples, layout, staffing, wanted_columns([figure], layout))
    if scope == "queue" and set(wanted.scopes) == {"total", "group"} and name in layout.queues:
        groups = [("group", layout.groups[group]) for group in layout.serves[layout.queues.index(name)]]
    else:
        groups = [row]
    for part in parts(found, layout, [figure]):
        if all(one in part.rows for one in groups):
            spots = [part.rows.index(one) for one in groups]
            return [_at(part, spots, time) for time in times]
    raise ValueError(
        f"{figure} has no {scope} {name!r}" + ("" if scope in wanted.scopes else f"; scopes: {wanted.scopes}")
    )


def _at(part: Parts, spots: list[int], time: int) -> tuple[Floats, Floats]:
    """The sides of a figure at a time, added up over some rows."""
    above = part.above[:, spots, time].sum(axis=1)
    if part.below is None:
        return above, np.ones(len(above))
    below = part.below[:, spots, time].sum(axis=1) if part.below.shape[1] > 1 else part.below[:, 0, time]
    return above, np.broadcast_to(below, above.shape).astype(np.float64)


def standard_error(
    samples: Sequence[Sample],
    layout: Layout,
    figure: str,
    scope: str = "total",
    name: str = "total",
    interval: str = "total",
    staffing: Staffing = NO_STAFFING,
) -> tuple[float, float]:
    """A figure's value and standard error, for tests against a reference."""
    above, below = figure_values(samples, layout, figure, scope, name, interval, staffing)
    value, error = ratio_error(above, below)
    return float(value), float(error)
