"""`cxsim new`, `cxsim schema`, and the doors to the command line."""

import json
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from cxsim.scenario import read
from cxsim.scenario.templates import KINDS, template

REASONS = {"quickstart": 1, "voice": 2, "multi-skill": 4}


@pytest.mark.parametrize("kind", KINDS)
def test_every_template_is_a_scenario_without_faults(cxsim, center, kind):
    done = cxsim("new", kind, "made.yaml")
    assert done.exit_code == 0 and "cxsim check made.yaml" in done.stdout
    assert (center / "made.yaml").read_text() == template(kind)
    assert len(read(center / "made.yaml").reasons) == REASONS[kind]


def test_a_file_alone_is_the_quickstart_and_a_kind_alone_its_own_file(cxsim, center):
    cxsim("new", "mine.yaml")
    cxsim("new", "voice")
    assert (center / "mine.yaml").read_text() == template("quickstart")
    assert (center / "voice.yaml").read_text() == template("voice") != template("quickstart")


def test_a_file_that_is_there_is_kept_unless_forced(cxsim, center):
    before = (center / "small.yaml").read_text()
    done = cxsim("new", "small.yaml")
    assert done.exit_code == 2 and "--force" in done.stderr
    assert (center / "small.yaml").read_text() == before
    assert cxsim("new", "small.yaml", "--force").exit_code == 0
    assert (center / "small.yaml").read_text() != before


def test_a_template_can_go_to_stdout(cxsim):
    done = cxsim("new", "multi-skill", "-")
    assert done.exit_code == 0 and done.stdout == template("multi-skill")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("multiskill",), "did you mean 'multi-skill'"),
        (("a", "b", "c"), "too many"),
        (("x", "y.yaml"), "the kinds are"),
    ],
)
def test_wrong_words_are_refused(cxsim, words, said):
    done = cxsim("new", *words)
    assert done.exit_code == 2 and said in done.stderr


def test_the_schema_is_json(cxsim, center):
    printed = cxsim("schema")
    schema = json.loads(printed.stdout)
    assert schema["title"] == "cxsim scenario" and schema["additionalProperties"] is False
    written = YAML(typ="safe").load(center / "small.yaml")
    assert set(written) <= set(schema["properties"]) and "reasonz" not in schema["properties"]
    cxsim("schema", "--out", "schema.json")
    assert (center / "schema.json").read_text() == printed.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from cxsim.cli import cli; cli.main(['--help'], standalone_mode=False); "
        "print([m for m in ('numpy', 'pandas', 'numba', 'rich', 'pydantic', 'ruamel') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "compare" in done.stdout


@pytest.mark.parametrize("command", ["new", "check", "run", "compare", "schema"])
def test_every_command_has_help_that_fits(cxsim, command):
    done = cxsim(command, "--help")
    assert done.exit_code == 0 and max(map(len, done.stdout.splitlines())) <= 100
    assert done.stdout.startswith(f"Usage: cli {command} [OPTIONS]") and "--help" in done.stdout
    assert done.stdout.split("Options:")[1].count("\n  -") >= 2


def test_python_m_cxsim_is_the_command_line():
    done = subprocess.run([sys.executable, "-m", "cxsim", "rum"], capture_output=True, text=True)
    assert done.returncode == 2 and "did you mean 'run'" in done.stderr
