"""Both engines get the same arrivals where hours vary and reasons share busy days, and write the same rows."""

from __future__ import annotations

import pytest
from agreement.running import differences, in_order, model_of, written

TREE = {
    "cxsim": 1,
    "horizon": {"start": "2026-03-02", "days": 3, "open": "08:00-12:00", "interval": "30 min"},
    "reasons": {
        "a": {
            "volume": {
                "per_hour": 20,
                "busyness": {"gamma": {"cv": "30%"}},
                "intraday": {"gamma": {"cv": "50%"}},
                "intraday_block": "45 min",
                "shared": "60%",
            },
            "handle_time": "4 min",
            "patience": "3 min",
        },
        "b": {"volume": {"count": 30, "intraday": {"gamma": {"cv": "50%"}}, "shared": "0%"}, "handle_time": "3 min"},
    },
    "groups": {"team": {"agents": 2, "serves": ["a", "b"]}},
    "after_contact": {"abandoned": {"redial": "40%", "delay": "5 min"}},
}


@pytest.mark.parametrize("replication", [0, 1])
def test_both_engines_write_the_same_rows(replication: int) -> None:
    model = model_of(TREE)
    clock, story = (in_order(written(model, engine, replication)) for engine in ("clock", "story"))
    assert len(clock.legs) > 100
    assert not differences(clock, story)
