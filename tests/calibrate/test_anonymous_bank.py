"""The Anonymous Bank: its committed scenario is what the log says; a replay gives what was observed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "scenarios" / "anonymous-bank"
LOG = ROOT.parent / "shared" / "data" / "anonymous_bank_1999"
needs_log = pytest.mark.skipif(
    not (LOG / "january.txt").is_file(), reason="the bank's log is not beside the repository"
)


def script(name, monkeypatch):
    """A script of the scenario's folder, as a module."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for old in ("build", "validate"):
        monkeypatch.delitem(sys.modules, old, raising=False)
    return importlib.import_module(name)


@needs_log
def test_the_committed_scenario_is_what_the_log_says(tmp_path, monkeypatch):
    """Building it again gives the same scenario, volumes and staff, and the same laws up to rounding."""
    script("build", monkeypatch).build(LOG, tmp_path)
    committed = {path.name for path in FOLDER.glob("*.csv")}
    assert {path.name for path in (tmp_path / "anonymous-bank").glob("*.csv")} == committed
    assert (tmp_path / "anonymous-bank.yaml").read_text() == (ROOT / "scenarios/anonymous-bank.yaml").read_text()
    for name in committed:
        assert (tmp_path / "anonymous-bank" / name).read_text() == (FOLDER / name).read_text(), name


@needs_log
def test_no_call_of_the_log_is_committed():
    """Tables hold at most a row per half-hour of the week, and no name of an agent."""
    names = {line.split("\t")[16] for line in (LOG / "january.txt").read_text().splitlines()[1:]}
    for path in (*FOLDER.glob("*.csv"), ROOT / "scenarios/anonymous-bank.yaml"):
        text = path.read_text()
        assert len(text.splitlines()) <= 7 * 48
        assert not any(name.strip() in text for name in names)


@needs_log
@pytest.mark.slow
@pytest.mark.parametrize("month", ["january", "february"])
def test_replaying_the_log_gives_what_was_observed(month, tmp_path, monkeypatch):
    """January within 1.5 points and 10 %; February, with January's laws, within 3 points and 20 %."""
    validate = script("validate", monkeypatch)
    build = sys.modules["build"]
    calls, found = build.read(LOG, month), build.parameters(build.read(LOG, "january"))
    path = validate.write_scenario(calls, found, month, tmp_path, build.AVAILABILITY, build.AWAY)
    seen = validate.figures(validate.observed(calls)).loc["total"]
    made = validate.simulated(path, 8).totals.mean()
    points, relative = validate.ALLOWED[month]
    assert abs(made["abandoned"] - seen["abandoned"]) <= points
    assert abs(made["wait"] / seen["wait"] - 1) <= relative
    assert made["calls"] == seen["calls"] == {"january": 30161, "february": 31125}[month]
