"""A policy of one's own against the same rule as a table: contacts per second of CPU, and their ratio.

    python -m benchmarks.policies [--rounds 5]

The scenario is `scenarios/multi-skill-day.yaml`; the policy is `scenarios/policies/ranked.py`, which says in Python
what the usual rule says, so that both replay the very same day. They take turns within a round. `weighted_wait` is
there as a rule that scores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from cxsim.model.prepare import Model, prepare
from cxsim.scenario import read
from cxsim.simulation.replications import replicate

FILE, POLICY = "scenarios/multi-skill-day.yaml", "scenarios/policies/ranked.py"
REPLICATIONS = 20


def rate(model: Model) -> tuple[float, float]:
    """Contacts per second of CPU, and contacts."""
    began = time.process_time()
    samples, _ = replicate(model, REPLICATIONS, threads=1)
    spent = time.process_time() - began
    contacts = sum(float(sample.contacts[:3].sum()) for sample in samples)
    return contacts / spent, contacts


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    scenario = read(FILE)
    models = {
        "table": prepare(scenario),
        "scored": prepare(scenario.vary({"routing.contact": "weighted_wait"})),
        "own": prepare(scenario.vary({"routing.policy": str(Path(POLICY).resolve())})),
    }
    contacts = {name: rate(model)[1] for name, model in models.items()}  # and compiles
    if contacts["own"] != contacts["table"]:
        raise SystemExit("the policy does not replay the same day as the table")
    found: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            found[name].append(rate(model)[0])
    ratios = {
        name: round(statistics.median(a / b for a, b in zip(found[name], found["table"], strict=True)), 2)
        for name in ("scored", "own")
    }
    print(
        json.dumps(
            {
                "contacts": round(contacts["table"]),
                "contacts_per_second": round(max(found["table"])),
                "ratio_to_table": ratios,
            }
        )
    )


if __name__ == "__main__":
    main()
