"""Who is there when: headcounts and shifts turned into seats, and the events by which people come and go.

A headcount group has as many seats as its largest headcount; which of its people come and go is the engine's
rule. A shift group has a seat for each person. Headcounts are agents present unless they are scheduled, when
shrinkage comes off: present = scheduled · (1 - shrinkage). Breaks are paid.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.horizon import DAY, Span
from cxsim.roster import Line, Roster

if TYPE_CHECKING:
    from cxsim.horizon import Timeline
    from cxsim.scenario.models import Scenario

Floats = npt.NDArray[np.float64]
Level = tuple[float, float, float]  # from, to, agents

FALL, LEAVE, BREAK, RISE, COME, RETURN = range(6)
KINDS = ("headcount falls", "leaves", "begins a break", "headcount rises", "comes", "returns from a break")
EVENT_DTYPE = np.dtype(
    [("time", "f8"), ("kind", "i4"), ("group", "i4"), ("agent", "i4"), ("count", "i4")], align=True
)


@dataclass(frozen=True, eq=False)
class Plan:
    """Seats, and when people come and go; G groups, I counted intervals.

    `events` (EVENT_DTYPE) are sorted by time, kind, group, agent: FALL and RISE give a headcount group's new
    `count`; LEAVE, BREAK, COME, RETURN name an `agent`, an index over the seats of all groups (-1 otherwise).
    """

    groups: tuple[str, ...]
    first_seat: npt.NDArray[np.int64]  # (G + 1,) seats of group g are first_seat[g] .. first_seat[g + 1] - 1
    seats: tuple[str, ...]  # what each seat is called
    by_count: npt.NDArray[np.bool_]  # (G,)
    events: npt.NDArray[np.void]
    scheduled: Floats  # (G, I) mean number of agents scheduled
    present: Floats  # (G, I) mean number planned to be on duty, breaks left out
    paid: Floats  # (G, I) paid seconds, overrun left out
    wage: Floats  # (G,) money per paid hour
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Duty:
    """One person's duty, in seconds since the first midnight."""

    start: float
    end: float
    breaks: tuple[Span, ...]


def plan(scenario: Scenario, timeline: Timeline) -> Plan:
    """The plan of a scenario: days outside the horizon have the staff of `Timeline.model_day`.

    Raises TableError or ValueError, with the place, for rows and lists that do not fit the horizon.
    """
    names = tuple(scenario.groups)
    events: list[tuple[float, int, int, int, int]] = []
    first, seats, by_count, notes = [0], list[str](), list[bool](), list[str]()
    area = np.zeros((3, len(names), timeline.n_intervals))
    roster = Roster(scenario, timeline)
    wanted = {name: roster.levels(name) for name in names if not roster.has_shifts(name)}
    exact = {name: _present(scenario, name, levels) for name, levels in wanted.items()}
    whole = round_together(exact)
    hours = [_area([x for levels in of.values() for x in levels], timeline).sum() / 3600 for of in (exact, whole)]
    if any(not count.is_integer() for levels in exact.values() for _, _, count in levels):
        notes.append(
            f"Headcounts are rounded to whole agents present, those with the largest remainders up:"
            f" {hours[0]:,.1f} agent-hours exactly, {hours[1]:,.1f} rounded, over the counted time."
        )
    carried: dict[int, _Carried] = {}
    for g, name in enumerate(names):
        group = scenario.groups[name]
        keep = 1.0 - group.shrinkage
        scheduled = group.scheduled or scenario.staff.scheduled
        counted = not roster.has_shifts(name)
        by_count.append(counted)
        if counted:
            given, levels = wanted[name], whole[name]
            payable = given if scheduled else [(a, b, x / keep) for a, b, x in levels]
            most = _count_events(g, levels, timeline.end, events)
            seats += [f"{name} {k + 1}" for k in range(most)]
            duty = levels
        else:
            duties, paid_for, labels = _duties(roster, timeline, name, keep if scheduled else 1.0, carried)
            spans = [(d.start, d.end, 1.0) for d in paid_for]
            payable = spans if scheduled else [(a, b, x / keep) for a, b, x in spans]
            duty = [(a, b, 1.0) for person in duties for d in person for a, b in _at_work(d)]
            for k, person in enumerate(duties):
                _shift_events(g, first[-1] + k, person, timeline.end, events)
            seats += labels
        first.append(len(seats))
        area[0, g] = _area([(a, b, x) for a, b, x in duty if a < timeline.end], timeline)
        area[1, g] = _area(payable, timeline)
    length = np.full(timeline.n_intervals, timeline.interval)
    length[-1] = timeline.counted_to - timeline.counted_from - timeline.interval * (timeline.n_intervals - 1)
    return Plan(
        groups=names,
        first_seat=np.array(first, dtype=np.int64),
        seats=tuple(seats),
        by_count=np.array(by_count, dtype=bool),
        events=np.array(sorted(events), dtype=EVENT_DTYPE),
        scheduled=area[1] / length,
        present=area[0] / length,
        paid=area[1],
        wage=np.array([float(scenario.groups[name].wage) for name in names]),
        notes=tuple(notes),
    )


