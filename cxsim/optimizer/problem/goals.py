"""Goals: what a plan must reach, each a figure with a bound, read from the sums of replications.

A figure is a sum over a sum, so a goal is two rows of weights on the vector of a replication's sums
(`cxsim.metrics.tally`); a goal "on a share of days" is two rows for each day, judged in each replication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cxsim.metrics import REGISTRY, Layout, Target
from cxsim.metrics.shapes import Floats, Integers
from cxsim.metrics.tally import Places, places
from cxsim.optimizer.problem.weighing import Rows, Weigher, names_of, stacked
from cxsim.report.common.formats import when
from cxsim.scenario.model.optimizing import OF_TARGET, Rule, optimizing

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.scenario import Queue

WORTHLESS = -1e6  # slack of a figure that is sought and does not exist


@dataclass(frozen=True)
class Goal:
    """One thing a plan must reach: a figure of a scope over a span is at least, or at most, `limit`.

    `span` is 'total', a day or an interval as the layout labels them. With `days`, on at least this share of days the
    span's own value must hold; with `quantile`, at least this share must wait at most `limit` seconds.
    """

    figure: str
    scope: str
    name: str
    span: str
    bound: Literal["min", "max"]
    limit: float
    days: float | None = None
    quantile: float | None = None
    when: str = field(default="", compare=False)  # the span in words
    floor: bool = field(default=False, compare=False)  # by `optimize.floor`, not a rule of its own
    sought: bool = field(default=False, compare=False)  # the objective, in place of money

    @property
    def required(self) -> float:
        """What the goal's value is compared with: a share of days or of contacts, or the limit itself."""
        return self.days if self.days is not None else self.quantile if self.quantile is not None else self.limit

    @property
    def at_least(self) -> bool:
        """Whether the value must be at least, not at most, what is required."""
        return self.bound == "min" or self.days is not None or self.quantile is not None

    @property
    def unit(self) -> str:
        """The unit of the goal's value."""
        return "share" if self.days is not None or self.quantile is not None else REGISTRY[self.figure].unit

    @property
    def title(self) -> str:
        """What it is called: 'SL of billing, 10:00'."""
        known = REGISTRY.get(self.figure)
        words = known.title if known else f"{(self.quantile or 0.0) * 100:g} % of waits"
        words += ", including abandoned ones," if self.figure == "wait_all" else ""
        if self.scope != "total":
            words += f" of {self.name}"
        if self.span != "total":
            words = f"{words.rstrip(',')}, {self.when or self.span}"
        words = words.rstrip(",") + " (floor)" * self.floor
        return words if self.days is None else f"{words}, on {self.days * 100:g} % of days"

    def met(self, value: float) -> bool:
        """Whether a value of the figure is within the limit (days and quantiles apart)."""
        return value >= self.limit if self.bound == "min" else value <= self.limit


