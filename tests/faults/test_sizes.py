"""Numbers and files that would run away are refused before the work, and name their place.

The bad scenarios `bad/size_of_*.yaml` say how; here is what is not a scenario.
"""

import json
import os
import zipfile

import openpyxl
import pytest
from click.testing import CliRunner

from cxsim.cli import cli
from cxsim.erlang.formulas import erlang_b, steady
from cxsim.erlang.required_agents import Target, agents_for, lines_for, rate_for
from cxsim.scenario import ScenarioError, read
from cxsim.storage.files import workbook_cells
from cxsim.studies.sweep.design_file import design_of, read_design
from cxsim.tables.reader import TableError, read_table

SMALL = """\
cxsim: 1
horizon: {open: 08:00-12:00}
reasons: {sales: {volume: 20/h, talk: 3 min}}
queues: {sales: {}}
groups: {team: {agents: 3, serves: [sales]}}
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["grid", "one_at_a_time"])
def test_a_range_of_a_thousand_million_levels_is_refused_before_it_is_listed(scenario, kind):
    factor = {"path": "groups.team.agents", "from": 1, "to": 1_000_000_000, "whole": True}
    with pytest.raises(
        ScenarioError, match=r"factors.agents.to.*1,000,000,000 values; the limit is 100,000; add 'steps"
    ):
        design_of({"sweep": "small.yaml", "design": kind, "factors": {"agents": factor}}, scenario.parent)


@pytest.mark.parametrize(
    "call",
    [
        lambda: steady(1e9 / 3600, 240, 5, patience=180),
        lambda: steady(1, 240, 1e9),
        lambda: erlang_b(1e9, 5),
        lambda: agents_for(Target(sl=0.8), 1e9 / 3600, 240),
        lambda: rate_for(Target(sl=0.8), 1e9, 240),
        lambda: lines_for(0.01, 1e9),
    ],
)
def test_the_erlang_formulae_refuse_what_would_take_minutes(call):
    with pytest.raises(ValueError, match=r"(load|agents): [\d,]+ is above [\d,]+, the largest supported value"):
        call()


def test_the_erlang_command_names_its_option():
    said = CliRunner().invoke(cli, ["erlang", "--volume", "1e9/h", "--aht", "4min", "--patience", "3min"])
    assert said.exit_code == 2
    assert "--volume times --aht, in erlangs: 66,666,667 is above" in said.output
    said = CliRunner().invoke(cli, ["erlang", "--volume", "10/h", "--aht", "4min", "--agents", "1e9"])
    assert "--agents: 1,000,000,000 is above" in said.output


def book(path, cells, sheet="Sheet"):
    made = openpyxl.Workbook()
    made.active.title = sheet
    for at, value in cells.items():
        made.active[at] = value
    made.save(path)
    return path


def test_a_workbook_is_measured_by_its_cells_before_it_is_read(tmp_path):
    path = book(tmp_path / "book.xlsx", {"A1": "time", "C7": 3})
    with zipfile.ZipFile(path) as archive:
        assert workbook_cells(archive, None) == workbook_cells(archive, "Sheet") == 21
        assert workbook_cells(archive, "None such") == 0
    far = book(tmp_path / "far.xlsx", {"A1": "time", "A2": "08:00", "XFD1048576": "x"})
    with pytest.raises(TableError, match=r"17,179,869,184 cells.*stray cell"):
        read_table(far)


def test_only_the_sheet_that_is_read_is_measured_and_formats_alone_do_not_count(tmp_path):
    made = openpyxl.Workbook()
    for row in (("time", "calls"), ("08:00", 3)):
        made.active.append(row)
    made.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    made.create_sheet("far")["XFD1048576"] = "x"
    made.save(tmp_path / "two.xlsx")
    assert read_table(tmp_path / "two.xlsx").columns == ("time", "calls")
    with pytest.raises(TableError, match="too large"):
        read_table(tmp_path / "two.xlsx", "far")


def test_a_dimension_that_lies_does_not_hide_a_far_cell(tmp_path):
    path = book(tmp_path / "far.xlsx", {"A1": "time", "XFD1048576": "x"})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "lies.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:XFD1048576"', b'ref="A1:B2"'))
    with pytest.raises(TableError, match="too large"):
        read_table(tmp_path / "lies.xlsx")


def test_a_table_of_too_many_cells_is_refused_before_it_is_split(tmp_path, monkeypatch):
    monkeypatch.setattr("cxsim.tables.reader.MOST_CELLS", 100)
    path = tmp_path / "long.csv"
    path.write_text("time,calls\n" + "08:00,1\n" * 60, encoding="utf-8")
    with pytest.raises(TableError, match="122 cells"):
        read_table(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_devices_are_refused_without_waiting_for_them(tmp_path, scenario):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    os.mkfifo(tmp_path / "policy.py")
    (tmp_path / "asks.yaml").write_text(SMALL + "routing: {policy: policy.py}\n", encoding="utf-8")
    (tmp_path / "reads.yaml").write_text(SMALL.replace("20/h", "{file: pipe}"), encoding="utf-8")
    for call in (
        lambda: read(pipe),
        lambda: read_design(pipe),
        lambda: read(tmp_path / "asks.yaml"),
        lambda: read(tmp_path / "reads.yaml"),
        lambda: read_table(pipe),
        lambda: read_table("/dev/zero"),
    ):
        with pytest.raises((ScenarioError, TableError), match="is a device or a pipe, not a file"):
            call()


def test_an_overlap_in_a_table_is_told_with_its_line(tmp_path, scenario):
    (tmp_path / "roster.csv").write_text(
        "group,start,end,name\nteam,08:00,12:00,Ada\nteam,10:00,14:00,Ada\n", encoding="utf-8"
    )
    text = SMALL.replace("agents: 3, ", "") + "staff: {file: roster.csv}\n"
    scenario.write_text(text, encoding="utf-8")
    said = CliRunner().invoke(cli, ["check", str(scenario)])
    assert said.exit_code == 2
    assert "the shifts of 'Ada' overlap (line 3 of roster.csv)" in said.output


def test_a_hundred_faults_are_listed_and_all_are_counted(tmp_path):
    shifts = "".join("    - {group: teem, start: 08:00, end: 12:00}\n" for _ in range(300))
    path = tmp_path / "many.yaml"
    path.write_text(SMALL + "staff:\n  shifts:\n" + shifts, encoding="utf-8")
    said = CliRunner().invoke(cli, ["check", str(path), "--json"])
    document = json.loads(said.stdout)
    assert len(document["faults"]) == 100
    assert document["count"] >= 300
    assert said.stderr.count("many.yaml:") == 100
    assert f"{document['count']} faults" in said.stderr
