"""The planner's hour: the commands of the tutorial from the export to the calendar file, on small and on real files.

`pytest tests/book/test_planners_hour.py -s` prints how long each command took.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

import cxsim
from cxsim.cli import cli

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "next-week.md"
DESK = Path(__file__).resolve().parents[3] / "shared" / "data" / "planner_week"
FIRST = date(2026, 9, 28)
STEPS = ["import", "forecast", "import", "new", "check", "run", "compare", "plan", "export", "export"]
STEPS += ["import", "reforecast"]
FASTER = {
    "run": ["--replications", "2", "--no-pictures"],
    "compare": ["--replications", "2", "--no-pictures"],
    "plan": ["--replications", "2"],
    "reforecast": ["--replications", "20", "--no-moves", "--no-pictures"],
}
Typed = dict[str, list[dict[str, Any]]]  # by sheet: rows by heading, the first names the row


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines() if line.startswith("cxsim ")]


def small_files() -> None:
    """Five weeks of a report in a European CSV with titles and totals, and the roster of a week as a workbook."""
    rows = ["Interval report", "Period;28/09/2026 - 01/11/2026;;time zone: Europe/Paris", ""]
    rows.append("Queue;Date;Interval;Offered;Answered;Aband.;AHT")
    for name, count in (("Sales", 12), ("Help", 8)):
        for k in range(33):
            day = FIRST + timedelta(days=k)
            if day.weekday() < 5:
                for clock in ("08:00-08:30", "08:30-09:00"):
                    offered = count + (7 * k + len(clock)) % 4
                    rows.append(f"{name};{day:%d/%m/%Y};{clock};{offered};{offered};0;04:{10 + k % 30:02d}")
        rows.append(f"Total {name};;;1;1;0;")
    Path("acd.csv").write_text("\n".join(rows) + "\n", encoding="cp1252")
    with Workbook("roster.xlsx") as book:
        page = book.add_worksheet("Roster")
        page.write(0, 0, "Roster, week of 2 November 2026")
        page.write_row(2, 0, ["Agent", "Team", "Mon", "Tue", "Wed", "Thu", "Fri"])
        for k in range(8):
            team = "Front" if k < 5 else "Float"
            page.write_row(3 + k, 0, [f"A{k}", team, *["8:00-9:00"] * 4, "leave" if k == 3 else "8:00-9:00"])


SMALL: Typed = {
    "Settings": [{"Setting": "currency", "Value": "EUR"}],
    "Targets": [{"Queue": name, "SL share (%)": "60 %", "SL within (s)": "60"} for name in ("Sales", "Help")],
    "Channels": [{"Channel": "phone", "Patience (s)": "3 min"}],
    "Teams": [{"Team": "Front", "Wage": 20, "Serves": "Sales"}, {"Team": "Float", "Wage": 21}],
    "Skills": [{"Team": "Float", "Queue": "Help", "Rank": 1}, {"Team": "Float", "Queue": "Sales ", "Rank": 2}],
    "Other settings": [
        {"Path": "optimize.within_team", "Value": "no"},
        {"Path": "optimize.floor", "Value": "0%"},
    ],
}


def _week() -> Typed:
    """What a planner types from the sheets Teams and Rules of the desk's roster file."""
    phone = ("Orders", "Billing", "Technical")
    wages = {
        "Orders A": 19.5,
        "Orders B": 20.5,
        "Billing": 21,
        "Tech L1": 22,
        "Tech L2": 26,
        "Digital": 19,
        "Float": 23,
    }
    skills: list[tuple[str, ...]] = [("Orders A", "Orders"), ("Orders B", "Orders", "Billing"), ("Billing", "Billing")]
    skills += [("Tech L1", "Technical"), ("Tech L2", "Technical", "Chat"), ("Digital", "Chat", "E-Mail")]
    skills += [("Float", "Orders", "Technical", "Billing")]
    served = [(team, queue, rank) for team, *queues in skills for rank, queue in enumerate(queues, 1)]
    slower = {("Orders B", "Billing"): "110 %"}
    resolved = {("Tech L1", "Technical"): "70 %", ("Tech L2", "Technical"): "88 %"}
    goals = {**dict.fromkeys(phone, ("80 %", 20)), "Chat": ("80 %", 60), "E-Mail": ("95 %", "24 h")}
    channels = {**dict.fromkeys(phone, "phone"), "Chat": "chat", "E-Mail": "mail"}
    return {
        "Settings": [{"Setting": "currency", "Value": "EUR"}],
        "Targets": [{"Queue": q, "SL share (%)": share, "SL within (s)": t} for q, (share, t) in goals.items()],
        "Channels": [
            {"Channel": "phone", "Patience (s)": "3 min"},
            {"Channel": "chat", "Patience (s)": "3 min", "Concurrent": 2},
            {"Channel": "mail", "Deferrable": "yes"},
        ],
        "Queues": [{"Queue": queue, "Channel": channel} for queue, channel in channels.items()],
        "Teams": [{"Team": team, "Wage": wage, "Shrinkage (%)": "18 %"} for team, wage in wages.items()],
        "Skills": [
            {"Team": t, "Queue": q, "Rank": k, "Handle time": slower.get((t, q)), "Resolution": resolved.get((t, q))}
            for t, q, k in served
        ],
    }


