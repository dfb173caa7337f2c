"""The list that every folder of results holds: which files cxsim wrote, with the SHA-256 of each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cxsim.storage.disk import hash_of, is_file
from cxsim.storage.whole_files import write_whole

LIST = ".cxsim-files.json"
KIND = "cxsim files"
GOING = "cxsim leftovers"  # the kind of a folder while it is being removed
SWEEP = "cxsim sweep"
_CHUNK = re.compile(r"chunks/[0-9a-f]{32}\.parquet|lock")  # files of a sweep that its list leaves out


@dataclass(frozen=True)
class Listing:
    """What cxsim wrote into a folder: the kind of its result, and the hashes that each file may have, by its path."""

    kind: str
    files: Mapping[str, tuple[str, ...]]

    def has(self, name: str, path: Path) -> bool:
        """Whether the file at `path`, called `name` in the folder, is as cxsim wrote it."""
        if name == LIST:
            return True
        if self.kind in (SWEEP, GOING) and _CHUNK.fullmatch(name):
            return is_file(path)
        known = self.files.get(name)
        return known is not None and is_file(path) and hash_of(path) in known


def listing(folder: Path) -> Listing | None:
    """The list in a folder; None where there is none, or none that can be read."""
    path = folder / LIST
    if not is_file(path):
        return None
    try:
        found = json.loads(path.read_bytes())
        files = {str(name): tuple(map(str, hashes)) for name, hashes in found["files"].items()}
        return Listing(str(found["of"]), files) if found.get("kind") == KIND else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def kind_of(folder: Path) -> str | None:
    """What cxsim wrote into a folder, such as 'cxsim result'; None for a folder without a list."""
    found = listing(folder)
    return found.kind if found is not None else None


def write_list(folder: Path, found: Listing) -> None:
    content = {"kind": KIND, "of": found.kind, "files": {name: list(found.files[name]) for name in sorted(found.files)}}
    write_whole(folder / LIST, (json.dumps(content, indent=1) + "\n").encode())
