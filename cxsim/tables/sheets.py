"""Files as systems export them: CSV and text in any usual form, workbooks, JSON; read whole, every cell as text.

`reader` reads the tables of a scenario and refuses what is not plain. Here title lines, other encodings and other
separators are read, and what was found is said.
"""

from __future__ import annotations

import codecs
import csv
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from cxsim.storage.files import unreadable_kind
from cxsim.tables.coded import Coded, Coder, Lines
from cxsim.tables.faults import ExportError
from cxsim.tables.json_records import json_rows
from cxsim.tables.reader import LARGEST_FILE, TableError, sheet_names, workbook

HEAD = 60  # lines among which the header is looked for
_BLOCK = 50_000  # rows read at once
_DELIMITERS = ",;\t|"
_VALUE = re.compile(r"[\d\s.,:;/%+TZ-]*\d[\d\s.,:;/%+TZ-]*(?:[AaPp]\.?[Mm]\.?)?")  # a number, date or time


@dataclass(frozen=True)
class Sheet:
    """The cells of one file. `lines` says where each row stands; `titles` holds the lines above the header.

    `form` is csv, workbook (of these `sheets`) or json; `repairs` are what had to be put right, as (what, lines).
    """

    path: Path
    columns: dict[str, Coded]
    lines: Lines
    form: str
    encoding: str = ""
    delimiter: str = ""
    header: int = 1
    titles: tuple[str, ...] = ()
    repairs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    sheets: tuple[str, ...] = ()
    memo: dict[str, Coded] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.lines)

    def find(self, name: str) -> str | None:
        """The column of this name, whatever its case and the blanks around it."""
        if name in self.columns:
            return name
        wanted = name.strip().casefold()
        return next((known for known in self.columns if known.strip().casefold() == wanted), None)

    def place(self, line: int, column: str = "") -> str:
        """Where a cell stands, for messages."""
        return f"{self.path}:{line}" + (f"  {column}:" if column else "")


