"""What must hold of every ledger holds on drawn scenarios; see `invariants.py` for the list."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from agreement.invariants import Story, faults
from agreement.running import contacts, in_order, model_of, written
from agreement.strategies import scenarios
from hypothesis import HealthCheck, assume, given, settings

from cxsim.schema import ledger

DRAWN = settings(deadline=None, suppress_health_check=list(HealthCheck))


MOST_CONTACTS = 3000  # of a scenario of the ordinary tests: the checks take time by the square of it


def hold(tree: dict[str, Any], seen: Counter[str], most: float = math.inf) -> None:
    model = model_of(tree)
    made = in_order(written(model, "clock"))
    assume(contacts(made) <= most)
    wrong = faults(model, made)
    assert not wrong, "\n".join(wrong[:5])
    story = Story(model, made)
    seen["contacts"] += contacts(made)
    seen["handed back"] += int(story.handed_back.sum())
    seen["put aside"] += int(story.put_aside.sum())
    seen["moved"] += int(((made.legs["queue"] != made.legs["entry"]) & (made.legs["queue"] >= 0)).sum())
    seen["in the flow"] += int(story.in_flow.sum())
    seen["ties"] += int((np.diff(np.sort(made.legs["ended"])) == 0).sum())
    for field, words in (("outcome", ledger.OUTCOMES), ("cause", ledger.CAUSES)):
        seen.update(words[k] for k in made.legs[field])
    seen.update(ledger.STATES[k] for k in made.spells["state"])


def test_every_ledger_keeps_the_rules() -> None:
    """And the drawn scenarios are worth it: everything that can happen does, and much of it at the same instant."""
    seen: Counter[str] = Counter()

    @settings(DRAWN, max_examples=300)
    @given(scenarios(more=False))
    def keep(tree: dict[str, Any]) -> None:
        hold(tree, seen, MOST_CONTACTS)

    keep()
    elsewhere = {"replied", "consulted", "turn", "outbound", "consult", "put aside"}  # see test_to_and_fro, test_worlds
    happened = {*ledger.OUTCOMES, *ledger.CAUSES, *ledger.STATES, "handed back", "put aside", "moved", "in the flow"}
    assert {what for what in happened - elsewhere if not seen[what]} == set()
    assert seen["ties"] > seen["contacts"] / 20


@pytest.mark.slow
def test_every_ledger_of_many_keeps_the_rules() -> None:
    seen: Counter[str] = Counter()

    @settings(DRAWN, max_examples=500)
    @given(scenarios(more=False))
    def keep(tree: dict[str, Any]) -> None:
        hold(tree, seen)

    keep()
    assert seen["contacts"] >= 100_000


def _spoil(made: ledger.Ledger, what: str) -> ledger.Ledger:
    legs, spells, waiting = made.legs.copy(), made.spells.copy(), made.waiting.copy()
    answered = np.flatnonzero((legs["outcome"] == ledger.ANSWERED) & (legs["answered"] > legs["queued"]))
    k = answered[len(answered) // 2]
    if what == "agent":
        other = np.flatnonzero((legs["agent"] >= 0) & (legs["agent"] != legs["agent"][k]))
        overlap = other[(legs["answered"][other] < legs["ended"][k]) & (legs["ended"][other] > legs["answered"][k])]
        legs["agent"][k] = legs["agent"][overlap[0]]
    elif what == "wait":
        legs["answered"][k] += 30.0
        legs["talk_end"][k] += 30.0
        legs["ended"][k] += 30.0
    elif what == "order":
        later = answered[
            (legs["arrived"][answered] > legs["arrived"][k]) & (legs["arrived"][answered] < legs["answered"][k])
        ]
        for field in ("answered", "talk_end", "ended", "agent", "group"):
            legs[field][k], legs[field][later[0]] = legs[field][later[0]], legs[field][k]
    elif what == "outcome":
        legs["outcome"][k] = ledger.ABANDONED
    elif what == "spell":
        spells["end"][len(spells) // 2] -= 60.0
    elif what == "length":
        waiting[0, 0] += 1.0
    else:
        legs = np.delete(legs, k)
    return ledger.Ledger(legs, spells, waiting, made.most)


@pytest.mark.parametrize("what", ["agent", "wait", "order", "outcome", "spell", "length", "leg"])
def test_the_checks_notice_a_ledger_that_is_wrong(what: str) -> None:
    model = model_of(
        {
            "cxsim": 1,
            "horizon": {"open": "08:00-10:00"},
            "reasons": {
                "r": {"volume": {"per_hour": 60}, "handle_time": {"uniform": {"low": "1 min", "high": "6 min"}}}
            },
            "groups": {"g": {"agents": [3, 2, 3, 3], "serves": ["r"]}},
        }
    )
    made = in_order(written(model, "clock"))
    assert faults(model, made) == []
    assert faults(model, _spoil(made, what)) != []
