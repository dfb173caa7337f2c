"""Levers beside staff: five agents, or a knowledge base? Each choice of levers with the cheapest staff for it, proved.

A lever is bought or not; which are is a yes-or-no decision that the staff depends on. There are few, so each choice
has its own search, and all are certified alike: the goals on replications that no search has seen. A lever changes
little of the work, so the plan without levers is a near start for each of the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxsim.model.prepare import prepare
from cxsim.optimizer.optimize import optimize
from cxsim.studies.levers import YEAR, affordable, pulled

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.scenario import Scenario

NONE = ""  # no lever
LEAST = 0.2  # s that each choice gets, however late it is: a first plan


@dataclass(frozen=True, eq=False)
class Decision:
    """What each choice of levers costs with the staffing that is best for it.

    Attributes
    ----------
    scenario : Scenario
        The scenario without levers applied.
    table : DataFrame
        One row per choice, the cheapest first: levers (joined by ' + ', '' for none), staff (objective, money over the
        horizon), price (of the levers, over the horizon), total, bound (lower bound on the total, NaN without one), met
        (whether all goals are met), certified.
    plans : dict of Optimum
        The optimum of each choice.
    days : float
        Length of the counted time (days).
    """

    scenario: Scenario
    table: pd.DataFrame
    plans: dict[str, Optimum]
    days: float

    @property
    def best(self) -> str:
        """The cheapest choice whose goals are certified; the cheapest of all if none is.

        Returns
        -------
        str
            Levers joined by ' + '; '' for none.
        """
        certified = self.table[self.table["certified"]]
        return str((certified if len(certified) else self.table).iloc[0]["levers"])


def decide(
    scenario: Scenario,
    *,
    budget: float | None = None,
    seed: int = 1,
    seconds: float | None = None,
    progress: Callable[[str, int, int], object] | None = None,
    **search: Any,
) -> Decision:
    """Find the cheapest staffing for each choice of levers: none, each alone, and those that a budget allows together.

    Parameters
    ----------
    scenario : Scenario
        A scenario with `levers` and goals.
    budget : float, optional
        Most that the levers may cost together (money a year); without it only single levers are tried.
    seed : int, default 1
        Random seed.
    seconds : float, optional
        Time limit for all choices together (s). Each choice gets an equal part of what is left.
    progress : callable, optional
        Called as `progress(choice, done, expected)` before each search; what it returns is ignored.
    **search : Any
        Further arguments of `optimize`.

    Returns
    -------
    Decision
        The choices, the cheapest first.

    Raises
    ------
    ScenarioError
        The scenario breaks a rule once a lever is applied.
    Impossible
        A choice of levers cannot meet the goals.
    ValueError
        The scenario has no levers.
    """
    import pandas as pd

    if not scenario.levers:
        raise ValueError("levers: the scenario has none; add levers: {NAME: {use: knowledge_base, cost: 60000}}")
    began = time.perf_counter()
    when = prepare(scenario, seed).timeline
    days = (when.counted_to - when.counted_from) / 86400.0
    choices = list(_choices(scenario, budget))
    rows: list[tuple[str, float, float, float, float, bool, bool]] = []
    plans: dict[str, Optimum] = {}
    for k, names in enumerate(choices):
        key = " + ".join(names)
        if progress is not None:
            progress(key or "no lever", k, len(choices))
        part = None
        if seconds is not None:
            left = seconds - (time.perf_counter() - began)
            part = max(LEAST, left / (len(choices) - k))
        near = {"resume": plans[NONE]} if NONE in plans else {}
        found = optimize(pulled(scenario, names), seed=seed, seconds=part, advise=False, **{**near, **search})
        price = sum(scenario.levers[name].cost for name in names) * days / YEAR
        met = bool(found.goals["met"].all())
        rows.append((key, found.cost, price, found.cost + price, found.bound + price, met, found.certified))
        plans[key] = found
    columns = ["levers", "staff", "price", "total", "bound", "met", "certified"]
    table = pd.DataFrame(rows, columns=columns).sort_values("total", kind="stable").reset_index(drop=True)
    return Decision(scenario, table, plans, days)


def _choices(scenario: Scenario, budget: float | None) -> Iterator[tuple[str, ...]]:
    yield ()
    for name, lever in scenario.levers.items():
        if budget is None or lever.cost <= budget:
            yield (name,)
    if budget is not None:
        yield from affordable(scenario, budget)
