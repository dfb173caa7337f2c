"""Small made exports: what is guessed, derived, left out and told."""

from __future__ import annotations

import numpy as np
import pytest
from made import CONTACTS, INTERVALS, LOCAL, put

import cxsim
from cxsim.importing.mapping import as_yaml


def told(export, what):
    return [one.text for one in export.quality.findings if one.name == what]


def accounts(export):
    """Rows read and what became of them, by file."""
    quality = export.quality
    out = {}
    for name, rows in quality.read.items():
        gone = sum(len(n.lines) for n in quality.notes if n.file == name and n.what in ("dropped", "joined", "added"))
        out[name] = (rows, quality.kept.get(name, 0) + gone)
    return out


def test_contacts_are_derived_from_their_stamps(tmp_path):
    export = cxsim.read_export(put(tmp_path, "calls.csv", CONTACTS), set=LOCAL)
    contacts = export.contacts
    assert contacts["outcome"].tolist() == ["answered", "abandoned", "left_before_queue"]
    assert contacts["wait_s"].fillna(-1).tolist() == [20, 60, -1]
    assert contacts["ivr_s"].tolist() == [10, 5, 20]
    assert contacts.loc[0, ["talk_s", "acw_s", "handle_s"]].tolist() == [240, 20, 260]
    assert export.quality.count("dropped", "not demand: Direction is 'outbound'") == 1
    assert accounts(export) == {"calls.csv": (4, 4)}


def test_intervals_are_read_from_a_report_with_titles_totals_and_decimal_commas(tmp_path):
    export = cxsim.read_export(
        put(tmp_path, "acd.csv", "All queues\nPeriod;time zone: Europe/Paris\n\n" + INTERVALS, "cp1252")
    )
    rows = export.intervals
    assert rows["offered"].tolist() == [23, 40, 30]
    assert rows["aht_s"].tolist() == [245, 269, 1450]
    assert rows["service_level"].tolist() == [0.795, 0.874, 1.0]
    assert rows["start"].tolist()[0] == "2026-09-28T08:00:00+02:00"
    assert export.quality.count("dropped", "row of totals") == 1
    assert accounts(export) == {"acd.csv": (4, 4)}


def test_the_saved_mapping_reads_the_same_tables_again(tmp_path):
    for text, given in ((CONTACTS, LOCAL), (INTERVALS, LOCAL)):
        file = put(tmp_path, "file.csv", text)
        first = cxsim.read_export(file, set=given, keep_identities=True)
        mapping = put(tmp_path, "mapping.yaml", as_yaml({"cxsim_import": 1, **first.mapping}))
        again = cxsim.read_export(file, mapping=mapping, keep_identities=True)
        for name, table in first.tables.items():
            for column, values in table.items():
                np.testing.assert_array_equal(values, again.tables[name][column], column)
        assert again.mapping == first.mapping


def test_identities_become_ids_of_this_import_only(tmp_path):
    file = put(tmp_path, "calls.csv", CONTACTS)
    one, two = (cxsim.read_export(file, set=LOCAL) for _ in range(2))
    customers = one.contacts["customer"].tolist()
    assert customers[0] == customers[2] != customers[1]
    assert customers[0].startswith("customer-") and one.contacts["agent"][0].startswith("agent-")
    assert not set(customers) & set(two.contacts["customer"])
    kept = cxsim.read_export(file, set=LOCAL, keep_identities=True)
    assert kept.contacts["agent"][0] == "Ann Lee"


def test_nothing_that_is_saved_names_anybody(tmp_path):
    export = cxsim.read_export(put(tmp_path, "calls.csv", CONTACTS), set=LOCAL)
    folder = export.save(tmp_path / "out")
    for path in folder.iterdir():
        text = path.read_text()
        assert "Ann Lee" not in text and "1555000" not in text, path.name


def test_dates_that_may_be_two_are_asked_about_and_one_late_row_decides(tmp_path):
    rows = "Date;Offered;Answered\n" + "".join(f"0{d}/03/2026;{d};{d}\n" for d in range(1, 9))
    with pytest.raises(cxsim.ExportError, match="'dates: dmy' or 'dates: mdy'"):
        cxsim.read_export(put(tmp_path, "a.csv", rows))
    late = cxsim.read_export(put(tmp_path, "b.csv", rows + "13/03/2026;9;9\n"))
    assert late.mapping["dates"] == "dmy"
    other = cxsim.read_export(put(tmp_path, "a.csv", rows), set=["dates=mdy"])
    assert other.intervals["start"].tolist()[1] == "2026-02-03T00:00:00"


