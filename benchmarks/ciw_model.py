"""Model (a) in Ciw.

Model (b) is not here because Ciw cannot say it: a Ciw node has one pool of alike servers and customers queue
at one node, so groups that serve several queues by rank, and contacts that try several groups, have no place.

    python -m benchmarks.ciw_model SEED [CONTACTS]
"""

from __future__ import annotations

import json
import sys
import time

import ciw

from benchmarks.models import Model, model_a


def run(model: Model, seed: int) -> dict[str, float]:
    """Simulate model (a) once; counts, SL, mean wait in seconds, CPU seconds."""
    exponential = ciw.dists.Exponential
    network = ciw.create_network(
        arrival_distributions=[exponential(model.rate[0][0])],
        service_distributions=[exponential(1 / model.mean[0])],
        reneging_time_distributions=[exponential(1 / model.patience[0])],
        number_of_servers=[model.agents[0][0]],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    start = time.process_time()
    simulation.simulate_until_max_time(model.end)
    seconds = time.process_time() - start
    records = simulation.get_all_records()
    waits = [record.waiting_time for record in records]
    served = [record for record in records if record.record_type == "service"]
    within = sum(record.waiting_time <= 20.0 for record in served)
    return {
        "seconds": seconds,
        "offered": len(records),
        "answered": len(served),
        "abandoned": len(records) - len(served),
        "within_20s": within,
        "sl": within / len(records),
        "wait_mean": sum(waits) / len(records),
    }


if __name__ == "__main__":
    print(json.dumps(run(model_a(int(sys.argv[2]) if len(sys.argv) > 2 else 50_000), int(sys.argv[1]))))
