"""Chats keep their order: a free slot goes to the chat that waits first, at the instant nothing holds it back.

Worlds worked out by hand, in seconds after eight; then what must hold of every ledger, on drawn scenarios with chats.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from agreement.invariants import Story, chats_keep_their_order, faults, no_chat_waits_for_a_free_slot
from agreement.running import in_order, model_of, written
from agreement.strategies import scenarios
from agreement.test_agreement import compare
from hypothesis import HealthCheck, given, settings

from cxsim.schema import ledger

EIGHT = 8 * 3600.0
DRAWN = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stamps(times: list[int]) -> list[str]:
    return [f"{8 + t // 3600:02d}:{t // 60 % 60:02d}:{t % 60:02d}" for t in times]


def contacts(times: list[int], talk: int, **more: Any) -> dict[str, Any]:
    return {"volume": {"arrivals": {"times": stamps(times)}}, "talk": {"deterministic": f"{talk}s"}, **more}


def patience(seconds: int) -> dict[str, Any]:
    return {"patience": {"deterministic": f"{seconds}s"}}


def center(reasons: dict[str, Any], groups: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A morning of chats, two at a time and none the slower for it, and other work."""
    horizon = {"start": "2026-03-02", "open": "08:00-10:00", "before": "0 days", "after": "0 days"}
    channels = {"phone": {}, "chat": {"concurrent": 2}, "mail": {"deferrable": True}} | parts.pop("channels", {})
    queues = {"chat": {"channel": "chat"}} | parts.pop("queues", {})
    used = {one.get("channel", "phone") for one in queues.values()}
    used |= {"phone" for name, reason in reasons.items() if name not in queues and "queue" not in reason}
    kept = {name: channel for name, channel in channels.items() if name in used}
    tree = {"cxsim": 1, "horizon": horizon, "channels": kept, "reasons": reasons, "queues": queues, "groups": groups}
    return tree | parts


def answers(engine: str, tree: dict[str, Any]) -> dict[str, list[float]]:
    """By reason, when each of its contacts was answered first, in seconds after eight; infinite for never."""
    model = model_of(tree)
    made = in_order(written(model, engine))
    assert faults(model, made) == []
    out: dict[str, list[float]] = {}
    for issue in np.unique(made.legs["issue"]):
        mine = made.legs[made.legs["issue"] == issue]
        name = list(model.scenario.reasons)[mine["reason"][0]]
        answered = np.min(mine["answered"], initial=math.inf, where=mine["agent"] >= 0)
        out.setdefault(name, []).append(float(answered) - EIGHT)
    return out


RANKS = {"call": {"rank": 1}, "chat": {"rank": 2}}


def test_a_call_that_gives_up_no_longer_holds_chats_back(engine: str) -> None:
    tree = center(
        {"call": contacts([60], 60, **patience(60)), "chat": contacts([0, 90, 180], 600)},
        {"g": {"agents": 1, "skills": RANKS}},
    )
    assert answers(engine, tree)["chat"] == [0.0, 120.0, 600.0]


def test_a_letter_does_not_hold_messages_back(engine: str) -> None:
    """Though it comes first by rank: it can be deferred."""
    tree = center(
        {"chat": contacts([0, 300, 360, 660], 600), "letter": contacts([420], 60)},
        {"g": {"agents": 1, "skills": {"letter": {"rank": 1}, "chat": {"rank": 2}}}},
        queues={"letter": {"channel": "mail"}},
    )
    assert answers(engine, tree) == {"chat": [0.0, 300.0, 600.0, 900.0], "letter": [1500.0]}


def test_a_reserve_is_of_idle_agents_and_not_of_slots(engine: str) -> None:
    tree = center(
        {"call": contacts([60], 3600), "chat": contacts([0, 300, 360, 660], 600)},
        {"g": {"agents": 2, "skills": {"call": {"rank": 1}, "chat": {"rank": 2, "reserve": 1}}}},
    )
    assert answers(engine, tree)["chat"] == [0.0, 300.0, 600.0, 900.0]


