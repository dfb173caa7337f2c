"""Small changes of a plan that was simulated at length: people added where goals lack slack, taken where it is spare.

Everything is decided on one set of days. By the slopes several people are added (or taken) at once, for all goals
together; a few of the same days, paired with the plan's own trial, then say what that really brought, and the slopes
are scaled by it. Only the plan that comes out is simulated at length again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.gradient import Slopes

Floats = npt.NDArray[np.float64]

SPARE = 0.5  # of the slack of a goal that lacks none, which a top-up may seem to cost it


@dataclass(frozen=True, eq=False)
class Columns:
    """What one more of each column brings and one less takes (K, N each), its cost, and the saving of one less (N,)."""

    up: Floats
    down: Floats
    money: Floats
    saved: Floats

    def after(self, moved: Floats) -> Columns:
        """The same once columns have so many more (or less): each one more brings half, each one less takes double."""
        up, down = self.up * 0.5 ** np.maximum(moved, 0.0), self.down * 2.0 ** np.maximum(-moved, 0.0)
        return Columns(up, down, self.money, self.saved)


def columns_of(problem: Problem, found: Slopes) -> Columns:
    """The slopes of the columns of a problem's structure."""
    cover = problem.structure.cover
    up, down = (np.asarray(side.reshape(len(side), -1) @ cover) for side in (found.up, found.down))
    money = problem.structure.cost + np.asarray(found.money_up.ravel() @ cover)
    saved = problem.structure.cost - np.asarray(found.money_down.ravel() @ cover)
    return Columns(up, down, np.maximum(money, 1e-9), saved)


def added(problem: Problem, found: Columns, x: Floats, lacking: Floats) -> Floats | None:
    """`x` with those added who, by the slopes, bring the most of the slack (K,) that is lacking for their money.

    One of a column at once: the second in the same half-hour brings less than the first, and slopes do not know it.
    """
    structure = problem.structure
    left, out = np.maximum(lacking, 0.0), np.array(x, dtype=np.float64)
    usable = structure.integer & (found.up > 0.0).any(axis=0) & (out + 1.0 <= structure.high + 1e-9)
    weight = 1.0 / np.maximum(lacking, 1e-9) * (lacking > 0.0)
    for _ in range(problem.params.most_added):
        brought = np.minimum(np.maximum(found.up, 0.0), left[:, None])
        relief = np.where(usable, (brought * weight[:, None]).sum(axis=0) / found.money, 0.0)
        best = int(np.argmax(relief))
        if relief[best] <= 0.0:
            break
        tried = out.copy()
        tried[best] += 1.0
        tried = structure.complete(tried)
        if structure.broken(tried):
            usable[best] = False
            continue
        usable[best] = False
        out, left = tried, np.maximum(left - found.up[:, best], 0.0)
    return None if np.array_equal(out, x) else out


def taken(problem: Problem, found: Columns, x: Floats, spare: Floats, most: int) -> Floats | None:
    """`x` without those, `most` at most, whose money is much for the slack (K,) lost, as far as `spare` allows.

    One of a column at once, as in `added`.
    """
    structure = problem.structure
    left, out, loss = np.array(spare, dtype=np.float64), np.array(x, dtype=np.float64), np.maximum(found.down, 0.0)
    usable = structure.integer & (structure.cost > 0.0) & (found.saved > 0.0)
    for _ in range(most):
        fits = usable & (out >= structure.low + 1.0 - 1e-9) & (loss <= left[:, None]).all(axis=0)
        if not fits.any():
            break
        used = (loss / np.maximum(left, 1e-9)[:, None]).max(axis=0)
        best = int(np.argmax(np.where(fits, found.money / (used + 1e-6), -np.inf)))
        tried = out.copy()
        tried[best] -= 1.0
        tried = structure.complete(tried)
        if structure.broken(tried) or structure.cost_of(tried) >= structure.cost_of(out):
            usable[best] = False
            continue
        usable[best] = False
        out, left = tried, left - loss[:, best]
    return None if np.array_equal(out, x) else out


