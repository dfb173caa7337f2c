"""The days a run simulates, when each is open, and which of its time is counted.

Time is in seconds since the midnight that begins the first simulated day; where clocks change, `Timeline.at` knows
when a time of day is. A horizon of dated days has uncounted days before it (so that Monday meets last week's
repeats) and after it (so that windows close); a horizon in steady state is one long opening whose beginning is not
counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from datetime import timezone as tz_offset
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxsim.model.clock_changes import instant, local_midnights, parts
from cxsim.model.edges import days, edges, replayed, steady_after
from cxsim.model.time_spans import DAY, Span, merge, span_text
from cxsim.scenario.model.units import write_clock

if TYPE_CHECKING:
    from cxsim.scenario.model.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Timeline:
    """What is simulated and what is counted; times in seconds since the midnight that begins `origin`."""

    origin: date
    days_before: int
    days: int
    days_after: int
    dates: tuple[date, ...]  # every simulated day
    hours: tuple[tuple[Span, ...], ...]  # by simulated day, opening hours in seconds of that day
    usual: tuple[Span, ...]  # union of the opening hours of the days of the horizon
    open_starts: npt.NDArray[np.float64]  # openings that touch are one
    open_ends: npt.NDArray[np.float64]
    counted_from: float
    counted_to: float
    interval: float
    n_intervals: int
    labels: tuple[datetime, ...]  # start of each counted interval
    open_mask: npt.NDArray[np.bool_]  # counted intervals with some open time
    open_seconds: npt.NDArray[np.float64]  # open time of each counted interval
    fcr_window: float
    steady: bool
    notes: tuple[str, ...]
    midnights: tuple[float, ...] = ()  # of the simulated days and the one after, where clocks change
    zone: ZoneInfo | None = None
    goes_on: bool = False  # whether the day after the last simulated one is open from its midnight on

    @property
    def end(self) -> float:
        """End of simulated time, in seconds: nothing is staffed, called or counted after it."""
        return self.hours[0][-1][1] if self.steady else self.midnight(len(self.dates))

    @property
    def open_at_end(self) -> bool:
        """Whether it is open at the last simulated midnight, and goes on to be, by the hours of that weekday."""
        return self.goes_on and self.open_ends[-1] >= self.end

    def model_day(self, d: int) -> int:
        """The day of the horizon (0 its first) whose volume and staff simulated day `d` has.

        Itself inside the horizon; outside it the nearest day of the horizon with the same weekday, or, when
        there is none, the days of the horizon in turn.
        """
        inside = d - self.days_before
        if 0 <= inside < self.days:
            return inside
        turn = inside % 7
        if turn >= self.days:
            return inside % self.days
        return turn if inside < 0 else turn + (self.days - 1 - turn) // 7 * 7

    def model_date(self, d: int) -> date:
        """The date of `model_day(d)`."""
        return self.dates[self.days_before + self.model_day(d)]

    def hours_of(self, d: int, day_and_night: bool) -> tuple[Span, ...]:
        """The hours in which contacts come on simulated day `d`, in seconds of that day."""
        return ((0.0, DAY),) if day_and_night and not self.steady else self.hours[d]

    def midnight(self, d: int) -> float:
        """The midnight that begins simulated day `d`, in seconds."""
        inside = min(max(d, 0), len(self.midnights) - 1) if self.midnights else 0
        return (self.midnights[inside] if self.midnights else 0.0) + (d - inside) * DAY

    @property
    def clocks_change(self) -> bool:
        """Whether a simulated day has 23 or 25 hours, or so."""
        return bool(self.midnights)

    def at(self, d: int, wall: float, zone: ZoneInfo | None = None) -> float:
        """When clocks show `wall` seconds after midnight of simulated day `d`, in seconds since the first midnight.

        Those of the center, or of another `zone`. A time that clocks skip is when they do; of one that they show twice
        it is the first, and the end of an hour that comes twice is after the second.
        """
        if zone is None and not self.midnights:
            return d * DAY + wall
        there = zone or self.zone
        assert there is not None and self.zone is not None
        return instant(there, self.origin + timedelta(days=d), wall) - instant(self.zone, self.origin, 0.0)

    def spans(self, d: int, start: float, end: float, zone: ZoneInfo | None = None, fold: int = -1) -> list[Span]:
        """When clocks show a time from `start` to `end` of day `d`: never if they skip it, twice if they show it twice.

        In order and as `at`, those that touch made one; `fold` 0 or 1 picks the first or second of two.
        """
        if zone is None and not self.midnights:
            return [] if fold == 1 else [(d * DAY + start, d * DAY + end)]
        there = zone or self.zone
        assert there is not None and self.zone is not None
        first, found = instant(self.zone, self.origin, 0.0), list[Span]()
        for begin, until, wall in parts(there, self.origin + timedelta(days=d)):
            a, b = max(start, wall), min(end, wall + until - begin)
            if a < b or start == end == a < wall + until - begin:
                found.append((begin - first + a - wall, begin - first + b - wall))
        return found[fold : fold + 1] if fold >= 0 else merge(found) if start < end else found

    def twice(self, d: int, wall: float, zone: ZoneInfo | None = None) -> bool:
        """Whether clocks show this time of day `d` twice."""
        return len(self.spans(d, wall, wall, zone)) > 1


def timeline(scenario: Scenario) -> Timeline:
    """The timeline of a scenario, its unset edges and FCR window derived from the delays of its returns."""
    horizon: Any = scenario.horizon
    window = _seconds(scenario.fcr_window)
    if horizon.steady is not None:
        return _steady(scenario, window)
    before, after, window, notes = edges(scenario, window)
    origin = horizon.start - timedelta(days=before)
    dates = tuple(origin + timedelta(days=d) for d in range(before + horizon.days + after))
    hours = tuple(tuple((float(a), float(b)) for a, b in horizon.hours_on(day)) for day in dates)
    inside = hours[before : before + horizon.days]
    if not any(inside):
        raise ValueError("horizon: no day is open; change start, days or open")
    zone = ZoneInfo(horizon.timezone) if horizon.timezone else None
    midnights = local_midnights(zone, origin, len(dates))
    interval = float(horizon.interval)
    if midnights and 3600.0 % interval:
        raise ValueError(
            "horizon.interval: clocks change on a simulated day, so the interval must divide an hour; write 30 min"
        )
    blank = Timeline(
        origin=origin,
        days_before=before,
        days=horizon.days,
        days_after=after,
        dates=dates,
        hours=hours,
        usual=(),
        open_starts=np.zeros(0),
        open_ends=np.zeros(0),
        counted_from=0.0,
        counted_to=0.0,
        interval=interval,
        n_intervals=0,
        labels=(),
        open_mask=np.zeros(0, bool),
        open_seconds=np.zeros(0),
        fcr_window=window,
        steady=False,
        notes=(),
        midnights=midnights,
        zone=zone,
    )
    spans = [(blank.at(d, a), blank.at(d, b)) for d, day in enumerate(hours) for a, b in day]
    openings = merge([span for span in spans if span[0] < span[1]])
    counted_from, counted_to = blank.midnight(before), blank.midnight(before + horizon.days)
    n = math.ceil((counted_to - counted_from) / interval - 1e-9)
    grid = np.asarray(counted_from + interval * np.arange(n), dtype=np.float64)
    return replace(
        blank,
        usual=tuple(merge([span for day in inside for span in day])),
        open_starts=np.array([a for a, _ in openings]),
        open_ends=np.array([b for _, b in openings]),
        counted_from=counted_from,
        counted_to=counted_to,
        n_intervals=n,
        labels=_labels(blank, grid),
        open_mask=_open_seconds(grid, interval, counted_to, openings) > 0.0,
        open_seconds=_open_seconds(grid, interval, counted_to, openings),
        goes_on=any(a == 0.0 for a, _ in horizon.hours_on(origin + timedelta(days=len(dates)))),
        notes=(*notes, *replayed(scenario), *_exceptions(horizon, dates), *_changes(blank)),
    )


def _labels(timeline: Timeline, grid: npt.NDArray[np.float64]) -> tuple[datetime, ...]:
    """What clocks show when intervals begin; an hour that comes twice has its offset the second time."""
    midnight = datetime.combine(timeline.origin, time())
    if not timeline.midnights or timeline.zone is None:
        return tuple(midnight + timedelta(seconds=float(x)) for x in grid)
    first = instant(timeline.zone, timeline.origin, 0.0)
    told = [datetime.fromtimestamp(first + float(x), timeline.zone) for x in grid]
    fixed = [tz_offset(one.utcoffset() or timedelta()) for one in told]
    return tuple(one.replace(tzinfo=tz if one.fold else None) for one, tz in zip(told, fixed, strict=True))


def _exceptions(horizon: Any, dates: Sequence[date]) -> list[str]:
    """The days with other hours than usual, in sentences."""
    out = []
    for day in dates:
        usual, hours = horizon.open.get(day.weekday(), ()), horizon.hours_on(day)
        if hours != usual and (usual or hours):
            told = ", ".join(f"{write_clock(a)}-{write_clock(b)}" for a, b in hours)
            before = ", ".join(f"{write_clock(a)}-{write_clock(b)}" for a, b in usual) or "closed"
            why = " for a holiday" if day in horizon.holidays else ""
            out.append(f"{day:%a} {day} is {f'open {told}' if told else 'closed'}{why}, not {before} as usual.")
    return out


def _changes(timeline: Timeline) -> list[str]:
    """The days of other than 24 hours, in sentences."""
    lengths = [b - a for a, b in pairwise(timeline.midnights)]
    return [
        f"{day:%a} {day} has {length / 3600.0:g} hours: clocks change."
        for day, length in zip(timeline.dates, lengths, strict=False)
        if length != DAY
    ]


def _steady(scenario: Scenario, window: float | None) -> Timeline:
    horizon: Any = scenario.horizon
    warm_up, length, interval = (
        float(horizon.steady.warm_up),
        float(horizon.steady.length),
        float(horizon.interval),
    )
    interval = min(interval, length)
    counted_to = warm_up + length
    window = DAY if window is None else window
    after, notes = steady_after(scenario, window)
    end = counted_to + after
    n = math.ceil(length / interval - 1e-9)
    start = datetime.combine(horizon.start, time()) + timedelta(seconds=warm_up)
    grid = np.asarray(warm_up + interval * np.arange(n), dtype=np.float64)
    return Timeline(
        origin=horizon.start,
        days_before=0,
        days=1,
        days_after=0,
        dates=(horizon.start,),
        hours=(((0.0, end),),),
        usual=((0.0, end),),
        open_starts=np.array([0.0]),
        open_ends=np.array([end]),
        counted_from=warm_up,
        counted_to=counted_to,
        interval=interval,
        n_intervals=n,
        labels=tuple(start + timedelta(seconds=i * interval) for i in range(n)),
        open_mask=np.ones(n, dtype=bool),
        open_seconds=_open_seconds(grid, interval, counted_to, [(0.0, end)]),
        fcr_window=window,
        steady=True,
        notes=notes,
    )


def explain(timeline: Timeline) -> list[str]:
    """What is simulated and counted, in sentences."""
    if timeline.steady:
        return list(timeline.notes)
    first = timeline.labels[0].date()
    last = first + timedelta(days=timeline.days - 1)
    span = f"{first:%a} {first}" if first == last else f"{first:%a} {first} to {last:%a} {last}"
    shut = sum(not day for day in timeline.hours[timeline.days_before : timeline.days_before + timeline.days])
    closed = f", {shut} of them closed" if shut else ""
    counted = f"{days(timeline.days)} counted, {span}{closed}, in intervals of {span_text(timeline.interval)}."
    return [counted, *timeline.notes]


def _open_seconds(
    grid: npt.NDArray[np.float64], interval: float, end: float, openings: Sequence[Span]
) -> npt.NDArray[np.float64]:
    """Open seconds of each interval; `end` is that of the last."""
    edges = np.minimum(np.append(grid, grid[-1] + interval), end)
    so_far = np.zeros(len(edges))
    for start, stop in openings:
        so_far += np.clip(edges - start, 0.0, stop - start)
    return np.diff(so_far)


def _seconds(value: float | None) -> float | None:
    return None if value is None else float(value)
