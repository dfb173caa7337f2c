"""Who is there when: headcounts and shifts turned into seats, and the events by which people come and go.

A headcount group has as many seats as its largest headcount; which of its people come and go is the engine's
rule. A shift group has a seat for each person. Agents are present unless they are scheduled, when shrinkage comes
off: present = scheduled · (1 - shrinkage), in whole people, by the shrinkage of the time, of shifts its mean over the
shift. Breaks are paid, unless the shift says what is.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.model.given_headcounts import Given, as_given, day_of, present
from cxsim.model.shares_by_time import Shrinkage
from cxsim.model.shift_assignment import Carried, Duty, Lines, at_work, duties
from cxsim.model.staffing_input import Line, Roster, site_of
from cxsim.model.time_spans import clip
from cxsim.schema.plan_events import BREAK_BEGINS, BREAK_ENDS, COME, FALL, LEAVE, RISE

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Level = tuple[float, float, float]  # from, to, agents

EVENT_DTYPE = np.dtype([("time", "f8"), ("kind", "i4"), ("group", "i4"), ("agent", "i4"), ("count", "i4")], align=True)


@dataclass(frozen=True, eq=False)
class Plan:
    """Seats, and when people come and go; G groups, I counted intervals.

    `events` (EVENT_DTYPE) are sorted by time, kind, group, agent: FALL and RISE give a headcount group's new
    `count`; the others name an `agent`, an index over the seats of all groups (-1 otherwise).
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
    leaving: Floats  # (G,) shifts that end and breaks that begin in the counted time, absences taken off exactly
    notes: tuple[str, ...]


Changes = Mapping[str, Mapping[int, float]]  # headcounts by group and counted interval


def plan(scenario: Scenario, timeline: Timeline, changes: Changes | None = None, given: Given | None = None) -> Plan:
    """The plan of a scenario: days outside the horizon have the staff of `Timeline.model_day`.

    `changes` replace headcounts as the scenario gives them (scheduled or present), while it is open; `given` is what
    `as_given` says of the scenario, where that is known. Raises TableError or ValueError, with the place, for
    rows and lists that do not fit the horizon, and for changes of a group on shifts.
    """
    notes = list[str]()
    roster, shrinkage, wanted, exact = given or as_given(scenario, timeline)
    wanted, exact = dict(wanted), dict(exact)
    for name, cells in (changes or {}).items():
        if name not in wanted:
            raise ValueError(f"groups.{name}: it has no headcounts that could change")
        wanted[name] = _replaced(wanted[name], cells, timeline)
        exact[name] = present(scenario, timeline, name, wanted[name], shrinkage)
    whole = round_together(exact)
    hours = [_area([x for levels in of.values() for x in levels], timeline).sum() / 3600 for of in (exact, whole)]
    if any(not count.is_integer() for levels in exact.values() for _, _, count in levels):
        notes.append(
            f"Headcounts are rounded to whole agents present, largest remainders up: {hours[0]:,.1f} agent-hours "
            f"exactly, {hours[1]:,.1f} rounded, over the counted time."
        )
    people = _People(scenario, timeline, shrinkage)
    for name in scenario.groups:
        if name in wanted:
            people.counted(name, wanted[name], whole[name])
        else:
            people.on_shifts(name, roster)
    return people.plan(notes)


def headcounts(scenario: Scenario, timeline: Timeline) -> dict[str, Floats]:
    """Headcounts as the scenario gives them, by group without shifts: means over each counted interval (I,).

    NaN where the scenario says nothing of an interval.
    """
    roster = Roster(scenario, timeline)
    out: dict[str, Floats] = {}
    for name in scenario.groups:
        if not roster.has_shifts(name):
            levels = roster.levels(name)
            said = _area([(a, b, 1.0) for a, b, _ in levels], timeline)
            agents = _area(levels, timeline)
            out[name] = np.round(np.divide(agents, said, out=np.full(len(said), np.nan), where=said > 0.0), 6)
    return out


def _replaced(levels: Sequence[Level], cells: Mapping[int, float], timeline: Timeline) -> list[Level]:
    """Levels of a group with other headcounts in some counted intervals, and on the days modelled on them."""
    grid = open_times(timeline)
    spans = [
        (a, b, float(cells[i]))
        for (a, b), i in zip(pairwise(grid.times.tolist()), grid.interval.tolist(), strict=False)
        if i in cells
    ]
    kept = list[Level]()
    for start, end, agents in sorted(levels):
        for a, b, _ in spans[bisect_right(spans, start, key=lambda span: span[1]) :]:
            if a >= end:
                break
            if start < a:
                kept.append((start, a, agents))
            start = min(b, end)
        if start < end:
            kept.append((start, end, agents))
    return sorted([*kept, *spans])