def test_a_call_that_another_group_takes_no_longer_holds_chats_back(engine: str) -> None:
    """The second agent is on a call until 120 and then takes the one that waits, so the second chat begins."""
    tree = center(
        {"call": contacts([0, 60], 120), "chat": contacts([0, 90], 600)},
        {"g": {"agents": 1, "skills": RANKS}, "callers": {"agents": 1, "skills": {"call": {}}}},
        queues={"call": {}},
        routing={"agent": "specialist_first"},
    )
    assert answers(engine, tree) == {"call": [0.0, 120.0], "chat": [0.0, 120.0]}


def test_a_call_that_moves_to_another_queue_no_longer_holds_chats_back(engine: str) -> None:
    tree = center(
        {"call": contacts([60], 60), "chat": contacts([0, 90], 600), "other": contacts([0], 3000)},
        {"g": {"agents": 1, "skills": RANKS}, "others": {"agents": 1, "skills": {"other": {}}}},
        queues={"call": {"overflow": [{"after": "75s", "to_queue": "other"}]}, "other": {}},
    )
    assert answers(engine, tree)["chat"] == [0.0, 135.0]


def test_a_call_that_moves_among_the_chats_goes_behind_those_who_came_first(engine: str) -> None:
    """A slot is free from 100 on. At 150 the call of 75 joins the queue of the chats, where one of 70 waits."""
    tree = center(
        {"short": contacts([0], 100, queue="chat"), "call": contacts([75], 60), "chat": contacts([10, 70], 600)},
        {"g": {"agents": 1, "skills": RANKS}},
        queues={"call": {"overflow": [{"after": "75s", "to_queue": "chat"}]}},
    )
    assert answers(engine, tree) == {"short": [0.0], "call": [610.0], "chat": [10.0, 150.0]}


def test_a_break_that_was_due_and_is_over_gives_the_slots_back(engine: str) -> None:
    """The break from 60 to 300 could not begin, for a chat went on; meanwhile the agent took no second one."""
    tree = center(
        {"chat": contacts([0, 120, 310], 600)},
        {"g": {"skills": {"chat": {}}}},
        staff={"shifts": [{"group": "g", "start": "08:00", "end": "10:00", "breaks": ["08:01-08:05"], "agents": 1}]},
    )
    assert answers(engine, tree)["chat"] == [0.0, 300.0, 600.0]


def test_who_has_left_no_longer_keeps_the_others_of_the_group_from_chats(engine: str) -> None:
    """From 900 one of two is due to leave, who goes at 1200; then the other takes the chat that waited since 960."""
    tree = center(
        {"chat": contacts([0, 300, 660, 960, 1260], 900)},
        {"g": {"skills": {"chat": {}}}},
        horizon={
            "start": "2026-03-02",
            "open": "08:00-10:00",
            "interval": "15 min",
            "before": "0 days",
            "after": "0 days",
        },
        staff={"headcounts": {"g": [2, 1, 1, 1, 1, 1, 1, 1]}},
    )
    assert answers(engine, tree)["chat"] == [0.0, 300.0, 660.0, 1200.0, 1560.0]


def test_a_call_behind_the_chats_does_not_hold_them_back(engine: str) -> None:
    """An agent without chats would take the next chat and not the call, so nothing is gained by finishing chats."""
    tree = center(
        {"call": contacts([60], 60), "chat": contacts([0, 300, 360, 660], 600)},
        {"g": {"agents": 1, "skills": {"chat": {"rank": 1}, "call": {"rank": 2}}}},
    )
    assert answers(engine, tree) == {"call": [1500.0], "chat": [0.0, 300.0, 600.0, 900.0]}


def test_of_equal_rank_who_came_first_is_first(engine: str) -> None:
    """The chat of 30 gets the slot at 600, before the call of 60; that of 70 waits for the call."""
    tree = center(
        {"call": contacts([60], 60), "chat": contacts([0, 10, 30, 70], 600)},
        {"g": {"agents": 1, "serves": ["call", "chat"]}},
    )
    assert answers(engine, tree) == {"call": [1200.0], "chat": [0.0, 10.0, 600.0, 1260.0]}


