"""The people of a roster, as a table says: team, contract, availability, rules of their own, past counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cxsim.optimizer.shifts.columns import contracts_of
from cxsim.rostering import cells
from cxsim.rostering.slots import Demand
from cxsim.scenario.model.optimizing import Contract, Week, optimizing
from cxsim.scenario.model.units import Refusal, suggestion
from cxsim.tables.reader import Table, TableError, read_table, sheet_names

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Value = TypeVar("Value")
PAST = ("late", "weekend", "refused")
USUAL_DAYS = 5
USUAL_ROW = 6
NOTES = ("note", "notes", "remark", "remarks")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "agent", "person", "employee", "id"),
    "team": ("team", "group"),
    "also": ("also", "other teams"),
    "contract": ("contract",),
    "days": ("days", "days a week", "days per week"),
    "hours": ("hours", "hours a week", "hours per week"),
    "rest": ("rest", "rest hours"),
    "days in a row": ("days in a row",),
    "days off together": ("days off together",),
    "weekends": ("weekends",),
    "available": ("available", "availability"),
    "past late": ("past late",),
    "past weekend": ("past weekend",),
    "past refused": ("past refused",),
    "worked until": ("worked until",),
    "days before": ("days before",),
}


@dataclass(frozen=True)
class Person:
    """Who may work what. Times are in seconds; `place` is where the table has the person.

    `days` and `hours` are the most of a week, `in_a_row` the most days one after another, `off_together` the days off
    in a row of each week, `weekends` the most weekends of the roster with work (None: no limit). `lengths` are the
    lengths of shifts that the contract has (none: all). `until` is the end of the last shift before the roster, in
    seconds since its first midnight, `days_before` the days worked in a row up to the day before it.
    """

    name: str
    team: str
    also: tuple[str, ...] = ()
    contract: str = ""
    days: int = USUAL_DAYS
    hours: float | None = None
    rest: float = 39600.0
    in_a_row: int = USUAL_ROW
    off_together: int = 0
    weekends: int | None = None
    lengths: tuple[float, ...] = ()
    available: cells.Available | None = None
    past: Mapping[str, float] = field(default_factory=dict)
    until: float | None = None
    days_before: int = 0
    place: str = ""

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams whose shifts the person can work, the own one first."""
        return (self.team, *self.also)


def folded(text: str) -> str:
    """A heading without capitals, underscores and blanks around it."""
    return " ".join(text.replace("_", " ").casefold().split())


def columns_of(table: Table, known: Mapping[str, tuple[str, ...]], faults: list[TableError]) -> dict[str, str]:
    """Which column of a table holds what; headings that are not known are faults."""
    names = {alias: role for role, aliases in known.items() for alias in aliases}
    out: dict[str, str] = {}
    for column in table.columns:
        role = names.get(folded(column))
        if role is None and folded(column) not in NOTES:
            fix = suggestion(folded(column), names, "the columns are")
            faults.append(table.fault(table.header, column, None, "is not a column of this table", fix))
        elif role in out:
            rule = f"means the same as the column {out[role]!r}"
            faults.append(table.fault(table.header, column, None, rule, "remove one of them"))
        elif role is not None:
            out[role] = column
    return out


class Cells:
    """The cells of a table one by one; what cannot be read is a fault, and all are collected."""

    def __init__(self, table: Table, known: Mapping[str, tuple[str, ...]], faults: list[TableError]) -> None:
        self.table, self.faults = table, faults
        self.columns = columns_of(table, known, faults)

    def text(self, i: int, role: str) -> str:
        """The text of a cell; empty where the table has no such column."""
        column = self.columns.get(role)
        return self.table.cells[column][i] if column else ""

    def get(self, i: int, role: str, read: Callable[[str], Value], default: Any = None) -> Any:
        """A cell read; the default where it is empty or a fault."""
        text = self.text(i, role)
        if not text:
            return default
        try:
            return read(text)
        except Refusal as refusal:
            for _, rule, fix in refusal.parts:
                self.fault(i, role, text, rule, fix)
            return default

    def fault(self, i: int, role: str, value: object, rule: str, fix: str) -> None:
        """Note what is wrong with a cell."""
        column = self.columns.get(role, role)
        self.faults.append(self.table.fault(self.table.lines[i], value, column, rule, fix))

    def need(self, *roles: str) -> None:
        """Note which of the columns that the table must have are missing."""
        for role in roles:
            if role not in self.columns:
                fix = "add it; the columns are " + ", ".join(repr(column) for column in self.table.columns)
                rule = f"there is no column {role!r}"
                self.faults.append(self.table.fault(self.table.header, None, None, rule, fix))


def open_table(file: Path, sheet: str) -> Table | None:
    """The table of a CSV file, or the sheet of this name of a workbook; of a sheet that is not there, None.

    A workbook of one sheet may call it as it likes, if it is for people.
    """
    if file.suffix.casefold() not in (".xlsx", ".xlsm"):
        return read_table(file)
    if not file.exists():
        return read_table(file)  # says so
    names = sheet_names(file)
    found = next((name for name in names if name.casefold() == sheet.casefold()), None)
    if found is None:
        return read_table(file) if sheet == "People" else None
    return read_table(file, found)


