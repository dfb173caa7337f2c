"""The planner's hour: the commands of the tutorial, one after another, on small files of the same form."""

from __future__ import annotations

import re
import shlex
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

import cxsim
from cxsim.cli import cli
from cxsim.scenario.book import start
from cxsim.scenario.book.write import workbook

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "next-week.md"
FIRST = date(2026, 9, 28)
FASTER = {"run": ["--replications", "2", "--no-pictures"], "compare": ["--replications", "2", "--no-pictures"]}


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines() if line.startswith("cxsim ")]


def files() -> None:
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


def fill() -> None:
    """What the planner types: who serves what, wages, targets, and the shifts there could be."""
    tree: dict[str, object] = {"cxsim": 1}
    grids: dict[str, object] = {}
    start._forecast(Path("results/forecast-acd"), tree, grids)
    grids["Roster"] = start._roster(start.read_table(Path("results/import-roster/staffing.csv")), 4 * 3600.0)
    tree["horizon"] |= {"before": "0 days", "after": "0 days"}
    tree["channels"] = {"phone": {"patience": "3 min"}}
    tree["groups"] = {
        "Front": {"wage": 20, "serves": ["Sales"]},
        "Float": {"wage": 21, "skills": {"Help": {"rank": 1}, "Sales": {"rank": 2}}},
    }
    for queue in tree["queues"].values():
        queue["target"] = {"sl": {"share": "60%", "within": "60s"}}
    tree["optimize"] = {"shifts": {"lengths": ["1 h"], "starts_every": "30 min"}, "within_team": False, "floor": "0%"}
    Path("center.xlsx").write_bytes(workbook(tree, grids, blank=True))


@pytest.mark.slow
def test_the_commands_of_the_tutorial_answer_every_question(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files()
    asked = commands()
    assert [words[0] for words in asked] == [
        "import", "forecast", "import", "new", "check", "run", "compare", "plan", "export", "export",
    ]  # fmt: skip
    for words in asked:
        words = [re.sub(r"20min", "40s", word) for word in words]
        if words[0] == "plan":
            words += ["--replications", "2"]
        said = CliRunner().invoke(cli, words + FASTER.get(words[0], []))
        assert said.exit_code == 0, f"cxsim {shlex.join(words)}: {said.output}{said.stderr}"
        if words[0] == "new":
            for asked_for in ("Targets", "Channels and Queues", "Teams and Skills"):
                assert asked_for in said.stdout
            fill()
    planned = cxsim.read("results/plan-center/scenario.yaml")
    people = sum(shift["agents"] for shift in _rows("results/plan-center.xlsx", "Shifts"))
    assert people > 0
    assert planned.horizon.start == date(2026, 11, 2)
    assert {row["What if"] for row in _rows("results/plan-center.xlsx", "What if")} >= {"this plan", "10 % sick"}
    lines = Path("week.csv").read_text().splitlines()
    assert len([line for line in lines if line.endswith(",work")]) == people
    assert Path("week.ics").read_bytes().count(b"BEGIN:VEVENT") == people


def _rows(file: str, sheet: str) -> list[dict[str, object]]:
    heads, *rows = CalamineWorkbook.from_path(file).get_sheet_by_name(sheet).to_python()
    names = [head.lower() if sheet == "Shifts" else head for head in heads]
    return [dict(zip(names, row, strict=True)) for row in rows]
