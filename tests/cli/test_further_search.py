"""Ctrl-C and kill -9 during a further search: the best plan so far is in the folder, and --resume goes on from it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

# Eighteen headcounts: too many for every plan to be tried, which would leave nothing to a further search.
CENTER = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 08:00-17:00, interval: 1 h}
reasons:
  a: {volume: 40/h, handle_time: 4 min, patience: 3 min}
queues:
  a: {target: {sl: {share: 80%, within: 20s}}}
groups:
  one: {agents: 5, serves: [a], wage: 11}
  two: {agents: 3, serves: [a], wage: 9}
"""
# The command itself, which logs each plan that is ready for its proof, and when a further search begins. With `WAITS`
# that search only waits.
CHILD = """\
import json, os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite run in the background ignores it
from importlib import import_module
from cxsim.cli import main
from cxsim.optimizer import searching
optimizing = import_module("cxsim.optimizer.optimize")
ready, searched = searching._ready, optimizing.searched
def log(*what):
    with open("log.jsonl", "a") as file:
        print(json.dumps(what), file=file)
def logged(*given):
    made = ready(*given)
    log("ready", made.x.tolist())
    return made
def noticed(*given):
    if len(given) > 6 and given[6]:
        log("further", given[6])
        while os.environ.get("WAITS"):
            time.sleep(0.05)
    return searched(*given)
searching._ready, optimizing.searched = logged, noticed
sys.argv = ["cxsim", *sys.argv[1:]]
main()
"""
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]


@pytest.fixture
def begun(center):
    """Starts the command, and gives its process and the plans that were ready once a further search is under way."""
    (center / "long.yaml").write_text(CENTER)
    (center / "child.py").write_text(CHILD)
    log, processes = center / "log.jsonl", []
    command = [sys.executable, "child.py", "optimize", "long.yaml", "--out", "kept", "--time-limit", "5min"]

    def start(waits):
        log.unlink(missing_ok=True)
        process = subprocess.Popen(
            [*command, "--threads", "1", "--no-advice", "--no-pictures"],
            cwd=center,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "WAITS": "1" if waits else ""},
        )
        processes.append(process)
        end = time.monotonic() + 240.0
        while True:
            lines = log.read_text().splitlines() if log.exists() else []
            steps = [json.loads(line) for line in lines if line.endswith("]")]
            if steps and steps[-1][0] == "further":
                return process, [x for what, x in steps if what == "ready"]
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.02)

    yield start
    for process in processes:
        process.kill()
        process.wait()


def stored(center):
    return json.loads((center / "kept" / "optimum.json").read_text())


def goes_on(cxsim, center):
    """Resumed, the search begins with the plan that was left, and the answer is no dearer."""
    left = stored(center)
    again = ("--resume", "kept", "--time-limit", "30s", "--no-advice", "--no-pictures", "--json")
    done = cxsim("optimize", "long.yaml", *again)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    began = next(row["cost"] for row in found["history"] if row["cost"] is not None)
    assert began == pytest.approx(left["cost"], rel=0.001)
    assert found["certified"] and found["cost"] <= 1.01 * left["cost"]  # a proof may add somebody
    assert found["folder"] == "kept" and not (center / "kept" / "unfinished").exists()


def test_ctrl_c_in_a_further_search_certifies_the_best_plan_so_far(center, begun):
    """Before, the plan was not certified: the proof ended after its first few hundred days."""
    process, ready = begun(waits=False)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "stopping the search to certify the best plan so far; press Ctrl-C again" in err
    assert "stopped early; this is the best plan found so far" in err and "Traceback" not in err
    facts = stored(center)
    assert facts["certified"] and "proved on" in " ".join(out.split())
    assert facts["x"] == ready[-1]
    assert not any("searches on different draws" in text for text in facts["messages"])  # the second was cut short


def test_ctrl_c_twice_in_a_further_search_leaves_the_best_plan_so_far(cxsim, center, begun):
    process, ready = begun(waits=True)
    process.send_signal(signal.SIGINT)
    for line in process.stderr:
        if "press Ctrl-C again" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == "" and "interrupted" in err and "Traceback" not in err
    facts = stored(center)
    assert facts["x"] == ready[-1] and facts["certified"] is False
    assert "The run ended before this plan was certified." in facts["messages"]
    goes_on(cxsim, center)


def test_kill_9_in_a_further_search_loses_nothing_that_was_known_before(cxsim, center, begun):
    """The folder has the plan that was ready for its proof."""
    process, ready = begun(waits=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    facts = stored(center)
    assert facts["x"] == ready[-1]
    assert cxsim("run", "kept", "--no-save", "--quiet").exit_code == 0
    goes_on(cxsim, center)
