"""A sweep's compiler makes of customers, experience and routing what `prepare` makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxsim.model.prepare import prepare
from cxsim.scenario import read
from cxsim.studies.sweep.compiling import Compiler

BASE = read("scenarios/experience/operating-models.yaml").vary({"horizon.days": 14})
COMPILER = Compiler(1)
RANKED = str(Path("scenarios/policies/ranked.py").resolve())


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"segments.private.customers": 25_000},
        {"segments.private.market": 40_000},
        {"segments.private.heavy_users": "70%"},
        {"segments.business.churn": 2},
        {"segments.business.value": 3},
        {"experience.effort.menu": 3},
        {"experience.churn.first": "4%"},
        {"experience.memory.fades": "3 days"},
        {"experience.word_of_mouth.brings": "9%"},
        {"routing.contact": "cmu"},
        {"routing.contact": "cmu", "routing.weights": {"bills": 3}},
        {"routing.agent": "fastest", "reasons.bills.talk": "9 min"},
        {},
        {"routing.policy": RANKED},
        {"routing.policy": RANKED, "routing.weights": {"bills": 3}},
        {},
        {"routing.last_agent": True},
        {"routing.preferred_agent": "experts"},
        {},
    ],
)
def test_it_is_what_prepare_makes(changed) -> None:
    scenario = BASE.vary(changed)
    one, other = COMPILER.model(scenario), prepare(scenario, 1)
    for name, array in other.network.arrays.items():
        for field in array.dtype.names or (...,):
            np.testing.assert_array_equal(one.network[name][field], array[field], f"{name} {field}")
    assert (one.policy is None) == (other.policy is None)
    assert one.demand.crowd == other.demand.crowd and np.array_equal(one.layout.points, other.layout.points)
    for name, parts in other.layout.priced.items():
        assert all(np.array_equal(a[1], b[1]) for a, b in zip(one.layout.priced[name], parts, strict=True)), name
