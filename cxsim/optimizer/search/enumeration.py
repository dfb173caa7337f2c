"""Small cases, exactly: plans by cost, each simulated until it is known to meet or to miss, up to the first that meets.

The plans are the whole-number columns of a structure that keep its own rules, in the order of their cost. Those that
cannot have the time for what the goals ask (`reach`) are left out; the rest are simulated on common draws in stages,
and dropped as soon as a goal is statistically missed. Deciding whether constraints hold one system after another,
within a tolerance, is the feasibility check of Batur & Kim (2010), *Finding feasible systems in the presence of
constraints on multiple performance measures*, ACM TOMACS 20(3), here with levels shared out by Bonferroni.

No plan is left out because a smaller one meets or a larger one misses: with several groups and ranks that one more
agent never hurts any goal is not proved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cxsim.metrics.confidence_intervals import t_quantile
from cxsim.optimizer.certificate.confidence import spread_of
from cxsim.optimizer.fluid.reach import Reach
from cxsim.optimizer.problem.stage import Progress, Stage
from cxsim.optimizer.search.by_cost import LIMIT, TooMany, candidates

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]
Verdict = Literal["met", "missed", "open"]
Status = Literal["exact", "too many", "none", "stopped"]

FIRST, SECOND = 2, 8  # replications of the first two stages
GROWTH = 4  # at most, from one stage to the next
STAGES = 8  # that the error is shared out over


@dataclass(frozen=True)
class Care:
    """How sure each decision is.

    `error` bounds the chance that the answer is wrong where every plan meets or misses some goal by more than
    `tolerance` (a share; times and other figures five times that part of their limit). A goal nearer than that is
    decided by its estimate; so is one that `most` replications did not decide.
    """

    error: float = 0.01
    tolerance: float = 0.004
    most: int = 4096

    def quantile(self, level: float, n: int) -> float:
        """The one-sided quantile of Student's t with n - 1 degrees of freedom."""
        return t_quantile(1.0 - 2.0 * level, n - 1)

    def missed_level(self, goals: int) -> float:
        """The level at which one goal counts as missed: half the error over goals and stages, for the true optimum."""
        return 0.5 * self.error / (max(goals, 1) * STAGES)

    @property
    def met_level(self) -> float:
        """The level at which goals count as met: half the error over the candidates that a small case may have."""
        return 0.5 * self.error / LIMIT


@dataclass(frozen=True, eq=False)
class Enumeration:
    """What trying every plan by cost came to.

    `exact`: `x` is the cheapest plan that meets the goals. Otherwise there are `too many` candidates (`x` is the
    incumbent), `none` that the structure allows meets them, or it was `stopped`. `bound` is the cost below which
    every plan was refuted; `candidates` were simulated, of which `undecided` lie within the tolerance of some goal;
    `trial` is that of `x`.
    """

    status: Status
    x: Floats | None
    cost: float
    bound: float
    candidates: int
    undecided: int
    replications: int
    error: float
    trial: Trial | None = field(default=None, repr=False)


def enumerate_plans(
    problem: Problem,
    *,
    incumbent: npt.ArrayLike | None = None,
    above: float = 0.0,
    care: Care | None = None,
    limit: int = LIMIT,
    progress: Progress | None = None,
) -> Enumeration:
    """The cheapest plan that meets every goal, where at most `limit` plans are cheaper than it.

    `incumbent` is a plan that seems to meet them: if too many are cheaper, nothing is simulated. It is tried itself
    after those that are cheaper, and dearer ones after it should it miss. `above` is a cost that no plan
    which meets them can be below, if such is known. `progress` is called for every candidate; False ends the search.
    Staff is all that costs: raises ValueError where contacts, waits, abandonment or unresolved issues have a price.
    """
    if problem.prices.cells(problem.goals.places)[1].any():
        raise ValueError(
            "plans can be enumerated by cost only if nothing but staff has a cost; contacts have a price here"
        )
    care = care or Care()
    structure = problem.structure
    given = None if incumbent is None else structure.complete(incumbent)
    below = math.inf if given is None else structure.cost_of(given)
    reach, judge = Reach(problem), Judge(problem, care)
    tried, bound = 0, above

    def ended(status: Status, x: Floats | None, trial: Trial | None = None) -> Enumeration:
        cost = math.nan if x is None else structure.cost_of(x)
        return Enumeration(status, x, cost, bound, tried, judge.undecided, judge.replications, care.error, trial)

    try:
        plans = candidates(structure, reach, above, below, limit)
        if given is not None:
            # All of them first, so that too many are known before any is simulated; then the incumbent, then the rest.
            first = [*plans, (below, given)]
            plans = chain(first, candidates(structure, reach, below, math.inf, limit))
        for cost, x in plans:
            bound = max(bound, cost)
            if tried >= limit:
                return ended("too many", given)
            tried += 1
            met, trial = judge.meets(x)
            if met:
                return ended("exact", x, trial)
            stage = Stage("enumerate", cost=below, bound=cost, met=given is not None, replications=judge.replications)
            if progress is not None and progress(stage) is False:
                return ended("stopped", given)
    except TooMany:
        return ended("too many", given)
    return ended("none", None)