def _present(scenario: Scenario, name: str, given: Sequence[Level]) -> list[Level]:
    """The agents of a group who are present, not rounded."""
    group = scenario.groups[name]
    keep = 1.0 - group.shrinkage if group.scheduled or scenario.staff.scheduled else 1.0
    return [(a, b, round(x * keep, 9)) for a, b, x in given]


def round_together(exact: dict[str, list[Level]]) -> dict[str, list[Level]]:
    """Headcounts in whole agents whose sum over all groups is right at every moment.

    The groups with the largest remainders are rounded up; of equal ones those that were before, then the first. A
    group that would have an agent if it were rounded alone keeps one.
    """
    names = list(exact)
    changes: dict[float, list[tuple[int, float]]] = {}
    for g, name in enumerate(names):
        for a, b, count in exact[name]:
            changes.setdefault(a, []).append((g, count))
            changes.setdefault(b, []).append((g, -count))
    now, up = [0.0] * len(names), [False] * len(names)
    out: dict[str, list[Level]] = {name: [] for name in names}
    times = sorted(changes)
    for start, end in pairwise(times):
        for g, count in changes[start]:
            now[g] = round(now[g] + count, 9)
        least = [max(math.floor(x), 1 if x >= 0.5 else 0) for x in now]
        more = math.floor(round(sum(now), 9) + 0.5) - sum(least)
        order = sorted((-round(x - low, 9), not up[g], g) for g, (x, low) in enumerate(zip(now, least, strict=True)))
        up = [False] * len(names)
        for left, _, g in order[: max(0, more)]:
            up[g] = left < 0.0
        for g, name in enumerate(names):
            count = float(least[g] + up[g])
            levels = out[name]
            if levels and levels[-1][1] == start and levels[-1][2] == count:
                levels[-1] = (levels[-1][0], end, count)
            elif count or now[g]:
                levels.append((start, end, count))
    return out


def _count_events(
    g: int, levels: Sequence[Level], end: float, events: list[tuple[float, int, int, int, int]]
) -> int:
    """Add the changes of a headcount; return its largest value."""
    change: dict[float, int] = {}
    for a, b, count in levels:
        if a < end:
            change[a] = change.get(a, 0) + int(count)
            change[min(b, end)] = change.get(min(b, end), 0) - int(count)
    now = most = 0
    for time in sorted(change):
        if change[time]:
            events.append((time, FALL if change[time] < 0 else RISE, g, -1, now + change[time]))
        now += change[time]
        most = max(most, now)
    return most


def _shift_events(
    g: int, agent: int, duties: Iterable[Duty], end: float, events: list[tuple[float, int, int, int, int]]
) -> None:
    for duty in duties:
        work = [(max(a, 0.0), min(b, end)) for a, b in _at_work(duty) if b > 0.0 and a < end]
        for i, (a, b) in enumerate(work):
            events.append((a, RETURN if i else COME, g, agent, 0))
            events.append((b, BREAK if i + 1 < len(work) else LEAVE, g, agent, 0))


def _at_work(duty: Duty) -> list[Span]:
    """The duty without its breaks."""
    out, start = [], duty.start
    for a, b in duty.breaks:
        if a > start:
            out.append((start, a))
        start = max(start, b)
    return [*out, (start, duty.end)] if duty.end > start else out


