"""Plans that were simulated, and what they are worth while a search goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.gradient import Slopes

Floats = npt.NDArray[np.float64]

FIRST = 0  # replications of the search begin here; those of slopes and of the certificate are others


@dataclass(frozen=True, eq=False)
class Point:
    """A plan that was simulated: columns x (N,), levels (G, I), its trial, and its objective.

    `cost` is money for staff and outcome, or the figure that is sought, so that less is better. `shift` (K,) is how far
    the anchor's slack on these few replications was from that on all of its own (see `Trier`).
    """

    x: Floats
    levels: Floats
    trial: Trial
    cost: float
    shift: Floats | float = 0.0

    @property
    def slack(self) -> Floats:
        """Slack of each goal (K,)."""
        return np.asarray(self.trial.slack + self.shift)

    def merit(self, target: Floats, price: Floats) -> float:
        """Cost and the price of all shortfalls of slack below `target`."""
        return self.cost + float(price @ np.maximum(0.0, target - self.slack))


@dataclass(eq=False)
class Trier:
    """Simulates plans on so many replications from the `first` on, none twice.

    Plans near the `anchor`, one that was simulated at length from the same replication on, differ from it far less
    than either does from day to day: on common draws a few replications tell the difference, and the anchor the rest.
    """

    problem: Problem
    aim: int | None = None  # the goal whose slack is the objective, in place of money
    first: int = FIRST
    anchor: Trial | None = None
    _kept: dict[bytes, Trial] = field(default_factory=dict)

    def __call__(self, x: Floats, replications: int) -> Point:
        structure = self.problem.structure
        x = structure.complete(np.rint(x))
        key = x.tobytes()
        trial = self._kept.get(key)
        if trial is None or trial.n < replications:
            begun = self.first + (trial.n if trial is not None else 0)
            more = self.problem.trials.run(structure.plan(x), range(begun, self.first + replications))
            trial = more if trial is None else trial.merged(more)
            self._kept[key] = trial
            if len(self._kept) > 400:
                self._kept.pop(next(iter(self._kept)))
        shift, money = self._shift(trial.n)
        point = Point(x, structure.levels(x), trial, structure.cost_of(x) + float(trial.outcome.mean()) + money, shift)
        return point if self.aim is None else replace(point, cost=-float(point.slack[self.aim]))

    def _shift(self, n: int) -> tuple[Floats | float, float]:
        """What the anchor says of its first n replications: slack and outcome on all of them less those on these."""
        anchor = self.anchor
        if anchor is None or n >= anchor.n:
            return 0.0, 0.0
        shift = np.nan_to_num(anchor.slack - anchor.first(n).slack)
        return shift, float(anchor.outcome.mean() - anchor.outcome[:n].mean())

    @property
    def known(self) -> int:
        """Replications of the anchor."""
        return self.anchor.n if self.anchor is not None else 0


def worth(point: Point) -> float:
    """What a start is worth, the less the better: its cost, dearer by three times what its goals lack."""
    lacking = float(np.minimum(np.maximum(-point.slack, 0.0), 1.0).sum())
    return point.cost + 3.0 * lacking * abs(point.cost)


def prices_of(problem: Problem, found: Slopes, aim: int | None = None, x: Floats | None = None) -> Floats:
    """What a unit of slack is worth (K,): about twice the money of the cheapest columns that bring it.

    Where all of these are at their limits in a plan `x` (N,), if one is given, those are meant that are not: a goal
    whose own team cannot grow is worth what others cost who take work off it. Over several days slopes have few
    replications, and the cheapest of many columns are those with the luckiest: then a goal is worth no less than one
    more all the time of the group that brings it for the least money.
    """
    room = np.ones(problem.structure.size, dtype=bool) if x is None else x + 1.0 <= problem.structure.high
    few = problem.params.cheapest_columns
    effects = np.asarray(found.up.reshape(len(found.up), -1) @ problem.structure.cover)
    money = problem.structure.cost + np.asarray(found.money_up.ravel() @ problem.structure.cover)
    if aim is not None:
        money = np.maximum(1e-9, np.abs(effects[aim]))
    out = np.zeros(len(effects))
    for k, effect in enumerate(effects):
        useful = (effect > 1e-9) & (money > 0.0)
        if useful.any():
            ratio = np.divide(money, effect, out=np.full(len(effect), np.inf), where=useful)
            first = np.argsort(ratio, kind="stable")[: min(few, int(useful.sum()))]
            if not room[first].any() and (useful & room).any():
                useful &= room
            out[k] = problem.params.price_factor * float(np.sort(ratio[useful])[:few].mean())
    kinds = [np.ones(len(out), dtype=bool)]
    if aim is None and problem.model.timeline.days > 1:
        least, whole = _by_group(problem, found, room)
        out = np.where(whole, np.where(np.isfinite(least), np.maximum(out, least), 0.0), out)
        kinds = [whole, ~whole]
    for kind in kinds:
        known = out[kind & (out > 0.0)]
        usual = float(np.median(known)) if len(known) else 1.0
        out = np.where(kind, np.where(out > 0.0, np.minimum(out, 50.0 * usual), usual), out)
    return out


def _by_group(problem: Problem, found: Slopes, room: npt.NDArray[np.bool_]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Money for a unit of each goal (K,) by one more all the time of the best group, infinite where none brings any.

    Of groups that have `room` (N,) half of the time, if any of these brings some. And whether the goal is on the whole
    time (K,).
    """
    goals, opened = problem.goals.goals, problem.model.timeline.open_mask
    effects = np.where(opened, found.up, 0.0).sum(axis=2)
    money_of = problem.prices.present + found.money_up
    money = np.where(opened, money_of, 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((effects > 1e-9) & (money > 0.0), money / effects, np.inf)
    fits = (problem.structure.cover @ room > 0.0).reshape(money_of.shape)
    free = (fits & opened).sum(axis=1) >= 0.5 * opened.sum()
    least, others = (ratio[:, mine].min(axis=1, initial=np.inf) for mine in (free, ~free))
    return np.where(np.isfinite(least), least, others), np.array([goal.span == "total" for goal in goals])


def wanted(trial: Trial, sigmas: float, replications: int) -> Floats:
    """Slack (K,) that keeps `sigmas` standard errors of as many replications from zero."""
    error = np.nan_to_num(trial.error) * math.sqrt(trial.n)
    return np.asarray(sigmas * error / math.sqrt(replications))
