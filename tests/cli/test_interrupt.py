"""Ctrl-C: code 130, nothing half written, nobody left running."""

import os
import signal
import subprocess
import sys
from importlib import import_module

import pytest

# The command line, telling when a replication begins.
TOLD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite run in the background ignores it
from importlib import import_module
import cxsim.cli
import cxsim.simulation.replications
home = sys.modules["cxsim.simulation.replications"]
measured = home._measured
def told(*given, **named):
    print("replaying", file=sys.stderr, flush=True)
    return measured(*given, **named)
home._measured = told
cxsim.cli.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_an_interrupted_run_leaves_no_folder_and_no_process(large, threads):
    words = ["run", "large.yaml", "--replications", "1000", "--threads", threads, "--out", "results/out"]
    begun = 0
    process = subprocess.Popen(
        [sys.executable, "-c", TOLD, *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        for line in process.stderr:  # the first replication runs alone, the others side by side
            if line.startswith("replaying"):
                begun += 1
            if begun == 1 + int(threads):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert out == "" and "interrupted" in err and "Traceback" not in err
    assert not (large / "results").exists() or not list((large / "results").iterdir())
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_an_interrupt_while_storing_leaves_what_was_there(cxsim, center, monkeypatch):
    words = ("run", "small.yaml", "--replications", "2", "--quiet")
    assert cxsim(*words, "--no-pictures").exit_code == 0
    folder = center / "results" / "small"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def interrupted(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("cxsim.report.run.folder.write_text", interrupted)
    done = cxsim(*words, "--seed", "2")
    assert done.exit_code == 130 and "interrupted" in done.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in (center / "results").iterdir()] == ["small"]


def test_an_interrupted_comparison_leaves_nothing(cxsim, center, monkeypatch):
    def interrupted(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("cxsim.studies.comparison"), "write_text", interrupted)
    done = cxsim("compare", "small.yaml", "--with", "storm", "--replications", "2", "--no-pictures")
    assert done.exit_code == 130
    assert list((center / "results").iterdir()) == []