def plan_of_levels(scenario: Scenario, timeline: Timeline, levels: npt.ArrayLike) -> Plan:
    """The plan of headcounts: agents present by group and counted interval, whole numbers (G, I).

    They are present while it is open, and paid present / (1 - shrinkage). Days outside the horizon have those of
    `Timeline.model_day`, the warm-up of a steady state those of the first interval. ValueError for numbers that are
    not whole, below 0, or of another shape.
    """
    given = np.asarray(levels, dtype=np.float64)
    shape = (len(scenario.groups), timeline.n_intervals)
    if given.shape != shape or not (given >= 0.0).all() or (given != np.floor(given)).any():
        raise ValueError(f"levels: {shape[0]} × {shape[1]} whole numbers from 0 are expected")
    grid = open_times(timeline)
    now = np.where(grid.interval >= 0, given[:, grid.interval], 0.0).astype(np.int64)
    before = np.concatenate([np.zeros((shape[0], 1), np.int64), now[:, :-1]], axis=1)
    group, at = np.nonzero(now != before)
    events = np.zeros(len(group), EVENT_DTYPE)
    events["time"], events["group"], events["agent"] = grid.times[at], group, -1
    events["count"] = now[group, at]
    events["kind"] = np.where(now[group, at] < before[group, at], FALL, RISE)
    most = now.max(axis=1, initial=0)
    keep = 1.0 - Shrinkage(scenario, timeline).means(timeline)
    seconds = given * grid.open_seconds
    scheduled = seconds / keep / _lengths(timeline)
    return Plan(
        groups=tuple(scenario.groups),
        first_seat=np.concatenate([[0], np.cumsum(most)]),
        seats=tuple(f"{name} {k + 1}" for name, n in zip(scenario.groups, most, strict=True) for k in range(n)),
        by_count=np.ones(shape[0], dtype=bool),
        events=events[np.lexsort((group, events["kind"], events["time"]))],
        scheduled=scheduled,
        present=seconds / _lengths(timeline),
        paid=seconds / keep,
        wage=_wages(scenario),
        leaving=np.zeros(shape[0]),
        notes=_shrunk(scenario, timeline, scheduled, 1.0 - keep),
    )


def plan_of_lines(scenario: Scenario, timeline: Timeline, lines: Mapping[str, Sequence[Sequence[Line]]]) -> Plan:
    """The plan of shifts: for each group and counted day the roster lines that begin on it.

    Lines are scheduled people where the scenario says so (`scheduled`), else people present. A group without lines
    has nobody. Days outside the horizon have the lines of `Timeline.model_day` where they are open. ValueError for
    another number of days, an unknown group, or overlapping shifts of one name.
    """
    for name, days in lines.items():
        if name not in scenario.groups or len(days) != timeline.days:
            raise ValueError(f"lines: {name!r} with {len(days)} days; {timeline.days} days per group are expected")
    people = _People(scenario, timeline, Shrinkage(scenario, timeline))
    roster = _Given(scenario, timeline, lines)
    for name in scenario.groups:
        if any(line.agents for day in lines.get(name, ()) for line in day):
            people.on_shifts(name, roster)
        else:
            people.nobody(name)
    return people.plan()


@dataclass(frozen=True)
class _Given:
    """Roster lines by group and counted day."""

    scenario: Scenario
    timeline: Timeline
    by_day: Mapping[str, Sequence[Sequence[Line]]]

    def lines(self, name: str, d: int) -> list[Line]:
        """As `Roster.lines`."""
        timeline = self.timeline
        inside = 0 <= d - timeline.days_before < timeline.days
        on, horizon = timeline.origin + timedelta(days=d), self.scenario.horizon
        if on in site_of(self.scenario, name)[1] or not (inside or timeline.steady or horizon.hours_on(on)):
            return []
        return sorted(self.by_day[name][timeline.model_day(d)], key=lambda line: (line.start, line.end))


