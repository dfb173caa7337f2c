"""Waits: a histogram whose bins are 1% wide, and the quantiles read from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import compiled, inner
from cxsim.metrics.shapes import BINS, GROWTH, LEAST, Floats, Integers, Layout, Sample
from cxsim.metrics.sums import QUANTILES

if TYPE_CHECKING:
    import pandas as pd

BINS_PER_LOG = 1.0 / math.log(GROWTH)


@inner
def wait_bin(wait: float) -> int:
    """The histogram bin of a wait."""
    if wait <= 0.0:
        return 0
    if wait <= LEAST:
        return 1
    return min(2 + int(math.log(wait / LEAST) * BINS_PER_LOG), BINS - 1)


@inner
def read_quantiles(histogram: Integers, total: int, quantiles: Floats, out: Floats, row: int, time: int) -> None:
    """Write the quantiles of `total` counted waits to out[:, row, time]; a bin stands for its middle."""
    below = 0
    b = -1
    for q in range(quantiles.shape[0] if total > 0 else 0):
        # A hair off the rank, since 0.95 × 100 is 95.00000000000001 or 94.99999999999999 as it falls.
        rank = math.ceil(quantiles[q] * total - 1e-9 * total)
        while below < rank:
            b += 1
            below += histogram[b]
        out[q, row, time] = 0.0 if b == 0 else LEAST * GROWTH ** (b - 1.5) if b > 1 else LEAST


@compiled
def histogram_quantiles(
    bins: Integers,
    counts: npt.NDArray[np.uint32],
    start: Integers,
    members: Integers,
    first: Integers,
    cell_day: Integers,
    cell_time: Integers,
    n_intervals: int,
    quantiles: Floats,
    work: Integers,
    totals: Integers,
    out: Floats,
) -> None:
    """Quantiles of the wait by row and time, from the filled bins of a histogram.

    Bins start[n]:start[n + 1] belong to block n = (answered or abandoned × stream × cell), in this order. Row
    r adds up the streams members[first[r]:first[r + 1]]; times are intervals, days, total. `work` is 6 × bins
    of scratch, `totals` 6 numbers, `out` (answered, answered or abandoned) × quantile × row × time.
    """
    last = out.shape[3] - 1
    cells = cell_day.shape[0]
    streams = (start.shape[0] - 1) // (2 * cells)
    for row in range(first.shape[0] - 1):
        # For both kinds of wait: 0 and 1 of this cell, 2 and 3 of its day, 4 and 5 of all.
        work[:] = 0
        totals[:] = 0
        for cell in range(cells):
            for m in range(first[row], first[row + 1]):
                for part in range(2):
                    block = (part * streams + members[m]) * cells + cell
                    for n in range(start[block], start[block + 1]):
                        for place in range(part, 6, 1 + part):
                            work[place, bins[n]] += counts[n]
                            totals[place] += counts[n]
            for kind in range(2):
                if cell_time[cell] >= 0:
                    read_quantiles(work[kind], totals[kind], quantiles, out[kind], row, cell_time[cell])
                if totals[kind] > 0:
                    work[kind] = 0
                    totals[kind] = 0
                if cell_day[cell] >= 0 and (cell == cells - 1 or cell_day[cell + 1] != cell_day[cell]):
                    time = n_intervals + cell_day[cell]
                    read_quantiles(work[2 + kind], totals[2 + kind], quantiles, out[kind], row, time)
                    work[2 + kind] = 0
                    totals[2 + kind] = 0
        for kind in range(2):
            read_quantiles(work[4 + kind], totals[4 + kind], quantiles, out[kind], row, last)


def scope_rows(layout: Layout, wanted: Sequence[int] | None = None) -> list[Integers]:
    """The streams of each row of the contact figures: total, then each queue, reason, segment and kind of channel.

    All rows, or those `wanted` by their numbers.
    """
    streams = layout.streams
    keys: list[tuple[int, Sequence[int]]] = [(-1, ())]
    for axis, names in enumerate((layout.queues, layout.reasons, layout.segments)):
        keys += [(axis, (n,)) for n in range(len(names))]
    keys += [(0, layout.kinds[kind]) for kind in layout.mixed]
    return [
        np.arange(len(streams)) if axis < 0 else np.flatnonzero(np.isin(streams[:, axis], numbers))
        for axis, numbers in (keys if wanted is None else [keys[n] for n in wanted])
    ]


def each_quantiles(
    histograms: Iterable[tuple[Integers, npt.NDArray[np.uint32]]], layout: Layout, wanted: Sequence[int] | None = None
) -> Iterator[Floats]:
    """Quantiles of wait histograms, one after the other; off by at most 0.5%, zeros exact.

    A histogram is the places of its filled bins, in order, and what they hold (`histogram`). Each array is (answered,
    answered or abandoned) × quantile × row × time, with times intervals, days, total and all rows of `scope_rows`, or
    those `wanted`.
    """
    rows = scope_rows(layout, wanted)
    # Rows of the same streams (a queue and its only reason) are worked out once.
    kept = list({row.tobytes(): row for row in rows}.values())
    place = {row.tobytes(): number for number, row in enumerate(kept)}
    spots = [place[row.tobytes()] for row in rows]
    edges = BINS * np.arange(2 * len(layout.streams) * len(layout.cell_day) + 1)
    members = np.concatenate(kept).astype(np.int64)
    first = np.cumsum([0, *(len(row) for row in kept)], dtype=np.int64)
    for filled, counts in histograms:
        bins = filled % BINS
        out = np.full((2, len(QUANTILES), len(kept), layout.n_intervals + len(layout.days) + 1), np.nan)
        histogram_quantiles(
            bins,
            counts,
            np.searchsorted(filled, edges),
            members,
            first,
            layout.cell_day,
            layout.cell_time,
            layout.n_intervals,
            np.array(QUANTILES),
            np.zeros((6, int(bins.max(initial=0)) + 1), dtype=np.int64),
            np.zeros(6, dtype=np.int64),
            out,
        )
        yield out[:, :, spots]


def sample_quantiles(
    samples: Sequence[Sample], layout: Layout, wanted: Sequence[int] | None = None
) -> Iterator[Floats]:
    """Quantiles of each replication's waits, one after the other, as `each_quantiles` makes them."""
    return each_quantiles((histogram(sample) for sample in samples), layout, wanted)


