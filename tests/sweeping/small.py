"""A scenario of a moment, and designs over it."""

from __future__ import annotations

import os
from typing import Any

import cxsim
from cxsim.scenario import Scenario
from cxsim.studies.sweep import running
from cxsim.studies.sweep.store import Store
from cxsim.studies.sweep.worker import Answer

SCENARIO: dict[str, Any] = {
    "cxsim": 1,
    "name": "small",
    "horizon": {"open": "08:00-10:00"},
    "reasons": {"sales": {"volume": "60/h", "handle_time": "4 min", "patience": "3 min"}},
    "groups": {"team": {"agents": 5, "serves": ["sales"], "wage": 24}},
    "overrides": {"storm": {"reasons.sales.volume.factor": 1.4}},
}
DESIGN: dict[str, Any] = {
    "factors": {
        "volume": {"path": "reasons.sales.volume.factor", "values": [0.8, 1.0, 1.2]},
        "agents": {"path": "groups.team.agents", "from": 4, "to": 7, "whole": True},
    },
    "replications": 3,
    "figures": ["sl", "asa", "cost"],
}


def scenario() -> Scenario:
    return cxsim.parse(SCENARIO)


def lock_and_die(folder: str) -> None:
    """What a process does that is killed in mid-sweep."""
    with Store(folder).lock():
        os._exit(9)


def deadly(chunk: list[Any]) -> Answer:
    """Dies over one point, as a fault in compiled code would."""
    if any(unit.values == (1.0, 5) for unit in chunk):
        os._exit(11)
    assert running._worker is not None
    return running._worker.run(chunk)
