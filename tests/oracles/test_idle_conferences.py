"""A conference only with an expert who is idle: the experts are a loss system, whose idle ones are asked.

Everyone in front is served at once (M/M/∞), so what leaves is Poisson (Mirasol 1963), and who finds all experts busy is
lost to them: by Erlang B a share B of those who would be handed on. Error rate: each figure is judged at 4 of its own
standard errors, about 2 in 10,000; seeds are fixed.
"""

from __future__ import annotations

from typing import Any

import pytest
from oracles.markov import off

import cxsim
from cxsim.erlang.formulas import steady

CALLS, SHARE, EXPERTS = 30.0, 0.6, 2  # an hour
ADVICE = 240.0  # seconds that an expert is in the talk
HOURS = 200.0


def center(**rule: Any) -> cxsim.Scenario:
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "10 h", "length": f"{HOURS:g} h"}, "interval": "60 min"},
            "reasons": {
                "call": {
                    "volume": {"per_hour": CALLS},
                    "handle_time": f"{ADVICE:g} s",
                    "queue": "first",
                    "resolution": "0%",
                }
            },
            "queues": {
                "first": {
                    "transfers": [
                        {"to": "second", "share": f"{100 * SHARE:g}%", "if_idle": True, **rule},
                        {"to": "third", "share": "50%", "when": "in_vain"},
                    ]
                }
            },
            "groups": {
                "front": {"agents": 30, "serves": ["first"]},
                "experts": {"agents": EXPERTS, "serves": ["second"]},
                "others": {"agents": 30, "serves": ["third"]},
            },
        }
    )


@pytest.mark.parametrize("engine", ["clock", "story"])
@pytest.mark.parametrize("rule", [{"kind": "conference"}, {"kind": "cold"}, {"kind": "cold", "when": "unresolved"}])
def test_idle_experts_are_a_loss_system(engine: str, rule: dict[str, Any]) -> None:
    """Handed on 1 - B of those that would be; of the others half to a third queue; nobody waits for an expert."""
    runs = 40 if engine == "clock" else 4
    found = cxsim.simulate(center(**rule), seed=4, replications=runs, engine=engine)  # type: ignore[arg-type]
    load = CALLS * SHARE * ADVICE / 3600.0
    lost = steady(CALLS * SHARE / 3600.0, ADVICE, EXPERTS, lines=EXPERTS).blocked
    there = CALLS * SHARE * HOURS
    assert 0.15 < lost < 0.4
    assert off(found, "transferred_in", "second", there * (1.0 - lost)) < 4.0
    assert off(found, "transferred_in", "third", there * lost / 2.0) < 4.0
    assert off(found, "occupancy", "experts", load * (1.0 - lost) / EXPERTS) < 4.0
    assert found.estimate("asa", "queue", "second").value == 0.0
