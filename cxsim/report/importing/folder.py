"""The folder of an import: the tables, mapping.yaml, rows.csv and the report as page and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.report.importing.page import page
from cxsim.storage.folders import write_folder
from cxsim.tables.reader import neutral

if TYPE_CHECKING:
    from cxsim.importing.export import Export

KIND = "cxsim import"
_BLOCK = 50_000  # rows written at once


def save(export: Export, mapping: str, folder: Path) -> Path:
    """Write everything, with the mapping as YAML, into a folder, whole or not at all. Returns its real path."""
    return write_folder(folder, KIND, lambda made: _fill(export, mapping, made))


def _fill(export: Export, mapping: str, folder: Path) -> None:
    for name, table in export.tables.items():
        write_table(folder / f"{name}.csv", table)
    head = "# How the export was read. Use it again: cxsim import FILES --mapping mapping.yaml\n"
    (folder / "mapping.yaml").write_text(head + mapping, encoding="utf-8")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "line", "what", "why"])
        for note in export.quality.notes:
            writer.writerows([neutral(note.file), line, note.what, neutral(note.why)] for line in note.lines)
    told = {"kind": KIND, "version": 1, **export.quality.as_dict()}
    (folder / "report.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / "report.html").write_text(page(export), encoding="utf-8")


def write_table(path: Path, table: dict[str, np.ndarray[Any, Any]]) -> None:
    """A table as CSV: whole numbers without a point, blanks for what is not known."""
    columns = list(table)
    rows = len(table[columns[0]])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for start in range(0, rows, _BLOCK):
            block = [list(_texts(table[name][start : start + _BLOCK])) for name in columns]
            writer.writerows(zip(*block, strict=True))


def _texts(values: np.ndarray[Any, Any]) -> Iterator[Any]:
    if values.dtype == object:
        return map(neutral, values.tolist())
    if values.dtype.kind == "f":
        return ("" if x != x else int(x) if x.is_integer() else x for x in values.tolist())
    return iter(values.tolist())
