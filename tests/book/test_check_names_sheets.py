"""`cxsim check` says which sheet of a workbook it read how."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from xlsxwriter import Workbook

from cxsim.cli import cli

SCENARIO = """cxsim: 1
horizon: {start: 2026-03-02, open: 08:00-09:00}
reasons:
  call:
    volume: {file: both.xlsx, sheet: Contacts}
    talk: 3 min
    handle_times: {file: both.xlsx, sheet: Minutes}
groups: {team: {serves: call, agents: 3}}
"""


def test_two_sheets_of_one_file_are_told_apart(tmp_path: Path) -> None:
    """Both were called both.xlsx before, in two lines that said the same."""
    with Workbook(tmp_path / "both.xlsx") as book:
        for name, value in (("Contacts", 20), ("Minutes", 240)):
            page = book.add_worksheet(name)
            page.write_row(0, 0, ["time", "call"])
            page.write_row(1, 0, ["08:00", value])
            page.write_row(2, 0, ["08:30", value])
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    done = CliRunner().invoke(cli, ["check", str(tmp_path / "s.yaml")])
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "both.xlsx, sheet Contacts: 2 rows; 'time' from 08:00 to 08:30, every day." in said
    assert "both.xlsx, sheet Minutes: 2 rows; 'time' from 08:00 to 08:30, every day." in said
    assert "handle times are those of both.xlsx, sheet Minutes; talk and wrap" in said
