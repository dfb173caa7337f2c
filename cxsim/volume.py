"""The volume of a reason on a day as the scenario states it: pieces of constant rate, or exact times."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.exchange.tables import TIME_COLUMNS, Calendar, Table, TableError, step
from cxsim.exchange.tables import times as times_of
from cxsim.flow import day_and_night
from cxsim.horizon import DAY, Span, clip, merge
from cxsim.scenario.units import write_clock, write_duration

if TYPE_CHECKING:
    from cxsim.horizon import Timeline
    from cxsim.scenario.models import Scenario

Floats = npt.NDArray[np.float64]
Piece = tuple[float, float, float]  # start, end, rate or weight
Seen = dict[tuple[object, ...], Any]  # columns of tables already turned into numbers


def pieces(scenario: Scenario, timeline: Timeline, name: str, d: int, seen: Seen) -> list[Piece]:
    """The open time of a simulated day with its rates: (start, end, contacts a second), in order."""
    volume = scenario.reasons[name].volume
    hours = timeline.hours_of(d, day_and_night(scenario, name))
    shape = (
        _table_shape(scenario, timeline, name, d, seen) if volume.file else _shape(scenario, timeline, name)
    )
    level = 1.0
    total = volume.per_day if volume.per_day is not None else volume.count
    if total is not None:
        total *= timeline.end / DAY if timeline.steady else 1.0
        weight = sum(
            (timeline.at(d, b) - timeline.at(d, a)) * x for start, end, x in shape for a, b in clip(start, end, hours)
        )
        level = total / weight if weight > 0.0 else 0.0
    level *= volume.factor * volume.weekdays.get(timeline.dates[d].weekday(), 1.0)
    events = [
        event
        for event in scenario.events
        if event.date in (None, timeline.dates[d]) and (event.reasons is None or name in event.reasons)
    ]
    notices = [one for one in scenario.notices if one.date in (None, timeline.dates[d])]
    changes = [(e.start, e.end, e.factor) for e in events]
    changes += [(one.start, one.end, 1.0 - one.prevents) for one in notices if name in one.reasons]
    brought = [
        (one.start, one.start + one.annoys.within, one.customers * one.annoys.share / one.annoys.within)
        for one in notices
        if one.annoys is not None and one.annoys.reason == name
    ]
    edges = [t for start, end, _ in (*changes, *brought) for t in (start, end)]
    out: list[Piece] = []
    for start, end, x in shape:
        for a, b in clip(start, end, hours):
            cuts = sorted({a, b, *(t for t in edges if a < t < b)})
            for u, v in itertools.pairwise(cuts):
                rate = x * level * math.prod(factor for since, until, factor in changes if since <= u < until)
                rate += sum(more for since, until, more in brought if since <= u < until)
                begun, ended = timeline.at(d, u), timeline.at(d, v)
                if out and out[-1][1] == begun and out[-1][2] == rate:
                    out[-1] = (out[-1][0], ended, rate)
                elif rate > 0.0 and ended > begun:
                    out.append((begun, ended, rate))
    return out


def _shape(scenario: Scenario, timeline: Timeline, name: str) -> list[Piece]:
    """Inline volume as pieces of the day: rates, or for a volume a day its weights."""
    volume, horizon = scenario.reasons[name].volume, scenario.horizon
    given, width, unit = volume.profile or 1.0, horizon.interval, 0.0
    if volume.per_hour is not None:
        given, width, unit = volume.per_hour, 3600.0, 3600.0
    elif volume.per_interval is not None:
        given, unit = volume.per_interval, horizon.interval
    if not isinstance(given, tuple):
        return [(0.0, max(DAY, timeline.end), given / (unit or 1.0))]
    always = day_and_night(scenario, name)
    slots = horizon.slots(width, always)
    if timeline.steady or len(given) != len(slots):
        what = "one number in steady state" if timeline.steady else f"{len(slots)} numbers, one per open slot"
        raise ValueError(f"reasons.{name}.volume: a list of {len(given)} where the horizon needs {what}")
    usual = [(0.0, DAY)] if always else merge([span for day in horizon.open.values() for span in day])
    out = []
    for start, x in zip(slots, given, strict=True):
        width_open = sum(b - a for a, b in clip(start, start + width, usual))
        out.append((start, start + width, x / (3600.0 if volume.per_hour is not None else width_open)))
    return out


def _table_shape(scenario: Scenario, timeline: Timeline, name: str, d: int, seen: Seen) -> list[Piece]:
    volume = scenario.reasons[name].volume
    table = scenario.table(volume.file or "", volume.sheet)
    seconds, calendar = _times(table, table.need(*TIME_COLUMNS), seen)
    column = volume.column or name
    key = (id(table), column, "numbers")
    if key not in seen:
        seen[key] = table.numbers(column, counts=True)
    rows, on = _rows(timeline, table, calendar, d, f"reasons.{name}.volume", day_and_night(scenario, name))
    width = step(seconds, scenario.horizon.interval)
    hours = timeline.usual if timeline.steady else scenario.horizon.open.get(on.weekday(), ())
    if day_and_night(scenario, name) and not timeline.steady:
        hours = ((0.0, DAY),)
    out: list[Piece] = []
    rows = sorted(rows, key=lambda i: float(seconds[i]))
    for i in rows:
        start = float(seconds[i])
        if out and start < out[-1][1]:
            raise table.fault(
                table.lines[i], None, column, "is a second row for its time", "keep one row an interval"
            )
        width_open = sum(b - a for a, b in clip(start, start + width, hours))
        if width_open <= 0.0 and 0 <= d - timeline.days_before < timeline.days:
            seen[name, "left out"] = seen.get((name, "left out"), 0.0) + float(seen[key][i])
        out.append((start, start + width, float(seen[key][i]) / width_open if width_open > 0.0 else 0.0))
    _covered(table, rows, seconds, width, hours, on, column)
    return out


def _covered(
    table: Table, rows: list[int], seconds: Floats, width: float, hours: Sequence[Span], on: date, column: str
) -> None:
    """Refuse rows of a day that leave open time without a row: nobody knows whether nothing comes then."""
    for a, b in hours if rows else ():
        at = a
        for i in rows:
            start = float(seconds[i])
            if start > at:
                break
            at = max(at, start + width)
        if at < b:
            before = [i for i in rows if float(seconds[i]) <= at]
            near = before[-1] if before else rows[0]
            rule = f"leaves open time of {on:%a} {on} without a row from {write_clock(at)}"
            each = f"rows last {write_duration(width)}, the shortest step of the file"
            fix = f"add it, with 0 where nothing comes, or close then ({each})"
            raise table.fault(table.lines[near], None, column, rule, fix)


def replay(scenario: Scenario, timeline: Timeline, name: str, d: int, seen: Seen) -> Floats:
    """The given arrival times of a simulated day, sorted, in seconds since the first midnight."""
    volume = scenario.reasons[name].volume
    if volume.at is not None:
        weight = volume.factor * volume.weekdays.get(timeline.dates[d].weekday(), 1.0)
        comes = any(a <= volume.at < b for a, b in timeline.hours_of(d, day_and_night(scenario, name)))
        return np.full(round((volume.count or 0) * weight) if comes else 0, timeline.at(d, volume.at))
    given = volume.arrivals
    assert given is not None
    rows: list[int] = []
    place = f"reasons.{name}.volume.arrivals"
    if given.times is not None:
        dates = {on for on, _ in given.times if on is not None}
        on = timeline.dates[d] if timeline.dates[d] in dates else timeline.model_date(d)
        times = np.array([t for day, t in given.times if day in (None, on)], dtype=np.float64)
    else:
        table = scenario.table(given.file or "", given.sheet)
        seconds, calendar = _times(table, table.need(given.column), seen)
        rows, on = _rows(timeline, table, calendar, d, place, day_and_night(scenario, name))
        if not timeline.hours_of(d, day_and_night(scenario, name)) and calendar.knows(on):
            rows = calendar.rows(on) or []
        if given.reason is not None:
            reasons = table.column("reason")
            rows = [i for i in rows if reasons[i] == given.reason]
        times = seconds[rows]
    inside = np.zeros(len(times), dtype=bool)
    for a, b in timeline.hours_of(d, day_and_night(scenario, name)):
        inside |= (times >= a) & (times < b)
    inside_horizon = 0 <= d - timeline.days_before < timeline.days
    if not inside.all() and inside_horizon:
        bad = int(np.flatnonzero(~inside)[0])
        clock = str(timedelta(seconds=float(times[bad])))
        fix = "widen horizon.open, or leave the row out"
        rule = f"arrives when closed ({timeline.dates[d]:%a} {timeline.dates[d]})"
        if given.times is not None:
            raise TableError(place, clock, rule, fix)
        raise table.fault(table.lines[rows[bad]], clock, given.column, rule, fix)
    if timeline.clocks_change:
        return np.array([timeline.at(d, float(t)) for t in np.sort(times[inside])])
    return timeline.midnight(d) + np.sort(times[inside])


def _times(table: Table, column: str, seen: Seen) -> tuple[Floats, Calendar]:
    key = (id(table), column)
    if key not in seen:
        seen[key] = times_of(table, column)
    found: tuple[Floats, Calendar] = seen[key]
    return found


def _rows(
    timeline: Timeline, table: Table, calendar: Calendar, d: int, place: str, always: bool
) -> tuple[list[int], date]:
    """The rows of a simulated day, and the date they were found under."""
    on = timeline.dates[d]
    if not timeline.hours_of(d, always):
        return [], on
    if not calendar.knows(on):
        on = timeline.model_date(d)
    rows = calendar.rows(on)
    if rows is None and on == timeline.dates[d]:
        fix = "add rows for it, change the horizon, or close that day"
        raise TableError(f"{table.path}", None, f"has no rows for {on:%a} {on}, which {place} needs", fix)
    return rows or [], on
