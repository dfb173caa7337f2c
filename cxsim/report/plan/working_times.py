"""Who works when: agents present by time and group, and people by shift and day, as rows for whatever shows a plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from cxsim.report.common import formats

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum

TITLE = "Who works when: agents present, by time and group"
SHIFTS = "Who works when: people on each shift"


@dataclass(frozen=True)
class Day:
    """One day, or several in a row on which the same people are present: a title, and agents by group at each time."""

    title: str
    rows: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Shift:
    """One shift of a group: its hours, its breaks, and how many people work it on each day."""

    group: str
    hours: str
    breaks: str
    name: str
    people: tuple[int, ...]


def by_time(optimum: Optimum) -> list[Day]:
    """Every day on which it is open or anybody is there; times with the same people are one row, days alike one day."""
    found: dict[date, list[tuple[str, tuple[int, ...]]]] = {}
    live = optimum.levels.any(axis=0) | optimum.open_intervals
    spans: list[list[int]] = []
    for i in live.nonzero()[0].tolist():
        on = spans and spans[-1][1] == i - 1 and optimum.labels[i].date() == optimum.labels[i - 1].date()
        if on and (optimum.levels[:, i] == optimum.levels[:, i - 1]).all():
            spans[-1][1] = i
        else:
            spans.append([i, i])
    step = timedelta(seconds=optimum.interval)
    for first, last in spans:
        start, end = optimum.labels[first], optimum.labels[last] + step
        until = "24:00" if end.date() != start.date() else f"{end:%H:%M}"
        counts = tuple(int(n) for n in optimum.levels[:, first])
        found.setdefault(start.date(), []).append((f"{start:%H:%M}-{until}", counts))
    several = len({label.date() for label in optimum.labels}) > 1
    alike: list[list[date]] = []
    for day, rows in found.items():
        if alike and rows == found[alike[-1][-1]] and day - alike[-1][-1] == timedelta(days=1):
            alike[-1].append(day)
        else:
            alike.append([day])
    return [Day(days_label(days) if several else "", tuple(found[days[0]])) for days in alike]


def days_label(days: list[date]) -> str:
    """Days in a row: `Mon 5 Jan`, `Mon 5 to Fri 9 Jan`, `Sat 31 Jan to Sun 1 Feb`."""
    first, last = days[0], days[-1]
    if first == last:
        return formats.day_label(first)
    start = f"{first:%a} {first.day}" if first.month == last.month else formats.day_label(first)
    return f"{start} to {formats.day_label(last)}"


def by_shift(optimum: Optimum) -> tuple[list[str], list[Shift]]:
    """The days of a plan of shifts ([''] of a single day), and its shifts in the order of the groups."""
    frame = optimum.plan[optimum.plan["agents"].astype(float) > 0]
    days = sorted(dict.fromkeys(frame["date"].astype(str))) if "date" in frame else [""]
    people: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for row in frame.to_dict("records"):
        given = {name: "" if pd.isna(row.get(name, "")) else str(row.get(name, "")) for name in ("breaks", "name")}
        key = (str(row["group"]), f"{row['start']}-{row['end']}", given["breaks"].replace(";", ", "), given["name"])
        on = str(row.get("date", ""))
        people.setdefault(key, {})
        people[key][on] = people[key].get(on, 0) + int(row["agents"])
    place = {name: i for i, name in enumerate(optimum.groups)}
    order = sorted(people, key=lambda key: (place.get(key[0], len(place)), key[1:]))
    heads = [formats.day_label(date.fromisoformat(day)) if day else "" for day in days]
    return heads, [Shift(*key, tuple(people[key].get(day, 0) for day in days)) for key in order]


def clocks(optimum: Optimum) -> str:
    """A sentence on whose clock the times are by, where groups have clocks of their own; '' otherwise."""
    scenario = optimum.scenario
    sites = getattr(scenario, "sites", {})
    placed = [(name, scenario.groups[name].site) for name in optimum.groups] if sites else []
    away = [f"{name} {sites[site].timezone}" for name, site in placed if site is not None]
    if not away:
        return ""
    center = scenario.horizon.timezone or "the center"
    whose = "Shifts and the rows of plan.csv" if optimum.kind == "shifts" else "The rows of plan.csv"
    return f"Times are those of {center}. {whose} are by each group's own clock: {formats.listing(away, 4)}."


def stacked(name: str, width: int = 8) -> str:
    """A name in lines that are narrow, broken after its underscores, hyphens and spaces, for the head of a column."""
    lines: list[str] = []
    for piece in re.findall(r"[^_\-\s]*[_\-\s]|[^_\-\s]+", name):
        if lines and len((lines[-1] + piece).rstrip()) <= width:
            lines[-1] += piece
        else:
            lines.append(piece)
    return "\n".join(line.strip() for line in lines)
