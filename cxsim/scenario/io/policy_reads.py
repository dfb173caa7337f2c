"""What a policy file reads while it is loaded: noted, so that results can keep it, or refused."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

OUTSIDE = ("socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "sqlite3.connect")
_PYTHON = tuple({os.path.realpath(one) + os.sep for one in (sys.prefix, sys.base_prefix, Path(__file__).parents[1])})


class Forbidden(Exception):
    """A file that a policy reads or writes and that results could not keep: the rule, and the fix."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(f"{rule}; {fix}")
        self.rule, self.fix = rule, fix


_watch: ContextVar[tuple[Path, list[str]] | None] = ContextVar("policy", default=None)
_hooked = False


@contextmanager
def watched(policy: Path) -> Iterator[list[str]]:
    """Note the files below a policy's folder that are opened meanwhile, by their path from there.

    Forbidden rises where the policy opens what cannot be stored with it: files elsewhere, or named from the current
    folder, or to write; other modules beside it; connections and other programs.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(_note)
        _hooked = True
    seen: list[str] = []
    token = _watch.set((policy, seen))
    try:
        yield seen
    finally:
        _watch.reset(token)


def hashes(folder: Path, files: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Files below a folder with the sha256 of each; empty for one that cannot be read."""
    out = []
    for file in sorted(set(files)):
        try:
            out.append((file, hashlib.sha256((folder / file).read_bytes()).hexdigest()))
        except OSError:
            out.append((file, ""))
    return tuple(out)


def _note(event: str, args: tuple[Any, ...]) -> None:
    if event != "open" and event not in OUTSIDE:
        return
    now = _watch.get()
    if now is None:
        return
    policy, seen = now
    if event in OUTSIDE:
        rule = f"uses something outside its folder while it is loaded ({event}), so runs could not be reproduced"
        raise Forbidden(rule, "save what it needs in a file in the policy's folder, and read that file")
    name, mode, flags = (*args, None, None, None)[:3]
    if not isinstance(name, str | bytes | os.PathLike):
        return  # a file that is open already
    path = Path(os.fsdecode(name))
    real = Path(os.path.realpath(path))
    below = real.is_relative_to(policy.parent)
    if real == policy or str(real) == os.devnull:
        return
    if _importing(policy):
        if below and not str(real).startswith(_PYTHON) and real.suffix in (".py", ".pyc"):
            rule = f"imports {real.name} from its own folder"
            raise Forbidden(rule, "copy what it needs into the policy file")
        return
    if str(real).startswith(_PYTHON) and not below:
        return
    writes = any(c in str(mode or "r") for c in "wax+") or bool(int(flags or 0) & (os.O_WRONLY | os.O_RDWR))
    if writes:
        raise Forbidden(f"writes {path.name} while it is loaded", "only read files in a policy")
    fix = f"write Path(__file__).with_name({path.name!r}), and keep the file in the policy's folder"
    if not below:
        raise Forbidden(
            f"reads {str(path)!r}, which is outside its folder, so it cannot be saved with the results", fix
        )
    if not path.is_absolute():
        raise Forbidden(f"reads {str(path)!r} from the current folder, which can change between runs", fix)
    if real.is_file():
        seen.append(real.relative_to(policy.parent).as_posix())


def _importing(policy: Path) -> bool:
    """Whether an import opens the file, not the policy itself."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename != str(policy):
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return frame is None
