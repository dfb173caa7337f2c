"""Chats in the programs of the optimizer."""

from __future__ import annotations

import pytest

import cxsim
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.contact_flows import flows


@pytest.mark.parametrize(
    ("channel", "several"),
    [
        ({"concurrent": 3, "slowdown": [1, 1.2, 1.5]}, 2.0),
        ({"concurrent": 3, "slowdown": [1, 1.1, 4]}, 2 / 1.1),
        ({}, 1.0),
    ],
)
def test_a_chat_takes_part_of_an_agent(channel: dict[str, object], several: float) -> None:
    """At the number at a time at which an agent does most work: three at two thirds, or two where a third hinders."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "channels": {"chat": channel},
            "reasons": {"ask": {"volume": "30/h", "handle_time": "5 min"}},
            "groups": {"g": {"agents": 5, "serves": ["ask"]}},
        }
    )
    assert flows(prepare(scenario)).handle[0, 0] == pytest.approx(300.0 / several)