def few_of(known: Trial, problem: Problem) -> int:
    """How many of a trial's replications changes are looked at on."""
    return min(known.n, int(np.clip(known.n // 4, least_of(problem), problem.params.most_repair)))


def least_of(problem: Problem) -> int:
    """Replications of a plan in a repair, at least: the fewer, the more days each of them counts."""
    return math.ceil(problem.params.least_repair / max(problem.model.timeline.days, 1))


def _paired(problem: Problem, known: Trial) -> Callable[[Floats], tuple[Floats, float]]:
    """What a change of the plan of a trial does to the slack (K,) and to the money of the outcome, on the same days."""
    n = few_of(known, problem)
    before, money = known.first(n).slack, float(known.outcome[:n].mean())

    def change(x: Floats) -> tuple[Floats, float]:
        trial = problem.trials.run(problem.structure.plan(x), known.replications[:n])
        return np.asarray(trial.slack - before), float(trial.outcome.mean()) - money

    return change


def topped_up(
    problem: Problem,
    found: Slopes,
    x: Floats,
    known: Trial,
    lacking: Floats,
    tried: Callable[[Floats], object] | None = None,
) -> Floats | None:
    """`x`, whose trial is `known`, with people until no slack (K,) is lacking; None if that is not found.

    `tried` is told each plan that will do by the slopes, before it is simulated.
    """
    columns, change = columns_of(problem, found), _paired(problem, known)
    out, left, asked = x, np.maximum(lacking, 0.0), np.zeros(len(lacking))
    factor = np.ones(len(lacking))
    # Of several days few are looked at: a goal with slack to spare seems to lose some by chance.
    several = problem.model.timeline.days > 1
    spare = np.where(lacking > 0.0, 0.0, SPARE * np.maximum(known.slack, 0.0)) if several else np.zeros(len(lacking))
    for _ in range(problem.params.repair_rounds):
        more = added(problem, columns.after(out - x), out, factor * left)
        if more is None:
            return None
        asked = asked + factor * left
        out = more
        if tried is not None:
            tried(out)
        gained, _ = change(out)
        left = np.maximum(lacking - gained - spare, 0.0)
        if not left.any():
            return _needed(problem, x, out, lacking, change)
        # Slopes promise too much where they were picked for being large: ask for more of those that were missed.
        with np.errstate(divide="ignore", invalid="ignore"):
            seen = np.where(asked > 0.0, gained / asked, 1.0)
        factor = np.clip(1.0 / np.maximum(np.nan_to_num(seen, nan=1.0), 0.25), 1.0, 4.0)
    return None


def _needed(
    problem: Problem, x: Floats, more: Floats, lacking: Floats, change: Callable[[Floats], tuple[Floats, float]]
) -> Floats:
    """`more` without the groups that were added to `x` in vain: the slack (K,) that was lacking is there without them.

    Looked for where the plan became dear, those that cost the most first.
    """
    structure, params = problem.structure, problem.params
    if structure.cost_of(more) <= (1.0 + params.cheap_repair) * structure.cost_of(x):
        return more
    group_of = (structure.cover.T > 0.0) @ np.repeat(np.eye(len(structure.groups)), structure.n_intervals, axis=0) > 0.0
    added = np.where(structure.integer, np.maximum(more - x, 0.0), 0.0)
    money = (structure.cost * added) @ group_of
    out = more
    if np.count_nonzero(money) < 2:
        return more
    for g in np.argsort(-money)[: params.thin_rounds]:
        if not money[g] > 0.0:
            break
        fewer = structure.complete(np.where(group_of[:, g] & structure.integer, np.minimum(out, x), out))
        if not structure.broken(fewer) and bool((change(fewer)[0] >= lacking)[lacking > 0.0].all()):
            out = fewer
    return out


def thinned(problem: Problem, found: Slopes, x: Floats, known: Trial, spare: Floats) -> Floats | None:
    """`x`, whose trial is `known`, without people whom the goals can do without; None if there are none.

    `spare` (K,) is the slack that may go. Each round takes as many as the slopes allow; where the days say that more
    was lost than may be, half as many are tried.
    """
    columns, change = columns_of(problem, found), _paired(problem, known)
    out, left, most = x, np.array(spare, dtype=np.float64), problem.params.most_thinned
    least = problem.structure.cost_of(x)
    if (left < 0.0).any():
        return None
    for _ in range(problem.params.thin_rounds):
        fewer = taken(problem, columns.after(out - x), out, left, most)
        if fewer is None:
            break
        gained, dearer = change(fewer)
        money = problem.structure.cost_of(fewer) + dearer  # fewer people can cost more: customers whom they would keep
        if (gained >= -spare).all() and money < least:
            out, left, least = fewer, spare + gained, money
        elif most == 1:
            break
        else:
            most = max(1, most // 3)
    return None if np.array_equal(out, x) else out
