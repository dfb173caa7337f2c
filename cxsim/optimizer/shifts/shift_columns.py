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
from cxsim.optimizer.problem.staff_table import by_clock, check_days
from cxsim.optimizer.problem.structure import Moments, Row, Structure, assemble, clock, label, limits_of
from cxsim.optimizer.shifts.columns import Column, Floats, contracts_of, share_rows
from cxsim.optimizer.shifts.patterns import DAY, Pattern, patterns
from cxsim.optimizer.shifts.week import Tours, tours
from cxsim.optimizer.shifts.when_worked import Clocks
from cxsim.report.common.formats import day_label
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
    groups, clocks = tuple(scenario.groups), Clocks(scenario, timeline)
    if by_clock(scenario, timeline):
        check_days(scenario, timeline)
    columns = [*_new(scenario, clocks), *(_kept(scenario, timeline) if asked.shifts.keep else ())]
    if not columns:
        raise ValueError("optimize.shifts.lengths: no shift fits into the opening hours; write a shorter one")
    cover, cost = _cover(clocks, columns), _cost(clocks, columns, prices)
    low = np.array([0.0 if column.fixed is None else float(column.fixed) for column in columns])
    high = np.array([np.inf if column.fixed is None else float(column.fixed) for column in columns])
    rows = _group_rows(clocks, columns, cover)
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
        moments=lambda: _moments(clocks, columns, len(names)),
        payload=work,
    )


def _new(scenario: Scenario, clocks: Clocks) -> list[Column]:
    """A column for every shift that fits."""
    asked = optimizing(scenario).shifts
    assert asked is not None
    known: dict[tuple[object, ...], list[Pattern]] = {}
    out = []
    for g, name in enumerate(scenario.groups):
        contracts = contracts_of(scenario, name)
        for d in range(clocks.timeline.days):
            hours = clocks.openings(g, d)
            key = (tuple(hours), tuple(contracts))
            if key not in known:
                known[key] = patterns(asked, hours, contracts)
            lasting = (clocks.lasting(g, d, one, contracts[one.contract].wage) for one in known[key])
            out += [Column(g, d, pattern) for pattern in lasting if pattern is not None]
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


def _keep(clocks: Clocks, columns: Sequence[Column]) -> tuple[Floats, Floats]:
    """Of one person on each column: how many are present, absences left out, and how many are paid."""
    scenario, timeline = clocks.scenario, clocks.timeline
    names, shrinkage = list(scenario.groups), Shrinkage(scenario, timeline)
    present, paid = np.ones(len(columns)), np.ones(len(columns))
    known: dict[tuple[int, int, float, float], tuple[float, float]] = {}
    for j, column in enumerate(columns):
        at = (column.group, column.day, column.pattern.start, column.pattern.end)
        if at not in known:
            name, d = names[column.group], timeline.days_before + column.day
            zone = clocks.zones[column.group]
            share = 1.0 - shrinkage.over(name, *(timeline.at(d, second, zone) for second in at[2:]))
            here = 1.0 - scenario.absent(name, timeline.dates[d])
            known[at] = (share * here, 1.0) if scenario.is_scheduled(name) else (here, 1.0 / share)
        present[j], paid[j] = known[at]
    return present, paid


