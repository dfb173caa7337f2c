"""`cxsim import` on the command line: what it writes, says and asks."""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from made import CONTACTS, INTERVALS, put

from cxsim.cli import cli, import_export

ZONE = ("--set", "timezone=Europe/Paris")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words, **more: CliRunner().invoke(cli, ["import", *map(str, words)], **more)


def test_it_writes_tables_mapping_and_report(run, tmp_path):
    put(tmp_path, "acd.csv", INTERVALS)
    done = run("acd.csv", *ZONE)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "results" / "import-acd"
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert names == {"intervals.csv", "mapping.yaml", "rows.csv", "report.html", "report.json"}
    assert "acd.csv: 4 rows read, 3 kept" in done.stdout
    rows = list(csv.DictReader((folder / "rows.csv").open()))
    assert rows == [{"file": "acd.csv", "line": "5", "what": "dropped", "why": "row of totals"}]
    table = list(csv.DictReader((folder / "intervals.csv").open()))
    assert [row["offered"] for row in table] == ["23", "40", "30"] and table[0]["talk_s"] == ""
    assert "row of totals" in (folder / "report.html").read_text()


def test_the_mapping_of_one_import_reads_the_next(run, tmp_path):
    put(tmp_path, "acd.csv", INTERVALS)
    put(tmp_path, "next.csv", INTERVALS.replace("28/09", "05/10").replace("13/10", "06/10"))
    run("acd.csv", *ZONE)
    done = run("next.csv", "--mapping", "results/import-acd/mapping.yaml", "--json")
    told = json.loads(done.stdout)
    assert told["tables"] == {"intervals": 3} and told["files"][0]["rows"] == 4
    assert "2026-10-05" in (tmp_path / "results" / "import-next" / "intervals.csv").read_text()


def test_a_folder_of_the_user_is_not_touched(run, tmp_path):
    put(tmp_path, "acd.csv", INTERVALS)
    (tmp_path / "mine").mkdir()
    put(tmp_path / "mine", "notes.txt", "keep")
    done = run("acd.csv", *ZONE, "--out", "mine")
    assert done.exit_code == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_questions_are_asked_on_a_terminal(run, tmp_path, monkeypatch):
    monkeypatch.setattr(import_export, "_on_terminal", lambda: True)
    put(tmp_path, "calls.csv", CONTACTS)
    done = run("calls.csv", input="Europe/Madrid\n")
    assert done.exit_code == 0, done.output
    assert "timezone (Europe/Paris / UTC / local)" in done.stderr
    assert "timezone: Europe/Madrid" in (tmp_path / "results" / "import-calls" / "mapping.yaml").read_text()


def test_identities_stay_only_where_they_are_kept(run, tmp_path):
    put(tmp_path, "calls.csv", CONTACTS)
    run("calls.csv", *ZONE)
    run("calls.csv", *ZONE, "--keep-identities", "--out", "kept")
    assert "+1555" not in (tmp_path / "results" / "import-calls" / "contacts.csv").read_text()
    kept = (tmp_path / "kept" / "contacts.csv").read_text()
    assert "'+15550001" in kept and "Ann Lee" in kept


def test_the_known_sources_are_listed(run):
    done = run("--sources")
    assert done.exit_code == 0 and "dixa_conversations" in done.stdout


MILLION = """
import cxsim, sys
export = cxsim.read_export(sys.argv[1], set={"timezone": "Europe/Berlin", "dates": "ymd"})
export.save(sys.argv[2])
print(len(export.contacts))
"""


@pytest.mark.slow
def test_a_million_rows_take_a_minute_and_two_gibibytes(tmp_path):
    """CPU time, so that other programs on the machine do not count; it takes about 35 s and 1.6 GiB."""
    random.seed(1)
    at, form = datetime(2026, 3, 2, 8), "%Y-%m-%d %H:%M:%S"
    head = "Contact ID,Phone Number,Queue,Start Time,Queued At,Answered At,End Time,Agent,ACW (s)\n"
    with (tmp_path / "calls.csv").open("w") as file:
        file.write(head)
        for k in range(1_000_000):
            at += timedelta(seconds=random.randint(0, 12))
            times = [at + timedelta(seconds=s) for s in (0, 9, random.randint(10, 99), random.randint(100, 900))]
            stamps = ",".join(one.strftime(form) for one in times)
            file.write(f"c{k},+1555{random.randint(0, 10**7)},q{k % 5},{stamps},agent {k % 300},{k % 90}\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [sys.executable, "-c", MILLION, str(tmp_path / "calls.csv"), str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 1_000_000
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 60.0
    assert after.ru_maxrss < 2 * 2**20
