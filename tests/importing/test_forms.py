"""Files in the forms that systems export: encodings, separators, headers, titles, columns in other languages."""

from __future__ import annotations

import pytest
from made import LOCAL, put

import cxsim

ROWS = [
    ("Queue", "Date", "Time", "Offered"),
    ("Köln", "2026-03-02", "08:00", "5"),
    ("Köln", "2026-03-02", "08:30", "7"),
]


def text(mark, rows=ROWS):
    return "".join(mark.join(row) + "\r\n" for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_encodings_and_separators(tmp_path, encoding, mark):
    export = cxsim.read_export(put(tmp_path, "a.csv", text(mark), encoding), set=LOCAL)
    assert export.intervals["queue"].tolist() == ["Köln", "Köln"]
    assert export.intervals["offered"].sum() == 12


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\r\n" + text(";"),
        "Report\r\nmade on 2026-03-03\r\n\r\n" + text(";"),
        text(";") + "\r\n;;;\r\nmade by a system;;;\r\n",
        text(";") + text(";", ROWS[:1]),
        text(";", [(*row, "") for row in ROWS]),
        text(";", [tuple(f'"{cell}"' for cell in row) for row in ROWS]),
    ],
)
def test_what_stands_around_the_table(tmp_path, content):
    export = cxsim.read_export(put(tmp_path, "a.csv", content), set=LOCAL)
    assert export.intervals["offered"].tolist() == [5, 7]


def test_two_columns_of_one_name_are_told_apart(tmp_path):
    content = text(";", [(*row, row[3] if k == 0 else "9") for k, row in enumerate(ROWS)])
    export = cxsim.read_export(put(tmp_path, "a.csv", content), set=LOCAL)
    assert export.intervals["offered"].tolist() == [5, 7]
    assert export.quality.count("repaired", "two columns were called 'Offered'") == 1


@pytest.mark.parametrize(
    "head",
    [
        ("Warteschlange", "Datum", "Uhrzeit", "Angeboten"),
        ("QUEUE_NAME", "Call Date", "interval", "Calls Offered"),
        ("queueName", "date", "startTime", "callsOffered"),
        ("Cola", "Fecha", "Hora", "Ofrecidas"),
    ],
)
def test_names_of_columns_in_other_words(tmp_path, head):
    export = cxsim.read_export(put(tmp_path, "a.csv", text(";", [head, *ROWS[1:]])), set=LOCAL)
    assert export.intervals["queue"].tolist() == ["Köln", "Köln"] and export.intervals["offered"].sum() == 12


def test_a_workbook_says_which_of_its_sheets_was_read(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.create_sheet("Notes").append(["nothing"])
    book.save(tmp_path / "a.xlsx")
    export = cxsim.read_export(tmp_path / "a.xlsx", set=LOCAL)
    told = next(one for one in export.quality.evidence if one.key == "sheet")
    assert told.value == "Sheet" and "'Notes'" in told.why
