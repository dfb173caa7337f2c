"""A workbook begun from the folders of `cxsim forecast` and `cxsim import`: what they know is filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

from cxsim.scenario.book.write import Grid, workbook
from cxsim.scenario.io.yaml_tree import load
from cxsim.scenario.model import units
from cxsim.scenario.model.readers import day_span
from cxsim.scenario.model.units import DAY
from cxsim.tables.reader import Table, number, read_table

TABLES = (("Volumes", "volumes.csv"), ("Handle times", "handle_times.csv"))
HOUR = 3600.0
COARSE, FINE = 30, 15  # minutes between possible starts
MOST_LENGTHS = 6  # shift lengths of a roster that a plan begins with
PART, STAFFING = "scenario-part.yaml", "staffing.csv"


class Asked(ValueError):
    """Something that the folders do not say; the text has the option to add."""


def begun(folders: Sequence[Path], break_after: float | None = None) -> tuple[bytes, list[str]]:
    """The workbook, and what is left to fill in.

    `break_after` says how long after the start of a shift its unpaid break begins (s). Raises Asked where that is
    needed, ValueError for a folder with neither a forecast nor a roster, TableError for a table that cannot be read.
    """
    tree: dict[str, Any] = {"cxsim": 1}
    grids: dict[str, Grid] = {}
    todo, rosters = [], list[Table]()
    for folder in folders:
        if (folder / PART).is_file():
            _forecast(folder, tree, grids)
            todo += _returns(tree)
            todo.append("Targets: the service level of each queue")
            todo.append("Channels and Queues: patience, chats at the same time, work that may wait")
            todo.append("Reasons: the distribution of handle times (exponential until you give one), resolution")
        elif (folder / STAFFING).is_file():
            table = read_table(folder / STAFFING)
            grids["Roster"] = _roster(table, break_after)
            rosters.append(table)
            teams = dict.fromkeys(row[1] for row in grids["Roster"][1:])
            tree["groups"] = {team: {} for team in teams}
            tree["staff"] = {"scheduled": True}
            todo.append("Teams and Skills: wage and shrinkage of each team, and which queues it serves")
            todo.append(
                "Settings: currency. `staff.scheduled` is true: of the people on the roster, shrinkage is subtracted. "
                "`optimize.shifts` has the shifts of the roster for cxsim plan; breaks may begin up to an hour earlier "
                "or later"
            )
        else:
            rule = f"has neither {PART} of a forecast nor {STAFFING} of an import of a roster"
            raise ValueError(f"{folder}: {rule}; name a results folder of cxsim forecast or cxsim import")
    shifts = _shifts(rosters[-1], break_after or 0.0, _longest_day(tree)) if rosters else {}
    if shifts:
        tree["optimize"] = {"shifts": shifts}
    return workbook(tree, grids, blank=True), todo


def _longest_day(tree: Mapping[str, Any]) -> float:
    """The longest time that the center is open in one go, in seconds."""
    spans = [span for hours in tree.get("horizon", {}).get("open", {}).values() for span in str(hours).split(",")]
    return max((end - start for start, end in (day_span(span) for span in spans if "-" in span)), default=DAY)


def _forecast(folder: Path, tree: dict[str, Any], grids: dict[str, Grid]) -> None:
    part, _, faults = load((folder / PART).read_bytes(), str(folder / PART))
    if faults or not isinstance(part, dict):
        raise ValueError(f"{folder / PART}: is damaged; run cxsim forecast again")
    tables = {title: read_table(folder / name) for title, name in TABLES if (folder / name).is_file()}
    for title, table in tables.items():
        grids[title] = _grid(table)
    tree["horizon"] = part["horizon"]
    if "after_contact" in part:
        tree["after_contact"] = part["after_contact"]
    tree["queues"] = {name: {} for name in part["reasons"]}
    tree["reasons"] = {}
    for name, reason in part["reasons"].items():
        volume = {key: value for key, value in reason["volume"].items() if key not in ("file", "column")}
        tree["reasons"][name] = {"queue": name, **({"volume": volume} if volume else {})}
        if "resolution" in reason:
            tree["reasons"][name]["resolution"] = reason["resolution"]
        if "Handle times" in tables:
            tree["reasons"][name]["handle_time"] = f"{_mean(tables['Handle times'], tables['Volumes'], name)}s"


def _returns(tree: dict[str, Any]) -> list[str]:
    """What is left to say of redials and repeats, which a history of offered contacts includes."""
    if "after_contact" in tree:
        return []
    return [
        "Returns: leave it empty if the history counts every call, since its volumes then include redials and repeats; "
        "to have fresh volumes, run cxsim forecast again with --offered total --redial 40% --redial-delay '10 min'"
    ]


def _mean(lengths: Table, volumes: Table, name: str) -> int:
    """The mean handle time of a queue in whole seconds, weighted by its volume."""
    weights = [number(text) if text else 0.0 for text in volumes.column(name)]
    times = [number(text) if text else 0.0 for text in lengths.column(name)]
    total = sum(weights)
    return max(1, round(sum(w * t for w, t in zip(weights, times, strict=True)) / total)) if total > 0.0 else 1


def _grid(table: Table) -> Grid:
    """A table of a date, a time and numbers, as cells."""
    rows: list[list[Any]] = [["Date", "Time", *table.columns[2:]]]
    for i in range(len(table)):
        on = datetime.fromisoformat(table.cells[table.columns[0]][i])
        at = time.fromisoformat(table.cells[table.columns[1]][i])
        texts = [table.cells[name][i] for name in table.columns[2:]]
        rows.append([on, at, *(number(text) if text else None for text in texts)])
    return rows


def _shifts(table: Table, break_after: float, longest: float) -> dict[str, Any]:
    """The shifts that a plan may use: the usual lengths of a roster that fit into a day, and their unpaid breaks."""
    found: Counter[tuple[float, float]] = Counter()  # length and unpaid break (s)
    step = COARSE
    unpaid = table.column("unpaid_s") if table.find("unpaid_s") else [""] * len(table)
    for start, end, activity, text in zip(*map(table.column, ("start", "end", "activity")), unpaid, strict=True):
        begins = datetime.fromisoformat(start)
        length = (datetime.fromisoformat(end) - begins).total_seconds()
        if activity in ("", "shift") and length <= longest:
            found[length, number(text) if text else 0.0] += 1
            step = step if (begins.hour * 60 + begins.minute) % COARSE == 0 else FINE
    if not found:
        return {}
    usual = sorted(one for one, _ in found.most_common(MOST_LENGTHS))
    breaks = []
    for pause in sorted({pause for _, pause in usual if pause > 0.0}):
        having = [length for length, own in usual if own == pause]
        breaks.append(
            {
                "length": units.write_duration(pause),
                "after": units.write_duration(max(break_after - HOUR, 60.0 * step)),
                "before": units.write_duration(min(break_after + HOUR, min(having) - pause)),
                "for": list(dict.fromkeys(map(_on_site, having))),
                "paid": False,
            }
        )
    lengths = list(dict.fromkeys(_on_site(length) for length, _ in usual))
    out = {"lengths": lengths, "starts_every": units.write_duration(60.0 * step)}
    return {**out, "break": breaks} if breaks else out


def _on_site(length: float) -> str:
    """8h30m, as people write the length of a shift."""
    hours, minutes = divmod(round(length / 60.0), 60)
    return f"{hours}h{minutes:02d}m" if minutes and hours else units.write_duration(length)


def _roster(table: Table, break_after: float | None) -> Grid:
    """The shifts of an import as a grid of people and dates."""
    people: dict[tuple[str, str], dict[str, str]] = {}
    unpaid: dict[tuple[str, str], float] = {}
    without: dict[tuple[str, str], float] = {}  # seconds of the longest shift without an unpaid break
    lengths = table.column("unpaid_s") if table.find("unpaid_s") else [""] * len(table)
    columns = (table.column(name) for name in ("agent", "group", "start", "end", "activity"))
    for (agent, team, start, end, activity), text in zip(zip(*columns, strict=True), lengths, strict=True):
        if activity not in ("", "shift"):
            continue
        key = (agent, team)
        day = people.setdefault(key, {})
        if start[:10] in day:
            raise ValueError(f"{table.path}: {agent} has two shifts on {start[:10]}; a roster has one for each day")
        day[start[:10]] = f"{start[11:16]}-{end[11:16]}"
        pause = number(text) if text else 0.0
        unpaid[key] = max(unpaid.get(key, 0.0), pause)
        if pause <= 0.0:
            lasted = datetime.fromisoformat(end) - datetime.fromisoformat(start)
            without[key] = max(without.get(key, 0.0), lasted.total_seconds())
    longest = max(unpaid.values(), default=0.0)
    if longest > 0.0 and break_after is None:
        rule = f"has unpaid breaks of {units.write_duration(longest)}, but not when they begin"
        raise Asked(f"{table.path}: {rule}; add --break-after '4 h', counted from the start of the shift")
    days = sorted({day for shifts in people.values() for day in shifts})
    rows: list[list[Any]] = [["Agent", "Team", *map(datetime.fromisoformat, days), "Unpaid break", "Note"]]
    after = f"after {units.write_duration(break_after or 0.0)}"
    for key, shifts in people.items():
        over = f" (over {units.write_duration(without[key])})" if key in without else ""
        said = f"{units.write_duration(unpaid[key])} {after}{over}" if unpaid[key] else ""
        rows.append([*key, *(shifts.get(day, "off") for day in days), said, ""])
    return rows
