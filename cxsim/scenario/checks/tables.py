"""Rules about the tables a scenario refers to: columns, numbers, names."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.by_time import ByTime
from cxsim.scenario.model.customers import HandleTimes
from cxsim.scenario.model.scenario import Scenario, TableOf
from cxsim.tables.mean_times import mean_times
from cxsim.tables.reader import Table, TableError
from cxsim.tables.schedules import one_row_a_shift
from cxsim.tables.shares import shares
from cxsim.tables.times import TIME_COLUMNS, moments, times

Tables = Mapping[tuple[str, str | None], Table]


def check_tables(scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """Every missing column, and the first bad cell of each column; `plan` and `demand` see the rest."""
    zone = zone_of(scenario.horizon.timezone)
    for name, reason in scenario.reasons.items():
        volume, at = reason.volume, ("reasons", name, "volume")
        table = yield from _table(volume, tables, at)
        if table is not None:
            table = yield from _where(volume.where, table, (*at, "where"))
        if table is not None and volume.profile is not None:
            column = table.find(*TIME_COLUMNS)
            if column is not None:
                rule = f"spreads whole days, but {table.path.name} has a column of times, {column!r}"
                yield Finding((*at, "profile"), rule, "remove profile", "")
                continue
            table = table.of_days()
        if table is not None:
            wanted = volume.column or name
            place: Path = (*at, "column") if volume.column else (*at, "file")
            yield from _needs(table, place, wanted, numbers=True)
            yield from _time(table, (*at, "file"), volume.file or "", [zone])
        if reason.handle_times is not None:
            yield from _handle_times(name, reason.handle_times, tables, [zone])
        if reason.resolution_by_time is not None:
            yield from _shares((*at[:2], "resolution_by_time"), reason.resolution_by_time, tables, [zone])
        if volume.arrivals is not None:
            below = (*at, "arrivals")
            log = yield from _table(volume.arrivals, tables, below)
            if log is not None:
                where = "column" if "column" in volume.arrivals.model_fields_set else "file"
                yield from _needs(log, (*below, where), volume.arrivals.column)
                if log.find(volume.arrivals.column) is not None:
                    yield from _when(log, (*below, "file"), volume.arrivals.column, [zone])
                if volume.arrivals.reason is not None:
                    yield from _filter(log, (*below, "reason"), volume.arrivals.reason)
    for name, group in scenario.groups.items():
        for key in ("availability_by_time", "shrinkage_by_time"):
            if (said := getattr(group, key)) is not None:
                yield from _shares(("groups", name, key), said, tables, [zone])
    table = yield from _table(scenario.staff, tables, ("staff",))
    if table is not None:
        yield from _staff(scenario, table)


def _handle_times(name: str, given: HandleTimes, tables: Tables, zones: Iterable[ZoneInfo | None]) -> Iterator[Finding]:
    read = partial(mean_times, unit=given.unit)
    yield from _by_time(("reasons", name, "handle_times"), given, tables, zones, read)


def _shares(at: Path, given: ByTime, tables: Tables, zones: Iterable[ZoneInfo | None]) -> Iterator[Finding]:
    yield from _by_time(at, given, tables, zones, partial(shares, unit=given.unit))


def _by_time(
    at: Path,
    given: ByTime | HandleTimes,
    tables: Tables,
    zones: Iterable[ZoneInfo | None],
    read: Callable[[Table, str], object],
) -> Iterator[Finding]:
    """A table by interval with the column of a reason or group, which `read` reads."""
    table = yield from _table(given, tables, at)
    if table is None:
        return
    wanted = given.column or str(at[1])
    yield from _needs(table, (*at, "column") if given.column else (*at, "file"), wanted)
    if table.find(wanted) is not None:
        try:
            read(table, wanted)
        except TableError as error:
            yield _cell((*at, "file"), table, error)
    yield from _time(table, (*at, "file"), given.file or "", zones)


def zone_of(name: str | None) -> ZoneInfo | None:
    """A time zone by its name; None where there is none, or none of that name, which is told elsewhere."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def _table(part: TableOf, tables: Tables, at: Path) -> Generator[Finding, None, Table | None]:
    """The table of a part as it reads it; columns that it names and the file lacks."""
    table = None if part.file is None else tables.get((part.file, part.sheet))
    if table is None:
        for key in ("columns", "carry_down", "where"):
            if part.file is None and getattr(part, key, None):
                yield Finding((*at, key), "requires a file", "remove it, or name the file", key, key=True)
        return None
    named: list[tuple[Path, str]] = [(("columns", key), column) for key, column in part.columns.items()]
    named += [(("carry_down", k), column) for k, column in enumerate(part.carry_down)]
    for below, column in named:
        if table.find(column) is None:
            rule = f"is not a column of {table.path.name}"
            yield Finding((*at, *below), rule, units.suggestion(column, table.columns, "its columns are"), column)
    return table.named(part.columns, part.carry_down)