@dataclass(frozen=True, eq=False)
class Goals:
    """K goals of one layout, ready to be read from vectors of sums as `places` lays them out.

    Goal k has the rows first_row[k] .. first_row[k + 1] - 1 of J: one, or one a day.
    """

    goals: tuple[Goal, ...]
    places: Places
    first_row: Integers
    above: Rows
    below: Rows
    _interval_of: Integers = field(repr=False)

    def __len__(self) -> int:
        return len(self.goals)

    @property
    def rows(self) -> int:
        """J, the number of rows."""
        return int(self.first_row[-1])

    @property
    def limits(self) -> Floats:
        """What each value is compared with (K,)."""
        return np.array([goal.required for goal in self.goals])

    def rows_of(self, sums: Floats) -> tuple[Floats, Floats]:
        """Both sides of each row (J,) in a vector of sums."""
        return self.above.times(sums), self.below.times(sums)

    def sums(self, above: Floats, below: Floats) -> tuple[Floats, Floats]:
        """Both sides of each goal (n, K) from those of the rows of n replications (n, J)."""
        out_above, out_below = above[:, self.first_row[:-1]], below[:, self.first_row[:-1]]
        for k, goal in enumerate(self.goals):
            if goal.days is None:
                continue
            mine = slice(self.first_row[k], self.first_row[k + 1])
            counted = below[:, mine] > 0.0
            with np.errstate(divide="ignore", invalid="ignore"):
                value = above[:, mine] / below[:, mine]
            met = _within(goal, value) & counted
            out_above[:, k], out_below[:, k] = met.sum(axis=1), counted.sum(axis=1)
        return out_above, out_below

    def value(self, above: Floats, below: Floats) -> Floats:
        """The goals' values (K,) from both sides (n, K): sums over sums; NaN over nothing."""
        total = below.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 0.0, above.sum(axis=0) / total, np.nan)

    def slack(self, value: Floats) -> Floats:
        """By how much each value (K,) is better than required, below 0 where it is not met.

        Shares in shares; other units as a part of the limit. A figure of nothing (NaN) is as good as it can be: a
        share of 1 or 0, else just the limit; but of the figure that is sought it is worse than any.
        """
        limits, sign = self.limits, self._signs
        shares = np.array([goal.unit == "share" for goal in self.goals], dtype=bool)
        best = np.where(shares, np.where(sign > 0, 1.0, 0.0), limits)
        slack = sign * (np.where(np.isnan(value), best, value) - limits) / self.scale
        sought = np.array([goal.sought for goal in self.goals], dtype=bool)
        return np.asarray(np.where(sought & np.isnan(value), WORTHLESS, slack))

    def by_interval(self, sums: Floats) -> tuple[Floats, Floats]:
        """What each interval's sums add to both sides of each goal: (K, I) from a vector of sums or of differences.

        With it a difference between plans is attributed to the intervals in which contacts arrived. For a goal on a
        share of days it is the figure itself over all its days.
        """
        return self._by_interval(self.above, sums), self._by_interval(self.below, sums)

    def _by_interval(self, rows: Rows, sums: Floats) -> Floats:
        n = self.places.intervals
        of_row = np.repeat(self._goal_of_row, np.diff(rows.first))
        cell = of_row * n + self._interval_of[rows.at]
        added = np.bincount(cell, rows.weights * sums[rows.at], minlength=len(self.goals) * n)
        return np.asarray(added.reshape(len(self.goals), n), dtype=np.float64)

    def weights(self, k: int) -> tuple[Floats, Floats]:
        """Weights of goal k on the contact sums, stream × interval × column: (above, below)."""
        out = np.zeros((2, self.places.size))
        for side, rows in enumerate((self.above, self.below)):
            for j in range(self.first_row[k], self.first_row[k + 1]):
                mine = slice(rows.first[j], rows.first[j + 1])
                np.add.at(out[side], rows.at[mine], rows.weights[mine])
        above, below = (self.places.split(side)[0] for side in out)
        return np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)

    @property
    def _goal_of_row(self) -> Integers:
        return np.repeat(np.arange(len(self.goals)), np.diff(self.first_row))

    @property
    def _signs(self) -> Floats:
        return np.array([1.0 if goal.at_least else -1.0 for goal in self.goals])

    @property
    def scale(self) -> Floats:
        return np.array([1.0 if goal.unit == "share" or goal.required <= 0.0 else goal.required for goal in self.goals])


def _within(goal: Goal, value: Floats) -> npt.NDArray[np.bool_]:
    if goal.quantile is not None:
        return value >= goal.quantile
    return value >= goal.limit if goal.bound == "min" else value <= goal.limit


def goals(scenario: Scenario, layout: Layout, timeline: Timeline) -> Goals:
    """The goals of a scenario's `optimize` block, or of its queues' targets where it has none.

    Days and intervals that are closed all the time are left out. ValueError for a figure that cannot be a goal, and
    a scope or name it does not have.
    """
    found: list[Goal] = []
    for rule in optimizing(scenario).rules:
        found += _of_rule(rule, scenario, layout, timeline)
    found += _floors(found, scenario, layout, timeline)
    return of_goals(tuple(dict.fromkeys(found)), scenario, layout)


