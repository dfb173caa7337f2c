"""Folders and files of results: whole or not there, and only what cxsim wrote is ever removed or replaced.

Every folder holds a list of the files that cxsim wrote into it, with the SHA-256 of each. A file that is not on the
list, or that was changed since, belongs to the user: it stays under its own name, or under `NAME-yours` where a new
file of cxsim takes its place.

A folder is made beside its place under a temporary name and then exchanged with what is there. A process that is
killed leaves at most a temporary name, which the next command settles (`settle`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from cxsim.storage.disk import (
    NO_EXCHANGE,
    exchange,
    files_in,
    free_name,
    hash_of,
    hold,
    link,
    prune,
    same_content,
    umask,
    unlink,
)
from cxsim.storage.leftovers import discard, has_listed, settle
from cxsim.storage.listing import GOING, LIST, Listing, kind_of, listing, write_list
from cxsim.storage.whole_files import temporary, write_whole


def check_folder(folder: Path, kind: str) -> Path:
    """The real path of a folder that a result of this kind may go to. FileExistsError where it may not.

    It may go to a new folder, an empty one, and one that holds an earlier result of the same kind.
    """
    folder = Path(os.path.realpath(folder))
    settle(folder.parent)
    if not os.path.lexists(folder):
        return folder
    settle(folder)
    if not folder.is_dir():
        raise FileExistsError(f"{str(folder)!r} is a file; name a folder")
    found = kind_of(folder)
    if found not in (None, kind, GOING):
        raise FileExistsError(f"{str(folder)!r} contains {_a(found)}, not {_a(kind)}; name another folder")
    if found is None and any(folder.iterdir()):
        rule = f"contains files but no cxsim {kind.removeprefix('cxsim ')} (it has no {LIST})"
        raise FileExistsError(f"{str(folder)!r} {rule}, so cxsim replaces nothing in it; name another folder")
    if os.path.ismount(folder):
        raise FileExistsError(f"{str(folder)!r} is a mounted disk; name a folder on it")
    return folder


def _a(kind: str | None) -> str:
    word = (kind or "").removeprefix("cxsim ")
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"


def write_folder(folder: Path, kind: str, fill: Callable[[Path], None]) -> Path:
    """Have `fill` make a folder under a temporary name, then exchange it with what is at `folder`: all or nothing.

    What cxsim wrote there before goes; everything else stays, links and empty folders too. Returns the real path.
    Raises FileExistsError for a folder that holds something else, OSError where it cannot be written.
    """
    folder = check_folder(folder, kind)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made, held = _make(folder)
    other = None
    try:
        os.chmod(made, 0o777 & ~umask())
        fill(made)
        written = {name: (hash_of(made / name),) for name in files_in(made)}
        other = hold(folder)
        if os.path.lexists(folder):
            _carry(folder, made)
        write_list(made, Listing(kind, written))
        _swap(made, folder)
    finally:
        for handle in (held, other):
            if handle is not None:
                os.close(handle)
        with contextlib.suppress(OSError):
            settle(folder.parent)
    return folder


def _make(folder: Path) -> tuple[Path, int | None]:
    """A new temporary folder beside `folder`, locked for as long as this process lives."""
    while True:
        made = temporary(folder)
        os.mkdir(made, 0o700)
        held = hold(made)
        if made.exists():  # another process may have tidied it away before it was locked
            return made, held


def _carry(folder: Path, made: Path) -> None:
    """Give what is the user's in `folder` a second name in `made`."""

    def carry(source: Path, target: Path, below: str, ours: Listing, root: str) -> tuple[int, int]:
        nested = listing(source) if below else None
        if nested is not None:
            ours, root = nested, below
        mine = theirs = 0
        with os.scandir(source) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            name, path, place = f"{below}{entry.name}", source / entry.name, target / entry.name
            if entry.is_dir(follow_symlinks=False):
                clash = os.path.lexists(place) and (place.is_symlink() or not place.is_dir())
                place = free_name(place) if clash else place
                kept, others = carry(path, place, f"{name}/", ours, root)
                mine, theirs = mine + kept, theirs + others
                if others or not kept:
                    place.mkdir(parents=True, exist_ok=True)
                    theirs += not others
                    shutil.copystat(path, place)
                    if clash:
                        _tell(folder, name, place.name)
            elif ours.has(name.removeprefix(root), path) or same_content(path, place):
                mine += 1
            else:
                if os.path.lexists(place):
                    place = free_name(place)
                    _tell(folder, name, place.name)
                place.parent.mkdir(parents=True, exist_ok=True)
                link(path, place)
                theirs += 1
        return mine, theirs

    carry(folder, made, "", listing(folder) or Listing("", {}), "")
    shutil.copymode(folder, made)


def _tell(folder: Path, name: str, place: str) -> None:
    logging.getLogger("cxsim").warning(
        "%s: you changed %s; your version is kept as %s", folder, name, place
    )  # without any set-up, Python prints a warning on stderr as it is


def _swap(made: Path, folder: Path) -> None:
    """Put `made` in the place of `folder`; what was there goes, but for what the user put there meanwhile."""
    if not os.path.lexists(folder):
        os.rename(made, folder)
        return
    aside = made
    try:
        exchange(made, folder)
    except OSError as error:
        if error.errno not in NO_EXCHANGE:
            raise
        aside = made.with_suffix(".old")
        os.rename(folder, aside)
        try:
            os.rename(made, folder)
        except BaseException:
            os.rename(aside, folder)
            raise
    with contextlib.suppress(OSError):  # what is left of it is settled later
        discard(aside, folder)


def remove_folder(folder: Path) -> bool:
    """Remove what cxsim wrote into a folder, and the folder if nothing else is in it; whether it is gone."""
    settle(folder)
    ours = listing(folder)
    if ours is None:
        return False
    mine = [name for name in files_in(folder) if name != LIST and has_listed(folder, ours, name)]
    write_list(folder, Listing(GOING, ours.files))
    for name in mine:
        unlink(folder / name)
    prune(folder, {str(above) for name in [*ours.files, *mine, "chunks/x"] for above in Path(name).parents})
    unlink(folder / LIST)
    with contextlib.suppress(OSError):
        os.rmdir(folder)
    return not folder.exists()


def add_files(folder: Path, kind: str, files: Mapping[str, bytes]) -> None:
    """Write files by name into a folder that holds a result of this kind, which else stays as it is: all or nothing."""
    there = check_folder(folder, kind)
    ours = listing(there) or Listing(kind, {})

    def fill(made: Path) -> None:
        for name in ours.files:
            if name not in files and ours.has(name, there / name):
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                link(there / name, made / name)
        for name, data in files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)

    write_folder(there, kind, fill)


def put(folder: Path, kind: str, name: str, part: Path) -> None:
    """Give the finished file `part` its name in a folder with a list; a file of the user's in its place is kept."""
    path, made = folder / name, hash_of(part)
    held = hold(folder)
    try:
        ours = listing(folder) or Listing(kind, {})
        if os.path.lexists(path) and not ours.has(name, path) and not same_content(path, part):
            place = free_name(path)
            os.rename(path, place)
            _tell(folder, name, place.name)
        kept = [one for one in ours.files.get(name, ()) if one != made][-1:]  # until it is replaced, it is ours
        write_list(folder, Listing(kind, {**ours.files, name: (*kept, made)}))
        os.replace(part, path)
    finally:
        if held is not None:
            os.close(held)


def write_file(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file whole or not at all. FileExistsError where one is there that is not to be replaced."""
    settle(path.parent)
    write_whole(path, data, replace)
