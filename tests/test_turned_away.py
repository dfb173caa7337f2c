"""Contacts that a portal, open at any hour, leads to a queue that is closed: `check` and every run tell the share."""

from __future__ import annotations

import math
from typing import Any

import pytest

import cxsim
from cxsim.cli.check import facts
from cxsim.rules.ivr_steps import turned_away

OPEN = "08:00-18:00"


def center(**changes: Any) -> dict[str, Any]:
    return {
        "cxsim": 1,
        "horizon": {"days": 2, "open": OPEN, "before": 0, "after": "1 days"},
        "channels": {"phone": {"patience": "3 min"}, "web": {"always_open": True}},
        "reasons": {"bill": {"volume": "30/h", "talk": "5 min", "flow": "portal"}},
        "flow": {"portal": {"channel": "web", "self_service": {"contained": "20%"}, "then": "billing"}},
        "queues": {"billing": {"channel": "phone"}},
        "groups": {"desk": {"agents": 8, "serves": ["billing"]}},
        **changes,
    }


def said(tree: dict[str, Any]) -> list[str]:
    return [line for line in facts(cxsim.parse(tree))[0] if "turned away" in line]


def test_check_tells_the_share_and_what_to_do() -> None:
    """14 of 24 hours are closed, and the portal helps one in five."""
    (line,) = said(center())
    assert line.startswith(f"bill: about {100 * 0.8 * 14 / 24:.0f}% of these arrive while their queue is closed")
    assert "'hours' node" in line


def test_a_steady_state_is_never_closed() -> None:
    """Its last interval is six hours of a day: the rest of that day is no closed time."""
    steady = {"steady": {"warm_up": "1 h", "length": "30 h", "after": "0 min"}, "interval": "24 h"}
    assert not said(center(horizon=steady))


def test_the_run_begins_with_the_share() -> None:
    """Of some 1,440 contacts: 4 standard errors of a binomial share, an error rate of 1 in 15,000; seed 1 is fixed."""
    made = cxsim.simulate(cxsim.parse(center()), seed=1, replications=2)
    share, right = made.estimate("closed_share").value, 0.8 * 14 / 24
    assert abs(share - right) < 4.0 * math.sqrt(right * (1.0 - right) / 2880)
    assert f"{100 * share:.1f}% of contacts are turned away because their queue is closed." in made.headline()


@pytest.mark.parametrize(
    ("hours", "queue", "left"),
    [
        (OPEN, "billing", 0.0),  # the flow knows what to do by night
        ("06:00-18:00", "billing", 0.8 * 2 / 14),  # it is wrong for two of fourteen hours
        (OPEN, "letters", 0.0),  # a queue of a channel that is open at any hour
    ],
)
def test_an_hours_node_or_a_queue_that_stays_open_is_enough(hours: str, queue: str, left: float) -> None:
    """By night contacts go from the portal to a message, which is a choice, or to a queue that is open."""
    tree = center()
    tree["flow"]["portal"]["then"] = "door" if queue == "billing" else queue
    tree["flow"]["door"] = {"hours": {"open": hours}, "then": "billing", "otherwise": "closed"}
    if queue == "letters":
        del tree["flow"]["door"]
        tree["queues"] = {"letters": {"channel": "web"}}
        tree["groups"]["desk"]["serves"] = ["letters"]
    # Of all that come while it is closed, 2 of 14 hours come to the queue.
    assert turned_away(cxsim.parse(tree), "bill") == pytest.approx(left)
    assert bool(said(tree)) == (left > 0.0)


def test_who_can_only_come_by_day_is_not_spoken_of() -> None:
    tree = center()
    tree["flow"]["portal"]["channel"] = "phone"
    del tree["channels"]["web"]
    assert not said(tree)
    made = cxsim.simulate(cxsim.parse(tree), seed=1, replications=1)
    assert "closed" not in made.headline()
