"""Schedules with several rows a shift, as planning tools write them, told from one row a shift."""

from __future__ import annotations

import re

from cxsim.tables.reader import Table
from cxsim.tables.stamps import stamp
from cxsim.tables.times import TIME_COLUMNS

_BREAK = re.compile(r"(?<![a-z])(breaks?|lunch|meals?|rest|pausen?|mittag)(?![a-z])", re.IGNORECASE)
READ = (
    "group",
    "date",
    "weekday",
    "day",
    "breaks",
    "break",
    "name",
    "agent",
    "agents",
    "headcount",
    "count",
    "paid_hours",
)


def one_row_a_shift(table: Table) -> None:
    """TableError where the breaks of shifts stand in rows, or in columns, of their own: they would be worked."""
    start, end = table.find(*TIME_COLUMNS), table.find("end", "to")
    read = {start, end, *(table.find(name) for name in READ)}
    for name in table.columns:
        if name in read or start is None or end is None:
            continue
        cells = table.cells[name]
        rows = [i for i, text in enumerate(cells) if _BREAK.search(text) and stamp(text) is None]
        if rows and len(rows) < len(cells):
            i = rows[0]
            rule = "is a break in a separate row, which would count as work"
            raise table.fault(table.lines[i], cells[i], name, rule, _line(table, i, start, end, rows))
        if _BREAK.search(name.replace("_", " ")) and any(stamp(text) is not None for text in cells):
            rule = "contains breaks but is not used, so the breaks would count as work"
            fix = "write one row per shift, with all its breaks in a column 'breaks': 10:00-10:15;12:00-12:30"
            raise table.fault(table.header, name, None, rule, fix)


def _line(table: Table, i: int, start: str, end: str, breaks: list[int]) -> str:
    """The row to write for the shift in which row `i` is a break."""
    keys = [name for name in map(table.find, ("group", "date", "weekday", "name", "agent")) if name is not None]
    mine = [k for k in range(len(table)) if all(table.cells[name][k] == table.cells[name][i] for name in keys)]
    spans = ";".join(f"{table.cells[start][k]}-{table.cells[end][k]}" for k in mine if k in set(breaks))
    who = ", ".join(f"{name} {table.cells[name][i]}" for name in keys if table.cells[name][i])
    first, last = table.cells[start][mine[0]], table.cells[end][mine[-1]]
    return f"write one row per shift, such as {who}: start {first}, end {last}, breaks {spans}"
