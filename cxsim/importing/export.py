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
    """What `read_export` returns: tables whose columns are always the same, the mapping that was used, and a report.

    Times are text on the clocks of `mapping["timezone"]`, with their offset from UTC.

    Attributes
    ----------
    mapping : dict
        The mapping in full: `read_export(files, mapping=export.mapping)` reads the same tables again.
    quality : Quality
        What became of every row (`notes`), what looks wrong (`findings`), why each key of the mapping has its value
        (`evidence`), and sums by queue to compare with other reports (`figures`).
    tables : dict
        {name: {column: array}} of the tables that the export fills: contacts, intervals, staffing.
    """

    mapping: dict[str, Any]
    quality: Quality
    tables: dict[str, dict[str, np.ndarray[Any, Any]]]

    @property
    def contacts(self) -> pd.DataFrame | None:
        """One row per contact.

        Returns
        -------
        DataFrame or None
            Its columns are listed in docs/reference/imports.md; durations in seconds. None if the export has no
            contacts.
        """
        return self._frame("contacts")

    @property
    def intervals(self) -> pd.DataFrame | None:
        """One row per interval and queue.

        Returns
        -------
        DataFrame or None
            Its columns are listed in docs/reference/imports.md; durations in seconds, shares from 0 to 1. None if the
            export has no intervals.
        """
        return self._frame("intervals")

    @property
    def staffing(self) -> pd.DataFrame | None:
        """One row per spell of an agent.

        Returns
        -------
        DataFrame or None
            Its columns are listed in docs/reference/imports.md. None if the export has no staffing.
        """
        return self._frame("staffing")

    def _frame(self, name: str) -> pd.DataFrame | None:
        import pandas as pd

        return pd.DataFrame(self.tables[name]) if name in self.tables else None

    def save(self, folder: str | Path) -> Path:
        """Write the tables, mapping.yaml, rows.csv and the report into a folder, whole or not at all.

        Parameters
        ----------
        folder : str or path
            Where to write. An earlier import there is replaced; a folder with anything else is refused.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OSError
            The folder cannot be written, or holds something else.
        """
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
