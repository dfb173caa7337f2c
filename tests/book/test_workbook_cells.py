"""What people type into cells is read as they mean it, or asked about with its sheet and cell."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from cxsim.scenario import ScenarioError, read

HARD = "\u00a0"  # a blank that does not break, as web pages and some keyboards write it
SHEETS: dict[str, list[list[Any]]] = {
    "Settings": [["Setting", "Value"], ["horizon.start", "2026-11-02"], ["horizon.days", 6],
                 ["horizon.open", "08:00-20:00"], ["staff.scheduled", None]],
    "Queues": [["Queue", "Priority"], ["sales one", 1], ["help", 1]],
    "Reasons": [["Reason", "Queue", "Volume", "Handle time (s)", "Resolution (%)"],
                ["sales one", "sales one", "30/h", 240, "80%"], ["help", "help", "30/h", 240, "80%"]],
    "Teams": [["Team", "Serves", "Agents", "Wage", "Shrinkage (%)", "Scheduled"],
              ["team", "sales one, help", 4, 20, "10%", True]],
    "Targets": [["Queue", "SL share (%)", "SL within (s)"], ["help", "80%", 20]],
    "Events": [["Name", "Date (yyyy-mm-dd)", "From (hh:mm)", "To (hh:mm)", "Factor", "Reasons"],
               ["mailing", "2026-11-04", "10:00", "14:00", 1.2, "help"]],
    "Absences": [["Name", "Share (%)", "Date (yyyy-mm-dd)", "Groups"], ["flu", "10%", "2026-11-03", None]],
}  # fmt: skip
SCHEDULED, AGENTS, WAGE, SHRINKAGE = "Teams!F2", "Teams!C2", "Teams!D2", "Teams!E2"
LENGTH, SHARE, QUEUE, SERVES = "Reasons!D2", "Reasons!E2", "Reasons!B2", "Teams!B2"
ON, FROM, FACTOR, WHOSE, WITHIN = "Events!B2", "Events!C2", "Events!E2", "Events!F2", "Targets!C2"
WHERE = {
    SCHEDULED: lambda s: s.groups["team"].scheduled,
    "Settings!B5": lambda s: s.staff.scheduled,
    AGENTS: lambda s: s.groups["team"].agents,
    WAGE: lambda s: s.groups["team"].wage,
    SHRINKAGE: lambda s: s.groups["team"].shrinkage,
    LENGTH: lambda s: s.reasons["sales one"].talk.mean,
    SHARE: lambda s: s.reasons["sales one"].resolution,
    QUEUE: lambda s: s.reasons["sales one"].queue,
    "Queues!A2": lambda s: list(s.queues),
    SERVES: lambda s: list(s.groups["team"].skills),
    WITHIN: lambda s: s.queues["help"].target.sl.within,
    ON: lambda s: s.events[0].date,
    FROM: lambda s: s.events[0].start,
    FACTOR: lambda s: s.events[0].factor,
    WHOSE: lambda s: s.events[0].reasons,
    "Absences!D2": lambda s: s.absences[0].groups,
    "Settings!B2": lambda s: s.horizon.start,
    "Settings!B4": lambda s: s.horizon.open[0],
}
DAY, TEN = date(2026, 11, 4), 36000.0
BOTH = ["sales one", "help"]
READ = [
    *((SCHEDULED, typed, True) for typed in ("yes", "Yes", "YES ", "true", "TRUE", "True", True, f"yes{HARD}")),
    *((SCHEDULED, typed, False) for typed in ("no", "No", "false", "FALSE", False)),
    ("Settings!B5", "yes", True),
    *((AGENTS, typed, 4) for typed in (4, "4", " 4 ", f"4{HARD}", "4.0")),
    *((WAGE, typed, 20.5) for typed in (20.5, "20.5", f"20.5{HARD}")),
    *((SHRINKAGE, typed, 0.105) for typed in ("10.5%", "10.5 %", f"10.5{HARD}%", 10.5, "10.5", "10,5")),
    (SHRINKAGE, (0.105, "0.0%"), 0.105),
    *((LENGTH, typed, 240.0) for typed in (240, "240", "240 ", f"240{HARD}", "4 min", f"4{HARD}min", "240 s", "4min")),
    (LENGTH, "240,5", 240.5),
    (LENGTH, f"1{HARD}240", 1240.0),
    *((SHARE, typed, 0.8) for typed in ("80%", "80 %", 80, "80", (0.8, "0%"))),
    *((QUEUE, typed, "sales one") for typed in ("sales one ", f"sales{HARD}one", f" sales one{HARD}")),
    ("Queues!A2", f"sales{HARD}one", BOTH),
    *((SERVES, typed, BOTH) for typed in ("sales one,help", "sales one; help", f"sales{HARD}one, help ")),
    (SERVES, "sales one\nhelp", BOTH),
    *((WITHIN, typed, 20.0) for typed in (20, "20", "20s", "20 s", "20 sec")),
    *((ON, typed, DAY) for typed in ("2026-11-04", f"2026-11-04{HARD}", (datetime(2026, 11, 4), "dd/mm/yyyy"))),
    *((FROM, typed, TEN) for typed in ("10:00", " 10:00", "10:00:00", (time(10), "hh:mm"), (10 / 24, "h:mm AM/PM"))),
    *((FACTOR, typed, 1.2) for typed in (1.2, "1.2", "120%", "120 %", (1.2, "0%"))),
    *((WHOSE, typed, ("help",)) for typed in ("help", "help ", "[help]")),
    (WHOSE, "help, sales one", ("help", "sales one")),
    ("Absences!D2", "team", ("team",)),
    ("Settings!B2", (datetime(2026, 11, 2), "dd/mm/yyyy"), date(2026, 11, 2)),
    *(("Settings!B4", typed, ((28800.0, 72000.0),)) for typed in ("8:00-20:00", "08:00 – 20:00", f"08:00-20:00{HARD}")),
]  # fmt: skip
ASKED = [
    *((SCHEDULED, typed, "is neither true nor false; write true") for typed in ("ja", "x", 1, "1", "y")),
    (WAGE, "20,5", "write 20.5"),
    (WAGE, "20 EUR", "write it without a unit: 20"),
    (SHRINKAGE, 0.1, "may mean 10% or 0.1%"),
    (SHRINKAGE, "0.1", "may mean 10% or 0.1%"),
    (SHRINKAGE, "0,1", "may mean 10% or 0.1%"),
    (SHARE, 1, "may mean 100% or 1%"),
    (SHARE, "1", "may mean 100% or 1%"),
    (LENGTH, "1.240", "may mean 1240 or 1.24"),
    (LENGTH, "4:00", "write '4m00s' or '4h00m'"),
    (LENGTH, (time(0, 4), "mm:ss"), "write '4m00s'"),
    (QUEUE, "Sales One", "did you mean 'sales one'?"),
    (ON, "04/11/2026", "write 2026-11-04 or 2026-04-11"),
    (ON, "13/11/2026", "write 2026-11-13"),
    (ON, "4.11.2026", "write 2026-11-04 or 2026-04-11"),
    (ON, "4 Nov 2026", "write 2026-11-04"),
    (ON, 46330, "is a number, not a date; format the cell as a date, or write 2026-11-04"),
    (FROM, "10.00", "write '10:00'"),
    (FROM, 10.3, "write '10:30'"),
    (FROM, "10h30", "write '10:30'"),
    (FROM, "2 pm", "write '14:00'"),
    (FROM, 10, "write '10:00'"),
    (FROM, 0.4375, "write '10:30'"),
    (FACTOR, "1,2", "write 1.2"),
    (FACTOR, "+20%", "may mean a change or a factor; write 120% or 20%"),
    (FACTOR, "-20%", "may mean a change or a factor; write 80% or 20%"),
    (WHOSE, "all", "is not a reason; the reasons are"),
    ("Settings!B2", "02/11/2026", "write 2026-11-02 or 2026-02-11"),
    ("Settings!B4", "8-20", "write 08:00-20:00"),
]  # fmt: skip


def book(path: Path, cell: str, typed: Any) -> Path:
    """The workbook with one cell typed over; a pair is a value and its number format."""
    sheets = {title: [list(row) for row in rows] for title, rows in SHEETS.items()}
    title, _, name = cell.partition("!")
    sheets[title][int(name[1:]) - 1][ord(name[0]) - 65] = typed
    file = path / "c.xlsx"
    made = Workbook(file)
    for title, rows in sheets.items():
        page = made.add_worksheet(title)
        for i, row in enumerate(rows):
            for j, one in enumerate(row):
                value, pattern = one if isinstance(one, tuple) else (one, "")
                style = made.add_format({"num_format": pattern}) if pattern else None
                if isinstance(value, datetime | time):
                    page.write_datetime(i, j, value, style)
                elif value is not None:
                    page.write(i, j, value, style)
    made.close()
    return file


@pytest.mark.parametrize(("cell", "typed", "meant"), READ, ids=[f"{cell} {typed!r}" for cell, typed, _ in READ])
def test_a_cell_is_read_as_it_is_meant(tmp_path, cell, typed, meant):
    assert WHERE[cell](read(book(tmp_path, cell, typed))) == meant


@pytest.mark.parametrize(("cell", "typed", "said"), ASKED, ids=[f"{cell} {typed!r}" for cell, typed, _ in ASKED])
def test_what_may_mean_two_things_is_asked_about_at_its_cell(tmp_path, cell, typed, said):
    file = book(tmp_path, cell, typed)
    with pytest.raises(ScenarioError) as error:
        read(file)
    found = [str(fault).removeprefix(f"{file}:") for fault in error.value.faults]
    assert any(one.startswith(f"{cell}  ") and said in one for one in found), found
    assert not any("outside the horizon" in one for one in found)


def test_a_heading_with_a_hard_blank_is_the_column_of_its_reason(tmp_path):
    file = tmp_path / "c.xlsx"
    made = Workbook(file)
    rows: dict[str, list[list[Any]]] = {
        "Reasons": [["Reason", "Handle time (s)"], ["sales one", 240]],
        "Teams": [["Team", "Serves", "Agents"], ["team", "sales one", 4]],
        "Settings": [["Setting", "Value"], ["horizon.open", "08:00-09:00"]],
        "Volumes": [["Time", f"sales{HARD}one "], ["08:00", "10"], ["08:30", f"12{HARD}"]],
    }
    for title, table in rows.items():
        page = made.add_worksheet(title)
        for i, row in enumerate(table):
            page.write_row(i, 0, row)
    made.close()
    assert read(file).reasons["sales one"].volume.sheet == "Volumes"


@pytest.mark.parametrize("head", ["2026-11-03", "Tue 2026-11-03", "Tuesday 2026-11-03", "Tue", datetime(2026, 11, 3)])
def test_a_day_of_the_roster_may_be_headed_as_a_plan_heads_it(tmp_path, head):
    file = tmp_path / "c.xlsx"
    made = Workbook(file)
    for title, table in {**SHEETS, "Roster": [["Agent", "Team", head], ["A1", "team", "8:00-16:30"]]}.items():
        page = made.add_worksheet(title)
        for i, row in enumerate(table):
            for j, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(i, j, value, made.add_format({"num_format": "ddd dd/mm"}))
                elif value is not None and (title, j) != ("Teams", 2):
                    page.write(i, j, value)
    made.close()
    (shift,) = read(file).staff.shifts
    assert shift.date == date(2026, 11, 3) or shift.weekday == (1,)


def test_a_day_that_is_not_its_date_is_asked_about(tmp_path):
    sheets = {"Roster": [["Agent", "Team", "Mon 2026-11-03"], ["A1", "team", "8:00-16:30"]]}
    file = tmp_path / "c.xlsx"
    made = Workbook(file)
    for title, table in {**SHEETS, **sheets}.items():
        page = made.add_worksheet(title)
        for i, row in enumerate(table):
            page.write_row(i, 0, row)
    made.close()
    with pytest.raises(ScenarioError, match=r"Roster!C1.*'Mon 2026-11-03' is not a heading of the sheet Roster"):
        read(file)
