"""Tables in CSV and XLSX files: read once, every cell as text, with the line each row came from.

`times` says when the rows are.
"""

from __future__ import annotations

import csv
import difflib
import errno
import math
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
from python_calamine import CalamineError, CalamineWorkbook

from cxsim.storage.files import unreadable_kind, workbook_cells

LARGEST_FILE = 512 * 2**20  # bytes, unpacked
MOST_CELLS = 20_000_000  # of some 80 bytes each
TITLES = 20  # lines among which a header is looked for below a title
_TOTALS = frozenset(
    ("total", "totals", "grand total", "subtotal", "sum", "sums", "average", "avg", "mean", "summe", "gesamt")
)
# Numbers whose mark can only begin decimals, and those whose mark may as well stand between thousands.
_DECIMAL = re.compile(r"[+-]?(?=\d*[.,](?:\d{0,2}|\d{4,})$|(?:0\d*|\d{4,}|)[.,])(\d*)([.,])\d*")
_EITHER = re.compile(r"[+-]?([1-9]\d{0,2})([.,])(\d{3})")
_GAPS = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?:[.,]\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:,\d{3})+\.\d+|(?:\.\d{3})+,\d+|(?:,\d{3}){2,}|(?:\.\d{3}){2,})")
_LENGTH = re.compile(r"(\d+):(\d{2}):(\d{2}(?:\.\d+)?)")
_SHORT_LENGTH = re.compile(r"(\d+):(\d{2})")
FORMULA = r"^'*[=+\-@\t\r]"  # how a cell begins that a spreadsheet may take for a formula; an apostrophe stops that
_FORMULA = re.compile(FORMULA)


class TableError(ValueError):
    """A table that cannot be used: `place` (file, line, column), `value`, `rule` broken, nearest `fix`."""

    def __init__(self, place: str, value: object, rule: str, fix: str) -> None:
        self.place, self.value, self.rule, self.fix = place, value, rule, fix
        super().__init__(f"{place}  {'' if value is None else repr(value) + ' '}{rule}; {fix}")

    def __reduce__(self) -> tuple[type[TableError], tuple[Any, ...]]:
        return TableError, (self.place, self.value, self.rule, self.fix)


