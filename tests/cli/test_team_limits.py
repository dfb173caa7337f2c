"""Plans people can work, from the command line: limits of teams, floors, and what is said of them."""

import json

import pytest

CENTER = """cxsim: 1
horizon: {start: 2026-03-02, open: 08:00-10:00}
reasons: {a: {volume: 30/h, handle_time: 4 min, patience: 3 min}}
queues: {a: {target: {sl: {share: 80%, within: 20s}}}}
groups: {one: {agents: 4, serves: [a], wage: 10}, two: {agents: 1, serves: [a], wage: 12}}
"""
SHORT = ("--time-limit", "1min", "--no-advice", "--no-save", "--json")


@pytest.fixture
def center(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "center.yaml").write_text(CENTER, encoding="utf-8")
    return tmp_path


def test_groups_that_are_on_no_roster_are_named_all_at_once_with_the_line_to_write(cxsim, center):
    nobody = ("--set", "groups.*.agents=0")
    done = cxsim("optimize", "center.yaml", *nobody, "--out", "kept")
    assert done.exit_code == 2 and not (center / "kept").exists()
    for name in ("one", "two"):
        assert f"optimize.groups.{name}.max: group {name} has no agents on today's roster" in done.stderr
        assert f"write optimize: {{groups: {{{name}: {{max: 12}}}}}}" in done.stderr
    assert cxsim("optimize", "center.yaml", *nobody, "--set", "optimize.within_team=false", *SHORT).exit_code == 0


def test_the_plan_keeps_the_teams_and_the_floor_and_says_so(cxsim, center):
    """Fails without either: two would be as many as they are cheap, and no interval would have a goal."""
    done = cxsim("optimize", "center.yaml", *SHORT)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert max(row["agents"] for row in found["plan"] if row["group"] == "two") <= 2
    floors = [row for row in found["goals"] if row["goal"].endswith("(floor)")]
    assert len(floors) == 4 and {row["limit"] for row in floors} == {0.6}
    said = " ".join(found["messages"])
    assert "Groups have at most 110% of the most agents on today's roster at once: one 5, two 2." in said
    assert "A goal by default: an SL of at least 60% in every open interval." in said
    assert all(isinstance(row["agents"], int) for row in found["plan"])


def test_goals_out_of_reach_of_the_teams_are_proved_so_and_the_best_reachable_plan_is_given(cxsim, center):
    """Before, they were refused without a plan. 300 calls of 4 min an hour keep 20 agents busy, and there are 7."""
    done = cxsim("optimize", "center.yaml", "--set", "reasons.a.volume=300/h", *SHORT)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["certified"] is False
    assert found["messages"][0].startswith("No plan within the limits on staff meets all goals; a linear")
    assert "today's roster at once: one 5, two 2." in " ".join(found["messages"])
    assert {row["agents"] for row in found["plan"] if row["group"] == "one"} - {0} == {5}
    assert {row["agents"] for row in found["plan"] if row["group"] == "two"} - {0} == {2}
    strict = cxsim("optimize", "center.yaml", "--set", "reasons.a.volume=300/h", *SHORT, "--strict")
    assert strict.exit_code == 3


def test_a_goal_out_of_reach_of_any_staff_is_still_refused(cxsim, center):
    rule = "optimize.subject_to=[targets, {figure: fcr_true, min: 99.9%}]"
    words = ("--set", "reasons.a.resolution=80%", "--set", "after_contact.unresolved.repeat=50%", "--set", rule)
    done = cxsim("optimize", "center.yaml", *words, *SHORT)
    assert done.exit_code == 2
    assert "FCR" in done.stderr


def test_a_roster_of_shifts_is_told_how_to_have_shifts_planned(cxsim, center):
    roster = "staff.shifts=[{group: one, start: '08:00', end: '10:00', agents: 4}]"
    done = cxsim("optimize", "center.yaml", "--set", "groups.one.agents=null", "--set", roster, *SHORT)
    assert done.exit_code == 0, done.stderr
    said = " ".join(json.loads(done.stdout)["messages"])
    assert "To plan shifts, write optimize: {shifts: {lengths: [2 h]}}." in said


@pytest.mark.parametrize("agents", ["1", "0"])
def test_an_interval_that_misses_badly_is_in_the_headline(cxsim, center, agents):
    """Without a floor a plan for the average may leave an interval to itself."""
    at = ("08:00", "08:30", "09:00", "09:30")
    rows = [f"one,{start},{agents if start == '09:30' else 9}\ntwo,{start},0\n" for start in at]
    (center / "plan.csv").write_text("group,start,agents\n" + "".join(rows), encoding="utf-8")
    free = ("--set", "optimize.within_team=false", "--set", "optimize.floor=0%")
    done = cxsim("optimize", "center.yaml", *free, "--layer", "certify", "--plan", "plan.csv", *SHORT[2:])
    assert done.exit_code == 0, done.stderr
    assert "Worst interval: SL" in json.loads(done.stdout)["message"]
    assert "at 09:30" in json.loads(done.stdout)["message"]