def _cover(clocks: Clocks, columns: Sequence[Column]) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Agents present of one person on each column, as (values, rows, columns); see `Clocks.days`."""
    timeline, n = clocks.timeline, clocks.timeline.n_intervals
    values, rows, places = [], [], []
    kept, _ = _keep(clocks, columns)
    for j, column in enumerate(columns):
        for d in clocks.days(column.group, column.day):
            at, seconds = clocks.present(column.group, d, column.pattern)
            time = np.where(timeline.open_seconds[at] > 0.0, timeline.open_seconds[at], timeline.interval)
            values.append(np.minimum(seconds / time, 1.0) * kept[j])
            rows.append(column.group * n + at)
            places.append(np.full(len(at), j, dtype=np.int64))
    return np.concatenate(values), np.concatenate(rows), np.concatenate(places)


def _moments(clocks: Clocks, columns: Sequence[Column], width: int) -> Moments:
    """The open time cut wherever a shift or a break begins or ends, and who is there in each part; see `_cover`."""
    from scipy.sparse import csr_array

    timeline, begin, total = clocks.timeline, clocks.timeline.counted_from, clocks.total
    spans = [
        (j, a, b)
        for j, column in enumerate(columns)
        for d in clocks.days(column.group, column.day)
        for a, b in clocks.duty(column.group, d, column.pattern)
    ]
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
    kept = _keep(clocks, columns)[0][entries]
    groups = len(clocks.scenario.groups)
    return Moments(
        interval=(starts // timeline.interval).astype(np.int64),
        labels=tuple((_when(timeline, a), _until(timeline, b)) for a, b in zip(starts, ends, strict=True)),
        cover=csr_array((kept, (group * len(starts) + rows, entries)), shape=(groups * len(starts), width)),
    )


def _shown(timeline: Timeline, seconds: float) -> tuple[str, str]:
    """The day and what clocks show at a moment of the counted time; in words."""
    i = min(int(seconds // timeline.interval), timeline.n_intervals - 1)
    moment = timeline.labels[i] + timedelta(seconds=seconds - i * timeline.interval)
    again = "" if moment.tzinfo is None else moment.isoformat()[-6:]  # the second of an hour that comes twice
    return day_label(moment), f"{moment:%H:%M}{again}"


def _when(timeline: Timeline, seconds: float) -> str:
    """A moment of the counted time in words."""
    day, time = _shown(timeline, seconds)
    return time if timeline.days == 1 else f"{day} {time}"


def _until(timeline: Timeline, seconds: float) -> str:
    """The end of a part of the counted time in words: a midnight is 24:00."""
    time = _shown(timeline, seconds)[1]
    return "24:00" if time == "00:00" else time


def _cost(clocks: Clocks, columns: Sequence[Column], prices: Prices) -> Floats:
    """Money of one person on each column, of the time that is counted."""
    groups, wages = list(clocks.scenario.groups.values()), "wages" in optimizing(clocks.scenario).terms
    kept, paid = _keep(clocks, columns)
    out = np.empty(len(columns))
    for j, column in enumerate(columns):
        g, pattern = column.group, column.pattern
        share = clocks.counted(g, column.day, pattern)
        money = pattern.paid * share * float(groups[g].wage) * paid[j] / 3600.0
        leaves = (1 + len(pattern.breaks)) * float(prices.leaver[g]) * kept[j]
        out[j] = (money if wages else 0.0) + leaves
    return out


def _group_rows(
    clocks: Clocks,
    columns: Sequence[Column],
    cover: tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> list[Row]:
    """Agents present of a group: at least and at most at every open moment, and today's on average over intervals."""
    scenario, timeline = clocks.scenario, clocks.timeline
    values, where, people = cover
    given = optimizing(scenario).groups
    least, most = limits_of(scenario, timeline, given)
    limited = [g for g, name in enumerate(scenario.groups) if most[g] < np.inf or (name in given and given[name].min)]
    moments = _moments(clocks, columns, len(columns)) if limited else None
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
        on = "" if timeline.days == 1 else f", {day_label(timeline.dates[timeline.days_before + d])}"
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

    clocks, out = Clocks(scenario, timeline), []
    first = next(d for d in range(timeline.days) if timeline.hours[timeline.days_before + d])
    begin, close = timeline.hours[timeline.days_before + first][0]
    nobody = Line(begin, min(close, DAY), (), 0, None)  # a group without shifts must be named all the same
    for g, (name, days) in enumerate(lines.items()):
        empty = not any(days)
        for d in range(-1 - timeline.days_before, len(timeline.dates) - timeline.days_before):
            todays = [nobody] if empty and d == first else _worked_on(clocks, g, days, d)
            on = (timeline.origin + timedelta(days=timeline.days_before + d)).isoformat()
            for line in todays:
                pauses = ";".join(f"{clock(a % DAY)}-{clock(b % DAY)}" for a, b in line.breaks)
                end = clock(line.end if line.end <= DAY else line.end - DAY)
                paid = (line.end - line.start if line.paid is None else line.paid) / 3600.0
                out.append((name, on, clock(line.start), end, pauses, line.agents, paid, line.name or ""))
    table = pd.DataFrame(out, columns=["group", "date", "start", "end", "breaks", "agents", "paid_hours", "name"])
    if timeline.days == 1 and table["date"].nunique() == 1:
        table = table.drop(columns="date")
    return table if (table["name"] != "").any() else table.drop(columns="name")


def _worked_on(clocks: Clocks, g: int, days: Sequence[Sequence[Line]], d: int) -> Sequence[Line]:
    """The lines of a day, counted from the first of the horizon; of a day around it only if one reaches into it.

    A single day is the model of all days, as a roster of one day is; its night shifts need no row of the eve.
    """
    timeline = clocks.timeline
    if 0 <= d < timeline.days:
        return days[d]
    if timeline.days == 1 and clocks.plain(g):
        return []
    inside, day = d + timeline.days_before, timeline.model_day(d + timeline.days_before)
    if inside not in clocks.days(g, day):
        return []
    spans = [(clocks.at(g, inside, line.start), clocks.at(g, inside, line.end)) for line in days[day]]
    return days[day] if any(a < clocks.total - 1e-6 and b > 1e-6 for a, b in spans) else []


def _title(groups: Sequence[str], timeline: Timeline, column: Column) -> str:
    on = "" if timeline.days == 1 else f" {day_label(timeline.dates[timeline.days_before + column.day])}"
    stays = "" if column.fixed is None else f", stays{f' ({column.name})' if column.name else ''}"
    return f"{groups[column.group]}{on} {column.pattern.title}{stays}"
