"""`-v` tells on stderr what is done, whether before the command or after it; without it nothing is said."""

import json
import logging

import pytest
from click.testing import CliRunner

from cxsim.cli import COMMANDS, cli

SCENARIO = """\
cxsim: 1
horizon: {open: 08:00-09:00}
reasons: {sales: {volume: {file: calls.csv}, talk: 3 min}}
queues: {sales: {}}
groups: {team: {agents: 3, serves: [sales]}}
"""


@pytest.fixture(autouse=True)
def quiet_again():
    logger = logging.getLogger("cxsim")
    before = logger.level, logger.handlers[:]
    yield
    logger.level, logger.handlers[:] = before


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "calls.csv").write_text("time,sales\n08:00,10\n08:30,12\n", encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return str(path)


def run(*words):
    return CliRunner().invoke(cli, words)


@pytest.mark.parametrize("where", ["before", "after"])
def test_v_says_on_stderr_what_is_done(scenario, where):
    words = ["run", scenario, "--no-save", "--replications", "2", "--json"]
    said = run("-v", *words) if where == "before" else run(*words, "-v")
    assert said.exit_code == 0
    assert json.loads(said.stdout)["figures"]
    assert "INFO cxsim.scenario.io.reading: read " in said.stderr
    assert "1 other files" in said.stderr
    assert "INFO cxsim.simulation.simulate: simulating mine: engine clock, seed 1" in said.stderr
    assert "2 replications in" in said.stderr
    assert "DEBUG" not in said.stderr


def test_vv_says_every_step(scenario):
    said = run("-vv", "check", scenario)
    assert "DEBUG cxsim.scenario.io.reading: calls.csv: sha256 " in said.stderr


def test_nothing_is_logged_without_v(scenario):
    said = run("check", scenario)
    assert "INFO" not in said.stderr and "DEBUG" not in said.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_v(name):
    said = run(name, "--help")
    assert "-v, --verbose" in said.stdout
    assert said.stdout.count("--verbose") == 1
