"""Contacts counted once: who was queued, what a contact costs, and how often the busiest customer calls."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import cxsim
from cxsim.cli.check import facts
from cxsim.model.prepare import prepare
from cxsim.randomness import draws
from cxsim.rules.loyalty import whose
from cxsim.simulation.replications import replicate
from cxsim.simulation.simulate import simulate


def figure(tree: dict[str, Any], name: str, scope: str = "total", of: str = "", engine: str = "clock") -> float:
    return simulate(cxsim.parse(tree), replications=1, engine=engine).estimate(name, scope, of).value  # type: ignore[arg-type]


def handing_back(times: list[str]) -> dict[str, Any]:
    """One agent until 08:10, who hands back, and one from 08:20 on; talks of half an hour."""
    shifts = [{"group": "g", "start": "08:00", "end": "08:10"}, {"group": "g", "start": "08:20", "end": "12:00"}]
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-12:00"},
        "reasons": {"a": {"volume": {"arrivals": {"times": times}}, "talk": {"deterministic": {"value": "30 min"}}}},
        "groups": {"g": {"serves": ["a"]}},
        "staff": {"shifts": shifts, "at_shift_end": "hand_back"},
    }


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_who_is_answered_at_once_and_handed_back_was_not_queued(engine: str) -> None:
    """The first is answered at 08:00 and waits from 08:10 to 08:20; the second waits from 08:05 on."""
    assert figure(handing_back(["08:00:00"]), "queued", engine=engine) == 0
    assert figure(handing_back(["08:00:00"]), "asa", engine=engine) == 600
    both = handing_back(["08:00:00", "08:05:00"])
    assert figure(both, "queued", engine=engine) == 1
    assert figure(both, "share_queued", engine=engine) == 0.5


def test_who_waits_is_handed_back_and_waits_again_was_queued() -> None:
    """The first holds the agent until 08:10; the second waits for the next, who leaves at 08:30."""
    tree = handing_back(["08:00:00", "08:05:00"])
    tree["staff"]["shifts"] = [
        {"group": "g", "start": "08:00", "end": "08:10"},
        {"group": "g", "start": "08:20", "end": "08:30"},
        {"group": "g", "start": "08:40", "end": "12:00"},
    ]
    assert figure(tree, "queued") == 1


def handed_on() -> dict[str, Any]:
    """Every contact of the front line goes on to the experts; a contact costs 2."""
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-12:00", "before": "0 days", "after": "0 days"},
        "reasons": {"a": {"volume": {"per_hour": 20}, "talk": "2 min", "cost": 2, "queue": "front"}},
        "queues": {"front": {"transfers": [{"to": "experts", "share": "100%"}]}, "experts": {}},
        "groups": {"g": {"agents": 9, "serves": ["front"]}, "e": {"agents": 9, "serves": ["experts"]}},
    }


def test_a_transferred_contact_costs_once_where_it_was_answered_first() -> None:
    result = simulate(cxsim.parse(handed_on()), replications=1)
    fresh = result.estimate("fresh").value
    assert result.estimate("transferred").value == fresh > 50
    assert result.estimate("contact_cost").value == 2 * fresh
    assert result.estimate("contact_cost", "queue", "front").value == 2 * fresh
    assert result.estimate("contact_cost", "queue", "experts").value == 0
    assert result.estimate("cost_per_contact").value == pytest.approx(2, rel=0.05)  # a few come after closing time


def test_a_contact_that_gives_up_after_a_transfer_still_cost_once() -> None:
    tree = handed_on()
    tree["channels"] = {"phone": {"patience": "1 min"}}
    tree["groups"]["e"]["agents"] = 1
    result = simulate(cxsim.parse(tree), replications=1)
    assert result.estimate("abandoned", "queue", "experts").value > 10
    assert result.estimate("contact_cost").value == 2 * result.estimate("answered", "queue", "front").value


def test_a_callback_that_reaches_the_customer_costs_like_any_contact() -> None:
    """Two agents for forty calls an hour: many are called back."""
    tree = {
        "cxsim": 1,
        "horizon": {"open": "08:00-12:00"},
        "reasons": {"a": {"volume": {"per_hour": 40}, "talk": "4 min", "cost": 3}},
        "queues": {"a": {"callback": {"over": "1 min", "accepted": "70%", "reached": "80%"}}},
        "groups": {"g": {"agents": 3, "serves": ["a"]}},
    }
    result = simulate(cxsim.parse(tree), replications=1)
    answered, reached = (result.estimate(name).value for name in ("answered", "callbacks_reached"))
    assert reached > 5
    assert result.estimate("contact_cost").value == 3 * (answered + reached)


def members(share: str) -> cxsim.Scenario:
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 28, "open": {"mon-fri": "08:00-18:00"}},
            "segments": {"members": {"customers": 20000, "market": 30000, "heavy_users": share}},
            "reasons": {"bills": {"volume": "60/h", "talk": "3 min"}},
            "groups": {"service": {"agents": 12, "serves": ["bills"]}},
        }
    )


def test_the_busiest_customer_has_issues_as_one_of_many_not_one_of_every_day() -> None:
    """12,000 issues in 20 open days: one customer had 183 of them. Now the busiest expects about 12, by formula."""
    scenario = members("50%")
    model = prepare(scenario, 3)
    segment = scenario.segments["members"]
    _, (made,) = replicate(model, 1, keep=True)
    first = np.unique(made.legs["issue"][made.legs["attempt"] == 1])
    seats = whose(model.network, draws.run_key(3, 0), first, np.zeros(len(first), np.int16))[1]
    counts = Counter(seats.tolist())
    most = max(counts.values())
    expected = 12000 * segment.crowd * segment.busiest
    assert 8 < expected < 16
    assert most < 3 * expected
    fifth = sum(count for seat, count in counts.items() if seat < segment.seats / 5) / len(first)
    assert fifth == pytest.approx(0.5, abs=0.05)  # of the seats that are taken, a few points more or less


@pytest.mark.parametrize("share", ["20%", "50%", "85%"])
def test_the_share_of_the_busiest_is_a_lognormal_one(share: str) -> None:
    segment = members(share).segments["members"]
    assert segment.busiest >= 1 / segment.seats - 1e-12
    assert (segment.unevenness == 0.0) is (share == "20%")
    assert segment.crowd == pytest.approx(1.5, rel=0.02)


def test_check_says_how_often_the_busiest_calls() -> None:
    said = " ".join(facts(members("50%"))[0])
    assert "each with 7.8 issues a year, the busiest with 1" in said
    assert "busiest" not in " ".join(facts(members("20%"))[0])