@dataclass(frozen=True)
class Table:
    """The cells of one sheet: `cells[column][row]` is trimmed text, `lines[row]` its line in the file.

    `delimiter` is what separates the columns of a CSV, empty for a workbook; `header` is the line of the names;
    `names` says which column stands for a name that is looked for; `memo` keeps what was worked out of the cells;
    `tidied` says what `tidying` put right.
    """

    path: Path
    columns: tuple[str, ...]
    cells: dict[str, tuple[str, ...]]
    lines: tuple[int, ...]
    delimiter: str = ""
    header: int = 1
    names: Mapping[str, str] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    tidied: tuple[str, ...] = ()
    sheet: str = ""  # of a workbook, where it was named

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def rows(self) -> Iterator[dict[str, str]]:
        """The rows one by one, as {column: text}."""
        for values in zip(*(self.cells[name] for name in self.columns), strict=True):
            yield dict(zip(self.columns, values, strict=True))

    def named(self, names: Mapping[str, str], carry_down: Sequence[str] = ()) -> Table:
        """The table with columns that stand for other `names`, blank cells of those to `carry_down` as the cell above.

        Columns that it does not have are left aside: say so before.
        """
        key = (tuple(sorted(names.items())), tuple(carry_down))
        if not names and not carry_down:
            return self
        if key not in self.memo:
            known = {given: there for given, column in names.items() if (there := self.find(column)) is not None}
            cells = dict(self.cells)
            for column in filter(None, map(self.find, carry_down)):
                above, filled = "", []
                for text in cells[column]:
                    above = text or above
                    filled.append(above)
                cells[column] = tuple(filled)
            self.memo[key] = replace(self, names=known, cells=cells, memo={})
        found: Table = self.memo[key]
        return found

    def where(self, texts: Mapping[str, str]) -> Table:
        """The rows with these texts in these columns, whatever their case; columns that it lacks do not count."""
        wanted = {column: text.casefold() for name, text in texts.items() if (column := self.find(name)) is not None}
        if not wanted:
            return self
        key = ("where", tuple(sorted(wanted.items())))
        if key not in self.memo:
            keep = [all(self.cells[c][i].casefold() == t for c, t in wanted.items()) for i in range(len(self))]
            self.memo[key] = self.only(keep)
        found: Table = self.memo[key]
        return found

    def of_days(self) -> Table:
        """The table with a column `time` of midnights, for rows that are whole days."""
        if "of_days" not in self.memo:
            cells = {**self.cells, "time": ("00:00",) * len(self)}
            self.memo["of_days"] = replace(self, columns=(*self.columns, "time"), cells=cells, memo={})
        found: Table = self.memo["of_days"]
        return found

    def only(self, keep: Sequence[bool]) -> Table:
        """Some of the rows."""
        cells = {name: tuple(t for t, k in zip(texts, keep, strict=True) if k) for name, texts in self.cells.items()}
        lines = tuple(line for line, k in zip(self.lines, keep, strict=True) if k)
        return replace(self, cells=cells, lines=lines, memo={})

    def find(self, *names: str) -> str | None:
        """The first of these columns that the table has, whatever its case; None when it has none of them."""
        said = next((self.names[name] for name in names if name in self.names), None)
        if said is not None:
            return said
        known = {" ".join(name.casefold().split()): name for name in self.columns}  # of blanks that do not break, too
        return next((known[key] for name in names if (key := " ".join(name.casefold().split())) in known), None)

    def totals(self, i: int) -> str:
        """The cell that says that a row is one of totals; empty when none does."""
        texts = (self.cells[name][i] for name in self.columns)
        return next((text for text in texts if text.casefold().strip(" :") in _TOTALS), "")

    def need(self, *names: str) -> str:
        """The first of these columns that the table has; TableError when it has none of them."""
        found = self.find(*names)
        if found is None:
            raise self.fault(self.header, None, names[0], f"there is no column {names[0]!r}", self._nearest(names[0]))
        return found

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of a column, top to bottom; TableError when there is no such column."""
        return self.cells[self.need(name)]

    def numbers(self, name: str, least: float = 0.0, counts: bool = False) -> npt.NDArray[np.float64]:
        """A column as finite numbers >= `least`; TableError names the first cell that is none.

        A comma is a decimal comma, but not in a file whose columns commas separate: there it is refused. Blanks and
        apostrophes stand between thousands. Of `counts`, a number such as 1.200 or 1,200 may be 1200 or 1.2; it is
        refused unless another number of the column shows that the same mark begins decimals, by other than three
        digits after it (12.5), or by a zero or more than three digits before it (0.125, 1200.125).
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
                    "has a comma in a file whose columns are separated by commas",
                    "write thousands without a separator (1200) and decimals with a point (12.5)",
                )
            value = number(text)
            if not math.isfinite(value):
                if self.totals(i):
                    fix = f"remove line {self.lines[i]}"
                    raise self.fault(self.lines[i], self.totals(i), None, "marks a row of totals", fix)
                fix = "write a plain number such as 12 or 12.5"
                raise self.fault(self.lines[i], text, name, "is not a number", fix)
            match = _EITHER.fullmatch(text) if counts else None
            if match and match[2] not in known:
                whole, short = match[1] + match[3], text.rstrip("0").rstrip(match[2])
                plain = text + "0" if len(short) == len(text) else short if match[2] in short else text[:-2]
                fix = f"write {whole} without a thousands separator, or {plain} for the decimal number"
                raise self.fault(self.lines[i], text, name, f"may mean {whole} or {short}", fix)
            if value < least:
                raise self.fault(self.lines[i], text, name, f"is below {least:g}", f"write {least:g} or more")
            out[i] = value
        return out

    def lengths(self, name: str) -> npt.NDArray[np.float64]:
        """A column of hours:minutes:seconds, in seconds.

        TableError for `4:12`, which may be minutes and seconds, or hours and minutes.
        """
        cells = self.column(name)
        out = np.empty(len(self))
        for i, text in enumerate(cells):
            match = _LENGTH.fullmatch(text)
            if match is None:
                rule, fix = (
                    "is not a duration like the others in the column",
                    "write hours:minutes:seconds, such as 0:04:12",
                )
                if (short := _SHORT_LENGTH.fullmatch(text)) is not None:
                    a, b = int(short[1]), short[2]
                    rule, fix = f"may mean {a}m{b}s or {a}h{b}m", f"write 0:{a:02d}:{b} or {a}:{b}:00"
                raise self.fault(self.lines[i], text, name, rule, fix)
            out[i] = int(match[1]) * 3600.0 + int(match[2]) * 60.0 + float(match[3])
        return out

    def fault(self, line: int, value: object, column: str | None, rule: str, fix: str) -> TableError:
        """A TableError placed at a line and column of this file."""
        if value == "":
            value, rule = None, "is empty"
        where = f"{self.path}:{line}"
        if self.sheet:
            at = self.columns.index(column) if column in self.columns else 0
            where = f"{self.path}:{self.sheet}!{column_letters(at)}{line}"
        return TableError(where + (f"  {column}:" if column else ""), value, rule, fix)

    def _nearest(self, name: str) -> str:
        known = {column.casefold(): column for column in self.columns}
        close = difflib.get_close_matches(name.casefold(), list(known), 1, 0.6)
        hint = f"did you mean {known[close[0]]!r}? " if close else ""
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
        raise TableError(name, None, "contains a zero byte", "write the name of a file")
    path, root = Path(os.path.realpath(folder / name)), Path(os.path.realpath(folder))
    if not outside and not path.is_relative_to(root):
        fix = "copy it into that folder, or allow it with --allow-outside (in Python: allow_outside=True)"
        raise TableError(str(path), None, "is outside the scenario's folder", fix)
    return path


