"""The volume of a reason on a day as the scenario states it: pieces of constant rate, or exact times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxsim.model.linear_rates import Level, Piece, constant, cut, linear
from cxsim.model.time_spans import DAY, Span, clip, merge
from cxsim.rules.ivr_steps import day_and_night
from cxsim.scenario.model.units import write_clock, write_duration
from cxsim.tables.folds import EITHER, Times, converted, in_order, told_apart
from cxsim.tables.reader import Table, TableError, table_name
from cxsim.tables.times import TIME_COLUMNS, step
from cxsim.tables.times import times as times_of

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Seen = dict[tuple[object, ...], Any]  # columns of tables already turned into numbers


def pieces(scenario: Scenario, timeline: Timeline, name: str, d: int, seen: Seen) -> list[Piece]:
    """The open time of a simulated day with its rates at both ends of each piece (contacts a second), in order."""
    volume = scenario.reasons[name].volume
    hours = _opening(scenario, timeline, name, d)
    if volume.file and volume.profile is None:
        shape = _table_shape(scenario, timeline, name, d, seen)
    else:
        shape = [(a, b, x) for u, v, x in _shape(scenario, timeline, name) for a, b in timeline.spans(d, u, v)]
    level = 1.0
    total = volume.per_day if volume.per_day is not None else volume.count
    if volume.file and volume.profile is not None:
        total = _day_total(scenario, timeline, name, d, seen)
    if total is not None:
        total *= timeline.end / DAY if timeline.steady else 1.0
        weight = sum((b - a) * x for start, end, x in shape for a, b in clip(start, end, hours))
        level = total / weight if weight > 0.0 else 0.0
    level *= volume.factor * volume.weekdays.get(timeline.dates[d].weekday(), 1.0)
    events = [
        event
        for event in scenario.events
        if event.date in (None, timeline.dates[d]) and (event.reasons is None or name in event.reasons)
    ]
    notices = [one for one in scenario.notices if one.date in (None, timeline.dates[d])]
    changes = [(timeline.at(d, e.start), timeline.at(d, e.end), e.factor) for e in events]
    changes += [
        (timeline.at(d, one.start), timeline.at(d, one.end), 1.0 - one.prevents)
        for one in notices
        if name in one.reasons
    ]
    brought = [
        (
            timeline.at(d, one.start),
            timeline.at(d, one.start + one.annoys.within),
            one.customers * one.annoys.share / one.annoys.within,
        )
        for one in notices
        if one.annoys is not None and one.annoys.reason == name
    ]
    edges = [t for start, end, _ in (*changes, *brought) for t in (start, end)]
    out: list[Piece] = []
    levels = [(a, b, x * level) for start, end, x in sorted(shape) for a, b in clip(start, end, hours)]
    for piece in linear(levels) if volume.within_interval == "linear" else constant(levels):
        for u, v, *ends in cut(piece, sorted({t for t in edges if piece[0] < t < piece[1]})):
            times = math.prod(factor for since, until, factor in changes if since <= u < until)
            more = sum(more for since, until, more in brought if since <= u < until)
            first, last = (rate * times + more for rate in ends)
            if out and first == last and out[-1][1] == u and out[-1][2] == out[-1][3] == first:
                out[-1] = (out[-1][0], v, first, last)
            elif first > 0.0 or last > 0.0:
                out.append((u, v, first, last))
    return out


def _opening(scenario: Scenario, timeline: Timeline, name: str, d: int) -> list[Span]:
    """The hours in which contacts come on a simulated day, in seconds since the first midnight."""
    hours = timeline.hours_of(d, day_and_night(scenario, name))
    return [(timeline.at(d, a), timeline.at(d, b)) for a, b in hours]


def _shape(scenario: Scenario, timeline: Timeline, name: str) -> list[Level]:
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
        raise ValueError(f"reasons.{name}.volume: a list of {len(given)} but the horizon needs {what}")
    usual = [(0.0, DAY)] if always else merge(list(horizon.all_hours))
    out = []
    for start, x in zip(slots, given, strict=True):
        width_open = sum(b - a for a, b in clip(start, start + width, usual))
        out.append((start, start + width, x / (3600.0 if volume.per_hour is not None else width_open)))
    return out


def _day_total(scenario: Scenario, timeline: Timeline, name: str, d: int, seen: Seen) -> float:
    """The contacts of a simulated day from a table of days; 0 where it is closed. TableError for a second row."""
    volume = scenario.reasons[name].volume
    table = scenario.table_of(volume)
    column = volume.column or name
    if (name, "numbers") not in seen:
        seen[name, "numbers"] = table.numbers(column, counts=True)
    when = times_of(table, "time", timeline.zone)
    rows, _ = _rows(timeline, table, when, d, f"reasons.{name}.volume", day_and_night(scenario, name))
    if len(rows) > 1:
        raise table.fault(table.lines[rows[1]], None, column, "is of a second row for its day", "keep one row")
    return float(seen[name, "numbers"][rows[0]]) if rows else 0.0


def _table_shape(scenario: Scenario, timeline: Timeline, name: str, d: int, seen: Seen) -> list[Level]:
    """The rows of a table on a simulated day, with their rates; those of its model day where they do not fill it."""
    volume = scenario.reasons[name].volume
    table = scenario.table_of(volume)
    column = volume.column or name
    key = (name, "numbers")
    if key not in seen:
        seen[key] = table.numbers(column, counts=True)
    when = times_of(table, table.need(*TIME_COLUMNS), timeline.zone)
    always = day_and_night(scenario, name)
    width = step(when.seconds, scenario.horizon.interval)
    fix = "add it, with 0 for no contacts, or close at that time"
    place = f"reasons.{name}.volume"
    on, told = told_rows(timeline, table, when, d, column=column, place=place, always=always, width=width, fix=fix)
    if always and told and len({float(when.seconds[i]) for i, _ in told}) * width < DAY - 1.0:
        seen[name, "in opening hours"] = table_name(table.path.name, table.sheet)
    return _rates(timeline, table, column, d, on, told, when, width, seen, name, always, scenario)


def told_rows(
    timeline: Timeline,
    table: Table,
    when: Times,
    d: int,
    *,
    column: str,
    place: str,
    always: bool,
    width: float,
    fix: str,
    blank: frozenset[int] = frozenset(),
) -> tuple[date, list[tuple[int, int]]]:
    """The rows of a simulated day with their folds (`told_apart`), and the date that they were found under.

    Those of its model day where they do not fill it. Rows that are `blank` are as if they were not there. TableError
    for the first open time of a counted day that no row is about.
    """
    counted = 0 <= d - timeline.days_before < timeline.days
    rows, found = _rows(timeline, table, when, d, place, always)
    told: list[tuple[int, int]] = []
    on = found
    for on in dict.fromkeys((found, timeline.model_date(d))):
        rows = rows if on == found else when.calendar.rows(on) or []
        rows = [i for i in rows if i not in blank]
        own = (on - timeline.origin).days
        told = told_apart(table, rows, when, column, lambda at, own=own: timeline.twice(own, at))  # type: ignore[misc]  # mypy infers no lambda with a default
        lasting = {
            i: timeline.spans(own, float(when.seconds[i]), float(when.seconds[i]) + width, fold=fold)
            for i, fold in told
        }
        gap = _gap(lasting, _hours_at(timeline, own, always)) if rows or blank else None
        if (
            gap is not None
            and always
            and timeline.hours[own]
            and _gap(lasting, _hours_at(timeline, own, False)) is None
        ):
            gap = None  # of contacts that may come at any hour, none does beyond these rows
        if gap is None:
            break
        if counted:
            before = [i for i, spans in lasting.items() if spans and spans[0][0] <= gap]
            wall = write_clock(wall_at(timeline, own, gap))
            rule = f"has no row for open time on {on:%a} {on} from {wall}"
            each = f"each row lasts {write_duration(width)}, the shortest step in the file"
            line = table.lines[before[-1] if before else rows[0]] if rows else table.header
            raise table.fault(line, None, column, rule, f"{fix} ({each})")
    return on, told


def _hours_at(timeline: Timeline, d: int, always: bool) -> list[Span]:
    """The hours in which contacts may come on a simulated day, in seconds since the first midnight."""
    return [(timeline.at(d, a), timeline.at(d, b)) for a, b in timeline.hours_of(d, always)]


def _rates(
    timeline: Timeline,
    table: Table,
    column: str,
    d: int,
    on: date,
    told: Sequence[tuple[int, int]],
    when: Times,
    width: float,
    seen: Seen,
    name: str,
    always: bool,
    scenario: Scenario,
) -> list[Level]:
    hours = timeline.usual if timeline.steady else scenario.horizon.hours_on(on)
    if always and not timeline.steady:
        hours = ((0.0, DAY),)
    opening = _opening(scenario, timeline, name, d)
    numbers, counted = seen[name, "numbers"], 0 <= d - timeline.days_before < timeline.days
    out: list[Level] = []
    for i, fold in told:
        start = float(when.seconds[i])
        spans = timeline.spans(d, start, start + width, fold=fold)
        if not spans and on == timeline.dates[d] and numbers[i] > 0.0:
            raise skipped(table, i, on, start)
        open_for = sum(b - a for a, b in clip(start, start + width, hours))
        if timeline.clocks_change and on in when.calendar.dated and on == timeline.dates[d]:
            open_for = sum(b - a for span in spans for a, b in clip(*span, opening))
        if open_for <= 0.0 and counted:
            seen[name, "left out"] = seen.get((name, "left out"), 0.0) + float(numbers[i])
        out += [(a, b, float(numbers[i]) / open_for if open_for > 0.0 else 0.0) for a, b in spans]
    return out


def skipped(table: Table, i: int, on: date, wall: float) -> TableError:
    """The fault of a row at a time of day that clocks skip."""
    column = table.find(*TIME_COLUMNS)
    rule = f"does not exist on {on:%a} {on}, when clocks skip it"
    fix = "check the time zone of the file and of the center, or remove the row"
    return table.fault(table.lines[i], write_clock(wall), column, rule, fix)


def _gap(lasting: dict[int, list[Span]], opening: Sequence[Span]) -> float | None:
    """The first open moment that no row is about."""
    covered = merge([span for spans in lasting.values() for span in spans])
    for a, b in opening:
        at = a
        for start, end in covered:
            if start > at:
                break
            at = max(at, end)
        if at < b:
            return at
    return None


def wall_at(timeline: Timeline, d: int, moment: float) -> float:
    """What clocks show at a moment of a simulated day."""
    low = moment - timeline.midnight(d)
    for wall in (low, low + 3600.0, low - 3600.0):
        if any(a <= moment <= b for a, b in timeline.spans(d, wall, wall)):
            return wall
    return low


def replay(scenario: Scenario, timeline: Timeline, name: str, d: int, seen: Seen) -> Floats:
    """The given arrival times of a simulated day, sorted, in seconds since the first midnight."""
    volume = scenario.reasons[name].volume
    if volume.at is not None:
        weight = volume.factor * volume.weekdays.get(timeline.dates[d].weekday(), 1.0)
        comes = any(a <= volume.at < b for a, b in timeline.hours_of(d, day_and_night(scenario, name)))
        return np.full(round((volume.count or 0) * weight) if comes else 0, timeline.at(d, volume.at))
    given = volume.arrivals
    assert given is not None
    place = f"reasons.{name}.volume.arrivals"
    always = day_and_night(scenario, name)
    if given.times is not None:
        listed = [inline(one, timeline.zone) for one in given.times]
        dates = {on for on, _, _ in listed if on is not None}
        on = timeline.dates[d] if timeline.dates[d] in dates else timeline.model_date(d)
        rows = [k for k, one in enumerate(listed) if one[0] in (None, on)]
        walls, folds = [listed[k][1] for k in rows], [listed[k][2] for k in rows]
        dated = [listed[k][0] is not None for k in rows]
        table = None
    else:
        table = scenario.table_of(given)
        when = times_of(table, table.need(given.column), timeline.zone)
        rows, on = _rows(timeline, table, when, d, place, always)
        if not timeline.hours_of(d, always) and when.calendar.knows(on):
            rows = when.calendar.rows(on) or []
        walls, folds = when.seconds[rows].tolist(), when.folds[rows].tolist()
        dated = [on in when.calendar.dated] * len(rows)

    def fault(k: int, rule: str, fix: str) -> TableError:
        wall = str(timedelta(seconds=walls[k]))
        if table is None:
            return TableError(place, wall, rule, fix)
        return table.fault(table.lines[rows[k]], wall, given.column, rule, fix)

    own = (on - timeline.origin).days
    told = in_order(walls, folds, lambda at: timeline.twice(own, at)) if timeline.clocks_change else folds
    if told is None:
        k = next(k for k, wall in enumerate(walls) if timeline.twice(own, wall) and folds[k] == EITHER)
        if dated[k]:
            rule = f"comes twice on {on:%a} {on}, when clocks are set back"
            fix = f"write the UTC offset after it, such as {on}T{write_clock(walls[k])}+01:00"
            raise fault(k, rule, fix)
        told = [0 if fold == EITHER else fold for fold in folds]
    if given.reason is not None and table is not None:
        reasons = table.column(table.need("reason"))
        kept = [k for k, i in enumerate(rows) if reasons[i] == given.reason]
    else:
        kept = list(range(len(rows)))
    at = np.array([walls[k] for k in kept], dtype=np.float64)
    inside = np.zeros(len(at), dtype=bool)
    for a, b in timeline.hours_of(d, always):
        inside |= (at >= a) & (at < b)
    if not inside.all() and 0 <= d - timeline.days_before < timeline.days:
        fix = "widen horizon.open, or remove the row"
        rule = f"is outside opening hours ({timeline.dates[d]:%a} {timeline.dates[d]})"
        raise fault(kept[int(np.flatnonzero(~inside)[0])], rule, fix)
    if not timeline.clocks_change:
        return timeline.midnight(d) + np.sort(at[inside])
    out: list[float] = []
    for k in np.array(kept, dtype=np.int64)[inside].tolist():
        moments = timeline.spans(d, walls[k], walls[k])
        if not moments and dated[k] and on == timeline.dates[d]:
            rule = f"does not exist on {on:%a} {on}, when clocks skip it"
            raise fault(k, rule, "check the time zone of the times and of the center, or remove it")
        out.append(moments[min(max(told[k], 0), len(moments) - 1)][0] if moments else timeline.at(d, walls[k]))
    return np.sort(np.array(out, dtype=np.float64))


def inline(one: tuple[date | None, float, float | None], zone: ZoneInfo | None) -> tuple[date | None, float, int]:
    """(date, seconds of the day, fold) of a time in the scenario, in the center's zone; see `times`."""
    on, seconds, offset = one
    if offset is None or on is None or zone is None:
        return on, seconds, EITHER
    return converted(on, seconds, offset, zone)


def _rows(timeline: Timeline, table: Table, when: Times, d: int, place: str, always: bool) -> tuple[list[int], date]:
    """The rows of a simulated day, and the date they were found under."""
    on, calendar = timeline.dates[d], when.calendar
    if not timeline.hours_of(d, always):
        return [], on
    if not calendar.knows(on):
        on = timeline.model_date(d)
    rows = calendar.rows(on)
    if rows is None and on == timeline.dates[d]:
        fix = "add rows for it, change the horizon, or close that day"
        raise TableError(f"{table.path}", None, f"has no rows for {on:%a} {on}, which {place} needs", fix)
    return rows or [], on
