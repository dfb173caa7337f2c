"""The benchmark models as one would write them in SimPy alone: processes, events and `random`.

    python -m benchmarks.simpy_only MODEL SEED

prints one line of JSON. It keeps counts only, no row per contact, so it does less than the engines of cxsim.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.models import Model, by_name, lognormal

Process = Generator[simpy.Event, Any, None]


class Center:
    """One run of a model."""

    def __init__(self, model: Model, seed: int) -> None:
        self.model = model
        self.random = random.Random(seed)
        self.env = simpy.Environment()
        types, groups = range(len(model.rate)), range(len(model.agents))
        self.waiting: list[dict[simpy.Event, float]] = [{} for _ in types]  # in order of arrival
        self.idle = [0] * len(groups)
        self.leaving = [0] * len(groups)
        self.serves = [sorted(model.skills[g], key=lambda skill: skill[1]) for g in groups]
        self.offered = self.fresh = self.redials = self.repeats = self.answered = self.abandoned = self.within = 0
        self.wait = 0.0
        for r in types:
            self.env.process(self.arrivals(r))
        self.env.process(self.staffing())

    def arrivals(self, r: int) -> Process:
        """Fresh arrivals of one type, interval by interval."""
        for i, rate in enumerate(self.model.rate[r]):
            end = (i + 1) * self.model.width
            while (due := self.env.now + self.random.expovariate(rate)) < end:
                yield self.env.timeout(due - self.env.now)
                self.env.process(self.customer(r))
            yield self.env.timeout(end - self.env.now)

    def staffing(self) -> Process:
        """Agents come and go with the intervals; who is busy finishes first."""
        present = [0] * len(self.idle)
        for i in range(len(self.model.agents[0])):
            for g, counts in enumerate(self.model.agents):
                fall = present[g] - counts[i]
                if fall > 0:
                    go = min(fall, self.idle[g])
                    self.idle[g] -= go
                    self.leaving[g] += fall - go
            for g, counts in enumerate(self.model.agents):
                rise = counts[i] - present[g]
                present[g] = counts[i]
                if rise > 0:
                    stay = min(rise, self.leaving[g])
                    self.leaving[g] -= stay
                    for _ in range(rise - stay):
                        self.next_contact(g)
            yield self.env.timeout(self.model.width)

    def next_contact(self, g: int) -> None:
        """A free agent takes the lowest rank, then the longest wait, or is idle."""
        best = None
        for r, rank in self.serves[g]:
            if self.waiting[r]:
                answered, since = next(iter(self.waiting[r].items()))
                if best is None or (rank, since) < best[:2]:
                    best = rank, since, r, answered
        if best is None:
            self.idle[g] += 1
        else:
            _, _, r, answered = best
            del self.waiting[r][answered]
            answered.succeed(g)

    def idle_group(self, r: int) -> int | None:
        """The first group of the route with an idle agent, who is taken."""
        for g in self.model.route[r]:
            if self.idle[g]:
                self.idle[g] -= 1
                return g
        return None

    def service_time(self, r: int, g: int) -> float:
        """Unit work of the type, scaled by the group."""
        model = self.model
        if model.cv is None:
            return self.random.expovariate(1 / model.mean[r]) * model.factor[r][g]
        return self.random.lognormvariate(*lognormal(model.mean[r], model.cv)) * model.factor[r][g]

    def customer(self, r: int) -> Process:
        """A customer with an issue: contacts until resolved, given up, or closed."""
        env, model = self.env, self.model
        self.fresh += 1
        for _ in range(model.at_most):
            self.offered += 1
            arrived = env.now
            group = self.idle_group(r)
            if group is None:
                answered = env.event()
                self.waiting[r][answered] = arrived
                yield answered | env.timeout(self.random.expovariate(1 / model.patience[r]))
                if answered.triggered:
                    group = answered.value
                else:
                    del self.waiting[r][answered]
            self.wait += env.now - arrived
            if group is None:
                self.abandoned += 1
                again, delay = model.redial, model.redial_delay
            else:
                self.answered += 1
                self.within += env.now - arrived <= 20.0
                yield env.timeout(self.service_time(r, group))
                if self.leaving[group]:
                    self.leaving[group] -= 1
                else:
                    self.next_contact(group)
                again, delay = model.repeat, model.repeat_delay
            if self.random.random() >= again:
                return
            due = self.random.expovariate(1 / delay)
            if env.now + due >= model.end:
                return
            yield env.timeout(due)
            self.redials += group is None
            self.repeats += group is not None


def run(model: Model, seed: int) -> dict[str, float]:
    """Simulate once; counts, SL, mean wait in seconds, CPU seconds."""
    center = Center(model, seed)
    start = time.process_time()
    center.env.run()
    seconds = time.process_time() - start
    counts = ("offered", "fresh", "redials", "repeats", "answered", "abandoned")
    return {
        "seconds": seconds,
        **{name: getattr(center, name) for name in counts},
        "within_20s": center.within,
        "sl": center.within / center.offered,
        "wait_mean": center.wait / center.offered,
    }


if __name__ == "__main__":
    print(json.dumps(run(by_name(sys.argv[1]), int(sys.argv[2]))))
