"""Folders and files of results: whole or not there, and only what cxsim wrote is ever removed or replaced.

Every folder holds a list of the files that cxsim wrote into it, with the SHA-256 of each. A file that is not on the
list, or that was changed since, belongs to the user: it stays under its own name, or under `NAME-yours` where a new
file of cxsim takes its place.

A folder is made beside its place under a temporary name and then exchanged with what is there. A process that is
killed leaves at most a temporary name, which the next command settles (`settle`).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import json
import logging
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

LIST = ".cxsim-files.json"
KIND = "cxsim files"
GOING = "cxsim leftovers"  # the kind of a folder while it is being removed
SWEEP = "cxsim sweep"
ABANDONED = 86400.0  # seconds after which a temporary name counts as left behind where locks do not work
_TEMPORARY = re.compile(r"\.cxsim-[0-9a-f]{8}-(?P<name>.+)\.(?P<state>partial|old)", re.DOTALL)
_CHUNK = re.compile(r"chunks/[0-9a-f]{32}\.parquet|lock")  # files of a sweep that its list leaves out
_UNLINKED = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS)
_UNSWAPPED = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP)
_AT_FDCWD, _EXCHANGE = -100, 2


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
            return _is_file(path)
        known = self.files.get(name)
        return known is not None and _is_file(path) and _hash(path) in known


# --- Reading a list ---------------------------------------------------------------------------------------------------


def listing(folder: Path) -> Listing | None:
    """The list in a folder; None where there is none, or none that can be read."""
    path = folder / LIST
    if not _is_file(path):
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


# --- Writing a folder -------------------------------------------------------------------------------------------------


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
        os.chmod(made, 0o777 & ~_umask())
        fill(made)
        written = {name: (_hash(made / name),) for name in _files(made)}
        other = _hold(folder)
        if os.path.lexists(folder):
            _carry(folder, made)
        _write_list(made, Listing(kind, written))
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
        made = _temporary(folder)
        os.mkdir(made, 0o700)
        held = _hold(made)
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
                place = _free(place) if clash else place
                kept, others = carry(path, place, f"{name}/", ours, root)
                mine, theirs = mine + kept, theirs + others
                if others or not kept:
                    place.mkdir(parents=True, exist_ok=True)
                    theirs += not others
                    shutil.copystat(path, place)
                    if clash:
                        _tell(folder, name, place.name)
            elif ours.has(name.removeprefix(root), path) or _same(path, place):
                mine += 1
            else:
                if os.path.lexists(place):
                    place = _free(place)
                    _tell(folder, name, place.name)
                place.parent.mkdir(parents=True, exist_ok=True)
                _link(path, place)
                theirs += 1
        return mine, theirs

    carry(folder, made, "", listing(folder) or Listing("", {}), "")
    shutil.copymode(folder, made)


def _tell(folder: Path, name: str, place: str) -> None:
    logging.getLogger("cxsim").warning(
        "%s: you changed %s; your version is kept as %s", folder, name, place
    )  # without any set-up, Python prints a warning on stderr as it is


def _link(path: Path, place: Path) -> None:
    """A second name for a file or a link; a copy where the disk has no second names."""
    try:
        os.link(path, place, follow_symlinks=False)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _UNLINKED:
            raise
        shutil.copy2(path, place, follow_symlinks=False)


def _swap(made: Path, folder: Path) -> None:
    """Put `made` in the place of `folder`; what was there goes, but for what the user put there meanwhile."""
    if not os.path.lexists(folder):
        os.rename(made, folder)
        return
    aside = made
    try:
        _exchange(made, folder)
    except OSError as error:
        if error.errno not in _UNSWAPPED:
            raise
        aside = made.with_suffix(".old")
        os.rename(folder, aside)
        try:
            os.rename(made, folder)
        except BaseException:
            os.rename(aside, folder)
            raise
    with contextlib.suppress(OSError):  # what is left of it is settled later
        _discard(aside, folder)


def _exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step. OSError where the system or the disk cannot."""
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))


