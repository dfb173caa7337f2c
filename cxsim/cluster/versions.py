"""A hash of the program's sources, by which two machines show that they compute the same."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

NOT_COMPUTED = ("cli", "report", "studio", "__main__.py")  # what changes no number of any command
PACKAGE = Path(__file__).resolve().parents[1]


@cache
def sources_version(release: str, left_out: tuple[str, ...] = ()) -> str:
    """A hash of the sources and of the version of the program, without the folders and files left out."""
    digest = hashlib.blake2b(release.encode(), digest_size=8)
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.split("/")[0] not in left_out:
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def computing_version() -> str:
    """The version of all that computes a number of any command."""
    try:
        release = metadata.version("cxsim")
    except metadata.PackageNotFoundError:
        release = "unknown"
    return sources_version(release, NOT_COMPUTED)
