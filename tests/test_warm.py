"""The first run of all: a second process compiles what is not the event loop, and never outlives the first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest

from cxsim.jit import decorators

WHOLE = (numba.int64,)
COLD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite run in the background ignores it
import cxsim
scenario = cxsim.parse({"cxsim": 1, "reasons": {"help": {"volume": "20/h", "talk": "3 min"}},
                        "groups": {"team": {"agents": 2, "serves": ["help"]}}})
print("begins", flush=True)
print(cxsim.simulate(scenario, replications=1).estimate("offered").value, flush=True)
"""


class Helper:
    """In the place of the second process."""

    begun: list[Helper] = []  # noqa: RUF012

    def __init__(self, command: list[str], **_: object) -> None:
        self.command, self.did = command, list[str]()
        Helper.begun.append(self)

    def wait(self) -> None:
        self.did.append("wait")

    def kill(self) -> None:
        self.did.append("kill")


class Function:
    """In the place of a compiled function."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error, self.given = error, list[tuple[object, ...]]()

    def compile(self, arguments: tuple[object, ...]) -> None:
        self.given.append(arguments)
        if self.error:
            raise self.error


@pytest.fixture
def helper(monkeypatch):
    monkeypatch.setattr(Helper, "begun", [])
    monkeypatch.setattr(decorators.subprocess, "Popen", Helper)
    monkeypatch.setattr(decorators._numba.config, "DISABLE_JIT", 0)
    monkeypatch.setattr(decorators, "parent_process", lambda: None)
    monkeypatch.setattr(decorators, "processors", lambda: 2)
    return Helper.begun


def test_a_helper_is_waited_for_and_gone(helper) -> None:
    function = Function()
    decorators.make(function, WHOLE, "cxsim.simulation.precompile")
    assert function.given == [WHOLE]
    assert [one.command[-2:] for one in helper] == [["-m", "cxsim.simulation.precompile"]]
    assert helper[0].did[0] == "wait" and "kill" in helper[0].did


def test_a_helper_is_killed_where_compiling_is_interrupted(helper) -> None:
    with pytest.raises(KeyboardInterrupt):
        decorators.make(Function(KeyboardInterrupt()), WHOLE, "cxsim.simulation.precompile")
    assert helper[0].did == ["kill", "wait"]


def test_a_helper_has_no_helper(helper, monkeypatch) -> None:
    monkeypatch.setenv(decorators.HELPING, "1")
    decorators.make(Function(), WHOLE, "cxsim.simulation.precompile")
    assert not helper


@pytest.mark.parametrize("name, value", [("processors", lambda: 1), ("parent_process", object)])
def test_there_is_no_helper_where_none_helps(helper, monkeypatch, name, value) -> None:
    monkeypatch.setattr(decorators, name, value)
    function = Function()
    decorators.make(function, WHOLE, "cxsim.simulation.precompile")
    assert function.given and not helper


def test_without_a_process_everything_is_compiled_here(helper, monkeypatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(decorators.subprocess, "Popen", refused)
    function = Function()
    decorators.make(function, WHOLE, "cxsim.simulation.precompile")
    assert function.given


@pytest.mark.skipif(sys.platform != "linux", reason="looks at groups of processes")
@pytest.mark.parametrize("interrupted", [False, True])
def test_a_cold_run_leaves_no_process(tmp_path: Path, interrupted) -> None:
    """And all machine code, the loop's and the others', where it ran to its end: the next run compiles nothing."""
    environment = os.environ | {
        "CXSIM_CACHE_DIR": str(tmp_path),
        "NUMBA_DISABLE_JIT": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", COLD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "begins\n"
        if interrupted:
            time.sleep(2.0)
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    if interrupted:
        assert process.returncode != 0 and "KeyboardInterrupt" in err and not out
    else:
        assert process.returncode == 0, err
        made = set(tmp_path.rglob("*.nbc"))
        assert float(out) > 0 and {"__init__", "folding", "demand"} <= {x.name.split(".")[0] for x in made}
        again = subprocess.check_output([sys.executable, "-c", COLD], env=environment, text=True)
        assert again.split()[-1] == out.strip() and set(tmp_path.rglob("*.nbc")) == made
