"""Columns of shares: 85 %, or plain numbers in a unit that is stated; blank where nothing is said."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxsim.tables.reader import Table, number

UNITS = {"percent": 0.01, "fraction": 1.0}


def shares(table: Table, name: str, unit: str | None = None) -> npt.NDArray[np.float64]:
    """A column of shares (n,) between 0 and 1; NaN for a blank cell.

    TableError for the first cell that is not a share, or a plain number where no `unit` says what it counts.
    """
    column = table.need(name)
    out = np.full(len(table.lines), np.nan)
    for i, text in enumerate(table.cells[column]):
        plain = text.strip()
        if not plain:
            continue
        value = number(plain.removesuffix("%").rstrip())
        if not np.isfinite(value) or value < 0.0:
            raise table.fault(table.lines[i], text, column, "is not a share", "write a share such as 85%")
        if not plain.endswith("%") and unit is None:
            fix = "write 85% in the cells, or set 'unit: percent' (85) or 'unit: fraction' (0.85) next to 'file'"
            raise table.fault(table.lines[i], text, column, "has no unit, but a share needs one", fix)
        out[i] = value * (0.01 if plain.endswith("%") else UNITS[unit or "percent"])
        if out[i] > 1.0:
            fix = "write a share between 0% and 100%, or correct the unit"
            raise table.fault(table.lines[i], text, column, "is more than 100%", fix)
    return out
