"""Levers beside staff: five agents, or a knowledge base? Each choice of levers with the cheapest staff for it, proved.

A lever is bought or not; which are is a yes-or-no decision that the staff depends on. There are few, so each choice
has its own search, and all are certified alike: the goals on replications that no search has seen.
"""

from __future__ import annotations

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


@dataclass(frozen=True, eq=False)
class Decision:
    """What each choice of levers costs with the staff that is best for it.

    `table` has a row a choice, the cheapest first: levers (joined by ' + ', '' for none), staff (money over the
    horizon, as the objective counts it), price (of the levers, over the horizon), total, bound (below every staff of
    this choice, the price included; NaN for none), met (goals met), certified. `plans` are the optima by choice.
    """

    scenario: Scenario
    table: pd.DataFrame
    plans: dict[str, Optimum]
    days: float

    @property
    def best(self) -> str:
        """The cheapest choice whose goals are certified; the cheapest of all where none is."""
        sure = self.table[self.table["certified"]]
        return str((sure if len(sure) else self.table).iloc[0]["levers"])


def decide(
    scenario: Scenario,
    *,
    budget: float | None = None,
    seed: int = 1,
    progress: Callable[[str, int, int], object] | None = None,
    **search: Any,
) -> Decision:
    """The cheapest staff without levers, with each alone, and with those together that `budget` (money a year) allows.

    `progress` is told which choice is searched, and how many of how many are done; `search` goes to `optimize`. Raises
    ValueError for a scenario without levers.
    """
    import pandas as pd

    if not scenario.levers:
        raise ValueError("levers: the scenario has none; add levers: {NAME: {use: knowledge_base, cost: 60000}}")
    when = prepare(scenario, seed).timeline
    days = (when.counted_to - when.counted_from) / 86400.0
    choices = list(_choices(scenario, budget))
    rows, plans = [], {}
    for k, names in enumerate(choices):
        key = " + ".join(names)
        if progress is not None:
            progress(key or "no lever", k, len(choices))
        found = optimize(pulled(scenario, names), seed=seed, advise=False, **search)
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
