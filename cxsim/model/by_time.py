"""What changes by interval and weekday: factors that are constant in pieces, from lists or from the rows of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model.volume import told_rows
from cxsim.schema.network import PIECE_DTYPE, WAY_DTYPE
from cxsim.tables.reader import Table
from cxsim.tables.times import TIME_COLUMNS, step
from cxsim.tables.times import times as times_of

if TYPE_CHECKING:
    from cxsim.jit.struct_arrays import Book
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.by_time import ByTime
    from cxsim.scenario.model.customers import HandleTimes
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Change = tuple[float, float]  # from when on, in seconds since the first midnight, and the value


def changes(
    scenario: Scenario,
    timeline: Timeline,
    place: str,
    said: ByTime | HandleTimes,
    of_file: Callable[[Table], Floats],
    fix: str,
) -> list[Change]:
    """When a factor changes, and to what; before the first change it is the first one.

    `of_file` reads the factor of each row of a file, NaN for a row that says nothing. TableError where the rows do
    not fit the horizon; `fix` then says what to write.
    """
    if timeline.steady:
        return [(0.0, said.factor)]
    if said.file:
        read = _from_file(scenario, timeline, place, said, of_file, fix)
    else:
        read = _from_list(scenario, timeline, said)
    out: list[Change] = []
    for d, on in enumerate(timeline.dates):
        level = said.factor * said.weekdays.get(on.weekday(), 1.0)
        for k, (start, factor) in enumerate(read(d)):
            if not out or out[-1][1] != factor * level:
                out.append((start if k else timeline.midnight(d), factor * level))
    return out


def _from_list(scenario: Scenario, timeline: Timeline, said: ByTime | HandleTimes) -> Callable[[int], list[Change]]:
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


def _from_file(
    scenario: Scenario,
    timeline: Timeline,
    place: str,
    said: ByTime | HandleTimes,
    of_file: Callable[[Table], Floats],
    fix: str,
) -> Callable[[int], list[Change]]:
    """The same from the rows of a file."""
    table = scenario.table_of(said)
    column = said.column or place.split(".")[1]
    when = times_of(table, table.need(*TIME_COLUMNS), timeline.zone)
    factors = of_file(table)
    blank = frozenset(np.flatnonzero(np.isnan(factors)).tolist())
    width = step(when.seconds, scenario.horizon.interval)

    def read(d: int) -> list[Change]:
        told = told_rows(
            timeline, table, when, d, column=column, place=place, always=False, width=width, fix=fix, blank=blank
        )[1]
        return sorted(
            (start, float(factors[i]))
            for i, fold in told
            for start, _ in timeline.spans(d, float(when.seconds[i]), float(when.seconds[i]) + width, fold=fold)
        )

    return read


def pieces(**places: Sequence[Sequence[Change]]) -> dict[str, npt.NDArray[np.void]]:
    """The network's array `pieces`, and of each kind of place the rows of it that belong to each place."""
    rows: list[Change] = []
    out = {}
    for kind, found in places.items():
        spans = np.zeros(len(found), WAY_DTYPE)
        for k, own in enumerate(found):
            spans[k] = (len(rows), len(rows) + len(own))
            rows += own
        out[kind] = spans
    return {**out, "pieces": np.array(rows, PIECE_DTYPE)}


def means(own: Sequence[Change], timeline: Timeline) -> Floats:
    """The mean value in each counted interval (I,) of what changes so; at least one change."""
    grid = timeline.counted_from + timeline.interval * np.arange(timeline.n_intervals + 1)
    grid[-1] = min(grid[-1], timeline.counted_to)
    rows = np.array(own, PIECE_DTYPE)
    starts = np.append(rows["start"], np.inf)
    starts[0] = min(starts[0], grid[0])
    edges = np.clip(starts[:, None], grid[None, :-1], grid[None, 1:])  # of each piece, inside each interval
    return np.asarray(rows["value"] @ np.diff(edges, axis=0) / np.diff(grid))


def by_interval(net: Book | Mapping[str, npt.NDArray[Any]], timeline: Timeline, kind: str = "handling") -> Floats:
    """The mean factor in each counted interval, by place (R or G, I): `handling` or `solving`; 1 where none changes."""
    out = np.ones((len(net[kind]), timeline.n_intervals))
    for k, (first, last) in enumerate(net[kind]):
        if first < last:
            out[k] = means(net["pieces"][first:last].tolist(), timeline)
    return out
