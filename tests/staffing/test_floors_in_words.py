"""Which intervals stay below their floor, in words."""

import cxsim
from cxsim.report.plan.floors import below


def test_an_interval_ends_by_its_length():
    """Nobody could meet the goals here: two agents for 60 calls of 4 minutes."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "09:00-10:00", "interval": "60 min"},
            "reasons": {"a": {"volume": "60/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {"one": {"agents": 2, "serves": ["a"], "wage": 10}},
            "optimize": {"groups": {"one": {"max": 2}}},
        }
    )
    found = cxsim.optimize(scenario, threads=1, advise=False)
    assert found.reached is not None
    assert below(found) == ["Mon 2 Mar: 09:00-10:00"]
