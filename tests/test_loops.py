"""Which of the three loops of the compiled engine a scenario needs."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from cxsim import parse, read
from cxsim.rules.ivr_steps import loop
from cxsim.schema.names import LOOPS

SCENARIOS = Path(__file__).parent.parent / "scenarios"
BASIC: dict[str, Any] = {
    "cxsim": 1,
    "channels": {"phone": {"patience": "2 min"}},
    "reasons": {name: {"volume": "20/h", "talk": "4 min", "wrap": "30s", "resolution": "80%"} for name in ("a", "b")},
    "segments": {"few": {"share": "20%", "patience": "1 min"}, "many": {"share": "80%"}},
    "queues": {"a": {"priority": 2}, "b": {}},
    "groups": {
        "one": {"agents": 3, "skills": {"a": {"rank": 1}, "b": {"rank": 2}}, "availability": "90%"},
        "two": {"agents": 2, "serves": ["b"], "spread": {"handle_time": "20%"}},
    },
    "after_contact": {"abandoned": {"redial": "50%"}, "unresolved": {"repeat": "50%"}},
    "routing": {"agent": "longest_idle", "contact": "priority"},
    "at_close": "turn_away",
}
MORE = {
    "plain": {
        "channels.phone.lines": 9,
        "channels.phone.balk": "5%",
        "reasons.a.balk": "5%",
        "queues.a.capacity": 4,
        "queues.a.overflow": [{"after": "20s", "to": ["two"]}],
        "groups.one.skills.a.reserve": 1,
        "staff.at_shift_end": "hand_back",
        "routing.agent": "random",
        "routing.contact": "longest_queue",
    },
    "rich": {
        "queues.a.announces": {"estimator": "queue_length"},
        "queues.a.transfers": [{"to": "b", "share": "10%"}],
        "queues.a.talk": "3 min",
        "channels.phone.concurrent": 2,
        "segments.few.customers": 900,
        "routing.last_agent": True,
        "routing.preferred_agent": "one",
    },
}


def with_(path: str, value: Any) -> dict[str, Any]:
    tree = copy.deepcopy(BASIC)
    *way, last = path.split(".")
    at = tree
    for key in way:
        at = at.setdefault(key, {})
    at[last] = value
    return tree


def test_calls_that_wait_in_one_queue_need_the_basic_loop() -> None:
    assert LOOPS[loop(parse(BASIC))] == "basic"
    for name in ("quickstart", "anonymous-bank", "staffing-week", "follow-the-sun"):
        assert LOOPS[loop(read(SCENARIOS / f"{name}.yaml"))] == "basic"


@pytest.mark.parametrize(("path", "value"), [("queues.a.wrap", "20s"), ("groups.one.skills.a", {"talk": "90%"})])
def test_wrap_of_a_queue_and_factors_of_a_skill_do_not(path: str, value: Any) -> None:
    assert LOOPS[loop(parse(with_(path, value)))] == "basic"


@pytest.mark.parametrize(("name", "path"), [(name, path) for name in MORE for path in MORE[name]])
def test_what_more_there_is_needs_another_loop(name: str, path: str) -> None:
    assert LOOPS[loop(parse(with_(path, MORE[name][path])))] == name
