"""Handle times by interval and weekday: factors on talk and wrap that are constant in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model import by_time
from cxsim.model.time_spans import span_text
from cxsim.tables.mean_times import mean_times
from cxsim.tables.reader import Table, table_name

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.customers import HandleTimes
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
FAR = 10.0  # a mean so many times longer or shorter than talk and wrap is in another unit, or of another reason


def handle_factors(scenario: Scenario, timeline: Timeline) -> dict[str, npt.NDArray[np.void]]:
    """`pieces` with factors on talk and wrap, and `handling`, the rows of each reason (`by_interval` reads them)."""
    return by_time.pieces(handling=handle_changes(scenario, timeline))


def handle_changes(scenario: Scenario, timeline: Timeline) -> list[list[by_time.Change]]:
    """The factors on talk and wrap of each reason, and from when on; none where they are always alike.

    TableError for a file that does not fit the horizon.
    """
    return [
        [] if reason.handle_times is None else _changes(scenario, timeline, name, reason.handle_times)
        for name, reason in scenario.reasons.items()
    ]


def mean_factors(factors: Floats, contacts: Floats) -> Floats:
    """The mean factor (R,) on the work of contacts, of factors and expected contacts by interval (R, n_intervals)."""
    total = contacts.sum(axis=1)
    weighted = (factors * contacts).sum(axis=1) / np.where(total > 0.0, total, 1.0)
    return np.asarray(np.where(total > 0.0, weighted, factors.mean(axis=1)))


def explain(scenario: Scenario) -> list[str]:
    """In sentences, what a file of handle times takes the place of."""
    of: dict[str, list[str]] = {}
    for name, reason in scenario.reasons.items():
        if reason.handle_times is not None and reason.handle_times.file:
            of.setdefault(table_name(reason.handle_times.file, reason.handle_times.sheet), []).append(name)
    return [
        f"{', '.join(names)}: handle times are those of {table}; talk and wrap of the scenario"
        f"{f', {span_text(_usual(scenario, names[0]))} on average,' if len(names) == 1 else ''} "
        "only say how they vary and what part is wrap."
        for table, names in of.items()
    ]


def _usual(scenario: Scenario, name: str) -> float:
    """Mean talk and wrap of a reason as the scenario states them, in seconds."""
    reason = scenario.reasons[name]
    return reason.talk.mean + (reason.wrap.mean if reason.wrap else 0.0)


def _changes(scenario: Scenario, timeline: Timeline, name: str, said: HandleTimes) -> list[by_time.Change]:
    """The times of a file count relative to the mean of talk and wrap."""
    column, usual = said.column or name, _usual(scenario, name)

    def read(table: Table) -> Floats:
        seconds = mean_times(table, column, said.unit)
        _plausible(table, column, seconds, usual)
        return seconds / usual

    fix = "write the mean handle time there; blank and 0 count as no row"
    return by_time.changes(scenario, timeline, f"reasons.{name}.handle_times", said, read, fix)


def _plausible(table: Table, column: str, seconds: Floats, usual: float) -> None:
    """Refuse a time that is far from the mean of talk and wrap: it may be in another unit."""
    odd = np.flatnonzero((seconds > FAR * usual) | (seconds < usual / FAR))
    if odd.size:
        i = int(odd[0])
        rule = f"is read as {span_text(float(seconds[i]))}, but talk and wrap take {span_text(usual)} on average"
        fix = "set the unit of the column, such as 'unit: min' next to 'file', or correct the time, talk or wrap"
        raise table.fault(table.lines[i], table.cells[table.need(column)][i], column, rule, fix)
