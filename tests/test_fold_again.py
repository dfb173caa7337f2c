"""The sums of one replication after another in the same arrays, and quantiles that are made when they are read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cxsim import metrics
from cxsim.metrics.families import contact_rows, quantile_spot
from cxsim.metrics.folding import Fold
from cxsim.metrics.waits import BINS, histogram, pooled_quantiles, sample_quantiles
from cxsim.model.prepare import Model, prepare
from cxsim.scenario import parse
from cxsim.simulation.replications import replay, replicate

TREE: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"days": 2, "open": "08:00-12:00", "before": 0, "after": 0},
    "segments": {"new": {"share": "30%"}, "old": {"share": "70%"}},
    "reasons": {
        "bill": {"volume": {"per_hour": 40}, "handle_time": "4 min", "patience": "2 min", "resolution": "80%"},
        "move": {"volume": {"per_hour": 20}, "handle_time": "5 min"},
    },
    "groups": {
        "a": {"agents": [2, 3] * 4, "serves": ["bill", "move"]},
        "b": {"agents": 1, "serves": ["move"]},
    },
    "staff": {"at_shift_end": "hand_back"},
    "after_contact": {"abandoned": {"redial": "50%", "delay": "10 min"}},
}


@pytest.fixture(scope="module")
def model() -> Model:
    return prepare(parse(TREE))


def added_up(model: Model, number: int, fold: Fold) -> metrics.Sample:
    replay(model, number, "clock", fold)
    return fold.finish()


def test_a_fold_used_again_adds_up_what_a_new_one_adds_up(model: Model) -> None:
    """To the last bit, also after a replication that ended with contacts handed back."""
    used = metrics.fold(model.layout)
    for number in range(6):
        again, new = added_up(model, number, used), added_up(model, number, metrics.fold(model.layout))
        for name, value in vars(new).items():
            assert np.array_equal(getattr(again, name), value), (number, name)
            assert getattr(again, name).dtype == value.dtype


def test_nothing_is_left_of_a_replication_that_is_over(model: Model) -> None:
    fold = metrics.fold(model.layout)
    first = added_up(model, 0, fold)
    assert first.counts.sum() > 100
    for name, value in vars(fold.finish()).items():
        assert not value.any(), name


def test_filled_bins_are_those_of_the_whole_histogram(model: Model) -> None:
    fold = metrics.fold(model.layout)
    replay(model, 0, "clock", fold)
    flat = fold._waits.reshape(-1).copy()
    made = fold.finish()
    bins, counts = histogram(made)
    assert bins.tolist() == np.flatnonzero(flat).tolist()
    assert counts.tolist() == flat[bins].tolist()
    assert made.bins.max() < 2 * len(model.layout.streams) * len(model.layout.cell_day) * BINS


def test_quantiles_of_one_row_are_those_of_all_rows(model: Model) -> None:
    samples, _ = replicate(model, 3, threads=1)
    whole = list(sample_quantiles(samples, model.layout))
    times = [*model.layout.labels, *model.layout.days, "total"]
    for figure in (one for one in metrics.REGISTRY.values() if one.kind == "quantile"):
        spot = quantile_spot(figure)
        for row, (scope, name) in enumerate(contact_rows(model.layout)):
            for time in (0, len(times) - 2, len(times) - 1):
                given = (samples, model.layout, figure.name, scope, name, times[time])
                above, below = metrics.figure_values(*given)
                assert np.array_equal(above, [one[spot][row, time] for one in whole], equal_nan=True)
                assert below.tolist() == [1.0] * 3
    alone = pooled_quantiles(samples[:1], model.layout)
    assert np.array_equal(alone, whole[0], equal_nan=True)
    assert np.isfinite(alone).any()
