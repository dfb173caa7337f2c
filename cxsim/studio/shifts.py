"""The shifts of a scenario as rows that can be edited: read from the file or its table, checked by the rules it has."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from cxsim.model.plan import Plan, plan
from cxsim.model.prepare import Model
from cxsim.model.staffing_input import Line, Roster, site_of
from cxsim.optimizer.shifts.patterns import extras, opening, starts
from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import Fault, shown
from cxsim.scenario.model.break_positions import placings
from cxsim.scenario.model.people import Shift
from cxsim.scenario.model.readers import write_days
from cxsim.scenario.model.units import WEEKDAYS, suggestion, write_clock, write_duration
from cxsim.tables.reader import TableError

DAY = 86400.0
MOST_AGENTS = 100_000  # of one row
MARK = "shift "  # before the number of a row, where steps name what they changed
UNREADABLE = "works in shifts that the studio cannot edit: change them in their file"

Row = dict[str, Any]  # group, date, weekday, start, end (s of the day), breaks, agents, name, paid
Rows = dict[str, Row]


def rows_of(scenario: Scenario, model: Model) -> Rows:
    """The shifts of a scenario by number, in the order of the file; empty if it has none that can be edited."""
    try:
        found = [_row(shift) for shift in scenario.staff.shifts] + _of_table(scenario, model)
        rows = {str(n): row for n, row in enumerate(found)}
        if not rows:
            return {}
        same = plan(with_rows(scenario, rows), model.timeline)
    except (TableError, ValueError, KeyError):
        return {}
    return rows if alike(same, model.plan) else {}


def alike(one: Plan, other: Plan) -> bool:
    """Whether the same people come and go at the same moments for the same pay."""
    return np.array_equal(one.events, other.events) and np.array_equal(one.paid, other.paid)


def _row(shift: Shift) -> Row:
    return {
        "group": shift.group,
        "date": shift.date.isoformat() if shift.date else None,
        "weekday": list(shift.weekday) if shift.weekday else None,
        "start": shift.start,
        "end": shift.end,
        "breaks": [list(span) for span in shift.breaks],
        "agents": shift.agents,
        "name": shift.name,
        "paid": shift.paid,
    }


def _of_table(scenario: Scenario, model: Model) -> list[Row]:
    """The rows of a table of shifts: those with a date or weekdays on them, the others on every open day."""
    roster = Roster(scenario, model.timeline)
    if not roster.shifts_in_file or roster.table is None or roster.group_column is None:
        return []
    names = roster.table.cells[roster.group_column]
    on: dict[int, tuple[str | None, list[int]]] = {}
    by_group = {name: roster.when(name).calendar for name in dict.fromkeys(names)}
    for name, calendar in by_group.items():
        for day, numbers in calendar.dated.items():
            on |= {i: (day.isoformat(), []) for i in numbers if names[i] == name}
        for weekday, numbers in calendar.weekly.items():
            for i in numbers:
                if names[i] == name:
                    on.setdefault(i, (None, []))[1].append(weekday)
    lines = [roster._line(name, i) for i, name in enumerate(names)]
    return [
        _of_line(name, line, *on.get(i, (None, []))) for i, (name, line) in enumerate(zip(names, lines, strict=True))
    ]


def _of_line(group: str, line: Line, on: str | None, weekdays: list[int]) -> Row:
    return {
        "group": group,
        "date": on,
        "weekday": sorted(weekdays) or None,
        "start": line.start,
        "end": line.end,
        "breaks": [list(span) for span in line.breaks],
        "agents": line.agents,
        "name": line.name,
        "paid": line.paid,
    }


def shift_of(row: Row) -> Shift:
    """A row as the scenario has it."""
    return Shift.model_construct(
        group=row["group"],
        date=date.fromisoformat(row["date"]) if row["date"] else None,
        weekday=tuple(row["weekday"]) if row["weekday"] else None,
        start=row["start"],
        end=row["end"],
        breaks=tuple((a, b) for a, b in row["breaks"]),
        agents=row["agents"],
        paid=row["paid"],
        name=row["name"],
    )


def with_rows(scenario: Scenario, rows: Rows) -> Scenario:
    """The scenario with these shifts in place of its own, for its plan; rows without people are left out."""
    shifts = tuple(shift_of(row) for row in rows.values() if row["agents"])
    gone: dict[str, Any] = {"file": None, "sheet": None, "kind": None} if has_table(scenario) else {}
    return scenario.model_copy(update={"staff": scenario.staff.model_copy(update={"shifts": shifts, **gone})})


def has_table(scenario: Scenario) -> bool:
    """Whether shifts stand in a table of their own."""
    staff = scenario.staff
    if not staff.file:
        return False
    return staff.kind == "shifts" or (staff.kind is None and bool(scenario.table_of(staff).find("end", "to")))


def as_written(row: Row) -> dict[str, Any]:
    """A row as it is written under `staff.shifts`."""
    start, end = row["start"], row["end"]
    out: dict[str, Any] = {"group": row["group"], "date": row["date"]}
    out["weekday"] = write_days(tuple(row["weekday"])) if row["weekday"] else None
    out |= {"start": write_clock(start), "end": write_clock(end % DAY or DAY)}
    out["breaks"] = [f"{write_clock(a % DAY)}-{write_clock(b % DAY)}" for a, b in row["breaks"]] or None
    out["agents"] = row["agents"]
    out["paid"] = write_duration(row["paid"]) if row["paid"] is not None else None
    out["name"] = row["name"]
    return {key: value for key, value in out.items() if value is not None}


def table(rows: Rows) -> str:
    """Rows as a CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    dated = any(row["date"] for row in rows.values())
    columns = [
        "group",
        *(["date"] if dated else []),
        "weekday",
        "start",
        "end",
        "breaks",
        "agents",
        "name",
        "paid_hours",
    ]
    writer.writerow(columns)
    for row in rows.values():
        if row["agents"]:
            told = as_written(row)
            told["breaks"] = ";".join(told.get("breaks", ()))
            told["paid_hours"] = "" if row["paid"] is None else f"{row['paid'] / 3600.0:.6g}"
            told["weekday"] = "" if row["date"] else _days(row["weekday"])
            writer.writerow([told.get(column, "") for column in columns])
    return out.getvalue()


