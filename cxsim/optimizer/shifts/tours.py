"""From numbers of people to a roster: who works which shift on which day, so that rest and weekly hours hold.

The columns say how many people work which days, and how many work which shift. Shifts are handed out day by day, each
day by an assignment of least misses given the days already handed out; then each day again given all others, until
nothing improves. What still misses is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.problem.structure import Structure, clock
from cxsim.optimizer.shifts.patterns import DAY, Pattern
from cxsim.optimizer.shifts.week import Tours, weekly
from cxsim.scenario.model.optimizing import Contract, Week, optimizing

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.model.calendar import Timeline
    from cxsim.optimizer.shifts.shift_columns import Work
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
SWEEPS = 6
MISS = 1e3  # of rest or hours, per hour
LATE = 1e-2  # of an end that leaves little rest, per hour, to one who works the next day
MOVED = 1e-3  # of a start that differs from the day before, per hour


@dataclass(frozen=True, eq=False)
class Named:
    """A roster of named people: its `table` is one that `staff.file` reads, `misses` says what could not be kept."""

    table: pd.DataFrame
    misses: tuple[str, ...]


@dataclass
class _Person:
    """One person in one week: the days of work, and the shift of each that has been handed out."""

    name: str
    days: tuple[int, ...]
    shifts: dict[int, Pattern] = field(default_factory=dict)


def named(scenario: Scenario, timeline: Timeline, structure: Structure, x: npt.ArrayLike) -> Named:
    """Names for the people of a plan of shifts `x`.

    With rules of the week each person has the days of one tour; without, each shift of a day is its own person.
    ValueError for headcounts, which have no shifts.
    """
    if structure.kind != "shifts":
        raise ValueError("headcounts have no shifts to assign; write staff: shifts")
    work: Work = structure.payload
    counts = np.rint(np.asarray(x, dtype=np.float64)).astype(int)
    rules = weekly(scenario) or Week(rest=0.0)
    contracts = optimizing(scenario).shifts
    shifts: dict[tuple[int, str, int], list[Pattern]] = {}
    kept: list[tuple[int, int, Pattern, int, str]] = []
    for column, count in zip(work.columns, counts[: len(work.columns)], strict=True):
        if column.fixed is not None:
            kept.append((column.group, column.day, column.pattern, int(count), column.name or ""))
        elif count > 0:
            shifts.setdefault((column.group, column.pattern.contract, column.day), []).extend([column.pattern] * count)
    misses: list[str] = []
    out: list[tuple[object, ...]] = []
    names = list(scenario.groups)
    for g, contract in dict.fromkeys((g, c) for g, c, _ in shifts):
        terms = (contracts.contracts if contracts is not None else {}).get(contract, Contract())
        before: list[_Person] = []
        last = 0
        for week in range(-(-timeline.days // 7)):
            days = range(7 * week, min(7 * week + 7, timeline.days))
            of_day = {d: sorted(shifts.get((g, contract, d), []), key=_order) for d in days}
            people = _people(work.tours, counts, g, contract, of_day)
            _hand_out(people, of_day, rules, terms)
            last = _name(people, before, rules, f"{names[g]} {contract}".strip(), last)
            misses += _misses(people, before, of_day, rules, terms, timeline)
            out += [_row(timeline, names[g], d, one, 1, p.name) for p in people for d, one in sorted(p.shifts.items())]
            before = people
    out += [_row(timeline, names[g], d, one, count, who) for g, d, one, count, who in kept]
    return Named(_table(out), tuple(misses))


def _order(pattern: Pattern) -> tuple[float, float, tuple[tuple[float, float], ...]]:
    return pattern.start, pattern.end, pattern.breaks


def _people(
    tours: Tours | None, counts: npt.NDArray[np.int64], g: int, contract: str, of_day: dict[int, list[Pattern]]
) -> list[_Person]:
    """The people of a week by their days; those whom the shifts need beyond them work single days."""
    sets: list[tuple[int, ...]] = []
    if tours is not None:
        for k, tour in enumerate(tours.columns):
            if tour.group == g and tour.contract == contract and tour.days and tour.days[0] in of_day:
                sets += [tour.days] * max(0, int(counts[tours.first + k]))
    for d, shifts in of_day.items():
        sets += [(d,)] * (len(shifts) - sum(d in days for days in sets))
    return [_Person("", days) for days in sorted(sets)]


def _hand_out(people: Sequence[_Person], of_day: dict[int, list[Pattern]], rules: Week, terms: Contract) -> None:
    best = np.inf
    for sweep in range(SWEEPS):
        total = sum(_assign(people, d, shifts, rules, terms, sweep == 0) for d, shifts in of_day.items() if shifts)
        if total >= best - 1e-9 or (sweep and total < MISS * 1e-3):
            return
        best = total if sweep else np.inf


def _assign(
    people: Sequence[_Person], d: int, shifts: Sequence[Pattern], rules: Week, terms: Contract, first: bool
) -> float:
    """Hand out a day's shifts at least cost, given those of the other days; the cost."""
    from scipy.optimize import linear_sum_assignment

    here = [p for p in people if d in p.days]
    for p in here:
        p.shifts.pop(d, None)
    cost = np.zeros((len(here), len(shifts)))
    kinds = list(dict.fromkeys(shifts))
    place = {kind: k for k, kind in enumerate(kinds)}
    which = np.array([place[one] for one in shifts])
    start = np.array([one.start for one in kinds])
    end = np.array([one.end for one in kinds])
    worked = np.array([one.worked for one in kinds])
    regular = worked - np.array([one.overtime for one in kinds])
    for i, p in enumerate(here):
        yesterday, tomorrow = p.shifts.get(d - 1), p.shifts.get(d + 1)
        row = np.zeros(len(kinds))
        if yesterday is not None:
            row += MISS / 3600.0 * np.maximum(0.0, rules.rest - (start + DAY - yesterday.end))
            row += MOVED / 3600.0 * np.abs(start - yesterday.start)
        if tomorrow is not None:
            row += MISS / 3600.0 * np.maximum(0.0, rules.rest - (tomorrow.start + DAY - end))
        elif first and d + 1 in p.days:
            row += LATE / 3600.0 * np.maximum(0.0, end - (DAY - rules.rest))
        for limit, length, before in (
            (rules.hours, worked, sum(one.worked for one in p.shifts.values())),
            (terms.hours, regular, sum(one.worked - one.overtime for one in p.shifts.values())),
        ):
            if limit is not None:
                ahead = sum(k not in p.shifts and k != d for k in p.days) * float(length.mean())
                row += MISS / 3600.0 * np.maximum(0.0, before + ahead + length - limit)
        cost[i] = row[which]
    rows, columns = linear_sum_assignment(cost)
    for i, j in zip(rows, columns, strict=True):
        here[i].shifts[d] = shifts[j]
    return float(cost[rows, columns].sum())


