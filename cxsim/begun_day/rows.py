"""The rows of a table of intervals as texts, whichever way it is given."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxsim.tables.faults import ExportError, Question
from cxsim.tables.reader import TableError, read_table

CANONICAL = ("start", "minutes", "offered")  # columns by which the table of `cxsim import` is known


@dataclass(frozen=True)
class Rows:
    """Cells by canonical column, as texts, and the place of each row; `name` is that of the whole."""

    name: str
    cells: dict[str, list[str]]
    places: list[str]

    def __len__(self) -> int:
        return len(self.places)


def rows_of(source: Any, read_export: Callable[..., Any]) -> Rows:
    """The rows of a file, folder, Export or DataFrame. ExportError with what is wrong."""
    if hasattr(source, "tables") and hasattr(source, "mapping"):
        return _of_export(source, "actuals")
    if hasattr(source, "columns") and not isinstance(source, str | Path):
        cells = {str(name): [_text(x) for x in source[name].tolist()] for name in source.columns}
        return _checked("actuals", cells, [f"actuals:{k + 2}" for k in range(len(source))])
    path = Path(source)
    if path.is_dir():
        file = path / "intervals.csv"
        if not file.is_file():
            fix = "import an interval report: cxsim import FILE, then name its results folder"
            raise ExportError([TableError(str(path), None, "has no intervals.csv", fix)])
        path = file
    try:
        table = read_table(path)
    except TableError as error:
        raise ExportError([error]) from None
    if all(table.find(name) for name in CANONICAL):
        named = {name: table.find(name) or name for name in (name.casefold() for name in table.columns)}
        cells = {name: list(table.column(column)) for name, column in named.items()}
        return _checked(str(path), cells, [f"{path}:{line}" for line in table.lines])
    return _imported(path, read_export)


def _imported(path: Path, read_export: Callable[..., Any]) -> Rows:
    """A file of any other kind, as `cxsim import` reads it where it need not ask."""
    try:
        export = read_export(path)
    except ExportError as error:
        if not any(isinstance(one, Question) for one in error.faults):
            raise
        asked = [TableError(one.place, one.value, one.rule, _answer(one, path)) for one in error.faults]
        raise ExportError(asked) from None
    return _of_export(export, str(path))


def _answer(one: TableError, path: Path) -> str:
    if not isinstance(one, Question):
        return one.fix
    answers = " or ".join(f"--set {shlex.quote(f'{one.key}={choice}')}" for choice in one.choices)
    return f"run cxsim import {path} with {answers}, then give its results folder as the actuals"


def _of_export(export: Any, name: str) -> Rows:
    table = export.tables.get("intervals")
    if table is None:
        fix = "give an interval report with queue, time and offered contacts"
        raise ExportError([TableError(name, None, "has no intervals", fix)])
    cells = {column: [_text(x) for x in values.tolist()] for column, values in table.items()}
    places = [f"{f}:{line}" for f, line in zip(cells["file"], cells["line"], strict=True)]
    return _checked(name, cells, places)


def _checked(name: str, cells: dict[str, list[str]], places: list[str]) -> Rows:
    faults = [
        TableError(
            name, None, f"has no column {column!r}", f"add the column {column!r}, or give a file of cxsim import"
        )
        for column in (*CANONICAL, "queue")
        if column not in cells
    ]
    if not faults and not places:
        faults.append(TableError(name, None, "has no rows", "add a row for each interval and queue"))
    if faults:
        raise ExportError(faults)
    return Rows(name, cells, places)


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
