"""The shifts that a roster has to fill: how many people each team needs for each shift of each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from cxsim.model.calendar import timeline
from cxsim.model.staffing_input import Line, Roster
from cxsim.report.common.formats import day_label
from cxsim.scenario.model.optimizing import optimizing
from cxsim.scenario.model.units import write_clock

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

DAY = 86400.0
Span = tuple[float, float]


@dataclass(frozen=True)
class Slot:
    """People of `team` who begin the same shift on day `day` (0: the first); times in seconds of that day.

    `paid` is what the plan says of paid seconds (None: all), `worked` the time on site without unpaid breaks.
    """

    day: int
    team: str
    start: float
    end: float
    breaks: tuple[Span, ...]
    paid: float | None
    worked: float
    needed: int

    @property
    def title(self) -> str:
        """The shift as planners write it, such as 08:00-16:30."""
        return span_text((self.start, self.end))

    @property
    def begins(self) -> float:
        """When it begins, in seconds since the first midnight."""
        return self.day * DAY + self.start

    @property
    def ends(self) -> float:
        """When it ends, in seconds since the first midnight."""
        return self.day * DAY + self.end


@dataclass(frozen=True)
class Demand:
    """The days of a roster and the shifts to fill, by day, team and start; `teams` are those with shifts."""

    dates: tuple[date, ...]
    slots: tuple[Slot, ...]
    teams: tuple[str, ...]

    def week(self, day: int) -> int:
        """The week of a day, counted from the first day of the roster."""
        return day // 7

    def on(self, day: int) -> str:
        """A day for people to read, such as Fri 6 Nov."""
        return day_text(self.dates[day])


def day_text(on: date) -> str:
    """A date such as Fri 6 Nov."""
    return day_label(on)


def span_text(span: Span) -> str:
    """A span of the day such as 08:00-16:30; an end after midnight is a time of the next day."""
    return f"{write_clock(span[0])}-{write_clock(span[1] if span[1] <= DAY else span[1] - DAY)}"


def demand(scenario: Scenario, weeks: int | None = None) -> Demand:
    """The shifts of a scenario over its horizon, or over so many weeks of the same shifts.

    Weeks are counted from the first day; a plan of two weeks for four is worked twice. ValueError for a scenario
    without dated days or without shifts, or a number of weeks below 1.
    """
    horizon = scenario.horizon
    if horizon.steady is not None or not isinstance(horizon.start, date):
        raise ValueError("the horizon has no dates; set horizon.start to the first day of the roster")
    if weeks is not None and weeks < 1:
        raise ValueError(f"weeks: {weeks} is below 1; write 1 or more")
    times = timeline(scenario)
    read = Roster(scenario, times)
    teams = tuple(name for name in scenario.groups if read.has_shifts(name))
    if not teams:
        raise ValueError(
            "the plan has headcounts, not shifts; optimize it with optimize.shifts, or give shifts under staff"
        )
    period = -(-times.days // 7)
    sources = [7 * (week % period) + k for week in range(weeks or period) for k in range(7)]
    days = max(k for k, source in enumerate(sources) if source < times.days) + 1
    dates = tuple(horizon.start + timedelta(days=k) for k in range(days))
    found: list[Slot] = []
    for day, source in enumerate(sources[:days]):
        if source >= times.days or (day >= times.days and not horizon.hours_on(dates[day])):
            continue
        for team in teams:
            found += _of_day(scenario, day, team, read.lines(team, times.days_before + source))
    if not found:
        raise ValueError(f"the plan has no shifts from {dates[0]} to {dates[-1]}")
    return Demand(dates, tuple(found), teams)


def _of_day(scenario: Scenario, day: int, team: str, lines: Sequence[Line]) -> list[Slot]:
    people: Counter[tuple[float, float, tuple[Span, ...], float | None]] = Counter()
    for line in lines:
        people[line.start, line.end, line.breaks, line.paid] += line.agents
    return [
        Slot(day, team, start, end, breaks, paid, _worked(scenario, start, end, breaks, paid), count)
        for (start, end, breaks, paid), count in sorted(people.items(), key=lambda one: (*one[0][:3], one[0][3] or 0.0))
        if count
    ]


def _worked(scenario: Scenario, start: float, end: float, breaks: Sequence[Span], paid: float | None) -> float:
    """Time on site without unpaid breaks.

    Where a plan pays more or less than the time (a factor on the wage, time to log in), its breaks decide.
    """
    length, off = end - start, sum(b - a for a, b in breaks)
    if paid is None:
        return length
    asked = optimizing(scenario).shifts
    if asked is not None and asked.breaks and not any(one.paid for one in asked.breaks):
        return length - off
    return min(length, max(paid, length - off))
