"""Files that are written whole or not at all, under a temporary name that is locked while its process lives."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from cxsim.storage.disk import NO_SECOND_NAMES, lock

ABANDONED = 86400.0  # seconds after which a temporary name counts as left behind where locks do not work
TEMPORARY = re.compile(r"\.cxsim-[0-9a-f]{8}-(?P<name>.+)\.(?P<state>partial|old)", re.DOTALL)


def write_whole(path: Path, data: bytes, replace: bool = True) -> None:
    """Write a file whole or not at all; leftovers beside it stay."""
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
                if error.errno not in NO_SECOND_NAMES or os.path.lexists(path):
                    raise
                os.rename(part, path)
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):
            os.unlink(part)


def _open(path: Path) -> tuple[Path, int]:
    """A new temporary file beside `path`, locked for as long as this process lives."""
    while True:
        part = temporary(path)
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        lock(handle)
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
    made = temporary(above / path.name)
    os.mkdir(made)
    os.rmdir(made)


def temporary(path: Path) -> Path:
    return path.with_name(f".cxsim-{os.urandom(4).hex()}-{path.name}.partial")


def is_stale(path: Path) -> bool:
    """Whether no process works on a temporary name any more."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        free = lock(handle, wait=False)
    finally:
        os.close(handle)
    return free if free is not None else time.time() - path.stat().st_mtime > ABANDONED
