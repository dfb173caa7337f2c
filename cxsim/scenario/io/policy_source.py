"""A policy given as Python objects, written as a file that stands alone: its source, and all that it uses.

So a class from a notebook and a file next to a scenario go the same way: results store it, sweeps and other processes
read it, and the command line takes it again.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import hashlib
import inspect
import linecache
import math
import re
import shutil
import sys
import tempfile
import textwrap
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from cxsim.scenario.io.faults import Fault, ScenarioError, shown
from cxsim.scenario.io.policy_class import HOOKS

_NUMBERS = (bool, int, float, np.bool_, np.integer, np.floating)


def name_of(policy: Any) -> str:
    """What a policy is called in tables: the name of its class or of its functions."""
    if isinstance(policy, str | Path):
        return str(policy)
    parts = [one for one in policy if one is not None] if isinstance(policy, tuple) else [policy]
    return "/".join(str(_named(one).__name__) for one in parts) or "policy"


def as_settings(policy: Any) -> dict[str, Any]:
    """The values of `routing` for a policy as an object, which is written to a file of this process.

    Numbers that an instance has in place of its class's are parameters. Raises ScenarioError where the source is not
    there, or uses what cannot be written down.
    """
    writer = _Writer(name_of(policy))
    given: dict[str, float] = {}
    if isinstance(policy, tuple):
        if len(policy) != 2 or policy == (None, None):
            raise writer.fault(shown(policy), "is not a pair of functions", "write (choose_agent, choose_contact)")
        names = [writer.define(one) for one in policy]
        writer.lines.append(f"policy = ({names[0]}, {names[1]})")
        part = "policy"
    elif not _is_function(policy) and not any(hasattr(policy, hook) for hook in HOOKS):
        rule = "is not a policy"
        raise writer.fault(shown(policy), rule, f"write a class with {', '.join(HOOKS[:-1])} or {HOOKS[-1]}")
    elif isinstance(policy, type):
        part = str(writer.define(policy))
    elif _is_function(policy):
        name = str(writer.define(policy))
        known = _named(policy).__name__ in ("choose_agent", "choose_contact")
        if not known:
            rule = "is neither choose_agent nor choose_contact"
            raise writer.fault(name, rule, "write a pair: (choose_agent, choose_contact), with None for the rule")
        writer.lines.append(f"policy = ({name}, None)" if name == "choose_agent" else f"policy = (None, {name})")
        part = "policy"
    else:
        part = str(writer.define(type(policy)))
        for key, value in vars(policy).items():
            own = getattr(type(policy), key, None)
            if not isinstance(own, _NUMBERS) or not isinstance(value, _NUMBERS) or not math.isfinite(value):
                rule = "is set on the policy, but its class does not declare it as a number"
                raise writer.fault(key, rule, f"write {key} = 1.0, say, in the class")
            given[key] = float(value)
    text = "\n\n\n".join(writer.lines) + "\n"
    return {"routing.policy": f"{_stored(part, text)}:{part}", "routing.parameters": given or None}


def _is_function(one: Any) -> bool:
    return isinstance(_named(one), FunctionType)


def _named(one: Any) -> Any:
    """The function or class itself: of what is compiled, the Python function; of an instance, its class."""
    inner = getattr(one, "py_func", one)
    return inner if isinstance(inner, FunctionType | type) else type(inner)


class _Writer:
    """Collects the source of objects in an order in which Python can run it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = ["from __future__ import annotations"]
        self._done: dict[str, Any] = {}

    def fault(self, value: str, rule: str, fix: str) -> ScenarioError:
        return ScenarioError([Fault(f"policy {self.name}", "", value, rule, fix)])

    def define(self, thing: Any) -> str | None:
        """Write what a function or class needs, then itself; its name."""
        if thing is None:
            return None
        inner = _named(thing)
        name = str(inner.__name__)
        if name in self._done:
            if self._done[name] is not inner:
                raise self.fault(name, "names two different things", "give one of them another name")
            return name
        if not name.isidentifier():
            raise self.fault(name, "has no name", "write a function with def, or a class")
        self._done[name] = inner
        try:
            source = textwrap.dedent(_source(inner))
            tree = ast.parse(source)
        except (OSError, TypeError, SyntaxError):
            rule = "has no source that results could keep"
            raise self.fault(name, rule, "define it in a file or a notebook, not in a Python prompt") from None
        names: dict[str, Any] = {}
        for function in _functions(inner):
            names |= function.__globals__ | _closure(function)
        names = names or vars(inspect.getmodule(inner) or ModuleType(""))
        for used in sorted(_free(tree)):
            self._use(used, names, inner)
        self.lines.append(source.rstrip())
        return name

    def _use(self, name: str, names: dict[str, Any], by: Any) -> None:
        """A name that a piece of source uses."""
        if name in self._done or name == by.__name__:
            return
        if name not in names:
            if hasattr(builtins, name):
                return
            rule = f"is used by {by.__name__}, but not defined where cxsim can find it"
            raise self.fault(name, rule, "define it at the top level of the file or notebook")
        value = names[name]
        inner = getattr(value, "py_func", value)
        if isinstance(value, ModuleType):
            line = f"import {value.__name__} as {name}"
        elif isinstance(inner, FunctionType | type) and not _installed(inner.__module__):
            self.define(value)
            if name != inner.__name__:
                self.lines.append(f"{name} = {inner.__name__}")
            return
        elif callable(inner) and isinstance(getattr(inner, "__module__", None), str):
            line = f"from {inner.__module__} import {inner.__name__} as {name}"
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            numbers = re.sub(r"(-?)\b(nan|inf)\b", r"float('\1\2')", repr(value.tolist()))
            line = f"{name} = __import__('numpy').array({numbers}, {value.dtype.name!r})"
        elif _plain(value):
            line = f"{name} = {value!r}"
        elif type(value).__module__ == "__future__":
            return
        else:
            rule = f"is a {type(value).__name__}, which results cannot keep"
            raise self.fault(name, rule, "use numbers, tuples, arrays and functions")
        self._done[name] = value
        self.lines.append(line)


