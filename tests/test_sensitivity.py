"""How far verdicts depend on assumptions: against what can be reckoned by hand."""

from __future__ import annotations

import math

import pytest

from cxsim.report.studies.sensitivity import sentence
from cxsim.scenario import parse
from cxsim.studies.journeys import journeys
from cxsim.studies.levers import levers
from cxsim.studies.sensitivity import parts, sensitivity

TREE = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 2, "open": "08:00-12:00", "after": "5 days"},
    "segments": {"all": {"value": 200}},
    "channels": {"phone": {"patience": "2 min"}},
    "reasons": {"calls": {"volume": "60/h", "talk": "4 min", "resolution": "70%"}},
    "groups": {"team": {"agents": 7, "serves": ["calls"], "wage": 24}},
    "after_contact": {"unresolved": {"repeat": "60%", "delay": "2 h"}},
    "levers": {"knows": {"use": "knowledge_base", "cost": 100_000}, "crowd": {}},
    "overrides": {"crowd": {"groups.team.agents": 30}},
}


def test_the_net_worth_is_a_straight_line_of_the_shares_who_leave() -> None:
    """Customers who are not told apart change nothing by leaving, so the line between two points is exact."""
    scenario = parse(TREE)
    found = sensitivity(scenario, replications=5, seed=4)
    assert set(found.table["assumption"]) == {"churn.first", "churn.later", "churn.unsolved"}
    for row in found.table.to_dict("records"):
        slope = (row["net_high"] - row["net_low"]) / (row["high_value"] - row["low_value"])
        assert row["net"] == pytest.approx(row["net_low"] + slope * (row["value"] - row["low_value"]))
    (row,) = found.table.query("lever == 'knows' and assumption == 'churn.unsolved'").to_dict("records")
    # What more is solved, in issues, is the slope: each leaves so much less often, at 200 a year.
    now, then = (journeys(one, replications=5, seed=4) for one in (scenario, _with_knowledge(scenario)))
    failed = [float((one.paths["issues"] * (1 - one.paths["solved"])).sum()) for one in (now, then)]
    slope = (row["net_high"] - row["net_low"]) / (row["high_value"] - row["low_value"])
    assert slope == pytest.approx(200.0 * (failed[0] - failed[1]))


def _with_knowledge(scenario):
    from cxsim.studies.levers import pulled

    return pulled(scenario, ["knows"])


def test_where_a_verdict_breaks_even_the_net_worth_is_nothing() -> None:
    scenario = parse(TREE)
    rows = sensitivity(scenario, replications=5, seed=4).table
    row = rows[rows["breaks_even"].notna()].iloc[0]
    there = scenario.vary({f"experience.{row['assumption']}": f"{100 * row['breaks_even']:.9f}%"})
    table = levers(there, replications=5, seed=4).table.set_index("levers")
    assert table.loc[row["lever"], "net"] == pytest.approx(0.0, abs=0.01)


def test_a_lever_that_only_costs_never_pays_whatever_is_assumed() -> None:
    found = sensitivity(parse(TREE), replications=5, only=["churn"])
    assert "crowd" in found.firm and not len(found.depends("crowd"))
    assert "crowd" in sentence(found)
    assert all(math.isnan(x) for x in found.table.query("lever == 'crowd'")["breaks_even"])


def test_what_acts_depends_on_what_the_scenario_says() -> None:
    scenario = parse(TREE)
    assert parts(scenario) == ["churn"]
    told = scenario.vary({"segments.all.customers": 5000, "experience.memory.churn_doubles": 10})
    assert parts(told) == ["churn", "memory", "effort"]
    loud = told.vary({"experience.word_of_mouth.warns": "5%", "experience.spend.unsolved": "10%"})
    assert parts(loud) == ["churn", "spend", "memory", "effort", "word_of_mouth", "promoters", "detractors"]
    posted = {f"experience.posts.{key}": value for key, value in (("complains", "9%"), ("reach", 9), ("loses", "8%"))}
    assert parts(loud.vary(posted)) == [*parts(loud), "posts"]
    rows = sensitivity(told.vary(posted), only=["posts"], replications=1).table
    assert dict(zip(rows["assumption"], rows["high_value"], strict=True)) == pytest.approx(
        {"posts.complains": 0.18, "posts.loses": 0.16}
    )
    with pytest.raises(ValueError, match="memory: does not affect money here"):
        sensitivity(scenario, only=["memory"])
    with pytest.raises(ValueError, match="has none"):
        sensitivity(scenario.vary({"levers": {}}))
    with pytest.raises(ValueError, match="no segment has a value"):
        sensitivity(scenario.vary({"segments.all.value": 0}))


def test_shares_stay_shares() -> None:
    tree = {
        **TREE,
        "segments": {"all": {"value": 200, "customers": 9000}},
        "experience": {"word_of_mouth": {"warns": "80%"}, "churn": {"unsolved": "70%"}},
    }
    table = sensitivity(parse(tree), replications=2, only=["churn", "detractors", "word_of_mouth"]).table
    high = table.drop_duplicates("assumption").set_index("assumption")["high_value"]
    assert high["churn.unsolved"] == 1.0 and high["word_of_mouth.warns"] == 1.0
    assert high["detractors.unsolved"] == pytest.approx(0.92)


def test_bare_numbers_and_times_are_varied_too() -> None:
    memory = {"fades": "10 days", "patience_halves": 10, "churn_doubles": 5, "restored": "20%"}
    segments = {"all": {"value": 200, "customers": 9000}}
    tree = {**TREE, "segments": segments, "experience": {"memory": memory}}
    table = sensitivity(parse(tree), replications=2, only=["memory", "effort"]).table
    low = table.drop_duplicates("assumption").set_index("assumption")["low_value"]
    assert low["memory.fades"] == 5 * 86400.0 and low["memory.churn_doubles"] == 2.5 and low["effort.contact"] == 0.5
    assert low["memory.restored"] == 0.1
