"""`cxsim capacity`: from a scenario to a folder with the hires."""

from __future__ import annotations

import json

import pandas as pd
import pytest

SCENARIO = """\
cxsim: 1
name: Hiring
horizon: {days: 7, open: 09:00-17:00}
reasons: {calls: {volume: 40/h, talk: 5 min, patience: 3 min}}
groups: {team: {agents: 6, serves: [calls], wage: 20}}
capacity:
  start: 2026-01
  months: 4
  file: months.csv
  uncertainty: {volume: 8%}
  full_time: 38 h
  shrinkage: 30%
  leaves: 24% per year
  hiring: {at_most: 3, lead_time: 1 month, cost: 1500}
  teams: {team: {people: 12}}
"""
VOLUMES = "month,calls\n2026-01,9900\n2026-02,9000\n2026-03,12500\n2026-04,14000\n2026-05,14000\n"


@pytest.fixture
def hiring(center):
    (center / "hiring.yaml").write_text(SCENARIO, encoding="utf-8")
    (center / "months.csv").write_text(VOLUMES, encoding="utf-8")
    return center


def test_it_tells_whom_to_hire_and_writes_a_folder(cxsim, hiring):
    done = cxsim("capacity", "hiring.yaml", "--futures", "500", "--time-limit", "5s", "--out", "out")
    assert done.exit_code == 0, done.stderr
    for words in ("Hire ", "Decide first by 2026-0", "rule of thumb", "no hiring", "P(miss)"):
        assert words in done.stdout
    assert "…" not in done.stdout
    hires = pd.read_csv(hiring / "out" / "hires.csv")
    months = pd.read_csv(hiring / "out" / "months.csv")
    assert hires["people"].sum() >= 2 and (hires["start"] > hires["decide_by"]).all()
    assert months["volume"].tolist() == [9900, 9000, 12500, 14000]
    assert (hiring / "out" / "report.html").stat().st_size > 10_000
    again = cxsim("capacity", "hiring.yaml", "--futures", "500", "--time-limit", "5s", "--out", "out", "--quiet")
    assert again.exit_code == 0 and again.stdout == ""
    assert pd.read_csv(hiring / "out" / "hires.csv").equals(hires)


def test_one_document_on_standard_output(cxsim, hiring):
    done = cxsim("capacity", "hiring.yaml", "--futures", "100", "--time-limit", "2s", "--json", "--no-pictures")
    document = json.loads(done.stdout)
    assert document["kind"] == "cxsim capacity" and document["promise"] == 0.1
    assert [row["month"] for row in document["months"]] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert (hiring / "results" / "hiring-capacity" / "hires.csv").exists()
    assert not (hiring / "results" / "hiring-capacity" / "capacity.xlsx").exists()


def test_from_python_it_is_the_same(cxsim, hiring):
    import cxsim as library

    done = cxsim("capacity", "hiring.yaml", "--futures", "100", "--time-limit", "10s", "--json", "--no-pictures")
    plan = library.capacity_plan(library.read(hiring / "hiring.yaml"), futures=100, seconds=10.0)
    assert json.loads(done.stdout)["hires"] == plan.hires.to_dict("records")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            VOLUMES.replace("2026-03,12500\n", ""),
            "has no row for 2026-03 (line 1 of months.csv, column 'month'); add a row",
        ),
        (
            VOLUMES.replace("calls", "cals"),
            "has a column 'cals' in months.csv, which is not a reason; did you mean 'calls'?",
        ),
        (VOLUMES.replace("2026-02", "2026-01"), "is also the month of line 2"),
        (VOLUMES.replace("12500", "12.500"), "may mean 12500 or 12.5"),
        (VOLUMES.replace("2026-02", "Feb"), "is not a month"),
        ("month,calls,calls low\n" + "".join(f"2026-0{m},9,8\n" for m in range(1, 5)), "has no column 'calls high'"),
        (
            "month,calls,calls low,calls high\n" + "".join(f"2026-0{m},9,8,10\n" for m in range(1, 5)),
            "which may enclose any share of the outcomes; add 'range: 90%'",
        ),
    ],
)
def test_a_wrong_table_is_told_and_nothing_is_written(cxsim, hiring, text, told):
    (hiring / "months.csv").write_text(text, encoding="utf-8")
    done = cxsim("capacity", "hiring.yaml", "--out", "out")
    assert done.exit_code == 2 and told in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and not (hiring / "out").exists()


def test_a_scenario_without_the_block_and_wrong_options_end_with_2(cxsim, hiring):
    done = cxsim("capacity", "small.yaml")
    assert done.exit_code == 2 and "the scenario has no capacity block; add 'capacity:'" in done.stderr
    for words, told in (
        (("--time-limit", "5"), "write '5s' or '5 min'"),
        (("--solver", "none"), "none"),
        (("--futures", "3"), "not in the range"),
        (("--set", "capacity.uncertainty.volume=8"), "write '8%'"),
    ):
        done = cxsim("capacity", "hiring.yaml", "--out", "out", *words)
        assert done.exit_code == 2 and told in done.stderr, (words, done.stderr)
        assert not (hiring / "out").exists()


def test_ranges_that_cannot_be_are_told_before_the_search(cxsim, hiring):
    rows = "month,calls,calls low,calls high\n" + "".join(f"2026-0{m},9000,9500,9100\n" for m in range(1, 5))
    (hiring / "months.csv").write_text(rows, encoding="utf-8")
    done = cxsim("capacity", "hiring.yaml", "--set", "capacity.uncertainty.range=90%", "--out", "out")
    assert done.exit_code == 2 and "calls in 2026-01 has a range from 9500 to 9100" in done.stderr
    assert not (hiring / "out").exists()
