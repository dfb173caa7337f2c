"""What became of every row of an export, and what looks wrong in it: kept, joined, dropped, repaired, found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
SHOWN = 5  # lines shown of each reason


def several(count: int, noun: str) -> str:
    """`1 contact`, `1,200 contacts`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class Note(NamedTuple):
    """Rows of one file with the same fate: `what` is dropped, joined, added or repaired; `why` the reason."""

    what: str
    why: str
    file: str
    lines: tuple[int, ...]


class Finding(NamedTuple):
    """Something about the data that a reader must know: `name` of the check, `text`, and the `fix` if there is one."""

    name: str
    text: str
    fix: str = ""


class Evidence(NamedTuple):
    """Why a key of the mapping has its value."""

    key: str
    value: str
    why: str


@dataclass
class Quality:
    """The report of an import. `read` and `kept` count rows by file; `notes` say what became of the others.

    Of each file: rows read = kept + joined + added + dropped. Repaired rows were kept.
    """

    read: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)

    def note(self, what: str, why: str, path: Path | str, lines: Rows | list[int] | tuple[int, ...]) -> None:
        if len(lines):
            name = path.name if isinstance(path, Path) else path
            self.notes.append(Note(what, why, name, tuple(int(x) for x in lines)))

    def find(self, name: str, text: str, fix: str = "") -> None:
        self.findings.append(Finding(name, text, fix))

    def told(self, key: str, value: str, why: str) -> None:
        self.evidence = [one for one in self.evidence if one.key != key]
        self.evidence.append(Evidence(key, value, why))

    def count(self, what: str, why: str = "") -> int:
        """Rows of this fate, of every file; with `why`, those whose reason begins with it."""
        return sum(len(note.lines) for note in self.notes if note.what == what and note.why.startswith(why))

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON takes it; lines are cut to the first few."""
        return {
            "files": [
                {"file": name, "form": self.forms.get(name, ""), "rows": rows, "kept": self.kept.get(name, 0)}
                for name, rows in self.read.items()
            ],
            "rows": [
                {"what": n.what, "why": n.why, "file": n.file, "rows": len(n.lines), "lines": list(n.lines[:SHOWN])}
                for n in self.notes
            ],
            "findings": [one._asdict() for one in self.findings],
            "evidence": [one._asdict() for one in self.evidence],
            "figures": self.figures,
        }