def _days(weekdays: list[int] | None) -> str:
    """Weekdays as a table has them: mon-fri, mon+wed."""
    if not weekdays:
        return "every day"
    run = weekdays == list(range(weekdays[0], weekdays[-1] + 1)) and len(weekdays) > 1
    return f"{WEEKDAYS[weekdays[0]]}-{WEEKDAYS[weekdays[-1]]}" if run else "+".join(WEEKDAYS[one] for one in weekdays)


def days_of(row: Row, model: Model) -> list[str]:
    """The counted days on which the shifts of a row begin."""
    timeline, horizon = model.timeline, model.scenario.horizon
    days = timeline.dates[timeline.days_before : timeline.days_before + timeline.days]
    if row["date"]:
        return [row["date"]] if date.fromisoformat(row["date"]) in days else []
    held = [day for day in days if not row["weekday"] or day.weekday() in row["weekday"]]
    return [day.isoformat() for day in held if horizon.hours_on(day)]


def rules_of(model: Model) -> dict[str, Any] | None:
    """The shifts that the scenario allows: starts by day and length, and breaks; None if it says nothing."""
    scenario, timeline = model.scenario, model.timeline
    shifts = scenario.optimize.shifts if scenario.optimize is not None else None
    if shifts is None or timeline.steady:
        return None
    lengths = sorted({length + extra for length in shifts.lengths for extra in extras(shifts, length, shifts.lengths)})
    days = timeline.dates[timeline.days_before : timeline.days_before + timeline.days]
    return {
        "lengths": lengths,
        "starts": {
            day.isoformat(): {
                f"{length:g}": starts(opening(scenario.horizon.hours_on, day), length, shifts.starts_every)
                for length in lengths
            }
            for day in days
        },
        "breaks": [
            {"length": one.length, "after": one.after, "latest": one.latest, "every": one.every or shifts.starts_every,
             "lengths": list(one.lengths)}
            for one in shifts.breaks
        ],
    }  # fmt: skip


