"""The decorators for compiled functions.

`_nrt=False` compiles without numba's reference counting: passing tuples of arrays to helpers then costs nothing, and in
return nothing may be allocated inside. There is no `fastmath`, so the compiler may neither reorder sums nor contract
a product and a sum into one fused operation: machines agree to the last bit.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

import numba
from numba.core import caching, compiler, compiler_machinery, event, typed_passes, untyped_passes

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_PACKAGE = Path(__file__).parents[1]
_numba: Any = numba  # some of what is used here is not in its type hints
_compiler: Any = compiler
_machinery: Any = compiler_machinery
_event: Any = event
_caching: Any = caching


def _source_stamp() -> str:
    """A hash over the sources that compiled code is made of.

    numba's own cache misses a change in a function or a record that stands in another file than its caller.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name, text in compiled_sources():
        digest.update(name.encode() + text)
    return digest.hexdigest()


_KNOWN_BY_NUMBER = ("engines/", "randomness/", "rules/", "schema/")


def compiled_sources() -> Iterator[tuple[str, bytes]]:
    """The modules that compiled code is made of, those of which it knows only numbers among them; name and text."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        text = path.read_bytes()
        name = path.relative_to(_PACKAGE).as_posix()
        if b"cxsim.jit" in text or b"_DTYPE" in text or name.startswith(_KNOWN_BY_NUMBER):
            yield name, text


class Cache(NamedTuple):
    """A folder for machine code, by the state of the sources; whether it is read and written; if not, why not."""

    folder: Path
    reads: bool
    writes: bool
    why: str = ""


def _cache() -> Cache:
    """Where machine code is kept between runs: below CXSIM_CACHE_DIR, or in the user's cache.

    A folder that cannot be written is read all the same. Machine code runs as the user, so a folder of another user is
    read only if it is root's or if CXSIM_CACHE_DIR names it.
    """
    given = os.environ.get("CXSIM_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    try:
        root = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cxsim"
    except RuntimeError:
        return Cache(Path(os.devnull), False, False, "there is no home folder")
    folder = root / _source_stamp()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
        writes, why = True, ""
    except OSError as error:
        writes, why = False, error.strerror or str(error)
    try:
        owner = folder.stat().st_uid
    except OSError:
        return Cache(folder, False, False, why)
    if not given and hasattr(os, "getuid") and owner not in (0, os.getuid()):
        return Cache(folder, False, False, "it belongs to another user")
    return Cache(folder, os.access(folder, os.R_OK | os.X_OK), writes, why)


CACHE = _cache()


class _Locator(_caching._CacheLocator):  # type: ignore[misc]  # numba has no types
    """Tells numba where the machine code of a function is; the folder's name holds the state of the sources."""

    def __init__(self, function: Any) -> None:
        # numba tells functions apart by file and name, which is not enough where a file is loaded twice.
        self._path = str(CACHE.folder / function.__module__.rpartition(".")[2])

    def get_cache_path(self) -> str:
        return self._path

    def get_source_stamp(self) -> str:
        return CACHE.folder.name

    def get_disambiguator(self) -> None:
        return None

    @classmethod
    def from_function(cls, function: Any, file: str) -> _Locator:
        return cls(function)


class _Kept(_caching.CompileResultCacheImpl):  # type: ignore[misc]  # numba has no types
    _locator_classes = (_Locator,)


class _OnDisk(_caching.FunctionCache):  # type: ignore[misc]  # numba has no types
    """numba's cache; where it cannot be read or written, functions are compiled again."""

    _impl_class = _Kept

    def load_overload(self, signature: Any, target: Any) -> Any:
        try:
            return super().load_overload(signature, target) if CACHE.reads else None
        except Exception:  # of a file that is cut or damaged, which may be any
            return None

    def save_overload(self, signature: Any, data: Any) -> None:
        if not CACHE.writes:
            _not_kept(CACHE.why)
            return
        try:
            super().save_overload(signature, data)
        except OSError as error:
            _not_kept(error.strerror or str(error))
        except Exception:  # of an index that is cut or damaged: begin it again
            with suppress(Exception):
                self.flush()
                super().save_overload(signature, data)


_told: list[str] = []


def _not_kept(why: str) -> None:
    """Say once that machine code is not kept."""
    if not _told and HELPING not in os.environ and parent_process() is None:
        _told.append(why)
        logging.getLogger("cxsim").warning(
            "the compiled engine cannot be kept in %s (%s), so it is compiled again each time; "
            "set CXSIM_CACHE_DIR to a writable folder",
            CACHE.folder.parent,
            why,
        )


def is_cold(module: str) -> bool:
    """Whether nothing of a module (its last name) has been compiled yet for this state of the sources."""
    return not CACHE.reads or not any((CACHE.folder / module).rglob("*.nbc"))


def on_disk(loop: str) -> str:
    """The name of the module of a loop of the engine, under which its machine code is kept."""
    return f"{loop}_loop"


HELPING = "CXSIM_HELPS_TO_COMPILE"  # in the environment of a helper, which has none itself


