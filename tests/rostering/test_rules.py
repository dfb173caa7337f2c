"""Rosters against a checker of every rule, and against every roster there is, both written without the program."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rostering.worlds import (
    Who,
    World,
    best_of_all,
    broken,
    cover_missing,
    draw_world,
    grants,
    worked_by,
    worth,
)

from cxsim import parse, read, roster
from cxsim.model.calendar import timeline
from cxsim.model.plan import plan


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), days=st.integers(3, 15), people=st.integers(1, 8))
def test_every_rule_holds_and_every_figure_is_that_of_the_shifts(tmp_path_factory, seed, days, people):
    world = draw_world(seed, days=days, people=people)
    found = world.solved(tmp_path_factory.mktemp("roster"), seconds=20.0)
    mine = worked_by(found)
    for one in world.people:
        assert broken(world, one, mine.get(one.name, {})) == []
    used = {team for one in world.people for team in (one.team, *one.also)}
    mine_of = World(world.days, [one for one in world.shifts if one[0] in used], world.people)
    assert found.missing_hours == pytest.approx(cover_missing(mine_of, mine))
    assert found.cover["needed"].sum() == sum(one[4] for one in mine_of.shifts)
    assert (found.cover["needed"] - found.cover["assigned"] == found.cover["missing"]).all()
    assert found.complete == (found.cover["missing"].sum() == 0)
    assert (found.cover["why"].ne("") == found.cover["missing"].gt(0)).all()
    told = Counter((row["name"], row["answer"]) for row in found.requests.to_dict("records"))
    real = Counter(
        (request[0], "granted" if grants(request, mine.get(request[0], {})) else "refused")
        for request in world.requests
    )
    assert told == real
    assert (found.requests["rule"].ne("") == found.requests["answer"].eq("refused")).all()
    assert found.worth == pytest.approx(worth(world, mine), abs=1e-6)
    for kind in ("late", "weekend", "refused"):
        pool = found.fairness[found.fairness[f"{kind}_fair"].notna()]
        for _, team in pool.groupby("team"):
            assert (team[kind] + team[f"{kind}_before"]).sum() == pytest.approx(team[f"{kind}_fair"].sum(), abs=1e-4)


@pytest.mark.parametrize("seed", range(24))
def test_no_roster_is_better_than_the_best_of_all(tmp_path, seed):
    """Every roster of two or three people over three or four days, one by one."""
    people, days = (2, 4) if seed % 2 else (3, 3)
    world = draw_world(seed, days=days, people=people, teams="a" if seed % 3 else "ab", most=2)
    world.shifts = [one for one in world.shifts if one[0] in {t for w in world.people for t in (w.team, *w.also)}]
    world.fixed = [one for one in world.fixed if any(shift[1:4] == one[1:] for shift in world.shifts)]
    if not world.shifts or not all(any(s[0] == w.team for s in world.shifts) for w in world.people):
        pytest.skip("a team without shifts")
    for one in world.people:
        one.also = [team for team in one.also if any(shift[0] == team for shift in world.shifts)]
    found = world.solved(tmp_path, seconds=20.0)
    missing, value = best_of_all(world)
    assert found.missing_hours == pytest.approx(missing)
    assert found.missing_bound == pytest.approx(missing)
    assert found.proved
    assert found.worth == pytest.approx(value, abs=1e-3)


def test_the_drawn_worlds_meet_full_and_short_cover_and_every_kind_of_answer():
    """Guards the tests above against worlds in which nothing happens."""
    worlds = [draw_world(seed, days=3 + seed % 2, people=3) for seed in range(24)]
    assert sum(bool(one.fixed) for one in worlds) >= 3
    assert sum(bool(one.leave) for one in worlds) >= 5
    assert sum(bool(one.dated) for one in worlds) >= 5
    assert {request[1] for one in worlds for request in one.requests} == {"off", "early", "late", "shift"}
    assert any(who.also for one in worlds for who in one.people)


def small(**more):
    """Three days, one early and one late shift a day, three people."""
    shifts = [("a", day, a, b, 1) for day in range(3) for a, b in ((7, 15), (14, 22))]
    return World(3, shifts, [Who("Ann"), Who("Bob"), Who("Cem")], **more)


def test_what_is_asked_by_weight_is_granted_first_and_the_refusal_names_what_it_would_cost(tmp_path):
    """Two must work each day, all three want Tuesday off: the one who wants it most gets it."""
    world = small(requests=[("Ann", "off", 1, None, 1), ("Bob", "off", 1, None, 3), ("Cem", "off", 1, None, 2)])
    world.fairness = 0.0
    found = world.solved(tmp_path)
    assert found.complete
    rows = found.requests.set_index("name")
    assert rows["answer"].to_dict() == {"Ann": "refused", "Bob": "granted", "Cem": "refused"}
    assert set(rows["rule"]) == {"weight", ""}
    assert "would refuse Bob's day off on Tue 3 Mar (weight 3)" in rows.loc["Ann", "why"]
    assert found.worth == pytest.approx(3.0)


def test_a_request_that_only_a_person_missing_could_grant_is_refused_for_the_cover(tmp_path):
    world = small(requests=[("Ann", "off", 1, None, 9)], leave=[("Bob", 1)])
    found = world.solved(tmp_path)
    assert found.complete
    [row] = found.requests.to_dict("records")
    assert (row["answer"], row["rule"]) == ("refused", "cover")
    assert row["why"].startswith("one more shift would have nobody, such as ")
    assert "Tue 3 Mar (a)" in row["why"]


@pytest.mark.parametrize(
    ("request_", "rule", "why"),
    [
        (("Ann", "shift", 1, (9, 17), 1), "plan", "the plan has no such shift for a on that day"),
        (("Ann", "shift", 0, (7, 15), 1), "leave", "Ann is away"),
        (("Ann", "off", 2, None, 1), "fixed shift", "07:00-15:00 is fixed on that day"),
        (("Ann", "shift", 1, (14, 22), 1), "rest", "9 h between Tue 3 Mar and Wed 4 Mar, less than 11 h"),
    ],
)
def test_a_request_against_a_rule_names_the_rule(tmp_path, request_, rule, why):
    world = small(requests=[request_], leave=[("Ann", 0)], fixed=[("Ann", 2, 7, 15)])
    [row] = world.solved(tmp_path).requests.to_dict("records")
    assert (row["answer"], row["rule"]) == ("refused", rule)
    assert row["why"].startswith(why)


def test_a_shift_that_nobody_can_work_is_proved_open_and_says_why(tmp_path):
    """Bob is away, Ann rests, Cem works mornings only: Tuesday's early shift has nobody, and this is the best."""
    world = small(leave=[("Bob", 1)], fixed=[("Ann", 0, 14, 22)])
    world.people[2].available = dict.fromkeys(range(7), (12, 24))
    found = world.solved(tmp_path)
    assert found.proved and not found.complete
    gaps = found.cover[found.cover["missing"] > 0]
    assert gaps[["date", "shift", "missing"]].to_numpy().tolist() == [["2026-03-03", "07:00-15:00", 1]]
    assert set(gaps["why"].iloc[0].split(", ")) == {"rest (1)", "leave (1)", "availability (1)"}


