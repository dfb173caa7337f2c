"""Files that the page sends, piece by piece, into the hidden folder; bounded, and gone after a week."""

from __future__ import annotations

import re
import time
from pathlib import Path

from cxsim.scenario.io.faults import shown
from cxsim.studio.workspace import HIDDEN, Workspace, refused

LARGEST = 200_000_000  # bytes of a file
MOST_FILES = 12
WEEK = 7 * 86400.0
_NAME = re.compile(r"[\w][\w .,()+&-]{0,120}")


class Uploads:
    """The files that were sent to a folder's studio."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.folder = workspace.root / HIDDEN / "uploads"
        for path in self.files():
            if time.time() - path.stat().st_mtime > WEEK:
                path.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """The files that are there, in the order of their names."""
        return sorted(path for path in self.folder.glob("*") if path.is_file()) if self.folder.is_dir() else []

    def put(self, name: str, offset: int, piece: bytes) -> int:
        """Add a piece of a file at `offset` bytes, 0 for a new file; the bytes that are there. ScenarioError if not."""
        path = self._path(name)
        held = path.stat().st_size if path.is_file() else 0
        if offset and offset != held:
            raise refused(
                name, f"{shown(name)!r} has {held:,} bytes here, not {offset:,}; send it again from the start"
            )
        if offset + len(piece) > LARGEST:
            raise refused(name, f"{shown(name)!r} is larger than {LARGEST // 1_000_000} MB; split it by month")
        if not path.exists() and len(self.files()) >= MOST_FILES:
            raise refused(name, f"{shown(name)!r} is one file too many ({MOST_FILES} at most); remove others first")
        self._workspace.hidden()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with path.open("ab" if offset else "wb") as file:
            file.write(piece)
        return offset + len(piece)

    def find(self, name: str) -> Path:
        """A file that was sent. ScenarioError for one that was not."""
        path = self._path(name)
        if not path.is_file():
            raise refused(name, f"{shown(name)!r} is not here; drop the file on the page again")
        return path

    def remove(self, name: str) -> None:
        """Delete a file that was sent."""
        self.find(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith((".", " ")):
            raise refused(name, f"{shown(name)!r} is not a plain file name; use letters, digits, '.', '-' and '_'")
        return self.folder / name
