"""A plan of hiring as numbers: months, teams, who serves what, what people cost and how long they stay."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.scenario.checks.capacity import months_of
from cxsim.scenario.model.capacity import Hiring
from cxsim.scenario.model.capacity_units import Leaving, Month, month, write_month

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.capacity import Capacity, Team

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOUR, WEEK = 3600.0, 7 * 86400.0
WEEKS_IN_A_MONTH = 365.25 / 12 / 7


@dataclass(frozen=True, eq=False)
class Problem:
    """T teams, Q queues, M months. Hours are productive hours: on duty, and where they are needed.

    A class of month c can begin if c >= lead; people leave at the end of a month, the first at the end of their
    first month. `stay[t, j]` is the probability that a person of team t, hired here, is there in month j after the
    first; `stay_old` that of the people there on the first day.
    """

    months: tuple[Month, ...]
    days: Floats  # (M,)
    queues: tuple[str, ...]
    teams: tuple[str, ...]
    serves: npt.NDArray[np.bool_]  # (T, Q)
    hours: Floats  # (T, M) of a fully productive person
    pay: Floats  # (T, M) of a person
    fte: Floats  # (T,) of a person
    productivity: Floats  # (T, M) by month after the first
    trained: Floats  # (T, M) as the rule of thumb sees it: no ramp-up
    stay: Floats  # (T, M)
    stay_old: Floats  # (T, M)
    people: Ints  # (T,)
    joining: Ints  # (T, M)
    lead: Ints  # (T,); M where the team does not hire
    at_least: Ints  # (T,)
    at_most: Ints  # (T,)
    hire_cost: Floats  # (T,)
    overtime: Floats  # (T,) most, as a share of the hours of the team
    overtime_cost: Floats  # (T,) per productive hour
    temps: Floats  # (T, M) most productive hours of temporary staff
    temps_cost: Floats  # (T,) per productive hour
    missing_hour: float
    miss: float | None
    currency: str

    @property
    def labels(self) -> list[str]:
        """The months as text."""
        return [write_month(one) for one in self.months]

    def classes(self, t: int) -> range:
        """The months in which a class of team t can begin."""
        return range(int(min(self.lead[t], len(self.months))), len(self.months))


def problem(scenario: Scenario) -> Problem:
    """The numbers of a scenario that has a `capacity` block."""
    asked = scenario.capacity
    assert asked is not None
    months = months_of(asked)
    m = len(months)
    days = np.array([calendar.monthrange(*one)[1] for one in months], dtype=np.float64)
    teams, queues = list(asked.teams.values()), list(scenario.queues)
    shrinkage = np.broadcast_to(np.asarray(asked.shrinkage, dtype=np.float64), (m,))
    serves = np.zeros((len(teams), len(queues)), dtype=bool)
    wage, joining = np.zeros(len(teams)), np.zeros((len(teams), m), dtype=np.int64)
    for t, (name, team) in enumerate(asked.teams.items()):
        for group in team.groups or (name,):
            serves[t] |= [queue in scenario.groups[group].skills for queue in queues]
            wage[t] = scenario.groups[group].wage if team.wage is None else team.wage
        for text, count in team.joining.items():
            joining[t, months.index(month(text))] += count
    week = np.array([asked.full_time if team.hours is None else team.hours for team in teams]) / HOUR
    weeks = days * 86400.0 / WEEK
    hiring = [team.hiring or asked.hiring for team in teams]
    overtime = [team.overtime or asked.overtime for team in teams]
    temps = [team.temps or asked.temps for team in teams]
    full = week[:, None] * weeks
    pay = [1.0 if one is None else one.pay for one in overtime]
    temps_cost = np.array([0.0 if one is None else one.wage / max(one.productivity, 1e-9) for one in temps])
    dearest = max(float(np.max(wage * pay)), float(temps_cost.max(initial=0.0))) / asked.shift_fit
    return Problem(
        months=tuple(months),
        days=days,
        queues=tuple(queues),
        teams=tuple(asked.teams),
        serves=serves,
        hours=full * (1.0 - shrinkage) * asked.shift_fit,
        pay=full * wage[:, None],
        fte=week * HOUR / asked.full_time,
        productivity=np.array([ramp(one, m) for one in hiring]),
        trained=np.array([ramp(one, m, learns=False) for one in hiring]),
        stay=np.array([staying(asked.leaving(team), m) for team in teams]),
        stay_old=np.array([staying(_old(asked, team), m) for team in teams]),
        people=np.array([team.people for team in teams]),
        joining=joining,
        lead=np.array([m if one is None else one.lead_time for one in hiring]),
        at_least=np.array([1 if one is None else one.at_least for one in hiring]),
        at_most=np.array([0 if one is None else one.at_most for one in hiring]),
        hire_cost=np.array([0.0 if one is None else one.cost for one in hiring]),
        overtime=np.array([0.0 if one is None else one.up_to for one in overtime]),
        overtime_cost=wage * np.array(pay) / asked.shift_fit,
        temps=np.array(
            [
                full[t] * asked.shift_fit * (one.at_most * one.productivity if one else 0.0)
                for t, one in enumerate(temps)
            ]
        ),
        temps_cost=temps_cost / asked.shift_fit,
        missing_hour=2.0 * dearest if asked.missing_hour is None else asked.missing_hour,
        miss=asked.miss,
        currency=scenario.currency,
    )


def _old(asked: Capacity, team: Team) -> Leaving:
    rate = asked.leaving(team).others
    return Leaving(rate, rate, 0)


def staying(leaving: Leaving, months: int) -> Floats:
    """The probability (months,) that a person is there in month j after the first; 1 in the first."""
    kept = [1.0 - leaving.hazard(j) for j in range(months - 1)]
    return np.concatenate([[1.0], np.cumprod(kept)])


def ramp(hiring: Hiring | None, months: int, *, learns: bool = True) -> Floats:
    """Mean productivity (months,) in each month after the first day, as a share of full productivity.

    Nothing during training, then the steps of `ramp_up`, each a month long, then 1; `learns=False` leaves them out.
    """
    if hiring is None:
        return np.ones(months)
    training = hiring.training / WEEK / WEEKS_IN_A_MONTH
    steps: Sequence[float] = hiring.ramp_up if learns else ()
    edges = np.concatenate([[0.0], training + np.arange(len(steps) + 1)])
    done = np.concatenate([[0.0], np.cumsum([0.0 * training, *steps])])  # productive months until each edge
    at = np.arange(months + 1, dtype=np.float64)
    total = np.where(at <= edges[-1], np.interp(at, edges, done), done[-1] + (at - edges[-1]))
    return np.diff(total)