def test_a_date_replaces_the_availability_of_its_weekday_both_ways(tmp_path):
    """Ann works mornings only, but all of Tuesday; Bob any time, but on Tuesday only in the afternoon."""
    world = small(leave=[("Cem", 1)], dated={("Ann", 1): (6, 24), ("Bob", 1): (12, 18)})
    world.people[0].available = dict.fromkeys(range(7), (6, 16))
    found = world.solved(tmp_path)
    on = {name: mine.get(1) for name, mine in worked_by(found).items()}
    assert on["Ann"] is not None and on.get("Bob") is None
    [why] = found.cover[found.cover["missing"] > 0]["why"]
    assert "availability (1)" in why


def test_late_shifts_of_the_past_are_made_good(tmp_path):
    """Who had six late shifts more than the others has none now."""
    world = small()
    world.people[0].past = {"late": 6}
    found = world.solved(tmp_path)
    late = found.fairness.set_index("name")["late"]
    assert late["Ann"] == 0
    assert late.sum() == 3
    assert found.fairness["late_fair"].tolist() == [3.0, 3.0, 3.0]


def test_four_weeks_of_one_week_share_weekends_evenly_and_keep_days_off(tmp_path):
    shifts = [("a", day, 8, 16, 2) for day in range(7)]
    world = World(7, shifts, [Who(f"P{k}", days=5, off_together=2) for k in range(4)])
    people, _ = world.write(tmp_path)
    found = roster(world.scenario(), people, weeks=4)
    assert len(found.grid.columns) == 2 + 28
    assert found.complete
    assert found.fairness["weekend"].tolist() == [4, 4, 4, 4]
    assert found.fairness["shifts"].tolist() == [14, 14, 14, 14]
    world.days = 28
    for one in world.people:
        assert broken(world, one, worked_by(found)[one.name]) == []


def test_the_scenario_of_a_roster_has_these_people_at_work(tmp_path):
    """Seats of the plan that is simulated: each person present as the roster says, and the same hours paid."""
    world = draw_world(5, days=9, people=6)
    found = world.solved(tmp_path, seconds=20.0)
    folder = found.save(tmp_path / "out", pictures=False)
    back = read(folder / "scenario.yaml")
    made = plan(back, timeline(back))
    hours = sum((b - a) for mine in worked_by(found).values() for _, a, b in mine.values())
    assert set(worked_by(found)) <= set(made.seats)
    inside = list(worked_by(found).values())
    beyond = sum(max(0, 24 * day + b - 24 * 9) for mine in inside for day, (_, _, b) in mine.items())
    agents = {(row["date"], row["start"]): row["agents"] for row in found.shifts.to_dict("records")}
    assert all(count == 1 for count in agents.values())
    assert made.paid.sum() / 3600.0 == pytest.approx(hours - beyond)


def test_people_of_the_next_roster_bring_their_counts_and_their_last_shift(tmp_path):
    world = small(requests=[("Ann", "off", 1, None, 2)], leave=[("Bob", 1)])
    world.people[0].past = {"late": 2, "refused": 1}
    found = world.solved(tmp_path)
    ann = found.people.set_index("name").loc["Ann"]
    late = found.fairness.set_index("name").loc["Ann", "late"]
    assert ann["past late"] == f"{2 + late:g}"
    assert ann["past refused"] == "3"
    last = max(day for day in worked_by(found)["Ann"])
    end = worked_by(found)["Ann"][last][2]
    assert ann["worked until"] == f"2026-03-0{2 + last} {end:02d}:00"
    row = 0
    while 2 - row in worked_by(found)["Ann"]:
        row += 1
    assert ann["days before"] == str(row)


def test_a_plan_of_headcounts_has_no_shifts_to_assign(tmp_path):
    (tmp_path / "people.csv").write_text("name,team\nAnn,a\n")
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "09:00-12:00"},
            "reasons": {"calls": {"volume": "5/h", "talk": "3 min"}},
            "groups": {"a": {"agents": 3, "serves": ["calls"]}},
        }
    )
    with pytest.raises(ValueError, match="the plan has headcounts, not shifts"):
        roster(scenario, tmp_path / "people.csv")
