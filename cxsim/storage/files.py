"""What may be read as a file, and how large a workbook is, before anything is read into memory."""

from __future__ import annotations

import re
import stat
import zipfile
from itertools import accumulate
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Cells that hold something, and rows: what the reader makes room for ends with the last of them.
_CELL = re.compile(rb"<(?:\w+:)?c\s(?:[^>]*?\s)?r=[\"']([A-Z]{1,3})([0-9]{1,7})[\"'][^>]*(?<!/)>")
_ROW = re.compile(rb"<(?:\w+:)?row\s(?:[^>]*?\s)?r=[\"']([0-9]{1,7})[\"'][^>]*(?<!/)>\s*<(?:\w+:)?c(?![^>]*\sr=)[^>]*>")
_BLOCK, _LONGEST_TAG = 1 << 20, 1 << 10


def unreadable_kind(path: Path) -> tuple[str, str]:
    """Why a path cannot be read as a file, and the fix; two empty texts for a regular file. Raises OSError."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return "", ""
    if stat.S_ISDIR(mode):
        return "is a folder, not a file", "name the file"
    return "is a device or a pipe, not a file", "save its contents in a file and name that file"


def workbook_cells(archive: zipfile.ZipFile, sheet: str | None) -> int:
    """Cells from A1 to the last row and column that hold something, of a sheet of an XLSX (the first if None).

    0 where there is no such sheet. Raises KeyError, BadZipFile or ParseError for what is not an XLSX workbook.
    """
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    named = [(x.get("name"), targets.get(x.get(_RELATION), "")) for x in book.iter() if x.tag.endswith("}sheet")]
    for name, target in named:
        if sheet is None or name == sheet:
            inside = target.removeprefix("/").removeprefix("xl/")
            with archive.open(f"xl/{inside}") as file:
                return _extent(file)
    return 0


def _extent(file: IO[bytes]) -> int:
    rows = columns = 0
    rest = b""
    while block := file.read(_BLOCK):
        text = rest + block
        cells = _CELL.findall(text)
        rows = max([rows, *(int(row) for _, row in cells), *map(int, _ROW.findall(text))])
        columns = max([columns, *map(_column, {column for column, _ in cells})])
        rest = text[-_LONGEST_TAG:]  # a tag that the block cut in two
    return rows * columns


def _column(letters: bytes) -> int:
    """A is 1, XFD is 16384."""
    return list(accumulate(letters, lambda n, letter: 26 * n + letter - 64, initial=0))[-1]
