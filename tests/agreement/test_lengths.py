"""The table of queue lengths, which both engines fill by one function, against the overlap with each interval."""

from __future__ import annotations

import numpy as np
import pytest

from cxsim.engines.events import count_waiting
from cxsim.model.prepare import prepare
from cxsim.scenario import parse

HALF_HOURS = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-10:00", "interval": "30 min"},
    "reasons": {"help": {"volume": "20/h", "talk": "3 min"}, "sales": {"volume": "20/h", "talk": "3 min"}},
    "groups": {"team": {"agents": 2, "serves": ["help", "sales"]}},
}
STEP, CELLS = 1800.0, 48  # of the day


@pytest.mark.parametrize("queue", [0, 1])
@pytest.mark.parametrize(
    "since, now",
    [
        (0, 0),
        (0, 100),
        (100, 1800),
        (1700, 1900),
        (1800, 1800),
        (1800, 3600),
        (10, 86390),
        (-500, 200),
        (-500, -100),
        (86300, 86400),
        (86300, 86500),
        (86400, 86400),
        (86400, 90000),
        (86500, 86600),
        (-100, 90000),
    ],
)
def test_a_stay_counts_in_the_intervals_it_touches_and_in_no_other(queue: int, since: float, now: float) -> None:
    book = prepare(parse(HALF_HOURS)).network
    seconds, most = np.zeros(2 * CELLS), np.zeros(2 * CELLS, np.int64)
    count_waiting(book.record, seconds, most, queue, 3, since, now)
    edges = STEP * np.arange(CELLS + 1)
    overlap = np.minimum(edges[1:], now) - np.maximum(edges[:-1], since)
    expected = np.zeros((2, CELLS))
    expected[queue] = 3 * np.maximum(overlap, 0.0)
    np.testing.assert_allclose(seconds, expected.ravel(), atol=1e-6)
    assert not most.reshape(2, CELLS)[1 - queue].any()
    assert ((most.reshape(2, CELLS)[queue] == 3) | (overlap <= 0.0)).all()
    assert (most.reshape(2, CELLS)[queue][(edges[:-1] > now) | (edges[1:] < since)] == 0).all()
