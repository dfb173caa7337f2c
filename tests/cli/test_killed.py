"""A search that is killed with -9 leaves its best plan so far in the folder, and --resume goes on from there."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

LONG = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 08:00-14:00, interval: 30 min}
reasons:
  a: {volume: 90/h, handle_time: 4 min, patience: 3 min}
  b: {volume: 60/h, handle_time: 5 min, patience: 3 min}
queues:
  a: {target: {sl: {share: 80%, within: 20s}}}
  b: {target: {sl: {share: 80%, within: 20s}}}
groups:
  one: {agents: 8, serves: [a, b], wage: 11}
  two: {agents: 6, serves: [b], wage: 9}
  three: {agents: 6, serves: [a], wage: 10}
"""
# The command itself, which also logs each plan that would be the answer, with the time.
CHILD = """\
import json, sys, time
from cxsim.cli import main
from cxsim.optimizer.optimize import _Answer
whole = _Answer.on_the_way
def logged(self, point):
    with open("log.jsonl", "a") as file:
        print(json.dumps([time.time(), point.x.tolist()]), file=file)
    whole(self, point)
_Answer.on_the_way = logged
sys.argv = ["cxsim", *sys.argv[1:]]
main()
"""
LAG = 10.0  # s: storing takes one twentieth of the search's time, so that a busy machine may be behind by some seconds


def killed(folder, after, *words):
    """Start the command in a folder, kill it `after` seconds after its first plan; the log until then."""
    (folder / "long.yaml").write_text(LONG)
    (folder / "child.py").write_text(CHILD)
    log = folder / "log.jsonl"
    log.unlink(missing_ok=True)
    command = [sys.executable, "child.py", "optimize", "long.yaml", "--out", "kept", "--threads", "1", *words]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 300.0
        while not ((folder / "kept" / "plan.csv").exists() and log.exists()):
            assert child.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        time.sleep(after)
        running = child.poll() is None
        now = time.time()
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("]]")]
    assert lines
    return running, [(now - when, x) for when, x in lines]


def best_is_there(folder, log, place="kept"):
    """The plan in the folder is the last that was known some seconds before, or a later one; and it can be run."""
    facts = json.loads((folder / place / "optimum.json").read_text())
    old = [x for ago, x in log if ago > LAG]
    there = [*old[-1:], *(x for ago, x in log if ago <= LAG)]
    assert facts["x"] in there
    assert facts["certified"] is False and any("The run ended before" in text for text in facts["messages"])
    return facts


def goes_on(cxsim, folder, facts, *words):
    """Resumed, the search begins with the plan that was left, and ends with one in its place."""
    done = cxsim("optimize", "long.yaml", *words, "--time-limit", "20s", "--no-advice", "--no-pictures", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["folder"] == "kept" and found["plan"]
    assert not (folder / "kept" / "unfinished").exists()
    if facts:
        began = next(row["cost"] for row in found["history"] if row["cost"] is not None)
        assert began == pytest.approx(facts["cost"], rel=0.01)


@pytest.mark.parametrize("after", [0.0, pytest.param(2.0, marks=pytest.mark.slow)])
def test_the_best_plan_so_far_is_in_the_folder_and_resume_goes_on(cxsim, center, after):
    """Before, plans were stored once a minute: killed sooner, a search left nothing."""
    running, log = killed(center, after)
    assert running
    facts = best_is_there(center, log)
    assert cxsim("run", "kept", "--no-save", "--quiet").exit_code == 0
    goes_on(cxsim, center, facts, "--resume", "kept")


@pytest.mark.slow
def test_a_plan_that_is_there_stays_until_the_new_search_ends_and_both_are_resumed(cxsim, center):
    (center / "long.yaml").write_text(LONG)
    first = cxsim("optimize", "long.yaml", "--out", "kept", "--time-limit", "10s", "--no-advice", "--no-pictures")
    assert first.exit_code == 0, first.stderr
    before = (center / "kept" / "optimum.json").read_bytes()
    _, log = killed(center, 3.0, "--seed", "2")
    assert (center / "kept" / "optimum.json").read_bytes() == before
    best_is_there(center, log, "kept/unfinished")
    assert cxsim("run", "kept/unfinished", "--no-save", "--quiet").exit_code == 0
    goes_on(cxsim, center, {}, "--resume", "--out", "kept")


def test_resume_needs_a_plan_in_the_folder(cxsim, center):
    (center / "long.yaml").write_text(LONG)
    done = cxsim("optimize", "long.yaml", "--resume", "nowhere")
    assert done.exit_code == 2
    assert "'nowhere' has no plan to continue from; name the folder of an earlier run: --resume FOLDER" in done.stderr
    assert not (center / "nowhere").exists()


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.1, 0.3, 0.7, 1.1, 1.7, 2.5, 4.0, 6.0, 9.0])
def test_killed_at_ten_moments(cxsim, center, after):
    _, log = killed(center, after)
    facts = json.loads((center / "kept" / "optimum.json").read_text())
    assert facts["x"]
    if not facts["certified"]:
        best_is_there(center, log)
    goes_on(cxsim, center, facts, "--resume", "kept")
