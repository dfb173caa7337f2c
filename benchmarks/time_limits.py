"""How well `cxsim optimize --time-limit` keeps its limit: fresh processes, pictures and page included.

    python -m benchmarks.time_limits [LIMIT ...] [-- SCENARIO ...]

Limits are in seconds (default: 10 30 120). A limit is kept within 10 % and 5 s. `wall` is by a clock on the wall;
`waited` is how long the main thread stood ready without a processor, because the machine was busy (Linux only), so
that `wall - waited` is about what a free machine takes; `CPU` is that of all threads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parents[1] / "scenarios"
SCENARIOS: dict[str, tuple[str, ...]] = {
    "quickstart.yaml": (),
    "calls-and-mail.yaml": (),
    "multi-skill-day.yaml": (),
    "omnichannel-retailer.yaml": (),
    "staffing-week.yaml": (),
    "planner-week.yaml": (),
    "anonymous-bank.yaml": ("--set", "groups.*.wage=1"),
}
LIMITS = (10.0, 30.0, 120.0)
EVERY = 0.1  # s between looks at the process


@dataclass(frozen=True)
class Run:
    """One command: seconds on the wall, of waiting for a processor, of CPU; and what its plan says."""

    wall: float
    waited: float
    cpu: float
    code: int
    cost: float | None
    certified: bool
    page: bool


def timed(scenario: Path, limit: float, more: tuple[str, ...], folder: Path) -> Run:
    """Run the command and wait for it."""
    command = [sys.executable, "-m", "cxsim", "optimize", str(scenario), "--time-limit", f"{limit:g}s", "--quiet"]
    before = os.times()
    began = time.monotonic()
    process = subprocess.Popen([*command, "--out", str(folder), *more])
    waited = 0.0
    while process.poll() is None:
        waited = max(waited, _waited(process.pid))
        time.sleep(EVERY)
    wall, after = time.monotonic() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    found = folder / "optimum.json"
    facts = json.loads(found.read_text()) if found.exists() else {}
    page = (folder / "report.html").exists()
    return Run(wall, waited, cpu, process.returncode, facts.get("cost"), bool(facts.get("certified")), page)


def _waited(pid: int) -> float:
    """Seconds that the main thread of a process was ready and had no processor so far."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def kept(run: Run, limit: float) -> str:
    """Whether a limit was kept, on the wall and without the waits for a processor."""
    most = 1.1 * limit + 5.0
    return "kept" if run.wall <= most else "kept but for waits" if run.wall - run.waited <= most else "LATE"


def main(limits: tuple[float, ...], names: tuple[str, ...]) -> None:
    """Print a row a scenario and limit."""
    print(f"{'scenario':<24} {'limit':>6} {'wall':>7} {'waited':>7} {'CPU':>7} {'load':>5}  {'plan':>12}  ")
    with tempfile.TemporaryDirectory() as place:
        for name in names or tuple(SCENARIOS):
            path = HERE / name if (HERE / name).exists() else Path(name)
            for limit in limits:
                load = os.getloadavg()[0]
                run = timed(path, limit, SCENARIOS.get(name, ()), Path(place) / f"{path.stem}-{limit:g}")
                cost = "no plan" if run.cost is None else f"{run.cost:,.0f}"
                said = f"{kept(run, limit)}, {'certified' if run.certified else 'not certified'}"
                said += "" if run.page else ", no page"
                said += f", exit code {run.code}" if run.code else ""
                figures = f"{limit:6.0f} {run.wall:7.1f} {run.waited:7.1f} {run.cpu:7.1f} {load:5.1f}"
                print(f"{path.stem:<24} {figures}  {cost:>12}  {said}", flush=True)


if __name__ == "__main__":
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    main(tuple(map(float, words[:cut])) or LIMITS, tuple(words[cut + 1 :]))
