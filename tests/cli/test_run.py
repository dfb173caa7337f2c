"""`cxsim run`: what it prints, stores and refuses, and that a folder alone gives the same tables again."""

import json
import shutil
import sys
from importlib.util import find_spec

import pandas as pd
import pytest
from click.testing import CliRunner

from cxsim.cli import cli

FAST = ("--replications", "4", "--no-pictures")


def test_a_run_prints_a_summary_and_stores_its_tables(cxsim, center):
    done = cxsim("run", "small.yaml", "--replications", "4")
    assert done.exit_code == 0, done.stderr
    assert "A small center" in done.stdout and "Targets" in done.stdout and "results/small" in done.stdout
    folder = center / "results" / "small"
    for name in (
        "scenario.yaml",
        "figures.csv",
        "plan.csv",
        "targets.csv",
        "provenance.json",
        "report.html",
        "workbook.xlsx",
    ):
        assert (folder / name).exists(), name
    assert [path.name for path in (center / "results").iterdir()] == ["small"]


def test_json_is_one_document_on_stdout_and_the_rest_on_stderr(cxsim):
    done = cxsim("run", "small.yaml", *FAST, "--json", "--with", "storm")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1 and document["wall_seconds"] > 0
    assert document["inputs"]["replications"] == 4 and document["inputs"]["with"] == ["storm"]
    assert set(document["figures"][0]) == {"figure", "scope", "interval", "value", "low", "high", "unit", "n"}
    assert {row["figure"] for row in document["targets"]} == {"sl", "abandoned_share"}
    assert all(isinstance(row["met"], bool) for row in document["targets"])
    assert document["folder"] == "results/small+storm" and "results/small+storm" in done.stderr


def test_a_folder_alone_gives_the_same_tables_whatever_the_threads(cxsim, center, tmp_path, tables):
    cxsim("run", "small.yaml", *FAST, "--seed", "7", "--with", "storm", "--threads", "1", "--out", "first")
    moved = shutil.copytree(center / "first", tmp_path / "elsewhere" / "first")
    for name in ("small.yaml", "volumes.csv", "plan.csv"):
        (center / name).unlink()
    first = tables(moved)
    assert "plan.csv" in first and "figures.csv" in first and len(first) > 12
    for threads in (1, 3):
        again = center / f"again-{threads}"
        scenario = moved / "scenario.yaml"
        done = cxsim("run", scenario, *FAST, "--seed", "7", "--threads", threads, "--out", again)
        assert done.exit_code == 0, done.stderr
        assert tables(again) == first


def test_a_folder_is_run_again_with_its_own_settings(cxsim, center, tables):
    cxsim("run", "small.yaml", *FAST, "--seed", "7", "--set", "groups.team.wage=30")
    (folder,) = (center / "results").iterdir()
    done = cxsim("run", folder, "--no-pictures", "--quiet")
    assert done.exit_code == 0 and done.output == ""
    assert tables(center / "results" / f"{folder.name}-again") == tables(folder)


@pytest.mark.skipif(find_spec("cxsim.engines.story") is None, reason="no second engine")
def test_both_engines_store_the_same_tables(cxsim, center, tables):
    for engine in ("clock", "story"):
        done = cxsim("run", "small.yaml", *FAST, "--engine", engine, "--out", engine)
        assert done.exit_code == 0, done.stderr
    assert tables(center / "clock") == tables(center / "story")


def test_precision_adds_replications_until_it_is_reached(cxsim):
    done = cxsim("run", "small.yaml", "--precision", "sl=4 points,asa=60%", "--json", "--no-save")
    document = json.loads(done.stdout)
    (sl,) = (
        row for row in document["figures"] if (row["figure"], row["scope"], row["interval"]) == ("sl", "total", "total")
    )
    assert (sl["high"] - sl["low"]) / 2 <= 0.04
    assert sl["n"] == document["inputs"]["replications"] >= 10
    assert document["inputs"]["precision"] == {"sl": 0.04, "asa": 0.6}
    assert "sl within 4%: reached" in document["inputs"]["definitions"]["precision"]


def test_every_fault_is_told_at_once_and_nothing_is_stored(cxsim, center):
    wrong = (center / "small.yaml").read_text().replace("serves: [sales, help]", "serves: [sale, help]")
    (center / "small.yaml").write_text(wrong.replace("handle_time: 4 min", "handle_time: 4"))
    done = cxsim("run", "small.yaml", "--set", "groups.team.wage=-1", "--json")
    assert done.exit_code == 2 and done.stdout == ""
    assert "did you mean 'sales'" in done.stderr and "handle_time" in done.stderr and "wage" in done.stderr
    assert "small.yaml:5:" in done.stderr and "Traceback" not in done.stderr
    assert not (center / "results").exists()


def test_tables_that_do_not_fit_the_horizon_are_faults_too(cxsim, center):
    (center / "shifts.csv").write_text("group,date,start,end\nteam,2031-01-06,09:00,12:00\n")
    done = cxsim("run", "small.yaml", "--set", "staff={file: shifts.csv, kind: shifts}")
    assert done.exit_code == 2 and "team" in done.stderr and "a fault of the program" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--precision", "sl=1"), "write"),
        (("--precision", "slx=1%"), "did you mean 'sl"),
        (("--precision", "sl"), "write sl=1%"),
        (("--precision", "sl=0%"), "a width of zero"),
        (("--precision", "sl=1%", "--replications", "5"), "either --replications"),
        (("--replications", "0"), "0 is not in the range"),
        (("--engine", "clok"), "clok"),
        (("--with", "strom"), "did you mean 'storm'"),
        (("--set", "groups.taem.wage=2"), "did you mean 'groups.team.wage'"),
        (("--set", "groups.team"), "path=value"),
        (("--no-save", "--out", "x"), "remove --out"),
        (("--out", "."), "no cxsim result"),
        (("--out", "small.yaml"), "is a file"),
    ],
)
def test_wrong_options_end_with_2_and_say_what_to_write(cxsim, center, words, said):
    done = cxsim("run", "small.yaml", *words)
    assert done.exit_code == 2, done.output
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (center / "results").exists()


