"""Memory and start-up of cxsim, measured in fresh processes.

    python -m benchmarks.startup memory | first | event

is what such a process runs; `measure` starts them and reads the one line of JSON each prints.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.scenarios import crowd
from cxsim.jit.decorators import HELPING

CONTACTS, AGENTS, DAYS = 10_000_000, 10_000, 5


def _memory() -> dict[str, float]:
    """Simulate many contacts, streamed into figures; the largest resident set in bytes."""
    from cxsim import simulate
    from cxsim.scenario import parse

    started = time.perf_counter()
    result = simulate(parse(crowd(CONTACTS, AGENTS, DAYS)), seed=1, replications=1)
    seconds = time.perf_counter() - started
    table = result.figures
    offered = table[(table.figure == "offered") & (table.scope == "total") & (table.interval == "total")].value.iloc[0]
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "contacts": float(offered),
        "seconds": seconds,
        "bytes": float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit),
    }


def _first() -> dict[str, float]:
    """Import, read and run a scenario of a few contacts: no more than it takes to get the engine going."""
    from cxsim import simulate
    from cxsim.scenario import parse

    simulate(parse(crowd(20, 2, 1)), seed=1, replications=1)
    return {"first": 1.0}


def _event() -> dict[str, float]:
    """As `first`; the clock when the event loop first came back: its machine code loaded and a few contacts served."""
    from cxsim.engines.clock import replay

    module = replay.loop_called("basic")
    loop: Any = module.run
    reached: list[float] = []

    def run(*arguments: Any) -> Any:
        code = loop(*arguments)
        reached.append(time.time())
        return code

    module.run = run
    _first()
    return {"reached": reached[0]}


def _to_first_event(**environment: str) -> float:
    """Wall seconds from the start of a fresh interpreter until the event loop has run."""
    started = time.time()  # the one clock that both processes share
    reached: dict[str, float] = json.loads(_timed(["-m", "benchmarks.startup", "event"], **environment)[1])
    return reached["reached"] - started


def _timed(arguments: list[str], **environment: str) -> tuple[float, str]:
    """Wall seconds and stdout of a fresh interpreter."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    return time.perf_counter() - started, done.stdout


def measure(repeats: int = 5) -> dict[str, tuple[float, str]]:
    """Name -> (value, unit): a tiny run, cold, the second, warm; `--help` beyond Python's start; memory."""
    first = ["-m", "benchmarks.startup", "first"]
    with tempfile.TemporaryDirectory() as cache:
        cold = _timed(first, CXSIM_CACHE_DIR=cache)[0]
        with tempfile.TemporaryDirectory() as other:
            alone = _timed(first, CXSIM_CACHE_DIR=other, **{HELPING: "1"})[0]
        warm = [_timed(first, CXSIM_CACHE_DIR=cache)[0] for _ in range(repeats)]
        begun = [_to_first_event(CXSIM_CACHE_DIR=cache) for _ in range(repeats)]
    bare = statistics.median(_timed(["-c", "pass"])[0] for _ in range(2 * repeats))
    helping = statistics.median(_timed(["-m", "cxsim", "--help"])[0] for _ in range(2 * repeats))
    memory: dict[str, Any] = json.loads(_timed(["-m", "benchmarks.startup", "memory"])[1])
    return {
        "first_run_with_compiling": (cold, "s"),
        "first_run_in_one_process": (alone, "s"),
        "second_run_in_whole": (warm[0], "s"),
        "later_run_to_first_event": (statistics.median(begun), "s"),
        "later_run_in_whole": (statistics.median(warm), "s"),
        "help_beyond_python": (helping - bare, "s"),
        "memory_10M_contacts_10k_agents": (memory["bytes"], "bytes"),
        "simulate_10M_contacts_10k_agents": (memory["contacts"] / memory["seconds"], "contacts/s"),
    }


if __name__ == "__main__":
    print(json.dumps({"memory": _memory, "first": _first, "event": _event}[sys.argv[1]]()))
