"""`cxsim new --workbook`, `cxsim convert`, and commands that are given a workbook."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner
from xlsxwriter import Workbook

from cxsim.cli import cli
from cxsim.scenario import read


def run(*words):
    return CliRunner().invoke(cli, list(words))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_workbook_to_fill_in_is_a_scenario_without_a_fault(folder):
    said = run("new", "--workbook", "center.xlsx")
    assert said.exit_code == 0, said.output
    scenario = read("center.xlsx")
    assert scenario.reasons["orders"].volume.sheet == "Volumes"
    assert len(scenario.staff.shifts) == 100
    assert {shift.paid for shift in scenario.staff.shifts if shift.end - shift.start > 6 * 3600} == {8 * 3600.0}
    assert run("check", "center.xlsx").exit_code == 0
    again = run("new", "--workbook", "center.xlsx")
    assert again.exit_code == 2
    assert "already exists" in again.stderr
    assert run("new", "--workbook", "center.yaml").exit_code == 2


def test_a_workbook_converts_to_yaml_and_back(folder):
    run("new", "--workbook", "center.xlsx")
    assert run("convert", "center.xlsx", "center.yaml").exit_code == 0
    assert run("convert", "center.yaml", "again.xlsx").exit_code == 0
    first, second, third = (read(name) for name in ("center.xlsx", "center.yaml", "again.xlsx"))
    assert first.model_dump() == second.model_dump() == third.model_dump()


def test_a_file_in_use_is_never_overwritten(folder):
    run("new", "--workbook", "center.xlsx")
    run("convert", "center.xlsx", "center.yaml")
    before = (folder / "center.xlsx").read_bytes()
    said = run("convert", "center.yaml", "center.xlsx", "--force")
    assert said.exit_code == 2
    assert "is read from" in said.stderr
    assert run("convert", "center.xlsx", "center.yaml").exit_code == 2
    assert run("convert", "center.xlsx", "center.txt").exit_code == 2
    assert (folder / "center.xlsx").read_bytes() == before


def test_tables_have_to_be_beside_the_new_file(folder):
    run("new", "--example", "multi-skill-day", "there")
    said = run("convert", "there/multi-skill-day.yaml", "day.xlsx")
    assert said.exit_code == 2
    assert "write there/day.xlsx" in said.stderr
    assert not (folder / "day.xlsx").exists()
    assert run("convert", "there/multi-skill-day.yaml", "there/day.xlsx").exit_code == 0
    assert read("there/day.xlsx") == read("there/multi-skill-day.yaml")


def test_a_workbook_gives_the_same_figures_as_its_yaml(folder):
    (folder / "small.yaml").write_text(
        "cxsim: 1\nname: small\nhorizon: {open: 09:00-11:00}\n\n"
        "reasons: {a: {volume: 40/h, handle_time: 4 min, patience: 3 min}}\n"
        "groups: {team: {agents: 3, serves: [a]}}\noverrides: {more: {groups.team.agents: 4}}\n"
    )
    run("convert", "small.yaml", "book.xlsx")
    words = ("--replications", "2", "--json", "--no-save", "--with", "more", "--set", "groups.team.wage=20")
    one, two = (json.loads(run("run", name, *words).stdout) for name in ("small.yaml", "book.xlsx"))
    assert one["figures"] == two["figures"]


SMALL = """\
cxsim: 1
horizon: {open: 09:00-10:00}
reasons: {a: {volume: 20/h, handle_time: 4 min, patience: 3 min, resolution: 80%, flow: start}}
flow: {start: {announcement: {time: 5s}, then: a}}
queues: {a: {target: {sl: {share: 50%, within: 60s}}}}
groups: {team: {agents: 3, serves: [a], wage: 20}}
overrides: {more: {groups.team.agents: 4}}
"""
FEW = ("--replications", "2")
ON_A_WORKBOOK = {  # how each command that reads a scenario is called
    "check": (),
    "flow": ("--out", "flow.svg"),
    "run": (*FEW, "--no-save"),
    "compare": ("--with", "more", *FEW, "--no-save"),
    "explain": (*FEW, "--no-save"),
    "trace": ("--from", "09:00", "--to", "09:05"),
    "journeys": ("--replications", "1"),
    "sweep": ("--factor", "volume=reasons.*.volume.factor: 0.9,1.1", "--dry-run"),
    "optimize": ("--layer", "requirements", "--no-save"),
    "convert": ("small.yaml",),
}


@pytest.mark.parametrize("command", ON_A_WORKBOOK)
def test_a_command_takes_a_workbook_where_it_takes_yaml(folder, command):
    (folder / "from.yaml").write_text(SMALL)
    assert run("convert", "from.yaml", "book.xlsx").exit_code == 0
    said = run(command, "book.xlsx", *ON_A_WORKBOOK[command])
    assert said.exit_code == 0, said.output + said.stderr


def test_a_design_names_a_workbook_too(folder):
    run("new", "--workbook", "center.xlsx")
    (folder / "design.yaml").write_text(
        "cxsim: 1\nsweep: {scenario: center.xlsx}\nreplications: 1\n"
        "factors: {volume: {path: reasons.*.volume.factor, values: [0.9, 1.1]}}\n"
    )
    said = run("sweep", "design.yaml", "--dry-run")
    assert said.exit_code == 0, said.output + said.stderr
    assert "2 points" in said.stdout


def test_a_roster_may_have_dates_and_breaks_within_the_shift(folder):
    made = Workbook("center.xlsx")
    sheets = {
        "Settings": [
            ["Setting", "Value"],
            ["horizon.start", "2026-11-02"],
            ["horizon.days", 2],
            ["horizon.open", "00:00-24:00"],
        ],
        "Reasons": [["Reason", "Volume", "Handle time (min)"], ["sales", "20/h", 4]],
        "Teams": [["Team", "Serves"], ["7", "sales"]],
        "Roster": [
            ["Agent", "Team", date(2026, 11, 2), "Tue", "Break", "Unpaid break"],
            ["A1", 7, "8-16", "leave", "10:00-10:15", "30 min after 4h (over 6 h)"],
            ["A2", 7, "22:00-6:00", "8:00-11:00", "2:00-2:15", "15 min after 1 h (over 8 h)"],
        ],
    }
    for title, rows in sheets.items():
        page = made.add_worksheet(title)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, date):
                    page.write_datetime(i, j, value, made.add_format({"num_format": "dd/mm/yyyy"}))
                else:
                    page.write(i, j, value)
    made.close()
    first, night, short = read("center.xlsx").staff.shifts
    assert (first.date, first.start, first.end) == (date(2026, 11, 2), 8 * 3600.0, 16 * 3600.0)
    assert first.breaks == ((36000.0, 36900.0), (43200.0, 45000.0))
    assert first.paid == 7.5 * 3600
    assert night.end == 30 * 3600.0
    assert night.breaks == ((26 * 3600.0, 26.25 * 3600.0),)
    assert short.weekday == (1,)
    assert short.breaks == ()
