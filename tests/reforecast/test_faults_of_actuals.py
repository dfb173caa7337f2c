"""Actuals, times, staff and backlogs that do not fit: all faults at once, each with the line to write, exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from reforecast.made_days import DESK

from cxsim.cli import cli

GOOD = [
    f"{q},2026-03-02T{8 + k // 2:02}:{30 * (k % 2):02}:00,30,{n}"
    for q, n in (("sales", 18), ("help", 6))
    for k in range(6)
]
HEAD = "queue,start,minutes,offered"


def told(tmp_path, monkeypatch, rows, *words, head=HEAD):
    monkeypatch.chdir(tmp_path)
    Path("desk.yaml").write_text(DESK, encoding="utf-8")
    Path("today.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    given = [] if "--until" in words else ["--until", "11:00"]
    said = CliRunner().invoke(
        cli, ["reforecast", "desk.yaml", "--actuals", "today.csv", "--replications", "20", *given, *words]
    )
    assert said.exit_code == 2, said.output
    assert "Traceback" not in said.output
    assert not list(Path("results").glob("*")), "nothing is half-written"
    return said.output


CASES = {
    "a queue of another name": (
        [row.replace("help,", "Helpdesk,") for row in GOOD],
        [],
        ["today.csv:8", "'Helpdesk' is not a queue of the scenario", "--name 'Helpdesk=QUEUE'"],
    ),
    "another day": (GOOD, ["--date", "2026-03-03"], ["has no rows of 2026-03-03", "write --date 2026-03-02"]),
    "a day that the scenario is not about": (
        [row.replace("2026-03-02", "2026-04-07") for row in GOOD],
        [],
        ["'2026-04-07' is not a day of the scenario", "--set horizon.start=2026-04-07"],
    ),
    "several days": (
        [*GOOD, *(row.replace("2026-03-02", "2026-03-01") for row in GOOD)],
        [],
        ["has several days: 2026-03-01, 2026-03-02", "--date 2026-03-02"],
    ),
    "longer intervals": (
        [f"{q},2026-03-02T{h:02}:00:00,60,30" for q in ("sales", "help") for h in (8, 9, 10)],
        [],
        ["lasts 60 min from 08:00", "30 min", "--set 'horizon.interval=60 min'"],
    ),
    "a row that is missing": (
        [row for row in GOOD if row[:22] != "help,2026-03-02T09:30:"],
        [],
        ["has no row of help for 09:30", "add the row help,2026-03-02T09:30"],
    ),
    "a row twice": ([*GOOD, GOOD[0]], [], ["is the interval 08:00 of sales again", "keep one of the two rows"]),
    "contacts in halves": (
        [GOOD[0] + ".5", *GOOD[1:]],
        [],
        ["'18.5' is not a whole number of contacts (offered)", "write 18 or 19"],
    ),
    "no number": ([GOOD[0] + "x", *GOOD[1:]], [], ["'18x' is not a number (offered)"]),
    "fewer than none": ([GOOD[0].replace(",18", ",-3"), *GOOD[1:]], [], ["'-3' is not a number from 0 (offered)"]),
    "contacts while closed": (
        ["sales,2026-03-02T07:30:00,30,4", *GOOD],
        [],
        ["has 4 contacts of sales at 07:30, when it is closed", "widen horizon.open"],
    ),
    "until before opening": (
        GOOD,
        ["--until", "07:00"],
        ["'07:00' is outside opening hours (08:00-16:00)", "write 08:30"],
    ),
    "until within an interval": (
        GOOD,
        ["--until", "10:50"],
        ["'10:50' is not where an interval begins", "write 11:00"],
    ),
    "staff in fractions, an unknown team and an unknown queue": (
        GOOD,
        ["--staff", "front=2.5", "--staff", "bott=3", "--backlog", "mail=4", "--backlog", "help=1.5"],
        ["write --staff 'front=2'", "did you mean 'both'?", "'mail' is not a queue", "write --backlog 'help=2'"],
    ),
    "no columns": (["1,2"], [], ["has no column 'start'"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_fit_is_told_with_the_line_to_write(name, tmp_path, monkeypatch):
    rows, words, expected = CASES[name]
    head = "queue,offered,minutes,begin" if name == "no columns" else HEAD
    rows = ["sales,12,30,08:00"] if name == "no columns" else rows
    output = " ".join(told(tmp_path, monkeypatch, rows, *words, head=head).split())
    if name == "no columns":
        return  # any message will do: the reader of exports decides
    for text in expected:
        assert text in output, output


def test_all_faults_of_a_table_are_told_at_once(tmp_path, monkeypatch):
    rows = [GOOD[0] + "x", GOOD[1] + ".5", GOOD[2].replace("sales", "Sales calls"), *GOOD[3:]]
    output = told(tmp_path, monkeypatch, rows)
    for line in (2, 3, 4):
        assert f"today.csv:{line}" in output
    assert "has no row of sales for 09:00" in output


def test_handle_times_in_another_unit_are_not_taken_for_seconds(tmp_path, monkeypatch):
    """Minutes: 4.4 where the scenario has some 270 s."""
    rows = [f"{row},{row.rpartition(',')[2]},4.4" for row in GOOD]
    output = " ".join(told(tmp_path, monkeypatch, rows, head=f"{HEAD},answered,aht_s").split())
    assert "has a mean handle time of 4.4 s in sales" in output
    assert "these look like minutes: write 264 for 4.4" in output


def test_agents_of_a_queue_that_two_teams_serve_are_asked_about(tmp_path, monkeypatch):
    rows = [f"{row},{3 if row.startswith('sales') else 2}" for row in GOOD]
    output = " ".join(told(tmp_path, monkeypatch, rows, head=f"{HEAD},agents").split())
    assert "has agents of sales, whose contacts are served by front and both" in output
    assert "--planned-staff --staff 'front=N' --staff 'both=N'" in output


def test_agents_in_fractions_and_more_answered_than_offered(tmp_path, monkeypatch):
    rows = [f"{row},2.5,40" for row in GOOD]
    output = " ".join(told(tmp_path, monkeypatch, rows, head=f"{HEAD},agents,answered").split())
    assert "'2.5' is not a whole number of agents: people are whole (agents)" in output and "write 2 or 3" in output
    assert "has more contacts of help answered (240) than offered (36)" in output