def test_a_time_zone_is_asked_about_but_not_for_whole_days(tmp_path):
    with pytest.raises(cxsim.ExportError, match="time zone"):
        cxsim.read_export(put(tmp_path, "a.csv", CONTACTS))
    days = cxsim.read_export(put(tmp_path, "b.csv", "Date,Offered\n2026-03-02,5\n2026-03-03,6\n"))
    assert days.mapping["timezone"] == "local" and set(days.intervals["minutes"]) == {1440}


def test_thousands_and_decimals_are_asked_about_unless_another_row_shows_them(tmp_path):
    text = "Date;Offered;AHT (s)\n2026-03-02;1.200;{}\n2026-03-03;2.400;250\n"
    with pytest.raises(cxsim.ExportError, match=r"may be 1,200, or 1\.2"):
        cxsim.read_export(put(tmp_path, "a.csv", text.format("240")))
    shown = cxsim.read_export(put(tmp_path, "b.csv", text.format("240,5")))
    assert shown.intervals["offered"].tolist() == [1200, 2400] and shown.intervals["aht_s"].tolist() == [240.5, 250]


def test_units_come_from_names_or_sizes_and_are_asked_about_otherwise(tmp_path):
    text = "Date,Offered,Answered,{}\n2026-03-02,10,9,{}\n2026-03-03,10,9,{}\n"
    for name, values, unit in (("AHT", (240, 260), "s"), ("AHT", (240000, 260000), "ms"), ("AHT (min)", (4, 5), "min")):
        export = cxsim.read_export(put(tmp_path, "a.csv", text.format(name, *values)))
        assert export.mapping["columns"]["aht"]["unit"] == unit
    with pytest.raises(cxsim.ExportError, match="may be seconds or minutes"):
        cxsim.read_export(put(tmp_path, "b.csv", text.format("AHT", 4, 5)))
    with pytest.raises(cxsim.ExportError, match="minutes and seconds, or hours and minutes"):
        cxsim.read_export(put(tmp_path, "c.csv", text.format("AHT", "0:12", "0:20")))


def test_rows_of_one_interval_are_added_weighted_and_told(tmp_path):
    text = (
        "Queue,Date,Time,Offered,Answered,AHT (s)\nA,2026-03-02,08:00,10,10,100\n"
        "A,2026-03-02,08:00,30,30,200\nA,2026-03-02,08:30,5,5,100\n"
    )
    export = cxsim.read_export(put(tmp_path, "a.csv", text), set=LOCAL)
    assert export.intervals.loc[0, ["offered", "aht_s", "rows"]].tolist() == [40, 175, 2]
    assert export.quality.count("added") == 1
    assert accounts(export) == {"a.csv": (3, 3)}


def test_the_same_row_again_is_a_question(tmp_path):
    text = (
        "Queue,Date,Time,Offered,Answered\nA,2026-03-02,08:00,10,10\nA,2026-03-02,08:00,10,10\nA,2026-03-02,08:30,5,5\n"
    )
    file = put(tmp_path, "a.csv", text)
    with pytest.raises(cxsim.ExportError, match="'duplicates: drop' or 'duplicates: add'"):
        cxsim.read_export(file, set=LOCAL)
    assert cxsim.read_export(file, set=LOCAL | {"duplicates": "add"}).intervals["offered"].tolist() == [20, 5]
    assert cxsim.read_export(file, set=LOCAL | {"duplicates": "drop"}).intervals["offered"].tolist() == [10, 5]


def test_files_that_contradict_each_other_are_not_merged(tmp_path):
    text = "Queue,Date,Time,Offered\nA,2026-03-02,08:00,{}\nA,2026-03-02,08:30,5\n"
    files = [put(tmp_path, f"{n}.csv", text.format(n)) for n in (10, 12)]
    with pytest.raises(cxsim.ExportError, match="contradict each other"):
        cxsim.read_export(files, set=LOCAL)
    export = cxsim.read_export(files, set=LOCAL | {"duplicates": "last"})
    assert export.intervals["offered"].tolist() == [12, 5]
    assert told(export, "contradictions")
    same = [put(tmp_path, f"same{n}.csv", text.format(10)) for n in (1, 2)]
    assert cxsim.read_export(same, set=LOCAL).intervals["offered"].tolist() == [10, 5]


def test_the_hour_that_comes_twice_is_two_intervals(tmp_path):
    rows = "".join(f"2026-10-25,{t},{n}\n" for n, t in enumerate(("01:00", "02:00", "02:00", "03:00"), 1))
    export = cxsim.read_export(
        put(tmp_path, "a.csv", "Date,Time,Offered\n" + rows), set=["timezone=Europe/Berlin", "interval=60 min"]
    )
    assert export.intervals["start"].tolist() == [
        "2026-10-25T01:00:00+02:00",
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ]


def test_stamps_at_the_end_of_an_interval_are_moved(tmp_path):
    text = "Date,Time,Offered\n2026-03-02,23:30,4\n2026-03-02,24:00,5\n"
    export = cxsim.read_export(put(tmp_path, "a.csv", text), set=LOCAL)
    assert export.mapping["stamps"] == "end"
    assert export.intervals["start"].tolist() == ["2026-03-02T23:00:00", "2026-03-02T23:30:00"]


