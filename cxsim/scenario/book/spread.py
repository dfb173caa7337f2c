"""The tree of a scenario spread over the sheets of a workbook: rows of values, and what no sheet has a place for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cxsim.scenario.book import cells, layout
from cxsim.scenario.io.faults import Path, dotted
from cxsim.scenario.io.paths import LEAF, ROOT, Shape, below, info_at, shape_at

LEAST_SERIES = 6  # numbers of a list that gets a column of its own
Made = tuple[Any, str]  # value of a cell, and its number format
Row = tuple[tuple[str, ...], dict[str, Made]]  # the names in its key columns, and its cells by key


@dataclass
class Spread:
    """What goes onto which sheet: `rows` by title, `series` and `settings` by path, `other` values by path.

    `done` are the paths of the tree that have their place.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    series: dict[str, list[Any]] = field(default_factory=dict)
    settings: dict[str, Made] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=dict)
    done: set[Path] = field(default_factory=set)


def spread(tree: dict[str, Any]) -> Spread:
    """Spread a tree, such as a YAML file has it, over the sheets."""
    out = Spread()
    for one in layout.records():
        if layout.ENTRY in one.path:
            _list(tree, one, out)
        else:
            _map(tree, one, out)
    out.done.add(("cxsim",))
    _rest(tree, ROOT, (), out)
    return out


def _map(tree: dict[str, Any], one: layout.Records, out: Spread) -> None:
    """The rows of a sheet whose entries have names."""
    rows: list[Row] = []
    for names, at, entry in _entries(tree, one.path, (), ()):
        if entry is not None and not isinstance(entry, dict):
            continue
        found = [(key, path, made) for key, path, made in _cells(entry or {}, at, one) if made]
        if not found and one.path[-1] != layout.EACH:
            continue
        rows.append((names, {key: made for key, _, made in found}))
        out.done.update(path for _, path, _ in found)
        if not entry:
            out.done.add(at)
    if rows:
        out.rows[one.title] = rows


def _list(tree: dict[str, Any], one: layout.Records, out: Spread) -> None:
    """The rows of a list, which stays whole where a row cannot hold all of an entry."""
    rows: list[Row] = []
    for _, at, entry in _entries(tree, one.path, (), ()):
        found = list(_cells(entry, at, one)) if isinstance(entry, dict) else []
        if not found or any(made is None for _, _, made in found):
            return
        rows.append(((), {key: made for key, _, made in found if made}))
    if rows:
        out.rows[one.title] = rows
        out.done.add(one.path[:-1])


def _entries(node: Any, path: Path, names: tuple[str, ...], at: Path) -> Iterator[tuple[tuple[str, ...], Path, Any]]:
    """The entries of a part of the tree: names, path, value."""
    if not path:
        yield names, at, node
    elif path[0] == layout.EACH:
        for key, item in node.items() if isinstance(node, dict) else ():
            yield from _entries(item, path[1:], (*names, key), (*at, key))
    elif path[0] == layout.ENTRY:
        for k, item in enumerate(node) if isinstance(node, list) else ():
            yield from _entries(item, path[1:], names, (*at, k))
    elif isinstance(node, dict) and path[0] in node:
        yield from _entries(node[path[0]], path[1:], names, (*at, path[0]))


def _cells(
    entry: dict[str, Any], at: Path, one: layout.Records, lead: str = ""
) -> Iterator[tuple[str, Path, Made | None]]:
    """The cells of an entry: key, path and what to write; None for what no cell can hold."""
    known = layout.columns(one)
    for key, value in entry.items():
        path, name = (*at, key), f"{lead}{key}"
        shape = shape_at(path) or LEAF
        if value is None:
            continue
        if isinstance(value, dict) and value and _has_sheet(path):
            continue
        if isinstance(value, dict) and value and shape.kind == "model":
            yield from _cells(value, path, one, f"{name}.")
        elif name not in known or (_is_series(value) and layout.ENTRY not in one.path):
            yield name, path, None
        else:
            yield name, path, cells.written(value, layout.unit(known[name][1]), layout.is_list(shape))


def _has_sheet(path: Path) -> bool:
    """Whether a sheet is about the entries of this part, such as a team's skills or a queue's target."""
    general = tuple(layout.EACH if i == 1 else step for i, step in enumerate(path))
    return any(one.path in (general, (*general, layout.EACH)) for one in layout.RECORDS)


def _is_series(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= LEAST_SERIES
        and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in value)
    )


def _rest(value: Any, at: Shape, path: Path, out: Spread) -> None:
    """What has no place yet, as settings by path, as deep as names and keys go."""
    if path in out.done or value is None:
        return
    if isinstance(value, dict) and value and all(map(_plain_key, value)):
        entries = at.kind == "map" and at.item is not None and at.item.kind == "model"
        for key, item in value.items():
            empty = item is None and entries  # a name alone, whose entry has only defaults
            _rest({} if empty else item, below(at, key) or LEAF, (*path, key), out)
        return
    text = dotted(path)
    if _is_series(value):
        out.series[text] = value
        return
    if text in layout.CURATED or text.startswith(("horizon.open.", "horizon.exceptions.")):
        info = info_at(path)
        made = cells.written(value, layout.unit(info) if info else "", layout.is_list(at))
        if made is not None:
            out.settings[text] = made
            return
    out.other[text] = value


def _plain_key(key: str) -> bool:
    return bool(key) and "." not in key and key == key.strip()
