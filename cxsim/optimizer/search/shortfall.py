"""The order of plans where no plan can meet all goals: by the contacts that the goals miss, never worse than today.

A goal misses its shortfall times the contacts that it counts: a service level of 60 % where 80 % is asked misses
a fifth of its contacts. Of two plans the better is

1. the one that is no worse than today's roster: it meets at least as many goals, and no interval with a goal of its own
   has a larger shortfall than today's worst;
2. then the one that is cheaper, if each contact missed costs as much as the dearest shift (or agent and interval).

The search itself goes downhill by the second, with contacts dearer where today's roster meets the goal.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.advice.rivals import today
from cxsim.optimizer.problem.goals import Goal, Goals, of_goals
from cxsim.schema.plan_tables import Reach, Reached

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.points import Point

Floats = npt.NDArray[np.float64]

OF_CONTACTS = ("total", "queue", "reason", "segment")  # scopes whose contacts can be counted
COLLAPSED = 5.0  # times what a contact costs on average
KEPT = 4.0  # times the price of a contact, where today's roster meets the goal
DEARER, MOST_KEPT = 2.0, 32.0  # on that price, with every phase that ends worse than today's roster; and at most
STEP = 0.015  # of the agents, that the first step of a round may move
SOFT = 0.015  # slack; a goal that is met by less is half in danger: other days decide it
FAR, FAR_PRICE = 0.5, 2.0  # of a floor: below so much of it a contact missed costs this much more, times its price


@dataclass(eq=False)
class Order:
    """How plans compare, K goals, on replications from the `first` on; today's roster is simulated on the same."""

    problem: Problem
    first: int
    price: float  # money for a contact missed
    counted: Goals  # see `counted_by`
    single: npt.NDArray[np.bool_]  # (K,) goals of one interval
    floors: Floats  # what each of these asks, as a slack: a share, or 1
    roster: Plan | None  # today's
    kept: float = KEPT  # see `dearer`
    _today: Trial | None = None
    _bars: dict[int, Reach] = field(default_factory=dict)

    def contacts(self, trial: Trial) -> Floats:
        """The contacts that each goal counts (K,), on average."""
        return self.counted.below.times(trial.sums)[:-1]

    def reached(self, trial: Trial, slack: Floats | None = None) -> Reach:
        """What a plan reaches, by its own slack (K,) or that of some of its replications."""
        slack = trial.slack if slack is None else slack
        missed = np.maximum(-slack, 0.0) * self.contacts(trial)
        return Reach(float(missed.sum()), int((slack >= 0.0).sum()), float(np.max(-slack[self.single], initial=0.0)))

    def today(self, n: int) -> Trial | None:
        """Today's roster on n replications or more; None where there is none."""
        done = 0 if self._today is None else self._today.n
        if self.roster is not None and done < n:
            more = self.problem.trials.run(self.roster, range(self.first + done, self.first + n))
            self._today = more if self._today is None else self._today.merged(more)
        return self._today

    def bar(self, n: int) -> Reach | None:
        """What today's roster reaches on n replications; None where there is none."""
        today = self.today(n)
        if today is None:
            return None
        if n not in self._bars:
            self._bars[n] = self.reached(today, today.first(n).slack)
        return self._bars[n]

    def no_worse(self, trial: Trial, spare: int = 0) -> bool:
        """Whether a plan meets as many goals as today's roster and leaves no interval further behind than its worst.

        With `spare` it meets so many goals more, and its worst interval is as many tenths of a point better.
        """
        bar = self.bar(trial.n)
        if bar is None:
            return True
        own = self.reached(trial)
        return own.met >= bar.met + spare and own.worst <= bar.worst - 1e-3 * spare + 1e-9

    def key(self, cost: float, trial: Trial, spare: int = 0) -> tuple[bool, float]:
        """Sorts plans, the best first, by their cost and trial."""
        return not self.no_worse(trial, spare), cost + self.price * self.reached(trial).missed

    def dearer(self, point: Point) -> None:
        """Make contacts dearer where today's roster meets the goal, as long as phases end worse than the roster."""
        self.kept = KEPT if self.no_worse(point.trial) else min(DEARER * self.kept, MOST_KEPT)

    def prices(self, trial: Trial) -> Floats:
        """Money for a unit of each goal's slack (K,) in the search."""
        today = self.today(trial.n)
        kept = np.ones(len(self.single)) if today is None else np.where(today.slack >= 0.0, self.kept, 1.0)
        return np.asarray(self.price * kept * self.contacts(trial))

    def lacking(self, slack: Floats, far: bool = False) -> Floats:
        """What goals lack as the search sees it, (K,) or (K, n) as `slack` is.

        A little where a goal is just met, since the replications of the search are few. With `far`, more than they do
        where an interval is far below its floor: slopes are flat there, and would leave it to itself.
        """
        out = SOFT * np.logaddexp(0.0, -slack / SOFT)
        if far:
            less = -slack[self.single] - FAR * self.floors[(...,) + (None,) * (slack.ndim - 1)]
            out[self.single] += FAR_PRICE * np.maximum(less, 0.0)
        return np.asarray(out)

    def merit(self, point: Point, far: bool = False) -> float:
        """What the search makes small."""
        return point.cost + float(self.prices(point.trial) @ self.lacking(point.slack, far))

    def told(self, trial: Trial, least: float) -> Reached:
        """What is said of a plan; `least` contacts are proved to be missed."""
        return Reached(self.reached(trial), self.bar(trial.n), least, trial.n)

    def on(self, first: int) -> Order:
        """The same order on other replications."""
        return replace(self, first=first, _today=None, _bars={})


def counted_by(problem: Problem) -> Goals:
    """The shares whose denominators are the contacts that each goal counts, and last all contacts."""
    goals, layout = problem.goals.goals, problem.model.layout
    scopes = [(goal.scope, goal.name) if goal.scope in OF_CONTACTS else ("total", "total") for goal in goals]
    spans = [goal.span for goal in goals]
    return of_goals(
        [
            Goal("abandoned_share", *scope, span, "max", 1.0)
            for scope, span in zip([*scopes, ("total", "total")], [*spans, "total"], strict=True)
        ],
        problem.scenario,
        layout,
        problem.goals.places.limits,
    )


def collapsed(point: Point, target: Floats, counted: Goals, flat: float) -> float:
    """Money for goals that are further below `target` (K,) than `flat`, where slopes say nothing.

    A contact of theirs costs `COLLAPSED` times what a contact costs on average: to give up a whole queue never pays.
    """
    below = np.maximum(target - point.slack - flat, 0.0)
    if not below.any():
        return 0.0
    contacts = counted.below.times(point.trial.sums)
    return float(below @ contacts[:-1]) / max(float(contacts[-1]), 1.0) * COLLAPSED * abs(point.cost)


def order_of(problem: Problem, first: int) -> Order:
    """The order of a problem's plans on replications from the `first` on."""
    goals, layout = problem.goals.goals, problem.model.layout
    roster = today(problem)
    single = np.array([goal.span in layout.labels for goal in goals], dtype=bool)
    asked = np.array([goal.required if goal.unit == "share" and goal.at_least else 1.0 for goal in goals])
    return Order(
        problem=problem,
        first=first,
        price=float(np.max(problem.structure.cost, initial=1.0)),
        counted=counted_by(problem),
        single=single,
        floors=asked[single],
        roster=None if roster is None else roster.plan,
    )
