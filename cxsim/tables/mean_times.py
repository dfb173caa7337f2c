"""Columns of mean times: seconds, or another unit, or hours:minutes:seconds; blank or 0 where nothing was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cxsim.tables.reader import Table

UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def mean_times(table: Table, name: str, unit: str = "s") -> npt.NDArray[np.float64]:
    """A column of mean times (n,) in seconds; NaN for a blank or 0, as exports write for intervals without contacts.

    Plain numbers are in `unit`. TableError for the first cell that is not a time: a negative number, `4:12`, which may
    be minutes and seconds or hours and minutes, and `1.200`, which may be 1200 or 1.2.
    """
    column = table.need(name)
    cells = table.cells[column]
    clock = any(":" in text for text in cells)
    filled = tuple(text or ("0:00:00" if clock else "0") for text in cells)
    filled_in = replace(table, cells={**table.cells, column: filled}, memo={})
    if clock:
        seconds = filled_in.lengths(column)
    else:
        seconds = filled_in.numbers(column, counts=True) * UNITS[unit]
    return np.where(seconds > 0.0, seconds, np.nan)
