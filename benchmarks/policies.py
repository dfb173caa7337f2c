"""A policy of one's own against the same rule as a table: contacts per second of CPU, and their ratio.

    python -m benchmarks.policies [--rounds 5]

The scenario is `scenarios/multi-skill-day.yaml`; the policy is `scenarios/policies/ranked.py`, which says in Python
what the usual rule says, so that both replay the very same day. So does the class `Remembering`, which also counts
what it chooses and what it is told. They take turns within a round. `weighted_wait` is there as a rule that scores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from cxsim.model.prepare import Model, prepare
from cxsim.model.routing_choice import routed
from cxsim.policies import ANSWERED, State
from cxsim.scenario import read
from cxsim.simulation.replications import replicate

FILE, POLICY = "scenarios/multi-skill-day.yaml", "scenarios/policies/ranked.py"
REPLICATIONS = 20


class Remembering:
    """The usual rule, and a memory of all that was chosen and told."""

    chosen = State("groups", "queues")
    waited = State("queues", start=0.0)

    def choose_agent(self, contact, groups):
        best = groups[0]
        for group in groups:
            if group.order < best.order or (group.order == best.order and group.idle_for > best.idle_for):
                best = group
        self.chosen[best.number, contact.queue] += 1
        return best.number

    def choose_contact(self, agent, queues):
        best = queues[0]
        for queue in queues:
            if (queue.rank, queue.priority, -queue.wait) < (best.rank, best.priority, -best.wait):
                best = queue
        self.chosen[agent.group, best.number] += 1
        return best.number

    def after(self, event):
        if event.kind == ANSWERED:
            self.waited[event.queue] += 0.05 * (event.wait - self.waited[event.queue])


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
        "remembering": prepare(routed(scenario, Remembering)),
    }
    contacts = {name: rate(model)[1] for name, model in models.items()}  # and compiles
    if not contacts["own"] == contacts["remembering"] == contacts["table"]:
        raise SystemExit("the policy does not replay the same day as the table")
    found: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            found[name].append(rate(model)[0])
    ratios = {
        name: round(statistics.median(a / b for a, b in zip(found[name], found["table"], strict=True)), 2)
        for name in ("scored", "own", "remembering")
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
