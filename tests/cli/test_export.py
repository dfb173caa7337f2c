"""`cxsim export`: files that other workforce tools read."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from icalendar import Calendar

from cxsim.cli.export import VOLUMES
from cxsim.report.exchange.formats import FORMATS

FORECAST = """\
queue,date,time,volume,low,high,aht
sales,2026-03-29,00:30,10.4,5,15,200.5
sales,2026-03-29,01:00,10.4,5,15,210
sales,2026-03-29,03:00,10.4,5,15,220
after sales,2026-03-29,00:30,3.25,1,6,100
"""
SHIFTS = """\
group,weekday,start,end,breaks,agents,name
team,mon-tue,08:00,16:00,12:00-12:30;10:00-10:15,2,
team,mon,22:00,06:00,00:15-00:45,1,Ada
"""
PLAN = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 2, open: 00:00-24:00, timezone: Europe/Berlin}
reasons: {calls: {volume: 6/h, talk: 4 min}}
groups: {team: {serves: [calls]}}
staff: {file: plan.csv}
"""


@pytest.fixture
def folder(center):
    (center / "past").mkdir()
    (center / "past" / "forecast.csv").write_text(FORECAST)
    (center / "plan").mkdir()
    (center / "plan" / "plan.csv").write_text(SHIFTS)
    (center / "plan" / "scenario.yaml").write_text(PLAN)
    return center


def export(cxsim, folder, what, form, *more):
    done = cxsim("export", what, "--format", form, "--out", "out.txt", *more)
    assert done.exit_code == 0, done.stderr
    return (folder / "out.txt").read_text(encoding="utf-8")


def test_injixo_has_whole_contacts_that_keep_the_day(cxsim, folder):
    text = export(cxsim, folder, "past", "injixo", "--queue", "sales")
    assert text == (
        "Timestamp;Offered;AHT\n2026-03-29 00:30;10;200.5\n2026-03-29 01:00;11;210\n2026-03-29 03:00;10;220\n"
    )


def test_amazon_connect_is_in_utc_across_the_change_of_the_clocks(cxsim, folder):
    more = ("--queue", "sales", "--timezone", "Europe/Berlin", "--channel", "VOICE", "--queue-id", "q-1")
    rows = list(csv.DictReader(io.StringIO(export(cxsim, folder, "past", "amazon_connect", *more))))
    assert [row["TimeStamp"] for row in rows] == [
        "2026-03-28T23:30:00Z",
        "2026-03-29T00:00:00Z",
        "2026-03-29T01:00:00Z",
    ], "03:00 of summer time is 01:00 in UTC"
    assert rows[0] == {
        "QueueName": "sales",
        "QueueId": "q-1",
        "ChannelType": "VOICE",
        "TimeStamp": "2026-03-28T23:30:00Z",
        "IntervalDuration": "30mins",
        "IncomingContactVolume": "10.4",
        "AverageHandleTime": "200.5",
    }


def test_calabrio_has_no_header_and_splits_the_handle_time(cxsim, folder):
    text = export(cxsim, folder, "past", "calabrio", "--wrap", "30")
    assert text.splitlines()[:2] == [
        "after sales,20260329 00:30,20260329 01:00,3.25,70,30",
        "sales,20260329 00:30,20260329 01:00,10.4,170.5,30",
    ]


def test_verint_has_a_row_a_day_with_a_weighted_handle_time(cxsim, folder):
    text = export(cxsim, folder, "past", "verint_strategic")
    assert text.splitlines() == ["after sales,3-29-2026,3.25,100", "sales,3-29-2026,31.2,210.17"]


def test_genesys_has_the_totals_of_a_run(cxsim, folder):
    assert cxsim("run", "small.yaml", "--replications", "3", "--out", "ran", "-q").exit_code == 0
    more = ("--timezone", "Europe/Berlin", "--channel", "voice")
    rows = list(csv.DictReader(io.StringIO(export(cxsim, folder, "ran", "genesys_cloud", *more))))
    figures = pd.read_csv(folder / "ran" / "figures.csv").query("figure == 'offered' and scope == 'queue'")
    for queue in ("sales", "help"):
        mine = [int(row["Offered"]) for row in rows if row["Queue"] == queue]
        total = figures[(figures.name == queue) & (figures.interval == "total")]["value"].iloc[0]
        assert len(mine) >= 6 and abs(sum(mine) - total) <= 0.5
    assert all(int(row["Total Handle Time (Seconds)"]) >= int(row["Interactions Handled"]) for row in rows)


