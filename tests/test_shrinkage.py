"""Shrinkage: the scenario says whether the people given are scheduled or present, and what follows is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cxsim.cli import cli
from cxsim.model.calendar import timeline
from cxsim.model.plan import plan
from cxsim.scenario import ScenarioError, dump, parse
from cxsim.simulation.simulate import simulate

ROSTER = """\
cxsim: 1
horizon: {start: 2026-03-02, open: 08:00-16:00}
reasons: {a: {volume: 100/h, handle_time: 4 min, patience: 3 min}}
groups: {g: {serves: [a], shrinkage: 32%, wage: 20}}
staff: {shifts: [{group: g, start: 08:00, end: 16:00, agents: 10}]}
"""
TABLES = {
    "shifts": "group,start,end,agents\ng,08:00,16:00,10\n",
    "headcounts": "time,g\n" + "".join(f"{h:02d}:{m:02d},10\n" for h in range(8, 16) for m in (0, 30)) + "16:00,0\n",
}


def tree(staff: dict[str, Any] | None = None, **group: Any) -> dict[str, Any]:
    """A day of one group with shrinkage."""
    return {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "open": "08:00-16:00"},
        "reasons": {"a": {"volume": "100/h", "handle_time": "4 min", "patience": "3 min"}},
        "groups": {"g": {"serves": ["a"], "shrinkage": "32%", "wage": 20, **group}},
        **({"staff": staff} if staff else {}),
    }


WAYS: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]] = {
    "agents": (None, {"agents": 10}),
    "list": (None, {"agents": [10] * 16}),
    "headcounts": ({"headcounts": {"g": 10}}, {}),
    "shifts": ({"shifts": [{"group": "g", "start": "08:00", "end": "16:00", "agents": 10}]}, {}),
    "people": ({"shifts": [{"group": "g", "start": "08:00", "end": "16:00", "name": f"P{k}"} for k in range(10)]}, {}),
    "file of shifts": ({"file": "shifts.csv"}, {}),
    "file of headcounts": ({"file": "headcounts.csv"}, {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_gives_staff_with_shrinkage_is_asked_and_both_answers_mean_the_same_everywhere(
    way: str, tmp_path: Path
) -> None:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    staff, group = WAYS[way]
    with pytest.raises(ScenarioError) as error:
        parse(tree(staff, **group), folder=tmp_path)
    (fault,) = error.value.faults
    assert fault.path == "groups.g.shrinkage"
    assert fault.value == "32%"
    assert "scheduled or present" in fault.rule
    assert "'scheduled: true'" in fault.fix
    assert "'scheduled: false'" in fault.fix
    for scheduled, present, paid in ((True, 7.0, 80.0), (False, 10.0, 80.0 / 0.68)):
        said = ({**(staff or {}), "scheduled": scheduled}, group), (staff, {**group, "scheduled": scheduled})
        for over, own in said:
            scenario = parse(tree(over, **own), folder=tmp_path)
            who = plan(scenario, timeline(scenario))
            assert who.present.max() == present
            assert who.paid.sum() / 3600.0 == pytest.approx(paid)


def test_the_line_of_a_group_wins_over_that_of_the_staff() -> None:
    who = parse(tree({"scheduled": True}, agents=10, scheduled=False))
    assert not who.is_scheduled("g")
    assert plan(who, timeline(who)).present.max() == 10.0
    assert parse(tree({"scheduled": True}, agents=10)).is_scheduled("g")


def test_nobody_is_asked_without_shrinkage_and_what_was_said_is_written_again() -> None:
    assert parse(tree(None, agents=10, shrinkage="0%")).groups["g"].scheduled is None
    for scheduled in (True, False):
        scenario = parse(tree({"scheduled": scheduled}, agents=10))
        assert f"scheduled: {str(scheduled).lower()}" in dump(scenario)


def test_the_sum_is_printed_by_check_explain_and_run(tmp_path: Path) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(ROSTER.replace("agents: 10", "agents: 67").replace("100/h", "600/h"))
    quiet = ["--replications", "2", "--no-save"]
    for command in (["check", str(file)], ["check", str(file), "--explain"], ["run", str(file), *quiet]):
        refused = CliRunner().invoke(cli, command)
        assert refused.exit_code == 2
        assert "scheduled: true" in refused.output
        done = CliRunner().invoke(cli, [*command, "--set", "staff.scheduled=true"])
        assert done.exit_code == 0, done.output
        assert "67 scheduled × (1 − 32 %) = 45.6 present" in " ".join(done.output.split())
        done = CliRunner().invoke(cli, [*command, "--set", "staff.scheduled=false"])
        assert "67 present, paid as 67 ÷ (1 − 32 %) = 98.5" in " ".join(done.output.split())


def test_groups_with_the_same_shrinkage_share_a_line_and_others_have_their_own() -> None:
    given = tree({"scheduled": True}, agents=10)
    given["groups"]["h"] = {"serves": ["a"], "agents": 5, "shrinkage": "32%"}
    given["groups"]["k"] = {"serves": ["a"], "agents": 4, "shrinkage": "20%", "scheduled": False}
    given["groups"]["n"] = {"serves": ["a"], "agents": 4}
    scenario = parse(given)
    notes = plan(scenario, timeline(scenario)).notes
    assert notes[0].startswith("g, h: at most 15 scheduled × (1 − 32 %) = 10.2 present")
    assert notes[1].startswith("k: at most 4 present, paid as 4 ÷ (1 − 20 %) = 5")


def test_people_on_shifts_who_are_missing_are_missing_for_the_whole_shift_in_both_engines() -> None:
    """Exact: of ten people named, every third is missing, evenly over the starts; sums of agents agree."""
    shifts = [
        {"group": "g", "start": start, "end": end, "name": f"{start} {k}"}
        for start, end in (("08:00", "12:00"), ("12:00", "16:00"))
        for k in range(5)
    ]
    given = tree({"shifts": shifts, "scheduled": True}, shrinkage="40%")
    scenario = parse(given)
    who = plan(scenario, timeline(scenario))
    assert who.present[0, 16:24].tolist() == [3.0] * 8
    assert who.present[0, 24:32].tolist() == [3.0] * 8
    assert who.paid.sum() / 3600.0 == pytest.approx(40.0)
    clock, story = (simulate(scenario, replications=2, engine=engine) for engine in ("clock", "story"))
    left, right = (one.figures.set_index(["figure", "scope", "name", "interval"])["value"] for one in (clock, story))
    np.testing.assert_allclose(left, right, rtol=1e-12, equal_nan=True)
    assert (
        clock.estimate("sl").value
        < simulate(parse(tree({"shifts": shifts, "scheduled": False})), replications=2).estimate("sl").value
    )