def test_a_call_day_and_night_holds_chats_back_too(engine: str) -> None:
    """Its channel is always open, which does not make it work that can be deferred."""
    tree = center(
        {"call": contacts([60], 60), "chat": contacts([0, 90], 600)},
        {"g": {"agents": 1, "skills": RANKS}},
        channels={"phone": {"always_open": True}},
    )
    assert answers(engine, tree) == {"call": [600.0], "chat": [0.0, 660.0]}


def test_a_chat_puts_no_letter_aside_while_an_earlier_one_waits(engine: str) -> None:
    """At 200 the first agent begins the letter, by rank, and the chat of 90 waits on: that of 300 must not pass it."""
    tree = center(
        {"call": contacts([0], 200), "chat": contacts([0, 0, 90, 300], 600), "letter": contacts([60], 1200)},
        {"g": {"agents": 2, "skills": {"call": {"rank": 1}, "letter": {"rank": 1}, "chat": {"rank": 2}}}},
        channels={"mail": {"deferrable": True, "interruptible": True}},
        queues={"letter": {"channel": "mail"}},
    )
    made = answers(engine, tree)
    assert made["letter"] == [200.0]
    assert made["chat"] == [0.0, 0.0, 600.0, 600.0]


def has_waiting_chats(model: Any, made: ledger.Ledger) -> int:
    story = Story(model, made)
    slots = story.book["queues"]["slots"][np.maximum(made.legs["queue"], 0)]
    return int((story.waits & ~story.in_flow & (slots > 1)).sum())


def test_chats_of_drawn_scenarios_keep_the_rules() -> None:
    seen: Counter[str] = Counter()

    @settings(DRAWN, max_examples=30)
    @given(scenarios(more=False, chats=True))
    def keep(tree: dict[str, Any]) -> None:
        model = model_of(tree)
        made = in_order(written(model, "clock"))
        wrong = faults(model, made)
        assert not wrong, "\n".join(wrong[:5])
        seen["scenarios"] += 1
        seen["in which chats wait"] += bool(has_waiting_chats(model, made))

    keep()
    assert seen["in which chats wait"] > seen["scenarios"] / 3


def test_engines_agree_on_chats() -> None:
    @settings(DRAWN, max_examples=20)
    @given(scenarios(chats=True))
    def same(tree: dict[str, Any]) -> None:
        compare(tree, "rich")

    same()


def test_a_timer_that_nobody_waits_for_offers_no_slot() -> None:
    """Chats whose pace changed leave a timer at their old end; at that instant the delay of an overflow ends too."""
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "open": ["08:00-10:00"], "before": "0 days", "after": "0 days"},
        "channels": {"phone": {}, "chat": {"concurrent": 2}},
        "reasons": {"chat": {"queue": "first"} | contacts([6270] * 5 + [6300] * 12, 30)},
        "queues": {
            "first": {
                "channel": "chat",
                "overflow": [{"after": "30s", "to": ["helpers"]}, {"after": "60s", "to_queue": "other"}],
            },
            "other": {},
        },
        "groups": {"own": {"agents": 1, "serves": ["first"]}, "helpers": {"agents": 1, "serves": ["other"]}},
    }
    compare(tree, "rich")


def spoiled() -> tuple[Any, ledger.Ledger]:
    """The ledger of one agent with two chats at a time, of 5 minutes each."""
    tree = center({"chat": contacts([0, 60, 120, 180], 300)}, {"g": {"agents": 1, "serves": ["chat"]}})
    model = model_of(tree)
    return model, in_order(written(model, "clock"))


def test_the_checks_notice_a_chat_that_overtakes() -> None:
    model, made = spoiled()
    for name in ("answered", "talk_end", "ended"):
        made.legs[name][[2, 3]] = made.legs[name][[3, 2]]
    assert list(chats_keep_their_order(Story(model, made)))


def test_the_checks_notice_a_slot_that_stays_free() -> None:
    model, made = spoiled()
    made.legs["answered"][2] += 30.0
    assert list(no_chat_waits_for_a_free_slot(Story(model, made)))
