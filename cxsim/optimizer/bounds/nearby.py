"""Whether a change of one or two agents or shifts makes a plan cheaper: what the simulation says near the plan.

Cheaper changes are one less, and one less of one kind with one more of a cheaper kind; two less keep no goal that one
less breaks. All are ranked by the slopes at the plan, and those that break their goals least are simulated on the same
draws as the plan. A change counts only if it would keep the proof: the slack that was proved, moved by the paired
difference, stays at 0 or above for every goal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.advice.advice import Adviser, Tried, differences
from cxsim.optimizer.advice.changes import column_effects, units
from cxsim.optimizer.advice.rivals import rival
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.schema.plan_tables import Nearby

if TYPE_CHECKING:
    from cxsim.optimizer.search.gradient import Slopes

Floats = npt.NDArray[np.float64]

BEGINS = 6_500_000  # the first replication on which changes are simulated
MOST = 16  # changes that are simulated
CONFIDENCE = 0.95  # that all that are said to break a goal do
COLUMNS = 400  # with the least loss, and with the most gain, of which pairs are looked at


@dataclass(frozen=True)
class Change:
    """One less of column `less`, one more of `more` (-1: of none), and the slack that the slopes expect."""

    less: int
    more: int
    expected: float


def nearby(
    adviser: Adviser, x: Floats, base: Tried, slack: Floats, found: Slopes, spared: list[Floats] | None = None
) -> Nearby:
    """What changes of up to two agents or shifts of columns `x` (N,) do; `slack` (K,) is proved, `found` the slopes.

    Fewer are simulated where a deadline comes first. The plan after the best change that keeps the proof goes to
    `spared`.
    """
    problem, k = adviser.problem, adviser.n_goals
    structure = problem.structure
    cheaper = sorted(_cheaper(adviser, x, slack, found), key=lambda one: -one.expected)
    z = NormalDist().inv_cdf(1.0 - (1.0 - CONFIDENCE) / max(1, min(MOST, len(cheaper))))
    again = None
    worse = unclear = kept = 0
    best, saving, after_it = "", 0.0, None
    for one in cheaper:
        moved = _moved(x, one)
        moved = structure.complete(moved)
        cost = structure.cost_of(moved) - structure.cost_of(x)
        if cost >= -1e-9 * abs(structure.cost_of(x)) or structure.broken(moved):
            continue
        if worse + unclear + kept == MOST:
            break
        try:
            again = adviser.tried(base.rival, BEGINS) if again is None else again
            tried = adviser.tried(rival(problem, "changed", structure.plan(moved)), BEGINS)
        except TimeUp:
            break
        cost += float(tried.trial.outcome.mean() - again.trial.outcome.mean())
        after = slack + adviser.slack(tried.trial) - adviser.slack(again.trial)
        by = differences(again.trial, tried.trial)
        error = np.nan_to_num((by.high - by.low)[:k] / 2.0 / NormalDist().inv_cdf(0.975) * units(adviser.goals)[:k])
        if cost >= 0.0 or bool((after + z * error < 0.0).any()):
            worse += 1
        elif bool((after >= 0.0).all()):
            kept += 1
            if -cost > saving:
                best, saving, after_it = _title(adviser, one), -cost, moved
        else:
            unclear += 1
    if spared is not None and after_it is not None:
        spared.append(after_it)
    n = 0 if again is None else again.trial.n
    return Nearby(len(cheaper), worse, unclear, kept, best, saving, CONFIDENCE, n)


def _moved(x: Floats, one: Change) -> Floats:
    out = np.array(x, dtype=np.float64)
    out[one.less] -= 1.0
    if one.more >= 0:
        out[one.more] += 1.0
    return out


def _cheaper(adviser: Adviser, x: Floats, slack: Floats, found: Slopes) -> Iterator[Change]:
    """Every change of one or two columns that costs less, with the least slack that the slopes expect after it."""
    structure, k = adviser.problem.structure, adviser.n_goals
    up, down, _ = column_effects(structure, found)
    up, down = up[:k], down[:k]
    staffed = structure.integer & (np.diff(structure.cover.tocsc().indptr) > 0)
    price = structure.cost
    fewer = np.flatnonzero(staffed & (x >= structure.low + 1.0 - 1e-9) & (x >= 1.0 - 1e-9) & (price > 0.0))
    more = np.flatnonzero(staffed & (x <= structure.high - 1.0 + 1e-9))
    alone = (slack[:, None] - down[:, fewer]).min(axis=0, initial=np.inf)
    for j, expected in zip(fewer, alone, strict=True):
        yield Change(int(j), -1, float(expected))
    fewer = fewer[np.argsort(-alone, kind="stable")[:COLUMNS]]
    more = more[np.argsort(-up[:, more].max(axis=0, initial=0.0), kind="stable")[:COLUMNS]]
    for j in fewer:
        cheap = more[price[more] < price[j] - 1e-9 * price[j]]
        after = (slack - down[:, j])[:, None] + up[:, cheap]
        for m, expected in zip(cheap, after.min(axis=0, initial=np.inf), strict=True):
            yield Change(int(j), int(m), float(expected))


def _title(adviser: Adviser, one: Change) -> str:
    names = adviser.problem.structure.names
    return f"one less {names[one.less]}" + (f", one more {names[one.more]}" if one.more >= 0 else "")
