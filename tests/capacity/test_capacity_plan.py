"""Whole plans: what they promise holds in fresh futures, and they are the same each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import cxsim
from cxsim.capacity.futures import sample
from cxsim.capacity.needs import needs
from cxsim.capacity.problem import problem
from cxsim.capacity.recourse import evaluate

SCENARIO = {
    "cxsim": 1,
    "name": "Small",
    "horizon": {"days": 7, "open": "08:00-18:00"},
    "reasons": {
        "calls": {"volume": "60/h", "talk": "5 min", "patience": "3 min"},
        "mail": {"volume": "10/h", "talk": "6 min"},
    },
    "groups": {
        "agents": {"agents": 9, "serves": ["calls"], "wage": 20},
        "writers": {"agents": 3, "serves": ["mail", "calls"], "wage": 21},
    },
    "capacity": {
        "start": "2026-01",
        "months": 6,
        "volumes": {"calls": [18600, 17000, 19500, 20500, 23000, 25000]},
        "uncertainty": {"volume": "8%", "month_to_month": "70%"},
        "full_time": "38 h",
        "shrinkage": "30%",
        "miss_at_most": "10%",
        "leaves": {"newcomers": "6% per month", "first": "3 months", "others": "30% per year"},
        "hiring": {"at_most": 4, "lead_time": "1 month", "cost": 2000, "training": "2 weeks", "ramp_up": ["70%"]},
        "overtime": {"up_to": "5%", "pay": "125%"},
        "teams": {"agents": {"people": 22}, "writers": {"people": 8}},
    },
}


def hires_of(plan, scenario):
    """The hires as an array, team by month."""
    made = problem(scenario)
    out = np.zeros((len(made.teams), len(made.months)), dtype=np.int64)
    for row in plan.hires.to_dict("records"):
        out[made.teams.index(row["team"]), made.labels.index(row["start"])] = row["people"]
    return out


@pytest.fixture(scope="module")
def scenario():
    return cxsim.parse(SCENARIO)


@pytest.fixture(scope="module")
def plan(scenario):
    return cxsim.capacity_plan(scenario, seconds=60.0, futures=2000)


def test_the_promise_holds_in_futures_of_another_seed(plan, scenario) -> None:
    """20,000 futures: no month is missed significantly more often than 10 % (0.1 % for all months together)."""
    assert plan.held and set(plan.months["verdict"]) == {"kept"}
    made = problem(scenario)
    world = sample(scenario, made, needs(scenario), 99, 0, 20_000)
    misses = evaluate(hires_of(plan, scenario), world).misses()
    assert (misses <= binom.ppf(1 - 0.001 / 6, 20_000, 0.10)).all(), misses / 20_000
    shown = plan.months["missed"].to_numpy()
    error = np.sqrt(np.maximum(shown * (1 - shown), 1e-4) * (1 / 2000 + 1 / 20_000))
    assert (np.abs(misses / 20_000 - shown) < 4.5 * error).all()


def test_the_rule_of_thumb_misses_what_the_plan_keeps(plan) -> None:
    """The rule knows only averages; it must miss some month more often than the promise allows."""
    this, rule, none, buffered = plan.compared.to_dict("records")
    assert this["worst_missed"] <= 0.10 < rule["worst_missed"] < none["worst_missed"]
    assert rule["hires"] > 0 and none["hires"] == 0
    assert buffered["plan"].startswith("rule of thumb + ") and buffered["worst_missed"] <= 0.10
    assert this["cost"] < buffered["cost"]


def test_the_tables_agree_with_one_another(plan) -> None:
    assert plan.hires["people"].sum() == plan.teams["hires"].sum() == plan.compared["hires"].iloc[0]
    people = plan.teams.groupby("month", sort=False)["people"].sum()
    assert people.iloc[0] == 30.0
    assert plan.months["cost"].sum() == pytest.approx(plan.compared["paid"].iloc[0])
    assert plan.months["missed"].sum() == pytest.approx(plan.compared["months_missed"].iloc[0])
    start, decide = (pd.PeriodIndex(plan.hires[name], freq="M").astype("int64") for name in ("start", "decide_by"))
    assert (start - decide == 1).all()
    assert (plan.months["need_fte_low"] < plan.months["need_fte"]).all()
    assert (plan.months["have_fte_high"] >= plan.months["have_fte"]).all()


def test_no_step_of_a_person_is_cheaper(plan, scenario) -> None:
    """The plan that is told is at a place where one person less breaks the promise in the futures it was made with."""
    from cxsim.capacity.capacity_plan import POLISHED_WITH, _kept
    from cxsim.capacity.futures import POLISHING
    from cxsim.capacity.improve import _steps, worth
    from cxsim.capacity.program import limits

    made = problem(scenario)
    world = sample(scenario, made, needs(scenario), 1, POLISHING, POLISHED_WITH)
    most = limits(world, 0.1, _kept(0.1, POLISHED_WITH, 2000))
    hires = hires_of(plan, scenario)
    own = worth(hires, world, most)
    assert own.above == 0.0
    found = [worth(other, world, most) for other in _steps(hires, made)]
    assert len(found) > 20
    assert all(one.above > 0.0 or one.cost > own.cost * (1 - 1e-8) for one in found)


def test_without_uncertainty_there_is_one_future_and_no_risk(scenario) -> None:
    certain = scenario.vary(
        {"capacity.uncertainty.volume": "0%", "capacity.leaves": "0% per month", "capacity.overtime": None}
    )
    plan = cxsim.capacity_plan(certain, seconds=10.0, futures=100)
    assert plan.futures == 1
    assert set(plan.months["missed"]) == {0.0}
    assert plan.gap < 1e-4
    assert (plan.months["have_fte"] >= plan.months["need_fte"] - 1e-9).all()


def test_a_price_instead_of_a_limit(scenario) -> None:
    """Dear missing hours ask for as many hires as cheap ones, or more."""
    hires = []
    for price in (22, 400):
        told = scenario.vary({"capacity.miss_at_most": None, "capacity.missing_hour": price})
        plan = cxsim.capacity_plan(told, seconds=8.0, futures=500)
        assert plan.promise is None and set(plan.months["verdict"]) == {"priced"}
        hires.append(int(plan.hires["people"].sum()))
    assert hires[0] < hires[1]


def test_what_it_cannot_plan_is_said_before_anything_is_searched(scenario) -> None:
    with pytest.raises(ValueError, match="has no capacity block; add 'capacity:'"):
        cxsim.capacity_plan(scenario.vary({"capacity": None}))
    with pytest.raises(ValueError, match="futures: 5 is not between"):
        cxsim.capacity_plan(scenario, futures=5)


def test_a_folder_has_tables_workbook_page_and_picture(plan, tmp_path) -> None:
    folder = plan.save(tmp_path / "out")
    names = {path.name for path in folder.iterdir()}
    assert {"hires.csv", "months.csv", "teams.csv", "compared.csv", "capacity.json"} <= names
    assert {"capacity.xlsx", "capacity.png", "report.html"} <= names
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Hire " in page and "rule of thumb" in page
    sheets = pd.read_excel(folder / "capacity.xlsx", sheet_name=None, engine="calamine")
    assert {"Plan", "Months", "Teams", "Compared", "Notes"} <= set(sheets)
    assert len(sheets["Months"]) == 6