def table_name(file: object, sheet: str | None) -> str:
    """A table as sentences name it: its file, and its sheet where one was named."""
    return f"{file}, sheet {sheet}" if sheet else str(file)


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
            raise TableError(str(path), None, "is a link to itself", "replace the link with the file") from None
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            rule = f"cannot be read ({error.strerror})"
            raise TableError(str(path), None, rule, "check its name and permissions") from None
        raise TableError(str(path), None, "the file does not exist", _nearest_file(path)) from None
    return _read(path, sheet, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, sheet: str | None, _changed: int, size: int) -> Table:
    rule, fix = unreadable_kind(path)
    if rule:
        raise TableError(str(path), None, rule, "name a .csv or .xlsx file" if path.is_dir() else fix)
    if size == 0:
        raise TableError(str(path), None, "the file is empty", "write a header line and one line per row")
    if size > LARGEST_FILE:
        raise TableError(
            str(path), f"{size / 2**20:.0f} MiB", "is too large", f"keep it under {LARGEST_FILE >> 20} MiB"
        )
    try:
        with path.open("rb") as file:
            packed = file.read(4) == b"PK\x03\x04"
        grid, delimiter = (workbook(path, sheet), "") if packed else _text(path)
    except OSError as error:
        raise TableError(str(path), None, f"cannot be read ({error.strerror})", "check its permissions") from None
    if not (packed and sheet):
        return _table(path, grid, delimiter)
    try:
        return replace(_table(path, grid, delimiter), sheet=sheet)
    except TableError as error:
        line = error.place.removeprefix(f"{path}:")
        place = f"{path}:{sheet}!A{line}" if line.isdigit() else error.place
        raise TableError(place, error.value, error.rule, error.fix) from None


