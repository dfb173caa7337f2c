"""Tables as planners have them: a queue column, dates as day/month/year, spans of time, rows of totals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import cxsim
from cxsim.cli import cli
from cxsim.model.calendar import timeline
from cxsim.model.demand import expected
from cxsim.tables.reader import TableError

LONG = """\
Queue;Date;Interval;Offered
Orders;30/11/2026;08:00-08:30;20
Orders;30/11/2026;08:30-09:00;40
Billing;30/11/2026;08:00-08:30;5
Billing;30/11/2026;08:30-09:00;7
Total Orders;;;60
"""
WIDE = "time,orders,billing\n2026-11-30 08:00,20,5\n2026-11-30 08:30,40,7\n"


def center(folder: Path, volumes: dict[str, dict[str, Any]]) -> cxsim.Scenario:
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-11-30", "open": "08:00-09:00", "timezone": "Europe/Paris"},
            "reasons": {
                name: {"volume": volume, "handle_time": "4 min", "patience": "3 min"}
                for name, volume in volumes.items()
            },
            "groups": {"team": {"agents": 6, "serves": list(volumes)}},
        },
        folder=folder,
    )


def contacts(scenario: cxsim.Scenario) -> list[list[float]]:
    """Mean contacts of each reason in each interval."""
    return [[round(float(x), 9) for x in row] for row in expected(scenario, timeline(scenario))]


def long(text: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {
        name.lower(): {"file": "acd.csv", "column": "Offered", "where": {"Queue": name}, **more}
        for name in ("Orders", "Billing")
    }


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def test_a_long_table_gives_the_volumes_of_a_wide_one(tmp_path):
    put(tmp_path, "acd.csv", LONG)
    put(tmp_path, "wide.csv", WIDE)
    wide = center(tmp_path, {name: {"file": "wide.csv"} for name in ("orders", "billing")})
    assert contacts(center(tmp_path, long(LONG))) == contacts(wide)
    assert sum(map(sum, contacts(wide))) == 72


def test_check_says_what_was_put_right(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "acd.csv", LONG)
    put(
        tmp_path,
        "a.yaml",
        """cxsim: 1
horizon: {start: 2026-11-30, open: 08:00-09:00}
reasons:
  orders: {volume: {file: acd.csv, column: Offered, where: {Queue: Orders}}, handle_time: 4 min, patience: 3 min}
groups:
  team: {agents: 5, serves: [orders]}
""",
    )
    done = CliRunner().invoke(cli, ["check", "a.yaml", "--explain"])
    said = " ".join(done.output.split())
    assert done.exit_code == 0, done.output
    assert "1 row of totals left out (line 6)" in said
    assert "'Date': read as day, month, year" in said
    assert "'Interval': read as the start of spans" in said


def test_dates_that_may_be_two_are_still_refused(tmp_path):
    put(tmp_path, "acd.csv", LONG.replace("30/11/2026", "03/11/2026"))
    with pytest.raises(cxsim.ScenarioError, match=r"may mean two different days.*write 2026-11-03 or 2026-03-11"):
        center(tmp_path, long(LONG))


def test_an_imported_table_of_intervals_is_a_volume(tmp_path):
    put(tmp_path, "export.csv", LONG)
    cxsim.read_export(tmp_path / "export.csv", set={"timezone": "Europe/Paris"}).save(tmp_path / "in")
    volumes = {
        name.lower(): {"file": "in/intervals.csv", "column": "offered", "where": {"queue": name}}
        for name in ("Orders", "Billing")
    }
    put(tmp_path, "acd.csv", LONG)
    assert contacts(center(tmp_path, volumes)) == contacts(center(tmp_path, long(LONG)))


def test_a_column_of_breaks_is_not_taken_for_spans_of_rows(tmp_path):
    put(tmp_path, "staff.csv", "group,date,start,end,breaks\nteam,30/11/2026,08:00,16:00,12:00-12:30\n")
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-11-30", "open": "08:00-16:00"},
            "reasons": {"a": {"volume": "10/h", "handle_time": "4 min", "patience": "3 min"}},
            "groups": {"team": {"serves": ["a"]}},
            "staff": {"file": "staff.csv"},
        },
        folder=tmp_path,
    )
    table = scenario.table_of(scenario.staff)
    assert table.cells["breaks"] == ("12:00-12:30",) and table.cells["date"] == ("2026-11-30",)


DAYS = "Queue;Date;Offered\nOrders;30/11/2026;300\nOrders;01/12/2026;200\nBilling;30/11/2026;50\nTotal;;550\n"


def daily(folder: Path, text: str, profile: object, where: str = "Orders") -> cxsim.Scenario:
    put(folder, "days.csv", text)
    volume = {"file": "days.csv", "column": "Offered", "where": {"Queue": where}, "profile": profile}
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-11-30", "days": 2, "open": "08:00-10:00", "interval": "60 min"},
            "reasons": {"orders": {"volume": volume, "handle_time": "4 min", "patience": "3 min"}},
            "groups": {"team": {"agents": 6, "serves": ["orders"]}},
        },
        folder=folder,
    )


def test_daily_totals_are_spread_by_a_profile(tmp_path):
    hours = contacts(daily(tmp_path, DAYS, [1, 2]))[0]
    assert [x for x in hours if x] == pytest.approx([100, 200, 200 / 3, 400 / 3])


def test_daily_totals_of_a_weekday_hold_for_each_of_them(tmp_path):
    text = "Queue,weekday,Offered\nOrders,mon,90\nOrders,tue-fri,60\n"
    assert [x for x in contacts(daily(tmp_path, text, [2, 1]))[0] if x] == pytest.approx([60, 30, 40, 20])


@pytest.mark.parametrize(
    ("text", "profile", "said"),
    [
        (DAYS + "Orders;01/12/2026;10\n", [1, 2], "is of a second row for its day"),
        (DAYS.replace("01/12", "13/12"), [1, 2], "has no rows for Tue 2026-12-01"),
        (DAYS, [1, 2, 3], "has 3 numbers, but there are 2 open intervals"),
        (DAYS.replace("Date", "time"), [1, 2], "spreads whole days, but days.csv has a column of times, 'time'"),
    ],
)
def test_days_that_do_not_fit_are_refused(tmp_path, text, profile, said):
    with pytest.raises((cxsim.ScenarioError, TableError)) as caught:
        contacts(daily(tmp_path, text, profile))
    assert said in str(caught.value)
