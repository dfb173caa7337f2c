"""`--time-limit` holds for the whole command: reading, model, search, proof, advice, pictures and page.

The clock is not the machine's: it advances by so much for each step, day, program and picture, times a slowness.
"""

import time

import pytest

from cxsim.cli import common
from cxsim.cli.time_limit import TimeLimit
from cxsim.optimizer import build_optimum, plan_evaluator
from cxsim.optimizer import optimize as optimizing
from cxsim.optimizer.solver import solvers
from cxsim.report.plan import folder as stored
from cxsim.report.plan import pictures

SHORT = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 09:00-12:00, interval: 30 min}
reasons:
  a: {volume: 20/h, handle_time: 4 min, patience: 3 min}
queues:
  a: {target: {sl: {share: 70%, within: 20s}}}
groups:
  one: {agents: 4, serves: [a], wage: 10}
  two: {agents: 3, serves: [a], wage: 9}
"""
START, MODEL, DAY, PROGRAM, TABLE, PICTURE, PAGE = 1.5, 0.5, 0.012, 0.5, 0.03, 0.3, 0.2  # s on a free machine


@pytest.fixture
def clock(monkeypatch):
    """Seconds gone, as `time.perf_counter` tells them; `slow` times as many as on a free machine."""
    now = {"seconds": 1000.0, "slow": 1.0}

    def slower(place, name, each):
        plain = getattr(place, name)

        def slowed(*args, **more):
            cost = each(*args, **more) if callable(each) else each
            now["seconds"] += now["slow"] * cost
            return plain(*args, **more)

        monkeypatch.setattr(place, name, slowed)

    def solved(program, seconds, *args, **more):
        now["seconds"] += min(now["slow"] * PROGRAM, 1e9 if seconds is None else seconds)
        return whole(program, None, *args, **more)

    whole = solvers.by_highs
    monkeypatch.setattr(solvers, "by_highs", solved)
    slower(common, "read_scenario", START)
    slower(optimizing, "problem_of", MODEL)
    slower(plan_evaluator, "contacts_of", DAY)  # once a replication
    slower(build_optimum, "replicate", lambda shown, n, **more: n * TABLE)
    slower(pictures, "svg_of", PICTURE)
    slower(stored, "page", PAGE)
    slower(stored, "workbook", PAGE)
    monkeypatch.setattr(time, "perf_counter", lambda: now["seconds"])
    return now


@pytest.mark.parametrize(
    ("limit", "slow"), [(10.0, 1.0), (10.0, 3.0), (30.0, 1.0), (30.0, 8.0), (120.0, 1.0), (120.0, 20.0)]
)
def test_the_whole_command_keeps_its_time_limit_and_leaves_a_plan(cxsim, center, clock, limit, slow):
    """Before, what came before the search and after the advice was not counted: 10 s took 59 s on a busy machine."""
    (center / "short.yaml").write_text(SHORT)
    clock["slow"], began = slow, clock["seconds"]
    done = cxsim("optimize", "short.yaml", "--time-limit", f"{limit:g}s", "--out", "kept", "--threads", "1")
    assert done.exit_code == 0, done.stderr
    assert clock["seconds"] - began <= 1.1 * limit + 5.0
    assert (center / "kept" / "plan.csv").exists()


def test_pictures_that_there_is_no_time_for_are_named(cxsim, center, clock):
    (center / "short.yaml").write_text(SHORT)
    clock["slow"] = 6.0
    done = cxsim("optimize", "short.yaml", "--time-limit", "12s", "--out", "kept", "--threads", "1")
    assert done.exit_code == 0, done.stderr
    assert "the time limit left no time for" in done.stderr
    assert (center / "kept" / "plan.csv").exists()
    assert not (center / "kept" / "figures" / "search.png").exists()


def test_what_comes_after_the_search_is_reserved_for_at_the_speed_so_far(monkeypatch):
    now, cpu = [0.0], [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "process_time", lambda: cpu[0])
    free, busy = TimeLimit(120.0), TimeLimit(120.0)
    now[0], cpu[0] = 2.0, 2.0
    alone = free.for_search(drawing=True)
    now[0], cpu[0] = 8.0, 2.0
    assert alone == pytest.approx(120.0 - 2.0 - 2.5)
    assert busy.for_search(drawing=True) == pytest.approx(120.0 - 8.0 - 4.0 * 2.5)
    assert TimeLimit(None).for_search(drawing=True) is None
    now[0] = 500.0
    assert busy.for_search(drawing=True) > 0.0
    assert not busy.in_time()
