"""What is wrong in a workbook is told at its sheet and cell, all faults at once."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from cxsim.scenario import ScenarioError, read
from cxsim.scenario.book.template import template

GOOD: dict[str, list[list[Any]]] = {
    "Settings": [["Setting", "Value"], ["horizon.open", "09:00-12:00"]],
    "Queues": [["Queue", "Priority"], ["sales", 1]],
    "Reasons": [
        ["Reason", "Queue", "Volume", "Handle time (s)", "Resolution (%)"],
        ["sales", "sales", "30/h", 240, "80%"],
    ],
    "Teams": [["Team", "Serves", "Agents", "Wage"], ["team", "sales", 4, 20]],
}


def book(path: Path, **sheets: list[list[Any]]) -> Path:
    """A workbook with these sheets over those of GOOD; `Own_sheet` is the sheet 'Own sheet'."""
    file = path / "center.xlsx"
    made = Workbook(file)
    clock = made.add_format({"num_format": "hh:mm"})
    for title, rows in {**GOOD, **{key.replace("_", " "): rows for key, rows in sheets.items()}}.items():
        page = made.add_worksheet(title)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, time):
                    page.write_datetime(i, j, value, clock)
                elif value is not None:
                    page.write(i, j, value)
    made.close()
    return file


def faults(path: Path, **sheets: list[list[Any]]) -> list[str]:
    file = book(path, **sheets)
    with pytest.raises(ScenarioError) as error:
        read(file)
    return [str(fault).removeprefix(f"{file}:") for fault in error.value.faults]


def test_a_good_workbook_is_read(tmp_path):
    scenario = read(book(tmp_path))
    assert scenario.name == "center"
    assert scenario.reasons["sales"].talk.mean == 240.0
    assert scenario.reasons["sales"].resolution == 0.8
    assert list(scenario.groups["team"].skills) == ["sales"]
    assert scenario.source.places["groups", "team", "wage"].endswith("center.xlsx:Teams!D2")


REASONS = GOOD["Reasons"][0]
BAD = {
    "a value out of range": (
        {"Teams": [GOOD["Teams"][0], ["team", "sales", "4.5", 20]]},
        "Teams!C2  groups.team.agents: '4.5' ",
    ),
    "a heading that is not a key": (
        {"Teams": [["Team", "Serves", "Agents", "Wagge"], ["team", "sales", 4, 20]]},
        "Teams!D1  'Wagge' is not a heading of the sheet Teams; did you mean 'Wage'?",
    ),
    "a share that may be two": (
        {"Reasons": [REASONS, ["sales", "sales", "30/h", 240, 0.8]]},
        "Reasons!E2  reasons.sales.resolution: '0.8' may mean 80% or 0.8%; write 80% or 0.8% with the percent sign",
    ),
    "a clock where a length is meant": (
        {"Reasons": [REASONS, ["sales", "sales", "30/h", time(0, 4), "80%"]]},
        "Reasons!D2  reasons.sales.handle_time: '00:04:00' ",
    ),
    "a name twice": (
        {"Queues": [["Queue", "Priority"], ["sales", 1], ["sales", 2]]},
        "Queues!A3  'sales' is on this sheet twice (first in A2); remove one of the rows",
    ),
    "a row without a name": (
        {"Queues": [["Queue", "Priority"], ["sales", 1], [None, 2]]},
        "Queues!A3  has no queue; fill in the name, or clear the row",
    ),
    "a column of names that is missing": (
        {"Queues": [["Priority"], [1]]},
        "Queues!A1  has no column 'Queue'; head the column of names 'Queue'",
    ),
    "a sheet that is not read": (
        {"Queus": [["Queue"], ["sales"]]},
        "Queus!A1  'Queus' is not a sheet that cxsim reads; did you mean 'Queues'?",
    ),
    "a setting that is none": (
        {"Settings": [["Setting", "Value"], ["horizon.opens", "09:00-12:00"]]},
        "Settings!B2  horizon: 'opens' is not a key in horizon; did you mean 'open'?",
    ),
    "a value without a setting": (
        {"Settings": [["Setting", "Value"], [None, "EUR"]]},
        "Settings!B2  'EUR' is a value without a setting",
    ),
    "a value on two sheets": (
        {"Other_settings": [["Path", "Value"], ["groups.team.wage", 21]]},
        "Other settings!B2  groups.team: '21' is given twice (first in Teams!D2); clear one of the cells",
    ),
    "YAML that does not end": (
        {"Other_settings": [["Path", "Value"], ["overrides", "{more: {groups.team.agents: 5}"]]},
        "Other settings!B2  overrides: '{more: {groups.team.agents: 5}' is not valid YAML",
    ),
    "a volume on two sheets": (
        {"Volumes": [["Time", "sales"], [time(9), 10]]},
        "Reasons!C2  reasons.sales.volume: 'sales.volume' is given here and on the sheet Volumes",
    ),
    "a reason that is unknown": (
        {"Volumes": [["Time", "sale"], [time(9), 10]]},
        "Volumes!B1  'sale' is not a reason of this workbook; did you mean 'sales'?",
    ),
    "a roster cell that is neither": (
        {"Roster": [["Agent", "Team", "Mon"], ["A1", "team", "maybe"]]},
        "Roster!C2  'maybe' is neither a shift nor an absence; write a shift such as 8:00-16:30, off",
    ),
    "a break without a time": (
        {"Roster": [["Agent", "Team", "Mon", "Break"], ["A1", "team", "9:00-12:00", "30 min"]]},
        "Roster!D2  '30 min' does not say when the break is; write 12:30-13:00, or 30 min after 4 h",
    ),
    "a blank within a list": (
        {"Teams": [["Team", "Serves"], ["team", "sales"]], "By_interval": [["groups.team.agents"], [4], [None], [5]]},
        "By interval!A3  groups.team.agents: is blank, but the column goes on below it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_fault_names_its_sheet_and_cell(tmp_path, name):
    sheets, said = BAD[name]
    found = faults(tmp_path, **sheets)
    assert any(one.startswith(said) for one in found), "\n".join(found)


def test_all_faults_are_told_at_once_in_the_order_of_the_cells(tmp_path):
    rows = [["Team", "Serves", "Agents", "Wage"], *[[f"t{k}", "sales", 4, "much"] for k in range(12)]]
    found = faults(tmp_path, Teams=rows, Queues=[["Queue", "Priority"], ["sales", "first"]])
    assert [one.split()[0] for one in found] == ["Queues!B2", *(f"Teams!D{k}" for k in range(2, 14))]


def test_a_cell_of_a_table_is_named_too(tmp_path):
    reasons = [["Reason", "Queue", "Handle time (s)"], ["sales", "sales", 240]]
    rows = [["Time", "sales"], *[[time(9 + k // 2, 30 * (k % 2)), 10] for k in range(6)]]
    assert read(book(tmp_path, Reasons=reasons, Volumes=rows)).reasons["sales"].volume.sheet == "Volumes"
    rows[3][1] = "many"
    found = faults(tmp_path, Reasons=reasons, Volumes=rows)
    assert len(found) == 1
    assert "'many'" in found[0]
    assert "Volumes!B4" in found[0]


def test_a_file_that_is_no_scenario_workbook_is_refused(tmp_path):
    file = tmp_path / "other.xlsx"
    made = Workbook(file)
    made.add_worksheet("Sheet1").write(0, 0, "x")
    made.close()
    with pytest.raises(ScenarioError, match="has none of the sheets of a scenario workbook"):
        read(file)
    file.write_bytes(template()[:3000])
    with pytest.raises(ScenarioError, match="is not a workbook"):
        read(file)


def test_notes_are_the_users_own(tmp_path):
    teams = [["Team", "Serves", "Agents", "Wage", "Note"], ["team", "sales", 4, 20, "10% slower: see {Anna}"]]
    assert read(book(tmp_path, Teams=teams, Note_for_Anna=[["anything"], [1]])).groups["team"].agents == 4


def test_numbers_take_the_unit_of_their_heading(tmp_path):
    reasons = [["reason", "queue", "volume", "HANDLE TIME (min)"], ["sales", "sales", "30/h", 4.5]]
    assert read(book(tmp_path, Reasons=reasons)).reasons["sales"].talk.mean == 270.0
