"""Headcounts as the table that `staff.file` reads back to the same plan, by the clocks where each group works."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.clock_changes import instant
from cxsim.model.plan import open_times
from cxsim.model.staffing_input import site_of
from cxsim.optimizer.problem.stage import Impossible

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario

DAY = 86400.0
Row = tuple[str, str, int]


def by_clock(scenario: Scenario, timeline: Timeline) -> bool:
    """Whether rows need dates of their own: groups at sites, or days of other than 24 hours."""
    return bool(scenario.sites) or timeline.clocks_change


def rows_by_clock(scenario: Scenario, timeline: Timeline, levels: npt.NDArray[np.int64]) -> list[Row]:
    """(group, start with its date, agents) of headcounts (G, I), each local day whole.

    An hour that comes twice has its offset the second time. Raises Impossible where a local day that reaches into the
    counted time begins or ends outside the simulated days, since a table has no place for it there.
    """
    grid = open_times(timeline)
    zones = {name: site_of(scenario, name)[0] for name in scenario.groups}
    days = {name: _days(scenario, timeline, name, zone) for name, zone in zones.items()}
    starts = [timeline.at(d, 0.0, zones[name]) for name, found in days.items() for d in found]
    step = _common([timeline.interval, *(float(x) - timeline.counted_from for x in (*grid.times, *starts))])
    # Where only some groups have an hour twice, the reader takes offsets in all rows or in none.
    lengths = [timeline.at(d, DAY, zones[name]) - timeline.at(d, 0.0, zones[name]) for name in days for d in days[name]]
    every = any(zone is not None for zone in zones.values()) and any(length != DAY for length in lengths)
    out: list[Row] = []
    for g, (name, zone) in enumerate(zones.items()):
        for d in days[name]:
            first, last = timeline.at(d, 0.0, zone), timeline.at(d, DAY, zone)
            moments = first + step * np.arange(round((last - first) / step))
            at = grid.interval[np.searchsorted(grid.times, moments + 0.5 * step, side="right") - 1]
            before = moments + 0.5 * step < grid.times[0]
            agents = np.where((at >= 0) & ~before, levels[g, at], 0)
            on = (timeline.origin + timedelta(days=d)).isoformat()
            out += [
                (name, f"{on}T{_shown(timeline, zone, t, every)}", int(n)) for t, n in zip(moments, agents, strict=True)
            ]
    return out


def check_days(scenario: Scenario, timeline: Timeline) -> None:
    """Raises Impossible for what a table cannot hold: see `rows_by_clock`."""
    for name in scenario.groups:
        zone = site_of(scenario, name)[0]
        _days(scenario, timeline, name, zone)


def _days(scenario: Scenario, timeline: Timeline, name: str, zone: ZoneInfo | None) -> list[int]:
    """The local days that reach into the counted time, as numbers of simulated days."""
    around = range(-2, len(timeline.dates) + 2)
    found = [
        d
        for d in around
        if timeline.at(d, 0.0, zone) < timeline.counted_to - 1e-6
        and timeline.at(d, DAY, zone) > timeline.counted_from + 1e-6
    ]
    opened = [d for d in found if _open(timeline, timeline.at(d, 0.0, zone), timeline.at(d, DAY, zone))]
    for edge, missing in (("before", min(opened) < 0), ("after", max(opened) >= len(timeline.dates))):
        if missing:
            raise Impossible(
                f"groups.{name}.site: days there begin and end at other times than the center's, so the plan needs a "
                f"simulated day {edge} the horizon; add one with --set horizon.{edge}='1 day'"
            )
    return [d for d in found if 0 <= d < len(timeline.dates)]


def _open(timeline: Timeline, begin: float, end: float) -> bool:
    """Whether the center is open in counted time between two moments."""
    low, high = max(begin, timeline.counted_from), min(end, timeline.counted_to)
    return bool(((timeline.open_starts < high) & (timeline.open_ends > low)).any())


def _shown(timeline: Timeline, zone: ZoneInfo | None, at: float, every: bool) -> str:
    """What clocks show at a moment, with the offset if this is the second time, or in `every` row."""
    there = zone or timeline.zone
    if there is None:
        seconds = round(at % DAY)
        return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
    assert timeline.zone is not None
    told = datetime.fromtimestamp(instant(timeline.zone, timeline.origin, 0.0) + at, there)
    return told.strftime("%H:%M") + (told.isoformat()[-6:] if told.fold or every else "")


def _common(lengths: list[float]) -> float:
    """The longest step of which all lengths are multiples."""
    out = Fraction(0)
    for length in lengths:
        a, b = out, Fraction(round(abs(length)))
        while b:
            a, b = b, a % b
        out = a
    return float(out)


def on_leave(scenario: Scenario, timeline: Timeline) -> npt.NDArray[np.bool_]:
    """The intervals (G, I) that touch a day on which nobody of a group at a site is there."""
    out = np.zeros((len(scenario.groups), timeline.n_intervals), dtype=bool)
    edges = timeline.counted_from + timeline.interval * np.arange(timeline.n_intervals + 1)
    for g, name in enumerate(scenario.groups):
        zone, free = site_of(scenario, name)
        for d in range(-2, len(timeline.dates) + 2) if zone is not None else ():
            if timeline.origin + timedelta(days=d) in free:
                begin, end = timeline.at(d, 0.0, zone), timeline.at(d, DAY, zone)
                out[g] |= (edges[:-1] < end - 1e-6) & (edges[1:] > begin + 1e-6)
    return out