def morning(until: str) -> None:
    """The report of Monday 2 November until a time: a week before, with its date changed."""
    head, *rows = re.split(r"(?<=AHT\n)|(?<=SL 20s\n)", Path("acd.csv").read_text(encoding="cp1252"), maxsplit=1)
    last = [row.replace("26/10/2026", "02/11/2026") for row in rows[0].splitlines() if "26/10/2026" in row]
    seen = [row for row in last if row.split(";")[2].partition("-")[2] <= until]
    Path("today.csv").write_text(head + "\n".join(seen) + "\n", encoding="cp1252")


def type_in(file: str, typed: Typed) -> None:
    """Type values into the cells of a workbook as a spreadsheet keeps them; a row that is not there is added."""
    book = openpyxl.load_workbook(file)
    for title, rows in typed.items():
        page = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in rows:
            heads = {cell.value: cell.column for cell in page[1]}
            first, name = next(iter(row.items()))
            named = (i for i in range(2, page.max_row + 1) if page.cell(i, heads.get(first, 1)).value == name)
            at = page.max_row + 1 if title == "Skills" else next(named, page.max_row + 1)
            for head, value in row.items():
                if head not in heads:
                    heads[head] = max(heads.values(), default=0) + 1 if None not in heads else heads.pop(None)
                    page.cell(1, heads[head]).value = head
                page.cell(max(at, 2), heads[head]).value = value
    book.save(file)


def walk(typed: Typed, instead: dict[str, str], answers: tuple[str, ...] = ()) -> Iterator[tuple[list[str], Result]]:
    """Each command of the tutorial and what it said; the workbook is filled in when it was begun."""
    asked = commands()
    assert [words[0] for words in asked] == STEPS
    print()
    for given in asked:
        words = given
        for text, other in instead.items():
            words = [word.replace(text, other) for word in words]
        if words[:2] == ["import", "roster.xlsx"]:
            words += answers
        began, used = time.perf_counter(), sum(os.times()[:4])
        said = CliRunner().invoke(cli, words + FASTER.get(words[0], []))
        took = f"{sum(os.times()[:4]) - used:6.1f} s CPU {time.perf_counter() - began:7.1f} s"
        print(f"{took}  cxsim {shlex.join(words)[:90]}")
        assert said.exit_code == 0, f"cxsim {shlex.join(words)}: {said.output}{said.stderr}"
        if words[0] == "new":
            type_in("center.xlsx", typed)
        yield words, said


