"""Tables of an optimum that follow from its plan alone: goals, costs, and the stages of the search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.metrics.confidence_intervals import t_interval
from cxsim.optimizer.advice import advice
from cxsim.optimizer.problem.prices import BUSY_AT_END
from cxsim.scenario.model.optimizing import TERMS
from cxsim.schema.plan_tables import COST_COLUMNS, HISTORY_COLUMNS, empty

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.goals import Goal, Goals
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.problem.stage import Stage

Floats = npt.NDArray[np.float64]

TIGHT = 0.01  # slack, in points of a share or as a part of a limit, below which a goal is tight
TITLES = {
    "wages": "wages",
    "overrun": "overrun",
    "contacts": "cost of contacts",
    "waiting": "waiting",
    "abandonment": "abandonment",
    "unresolved": "unresolved issues",
    "churn": "value of lost customers",
}


def goals_table(goals: Goals, trial: Trial, slack_low: Floats) -> pd.DataFrame:
    """Every goal with its value, the bound that is proved, its slack, and whether it is met and tight."""
    value, slack = trial.value, trial.slack
    rows = []
    for k, goal in enumerate(goals.goals):
        half = (slack[k] - slack_low[k]) * _unit(goal)
        low, high = value[k] - half, value[k] + half
        if goal.unit == "share":
            low, high = max(low, 0.0), min(high, 1.0)
        met = bool(slack_low[k] >= 0.0)
        rows.append(
            (
                goal.title,
                goal.figure,
                goal.scope,
                goal.name if goal.scope != "total" else "",
                goal.span,
                goal.bound,
                goal.limit,
                _nan(goal.days),
                _nan(goal.quantile),
                value[k],
                low,
                high,
                slack[k],
                slack_low[k],
                goal.unit,
                met,
                bool(slack[k] < TIGHT),
            )
        )
    columns = ["goal", "figure", "scope", "name", "span", "bound", "limit", "days", "quantile", "value", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "slack", "slack_low", "unit", "met", "binding"])


def _unit(goal: Goal) -> float:
    return 1.0 if goal.unit == "share" or goal.required <= 0.0 else goal.required


def _nan(value: float | None) -> float:
    return math.nan if value is None else value


def costs_table(problem: Problem, own: advice.Tried, said: list[str]) -> pd.DataFrame:
    """Where the money goes: every term of the objective, and what is priced though it does not count."""
    contacts = own.trial.contacts
    money = problem.prices.split(contacts, own.rival.wages, own.rival.overrun)
    spread = t_interval(own.trial.outcome)
    terms = [term for term in TERMS if term in problem.prices.counted and term not in ("wages", "overrun")]
    alone = [term for term in terms if money[term]]
    rows = []
    for term in TERMS:
        counts = term in problem.prices.counted
        if not counts:
            continue
        low = high = math.nan
        if [term] == alone:
            low, high = float(spread.low), float(spread.high)
        rows.append((term, TITLES[term], money[term], low, high, True))
    real = advice.simulated_overrun(problem, own.trial) if problem.scenario.staff.overrun_paid else 0.0
    rows.append(("overrun_simulated", "overrun as simulated", real, math.nan, math.nan, False))
    if "overrun" in problem.prices.counted and abs(real - money["overrun"]) > 0.005 * (own.rival.wages or 1.0):
        said.append(_overrun(problem, money["overrun"], real))
    return pd.DataFrame(rows, columns=list(COST_COLUMNS))


def _overrun(problem: Problem, expected: float, real: float) -> str:
    """Why `cxsim run` shows another cost for the same plan, and by how much."""
    currency = problem.scenario.currency
    leaving = "end a shift or begin a break" if problem.structure.kind == "shifts" else "leave before closing time"
    more = f"{abs(real - expected):,.2f} {currency} {'higher' if real > expected else 'lower'}"
    return (
        f"`cxsim run` shows a cost {more} for this plan: it counts {real:,.2f} {currency} of overrun, as simulated."
        f" The plan's cost counts {expected:,.2f} {currency}, an estimate ({BUSY_AT_END:.0%} of the agents who"
        f" {leaving} first finish a contact)."
    )


def history_table(history: Sequence[Stage]) -> pd.DataFrame:
    """The search, a row a stage."""
    if not history:
        return empty(HISTORY_COLUMNS)
    return pd.DataFrame(
        [[getattr(stage, name) for name in HISTORY_COLUMNS] for stage in history], columns=list(HISTORY_COLUMNS)
    )
