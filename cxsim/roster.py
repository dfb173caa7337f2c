"""Who is wanted when, as the scenario states it: headcounts and roster lines, inline or from a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxsim.exchange.tables import (
    TIME_COLUMNS,
    Calendar,
    Table,
    TableError,
    clock,
    moment,
    number,
    step,
    times,
)
from cxsim.horizon import DAY, Span, clip

if TYPE_CHECKING:
    from cxsim.horizon import Timeline
    from cxsim.scenario.models import Scenario

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
        self.table: Table | None = scenario.table(staff.file, staff.sheet) if staff.file else None
        self.group_column: str | None = None
        self.shifts_in_file = False
        if self.table is not None:
            self.group_column = self.table.find("group")
            kind = staff.kind or ("shifts" if self.table.find("end", "to") else "headcounts")
            self.shifts_in_file = kind == "shifts"
            if self.shifts_in_file:
                self.group_column = self.table.need("group")
            self.start_column = self.table.need(*TIME_COLUMNS)
            self.seconds, self.calendar = times(self.table, self.start_column)
            self.step = step(self.seconds, scenario.horizon.interval)
            self._check_groups()

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
                raise table.fault(line, name, self.group_column, "is no group", f"the groups are {known}")

    def rows(self, name: str) -> Calendar | None:
        """The rows of the table that are about a group."""
        if self.table is None:
            return None
        if self.group_column is None:
            return self.calendar if self.table.find(name) else None
        cells = self.table.cells[self.group_column]
        return _only(self.calendar, lambda i: cells[i] == name)

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
        zone, holidays = site_of(self.scenario, name)
        out: list[Level] = []
        for d in range(len(timeline.dates)):
            if rows is not None:
                day = self._table_levels(name, rows, d)
            elif given is None:
                raise ValueError(
                    f"groups.{name}: nobody is staffed; give it agents, or headcounts or shifts under staff"
                )
            else:
                day = self._given_levels(name, given, timeline.hours[d])
            abroad = zone if rows is not None else None
            spans = [(timeline.at(d, a, abroad), timeline.at(d, b, abroad), x) for a, b, x in day]
            away = timeline.dates[d] in holidays
            out += [(a, b, 0.0 if away else x) for a, b, x in spans if b > a]
        return out

    def _given_levels(self, name: str, given: int | tuple[int, ...], hours: Sequence[Span]) -> list[Level]:
        if not isinstance(given, tuple):
            return [(a, b, float(given)) for a, b in hours]
        width = self.scenario.horizon.interval
        slots = self.scenario.horizon.slots(width)
        if self.timeline.steady or len(given) != len(slots):
            what = (
                "one number in steady state"
                if self.timeline.steady
                else f"{len(slots)} numbers, one per open interval"
            )
            raise ValueError(f"groups.{name}.agents: a list of {len(given)} where the horizon needs {what}")
        return [
            (a, b, float(x)) for s, x in zip(slots, given, strict=True) for a, b in clip(s, s + width, hours)
        ]

    def _table_levels(self, name: str, rows: Calendar, d: int) -> list[Level]:
        table = self.table
        assert table is not None
        on = self._day(rows, d)
        is_open = bool(self.timeline.hours[d])
        if (
            is_open
            and self.calendar.rows(on) is None
            and 0 <= d - self.timeline.days_before < self.timeline.days
        ):
            raise TableError(
                str(table.path), None, f"has no rows for {on:%a} {on}", "add them, or close that day"
            )
        found = rows.rows(on) if is_open or rows.knows(self.timeline.dates[d]) else None
        column = table.need("agents", "headcount", "count") if self.group_column else table.need(name)
        out: list[Level] = []
        for i in sorted(found or (), key=lambda i: float(self.seconds[i])):
            start, text = float(self.seconds[i]), table.cells[column][i]
            count = number(text)
            if not 0.0 <= count <= 1e6:
                raise table.fault(
                    table.lines[i], text, column, "is no number of agents", "write a number such as 12"
                )
            if out and start < out[-1][1]:
                raise table.fault(
                    table.lines[i], None, self.start_column, "is a second row for its time", "keep one"
                )
            if out and start > out[-1][1]:
                rule = f"follows a gap: {name!r} has no row for {_clock(out[-1][1])}"
                raise table.fault(
                    table.lines[i], _clock(start), self.start_column, rule, "add it, with 0 for nobody"
                )
            out.append((start, start + self.step, count))
        return out

    def _day(self, rows: Calendar, d: int) -> date:
        on = self.timeline.dates[d]
        return on if rows.knows(on) else self.timeline.model_date(d)

    def lines(self, name: str, d: int) -> list[Line]:
        """A group's roster lines whose shifts begin on simulated day `d` (-1: the day before), by start."""
        own = self.timeline.origin + timedelta(days=d)
        if own in site_of(self.scenario, name)[1]:
            return []
        is_open = bool(self.scenario.horizon.open.get(own.weekday())) or self.timeline.steady
        found: list[Line] = []
        shifts = [shift for shift in self.scenario.staff.shifts if shift.group == name]
        for here in (own, self.timeline.model_date(d)):
            named = [
                s
                for s in shifts
                if s.date == here or (s.date is None and here.weekday() in (s.weekday or ()))
            ]
            if named:
                break
        daily = [s for s in shifts if s.date is None and not s.weekday]
        for s in [*(named if is_open or here == own else ()), *(daily if is_open else ())]:
            found.append(Line(s.start, s.end, tuple(sorted(s.breaks)), s.agents, s.name, s.paid))
        rows = self.rows(name) if self.shifts_in_file else None
        if rows is not None:
            knows = rows.knows(own)
            if is_open or knows:
                todays = rows if is_open else Calendar(rows.dated, rows.weekly, [])
                found += [
                    self._line(i) for i in todays.all_rows(own if knows else self.timeline.model_date(d))
                ]
        return sorted(found, key=lambda line: (line.start, line.end))

    def _line(self, i: int) -> Line:
        table = self.table
        assert table is not None
        return _roster_line(table, i, float(self.seconds[i]), table.cells[self.start_column][i])


