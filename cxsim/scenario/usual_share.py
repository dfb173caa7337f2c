"""The share that counts where a file gives it by time, and how to change it: one rule for levers, what-if and messages.

A file of shares takes the place of the plain `resolution`, `availability` or `shrinkage`. Points and parts of a gap are
those of the mean of the file's rows, and all rows are multiplied by the same factor.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.scenario.model import units
from cxsim.tables.shares import shares

if TYPE_CHECKING:
    from cxsim.scenario.model.by_time import ByTime
    from cxsim.scenario.model.scenario import Horizon, Scenario
    from cxsim.tables.reader import Table

LEAST = 1e-9  # a factor is above 0
PART = {"resolution": "reasons", "availability": "groups", "shrinkage": "groups"}


def by_file(scenario: Scenario, name: str, share: str) -> ByTime | None:
    """What is said of a file of this share of a reason or group; None where the plain share counts."""
    said: ByTime | None = getattr(getattr(scenario, PART[share])[name], f"{share}_by_time")
    return said if said is not None and said.file else None


def file_shares(said: ByTime, owner: str, table: Table, horizon: Horizon) -> tuple[float, float]:
    """The mean and the largest share of a file's rows, with its factors. TableError for a table without them."""
    found = shares(table, said.column or owner, said.unit)
    days = [1.0]
    if said.weekdays and horizon.steady is None:
        on = (horizon.start + timedelta(days=k) for k in range(horizon.days))
        days = [said.weekdays.get(day.weekday(), 1.0) for day in on]
    return (
        float(np.nanmean(found)) * said.factor * sum(days) / len(days),
        float(np.nanmax(found)) * said.factor * max(days),
    )


def usual(scenario: Scenario, name: str, share: str) -> float:
    """The share of a reason or group: the plain one, or the mean of the rows of its file."""
    said = by_file(scenario, name, share)
    if said is None:
        return float(getattr(getattr(scenario, PART[share])[name], share))
    return file_shares(said, name, scenario.table_of(said), scenario.horizon)[0]


def changed_to(scenario: Scenario, name: str, share: str, value: float, most: float = 1.0) -> dict[str, Any]:
    """The changes that make the usual share `value`, as paths and values; no share of a file exceeds `most` by them.

    With a file, the plain share follows, since shares of skills are in proportion to it.
    """
    path = f"{PART[share]}.{name}.{share}"
    said, value = by_file(scenario, name, share), min(max(value, 0.0), most)
    if said is None:
        return {path: units.write_percent(value)}
    mean, largest = file_shares(said, name, scenario.table_of(said), scenario.horizon)
    if mean <= 0.0:
        return {}
    times = max(value / mean, LEAST)
    if share == "shrinkage":  # a chance above 100 % counts as 100 %; a shrinkage of 100 % leaves no agents
        times = min(times, max(most / largest, 1.0))
    plain = getattr(getattr(scenario, PART[share])[name], share)
    return {
        path: units.write_percent(min(plain * times, most) if times > LEAST else plain),
        f"{path}_by_time.factor": units.write_number(said.factor * times),
    }
