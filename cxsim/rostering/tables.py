"""The tables of a roster, made of the slots that each person works."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cxsim.rostering import cells
from cxsim.rostering.fairness import count, granted, shares
from cxsim.rostering.people import COLUMNS, PAST, folded, open_table
from cxsim.rostering.problem import Problem
from cxsim.rostering.reasons import Refusal, short, why_open
from cxsim.rostering.slots import DAY, Slot, span_text
from cxsim.scenario.model.units import write_clock

SHIFTS = ["group", "name", "date", "start", "end", "breaks", "agents", "paid_hours"]
Roster = dict[int, list[int]]


def shifts_table(problem: Problem, roster: Roster) -> pd.DataFrame:
    """A row per person and shift, and the plan's rows of teams without people."""
    slots = problem.asked.slots
    rows = [
        _row(problem, slots[s], problem.people[p].name, 1)
        for p in sorted(roster, key=lambda p: problem.people[p].name)
        for s in roster[p]
    ]
    rows += [_row(problem, one, "", one.needed) for one in slots if one.team in problem.unfilled]
    order = {team: k for k, team in enumerate(problem.asked.teams)}
    return pd.DataFrame(sorted(rows, key=lambda row: order[str(row[0])]), columns=SHIFTS)


def _row(problem: Problem, slot: Slot, name: str, agents: int) -> tuple[Any, ...]:
    breaks = ";".join(f"{_clock(a)}-{_clock(b)}" for a, b in slot.breaks)
    paid = (slot.end - slot.start if slot.paid is None else slot.paid) / 3600.0
    times = write_clock(slot.start), _clock(slot.end)
    return slot.team, name, problem.asked.dates[slot.day].isoformat(), *times, breaks, agents, round(paid, 6)


def late_rows(problem: Problem, shifts: pd.DataFrame) -> frozenset[int]:
    """The rows of the table of shifts that end late."""
    ends = [cells.span(f"{a}-{b}")[1] for a, b in zip(shifts["start"], shifts["end"], strict=True)]
    return frozenset(k for k, end in enumerate(ends) if end > problem.late)


def _clock(seconds: float) -> str:
    return write_clock(seconds if seconds <= DAY else seconds - DAY)


def grid_table(problem: Problem, roster: Roster) -> pd.DataFrame:
    """A row per person, a column per day."""
    asked = problem.asked
    heads = [day.isoformat() for day in asked.dates]
    rows = []
    for p, person in enumerate(problem.people):
        at = {asked.slots[s].day: asked.slots[s] for s in roster.get(p, ())}
        cells = []
        for d in range(len(heads)):
            slot = at.get(d)
            gone = any(a <= d * DAY and (d + 1) * DAY <= b for a, b in problem.away[p])
            other = f" ({slot.team})" if slot is not None and slot.team != person.team else ""
            cells.append(f"{slot.title}{other}" if slot is not None else "leave" if gone else "off")
        rows.append((person.name, person.team, *cells))
    return pd.DataFrame(rows, columns=["name", "team", *heads])


def cover_table(problem: Problem, roster: Roster) -> pd.DataFrame:
    """A row per shift of the plan: how many it needs and has, and why nobody more works it."""
    lacking = short(problem, roster)
    there = Counter(s for mine in roster.values() for s in mine)
    rows = []
    for s, slot in enumerate(problem.asked.slots):
        if slot.team not in problem.unfilled:
            on = problem.asked.dates[slot.day]
            why = why_open(problem, roster, s) if s in lacking else ""
            breaks = ";".join(span_text(one) for one in slot.breaks)
            numbers = (slot.needed, there[s], lacking.get(s, 0))
            rows.append((on.isoformat(), f"{on:%a}", slot.team, slot.title, breaks, *numbers, why))
    heads = ["date", "weekday", "team", "shift", "breaks", "needed", "assigned", "missing", "why"]
    return pd.DataFrame(rows, columns=heads)


def requests_table(problem: Problem, roster: Roster, refused: Sequence[Refusal]) -> pd.DataFrame:
    """A row per person, request and day, with the answer."""
    told = {id(one.request): one for one in refused}
    rows = []
    for one in problem.requests:
        on, person = problem.asked.dates[one.day], problem.people[one.person]
        yes = granted(problem, one, roster.get(one.person, []))
        why = told.get(id(one))
        answer = ("granted", "", "") if yes or why is None else ("refused", why.rule, why.why)
        rows.append((person.name, person.team, on.isoformat(), f"{on:%a}", one.title, one.weight, *answer))
    heads = ["name", "team", "date", "weekday", "request", "weight", "answer", "rule", "why"]
    return pd.DataFrame(rows, columns=heads).sort_values(["date", "name"], kind="stable", ignore_index=True)


def fairness_table(problem: Problem, roster: Roster) -> pd.DataFrame:
    """A row per person: shifts and hours, and of each kind of unpopular work past, present and the fair share."""
    rows: list[dict[str, Any]] = []
    for p, person in enumerate(problem.people):
        mine = roster.get(p, [])
        hours = sum(problem.asked.slots[s].worked for s in mine) / 3600.0
        row: dict[str, Any] = {"name": person.name, "team": person.team, "contract": person.contract}
        row |= {"shifts": len(mine), "shifts_fair": math.nan, "hours": round(hours, 6)}
        for kind in PAST:
            row |= {f"{kind}_before": person.past.get(kind, 0.0), kind: count(problem, p, kind, mine)}
            row |= {f"{kind}_fair": math.nan}
        rows.append(row)
    for team in problem.asked.teams:
        for one in shares(problem, team):
            now = [count(problem, p, one.kind, roster.get(p, [])) for p in one.people]
            total = sum(one.past) + sum(now)
            for p, share in zip(one.people, one.share, strict=True):
                rows[p][f"{one.kind}_fair"] = round(share * total, 6)
    order = ["name", "team", "contract", "shifts", "shifts_fair", "hours"]
    order += [f"{kind}{end}" for kind in PAST for end in ("_before", "", "_fair")]
    return pd.DataFrame(rows, columns=order)


def next_people(problem: Problem, roster: Roster, file: Path) -> pd.DataFrame:
    """The table of people as it was read, with past counts, last shifts and days in a row brought up to date."""
    table = open_table(file, "People")
    assert table is not None
    names = {alias: role for role, aliases in COLUMNS.items() for alias in aliases}
    frame = pd.DataFrame({column: table.cells[column] for column in table.columns})
    frame.columns = pd.Index([names.get(folded(column), column) for column in table.columns])
    asked, last = problem.asked, len(problem.asked.dates)
    for p, person in enumerate(problem.people):
        mine = roster.get(p, [])
        days = {asked.slots[s].day for s in mine}
        row = next((k for k in range(last) if last - 1 - k not in days), last + person.days_before)
        ends = max((asked.slots[s].ends for s in mine), default=person.until)
        values: dict[str, Any] = {
            f"past {kind}": f"{person.past.get(kind, 0.0) + count(problem, p, kind, mine):g}" for kind in PAST
        }
        values["worked until"] = "" if ends is None else _moment(problem, ends)
        values["days before"] = str(row)
        for column, value in values.items():
            if column not in frame:
                frame[column] = ""
            frame.loc[p, column] = value
    return frame


def _moment(problem: Problem, seconds: float) -> str:
    day = pd.Timestamp(problem.asked.dates[0]) + pd.Timedelta(seconds=seconds)
    return f"{day:%Y-%m-%d %H:%M}"