def _text(path: Path) -> tuple[list[tuple[int, Sequence[str]]], str]:
    """The cells of a CSV, and what separates its columns."""
    data = path.read_bytes()
    if b"\0" in data[:65536]:
        raise TableError(str(path), None, "is a binary file", "save it as CSV (UTF-8) or XLSX")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError(f"{path}:{line}", None, "is not UTF-8 text", "save it as CSV UTF-8 or XLSX") from None
    lines = text.splitlines(keepends=True)
    told = [x for x in lines[: TITLES * 5] if x.strip() and not x.startswith("#")][:TITLES] or [""]
    if re.fullmatch(r"sep=.\s*", told[0], re.IGNORECASE):
        at = 1 + lines.index(told[0])
        rule = "is a setting for spreadsheets, not the header"
        raise TableError(
            f"{path}:{at}", told[0].strip(), rule, f"remove line {at}; cxsim finds the separator without it"
        )
    delimiter = max(",;\t", key=told[0].count)
    if delimiter not in told[-1]:  # the first line may be a title
        delimiter = max(",;\t", key=told[-1].count)
    cells = text.count(delimiter) + text.count("\n")
    if cells > MOST_CELLS:
        raise _too_many(path, cells)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    grid: list[tuple[int, Sequence[str]]] = []
    try:
        for row in reader:
            if row and not row[0].startswith("#"):
                grid.append((reader.line_num, row))
    except csv.Error as error:
        raise TableError(f"{path}:{reader.line_num}", None, f"is not valid CSV ({error})", "check the quotes") from None
    return grid, delimiter


def workbook(path: Path, sheet: str | None) -> list[tuple[int, Sequence[str]]]:
    """The cells of a sheet of a workbook, each row with its number, every cell as text."""
    rows = [(i + 1, [cell_text(value) for value in row]) for i, row in enumerate(workbook_values(path, sheet))]
    width = max((j + 1 for _, row in rows[:1] for j, x in enumerate(row) if x), default=0)
    return [(i, row[:width] if not any(row[width:]) else row) for i, row in rows if not row[:1] or row[0][:1] != "#"]


def workbook_values(path: Path, sheet: str | None) -> list[list[Any]]:
    """The rows of a sheet of a workbook from A1 on, as numbers, texts, truth values, dates and times."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > LARGEST_FILE:
                rule, fix = f"{unpacked / 2**20:.0f} MiB unpacked", "use a smaller workbook"
                raise TableError(str(path), rule, "is too large", fix)
            cells = workbook_cells(archive, sheet)
        if cells > MOST_CELLS:
            raise _too_many(path, cells)
        book = CalamineWorkbook.from_path(str(path))
        if sheet is not None and sheet not in book.sheet_names:
            names = ", ".join(repr(name) for name in book.sheet_names)
            raise TableError(str(path), sheet, "is not a sheet of this workbook", f"its sheets are {names}")
        page = book.get_sheet_by_index(0) if sheet is None else book.get_sheet_by_name(sheet)
        values: list[list[Any]] = page.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError) as error:
        raise TableError(str(path), None, f"is not a workbook ({error})", "save it as XLSX or CSV UTF-8") from None
    return values


def column_letters(number: int) -> str:
    """The letters of a column of a workbook, counted from 0: A, B, …, Z, AA."""
    letters, n = "", number + 1
    while n:
        n, rest = divmod(n - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_names(path: Path) -> tuple[str, ...]:
    """The names of the sheets of a workbook, in their order."""
    return tuple(CalamineWorkbook.from_path(str(path)).sheet_names)


def _too_many(path: Path, cells: int) -> TableError:
    fix = f"keep it under {MOST_CELLS:,}; check for a stray cell far below or to the right of the table"
    return TableError(str(path), f"{cells:,} cells", "is too large for a table", fix)


def cell_text(value: object) -> str:
    """A cell of a workbook as text: dates and times in ISO form, whole numbers without decimals."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        # A number of the workbook, not a text: a zero behind three decimals says that they are decimals.
        return repr(value) + "0" * bool(_EITHER.fullmatch(repr(value)))
    if isinstance(value, datetime):
        if value.year < 1901 and value.date() != date(1900, 1, 1):  # a time of day alone is one of day 0
            return cell_text(value.time())
        value += timedelta(milliseconds=0.5)  # sums of fractions of a day are off by less
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    if isinstance(value, timedelta):
        whole, rest = divmod(round(value.total_seconds() * 1000), 1000)
        text = f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
        return f"{text}.{rest:03d}" if rest else text
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _table(path: Path, grid: list[tuple[int, Sequence[str]]], delimiter: str) -> Table:
    grid = [(line, row) for line, row in grid if any(x.strip() for x in row)]
    if not grid:
        raise TableError(str(path), None, "the file is empty", "write a header line and one line per row")
    head, names = grid[0][0], [restored(name.strip()) for name in grid[0][1]]
    while names and not names[-1]:
        names.pop()
    _no_title(path, grid)
    seen: set[str] = set()
    for i, name in enumerate(names):
        if not name:
            raise TableError(
                f"{path}:{head}", None, f"column {i + 1} has no name", "name every column in the first line"
            )
        if name.casefold() in seen:
            raise TableError(
                f"{path}:{head}", name, "is the name of more than one column", "rename or remove one of them"
            )
        seen.add(name.casefold())
    if len(grid) == 1:
        raise TableError(f"{path}:{head}", None, "there are no rows below the header", "add at least one row")
    width = len(names)
    rows: list[list[str]] = []
    for line, row in grid[1:]:
        cells = [restored(x.strip()) for x in row]
        if any(cells[width:]):
            raise TableError(
                f"{path}:{line}",
                f"{len(row)} cells",
                f"but the header has {width}",
                "put text that contains commas in quotes",
            )
        rows.append(cells[:width] + [""] * (width - len(cells)))
    columns = tuple(zip(*rows, strict=True))
    by_name = dict(zip(names, columns, strict=True))
    return Table(path, tuple(names), by_name, tuple(line for line, _ in grid[1:]), delimiter, head)


