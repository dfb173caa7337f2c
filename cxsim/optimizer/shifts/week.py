"""The week of one person as columns and rows: who works which days, hours a week, rest between shifts.

People of a group and contract are counted by the set of days they work. On each day as many shifts are worked as
people have the day in their set. Whether shifts can be handed to people so that all rest long enough is a matching
of the shifts of neighbouring days; since a later end forbids only the earlier starts, it exists if and only if, for
every end e, the people who end at e or later and those who start too early for them on the next day are together no
more than the people who work on either day (Hall's condition for nested sets).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.staffing_input import site_of
from cxsim.optimizer.shifts.columns import contracts_of, share_rows
from cxsim.optimizer.shifts.tour_people import people_for
from cxsim.report.common.formats import day_label
from cxsim.scenario.model.optimizing import Contract, Week, optimizing

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cxsim.model.calendar import Timeline
    from cxsim.optimizer.problem.structure import Row
    from cxsim.optimizer.shifts.columns import Column
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tour:
    """People of a group and contract who work on `days` (counted days, of one week)."""

    group: int
    contract: str
    days: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Tours:
    """Columns of people by the days they work, which stand after the `first` columns of shifts; and their rows."""

    first: int
    columns: tuple[Tour, ...]
    names: tuple[str, ...]
    rows: list[Row]

    def completed(self, x: Floats) -> Floats:
        """`x` with fewest changes needed: people by days of work that fit the shifts, or the nearest there are."""
        out = np.array(x, dtype=np.float64)
        out[self.first :] = people_for(self, out[: self.first])
        return out


def weekly(scenario: Scenario) -> Week | None:
    """The rules of the week that hold: those given, or the usual ones where a contract speaks of days or hours."""
    asked = optimizing(scenario)
    if asked.week is not None:
        return asked.week
    contracts = asked.shifts.contracts.values() if asked.shifts is not None else ()
    return Week() if any(one.days is not None or one.hours is not None for one in contracts) else None


def day_sets(open_days: Sequence[int], days_on: int, together: int) -> list[tuple[int, ...]]:
    """The sets of `days_on` of a week's open days (0 .. 6) that leave `together` days off in a row, all round."""
    found = []
    for chosen in combinations(open_days, min(days_on, len(open_days))):
        off = [k not in chosen for k in range(7)]
        run = max((_run(off, k) for k in range(7)), default=0)
        if run >= min(together, 7):
            found.append(chosen)
    return found


def _run(off: Sequence[bool], start: int) -> int:
    count = 0
    while count < 7 and off[(start + count) % 7]:
        count += 1
    return count


