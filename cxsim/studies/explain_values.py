"""A figure of several scenarios on the same random numbers, and what single steps do to it.

The value of a set of steps is a ratio of sums over replications, with its residual in each replication (delta method).
A change is a sum of values with weights, so its interval is that of the same sum of residuals: paired, whatever the
weights are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from cxsim.metrics.confidence_intervals import mean_error, ratio_error, t_quantile
from cxsim.randomness.draws import child, run_key, uniform

Floats = npt.NDArray[np.float64]
Weights = Mapping[frozenset[str], float]  # of sets of steps
ALL_ORDERS: Final = 6  # up to so many steps, Shapley values are over all orders
SOME_ORDERS: Final = 24  # else over so many random ones, each with its reverse
ORDERS_SEED: Final = 1


@dataclass(frozen=True)
class Value:
    """A ratio of sums over replications, and its residual in each of them."""

    value: float
    residuals: Floats

    @classmethod
    def of(cls, above: Floats, below: Floats) -> Value:
        """From numerators and denominators, one for each replication; NaN where the denominators are 0."""
        ratio = float(ratio_error(above, below)[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(ratio, (above - ratio * below) / below.mean())


@dataclass
class Values:
    """The value of each set of steps, measured when it is first needed."""

    measure: Callable[[frozenset[str]], Value]
    known: dict[frozenset[str], Value] = field(default_factory=dict)

    def __getitem__(self, steps: frozenset[str]) -> Value:
        if steps not in self.known:
            self.known[steps] = self.measure(steps)
        return self.known[steps]

    def change(self, weights: Weights, less: float = 0.0) -> tuple[float, float, float]:
        """The sum of values with these weights, less a number that is exact, with its 95 % interval."""
        value = math.fsum(weight * self[steps].value for steps, weight in weights.items()) - less
        residuals = sum(weight * self[steps].residuals for steps, weight in weights.items())
        _, error = mean_error(residuals)
        half = t_quantile(0.95, len(np.asarray(residuals)) - 1) * float(error)
        return value, value - half, value + half


def in_order(names: Sequence[str]) -> dict[str, Weights]:
    """The weights of each step's change when one after another is put in."""
    return {name: {frozenset(names[: n + 1]): 1.0, frozenset(names[:n]): -1.0} for n, name in enumerate(names)}


def shapley(names: Sequence[str]) -> tuple[dict[str, Weights], str]:
    """The weights of each step's Shapley value, and in words over which orders it is the mean."""
    if len(names) <= ALL_ORDERS:
        return {name: _exact(name, names) for name in names}, f"all {math.factorial(len(names)):,} orders of the steps"
    orders = random_orders(names)
    out: dict[str, dict[frozenset[str], float]] = {name: {} for name in names}
    for order in orders:
        for n, name in enumerate(order):
            for steps, sign in ((frozenset(order[: n + 1]), 1.0), (frozenset(order[:n]), -1.0)):
                out[name][steps] = out[name].get(steps, 0.0) + sign / len(orders)
    return dict(out), f"{len(orders)} random orders of the steps (seed {ORDERS_SEED})"


def _exact(name: str, names: Sequence[str]) -> Weights:
    """As the mean over all orders: the weights depend only on how many steps come before."""
    others = [other for other in names if other != name]
    out: dict[frozenset[str], float] = {}
    for size in range(len(names)):
        weight = 1.0 / (len(names) * math.comb(len(others), size))
        for before in combinations(others, size):
            out[frozenset((*before, name))] = weight
            out[frozenset(before)] = -weight
    return out


def random_orders(names: Sequence[str]) -> list[tuple[str, ...]]:
    """`SOME_ORDERS` orders, half of them random, each followed by its reverse; the same in every run."""
    out: list[tuple[str, ...]] = []
    for k in range(SOME_ORDERS // 2):
        key = run_key(ORDERS_SEED, k)
        drawn = {name: float(uniform(np.uint64(child(key, n)), 0)) for n, name in enumerate(names)}
        order = tuple(sorted(names, key=drawn.__getitem__))
        out += [order, order[::-1]]
    return out
