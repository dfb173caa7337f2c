"""Tables in CSV and XLSX files: read once, every cell as text, with the line each row came from."""

from __future__ import annotations

import csv
import difflib
import errno
import math
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

LARGEST_FILE = 512 * 2**20  # bytes, unpacked
MOST_ROWS = 20_000_000
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = {text: i for i, name in enumerate(_NAMES) for text in (name, name[:3])}
TIME_COLUMNS = ("time", "start", "interval", "from")
DAY = 86400.0
# Numbers whose mark can only begin decimals, and those whose mark may as well stand between thousands.
_DECIMAL = re.compile(r"[+-]?(?=\d*[.,](?:\d{0,2}|\d{4,})$|(?:0\d*|\d{4,}|)[.,])(\d*)([.,])\d*")
_EITHER = re.compile(r"[+-]?([1-9]\d{0,2})([.,])(\d{3})")
FORMULA = r"^'*[=+\-@\t\r]"  # how a cell begins that a spreadsheet may take for a formula; an apostrophe stops that
_FORMULA = re.compile(FORMULA)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*([AaPp]\.?[Mm]\.?)?")


class TableError(ValueError):
    """A table that cannot be used: `place` (file, line, column), `value`, `rule` broken, nearest `fix`."""

    def __init__(self, place: str, value: object, rule: str, fix: str) -> None:
        self.place, self.value, self.rule, self.fix = place, value, rule, fix
        super().__init__(f"{place}  {'' if value is None else repr(value) + ' '}{rule}; {fix}")

    def __reduce__(self) -> tuple[type[TableError], tuple[str, object, str, str]]:
        return TableError, (self.place, self.value, self.rule, self.fix)


