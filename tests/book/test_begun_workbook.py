"""A workbook begun from an import and a forecast holds what they know, and asks for what they do not say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from cxsim.cli import cli
from cxsim.forecast import read_history
from cxsim.model.prepare import facts
from cxsim.scenario import ScenarioError, read
from cxsim.scenario.book.read import load

MONDAY = date(2026, 9, 28)


def run(*words):
    said = CliRunner().invoke(cli, list(words))
    assert said.exit_code == 0, said.output + said.stderr
    return said


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Five weeks of an ACD report of two queues, every day alike; a roster of three people."""
    monkeypatch.chdir(tmp_path)
    rows = ["Interval report", "Period;28/09/2026 - 01/11/2026;;time zone: Europe/Paris", ""]
    rows.append("Queue;Date;Interval;Offered;Answered;Aband.;AHT")
    for name, count, aht in (("Sales", 20, "04:00"), ("Help", 10, "06:30")):
        for k in range(33):
            day = MONDAY + timedelta(days=k)
            if day.weekday() < 5:
                for half in range(4):
                    ends = (480 + 30 * half, 510 + 30 * half)
                    clock = "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in ends)
                    rows.append(f"{name};{day:%d/%m/%Y};{clock};{count + half};{count + half};0;{aht}")
    (tmp_path / "acd.csv").write_text("\n".join(rows) + "\n")
    days = "Mon;Tue;Wed;Thu;Fri"
    (tmp_path / "roster.csv").write_text(
        f"Roster, week of 2 November 2026\n\nAgent;Team;{days};Lunch\n"
        "Ann;Front;8:00-10:00;8:00-10:00;off;8:00-10:00;8:00-10:00;\n"
        "Bob;Front;8:00-10:00;leave;8:00-10:00;8:00-10:00;8:00-10:00;\n"
        "Cid;Desk;7:00-15:00;7:00-15:00;7:00-12:00;7:00-15:00;7:00-15:00;30 min\n"
    )
    run("import", "acd.csv")
    return tmp_path


def test_the_folder_of_an_import_is_history_by_the_clock_on_the_wall(folder):
    sales = next(one for one in read_history("results/import-acd") if one.queue == "Sales")
    assert sales.slots.tolist() == [28800, 30600, 32400, 34200]
    assert sales.volume[0].tolist() == [20, 21, 22, 23]
    assert sales.aht is not None
    assert sales.aht[0].tolist() == [240] * 4
    with pytest.raises(ValueError, match=r"has no intervals\.csv"):
        read_history(folder)


def test_forecast_and_roster_fill_the_workbook(folder):
    assert run("forecast", "results/import-acd", "--weeks", "1").stdout.count("without contacts on usually open") <= 1
    run("import", "roster.csv", "--keep-identities", "--set", "unpaid_above=6")
    given = ("--from", "results/forecast-acd", "--from", "results/import-roster")
    asked = CliRunner().invoke(cli, ["new", "--workbook", "center.xlsx", *given])
    assert asked.exit_code == 2
    assert "has unpaid breaks of 30 min, but not when they begin; add --break-after '4 h'" in asked.stderr
    assert not (folder / "center.xlsx").exists()
    said = run("new", "--workbook", "center.xlsx", *given, "--break-after", "4 h")
    assert "Teams and Skills" in said.stdout
    with pytest.raises(ScenarioError) as error:  # nothing says who serves what
        read("center.xlsx")
    told = [(fault.place.rpartition(":")[2].rpartition("!")[0], fault.rule) for fault in error.value.faults]
    assert told[-2:] == [("Teams", "serves no queue")] * 2
    assert [rule.partition(",")[0] for _, rule in told[:-2]] == ["has no goals"]
    serves = {"Front": "Sales", "Desk": "Help"}
    scenario = _served(folder, serves)
    assert scenario.staff.scheduled is True
    assert [length / 3600.0 for length in scenario.optimize.shifts.lengths] == [2.0]  # it is open no longer
    targets = CalamineWorkbook.from_path("center.xlsx").get_sheet_by_name("Targets").to_python()
    assert [row[0] for row in targets] == ["Queue", "Help", "Sales"]
    assert scenario.horizon.start == date(2026, 11, 2)
    assert [reason.talk.mean for reason in scenario.reasons.values()] == [390.0, 240.0]
    assert len(scenario.staff.shifts) == 13
    cid = [shift for shift in scenario.staff.shifts if shift.name == "Cid"]
    assert cid[0].breaks == ((11 * 3600.0, 11.5 * 3600.0),)
    assert cid[0].paid == 7.5 * 3600
    assert cid[2].breaks == ()
    _, plan, volume = facts(scenario)
    assert plan.present[0].max() == 2.0
    assert volume.totals.sum() == pytest.approx(5 * (20 + 21 + 22 + 23 + 10 + 11 + 12 + 13), rel=1e-6)


def _served(folder, serves):
    """The workbook with the teams' queues filled in, as a planner would."""
    from cxsim.scenario.io.reading import parse

    tree, _, faults = load(folder / "center.xlsx")
    assert faults == []
    for team, queue in serves.items():
        tree["groups"][team]["serves"] = [queue]
        tree["queues"][queue]["target"] = {"sl": "80%/20s"}
    return parse(tree, folder=folder)


def test_a_folder_that_is_neither_is_refused(folder):
    said = CliRunner().invoke(cli, ["new", "--workbook", "center.xlsx", "--from", "results/import-acd"])
    assert said.exit_code == 2
    assert "has neither scenario-part.yaml of a forecast nor staffing.csv" in said.stderr
    assert CliRunner().invoke(cli, ["new", "mine.yaml", "--from", "results"]).exit_code == 2


def test_the_shifts_of_a_roster_are_those_a_plan_may_use(folder):
    run("import", "roster.csv", "--keep-identities", "--set", "unpaid_above=6")
    run("new", "--workbook", "center.xlsx", "--from", "results/import-roster", "--break-after", "4 h")
    tree, _, faults = load(folder / "center.xlsx")
    assert faults == []
    lunch = {"length": "30 min", "after": "3 h", "before": "5 h", "for": ["8 h"], "paid": False}
    assert tree["optimize"]["shifts"] == {"lengths": ["2 h", "5 h", "8 h"], "starts_every": "1800s", "break": [lunch]}
