"""Every export format keeps every column that it declares: written, read back by `read_export`, and compared."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from icalendar import Calendar

import cxsim
from cxsim.cli.export import ROSTERS, VOLUMES
from cxsim.report.exchange.formats import FORMATS, export
from cxsim.report.exchange.roster import Entry, as_calendar, as_table
from cxsim.report.exchange.rows import Rows

ZONE = "Europe/Berlin"
ASKED = {"timezone": ZONE, "channel": "voice", "queue_id": "q-1"}
EMPTY = {"Skill Set", "Language"}  # optional in the other tool, and not in a results folder
SECONDS = {"column": "AHT", "unit": "s"}
# How each file is read back: a known source, or the names of its columns as the format declares them.
BACK = {
    "amazon_connect": {"source": "amazon_connect_forecast_override", "timezone": ZONE},
    "calabrio": {"source": "calabrio_forecast", "timezone": ZONE},
    "genesys_cloud": {"source": "genesys_cloud_wfm_history", "timezone": ZONE, "interval": "30 min"},
    "injixo": {
        "layout": "intervals",
        "timezone": ZONE,
        "interval": "30 min",
        "columns": {"queue": {"value": "sales"}, "start": "Timestamp", "offered": "Offered", "aht": SECONDS},
    },
    "verint_strategic": {
        "layout": "intervals",
        "timezone": ZONE,
        "interval": "day",
        "dates": "mdy",
        "decimal": ".",
        "names": ["Work queue name", "Date", "Volume", "AHT"],
        "columns": {"queue": "Work queue name", "start": "Date", "offered": "Volume", "aht": SECONDS},
    },
}


def rows():
    """Two queues on the Sunday on which clocks go forward, and on the Monday after."""
    times = [pd.Timestamp("2026-03-29 00:30"), pd.Timestamp("2026-03-29 03:00"), pd.Timestamp("2026-03-30 13:30")]
    made = [("sales", at, 12.0 + k, 10.0 + k, 200.5 + k, 170.5 + k, 30.0) for k, at in enumerate(times)] + [
        ("after sales, east", at, 5.0 + k, 4.0 + k, 300.0 + k, 280.0 + k, 20.0) for k, at in enumerate(times)
    ]
    return Rows(pd.DataFrame(made, columns=["queue", "start", "offered", "answered", "aht", "talk", "wrap"]), 1800.0)


def written(name):
    form = FORMATS[name]
    return export(rows(), name, ASKED, "sales" if form.one_queue else None)


@pytest.mark.parametrize("name", FORMATS)
def test_every_declared_column_is_in_the_file_in_its_place(name):
    form = FORMATS[name]
    found = list(csv.reader(io.StringIO(written(name)), delimiter=form.delimiter))
    heads = [head for head, _ in form.columns]
    if form.header:
        assert found.pop(0) == heads
    assert {len(row) for row in found} == {len(heads)}
    for column, head in enumerate(heads):
        cells = [row[column] for row in found]
        assert all(cell == "" for cell in cells) if head in EMPTY else all(cells), head


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_is_read_back(name, tmp_path):
    form, path = FORMATS[name], tmp_path / "out.csv"
    path.write_text(written(name), encoding="utf-8")
    back = cxsim.read_export(path, mapping=BACK[name]).intervals
    table = rows().table
    if form.one_queue:
        table = table[table["queue"] == "sales"]
    if form.by == "day":
        table = table.assign(start=table["start"].dt.normalize(), work=table["offered"] * table["aht"])
        table = table.groupby(["queue", "start"], sort=False)[["offered", "work"]].sum().reset_index()
        table["aht"] = table["work"] / table["offered"]
    key = [(queue, at.isoformat()) for queue, at in zip(table["queue"], table["start"], strict=True)]
    here = {(q, s[:19]): row for q, s, row in zip(back["queue"], back["start"], back.to_dict("records"), strict=True)}
    assert sorted(here) == sorted(key)
    for one, row in zip(key, table.to_dict("records"), strict=True):
        got = here[one]
        assert got["offered"] == row["offered"]
        if "talk" in form.needs:
            assert (got["talk_s"], got["acw_s"]) == (row["talk"], row["wrap"])
        else:
            assert got["aht_s"] == pytest.approx(row["aht"], abs=0.05)
        if "answered" in form.needs:
            assert got["answered"] == row["answered"]
        if "channel" in form.asks:
            assert got["channel"] == "voice"
        assert np.isnan(got["minutes"]) or got["minutes"] == (30 if form.by == "interval" else 1440)


ENTRIES = [
    Entry("Ann, Lee", "front", datetime(2026, 3, 28, 22, 0), datetime(2026, 3, 29, 3, 30), "work"),
    Entry("Ann, Lee", "front", datetime(2026, 3, 29, 3, 30), datetime(2026, 3, 29, 4, 0), "break"),
    Entry("Bob", "back office; east", datetime(2026, 3, 30, 8, 0), datetime(2026, 3, 30, 12, 15), "work"),
]


def test_a_roster_table_keeps_every_column():
    found = list(csv.DictReader(io.StringIO(as_table(ENTRIES))))
    assert list(found[0]) == ["agent", "group", "date", "start", "end", "activity"]
    back = []
    for row in found:
        start = datetime.fromisoformat(f"{row['date']}T{row['start']}")
        end = datetime.fromisoformat(f"{row['date']}T{row['end']}")
        end += timedelta(days=1) if end <= start else timedelta()
        back.append(Entry(row["agent"], row["group"], start, end, row["activity"]))
    assert back == ENTRIES


def test_a_calendar_keeps_person_team_times_and_activity():
    back = []
    for event in Calendar.from_ical(as_calendar(ENTRIES, ZONE)).walk("VEVENT"):
        person, _, activity = str(event["summary"]).rpartition(": ")
        assert str(event["dtstart"].dt.tzinfo) == ZONE
        start, end = (event[name].dt.replace(tzinfo=None) for name in ("dtstart", "dtend"))
        back.append(Entry(person, str(event["categories"].cats[0]), start, end, activity))
    assert back == ENTRIES


def test_no_format_is_left_out_here():
    assert set(BACK) == set(FORMATS) == set(VOLUMES)
    assert set(ROSTERS) == {"roster_csv", "icalendar"}
