"""The story of contacts in words, against the ledger it is told from."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cxsim.model.prepare import prepare
from cxsim.scenario import parse, read
from cxsim.simulation.replications import replicate
from cxsim.simulation.trace import trace

TREE = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00", "before": "0 days", "after": "0 days"},
    "channels": {"phone": {"patience": "3 min"}},
    "reasons": {
        "bills": {"volume": "60/h", "talk": "3 min", "resolution": "70%"},
        "faults": {"volume": "30/h", "talk": "5 min"},
    },
    "groups": {
        "front": {"agents": 4, "skills": {"bills": {}, "faults": {"rank": 2}}},
        "back": {"agents": 3, "skills": {"faults": {}, "bills": {"rank": 2}}},
    },
    "after_contact": {"unresolved": {"repeat": "80%", "delay": "20 min"}},
}
ANSWERS = re.compile(r"^(\w+) (\d+) answers at once. Idle for this queue: (.*)\. Rule")
LONGEST = re.compile(r"longest (\w+ \d+) since ([\d:.]+); order (\d+)")


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_who_answers_at_once_is_who_the_rule_prefers(engine) -> None:
    """The first order, and in it the longest idle: reckoned from the ledger, so all who answer must be named so."""
    found = trace(parse(TREE), start=8 * 3600.0, end=12 * 3600.0, engine=engine)
    checked = 0
    for _, _, line in found.lines:
        match = ANSWERS.match(line)
        if match is None:
            continue
        idle = LONGEST.findall(match[3])
        least = min(int(order) for _, _, order in idle)
        since = min(since for _, since, order in idle if int(order) == least)
        same = [one for one, when, order in idle if int(order) == least and when == since]
        assert f"{match[1]} {match[2]}" in same, line
        checked += 1
    assert checked > 150


def test_every_leg_is_told_and_in_order() -> None:
    scenario = parse(TREE)
    found = trace(scenario, start=0.0, end=86400.0)
    _, (made,) = replicate(prepare(scenario), 1, keep=True)
    times = [time for time, _, _ in found.lines]
    assert times == sorted(times)
    texts = [line for _, _, line in found.lines]
    answered = int((made.legs["agent"] >= 0).sum())
    assert sum(" answers " in line for line in texts) == answered
    assert sum("abandons" in line for line in texts) == int((made.legs["outcome"] == 1).sum()) > 0
    assert sum("comes back" in line for line in texts) == int((made.legs["cause"] == 2).sum()) > 5


def test_an_issue_is_told_from_beginning_to_end() -> None:
    scenario = parse(TREE)
    _, (made,) = replicate(prepare(scenario), 1, keep=True)
    issue = int(made.legs["issue"][np.flatnonzero(made.legs["attempt"] == 2)[0]])
    found = trace(scenario, issue=issue)
    assert {number for _, number, _ in found.lines} == {issue}
    text = found.text()
    assert "makes contact, contact 1" in text[0] and any("contact 2" in line for line in text)
    assert "#" not in text[0]  # one issue alone is not numbered


def test_a_window_tells_what_a_whole_day_tells_then() -> None:
    scenario = read("scenarios/quickstart.yaml")
    whole = trace(scenario, start=0.0, end=86400.0, seed=3).lines
    part = trace(scenario, start=36000.0, end=36600.0, seed=3).lines
    assert part == [line for line in whole if 36000.0 <= line[0] <= 36600.0] and len(part) > 5


@pytest.mark.parametrize("name", ["phone-menu", "two-tiers", "callbacks", "chat", "messages", "outbound"])
def test_flows_transfers_and_chats_are_told_too(name) -> None:
    lines = trace(read(f"scenarios/{name}.yaml"), start=9 * 3600.0, end=9.5 * 3600.0).text()
    assert len(lines) > 10


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "give an issue"),
        ({"issue": 5, "start": 0.0, "end": 9.0}, "give an issue"),
        ({"issue": 5}, "does not exist"),
        ({"start": 0.0, "end": 9.0, "day": 3}, "days 0 to 0"),
    ],
)
def test_what_cannot_be_told_is_refused(asked, told) -> None:
    with pytest.raises(ValueError, match=told):
        trace(parse(TREE), **asked)


def test_days_are_counted_from_the_first_that_counts() -> None:
    """Days before it are negative, and a time of day stands without its day on day 0."""
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 2, "before": "1 day", "open": "08:00-10:00"},
        "reasons": {"help": {"volume": "20/h", "talk": "4 min"}},
        "groups": {"team": {"agents": 2, "serves": ["help"]}},
    }
    first, second = (trace(parse(tree), start=28800.0, end=30000.0, day=day).text() for day in (0, 1))
    assert first and all(line.startswith("08:") for line in first)
    assert second and all(line.startswith("day 1 08:") for line in second)
    with pytest.raises(ValueError, match="not after"):
        trace(parse(tree), start=30000.0, end=28800.0)


def test_the_last_agent_is_told_as_such() -> None:
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00"},
        "reasons": {"help": {"volume": "30/h", "talk": "4 min", "resolution": "30%"}},
        "after_contact": {"unresolved": {"repeat": "90%", "delay": "10 min"}},
        "groups": {"team": {"agents": 6, "serves": ["help"]}},
        "routing": {"last_agent": True},
    }
    lines = trace(parse(tree), start=28800.0, end=43200.0).text()
    assert sum("This agent talked to the customer last" in line for line in lines) > 5


def test_who_may_not_take_a_contact_is_not_named_as_idle() -> None:
    """Groups that help after a while only, and reserves: the longest idle of those named is who answers."""
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00"},
        "reasons": {"help": {"volume": "40/h", "talk": "4 min"}},
        "queues": {"help": {"overflow": [{"after": "30 s", "to": ["late"]}]}},
        "groups": {
            "own": {"agents": 3, "serves": ["help"]},
            "kept": {"agents": 2, "skills": {"help": {"reserve": 1}}},
            "late": {"agents": 2, "serves": ["other"]},
        },
        "routing": {"agent": "longest_idle"},
    }
    tree["queues"]["other"] = {}
    tree["reasons"]["rest"] = {"volume": "1/h", "talk": "1 min", "queue": "other"}
    checked = 0
    for line in trace(parse(tree), start=28800.0, end=43200.0).text():
        match = re.match(r"\S+ +(?:#\d+ +)?(\w+) (\d+) answers at once. Idle for this queue: (.*)\. Rule", line)
        if match and match[1] != "late":
            idle = LONGEST.findall(match[3])
            assert "late" not in match[3] and f"{match[1]} {match[2]}" == min(idle, key=lambda one: one[1])[0], line
            checked += 1
    assert checked > 60


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_who_is_left_waiting_by_a_policy_is_told(tmp_path, engine) -> None:
    """A policy that leaves the second group to longer waits: exactly its contacts that wait beside somebody idle."""
    text = "def choose_agent(contact, groups, center):\n    return groups[0].number if groups[0].order == 1 else None\n"
    (tmp_path / "mine.py").write_text(text)
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00"},
        "reasons": {"help": {"volume": "40/h", "talk": "4 min"}},
        "groups": {"own": {"agents": 3, "serves": ["help"]}, "other": {"agents": 1, "skills": {"help": {"order": 2}}}},
        "routing": {"policy": "mine.py"},
    }
    scenario = parse(tree, folder=tmp_path)
    lines = trace(scenario, start=28800.0, end=43200.0, engine=engine).text()
    left = [line for line in lines if "keeps waiting, although these agents are idle: other 1" in line]
    assert left and all(line.endswith("Policy mine.py.") for line in left)
    _, (made,) = replicate(prepare(scenario), 1, keep=True, engine=engine)
    legs, beside = made.legs, 0
    for leg in legs[(legs["answered"] > legs["queued"]) & (legs["queued"] < 43200.0)]:
        busy = (legs["agent"] == 3) & (legs["answered"] < leg["queued"]) & (legs["ended"] > leg["queued"])
        beside += not busy.any()
    assert len(left) == beside


def test_the_preferred_agent_is_told_as_such() -> None:
    """Whoever comes again, or not, meets one agent while idle, and the trace says so of as many as it was."""
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00"},
        "reasons": {"help": {"volume": "30/h", "talk": "4 min"}},
        "groups": {"team": {"agents": 6, "serves": ["help"]}},
        "routing": {"preferred_agent": "team"},
    }
    lines = trace(parse(tree), start=28800.0, end=43200.0).text()
    taken = [line for line in lines if "Idle for this queue" in line]
    own = sum("This is the customer's preferred agent" in line for line in taken)
    assert 0.4 * len(taken) < own < len(taken)
    assert sum("The preferred agent, team " in line for line in taken) == len(taken) - own
