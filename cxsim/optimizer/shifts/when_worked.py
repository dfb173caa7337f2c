"""When shifts are worked: in seconds of the counted time, by the clocks where a group works.

A shift of a counted day is also worked on those simulated days around the horizon that have that day's staff
(`Timeline.model_day`). Of these only what reaches into the counted time matters: a night shift of the eve, and at sites
the days that begin there before the center's horizon ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.clock_changes import instant
from cxsim.model.staffing_input import site_of
from cxsim.optimizer.shifts.patterns import DAY, Pattern, Span, opening, presence

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]


@dataclass(eq=False)
class Clocks:
    """The clocks of each group, and what shifts of a day come to by them."""

    scenario: Scenario
    timeline: Timeline
    zones: tuple[ZoneInfo | None, ...] = field(init=False)
    free: tuple[frozenset[date], ...] = field(init=False)  # days on which nobody of a group is there
    _days: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    _present: dict[tuple[object, ...], tuple[npt.NDArray[np.int64], Floats]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sites = [site_of(self.scenario, name) for name in self.scenario.groups]
        self.zones = tuple(zone for zone, _ in sites)
        self.free = tuple(days for _, days in sites)

    def plain(self, g: int) -> bool:
        """Whether the days of a group are 24 hours that begin with the center's."""
        return self.zones[g] is None and not self.timeline.clocks_change

    def at(self, g: int, d: int, wall: float) -> float:
        """When clocks show `wall` seconds after midnight of simulated day d, in seconds of the counted time."""
        return self.timeline.at(d, wall, self.zones[g]) - self.timeline.counted_from

    def days(self, g: int, day: int) -> list[int]:
        """The simulated days that have the shifts of a counted day, as far as they reach into the counted time."""
        if (g, day) not in self._days:
            timeline, found = self.timeline, list[int]()
            for d in range(-1, len(timeline.dates)):
                inside, on = d == timeline.days_before + day, timeline.origin + timedelta(days=d)
                told = inside or (timeline.model_day(d) == day and not self._is_inside(d))
                works = on not in self.free[g] and (inside or bool(self.scenario.horizon.hours_on(on)))
                reaches = self.at(g, d, 0.0) < self.total - 1e-6 and self.at(g, d, 2.0 * DAY) > 1e-6
                if told and works and reaches:
                    found.append(d)
            self._days[g, day] = found
        return self._days[g, day]

    def _is_inside(self, d: int) -> bool:
        return 0 <= d - self.timeline.days_before < self.timeline.days

    @property
    def total(self) -> float:
        """Length of the counted time (s)."""
        return self.timeline.counted_to - self.timeline.counted_from

    def span(self, g: int, d: int, pattern: Pattern) -> Span:
        """A shift of simulated day d, from when to when."""
        return self.at(g, d, pattern.start), self.at(g, d, pattern.end)

    def duty(self, g: int, d: int, pattern: Pattern) -> Iterator[Span]:
        """The parts of a shift between its breaks that reach into the counted time."""
        for start, end in pattern.duty():
            a, b = self.at(g, d, start), self.at(g, d, end)
            if a < b and b > 0.0 and a < self.total:
                yield a, b

    def present(self, g: int, d: int, pattern: Pattern) -> tuple[npt.NDArray[np.int64], Floats]:
        """The counted intervals with somebody on this shift of simulated day d, and for how many seconds of each."""
        interval, n, plain = self.timeline.interval, self.timeline.n_intervals, self.plain(g)
        key: tuple[object, ...] = (pattern,) if plain else (pattern, str(self.zones[g]), d)
        if key not in self._present:
            count = round(3 * DAY / interval) if plain else n
            seconds = presence(pattern.duty() if plain else list(self.duty(g, d, pattern)), interval, count)
            where = np.flatnonzero(seconds)
            self._present[key] = where, seconds[where]
        where, seconds = self._present[key]
        if not plain:
            return where, seconds
        at = where + (d - self.timeline.days_before) * round(DAY / interval)
        inside = (at >= 0) & (at < n)
        return at[inside], seconds[inside]

    def counted(self, g: int, day: int, pattern: Pattern) -> float:
        """How often a shift of a counted day is worked within the counted time: 1 if the whole of it once."""
        spans = [self.span(g, d, pattern) for d in self.days(g, day)]
        return sum(max(0.0, min(b, self.total) - max(a, 0.0)) / (b - a) for a, b in spans if b > a)

    def openings(self, g: int, day: int) -> list[Span]:
        """When it is open on a counted day, by the clocks of a group; the last may go beyond midnight."""
        timeline, d = self.timeline, self.timeline.days_before + day
        if timeline.dates[d] in self.free[g]:
            return []
        zone = self.zones[g]
        if zone is None:
            return opening(self.scenario.horizon.hours_on, timeline.dates[d])
        begin, end = timeline.at(d, 0.0, zone), timeline.at(d, DAY, zone)
        return [
            (self._shown(zone, d, max(float(a), begin)), self._shown(zone, d, float(b)))
            for a, b in zip(timeline.open_starts, timeline.open_ends, strict=True)
            if a < end - 1e-6 and b > begin + 1e-6
        ]

    def _shown(self, zone: ZoneInfo, d: int, at: float) -> float:
        """What clocks of a site show at a moment, in seconds after midnight of simulated day d."""
        timeline = self.timeline
        assert timeline.zone is not None
        moment = datetime.fromtimestamp(instant(timeline.zone, timeline.origin, 0.0) + at, zone)
        days = (moment.date() - (timeline.origin + timedelta(days=d))).days
        return days * DAY + moment.hour * 3600.0 + moment.minute * 60.0 + moment.second

    def lasting(self, g: int, day: int, pattern: Pattern, wage: float) -> Pattern | None:
        """The pattern with the time that it lasts on that day; None if clocks skip its start or its end."""
        if self.plain(g):
            return pattern
        d, zone = self.timeline.days_before + day, self.zones[g]
        for wall in (pattern.start, pattern.end % DAY or DAY):
            on = d if wall == pattern.start or pattern.end <= DAY else d + 1
            if wall < DAY and not self.timeline.spans(on, wall, wall, zone):
                return None
        a, b = self.span(g, d, pattern)
        more = (b - a) - (pattern.end - pattern.start)
        return replace(pattern, paid=pattern.paid + wage * more, worked=pattern.worked + more) if more else pattern
