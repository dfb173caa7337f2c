"""Who is wanted when, as the scenario states it: headcounts and roster lines, inline or from a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxsim.model.time_spans import DAY, Span, clip, merge
from cxsim.model.volume import skipped
from cxsim.tables.folds import Calendar, Times, converted, told_apart
from cxsim.tables.reader import Table, TableError, number
from cxsim.tables.schedules import one_row_a_shift
from cxsim.tables.stamps import clock
from cxsim.tables.times import TIME_COLUMNS, moments, step, times

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario, Shift

Level = tuple[float, float, float]  # from, to, agents


@dataclass(frozen=True)
class Line:
    """One line of a roster: `agents` people on duty from `start` to `end`, seconds of its first day.

    `paid` is the time paid for each at the group's wage, in seconds; None for the whole time. `place` is where a table
    has it.
    """

    start: float
    end: float
    breaks: tuple[Span, ...]
    agents: int
    name: str | None
    paid: float | None = None
    place: str = field(default="", compare=False)


class Roster:
    """Reads who is wanted when from the scenario and its staff table."""

    def __init__(self, scenario: Scenario, timeline: Timeline) -> None:
        self.scenario, self.timeline = scenario, timeline
        staff = scenario.staff
        self.table: Table | None = scenario.table_of(staff) if staff.file else None
        self.group_column: str | None = None
        self.shifts_in_file = False
        if self.table is not None:
            self.group_column = self.table.find("group")
            kind = staff.kind or ("shifts" if self.table.find("end", "to") else "headcounts")
            self.shifts_in_file = kind == "shifts"
            if self.shifts_in_file:
                self.group_column = self.table.need("group")
            self.start_column = self.table.need(*TIME_COLUMNS)
            self._check_groups()
            if self.shifts_in_file:
                one_row_a_shift(self.table)

    def when(self, name: str) -> Times:
        """When the rows of the table are, by the clocks where a group works."""
        assert self.table is not None
        return times(self.table, self.start_column, site_of(self.scenario, name)[0] or self.timeline.zone)

    def _check_groups(self) -> None:
        table = self.table
        assert table is not None
        if self.group_column is None:
            if not any(table.find(name) for name in self.scenario.groups):
                table.need("group")
            return
        known = ", ".join(repr(name) for name in self.scenario.groups)
        for line, name in zip(table.lines, table.cells[self.group_column], strict=True):
            if name not in self.scenario.groups:
                raise table.fault(line, name, self.group_column, "is not a group", f"the groups are {known}")

    def rows(self, name: str) -> Calendar | None:
        """The rows of the table that are about a group."""
        if self.table is None:
            return None
        calendar = self.when(name).calendar
        if self.group_column is None:
            return calendar if self.table.find(name) else None
        cells = self.table.cells[self.group_column]
        return _only(calendar, lambda i: cells[i] == name)

    def has_shifts(self, name: str) -> bool:
        """Whether a group is staffed by shifts."""
        if any(shift.group == name for shift in self.scenario.staff.shifts):
            return True
        rows = self.rows(name) if self.shifts_in_file else None
        return rows is not None and bool(rows.dated or rows.weekly or rows.daily)

    def levels(self, name: str) -> list[Level]:
        """The headcount of a group as given, in spans of time since the first midnight."""
        given = self.scenario.staff.headcounts.get(name, self.scenario.groups[name].agents)
        rows = None if self.shifts_in_file else self.rows(name)
        timeline = self.timeline
        holidays = site_of(self.scenario, name)[1]
        out: list[Level] = []
        for d in range(len(timeline.dates)):
            if rows is not None:
                spans = self._table_levels(name, rows, d)
            elif given is None:
                raise ValueError(
                    f"groups.{name}: it has no agents; add agents, or put headcounts or shifts under staff"
                )
            else:
                day = self._given_levels(name, given, timeline.hours[d])
                spans = [(u, v, x) for a, b, x in day for u, v in timeline.spans(d, a, b)]
            away = timeline.dates[d] in holidays
            out += [(a, b, 0.0 if away else x) for a, b, x in sorted(spans) if b > a]
        return out

    def _given_levels(self, name: str, given: int | tuple[int, ...], hours: Sequence[Span]) -> list[Level]:
        if not isinstance(given, tuple):
            return [(a, b, float(given)) for a, b in hours]
        width = self.scenario.horizon.interval
        slots = self.scenario.horizon.slots(width)
        if self.timeline.steady or len(given) != len(slots):
            what = (
                "one number in steady state" if self.timeline.steady else f"{len(slots)} numbers, one per open interval"
            )
            raise ValueError(f"groups.{name}.agents: a list of {len(given)} but the horizon needs {what}")
        return [(a, b, float(x)) for s, x in zip(slots, given, strict=True) for a, b in clip(s, s + width, hours)]

    def _table_levels(self, name: str, rows: Calendar, d: int) -> list[Level]:
        """The headcount of a group on a simulated day, in spans since the first midnight; rows cover its opening."""
        table, timeline, when = self.table, self.timeline, self.when(name)
        assert table is not None
        counted = 0 <= d - timeline.days_before < timeline.days
        is_open = bool(timeline.hours[d])
        if not (is_open or rows.knows(timeline.dates[d])):
            return []
        column = table.need("agents", "headcount", "count") if self.group_column else table.need(name)
        zone, holidays = site_of(self.scenario, name)
        width = step(when.seconds, self.scenario.horizon.interval)
        for on in dict.fromkeys((self._day(rows, d), timeline.model_date(d))):
            own = (on - timeline.origin).days
            found = rows.rows(on)
            if not found and is_open and counted:
                lacking = "" if when.calendar.rows(on) is None else f" of {name!r}"
                fix = "add them, with 0 for no agents, or close that day"
                raise TableError(str(table.path), None, f"has no rows{lacking} for {on:%a} {on}", fix)
            told = told_apart(
                table,
                found or (),
                when,
                self.start_column,
                lambda at, own=own: timeline.twice(own, at, zone),  # type: ignore[misc]  # mypy infers no lambda with a default
            )
            fault = self._gap(name, told, when, width, own) if found and on not in holidays else None
            if fault is None:
                break
            if counted:
                raise fault
        out: list[Level] = []
        for i, fold in told:
            text, start = table.cells[column][i], float(when.seconds[i])
            count = number(text)
            if not 0.0 <= count <= 1e6:
                raise table.fault(
                    table.lines[i], text, column, "is not a number of agents", "write a number such as 12"
                )
            spans = timeline.spans(d, start, start + width, zone, fold)
            if not spans and on == timeline.dates[d] and count > 0.0:
                raise skipped(table, i, on, start)
            out += [(a, b, count) for a, b in spans]
        return out

    def _gap(self, name: str, told: Sequence[tuple[int, int]], when: Times, width: float, d: int) -> TableError | None:
        """What to say of open time, or time between rows, of day `d` that no row of a group is about."""
        table, timeline, zone = self.table, self.timeline, site_of(self.scenario, name)[0]
        assert table is not None
        lasting = [
            (a, b, i)
            for i, fold in told
            for a, b in timeline.spans(d, float(when.seconds[i]), float(when.seconds[i]) + width, zone, fold)
        ]
        covered = merge([(a, b) for a, b, _ in lasting])
        midnights = timeline.at(d, 0.0, zone), timeline.at(d, DAY, zone)
        hours = [(timeline.at(d, a), timeline.at(d, b)) for a, b in timeline.hours[d]]
        wanted = clip(*midnights, hours) if zone is None else []
        gaps = [(b, a) for (_, b), (a, _) in pairwise(covered)]
        gaps += [(a, b) for a, b in wanted if not any(u <= a and b <= v for u, v in covered)]
        for a, b in sorted(gaps):
            at = max([a, *(v for u, v in covered if u <= a < v)])
            if at >= b:
                continue
            shown = _clock(at - timeline.at(d, 0.0, zone))
            near = min(lasting, key=lambda one: abs(one[0] - at))[2]
            rule = f"has no row of {name!r} for {shown}"
            return table.fault(table.lines[near], None, self.start_column, rule, "add it, with 0 for no agents")
        return None

    def _day(self, rows: Calendar, d: int) -> date:
        on = self.timeline.dates[d]
        return on if rows.knows(on) else self.timeline.model_date(d)

    def lines(self, name: str, d: int) -> list[Line]:
        """A group's roster lines whose shifts begin on simulated day `d` (-1: the day before), by start.

        A day outside the horizon that no line names has those of its model day; such copies never reach into counted
        time.
        """
        timeline = self.timeline
        own = timeline.origin + timedelta(days=d)
        if own in site_of(self.scenario, name)[1]:
            return []
        is_open = bool(self.scenario.horizon.hours_on(own)) or timeline.steady
        model = timeline.model_date(d)
        found: list[Line] = []
        copied: list[Line] = []
        shifts = [shift for shift in self.scenario.staff.shifts if shift.group == name]
        for here, into in ((own, found), (model, copied)):
            named = [s for s in shifts if s.date == here or (s.date is None and here.weekday() in (s.weekday or ()))]
            if named and (is_open or here == own):
                into += [_given_line(s) for s in named]
            if named:
                break
        if is_open:
            found += [_given_line(s) for s in shifts if s.date is None and not s.weekday]
        rows = self.rows(name) if self.shifts_in_file else None
        if rows is not None:
            if rows.knows(own):
                todays = rows if is_open else Calendar(rows.dated, rows.weekly, [])
                found += [self._line(name, i) for i in todays.all_rows(own)]
            elif is_open:
                found += [self._line(name, i) for i in rows.daily]
                named_rows = Calendar(rows.dated, rows.weekly, []).all_rows(model)
                copied += [self._line(name, i) for i in named_rows]
        if d < timeline.days_before:
            until = (timeline.days_before - d) * DAY
            copied = [_cut(line, until) for line in copied if line.start < until]
        return sorted([*found, *copied], key=lambda line: (line.start, line.end))

    def _line(self, name: str, i: int) -> Line:
        table = self.table
        assert table is not None
        zone = site_of(self.scenario, name)[0] or self.timeline.zone
        return _roster_line(table, i, self.when(name), self.start_column, zone)


def _given_line(shift: Shift) -> Line:
    return Line(shift.start, shift.end, tuple(sorted(shift.breaks)), shift.agents, shift.name, shift.paid)


def _cut(line: Line, until: float) -> Line:
    """A line without what comes after `until`."""
    breaks = tuple((a, min(b, until)) for a, b in line.breaks if a < until)
    paid = line.paid
    if paid is not None and line.end > until:
        paid *= (until - line.start) / (line.end - line.start)
    return replace(line, end=min(line.end, until), breaks=breaks, paid=paid)


def site_of(scenario: Scenario, group: str) -> tuple[ZoneInfo | None, frozenset[date]]:
    """The time zone of a group's site where it is not the center's, and the days on which nobody is there."""
    name, free = scenario.groups[group].site, scenario.horizon.free
    if name is None:
        return None, free
    site = scenario.sites[name]
    return ZoneInfo(site.timezone), free.union(site.holidays)


def _roster_line(table: Table, i: int, when: Times, start_column: str, zone: ZoneInfo | None) -> Line:
    at, end_column = table.lines[i], table.need("end", "to")
    text, start = table.cells[end_column][i], float(when.seconds[i])
    begin, until = moments(table, start_column)[i], moments(table, end_column)[i]
    if (begin.offset is None) != (until.offset is None):
        rule = f"has {'no' if until.offset is None else 'an'} UTC offset, unlike the start"
        raise table.fault(at, text, end_column, rule, "write offsets in both or in neither")
    first, last, end = begin.day, until.day, until.seconds
    if begin.offset is not None and until.offset is not None and zone is not None:
        first = next(on for on, rows in when.calendar.dated.items() if i in rows)
        there = last or begin.day or first
        last, end, fold = converted(there, until.seconds, until.offset, zone)
        if until.day is None and (last, end) <= (first, start):
            last += timedelta(days=1)
        if 1 in (fold, int(when.folds[i])):
            rule = "is in the hour that occurs twice when clocks go back, where no shift can begin or end"
            raise table.fault(at, text, end_column, rule, "move it by an hour")
    if last is not None and first is not None:
        end += (last - first).days * DAY
    elif end <= start:
        end += DAY
    if not start < end <= start + 24 * 3600.0:
        raise table.fault(at, text, end_column, "is not within 24 hours after the start", "check the dates and times")
    breaks_column, agents_column = table.find("breaks", "break"), table.find("agents", "headcount", "count")
    breaks = _breaks(table, at, breaks_column, table.cells[breaks_column][i], start, end) if breaks_column else ()
    people = table.cells[agents_column][i] if agents_column else "1"
    agents = number(people)
    if not (0.0 <= agents <= 1e6 and agents == int(agents)):
        raise table.fault(at, people, agents_column, "is not a whole number of agents", "write a number such as 12")
    name_column = table.find("name", "agent")
    name = (table.cells[name_column][i] or None) if name_column else None
    return Line(start, end, breaks, int(agents), name, _paid(table, i), f"line {at} of {table.path.name}")


def _paid(table: Table, i: int) -> float | None:
    """The seconds paid by a row's `paid_hours`; None where it says nothing."""
    column = table.find("paid_hours")
    text = table.cells[column][i] if column else ""
    if not text:
        return None
    hours = number(text) if ":" not in text else (clock(text) or -DAY) / 3600.0
    if not 0.0 <= hours <= 100.0:
        raise table.fault(table.lines[i], text, column, "is not a number of hours", "write a number such as 7.75")
    return hours * 3600.0


def _breaks(table: Table, at: int, column: str, text: str, start: float, end: float) -> tuple[Span, ...]:
    out: list[Span] = []
    for part in filter(None, (x.strip() for x in text.replace(",", ";").replace("|", ";").split(";"))):
        ends = [clock(x) for x in part.split("-")]
        a, b = ends[0], ends[-1]
        if len(ends) != 2 or a is None or b is None:
            raise table.fault(at, part, column, "is not a time span", "write 12:00-12:30;15:00-15:15")
        a += DAY if a < start else 0.0
        b += DAY if b <= a else 0.0
        if b > end:
            raise table.fault(at, part, column, "is outside the shift", "move it inside, or lengthen the shift")
        out.append((a, b))
    return tuple(sorted(out))


def _only(calendar: Calendar, keep: Callable[[int], bool]) -> Calendar:
    dated = {on: [i for i in rows if keep(i)] for on, rows in calendar.dated.items()}
    weekly = {on: [i for i in rows if keep(i)] for on, rows in calendar.weekly.items()}
    daily = [i for i in calendar.daily if keep(i)]
    return Calendar({k: v for k, v in dated.items() if v}, {k: v for k, v in weekly.items() if v}, daily)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"