@dataclass(frozen=True)
class Table:
    """The cells of one sheet: `cells[column][row]` is trimmed text, `lines[row]` its line in the file.

    `delimiter` is what separates the columns of a CSV, empty for a workbook.
    """

    path: Path
    columns: tuple[str, ...]
    cells: dict[str, tuple[str, ...]]
    lines: tuple[int, ...]
    delimiter: str = ""

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def rows(self) -> Iterator[dict[str, str]]:
        """The rows one by one, as {column: text}."""
        for values in zip(*(self.cells[name] for name in self.columns), strict=True):
            yield dict(zip(self.columns, values, strict=True))

    def find(self, *names: str) -> str | None:
        """The first of these columns that the table has, whatever its case; None when it has none of them."""
        known = {name.casefold(): name for name in self.columns}
        return next((known[name.casefold()] for name in names if name.casefold() in known), None)

    def need(self, *names: str) -> str:
        """The first of these columns that the table has; TableError when it has none of them."""
        found = self.find(*names)
        if found is None:
            raise self.fault(1, None, names[0], f"there is no column {names[0]!r}", self._nearest(names[0]))
        return found

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of a column, top to bottom; TableError when there is no such column."""
        return self.cells[self.need(name)]

    def numbers(self, name: str, least: float = 0.0, counts: bool = False) -> npt.NDArray[np.float64]:
        """A column as finite numbers >= `least`; TableError names the first cell that is none.

        A comma is a decimal comma, but not in a file whose columns commas separate: there it is refused. Of
        `counts`, a number such as 1.200 or 1,200 may be 1200 or 1.2; it is refused unless another number of
        the column shows that the same mark begins decimals, by other than three digits after it (12.5), or by
        a zero or more than three digits before it (0.125, 1200.125).
        """
        out = np.empty(len(self))
        cells = self.column(name)
        known = {match[2] for match in map(_DECIMAL.fullmatch, cells) if match} if counts else set()
        for i, text in enumerate(cells):
            if "," in text and self.delimiter == ",":
                raise self.fault(
                    self.lines[i],
                    text,
                    name,
                    "has a comma in a file whose columns commas separate",
                    "write 1200 without a mark between thousands, and decimals as 12.5",
                )
            value = number(text)
            if not math.isfinite(value):
                raise self.fault(
                    self.lines[i],
                    text,
                    name,
                    "is no number",
                    "write a plain number such as 12 or 12.5",
                )
            match = _EITHER.fullmatch(text) if counts else None
            if match and match[2] not in known:
                whole, short = match[1] + match[3], text.rstrip("0").rstrip(match[2])
                plain = text + "0" if len(short) == len(text) else short if match[2] in short else text[:-2]
                fix = f"write {whole} without a mark between thousands, or {plain} for the decimal"
                raise self.fault(self.lines[i], text, name, f"may be {whole} or {short}", fix)
            if value < least:
                raise self.fault(self.lines[i], text, name, f"is below {least:g}", f"write {least:g} or more")
            out[i] = value
        return out

    def fault(self, line: int, value: object, column: str | None, rule: str, fix: str) -> TableError:
        """A TableError placed at a line and column of this file."""
        if value == "":
            value, rule = None, "is empty"
        return TableError(f"{self.path}:{line}" + (f"  {column}:" if column else ""), value, rule, fix)

    def _nearest(self, name: str) -> str:
        close = difflib.get_close_matches(name.casefold(), [c.casefold() for c in self.columns], 1, 0.6)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"{hint}the columns are " + ", ".join(repr(c) for c in self.columns)


def neutral(text: str) -> str:
    """A text as cxsim writes it into a CSV: with an apostrophe before it if a spreadsheet may take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """A text as it was before `neutral`."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def beside(folder: Path, name: str, outside: bool = False) -> Path:
    """The file of this name in a scenario's folder, links followed. TableError where it lies outside, unless allowed.

    Nothing is looked at outside, not even whether the file exists.
    """
    if "\0" in name:
        raise TableError(name, None, "holds a zero byte", "write the name of a file")
    path, root = Path(os.path.realpath(folder / name)), Path(os.path.realpath(folder))
    if not outside and not path.is_relative_to(root):
        fix = "copy it into that folder, or allow it: --allow-outside, allow_outside=True in Python"
        raise TableError(str(path), None, "lies outside the folder of the scenario", fix)
    return path


def read_table(path: str | Path, sheet: str | None = None) -> Table:
    """Read a CSV (comma, semicolon or tab; UTF-8; lines that begin with # are remarks) or XLSX file.

    The first row is the header. `sheet` picks a sheet of a workbook (default the first). Raises TableError
    for a file that is missing, empty, binary, too large, without rows, or whose header repeats or lacks a
    name.
    """
    path = Path(path)
    try:
        status = path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise TableError(str(path), None, "is a link that leads to itself", "put the file in its place") from None
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            rule = f"cannot be read ({error.strerror})"
            raise TableError(str(path), None, rule, "check its name and permissions") from None
        raise TableError(str(path), None, "the file does not exist", _nearest_file(path)) from None
    return _read(path, sheet, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, sheet: str | None, _changed: int, size: int) -> Table:
    if not path.is_file():
        raise TableError(str(path), None, "is a folder, not a file", "name a .csv or .xlsx file")
    if size == 0:
        raise TableError(str(path), None, "the file is empty", "give it a header line and one line a row")
    if size > LARGEST_FILE:
        raise TableError(
            str(path), f"{size / 2**20:.0f} MiB", "is too large", f"keep it under {LARGEST_FILE >> 20} MiB"
        )
    try:
        with path.open("rb") as file:
            packed = file.read(4) == b"PK\x03\x04"
        grid, delimiter = (_workbook(path, sheet), "") if packed else _text(path)
    except OSError as error:
        raise TableError(
            str(path), None, f"cannot be read ({error.strerror})", "check its permissions"
        ) from None
    return _table(path, grid, delimiter)


def _text(path: Path) -> tuple[list[tuple[int, Sequence[str]]], str]:
    """The cells of a CSV, and what separates its columns."""
    data = path.read_bytes()
    if b"\0" in data[:65536]:
        raise TableError(str(path), None, "is a binary file", "save it as CSV (UTF-8) or XLSX")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError(
            f"{path}:{line}", None, "is not UTF-8 text", "save it as CSV UTF-8 or XLSX"
        ) from None
    header = next((x for x in text.splitlines() if x.strip() and not x.startswith("#")), "")
    delimiter = max(",;\t", key=header.count)
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    grid: list[tuple[int, Sequence[str]]] = []
    try:
        for row in reader:
            if row and not row[0].startswith("#"):
                grid.append((reader.line_num, row))
    except csv.Error as error:
        raise TableError(
            f"{path}:{reader.line_num}", None, f"is no CSV ({error})", "check the quotes"
        ) from None
    return grid, delimiter


def _workbook(path: Path, sheet: str | None) -> list[tuple[int, Sequence[str]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > LARGEST_FILE:
            raise TableError(
                str(path), f"{unpacked / 2**20:.0f} MiB unpacked", "is too large", "use a smaller workbook"
            )
        book = CalamineWorkbook.from_path(str(path))
        if sheet is not None and sheet not in book.sheet_names:
            names = ", ".join(repr(name) for name in book.sheet_names)
            raise TableError(str(path), sheet, "is no sheet of this workbook", f"its sheets are {names}")
        page = book.get_sheet_by_index(0) if sheet is None else book.get_sheet_by_name(sheet)
        values = page.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise TableError(
            str(path), None, f"is no workbook ({error})", "save it as XLSX or CSV UTF-8"
        ) from None
    rows = [(i + 1, [_cell(value) for value in row]) for i, row in enumerate(values)]
    width = max((j + 1 for _, row in rows[:1] for j, x in enumerate(row) if x), default=0)
    return [
        (i, row[:width] if not any(row[width:]) else row)
        for i, row in rows
        if not row[:1] or row[0][:1] != "#"
    ]


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        # A number of the workbook, not a text: a zero behind three decimals says that they are decimals.
        return repr(value) + "0" * bool(_EITHER.fullmatch(repr(value)))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, timedelta):
        total = value.total_seconds()
        return f"{int(total // 3600):02d}:{int(total % 3600 // 60):02d}:{total % 60:09.6f}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value).strip()


def _table(path: Path, grid: list[tuple[int, Sequence[str]]], delimiter: str) -> Table:
    grid = [(line, row) for line, row in grid if any(x.strip() for x in row)]
    if not grid:
        raise TableError(str(path), None, "the file is empty", "give it a header line and one line a row")
    head, names = grid[0][0], [restored(name.strip()) for name in grid[0][1]]
    while names and not names[-1]:
        names.pop()
    seen: set[str] = set()
    for i, name in enumerate(names):
        if not name:
            raise TableError(
                f"{path}:{head}", None, f"column {i + 1} has no name", "name every column in the first line"
            )
        if name.casefold() in seen:
            raise TableError(
                f"{path}:{head}", name, "is the name of two columns", "rename or remove one of them"
            )
        seen.add(name.casefold())
    if len(grid) == 1:
        raise TableError(f"{path}:{head}", None, "there are no rows below the header", "add at least one row")
    if len(grid) > MOST_ROWS:
        raise TableError(str(path), len(grid), "is too many rows", f"keep it under {MOST_ROWS}")
    width = len(names)
    rows: list[list[str]] = []
    for line, row in grid[1:]:
        cells = [restored(x.strip()) for x in row]
        if any(cells[width:]):
            raise TableError(
                f"{path}:{line}",
                f"{len(row)} cells",
                f"where the header has {width}",
                "quote text with commas",
            )
        rows.append(cells[:width] + [""] * (width - len(cells)))
    columns = tuple(zip(*rows, strict=True))
    by_name = dict(zip(names, columns, strict=True))
    return Table(path, tuple(names), by_name, tuple(line for line, _ in grid[1:]), delimiter)


def _nearest_file(path: Path) -> str:
    try:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError:
        siblings = []
    close = difflib.get_close_matches(path.name, siblings, 1, 0.6)
    return (
        f"did you mean {close[0]!r}?"
        if close
        else "check the name, which is relative to the scenario's folder"
    )


def number(text: str) -> float:
    """A cell as a number, a decimal comma allowed; NaN when it is none."""
    if "_" in text:
        return math.nan
    try:
        return float(text.replace(",", ".") if "," in text and "." not in text else text)
    except ValueError:
        return math.nan


def clock(text: str) -> float | None:
    """A time of day such as 9:30, 09:30:15.5 or 9:30 PM in seconds since midnight; else None."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = int(match[1]), int(match[2]), float(match[3] or 0)
    if match[4]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if match[4][0] in "Pp" else 0)
    total = hours * 3600.0 + minutes * 60.0 + seconds
    return total if minutes < 60 and seconds < 60 and total <= DAY else None


