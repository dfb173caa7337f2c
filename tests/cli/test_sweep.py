"""`cxsim sweep`, `sweep-report` and `results`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML
from sweeping.small import DESIGN, SCENARIO

from cxsim.cli import cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    yaml = YAML()
    yaml.dump(SCENARIO, tmp_path / "small.yaml")
    yaml.dump({"sweep": {"scenario": "small.yaml"}, **DESIGN}, tmp_path / "design.yaml")
    return tmp_path


def typed(*words: str) -> Result:
    return CliRunner().invoke(cli, [*words])


def read(text: str) -> Any:
    return json.loads(text)


def test_a_design_is_swept_and_read(folder: Path) -> None:
    done = typed("sweep", "design.yaml", "--csv")
    assert done.exit_code == 0, done.output
    assert "12 points" in done.output and "0 failed" in done.output
    assert (folder / "results" / "design" / "table.csv").read_text().startswith('"point","key","volume","agents"')
    shown = typed("sweep-report", "results/design", "--figure", "sl@queue:sales")
    assert shown.exit_code == 0, shown.output
    assert "SL of sales runs from" in shown.output and "agents (4 to 7" in shown.output
    page = (folder / "results" / "design" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3 and "Factors that change SL of sales" in page
    assert len(list((folder / "results" / "design" / "figures").glob("*.png"))) == 3
    assert typed("sweep", "design.yaml", "--csv").output.count("12 already existed") == 1


def test_a_scenario_is_swept_by_factors_typed(folder: Path) -> None:
    words = ["--factor", "agents=groups.team.agents: 5..6", "--factor", "variant=overrides: base, storm"]
    done = typed("sweep", "small.yaml", *words, "--replications", "2", "--figures", "sl", "--json", "--out", "x")
    assert done.exit_code == 0, done.output
    document = read(done.stdout)
    assert (document["points"], document["computed"], document["failures"]) == (4, 4, [])
    found = read(typed("sweep-report", "x", "--json", "--no-pictures").stdout)["figures"][0]
    assert {row["factor"] for row in found["levels"]} == {"agents", "variant"}
    assert not (folder / "x" / "report.html").exists()


def test_a_dry_run_says_what_a_sweep_will_take_and_stores_nothing(folder: Path) -> None:
    done = typed("sweep", "design.yaml", "--dry-run")
    assert done.exit_code == 0 and "12 points, 3 replications each; 0 are already in results/design" in done.output
    assert not (folder / "results").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep", "design.yaml", "--replications", "2"], "a design file sets these itself"),
        (["sweep", "small.yaml", "--factor", "agents"], "is not a factor"),
        (["sweep", "design.yaml", "--out", "."], "contains files that are not a sweep"),
        (["sweep-report", "."], "not a sweep"),
        (["sweep-report", "nowhere"], "there is no sweep"),
        (["results", "show", "."], "has no results"),
        (["results", "diff", ".", "nowhere"], "has no results"),
    ],
)
def test_what_is_typed_wrong_ends_with_code_2(folder: Path, words: list[str], said: str) -> None:
    done = typed(*words)
    assert done.exit_code == 2 and said in done.output, done.output
    assert "Traceback" not in done.output


def test_a_figure_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    typed("sweep", "design.yaml")
    done = typed("sweep-report", "results/design", "--figure", "fcr_true")
    assert done.exit_code == 2 and "it has sl, asa, cost" in done.output


def test_results_are_listed_shown_compared_and_cleaned(folder: Path) -> None:
    typed("sweep", "design.yaml")
    for words in ([], ["--with", "storm"]):
        assert typed("run", "small.yaml", "--replications", "2", "--no-pictures", *words).exit_code == 0
    (folder / "results" / ".cxsim-0123abcd-small.partial").mkdir()
    (folder / "results" / "letters").mkdir()
    listed = typed("results", "ls").output
    assert listed.count("run ") == 2 and listed.count("sweep ") == 1 and listed.count("unfinished") == 1
    assert "letters" not in listed
    kinds = [one["kind"] for one in read(typed("results", "ls", "--json").stdout)["results"]]
    assert sorted(kinds) == ["run", "run", "sweep", "unfinished"]
    assert "small" in typed("results", "show", "results/small").output
    assert "a sweep of 12 points" in typed("results", "show", "results/design").output
    differs = typed("results", "diff", "results/small", "results/small+storm").output
    assert "factor" in differs and "SL" in differs and "points" in differs
    rows = read(typed("results", "diff", "results/small", "results/small+storm", "--json").stdout)["figures"]
    offered = next(row for row in rows if row["figure"] == "offered")
    assert offered["change"] == pytest.approx(offered["after"] - offered["before"]) and offered["change"] > 0
    assert typed("results", "diff", "results/small", "results/small").output.strip() == "The metrics are the same."
    assert "Removed 1" in typed("results", "clean", "--yes").output
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["design", "letters", "small", "small+storm"]
    assert "Removed 3" in typed("results", "clean", "--yes", "--older-than", "0").output
    assert [path.name for path in (folder / "results").iterdir()] == ["letters"]
