"""One agent or shift more or less, and one point more or less: looked for by differences, then simulated again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.metrics.confidence_intervals import paired_difference
from cxsim.optimizer.advice.advice import SCREENED, TRIED, Adviser, Tried, differences
from cxsim.optimizer.advice.rivals import rival
from cxsim.optimizer.problem.goals import of_goals
from cxsim.optimizer.search.cuts import Region, propose
from cxsim.optimizer.search.gradient import Slopes, slopes
from cxsim.optimizer.search.points import Point, prices_of

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.problem.goals import Goals
    from cxsim.optimizer.problem.structure import Structure

Floats = npt.NDArray[np.float64]

MOST_TRIED = 5  # additions, and removals, that are simulated again
ROUNDS = 8  # of solving again for one point more
KEPT = 0.005  # room that a goal keeps, where it has as much
NEAR = 0.002  # of a share: so near is met


def effects(adviser: Adviser, levels: Floats) -> Slopes:
    """What one agent more or less does to the goals and figures of an Adviser at levels (G, I)."""
    n = max(8, adviser.n // 4)
    extended = replace(adviser.problem, goals=adviser.goals, trials=adviser.trials)
    return slopes(extended, np.rint(levels), range(SCREENED, SCREENED + n))


def column_effects(structure: Structure, found: Slopes) -> tuple[Floats, Floats, Floats]:
    """What one more of each column brings, and one less takes (rows × N each), and money by one more (N,)."""
    up, down = (np.asarray(side.reshape(len(side), -1) @ structure.cover) for side in (found.up, found.down))
    return up, down, np.asarray(found.money_up.ravel() @ structure.cover)


def moves(
    adviser: Adviser, x: Floats, base: Tried, slack: Floats, low: Floats, found: Slopes
) -> tuple[pd.DataFrame, Floats | None]:
    """The best single additions and the cheapest removals, simulated again with paired intervals.

    Additions are those that bring the most SL for their money, removals those that lose the least for theirs, by the
    differences; `slack` (K,) is that of the certificate and `low` (K,) its bounds, to which the paired change is added.
    The columns of the table are `cxsim.schema.plan_tables.MOVE_COLUMNS`. Beside it: the plan without all whom the goals
    can do without at once and who save money, by those bounds; None if there is nobody.
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
            row = _moved(adviser, structure.plan(moved), again, slack, low)
            staff = structure.cost_of(moved) - structure.cost_of(x)
            cost = [float(part) + staff for part in row.pop("outcome")]
            if step < 0.0 and row["met"] and cost[2] < 0.0:
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
    return pd.DataFrame(rows), _without(adviser, x, again, (slack, low), [j for _, j in sorted(spared)])


def _without(
    adviser: Adviser, x: Floats, again: Tried, known: tuple[Floats, Floats], columns: list[int]
) -> Floats | None:
    """`x` with one less of each of these columns, as far as the goals hold without all of them; None if of none."""
    structure, out = adviser.problem.structure, None
    for j in columns:
        fewer = (x if out is None else out).copy()
        fewer[j] -= 1.0
        fewer = structure.complete(fewer)
        if structure.broken(fewer):
            continue
        if out is None or _moved(adviser, structure.plan(fewer), again, *known)["met"]:
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


def _moved(adviser: Adviser, plan: Plan, base: Tried, slack: Floats, low: Floats) -> dict[str, Any]:
    """What a changed plan does, against the plan on the same draws; `met` if the certificate's bounds allow for it."""
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
        "met": bool((low + change - half >= 0.0).all()),
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


def points(
    adviser: Adviser, x: Floats, base: Tried, slack: Floats, found: Slopes, *, solver: str = "highs"
) -> pd.DataFrame:
    """What one more point of SL and of FCR costs near the plan, and what one less saves; simulated, with intervals.

    Where goals are set on the figure, all of them are tightened (or relaxed) by a point; else the total is to rise by
    one while every goal stays met. The staffing is solved again by the slopes at the plan, simulated, and corrected,
    `ROUNDS` times, as it is for no change at all, from which differences are taken. The price is the change of cost
    over the change of the figure's total. Columns as `cxsim.optimizer.optimization_result.POINT_COLUMNS`.
    """
    goals = adviser.problem.goals.goals
    rows = []
    still = _near(adviser, x, found, np.zeros(adviser.n_goals), None, 0.0, solver)
    before = x if still is None else still
    again = adviser.tried(rival(adviser.problem, "before", adviser.problem.structure.plan(before)), TRIED)
    for figure in ("sl", "fcr_true"):
        mine = np.array([goal.figure == figure and goal.quantile is None and goal.days is None for goal in goals])
        if math.isnan(float(again.trial.value[adviser.place(figure)])):
            continue
        for step in (0.01, -0.01):
            if mine.any() or step > 0.0:
                rows.append(_point(adviser, before, again, found, figure, step, mine, solver))
    columns = ["figure", "scope", "name", "step", "cost", "low", "high", "reached", "reached_low", "reached_high"]
    return pd.DataFrame(rows, columns=[*columns, "how", "n"])