def tours(scenario: Scenario, timeline: Timeline, columns: Sequence[Column]) -> Tours | None:
    """The columns and rows of the week; None for a single day, or without rules for weeks."""
    rules = weekly(scenario)
    asked = optimizing(scenario).shifts
    if rules is None or asked is None or timeline.days == 1:
        return None
    of: dict[tuple[int, str, int], list[int]] = {}
    for j, column in enumerate(columns):
        if column.fixed is None:
            of.setdefault((column.group, column.pattern.contract, column.day), []).append(j)
    found: list[Tour] = []
    rows: list[Row] = []
    first, names = len(columns), list(scenario.groups)
    for week in range(-(-timeline.days // 7)):
        begin = len(found)
        days = range(7 * week, min(7 * week + 7, timeline.days))
        on = f" week {week + 1}" if timeline.days > 7 else ""
        for g, name in enumerate(names):
            zone = site_of(scenario, name)[0]
            for title, contract in contracts_of(scenario, name).items():
                open_days = [d - 7 * week for d in days if (g, title, d) in of]
                sets = day_sets(open_days, contract.days or rules.days_on, rules.days_off_together) if open_days else []
                here = len(found)
                found += [Tour(g, title, tuple(7 * week + k for k in chosen)) for chosen in sets]
                own = list(range(here, len(found)))
                who = f"{name} {title}".strip()
                rows += _links(of, found, own, first, timeline, (g, title), who, days)
                rows += _hours(of, columns, own, first, rules, contract, (g, title), who + on, days)
                rows += _rest(of, columns, found, own, first, rules, timeline, (g, title), zone, who, days)
        people = np.arange(begin, len(found), dtype=np.int64)
        kind = np.array([found[k].contract for k in people], dtype=object)
        mine = {title: kind == title for title in asked.contracts}
        rows += share_rows(first + people, mine, asked.contracts, f",{on}" if on else "")
    labels = [timeline.dates[timeline.days_before + d] for d in range(timeline.days)]
    titles = [
        f"{names[tour.group]} {tour.contract}".strip() + " on " + ", ".join(day_label(labels[d]) for d in tour.days)
        for tour in found
    ]
    return Tours(first, tuple(found), tuple(titles), rows)


Of = dict[tuple[int, str, int], list[int]]


def _links(
    of: Of,
    found: Sequence[Tour],
    own: Sequence[int],
    first: int,
    timeline: Timeline,
    key: tuple[int, str],
    who: str,
    days: Sequence[int],
) -> list[Row]:
    """On each day as many shifts as people who have the day in their set."""
    out: list[Row] = []
    for d in days:
        work = of.get((*key, d), [])
        if not work:
            continue
        people = [first + k for k in own if d in found[k].days]
        on = timeline.dates[timeline.days_before + d]
        values = np.concatenate([np.ones(len(work)), -np.ones(len(people))])
        out.append((np.array([*work, *people]), values, 0.0, 0.0, f"week.days_on, {who} {day_label(on)}"))
    return out


def _hours(
    of: Of,
    columns: Sequence[Column],
    own: Sequence[int],
    first: int,
    rules: Week,
    contract: Contract,
    key: tuple[int, str],
    who: str,
    days: Sequence[int],
) -> list[Row]:
    """Hours worked a week are at most so many a person, on average over the people; `tours` looks at each."""
    out: list[Row] = []
    work = np.array([j for d in days for j in of.get((*key, d), [])], dtype=np.int64)
    people = first + np.array(own, dtype=np.int64)
    places = np.concatenate([work, people])
    for limit, title, overtime in (
        (rules.hours, f"week.hours, {who}", 1.0),
        (contract.hours, f"contracts.{key[1]}.hours, {who}", 0.0),
    ):
        if limit is None or not len(work):
            continue
        pattern = [columns[j].pattern for j in work]
        hours = [(one.worked - (1.0 - overtime) * one.overtime) / 3600.0 for one in pattern]
        values = np.concatenate([hours, np.full(len(people), -limit / 3600.0)])
        out.append((places, values, -np.inf, 0.0, title))
    return out


def _rest(
    of: Of,
    columns: Sequence[Column],
    found: Sequence[Tour],
    own: Sequence[int],
    first: int,
    rules: Week,
    timeline: Timeline,
    key: tuple[int, str],
    zone: ZoneInfo | None,
    who: str,
    days: Sequence[int],
) -> list[Row]:
    out: list[Row] = []
    for d in days[:-1]:
        today, tomorrow = of.get((*key, d), []), of.get((*key, d + 1), [])
        inside = timeline.days_before + d
        ends = np.array([timeline.at(inside, columns[j].pattern.end, zone) for j in today])
        begins = np.array([timeline.at(inside + 1, columns[j].pattern.start, zone) for j in tomorrow])
        people = [first + k for k in own if d in found[k].days or d + 1 in found[k].days]
        on = timeline.dates[timeline.days_before + d]
        told: set[tuple[int, int]] = set()
        for end in np.unique(ends):
            late, early = np.flatnonzero(ends >= end), np.flatnonzero(begins - end < rules.rest - 1e-6)
            if not len(early) or (len(late), len(early)) in told:
                continue
            told.add((len(late), len(early)))
            work = [today[j] for j in late] + [tomorrow[j] for j in early]
            values = np.concatenate([np.ones(len(work)), -np.ones(len(people))])
            wall = next(columns[j].pattern.end for j, at in zip(today, ends, strict=True) if at == end)
            clock = f"{int(wall // 3600) % 24:02d}:{int(wall % 3600) // 60:02d}"
            out.append((np.array([*work, *people]), values, -np.inf, 0.0, f"week.rest, {who} {day_label(on)} {clock}"))
    return out
