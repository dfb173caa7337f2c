"""An Optimum: its document, its folder, its workbook, its page, and what it says."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import openpyxl
import pytest
from example_optimum import example_optimum
from rich.console import Console

from cxsim.report.plan import words
from cxsim.report.plan.workbook import workbook

DAY = example_optimum()


def screen(optimum, width: int) -> str:
    console = Console(width=width, record=True, file=io.StringIO(), highlight=False)
    console.print(optimum.summary(width))
    return console.export_text()


def test_the_gap_is_a_share_of_the_cost_and_unknown_without_a_bound():
    assert DAY.gap == pytest.approx(0.12)
    assert math.isnan(replace(DAY, bound=math.nan).gap)


def test_the_document_holds_what_was_promised_and_is_json():
    document = json.loads(json.dumps(DAY.document(), allow_nan=False))
    wanted = {"cost", "bound", "bound_status", "gap", "certified", "replications"}
    wanted |= {"cpu_seconds", "wall_seconds", "plan"}
    assert wanted | {"schema_version", "inputs", "goals"} <= set(document)
    assert document["certified"] is True and len(document["plan"]) == len(DAY.plan)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_screen_fits_and_answers(width):
    text = screen(DAY, width)
    assert max(map(len, text.splitlines())) <= width
    assert "9.3% less than today's staffing" in " ".join(text.split())
    assert "heuristic" in text and "Who serves what" in text


def test_a_plan_that_is_not_proved_says_what_is_met_and_what_is_not_known():
    said = example_optimum(certified=False).headline()
    assert said.startswith("In simulation, the best plan found")
    assert "meets all 25 goals, 24 of them clearly. It is not certified." in said


def test_goals_over_many_intervals_are_told_in_one_line_by_the_tightest():
    (line,) = [line for line in words.lines(DAY) if line.count > 1]
    part = DAY.goals[DAY.goals["span"] != "total"]
    tightest = part.loc[part["slack"].astype(float).idxmin()]
    assert line.count == len(part) == 20 and line.at == tightest["span"][11:]


def test_a_folder_is_written_whole_and_the_same_twice(tmp_path):
    first, second = DAY.save(tmp_path / "a"), DAY.save(tmp_path / "b")
    names = sorted(path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file())
    assert {"plan.csv", "plan.xlsx", "report.html", "provenance.json", "scenario.yaml", "optimum.json"} <= set(names)
    keys = ("costs", "staffing", "goals", "service", "allocation", "search")
    assert {f"figures/{key}.png" for key in keys} <= set(names)
    for name in names:
        if name.endswith((".csv", ".yaml")):
            assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(FileExistsError):
        DAY.save(tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_no_text_of_the_workbook_is_a_formula():
    evil = example_optimum(queues=("=1+1", "@x"), groups=("+3", "-2", "=cmd()"))
    book = openpyxl.load_workbook(io.BytesIO(workbook(evil)))
    assert book.sheetnames[:3] == ["Plan", "Answer", "Staffing"]
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_the_first_sheet_is_the_plan_as_staff_file_reads_it():
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(DAY)))["Plan"]
    assert [cell.value for cell in sheet[1]] == list(DAY.plan.columns)


def test_the_page_stands_alone(tmp_path):
    evil = example_optimum(queues=("<script>alert(1)</script>", "b"))
    html = (evil.save(tmp_path / "a") / "report.html").read_text()
    assert "<script>alert" not in html and html.count("<script") == html.count("script-src 'sha256-") == 1
    assert "http-equiv" in html and 'src="http' not in html
    assert html.count("<svg") == 6


def test_shifts_and_weeks_can_be_shown(tmp_path):
    week = example_optimum(days=5, kind="shifts")
    assert (week.save(tmp_path / "a") / "figures" / "staffing.png").stat().st_size > 10_000
    assert "5 days" in screen(week, 80)
