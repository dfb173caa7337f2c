"""What a sweep costs over the engine itself: `python -m benchmarks.sweeping [points]`.

The engine's own time is that of arrivals, replay and figures' sums of one prepared model, as `cxsim run` measures a
replication, in as many threads. Prints the time of a point in both, their ratio, and the peak memory by points.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from benchmarks.models import model_b
from benchmarks.scenarios import scenario
from cxsim.jit.decorators import processors
from cxsim.model.prepare import prepare
from cxsim.scenario import parse
from cxsim.simulation.replications import _measured
from cxsim.studies.sweep.sweep import sweep


def engine_alone(base: Any, volumes: list[float], count: int) -> float:
    """Seconds of a replication, as many at a time as there are processors, over the volumes of the sweep."""
    models = [prepare(base.vary({"reasons.*.volume.factor": volume})) for volume in volumes]
    stop = Event()

    def one(number: int) -> None:
        _measured(models[number % len(models)], 0, engine="clock", read=None, stop=stop)

    one(0)
    with ThreadPoolExecutor(processors()) as pool:
        began = time.perf_counter()
        list(pool.map(one, range(count)))
        return (time.perf_counter() - began) / count


def design(base: Any, kind: str, count: int) -> dict[str, Any]:
    """Volume × agents of two groups × resolution: a grid of `count` points, or as many in a Latin hypercube."""
    groups, reasons = list(base.groups), list(base.reasons)
    shares = {"path": f"reasons.{reasons[0]}.resolution", "from": "60%", "to": "80%", "steps": 10}
    volume = {"path": "reasons.*.volume.factor", "from": 0.8, "to": 1.2, "steps": 10}
    few = max(1, round((count / 100) ** 0.5))
    agents = [{"path": f"groups.{name}.agents", "from": 20, "to": 19 + few, "whole": True} for name in groups[:2]]
    if few == 1:
        agents = [{"path": f"groups.{name}.agents", "values": [20]} for name in groups[:2]]
    out: dict[str, Any] = {
        "design": kind,
        "replications": 1,
        "factors": {"volume": volume, "share": shares, "a": agents[0], "b": agents[1]},
    }
    if kind != "grid":
        out["points"] = count
    return out


def main(points: int) -> None:
    """Print the table; of the middle size enough points that what a sweep costs once does not weigh."""
    for size, count in (("small", points), ("middle", max(100, points * 9 // 100))):
        base = parse(scenario(model_b(size)))
        for kind in ("grid", "latin_hypercube"):
            plan = design(base, kind, count)
            with tempfile.TemporaryDirectory() as folder:
                few = {"where": ["volume < 0.81"]} if kind == "grid" else {"points": 4}
                sweep({**plan, **few}, scenario=base, folder=f"{folder}/warm")
                volumes = [0.8 + 0.4 * i / 9 for i in range(10)]
                alone = engine_alone(base, volumes, min(count, 400))
                began = time.perf_counter()
                found = sweep(plan, scenario=base, folder=f"{folder}/out")
                each = (time.perf_counter() - began) / found.points
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{size:7} {kind:16} {found.points:6,} points  engine {1e3 * alone:7.2f} ms  sweep {1e3 * each:7.2f} ms"
                f"  overhead {1e3 * (each - alone):6.2f} ms"
                f"  speed {100 * alone / each:5.1f} %  memory {memory:5.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
