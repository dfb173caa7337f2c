"""Shifts as columns: people of a group on a pattern of a day, with contracts, limits, and the rules of the week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.plan import plan_of_lines
from cxsim.model.shares_by_time import Shrinkage
from cxsim.model.staffing_input import Line, Roster
from cxsim.optimizer.problem.structure import Moments, Row, Structure, assemble, clock, label, limits_of
from cxsim.optimizer.shifts.columns import Column, Floats, contracts_of, share_rows
from cxsim.optimizer.shifts.patterns import DAY, Pattern, opening, patterns, presence
from cxsim.optimizer.shifts.week import Tours, tours
from cxsim.scenario.model.optimizing import Contract, optimizing

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.model.calendar import Timeline
    from cxsim.model.plan import Plan
    from cxsim.optimizer.problem.prices import Prices
    from cxsim.scenario.model.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Work:
    """What the columns of a shift structure mean, for plans, tables and rosters: shifts first, then tours."""

    columns: tuple[Column, ...]
    tours: Tours | None


def shift_columns(scenario: Scenario, timeline: Timeline, prices: Prices) -> Structure:
    """Shifts of people by group, day, contract and pattern; with rules of the week, people by days of work too.

    Costs are paid time at the group's wage over 1 − shrinkage (of people scheduled: as paid), and `prices.leaver` for
    each end and each break. Raises ValueError where the scenario says of no shifts, or is in steady state.
    """
    asked = optimizing(scenario)
    if asked.shifts is None:
        raise ValueError("optimize.shifts: there are no shifts; write {lengths: [4 h, 8 h]}, or staff: headcounts")
    if timeline.steady:
        raise ValueError("optimize.staff: steady state has constant headcounts; write staff: headcounts")
    groups = tuple(scenario.groups)
    columns = [*_new(scenario, timeline), *(_kept(scenario, timeline) if asked.shifts.keep else ())]
    if not columns:
        raise ValueError("optimize.shifts.lengths: no shift fits into the opening hours; write a shorter one")
    cover, cost = _cover(scenario, timeline, columns), _cost(scenario, timeline, columns, prices)
    low = np.array([0.0 if column.fixed is None else float(column.fixed) for column in columns])
    high = np.array([np.inf if column.fixed is None else float(column.fixed) for column in columns])
    rows = _group_rows(scenario, timeline, columns, cover)
    weekly = tours(scenario, timeline, columns)
    if weekly is not None:
        rows += weekly.rows
    else:
        rows += _contract_rows(timeline, columns, asked.shifts.contracts)
    if asked.budget is not None:
        paid = np.flatnonzero(cost)
        rows.append((paid, cost[paid], -np.inf, asked.budget, "budget"))
    more = 0 if weekly is None else len(weekly.names)
    names = [_title(groups, timeline, column) for column in columns] + ([] if weekly is None else list(weekly.names))
    work = Work(tuple(columns), weekly)

    def completed(x: Floats) -> Floats:
        return x if weekly is None else weekly.completed(x)

    def planned(x: Floats) -> Plan:
        return plan_of_lines(scenario, timeline, lines_of(scenario, timeline, work, x))

    return assemble(
        "shifts",
        groups,
        timeline.n_intervals,
        cost=np.concatenate([cost, np.zeros(more)]),
        low=np.concatenate([low, np.zeros(more)]),
        high=np.concatenate([high, np.full(more, np.inf)]),
        integer=np.ones(len(names), dtype=bool),
        cover=cover,
        rows=rows,
        names=names,
        labels=tuple(label(timeline, i) for i in range(timeline.n_intervals)),
        planned=planned,
        tabled=lambda x: table_of_lines(scenario, timeline, lines_of(scenario, timeline, work, x)),
        completed=completed,
        moments=lambda: _moments(scenario, timeline, columns, len(names)),
        payload=work,
    )


def _new(scenario: Scenario, timeline: Timeline) -> list[Column]:
    """A column for every shift that fits."""
    asked = optimizing(scenario).shifts
    assert asked is not None
    known: dict[tuple[object, ...], list[Pattern]] = {}
    out = []
    for g, name in enumerate(scenario.groups):
        contracts = contracts_of(scenario, name)
        for d in range(timeline.days):
            hours = opening(scenario.horizon.hours_on, timeline.dates[timeline.days_before + d])
            key = (tuple(hours), tuple(contracts))
            if key not in known:
                known[key] = patterns(asked, hours, contracts)
            out += [Column(g, d, pattern) for pattern in known[key]]
    return out


def _kept(scenario: Scenario, timeline: Timeline) -> list[Column]:
    """Today's shifts of the counted days."""
    roster, out = Roster(scenario, timeline), []
    for g, name in enumerate(scenario.groups):
        if not roster.has_shifts(name):
            continue
        for d in range(timeline.days):
            for line in roster.lines(name, timeline.days_before + d):
                paid = line.end - line.start if line.paid is None else line.paid
                worked = line.end - line.start
                pattern = Pattern("", line.start, line.end, line.breaks, paid, worked, 0.0)
                out.append(Column(g, d, pattern, line.agents, line.name))
    return out