class Judge:
    """Decides of one plan after another, on common draws, whether it meets all goals."""

    def __init__(self, problem: Problem, care: Care) -> None:
        self.problem, self.care = problem, care
        self.replications = self.undecided = 0
        goals = problem.goals.goals
        self._tolerance = care.tolerance * np.array([1.0 if goal.unit == "share" else 5.0 for goal in goals])
        self._missed_level = care.missed_level(len(goals))
        self._spread: Floats | None = None  # the largest so far of a goal's slack in one replication

    def meets(self, x: Floats) -> tuple[bool, Trial | None]:
        """Whether a plan meets every goal, and its trial, if there was need of one."""
        plan = self.problem.structure.plan(x)
        trial: Trial | None = None
        wanted = FIRST if self._spread is not None else SECOND
        while True:
            done = trial.n if trial is not None else 0
            more = self.problem.trials.run(plan, range(done, wanted))
            self.replications += more.n
            trial = more if trial is None else trial.merged(more)
            if trial.n < SECOND:
                verdict, wanted = self._glance(trial), SECOND
            else:
                verdict, wanted = self._verdict(trial)
            if verdict != "open":
                return verdict == "met", trial

    def _glance(self, trial: Trial) -> Verdict:
        """Whether a goal is missed by far, judged by the largest spread that any plan before has shown."""
        assert self._spread is not None
        half = 1.25 * self.care.quantile(self._missed_level, 1000) * self._spread / math.sqrt(trial.n)
        return "missed" if bool((trial.slack + half < 0.0).any()) else "open"

    def _verdict(self, trial: Trial) -> tuple[Verdict, int]:
        """What is known after these replications, and how many seem needed to know more."""
        n, slack, spread = trial.n, trial.slack, spread_of(trial)
        self._spread = spread if self._spread is None else np.maximum(self._spread, spread)
        error = spread / math.sqrt(n)
        to_miss = self.care.quantile(self._missed_level, n)
        to_meet = self.care.quantile(self.care.met_level, n)
        near = max(to_miss, to_meet) * error <= self._tolerance
        near |= n >= self.care.most
        if bool(((slack + to_miss * error < 0.0) | (near & (slack < 0.0))).any()):
            self.undecided += not bool((slack + to_miss * error < 0.0).any())
            return "missed", n
        settled = slack - to_meet * error >= 0.0
        if bool((settled | near).all()):
            self.undecided += not bool(settled.all())
            return "met", n
        at = ~(settled | near)
        gap = np.maximum(np.abs(slack[at]), self._tolerance[at])
        needed = 1.1 * float(np.max((to_meet * spread[at] / gap) ** 2))
        wanted = min(max(2 * n, math.ceil(needed)), GROWTH * n, self.care.most)
        return "open", max(wanted, n + 1)


def cheaper(problem: Problem, x: npt.ArrayLike, limit: int = LIMIT) -> int | None:
    """How many plans are cheaper than `x` and not out of the question; None if more than `limit`."""
    cost = problem.structure.cost_of(problem.structure.complete(x))
    try:
        return len(list(islice(candidates(problem.structure, Reach(problem), 0.0, cost, limit), limit + 1)))
    except TooMany:
        return None
