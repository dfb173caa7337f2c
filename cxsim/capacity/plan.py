"""A capacity plan: what it says of hiring, people, money and risk, by month."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.capacity.futures import Sample
from cxsim.capacity.needs import Needs
from cxsim.capacity.problem import Problem
from cxsim.capacity.recourse import Outcome
from cxsim.report.studies.capacity import plot
from cxsim.report.studies.capacity_folder import save
from cxsim.scenario.model.capacity_units import write_month

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BAND = (0.05, 0.95)
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class CapacityPlan:
    """Hires by month and team, and how they do in futures that were not used to find them.

    Attributes
    ----------
    scenario : Scenario
        What was planned.
    hires : DataFrame
        A row per class: team, decide_by and start (months), people, hiring_cost.
    months : DataFrame
        A row per month: volume, need_fte and have_fte with `_low` and `_high` (5 and 95 %), missed (probability) with
        `missed_low`, `missed_high` and missed_by_rule, verdict, missing_hours, overtime_hours, temps_hours and cost
        (means).
    teams : DataFrame
        A row per month and team: hires, people (mean) with `_low` and `_high`, fte, productive_people (experienced
        people who would do as much).
    compared : DataFrame
        A row per plan (this one, the rule of thumb, no hiring, and the rule with the smallest buffer that keeps the
        promise, if it misses it without): hires, cost with `_low` and `_high`, paid, months
        missed on average, worst month and its probability.
    cost : float
        Mean cost over all months: wages, hiring, overtime and temporary staff, and the price of missing hours.
    bound : float
        The least mean cost of any plan in the futures that were planned with; NaN if the solver gave none.
    gap : float
        (cost in these futures - bound) ÷ cost.
    promise : float or None
        The most probability of missing a month that was asked for; None if missing hours only have a price.
    held : bool
        Whether every month keeps the promise: shown with 95 % confidence over all months, or it cannot be kept by any
        plan and this one keeps it where one can.
    futures : int
        Number of futures in which the plan is judged.
    seed : int
        Random seed.
    messages : tuple of str
        What to know before acting on the plan.
    assumptions : tuple of str
        What the plan rests on.
    """

    scenario: Scenario
    hires: pd.DataFrame
    months: pd.DataFrame
    teams: pd.DataFrame
    compared: pd.DataFrame
    cost: float
    bound: float
    gap: float
    promise: float | None
    held: bool
    futures: int
    seed: int
    messages: tuple[str, ...]
    assumptions: tuple[str, ...]

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write tables, workbook, page and picture into a folder: all or nothing.

        Parameters
        ----------
        folder : str or Path
            Where to; a folder that an earlier capacity plan went to is replaced.
        pictures : bool, default True
            Whether to write the page, the workbook and the picture too.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OSError
            The folder cannot be written, or holds something else.
        """
        return save(self, Path(folder), pictures=pictures)

    def plot(self) -> Figure:
        """Need and headcount by month, hires, and the risk of missing each month.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return plot(self)


def hires_table(hires: Ints, problem: Problem) -> pd.DataFrame:
    """A row per class, in the order of decisions."""
    rows = []
    for t, c in zip(*np.nonzero(hires), strict=True):
        lead = int(problem.lead[t])
        count = int(hires[t, c])
        decide = problem.labels[c - lead]
        rows.append((decide, problem.labels[c], problem.teams[t], count, count * float(problem.hire_cost[t])))
    frame = pd.DataFrame(rows, columns=["decide_by", "start", "team", "people", "hiring_cost"])
    return frame.sort_values(["decide_by", "start", "team"], kind="stable", ignore_index=True)


def months_table(outcome: Outcome, world: Sample, needs: Needs, most: float | None, reachable: Floats) -> pd.DataFrame:
    """A row per month; `reachable` is the probability of missing it with every class as large as it may be."""
    problem = world.problem
    of_fte = fte_hours(problem)
    need, have = world.need.sum(axis=0) / of_fte[:, None], outcome.able.sum(axis=0) / of_fte[:, None]
    low, high = shares_between(outcome.misses(), world.size, len(problem.months))
    frame = pd.DataFrame({"month": problem.labels, "volume": needs.volumes.sum(axis=0)})
    for name, values in (("need_fte", need), ("have_fte", have)):
        frame[name] = values.mean(axis=1)
        frame[f"{name}_low"], frame[f"{name}_high"] = np.quantile(values, BAND, axis=1)
    frame["missed"], frame["missed_low"], frame["missed_high"] = outcome.misses() / world.size, low, high
    frame["verdict"] = [verdict(p, h, most, r) for p, h, r in zip(frame["missed"], high, reachable, strict=True)]
    frame["missing_hours"] = outcome.missing.mean(axis=1)
    frame["overtime_hours"] = outcome.overtime.sum(axis=0).mean(axis=1)
    frame["temps_hours"] = outcome.temps.sum(axis=0).mean(axis=1)
    frame["cost"] = outcome.money.mean(axis=1)
    return frame


def fte_hours(problem: Problem) -> Floats:
    """The productive hours (M,) that 1 FTE, experienced, gives in each month: those of a full-time person."""
    return np.asarray((problem.hours / problem.fte[:, None])[0])


def verdict(missed: float, high: float, most: float | None, reachable: float) -> str:
    """What is shown of a month."""
    if most is None:
        return "priced"
    if high <= most:
        return "kept"
    if reachable > most:
        return "out of reach"
    return "not shown" if missed <= most else "missed"


def shares_between(counts: Ints, size: int, tests: int) -> tuple[Floats, Floats]:
    """Exact limits of shares (Clopper & Pearson 1934), each one-sided, that hold together for all `tests`."""
    from scipy.special import betaincinv

    error = (1.0 - CONFIDENCE) / tests
    k = counts.astype(np.float64)
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), size - k + 1.0, error), 0.0)
    high = np.where(k < size, betaincinv(k + 1.0, np.maximum(size - k, 1), 1.0 - error), 1.0)
    return np.asarray(low), np.asarray(high)


def teams_table(outcome: Outcome, world: Sample, hires: Ints) -> pd.DataFrame:
    """A row per month and team."""
    problem = world.problem
    rows = []
    for t, name in enumerate(problem.teams):
        low, high = np.quantile(outcome.heads[t], BAND, axis=1)
        full = outcome.able[t].mean(axis=1) / problem.hours[t]
        for m, label in enumerate(problem.labels):
            mean = float(outcome.heads[t, m].mean())
            rows.append((label, name, int(hires[t, m]), mean, low[m], high[m], mean * problem.fte[t], full[m]))
    heads = ["month", "team", "hires", "people", "people_low", "people_high", "fte", "productive_people"]
    return pd.DataFrame(rows, columns=heads)


def compared_table(plans: dict[str, tuple[Ints, Outcome]], problem: Problem) -> pd.DataFrame:
    """A row per plan, on the same futures."""
    rows: list[dict[str, Any]] = []
    first = None
    for name, (hires, outcome) in plans.items():
        cost = (outcome.money + outcome.price).sum(axis=0)
        first = cost if first is None else first
        missed = outcome.missed.mean(axis=1)
        worst = int(missed.argmax())
        low, high = np.quantile(cost, BAND)
        more = cost - first
        error = 1.96 * float(more.std(ddof=1)) / np.sqrt(more.size) if more.size > 1 else 0.0
        rows.append(
            {
                "plan": name,
                "hires": int(hires.sum()),
                "cost": float(cost.mean()),
                "cost_low": float(low),
                "cost_high": float(high),
                "paid": float(outcome.money.sum(axis=0).mean()),
                "missing_hours": float(outcome.missing.sum(axis=0).mean()),
                "months_missed": float(missed.sum()),
                "worst_month": write_month(problem.months[worst]),
                "worst_missed": float(missed[worst]),
                "difference": float(more.mean()),
                "difference_low": float(more.mean()) - error,
                "difference_high": float(more.mean()) + error,
            }
        )
    return pd.DataFrame(rows)
