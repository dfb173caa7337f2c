"""What `simulate` costs beside the engine: `python -m benchmarks.overhead [rounds]`.

Prints two ratios of CPU time, each the least of some rounds, at 20 replications:

1. `simulate` of the multi-skill day over the engine's own time: drawing arrivals, the loop, and the sums of each
   replication, of a model that is prepared already. It may be at most 1.3.
2. a contact of `simulate` with 100 queues and 300 groups over one with 8 queues and 12 groups (4 skills a group, 20
   contacts an hour in each queue). It may be at most 3.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cxsim
from cxsim.model.prepare import prepare
from cxsim.scenario import Scenario, parse
from cxsim.simulation.replications import replicate

DAY = Path(__file__).parent.parent / "scenarios" / "multi-skill-day.yaml"
REPLICATIONS = 20
SMALL, LARGE = (8, 12), (100, 300)
SKILLS, PER_HOUR, HOURS = 4, 20, 11
MOST_OVERHEAD, MOST_GROWTH = 1.3, 3.0


def grid(queues: int, groups: int) -> dict[str, Any]:
    """Queues with a reason each, and groups that serve four of them in turn; loaded to some 85 %."""
    names = [f"queue-{q}" for q in range(queues)]
    agents = max(1, round(queues * PER_HOUR * 240 / 3600 / 0.85 / groups))
    return {
        "cxsim": 1,
        "name": f"{queues} queues, {groups} groups",
        "horizon": {"days": 1, "open": f"08:00-{8 + HOURS:02d}:00", "before": 0, "after": 0},
        "reasons": {
            name: {"volume": {"per_hour": PER_HOUR}, "handle_time": "4 min", "patience": "3 min"} for name in names
        },
        "groups": {
            f"group-{g}": {
                "agents": agents,
                "skills": {names[(g * queues // groups + k) % queues]: {"rank": k + 1} for k in range(SKILLS)},
            }
            for g in range(groups)
        },
    }


def least(what: Callable[[], object], rounds: int) -> float:
    """The least CPU seconds of some rounds, after one that is not counted."""
    what()
    times = []
    for _ in range(rounds):
        began = time.process_time()
        what()
        times.append(time.process_time() - began)
    return min(times)


def run(scenario: Scenario) -> cxsim.Result:
    """What a user does who reads one figure."""
    result = cxsim.simulate(scenario, replications=REPLICATIONS, threads=1)
    result.estimate("sl")
    return result


def main(rounds: int) -> int:
    """Print both ratios; 1 if one is too high."""
    day = cxsim.read(DAY)
    model = prepare(day)
    alone = least(lambda: replicate(model, REPLICATIONS, threads=1), rounds)
    whole = least(lambda: run(day), rounds)
    print(f"multi-skill day      engine {1e3 * alone:7.1f} ms  simulate {1e3 * whole:7.1f} ms  {whole / alone:5.2f} ×")
    each = []
    for size in (SMALL, LARGE):
        scenario = parse(grid(*size))
        model = prepare(scenario)
        contacts = size[0] * PER_HOUR * HOURS * REPLICATIONS
        alone = least(lambda model=model: replicate(model, REPLICATIONS, threads=1), rounds)  # type: ignore[misc]
        spent = least(lambda scenario=scenario: run(scenario), rounds)  # type: ignore[misc]
        each.append(spent / contacts)
        what = f"{size[0]:3} queues × {size[1]:3} groups"
        print(
            f"{what}  engine {1e6 * alone / contacts:6.2f} µs  simulate {1e6 * spent / contacts:6.2f} µs a contact",
            flush=True,
        )
    print(f"a contact of the large center costs {each[1] / each[0]:.2f} × that of the small one")
    return int(whole / alone > MOST_OVERHEAD or each[1] / each[0] > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
