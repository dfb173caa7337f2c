"""Resolution, availability and shrinkage by interval and weekday: no effect of factors of 1, worlds by hand, laws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, written
from agreement.strategies import scenarios
from hypothesis import HealthCheck, given, settings

import cxsim
from cxsim.model.prepare import prepare
from cxsim.model.shares_by_time import Shrinkage, availability
from cxsim.rules import absences
from cxsim.schema import ledger
from cxsim.simulation.replications import inputs

KEYS = {"reasons": ("resolution_by_time",), "groups": ("availability_by_time", "shrinkage_by_time")}


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_factors_of_one_change_not_one_row() -> None:
    @settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=12)
    @given(scenarios(loop="plain"))
    def one(tree: dict[str, Any]) -> None:
        both = []
        for ones in ({}, {"factor": 1}):
            said = dict(tree)
            for part, keys in KEYS.items():
                said[part] = {
                    name: {k: v for k, v in each.items() if k not in keys}
                    | {k: ones for k in keys if ones and each.get(k.removesuffix("_by_time"), "80%") != "0%"}
                    for name, each in tree[part].items()
                }
                if part == "groups":
                    for each in said[part].values():
                        if "shrinkage" not in each:
                            each.pop("shrinkage_by_time", None)
            both.append(said)
        wrong = differences(*(in_order(written(model_of(said), "clock")) for said in both))
        assert not wrong, "\n".join(wrong)

    one()


def test_the_instant_at_which_an_agent_begins_decides_whether_a_contact_is_resolved(engine: str) -> None:
    """By quarters of an hour always, (nearly) never, always, never: the third waits from 14:30 to 18:00."""
    calls = {
        "volume": {"arrivals": {"times": ["08:00:00", "08:14:00", "08:14:30", "08:31:00"]}},
        "talk": {"deterministic": "4 min"},
        "resolution": "50%",
        "resolution_by_time": {"factors": [10, 0.0001, 10, 0.0001]},
    }
    horizon = {"open": "08:00-09:00", "interval": "15 min", "before": "0 days", "after": "0 days"}
    groups = {"g": {"agents": 1, "serves": ["a"]}}
    model = model_of({"cxsim": 1, "horizon": horizon, "reasons": {"a": calls}, "groups": groups})
    legs = in_order(written(model, engine)).legs
    assert (legs["answered"] - legs["answered"][0]).tolist() == [0.0, 840.0, 1080.0, 1860.0]
    assert legs["resolved"].tolist() == [True, True, False, True]


def test_each_interval_resolves_its_share(engine: str) -> None:
    """By hours, on a Monday: 4 standard errors each, an error rate of 1 in 4,000; the seed is fixed.

    The group adds ten points to 80 % before the factors: 90 % × 0.8 × 1, 0.5, 0.25 and 1.25.
    """
    tree = {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "08:00-12:00", "interval": "1 h"},
        "reasons": {
            "call": {
                "volume": {"per_hour": 400},
                "talk": "1s",
                "resolution": "80%",
                "resolution_by_time": {"factors": [1, 0.5, 0.25, 1.25], "weekdays": {"mon": 0.8}},
            }
        },
        "groups": {"team": {"agents": 60, "skills": {"call": {"resolution": "+10 points"}}}},
    }
    model = model_of(tree, 3)
    legs = np.concatenate([written(model, engine, replication).legs for replication in range(4)])
    legs = legs[np.isfinite(legs["answered"])]
    hour = ((legs["answered"] - model.timeline.counted_from) // 3600.0).astype(int)
    for k, share in enumerate((0.72, 0.36, 0.18, 0.9)):
        mine = legs["resolved"][hour == 8 + k]
        error = math.sqrt(share * (1.0 - share) / len(mine))
        assert abs(mine.mean() - share) < 4.0 * error, (k, mine.mean(), share)


def test_the_time_at_hand_has_the_hazard_of_each_interval() -> None:
    """The integral of the hazard until an agent goes away is exponential: it is the same draw as with one hazard."""
    group = {"agents": 5, "serves": ["call"], "away": "10 min", "availability": "80%"}
    tree = {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "08:00-12:00", "interval": "1 h"},
        "reasons": {"call": {"volume": {"per_hour": 4}, "talk": "3 min"}},
        "groups": {"team": group},
    }
    varying = tree | {"groups": {"team": group | {"availability_by_time": {"factors": [1, 0.5, 1.25, 0.75]}}}}
    plain, other = model_of(tree), model_of(varying)
    eight = plain.timeline.counted_from + 8 * 3600.0
    hazard = [0.25 / 600.0, 1.5 / 600.0, 0.0, (2.0 / 3.0) / 600.0]  # (1 - a) / a over the mean away-spell
    for n in range(40):
        for agent in range(5):
            key = inputs(plain, 0).run_key
            usual, found = (
                float(absences.away_gap(model.network.record, key, agent, n, eight + 1800.0))
                for model in (plain, other)
            )
            edges = np.clip([0.0, 3600.0, 7200.0, 10800.0, math.inf], 1800.0, 1800.0 + found)
            assert float(np.diff(edges) @ hazard) == pytest.approx(usual * hazard[0], rel=1e-9)


def test_an_agent_who_is_always_available_from_some_time_on_does_not_go_away_after_it(engine: str) -> None:
    """At hand for half of the first quarter of an hour, and then always: who is away then comes back to stay."""
    away = {"availability": "50%", "away": {"deterministic": "60s"}, "availability_by_time": {"factors": [1, 2, 2, 2]}}
    horizon = {"open": "08:00-09:00", "interval": "15 min", "before": "0 days", "after": "0 days"}
    reasons = {"a": {"volume": {"arrivals": {"times": ["08:45"]}}, "talk": "4 min"}}
    groups = {"g": {"agents": 9, "serves": ["a"], **away}}
    model = model_of({"cxsim": 1, "horizon": horizon, "reasons": reasons, "groups": groups})
    spells = written(model, engine).spells
    starts = spells["start"][spells["state"] == ledger.AWAY] - model.timeline.counted_from - 8 * 3600.0
    assert len(starts) > 20 and starts.max() < 900.0
    assert len(spells) == 2 * len(starts) + 9


def test_availability_in_each_interval_is_what_was_asked_once_spells_have_settled(engine: str) -> None:
    """80 %, then 40 %, of idle agents in the last halves of two hours; 5 standard errors, the seed is fixed."""
    tree = {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "08:00-10:00", "interval": "1 h", "before": "0 days", "after": "0 days"},
        "reasons": {"call": {"volume": {"arrivals": {"times": ["08:00"]}}, "talk": "1s"}},
        "groups": {
            "team": {
                "agents": 400,
                "serves": ["call"],
                "availability": "80%",
                "availability_by_time": {"factors": [1, 0.5]},
                "away": "2 min",
            }
        },
    }
    model = model_of(tree, 2)
    made = written(model, engine)
    away = made.spells[made.spells["state"] == ledger.AWAY]
    first = model.timeline.counted_from + 8 * 3600.0
    for hour, share in ((0, 0.8), (1, 0.4)):
        points = first + 3600.0 * hour + np.array([1800.0, 2300.0, 2800.0, 3300.0])
        found = [1.0 - ((away["start"] <= at) & (at < away["end"])).sum() / 400.0 for at in points]
        assert abs(np.mean(found) - share) < 5.0 * math.sqrt(share * (1.0 - share) / 1600.0)
    assert availability(model.scenario, model.timeline)[0, 8:10].tolist() == pytest.approx([0.8, 0.4])


def staffed(shifts: list[Any] | None = None, **group: Any) -> cxsim.Scenario:
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"days": 2, "open": "08:00-12:00", "interval": "1 h", "before": "0 days", "after": "0 days"},
            "reasons": {"call": {"volume": {"per_hour": 4}, "talk": "3 min"}},
            "groups": {"team": {"serves": ["call"], "wage": 30, "shrinkage": "20%"} | group},
            **({"staff": {"shifts": shifts}} if shifts else {}),
        }
    )


def test_shrinkage_takes_from_headcounts_what_it_is_in_each_interval() -> None:
    """Ten people with 20, 40, 10 and 30 %, on Tuesday half as much, by hand: scheduled, and present."""
    by_time = {"factors": [1, 2, 0.5, 1.5], "weekdays": {"tue": 0.5}}
    open_hours = [8, 9, 10, 11, 32, 33, 34, 35]
    left = np.array([0.8, 0.6, 0.9, 0.7, 0.9, 0.8, 0.95, 0.85])
    scheduled = prepare(staffed(agents=20, scheduled=True, shrinkage_by_time=by_time)).plan
    assert scheduled.present[0, open_hours].tolist() == pytest.approx((20 * left).tolist())
    assert scheduled.paid[0, open_hours].tolist() == pytest.approx([20 * 3600.0] * 8)
    present = prepare(staffed(agents=20, scheduled=False, shrinkage_by_time=by_time)).plan
    assert present.present[0, open_hours].tolist() == pytest.approx([20.0] * 8)
    assert present.paid[0, open_hours].tolist() == pytest.approx((20 * 3600.0 / left).tolist())
    assert "40 %" in " ".join(present.notes) or "= 33.3" in " ".join(present.notes)


def test_people_on_shifts_are_there_by_the_mean_shrinkage_of_their_shift() -> None:
    """Ten people from eight to ten with 20 and 40 %, ten from ten to twelve with 10 and 30 %: seven, then eight."""
    times = (("08:00", "10:00"), ("10:00", "12:00"))
    shifts = [{"group": "team", "start": a, "end": b, "agents": 10} for a, b in times]
    scenario = staffed(scheduled=True, shrinkage_by_time={"factors": [1, 2, 0.5, 1.5]}, shifts=shifts)
    plan = prepare(scenario).plan
    assert plan.present[0, 8:12].tolist() == [7.0, 7.0, 8.0, 8.0]
    assert plan.scheduled[0, 8:12].tolist() == [10.0] * 4
    other = Shrinkage(scenario, prepare(scenario).timeline)
    assert other.over("team", 8 * 3600.0 + 1800.0, 9 * 3600.0 + 1800.0) == pytest.approx(0.3)