def look_at_the_end(teams: set[str]) -> None:
    """People by half-hour and team, shifts, what-if rows; a file for a calendar and one for a spreadsheet."""
    planned = cxsim.read("results/plan-center/scenario.yaml")
    assert planned.horizon.start == date(2026, 11, 2)
    shifts = _rows("results/plan-center.xlsx", "Shifts")
    people = sum(shift["agents"] for shift in shifts)
    lunches = sum(shift["agents"] for shift in shifts if shift.get("breaks"))
    assert people > 0
    halves = _rows("results/plan-center.xlsx", "By half-hour and team")
    assert {row["Team"] for row in halves} == teams
    for column in ("Required people", "Present", "Over under people"):
        assert all(float(row[column]).is_integer() for row in halves)
    assert {row["What if"] for row in _rows("results/plan-center.xlsx", "What if")} >= {"this plan", "10 % sick"}
    lines = Path("week.csv").read_text().splitlines()
    assert len([line for line in lines if line.endswith(",work")]) >= people
    assert Path("week.ics").read_bytes().count(b"BEGIN:VEVENT") == people + 2 * lunches  # work, lunch, work


def paste_the_roster() -> None:
    """The plan's sheet Roster stands in for that of the workbook."""
    rows = CalamineWorkbook.from_path("results/plan-center.xlsx").get_sheet_by_name("Roster").to_python()
    book = openpyxl.load_workbook("center.xlsx")
    del book["Roster"]
    page = book.create_sheet("Roster")
    for row in rows:
        page.append(row)
    book.save("pasted.xlsx")
    said = CliRunner().invoke(cli, ["check", "pasted.xlsx"])
    assert said.exit_code == 0, said.output


@pytest.mark.slow
def test_the_commands_of_the_tutorial_answer_every_question(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_files()
    morning("08:30")
    for words, said in walk(SMALL, {"20min": "40s", "11:00": "08:30"}):
        if words[0] == "new":
            for asked_for in ("Targets", "Channels and Queues", "Teams and Skills"):
                assert asked_for in said.stdout
        if words[0] == "compare":
            assert all(name in said.stdout for name in ("sick Tuesday", "volume +15 %", "mailing"))
    look_at_the_end({"Front", "Float"})
    paste_the_roster()


@pytest.mark.slow
@pytest.mark.skipif(not DESK.is_dir(), reason="the shared data are not beside the repository")
def test_the_untidy_files_of_a_desk_are_walked_to_the_end(tmp_path, monkeypatch):
    """Five queues, 63 people in seven teams, two files that nobody tidied up; only what they do not say is typed."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(DESK / "ACD interval report.csv", "acd.csv")
    shutil.copy(DESK / "roster and rules.xlsx", "roster.xlsx")
    morning("11:00")
    asked = CliRunner().invoke(cli, ["import", "roster.xlsx", "--keep-identities"])
    assert asked.exit_code == 2
    assert "--set unpaid_above=6" in asked.stderr
    for words, said in walk(_week(), {"20min": "40s", "[Sales]": "[Orders]"}, ("--set", "unpaid_above=6")):
        if words[:2] == ["import", "acd.csv"]:
            assert "3,180 kept" in said.stdout
        if words[0] == "new":
            scenario_days = _rows("center.xlsx", "Roster")
            assert len(scenario_days) == 63
        if words[0] == "check":
            assert "2,328 paid hours in counted time" in said.stdout
    look_at_the_end({"Orders A", "Orders B", "Billing", "Tech L1", "Tech L2", "Digital", "Float"})
    paste_the_roster()


def _rows(file: str, sheet: str) -> list[dict[str, Any]]:
    heads, *rows = CalamineWorkbook.from_path(file).get_sheet_by_name(sheet).to_python()
    names = [str(head).lower() if sheet == "Shifts" else str(head) for head in heads]
    return [dict(zip(names, row, strict=True)) for row in rows]
