"""Shifts turned into people: who sits where, one shift a day for each."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cxsim.model.staffing_input import Line
from cxsim.model.time_spans import DAY, Span

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cxsim.model.calendar import Timeline


class Lines(Protocol):
    """Whoever knows the shifts of a group that begin on a simulated day (-1: the day before), by start."""

    def lines(self, name: str, d: int) -> Sequence[Line]: ...


@dataclass(frozen=True)
class Duty:
    """One person's duty, in seconds since the first midnight; `pay` is paid time per time on duty."""

    start: float
    end: float
    breaks: tuple[Span, ...]
    pay: float = 1.0


def at_work(duty: Duty) -> list[Span]:
    """The duty without its breaks."""
    out, start = [], duty.start
    for a, b in duty.breaks:
        if a > start:
            out.append((start, a))
        start = max(start, b)
    return [*out, (start, duty.end)] if duty.end > start else out


def duties(
    roster: Lines,
    timeline: Timeline,
    name: str,
    keep: Callable[[int, float, float], float],
    carried: dict[int, Carried],
    zone: ZoneInfo | None = None,
) -> tuple[list[list[Duty]], list[Duty], list[str]]:
    """The duties of each seat of a group, all duties that are paid, and what the seats are called.

    `keep` says which share of the people of a simulated day is present on a shift from one instant to another. Lines
    tell the time of `zone`, or of the center. `carried` takes the remainders of rounding, by day, from one group to the
    next.
    """
    seats = _Seats(name)
    paid: list[Duty] = []
    first, days = timeline.days_before, timeline.days
    used = False
    for d in range(-1, len(timeline.dates)):
        expected, kept, day = Counter[float](), 0, carried.setdefault(d, Carried())
        lines = [line for line in roster.lines(name, d) if d >= 0 or line.end > DAY]
        used |= bool(lines) and first <= d < first + days
        seats.begin_day()
        for line in lines:
            start, end = timeline.at(d, line.start, zone), timeline.at(d, line.end, zone)
            breaks = tuple((timeline.at(d, a, zone), timeline.at(d, b, zone)) for a, b in line.breaks)
            if end <= start:  # in the hour that clocks skip
                continue
            pay = 1.0 if line.paid is None else line.paid / (end - start)
            duty = Duty(start, end, breaks, pay)
            paid += [duty] * line.agents
            left = keep(d, start, end)
            expected[left] += line.agents
            day.exact = round(day.exact + line.agents * left, 9)
            # A group that would have somebody if it were rounded alone keeps one.
            least = 1 if not kept and sum(x * people for x, people in expected.items()) >= 0.5 else 0
            here = min(line.agents, max(least, math.floor(day.exact + 0.5) - day.kept))
            kept += here
            day.kept += here
            for k in range(here):
                seats.take(line, k, duty)
    if not used:
        dates = timeline.dates[first : first + days]
        rule = f"none of its shifts is in the horizon ({dates[0]} to {dates[-1]})"
        raise ValueError(f"groups.{name}: {rule}; change their dates or weekdays, or the horizon")
    return seats.duties, paid, seats.labels


@dataclass
class Carried:
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
            rule = f"the shifts of {line.name!r} overlap" + (f" ({line.place})" if line.place else "")
            raise ValueError(
                f"groups.{self.group}: {rule}; remove one of the shifts, or give each person a different name"
            )
        if seat is None or (line.name is None and (seat in self.today or self.duties[seat][-1].end > duty.start)):
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