def _area(levels: Sequence[Level], timeline: Timeline) -> Floats:
    """Agent-seconds by counted interval."""
    grid = timeline.counted_from + timeline.interval * np.arange(timeline.n_intervals + 1)
    grid[-1] = min(grid[-1], timeline.counted_to)
    if not levels:
        return np.zeros(timeline.n_intervals)
    table = np.array(levels, dtype=np.float64)
    points = np.concatenate([table[:, 0], table[:, 1]])
    order = np.argsort(points, kind="stable")
    points = points[order]
    level = np.cumsum(np.concatenate([table[:, 2], -table[:, 2]])[order])
    total = np.concatenate([[0.0], np.cumsum(level[:-1] * np.diff(points))])
    return np.diff(np.interp(grid, points, total))


def _duties(
    roster: Roster, timeline: Timeline, name: str, keep: float, carried: dict[int, _Carried]
) -> tuple[list[list[Duty]], list[Duty], list[str]]:
    """The duties of each seat of a group, all duties that are paid, and what the seats are called.

    `carried` takes the remainders of rounding, by day, from one group to the next.
    """
    seats = _Seats(name)
    paid: list[Duty] = []
    first, days = timeline.days_before, timeline.days
    used = False
    for d in range(-1, len(timeline.dates)):
        midnight, wanted, kept, day = timeline.midnight(d), 0, 0, carried.setdefault(d, _Carried())
        lines = [line for line in roster.lines(name, d) if d >= 0 or line.end > DAY]
        used |= bool(lines) and first <= d < first + days
        seats.begin_day()
        for line in lines:
            breaks = tuple((midnight + a, midnight + b) for a, b in line.breaks)
            duty = Duty(midnight + line.start, midnight + line.end, breaks)
            paid += [duty] * line.agents
            wanted += line.agents
            day.exact = round(day.exact + line.agents * keep, 9)
            # A group that would have somebody if it were rounded alone keeps one.
            least = 1 if not kept and wanted * keep >= 0.5 else 0
            here = min(line.agents, max(least, math.floor(day.exact + 0.5) - day.kept))
            kept += here
            day.kept += here
            for k in range(here):
                seats.take(line, k, duty)
    if not used:
        dates = timeline.dates[first : first + days]
        rule = f"none of its shifts falls in the horizon ({dates[0]} to {dates[-1]})"
        raise ValueError(f"groups.{name}: {rule}; change their dates or weekdays, or the horizon")
    return seats.duties, paid, seats.labels


@dataclass
class _Carried:
    """People present of a day so far, over all groups staffed by shifts: exactly, and in whole people."""

    exact: float = 0.0
    kept: int = 0


class _Seats:
    """Gives a shift the lowest free seat: one shift a day, a named person always in the same seat."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.duties: list[list[Duty]] = []
        self.labels: list[str] = []
        self.owner: dict[tuple[object, int], int] = {}
        self.named: set[int] = set()
        self.today: set[int] = set()
        self.free: list[int] = []

    def begin_day(self) -> None:
        self.today = set()
        self.free = [seat for seat in range(len(self.duties)) if seat not in self.named]

    def take(self, line: Line, k: int, duty: Duty) -> None:
        key: tuple[object, int] = (line.name or line, k)
        seat = self.owner.get(key)
        if line.name is not None and seat is not None and self.duties[seat][-1].end > duty.start:
            raise ValueError(
                f"groups.{self.group}: the shifts of {line.name!r} overlap; give each person one at a time"
            )
        if seat is None or (
            line.name is None and (seat in self.today or self.duties[seat][-1].end > duty.start)
        ):
            seat = self._lowest(duty.start) if line.name is None else self._new()
        if line.name is not None and seat not in self.named:
            self.named.add(seat)
            self.labels[seat] = line.name if line.agents == 1 else f"{line.name} {k + 1}"
        self.owner[key] = seat
        self.today.add(seat)
        mine = self.duties[seat]
        if mine and mine[-1].end == duty.start:
            mine[-1] = Duty(mine[-1].start, duty.end, (*mine[-1].breaks, *duty.breaks))
        else:
            mine.append(duty)

    def _lowest(self, start: float) -> int:
        aside, found = [], -1
        while self.free and found < 0:
            seat = heapq.heappop(self.free)
            if seat in self.today:
                continue
            if self.duties[seat][-1].end < start:
                found = seat
            else:
                aside.append(seat)
        for seat in aside:
            heapq.heappush(self.free, seat)
        return found if found >= 0 else self._new()

    def _new(self) -> int:
        self.duties.append([])
        self.labels.append(f"{self.group} {len(self.duties)}")
        return len(self.duties) - 1
