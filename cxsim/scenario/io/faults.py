"""What is wrong with a scenario: place, path, value, rule and nearest fix; all faults of a file together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cxsim.schema.names import printable

Path = tuple[str | int, ...]
MOST_SHOWN = 100
_CELL = re.compile(r"(.*!)([A-Z]{1,3})(\d+)")  # of a workbook: file:sheet!C4


@dataclass(frozen=True)
class Fault:
    """One fault of a scenario.

    place: `file:line:column`; path: where in the scenario; value: as written; rule: broken; fix: the nearest.
    """

    place: str
    path: str
    value: str
    rule: str
    fix: str = ""

    @property
    def message(self) -> str:
        """Value, rule and fix in one sentence."""
        said = f"{self.value!r} {self.rule}" if self.value else self.rule
        return f"{said}; {self.fix}" if self.fix else said

    def __str__(self) -> str:
        said = f"{self.place}  {self.path}: {self.message}" if self.path else f"{self.place}  {self.message}"
        return printable(said)

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Sorting key: file (and sheet), line, column, path."""
        if (cell := _CELL.fullmatch(self.place)) is not None:
            return cell[1], int(cell[3]), len(cell[2]) * 100 + ord(cell[2][-1]), self.path
        file, _, column = self.place.rpartition(":")
        file, _, line = file.rpartition(":")
        if not (line.isdigit() and column.isdigit()):
            return self.place, 0, 0, self.path
        return file, int(line), int(column), self.path


class ScenarioError(ValueError):
    """A scenario cannot be used.

    Parameters
    ----------
    faults : iterable of Fault
        What is wrong. Duplicates are dropped, the rest sorted by their place in the file.

    Attributes
    ----------
    faults : list of Fault
        Each has `place` (file:line:column), `path`, `value`, `rule` and `fix`, and `message`, a sentence made of them.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        unique: dict[Fault, None] = dict.fromkeys(faults)
        self.faults: list[Fault] = sorted(unique, key=lambda fault: fault.order)
        super().__init__(self.faults)

    def __str__(self) -> str:
        more = len(self.faults) - MOST_SHOWN
        return "\n".join(map(str, self.faults[:MOST_SHOWN])) + (f"\n… and {more} more" if more > 0 else "")


def dotted(path: Path) -> str:
    """A path as the user writes it."""
    return ".".join(str(x) for x in path)


def shown(value: object, most: int = 60) -> str:
    """A value as text, cut where it is long."""
    text = " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "…"
