"""Files that cannot be read as they are: each is refused with place, value, rule and fix, and code 2."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from made import CONTACTS, INTERVALS, put

import cxsim
from cxsim.cli import cli, guarded


class Bad(NamedTuple):
    """A file, the keys that are set, and what each fault must say."""

    content: str | bytes
    says: tuple[str, ...]
    given: Mapping[str, Any] = MappingProxyType({"timezone": "local"})
    name: str = "a.csv"


DAYS = "Date,Offered,Answered,AHT (s)\n2026-03-02,10,9,240\n2026-03-03,12,11,250\n"
HALF = "Queue,Date,Time,Offered\nA,2026-03-02,08:00,10\nA,2026-03-02,08:30,12\n"
BAD = {
    "an empty file": Bad("", ("the file is empty", "export it again")),
    "blanks only": Bad("\n\n  \n", ("the file is empty",)),
    "separators only": Bad(";;;\n;;;\n", ("holds nothing but blanks",)),
    "a binary file": Bad(b"\x7fELF\0\0\0\0\1\2", ("is a binary file", "CSV, XLSX or JSON")),
    "an old workbook": Bad(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ("old Excel workbook", "XLSX"), name="a.xls"
    ),
    "a workbook that is cut off": Bad(b"PK\x03\x04" + b"\0" * 200, ("is not a workbook",), name="a.xlsx"),
    "neither UTF-8 nor Windows-1252": Bad(
        b"Date,Offered\n2026-03-02,\x81\x8d\n", ("a.csv:2", "is not text in UTF-8 or Windows-1252")
    ),
    "a header and nothing below": Bad("Date,Offered\n", ("there are no rows below the header",)),
    "no header": Bad(
        "2026-03-02,08:00,10\n2026-03-02,08:30,12\n", ("no line with the names of its columns", "'names: [")
    ),
    "a quote that never closes": Bad(
        'Date,Offered\n2026-03-02,"10\n' + "2026-03-03,5\n" * 400, ("quote that does not close",)
    ),
    "rows with too many cells": Bad(
        DAYS + "2026-03-04,1,200,1,100,250\n2026-03-05,1,300,1,200,260\n",
        ("a.csv:4", "'6 cells' where the header has 4", "a.csv:5"),
    ),
    "JSON that is cut off": Bad(
        '[{"date": "2026-03-02", "offered": 5}, {"da', ("is not JSON", "cut off"), name="a.json"
    ),
    "JSON that holds no records": Bad("[1, 2]", ("is not a record",), name="a.json"),
    "nothing that says when": Bad(
        "Queue,Offered,Answered\nA,5,4\nB,6,5\n", ("no column that says when a row was", "'Queue', 'Offered'")
    ),
    "nothing that says what a row is": Bad(
        "Date,Colour\n2026-03-02,red\n2026-03-03,blue\n", ("does not tell what a row is",)
    ),
    "a number in words": Bad(DAYS.replace("12", "twelve"), ("a.csv:3  Offered:", "'twelve' is not a number")),
    "a negative count": Bad(DAYS.replace("12", "-12"), ("a.csv:3  Offered:", "'-12' is below 0")),
    "a date that does not exist": Bad(DAYS.replace("03-03", "02-30"), ("a.csv:3  Date:", "'2026-02-30' is not a date")),
    "day and month change places": Bad(
        "Date,Offered\n13/03/2026,5\n03/14/2026,6\n", ("day and month change places", "'dates: dmy'")
    ),
    "day or month": Bad(
        "Date,Offered\n03/04/2026,5\n04/04/2026,6\n", ("'03/04/2026' may be day and month", "--set dates=dmy")
    ),
    "no time zone": Bad(HALF, ("do not say their time zone", "'timezone: Europe/Paris'"), {}),
    "a time zone that is not one": Bad(
        HALF, ("'Europe/Pari' is not a time zone", "did you mean 'Europe/Paris'?"), {"timezone": "Europe/Pari"}
    ),
    "a decimal point or thousands": Bad(
        DAYS.replace("10,9", "1.200,9"), ("'1.200' may be 1,200, or 1.2", 'decimal: ","')
    ),
    "two decimal marks": Bad(
        "Date;Offered;AHT (s)\n2026-03-02;5;240,5\n2026-03-03;6;250.5\n", ("another decimal mark",)
    ),
    "seconds or minutes": Bad(
        "Date,Offered,AHT\n2026-03-02,5,4\n2026-03-03,6,5\n", ("may be seconds or minutes", "columns: {aht: {unit: s}}")
    ),
    "minutes or hours": Bad(
        "Date,Offered,AHT\n2026-03-02,5,0:14\n2026-03-03,6,0:25\n", ("minutes and seconds, or hours and minutes",)
    ),
    "a share of 140 %": Bad(
        "Date,Offered,SL\n2026-03-02,5,140%\n2026-03-03,6,80%\n", ("a.csv:2  SL:", "'140%' is not a share")
    ),
    "an interval that ends before it begins": Bad(
        "Start,End,Offered\n2026-03-02 09:00,2026-03-02 08:30,5\n2026-03-02 08:30,2026-03-02 09:00,5\n",
        ("ends before it begins",),
    ),
    "one time only": Bad(
        "Date,Time,Offered\n2026-03-02,08:15,5\n", ("does not tell how long an interval is", "'interval: 30 min'")
    ),
    "the same row again": Bad(
        HALF + "A,2026-03-02,08:30,12\n", ("a.csv:4", "with the same numbers", "'duplicates: drop'")
    ),
    "contacts with the same id": Bad(
        CONTACTS + CONTACTS.splitlines()[1].replace("Sales", "Care") + "\n",
        ("has the id of another row, with different values (1 contact)", "'layout: segments'"),
    ),
    "directions that are not known": Bad(
        CONTACTS.replace("outbound", "sideways"), ("several directions (inbound, sideways)", "demand.Direction")
    ),
    "no row that is demand": Bad(
        CONTACTS, ("nothing would be demand", "inbound"), {"timezone": "local", "demand.Direction": ["in-bound"]}
    ),
    "a time of day without a date": Bad(
        "time,Offered\n08:00,5\n08:30,6\n", ("is a time without a date", "[DATE, TIME]")
    ),
    "a key that is not one": Bad(DAYS, ("'timezon", "did you mean 'timezone'?"), {"timezon": "UTC"}),
    "a layout that is not one": Bad(
        DAYS, ("'interval' is not possible here", "did you mean 'intervals'?"), {"layout": "interval"}
    ),
    "a column that is not there": Bad(
        DAYS, ("'Offerd' is not a column (offered)", "did you mean 'Offered'?"), {"columns.offered": "Offerd"}
    ),
    "a role that is not one": Bad(DAYS, ("is not a role", "did you mean 'offered'?"), {"columns.offerd": "Offered"}),
    "a unit that is not one": Bad(DAYS, ("'hours' is not a unit",), {"columns.aht.unit": "hours"}),
    "an event without a meaning": Bad(
        "at,id,e\n2026-03-02 08:00:00,1,JOIN\n",
        ("'JOIN' is an event that the mapping does not know",),
        {"timezone": "local", "layout": "events", "columns.contact": "id", "columns.at": "at", "columns.event": "e"},
    ),
    "a file of another source": Bad(
        DAYS,
        ("has no column 'Interval Start', which files of source genesys_cloud_queue need",),
        {"source": "genesys_cloud_queue"},
    ),
    "a roster without a week": Bad(
        "Agent,Mon,Tue,Wed,Thu,Fri\nA,8-16,8-16,8-16,off,off\n", ("nothing says which week", "week_of=")
    ),
    "a cell of a roster that is no shift": Bad(
        "Agent,Mon,Tue,Wed,Thu,Fri\nA,8-16,maybe,8-16,off,off\n",
        ("'maybe' is neither a shift nor an absence",),
        {"week_of": "2026-11-02"},
    ),
    "abandons at one second": Bad(
        "arrived,wait,outcome\n"
        + "".join(f"2026-03-02 08:{k // 60:02d}:{k % 60:02d},{60 if k % 2 else 5 * k},abandoned\n" for k in range(120)),
        ("many more abandons in one second", "61 at 60 s of 120", "forced_exits"),
        {"timezone": "local", "columns.wait.unit": "s"},
    ),
}


def write(folder, bad):
    path = folder / bad.name
    path.write_bytes(bad.content if isinstance(bad.content, bytes) else bad.content.encode())
    return path


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_cannot_be_read_is_refused_with_the_line_to_add(what, tmp_path):
    bad = BAD[what]
    path = write(tmp_path, bad)
    with pytest.raises(cxsim.ExportError) as caught:
        cxsim.read_export(path, set=bad.given)
    text = str(caught.value)
    for part in bad.says:
        assert part in text, text
    for fault in caught.value.faults:
        assert fault.place and fault.rule and fault.fix, fault
    assert sorted(tmp_path.iterdir()) == [path]


def test_there_are_forty_of_them():
    assert len(BAD) >= 40


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    files = [
        put(tmp_path, "a.csv", ""),
        put(tmp_path, "b.csv", DAYS + "2026-03-04,1,2,3,4,5\n"),
        tmp_path / "missing.csv",
    ]
    with pytest.raises(cxsim.ExportError) as caught:
        cxsim.read_export(files)
    assert len(caught.value.faults) == 3
    with pytest.raises(cxsim.ExportError) as caught:
        cxsim.read_export(
            put(tmp_path, "c.csv", INTERVALS.replace("23;22", "x;22").replace(";40;", ";y;").replace("04:29", "z")),
            set={"timezone": "local"},
        )
    assert [fault.value for fault in caught.value.faults] == ["x", "y", "z"]


@pytest.mark.parametrize("what", ["an empty file", "no time zone", "a number in words", "a binary file"])
def test_the_command_ends_with_code_2_and_writes_nothing(what, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, BAD[what])
    changes = [x for key, value in BAD[what].given.items() for x in ("--set", f"{key}={value}")]
    code = guarded(lambda: cli.main(["import", str(path), *changes], standalone_mode=False))
    error = capsys.readouterr().err
    assert code == 2
    assert "Traceback" not in error
    assert all(part in error for part in BAD[what].says)
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_source_that_is_not_known_and_no_file(tmp_path):
    done = CliRunner().invoke(cli, ["import"])
    assert done.exit_code == 2 and "name the files to read" in done.output
    with pytest.raises(cxsim.ExportError, match="did you mean 'dixa_conversations'"):
        cxsim.read_export(put(tmp_path, "a.csv", DAYS), source="dixa_conversation")


ASKED = ["day or month", "no time zone", "a decimal point or thousands", "seconds or minutes", "minutes or hours"]
ASKED += ["one time only", "the same row again", "directions that are not known", "abandons at one second"]


@pytest.mark.parametrize("what", ASKED)
def test_the_line_that_a_question_names_answers_it_in_a_mapping_and_with_set(what, tmp_path):
    bad = BAD[what]
    path = write(tmp_path, bad)
    with pytest.raises(cxsim.ExportError) as caught:
        cxsim.read_export(path, set=bad.given)
    asked = caught.value.faults[0]
    assert isinstance(asked, cxsim.importing.Question)
    line = asked.fix.partition("'")[2].partition("'")[0]
    mapping = put(tmp_path, "mapping.yaml", line + "\n")
    by_file = cxsim.read_export(path, mapping=mapping, set=bad.given)
    by_set = cxsim.read_export(
        path, set=[f"{key}={value}" for key, value in bad.given.items()] + [f"{asked.key}={asked.choices[0]}"]
    )
    assert by_file.mapping == by_set.mapping