def _point(
    adviser: Adviser,
    x: Floats,
    base: Tried,
    found: Slopes,
    figure: str,
    step: float,
    mine: npt.NDArray[np.bool_],
    solver: str,
) -> tuple[Any, ...]:
    problem, structure = adviser.problem, adviser.problem.structure
    words = {"sl": "SL", "fcr_true": "FCR"}[figure]
    how = f"every {words} goal a point {'higher' if step > 0.0 else 'lower'}" if mine.any() else "every goal kept"
    target = adviser.place(figure)
    nothing = (figure, "total", "", step, *([math.nan] * 6))
    moved = _near(adviser, x, found, np.where(mine, step, 0.0), None if mine.any() else target, step, solver)
    if moved is None or np.array_equal(moved, x):
        return (*nothing, f"{how}: not found near this plan", base.trial.n)
    tried = adviser.tried(rival(problem, "changed", structure.plan(moved)), TRIED)
    by = differences(base.trial, tried.trial)
    reached = [float(part[target]) for part in by]
    outcome = paired_difference(base.trial.outcome, tried.trial.outcome)
    cost = structure.cost_of(moved) - structure.cost_of(x) + np.array([float(part) for part in outcome])
    if reached[0] * step <= 0.0 or reached[1] * reached[2] <= 0.0:
        return (*nothing[:7], *reached, f"{how}: the change is too small to price", base.trial.n)
    one = abs(step) / np.abs(np.array(reached))
    ends = sorted(float(c * r) for c in cost[1:] for r in one[1:])
    return (figure, "total", "", step, float(cost[0] * one[0]), ends[0], ends[-1], *reached, how, tried.trial.n)


def _near(
    adviser: Adviser, x: Floats, found: Slopes, shift: Floats, extra: int | None, step: float, solver: str
) -> Floats | None:
    """The cheapest plan near `x` whose goals keep their room, up to `KEPT`, above limits moved by `shift` (K,).

    With `extra` that figure is to rise by `step` as well. None where no plan near was seen to do it.
    """
    k = adviser.n_goals
    rows = [*range(k), *([] if extra is None else [extra])]
    problem = replace(adviser.problem, goals=adviser.goals, trials=adviser.trials)
    structure = problem.structure
    slope = replace(found, up=found.up[rows], down=found.down[rows])
    only = replace(
        problem, goals=of_goals([adviser.goals.goals[r] for r in rows], problem.scenario, problem.model.layout)
    )
    block = range(SCREENED, SCREENED + adviser.n)

    def look(columns: Floats) -> Point:
        trial = adviser.trials.run(structure.plan(columns), block)
        money = structure.cost_of(columns) + float(trial.outcome.mean())
        part = replace(trial, goals=only.goals, above=trial.above[:, rows], below=trial.below[:, rows])
        return Point(columns, structure.levels(columns), part, money)

    at = first = look(x)
    room = np.minimum(first.slack[:k], KEPT) + shift
    wanted = room if extra is None else np.append(room, first.slack[k] + step)
    price = 2.0 * prices_of(only, slope)
    kappa, budget = np.full(len(rows), 1.2), max(12.0, 0.04 * float(at.levels.sum()))
    for _ in range(ROUNDS):
        proposal = propose(only, at, slope, Region(1.0, budget, kappa), wanted, price, solver=solver)
        if proposal is None:
            break
        new = look(structure.complete(np.rint(proposal.x)))
        lost, really = at.slack - proposal.slack, at.slack - new.slack
        kappa = np.where(
            lost > 1e-3, np.clip(kappa * np.clip(really / np.maximum(lost, 1e-9), 0.7, 1.6), 1.0, 4.0), kappa
        )
        if new.merit(wanted, price) < at.merit(wanted, price) - 1e-9:
            at, budget = new, 1.5 * budget
        else:
            budget = max(2.0, 0.5 * budget)
    return at.x if bool((at.slack >= wanted - NEAR).all()) else None
