"""Prices: money counted by hand, and the check plans of two published instances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cxsim.metrics.figure import COST
from cxsim.metrics.registry import terms
from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.model.prepare import Model, prepare
from cxsim.optimizer.problem.prices import Prices, prices
from cxsim.scenario import parse, read


def made(optimize: dict[str, Any] | None = None, **more: Any) -> tuple[Model, Prices]:
    """Two groups, 08:00 to 10:15 in half-hours."""
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "open": "08:00-10:15", "interval": "30 min"},
        "reasons": {
            "sales": {"volume": {"per_hour": 10}, "handle_time": {"exponential": {"mean": "4 min"}}, "cost": 2},
            "tech": {
                "volume": {"per_hour": 10},
                "talk": {"lognormal": {"mean": "5 min", "cv": "80%"}},
                "wrap": {"exponential": {"mean": "1 min"}},
                "resolution": "50%",
            },
        },
        "queues": {"sales": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {
            "one": {
                "agents": 3,
                "wage": 20,
                "shrinkage": "20%",
                "scheduled": False,
                "skills": {"sales": {"handle_time": 1.5}},
            },
            "both": {"agents": 4, "wage": 30, "skills": {"sales": {}, "tech": {"handle_time": "3 min"}}},
        },
        **more,
    }
    scenario = parse(tree if optimize is None else tree | {"optimize": optimize})
    model = prepare(scenario, 1)
    return model, prices(scenario, model.layout, model.timeline)


def test_an_agent_present_is_paid_for_the_open_time_and_for_the_shrinkage() -> None:
    model, money = made()
    there = np.flatnonzero(model.timeline.open_mask)
    assert there.tolist() == [16, 17, 18, 19, 20]
    np.testing.assert_allclose(money.present[0, there], np.array([0.5, 0.5, 0.5, 0.5, 0.25]) * 20 / 0.8)
    np.testing.assert_allclose(money.present[1, there], np.array([0.5, 0.5, 0.5, 0.5, 0.25]) * 30)
    assert money.present.sum() == pytest.approx(money.present[:, there].sum())
    wages = (model.plan.paid * model.plan.wage[:, None] / 3600).sum()
    levels = np.where(model.timeline.open_mask, [[3], [4]], 0)
    assert money.staff(levels, model.timeline.open_mask)["wages"] == pytest.approx(wages)


def test_a_leaver_costs_the_rest_of_a_service_in_progress() -> None:
    """Exponential: rest = mean; the group with two skills takes the mean of both rests."""
    _, money = made()
    cv2 = ((300 * 0.8) ** 2 + 60**2) / 360**2
    tech = (1 + cv2) / 2 * 180
    np.testing.assert_allclose(money.leaver, [20 * 0.85 * 360 / 3600, 30 * 0.85 * (240 + tech) / 2 / 3600])


@pytest.mark.parametrize(
    "change",
    [
        {"staff": {"overrun_paid": False}},
        {"staff": {"at_shift_end": "hand_back"}},
        {"optimize": {"counts": ["wages", "contacts"]}},
    ],
)
def test_leavers_are_free_where_overrun_is_not_paid_for(change: dict[str, Any]) -> None:
    assert made(**change)[1].leaver.tolist() == [0.0, 0.0]


def test_leavers_are_counted_between_open_intervals_not_at_closing_time() -> None:
    model, money = made()
    levels = np.zeros((2, 48))
    levels[0, 16:21] = [3, 5, 1, 2, 2]
    levels[1, 16:21] = [4, 3, 3, 2, 1]
    assert money.leavers(levels, model.timeline.open_mask).tolist() == [4.0, 3.0]
    overrun = money.staff(levels, model.timeline.open_mask)["overrun"]
    assert overrun == pytest.approx(4 * money.leaver[0] + 3 * money.leaver[1])


def sums(model: Model, **columns: list[float]) -> np.ndarray[Any, Any]:
    """Contact sums of the two streams in one interval."""
    out = np.zeros((len(CONTACT_COLUMNS), 2, model.layout.n_intervals))
    for name, values in columns.items():
        out[CONTACT_COLUMNS.index(name), :, 17] = values
    return out


def test_penalties_and_the_cost_of_contacts_are_split_by_term() -> None:
    model, money = made({"prices": {"waiting_hour": 36, "abandoned": 3, "unresolved": 7}})
    contacts = sums(
        model,
        answered=[10, 20],
        wait_answered=[100, 0],
        wait_abandoned=[0, 50],
        wait_other=[10, 0],
        abandoned=[1, 2],
        fresh=[12, 22],
        cohort_resolved=[11, 15],
    )
    split = money.split(contacts, wages=500.0, overrun=6.0)
    assert split == {
        "wages": 500.0,
        "overrun": 6.0,
        "contacts": pytest.approx(20.0),
        "waiting": pytest.approx(1.6),
        "abandonment": pytest.approx(9.0),
        "unresolved": pytest.approx(56.0),
        "churn": 0.0,
    }
    assert money.outcome(contacts) == pytest.approx(86.6)
    assert money.by_interval(contacts)[17] == pytest.approx(86.6)


def test_terms_that_do_not_count_cost_nothing() -> None:
    model, money = made({"counts": ["wages", "waiting"], "prices": {"waiting_hour": 36}})
    contacts = sums(model, answered=[10, 20], wait_answered=[100, 0], abandoned=[1, 2], fresh=[9, 9])
    assert money.outcome(contacts) == pytest.approx(1.0)
    assert sum(money.split(contacts, 500.0, 6.0).values()) == pytest.approx(501.0)


def test_without_prices_only_wages_overrun_and_contacts_count() -> None:
    model, money = made()
    assert money.counted == {"wages", "overrun", "contacts"}
    contacts = sums(model, answered=[10, 20], wait_answered=[100, 0], abandoned=[1, 2], fresh=[9, 9])
    assert money.outcome(contacts) == pytest.approx(20.0)


# Two published instances of eight types and twelve groups: check plans of the eight groups that have anybody, agents
# by half-hour, and what they cost.
SMALL = [
    "1111111133444433211111111111000111111111",
    "2222223445566554443344444444433222222222",
    "0111111123333332000002222222111110000111",
    "1122223344555544333334444444333222222111",
    "0000000022333322211112222222200000000000",
    "1111122233444443333333344443333222221111",
    "0000000011222221111111122221111100000000",
    "1111222233344433333333333343333222222222",
    *["0" * 40] * 4,
]
LARGE = [
    "8 9 8 10 11 13 16 20 24 28 32 34 34 32 29 25 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 10 8 8 7 6 6 6 5",
    "9 9 10 11 12 14 17 21 25 30 34 35 35 33 31 27 23 21 20 20 21 23 25 27 27 27 25 23 21 18 15 14 11 10 9 8 8 7 7 7",
    "0 4 4 5 5 6 7 10 20 24 26 27 27 27 24 22 15 15 15 15 15 15 15 15 15 15 15 15 5 5 4 4 4 3 2 2 2 2 2 2",
    "7 8 8 8 9 11 14 16 20 23 26 28 28 27 25 22 19 18 17 17 18 20 21 23 23 23 22 20 18 17 14 13 11 10 9 8 8 8 7 7",
    "0 0 0 0 0 0 0 0 0 19 22 22 22 22 21 19 14 14 14 14 14 14 14 14 14 14 14 14 10 10 10 10 10 9 7 7 7 7 7 7",
    "5 5 6 6 7 8 10 13 16 20 22 23 23 23 20 18 16 15 14 14 15 17 18 19 20 20 20 19 17 15 13 12 10 9 8 8 7 7 7 7",
    "0 0 0 0 0 0 0 0 13 15 15 15 15 15 15 14 11 11 11 11 11 12 12 12 12 12 12 12 12 11 7 3 0 0 0 0 0 0 0 0",
    "4 4 5 5 6 6 8 10 11 14 15 16 17 16 15 13 13 12 11 11 12 13 15 16 16 16 16 15 14 12 11 10 9 8 7 7 7 7 7 7",
    *["0 " * 40] * 4,
]
SKILLS = [
    {0: 1.0},
    {1: 1.0, 2: 1.1},
    {2: 1.0},
    {3: 1.0, 4: 1.1},
    {4: 1.0},
    {5: 1.0, 6: 1.1},
    {6: 1.0},
    {7: 1.0, 0: 1.1},
    *(dict.fromkeys(types, 1.06) for types in ((0, 1, 2, 3), (2, 3, 4, 5), (4, 5, 6, 7), (0, 2, 5, 7))),
]
LEAVER = [
    0.05185,
    0.07446,
    0.0716,
    0.09644,
    0.09135,
    0.11843,
    0.11111,
    0.09435,
    0.08338,
    0.10809,
    0.1328,
    0.10809,
]


@pytest.mark.parametrize(
    ("agents", "cost"),
    [([[int(x) for x in row] for row in SMALL], 337.615), ([[int(x) for x in row.split()] for row in LARGE], 2155.524)],
)
def test_published_plans_cost_what_is_published(agents: list[list[int]], cost: float) -> None:
    """Wage × half-hours, and for each agent who leaves wage × 0.85 × (1 + 1.2²)/2 × mean service."""
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"open": "00:00-20:00"},
            "reasons": {
                f"type_{r}": {
                    "volume": {"per_hour": 10 + r},
                    "handle_time": {"lognormal": {"mean": f"{180 + 240 * r / 7}s", "cv": "120%"}},
                }
                for r in range(8)
            },
            "groups": {
                f"group_{g}": {
                    "agents": agents[g],
                    "wage": round(1 + 0.06 * (len(skills) - 1), 2),
                    "skills": {f"type_{r}": {"handle_time": factor} for r, factor in skills.items()},
                }
                for g, skills in enumerate(SKILLS)
            },
        }
    )
    model = prepare(scenario, 1)
    money = prices(scenario, model.layout, model.timeline)
    np.testing.assert_allclose(money.leaver, LEAVER, atol=6e-6)
    assert sum(money.staff(model.plan.present, model.timeline.open_mask).values()) == pytest.approx(cost, abs=1e-3)


def test_only_scenarios_that_have_them_price_conversations_and_compensation():
    """A price that is never asked for would refuse the enumeration of plans by cost, and slow every trial."""
    found = {}
    for name in ("quickstart", "ai-agents", "experience/care"):
        scenario = read(Path(__file__).parents[2] / "scenarios" / f"{name}.yaml")
        model = prepare(scenario, 1)
        found[name] = prices(scenario, model.layout, model.timeline)
    assert {name: (one.conversations, one.compensation) for name, one in found.items()} == {
        "quickstart": (0.0, 0.0),
        "ai-agents": (1.0, 0.0),
        "experience/care": (0.0, 1.0),
    }


EVERYTHING_PRICED = {
    "cxsim": 1,
    "horizon": {"open": "08:00-10:00", "interval": "60 min"},
    "reasons": {
        "ask": {
            "volume": "30/h",
            "handle_time": "5 min",
            "resolution": "80%",
            "cost": 1.5,
            "learning": {"fed_back": "20%", "cost": 7.0, "halves": 100},
            "flow": "assistant",
        }
    },
    "flow": {"assistant": {"ai_agent": {"time": "1 min", "resolves": "20%", "cost": 0.4}, "then": "desk"}},
    "queues": {"desk": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
    "groups": {"team": {"agents": 5, "wage": 25, "serves": ["desk"], "empowerment": {"budget": 30, "given": 15}}},
}


def test_the_objective_counts_every_part_of_cost():
    """Before, lessons were left out, and contacts that were transferred counted twice, those called back never.

    What `cost` adds up is read from the registry, so that a part that is new fails here until it counts or is named.
    """
    model = prepare(parse(EVERYTHING_PRICED), 1)
    layout = model.layout
    money = prices(model.scenario, layout, model.timeline)
    rng = np.random.default_rng(3)
    contacts = rng.integers(0, 50, (len(CONTACT_COLUMNS), len(layout.streams), layout.n_intervals)).astype(float)
    of_staff, expected = {"staff_cost"}, 0.0  # wages and overrun, which the structure prices
    for name, sign in terms(COST):
        if name in of_staff:
            continue
        parts = layout.priced.get(name) or [(name, np.ones(len(layout.streams)))]
        each = [float((price @ contacts[CONTACT_COLUMNS.index(of)]).sum()) for of, price in parts]
        assert any(each), f"{name} costs nothing in this scenario, so it is not tested"
        expected += sign * sum(each)
    assert money.outcome(contacts) == pytest.approx(expected)
