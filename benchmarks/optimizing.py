"""Where the simulated days and the CPU seconds of one optimization go, by phase; and what one simulated day costs.

python -m benchmarks.optimizing scenarios/multi-skill-day.yaml [SECONDS]

CPU seconds, since the machine may be shared: on two free cores the wall time is a little more than half of them.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

import cxsim
from cxsim.engines.clock import replay
from cxsim.engines.inputs import Inputs
from cxsim.optimizer.problem.problem import problem
from cxsim.randomness import draws
from cxsim.schema.network import STAFF_DTYPE

if TYPE_CHECKING:
    from cxsim.optimizer.problem.stage import Stage
    from cxsim.scenario import Scenario

DAYS = 64


class Nothing:
    """A sink that measures nothing."""

    def legs(self, block: Any) -> None:
        """Contacts."""

    def spells(self, block: Any) -> None:
        """Time of agents."""

    def lengths(self, waiting: Any, most: Any) -> None:
        """Queues."""

    def customers(self, made: Any) -> None:
        """People."""


def of_a_day(scenario: Scenario) -> dict[str, float]:
    """Milliseconds of CPU of one simulated day on one thread: the loop alone, and with all that goals need."""
    one = problem(scenario, threads=1)
    trials, plan = one.trials, one.model.plan
    trials.run(plan, range(8))
    network, events = trials._staffed(0, plan).network, plan.events.astype(STAFF_DTYPE)
    inputs = []
    for number in range(DAYS):
        key = draws.run_key(one.model.seed, number)
        inputs.append(Inputs(network, events, *trials._arriving(0, number), key, one.model.policy))
    replay.replay(inputs[0], Nothing())
    began = time.process_time()
    for each in inputs:
        replay.replay(each, Nothing())
    middle = time.process_time()
    trials.run(plan, range(DAYS))
    ended = time.process_time()
    return {"loop alone": 1e3 * (middle - began) / DAYS, "with goals": 1e3 * (ended - middle) / DAYS}


def by_phase(stages: list[Stage]) -> dict[str, tuple[int, float]]:
    """Replications and CPU seconds of each phase: from the stage before to its own."""
    out: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    before = (0, 0.0)
    for stage in stages:
        out[stage.phase][0] += max(0, stage.replications - before[0])
        out[stage.phase][1] += stage.cpu_seconds - before[1]
        before = max(before[0], stage.replications), stage.cpu_seconds
    return {name: (int(days), cpu) for name, (days, cpu) in out.items()}


def main(path: str, seconds: float | None) -> None:
    """Print the profile."""
    scenario = cxsim.read(path)
    for what, cost in of_a_day(scenario).items():
        print(f"one simulated day, {what:<12} {cost:6.2f} ms CPU")
    stages: list[Stage] = []
    first: list[float] = []

    def seen(stage: Stage) -> bool:
        stages.append(stage)
        if np.isfinite(stage.cost) and not first:
            first.append(time.perf_counter() - began)
        print(
            f"{time.perf_counter() - began:7.1f} s wall {stage.cpu_seconds:7.1f} s CPU  {stage.phase:<10}"
            f" {stage.cost:12,.1f}  {'meets its goals' if stage.met else stage.worst}"
        )
        return True

    began = time.perf_counter()
    answer = cxsim.optimize(scenario, seconds=seconds, progress=seen)
    print(f"\nfirst plan after {first[0]:.1f} s wall")
    for name, (days, cpu) in by_phase(stages).items():
        print(f"{name:<12} {days:8,} days {cpu:8.1f} s CPU")
    cpu = answer.cpu_seconds - stages[-1].cpu_seconds
    print(f"{'after that':<12} {answer.replications - stages[-1].replications:8,} days {cpu:8.1f} s CPU")
    spent = f"{answer.cpu_seconds:8.1f} s CPU, {answer.wall_seconds:.0f} s wall"
    print(f"{'in all':<12} {answer.replications:8,} days {spent}")
    proof = "certified" if answer.certified else "not certified"
    print(f"cost {answer.cost:,.0f} {answer.currency}, {proof} on {answer.certified_on:,} days")
    print(answer.goals[["goal", "value", "low", "limit", "slack", "met"]].to_string(index=False))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None)