def site_of(scenario: Scenario, group: str) -> tuple[ZoneInfo | None, tuple[date, ...]]:
    """The time zone of a group's site where it is not the center's, and the days on which nobody is there."""
    name = scenario.groups[group].site
    if name is None:
        return None, ()
    site = scenario.sites[name]
    return ZoneInfo(site.timezone), site.holidays


def _roster_line(table: Table, i: int, start: float, start_text: str) -> Line:
    at = table.lines[i]
    end_column = table.need("end", "to")
    text = table.cells[end_column][i]
    point, begin = moment(text), moment(start_text)
    if point is None:
        raise table.fault(at, text, end_column, "is no time", "write 16:30 or 2026-03-02T16:30")
    end = point[1]
    if point[0] is not None and begin is not None and begin[0] is not None:
        end += (point[0] - begin[0]).days * DAY
    elif end <= start:
        end += DAY
    if not start < end <= start + 24 * 3600.0:
        raise table.fault(
            at, text, end_column, "is not within a day after the start", "check the dates and times"
        )
    breaks_column, agents_column = table.find("breaks", "break"), table.find("agents", "headcount", "count")
    breaks = (
        _breaks(table, at, breaks_column, table.cells[breaks_column][i], start, end) if breaks_column else ()
    )
    people = table.cells[agents_column][i] if agents_column else "1"
    agents = number(people)
    if not (0.0 <= agents <= 1e6 and agents == int(agents)):
        raise table.fault(
            at, people, agents_column, "is no whole number of agents", "write a number such as 12"
        )
    name_column = table.find("name", "agent")
    name = (table.cells[name_column][i] or None) if name_column else None
    return Line(start, end, breaks, int(agents), name, _paid(table, i), f"line {at} of {table.path.name}")


def _paid(table: Table, i: int) -> float | None:
    """The seconds paid by a row's `paid_hours`; None where it says nothing."""
    column = table.find("paid_hours")
    text = table.cells[column][i] if column else ""
    if not text:
        return None
    hours = number(text)
    if not 0.0 <= hours <= 100.0:
        raise table.fault(table.lines[i], text, column, "is no number of hours", "write a number such as 7.75")
    return hours * 3600.0


def _breaks(table: Table, at: int, column: str, text: str, start: float, end: float) -> tuple[Span, ...]:
    out: list[Span] = []
    for part in filter(None, (x.strip() for x in text.replace(",", ";").replace("|", ";").split(";"))):
        ends = [clock(x) for x in part.split("-")]
        a, b = ends[0], ends[-1]
        if len(ends) != 2 or a is None or b is None:
            raise table.fault(at, part, column, "is no span of the day", "write 12:00-12:30;15:00-15:15")
        a += DAY if a < start else 0.0
        b += DAY if b <= a else 0.0
        if b > end:
            raise table.fault(
                at, part, column, "lies outside the shift", "move it inside, or lengthen the shift"
            )
        out.append((a, b))
    return tuple(sorted(out))


def _only(calendar: Calendar, keep: Callable[[int], bool]) -> Calendar:
    dated = {on: [i for i in rows if keep(i)] for on, rows in calendar.dated.items()}
    weekly = {on: [i for i in rows if keep(i)] for on, rows in calendar.weekly.items()}
    daily = [i for i in calendar.daily if keep(i)]
    return Calendar({k: v for k, v in dated.items() if v}, {k: v for k, v in weekly.items() if v}, daily)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"