def _discard(aside: Path, folder: Path) -> None:
    """Remove a replaced folder; a file that neither cxsim wrote nor `folder` holds moves there."""
    ours = listing(aside) or Listing("", {})
    there = set()
    for name in _files(folder):
        there.add(_identity(folder / name))
    copies: set[str] | None = None
    for name in sorted(_files(aside), key=lambda name: (name == LIST, name)):  # the list goes last
        path = aside / name
        with contextlib.suppress(FileNotFoundError):
            if not (_has(aside, ours, name) or _identity(path) in there):
                if copies is None:
                    copies = {_content(folder / one) for one in _files(folder)}
                if _content(path) not in copies:
                    place = folder / name
                    if not place.parent.is_dir():
                        place = folder / path.name
                    os.rename(path, _free(place) if os.path.lexists(place) else place)
                    continue
            _unlink(path)
    _prune(aside)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(aside)


def _has(folder: Path, ours: Listing, name: str) -> bool:
    """Whether a file of a folder is as cxsim wrote it, by the list of the folder or of one inside it."""
    if ours.has(name, folder / name):
        return True
    parts = name.split("/")
    for depth in range(1, len(parts)):
        nested = listing(folder.joinpath(*parts[:depth]))
        if nested is not None and nested.has("/".join(parts[depth:]), folder / name):
            return True
    return False


def remove_folder(folder: Path) -> bool:
    """Remove what cxsim wrote into a folder, and the folder if nothing else is in it; whether it is gone."""
    settle(folder)
    ours = listing(folder)
    if ours is None:
        return False
    mine = [name for name in _files(folder) if name != LIST and _has(folder, ours, name)]
    _write_list(folder, Listing(GOING, ours.files))
    for name in mine:
        _unlink(folder / name)
    _prune(folder, {str(above) for name in [*ours.files, *mine, "chunks/x"] for above in Path(name).parents})
    _unlink(folder / LIST)
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
                _link(there / name, made / name)
        for name, data in files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)

    write_folder(there, kind, fill)


def put(folder: Path, kind: str, name: str, part: Path) -> None:
    """Give the finished file `part` its name in a folder with a list; a file of the user's in its place is kept."""
    path, made = folder / name, _hash(part)
    held = _hold(folder)
    try:
        ours = listing(folder) or Listing(kind, {})
        if os.path.lexists(path) and not ours.has(name, path) and not _same(path, part):
            place = _free(path)
            os.rename(path, place)
            _tell(folder, name, place.name)
        kept = [one for one in ours.files.get(name, ()) if one != made][-1:]  # until it is replaced, it is ours
        _write_list(folder, Listing(kind, {**ours.files, name: (*kept, made)}))
        os.replace(part, path)
    finally:
        if held is not None:
            os.close(held)


def _write_list(folder: Path, found: Listing) -> None:
    content = {"kind": KIND, "of": found.kind, "files": {name: list(found.files[name]) for name in sorted(found.files)}}
    _write_whole(folder / LIST, (json.dumps(content, indent=1) + "\n").encode())


# --- Writing a file ---------------------------------------------------------------------------------------------------


def write_file(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file whole or not at all. FileExistsError where one is there that is not to be replaced."""
    settle(path.parent)
    _write_whole(path, data, replace)


def _write_whole(path: Path, data: bytes, replace: bool = True) -> None:
    part, handle = _open(path)
    try:
        with open(handle, "wb", closefd=False) as file:
            file.write(data)
        if replace:
            os.replace(part, path)
        elif hasattr(os, "link"):
            try:
                os.link(part, path)
            except OSError as error:
                if error.errno not in _UNLINKED or os.path.lexists(path):
                    raise
                os.rename(part, path)
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):
            os.unlink(part)


def _open(path: Path) -> tuple[Path, int]:
    """A new temporary file beside `path`, locked for as long as this process lives."""
    while True:
        part = _temporary(path)
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        _lock(handle)
        if part.exists():
            return part, handle
        os.close(handle)


@contextlib.contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to, removed at the end if it is still there."""
    part, handle = _open(path)
    try:
        yield part
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):
            os.unlink(part)


