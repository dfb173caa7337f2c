"""Records in JSON: a list, a line each, or objects one after another with nothing between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cxsim.tables.coded import Coded, Coder, Lines
from cxsim.tables.reader import TableError


class Records(NamedTuple):
    """Columns by the path of their values, such as Queue.Name, and the number of each record."""

    columns: dict[str, Coded]
    numbers: Lines


def json_rows(path: Path, encoding: str) -> Records:
    """The records of a JSON file. TableError for what is not JSON, or holds no records."""
    coders: dict[str, Coder] = {}
    count = 0
    for record in _records(path, path.read_text(encoding=encoding)):
        count += 1
        cells = dict(_flat(record))
        for name in cells.keys() - coders.keys():
            coders[name] = Coder()
            coders[name].add([""] * (count - 1))
        for name, coder in coders.items():
            coder.add([cells.get(name, "")])
    if not count:
        raise TableError(str(path), None, "holds no records", "export it again")
    return Records({name: coder.coded() for name, coder in coders.items()}, np.arange(1, count + 1))


def _records(path: Path, text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    at, number = 0, 0
    while True:
        while at < len(text) and text[at] in " \r\n\t,":
            at += 1
        if at >= len(text):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", at)) + 1
            said = getattr(error, "msg", "it is nested too deeply")
            rule = f"is not JSON ({said}; after record {number})"
            raise TableError(f"{path}:{line}", None, rule, "export it again: it may be cut off") from None
        for record in _rows_of(value):
            number += 1
            if not isinstance(record, dict):
                raise TableError(f"{path}:{number}", str(record)[:40], "is not a record", 'write {"name": value, …}')
            yield record


def _rows_of(value: Any) -> list[Any]:
    """A list of records, or the one list of records that an object holds, such as `entries`."""
    if isinstance(value, list):
        return value
    lists = (
        [x for x in value.values() if isinstance(x, list) and x and isinstance(x[0], dict)]
        if isinstance(value, dict)
        else []
    )
    single = isinstance(value, dict) and all(not isinstance(x, dict) for x in value.values())
    return lists[0] if len(lists) == 1 and single and len(value) <= 5 else [value]


def _flat(record: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list):
            yield name, json.dumps(value) if value else ""
        elif isinstance(value, bool):
            yield name, str(value).lower()
        else:
            yield name, "" if value is None else str(value)
