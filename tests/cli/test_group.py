"""The command group: what it imports, what it says, and the exit codes it leaves."""

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import cxsim.cli
from cxsim.cli import COMMANDS, Entry, cli


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=os.environ | environment
    )


def test_help_lists_every_command_and_imports_none():
    shown = python(
        "import sys\nfrom cxsim.cli import cli\n"
        "try: cli(['--help'], prog_name='cxsim')\n"
        "except SystemExit as e: assert e.code == 0\n"
        "heavy = {'numpy', 'numba', 'pandas', 'scipy', 'rich', 'pydantic', 'cxsim.scenario'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[-1] == "[]"
    for name, entry in COMMANDS.items():
        assert f"  {name}" in shown.stdout
        assert entry.help in shown.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_exists_and_explains_itself(name):
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(f"Usage: cli {name}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["erlng"], "there is no command 'erlng'; did you mean 'erlang'?"),
        (["xyz"], "there is no command 'xyz'; the commands are new, check, flow"),
        (["--nothing"], "--nothing"),
        (["erlang", "--nothing"], "--nothing"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, says):
    shown = CliRunner().invoke(cli, arguments)
    assert shown.exit_code == 2
    assert says in shown.stderr
    assert shown.stdout == ""


@pytest.fixture
def failing(monkeypatch):
    """A command `fail` that raises what it is given."""

    def install(error):
        @click.command()
        def fail():
            raise error

        monkeypatch.setitem(COMMANDS, "fail", Entry("cxsim.cli:_fail", "Fails."))
        monkeypatch.setattr(cxsim.cli, "_fail", fail, raising=False)
        return CliRunner().invoke(cli, ["fail"])

    return install


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.ClickException("no such plan"), 2, "no such plan"),
        (FileNotFoundError(2, "No such file", "mine.yaml"), 2, "mine.yaml: No such file"),
        (MemoryError(), 1, "not enough memory"),
        (ZeroDivisionError("division by zero"), 1, "internal error: ZeroDivisionError: division by zero"),
    ],
)
def test_errors_become_text_and_an_exit_code(failing, error, code, says):
    shown = failing(error)
    assert shown.exit_code == code
    assert says in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.stdout == ""


def test_a_scenario_error_is_printed_as_it_is(failing, monkeypatch):
    class ScenarioError(Exception):
        pass

    module = type(sys)("cxsim.invented")
    module.ScenarioError = ScenarioError
    monkeypatch.setitem(sys.modules, "cxsim.invented", module)
    monkeypatch.setattr(cxsim.cli, "INPUT_ERRORS", (("cxsim.invented", "ScenarioError"),))
    shown = failing(ScenarioError("mine.yaml:3:1  reasons: …"))
    assert (shown.exit_code, shown.stderr) == (2, "mine.yaml:3:1  reasons: …\n")


def test_the_traceback_is_shown_on_request(failing, monkeypatch):
    monkeypatch.setenv("CXSIM_DEBUG", "1")
    assert "ZeroDivisionError" in failing(ZeroDivisionError("oh")).stderr
    assert "Traceback" in failing(ZeroDivisionError("oh")).stderr


def test_help_is_quick():
    import time

    def best(code):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            assert python(code).returncode == 0
            times.append(time.perf_counter() - start)
        return min(times)

    shown = "from cxsim.cli import cli\ntry: cli(['--help'])\nexcept SystemExit: pass"
    assert best(shown) - best("pass") < 0.3