def read_sheet(
    path: str | Path,
    *,
    sheet: str | None = None,
    names: Sequence[str] = (),
    delimiter: str = "",
    encoding: str = "",
    tick: Callable[[], object] = lambda: None,
) -> Sheet:
    """Read a file. `names` are those of the columns of a file without a header; `tick` is called now and then.

    Raises ExportError with every fault of its form: rows that are too long, quotes that never close, bytes that are
    no text; TableError for a file that cannot be read at all.
    """
    path = Path(path)
    try:
        rule, fix = unreadable_kind(path)
        if rule:
            raise TableError(str(path), None, rule, fix or "name a file")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(4096)
    except FileNotFoundError:
        raise TableError(str(path), None, "the file does not exist", "check its name") from None
    except OSError as error:
        raise TableError(str(path), None, f"cannot be read ({error.strerror})", "check its permissions") from None
    if not start.strip():
        raise TableError(str(path), None, "the file is empty", "export it again")
    if size > 4 * LARGEST_FILE:
        raise TableError(str(path), f"{size / 2**20:.0f} MiB", "is too large", "export a shorter period")
    if start[:4] == b"PK\x03\x04":
        grid = [(line, list(row)) for line, row in workbook(path, sheet)]
        return _sheet(path, iter(grid), names, tick, form="workbook", sheets=sheet_names(path))
    if start[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise TableError(str(path), None, "is an old Excel workbook (.xls)", "save it as XLSX or CSV")
    encoding = encoding or _encoding(path, start)
    if sheet is not None:
        raise TableError(str(path), sheet, "is a sheet, but this file is not a workbook", "remove 'sheet'")
    if start.decode(encoding, "ignore").lstrip("\ufeff \r\n\t")[:1] in ("{", "["):
        rows = json_rows(path, encoding)
        return Sheet(path, rows.columns, rows.numbers, "json", encoding, header=0)
    return _text(path, encoding, delimiter, names, tick)


def _encoding(path: Path, start: bytes) -> str:
    """UTF-8 or UTF-16 where the bytes say so, else Windows-1252. TableError for what is neither."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        raise TableError(str(path), None, "is a binary file", "export it as CSV, XLSX or JSON")
    for encoding in ("utf-8-sig", "cp1252"):
        line = _undecodable(path, encoding)
        if line is None:
            return encoding
    raise TableError(f"{path}:{line}", None, "is not text in UTF-8 or Windows-1252", "save the file as CSV UTF-8")


def _undecodable(path: Path, encoding: str) -> int | None:
    """The first line that is not text in an encoding; None when all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                return line + block.count(b"\n", 0, max(error.start, 0))
            line += text.count("\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return line
    return None


def _text(path: Path, encoding: str, delimiter: str, names: Sequence[str], tick: Callable[[], object]) -> Sheet:
    with path.open(encoding=encoding, newline="") as file:
        sample = list(islice(file, 4 * HEAD))
        if re.fullmatch(r"sep=.\s*", sample[0], re.IGNORECASE):
            delimiter = delimiter or sample[0][4]
        delimiter = delimiter or _delimiter(sample)
        file.seek(0)
        # A file cut off within a row ends without a line end; only then is a short last row not a short row.
        rows = _csv_rows(path, file, delimiter)
        return _sheet(path, rows, names, tick, form="csv", encoding=encoding, delimiter=delimiter)


def _csv_rows(path: Path, file: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(min(sys.maxsize, 1 << 24))
    reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            if reader.line_num - line > 200:
                raise TableError(f"{path}:{line}", None, "has a quote that does not close", "check its quotes")
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"{path}:{line}", None, f"is not CSV ({error})", "check its quotes") from None


def _delimiter(sample: Sequence[str]) -> str:
    """What separates the columns: the mark that cuts the most lines into the same number of cells."""

    def score(mark: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(sample, delimiter=mark, skipinitialspace=True) if row)
        except csv.Error:
            return 0, 0
        width, lines = max(
            ((w, n) for w, n in widths.items() if w > 1), key=lambda x: x[1] * (x[0] - 1), default=(1, 0)
        )
        return lines * (width - 1), width

    return max(_DELIMITERS, key=score)


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _header(path: Path, head: Sequence[tuple[int, Sequence[str]]]) -> int | None:
    """Which of the first rows holds the names: the first that is as wide as the table and holds words only."""
    sizes = [_filled(row) for _, row in head]
    usual = Counter(size for size in sizes if size > 1).most_common(1)
    width = max(usual[0][0] if usual else 1, max(sizes) * 0.75)
    for k, (_, row) in enumerate(head):
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) >= max(2.0, 0.75 * width) and not any(_VALUE.fullmatch(cell) for cell in cells):
            return k
    for k, (_, row) in enumerate(head):  # names may be times or dates, as of a table with a column for each
        cells = [cell.strip() for cell in row if cell.strip()]
        plain = [cell for cell in cells if re.fullmatch(r"[\d.,%]+", cell)]
        if (
            len(cells) >= max(3.0, width)
            and len(set(cells)) == len(cells)
            and not plain
            and not _VALUE.fullmatch(cells[0])
        ):
            return k
    return None


def _sheet(
    path: Path, rows: Iterator[tuple[int, list[str]]], names: Sequence[str], tick: Callable[[], object], **told: Any
) -> Sheet:
    head = [(line, row) for line, row in islice(rows, HEAD) if not (line == 1 and row and row[0][:4] == "sep=")]
    filled = [(line, row) for line, row in head if _filled(row)]
    if not filled:
        raise TableError(str(path), None, "holds nothing but blanks", "export it again")
    repairs: dict[str, list[int]] = {}
    if names:
        at, line = -1, 0
    else:
        found = _header(path, filled)
        if found is None:
            rule = "has no line with the names of its columns"
            fix = "add 'names: [start, queue, …]' to the mapping, a name for each column"
            raise TableError(f"{path}:{filled[0][0]}", None, rule, fix)
        line = filled[found][0]
        at = next(k for k, (one, _) in enumerate(head) if one == line)
        names = _unique(head[at][1], repairs, line)
    titles = tuple(" ".join(cell.strip() for cell in row if cell.strip()) for _, row in head[: max(at, 0)])
    body = _Body(path, names, repairs, at < 0)
    body.add(head[at + 1 :])
    while block := list(islice(rows, _BLOCK)):
        body.add(block)
        tick()
    if body.faults:
        raise ExportError(body.faults)
    if not body.lines:
        raise TableError(f"{path}:{line}", None, "there are no rows below the header", "export it again")
    columns = {name: coder.coded() for name, coder in body.coders.items()}
    dropped = [name for name in columns if name.startswith("column ") and columns[name].values in ([""], [])]
    for name in dropped:
        del columns[name]
    return Sheet(
        path,
        columns,
        np.array(body.lines, dtype=np.int64),
        header=line,
        titles=tuple(filter(None, titles)),
        repairs=tuple((what, tuple(lines)) for what, lines in repairs.items()),
        **told,
    )


def _unique(row: Sequence[str], repairs: dict[str, list[int]], line: int) -> list[str]:
    """The names of the columns: those without a name get a number, a name that comes again too."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    seen: Counter[str] = Counter()
    out = []
    for k, name in enumerate(cells):
        seen[name.casefold()] += 1
        again = seen[name.casefold()] > 1 and bool(name)
        if again:
            repairs.setdefault(
                f"two columns were called {name!r}; the later one is {name} ({seen[name.casefold()]})", []
            ).append(line)
        out.append(f"{name} ({seen[name.casefold()]})" if again else name or f"column {k + 1}")
    return out


class _Body:
    """The rows below the header, column by column."""

    def __init__(self, path: Path, names: Sequence[str], repairs: dict[str, list[int]], named: bool) -> None:
        self.path, self.width, self.repairs = path, len(names), repairs
        self.named = named  # by the mapping, as of logs whose lines have no fixed number of cells
        self.coders: Mapping[str, Coder] = {name: Coder() for name in names}
        self.lines: list[int] = []
        self.faults: list[TableError] = []

    def add(self, block: Sequence[tuple[int, list[str]]]) -> None:
        width, kept = self.width, []
        for line, row in block:
            if len(row) != width:
                if not _filled(row):
                    if row:
                        self.repairs.setdefault("blank lines left out", []).append(line)
                    continue
                if any(cell.strip() for cell in row[width:]):
                    self.faults.append(self._too_long(line, row))
                    continue
                if len(row) < width:
                    if len(row) < width - 1 and _filled(row) > 1 and not self.named:
                        self.repairs.setdefault("short rows: missing cells read as blank", []).append(line)
                    row = row + [""] * (width - len(row))
                row = row[:width]
            kept.append(row)
            self.lines.append(line)
        for coder, texts in zip(self.coders.values(), zip(*kept, strict=True), strict=False):
            coder.add(texts)

    def _too_long(self, line: int, row: Sequence[str]) -> TableError:
        rule = f"where the header has {self.width}"
        return TableError(
            f"{self.path}:{line}", f"{len(row)} cells", rule, "put quotes around cells that hold the separator"
        )
