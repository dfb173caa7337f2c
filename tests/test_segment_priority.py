"""Segments with a priority: whom agents take first, in worlds by hand and against the formula of Cobham."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agreement.invariants import faults
from agreement.running import differences, in_order, model_of, verified, written
from oracles.markov import off

import cxsim
from cxsim.report.run.methods import methods

MANY = [f"08:{k // 60:02d}:{k % 60:02d}" for k in range(1, 600, 7)]
KINDS = {"gold": {"share": "30%", "priority": 1}, "rest": {"priority": 2}}


def center(segments: dict[str, Any], agents: int = 1, **changes: Any) -> dict[str, Any]:
    """Calls to a few agents, of ten minutes each: the first comes at 08:00, 86 more before it ends."""
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00", "before": 0, "after": 0},
        "segments": segments,
        "reasons": {
            "bill": {
                "volume": {"arrivals": {"times": ["08:00", *MANY]}},
                "talk": {"deterministic": "10 min"},
            }
        },
        "queues": {"bill": {}},
        "groups": {"people": {"agents": agents, "serves": ["bill"]}},
        **changes,
    }


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(tree: dict[str, Any], engine: str) -> Any:
    model = model_of(tree)
    ledger = in_order(verified(model) if engine == "story" else written(model, engine))
    assert faults(model, ledger) == []
    return ledger.legs


def test_who_waits_is_served_by_segment_and_then_by_wait(engine: str) -> None:
    legs = made(center(KINDS), engine)
    waited = legs[legs["answered"] > legs["queued"]]
    assert len(waited) == 86 and 15 < (waited["segment"] == 0).sum() < 40
    order = np.lexsort((waited["arrived"], waited["segment"]))
    assert (np.diff(waited["answered"][order]) > 0).all()


def test_the_same_priority_for_all_changes_not_one_row_and_needs_no_other_loop(engine: str) -> None:
    plain = center({name: {k: v for k, v in one.items() if k != "priority"} for name, one in KINDS.items()})
    same = center({name: one | {"priority": 5} for name, one in KINDS.items()})
    loops = [model_of(tree).network["settings"]["loop"][0] for tree in (plain, same)]
    assert loops == [0, 0]
    assert differences(*(in_order(written(model_of(tree), engine)) for tree in (plain, same))) == []


def test_priorities_change_not_one_row_where_nobody_waits(engine: str) -> None:
    plain = center({name: {k: v for k, v in one.items() if k != "priority"} for name, one in KINDS.items()}, agents=90)
    own = center(KINDS, agents=90)
    assert differences(*(in_order(written(model_of(tree), engine)) for tree in (plain, own))) == []


@pytest.mark.parametrize(
    ("rule", "keys"),
    [
        ("rank_then_longest_wait", ("queue", "segment", "arrived")),
        ("priority", ("queue", "segment", "arrived")),
        ("first_come", ("segment", "arrived")),
    ],
)
def test_between_queues_segments_come_after_rank_and_priority_and_before_the_wait(
    rule: str, keys: tuple[str, ...], engine: str
) -> None:
    tree = center(KINDS, routing={"contact": rule})
    tree["reasons"]["move"] = tree["reasons"]["bill"] | {"volume": {"arrivals": {"times": MANY}}}
    tree["queues"] = {"bill": {"priority": 1}, "move": {"priority": 2}}
    tree["groups"]["people"]["serves"] = ["bill", "move"]
    legs = made(tree, engine)
    waited = legs[legs["answered"] > legs["queued"]]
    order = np.lexsort(tuple(waited[key] for key in reversed(("issue", *keys)[1:])))
    assert (np.diff(waited["answered"][order]) > 0).all()


def test_a_group_that_helps_after_a_delay_takes_the_first_who_has_waited_so_long(engine: str) -> None:
    """While a customer of the first segment has not waited for 5 minutes, the group takes another who has."""
    tree = center(KINDS, agents=3)
    times = [f"{8 + k // 60:02d}:{k % 60:02d}" for k in range(110)]
    tree["reasons"]["bill"]["volume"]["arrivals"]["times"] = times
    tree["reasons"]["mail"] = {"volume": {"arrivals": {"times": times[::4]}}, "talk": {"deterministic": "30s"}}
    tree["queues"] = {"bill": {"overflow": [{"after": "5 min", "to": ["back"]}]}, "mail": {}}
    tree["groups"]["back"] = {"agents": 1, "serves": ["mail"]}
    legs = made(tree, engine)
    bills = legs[legs["queue"] == 0]
    helped = bills[bills["group"] == 1]
    assert (helped["answered"] - helped["arrived"] >= 300).all()
    passed = 0
    for one in helped:
        there = bills[(bills["arrived"] < one["answered"]) & (bills["answered"] > one["answered"])]
        due = there[one["answered"] - there["arrived"] >= 300]
        first = (one["segment"], one["arrived"])
        assert all((s, t) > first for s, t in zip(due["segment"], due["arrived"], strict=True))
        passed += int(one["segment"] == 1 and (there["segment"] == 0).any())
    assert passed > 0


def test_chats_take_free_slots_by_segment(engine: str) -> None:
    tree = center(KINDS, channels={"chat": {"concurrent": 3}})
    legs = made(tree, engine)
    waited = legs[legs["answered"] > legs["queued"]]
    order = np.lexsort((waited["arrived"], waited["segment"]))
    assert len(waited) > 80 and (np.diff(waited["answered"][order]) >= 0).all()


def test_two_segments_in_one_queue_wait_as_cobham_says() -> None:
    """M/M/4, W_k = C(n, a) / (n μ (1 - σ_{k-1}) (1 - σ_k)); each figure within four of its standard errors."""
    n, minutes, rate, shares = 4, 4.0, 48.0, (0.4, 0.6)
    load = rate * minutes / 60.0
    blocked = load**n / math.factorial(n)
    delayed = blocked / ((1 - load / n) * sum(load**k / math.factorial(k) for k in range(n)) + blocked)
    tree = {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": "20 h", "length": "200 h"}, "interval": "60 min"},
        "segments": {"gold": {"share": "40%", "priority": 1}, "rest": {"priority": 2}},
        "reasons": {"call": {"volume": {"per_hour": rate}, "talk": {"exponential": {"mean": f"{minutes} min"}}}},
        "groups": {"g": {"agents": n, "serves": ["call"]}},
    }
    found = cxsim.simulate(cxsim.parse(tree), seed=9, replications=40)
    before, after = 0.0, shares[0] * load / n
    for name in ("gold", "rest"):
        wait = 60.0 * delayed * minutes / n / ((1 - before) * (1 - after))
        assert off(found, "asa", name, wait, "segment") < 4.0
        before, after = after, load / n


FUNCTIONS = """
def choose_agent(contact, groups, center):
    for group in groups:
        if group.number == (contact.value >= 500 and contact.segment_priority == 1):
            return group.number
    return None
