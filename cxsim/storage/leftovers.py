"""What killed processes left under temporary names: finished, undone, or given its name back."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from cxsim.storage.disk import content_of, files_in, free_name, identity, prune, unlink
from cxsim.storage.listing import LIST, Listing, listing
from cxsim.storage.whole_files import TEMPORARY, is_stale


def discard(aside: Path, folder: Path) -> None:
    """Remove a replaced folder; a file that neither cxsim wrote nor `folder` holds moves there."""
    ours = listing(aside) or Listing("", {})
    there = set()
    for name in files_in(folder):
        there.add(identity(folder / name))
    copies: set[str] | None = None
    for name in sorted(files_in(aside), key=lambda name: (name == LIST, name)):  # the list goes last
        path = aside / name
        with contextlib.suppress(FileNotFoundError):
            if not (has_listed(aside, ours, name) or identity(path) in there):
                if copies is None:
                    copies = {content_of(folder / one) for one in files_in(folder)}
                if content_of(path) not in copies:
                    place = folder / name
                    if not place.parent.is_dir():
                        place = folder / path.name
                    os.rename(path, free_name(place) if os.path.lexists(place) else place)
                    continue
            unlink(path)
    prune(aside)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(aside)


def has_listed(folder: Path, ours: Listing, name: str) -> bool:
    """Whether a file of a folder is as cxsim wrote it, by the list of the folder or of one inside it."""
    if ours.has(name, folder / name):
        return True
    parts = name.split("/")
    for depth in range(1, len(parts)):
        nested = listing(folder.joinpath(*parts[:depth]))
        if nested is not None and nested.has("/".join(parts[depth:]), folder / name):
            return True
    return False


def settle(folder: Path) -> None:
    """Finish or undo what killed processes left in a folder. Where that cannot be done, nothing is said."""
    with contextlib.suppress(OSError):
        for path in leftovers(folder):
            with contextlib.suppress(OSError):
                settle_one(path)


def recover(folder: Path) -> None:
    """Give results in a folder their names back that a killed process left under a temporary one; remove nothing."""
    with contextlib.suppress(OSError):
        for path in leftovers(folder):
            match = TEMPORARY.fullmatch(path.name)
            whole = match is not None and (match["state"] == "old" or listing(path) is not None)
            if match is not None and whole and path.is_dir() and not os.path.lexists(path.with_name(match["name"])):
                with contextlib.suppress(OSError):
                    os.rename(path, path.with_name(match["name"]))


def leftovers(folder: Path) -> list[Path]:
    """What killed processes left in a folder, under temporary names."""
    with os.scandir(folder) as entries:
        found = sorted(folder / entry.name for entry in entries if TEMPORARY.fullmatch(entry.name))
    return [path for path in reversed(found) if is_stale(path)]  # .partial before .old


def settle_one(path: Path) -> None:
    """Finish or undo what a killed process left under a temporary name."""
    match = TEMPORARY.fullmatch(path.name)
    assert match is not None
    if path.is_symlink() or not path.is_dir():
        os.unlink(path)
        return
    folder = path.with_name(match["name"])
    if match["state"] == "partial" and listing(path) is None:
        shutil.rmtree(path)  # it was being made: what is the user's in it are second names and copies
    elif not os.path.lexists(folder):
        os.rename(path, folder)
    else:
        discard(path, folder)
