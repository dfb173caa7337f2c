"""Two checkouts in turn: CPU time of this one over another, with a 95 % interval over interleaved pairs.

    python -m benchmarks.pairs OTHER/.venv/bin/python [rounds]

Run it in this checkout; OTHER is a checkout beside it with an environment of its own. Each round starts a process of
each in turn and measures the engine alone, after one replication that is not counted: models (a) and (b), and one week
of the omnichannel retailer. A ratio above 1 means that this checkout needs more time. The interval is of the mean
logarithm.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
CHILD = """
import json, time
import cxsim
from benchmarks.models import model_a, model_b
from benchmarks.scenarios import scenario
from cxsim.engines.clock import replay
from cxsim.model.prepare import prepare
from cxsim.scenario import parse
from cxsim.simulation.replications import inputs


class Counter:
    def legs(self, block): pass
    def spells(self, block): pass
    def lengths(self, waiting, most): pass


def lap(found, times):
    model = prepare(found)
    given = [inputs(model, i) for i in range(times + 1)]
    replay.replay(given[0], Counter())
    began = time.process_time()
    for one in given[1:]:
        replay.replay(one, Counter())
    return time.process_time() - began


print(json.dumps({
    "a": lap(parse(scenario(model_a(200_000))), 2),
    "b": lap(parse(scenario(model_b("small"))), 12),
    "omnichannel": lap(cxsim.read("scenarios/omnichannel-retailer.yaml"), 3),
}))
"""


def measure(python: str, folder: Path) -> dict[str, float]:
    """CPU seconds of each model in a checkout."""
    done = subprocess.run([python, "-c", CHILD], cwd=folder, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the ratio of each model with its interval."""
    other, rounds = Path(sys.argv[1]).absolute(), int(sys.argv[2]) if len(sys.argv) > 2 else 30
    folder = next(parent for parent in other.parents if (parent / "setup.cfg").exists())
    logs: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        pair = {}
        for name in ("this", "other") if turn % 2 else ("other", "this"):
            pair[name] = measure(sys.executable, HERE) if name == "this" else measure(str(other), folder)
        if turn:  # the first round compiles
            for model, seconds in pair["this"].items():
                logs.setdefault(model, []).append(math.log(seconds / pair["other"][model]))
    for model, values in logs.items():
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((x - mean) ** 2 for x in values) / max(1, len(values) - 1) / len(values))
        low, high = math.exp(mean - 1.96 * spread), math.exp(mean + 1.96 * spread)
        line = {"model": model, "pairs": len(values), "time_ratio": round(math.exp(mean), 4)}
        line |= {"speed_low": round(1.0 / high, 4), "speed_high": round(1.0 / low, 4)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
