"""The schema of result tables: every CSV file that is written follows it, and it is printed."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner
from example_result import example_result

import cxsim
from cxsim.cli import cli
from cxsim.report.common.table_schema import OPTIONAL, pages, schemas

DAY = example_result()
TYPES = {"number": "fiu", "integer": "fiu", "boolean": "bO", "string": "O"}
CENTER = """
cxsim: 1
name: Tables
horizon: {start: 2026-01-05, open: 08:00-10:00}
reasons: {calls: {volume: 30/h, talk: 3 min, patience: 3 min}, more: {volume: 10/h, talk: 2 min}}
queues: {calls: {target: {sl: 80%/20s, asa: {max: 30s}}}, more: {}}
groups: {team: {agents: 4, serves: [calls, more], wage: 20}}
overrides: {five: {groups.team.agents: 5}}
"""


def followed(folder):
    """The CSV files of a folder, each checked against its schema."""
    known, found = schemas(), []
    for path in sorted(folder.rglob("*.csv")):
        name = path.relative_to(folder).as_posix()
        if name.startswith("inputs/"):
            continue
        name = name.split("/", 2)[2] if name.startswith("runs/") else name
        fields = {field["name"]: field["type"] for field in known[name]["fields"]}
        frame = pd.read_csv(path)
        columns = list(frame.columns)
        if name.startswith("tables/") or name in OPTIONAL:
            assert columns == [one for one in fields if one in columns], name
        else:
            assert columns == list(fields), name
        for column in columns:
            kind = frame[column].dropna()
            assert not len(kind) or kind.dtype.kind in TYPES[fields[column]], (name, column)
        found.append(name)
    return found


def test_tables_of_runs_and_comparisons_follow_their_schema(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "center.yaml").write_text(CENTER)
    both = {"four": cxsim.read("center.yaml"), "five": cxsim.read("center.yaml", with_=["five"])}
    cxsim.compare(both, replications=3).save("c", pictures=False)
    found = followed(tmp_path / "c")
    assert {"differences.csv", "main_figures.csv", "plan.csv", "erlang.csv", "wait_histogram.csv"} <= set(found)


def test_the_schema_is_printed_and_shown():
    told = CliRunner().invoke(cli, ["schema", "--tables"])
    files = json.loads(told.stdout)["files"]
    assert {"name": "difference", "type": "number"}.items() <= files["differences.csv"]["fields"][7].items()
    both = CliRunner().invoke(cli, ["schema", "--tables", "--json-output", "run"])
    assert both.exit_code == 2 and "one schema at a time" in both.output
    assert "## `figures.csv`" in pages() and "`verdict`" in pages()


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_charts_of_a_folder_have_the_format_that_was_asked_for(tmp_path, kind):
    DAY.save(tmp_path / "r", report=False, formats=[kind])
    files = sorted(path.name for path in (tmp_path / "r" / "figures").iterdir())
    assert files and {name.rsplit(".")[1] for name in files} == {kind}
    first = (tmp_path / "r" / "figures" / files[0]).read_bytes()
    assert first.startswith(b"%PDF" if kind == "pdf" else b"<?xml") and b"Type 3" not in first
    DAY.save(tmp_path / "again", report=False, formats=[kind])
    assert (tmp_path / "again" / "figures" / files[0]).read_bytes() == first
    with pytest.raises(ValueError, match="'eps' is not a chart format; the formats are png, svg, pdf"):
        DAY.save(tmp_path / "other", formats=["eps"])
    assert not (tmp_path / "other").exists()


def test_formats_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    DAY.save("r", pictures=False, report=False)
    run = CliRunner().invoke
    told = run(cli, ["report", "r", "--out", "s", "--format", "svg", "--format", "png"])
    assert told.exit_code == 0, told.output
    assert {path.suffix for path in (tmp_path / "s" / "figures").iterdir()} == {".svg", ".png"}
    for command in (["run", "x.yaml"], ["report", "r"], ["compare", "x.yaml", "y.yaml"]):
        refused = run(cli, [*command, "--no-pictures", "--format", "pdf"])
        assert refused.exit_code == 2 and "--no-pictures draws no charts; remove it, or --format" in refused.output
    refused = run(cli, ["run", "x.yaml", "--no-save", "--format", "pdf"])
    assert refused.exit_code == 2 and "remove --out, --legs, --spells and --format" in refused.output