def _keep(scenario: Scenario, timeline: Timeline, columns: Sequence[Column]) -> tuple[Floats, Floats]:
    """Of one person on each column: how many are present, absences left out, and how many are paid."""
    names, shrinkage = list(scenario.groups), Shrinkage(scenario, timeline)
    present, paid = np.ones(len(columns)), np.ones(len(columns))
    known: dict[tuple[int, int, float, float], tuple[float, float]] = {}
    for j, column in enumerate(columns):
        at = (column.group, column.day, column.pattern.start, column.pattern.end)
        if at not in known:
            name, d = names[column.group], timeline.days_before + column.day
            share = 1.0 - shrinkage.over(name, *(timeline.at(d, second) for second in at[2:]))
            here = 1.0 - scenario.absent(name, timeline.dates[d])
            known[at] = (share * here, 1.0) if scenario.is_scheduled(name) else (here, 1.0 / share)
        present[j], paid[j] = known[at]
    return present, paid


def _cover(
    scenario: Scenario, timeline: Timeline, columns: Sequence[Column]
) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Agents present of one person on each column, as (values, rows, columns).

    What lies beyond the counted time is left out; a shift of the day whose staff the day before the horizon has,
    reaches over midnight into its first.
    """
    a_day, n = round(DAY / timeline.interval), timeline.n_intervals
    wrapped = timeline.model_day(timeline.days_before - 1)
    known: dict[Pattern, tuple[npt.NDArray[np.int64], Floats]] = {}
    values, rows, places = [], [], []
    kept, _ = _keep(scenario, timeline, columns)
    for j, column in enumerate(columns):
        if column.pattern not in known:
            seconds = presence(column.pattern.duty(), timeline.interval, 3 * a_day)
            where = np.flatnonzero(seconds)
            known[column.pattern] = where, seconds[where]
        where, seconds = known[column.pattern]
        for shift in (column.day, -1) if column.day == wrapped else (column.day,):
            at = where + shift * a_day
            inside = (at >= 0) & (at < n)
            at = at[inside]
            time = np.where(timeline.open_seconds[at] > 0.0, timeline.open_seconds[at], timeline.interval)
            values.append(np.minimum(seconds[inside] / time, 1.0) * kept[j])
            rows.append(column.group * n + at)
            places.append(np.full(len(at), j, dtype=np.int64))
    return np.concatenate(values), np.concatenate(rows), np.concatenate(places)


def _moments(scenario: Scenario, timeline: Timeline, columns: Sequence[Column], width: int) -> Moments:
    """The open time cut wherever a shift or a break begins or ends, and who is there in each part; see `_cover`."""
    from scipy.sparse import csr_array

    begin, total = timeline.counted_from, timeline.days * DAY
    wrapped = timeline.model_day(timeline.days_before - 1)
    spans: list[tuple[int, float, float]] = []
    for j, column in enumerate(columns):
        for day in (column.day, -1) if column.day == wrapped else (column.day,):
            spans += [(j, a + day * DAY, b + day * DAY) for a, b in column.pattern.duty() if b + day * DAY > 0.0]
    which, first, last = (np.array(part) for part in zip(*spans, strict=True))
    opens, closes = timeline.open_starts - begin, timeline.open_ends - begin
    marks = [timeline.interval * np.arange(timeline.n_intervals + 1), first, last, opens, closes]
    edges = np.unique(np.round(np.clip(np.concatenate(marks), 0.0, total), 6))
    middle = (edges[:-1] + edges[1:]) / 2.0
    at = np.searchsorted(opens, middle, side="right") - 1
    is_open = (at >= 0) & (middle < closes[np.maximum(at, 0)])
    starts, ends = edges[:-1][is_open], edges[1:][is_open]
    low, high = (np.searchsorted(starts, np.round(part, 6) - 1e-7) for part in (first, last))
    counts = high - low
    entries = np.repeat(which, counts)
    rows = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
    group = np.array([column.group for column in columns])[entries]
    kept = _keep(scenario, timeline, columns)[0][entries]
    shape = (len(scenario.groups) * len(starts), width)
    labels = [(_when(timeline, a), clock(b % DAY if b % DAY else DAY)) for a, b in zip(starts, ends, strict=True)]
    return Moments(
        interval=(starts // timeline.interval).astype(np.int64),
        labels=tuple(labels),
        cover=csr_array((kept, (group * len(starts) + rows, entries)), shape=shape),
    )


def _when(timeline: Timeline, seconds: float) -> str:
    """A moment of the counted time in words."""
    time = clock(seconds % DAY)
    day = timeline.dates[timeline.days_before + int(seconds // DAY)]
    return time if timeline.days == 1 else f"{day:%a %m-%d} {time}"


def _cost(scenario: Scenario, timeline: Timeline, columns: Sequence[Column], prices: Prices) -> Floats:
    """Money of one person on each column, of the time that is counted."""
    groups = list(scenario.groups.values())
    wages = "wages" in optimizing(scenario).terms
    wrapped = timeline.model_day(timeline.days_before - 1)
    kept, paid = _keep(scenario, timeline, columns)
    out = np.empty(len(columns))
    for j, column in enumerate(columns):
        pattern = column.pattern
        counted = timeline.days * DAY - column.day * DAY
        share = (min(pattern.end, counted) - pattern.start) / (pattern.end - pattern.start)
        if column.day == wrapped:
            share += max(0.0, pattern.end - DAY) / (pattern.end - pattern.start)
        money = pattern.paid * share * float(groups[column.group].wage) * paid[j] / 3600.0
        leaves = (1 + len(pattern.breaks)) * float(prices.leaver[column.group]) * kept[j]
        out[j] = (money if wages else 0.0) + leaves
    return out


def _group_rows(
    scenario: Scenario,
    timeline: Timeline,
    columns: Sequence[Column],
    cover: tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> list[Row]:
    """Agents present of a group: at least and at most at every open moment, and today's on average over intervals."""
    values, where, people = cover
    given = optimizing(scenario).groups
    least, most = limits_of(scenario, timeline, given)
    limited = [g for g, name in enumerate(scenario.groups) if most[g] < np.inf or (name in given and given[name].min)]
    moments = _moments(scenario, timeline, columns, len(columns)) if limited else None
    order = np.argsort(where, kind="stable")
    edges = np.searchsorted(where[order], np.arange(len(scenario.groups) * timeline.n_intervals + 1))
    out: list[Row] = []
    for g, name in enumerate(scenario.groups):
        fewest = float(given[name].min) if name in given else 0.0
        for i in np.flatnonzero(timeline.open_mask & (least[g] > fewest)):  # of today's people, who stay
            row = g * timeline.n_intervals + int(i)
            mine = order[edges[row] : edges[row + 1]]
            title = f"groups.{name}.min, {label(timeline, int(i))}"
            out.append((people[mine], values[mine], float(least[g, i]), np.inf, title))
        if g not in limited or moments is None:
            continue
        size = len(moments.labels)
        there = moments.cover[g * size : (g + 1) * size]
        for a, (start, _) in enumerate(moments.labels):
            entries = slice(there.indptr[a], there.indptr[a + 1])
            who, share = there.indices[entries], there.data[entries]
            if fewest > 0.0:
                out.append((who, share, fewest, np.inf, f"groups.{name}.min, {start}"))
            if most[g] < np.inf:
                out.append((who, share, -np.inf, float(most[g]), f"groups.{name}.max, {start}"))
    return out


