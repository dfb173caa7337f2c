"""Columns of the tables of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
FIGURE_COLUMNS = ("figure", "scope", "name", "interval", "value", "low", "high", "unit", "n")
TARGET_COLUMNS = ("queue", "figure", "target", "value", "low", "high", "met", "worst_interval")
SCOPES = ("total", "queue", "reason", "segment", "group", "kind")


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
