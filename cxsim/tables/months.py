"""Tables with a row per month."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cxsim.tables.reader import Table

Floats = npt.NDArray[np.float64]
Month = tuple[int, int]  # year, month 1 to 12

_WRITTEN = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}).*)?")


def months_of(table: Table) -> dict[Month, int]:
    """The row of each month of a table, by its column `month`. TableError for a cell that is not a month, or twice."""
    column = table.need("month")
    out: dict[Month, int] = {}
    for i, text in enumerate(table.column(column)):
        found = _WRITTEN.fullmatch(text.strip())
        if found is None or not 1 <= int(found[2]) <= 12:
            raise table.fault(table.lines[i], text, column, "is not a month", "write 2026-07")
        month = int(found[1]), int(found[2])
        if month in out:
            rule = f"is also the month of line {table.lines[out[month]]}"
            raise table.fault(table.lines[i], text, column, rule, "keep one row for each month")
        out[month] = i
    return out


def by_month(table: Table, column: str, wanted: Sequence[Month]) -> Floats:
    """A column of counts (or amounts), one for each month wanted. TableError for a month or number that is missing."""
    rows = months_of(table)
    missing = [month for month in wanted if month not in rows]
    if missing:
        year, number = missing[0]
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        rule = f"has no row for {year}-{number:02d}{more}"
        raise table.fault(table.header, None, "month", rule, f"add a row for {year}-{number:02d}, or plan fewer months")
    values = table.numbers(column, counts=True)
    return np.asarray(values[[rows[month] for month in wanted]], dtype=np.float64)
