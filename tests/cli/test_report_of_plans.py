"""`cxsim report` makes the page, the workbook and the charts of a stored plan, as the command that found it does."""

import json
from pathlib import Path
from shutil import copytree

import openpyxl
import pytest

from cxsim import read
from cxsim.optimizer.single_step import one_layer

SHORT = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 09:00-11:00, interval: 1 h}
reasons:
  a: {volume: 20/h, handle_time: 4 min, patience: 3 min}
  "7": {volume: 20/h, handle_time: 4 min, patience: 3 min}
queues:
  a: {target: {sl: {share: 50%, within: 20s}}}
  "7": {target: {sl: {share: 50%, within: 20s}}}
groups:
  one: {agents: 4, serves: [a, "7"], wage: 10}
  "2": {agents: 3, serves: ["7", a], wage: 9}
"""
SHIFTS = """\
staff: {shifts: [{group: one, start: 09:00, end: 11:00, agents: 4}, {group: "2", start: 09:00, end: 11:00, agents: 3}]}
optimize: {shifts: {lengths: [1 h, 2 h]}}
"""


@pytest.fixture(scope="module", params=["headcounts", pytest.param("shifts", marks=pytest.mark.slow)])
def plans(request, tmp_path_factory):
    """A folder with a certified plan: `bare` without its page, `whole` with it."""
    place = tmp_path_factory.mktemp("plans")
    text, rows = SHORT, ["group,start,agents", "one,09:00,4", "one,10:00,4", "2,09:00,3", "2,10:00,3"]
    if request.param == "shifts":
        text = SHORT.replace("agents: 4, ", "").replace("agents: 3, ", "") + SHIFTS
        rows = ["group,start,end,agents", "one,09:00,11:00,4", "2,09:00,11:00,3"]
    (place / "short.yaml").write_text(text)
    (place / "given.csv").write_text("\n".join(rows) + "\n")
    plan = one_layer("certify", read(place / "short.yaml"), plan=place / "given.csv", need=None)
    plan.save(place / "bare", pictures=False)
    plan.save(place / "whole")
    return place


@pytest.fixture
def bare(center, plans):
    copytree(plans / "bare", center / "bare")
    return Path("bare")


def cells(file):
    book = openpyxl.load_workbook(file)
    values = {sheet.title: [[cell.value for cell in row] for row in sheet] for sheet in book}
    return json.loads(json.dumps(values, default=str), parse_float=lambda text: float(f"{float(text):.6g}"))


def names(folder):
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_a_plan_stored_without_its_page_gets_the_one_that_it_would_have_had(cxsim, plans, bare):
    whole = plans / "whole"
    tables = {name: (bare / name).read_bytes() for name in names(bare) - {".cxsim-files.json"}}
    done = cxsim("report", bare)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split()[0] == "bare/report.html"
    assert names(bare) == names(whole)
    assert (bare / "report.html").read_text() == (whole / "report.html").read_text()
    assert cells(bare / "plan.xlsx") == cells(whole / "plan.xlsx")
    assert {name: (bare / name).read_bytes() for name in tables} == tables  # the plan itself stays as it is


def test_a_copy_of_a_plan_is_a_plan_with_its_page(cxsim, center, bare):
    assert cxsim("report", bare, "--out", "copy", "--no-pictures").exit_code == 0
    assert {"report.html", "plan.xlsx", "plan.csv", "optimum.json"} <= names(center / "copy")
    assert not any(name.startswith("figures/") for name in names(center / "copy"))
    assert not (bare / "report.html").exists()
    assert (center / "copy/plan.csv").read_bytes() == (bare / "plan.csv").read_bytes()


@pytest.mark.parametrize(
    ("file", "damage", "said"),
    [
        ("optimum.json", lambda text: text.replace('"levels"', '"heights"'), "earlier version of cxsim wrote it"),
        ("optimum.json", lambda text: text[:40], "optimum.json"),
        ("provenance.json", lambda text: "[]", "provenance.json: it is not a mapping"),
        ("plan.csv", lambda text: text.replace("agents", "agenda"), "plan.csv"),
        ("tables/goals.csv", lambda text: text.replace("value", "worth"), "tables/goals.csv"),
    ],
)
def test_a_damaged_plan_is_refused_by_its_file(cxsim, bare, file, damage, said):
    (bare / file).write_text(damage((bare / file).read_text()))
    before = names(bare)
    done = cxsim("report", bare)
    assert done.exit_code == 2 and said in " ".join(done.stderr.split()), done.stderr
    assert "Traceback" not in done.stderr and names(bare) == before


def test_the_charts_of_a_plan_have_one_format(cxsim, bare):
    done = cxsim("report", bare, "--format", "svg")
    assert done.exit_code == 2 and "PNG" in done.stderr
