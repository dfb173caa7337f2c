"""Nodes and queues to which a share of 0% leads, or only another reason's contacts: checked, drawn and simulated."""

from __future__ import annotations

from typing import Any

import pytest
from agreement.strategies import scenarios
from hypothesis import HealthCheck, Phase, given, settings

import cxsim
from cxsim.rules.ivr_steps import expected, mixed, queue_shares, queues_of
from cxsim.schema.names import CAUSES

MENU = "scenarios/phone-menu.yaml"
ENDS = ("hung_up", "contained", "not_helped", "turned_away", "queues")


def center(flow: dict[str, Any], **more: Any) -> cxsim.Scenario:
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"open": "08:00-10:00"},
            "reasons": {"bill": {"volume": "30/h", "talk": "5 min", "flow": "main"}},
            "flow": flow,
            "groups": {"desk": {"agents": 8, "serves": ["billing", "general"]}},
            **more,
        }
    )


def menu(to: dict[str, str], **shares: str) -> dict[str, Any]:
    return {"menu": {"chooses": {"others": shares}}, "to": to}


def test_a_share_of_nothing_may_lead_where_only_another_reason_goes() -> None:
    """The case of the issue: the billing bot is met by bills only; `check` raised KeyError."""
    values = {"flow.main.menu.chooses.move.billing": "0%", "flow.main.menu.chooses.move.other": "88%"}
    scenario = cxsim.read(MENU).vary(values)
    found = expected(scenario, "move")
    assert "bill_bot" not in found.visits and "billing" not in found.queues
    assert sum(sum(getattr(found, end).values()) for end in ENDS) == pytest.approx(1.0)
    told = cxsim.simulate(scenario, replications=1).estimate("offered", "reason", "move")
    assert told.value > 0


def test_a_queue_that_nobody_chooses_is_a_queue() -> None:
    """Named by the flow at 0% and by a group, in `queues` not at all."""
    scenario = center({"main": menu({"a": "general", "b": "billing"}, a="100%", b="0%")})
    assert set(scenario.queues) == {"general", "billing"}
    assert queue_shares(scenario, "bill") == {"general": 1.0}
    made = cxsim.simulate(scenario, replications=1)
    assert made.estimate("offered", "queue", "billing").value == 0.0


@pytest.mark.parametrize(
    "main",
    [
        menu({"a": "general", "b": "bot"}, a="100%", b="0%"),
        {"capture": {"saves": "20s", "success": "100%"}, "then": "general", "otherwise": "bot"},
        {"menu": {"chooses": {"others": {"a": "100%"}}, "invalid": "0%"}, "to": {"a": "general"}, "otherwise": "bot"},
    ],
)
def test_a_node_that_a_share_of_nothing_leads_to_is_no_fault(main: dict[str, Any]) -> None:
    """So a sweep over the share may begin at 0%, or end at 100%."""
    bot = {"self_service": {"contained": "20%"}, "then": "billing"}
    scenario = center({"main": main, "bot": bot})
    assert expected(scenario, "bill").visits == {"main": 1.0}
    assert cxsim.simulate(scenario, replications=1).estimate("contained_share").value == 0.0


def test_a_node_that_nothing_leads_to_is_a_fault() -> None:
    with pytest.raises(cxsim.ScenarioError, match="cannot be reached by any contact"):
        center({"main": {"announcement": {}, "then": "general"}, "bot": {"announcement": {}, "then": "billing"}})


def test_where_nobody_comes_back_to_does_not_count() -> None:
    """A redial of 0% and a `next` that leads elsewhere: the queue shares of redials raised KeyError."""
    after = {"abandoned": {"redial": "0%", "next": "again"}}
    flow = {"main": {"announcement": {}, "then": "general"}, "again": {"announcement": {}, "then": "billing"}}
    scenario = center(flow, after_contact=after)
    assert queue_shares(scenario, "bill", "abandoned") == {"general": 1.0}


@settings(max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(scenarios(loop="rich"))
def test_every_contact_of_a_drawn_flow_ends_somewhere(tree: dict[str, Any]) -> None:
    """Shares of 0% among them: what becomes of contacts adds up to one, in queues where they may come."""
    scenario = cxsim.parse(tree)
    for name, reason in scenario.reasons.items():
        known = set(queues_of(scenario, name))
        for cause in (None, *CAUSES):
            assert set(queue_shares(scenario, name, cause)) <= known
        if reason.flow:
            found = expected(scenario, name)
            assert sum(sum(getattr(found, end).values()) for end in ENDS) == pytest.approx(1.0)
    mixed(scenario, dict.fromkeys(scenario.reasons, 1.0))
