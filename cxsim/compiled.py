"""The decorators for compiled functions.

`_nrt=False` compiles without numba's reference counting: passing tuples of arrays to helpers then costs nothing, and in
return nothing may be allocated inside. There is no `fastmath`, so the compiler may neither reorder sums nor contract
a product and a sum into one fused operation: machines agree to the last bit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_PACKAGE = Path(__file__).parent
_numba: Any = numba  # some of what is used here is not in its type hints


def _source_stamp() -> str:
    """A hash over the package's sources: numba's own cache misses a change in a function that another file calls."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(_PACKAGE.rglob("*.py")):
        state = path.stat()
        digest.update(f"{path.relative_to(_PACKAGE)} {state.st_size} {state.st_mtime_ns};".encode())
    return digest.hexdigest()


def _cache_folder() -> Path:
    """Where machine code is kept between runs: a folder per state of the sources, in the user's cache."""
    given = os.environ.get("CXSIM_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    root = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cxsim"
    return root / _source_stamp()


CACHE_FOLDER = _cache_folder()


def is_cold() -> bool:
    """Whether nothing has been compiled yet for this state of the sources."""
    return not any(CACHE_FOLDER.rglob("*.nbc"))


def compiled(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a function that allocates nothing; its arguments are scalars, arrays and named tuples of arrays.

    Runs without the interpreter's lock, divides by zero as numpy does, and is cached on disk. With
    NUMBA_DISABLE_JIT=1 the same source runs as Python.
    """
    return _compiled(function, forceinline=False)


def shared(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a small function that both engines call: from Python, and put into the code of the event loop."""
    return _compiled(function, forceinline=True)


def _compiled(function: Callable[Arguments, Answer], forceinline: bool) -> Callable[Arguments, Answer]:
    before = _numba.config.CACHE_DIR
    _numba.config.CACHE_DIR = str(CACHE_FOLDER)
    try:
        jit = _numba.njit(
            _nrt=False, cache=True, nogil=True, error_model="numpy", fastmath=False, forceinline=forceinline
        )(function)
    finally:
        _numba.config.CACHE_DIR = before
    return cast("Callable[Arguments, Answer]", _wide(jit))


def _signed(kind: Any) -> bool:
    plain = _numba.types.unliteral(kind)
    return isinstance(plain, _numba.types.Integer) and plain.signed


def _wide(jit: Any) -> Any:
    """Let whole numbers enter as 64 bits, so that a function is not compiled once for each width and constant."""
    if _numba.config.DISABLE_JIT:
        return jit
    original = jit.get_call_template

    def get_call_template(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        wide = (_numba.int64 if _signed(a) else a for a in arguments)
        return original(tuple(wide), keywords)

    jit.get_call_template = get_call_template
    return jit


def inner(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a function that only compiled functions call: no door from Python, no cache of its own."""
    jit = _numba.njit(
        _nrt=False,
        nogil=True,
        error_model="numpy",
        fastmath=False,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(function)
    return cast("Callable[Arguments, Answer]", _wide(jit))


def tiny(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a function that only compiled functions call, and put its code in each of them."""
    jit = _numba.njit(
        _nrt=False,
        nogil=True,
        error_model="numpy",
        fastmath=False,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        forceinline=True,
    )(function)
    return cast("Callable[Arguments, Answer]", _wide(jit))
