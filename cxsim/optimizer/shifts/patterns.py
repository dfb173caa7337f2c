"""The shifts that can be worked on a day: every length at every start, with its breaks in their windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.scenario.model.break_positions import PlacedBreak, placings

if TYPE_CHECKING:
    from cxsim.scenario.model.optimizing import Contract, Shifts

DAY = 86400.0
Span = tuple[float, float]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pattern:
    """One shift of a day, in seconds of that day; `end` may lie beyond midnight.

    `paid` is time paid at the group's wage (contract, extra and overtime pay in it), `worked` the time on site less
    unpaid breaks, of which `overtime` is extra; `contract` is '' where the scenario names none.
    """

    contract: str
    start: float
    end: float
    breaks: tuple[Span, ...]
    paid: float
    worked: float
    overtime: float

    @property
    def title(self) -> str:
        """The shift as a planner writes it: 08:00-16:30 (12:00-12:30) part."""
        pauses = ", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in self.breaks)
        return f"{_clock(self.start)}-{_clock(self.end)}{f' ({pauses})' * bool(pauses)}{f' {self.contract}'.rstrip()}"

    def duty(self) -> list[Span]:
        """The shift without its breaks."""
        out, start = [], self.start
        for a, b in self.breaks:
            if a > start:
                out.append((start, a))
            start = b
        return [*out, (start, self.end)] if self.end > start else out


def patterns(shifts: Shifts, hours: Sequence[Span], contracts: Mapping[str, Contract]) -> list[Pattern]:
    """Every shift that fits into the opening spans `hours` (s of the day, the last may go beyond midnight).

    In the order of contract, length, overtime, start and breaks. `contracts` are those that apply; '' is the only
    name where the scenario has none.
    """
    found: list[Pattern] = []
    for name, contract in contracts.items():
        lengths = contract.lengths or shifts.lengths
        for length in sorted(lengths):
            breaks = list(placings(shifts, length))
            for extra in extras(shifts, length, lengths):
                for start in starts(hours, length + extra, shifts.starts_every):
                    for pauses in breaks:
                        found.append(_pattern(shifts, name, contract.wage, start, length, extra, pauses))
    return found


def _pattern(
    shifts: Shifts, contract: str, wage: float, start: float, length: float, extra: float, pauses: Sequence[PlacedBreak]
) -> Pattern:
    unpaid = sum(b - a for a, b, paid in pauses if not paid)
    pay = shifts.overtime.pay if shifts.overtime is not None else 1.0
    return Pattern(
        contract=contract,
        start=start,
        end=start + length + extra,
        breaks=tuple((start + a, start + b) for a, b, _ in pauses),
        paid=wage * (length - unpaid + shifts.paid_extra + pay * extra),
        worked=length + extra - unpaid,
        overtime=extra,
    )


def extras(shifts: Shifts, length: float, lengths: Sequence[float]) -> list[float]:
    """The overtime, none first, that a shift of this length may have; `lengths` are those of its contract."""
    overtime = shifts.overtime
    if overtime is None or length not in (overtime.lengths or (max(lengths),)):
        return [0.0]
    steps = math.floor(overtime.up_to / shifts.starts_every + 1e-9)
    return [k * shifts.starts_every for k in range(steps + 1)]


def starts(hours: Sequence[Span], length: float, every: float) -> list[float]:
    """The starts, in seconds of the day, at which a shift of this length fits into the opening spans."""
    found: dict[float, None] = {}
    for first, last in hours:
        count = math.floor((min(last - length, DAY - 1.0) - first) / every + 1e-9) + 1
        found |= dict.fromkeys(first + k * every for k in range(max(0, count)))
    return sorted(found)


def opening(hours_on: Callable[[date], Sequence[Span]], day: date) -> list[Span]:
    """The opening spans of a day, those that touch midnight carried on into the days after it."""
    spans = [(float(a), float(b)) for a, b in hours_on(day)]
    if not spans or spans[-1][1] < DAY:
        return spans
    end = DAY
    for k in range(1, 8):
        following = hours_on(day + timedelta(days=k))
        if not following or following[0][0] > 0.0:
            break
        end = k * DAY + float(following[0][1])
        if following[0][1] < DAY:
            break
    return [*spans[:-1], (spans[-1][0], end)]


def presence(duty: Sequence[Span], interval: float, count: int) -> Floats:
    """Seconds on duty in each of `count` intervals from midnight on."""
    edges = interval * np.arange(count + 1)
    out = np.zeros(count)
    for a, b in duty:
        out += np.diff(np.clip(edges, a, b))
    return out


def _clock(seconds: float) -> str:
    minutes = round(seconds % DAY / 60.0)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" if minutes or seconds < DAY else "24:00"