def _functions(thing: Any) -> list[FunctionType]:
    """A function, or the methods of a class, as plain Python."""
    parts = vars(thing).values() if isinstance(thing, type) else (thing,)
    return [one for one in (getattr(part, "py_func", part) for part in parts) if isinstance(one, FunctionType)]


def _source(thing: Any) -> str:
    """The source of a function or a class. Raises OSError.

    Python finds no class of a notebook, as its module has no file; its methods tell the cell that they stand in.
    """
    methods = _functions(thing)
    if not isinstance(thing, type) or not methods:
        return inspect.getsource(thing)
    lines = linecache.getlines(methods[0].__code__.co_filename)
    line = methods[0].__code__.co_firstlineno
    for node in ast.walk(ast.parse("".join(lines))):
        if isinstance(node, ast.ClassDef) and node.name == thing.__name__:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first <= line <= (node.end_lineno or 0):
                return "".join(lines[first - 1 : node.end_lineno])
    raise OSError


def _closure(function: FunctionType) -> dict[str, Any]:
    """The variables of the functions around it that a function uses."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: cell.cell_contents for name, cell in cells if name != "__class__"}


def _free(tree: ast.AST) -> set[str]:
    """The names that a piece of source takes from its module, annotations left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    set_here = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    set_here |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - set_here


def _installed(module: str) -> bool:
    """Whether a module comes with Python or was installed, so that the file of a policy can import it."""
    top = module.partition(".")[0]
    if top == "__main__":
        return False
    if top == "cxsim" or top in sys.builtin_module_names:
        return True
    file = getattr(sys.modules.get(top), "__file__", None)
    return file is not None and str(Path(file).resolve()).startswith(_PYTHON)


_PYTHON = tuple(str(Path(one).resolve()) for one in {sys.prefix, sys.base_prefix})


def _plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, str) or (type(value) in (bool, int, float) and math.isfinite(value))


@cache
def _folder() -> Path:
    """Where this process keeps the files of policies; removed when it ends."""
    made = tempfile.mkdtemp(prefix="cxsim-policies-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made).resolve()


def _stored(name: str, text: str) -> Path:
    """The file of a text, the same one for the same text."""
    folder = _folder() / hashlib.sha256(text.encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path
