"""A log of a million contacts through `cxsim import`: CPU time and the largest resident set of a fresh process.

python -m benchmarks.importing [ROWS]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cxsim.capacity.draws import children, uniforms
from cxsim.randomness.draws import run_key

ROWS = 1_000_000
HEAD = "Contact ID,Phone Number,Queue,Start Time,Queued At,Answered At,End Time,Agent,ACW (s)\n"
FORM = "%Y-%m-%d %H:%M:%S"
MOST_SECONDS, MOST_BYTES = 60.0, 2 * 2**30


def lines(rows: int) -> Iterator[str]:
    """A made log: the columns of an ordinary export, five queues, 300 agents, stamps to the second."""
    keys = children([run_key(1, 0)], np.arange(rows))
    gap, wait, talk, phone = (uniforms(keys, purpose) for purpose in range(4))
    at = datetime(2026, 3, 2, 8)
    for k in range(rows):
        at += timedelta(seconds=int(13 * gap[k]))
        seconds = (0, 9, 10 + int(90 * wait[k]), 100 + int(800 * talk[k]))
        stamps = ",".join((at + timedelta(seconds=s)).strftime(FORM) for s in seconds)
        yield f"c{k},+1555{int(1e7 * phone[k])},q{k % 5},{stamps},agent {k % 300},{k % 90}\n"


def main(rows: int) -> None:
    """Make the log, import it in a process of its own, and print what that took."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "calls.csv"
        with file.open("w", encoding="utf-8") as out:
            out.write(HEAD)
            out.writelines(lines(rows))
        words = [sys.executable, "-m", "cxsim", "import", str(file), "--set", "timezone=Europe/Berlin"]
        done = subprocess.run([*words, "--out", str(Path(folder) / "out"), "--quiet"], text=True, capture_output=True)
        if done.returncode:
            raise SystemExit(done.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, unit = used.ru_utime + used.ru_stime, 1 if sys.platform == "darwin" else 1024
    found = {"rows": rows, "cpu_seconds": round(cpu, 1), "bytes": used.ru_maxrss * unit}
    print(json.dumps(found | {"within": cpu <= MOST_SECONDS and found["bytes"] < MOST_BYTES}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
