"""Goals whose truth is known: trials that draw each goal's sums about a slack that a function of the plan gives."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

import cxsim
from cxsim.optimizer.plan_evaluator import Trial
from cxsim.optimizer.problem.problem import problem

CONTACTS = 1000.0  # in a replication
LIMIT = 0.5


@dataclass(frozen=True)
class Known:
    """`slack(x)` (K,) is the truth; `noise` the standard deviation of a goal in one replication.

    `common` is the share of the variance that all goals of a replication have in common; replications are addressed,
    so that all plans share their draws.
    """

    slack: Callable
    noise: float
    seed: int = 1
    common: float = 0.0
    days: float | None = None


@dataclass
class Trials:
    """Stands for `cxsim.optimizer.plan_evaluator.Trials`."""

    known: Known
    goals: object
    replications_run: int = 0
    models: tuple = (None,)
    drawn: dict = field(default_factory=dict)

    def run(self, x, replications):
        truth = np.asarray(self.known.slack(np.asarray(x)))
        numbers = np.asarray(replications)
        share = np.sqrt(self.known.common)
        z = self._normal(numbers, len(truth) + 1)
        noise = share * z[:, :1] + np.sqrt(1 - self.known.common) * z[:, 1:]
        below = np.full((len(numbers), len(truth)), CONTACTS)
        above = below * (LIMIT + truth + self.known.noise * noise)
        self.replications_run += len(numbers)
        return Trial(self.goals, numbers, above, below, np.zeros(len(numbers)), np.zeros(1))

    def _normal(self, numbers, k):
        """Standard normal numbers, a block of 64 replications at a time."""
        blocks = []
        for block in np.unique(numbers // 64):
            if block not in self.drawn:
                self.drawn[block] = np.random.default_rng([self.known.seed, int(block)]).standard_normal((64, k))
            inside = numbers[numbers // 64 == block] % 64
            blocks.append(self.drawn[block][inside])
        return np.concatenate(blocks)


@cache
def _made(wages, count, most):
    """A problem in steady state with as many groups as wages and as many goals as wanted."""
    groups = {f"g{g}": {"agents": 1, "serves": ["q"], "wage": wage} for g, wage in enumerate(wages)}
    rules = [{"figure": "sl", "min": f"{100 * LIMIT:g}%", "each": "interval"}]
    given = {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": "1 h", "length": f"{count} h"}, "interval": "1 h"},
        "reasons": {"q": {"volume": {"per_hour": 60}, "talk": "2 min", "patience": "2 min"}},
        "groups": groups,
        "optimize": {"subject_to": rules, "groups": {name: {"max": most} for name in groups}},
    }
    return problem(cxsim.parse(given))


def posed(known, wages, most=8):
    """A problem whose trials are `known`; costs are wages times one hour for each goal."""
    truth = np.asarray(known.slack(np.zeros(len(wages))))
    made = _made(tuple(wages), len(truth), most)
    structure = replace(made.structure, planned=lambda x: x)
    return replace(made, structure=structure, trials=Trials(known, made.goals))
