"""What a contact flow does to its contacts, against algebra written out by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from oracles.markov import off

import cxsim
from cxsim.rules.ivr_steps import expected, mixed, queue_shares

SCENARIO = Path(__file__).parents[2] / "scenarios" / "phone-menu.yaml"
WELCOME, MENU, BOT = 0.01, 0.02, 0.04  # shares that hang up
INVALID, TRIES = 0.06, 3
CONTAINED, FALSE = 0.30, 0.20
CHOOSES = {"bill": (0.85, 0.15), "move": (0.08, 0.92)}  # the bot, the general queue


def by_hand(reason: str) -> dict[str, float]:
    """Shares of contacts that enter the flow of `phone-menu.yaml`."""
    bot, general = CHOOSES[reason]
    stay, again = 1.0 - MENU, (1.0 - MENU) * INVALID
    tries = (1.0 - again**TRIES) / (1.0 - again)  # of one who comes to the menu
    met = 1.0 - WELCOME
    to_bot = met * tries * stay * (1.0 - INVALID) * bot
    helped = to_bot * (1.0 - BOT) * CONTAINED
    menu_time = (6.0 + 14.0 + 40.0) / 3.0
    return {
        "hung_up": WELCOME + met * tries * MENU + to_bot * BOT,
        "contained": helped * (1.0 - FALSE),
        "not_helped": helped * FALSE,
        "billing": to_bot * (1.0 - BOT) * (1.0 - CONTAINED),
        "general": met * tries * stay * (1.0 - INVALID) * general + met * again**TRIES,
        "seconds": 8.0 * (1.0 - WELCOME / 2)
        + met * tries * menu_time * (1.0 - MENU / 2)
        + to_bot * 70.0 * (1.0 - BOT / 2),  # an exponential time, cut short at a uniform share of it
    }


@pytest.mark.parametrize("reason", ["bill", "move"])
def test_the_expected_flow_is_the_algebra(reason: str) -> None:
    hand, found = by_hand(reason), expected(cxsim.read(SCENARIO), reason)
    assert math.isclose(sum(hand.values()) - hand["seconds"], 1.0)
    assert sum(found.hung_up.values()) == pytest.approx(hand["hung_up"], rel=1e-12)
    assert found.contained == pytest.approx({"bill_bot": hand["contained"]}, rel=1e-12)
    assert found.not_helped == pytest.approx({"bill_bot": hand["not_helped"]}, rel=1e-12)
    assert found.queues == pytest.approx({"billing": hand["billing"], "general": hand["general"]}, rel=1e-12)
    assert queue_shares(cxsim.read(SCENARIO), reason) == found.queues
    assert found.seconds == pytest.approx(hand["seconds"], rel=1e-12)


def test_shares_of_several_reasons_are_weighted() -> None:
    found = mixed(cxsim.read(SCENARIO), {"bill": 300.0, "move": 100.0})
    hand = {name: 0.75 * by_hand("bill")[name] + 0.25 * by_hand("move")[name] for name in ("billing", "seconds")}
    assert found.queues["billing"] == pytest.approx(hand["billing"], rel=1e-12)
    assert found.seconds == pytest.approx(hand["seconds"], rel=1e-12)


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_simulated_shares_are_the_algebra(engine: str) -> None:
    """Six figures at 4 standard errors: an error rate of 4 in 10,000; seed 5 is fixed.

    Standard errors are those of a binomial share, over replications of about 18,000 contacts.
    """
    scenario = cxsim.read(SCENARIO)
    found = cxsim.simulate(scenario, seed=5, replications=2 if engine == "clock" else 1, engine=engine)
    told = found.figures[(found.figures["interval"] == "total")].set_index(["figure", "name"])["value"]
    runs = 2 if engine == "clock" else 1
    for reason in ("bill", "move"):
        hand, n = by_hand(reason), runs * float(told["offered", reason])
        share = hand["contained"] + hand["not_helped"]
        for figure, right in (("hung_up_share", hand["hung_up"]), ("contained_share", share)):
            error = math.sqrt(right * (1.0 - right) / n)
            assert abs(float(told[figure, reason]) - right) < 4.0 * error, (figure, reason)
        # The time of one contact has a standard deviation below its mean and half: see the laws.
        assert abs(float(told["flow_time", reason]) - hand["seconds"]) < 4.0 * 1.5 * hand["seconds"] / math.sqrt(n)
    parts = ("answered", "abandoned", "balked", "blocked", "closed", "contained", "hung_up", "unfinished")
    assert sum(float(told[part, "total"]) for part in parts) == pytest.approx(float(told["offered", "total"]))


def loop(**bot: Any) -> cxsim.Scenario:
    """Issues that a bot ends, truly or falsely, and agents in plenty who resolve the rest at once."""
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"open": "00:00-24:00", "days": 20, "before": "0 days", "after": "10 days"},
            "reasons": {"r": {"volume": {"per_hour": 40}, "handle_time": "1 min", "flow": "bot"}},
            "flow": {"bot": {"self_service": {"time": "30s", **bot}, "then": "desk"}},
            "groups": {"team": {"agents": 60, "serves": ["desk"]}},
            "after_contact": {
                "unresolved": {"repeat": "80%", "delay": {"exponential": {"mean": "6 h"}}, "at_most": 1000},
            },
        }
    )


def test_false_containment_comes_back() -> None:
    """Contacts per issue are 1 / (1 - c f r): a falsely contained customer returns with probability r.

    19,200 issues, each with a geometric number of contacts; 4 standard errors, seed 3.
    """
    c, f, r = 0.6, 0.5, 0.8
    found = cxsim.simulate(loop(contained="60%", of_which_false="50%"), seed=3, replications=1)
    told = found.figures[(found.figures["interval"] == "total") & (found.figures["scope"] == "total")]
    told = told.set_index("figure")["value"]
    again = c * f * r
    mean, n = 1.0 / (1.0 - again), float(told["fresh"])
    assert abs(float(told["contacts_per_issue"]) - mean) < 4.0 * math.sqrt(again) * mean / math.sqrt(n)
    share = float(told["contained_false_share"])
    assert abs(share - f) < 4.0 * math.sqrt(f * (1.0 - f) / float(told["contained"]))
    assert float(told["repeats"]) > 0.0 and float(told["redials"]) == 0.0


def shop(**parts: Any) -> cxsim.Scenario:
    """Calls at an even rate by day and night, agents in plenty."""
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"open": "00:00-24:00", "days": 20, "before": "0 days", "after": "0 days"},
            "reasons": {"r": {"volume": {"per_hour": 60}, "talk": {"deterministic": "2 min"}, "flow": "gate"}},
            "groups": {"team": {"agents": 40, "serves": ["desk"]}},
            **parts,
        }
    )


def test_hours_let_in_whom_they_say() -> None:
    """Open from Monday to Friday, 8 to 18, but on one holiday of twenty days: 14 of 15 times 10 hours."""
    gate = {"hours": {"open": {"mon-fri": "08:00-18:00"}, "holidays": ["2026-01-06"]}, "then": "desk"}
    scenario = shop(flow={"gate": gate})
    share = 14 * 10 / (20 * 24)
    assert expected(scenario, "r").queues["desk"] == pytest.approx(share, abs=1e-12)
    assert expected(scenario, "r").turned_away["gate"] == pytest.approx(1.0 - share, abs=1e-12)
    found = cxsim.simulate(scenario, seed=1, replications=20)
    assert off(found, "closed_share", "r", 1.0 - share) < 4.0


def test_a_self_service_is_there_for_its_share_of_the_time() -> None:
    """Up and down in turn by exponential times, in steady state from midnight on; two planned hours a day besides."""
    bot = {"contained": "100%", "availability": "80%", "outage": "40 min", "down": {"from": "02:00", "to": "04:00"}}
    scenario = shop(flow={"gate": {"self_service": bot, "then": "desk"}})
    share = 0.8 * 22 / 24
    assert expected(scenario, "r").contained["gate"] == pytest.approx(share, abs=1e-12)
    found = cxsim.simulate(scenario, seed=2, replications=20)
    assert off(found, "contained_share", "r", share) < 4.0


def test_data_captured_before_the_talk_shortens_it() -> None:
    """Two minutes of talk, half a minute spared in 60 % of the contacts; the others go on to the same queue."""
    capture = {"time": {"deterministic": "20s"}, "success": "60%", "saves": "30s"}
    found = cxsim.simulate(shop(flow={"gate": {"capture": capture, "then": "desk"}}), seed=3, replications=20)
    assert off(found, "aht", "desk", 120.0 - 0.6 * 30.0) < 4.0


def test_further_attempts_begin_where_they_are_said_to() -> None:
    """A bot that helps nobody, after which 30 % call and the others write: shares of the second attempts."""
    scenario = shop(
        flow={"gate": {"self_service": {"contained": "100%", "of_which_false": "100%"}, "then": "desk"}},
        queues={"mail": {}},
        groups={"team": {"agents": 40, "serves": ["desk", "mail"]}},
        after_contact={"contained": {"repeat": "100%", "delay": "5 min", "next": {"desk": "30%", "mail": "70%"}}},
    )
    found = cxsim.simulate(scenario, seed=4, replications=20)
    told = found.figures[found.figures["interval"] == "total"].set_index(["figure", "name"])["value"]
    calls, letters = float(told["repeats", "desk"]), float(told["repeats", "mail"])
    n = 20 * (calls + letters)
    assert abs(calls / (calls + letters) - 0.3) < 4.0 * math.sqrt(0.3 * 0.7 / n)
    assert calls + letters == pytest.approx(float(told["contained", "r"]), rel=0.01)