def _contract_rows(timeline: Timeline, columns: Sequence[Column], contracts: Mapping[str, Contract]) -> list[Row]:
    """Shares and numbers of contracts among the new shifts of each day."""
    out: list[Row] = []
    days = np.array([column.day if column.fixed is None else -1 for column in columns])
    of = np.array([column.pattern.contract for column in columns])
    for d in range(timeline.days):
        on = "" if timeline.days == 1 else f", {timeline.dates[timeline.days_before + d]:%a %m-%d}"
        todays = np.flatnonzero(days == d)
        mine = {name: of[todays] == name for name in contracts}
        out += share_rows(todays, mine, contracts, on)
    return out


def lines_of(scenario: Scenario, timeline: Timeline, work: Work, x: Floats) -> dict[str, list[list[Line]]]:
    """The roster lines of every group and counted day."""
    out: dict[str, list[list[Line]]] = {name: [[] for _ in range(timeline.days)] for name in scenario.groups}
    names = list(scenario.groups)
    for column, people in zip(work.columns, np.rint(x[: len(work.columns)]).astype(int), strict=True):
        if people > 0:
            one = column.pattern
            line = Line(one.start, one.end, one.breaks, int(people), column.name, one.paid)
            out[names[column.group]][column.day].append(line)
    for days in out.values():
        for lines in days:
            lines.sort(key=lambda line: (line.start, line.end, line.breaks))
    return out


