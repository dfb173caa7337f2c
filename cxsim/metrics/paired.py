"""Two runs on the same draws, figure by figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cxsim.metrics.confidence_intervals import paired_difference, paired_ratio_difference, sectioning_interval
from cxsim.metrics.control_variates import Control, controlled_difference
from cxsim.metrics.estimates import Table, shown_times
from cxsim.metrics.families import batches, contact_rows, families, formula, parts, quantile_spot, wanted_columns
from cxsim.metrics.registry import REGISTRY
from cxsim.metrics.shapes import Floats, Layout, Sample, Staffing
from cxsim.metrics.waits import pooled_quantiles, sample_quantiles

if TYPE_CHECKING:
    import pandas as pd


def differences(
    base: tuple[Sequence[Sample], Layout, Staffing],
    other: tuple[Sequence[Sample], Layout, Staffing],
    confidence: float = 0.95,
    names: Sequence[str] | None = None,
    known: Control | None = None,
) -> pd.DataFrame:
    """Paired differences other − base of two runs on the same draws: the long table with value, low, high for
    each figure, scope, name and time that both have.

    Both layouts need the same intervals; raises ValueError where they, or the numbers of replications,
    differ. Quantiles are differences of pooled quantiles with bounds from the paired replications.
    """
    (before, old, _), (after, new, _) = base, other
    if len(before) != len(after):
        raise ValueError(f"paired runs need equal replications, not {len(before)} and {len(after)}")
    if old.labels != new.labels:
        raise ValueError("paired runs need the same counted intervals")
    chosen = list(REGISTRY) if names is None else list(names)
    shown = np.array([t for t in shown_times(after, new) if t in set(shown_times(before, old).tolist())], dtype=np.intp)
    table = Table(_merged(old, new), shown, [], [], [])
    for batch in batches(chosen, _merged(old, new), 2 * len(after)):
        columns = wanted_columns(batch, new) + wanted_columns(batch, old)
        olds = {
            (part.figure.name, row): (part, n)
            for part in parts(families(*base, columns), old, batch)
            for n, row in enumerate(part.rows)
        }
        for part in parts(families(*other, columns), new, batch):
            pairs = [
                (n, *olds[part.figure.name, row]) for n, row in enumerate(part.rows) if (part.figure.name, row) in olds
            ]
            if not pairs:
                continue
            here = [n for n, _, _ in pairs]
            there = [n for _, _, n in pairs]
            match = pairs[0][1]
            if known is not None:
                found = controlled_difference(
                    (match.above[:, there], None if match.below is None else _take(match.below, there)),
                    (part.above[:, here], None if part.below is None else _take(part.below, here)),
                    known,
                    confidence,
                )
            elif part.below is None or match.below is None:
                found = paired_difference(match.above[:, there], part.above[:, here], confidence)
            else:
                found = paired_ratio_difference(
                    (match.above[:, there], _take(match.below, there)),
                    (part.above[:, here], _take(part.below, here)),
                    confidence,
                )
            table.add(part.figure, tuple(part.rows[n] for n in here), *found)
    quantiles = [formula(name, new) for name in chosen if REGISTRY[name].kind == "quantile"]
    if quantiles:
        rows, others = contact_rows(new), contact_rows(old)
        common = tuple(row for row in rows if row in others)
        here, there = [rows.index(row) for row in common], [others.index(row) for row in common]
        centre = pooled_quantiles(after, new)[:, :, here] - pooled_quantiles(before, old)[:, :, there]
        spots = [quantile_spot(figure) for figure in quantiles]
        gaps = [
            [new_one[spot][here] - old_one[spot][there] for spot in spots]
            for new_one, old_one in zip(sample_quantiles(after, new), sample_quantiles(before, old), strict=True)
        ]
        for figure, spot, *each in zip(quantiles, spots, *gaps, strict=True):
            table.add(figure, common, *sectioning_interval(centre[spot], np.stack(each), confidence))
    return table.frame(("value", "low", "high"), len(after))


def _take(values: Floats, rows: list[int]) -> Floats:
    return values[:, rows] if values.shape[1] > 1 else values


def _merged(old: Layout, new: Layout) -> Layout:
    def both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*first, *second)))

    return replace(
        new,
        queues=both(old.queues, new.queues),
        reasons=both(old.reasons, new.reasons),
        segments=both(old.segments, new.segments),
        groups=both(old.groups, new.groups),
    )