def _where(texts: Mapping[str, str], table: Table, at: Path) -> Generator[Finding, None, Table | None]:
    """The rows of a table that a volume is about; None where a column or text of `where` is not there."""
    wrong = False
    for name, text in texts.items():
        column = table.find(name)
        if column is None:
            wrong = True
            rule = f"is not a column of {table.path.name}"
            yield Finding((*at, name), rule, units.suggestion(name, table.columns, "its columns are"), name, key=True)
        elif text.casefold() not in {cell.casefold() for cell in table.cells[column]}:
            wrong = True
            known = list(dict.fromkeys(cell for cell in table.cells[column] if cell))[:20]
            rule = f"is in no row of column {column!r} of {table.path.name}"
            yield Finding((*at, name), rule, units.suggestion(text, known, "there are"), text)
    if wrong:
        return None
    found = table.where(texts)
    if not len(found):
        told = " and ".join(f"{name} {text!r}" for name, text in texts.items())
        yield Finding(at, f"leaves no row of {table.path.name}: none has {told}", "remove one of them", "")
        return None
    return found


def _needs(table: Table, at: Path, column: str, numbers: bool = False) -> Iterator[Finding]:
    if table.find(column) is None:
        rule = f"is not a column of {table.path.name}"
        yield Finding(at, rule, units.suggestion(column, table.columns, "its columns are"), column)
    elif numbers:
        try:
            table.numbers(column, counts=True)
        except TableError as error:
            yield _cell(at, table, error)


def _cell(at: Path, table: Table, error: TableError) -> Finding:
    if error.rule == "is empty":
        column = error.place.rpartition("  ")[2].rstrip(":")
        where = f"{_line(table, error)} of {table.path.name}, column {column!r}"
        return Finding(at, f"has an empty cell ({where})", error.fix)
    inside = _line(table, error)
    where = f" ({inside} of {table.path.name})" if inside else f" (in {table.path.name})"
    if error.value is None and (column := error.place.rpartition("  ")[2].rstrip(":")) != error.place.rstrip(":"):
        where = where.replace(")", f", column {column!r})")
    return Finding(at, f"{error.rule}{where}", error.fix, "" if error.value is None else str(error.value))


def _line(table: Table, error: TableError) -> str:
    """Where in a table: `line 14`, or the sheet and cell of a workbook; empty for the table as a whole."""
    inside = error.place.removeprefix(str(table.path)).removeprefix(":").split("  ")[0].rstrip(":")
    return f"line {inside}" if inside.isdigit() else inside


def _time(table: Table, at: Path, file: str, zones: Iterable[ZoneInfo | None]) -> Iterator[Finding]:
    column = table.find(*TIME_COLUMNS)
    if column is None:
        fix = f"name it {TIME_COLUMNS[0]!r}; its columns are {units.listing(table.columns)}"
        yield Finding(at, "has no time column", fix, file)
    else:
        yield from _when(table, at, column, zones)


def _when(table: Table, at: Path, column: str, zones: Iterable[ZoneInfo | None]) -> Iterator[Finding]:
    try:
        for zone in dict.fromkeys(zones):
            times(table, column, zone)
    except TableError as error:
        yield _cell(at, table, error)


def _filter(table: Table, at: Path, reason: str) -> Iterator[Finding]:
    if table.find("reason") is None:
        fix = f"its columns are {units.listing(table.columns)}"
        yield Finding(at, f"needs a column 'reason' in {table.path.name}", fix)
    elif reason not in table.column("reason"):
        known = dict.fromkeys(table.column("reason"))
        yield Finding(at, f"does not occur in {table.path.name}", units.suggestion(reason, known, "it has"))


def _staff(scenario: Scenario, table: Table) -> Iterator[Finding]:
    file, at, groups = str(scenario.staff.file), ("staff", "file"), list(scenario.groups)
    shifts = scenario.staff.kind == "shifts" or (scenario.staff.kind is None and table.find("end", "to") is not None)
    center = zone_of(scenario.horizon.timezone)
    sites = {name: site.timezone for name, site in scenario.sites.items()}
    zones = [zone_of(sites.get(group.site or "")) or center for group in scenario.groups.values()]
    yield from _time(table, at, file, zones)
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
        for i, (line, cell) in enumerate(zip(table.lines, table.cells[column], strict=True)):
            if cell not in groups and cell not in seen and not table.totals(i):
                seen.add(cell)
                rule = f"is not a group (line {line} of {table.path.name})"
                yield Finding(at, rule, units.suggestion(cell, groups, "the groups are"), cell or "an empty cell")
        counts = table.find("agents", "headcount", "count")
        if counts is not None:
            yield from _needs(table, at, counts, numbers=True)
        elif not shifts:
            yield Finding(at, "has no column 'agents'", f"its columns are {units.listing(table.columns)}", file)
    end = table.find("end", "to")
    if shifts and end is not None:
        try:
            moments(table, end)
            one_row_a_shift(table)
        except TableError as error:
            yield _cell(at, table, error)
    elif shifts:
        yield Finding(at, "has no column 'end'", f"its columns are {units.listing(table.columns)}", file)
    staffed = set(table.cells[column]) if column is not None else {n for n in groups if table.find(n)}
    for name in groups:
        agents = scenario.groups[name].agents
        if name in staffed and agents is not None:
            yield Finding(("groups", name, "agents"), f"is also set in {table.path.name}", "remove one of them")
        elif name not in staffed and agents is None:
            rule = f"has no agents: {table.path.name} has no rows for it"
            yield Finding(("groups", name), rule, "add rows, or 'agents: 10'", name)
