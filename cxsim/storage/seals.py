"""A mark inside single files by which cxsim knows, later, that it made one and that nobody changed it since."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
import zlib
from pathlib import Path

ENDS = {".svg": b"</svg>", ".html": b"</html>", ".pdf": b"%%EOF", ".png": b"\0\0\0\0IEND"}  # the mark stands before it
_SEAL = re.compile(
    rb"<!-- cxsim:([0-9a-f]{64}) -->\n|%cxsim:([0-9a-f]{64})\n|\0\0\0\x46tEXtcxsim\0([0-9a-f]{64})[\0-\xff]{4}"
)
_OF_ZIP = b"cxsim:"
_NEAR = 1024  # bytes from the end of a file within which the mark stands


def sealed(data: bytes, suffix: str) -> bytes:
    """A picture or a page with a mark that holds the hash of the rest, and which its format ignores."""
    digest = hashlib.sha256(data).hexdigest().encode()
    if suffix == ".xlsx":  # the comment at the end of a ZIP archive, after its length
        return data[:-2] + struct.pack("<H", len(_OF_ZIP + digest)) + _OF_ZIP + digest
    body = b"tEXtcxsim\0" + digest
    marks = {
        ".pdf": b"%cxsim:" + digest + b"\n",
        ".png": struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)),
    }
    mark = marks.get(suffix, b"<!-- cxsim:" + digest + b" -->\n")
    at = data.rfind(ENDS[suffix])
    at = at if at >= 0 else len(data)
    return data[:at] + mark + data[at:]


def is_ours(path: Path) -> bool:
    """Whether a picture or a page is as cxsim wrote it."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return False
    data = path.read_bytes()
    if data[-64 - len(_OF_ZIP) : -64] == _OF_ZIP:
        whole = data[: -66 - len(_OF_ZIP)] + b"\0\0"
        return hashlib.sha256(whole).hexdigest().encode() == data[-64:]
    start = max(0, len(data) - _NEAR)
    found = list(_SEAL.finditer(data, start))
    if not found:
        return False
    rest = data[: found[-1].start()] + data[found[-1].end() :]
    return hashlib.sha256(rest).hexdigest().encode() in found[-1].groups()