def histogram(sample: Sample) -> tuple[Integers, npt.NDArray[np.uint32]]:
    """The places of a replication's filled bins, in order, and what they hold."""
    order = np.argsort(sample.bins)
    return sample.bins[order], sample.counts[order]


def pooled_quantiles(samples: Sequence[Sample], layout: Layout) -> Floats:
    """Quantiles of all replications' waits together, shaped as those of `each_quantiles`."""
    if len(samples) == 1:
        return next(sample_quantiles(samples, layout))
    if sum(int(sample.counts.sum(dtype=np.int64)) for sample in samples) >= 2**32:
        return np.asarray(np.nanmean(list(sample_quantiles(samples, layout)), axis=0), dtype=np.float64)
    dense = pooled_histogram(samples, layout).reshape(-1)
    filled = np.flatnonzero(dense != 0)
    return next(each_quantiles([(filled, dense[filled])], layout))


def pooled_histogram(samples: Sequence[Sample], layout: Layout) -> npt.NDArray[np.uint32]:
    shape = (2, len(layout.streams), len(layout.cell_day), BINS)
    dense = np.zeros(int(np.prod(shape)), dtype=np.uint32)
    for sample in samples:
        dense[sample.bins] += sample.counts
    return dense.reshape(shape)


def wait_histogram(samples: Sequence[Sample], layout: Layout) -> pd.DataFrame:
    """Waits by queue: queue, upper_edge (s), answered, abandoned (per replication); filled bins only."""
    import pandas as pd

    dense = pooled_histogram(samples, layout).sum(axis=2, dtype=np.int64)
    edges = np.concatenate([[0.0], LEAST * GROWTH ** np.arange(BINS - 1)])
    frames = []
    for number, queue in enumerate(layout.queues):
        pair = dense[:, layout.streams[:, 0] == number].sum(axis=1)
        used = np.flatnonzero(pair.any(axis=0))
        frames.append(
            pd.DataFrame(
                {
                    "queue": queue,
                    "upper_edge": edges[used],
                    "answered": pair[0, used] / len(samples),
                    "abandoned": pair[1, used] / len(samples),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
