"""Tables from CSV and XLSX, and the faults of files that are none."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from cxsim.tables import reader
from cxsim.tables.reader import TableError, number, read_table
from cxsim.tables.stamps import clock, stamp, weekdays
from cxsim.tables.times import step, times


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_with_any_usual_delimiter_and_the_lines_its_rows_stand_on(tmp_path: Path, delimiter: str) -> None:
    text = "# a remark\ntime,sales , service\n08:00,12,3\n\n08:30,14.5,4\n".replace(",", delimiter)
    table = read_table(write(tmp_path, text))
    assert table.columns == ("time", "sales", "service")
    assert table.lines == (3, 5)
    assert list(table.rows)[1] == {"time": "08:30", "sales": "14.5", "service": "4"}
    assert table.numbers("Sales").tolist() == [12.0, 14.5]


def test_a_byte_order_mark_quotes_and_decimal_commas_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes('\ufeffname;"per hour"\n"A; B";12,5\n'.encode())
    table = read_table(path)
    assert table.column("name") == ("A; B",)
    assert table.numbers("per hour").tolist() == [12.5]


def test_a_workbook_gives_the_same_as_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "volumes.xlsx"
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        other = book.add_worksheet("notes")
        other.write(0, 0, "nothing")
        sheet = book.add_worksheet("volumes")
        sheet.write_row(0, 0, ["date", "time", "sales"])
        sheet.write_datetime(1, 0, dt.datetime(2026, 3, 2))
        sheet.write_datetime(1, 1, dt.time(8, 30), book.add_format({"num_format": "hh:mm"}))
        sheet.write_number(1, 2, 12)
    table = read_table(path, "volumes")
    seconds, _, days = times(table, "time")
    assert seconds.tolist() == [30600.0]
    assert days.dated == {dt.date(2026, 3, 2): [0]}
    assert table.numbers("sales").tolist() == [12.0]
    with pytest.raises(TableError, match=r"'Volume' is not a sheet of this workbook; its sheets are 'notes'"):
        read_table(path, "Volume")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty"),
        (b"\n  \n", "is empty"),
        (b"# only a remark\n", "is empty"),
        (b"time,sales\n", "no rows below the header"),
        (b"\x89PNG\x00\x01\x02", "is a binary file"),
        (b"PK\x03\x04 and no more", "is not a workbook"),
        (b"time,sales\n08:00,\xff\n", "is not UTF-8 text"),
        (b"time,sales,Sales\n08:00,1,2\n", "'Sales' is the name of more than one column"),
        (b"time,,sales\n08:00,1,2\n", "column 2 has no name"),
        (b"time,sales\n08:00,1,2\n", "'3 cells' but the header has 2"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes, rule: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(TableError) as caught:
        read_table(path)
    assert rule in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.fix


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    write(tmp_path, "a\n1\n", "volumes.csv")
    with pytest.raises(TableError, match=r"does not exist; did you mean 'volumes.csv'"):
        read_table(tmp_path / "volums.csv")
    with pytest.raises(TableError, match="is a folder"):
        read_table(tmp_path)


def test_a_missing_column_and_a_bad_cell_are_placed(tmp_path: Path) -> None:
    path = write(tmp_path, "time,sales\n08:00,twelve\n08:30,-1\n")
    table = read_table(path)
    with pytest.raises(TableError, match="there is no column 'sale'; did you mean 'sales'"):
        table.column("sale")
    with pytest.raises(TableError, match=r"table.csv:2  sales:  'twelve' is not a number"):
        table.numbers("sales")
    with pytest.raises(TableError, match="'nan' is not a number"):
        read_table(write(tmp_path, "a,b\nnan,1\n", "nan.csv")).numbers("a")
    with pytest.raises(TableError, match=r":3  b:  '-1' is below 0"):
        read_table(write(tmp_path, "a,b\n1,0\n1,-1\n", "negative.csv")).numbers("b")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "a\n1\n")
    assert read_table(path).column("a") == ("1",)
    write(tmp_path, "a\n22\n")
    assert read_table(path).column("a") == ("22",)


def test_clock_times_and_numbers_as_planners_write_them() -> None:
    assert clock("8:05") == 8 * 3600 + 300
    assert clock("24:00") == 86400
    assert clock("12:00:30.5 AM") == 30.5
    assert clock("1:15 pm") == 13.25 * 3600
    assert [clock(x) for x in ("24:01", "8", "08:60", "13:00 PM", "")] == [None] * 5
    assert stamp("2026-03-02T08:30:15") == (dt.date(2026, 3, 2), 30615.0, None)
    assert stamp("2026-03-02 08:30") == (dt.date(2026, 3, 2), 30600.0, None)
    assert stamp("2026-03-02 8:30 AM") == (dt.date(2026, 3, 2), 30600.0, None)
    assert stamp("2026-03-02T24:00") == (dt.date(2026, 3, 3), 0.0, None)
    assert stamp("08:30") == (None, 30600.0, None)
    assert stamp("2026-03-02T08:30Z") == (dt.date(2026, 3, 2), 30600.0, 0.0)
    assert stamp("2026-03-02T08:30:00-0530") == (dt.date(2026, 3, 2), 30600.0, -19800.0)
    assert stamp("2026-03-02") is None
    assert stamp("soon") is None
    assert number("1,5") == 1.5
    assert number("1.000,5") == 1000.5
    assert number("8\u202f000") == number("8 000") == number("8'000") == 8000.0
    assert np.isnan(number("80 00"))


def test_weekdays_are_names_and_ranges() -> None:
    assert weekdays("Mon") == (0,)
    assert weekdays("sat+sun") == (5, 6)
    assert weekdays("fri-mon") == (4, 5, 6, 0)
    assert weekdays("someday") is None


def test_rows_belong_to_their_date_else_weekday_else_every_day(tmp_path: Path) -> None:
    text = "date,weekday,time,n\n2026-03-02,,08:00,1\n,mon-tue,08:00,2\nevery day,,08:30,3\n"
    table = read_table(write(tmp_path, text))
    days = times(table, "time").calendar
    assert days.rows(dt.date(2026, 3, 2)) == [0]
    assert days.rows(dt.date(2026, 3, 3)) == [1]
    assert days.rows(dt.date(2026, 3, 4)) == [2]
    assert days.all_rows(dt.date(2026, 3, 2)) == [0, 1, 2]
    bad = read_table(write(tmp_path, "date,time\n03/02/2026,08:00\n", "bad.csv"))
    with pytest.raises(TableError, match="'03/02/2026' may mean two different days; write 2026-02-03 or 2026-03-02"):
        times(bad, "time")


def test_a_row_lasts_until_the_next_time_of_the_file() -> None:
    assert step(np.array([28800.0, 30600.0, 28800.0, 34200.0]), 900.0) == 1800.0
    assert step(np.array([28800.0, 28800.0]), 900.0) == 900.0


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGEST_FILE", 2**20)
    path = write(tmp_path, "a,b\n" + "1,2\n" * 300_000, "huge.csv")
    with pytest.raises(TableError, match="is too large; keep it under 1 MiB"):
        read_table(path)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2**21)
    with pytest.raises(TableError, match=r"2 MiB unpacked.* is too large"):
        read_table(bomb)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'n,a\n1,"1,200"\n',
            r"'1,200' has a comma in a file whose columns are separated by commas; write thousands without",
        ),
        ("n;a\n1;1.200\n", r"'1.200' may mean 1200 or 1.2; write 1200 without .* or 1.2 for the decimal"),
        ("n;a\n1;1,200\n2;14.5\n", r"'1,200' may mean 1200 or 1,2; .* or 1,2 for the decimal"),
        ("n,a\n1,12.345\n", r"'12.345' may mean 12345 or 12.345; .* or 12.3450 for the decimal"),
        ("n;a\n1;1.000\n", r"'1.000' may mean 1000 or 1; .* or 1.0 for the decimal"),
        ("n;a\n1;1.20,5\n", r"'1.20,5' is not a number"),
    ],
)
def test_a_mark_between_thousands_is_never_taken_for_a_decimal_point(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TableError, match=said):
        read_table(write(tmp_path, text)).numbers("a", counts=True)


@pytest.mark.parametrize("other", ["8.5", "0.125", "1200.125", "0.1250"])
def test_other_numbers_of_the_column_may_show_that_a_mark_begins_decimals(tmp_path: Path, other: str) -> None:
    table = read_table(write(tmp_path, f"n,a\n1,12.345\n2,{other}\n"))
    assert table.numbers("a", counts=True).tolist() == [12.345, float(other)]
    assert read_table(write(tmp_path, "n;a\n1;12,345\n2;8,5\n")).numbers("a", counts=True).tolist() == [12.345, 8.5]


def test_a_number_of_a_workbook_is_what_it_is_and_a_text_is_not(tmp_path: Path) -> None:
    path = tmp_path / "volumes.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["number", "text"])
        sheet.write_number(1, 0, 12.345)
        sheet.write_string(1, 1, "1.200")
    assert read_table(path).numbers("number", counts=True).tolist() == [12.345]
    with pytest.raises(TableError, match=r"may mean 1200 or 1\.2"):
        read_table(path).numbers("text", counts=True)


def test_an_empty_cell_is_called_empty(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="a:  is empty; write a plain number"):
        read_table(write(tmp_path, "n,a\n1,\n")).numbers("a")
