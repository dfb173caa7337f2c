"""Results read back from a folder."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cxsim.report.common.style import checked_formats
from cxsim.report.run.folder import KIND, MARK, TEXT_COLUMNS, each_text, manifest, shown
from cxsim.schema.result_tables import FIGURE_COLUMNS, TARGET_COLUMNS, empty
from cxsim.simulation.result import Result
from cxsim.storage.folders import add_files
from cxsim.storage.leftovers import recover
from cxsim.tables.reader import restored


def refresh(folder: Path, *, pictures: bool = True, formats: Sequence[str] = ("png",)) -> list[Path]:
    """Make page, workbook and figures of a stored result again from its tables; the rest stays as it is."""
    made = shown(load(folder), checked_formats(formats) if pictures else (), True)
    add_files(folder, KIND, made)
    return [folder / name for name in made]


def _table(path: Path) -> pd.DataFrame | None:
    if not path.exists():
        return None
    with path.open(encoding="utf-8") as lines:
        heads = next(csv.reader([lines.readline()]), [])
    texts = [head for head in heads if head in TEXT_COLUMNS]
    found = pd.read_csv(
        path,
        dtype=dict.fromkeys(texts, object),
        keep_default_na=False,
        na_values={head: [""] for head in heads if head not in texts},
    )
    return each_text(found, restored)


def load(folder: str | Path, ledger: bool = False) -> Result:
    """Read a result back from the folder that `Result.save` or `cxsim run` wrote.

    Parameters
    ----------
    folder : str or Path
        The results folder.
    ledger : bool, default False
        Whether to read `legs` and `spells` too, if the result kept them.

    Returns
    -------
    Result
        The result, without its `scenario` object: `scenario_text` holds the file.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    ValueError
        The folder does not hold a cxsim result, or holds a damaged one.

    Examples
    --------
    >>> result = cxsim.load("results/mine")
    """
    folder = Path(folder)
    recover(folder.parent)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: the folder does not exist; name a folder that `cxsim run --out` wrote")
    facts = manifest(folder)
    if facts is None:
        if (folder / MARK).exists():
            raise _damaged(folder / MARK, "it does not describe a cxsim result")
        raise ValueError(
            f"{folder}: not a cxsim result, since it has no {MARK}; name a folder that `cxsim run --out` wrote"
        )
    figures = _read(folder / "figures.csv", _figures)
    if figures is None:
        raise _damaged(folder / "figures.csv", "it is missing")
    targets = _read(folder / "targets.csv", _table)
    notes = _read(folder / "provenance.json", json_mapping)
    tables = {name: _read(folder / f"{name}.csv", _table) for name in ("plan", "erlang", "wait_histogram")}
    text = _read(folder / "scenario.yaml", lambda path: path.read_text(encoding="utf-8"))
    try:
        return Result(
            name=facts["name"],
            scenario_text=text,
            figures=figures,
            seed=facts["seed"],
            replications=facts["replications"],
            engine=facts["engine"],
            interval=facts["interval"],
            labels=tuple(datetime.fromisoformat(label) for label in facts["labels"]),
            targets=targets if targets is not None else empty(TARGET_COLUMNS),
            currency=facts["currency"],
            confidence=facts["confidence"],
            wall_seconds=math.nan if notes.get("wall_seconds") is None else float(notes["wall_seconds"]),
            definitions=facts["definitions"],
            assumptions=tuple(facts["assumptions"]),
            kinds={kind: tuple(queues) for kind, queues in facts.get("kinds", {}).items()},
            provenance=notes,
            inputs={name: (folder / name).read_bytes() for name in facts["inputs"]},
            legs=_read_ledger(folder / "legs") if ledger else None,
            spells=_read_ledger(folder / "spells") if ledger else None,
            **tables,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        lacks = f"it has no {fault}" if isinstance(fault, KeyError) else str(fault)
        raise _damaged(folder / MARK, lacks) from None


def _damaged(path: Path, why: str) -> ValueError:
    return ValueError(f"{path.parent}: the result is damaged ({path.name}: {why}); run the scenario again")


def _read(path: Path, how: Callable[[Path], Any]) -> Any:
    """What is in a file of a result; ValueError that names folder and file where it cannot be read."""
    try:
        return how(path)
    except OSError as fault:
        raise _damaged(path, fault.strerror or str(fault)) from None
    except ValueError as fault:
        raise _damaged(path, " ".join(str(fault).split())) from None


def json_mapping(path: Path) -> dict[str, Any]:
    """A JSON file that holds a mapping. OSError or ValueError for any other."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError("it is not a mapping")
    return found


def _figures(path: Path) -> pd.DataFrame | None:
    found = _table(path)
    if found is None:
        return None
    missing = [column for column in FIGURE_COLUMNS if column not in found.columns]
    if missing:
        raise ValueError(f"it has no column {missing[0]!r}")
    for column in ("value", "low", "high"):
        found[column] = found[column].astype(float)
    return found


def _read_ledger(path: Path) -> pd.DataFrame | None:
    if path.with_suffix(".parquet").exists():
        return pd.read_parquet(path.with_suffix(".parquet"))
    there = path.with_suffix(".csv").exists()
    return each_text(pd.read_csv(path.with_suffix(".csv")), restored) if there else None