def probe(path: Path) -> None:
    """OSError where nothing can be written beside `path`; makes and removes a folder there. Folders above may lack."""
    path = Path(os.path.realpath(path))
    above = next(parent for parent in path.parents if os.path.lexists(parent))
    made = _temporary(above / path.name)
    os.mkdir(made)
    os.rmdir(made)


# --- What killed processes left ---------------------------------------------------------------------------------------


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
            match = _TEMPORARY.fullmatch(path.name)
            whole = match is not None and (match["state"] == "old" or listing(path) is not None)
            if match is not None and whole and path.is_dir() and not os.path.lexists(path.with_name(match["name"])):
                with contextlib.suppress(OSError):
                    os.rename(path, path.with_name(match["name"]))


def leftovers(folder: Path) -> list[Path]:
    """What killed processes left in a folder, under temporary names."""
    with os.scandir(folder) as entries:
        found = sorted(folder / entry.name for entry in entries if _TEMPORARY.fullmatch(entry.name))
    return [path for path in reversed(found) if _is_stale(path)]  # .partial before .old


def settle_one(path: Path) -> None:
    """Finish or undo what a killed process left under a temporary name."""
    match = _TEMPORARY.fullmatch(path.name)
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
        _discard(path, folder)


def _temporary(path: Path) -> Path:
    return path.with_name(f".cxsim-{os.urandom(4).hex()}-{path.name}.partial")


def _is_stale(path: Path) -> bool:
    """Whether no process works on a temporary name any more."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        free = _lock(handle, wait=False)
    finally:
        os.close(handle)
    return free if free is not None else time.time() - path.stat().st_mtime > ABANDONED


def _hold(folder: Path) -> int | None:
    """A lock on a folder, once no other process has one; None without a folder, or where locks do not work."""
    while True:
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return None
        if _lock(handle) is None:
            os.close(handle)
            return None
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                return handle
        os.close(handle)  # it was exchanged for another while this process waited


def _lock(handle: int, wait: bool = True) -> bool | None:
    """Lock an open file or folder; False where another process has it, None where locks do not work."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


# --- Small parts ------------------------------------------------------------------------------------------------------


def _files(folder: Path) -> list[str]:
    """Everything below a folder that is not a folder, by its path; links are not followed."""
    out = []
    for above, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]
        out += [Path(above, name).relative_to(folder).as_posix() for name in (*files, *links)]
    return out


def _prune(folder: Path, only: Collection[str] | None = None) -> None:
    """Remove the empty folders below `folder`, of `only` these paths if given."""
    for above, folders, _ in os.walk(folder, topdown=False):
        for name in folders:
            path = Path(above, name)
            if only is None or str(path.relative_to(folder)) in only:
                with contextlib.suppress(OSError):
                    os.rmdir(path)


def _unlink(path: Path) -> None:
    try:
        os.unlink(path)
    except PermissionError:  # in a folder that is not to be written to, which is on its way out
        os.chmod(path.parent, 0o700)
        os.unlink(path)


def _free(path: Path) -> Path:
    """A name for the user's file in the place of which cxsim writes its own."""
    n = 1
    while True:
        place = path.with_name(f"{path.stem}-yours{'' if n == 1 else f'-{n}'}{path.suffix}")
        if not os.path.lexists(place):
            return place
        n += 1


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _identity(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _content(path: Path) -> str:
    """What is in a file, or where a link leads, as text to compare."""
    if path.is_symlink():
        return f"link {os.readlink(path)}"
    return _hash(path) if _is_file(path) else f"special {path.name}"


def _same(one: Path, other: Path) -> bool:
    return _is_file(one) and _is_file(other) and _hash(one) == _hash(other)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
