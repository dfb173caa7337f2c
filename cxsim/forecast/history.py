"""History as days by intervals: what a table says, and what is missing from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cxsim.tables.folds import Times
from cxsim.tables.reader import Table, TableError, number, read_table
from cxsim.tables.stamps import DAY, dates_in, day
from cxsim.tables.times import TIME_COLUMNS, step, times

Floats = npt.NDArray[np.float64]

VOLUMES = ("offered", "volume", "calls", "contacts")
ANSWERED = ("answered", "handled")
HANDLE_TIMES = ("aht", "handle_time", "aht_s")
IMPORTED = ("minutes", "aht_s", "rows")  # columns by which the table of `cxsim import` is known
QUEUES = ("queue", "reason")
STAMPS = (*TIME_COLUMNS, "datetime", "date_time", "timestamp")
OF_TIME = ("date", "weekday", "end", "to", *STAMPS)
LONGEST_YEARS = 30


@dataclass(frozen=True, eq=False)
class History:
    """The past of one queue.

    Attributes
    ----------
    queue : str
        Name of the queue.
    days : tuple of date
        Every calendar day from the first to the last with a row.
    slots : ndarray (slots,)
        Start of each interval, in seconds after midnight, local time.
    width : float
        Length of an interval in seconds.
    volume : ndarray (days, slots)
        Contacts in the interval; NaN where the table has no row.
    answered, aht : ndarray (days, slots) or None
        Answered contacts, and their mean handle time in seconds; NaN where there is none.
    """

    queue: str
    days: tuple[date, ...]
    slots: Floats
    width: float
    volume: Floats
    answered: Floats | None = None
    aht: Floats | None = None

    @property
    def totals(self) -> Floats:
        """Contacts of each day (days,); NaN on days without a row."""
        there = ~np.isnan(self.volume).all(axis=1)
        return np.where(there, np.nansum(self.volume, axis=1), np.nan)

    @property
    def is_open(self) -> npt.NDArray[np.bool_]:
        """Days (days,) with at least one contact. A day without rows, or of zeros alone, tells nothing of demand."""
        return np.nan_to_num(self.totals) > 0.0


def read_history(
    path: str | Path,
    *,
    sheet: str | None = None,
    volume: str | None = None,
    queue: str | None = None,
    answered: str | None = None,
    aht: str | None = None,
    interval: float | None = None,
) -> tuple[History, ...]:
    """Read the history of one or more queues from a CSV or XLSX table.

    Parameters
    ----------
    path : str or Path
        The table: a row per interval (or per day), with a date and a time, or both in one column; or the folder of
        `cxsim import`, whose intervals are read by the clock on the wall.
    sheet : str, optional
        Sheet of a workbook; the first by default.
    volume : str, optional
        Column of the contacts; by default `offered`, `volume`, `calls` or `contacts`. A table with none of them, and no
        column of queues, has a column per queue.
    queue : str, optional
        Column that names the queue of a row; `queue` or `reason` by default, if there is one.
    answered, aht : str, optional
        Columns of answered contacts and their mean handle time in seconds; `answered` or `handled`, and `aht` or
        `handle_time`, by default. Without answered contacts, a mean handle time cannot be weighted.
    interval : float, optional
        Seconds; rows are added up to intervals of this length. The step of the table by default.

    Returns
    -------
    tuple of History
        One for each queue, in the order of the table.

    Raises
    ------
    TableError
        For a cell that cannot be read, a row that stands twice, or columns that could mean two things.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "intervals.csv"
        if not path.is_file():
            rule = "has no intervals.csv, so it is not the folder of an import of intervals"
            raise TableError(f"{path.parent}", None, rule, "name a table of history")
    table = read_table(path, sheet)
    if all(table.find(name) for name in IMPORTED):
        table = _by_the_wall(table)
    column = table.find(*STAMPS) or table.find("date")
    if column is None:
        raise table.fault(
            table.header, None, "date", "there is no column of dates and times", "name it 'date' or 'time'"
        )
    given = times(table, column) if table.find(*STAMPS) else None
    on, seconds = _when(table, column, given)
    of_queue = table.need(queue) if queue else table.find(*QUEUES)
    counted = _volume_column(table, volume)
    if of_queue is None and counted is None:
        skip = {name.casefold() for name in OF_TIME}
        names = [name for name in table.columns if name and name.casefold() not in skip]
        if not names:
            raise table.fault(table.header, None, None, "there is no column of contacts", "add one, named 'offered'")
        return tuple(
            _history(table, name, name, list(range(len(table))), on, seconds, (None, None), interval) for name in names
        )
    if counted is None:
        fix = "name it with --volume COLUMN, or call it 'offered'"
        raise table.fault(table.header, None, None, "there is no column of contacts", fix)
    handled = table.need(answered) if answered else table.find(*ANSWERED)
    length = table.need(aht) if aht else table.find(*HANDLE_TIMES)
    if length is not None and handled is None:
        fix = "name the column of answered contacts with --answered COLUMN, to weight the means by it"
        raise table.fault(table.header, None, length, "cannot be averaged without answered contacts", fix)
    rows: dict[str, list[int]] = {}
    for i, name in enumerate(table.column(of_queue) if of_queue else [Path(path).stem] * len(table)):
        if not name:
            raise table.fault(table.lines[i], "", of_queue, "", "write the name of the queue")
        rows.setdefault(name, []).append(i)
    return tuple(
        _history(table, name, counted, those, on, seconds, (handled, length), interval) for name, those in rows.items()
    )


