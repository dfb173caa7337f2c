"""Rules about the tables a scenario refers to: columns, numbers, names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cxsim.exchange.tables import TIME_COLUMNS, Table, TableError
from cxsim.scenario import units
from cxsim.scenario.faults import Path
from cxsim.scenario.models import Scenario
from cxsim.scenario.translate import Finding

Tables = Mapping[tuple[str, str | None], Table]


def check_tables(scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """Every missing column, and the first bad cell of each column; `plan` and `demand` see the rest."""
    for name, reason in scenario.reasons.items():
        volume, at = reason.volume, ("reasons", name, "volume")
        if volume.file is not None:
            table = tables.get((volume.file, volume.sheet))
            if table is not None:
                wanted = volume.column or name
                place: Path = (*at, "column") if volume.column else (*at, "file")
                yield from _needs(table, place, wanted, numbers=True)
                yield from _time(table, (*at, "file"), volume.file)
        if volume.arrivals is not None and volume.arrivals.file is not None:
            log = tables.get((volume.arrivals.file, volume.arrivals.sheet))
            if log is not None:
                where = "column" if "column" in volume.arrivals.model_fields_set else "file"
                yield from _needs(log, (*at, "arrivals", where), volume.arrivals.column)
                if volume.arrivals.reason is not None:
                    yield from _filter(log, (*at, "arrivals", "reason"), volume.arrivals.reason)
    staff = scenario.staff
    if staff.file is not None:
        table = tables.get((staff.file, staff.sheet))
        if table is not None:
            yield from _staff(scenario, table)


def _needs(table: Table, at: Path, column: str, numbers: bool = False) -> Iterator[Finding]:
    if table.find(column) is None:
        rule = f"is no column of {table.path.name}"
        yield Finding(at, rule, units.suggestion(column, table.columns, "its columns are"), column)
    elif numbers:
        try:
            table.numbers(column, counts=True)
        except TableError as error:
            yield _cell(at, table, error)


def _cell(at: Path, table: Table, error: TableError) -> Finding:
    if error.rule == "is empty":
        line = error.place.removeprefix(str(table.path)).removeprefix(":").split(" ")[0].rstrip(":")
        column = error.place.rpartition("  ")[2].rstrip(":")
        where = f"line {line} of {table.path.name}, column {column!r}"
        return Finding(at, f"has a cell that is empty ({where})", error.fix)
    inside = error.place.removeprefix(str(table.path)).removeprefix(":").split(" ")[0].rstrip(":")
    where = f" (line {inside} of {table.path.name})" if inside else f" (in {table.path.name})"
    return Finding(at, f"{error.rule}{where}", error.fix, "" if error.value is None else str(error.value))


def _time(table: Table, at: Path, file: str) -> Iterator[Finding]:
    if table.find(*TIME_COLUMNS) is None:
        yield Finding(
            at,
            "has no column of times",
            f"name it {TIME_COLUMNS[0]!r}; its columns are {units.listing(table.columns)}",
            file,
        )


def _filter(table: Table, at: Path, reason: str) -> Iterator[Finding]:
    if table.find("reason") is None:
        fix = f"its columns are {units.listing(table.columns)}"
        yield Finding(at, f"is looked for in a column 'reason', which {table.path.name} lacks", fix)
    elif reason not in table.column("reason"):
        known = dict.fromkeys(table.column("reason"))
        yield Finding(at, f"is in no row of {table.path.name}", units.suggestion(reason, known, "there are"))


def _staff(scenario: Scenario, table: Table) -> Iterator[Finding]:
    file, at, groups = str(scenario.staff.file), ("staff", "file"), list(scenario.groups)
    shifts = scenario.staff.kind == "shifts" or (scenario.staff.kind is None and table.find("end", "to") is not None)
    yield from _time(table, at, file)
    column = table.find("group")
    if column is None:
        if shifts or not any(table.find(name) for name in groups):
            fix = f"add a column 'group'; its columns are {units.listing(table.columns)}"
            yield Finding(at, "has no column 'group'", fix, file)
        for name in groups:
            if not shifts and table.find(name) is not None:
                yield from _needs(table, at, name, numbers=True)
    else:
        seen: set[str] = set()
        for line, cell in zip(table.lines, table.cells[column], strict=True):
            if cell not in groups and cell not in seen:
                seen.add(cell)
                rule = f"is no group (line {line} of {table.path.name})"
                yield Finding(at, rule, units.suggestion(cell, groups, "the groups are"), cell or "an empty cell")
        counts = table.find("agents", "headcount", "count")
        if counts is not None:
            yield from _needs(table, at, counts, numbers=True)
        elif not shifts:
            yield Finding(at, "has no column 'agents'", f"its columns are {units.listing(table.columns)}", file)
    if shifts and table.find("end", "to") is None:
        yield Finding(at, "has no column 'end'", f"its columns are {units.listing(table.columns)}", file)
    staffed = set(table.cells[column]) if column is not None else {n for n in groups if table.find(n)}
    for name in groups:
        agents = scenario.groups[name].agents
        if name in staffed and agents is not None:
            yield Finding(("groups", name, "agents"), f"is said again in {table.path.name}", "remove it here or there")
        elif name not in staffed and agents is None:
            rule = f"has no agents: {table.path.name} has no rows for it"
            yield Finding(("groups", name), rule, "add rows, or 'agents: 10'", name)