def _floors(found: Sequence[Goal], scenario: Scenario, layout: Layout, timeline: Timeline) -> Iterator[Goal]:
    """The least SL of every open interval, where the rules say nothing of single intervals."""
    asked = optimizing(scenario)
    shares = {name: one.target.sl.share for name, one in scenario.queues.items() if one.target and one.target.sl}
    ruled = any(goal.figure == "sl" and goal.span in layout.labels for goal in found)
    if timeline.steady or ruled or not shares or asked.floor <= 0.0 or asked.objective != ("min", "cost"):
        return
    limit = round(asked.floor * min(shares.values()), 4)
    whole = len(shares) == len(scenario.queues)
    for name in ["total"] if whole else shares:
        for span in _spans("interval", layout, timeline):
            when = _when(span, timeline.days == 1)
            yield Goal("sl", "total" if whole else "queue", name, span, "min", limit, when=when, floor=True)


def promised(queue: Queue, name: str) -> list[Target]:
    """The targets of one queue as figures with a bound."""
    target, out = queue.target, list[Target]()
    for figure, key in OF_TARGET.items():
        given = getattr(target, key) if target is not None else None
        if given is None:
            continue
        if figure == "sl":
            out.append(Target(name, figure, "min", given.share))
        elif figure == "fcr_true":
            out.append(Target(name, figure, "min", given.min))
        else:
            out.append(Target(name, figure, "max", given.max))
    return out


def _of_rule(rule: Rule, scenario: Scenario, layout: Layout, timeline: Timeline) -> Iterator[Goal]:
    spans = _spans(rule.each, layout, timeline)
    for scope, name, figure, bound, limit in _wanted(rule, scenario, layout):
        for span in spans:
            when = _when(span, timeline.days == 1 and not timeline.steady)
            yield Goal(figure, scope, name, span, bound, limit, rule.on_days, rule.quantile, when)


def _wanted(
    rule: Rule, scenario: Scenario, layout: Layout
) -> Iterator[tuple[str, str, str, Literal["min", "max"], float]]:
    """Scope, name, figure, bound and limit of everything a rule asks for."""
    if rule.targets:
        for name, queue in scenario.queues.items():
            for one in promised(queue, name):
                yield "queue", name, one.figure, one.bound, one.limit
        return
    figure, (scope, _, name) = str(rule.figure), rule.scope.partition(":")
    for one_name in [name] if name else names_of(scope, layout):
        limit = rule.limit
        if isinstance(limit, str):
            own = [one for one in promised(scenario.queues[one_name], one_name) if one.figure == figure]
            if not own:
                continue
            limit = own[0].limit
        yield scope, one_name, figure, rule.bound, limit


def _when(span: str, one_day: bool) -> str:
    """A span as a planner says it."""
    if span == "total":
        return ""
    return when(span, day=not one_day)


def _spans(each: str, layout: Layout, timeline: Timeline) -> list[str]:
    if each == "interval":
        return [label for label, is_open in zip(layout.labels, timeline.open_mask, strict=True) if is_open]
    if each == "day":
        return [layout.days[d] for d in sorted(set(layout.day_of[timeline.open_mask].tolist()))]
    return ["total"]


def of_goals(wanted: Sequence[Goal], scenario: Scenario, layout: Layout, limits: Sequence[float] = ()) -> Goals:
    """Goals made ready to be read; `limits` are further times (s) whose waits the vector is to count.

    ValueError for a figure, scope, name or span that does not exist.
    """
    limits = sorted({*limits, *(goal.limit for goal in wanted if goal.quantile is not None)})
    space = places(layout, limits)
    weigher = Weigher(scenario, layout, space)
    first_row, sides = [0], list[list[tuple[Integers, Floats]]]()
    for goal in wanted:
        rows = weigher.rows(goal)
        sides += rows
        first_row.append(first_row[-1] + len(rows))
    above, below = (stacked([side[n] for side in sides]) for n in range(2))
    return Goals(tuple(wanted), space, np.array(first_row), above, below, space.interval_of())
