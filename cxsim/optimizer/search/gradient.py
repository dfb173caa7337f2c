"""What one agent more or less does to every goal: finite differences, several intervals at once.

In one design a group has one agent more (or less) in every third open interval. What changes for the contacts that
arrive from one of them until the next is put down to it, so there are 3 G designs each way in place of G I, and the
noise of all other intervals stays out of each difference. Base and design meet the same draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.plan import plan_of_levels
from cxsim.optimizer.search.deferred import of_goals, shared_out
from cxsim.optimizer.search.denoise import LEAST, denoised

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search_params import SearchParams

Floats = npt.NDArray[np.float64]

SEEN = 0.02  # spread of a daily value where none can be told


@dataclass(frozen=True, eq=False)
class Slopes:
    """How slack and money change with the levels; K goals, G groups, I intervals.

    `up` (K, G, I) is the gain of slack by one agent more, `down` the loss by one less, down ≥ up where both help;
    `money_up` (G, I) is money of the outcome added by one more, `money_down` by one less. `replications` is how many
    stand behind each difference.
    """

    up: Floats
    down: Floats
    money_up: Floats
    money_down: Floats
    replications: float

    def blended(self, other: Slopes, weight: float) -> Slopes:
        """Both, averaged by their replications, those of `other` counting `weight` times."""
        mine, theirs = self.replications, other.replications * weight
        a, b = mine / (mine + theirs), theirs / (mine + theirs)
        return Slopes(
            a * self.up + b * other.up,
            a * self.down + b * other.down,
            a * self.money_up + b * other.money_up,
            a * self.money_down + b * other.money_down,
            mine + theirs,
        )

    def near(self, acts: npt.NDArray[np.bool_]) -> Slopes:
        """The same, but nothing where a group cannot act on a goal (K, G)."""
        return replace(self, up=self.up * acts[:, :, None], down=self.down * acts[:, :, None])

    def calmed(self) -> Slopes:
        """The same with less noise in goals that more than a few groups and intervals act on."""
        up, down = self.up.copy(), self.down.copy()
        for k in range(len(up)):
            mean, apart = 0.5 * (up[k] + down[k]), down[k] - up[k]
            acting = np.ix_(mean.any(axis=1), mean.any(axis=0))
            if min(len(side.ravel()) for side in acting) < LEAST:
                continue
            mean[acting] = denoised(mean[acting])
            bend = np.abs(apart).sum() / np.abs(up[k] + down[k]).sum()
            up[k], down[k] = mean - bend * np.abs(mean), mean + bend * np.abs(mean)
        return replace(self, up=up, down=down)


def slopes(
    problem: Problem,
    levels: npt.ArrayLike,
    replications: Sequence[int] | range,
    sides: tuple[float, ...] = (1.0, -1.0),
) -> Slopes:
    """The slopes at levels (G, I), on the given replications: about 3 G trials of as many for each side.

    `sides` are one more and one less; with one more alone both slopes are that gain.
    """
    whole = np.rint(np.asarray(levels, dtype=np.float64))
    timeline, k = problem.model.timeline, len(problem.goals)
    base = problem.trials.run(plan_of_levels(problem.scenario, timeline, whole), replications)
    open_at = np.flatnonzero(timeline.open_mask)
    found = np.zeros((2, k, *whole.shape))
    money = np.zeros((2, *whole.shape))
    seen = np.zeros((2, *whole.shape), dtype=bool)
    spacing = problem.params.slope_spacing
    waiting = of_goals(problem)
    colours = [open_at] if timeline.steady else [open_at[c::spacing] for c in range(min(spacing, len(open_at)))]
    designs = [
        (side, g, chosen)
        for side in sides
        for g in range(len(whole))
        for colour in colours
        if len(chosen := colour if side > 0.0 else colour[whole[g, colour] > 0.0])
    ]

    def changed(side: float, g: int, chosen: npt.NDArray[np.int64]) -> Plan:
        levels = whole.copy()
        levels[g, chosen] += side
        return plan_of_levels(problem.scenario, timeline, levels)

    trials = problem.trials.each((changed(*design) for design in designs), replications)
    for (step, g, chosen), trial in zip(designs, trials, strict=True):
        side = int(step < 0.0)
        gain, cost = _changes(problem, base, trial)
        starts = np.concatenate([[0], chosen[1:]]).astype(np.int64)
        if timeline.steady:
            found[side][:, g, chosen] = gain.sum(axis=1, keepdims=True) / len(chosen)
            money[side, g, chosen] = cost.sum() / len(chosen)
        else:
            found[side][:, g, chosen] = np.add.reduceat(gain, starts, axis=1)
            for j in np.flatnonzero(waiting):
                found[side][j, g, chosen] = shared_out(gain[j], int(waiting[j]), chosen)
            money[side, g, chosen] = np.add.reduceat(cost, starts)
        seen[side, g, chosen] = True
    return _paired(found[0], -found[1], money, seen, len(base.above), problem.params)


def _changes(problem: Problem, base: Trial, other: Trial) -> tuple[Floats, Floats]:
    """The change of each goal's slack (K, I) and of the money (I,), by the interval of arrival."""
    goals = problem.goals
    above, below = goals.by_interval(other.sums - base.sums)
    before = goals.by_interval(base.sums)
    totals = before[0].sum(axis=1), before[1].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(totals[1] > 0.0, totals[0] / totals[1], 0.0)
        gain = np.where(totals[1][:, None] > 0.0, (above - value[:, None] * below) / totals[1][:, None], 0.0)
    gain *= _to_slack(problem, base, value)[:, None]
    prices = problem.prices
    return gain, prices.by_interval(other.contacts) - prices.by_interval(base.contacts)