def _no_title(path: Path, grid: list[tuple[int, Sequence[str]]]) -> None:
    """Refuse lines above the header: of fewer cells than the line of names below them."""
    sizes = [sum(1 for text in row if text.strip()) for _, row in grid[: TITLES + 1]]
    widest = max(range(len(sizes)), key=lambda k: (sizes[k], -k))
    line, names = grid[widest]
    words = not any(re.fullmatch(r"[\d.,:;/ T+-]*\d[\d.,:;/ T+-]*", text) for text in names)
    if widest and words and sizes[0] < sizes[widest] and len(grid) > widest + 1:
        rule = f"is not the header; the header seems to be on line {line}"
        above = f"line {grid[0][0]}" if widest == 1 else f"lines {grid[0][0]} to {grid[widest - 1][0]}"
        first = next(text.strip() for text in grid[0][1] if text.strip())
        raise TableError(f"{path}:{grid[0][0]}", first, rule, f"remove {above}, or begin each with #")


def _nearest_file(path: Path) -> str:
    try:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError:
        siblings = []
    close = difflib.get_close_matches(path.name, siblings, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else "check the name; it is relative to the scenario's folder"


def number(text: str) -> float:
    """A cell as a number, a decimal comma and blanks or apostrophes between thousands allowed; NaN for other text."""
    if "_" in text:
        return math.nan
    try:
        return float(text.replace(",", ".") if "," in text and "." not in text else text)
    except ValueError:
        found = readings(text)
        return float(found[0]) if len(found) == 1 else math.nan


def readings(text: str) -> tuple[str, ...]:
    """What a number may be, as plain texts: none, one, or two where a mark may stand between thousands (1,200)."""
    text = text.strip()
    if _GAPS.fullmatch(text):
        return (re.sub(r"[^\d.,+-]", "", text).replace(",", "."),)
    if _GROUPED.fullmatch(text):
        mark = max(",.", key=text.rfind) if "," in text and "." in text else ""
        return ("".join("." if c == mark else c for c in text if c == mark or c not in ",."),)
    if (match := _EITHER.fullmatch(text)) is not None:
        sign = text[: text.index(match[1])]
        return sign + match[1] + match[3], sign + f"{match[1]}.{match[3]}".rstrip("0").rstrip(".")
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    return (plain,) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", plain) else ()
