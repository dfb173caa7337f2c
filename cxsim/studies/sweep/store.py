"""The store of a sweep: a folder or a bucket of files that are whole or not there, and a lock on it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxsim.storage.folders import put
from cxsim.storage.leftovers import settle
from cxsim.storage.listing import GOING, SWEEP, Listing, listing
from cxsim.storage.whole_files import part_of

MANIFEST, POINTS, TABLE, FAILURES, LOCK = "manifest.json", "points.parquet", "table.parquet", "failures.json", "lock"
KIND = SWEEP
CHUNK = re.compile(r"chunks/[0-9a-f]{32}\.parquet")
STALE = 3600.0  # seconds after which the lock of another machine in a bucket counts for nothing


class Busy(ValueError):
    """Another sweep works in this folder."""


class Foreign(ValueError):
    """The folder holds something else, or a sweep of another version."""


@dataclass(frozen=True)
class Store:
    """Files by name below a folder, or below an fsspec URL such as s3://bucket/sweeps/one."""

    url: str

    @property
    def remote(self) -> bool:
        """Whether it is an fsspec URL."""
        return "://" in self.url

    @property
    def folder(self) -> Path:
        """The folder, if it is one."""
        return Path(self.url)

    def _fs(self) -> tuple[Any, str]:
        try:
            import fsspec  # type: ignore[import-not-found,import-untyped,unused-ignore]  # optional
        except ImportError:
            raise Foreign(f"{self.url}: a URL needs fsspec: pip install 'cxsim[cluster]'") from None
        fs, root = fsspec.core.url_to_fs(self.url)
        return fs, root.rstrip("/")

    def write(self, name: str, data: bytes) -> None:
        """Write a file: whole under its name, or not at all. OSError where it cannot be."""
        if self.remote:
            fs, root = self._fs()
            fs.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
            fs.pipe_file(f"{root}/{name}", data)
            return
        with self.writing(name) as part:
            part.write_bytes(data)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A local path to write to, which takes its name when all is written."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with part_of(path) as part:
            yield part
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            if CHUNK.fullmatch(name):
                part.replace(path)
            else:
                put(self.folder, KIND, name, part)

    def read(self, name: str) -> bytes:
        """The bytes of a file. FileNotFoundError without it."""
        if self.remote:
            fs, root = self._fs()
            return bytes(fs.cat_file(f"{root}/{name}"))
        return (self.folder / name).read_bytes()

    def open(self, name: str) -> Any:
        """A file to read from."""
        if self.remote:
            fs, root = self._fs()
            return fs.open(f"{root}/{name}", "rb")
        return (self.folder / name).open("rb")

    def names(self, below: str = "") -> list[str]:
        """The names of the files in a folder of the store, sorted."""
        if self.remote:
            fs, root = self._fs()
            place = f"{root}/{below}".rstrip("/")
            if not fs.exists(place):
                return []
            fs.invalidate_cache()
            return sorted(path.rpartition("/")[2] for path in fs.ls(place, detail=False))
        place_ = self.folder / below
        return sorted(path.name for path in place_.iterdir()) if place_.is_dir() else []

    def remove(self, name: str) -> None:
        """Remove a file, if it is there and as cxsim wrote it."""
        with contextlib.suppress(FileNotFoundError):
            if self.remote:
                fs, root = self._fs()
                fs.rm_file(f"{root}/{name}")
                return
            ours = listing(self.folder) or Listing(KIND, {})
            if ours.has(name, self.folder / name):
                (self.folder / name).unlink()

    def manifest(self) -> dict[str, Any] | None:
        """The manifest, None in an empty place. Foreign where something else is there."""
        try:
            found = json.loads(self.read(MANIFEST))
        except FileNotFoundError:
            ours = None if self.remote else listing(self.folder)
            if ours is not None and ours.kind not in (KIND, GOING):
                raise Foreign(f"{self.url}: contains other results; name another folder") from None
            known = {LOCK, "chunks", *(name.partition("/")[0] for name in (ours.files if ours is not None else ()))}
            if any(name not in known and not name.startswith(".") for name in self.names()):
                raise Foreign(
                    f"{self.url}: contains files that are not a sweep; name another folder, or empty it"
                ) from None
            return None
        except (OSError, ValueError):
            raise Foreign(f"{self.url}: its {MANIFEST} cannot be read; name another folder") from None
        if not isinstance(found, dict) or found.get("kind") != KIND:
            raise Foreign(f"{self.url}: its {MANIFEST} does not describe a sweep; name another folder")
        return found

    def tidy(self) -> None:
        """Remove what a killed run left half written."""
        if not self.remote:
            settle(self.folder)
            settle(self.folder / "chunks")

    def forget(self) -> None:
        """Remove the points that are stored."""
        for name in self.names("chunks"):
            if CHUNK.fullmatch(f"chunks/{name}"):
                self.remove(f"chunks/{name}")

    @contextlib.contextmanager
    def lock(self) -> Iterator[str]:
        """Keep other sweeps out; yields a remark where a dead one's lock was taken over. Raises Busy."""
        held, remark = self._remote_lock() if self.remote else self._local_lock()
        try:
            yield remark
        finally:
            self.remove(LOCK)
            if held is not None:
                os.close(held)

    def _owner(self) -> dict[str, Any]:
        try:
            found = json.loads(self.read(LOCK))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remote_lock(self) -> tuple[None, str]:
        owner = self._owner()
        if owner and not _dead(owner):
            raise Busy(self._busy(owner))
        self.write(LOCK, _me())
        return None, f"continued for {_named(owner)}, which no longer runs" if owner else ""

    def _local_lock(self) -> tuple[int, str]:
        """A lock that the system itself lets go when its process dies, by any death."""
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            owner = self._owner()
            if not _seize(handle):
                os.close(handle)
                raise Busy(self._busy(owner))
            try:  # the file may have been removed by its owner between the two steps
                same = os.fstat(handle).st_ino == (self.folder / LOCK).stat().st_ino
            except FileNotFoundError:
                same = False
            if same:
                break
            os.close(handle)
        os.ftruncate(handle, 0)
        os.pwrite(handle, _me(), 0)
        return handle, f"continued for {_named(owner)}, which no longer runs" if owner else ""

    def _busy(self, owner: dict[str, Any]) -> str:
        return (
            f"{self.url}: {_named(owner)} is running a sweep here; wait for it, or name another folder"
            f" (if it has died, remove {LOCK})"
        )


def _seize(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # Windows only
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _me() -> bytes:
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}).encode()


def _named(owner: dict[str, Any]) -> str:
    return f"process {owner.get('pid', '?')} on {owner.get('host', '?')}"


def _dead(owner: dict[str, Any]) -> bool:
    if owner.get("host") != socket.gethostname():
        return time.time() - float(owner.get("since", 0.0)) > STALE
    try:
        os.kill(int(owner.get("pid", 0)), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
