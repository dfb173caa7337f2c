"""A Result as one JSON document."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from cxsim.schema.result_tables import FIGURE_COLUMNS, SCHEMA_VERSION

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.simulation.result import Result


def plain(value: Any) -> Any:
    """A value as JSON knows it: numpy scalars become Python's, NaN and infinities null."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if value != value else str(value)  # of dates only NaT differs from itself


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as a list of JSON objects."""
    columns = [str(column) for column in frame.columns]
    return [dict(zip(columns, map(plain, row), strict=True)) for row in frame.itertuples(index=False, name=None)]


def document(result: Result) -> dict[str, Any]:
    """The whole result: schema_version, inputs, figures (long), targets, wall_seconds.

    In `figures`, `scope` is 'total' or 'kind:name' in one word, such as 'queue:billing'; `interval` is
    'total', a date, or the ISO start of an interval in local time. NaN and infinities are null.
    """
    frame = result.figures[list(FIGURE_COLUMNS)].astype({"interval": str, "figure": str, "unit": str, "name": str})
    figures = records(frame)
    for row in figures:
        name = row.pop("name")
        row["scope"] = row["scope"] if row["scope"] == "total" else f"{row['scope']}:{name}"
    return {
        "schema_version": SCHEMA_VERSION,
        "inputs": {
            "scenario": scenario(result.scenario_text),
            "seed": result.seed,
            "replications": result.replications,
            "engine": result.engine,
            "confidence": result.confidence,
            "currency": result.currency,
            "interval_seconds": result.interval,
            "definitions": dict(result.definitions),
        },
        "figures": figures,
        "targets": records(result.targets),
        "wall_seconds": plain(result.wall_seconds),
    }


def scenario(text: str) -> Any:
    """The scenario as plain data, from its YAML."""
    return plain(YAML(typ="safe", pure=True).load(text)) if text.strip() else None
