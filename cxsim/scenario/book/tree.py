"""The tree of values that the sheets of a workbook fill together, with the place of each value."""

from __future__ import annotations

from typing import Any

from cxsim.scenario.io.faults import Fault, Path, dotted
from cxsim.scenario.io.yaml_tree import Mark, Marks


class Tree:
    """Values put at their paths; what is given twice becomes a fault."""

    def __init__(self, file: str) -> None:
        self.value: dict[str, Any] = {}
        self.marks: Marks = {(): Mark(f"{file}", f"{file}")}
        self.faults: list[Fault] = []

    def fault(self, place: str, at: Path, value: str, rule: str, fix: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(place, dotted(at), value, rule, fix))

    def place(self, at: Path) -> str:
        """Where a value came from."""
        return self.marks[at].value if at in self.marks else self.marks[()].value

    def mark(self, at: Path, place: str, text: str) -> None:
        """Say where a value came from."""
        self.marks[at] = Mark(place, place, text)

    def length(self, at: Path) -> int:
        """The number of entries of a list, 0 where there is none."""
        node: Any = self.value
        for step in at:
            node = node.get(step) if isinstance(node, dict) else None
        return len(node) if isinstance(node, list) else 0

    def open(self, at: Path, place: str) -> None:
        """Make sure that there is an entry at a path, with nothing in it yet."""
        node = self._above((*at, "x"), place)
        if node is not None and at not in self.marks:
            self.mark(at, place, "")

    def put(self, at: Path, value: Any, place: str, text: str) -> None:
        """Put a value at a path."""
        node = self._above(at, place)
        if node is None:
            return
        if at[-1] in node:
            rule = f"is given twice (first in {_cell(self.place(at))})"
            self.fault(place, at[:-1], text or dotted(at), rule, "clear one of the cells")
            return
        node[at[-1]] = value
        self._mark_all(value, at, place, text)

    def _above(self, at: Path, place: str) -> Any:
        """The map that holds the last step of a path, made where it is missing; None, with a fault, where it cannot."""
        node: Any = self.value
        for n, step in enumerate(at[:-1], start=1):
            fresh: Any = [] if isinstance(at[n], int) else {}
            if isinstance(step, int) and isinstance(node, list) and step <= len(node):
                if step == len(node):
                    node.append(fresh)
                node = node[step]
            elif isinstance(node, dict):
                node = node.setdefault(str(step), fresh)
            else:
                node = None
            if not isinstance(node, (dict, list)):
                rule = f"cannot be put beside the value in {_cell(self.place(at[:n]))}"
                self.fault(place, at[:n], dotted(at), rule, "clear one of the cells")
                return None
            if at[:n] not in self.marks:
                self.mark(at[:n], place, "")
        if not isinstance(node, dict):
            self.fault(place, at[:-1], dotted(at), "cannot be put into a list", "give the whole list in one cell")
            return None
        return node

    def _mark_all(self, value: Any, at: Path, place: str, text: str) -> None:
        scalar = not isinstance(value, (dict, list))
        self.mark(at, place, text if scalar else "")
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            self._mark_all(item, (*at, key), place, str(item) if not isinstance(item, (dict, list)) else "")


def _cell(place: str) -> str:
    """The sheet and cell of a place, without its file."""
    return place.rpartition(":")[2] if "!" in place else place
