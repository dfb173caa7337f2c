"""The figures on record: a line of JSON each in results.jsonl."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.jsonl"


def line(name: str, value: float, unit: str, against: str | None = None, ratio: float | None = None) -> dict[str, Any]:
    """One figure."""
    figure: dict[str, Any] = {"name": name, "value": float(f"{value:.5g}"), "unit": unit, "against": against}
    figure["ratio"] = None if ratio is None else float(f"{ratio:.4g}")
    return figure


def append(figures: Sequence[dict[str, Any]]) -> None:
    """Put figures on record, with when and on what machine they were measured."""
    when = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "software": f"Python {platform.python_version()}, numba {version('numba')}",
    }
    with RESULTS.open("a", encoding="utf-8") as out:
        out.writelines(json.dumps({**figure, **when}) + "\n" for figure in figures)