def _to_slack(problem: Problem, base: Trial, value: Floats) -> Floats:
    """From a change of each goal's figure to one of its slack.

    For a share of days that is the density of the daily value at the limit, as of a normal law with the mean and the
    share that were seen.
    """
    from scipy.special import ndtri

    goals = problem.goals
    out = np.ones(len(goals))
    shares = base.value
    for k, goal in enumerate(goals.goals):
        if goal.days is None:
            unit = 1.0 if goal.unit == "share" or goal.required <= 0.0 else goal.required
            out[k] = (1.0 if goal.at_least else -1.0) / unit
            continue
        limit = goal.limit if goal.quantile is None else goal.quantile
        sign = 1.0 if goal.bound == "min" or goal.quantile is not None else -1.0
        share = float(np.clip(np.nan_to_num(shares[k], nan=0.5), 0.02, 0.98))
        z, away = float(ndtri(share)), sign * (value[k] - limit)
        least = SEEN * max(abs(limit), 1e-9)
        spread = max(away / z, least) if abs(z) > 0.2 and away * z > 0.0 else 5.0 * least
        out[k] = sign * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) / spread
    return out


def _paired(
    up: Floats, down: Floats, money: Floats, seen: npt.NDArray[np.bool_], n: int, params: SearchParams
) -> Slopes:
    """Both sides from their mean and each goal's own ratio of loss to gain.

    Single differences are too noisy for the curvature of each; that of a goal over all groups and intervals is not.
    """
    both = seen.all(axis=0)
    mean = np.where(both, 0.5 * (up + down), np.where(seen[0], up, down))
    gains, losses = (np.abs((side * both).sum(axis=(1, 2))) for side in (up, down))
    middle = losses.sum() / max(gains.sum(), 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (losses + middle * gains.mean()) / (gains + gains.mean())
    ratio = np.clip(np.nan_to_num(ratio, nan=1.0), params.least_ratio, params.most_ratio)[:, None, None]
    more, less = 2.0 / (1.0 + ratio), 2.0 * ratio / (1.0 + ratio)
    helps = mean > 0.0
    one_sided = np.where(seen[0], 1.0, ratio)
    up = np.where(both, mean * np.where(helps, more, less), mean / one_sided)
    down = np.where(both, mean * np.where(helps, less, more), np.where(helps, mean * ratio, mean / ratio))
    rise = np.where(both, 0.5 * (money[0] - money[1]), np.where(seen[0], money[0], -money[1]))
    return Slopes(up, down, rise, -rise, float(n))