"""
AS_CLASS = """
class Valuable:
    def choose_agent(self, contact, groups):
        for group in groups:
            if group.number == (1 if contact.value >= 500 and contact.segment_priority == 1 else 0):
                return group.number
        return None

    def choose_contact(self, contacts):
        best = None
        worth = -1.0
        for one in contacts:
            if one.value * (3 - one.segment_priority) > worth:
                best = one.number
                worth = one.value * (3 - one.segment_priority)
        return best
"""


@pytest.mark.parametrize(("text", "name"), [(FUNCTIONS, "own.py"), (AS_CLASS, "own.py:Valuable")])
def test_policies_see_what_a_customer_is_worth_and_the_priority_of_the_segment(
    text: str, name: str, tmp_path: Path, engine: str
) -> None:
    """Who is answered at once is with the second group if worth 500, else with the first."""
    (tmp_path / "own.py").write_text(text)
    kinds = {"gold": KINDS["gold"] | {"value": 500}, "rest": KINDS["rest"] | {"value": 100}}
    tree = center(kinds, agents=30, routing={"policy": str(tmp_path / name)})
    tree["groups"]["others"] = {"agents": 30, "serves": ["bill"]}
    legs = in_order(written(model_of(tree), engine)).legs
    at_once = legs[legs["answered"] == legs["queued"]]
    assert len(at_once) > 40 and set(at_once["segment"]) == {0, 1}
    assert (at_once["group"] == (at_once["segment"] == 0)).all()


def test_a_trace_names_the_segment_that_comes_first_and_methods_say_how_queues_are_ordered() -> None:
    scenario = cxsim.parse(center(KINDS))
    lines = "\n".join(cxsim.trace(scenario, start=8.4 * 3600, end=9 * 3600).text())
    assert "(first: gold since 08:0" in lines and "Priorities of the segments: gold 1, rest 2." in lines
    told = methods(scenario, "1", 1, 1, 0.95, "clock")
    assert "by the priority of the segment (gold: 1 and rest: 2), then first come, first served" in " ".join(
        told.split()
    )
    plain = cxsim.parse(center({name: one | {"priority": 1} for name, one in KINDS.items()}))
    assert "Priorities of" not in "\n".join(cxsim.trace(plain, start=8.4 * 3600, end=9 * 3600).text())