def make(function: Any, arguments: tuple[Any, ...], beside: str) -> None:
    """Compile a function from Python before it is called, and meanwhile run a module that has others compiled.

    `arguments` are numba's types, as a call gives them: what is compiled for a text is kept on disk under the text,
    where no later call finds it.

    The module has a process of its own, for numba compiles one function at a time in each; without a second processor,
    or in a process that is itself a helper, there is none.
    """
    if _numba.config.DISABLE_JIT:
        return
    logging.getLogger(__name__).info("compiling %s", getattr(function, "__name__", function))
    helper = None
    if CACHE.writes and processors() > 1 and parent_process() is None and sys.executable and HELPING not in os.environ:
        paths = [str(_PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        with suppress(OSError):  # then everything is compiled here
            helper = subprocess.Popen(
                [sys.executable, "-P", "-m", beside],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), HELPING: "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    try:
        function.compile(arguments)
        if helper is not None:
            helper.wait()
    finally:
        if helper is not None:
            helper.kill()
            helper.wait()


def processors() -> int:
    """The processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


class _Uncollected(_event.Listener):  # type: ignore[misc]  # numba has no types
    """Pauses the garbage collector while numba compiles: it walks millions of objects again and again, all in use.

    numba compiles under a lock, so starts and ends of nested functions come in order.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._paused = False

    def on_start(self, event: Any) -> None:
        if self._depth == 0:
            self._paused = gc.isenabled()
            gc.disable()
        self._depth += 1

    def on_end(self, event: Any) -> None:
        self._depth -= 1
        if self._depth == 0 and self._paused:
            gc.enable()


_event.register("numba:compile", _Uncollected())


def compiled(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a function that allocates nothing; its arguments are scalars, arrays and named tuples of arrays.

    Runs without the interpreter's lock, divides by zero as numpy does, and is cached on disk. With
    NUMBA_DISABLE_JIT=1 the same source runs as Python.
    """
    return _compiled(function, forceinline=False)


class _Shared:
    """A function both engines call: compiled on its own for Python, a part of whatever compiled code calls it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._door: Callable[..., Any] | None = None
        self._part = tiny(function)  # the type below only refers to it weakly
        self._numba_type_ = _numba.types.Dispatcher(self._part)

    def __call__(self, *arguments: Any) -> Any:
        if self._door is None:
            self._door = _compiled(self._function, forceinline=False)
        return self._door(*arguments)


def shared(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a small function that both engines call: from Python, and put into the code of the event loop."""
    if _numba.config.DISABLE_JIT:
        return function
    return cast("Callable[Arguments, Answer]", _Shared(function))


def _compiled(function: Callable[Arguments, Answer], forceinline: bool) -> Callable[Arguments, Answer]:
    jit = _numba.njit(_nrt=False, nogil=True, error_model="numpy", fastmath=False, forceinline=forceinline)(function)
    if not _numba.config.DISABLE_JIT:
        jit._cache = _OnDisk(function)
    return cast("Callable[Arguments, Answer]", _wide(jit))


def _signed(kind: Any) -> bool:
    plain = _numba.types.unliteral(kind)
    return isinstance(plain, _numba.types.Integer) and plain.signed


def _wide(jit: Any) -> Any:
    """Let whole numbers enter as 64 bits and constants as any value, so that a function is not compiled for each."""
    if _numba.config.DISABLE_JIT:
        return jit
    original = jit.get_call_template

    def get_call_template(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        wide = (_numba.int64 if _signed(a) else _numba.types.unliteral(a) for a in arguments)
        return original(tuple(wide), keywords)

    jit.get_call_template = get_call_template
    return jit


class _WithoutEnvironments:
    """numba's code generator, but for the environment of constants: functions that allocate nothing have none."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, env_name: str, env: Any) -> None:
        """Nothing to set."""


@_machinery.register_pass(mutates_CFG=False, analysis_only=True)
class _LeaveAsItIs(compiler_machinery.AnalysisPass):
    """Makes the library of a function before numba does, one that is neither optimised nor turned into machine code.

    Both happen once, to the function from Python that it becomes a part of.
    """

    _name = "leave_as_it_is"

    def __init__(self) -> None:
        _machinery.AnalysisPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
        library._optimize_final_module = lambda: None
        library._finalize_final_module = lambda: setattr(library, "_finalized", True)
        library.get_pointer_to_function = lambda name: 0
        library._codegen = _WithoutEnvironments(library._codegen)
        state.library = library
        return False


# What looks for closures, blocks of `with`, loops over tuples, and expressions of arrays: parts have none of these.
_NEEDLESS = (
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.LiteralUnroll,
    typed_passes.InlineOverloads,
    typed_passes.NopythonRewrites,
)


class _Part(compiler.CompilerBase):
    """Compiles what only ever runs as a part of another function, and leaves out what parts have no use for."""

    def define_pipelines(self) -> list[Any]:
        steps = _compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        steps.passes = [step for step in steps.passes if step[0] not in _NEEDLESS]
        steps.add_pass_after(_LeaveAsItIs, typed_passes.AnnotateTypes)
        steps.finalize()
        return [steps]


def _inner(function: Callable[Arguments, Answer], forceinline: bool) -> Callable[Arguments, Answer]:
    jit = _numba.njit(
        _nrt=False,
        nogil=True,
        error_model="numpy",
        fastmath=False,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        forceinline=forceinline,
        pipeline_class=_Part,
    )(function)
    return cast("Callable[Arguments, Answer]", _wide(jit))


def inner(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a function that only compiled functions call: no door from Python, no cache of its own."""
    return _inner(function, forceinline=False)


def tiny(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compile a function that only compiled functions call, and put its code in each of them."""
    return _inner(function, forceinline=True)
