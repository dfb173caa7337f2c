"""A year of 200,000 customers who remember: time and memory of a replication, and the ratio to the same without.

    python -m benchmarks.customers [--rounds 3]

The scenario is `scenarios/experience/members-year.yaml`; without means that its segments name no customers, so that
nobody leaves and all issues arise. Rates are contacts per second of CPU, both in turn within a round. The memory is
the most that the process held, once with figures alone and once with the issues of each replication followed.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from functools import partial

from cxsim.model.prepare import Model, prepare
from cxsim.scenario import read
from cxsim.simulation.issue_histories import summary
from cxsim.simulation.replications import replicate

FILE = "scenarios/experience/members-year.yaml"
KEYS = ("customers", "market", "replaced_after", "heavy_users")


def lap(model: Model, followed: bool) -> tuple[float, float]:
    """CPU seconds of a replication, and its contacts."""
    began = time.process_time()
    keep = partial(summary, model, told=False) if followed else False
    samples, _ = replicate(model, 1, threads=1, keep=keep)
    spent = time.process_time() - began
    return spent, float(samples[0].contacts[:3].sum())


def held() -> float:
    """The most memory this process held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    scenario = read(FILE)
    bare = {f"segments.{name}.{key}": None for name in scenario.segments for key in KEYS[:3]}
    bare |= {f"segments.{name}.heavy_users": "20%" for name in scenario.segments}
    bare |= {"experience.memory": {}, "experience.word_of_mouth": {}}
    told, same = prepare(scenario), prepare(scenario.vary(bare))
    for model in (told, same):
        lap(model, False)
    best = {"told apart": 0.0, "without": 0.0}
    for _ in range(rounds):
        for name, model in (("told apart", told), ("without", same)):
            spent, contacts = lap(model, False)
            best[name] = max(best[name], contacts / spent)
    plain = held()
    spent, contacts = lap(told, True)
    print(
        json.dumps(
            {
                "customers": sum(segment.customers or 0 for segment in scenario.segments.values()),
                "contacts": round(contacts),
                "contacts_per_second": round(best["told apart"]),
                "ratio_to_without": round(best["told apart"] / best["without"], 2),
                "seconds_a_replication": round(contacts / best["told apart"], 2),
                "memory_mib": round(plain),
                "seconds_followed": round(spent, 2),
                "memory_mib_followed": round(held()),
            }
        )
    )


if __name__ == "__main__":
    main()
