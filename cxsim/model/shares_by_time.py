"""Resolution, availability and shrinkage by interval and weekday: what they are when."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model import by_time
from cxsim.model.by_time import Change
from cxsim.tables.reader import Table, TableError
from cxsim.tables.shares import shares

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.by_time import ByTime
    from cxsim.scenario.model.people import Group
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Level = tuple[float, float, float]  # from, to, agents or a share
KINDS = {"resolution_by_time": "reasons", "availability_by_time": "groups", "shrinkage_by_time": "groups"}


def resolution_factors(scenario: Scenario, timeline: Timeline) -> list[list[Change]]:
    """The factors on the resolution of each reason, and from when on; none where it is always alike."""
    return _changes(scenario, timeline, "resolution_by_time")


def away_gaps(scenario: Scenario, timeline: Timeline) -> list[list[Change]]:
    """The mean time between the away spells of each group, and from when on; none where it is always alike."""
    found = zip(scenario.groups.values(), _changes(scenario, timeline, "availability_by_time"), strict=True)
    return [[(start, gap(group, factor)) for start, factor in own] for group, own in found]


def _changes(scenario: Scenario, timeline: Timeline, key: str) -> list[list[Change]]:
    """The factors on the usual share of each reason or group; those of a file are its shares over the usual one."""
    return [
        [] if (said := getattr(one, key)) is None else _factors(scenario, timeline, name, key, said)
        for name, one in getattr(scenario, KINDS[key]).items()
    ]


def _factors(scenario: Scenario, timeline: Timeline, name: str, key: str, said: ByTime) -> list[Change]:
    usual = float(getattr(getattr(scenario, KINDS[key])[name], key.removesuffix("_by_time")))
    column, place = said.column or name, f"{KINDS[key]}.{name}.{key}"

    def read(table: Table) -> Floats:
        found = shares(table, column, said.unit)
        wrong = np.flatnonzero(found <= 0.0) if key == "availability_by_time" else np.flatnonzero(found >= 1.0)
        if wrong.size and key != "resolution_by_time":
            i = int(wrong[0])
            rule, fix = (
                ("means agents are never available", "write more than 0%, or fewer agents")
                if key == "availability_by_time"
                else ("leaves no agents", "write a shrinkage below 100%")
            )
            raise table.fault(table.lines[i], table.cells[table.need(column)][i], column, rule, fix)
        return found / usual

    fix = "write the share there; a blank cell counts as no row"
    found = by_time.changes(scenario, timeline, place, said, read, fix)
    if key == "shrinkage_by_time" and (most := max(factor for _, factor in found) * usual) >= 1.0:
        rule = f"makes shrinkage {100.0 * most:.4g}%, which leaves no agents"
        raise TableError(place, None, rule, "write smaller factors, or a lower usual shrinkage")
    return found


def gap(group: Group, factor: float = 1.0) -> float:
    """Mean time until an agent goes away, where availability is so many times the usual; infinite for never."""
    there = group.availability * factor
    return math.inf if there >= 1.0 else group.away.mean * there / (1.0 - there)


def availability(scenario: Scenario, timeline: Timeline) -> Floats:
    """The mean availability of each group in each counted interval (G, I), at most 1."""
    return np.minimum(_means(scenario, timeline, "availability_by_time"), 1.0)


class Shrinkage:
    """The shrinkage of each group at any time. TableError for a file that does not fit the horizon."""

    def __init__(self, scenario: Scenario, timeline: Timeline) -> None:
        self._changes: dict[str, list[Change]] = {}
        for (name, group), own in zip(
            scenario.groups.items(), _changes(scenario, timeline, "shrinkage_by_time"), strict=True
        ):
            self._changes[name] = [(start, group.shrinkage * factor) for start, factor in own or [(0.0, 1.0)]]

    def over(self, name: str, start: float, end: float) -> float:
        """The mean shrinkage of a group over a time, such as a shift, in seconds since the first midnight."""
        parts = self._parts(name, start, end)
        return parts[0][2] if len(parts) == 1 else sum(x * (b - a) for a, b, x in parts) / (end - start)

    def apart(self, name: str, levels: Sequence[Level], scale: Callable[[float, float], float]) -> list[Level]:
        """Levels cut wherever the shrinkage of a group changes, and what `scale` makes of agents and shrinkage."""
        return [(a, b, scale(x, part)) for start, end, x in levels for a, b, part in self._parts(name, start, end)]

    def means(self, timeline: Timeline) -> Floats:
        """The mean shrinkage of each group in each counted interval (G, I)."""
        return np.array([by_time.means(own, timeline) for own in self._changes.values()])

    def _parts(self, name: str, start: float, end: float) -> list[Level]:
        own = self._changes[name]
        first = max(0, bisect_right(own, start, key=lambda change: change[0]) - 1)
        last = max(first, bisect_left(own, end, key=lambda change: change[0]) - 1)
        edges = [start, *(change[0] for change in own[first + 1 : last + 1]), end]
        return [(a, b, x) for (a, b), (_, x) in zip(pairwise(edges), own[first : last + 1], strict=True)]


def _means(scenario: Scenario, timeline: Timeline, key: str) -> Floats:
    usual = np.array([getattr(group, key.removesuffix("_by_time")) for group in scenario.groups.values()])
    out = np.repeat(usual[:, None], timeline.n_intervals, axis=1)
    for g, own in enumerate(_changes(scenario, timeline, key)):
        if own:
            out[g] *= by_time.means(own, timeline)
    return out


def explain(scenario: Scenario) -> list[str]:
    """In sentences, what a file of shares takes the place of, and which shares would exceed 100 %."""
    out = []
    for (part, name, key), said in scenario.by_time():
        if key not in KINDS:
            continue
        what = key.removesuffix("_by_time")
        usual = float(getattr(getattr(scenario, part)[name], what))
        if said.file:
            of = f"{100.0 * usual:.4g} %"
            out.append(f"{name}: {what} is that of {said.file}; the {of} of the scenario are not used.")
            continue
        most = usual * said.factor * max(said.factors or (1.0,)) * max(said.weekdays.values(), default=1.0)
        if most > 1.0 + 1e-9 and what != "shrinkage":
            out.append(f"{name}: {what} by time would be up to {100.0 * most:.4g} %; it is at most 100 %.")
    return out