@pytest.mark.parametrize(
    ("what", "form", "more", "said"),
    [
        ("past", "injixo", (), ["a file holds one queue; choose it: --queue 'after sales'"]),
        ("past", "injixo", ("--queue", "x"), ["there is no queue 'x'; the queues are after sales, sales"]),
        ("past", "calabrio", (), ["how much of the handle time is after-call work; write --wrap 30"]),
        (
            "past",
            "amazon_connect",
            ("--queue", "sales"),
            ["--timezone …", "--queue-id …", "--channel …"],
        ),
        (
            "past",
            "genesys_cloud",
            ("--timezone", "Mars/Base", "--channel", "voice"),
            ["'Mars/Base' is not a time zone"],
        ),
        ("past", "genesys_cloud", ("--timezone", "UTC", "--channel", "voice"), ["export a run, not a forecast"]),
        ("plan", "injixo", (), ["is not a folder of `cxsim forecast` or `cxsim run`"]),
    ],
)
def test_what_is_missing_is_asked_all_at_once(cxsim, folder, what, form, more, said):
    done = cxsim("export", what, "--format", form, "--out", "out.txt", *more)
    assert done.exit_code == 2 and "Traceback" not in done.stderr
    flat = " ".join(done.stderr.split())
    assert all(text in flat for text in said), flat
    assert not (folder / "out.txt").exists()


def test_the_command_offers_every_format():
    assert set(VOLUMES) == set(FORMATS)


def test_a_file_that_is_there_is_kept(cxsim, folder):
    (folder / "out.txt").write_text("mine")
    done = cxsim("export", "past", "--format", "injixo", "--queue", "sales", "--out", "out.txt")
    assert done.exit_code == 2 and (folder / "out.txt").read_text() == "mine"


def test_a_roster_lists_work_and_breaks_of_each_person(cxsim, folder):
    rows = list(csv.DictReader(io.StringIO(export(cxsim, folder, "plan", "roster_csv"))))
    first = [tuple(row.values())[2:] for row in rows if row["agent"] == "team 1" and row["date"] == "2026-03-02"]
    assert first == [
        ("2026-03-02", "08:00", "10:00", "work"),
        ("2026-03-02", "10:00", "10:15", "break"),
        ("2026-03-02", "10:15", "12:00", "work"),
        ("2026-03-02", "12:00", "12:30", "break"),
        ("2026-03-02", "12:30", "16:00", "work"),
    ]
    ada = [tuple(row.values())[2:] for row in rows if row["agent"] == "Ada"]
    assert ada == [
        ("2026-03-02", "22:00", "00:15", "work"),
        ("2026-03-03", "00:15", "00:45", "break"),
        ("2026-03-03", "00:45", "06:00", "work"),
    ]
    assert {row["agent"] for row in rows} == {"team 1", "team 2", "Ada"}


def test_a_calendar_can_be_read_back(cxsim, folder):
    text = export(cxsim, folder, "plan", "icalendar")
    events = list(Calendar.from_ical(text).walk("VEVENT"))
    hours = sum(
        ((one["dtend"].dt - one["dtstart"].dt) for one in events if str(one["summary"]).endswith("work")), timedelta()
    )
    assert hours == timedelta(hours=2 * 2 * 7.25 + 7.5)
    night = next(one for one in events if one["summary"] == "Ada: break")
    assert night["dtstart"].dt == datetime(2026, 3, 3, 0, 15, tzinfo=ZoneInfo("Europe/Berlin"))
    assert len({str(one["uid"]) for one in events}) == len(events)


def test_headcounts_are_not_a_roster(cxsim, folder):
    (folder / "plan" / "plan.csv").write_text("time,team\n00:00,3\n")
    done = cxsim("export", "plan", "--format", "roster_csv", "--out", "out.csv")
    assert done.exit_code == 2 and "set optimize.shifts" in done.stderr