def test_a_wide_table_has_a_row_for_each_queue(tmp_path):
    text = "time,sales,care\n2026-03-02 08:00,5,7\n2026-03-02 08:30,6,8\n"
    mapping = {"layout": "intervals", "columns": {"start": "time"}, "wide": {"measure": "offered", "names": "queue"}}
    export = cxsim.read_export(put(tmp_path, "a.csv", text), mapping=mapping, set=LOCAL)
    assert export.intervals.groupby("queue")["offered"].sum().to_dict() == {"care": 15, "sales": 11}
    again = cxsim.read_export(tmp_path / "a.csv", mapping=export.mapping)
    assert again.intervals["offered"].tolist() == export.intervals["offered"].tolist()


def test_a_table_with_a_column_for_each_half_hour(tmp_path):
    text = "date,08:00,08:30\n2026-03-02,5,7\n2026-03-03,6,8\n"
    mapping = {"layout": "intervals", "columns": {"start": "date"}, "wide": {"measure": "offered", "names": "time"}}
    export = cxsim.read_export(put(tmp_path, "a.csv", text), mapping=mapping, set=LOCAL)
    assert export.intervals["start"].tolist()[:2] == ["2026-03-02T08:00:00", "2026-03-02T08:30:00"]
    assert export.intervals["offered"].tolist() == [5, 7, 6, 8]


def test_segments_of_a_contact_are_joined(tmp_path):
    text = (
        "id,queue,start,answered at,end time,agent\n"
        "7,front,2026-03-02 08:00:00,2026-03-02 08:00:30,2026-03-02 08:02:30,a\n"
        "7,back,2026-03-02 08:02:30,2026-03-02 08:03:00,2026-03-02 08:06:00,b\n"
        "8,front,2026-03-02 08:10:00,2026-03-02 08:10:10,2026-03-02 08:11:10,a\n"
    )
    file = put(tmp_path, "a.csv", text)
    with pytest.raises(cxsim.ExportError, match="'layout: segments'"):
        cxsim.read_export(file, set=LOCAL)
    export = cxsim.read_export(file, set=LOCAL | {"layout": "segments"})
    assert export.contacts["queue"].tolist() == ["front", "front"]
    assert export.contacts["talk_s"].tolist() == [300, 60]
    assert export.contacts["legs"].tolist() == [2, 1] and export.contacts["transferred"].tolist() == [1, 0]
    assert accounts(export) == {"a.csv": (3, 3)}


def test_a_cell_that_cannot_be_read_is_a_fault_or_a_row_left_out(tmp_path):
    file = put(tmp_path, "a.csv", CONTACTS.replace("2026-03-02 08:01:05", "soon"))
    with pytest.raises(cxsim.ExportError, match=r"a\.csv:3  Queued At:  'soon' is not a date and time"):
        cxsim.read_export(file, set=LOCAL)
    export = cxsim.read_export(file, set=LOCAL | {"unreadable": "drop"})
    assert len(export.contacts) == 2
    assert [n.lines for n in export.quality.notes if n.why == "a cell that cannot be read"] == [(3,)]


def test_json_lines_lists_and_joined_objects_are_the_same_table(tmp_path):
    records = [
        '{"queue": {"name": "A"}, "date": "2026-03-02", "offered": 5}',
        '{"queue": {"name": "B"}, "date": "2026-03-02", "offered": 6}',
    ]
    forms = {"lines.json": "\n".join(records), "list.json": f"[{','.join(records)}]", "joined.json": "".join(records)}
    mapping = {
        "layout": "intervals",
        "interval": "day",
        "columns": {"queue": "queue.name", "start": "date", "offered": "offered"},
    }
    tables = [
        cxsim.read_export(put(tmp_path, n, t), mapping=mapping).intervals.drop(columns="file") for n, t in forms.items()
    ]
    assert tables[0]["offered"].tolist() == [5, 6]
    assert tables[0].equals(tables[1]) and tables[0].equals(tables[2])


def test_a_workbook_is_read_like_a_csv(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    import datetime

    book = openpyxl.Workbook()
    book.active.append(["Report"])
    book.active.append(["Date", "Time", "Offered", "AHT"])
    for half in (0, 30):
        book.active.append([datetime.date(2026, 3, 2), datetime.time(8, half), 5, datetime.time(0, 4, 5)])
    book.save(tmp_path / "a.xlsx")
    rows = cxsim.read_export(tmp_path / "a.xlsx", set=LOCAL).intervals
    assert rows["aht_s"].tolist() == [245, 245] and rows["start"][1] == "2026-03-02T08:30:00"
