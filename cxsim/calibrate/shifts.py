"""Shifts of a typical week from log-ins, or from the roster, where these are regular enough."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

import numpy as np

from cxsim.calibrate.arrivals import DAY, WEEKDAYS, Days, clock
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.estimates import Estimated
from cxsim.calibrate.redials import Floats
from cxsim.calibrate.staffing import Spells, on_duty
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

GRID = 900.0  # s: shifts begin and end on the quarter-hour,
BREAK_GRID = 300.0  # s: breaks on multiples of five minutes
LONGEST_BREAK = 3 * 3600.0  # s: a longer time logged out ends the shift
LONGEST_SHIFT = 16 * 3600.0  # s: somebody who is logged in for longer forgot to log out
LEAST_KEPT = 0.9  # of the agent-hours, from which on the staff of a scenario is written as shifts
DAY_OFF = 0.1  # of the agent-hours of its weekday: a day that differs by more is listed
MOST_DAYS = 5  # that are listed

Wanted = Literal["shifts", "headcounts"]
Span = tuple[float, float]


class Shift(NamedTuple):
    """Agents of one group with equal hours on a weekday; times in seconds of that day."""

    group: str
    weekday: int
    start: float
    end: float
    breaks: tuple[Span, ...]
    agents: int


@dataclass(frozen=True, eq=False)
class Week:
    """The shifts of a typical week, and how well they stand where agents were logged in."""

    shifts: tuple[Shift, ...]
    hours: Floats  # (7,) agent-hours logged in on the mean day of each weekday, in opening hours,
    kept: Floats  # of which the shifts have so many in the same interval,
    added: Floats  # and so many in intervals in which nobody was logged in

    @property
    def fits(self) -> float:
        """The share of hours that is kept, or 1 less the share added if that is lower."""
        total = float(self.hours.sum())
        return min(float(self.kept.sum()), total - float(self.added.sum())) / total if total > 0.0 else 0.0


def chosen(
    basis: Basis, spells: Spells, source: str, group_of: Mapping[str, str], wanted: Wanted | None
) -> Week | None:
    """The shifts if they are wanted, or by default if at least 90 % of the hours fit; None for headcounts.

    ExportError where shifts are wanted and no log-ins are recorded.
    """
    if source != "log-ins" or not len(spells.agent):
        if wanted == "shifts":
            raise without_log_ins()
        return None
    if wanted == "headcounts":
        return None
    week = typical_week(basis.days, spells, group_of, basis.records.days)
    used = bool(week.shifts) and (wanted == "shifts" or week.fits >= LEAST_KEPT)
    _tell(basis, week, spells, used)
    return week if used else None


def without_log_ins() -> ExportError:
    """What is wrong where shifts are wanted, but nothing says when agents logged in."""
    rule = "has no log-ins of the agents who serve the contacts, so it tells no shifts"
    fix = "import the contacts and the log-ins of their agents, or leave out --staff shifts"
    return ExportError([TableError("staffing", None, rule, fix)])


def worked(spells: Spells, exact: bool = False) -> list[tuple[str, float, float, tuple[Span, ...]]]:
    """The shifts that were worked, (agent, start, end, breaks) in seconds, rounded to the grid unless `exact`.

    Times logged out of up to three hours are breaks. Shifts of more than sixteen hours are left out.
    """
    out: list[tuple[str, float, float, tuple[Span, ...]]] = []
    order = np.lexsort((spells.start, spells.agent))
    open_: list[Span] = []
    rows = [(str(spells.agent[i]), float(spells.start[i]), float(spells.end[i])) for i in order.tolist()]
    for k, (agent, start, end) in enumerate(rows):
        if open_ and start <= open_[-1][1]:
            open_[-1] = (open_[-1][0], max(open_[-1][1], end))
        else:
            open_.append((start, end))
        following = rows[k + 1] if k + 1 < len(rows) else None
        if following is None or following[0] != agent or following[1] - open_[-1][1] > LONGEST_BREAK:
            if exact and open_[-1][1] - open_[0][0] <= LONGEST_SHIFT:
                out.append((agent, open_[0][0], open_[-1][1], ()))
            elif not exact and (made := _rounded(open_)) is not None:
                out.append((agent, *made))
            open_ = []
    return out


def whole(spells: Spells) -> Spells:
    """Times on duty with their breaks, which the shifts of a scenario have themselves."""
    found = worked(spells, exact=True)
    return Spells(*(np.array([row[k] for row in found]) for k in range(3)))


def _rounded(spans: Sequence[Span]) -> tuple[float, float, tuple[Span, ...]] | None:
    """One shift on the grid, None where nothing is left of it; breaks are what is between the spans."""
    start, end = (_round(t, GRID) for t in (spans[0][0], spans[-1][1]))
    if not 0.0 < end - start <= LONGEST_SHIFT:
        return None
    breaks: list[Span] = []
    for (_, left), (back, _) in pairwise(spans):
        a, b = max(_round(left, BREAK_GRID), start), min(_round(back, BREAK_GRID), end)
        if b <= a:
            continue
        if breaks and a <= breaks[-1][1]:
            a = breaks.pop()[0]
        breaks.append((a, b))
    while breaks and breaks[0][0] <= start:
        start = breaks.pop(0)[1]
    while breaks and breaks[-1][1] >= end:
        end = breaks.pop()[0]
    return (start, end, tuple(breaks)) if end > start else None


def _round(t: float, grid: float) -> float:
    return math.floor(t / grid + 0.5) * grid


def typical_week(days: Days, spells: Spells, group_of: Mapping[str, str], recorded: int) -> Week:
    """As many shifts of each group and weekday as agents came on average.

    They are taken evenly from all that were worked on such days, sorted by start, end and breaks: if a third of the
    agents began at 10:00, so does a third of the shifts.
    """
    found: dict[tuple[str, int], list[tuple[float, float, tuple[Span, ...]]]] = {}
    for agent, start, end, breaks in worked(spells):
        day = int(start // DAY)
        if 0 <= day < recorded and days.used[day]:
            zero = day * DAY
            own = (start - zero, end - zero, tuple((a - zero, b - zero) for a, b in breaks))
            found.setdefault((group_of[agent], days.dates[day].weekday()), []).append(own)
    out: Counter[tuple[str, int, float, float, tuple[Span, ...]]] = Counter()
    for (group, weekday), all_own in sorted(found.items()):
        all_own.sort()
        people = math.floor(len(all_own) / len(days.of_weekday(weekday)) + 0.5)
        for k in range(people):
            out[group, weekday, *all_own[int((k + 0.5) / people * len(all_own))]] += 1
    shifts = tuple(Shift(*key, agents) for key, agents in sorted(out.items()))
    groups = sorted(set(group_of.values()))
    mean = np.stack([_logged(days, spells, group_of, name, recorded) for name in groups])
    made = np.stack([present(shifts, name, days.width) for name in groups])
    inside = days.mask()[None]
    hours, kept, added = (
        (x * inside).sum(axis=(0, 2)) * days.width / 3600.0
        for x in (mean, np.minimum(mean, made), np.maximum(made - mean, 0.0))
    )
    return Week(shifts, hours, kept, added)


def _logged(days: Days, spells: Spells, group_of: Mapping[str, str], group: str, recorded: int) -> Floats:
    """Mean agents of a group logged in by weekday and interval, (7, slots)."""
    mine = np.array([group_of[agent] == group for agent in spells.agent.tolist()], np.bool_)
    there = _by_day(days, Spells(spells.agent[mine], spells.start[mine], spells.end[mine]), recorded)
    out = np.zeros((7, days.slots))
    for w in range(7):
        rows = days.of_weekday(w)
        if len(rows):
            out[w] = there[rows].mean(axis=0)
    return out


def _by_day(days: Days, spells: Spells, recorded: int) -> Floats:
    edges = np.arange(recorded * days.slots + 1) * days.width
    return on_duty(spells.start, spells.end, edges).reshape(-1, days.slots)


def present(shifts: Sequence[Shift], group: str, width: float) -> Floats:
    """Mean agents of a group by weekday and interval, (7, slots), of the shifts of a week that repeats."""
    spans: list[Span] = []
    for one in shifts:
        if one.group == group:
            zero = one.weekday * DAY
            edges = [one.start, *(t for pair in one.breaks for t in pair), one.end]
            spans += [(zero + a, zero + b) for a, b in zip(edges[::2], edges[1::2], strict=True)] * one.agents
    slots = round(DAY / width)
    edges_ = np.arange(8 * slots + 1) * width
    there = on_duty([a for a, _ in spans], [b for _, b in spans], edges_).reshape(8, slots)
    there[0] += there[7]
    return np.asarray(there[:7])


def _tell(basis: Basis, week: Week, spells: Spells, used: bool) -> None:
    """What the shifts keep, by weekday, and the days that differ from the week."""
    told, days = basis.told, basis.days
    rows = len(spells.agent)
    method = "shifts from log-ins, rounded to the quarter-hour, breaks to five minutes; open intervals"
    for w in np.flatnonzero(week.hours > 0.0).tolist():
        lost = week.hours[w] - week.kept[w]
        note = f"{week.hours[w]:.1f} h on duty a day, of which {lost:.1f} h are lost; {week.added[w]:.1f} h are added"
        kept = float(week.kept[w] / week.hours[w])
        parameter = f"agent-hours on {WEEKDAYS[w]}: kept by shifts"
        told.rows.append(Estimated("all", parameter, kept, math.nan, math.nan, "share", method, rows, note))
    total = float(week.hours.sum())
    said = (
        f"{week.kept.sum() / max(total, 1e-9):.0%} of the agent-hours stand where agents were on duty, "
        f"{week.added.sum() / max(total, 1e-9):.0%} are added"
    )
    if not used:
        told.notes.append(
            f"times on duty are not regular enough for shifts: {said}, and {LEAST_KEPT:.0%} must fit; staff is "
            "written as headcounts (--staff shifts writes the shifts all the same)"
        )
        return
    told.notes.append(f"staff is written as shifts: {said} (--staff headcounts writes headcounts)")
    mask = days.mask()
    by_day = _by_day(days, spells, basis.records.days)
    apart = []
    for k, on in enumerate(days.dates):
        hours = float((by_day[k] * mask[on.weekday()]).sum()) * days.width / 3600.0
        usual = float(week.kept[on.weekday()] + week.added[on.weekday()])
        if days.used[k] and abs(hours - usual) > DAY_OFF * max(usual, 1e-9):
            apart.append((abs(hours - usual), f"{on:%a} {on}: {hours:.0f} agent-hours on duty, {usual:.0f} in shifts"))
    listed = [text for _, text in sorted(apart, reverse=True)[:MOST_DAYS]]
    if apart:
        more = f"; and {len(apart) - len(listed)} more" if len(apart) > len(listed) else ""
        told.notes.append(f"days that differ from the shifts by more than {DAY_OFF:.0%}: {'; '.join(listed)}{more}")


def _weekdays(on: Sequence[int]) -> list[str]:
    """Weekdays as runs such as mon-fri: a cell takes one."""
    runs = [[w for _, w in run] for _, run in groupby(enumerate(on), key=lambda at: at[1] - at[0])]
    return [WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs]


def table(shifts: Sequence[Shift], cell_of: Callable[[str], str]) -> str:
    """The shifts as the file of a scenario's staff, `cell_of` a name; equal ones of weekdays in a row together."""
    same: dict[tuple[str, float, float, tuple[Span, ...], int], list[int]] = {}
    for one in shifts:
        same.setdefault((one.group, one.start, one.end, one.breaks, one.agents), []).append(one.weekday)
    lines = ["group,weekday,start,end,breaks,agents"]
    for (group, start, end, breaks, agents), on in same.items():
        pauses = ";".join(f"{clock(a % DAY)}-{clock(b % DAY)}" for a, b in breaks)
        times = f"{clock(start % DAY)},{clock(end % DAY)},{pauses},{agents}"
        lines += [f"{cell_of(group)},{run},{times}" for run in _weekdays(on)]
    return "\n".join(lines) + "\n"