class _People:
    """A plan in the making, group after group in their order."""

    def __init__(self, scenario: Scenario, timeline: Timeline, shrinkage: Shrinkage) -> None:
        self.scenario, self.timeline, self.shrinkage = scenario, timeline, shrinkage
        self.events: list[tuple[float, int, int, int, int]] = []
        self.first = [0]
        self.seats: list[str] = []
        self.by_count: list[bool] = []
        self.area: list[tuple[Floats, Floats, Floats]] = []  # seconds present, scheduled, paid
        self.leaving: list[float] = []
        self._carried: dict[int, Carried] = {}
        self.exact = self.whole = 0.0  # seconds of people on shifts, whose shrinkage comes off

    def counted(self, name: str, given: Sequence[Level], whole: Sequence[Level]) -> None:
        """Add a group by its headcounts: as given, and in whole agents present."""
        scheduled = self.scenario.is_scheduled(name)
        absent = bool(self.scenario.absences) and not scheduled  # who is paid all the same
        whole_given = round_together({name: list(given)})[name] if absent else whole
        payable = given if scheduled else self.shrinkage.apart(name, whole_given, lambda x, part: x / (1.0 - part))
        most = _count_events(len(self.by_count), whole, self.timeline.end, self.events)
        self._add([f"{name} {k + 1}" for k in range(most)], True, whole, payable, payable, 0.0)

    def on_shifts(self, name: str, roster: Lines) -> None:
        """Add a group by its shifts."""
        scheduled = self.scenario.is_scheduled(name)
        first = self.timeline.origin

        def keep(start: float, end: float) -> float:
            return 1.0 - self.shrinkage.over(name, start, end)

        def left(d: int, start: float, end: float) -> float:
            here = keep(start, end) if scheduled else 1.0
            return here * (1.0 - self.scenario.absent(name, first + timedelta(days=d)))

        people, paid_for, labels = duties(
            roster, self.timeline, name, left, self._carried, site_of(self.scenario, name)[0]
        )
        for k, person in enumerate(people):
            _shift_events(len(self.by_count), self.first[-1] + k, person, self.timeline.end, self.events)
        duty = [(a, b, 1.0) for person in people for d in person for a, b in at_work(d)]
        part = {(d.start, d.end): 1.0 if scheduled else keep(d.start, d.end) for d in paid_for}
        there = [(d.start, d.end, 1.0 / part[d.start, d.end]) for d in paid_for]
        payable = [(d.start, d.end, d.pay / part[d.start, d.end]) for d in paid_for]
        shrunk = scheduled and self.scenario.groups[name].shrinkage > 0.0
        if shrunk or self.scenario.absences:
            whole = [(d.start, d.end, 1.0) for person in people for d in person]
            due = [(a, b, x * left(day_of(self.timeline, a), a, b)) for a, b, x in there]
            self.exact += float(_area(due, self.timeline).sum())
            self.whole += float(_area(whole, self.timeline).sum())
        from_, to = self.timeline.counted_from, self.timeline.counted_to
        leaving = math.fsum(
            left(day_of(self.timeline, d.start), d.start, d.end) * sum(from_ < t <= to for t in _leaves(d))
            for d in paid_for
        )
        self._add(labels, False, duty, there, payable, leaving)

    def nobody(self, name: str) -> None:
        """Add a group that has no shifts."""
        self._add([], False, (), (), (), 0.0)

    def _add(
        self,
        seats: Sequence[str],
        by_count: bool,
        duty: Sequence[Level],
        people: Sequence[Level],
        payable: Sequence[Level],
        leaving: float,
    ) -> None:
        timeline = self.timeline
        self.leaving.append(leaving)
        self.by_count.append(by_count)
        self.seats += seats
        self.first.append(len(self.seats))
        present = _area([(a, b, x) for a, b, x in duty if a < timeline.end], timeline)
        self.area.append((present, _area(people, timeline), _area(payable, timeline)))

    def plan(self, notes: Sequence[str] = ()) -> Plan:
        """The plan, all groups added."""
        present, seconds, paid = np.moveaxis(np.array(self.area), 1, 0)
        scheduled = seconds / _lengths(self.timeline)
        notes = [
            *_shrunk(self.scenario, self.timeline, scheduled, self.shrinkage.means(self.timeline)),
            *_away(self.scenario, self.timeline),
            *notes,
        ]
        if self.exact != self.whole:
            notes.append(
                f"People on shifts are present or absent for the whole shift, rounded over all groups together:"
                f" {self.exact / 3600:,.1f} agent-hours exactly, {self.whole / 3600:,.1f} rounded, breaks included."
            )
        return Plan(
            groups=tuple(self.scenario.groups),
            first_seat=np.array(self.first, dtype=np.int64),
            seats=tuple(self.seats),
            by_count=np.array(self.by_count, dtype=bool),
            events=np.array(sorted(self.events), dtype=EVENT_DTYPE),
            scheduled=scheduled,
            present=present / _lengths(self.timeline),
            paid=paid,
            wage=_wages(self.scenario),
            leaving=np.array(self.leaving),
            notes=tuple(notes),
        )


