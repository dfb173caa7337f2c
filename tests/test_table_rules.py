"""What tables of real exports say about days, offsets, changed clocks and totals is read right, or asked about."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter

from cxsim.model.calendar import timeline
from cxsim.model.demand import demand, expected
from cxsim.model.plan import plan
from cxsim.model.prepare import prepare
from cxsim.scenario import Scenario, ScenarioError, parse
from cxsim.tables.reader import TableError

HOUR = 3600.0
MONDAY = {"start": "2026-03-02", "open": "08:00-10:00"}
ALONE = {"before": 0, "after": 0}  # of the days around the horizon, none


def center(folder: Path, text: str, horizon: dict[str, Any] | None = None, **volume: Any) -> Scenario:
    """A center whose sales come from `table.csv`."""
    (folder / "table.csv").write_text(text, encoding="utf-8")
    given = {"file": "table.csv", **volume.pop("arrivals", {})}
    return parse(
        {
            "cxsim": 1,
            "horizon": {**MONDAY, **(horizon or {})},
            "reasons": {
                "sales": {
                    "volume": {"arrivals": given} if "log" in volume else {**given, **volume},
                    "handle_time": "4 min",
                    "patience": "3 min",
                }
            },
            "groups": {"team": {"agents": 6, "serves": ["sales"]}},
        },
        folder=folder,
    )


def log(folder: Path, text: str, horizon: dict[str, Any] | None = None, **arrivals: Any) -> Scenario:
    return center(folder, text, horizon, arrivals=arrivals, log=True)


def staffed(folder: Path, text: str, horizon: dict[str, Any] | None = None, **staff: Any) -> Scenario:
    """A center staffed by `staff.csv`, open from 08:00 to 16:00."""
    (folder / "staff.csv").write_text(text, encoding="utf-8")
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-16:00", **(horizon or {})},
            "reasons": {"sales": {"volume": "10/h", "handle_time": "4 min", "patience": "3 min"}},
            "groups": {"team": {"serves": ["sales"]}},
            "staff": {"file": "staff.csv", **staff},
        },
        folder=folder,
    )


def contacts(s: Scenario) -> list[float]:
    return [round(float(x), 9) for x in expected(s, timeline(s))[0]]


def paid_hours(s: Scenario) -> float:
    return float(plan(s, timeline(s)).paid.sum()) / HOUR


def refused(make: Any, *given: Any, **more: Any) -> str:
    """What is said of a table, whether while it is read or while it is laid out over the days."""
    with pytest.raises((ScenarioError, TableError)) as caught:
        prepare(make(*given, **more))
    return str(caught.value)


# Days


LOG = "Call ID,{day},Call Time\n1,2026-03-02,08:00:12\n2,2026-03-02,08:01:12\n3,2026-03-03,09:10:12\n"


@pytest.mark.parametrize("name", ["Call Date", "Datum", "INTERVAL_DATE", "when"])
@pytest.mark.parametrize("written", ["2026-03-02", "02.03.2026", "3/2/2026", "2 Mar 2026", "Mon 2-Mar-26", "20260302"])
def test_a_column_of_days_that_is_not_read_is_refused_with_the_line_to_write(
    tmp_path: Path, name: str, written: str
) -> None:
    text = LOG.format(day=name).replace("2026-03-02", written).replace("2026-03-03", written)
    said = refused(log, tmp_path, text, {"days": 2}, column="Call Time")
    assert (
        f"'{name}' contains days but is not used, so its rows would count for every day (line 1 of table.csv)" in said
    )
    assert f"write 'columns: {{date: {name}}}' next to 'file', or remove the column" in said


def test_a_file_names_its_columns(tmp_path: Path) -> None:
    s = log(tmp_path, LOG.format(day="Call Date"), {"days": 2}, column="Call Time", columns={"date": "Call Date"})
    assert sum(contacts(s)) == 3
    text = "Shift Date,Team,Von,Bis,Anzahl\n2026-03-02,team,08:00,16:00,1\n2026-03-03,team,08:00,12:00,2\n"
    names = {"date": "Shift Date", "group": "Team", "start": "Von", "end": "Bis", "agents": "Anzahl"}
    assert paid_hours(staffed(tmp_path, text, {"days": 2}, columns=names)) == 8 + 8
    said = refused(staffed, tmp_path, text, {"days": 2}, columns={**names, "start": "Vom"})
    assert "staff.columns.start: 'Vom' is not a column of staff.csv; did you mean 'Von'?" in said
    said = refused(staffed, tmp_path, text, {"days": 2}, columns={**names, "begin": "Von"})
    assert "'begin' is not a name that this file uses" in said


def test_weekdays_under_another_name_are_refused_and_dates_beside_weekdays_too(tmp_path: Path) -> None:
    said = refused(center, tmp_path, "DOW,time,sales\nMon,08:00,1\nMon,09:00,1\n")
    assert "write 'columns: {weekday: DOW}' next to 'file'" in said
    said = refused(log, tmp_path, "Call Date,weekday,time\n2026-03-02,mon,08:00\n2026-03-09,mon,08:10\n")
    assert "'Call Date' contains days but is not used, so its rows would count for every week" in said


def test_a_column_of_stamps_that_is_not_read_is_offered_as_the_time(tmp_path: Path) -> None:
    said = refused(log, tmp_path, "Call Start,time\n2026-03-02 08:00:05,08:00\n")
    assert "write 'columns: {time: Call Start}' next to 'file'" in said


def test_columns_that_hold_no_days_and_rows_with_days_of_their_own_are_left_alone(tmp_path: Path) -> None:
    assert sum(contacts(center(tmp_path, "time,sales,id\n08:00,3,20261302\n09:00,4,99999999\n"))) == 7
    text = "time,answered\n2026-03-02T08:00,2026-03-02T08:01\n2026-03-02T09:00,2026-03-03T08:01\n"
    assert sum(contacts(log(tmp_path, text))) == 2


def test_a_reason_may_be_called_by_a_word_for_days(tmp_path: Path) -> None:
    text = "time,sales,delivery date,date (serial)\n08:00,3,12.5,{0}\n09:00,4,1200,{0}\n"
    assert sum(contacts(center(tmp_path, text.format(1)))) == 7
    assert "'date (serial)' contains days but is not used" in refused(center, tmp_path, text.format(46083))


def test_a_stamp_with_an_offset_may_have_another_date_than_the_center(tmp_path: Path) -> None:
    zone = {"timezone": "Pacific/Auckland"}
    s = log(tmp_path, "date,time\n2026-03-02,2026-03-01T19:30Z\n", zone)
    assert demand(s, timeline(s)).times.tolist() == [8.5 * HOUR]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9999-12-31T24:00", "is not a time"),
        ("0001-01-01T00:00Z", "is not a time"),
        ("2026-02-30T08:00", "is not a time"),
        ("2026-03-02T08:00+99:00", "is not in a supported time format"),
    ],
)
def test_days_that_cannot_be_are_refused(tmp_path: Path, text: str, said: str) -> None:
    assert f"'{text}' {said}" in refused(log, tmp_path, f"time\n{text}\n", {"timezone": "Europe/Berlin"})


MERGED = "date,time,sales\n2026-03-02,08:00,42\n,08:30,51\n,09:00,40\n2026-03-02,09:30,30\n2026-03-03,08:00,7\n"


def test_a_blank_day_beside_days_is_refused_or_carried_down_when_told_to(tmp_path: Path) -> None:
    said = refused(center, tmp_path, MERGED)
    assert "has a row without a day, but other rows have one (line 3 of table.csv, column 'date')" in said
    assert "write it in each row ('every day' for all), or add 'carry_down: date' next to 'file'" in said
    assert sum(contacts(center(tmp_path, MERGED, carry_down="date"))) == 42 + 51 + 40 + 30
    said = refused(log, tmp_path, "time\n2026-03-02T08:00\n08:30\n")
    assert "has a row without a day" in said and "write the date too" in said
    said = refused(center, tmp_path, "time,sales\n08:00,1\n09:00,1\n", carry_down="date")
    assert "'date' is not a column of table.csv" in said


def test_a_blank_day_of_a_shift_is_refused_or_carried_down(tmp_path: Path) -> None:
    text = "date,group,name,start,end\n2026-03-02,team,A,08:00,16:00\n,team,B,08:00,16:00\n"
    text += "2026-03-03,team,A,08:00,16:00\n,team,C,08:00,16:00\n"
    assert "has a row without a day" in refused(staffed, tmp_path, text, {"days": 2})
    assert paid_hours(staffed(tmp_path, text, {"days": 2}, carry_down=["date"])) == 4 * 8


def test_every_day_can_be_said_beside_dates(tmp_path: Path) -> None:
    text = "date,time,sales\n2026-03-02,08:00,4\n2026-03-02,09:00,5\nevery day,08:00,1\nevery day,09:00,2\n"
    assert [x for x in contacts(center(tmp_path, text, {"days": 2, "interval": "1 h"})) if x] == [4, 5, 1, 2]


def test_two_days_of_one_row_must_agree(tmp_path: Path) -> None:
    said = refused(log, tmp_path, "date,time\n2026-03-03,2026-03-02T08:00\n")
    assert "'2026-03-03' does not match the day of its row, Mon 2026-03-02" in said
    assert "'tue' does not match the day" in refused(log, tmp_path, "date,weekday,time\n2026-03-02,tue,08:00\n")


# Offsets


@pytest.mark.parametrize("offset", ["Z", "+00:00", " UTC", "+0000", "+00"])
def test_an_offset_is_converted_to_the_zone_of_the_center(tmp_path: Path, offset: str) -> None:
    zone = {"start": "2026-06-01", "timezone": "Europe/London", "open": "00:00-24:00", "interval": "1 h"}
    rows = [f"{dt.datetime(2026, 5, 31, 23) + dt.timedelta(hours=k):%Y-%m-%dT%H:%M:%S}{offset}" for k in range(24)]
    found = contacts(center(tmp_path, "start,sales\n" + "".join(f"{at},{k}\n" for k, at in enumerate(rows)), zone))
    assert found == list(range(24))  # 23:00Z of the day before is midnight in London
    s = log(tmp_path, f"time\n2026-06-01T08:15:00{offset}\n", {**zone, **ALONE})
    arrived = demand(s, timeline(s)).times
    assert arrived.tolist() == [9.25 * HOUR]


def test_offsets_without_a_zone_without_a_date_or_in_some_rows_are_refused(tmp_path: Path) -> None:
    zone = {"timezone": "Europe/Berlin"}
    said = refused(log, tmp_path, "time\n2026-03-02T08:15+01:00\n")
    assert "has a UTC offset, but the scenario has no time zone to convert it to" in said
    assert "timezone: Europe/Berlin" in said
    assert "has a UTC offset but no date" in refused(log, tmp_path, "time\n08:15Z\n", zone)
    said = refused(log, tmp_path, "time\n2026-03-02T08:15Z\n2026-03-02T08:45\n", zone)
    assert "'2026-03-02T08:45' has no UTC offset, but another row has one (line 2)" in said
    said = refused(log, tmp_path, "start_utc\n2026-03-02T08:15\n", zone, column="start_utc")
    assert "has UTC in its name, but its times have no UTC offset" in said


def test_a_shift_with_offsets_is_worked_by_the_clock_of_its_place(tmp_path: Path) -> None:
    zone = {"timezone": "Europe/Berlin", "interval": "1 h"}
    for text in (
        "group,start,end\nteam,2026-03-02T07:00Z,2026-03-02T13:00Z\n",
        "group,date,start,end\nteam,2026-03-02,07:00Z,14:00+01:00\n",
    ):
        s = staffed(tmp_path, text, zone)
        assert plan(s, timeline(s)).present[0].nonzero()[0].tolist() == [8, 9, 10, 11, 12, 13]
    said = refused(staffed, tmp_path, "group,date,start,end\nteam,2026-03-02,07:00Z,14:00\n", zone)
    assert "has no UTC offset, unlike the start" in said


def test_times_in_the_scenario_are_converted_too() -> None:
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-10-25", "open": "00:00-24:00", "timezone": "Europe/Berlin", **ALONE},
        "reasons": {
            "sales": {
                "volume": {
                    "arrivals": {
                        "times": [
                            "2026-10-25T01:30:00+02:00",
                            "2026-10-25T02:30:00+02:00",
                            "2026-10-25T02:30:00+01:00",
                            "2026-10-25T02:30Z",
                        ]
                    }
                },
                "handle_time": "4 min",
            }
        },
        "groups": {"team": {"agents": 6, "serves": ["sales"]}},
    }
    s = parse(tree)
    assert (demand(s, timeline(s)).times / HOUR).tolist() == [1.5, 2.5, 3.5, 4.5]
    del tree["horizon"]["timezone"]  # type: ignore[attr-defined]
    with pytest.raises(ScenarioError, match="has a UTC offset, but the scenario has no time zone"):
        parse(tree)


# Days of 23 and 25 hours


BACK = {"start": "2026-10-25", "open": "00:00-24:00", "timezone": "Europe/Berlin", "interval": "1 h", **ALONE}
FORTH = {**BACK, "start": "2026-03-29"}


def rows_of(day: str, hours: list[int], counts: list[int]) -> str:
    return "time,sales\n" + "".join(f"{day}T{h:02d}:00,{n}\n" for h, n in zip(hours, counts, strict=True))


def test_a_day_of_25_hours_has_two_rows_of_one_name_in_their_order(tmp_path: Path) -> None:
    hours = [0, 1, 2, 2, *range(3, 24)]
    assert contacts(center(tmp_path, rows_of("2026-10-25", hours, list(range(25))), BACK)) == list(range(25))
    half = [f"2026-10-25T{h:02d}:{m},{k}" for k, (h, m) in enumerate((h, m) for h in hours for m in ("00", "30"))]
    s = center(tmp_path, "time,sales\n" + "\n".join(half) + "\n", {**BACK, "interval": "30 min"})
    assert contacts(s) == list(range(50))
    # All rows of a name together: 02:00, 02:00, 02:30, 02:30.
    half[4:8] = [half[4], half[6], half[5], half[7]]
    s = center(tmp_path, "time,sales\n" + "\n".join(half) + "\n", {**BACK, "interval": "30 min"})
    assert contacts(s) == list(range(50))


def test_offsets_tell_the_two_hours_apart_in_any_order(tmp_path: Path) -> None:
    clocks = [f"{h:02d}:00+02:00" for h in range(3)] + [f"{h:02d}:00+01:00" for h in range(2, 24)]
    rows = [f"2026-10-25T{at},{n}" for n, at in enumerate(clocks)]
    for order in (rows, rows[::-1]):
        assert contacts(center(tmp_path, "time,sales\n" + "\n".join(order) + "\n", BACK)) == list(range(25))
    said = refused(center, tmp_path, "time,sales\n" + "\n".join(rows[:3] + rows[4:]) + "\n", BACK)
    assert "has no row for open time on Sun 2026-10-25 from 02:00" in said


def test_one_row_for_an_hour_that_comes_twice_is_spread_over_both(tmp_path: Path) -> None:
    found = contacts(center(tmp_path, rows_of("2026-10-25", list(range(24)), [10] * 24), BACK))
    assert sum(found) == 240.0 and found[2:4] == [5.0, 5.0]


def test_a_day_of_23_hours_has_no_row_for_the_hour_that_is_skipped(tmp_path: Path) -> None:
    hours = [0, 1, *range(3, 24)]
    assert contacts(center(tmp_path, rows_of("2026-03-29", hours, [10] * 23), FORTH)) == [10] * 23
    with_zero = rows_of("2026-03-29", list(range(24)), [10, 10, 0, *[10] * 21])
    assert contacts(center(tmp_path, with_zero, FORTH)) == [10] * 23
    said = refused(center, tmp_path, rows_of("2026-03-29", list(range(24)), [10] * 24), FORTH)
    assert "'02:00' does not exist on Sun 2026-03-29, when clocks skip it" in said
    said = refused(center, tmp_path, rows_of("2026-03-29", [0, *range(3, 24)], [10] * 22), FORTH)
    assert "no row for open time on Sun 2026-03-29 from 01:00" in said


def test_headcounts_of_a_day_of_25_hours(tmp_path: Path) -> None:
    hours = [0, 1, 2, 2, *range(3, 24)]
    text = "time,team\n" + "".join(f"2026-10-25T{h:02d}:00,{k % 3}\n" for k, h in enumerate(hours))
    s = staffed(tmp_path, text, BACK)
    assert plan(s, timeline(s)).present[0].tolist() == [k % 3 for k in range(25)]


def test_a_log_tells_the_hours_apart_by_its_order_or_is_asked_about(tmp_path: Path) -> None:
    def at(*clocks: str) -> str:
        return "time\n" + "".join(f"2026-10-25T{clock}\n" for clock in clocks)

    s = log(tmp_path, at("01:30:00", "02:30:00", "02:10:00", "02:40:00", "03:30:00"), BACK)
    assert np.allclose(demand(s, timeline(s)).times / HOUR, [1.5, 2.5, 3 + 1 / 6, 3 + 2 / 3, 4.5])
    said = refused(log, tmp_path, at("01:30:00", "02:30:00", "03:30:00"), BACK)
    assert "'2:30:00' comes twice on Sun 2026-10-25, when clocks are set back; write the UTC offset after it" in said
    # An offset behind those alone, as the message says, is enough; the center's own, and in their order.
    s = log(tmp_path, at("01:30:00", "02:30:00+01:00", "03:30:00"), BACK)
    assert (demand(s, timeline(s)).times / HOUR).tolist() == [1.5, 3.5, 4.5]
    for wrong in (["01:30:00", "02:30:00Z"], ["01:30:00+02:00", "02:30:00"]):
        assert "has no UTC offset, but another row has one" in refused(log, tmp_path, at(*wrong), BACK)
    said = refused(log, tmp_path, at("02:30:00+01:00", "02:10:00"), BACK)
    assert "'2:10:00' comes twice" in said
    said = refused(log, tmp_path, "time\n2026-03-29T02:30:00\n", FORTH)
    assert "'2:30:00' does not exist on Sun 2026-03-29" in said


def test_a_shift_begins_in_the_second_of_two_hours_only_with_a_reason(tmp_path: Path) -> None:
    text = "group,start,end\nteam,2026-10-25T02:30+01:00,2026-10-25T10:00+01:00\n"
    said = refused(staffed, tmp_path, text, BACK)
    assert "is in the hour that occurs twice when clocks go back, where no shift can begin or end" in said


# Exports


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Calls by interval\nWeek 10\n\ntime,sales\n08:00,1\n09:00,2\n",
            "'Calls by interval' is not the header; the header seems to be on line 4 (line 1); remove lines 1 to 2",
        ),
        (
            "Report;all, by hour\ntime;sales;x\n08:00;1;2\n09:00;2;2\n",
            "is not the header; the header seems to be on line 2",
        ),
        ("sep=;\ntime;sales\n08:00;1\n09:00;2\n", "'sep=;' is a setting for spreadsheets, not the header (line 1)"),
        ("time,sales\n08:00,1\n09:00,2\n,3\n", "remove line 4 if it is a row of totals"),
        ("interval,sales\n08:00-09:00,1\n09:00-09:30,2\n", "'08:00-09:00' is a time span, not a time"),
        (
            "start,sales\n2026-03-02 08:00-09:00,1\n",
            "may mean from 08:00 to 09:00, or 08:00 with the UTC offset -09:00",
        ),
        ("time,sales\n13/02/2026 08:00,1\n02/14/2026 08:00,1\n", "write 2026-02-13T08:00"),
        ("time,sales\n03/02/2026 08:00,1\n", "write 2026-02-03T08:00 or 2026-03-02T08:00"),
        ("time,sales\n2026-03-02,1\n", "is a date without a time"),
    ],
)
def test_what_an_export_adds_is_refused_with_the_line_that_helps(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(center, tmp_path, text)


def test_schedules_with_breaks_in_rows_or_columns_of_their_own_are_refused(tmp_path: Path) -> None:
    text = "group,name,date,activity,start,end\nteam,Ada,2026-03-02,Phone,08:00,10:00\n"
    text += "team,Ada,2026-03-02,Break,10:00,10:15\nteam,Ada,2026-03-02,Phone,10:15,16:00\n"
    said = refused(staffed, tmp_path, text)
    assert "'Break' is a break in a separate row, which would count as work (line 3 of staff.csv)" in said
    assert "group team, date 2026-03-02, name Ada: start 08:00, end 16:00, breaks 10:00-10:15" in said
    text = "group,start,end,Lunch Start,Lunch End\nteam,08:00,16:00,12:00,12:30\n"
    assert "'Lunch Start' contains breaks but is not used" in refused(staffed, tmp_path, text)


@pytest.mark.parametrize(("missing", "at"), [(8, "08:00"), (11, "11:00"), (15, "15:00")])
def test_headcounts_without_a_first_middle_or_last_row_are_a_fault(tmp_path: Path, missing: int, at: str) -> None:
    text = "time,team\n" + "".join(f"{h:02d}:00,2\n" for h in range(8, 16) if h != missing)
    assert f"has no row of 'team' for {at}; add it, with 0 for no agents" in refused(staffed, tmp_path, text)


def test_a_group_without_rows_on_an_open_day_is_a_fault(tmp_path: Path) -> None:
    hours = [f"{h:02d}:00" for h in range(8, 16)]
    rows = [f"team,2026-03-02,{at},2\n" for at in hours]
    rows += [f"other,2026-03-{d},{at},2\n" for d in ("02", "03") for at in hours]
    s = staffed(tmp_path, "group,date,start,agents\n" + "".join(rows[:8]), {"days": 1})
    assert paid_hours(s) == 16
    (tmp_path / "both.csv").write_text("group,date,start,agents\n" + "".join(rows), encoding="utf-8")
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "days": 2, "open": "08:00-16:00"},
        "reasons": {"sales": {"volume": "10/h", "handle_time": "4 min"}},
        "groups": {"team": {"serves": ["sales"]}, "other": {"serves": ["sales"]}},
        "staff": {"file": "both.csv"},
    }
    with pytest.raises(ScenarioError, match="has no rows of 'team' for Tue 2026-03-03; add them, with 0 for no agents"):
        prepare(parse(tree, folder=tmp_path))


# Workbooks


def workbook(path: Path, names: list[str], rows: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        stamp, clock, long = (
            book.add_format({"num_format": x}) for x in ("yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss")
        )
        sheet.write_row(0, 0, names)
        for i, row in enumerate(rows, 1):
            for j, cell in enumerate(row):
                if isinstance(cell, dt.datetime):
                    sheet.write_datetime(i, j, cell, stamp)
                elif isinstance(cell, dt.time):
                    sheet.write_datetime(i, j, cell, clock)
                elif isinstance(cell, dt.timedelta):
                    sheet.write_number(i, j, cell / dt.timedelta(days=1), long)
                else:
                    sheet.write(i, j, cell)


def test_a_stamp_at_midnight_in_a_workbook_is_hour_nought(tmp_path: Path) -> None:
    first = dt.datetime(2026, 3, 2)
    workbook(tmp_path / "v.xlsx", ["time", "sales"], [[first + dt.timedelta(hours=k), k] for k in range(24)])
    horizon = {"open": "00:00-24:00", "interval": "1 h"}
    assert contacts(center(tmp_path, "", horizon, arrivals={"file": "v.xlsx"})) == list(range(24))
    workbook(
        tmp_path / "s.xlsx",
        ["group", "start", "end", "agents"],
        [
            ["team", first, first + dt.timedelta(hours=8), 2],
            ["team", first + dt.timedelta(hours=16), first + dt.timedelta(days=1), 1],
        ],
    )
    assert paid_hours(staffed(tmp_path, "", {"open": "00:00-24:00"}, file="s.xlsx")) == 24.0
    workbook(tmp_path / "d.xlsx", ["time"], [[first], [first]])
    assert "is a date without a time" in refused(log, tmp_path, "", horizon, file="d.xlsx")


def test_sums_of_fractions_of_a_day_are_rounded_to_milliseconds(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "v.xlsx")) as book:
        sheet, stamp = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["time", "sales"])
        at = 46083.0
        for k in range(48):
            sheet.write_number(k + 1, 0, at, stamp)
            sheet.write_number(k + 1, 1, k)
            at += 1 / 48
    horizon = {"open": "00:00-24:00"}
    assert contacts(center(tmp_path, "", horizon, arrivals={"file": "v.xlsx"})) == list(range(48))


def test_durations_and_hours_minutes_seconds_are_read_as_times(tmp_path: Path) -> None:
    talk = [dt.timedelta(minutes=4, seconds=12), dt.timedelta(hours=25)]
    workbook(tmp_path / "talk.xlsx", ["talk", "clock"], [[talk[0], dt.time(0, 4, 12)], [talk[1], dt.time(0, 0, 48)]])
    (tmp_path / "talk.csv").write_text("talk,short\n0:04:12,4:12\n25:00:00,0:30\n", encoding="utf-8")

    def means(file: str, column: str) -> float:
        law = {"values": {"file": file, "column": column}}
        reasons = {"a": {"volume": "1/h", "handle_time": law}}
        tree = {"cxsim": 1, "reasons": reasons, "groups": {"g": {"agents": 1, "serves": ["a"]}}}
        found = parse(tree, folder=tmp_path).reasons["a"].talk
        assert found is not None
        return found.mean

    assert means("talk.xlsx", "talk") == means("talk.csv", "talk") == pytest.approx((252 + 90000) / 2)
    assert means("talk.xlsx", "clock") == pytest.approx(150.0)
    with pytest.raises(ScenarioError, match=r"'4:12' may mean 4m12s or 4h12m \(line 2\); write 0:04:12 or 4:12:00"):
        means("talk.csv", "short")


def test_check_says_how_a_table_was_read(tmp_path: Path) -> None:
    from cxsim.cli.check import facts

    zone = {"start": "2026-06-01", "timezone": "Europe/London"}
    s = log(tmp_path, "time\n2026-06-01T07:15:00Z\n2026-06-01T08:45:30Z\n", zone)
    line = "table.csv: 2 rows; 'time' from 08:15 to 09:45:30, converted to Europe/London, Mon 2026-06-01."
    assert line in facts(s)[0]


# Shifts on their days


def test_a_dated_shift_is_never_worked_on_a_day_that_it_does_not_name(tmp_path: Path) -> None:
    always = {"open": "00:00-24:00", "interval": "1 h"}
    rows = [f"team,2026-03-02,{a}:00,{b}:00,2" for a, b in (("00", "08"), ("08", "16"), ("16", "22"), ("22", "06"))]
    text = "group,date,start,end,agents\n" + "\n".join(rows) + "\n"
    assert paid_hours(staffed(tmp_path, text, always)) == 48.0
    # Also where days before the horizon copy its days: the copies end where counting begins.
    assert paid_hours(staffed(tmp_path, text, {**always, "before": "7 days", "after": "2 days"})) == 48.0
    assert paid_hours(staffed(tmp_path, "group,weekday,start,end\nteam,mon,22:00,06:00\n", always)) == 2.0
    shift = {"group": "team", "date": "2026-03-02", "start": "22:00", "end": "06:00"}
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", **always},
        "reasons": {"sales": {"volume": "10/h", "handle_time": "4 min"}},
        "groups": {"team": {"serves": ["sales"]}},
        "staff": {"shifts": [shift]},
    }
    assert paid_hours(parse(tree)) == 2.0


def test_a_shift_reaches_in_from_the_evening_before(tmp_path: Path) -> None:
    always = {"open": "00:00-24:00", "interval": "1 h"}
    for text in (
        "group,date,start,end\nteam,2026-03-01,22:00,06:00\nteam,2026-03-02,12:00,13:00\n",
        "group,weekday,start,end\nteam,sun,22:00,06:00\nteam,mon,12:00,13:00\n",
    ):
        assert paid_hours(staffed(tmp_path, text, always)) == 7.0
    assert paid_hours(staffed(tmp_path, "group,start,end\nteam,22:00,06:00\n", always)) == 8.0


def test_openings_and_breaks_in_another_order_do_not_overlap() -> None:
    tree = {
        "cxsim": 1,
        "horizon": {"open": ["14:00-16:00", "08:00-12:00"]},
        "reasons": {"sales": {"volume": "10/h", "handle_time": "4 min"}},
        "groups": {"team": {"serves": ["sales"]}},
    }
    shift = {"group": "team", "start": "08:00", "end": "16:00", "breaks": ["11:00-11:15", "09:00-09:15"]}
    tree["staff"] = {"shifts": [shift]}
    s = parse(tree)
    assert s.horizon.open[0] == ((8 * HOUR, 12 * HOUR), (14 * HOUR, 16 * HOUR))
    tree["horizon"] = {"open": ["11:00-16:00", "08:00-12:00"]}
    shift["breaks"] = ["09:10-09:30", "09:00-09:15"]
    with pytest.raises(ScenarioError) as caught:
        parse(tree)
    assert "has overlapping opening hours: 08:00-12:00 and 11:00-16:00; write 08:00-16:00 for both" in str(caught.value)
    tree["horizon"] = {}
    with pytest.raises(ScenarioError, match="overlaps another break"):
        parse(tree)


def test_requirements_obey_the_same_rules(tmp_path: Path) -> None:
    from cxsim.optimizer.shifts.needed import read_agents

    def read_need(*given: Any) -> Any:
        return read_agents(*given)[2]

    s = staffed(tmp_path, "group,start,end\nteam,08:00,16:00\n", {"timezone": "Europe/Berlin", "interval": "1 h"})
    path = tmp_path / "need.csv"
    rows = "".join(f"2026-03-02T{h:02d}:00Z,{h}\n" for h in range(7, 15))
    path.write_text("start,team\n" + rows, encoding="utf-8")
    assert read_need(path, s, timeline(s))[0, 8:16].tolist() == list(range(7, 15))
    path.write_text("Tag,start,team\n" + "".join(f"2026-03-0{d},08:00,2\n" for d in (2, 3)), encoding="utf-8")
    with pytest.raises(TableError, match="'Tag' contains days but is not used"):
        read_need(path, s, timeline(s))
    s = staffed(tmp_path, "group,start,end\nteam,00:00,24:00\n", BACK)
    hours = [0, 1, 2, 2, *range(3, 24)]
    path.write_text("start,team\n" + "".join(f"2026-10-25T{h:02d}:00,{k}\n" for k, h in enumerate(hours)))
    assert read_need(path, s, timeline(s))[0].tolist() == list(range(25))
    second = "start,team\n" + "".join(f"2026-10-25T{h:02d}:00{'+01:00' * (k == 3)},{k}\n" for k, h in enumerate(hours))
    path.write_text(second)  # as results write it
    assert read_need(path, s, timeline(s))[0].tolist() == list(range(25))
    path.write_text(second.replace("2026-10-25T02:00,2\n", ""))
    with pytest.raises(TableError, match="follows a gap: 'team' has no row for 02:00"):
        read_need(path, s, timeline(s))
    path.write_text("start,team\n" + "".join(f"{h:02d}:00,{h}\n" for h in range(24)))  # one row for both
    assert read_need(path, s, timeline(s))[0].tolist() == [0, 1, 2, *range(2, 24)]
    s = staffed(tmp_path, "group,start,end\nteam,00:00,24:00\n", FORTH)
    with pytest.raises(TableError, match="does not exist on Sun 2026-03-29"):
        read_need(path, s, timeline(s))
    path.write_text("start,team\n" + "".join(f"{h:02d}:00,{h}\n" for h in range(24) if h != 2))
    assert read_need(path, s, timeline(s))[0].tolist() == [0, 1, *range(3, 24)]
    path.write_text("start,team\n" + "".join(f"{h:02d}:00,{h}\n" for h in range(24) if h not in (2, 3)))
    with pytest.raises(TableError, match="'team' has no row for 03:00"):
        read_need(path, s, timeline(s))


def test_a_plan_over_changed_clocks_is_read_back_as_a_need(tmp_path: Path) -> None:
    """The second of two hours of one name has its offset in the tables of a result, and the first has none."""
    from cxsim import simulate
    from cxsim.optimizer.shifts.needed import read_agents
    from cxsim.report.run import tables

    hours = [0, 1, 2, 2, *range(3, 24)]
    text = "time,team\n" + "".join(f"2026-10-25T{h:02d}:00,{2 + k % 3}\n" for k, h in enumerate(hours))
    s = staffed(tmp_path, text, BACK)
    saved = tables.saved(simulate(s, replications=2))["plan"]
    (tmp_path / "plan.csv").write_text(saved.to_csv(index=False), encoding="utf-8")
    assert read_agents(tmp_path / "plan.csv", s, timeline(s))[2][0].tolist() == [2 + k % 3 for k in range(25)]


def test_a_run_over_changed_clocks_agrees_between_the_engines(tmp_path: Path) -> None:
    from cxsim.simulation.replications import replicate

    hours = [0, 1, 2, 2, *range(3, 24)]
    model = prepare(center(tmp_path, rows_of("2026-10-25", hours, [30] * 25), BACK))
    (one,), (other,) = (replicate(model, 1, engine=engine, keep=True)[1] for engine in ("clock", "story"))  # type: ignore[arg-type]
    assert np.array_equal(one.legs["arrived"], other.legs["arrived"])
    assert np.array_equal(one.legs["answered"], other.legs["answered"], equal_nan=True)
