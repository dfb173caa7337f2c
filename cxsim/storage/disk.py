"""What folders and files of results ask of a disk: hashes, locks, second names, exchanges."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import stat
import sys
from collections.abc import Collection
from pathlib import Path

NO_SECOND_NAMES = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS)
NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP)
_AT_FDCWD, _EXCHANGE = -100, 2


def link(path: Path, place: Path) -> None:
    """A second name for a file or a link; a copy where the disk has no second names."""
    try:
        os.link(path, place, follow_symlinks=False)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in NO_SECOND_NAMES:
            raise
        shutil.copy2(path, place, follow_symlinks=False)


def exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step. OSError where the system or the disk cannot."""
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))


def hold(folder: Path) -> int | None:
    """A lock on a folder, once no other process has one; None without a folder, or where locks do not work."""
    while True:
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return None
        if lock(handle) is None:
            os.close(handle)
            return None
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                return handle
        os.close(handle)  # it was exchanged for another while this process waited


def lock(handle: int, wait: bool = True) -> bool | None:
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


def files_in(folder: Path) -> list[str]:
    """Everything below a folder that is not a folder, by its path; links are not followed."""
    out = []
    for above, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]
        out += [Path(above, name).relative_to(folder).as_posix() for name in (*files, *links)]
    return out


def prune(folder: Path, only: Collection[str] | None = None) -> None:
    """Remove the empty folders below `folder`, of `only` these paths if given."""
    for above, folders, _ in os.walk(folder, topdown=False):
        for name in folders:
            path = Path(above, name)
            if only is None or str(path.relative_to(folder)) in only:
                with contextlib.suppress(OSError):
                    os.rmdir(path)


def unlink(path: Path) -> None:
    try:
        os.unlink(path)
    except PermissionError:  # in a folder that is not to be written to, which is on its way out
        os.chmod(path.parent, 0o700)
        os.unlink(path)


def free_name(path: Path) -> Path:
    """A name for the user's file in the place of which cxsim writes its own."""
    n = 1
    while True:
        place = path.with_name(f"{path.stem}-yours{'' if n == 1 else f'-{n}'}{path.suffix}")
        if not os.path.lexists(place):
            return place
        n += 1


def is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def identity(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def content_of(path: Path) -> str:
    """What is in a file, or where a link leads, as text to compare."""
    if path.is_symlink():
        return f"link {os.readlink(path)}"
    return hash_of(path) if is_file(path) else f"special {path.name}"


def same_content(one: Path, other: Path) -> bool:
    return is_file(one) and is_file(other) and hash_of(one) == hash_of(other)


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