def _shrunk(scenario: Scenario, timeline: Timeline, scheduled: Floats, shrinkage: Floats) -> tuple[str, ...]:
    """What shrinkage takes, in a sentence for the groups alike, where most people are scheduled (G, I)."""
    alike: dict[tuple[float, bool, str], list[int]] = {}
    for g, (name, group) in enumerate(scenario.groups.items()):
        if group.shrinkage > 0.0:
            own = name if group.shrinkage_by_time else ""
            alike.setdefault((group.shrinkage, scenario.is_scheduled(name), own), []).append(g)
    out: list[str] = []
    names = list(scenario.groups)
    for (part, off, own), groups in alike.items():
        there = scheduled[groups].sum(axis=0)
        most = float(there.max(initial=0.0))
        if most <= 0.0:
            continue
        i = int(there.argmax())
        part = float(shrinkage[groups[0], i]) if own else part
        label = timeline.labels[i]
        who = ", ".join(names[g] for g in groups) + ": " if len(groups) < len(names) else ""
        many, left = (f"{x:,.1f}".removesuffix(".0") for x in (most, most * (1.0 - part)))
        share = f"{100.0 * part:.4g} %"
        if off:
            what = f"{many} scheduled × (1 − {share}) = {left} present, and all {many} are paid"
        else:
            what = f"{left} present, paid as {left} ÷ (1 − {share}) = {many}"
        at = f"{label:%a} {label.day} {label:%b %H:%M}"
        if own:
            found = shrinkage[groups[0], timeline.open_mask]
            at += f"; shrinkage is {100.0 * found.min():.4g} % to {100.0 * found.max():.4g} % while it is open"
        out.append(f"{who}at most {what} ({at}).")
    return tuple(one[0].upper() + one[1:] if one.startswith("at most") else one for one in out)


def _away(scenario: Scenario, timeline: Timeline) -> list[str]:
    """Who is absent on which counted days, in sentences."""
    days = timeline.dates[timeline.days_before : timeline.days_before + timeline.days]
    out = []
    for one in scenario.absences:
        on = [f"{day:%a} {day.day} {day:%b}" for day in days if one.is_on(day)]
        who = "all groups" if one.groups is None else ", ".join(one.groups)
        when = "every day" if len(on) == len(days) and len(on) > 3 else ", ".join(on) or "no counted day"
        out.append(f"{one.name}: {100.0 * one.share:.4g} % of {who} absent on {when}; they are paid.")
    return out


def _wages(scenario: Scenario) -> Floats:
    return np.array([float(group.wage) for group in scenario.groups.values()])


def _lengths(timeline: Timeline) -> Floats:
    """Seconds of each counted interval; the last may be shorter."""
    length = np.full(timeline.n_intervals, timeline.interval)
    length[-1] = timeline.counted_to - timeline.counted_from - timeline.interval * (timeline.n_intervals - 1)
    return length


class _Grid(NamedTuple):
    """Moments between which staffing levels stay, the counted interval each begins (-1: closed), open seconds."""

    times: Floats
    interval: npt.NDArray[np.int64]
    open_seconds: Floats


@lru_cache(maxsize=16)
def open_times(timeline: Timeline) -> _Grid:
    spans: list[tuple[float, float, int]] = []
    width, n = timeline.interval, timeline.n_intervals
    if timeline.steady:
        edges = timeline.counted_from + width * np.arange(n)
        edges[0] = 0.0
        spans = [(a, b, i) for i, (a, b) in enumerate(pairwise([*edges.tolist(), timeline.end]))]
    else:
        for d, hours in enumerate(timeline.hours):
            midnight, own = timeline.midnight(d), timeline.days_before + timeline.model_day(d)
            first = round((timeline.midnight(own) - timeline.counted_from) / width)
            last = round((timeline.midnight(own + 1) - timeline.counted_from) / width) - 1
            open_now = [(timeline.at(d, a) - midnight, timeline.at(d, b) - midnight) for a, b in hours]
            for k in range(round((timeline.midnight(d + 1) - midnight) / width)):
                clipped = clip(k * width, (k + 1) * width, open_now)
                spans += [(midnight + a, midnight + b, min(first + k, last)) for a, b in clipped]
    times, interval, until = list[float](), list[int](), math.nan
    for a, b, i in spans:
        if until < a:
            times.append(until)
            interval.append(-1)
        times.append(a)
        interval.append(i)
        until = b
    return _Grid(np.array([*times, until]), np.array([*interval, -1]), timeline.open_seconds)


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


def _count_events(g: int, levels: Sequence[Level], end: float, events: list[tuple[float, int, int, int, int]]) -> int:
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
        work = [(max(a, 0.0), min(b, end)) for a, b in at_work(duty) if b > 0.0 and a < end]
        for i, (a, b) in enumerate(work):
            events.append((a, BREAK_ENDS if i else COME, g, agent, 0))
            events.append((b, BREAK_BEGINS if i + 1 < len(work) else LEAVE, g, agent, 0))


def _leaves(duty: Duty) -> list[float]:
    """When a person on duty leaves: for each break, and at the end."""
    return [*(a for a, _ in duty.breaks), duty.end]


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
    # To the microsecond: what adding and taking away leaves of fractions would be an agent in closed hours.
    seconds: Floats = np.round(np.diff(np.interp(grid, points, total)), 6) + 0.0
    return seconds
