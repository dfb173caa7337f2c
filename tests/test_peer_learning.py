"""Lessons that pass from agent to agent: by the formula from the ledger, at known times, and without effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, verified, written

from cxsim.model.prepare import prepare
from cxsim.randomness import draws
from cxsim.rules import loyalty
from cxsim.scenario import parse
from cxsim.scenario.lever_catalogue import changed
from cxsim.schema import ledger
from cxsim.simulation.replications import inputs, replicate

HALVES, GAIN, SPREADS, TOLD = 6, 0.55, 3600.0, 0.7


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def two_teams(**learning: Any) -> dict[str, Any]:
    rule = {"halves": HALVES, "resolution": "55 points", "spreads": "1 h", "fed_back": "70%"} | learning
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-13:00", "interval": "60 min", "before": "0 days", "after": "0 days"},
        "reasons": {
            "bill": {"volume": {"per_hour": 25}, "talk": "6 min", "resolution": "35%", "learning": rule},
            "other": {"volume": {"per_hour": 5}, "talk": "6 min", "resolution": "35%", "queue": "bill"},
        },
        "groups": {"one": {"agents": 3, "serves": ["bill"]}, "two": {"agents": 2, "serves": ["bill"]}},
        "after_contact": {"unresolved": {"repeat": "50%", "delay": "20 min"}},
    }


def test_every_agent_knows_its_own_lessons_and_what_colleagues_told(engine: str) -> None:
    """Talk by talk: whether it resolves the issue is its draw against 35 % + 55 points x what this agent knows then."""
    model = model_of(two_teams())
    made = in_order(written(model, engine)).legs
    keys, _ = loyalty.whose(model.network, inputs(model, 0).run_key, made["issue"], made["segment"])
    groups = model.network["team"]["group"]
    lessons: list[tuple[float, int]] = []  # when, whose
    knew: list[float] = []
    for k in np.argsort(made["talk_end"]):
        leg = made[k]
        if leg["outcome"] != ledger.ANSWERED:
            continue
        now, agent, chance = float(leg["talk_end"]), int(leg["agent"]), 0.35
        if leg["reason"] == 0:
            known = sum(
                1.0 if whose == agent else 1.0 - 2.0 ** (-(now - when) / SPREADS)
                for when, whose in lessons
                if groups[whose] == groups[agent]
            )
            chance += GAIN * (1.0 - 2.0 ** (-known / HALVES))
            knew.append(known)
        place = draws.attempt_key(np.uint64(keys[k]), int(leg["attempt"]), 1)
        assert leg["resolved"] == (draws.uniform(np.uint64(place), draws.RESOLVE) < chance), leg
        if leg["resolved"] and leg["reason"] == 0 and draws.uniform(np.uint64(keys[k]), draws.LESSON) < TOLD:
            lessons.append((now, agent))
    assert len(knew) > 80 and max(knew) > 10.0 and {int(groups[whose]) for _, whose in lessons} == {0, 1}


def test_what_a_colleague_knows_is_its_formula_and_another_team_knows_nothing() -> None:
    """Six issues are resolved for sure by 8:30; at 11:00 a colleague and then another team answer, with 0 %.

    Of 600 replications: within five standard errors of a binomial.
    """
    minutes = [0, 5, 10, 15, 20, 29]
    rule = {"halves": HALVES, "resolution": "100 points", "spreads": "2 h"}
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"open": "08:00-12:00", "interval": "60 min", "before": "0 days", "after": "0 days"},
            "reasons": {
                "bill": {
                    "volume": {"arrivals": {"times": [*(f"08:{m:02}:00" for m in minutes), "11:00:00", "11:00:01"]}},
                    "talk": {"deterministic": "60s"},
                    "resolution_by_time": {"factors": [1, 1e-7, 1e-7, 1e-7]},
                    "learning": rule,
                }
            },
            "groups": {"one": {"serves": ["bill"]}, "two": {"serves": ["bill"]}},
            "staff": {
                "shifts": [
                    {"group": "one", "start": "08:00", "end": "09:00"},
                    {"group": "one", "start": "10:30", "end": "12:00"},
                    {"group": "two", "start": "10:45", "end": "12:00"},
                ]
            },
        }
    )
    solved = np.array([made.legs["resolved"] for made in replicate(prepare(scenario), 600, keep=True)[1]])
    assert solved.shape == (600, 8) and solved[:, :6].all() and not solved[:, 7].any()
    known = sum(1.0 - 2.0 ** (-(180.0 - minute) / 120.0) for minute in minutes)
    right = 1.0 - 2.0 ** (-known / HALVES)
    assert 0.2 < right < 0.5 and abs(solved[:, 6].mean() - right) < 5 * np.sqrt(right * (1 - right) / 600)


def test_keys_without_effect_change_not_one_row(engine: str) -> None:
    plain = two_teams(fed_back="0%")
    del plain["reasons"]["bill"]["learning"]
    right = in_order(written(model_of(plain), "clock"))
    for same in ({"fed_back": "0%"}, {"resolution": "0 points"}):
        assert not differences(right, in_order(written(model_of(two_teams(**same)), engine)))
    assert differences(right, in_order(written(model_of(two_teams()), engine)))


def test_both_engines_agree() -> None:
    model = model_of(two_teams(prevents="30%", delay="0s"))
    assert not differences(in_order(written(model, "clock")), in_order(verified(model)))


def test_the_lever_lets_colleagues_know_sooner() -> None:
    scenario = parse(two_teams())
    assert changed(scenario, ["peer_learning"], {}).reasons["bill"].learning.spreads == 1800.0
    none = changed(scenario, ["peer_learning"], {"sooner": 0.0})
    assert none.reasons["bill"].learning.spreads == 3600.0
