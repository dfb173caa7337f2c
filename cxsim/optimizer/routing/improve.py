"""A better routing for a given staffing: single changes, simulated on the same draws, as long as they pay.

What a routing is worth is money: the slack of each goal at the price of staff that would bring as much, less what the
contacts cost. Slack counts the less the more there is of it, so that work moves from where it is tight to where there
is room. Each change is looked at on few replications; those that seem to pay are tried again on more, the best first,
on top of those accepted before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.demand import expected_of
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.routing.moves import decided, neighbours
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import Routing, routing_of, tidied
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

EASE = 0.02  # slack over which the worth of more of it falls to a third
LOOKED = 60_000  # contacts of a first look at a change
FEWEST, MOST = 8, 64  # replications of a first look
LONGER = (3, 6, 12)  # times as many replications for a change that seems to pay, until it surely does
SURE = 2.0  # standard errors by which a change must pay
LEAST = 0.0002  # of the cost of the staff, by which it must
HOPEFUL = 0.5  # standard errors above nothing, from which on a change is tried again
SWEEPS = 4


@dataclass(eq=False)
class Pass:
    """Routings for the plan of a problem; `own` is the problem as the scenario poses it.

    `prices` (K,) are money for a unit of each goal's slack, `scale` that of the staff. `aim` is the goal that is the
    objective, if one is.
    """

    own: Problem
    plan: Plan
    prices: Floats
    scale: float
    aim: int | None = None
    told: Callable[[], bool] | None = None  # after each look; False ends it
    first: int = 0  # replication
    replications: int = 0
    _kept: dict[str, tuple[Problem, Trial]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parts = decided(self.own.scenario, optimizing(self.own.scenario).routing)
        self.before = routing_of(self.own.scenario)
        timeline = self.own.model.timeline
        contacts = float(expected_of(self.own.model.demand, timeline).sum()) / max(timeline.days, 1)
        days = len(timeline.dates)
        self.looks = int(np.clip(LOOKED / max(contacts * days, 1.0), FEWEST, MOST))

    def best(self, now: Routing, others: Iterable[Routing] = (), sweeps: int = SWEEPS) -> Routing:
        """The best routing found from `now` and `others`; what time there was for, if it ran out."""
        try:
            now = self._chosen(now, others)
            for _ in range(sweeps):
                found = self._sweep(now)
                if found == now:
                    break
                now = found
        except TimeUp:
            now = self._last
        return tidied(now, self.before)

    def _chosen(self, now: Routing, others: Iterable[Routing]) -> Routing:
        """The best of whole routings."""
        self._last = now
        for other in others:
            if other != now and self._pays(other, now):
                self._last = now = other
        return now

    def _sweep(self, now: Routing) -> Routing:
        """The routing after the changes that pay; `now` itself where none does."""
        hopeful: list[tuple[float, Routing]] = []
        base = now
        for other in neighbours(base, self.before, self.parts):
            both = _added(now, base, other)
            if both is None or both == now:
                continue
            gain, error = self._gain(both, now, self.looks)
            if gain > max(SURE * error, LEAST * self.scale) and self._pays(both, now):  # taken at once: time may end
                self._last = now = both
            elif gain > HOPEFUL * error and gain > 0.5 * LEAST * self.scale:
                hopeful.append((gain, other))
            if self.told is not None and not self.told():
                return now
        for _, other in sorted(hopeful, key=lambda one: -one[0]):
            both = _added(now, base, other)
            if both is not None and both != now and self._pays(both, now):
                self._last = now = both
            if self.told is not None and not self.told():
                break
        return now

    def _pays(self, other: Routing, now: Routing) -> bool:
        for longer in LONGER:
            gain, error = self._gain(other, now, longer * self.looks)
            if gain > max(SURE * error, LEAST * self.scale):
                return True
            if gain < max(HOPEFUL * error, 0.5 * LEAST * self.scale):
                break
        return False

    def _gain(self, other: Routing, now: Routing, n: int) -> tuple[float, float]:
        """By how much one routing is worth more than another, with its standard error; -inf for one not allowed."""
        here, there = self._trial(now, n), self._trial(other, n)
        if here is None or there is None:
            return -math.inf, 0.0
        gain = self.worth(there) - self.worth(here)
        by_replication = self._influence(there) - self._influence(here)
        return gain, float(by_replication.std(ddof=1) / math.sqrt(n))

    def worth(self, trial: Trial) -> float:
        """What a trial is worth (money)."""
        eased = eased_slack(trial.slack)
        if self.aim is not None:
            eased[self.aim] = trial.slack[self.aim]
        return float(self.prices @ eased) - float(trial.outcome.mean())

    def _influence(self, trial: Trial) -> Floats:
        """What each replication adds to the worth (n,), by the delta method."""
        slope = np.exp(-np.maximum(trial.slack, -EASE) / EASE)
        if self.aim is not None:
            slope[self.aim] = 1.0
        value, goals = np.nan_to_num(trial.value), trial.goals
        unit = goals.slack(value + 1.0) - goals.slack(value)  # of slack for a unit of the value
        return np.asarray(trial.residual @ (self.prices * slope * unit) - trial.outcome)

    def _trial(self, routing: Routing, n: int) -> Trial | None:
        key = repr((sorted(routing.skills.items()), sorted(routing.delays.items())))
        if key not in self._kept:
            try:
                problem = rerouted(self.own, routing)
            except ScenarioError:  # a rule of the scenario: that skill is needed
                return None
            trial = None
        else:
            problem, trial = self._kept[key]
        done = trial.n if trial is not None else 0
        if done < n:
            more = problem.trials.run(self.plan, range(self.first + done, self.first + n))
            self.replications += more.n
            trial = more if trial is None else trial.merged(more)
            if len(self._kept) > 40:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = problem, trial
        assert trial is not None
        return trial if trial.n == n else trial.first(n)


def eased_slack(slack: Floats) -> Floats:
    """Slack that counts the less the more there is of it, and what lacks nearly threefold."""
    inside = np.maximum(slack, -EASE)
    return np.asarray(EASE * (1.0 - np.exp(-inside / EASE)) + math.e * np.minimum(slack + EASE, 0.0))


def _added(now: Routing, base: Routing, other: Routing) -> Routing | None:
    """`now` with what `other` changes of `base`; None where it has been changed since."""
    skills, delays = dict(now.skills), dict(now.delays)
    for pair in {*base.skills, *other.skills}:
        was, wanted = base.skills.get(pair), other.skills.get(pair)
        if was == wanted:
            continue
        if now.skills.get(pair) != was:
            return None
        if wanted is None:
            del skills[pair]
        else:
            skills[pair] = wanted
    for stage, after in other.delays.items():
        if after != base.delays[stage]:
            if now.delays[stage] != base.delays[stage]:
                return None
            delays[stage] = after
    return Routing(skills, delays)


def flat_prices(problem: Problem, scale: float) -> Floats:
    """Prices of slack where nothing is known of them: that of all the staff for each goal alike."""
    return np.full(len(problem.goals), scale)
