"""A Result as a folder: written all or nothing, and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.report.common.results_folder import write_inputs, write_json, write_text
from cxsim.report.common.style import checked_formats
from cxsim.report.run import tables
from cxsim.report.run.document import plain
from cxsim.report.run.page import page
from cxsim.report.run.pictures import draw
from cxsim.report.run.workbook import workbook
from cxsim.schema.result_tables import SCHEMA_VERSION
from cxsim.storage.folders import write_folder
from cxsim.tables.reader import neutral

if TYPE_CHECKING:
    from cxsim.simulation.result import Result

MARK = "result.json"
KIND = "cxsim result"
TEXT_COLUMNS = frozenset(
    [
        "figure",
        "scope",
        "name",
        "interval",
        "unit",
        "queue",
        "reason",
        "segment",
        "group",
        "start",
        "date",
        "weekday",
        "time",
        "worst_interval",
        "misses",
        "bound",
    ]
)
DIGITS = 10


def save(
    result: Result,
    folder: Path,
    *,
    pictures: bool = True,
    report: bool = True,
    formats: Sequence[str] = ("png",),
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """Write the result, and `more` files by name, into a folder: all or nothing."""
    kinds = checked_formats(formats) if pictures else ()

    def fill(made: Path) -> None:
        _fill(rounded(result), made, kinds, report=report, more=more or {})

    return write_folder(folder, KIND, fill)


def manifest(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("kind") == KIND else None


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV: UTF-8 text, Unix line ends, nothing for NaN; what a spreadsheet may run is text to it."""
    text: str = each_text(frame, neutral).to_csv(index=False, lineterminator="\n")
    return text


def each_text(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The table with every text in it changed, the names of the columns too."""
    out = frame.rename(columns=lambda name: change(name) if isinstance(name, str) else name)
    for at, kind in enumerate(frame.dtypes):
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            column = frame.iloc[:, at].astype(object)
            made: Any = column.map(lambda cell: change(cell) if isinstance(cell, str) else cell)
            out.isetitem(at, made)
    return out


def rounded(result: Result) -> Result:
    """The result with its tables to ten digits: what a folder keeps, and what its page and workbook show.

    Ten digits are far below any interval's width, and free of the last ones, in which machines may differ.
    """

    def short(frame: pd.DataFrame | None) -> pd.DataFrame | None:
        return None if frame is None else _rounded(frame)

    return replace(
        result,
        figures=_rounded(result.figures),
        targets=_rounded(result.targets),
        plan=short(result.plan),
        erlang=short(result.erlang),
        wait_histogram=short(result.wait_histogram),
    )


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.copy()
    for column in out.columns[[kind.kind == "f" for kind in out.dtypes]]:
        values = out[column].to_numpy(dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            places = np.clip(DIGITS - 1 - np.floor(np.log10(np.abs(values))), 0, 22)
            # A whole number over an exact power of ten is the double nearest to the decimal: it prints short.
            near = np.rint(values * 10.0**places) / 10.0**places
        out[column] = np.where(np.isfinite(near), near, values)
    return out


def _fill(result: Result, made: Path, formats: Sequence[str], *, report: bool, more: Mapping[str, bytes]) -> None:
    write_inputs(made, result.inputs)
    write_text(made / "scenario.yaml", result.scenario_text)
    for name, frame in tables.saved(result).items():
        write_text(made / f"{name}.csv", csv_text(frame))
    for name, rows in (("legs", result.legs), ("spells", result.spells)):
        if rows is not None:
            _ledger(rows, made / name)
    for name, data in {**shown(result, formats, report), **more}.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_bytes(data)
    write_json(made / "provenance.json", plain(provenance(result)))
    write_json(made / MARK, plain(_facts(result)))


def shown(result: Result, formats: Sequence[str], report: bool) -> dict[str, bytes]:
    """What is made from the tables alone, by file name: page, workbook and figures in these formats."""
    if not (formats or report):
        return {}
    drawn = draw(result, formats=formats, svg=report)
    out = {f"figures/{picture.key}.{kind}": data for picture in drawn for kind, data in picture.files.items()}
    if report:
        out["report.html"] = page(result, drawn).encode()
        out["workbook.xlsx"] = workbook(result)
    return out


def _ledger(rows: pd.DataFrame, path: Path) -> None:
    rows.to_parquet(path.with_suffix(".parquet"), index=False)


def provenance(result: Result) -> dict[str, Any]:
    """What the tables do not say: versions, command, wall time; and a hash of the scenario they answer."""
    return {
        **result.provenance,
        "scenario_sha256": hashlib.sha256(result.scenario_text.encode()).hexdigest(),
        "seed": result.seed,
        "replications": result.replications,
        "engine": result.engine,
        "wall_seconds": result.wall_seconds,
    }


def _facts(result: Result) -> dict[str, Any]:
    return {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "name": result.name,
        "currency": result.currency,
        "seed": result.seed,
        "replications": result.replications,
        "engine": result.engine,
        "interval": result.interval,
        "confidence": result.confidence,
        "definitions": dict(result.definitions),
        "assumptions": list(result.assumptions),
        "kinds": {kind: list(queues) for kind, queues in result.kinds.items()},
        "inputs": sorted(result.inputs),
        "labels": [label.isoformat() for label in result.labels],
    }
