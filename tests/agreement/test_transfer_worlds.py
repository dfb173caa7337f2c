"""Several rules for one contact, conferences only with who is idle, and talk after a transfer, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from agreement.test_worlds import two_tiers, world

ASK = {"to": "q 2", "share": "100%", "kind": "consult", "handover": {"deterministic": "2 min"}}


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def tiers(engine: str, calls: list[str], rules: list[dict[str, Any]], front: int = 2, **reason: Any) -> list[str]:
    """Calls of four minutes, nobody in front resolves any; one expert each behind `q 2` and `q 3`."""
    legs, _ = world(
        engine,
        reasons={"a": (calls, "4 min", {"resolution": "0%"} | reason)},
        queues={"q": {"transfers": rules}, "q 2": {}, "q 3": {}},
        groups={
            "g": {"agents": front, "serves": ["q"]},
            "h": {"agents": 1, "serves": ["q 2"]},
            "i": {"agents": 1, "skills": {"q 3": {"resolution": "100%"}}},
        },
    )
    return legs


def test_a_conference_only_with_who_is_idle(engine: str) -> None:
    """The expert joins the first at 4:00 for four minutes; the second finds nobody idle at 5:00 and ends there."""
    legs, _ = two_tiers(engine, ["00", "01"], 2, 1, kind="conference", if_idle=True)
    assert legs == [
        "a1 0:00 q 0:00-9:00 g 1 transferred",
        "a1 4:00 q 2 4:00-9:00 h 1",
        "a2 1:00 q 1:00-6:00 g 2",
    ]


def test_who_is_not_idle_in_vain_leaves_it_to_another_rule(engine: str) -> None:
    """The second call finds the expert of `q 2` busy and goes to `q 3`, whether or not it was resolved."""
    conference = {"to": "q 2", "share": "100%", "kind": "conference", "if_idle": True}
    legs = tiers(engine, ["00", "01"], [conference, {"to": "q 3", "share": "100%", "when": "in_vain"}])
    assert legs == [
        "a1 0:00 q 0:00-8:00 g 1 transferred",
        "a1 4:00 q 2 4:00-8:00 h 1",
        "a2 1:00 q 1:00-5:00 g 2 transferred",
        "a2 5:00 q 3 5:00-9:00 i 1",
    ]


def test_what_could_not_be_asked_is_tried_as_unresolved(engine: str) -> None:
    """Of the rules for `unresolved` the next comes, where none is for what was in vain."""
    conference = {"to": "q 2", "share": "100%", "kind": "conference", "if_idle": True}
    legs = tiers(engine, ["00", "01"], [conference, {"to": "q 3", "share": "100%", "when": "unresolved"}])
    assert legs[2:] == ["a2 1:00 q 1:00-5:00 g 2 transferred", "a2 5:00 q 3 5:00-9:00 i 1"]


def test_a_consultation_that_did_not_help_is_followed_by_a_transfer(engine: str) -> None:
    """The agent asks at 4:00, hears for two minutes what does not help, and hands the contact on at that moment."""
    legs = tiers(engine, ["00"], [ASK, {"to": "q 3", "share": "100%", "when": "in_vain", "retold": "30s"}])
    assert legs == [
        "a1 0:00 q 0:00-6:00 g 1 transferred",
        "a1 4:00 q 2 4:00-6:00 h 1 consulted",
        "a1 6:00 q 3 6:00-10:30 i 1",
    ]


def test_two_consultations_in_a_row_wait_for_each_other_and_are_handed_on(engine: str) -> None:
    """A warm transfer after the advice: the front agent has 30 s more of talk, and half a minute of wrap."""
    warm = {"to": "q 3", "share": "100%", "when": "in_vain", "kind": "warm", "handover": {"deterministic": "30s"}}
    legs = tiers(engine, ["00", "00"], [ASK, warm], wrap={"deterministic": "30s"})
    assert legs == [
        "a1 0:00 q 0:00-7:00 g 1 transferred",  # advised at 6:00, both talk to 6:30
        "a1 4:00 q 2 4:00-6:00 h 1 consulted",
        "a1 6:00 q 3 6:00-11:00 i 1",
        "a2 0:00 q 0:00-12:00 g 2 transferred",  # advised at 8:00, holds until i 1 has wrapped up at 11:00
        "a2 4:00 q 2 6:00-8:00 h 1 consulted",
        "a2 8:00 q 3 11:00-16:00 i 1",
    ]


def test_advice_that_cannot_be_had_at_night_is_in_vain(engine: str) -> None:
    """Asked after closing nobody answers; the transfer is only for who is idle, and a closed queue has nobody."""
    rules = [ASK, {"to": "q 3", "share": "100%", "when": "in_vain", "if_idle": True}]
    assert tiers(engine, ["58"], rules) == [
        "a1 58:00 q 58:00-62:00 g 1",
        "a1 62:00 q 2 closed 62:00",
    ]


def test_talk_after_a_transfer_takes_longer_also_when_it_is_handed_back(engine: str) -> None:
    """Four minutes, then six; the talk that begins again with another agent takes six again."""
    legs, _ = two_tiers(engine, ["00"], 1, 1, talk_after="150%", reason={"wrap": {"deterministic": "0s"}})
    assert legs == ["a1 0:00 q 0:00-4:00 g 1 transferred", "a1 4:00 q 2 4:00-10:00 h 1"]
    legs, _ = world(
        engine,
        reasons={"a": (["00"], "4 min")},
        queues={"q": {"transfers": {"to": "q 2", "share": "100%", "talk_after": "150%"}}, "q 2": {}},
        groups={"g": {"serves": ["q"]}, "h": {"serves": ["q 2"]}},
        staff={
            "shifts": [
                {"group": "g", "start": "08:00", "end": "09:00"},
                {"group": "h", "start": "08:00", "end": "08:05"},
                {"group": "h", "start": "08:10", "end": "09:00"},
            ],
            "at_shift_end": "hand_back",
        },
    )
    assert legs[1:] == ["a1 4:00 q 2 4:00-5:00 h 1 handed on", "a1 5:00 q 2 10:00-16:00 h 2"]


def test_who_tries_before_handing_on_talks_longer(engine: str) -> None:
    """A factor above 100 % on the talk of the agent who hands on."""
    legs, _ = two_tiers(engine, ["00"], 1, 1, talk="150%")
    assert legs == ["a1 0:00 q 0:00-7:00 g 1 transferred", "a1 6:00 q 2 6:00-11:00 h 1"]