def _name(people: Sequence[_Person], before: Sequence[_Person], rules: Week, who: str, last: int) -> int:
    """Give names, those of the week before to whom they leave the longest rest; the number of names so far."""
    from scipy.optimize import linear_sum_assignment

    if before and people:
        cost = np.array([[_rest_missed(b, p, rules) for b in before] for p in people])
        for i, j in zip(*linear_sum_assignment(cost), strict=True):
            people[i].name = before[j].name
    for p in people:
        if not p.name:
            last += 1
            p.name = f"{who} {last}"
    return last


def _rest_missed(before: _Person, after: _Person, rules: Week) -> float:
    if not before.shifts or not after.shifts:
        return 0.0
    d, k = max(before.shifts), min(after.shifts)
    return max(0.0, rules.rest - ((k - d) * DAY + after.shifts[k].start - before.shifts[d].end))


def _misses(
    people: Sequence[_Person],
    before: Sequence[_Person],
    of_day: dict[int, list[Pattern]],
    rules: Week,
    terms: Contract,
    timeline: Timeline,
) -> list[str]:
    """What the roster does not keep, in sentences."""
    out: list[str] = []
    earlier = {p.name: p for p in before}

    def on(d: int) -> str:
        return f"{timeline.dates[timeline.days_before + d]:%a %m-%d}"

    for p in people:
        days = sorted(p.shifts)
        gaps = [(d, k, (k - d) * DAY + p.shifts[k].start - p.shifts[d].end) for d, k in pairwise(days)]
        if p.name in earlier and days and earlier[p.name].shifts:
            d = max(earlier[p.name].shifts)
            gaps.append((d, days[0], (days[0] - d) * DAY + p.shifts[days[0]].start - earlier[p.name].shifts[d].end))
        for d, k, gap in gaps:
            if gap < rules.rest - 1.0:
                out.append(f"week.rest: {p.name} rests {gap / 3600:.3g} h between {on(d)} and {on(k)}")
        worked = sum(one.worked for one in p.shifts.values())
        regular = worked - sum(one.overtime for one in p.shifts.values())
        for limit, hours, rule in ((rules.hours, worked, "week.hours"), (terms.hours, regular, "contracts.hours")):
            if limit is not None and hours > limit + 1.0:
                out.append(f"{rule}: {p.name} works {hours / 3600:.4g} h, more than {limit / 3600:.4g} h")
        if len(p.shifts) < len(p.days):
            out.append(f"week.days_on: {p.name} has {len(p.shifts)} shifts on {len(p.days)} days of work")
    for d, shifts in of_day.items():
        left = len(shifts) - sum(d in p.shifts for p in people)
        if left > 0:
            out.append(f"week.days_on: {left} shifts on {on(d)} are not assigned")
    return out


def _row(timeline: Timeline, group: str, d: int, one: Pattern, agents: int, name: str) -> tuple[object, ...]:
    pauses = ";".join(f"{clock(a % DAY)}-{clock(b % DAY)}" for a, b in one.breaks)
    end = clock(one.end if one.end <= DAY else one.end - DAY)
    on = timeline.dates[timeline.days_before + d].isoformat()
    return group, name, on, clock(one.start), end, pauses, agents, one.paid / 3600.0


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["group", "name", "date", "start", "end", "breaks", "agents", "paid_hours"]
    return pd.DataFrame(rows, columns=columns).sort_values(["group", "name", "date"], ignore_index=True)