def faults_of(row: Row, model: Model, rules: Mapping[str, Any] | None) -> list[Fault]:
    """What is wrong with a row by itself, and by the rules of the scenario."""
    scenario, group = model.scenario, row["group"]
    start, end = row["start"], row["end"]
    what = f"{shown(group)} {_span(start, end)}"
    if group not in scenario.groups:
        return [
            Fault(
                "shifts", "group", shown(group), "is not a group", suggestion(group, scenario.groups, "the groups are")
            )
        ]
    if site_of(scenario, group)[0] is not None:
        return [
            Fault("shifts", what, "", "is at a site with a clock of its own", "change its hours in the scenario file")
        ]
    if not (0 <= row["agents"] <= MOST_AGENTS):
        return [Fault("shifts", what, str(row["agents"]), "is not a number of people", f"write 0 to {MOST_AGENTS:,}")]
    if not (0.0 <= start < DAY and start < end <= start + DAY):
        return [Fault("shifts", what, "", "does not end within 24 hours after its start", "move its start or its end")]
    out = []
    ordered = sorted(row["breaks"])
    if any(not (start <= a < b <= end) for a, b in ordered) or any(b > c for (_, b), (c, _) in pairwise(ordered)):
        out.append(
            Fault("shifts", what, "", "has a break outside it, or two at once", "move the breaks inside the shift")
        )
    return out or (_against(row, what, model, rules) if rules else [])


def _against(row: Row, what: str, model: Model, rules: Mapping[str, Any]) -> list[Fault]:
    start, length = row["start"], row["end"] - row["start"]
    shifts = model.scenario.optimize.shifts if model.scenario.optimize is not None else None
    assert shifts is not None
    if not any(math.isclose(length, one) for one in rules["lengths"]):
        fix = "choose " + " or ".join(write_duration(one) for one in rules["lengths"])
        return [Fault("shifts", what, write_duration(length), "is not a shift length of this scenario", fix)]
    for day in days_of(row, model):
        allowed = rules["starts"][day][f"{min(rules['lengths'], key=lambda one: abs(one - length)):g}"]
        if start not in allowed:
            fix = "choose a shorter shift"
            if allowed:
                fix = f"the nearest is {write_clock(min(allowed, key=lambda one: abs(one - start)))}"
            rule = f"is not a start that the scenario allows on {day} for {write_duration(length)}"
            return [Fault("shifts", what, write_clock(start), rule, fix)]
    wanted = [(a - start, b - start) for a, b in sorted(row["breaks"])]
    usual = [extra for extra in shifts.lengths if extra <= length]
    kinds = dict.fromkeys([length, *usual[-1:]])
    placed = [[(a, b) for a, b, _ in places] for kind in kinds for places in placings(shifts, kind)]
    if placed and wanted not in placed:
        close = min(placed, key=lambda one: sum(abs(a - c) for (a, _), (c, _) in zip(one, wanted, strict=False)))
        told = ", ".join(_span(start + a, start + b) for a, b in close) or "no break"
        written = ", ".join(_span(start + a, start + b) for a, b in wanted) or "no break"
        return [Fault("shifts", what, written, "are not breaks that the scenario allows", f"the nearest: {told}")]
    return []


def _span(start: float, end: float) -> str:
    return f"{write_clock(start % DAY)}-{write_clock(end % DAY or DAY)}"


def next_number(rows: Iterable[str]) -> int:
    """A number that no row has."""
    return 1 + max((int(key) for key in rows), default=-1)
