"""AI agents beside people, by hand in both engines: conversations at a time, hand-overs, false resolution, cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, written

import cxsim
from cxsim import metrics
from cxsim.optimizer.problem.prices import prices
from cxsim.rules import ivr_steps
from cxsim.scenario.lever_catalogue import REMEDIES, changed
from cxsim.schema import ledger
from cxsim.simulation.issue_histories import summary
from cxsim.simulation.replications import replicate

EFFORT = {"contact": 1, "wait_minute": 0, "menu": 10, "transfer": 0, "retelling": 1000, "again": 0, "switch": 0}


def center(ai: dict[str, Any], times: list[str], **changes: Any) -> dict[str, Any]:
    """Customers come to an AI agent whose conversations take two minutes, and then to one of nine people."""
    talks = {"time": {"deterministic": "2 min"}, "resolves": "0%", **ai}
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00", "before": 0, "after": 0},
        "reasons": {
            "bill": {
                "volume": {"arrivals": {"times": times}},
                "talk": {"deterministic": "5 min"},
                "flow": "assistant",
            }
        },
        "flow": {"assistant": {"ai_agent": talks, "then": "desk"}},
        "queues": {"desk": {}, "overflowing": {}},
        "groups": {"people": {"agents": 9, "serves": ["desk", "overflowing"], "wage": 0}},
        "experience": {"effort": EFFORT},
        **changes,
    }


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def legs_of(tree: dict[str, Any], engine: str) -> list[tuple[str, float, float, bool, bool]]:
    """Each leg: where, from and to (minutes after 8), whether it was a conversation, whether it was told again."""
    model = model_of(tree)
    places = ["desk", "overflowing"]
    out = []
    for leg in in_order(written(model, engine)).legs:
        end = leg["ended"] if np.isnan(leg["talk_end"]) else leg["talk_end"]
        where = places[leg["queue"]] if leg["queue"] >= 0 else "assistant"
        flags = [bool(leg["felt"] & flag) for flag in (ledger.CONVERSED, ledger.TOLD_AGAIN)]
        out.append((where, (leg["queued"] - 28800) / 60, (end - 28800) / 60, *flags))
    return out


def values(tree: dict[str, Any], engine: Any, *names: str) -> list[float]:
    result = cxsim.simulate(cxsim.parse(tree), replications=1, engine=engine)
    return [result.estimate(name).value for name in names]


def test_a_conversation_that_is_handed_over_is_one_contact_told_again_by_one_customer(engine: str) -> None:
    assert legs_of(center({}, ["08:10"]), engine) == [
        ("assistant", 10, 12, True, False),
        ("desk", 12, 17, False, True),
    ]


def test_a_summary_spares_the_customer_and_saves_talk(engine: str) -> None:
    assert legs_of(center({"retold": "0s", "saves": "60s"}, ["08:10"]), engine)[1] == ("desk", 12, 16, False, False)


def test_who_asks_for_a_person_talks_to_no_machine_and_tells_nothing_twice(engine: str) -> None:
    found = legs_of(center({"accepted": "0%"}, ["08:10"]), engine)
    assert found == [("assistant", 10, 10, False, False), ("desk", 10, 15, False, False)]


def test_licences_limit_the_conversations_and_the_others_go_on_at_once(engine: str) -> None:
    """A third customer finds both taken; at 8:12, when these end, the fourth finds one: ends come before arrivals."""
    tree = center({"concurrent": 2}, ["08:10", "08:10", "08:11", "08:12"])
    tree["flow"]["assistant"]["otherwise"] = "overflowing"
    talks = [(where, start) for where, start, _, conversed, _ in legs_of(tree, engine) if conversed]
    assert talks == [("assistant", 10), ("assistant", 10), ("assistant", 12)]
    assert [leg[1] for leg in legs_of(tree, engine) if leg[0] == "overflowing"] == [11]


def test_effort_counts_a_conversation_or_asking_for_a_person_but_not_passing_by(engine: str) -> None:
    """1 for the contact, 10 for the machine or for asking, 1,000 for telling it again; by hand."""
    given = [({}, 1011), ({"accepted": "0%"}, 11), ({"offered": "0%"}, 1)]
    for ai, points in given:
        tree = center(ai, ["08:10"])
        assert values(tree, engine, "effort") == [points]
        model = model_of(tree)
        assert summary(model, in_order(written(model, engine)), 0).sums["effort"] == points


def test_false_resolution_comes_back_and_each_conversation_costs(engine: str) -> None:
    """Nothing is resolved nor recognised: every customer comes again once, to two conversations at 0.5 each."""
    again = {"repeat": "100%", "delay": {"deterministic": "10 min"}, "at_most": 2}
    tree = center({"hands_over": "0%", "cost": 0.5}, ["08:10", "08:20"])
    tree["reasons"]["bill"]["after_contact"] = {"contained": again}
    names = ("conversations", "ai_false_resolution", "conversation_cost", "cost", "issues_resolved", "automated_share")
    assert values(tree, engine, *names) == [4, 1, 2, 2, 0, 1]


def test_shares_by_reason_are_those_that_were_stated() -> None:
    """Of 20,000 conversations: the shares lie within five standard errors (error rate below 1e-5)."""
    ai = {"resolves": "60%", "hands_over": "75%", "hang_up": "10%", "accepted": "80%", "longer": {"bill": 0.5}}
    tree = center(ai, [])
    tree["reasons"]["bill"]["volume"] = {"count": 20000}
    tree["horizon"]["after"] = 0
    tree["groups"]["people"]["agents"] = 900
    found = values(tree, "clock", "conversations", "ai_resolution", "ai_false_resolution", "ai_handover")
    stated = [16000, 0.9 * 0.6, 0.9 * 0.4 * 0.25, 0.9 * 0.4 * 0.75]
    errors = [56.6, *(np.sqrt(p * (1 - p) / 16000) for p in stated[1:])]
    assert all(abs(a - b) <= 5 * error for a, b, error in zip(found, stated, errors, strict=True))


def test_the_chain_of_the_flow_has_the_same_shares_and_time() -> None:
    """60 s for the half as long conversation, half of that for the tenth who break it off."""
    ai = {"resolves": "60%", "hands_over": "75%", "hang_up": "10%", "accepted": "80%", "longer": {"bill": 0.5}}
    found = ivr_steps.expected(cxsim.parse(center(ai, ["08:10"])), "bill")
    assert found.queues == {"desk": pytest.approx(0.2 + 0.8 * 0.9 * 0.4 * 0.75)}
    assert found.not_helped == {"assistant": pytest.approx(0.8 * 0.9 * 0.4 * 0.25)}
    assert found.hung_up == {"assistant": pytest.approx(0.08)}
    assert found.seconds == pytest.approx(0.8 * 60 * (0.9 + 0.05))


def test_an_ai_agent_that_is_offered_to_nobody_changes_not_one_row_but_its_own(engine: str) -> None:
    """The rest of the ledger is that of an announcement without time in its place."""
    with_ai = center({"offered": "0%"}, ["08:10", "08:11", "08:12"])
    without = center({}, ["08:10", "08:11", "08:12"])
    without["flow"] = {"assistant": {"announcement": {}, "then": "desk"}}
    made = [in_order(written(model_of(tree), engine)) for tree in (with_ai, without)]
    assert differences(*made, skip=("felt",)) == []
    assert (made[0].legs["felt"][made[0].legs["queue"] < 0] == ledger.PASSED).all()


def test_metrics_of_ai_agents_are_in_the_registry_with_their_scopes() -> None:
    assert metrics.REGISTRY["conversations"].scopes == ("total", "reason", "segment")


@pytest.mark.parametrize(("name", "figure", "up"), [("more_ai", "effort", True), ("honest_ai", "effort", False)])
def test_ready_made_levers_point_the_way_they_say(name: str, figure: str, up: bool) -> None:
    """On the shipped scenario: 95 % intervals of 8 paired replications lie on that side."""
    scenario = cxsim.read("scenarios/ai-agents.yaml").vary({"levers": {"it": {"use": name}}, "overrides": {}})
    row = cxsim.levers(scenario, replications=8, seed=2).table.iloc[0]
    assert row[f"{figure}_low"] > 0.0 if up else row[f"{figure}_high"] < 0.0


def test_a_lever_of_size_nothing_changes_nothing_and_a_summary_does_what_its_keys_do() -> None:
    scenario = cxsim.parse(center({"hands_over": "60%", "offered": "50%"}, ["08:10"]))
    for name in ("more_ai", "honest_ai"):
        same = changed(scenario, [name], dict.fromkeys(REMEDIES[name].sizes, 0.0))
        assert same.flow["assistant"].ai_agent == scenario.flow["assistant"].ai_agent
    told = changed(scenario, ["ai_summary"], {}).flow["assistant"].ai_agent
    assert (told.retold, told.saves) == (0.0, 30.0)
    assert changed(scenario, ["more_ai"], {}).flow["assistant"].ai_agent.offered["others"] == pytest.approx(0.6)


def test_conversations_are_part_of_what_the_optimizer_pays() -> None:
    """Four conversations at 0.5 each, next to no wages: by hand."""
    tree = center({"hands_over": "0%", "cost": 0.5}, ["08:10", "08:20", "08:21", "08:40"])
    model = model_of(tree)
    (sample,), _ = replicate(model, 1)
    paid = prices(model.scenario, model.layout, model.timeline, model.demand)
    assert paid.split(sample.contacts, 0.0, 0.0)["contacts"] == pytest.approx(2.0)
