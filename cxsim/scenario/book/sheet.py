"""The sheets of a workbook as pages of cells."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cxsim.scenario.book.cells import Cell, cell_name
from cxsim.tables.percent_cells import percent_cells
from cxsim.tables.reader import TableError, cell_text, sheet_names, workbook_values

MOST_SHEETS = 200


@dataclass
class Page:
    """A sheet: its rows from A1 on, and which cells show percentages; `top` is the row of the headings."""

    file: str
    title: str
    rows: list[list[Any]]
    percent: set[str]
    top: int = 0
    override: dict[tuple[int, int], Cell] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """The number of columns."""
        return max((len(row) for row in self.rows), default=0)

    def name(self, i: int, j: int) -> str:
        """`C4`."""
        return cell_name(i, j)

    def place(self, i: int, j: int) -> str:
        """`center.xlsx:Queues!C4`."""
        return f"{self.file}:{self.title}!{cell_name(i, j)}"

    def cell(self, i: int, j: int) -> Cell:
        """The cell of a row and column, blank beyond the last."""
        if (i, j) in self.override:
            return self.override[i, j]
        row = self.rows[i] if i < len(self.rows) else []
        return Cell(row[j] if j < len(row) else "", cell_name(i, j) in self.percent)

    def heads(self) -> Iterator[tuple[int, str]]:
        """The columns with a heading, and its text."""
        for j in range(self.width):
            text = cell_text(self.cell(self.top, j).value)
            if text:
                yield j, text

    def body(self) -> Iterator[int]:
        """The rows below the headings that are not blank."""
        for i in range(self.top + 1, len(self.rows)):
            if any(value not in ("", None) for value in self.rows[i]):
                yield i


def pages(path: Path) -> dict[str, Page]:
    """Every sheet of a workbook by its title in small letters. TableError for a file that is no workbook."""
    try:
        percent = percent_cells(path)
        titles = sheet_names(path)
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError, OSError) as error:
        raise TableError(str(path), None, f"is not a workbook ({error})", "save it as XLSX") from None
    except Exception as error:  # of the reader in another language, which has classes of its own
        raise TableError(str(path), None, f"is not a workbook ({error})", "save it as XLSX") from None
    if len(titles) > MOST_SHEETS:
        raise TableError(str(path), None, f"has {len(titles)} sheets", f"keep at most {MOST_SHEETS}")
    out = {}
    for title in titles:
        rows = workbook_values(path, title)
        top = next((i for i, row in enumerate(rows) if any(value not in ("", None) for value in row)), 0)
        out[title.casefold()] = Page(str(path), title, rows, percent.get(title, set()), top)
    return out