def day(text: str) -> date | None:
    """A date such as 2026-03-02 (an ISO time after it is ignored); None when it is none."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def weekdays(text: str) -> tuple[int, ...] | None:
    """Weekdays such as mon, Monday, mon-fri or sat+sun, Monday 0; None when it is none."""
    out: list[int] = []
    for part in re.split(r"[+&/]", text.strip().casefold()):
        ends = [_WEEKDAY.get(name.strip()) for name in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            return None
        out += [(first + i) % 7 for i in range((last - first) % 7 + 1)]
    return tuple(out)


def moment(text: str) -> tuple[date | None, float] | None:
    """(date, seconds of day) of an ISO date and time, (None, seconds of day) of a time of day; else None."""
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        seconds = clock(text)
        return None if seconds is None else (None, seconds)
    if len(text) <= 10 and ":" not in text:
        return None
    seconds = stamp.hour * 3600.0 + stamp.minute * 60.0 + stamp.second + stamp.microsecond * 1e-6
    return stamp.date(), seconds


@dataclass(frozen=True)
class Calendar:
    """Which rows belong to which day: row numbers by date, by weekday (Monday 0), and for every day."""

    dated: dict[date, list[int]]
    weekly: dict[int, list[int]]
    daily: list[int]

    def rows(self, on: date) -> list[int] | None:
        """The rows of its date, else of its weekday, else of every day; None when there are none."""
        return self.dated.get(on) or self.weekly.get(on.weekday()) or self.daily or None

    def all_rows(self, on: date) -> list[int]:
        """The rows of its date, of its weekday and of every day together, in the order of the file."""
        return sorted([*self.dated.get(on, ()), *self.weekly.get(on.weekday(), ()), *self.daily])

    def knows(self, on: date) -> bool:
        """Whether a row names this day by its date or weekday."""
        return on in self.dated or on.weekday() in self.weekly


def times(table: Table, column: str) -> tuple[npt.NDArray[np.float64], Calendar]:
    """Seconds of day of each row, and its day: an ISO date and time, or a time beside a `date` or `weekday`.

    Rows without a date or weekday hold for every day. Raises TableError for the first cell that is no time or
    day.
    """
    seconds = np.empty(len(table))
    given: list[date | None] = []
    for i, text in enumerate(table.column(column)):
        point = moment(text)
        if point is None:
            raise table.fault(table.lines[i], text, column, "is no time", "write 08:30 or 2026-03-02T08:30")
        given.append(point[0])
        seconds[i] = point[1]
    return seconds, calendar(table, given)


def calendar(table: Table, given: Sequence[date | None] | None = None) -> Calendar:
    """The days of the rows, by columns `date` and `weekday` where they are not `given` by another column."""
    dated: dict[date, list[int]] = {}
    weekly: dict[int, list[int]] = {}
    daily: list[int] = []
    columns = [name for name in (table.find("date"), table.find("weekday", "day")) if name is not None]
    for i in range(len(table)):
        on: date | None = given[i] if given is not None else None
        name, text = next(((c, table.cells[c][i]) for c in columns if table.cells[c][i]), (None, ""))
        if on is None and name is not None:
            on = day(text)
            week = weekdays(text) if on is None else None
            if on is None and week is None:
                raise table.fault(
                    table.lines[i], text, name, "is no day", "write 2026-03-02, or mon, or mon-fri"
                )
            for w in week or ():
                weekly.setdefault(w, []).append(i)
            if week:
                continue
        if on is None:
            daily.append(i)
        else:
            dated.setdefault(on, []).append(i)
    return Calendar(dated, weekly, daily)


def step(seconds: npt.NDArray[np.float64], default: float) -> float:
    """How long a row lasts: the smallest gap between times of day; `default` when there is but one."""
    gaps = np.diff(np.unique(seconds))
    return float(gaps.min()) if len(gaps) else default
