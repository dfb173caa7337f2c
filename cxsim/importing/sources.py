"""Known sources: a YAML file each in `sources/`, with the mapping, where its columns are documented, and its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cxsim.importing.mapping import Plan, nearest, parse_yaml, plan_of
from cxsim.tables.reader import TableError
from cxsim.tables.sheets import Sheet

FOLDER = Path(__file__).with_name("sources")


class Source(NamedTuple):
    """A known source: its title, where its columns are from, what it cannot tell, and columns that give it away."""

    name: str
    title: str
    columns_from: str
    limits: tuple[str, ...]
    signature: tuple[str, ...]
    mapping: Mapping[str, Any]

    def fits(self, layout: str) -> bool:
        """Whether files of this source can be read by a layout; a row of a contact may also be one of a segment."""
        own = str(self.mapping["layout"])
        return layout in ("", own) or {layout, own} <= {"contacts", "segments"}

    @property
    def plan(self) -> Plan:
        return plan_of({**self.mapping, "source": self.name}, f"sources/{self.name}.yaml")


@cache
def sources() -> Mapping[str, Source]:
    """All known sources by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        told = parse_yaml(path.read_text(encoding="utf-8"), path.name)
        found[path.stem] = Source(
            path.stem,
            str(told["title"]),
            str(told["columns_from"]),
            tuple(told.get("limits", ())),
            tuple(told.get("signature", ())),
            told["mapping"],
        )
    return found


def source(name: str) -> Source:
    """A source by its name. TableError for a name that is not one."""
    if name not in sources():
        raise TableError("--source", name, "is not a known source", nearest(name, sources(), "the sources are"))
    return sources()[name]


def recognized(sheets: Sequence[Sheet]) -> tuple[Source, str] | None:
    """The source whose columns a file has, and why; of several the one with the most columns."""
    fits = [
        one
        for one in sources().values()
        if one.signature and all(sheet.find(column) for sheet in sheets for column in one.signature)
    ]
    if not fits:
        return None
    best = max(fits, key=lambda one: len(one.signature))
    return best, f"every file has its columns {', '.join(best.signature)}"