def test_a_file_that_is_not_there_is_a_fault_with_the_nearest_one(cxsim):
    done = cxsim("run", "smal.yaml")
    assert done.exit_code == 2 and "did you mean 'small.yaml'" in done.stderr


def test_a_missed_target_counts_only_when_strict(cxsim):
    words = ("run", "small.yaml", *FAST, "--no-save", "--quiet", "--set", "reasons.*.volume.factor=3")
    assert cxsim(*words).exit_code == 0
    assert cxsim(*words, "--strict").exit_code == 3


def test_legs_and_spells_are_kept_on_request(cxsim, center):
    done = cxsim("run", "small.yaml", *FAST, "--legs", "csv", "--spells", "csv", "--out", "kept")
    assert done.exit_code == 0, done.stderr
    legs, spells = (pd.read_csv(center / "kept" / f"{name}.csv") for name in ("legs", "spells"))
    assert set(legs["replication"]) == set(spells["replication"]) == {0, 1, 2, 3}
    assert set(legs["reason"]) == {"sales", "help"} and "answered" in set(legs["outcome"])
    assert set(spells["state"]) <= {"on duty", "break", "away", "overrun"}
    cxsim("run", "small.yaml", *FAST, "--out", "kept")
    assert not (center / "kept" / "legs.csv").exists()


def test_legs_as_parquet_are_the_same_rows(cxsim, center):
    for kind in ("csv", "parquet"):
        assert cxsim("run", "small.yaml", *FAST, "--legs", kind, "--out", kind).exit_code == 0
    one, other = pd.read_csv(center / "csv" / "legs.csv"), pd.read_parquet(center / "parquet" / "legs.parquet")
    assert len(one) == len(other) and one["issue"].equals(other["issue"])
    assert not (center / "parquet" / "legs.csv").exists()


def test_a_summary_fits_its_terminal(cxsim):
    done = cxsim("run", "small.yaml", *FAST, "--no-save")
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_faults_are_counted_as_by_check(cxsim):
    done = cxsim("run", "small.yaml", "--set", "groups.team.wage=-1", "--no-save")
    assert done.exit_code == 2 and done.stderr.splitlines()[-1] == "1 fault"


def test_what_is_left_out_is_among_the_assumptions(cxsim, center):
    with (center / "volumes.csv").open("a") as file:
        file.write("12:00,7,0\n")
    done = cxsim("run", "small.yaml", "--replications", "2", "--json", "--no-save")
    assert done.exit_code == 0, done.stderr
    assert cxsim("run", "small.yaml", "--replications", "2", "--out", "out", "--no-pictures", "-q").exit_code == 0
    assumptions = json.loads((center / "out" / "result.json").read_text())["assumptions"]
    assert "sales: 7 contacts of its file are outside opening hours and are ignored." in assumptions


def test_a_precision_that_means_nothing_is_said_even_when_quiet(cxsim):
    done = cxsim("run", "small.yaml", "--precision", "blocked_share=1%", "--no-save", "--quiet")
    assert done.exit_code == 0 and done.stdout == ""
    assert "precision: blocked_share is the same in all 10 replications" in done.stderr


def test_a_precision_not_reached_is_said_even_when_quiet(cxsim, monkeypatch):
    monkeypatch.setattr(sys.modules["cxsim.simulation.simulate"], "MOST_REPLICATIONS", 12, raising=False)
    if "cxsim.simulation.replications" in sys.modules:
        monkeypatch.setattr(sys.modules["cxsim.simulation.replications"], "MOST_REPLICATIONS", 12, raising=False)
    done = cxsim("run", "small.yaml", "--precision", "asa=0.1%", "--no-save", "--quiet")
    assert "precision not reached: asa is within" in done.stderr and "after 12 replications" in done.stderr


def test_a_scenario_without_a_name_is_called_by_its_file(cxsim, center):
    text = (center / "small.yaml").read_text()
    (center / "small.yaml").write_text(text.replace("name: A small center\n", ""))
    assert cxsim("run", "small.yaml", "--replications", "2", "--out", "out", "--no-pictures", "-q").exit_code == 0
    assert json.loads((center / "out" / "result.json").read_text())["name"] == "small"
    again = cxsim("run", "out", "--out", "again", "--no-pictures", "-q")
    assert again.exit_code == 0, again.stderr
    assert json.loads((center / "again" / "result.json").read_text())["name"] == "small"


def test_a_folder_that_cannot_be_made_is_told_by_its_own_name(cxsim):
    name = "x" * 300
    done = cxsim("run", "small.yaml", "--out", name)
    assert done.exit_code == 2 and "--out" in done.stderr and "partial" not in done.stderr
    done = cxsim("new", "nowhere/mine.yaml")
    assert done.exit_code == 2 and "the folder 'nowhere' does not exist" in done.stderr


def test_a_narrow_terminal_keeps_the_names(center):
    runner = CliRunner(env={"COLUMNS": "40"})
    done = runner.invoke(cli, ["run", "small.yaml", "--replications", "2", "--no-save"])
    lines = done.stdout.splitlines()
    heads = [line for line in lines if line.startswith("queue ")]
    assert heads and "offered" in heads[-1] and "AHT" not in heads[-1]
    assert all(len(line) <= 40 for line in lines)
    assert any(line.startswith("sales ") for line in lines)
