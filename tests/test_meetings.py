"""Skills are kept for the reasons and queues that meet, and for no others."""

from __future__ import annotations

from typing import Any

from benchmarks.overhead import grid
from cxsim.model.network.work import meetings
from cxsim.model.prepare import prepare
from cxsim.rules.contact_rules import skill_of
from cxsim.scenario import parse

TREE: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"days": 1, "open": "08:00-12:00", "before": 0, "after": 0},
    "reasons": {
        "a": {"volume": {"per_hour": 10}, "handle_time": "4 min", "resolution": "50%"},
        "b": {"volume": {"per_hour": 10}, "handle_time": "5 min", "resolution": "60%"},
        "c": {"volume": {"per_hour": 10}, "handle_time": "6 min", "resolution": "70%"},
    },
    "queues": {
        "a": {"transfers": [{"to": "b", "share": "10%"}]},
        "b": {"overflow": [{"after": "1 min", "to_queue": "c"}]},
    },
    "groups": {
        "one": {"agents": 3, "serves": ["a", "b"]},
        "two": {"agents": 3, "skills": {"b": {"resolution": "90%"}, "c": {"resolution": "+5 points"}}},
    },
}


def test_skills_grow_with_what_meets_and_not_with_reasons_times_queues() -> None:
    model = prepare(parse(grid(30, 60)))
    assert model.network["skills"].size == 30 * 60
    assert len(meetings(model.scenario)) == 30


def test_each_reason_has_skills_where_its_contacts_can_come_to() -> None:
    """By transfer, and on from there by overflow."""
    model = prepare(parse(TREE))
    assert meetings(model.scenario).tolist() == [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]]
    skills = model.network["skills"]
    found = {
        (r, q): [round(float(skills["resolution"][skill_of(model.network.record, r, q, g)]), 9) for g in range(2)]
        for r, q in meetings(model.scenario).tolist()
    }
    assert found == {
        (0, 0): [0.5, 0.5],
        (0, 1): [0.5, 0.9],
        (0, 2): [0.5, 0.55],
        (1, 1): [0.6, 0.9],
        (1, 2): [0.6, 0.65],
        (2, 2): [0.7, 0.75],
    }


def test_where_no_contact_can_be_there_is_no_skill() -> None:
    """The agreement tests ask of every leg that its skill is one of those."""
    model = prepare(parse(TREE))
    met = meetings(model.scenario).tolist()
    for r in range(3):
        for q in range(3):
            inside = skill_of(model.network.record, r, q, 1) < model.network["skills"].size
            assert inside == ([r, q] in met)
