"""Several bad exports together, and arguments that cannot be; single bad files are in tests/faults/imports."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from made import INTERVALS, put

import cxsim
from cxsim.cli import cli

DAYS = "Date,Offered,Answered,AHT (s)\n2026-03-02,10,9,240\n2026-03-03,12,11,250\n"


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


def test_a_source_that_is_not_known_and_no_file(tmp_path):
    done = CliRunner().invoke(cli, ["import"])
    assert done.exit_code == 2 and "name the files to read" in done.output
    with pytest.raises(cxsim.ExportError, match="did you mean 'dixa_conversations'"):
        cxsim.read_export(put(tmp_path, "a.csv", DAYS), source="dixa_conversation")
