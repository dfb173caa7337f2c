"""Rules about the plan of hiring: months, volumes, futures and teams that fit one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cxsim.scenario.checks.tables import _cell
from cxsim.scenario.checks.view import Tables
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.capacity import Capacity
from cxsim.scenario.model.capacity_units import Month, month, write_month
from cxsim.scenario.model.scenario import Scenario
from cxsim.tables.months import by_month
from cxsim.tables.reader import Table, TableError

AT: Path = ("capacity",)
MOST_MONTHS, MOST_TEAMS = 36, 12
ENDS = (" low", " high")
Sound = Callable[..., bool]


def months_of(asked: Capacity) -> list[Month]:
    """The months of the plan, in order."""
    year, first = asked.start
    return [(year + (first - 1 + k) // 12, (first - 1 + k) % 12 + 1) for k in range(asked.months)]


def check_capacity(
    scenario: Scenario, names: Mapping[str, Sequence[str]], broken: Sequence[Path], tables: Tables
) -> Iterator[Finding]:
    """Every broken rule of the block; `names` are the queues, reasons and groups that were written."""
    asked = scenario.capacity
    if asked is None:
        return

    def sound(*below: str | int) -> bool:
        path = (*AT, *below)
        return not any(b[: len(path)] == path for b in broken)

    if asked.months > MOST_MONTHS:
        yield Finding((*AT, "months"), f"is more than {MOST_MONTHS}", f"write {MOST_MONTHS} or fewer")
        return
    yield from _days(scenario, asked)
    if sound("start") and sound("months"):
        yield from _lists(asked)
        yield from _volumes(asked, names["reason"], tables)
        yield from _futures(asked, sound)
    if asked.full_time <= 0.0:
        yield Finding((*AT, "full_time"), "is zero", "write the contract hours per week, such as 38 h")
    if asked.miss_at_most == 0.0:
        rule = "cannot be shown in any number of futures"
        yield Finding((*AT, "miss_at_most"), rule, "write a share above 0%, such as 5%, or give missing_hour alone")
    if asked.shift_fit <= 0.0:
        yield Finding((*AT, "shift_fit"), "leaves no hours where they are needed", "write a share such as 90%")
    if (*AT, "teams") not in broken:
        yield from _teams(scenario, asked, names, sound("teams"))


def _days(scenario: Scenario, asked: Capacity) -> Iterator[Finding]:
    horizon = scenario.horizon
    if horizon.steady is not None:
        yield Finding(AT, "cannot be combined with steady state, which has no days", "remove horizon.steady", key=True)
    elif horizon.days % 7 and asked.open_days is None:
        days = f"{horizon.days} day{'' if horizon.days == 1 else 's'}"
        rule = f"cannot tell how many days of a month are like the {days} of the horizon"
        yield Finding(AT, rule, "add 'open_days: 21' (days a month), or make the horizon whole weeks", key=True)
    elif asked.open_days is not None and asked.open_days <= 0.0:
        yield Finding((*AT, "open_days"), "is zero", "write the open days of a month, such as 21")


def _lists(asked: Capacity) -> Iterator[Finding]:
    lists: dict[Path, Any] = {("shrinkage",): asked.shrinkage}
    lists |= {("volumes", name): value for name, value in asked.volumes.items()}
    for at, value in lists.items():
        if isinstance(value, tuple) and len(value) != asked.months:
            rule = f"has {len(value)} values for {asked.months} months"
            yield Finding((*AT, *at), rule, f"write one value, or {asked.months}")


def _volumes(asked: Capacity, reasons: Sequence[str], tables: Tables) -> Iterator[Finding]:
    for name in asked.volumes:
        if name not in reasons:
            fix = units.suggestion(name, reasons, "the reasons are")
            yield Finding((*AT, "volumes", name), "is not a reason", fix, key=True)
    if asked.file is None:
        for key in ("sheet",):
            if getattr(asked, key) is not None:
                yield Finding((*AT, key), "requires a file", "remove it, or name the file", key=True)
        if asked.uncertainty.range is not None:
            rule = "says what the low and high columns of a file enclose, but there is no file"
            yield Finding((*AT, "uncertainty", "range"), rule, "remove it, or name the file")
        return
    table = tables.get((asked.file, asked.sheet))
    if table is not None:
        yield from _file(asked, table, reasons)


def _file(asked: Capacity, table: Table, reasons: Sequence[str]) -> Iterator[Finding]:
    at = (*AT, "file")
    if table.find("month") is None:
        fix = f"name it 'month'; its columns are {units.listing(table.columns)}"
        yield Finding(at, f"has no column 'month' in {table.path.name}", fix)
        return
    found = [name for name in reasons if table.find(name) is not None]
    known = {"month"} | {f"{name}{end}".casefold() for name in reasons for end in ("", *ENDS)}
    for column in table.columns:
        if column and column.casefold() not in known:
            fix = units.suggestion(column, reasons, "the reasons are")
            yield Finding(at, f"has a column {column!r} in {table.path.name}, which is not a reason", fix)
    ranged = False
    for name in found:
        if name in asked.volumes:
            rule = f"is also a column of {table.path.name}"
            yield Finding((*AT, "volumes", name), rule, "remove one of them", key=True)
        ends = [table.find(f"{name}{end}") for end in ENDS]
        if any(ends) and not all(ends):
            missing = f"{name}{ENDS[0 if ends[0] is None else 1]}"
            yield Finding(at, f"has no column {missing!r} in {table.path.name}", "add it, or remove the other one")
        ranged |= all(ends)
        for column in (name, *(one for one in ends if one)):
            try:
                by_month(table, column, months_of(asked))
            except TableError as error:
                yield _cell(at, table, error)
                return
    if ranged and asked.uncertainty.range is None:
        rule = "has columns of low and high volumes, which may enclose any share of the outcomes"
        yield Finding(at, rule, "add 'range: 90%' to capacity.uncertainty, or what they enclose")
    elif ranged and not 0.0 < float(asked.uncertainty.range or 0.0) < 1.0:
        rule = "cannot be enclosed by a range"
        yield Finding((*AT, "uncertainty", "range"), rule, "write a share between 0% and 100%, such as 90%")
    elif not ranged and asked.uncertainty.range is not None:
        rule = f"is about columns such as 'REASON low' and 'REASON high', which {table.path.name} does not have"
        yield Finding((*AT, "uncertainty", "range"), rule, "add the columns, or remove it")


def _futures(asked: Capacity, sound: Sound) -> Iterator[Finding]:
    there = months_of(asked)
    span = f"write a month from {write_month(there[0])} to {write_month(there[-1])}"

    def inside(at: Path, text: str, key: bool = False) -> Iterator[Finding]:
        try:
            if month(text) not in there:
                yield Finding(at, "is not a month of the plan", span, text, key=key)
        except units.Refusal as refusal:
            _, rule, fix = refusal.parts[0]
            yield Finding(at, rule, fix, text, key=key)

    for name, future in asked.futures.items():
        if future.since:
            yield from inside((*AT, "futures", name, "from"), future.since)
    total = sum(future.share for future in asked.futures.values())
    if asked.futures and sound("futures") and abs(total - 1.0) > 1e-9:
        rule = f"have shares that add up to {100 * total:.6g}%"
        yield Finding((*AT, "futures"), rule, "make them add up to 100%", key=True)
    for name, team in asked.teams.items():
        for text in team.joining:
            yield from inside((*AT, "teams", name, "joining", text), text, key=True)


def _teams(
    scenario: Scenario, asked: Capacity, names: Mapping[str, Sequence[str]], complete: bool
) -> Iterator[Finding]:
    """Rules about teams; those about what no team does are asked only of a `complete` list of teams."""
    if not asked.teams and complete:
        yield Finding((*AT, "teams"), "is empty", "add a team: 'teams: {NAME: {people: 12}}'", key=True)
        return
    if len(asked.teams) > MOST_TEAMS:
        rule = f"are {len(asked.teams)}, more than {MOST_TEAMS}"
        yield Finding((*AT, "teams"), rule, "join teams: one team may have several groups", key=True)
    of: dict[str, str] = {}
    for name, team in asked.teams.items():
        at: Path = (*AT, "teams", name)
        groups = team.groups or (name,)
        for i, group in enumerate(groups):
            place = (*at, "groups", i) if team.groups else at
            if group not in names["group"]:
                rule = "is not a group" if team.groups else "is not a group, so the team must name its groups"
                fix = units.suggestion(group, names["group"], "the groups are")
                fix = fix if team.groups or fix.startswith("did") else f"add 'groups: [NAME]'; {fix}"
                yield Finding(place, rule, fix, group, key=not team.groups)
            elif of.setdefault(group, name) != name:
                yield Finding(
                    place, f"is already in team {of[group]}", "remove one of them", group, key=not team.groups
                )
        wages = {scenario.groups[group].wage for group in groups if group in scenario.groups}
        if team.wage is None and len(wages) > 1:
            rule = f"has groups with different wages ({', '.join(f'{wage:g}' for wage in sorted(wages))})"
            yield Finding(
                at, rule, f"add 'wage: {sum(wages) / len(wages):.4g}', what the people of the team get", key=True
            )
        elif team.wage is None and wages == {0.0}:
            yield Finding(at, "has no wage", "add 'wage: 22', per paid hour", key=True)
        if team.hours is not None and team.hours <= 0.0:
            yield Finding((*at, "hours"), "is zero", "write the contract hours per week, such as 38 h")
    if complete and asked.hiring is None and all(team.hiring is None for team in asked.teams.values()):
        fix = "add 'hiring: {at_most: 6, lead_time: 2 months}'"
        yield Finding(AT, "lets no team hire, so there is nothing to plan", fix, key=True)
    served = {q for group in of if group in scenario.groups for q in scenario.groups[group].skills}
    for name, one in scenario.groups.items():
        lost = [q for q in one.skills if q not in served]
        if lost and complete:
            rule = f"has no team for the queue {lost[0]}"
            yield Finding((*AT, "teams"), rule, f"add group {name} to a team", key=True)
            served |= set(lost)