def read_people(file: Path, scenario: Scenario, asked: Demand, faults: list[TableError]) -> list[Person]:
    """The people of a table, in its order; faults are added to the list."""
    table = open_table(file, "People")
    assert table is not None
    given = Cells(table, COLUMNS, faults)
    given.need("name", "team")
    if "name" not in given.columns or "team" not in given.columns:
        return []
    out: list[Person] = []
    seen: dict[str, int] = {}
    for i in range(len(table)):
        name = given.text(i, "name")
        if not name:
            given.fault(i, "name", "", "is empty", "write a name or a number, different for each person")
            continue
        if name.casefold() in seen:
            rule = f"is also the name in line {seen[name.casefold()]}"
            given.fault(i, "name", name, rule, "give each person a different name")
            continue
        seen[name.casefold()] = table.lines[i]
        person = _person(given, i, name, scenario, asked)
        if person is not None:
            out.append(person)
    return out


def _person(given: Cells, i: int, name: str, scenario: Scenario, asked: Demand) -> Person | None:
    def team_of(text: str) -> str:
        return cells.one_of(text, asked.teams, "a team with shifts in the plan", "the teams are")

    if not given.text(i, "team"):
        given.fault(i, "team", "", "is empty", f"write a team: {', '.join(asked.teams)}")
        return None
    team: str | None = given.get(i, "team", team_of)
    also: list[str] = []
    for part in filter(None, (x.strip() for x in given.text(i, "also").replace(",", ";").split(";"))):
        try:
            also.append(team_of(part))
        except Refusal as refusal:
            given.fault(i, "also", part, refusal.parts[0][1], refusal.parts[0][2])
    if team is None:
        return None
    contract, terms = _contract(given, i, scenario, team)
    asked_week = optimizing(scenario).week
    week = asked_week or Week()
    usual_days = terms.days or (week.days_on if asked_week is not None else USUAL_DAYS)
    days = given.get(i, "days", lambda text: cells.count(text, 1, 7), usual_days)
    limits = [limit for limit in (terms.hours, week.hours) if limit is not None]
    first = asked.dates[0]
    past = {kind: given.get(i, f"past {kind}", cells.amount, 0.0) for kind in PAST}
    until = given.get(i, "worked until", lambda text: cells.moment(text, first))
    if until is not None and until > 2 * 86400.0:
        rule = f"is after the first days of the roster, which begins on {first}"
        given.fault(i, "worked until", given.text(i, "worked until"), rule, "write the end of the last shift before it")
    return Person(
        name=name,
        team=team,
        also=tuple(one for one in dict.fromkeys(also) if one != team),
        contract=contract,
        days=days,
        hours=given.get(i, "hours", lambda text: cells.hours_a_week(text, days), min(limits, default=None)),
        rest=given.get(i, "rest", cells.rest_hours, week.rest),
        in_a_row=given.get(i, "days in a row", lambda text: cells.count(text, 1, 31), USUAL_ROW),
        off_together=given.get(i, "days off together", lambda text: cells.count(text, 0, 6), week.days_off_together),
        weekends=given.get(i, "weekends", lambda text: cells.count(text, 0, 60)),
        lengths=_lengths(scenario, terms),
        available=given.get(i, "available", cells.available),
        past=past,
        until=until,
        days_before=given.get(i, "days before", lambda text: cells.count(text, 0, 31), 0),
        place=f"{given.table.path}:{given.table.lines[i]}",
    )


def _contract(given: Cells, i: int, scenario: Scenario, team: str) -> tuple[str, Contract]:
    """The contract of a person: the one that is named, or the only one that the team has."""
    known = {name: one for name, one in contracts_of(scenario, team).items() if name}
    text = given.text(i, "contract")
    if not known:
        return text, Contract()
    if text:
        try:
            name = cells.one_of(text, known, f"a contract of {team}", "its contracts are")
        except Refusal as refusal:
            given.fault(i, "contract", text, refusal.parts[0][1], refusal.parts[0][2])
            return "", Contract()
        return name, known[name]
    if len(known) == 1:
        return next(iter(known.items()))
    rule = f"does not say which contract of {team} this is"
    given.fault(i, "contract", None, rule, f"write {' or '.join(known)}")
    return "", Contract()


def _lengths(scenario: Scenario, terms: Contract) -> tuple[float, ...]:
    """Lengths of shifts that a contract has, with overtime; none where it has all."""
    shifts = optimizing(scenario).shifts
    if shifts is None or not terms.lengths:
        return ()
    more, out = shifts.overtime, set(terms.lengths)
    if more is not None:
        for length in more.lengths or (max(terms.lengths),):
            steps = int(more.up_to / shifts.starts_every + 1e-9)
            out |= {length + k * shifts.starts_every for k in range(steps + 1)} if length in terms.lengths else set()
    return tuple(sorted(out))
