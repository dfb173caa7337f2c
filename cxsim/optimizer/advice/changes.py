"""One agent or shift more or less, and one point more or less: looked for by differences, then simulated again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.metrics.confidence_intervals import paired_difference
from cxsim.optimizer import deadline
from cxsim.optimizer.advice.advice import SCREENED, TRIED, Adviser, Tried, differences
from cxsim.optimizer.advice.rivals import rival
from cxsim.optimizer.search.gradient import Slopes, slopes
from cxsim.optimizer.search.mending import thinned, topped_up

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.goals import Goals
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.problem.structure import Structure

Floats = npt.NDArray[np.float64]

MOST_TRIED = 5  # additions, and removals, that are simulated again
MOST_OF_IT = 0.7  # of the time that is left, which slopes may take


def time_for_effects(adviser: Adviser) -> bool:
    """Whether a deadline leaves time for `effects`, and for what is done with them, at the pace of the plans so far."""
    problem, trials = adviser.problem, adviser.trials
    colours = 1 if problem.model.timeline.steady else problem.params.slope_spacing
    asked = _screened_on(adviser) * (2 * colours * len(problem.structure.groups) + 1)
    pace = trials.seconds_run / max(trials.replications_run, 1)
    return asked * pace <= MOST_OF_IT * deadline.left()


def _screened_on(adviser: Adviser) -> int:
    return max(8, adviser.n // 4)


def effects(adviser: Adviser, levels: Floats) -> Slopes:
    """What one agent more or less does to the goals and figures of an Adviser at levels (G, I)."""
    n = _screened_on(adviser)
    extended = replace(adviser.problem, goals=adviser.goals, trials=adviser.trials)
    return slopes(extended, np.rint(levels), range(SCREENED, SCREENED + n))


def column_effects(structure: Structure, found: Slopes) -> tuple[Floats, Floats, Floats]:
    """What one more of each column brings, and one less takes (rows × N each), and money by one more (N,)."""
    up, down = (np.asarray(side.reshape(len(side), -1) @ structure.cover) for side in (found.up, found.down))
    return up, down, np.asarray(found.money_up.ravel() @ structure.cover)


def moves(
    adviser: Adviser, x: Floats, base: Tried, slack: Floats, lows: tuple[Floats, Floats], found: Slopes
) -> tuple[pd.DataFrame, Floats | None]:
    """The best single additions and the cheapest removals, simulated again with paired intervals.

    Additions are those that bring the most SL for their money, removals those that lose the least for theirs, by the
    differences; `slack` (K,) is that of the certificate, and `lows` are its bounds (K,) and those that another proof
    would need, to which the paired change is added. The columns of the table are
    `cxsim.schema.plan_tables.MOVE_COLUMNS`. Beside it: the plan without everybody the goals do not need, by
    the second bounds, and who save money; None if there is nobody.
    """
    problem = adviser.problem
    structure = problem.structure
    up, down, money = column_effects(structure, found)
    place = adviser.place("sl")
    covers = np.diff(structure.cover.tocsc().indptr) > 0
    price = structure.cost + money
    rows = []
    spared: list[tuple[float, int]] = []
    again = adviser.tried(base.rival, TRIED)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = {
            1.0: np.where(price > 0.0, up[place] / price, up[place]),
            -1.0: np.where(price > 0.0, down[place] / price, 0.0),
        }
    for kind, step in (("addition", 1.0), ("removal", -1.0)):
        room = (x + step <= structure.high + 1e-9) & (x + step >= structure.low - 1e-9) & (x + step >= 0.0)
        allowed = np.flatnonzero(room & covers)
        order = allowed[np.argsort(-step * worth[step][allowed], kind="stable")]
        for j in _apart(structure, order, MOST_TRIED):
            moved = x.copy()
            moved[j] += step
            moved = structure.complete(moved)
            if structure.broken(moved):
                continue
            row = _moved(adviser, structure.plan(moved), again, slack, lows)
            staff = structure.cost_of(moved) - structure.cost_of(x)
            cost = [float(part) + staff for part in row.pop("outcome")]
            if row.pop("provable") and step < 0.0 and cost[2] < 0.0:
                spared.append((cost[0], j))
            group, start, what = _place(adviser, j)
            title = f"one {'more' if step > 0 else 'less'} {what}"
            rows.append(
                {
                    "kind": kind,
                    "title": title,
                    "group": group,
                    "start": start,
                    "agents": int(step),
                    "cost": cost[0],
                    "cost_low": cost[1],
                    "cost_high": cost[2],
                    **row,
                }
            )
    return pd.DataFrame(rows), _without(adviser, x, again, (slack, lows), [j for _, j in sorted(spared)])


def _without(
    adviser: Adviser, x: Floats, again: Tried, known: tuple[Floats, tuple[Floats, Floats]], columns: list[int]
) -> Floats | None:
    """`x` with one less of each of these columns, as far as the goals hold without all of them; None if of none."""
    structure, out = adviser.problem.structure, None
    for j in columns:
        fewer = (x if out is None else out).copy()
        fewer[j] -= 1.0
        fewer = structure.complete(fewer)
        if structure.broken(fewer):
            continue
        if out is None or _moved(adviser, structure.plan(fewer), again, *known)["provable"]:
            out = fewer
    return out


def _apart(structure: Structure, order: npt.NDArray[np.int64], most: int) -> list[int]:
    """The first of an order, no group more than half of them, so that the list says more than one thing."""
    cover = structure.cover.tocsc()
    out: list[int] = []
    count: dict[int, int] = {}
    for j in order:
        group = int(cover.indices[cover.indptr[j]]) // structure.n_intervals
        if count.get(group, 0) < max(1, (most + 1) // 2) or len(structure.groups) == 1:
            out.append(int(j))
            count[group] = count.get(group, 0) + 1
        if len(out) == most:
            break
    return out


def units(goals: Goals) -> Floats:
    """From a value to a slack."""
    return np.array([1.0 if g.unit == "share" or g.required <= 0.0 else 1.0 / g.required for g in goals.goals])


def _moved(adviser: Adviser, plan: Plan, base: Tried, slack: Floats, lows: tuple[Floats, Floats]) -> dict[str, Any]:
    """What a changed plan does, against the plan on the same draws.

    `met` if the certificate's bounds, the first of `lows`, allow for it; `provable` if the second ones do.
    """
    tried = adviser.tried(rival(adviser.problem, "changed", plan), TRIED)
    by = differences(base.trial, tried.trial)
    out: dict[str, Any] = {"outcome": paired_difference(base.trial.outcome, tried.trial.outcome)}
    for figure in ("sl", "fcr_true"):
        k = adviser.place(figure)
        out |= {
            name: float(part[k]) for name, part in zip((figure, f"{figure}_low", f"{figure}_high"), by, strict=True)
        }
    change = adviser.slack(tried.trial) - adviser.slack(base.trial)
    half = np.nan_to_num(np.abs(by.high - by.low)[: adviser.n_goals] / 2.0 * units(adviser.goals)[: adviser.n_goals])
    after = slack + change
    worst = int(np.argmin(after)) if len(after) else 0
    titles = [goal.title for goal in adviser.problem.goals.goals]
    out |= {
        "worst": titles[worst] if titles else "",
        "slack": float(after[worst]) if titles else math.nan,
        "slack_low": float(after[worst] - half[worst]) if titles else math.nan,
        "met": bool((lows[0] + change - half >= 0.0).all()),
        "provable": bool((lows[1] + change - half >= 0.0).all()),
        "n": tried.trial.n,
    }
    return out


def _place(adviser: Adviser, j: int) -> tuple[str, str, str]:
    """Group, start and words of a column."""
    structure, labels = adviser.problem.structure, adviser.problem.model.layout.labels
    cover = structure.cover.tocsc()
    cells = cover.indices[cover.indptr[j] : cover.indptr[j + 1]]
    group, first = structure.groups[int(cells[0]) // structure.n_intervals], int(cells.min()) % structure.n_intervals
    if adviser.problem.model.timeline.steady:
        return group, "", f"in {group}"
    if structure.kind == "headcounts":
        one_day = adviser.problem.model.timeline.days == 1
        return (
            group,
            labels[first],
            f"in {group} at {labels[first][11:] if one_day else labels[first].replace('T', ' ')}",
        )
    return group, labels[first], f"of {structure.names[j]}"


def points(adviser: Adviser, x: Floats, base: Tried, slack: Floats, found: Slopes) -> pd.DataFrame:
    """What one more point of SL and of FCR costs near the plan, and what one less saves; simulated, with intervals.

    Where goals are set on the figure, all of them are tightened (or relaxed) by a point; else the total is to rise by
    one while every goal stays met. People are added (or taken) by the slopes at the plan until simulation says that
    this is so. `slack` (K,) is what the certificate proves; the plan is thinned first by what of it is spare, and
    differences are taken from there. The price is the change of cost over the change of the figure's total. Columns as
    `cxsim.optimizer.optimization_result.POINT_COLUMNS`.
    """
    extended = replace(adviser.problem, goals=adviser.goals, trials=adviser.trials)
    near = _Near(extended, found.calmed(), x, base.trial, _padded(adviser, np.maximum(slack, 0.0), np.inf))
    again = adviser.tried(rival(adviser.problem, "before", adviser.problem.structure.plan(near.x)), TRIED)
    rows = []
    for figure in ("sl", "fcr_true"):
        goals = adviser.problem.goals.goals
        mine = np.array([goal.figure == figure and goal.quantile is None and goal.days is None for goal in goals])
        now = float(again.trial.value[adviser.place(figure)])
        if math.isnan(now):
            continue
        for step in (0.01, -0.01):
            if now + step > 1.0 and not mine.any():  # there is no such point
                continue
            if mine.any() or step > 0.0:
                rows.append(_point(adviser, near, again, figure, step, mine))
    columns = ["figure", "scope", "name", "step", "cost", "low", "high", "reached", "reached_low", "reached_high"]
    return pd.DataFrame(rows, columns=[*columns, "how", "n"])


class _Near:
    """A plan without the people that its proof does not need; one more point is priced from there."""

    def __init__(self, problem: Problem, found: Slopes, x: Floats, known: Trial, spare: Floats) -> None:
        self.problem, self.found = problem, found
        fewer = thinned(problem, found, x, known, spare)
        self.x, self.trial, self.spare = x, known, spare
        if fewer is not None:
            self.x, self.trial = fewer, problem.trials.run(problem.structure.plan(fewer), known.replications)
            self.spare = spare + np.nan_to_num(self.trial.slack - known.slack)

    def moved(self, shift: Floats) -> Floats | None:
        """The plan with people (or without) until all goals keep their limits, moved by `shift` (rows,)."""
        if not (shift > 0.0).any():
            return thinned(self.problem, self.found, self.x, self.trial, self.spare - shift)
        lacking = np.where(np.isinf(self.spare) & (shift > 0.0), shift, shift - self.spare)
        return topped_up(self.problem, self.found, self.x, self.trial, lacking) if (lacking > 0.0).any() else None


def _padded(adviser: Adviser, of_goals: Floats, rest: float) -> Floats:
    """A value for each goal (K,), and one for every figure of an Adviser."""
    return np.concatenate([of_goals, np.full(len(adviser.figures), rest)])


def _point(
    adviser: Adviser, near: _Near, base: Tried, figure: str, step: float, mine: npt.NDArray[np.bool_]
) -> tuple[Any, ...]:
    problem, structure = adviser.problem, adviser.problem.structure
    words = {"sl": "SL", "fcr_true": "FCR"}[figure]
    how = f"every {words} goal a point {'higher' if step > 0.0 else 'lower'}" if mine.any() else "every goal kept"
    target = adviser.place(figure)
    nothing = (figure, "total", "", step, *([math.nan] * 6))
    shift = _padded(adviser, np.where(mine, step, 0.0), 0.0)
    if not mine.any():
        shift[target] = step
    moved = near.moved(shift)
    if moved is None:
        return (*nothing, f"{how}: not found near this plan", base.trial.n)
    tried = adviser.tried(rival(problem, "changed", structure.plan(moved)), TRIED)
    by = differences(base.trial, tried.trial)
    reached = [float(part[target]) for part in by]
    outcome = paired_difference(base.trial.outcome, tried.trial.outcome)
    cost = structure.cost_of(moved) - structure.cost_of(near.x) + np.array([float(part) for part in outcome])
    if reached[0] * step <= 0.0 or reached[1] * reached[2] <= 0.0:
        return (*nothing[:7], *reached, f"{how}: the change is too small to price", base.trial.n)
    one = abs(step) / np.abs(np.array(reached))
    ends = sorted(float(c * r) for c in cost[1:] for r in one[1:])
    return (figure, "total", "", step, float(cost[0] * one[0]), ends[0], ends[-1], *reached, how, tried.trial.n)
