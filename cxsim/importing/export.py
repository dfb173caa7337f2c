"""An export that was read: three tables whose columns are always the same, its mapping, and the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from cxsim.importing.canonical import TABLES
from cxsim.importing.contacts import as_text
from cxsim.importing.fields import Rows
from cxsim.importing.mapping import Plan, as_yaml
from cxsim.importing.quality import Quality
from cxsim.report.importing.folder import save as write
from cxsim.tables import instants
from cxsim.tables.coded import Coded

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Export:
    """What `read_export` returns.

    `contacts`, `intervals` and `staffing` are DataFrames with the columns of the reference page "Tables of an
    import"; None where the export has no such table. Times are text on the clocks of `mapping["timezone"]`, with
    their offset. `mapping` is the mapping in full, as YAML takes it; `quality` says what became of every row.
    """

    mapping: dict[str, Any]
    quality: Quality
    tables: dict[str, dict[str, np.ndarray[Any, Any]]]

    @property
    def contacts(self) -> pd.DataFrame | None:
        return self._frame("contacts")

    @property
    def intervals(self) -> pd.DataFrame | None:
        return self._frame("intervals")

    @property
    def staffing(self) -> pd.DataFrame | None:
        return self._frame("staffing")

    def _frame(self, name: str) -> pd.DataFrame | None:
        import pandas as pd

        return pd.DataFrame(self.tables[name]) if name in self.tables else None

    def save(self, folder: str | Path) -> Path:
        """Write the tables, mapping.yaml and the report into a folder, whole or not at all. Returns the folder."""
        why = {one.key: f"{one.value}: {one.why}" for one in self.quality.evidence if "." not in one.key}
        return write(self, as_yaml({"cxsim_import": 1, **self.mapping}, why), Path(folder))


def table(name: str, rows: Rows, plan: Plan) -> dict[str, np.ndarray[Any, Any]]:
    """The columns of a canonical table; those that the export cannot fill are blank."""
    zone = plan.zone
    out: dict[str, np.ndarray[Any, Any]] = {}
    for column in TABLES[name]:
        role = column.name.removesuffix("_s") if column.kind == "seconds" else column.name
        if column.name == "file":
            out["file"] = rows.files.texts()
        elif column.name == "line":
            out["line"] = rows.lines
        elif column.name == "outcome":
            out["outcome"] = as_text(rows.number("outcome")).texts()
        elif column.kind == "stamp":
            out[column.name] = _clock(rows, role, zone)
        elif column.kind in ("text", "identity"):
            out[column.name] = rows.text(role).texts()
        else:
            out[column.name] = np.round(rows.number(role), 6)
    return out


def _clock(rows: Rows, role: str, zone: ZoneInfo | None) -> np.ndarray[Any, Any]:
    values = rows.number(role)
    if not np.isfinite(values).any():
        return Coded([""], np.zeros(len(rows), np.int32)).texts()
    return instants.local_texts(values, zone, decimals=True)
