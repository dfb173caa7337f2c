"""Columns of the tables of a result."""

from __future__ import annotations

import pandas as pd

SCHEMA_VERSION = 1
FIGURE_COLUMNS = ("figure", "scope", "name", "interval", "value", "low", "high", "unit", "n")
TARGET_COLUMNS = ("queue", "figure", "target", "value", "low", "high", "met", "worst_interval")
SCOPES = ("total", "queue", "reason", "segment", "group", "kind")


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