def _by_the_wall(table: Table) -> Table:
    """The intervals of `cxsim import` without their UTC offsets, which are those of the center's own clocks."""
    start = table.need("start")
    return replace(table, cells={**table.cells, start: tuple(text[:19] for text in table.cells[start])}, memo={})


def _volume_column(table: Table, volume: str | None) -> str | None:
    if volume is not None:
        return table.need(volume)
    found = [there for name in VOLUMES if (there := table.find(name)) is not None]
    if len(found) > 1:
        rule = "may each be the contacts: " + ", ".join(repr(name) for name in found)
        raise table.fault(table.header, None, None, f"columns {rule}", f"say which: --volume {found[0]}")
    return found[0] if found else None


def _when(table: Table, column: str, given: Times | None) -> tuple[list[date], Floats]:
    """The date and the second of the day of each row; of a table without times, midnight."""
    if given is None:
        return [date_of(table, i, column) for i in range(len(table))], np.zeros(len(table))
    if given.calendar.weekly or given.calendar.daily:
        fix = "add a column 'date' with the day of each row"
        raise table.fault(table.header, None, column, "has no dates, and a forecast needs history by date", fix)
    dated = {i: on for on, rows in given.calendar.dated.items() for i in rows}
    return [dated[i] for i in range(len(table))], given.seconds


def date_of(table: Table, i: int, column: str) -> date:
    """The date in a cell. TableError for text that is none or has two meanings."""
    text = table.column(column)[i]
    found = day(text)
    if found is None:
        fix = " or ".join(f"write {one}" for one in dates_in(text)) or "write it as 2026-03-02"
        raise table.fault(table.lines[i], text, column, "is not a date with one meaning", fix)
    return found


def _history(
    table: Table,
    queue: str,
    column: str,
    rows: Sequence[int],
    on: Sequence[date],
    seconds: Floats,
    handling: tuple[str | None, str | None],
    interval: float | None,
) -> History:
    width = step(seconds, DAY) if seconds.any() else DAY
    wide = interval or width
    if wide < width or abs(wide / width - round(wide / width)) > 1e-9:
        raise TableError(
            f"{table.path}",
            None,
            f"has intervals of {width:g} s; they do not add up to {wide:g} s",
            "choose a multiple",
        )
    _no_row_twice(table, queue, rows, on, seconds)
    first, last = min(on[i] for i in rows), max(on[i] for i in rows)
    if (last - first).days > LONGEST_YEARS * 366:
        rule = f"runs from {first} to {last}"
        raise TableError(f"{table.path}", None, f"{rule}, more than {LONGEST_YEARS} years", "check the dates")
    days = tuple(first + timedelta(days=k) for k in range((last - first).days + 1))
    starts = np.floor(seconds / wide) * wide
    slots = np.unique(starts[list(rows)])
    at = {float(slot): k for k, slot in enumerate(slots)}
    shape = (len(days), len(slots))
    counts = table.numbers(column, counts=True)
    volume = np.full(shape, np.nan)
    answered, talked = np.zeros(shape), np.zeros(shape)
    handled_column, aht_column = handling
    handled = table.numbers(handled_column, counts=True) if handled_column else None
    lengths = _lengths(table, aht_column) if aht_column else None
    for i in rows:
        place = (on[i] - first).days, at[float(starts[i])]
        volume[place] = np.nan_to_num(volume[place]) + counts[i]
        if handled is not None:
            answered[place] += handled[i]
            if lengths is not None and handled[i] > 0.0:
                talked[place] += handled[i] * lengths[i]
    if handled is None or lengths is None:
        return History(queue, days, slots, wide, volume, answered if handled is not None else None)
    with np.errstate(invalid="ignore", divide="ignore"):
        aht = np.where(answered > 0.0, talked / answered, np.nan)
    return History(queue, days, slots, wide, volume, answered, aht)


def _lengths(table: Table, column: str) -> Floats:
    """Mean handle times in seconds; blanks are 0, which counts only where nobody was answered."""
    cells = table.column(column)
    if any(":" in text for text in cells):
        return table.lengths(column)
    out = np.zeros(len(table))
    for i, text in enumerate(cells):
        if text:
            out[i] = number(text)
            if not out[i] >= 0.0:
                raise table.fault(table.lines[i], text, column, "is not a time in seconds", "write 245")
    return out


def _no_row_twice(table: Table, queue: str, rows: Sequence[int], on: Sequence[date], seconds: Floats) -> None:
    seen: dict[tuple[date, float], int] = {}
    for i in rows:
        key = (on[i], float(seconds[i]))
        if key in seen:
            rule = f"names an interval of {queue} that line {table.lines[seen[key]]} has already"
            fix = "remove one of them, or add them up if both count"
            raise table.fault(table.lines[i], f"{key[0]}", None, rule, fix)
        seen[key] = i
