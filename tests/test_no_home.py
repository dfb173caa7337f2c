"""cxsim runs where its machine code cannot be kept, and says so in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
from cxsim.jit.decorators import CACHE, compiled, is_cold
import {module}
assert {module}.half(6.0) == 3.0
hits = sum({module}.half.stats.cache_hits.values())
print(int(CACHE.reads), int(CACHE.writes), hits)
"""
MODULE = "from cxsim.jit.decorators import compiled\n\n@compiled\ndef half(x):\n    return x / 2.0\n"
SAID = "the compiled engine cannot be kept in"


def run(tmp_path: Path, before: str = "", **environment: str) -> tuple[str, list[str]]:
    """What a program prints that compiles a function, and the lines on stderr."""
    (tmp_path / "small.py").write_text(MODULE)
    known = {k: v for k, v in os.environ.items() if k not in ("CXSIM_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    code = before + "\n" + CODE.format(module="small")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**known, "PYTHONPATH": paths, "NUMBA_DISABLE_JIT": "0", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr.splitlines()


def test_what_is_compiled_is_kept_and_found_again(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    assert run(tmp_path, CXSIM_CACHE_DIR=cache) == ("1 1 0", [])
    assert run(tmp_path, CXSIM_CACHE_DIR=cache) == ("1 1 1", [])


NO_HOME = """
from pathlib import Path
def home():
    raise RuntimeError("Could not determine home directory.")
Path.home = home
"""


@pytest.mark.parametrize(
    ("before", "environment"),
    [("", {"HOME": "/proc/nowhere"}), (NO_HOME, {}), ("", {"CXSIM_CACHE_DIR": "/dev/null"})],
    ids=["a home that cannot be written", "no home at all", "no folder"],
)
def test_without_a_place_it_runs_and_says_so_in_a_line(
    tmp_path: Path, before: str, environment: dict[str, str]
) -> None:
    out, said = run(tmp_path, before, **environment)
    assert out == "0 0 0"
    assert len(said) == 1 and SAID in said[0] and "CXSIM_CACHE_DIR" in said[0]


READ_ONLY = """
import errno, os, tempfile
def refuse(*given, **named):
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))
tempfile.TemporaryFile = refuse
"""


def test_a_shared_cache_that_is_only_read_is_used_without_a_word(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    run(tmp_path, CXSIM_CACHE_DIR=cache)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")}
    os.utime(tmp_path / "small.py")  # installed at another time
    assert run(tmp_path, READ_ONLY, CXSIM_CACHE_DIR=cache) == ("1 0 1", [])
    out, said = run(tmp_path, READ_ONLY, CXSIM_CACHE_DIR=str(tmp_path / "empty"))
    assert out.endswith("0 0") and len(said) == 1 and "Read-only file system" in said[0]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")} == before


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away")
def test_a_cache_of_another_user_is_read_only_if_it_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(tmp_path, HOME=str(home))
    for path in [home, *home.rglob("*")]:
        os.chown(path, 12345, 12345)
    out, said = run(tmp_path, HOME=str(home))
    assert out == "0 0 0" and len(said) == 1 and "belongs to another user" in said[0]
    assert run(tmp_path, CXSIM_CACHE_DIR=str(home / ".cache" / "cxsim"))[0].endswith(" 1")


@pytest.mark.parametrize("content", [b"", b"cut", bytes(500)])
def test_a_damaged_cache_is_made_again(tmp_path: Path, content: bytes) -> None:
    cache = str(tmp_path / "cache")
    for ending in ("*.nbi", "*.nbc"):
        run(tmp_path, CXSIM_CACHE_DIR=cache)
        for file in (tmp_path / "cache").rglob(ending):
            file.write_bytes(content)
        assert run(tmp_path, CXSIM_CACHE_DIR=cache) == ("1 1 0", [])
        assert run(tmp_path, CXSIM_CACHE_DIR=cache) == ("1 1 1", [])


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12k", "tmpfs", str(full)], capture_output=True).returncode:
        pytest.skip("no disk of a few kilobytes can be mounted here")
    try:
        out, said = run(tmp_path, CXSIM_CACHE_DIR=str(full))
        assert out.endswith("0") and len(said) == 1 and "No space left on device" in said[0]
        assert not [path for path in full.rglob("*") if path.is_file() and path.stat().st_size == 0]
    finally:
        subprocess.run(["umount", str(full)], check=True)
