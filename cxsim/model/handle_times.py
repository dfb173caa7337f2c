"""Handle times by interval and weekday: factors on talk and wrap that are constant in pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model.time_spans import span_text
from cxsim.model.volume import told_rows
from cxsim.schema.network import HANDLE_FACTOR_DTYPE, WAY_DTYPE
from cxsim.tables.mean_times import mean_times
from cxsim.tables.reader import Table, table_name
from cxsim.tables.times import TIME_COLUMNS, step
from cxsim.tables.times import times as times_of

if TYPE_CHECKING:
    from cxsim.jit.struct_arrays import Book
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.customers import HandleTimes
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Change = tuple[float, float]  # from when on, in seconds since the first midnight, and the factor
FAR = 10.0  # a mean so many times longer or shorter than talk and wrap is in another unit, or of another reason


def handle_factors(scenario: Scenario, timeline: Timeline) -> dict[str, npt.NDArray[np.void]]:
    """The network's arrays `handling` and `handle_factors`. TableError for a file that does not fit the horizon."""
    spans = np.zeros(len(scenario.reasons), WAY_DTYPE)
    rows: list[Change] = []
    for r, (name, reason) in enumerate(scenario.reasons.items()):
        found = [] if reason.handle_times is None else _changes(scenario, timeline, name, reason.handle_times)
        spans[r] = (len(rows), len(rows) + len(found))
        rows += found
    return {"handling": spans, "handle_factors": np.array(rows, HANDLE_FACTOR_DTYPE)}


def by_interval(net: Book | Mapping[str, npt.NDArray[Any]], timeline: Timeline) -> Floats:
    """The mean factor on the talk and wrap that begin in each counted interval, by reason: (R, n_intervals)."""
    grid = timeline.counted_from + timeline.interval * np.arange(timeline.n_intervals + 1)
    grid[-1] = min(grid[-1], timeline.counted_to)
    out = np.ones((len(net["handling"]), timeline.n_intervals))
    for r, (first, last) in enumerate(net["handling"]):
        if first == last:
            continue
        rows = net["handle_factors"][first:last]
        starts, factors = np.append(rows["start"], np.inf), rows["factor"]
        starts[0] = min(starts[0], grid[0])
        edges = np.clip(starts[:, None], grid[None, :-1], grid[None, 1:])  # of each piece, inside each interval
        out[r] = factors @ np.diff(edges, axis=0) / np.diff(grid)
    return out


def mean_factors(factors: Floats, contacts: Floats) -> Floats:
    """The mean factor (R,) on the work of contacts, of factors and expected contacts by interval (R, n_intervals)."""
    total = contacts.sum(axis=1)
    weighted = (factors * contacts).sum(axis=1) / np.where(total > 0.0, total, 1.0)
    return np.asarray(np.where(total > 0.0, weighted, factors.mean(axis=1)))


def explain(scenario: Scenario) -> list[str]:
    """In sentences, what a file of handle times takes the place of."""
    return [
        f"{name}: handle times are those of {table_name(reason.handle_times.file, reason.handle_times.sheet)}; "
        f"talk and wrap of the scenario, "
        f"{span_text(_usual(scenario, name))} on average, only say how they vary and what part is wrap."
        for name, reason in scenario.reasons.items()
        if reason.handle_times is not None and reason.handle_times.file
    ]


def _usual(scenario: Scenario, name: str) -> float:
    """Mean talk and wrap of a reason as the scenario states them, in seconds."""
    reason = scenario.reasons[name]
    return reason.talk.mean + (reason.wrap.mean if reason.wrap else 0.0)


def _changes(scenario: Scenario, timeline: Timeline, name: str, said: HandleTimes) -> list[Change]:
    """When the factor of a reason changes, and to what; in the time before the first change it is the first one."""
    if timeline.steady:
        return [(0.0, said.factor)]
    read = _from_file(scenario, timeline, name, said) if said.file else _from_list(scenario, timeline, said)
    out: list[Change] = []
    for d, on in enumerate(timeline.dates):
        level = said.factor * said.weekdays.get(on.weekday(), 1.0)
        for k, (start, factor) in enumerate(read(d)):
            if not out or out[-1][1] != factor * level:
                out.append((start if k else timeline.midnight(d), factor * level))
    return out


def _from_list(scenario: Scenario, timeline: Timeline, said: HandleTimes) -> Callable[[int], list[Change]]:
    """The factors of a simulated day: one for each open interval, or for all of it."""
    width, given = scenario.horizon.interval, said.factors
    slots = scenario.horizon.slots(width)

    def read(d: int) -> list[Change]:
        if given is None:
            return [(timeline.midnight(d), 1.0)]
        if not timeline.hours[d]:
            return []
        spans = [(timeline.spans(d, at, at + width), x) for at, x in zip(slots, given, strict=True)]
        return sorted((start, x) for found, x in spans for start, _ in found)

    return read


def _from_file(scenario: Scenario, timeline: Timeline, name: str, said: HandleTimes) -> Callable[[int], list[Change]]:
    """The same from the rows of a file, whose times are relative to the mean of talk and wrap."""
    table, column, place = scenario.table_of(said), said.column or name, f"reasons.{name}.handle_times"
    when = times_of(table, table.need(*TIME_COLUMNS), timeline.zone)
    usual, seconds = _usual(scenario, name), mean_times(table, column, said.unit)
    _plausible(table, column, seconds, usual)
    blank = frozenset(np.flatnonzero(np.isnan(seconds)).tolist())
    width = step(when.seconds, scenario.horizon.interval)
    fix = "write the mean handle time there; blank and 0 count as no row"

    def read(d: int) -> list[Change]:
        told = told_rows(
            timeline, table, when, d, column=column, place=place, always=False, width=width, fix=fix, blank=blank
        )[1]
        day = [
            (start, float(seconds[i]) / usual)
            for i, fold in told
            for start, _ in timeline.spans(d, float(when.seconds[i]), float(when.seconds[i]) + width, fold=fold)
        ]
        return sorted(day)

    return read


def _plausible(table: Table, column: str, seconds: Floats, usual: float) -> None:
    """Refuse a time that is far from the mean of talk and wrap: it may be in another unit."""
    odd = np.flatnonzero((seconds > FAR * usual) | (seconds < usual / FAR))
    if odd.size:
        i = int(odd[0])
        rule = f"is read as {span_text(float(seconds[i]))}, but talk and wrap take {span_text(usual)} on average"
        fix = "set the unit of the column, such as 'unit: min' next to 'file', or correct the time, talk or wrap"
        raise table.fault(table.lines[i], table.cells[table.need(column)][i], column, rule, fix)