def table_of_lines(
    scenario: Scenario, timeline: Timeline, lines: Mapping[str, Sequence[Sequence[Line]]]
) -> pd.DataFrame:
    """Shifts as a table of `staff.file`: group, start, end, breaks, agents, paid_hours; date and name if told.

    Where night shifts of the day before the horizon reach into it, that day is in the table too.
    """
    import pandas as pd

    out = []
    first = next(d for d in range(timeline.days) if timeline.hours[timeline.days_before + d])
    begin, close = timeline.hours[timeline.days_before + first][0]
    nobody = Line(begin, min(close, DAY), (), 0, None)  # a group without shifts must be named all the same
    for name, days in lines.items():
        empty = not any(days)
        shown = [(d, [nobody] if empty and d == first else day) for d, day in enumerate(days)]
        eve = timeline.dates[timeline.days_before] - timedelta(days=1)
        before = days[timeline.model_day(timeline.days_before - 1)]
        reaches = timeline.days > 1 and any(line.end > DAY for line in before)
        if reaches and scenario.horizon.hours_on(eve):
            shown.insert(0, (-1, before))
        for d, todays in shown:
            on = (eve + timedelta(days=1 + d)).isoformat()
            for line in todays:
                pauses = ";".join(f"{clock(a % DAY)}-{clock(b % DAY)}" for a, b in line.breaks)
                end = clock(line.end if line.end <= DAY else line.end - DAY)
                paid = (line.end - line.start if line.paid is None else line.paid) / 3600.0
                out.append((name, on, clock(line.start), end, pauses, line.agents, paid, line.name or ""))
    table = pd.DataFrame(out, columns=["group", "date", "start", "end", "breaks", "agents", "paid_hours", "name"])
    if timeline.days == 1:
        table = table.drop(columns="date")
    return table if (table["name"] != "").any() else table.drop(columns="name")


def _title(groups: Sequence[str], timeline: Timeline, column: Column) -> str:
    on = "" if timeline.days == 1 else f" {timeline.dates[timeline.days_before + column.day]:%a %m-%d}"
    stays = "" if column.fixed is None else f", stays{f' ({column.name})' if column.name else ''}"
    return f"{groups[column.group]}{on} {column.pattern.title}{stays}"
