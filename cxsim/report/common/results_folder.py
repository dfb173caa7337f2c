"""What the writers of results folders share: text, JSON, and the files that a scenario names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with plain line ends, and make the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write a document as JSON; ValueError for NaN, which JSON cannot hold."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_inputs(folder: Path, inputs: Mapping[str, bytes]) -> None:
    """Write the files that a scenario names, by their path beside it. ValueError for one outside its folder."""
    for path, data in inputs.items():
        target = folder / path
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"inputs: {path!r} is outside the scenario's folder; copy the file into it")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
