"""A routing policy of the user's own: the functions of a `.py` file, loaded as plain Python.

The file is run as Python would run it; nothing is compiled here. What it reads while it is loaded is noted, so that
results can keep it, and what its functions may keep from one call to the next is found, so that every replication can
begin without it.
"""

from __future__ import annotations

import dis
import hashlib
import inspect
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cxsim.scenario.io import policy_reads
from cxsim.scenario.io.policy_class import Hooks, hooks_of, policy_classes
from cxsim.scenario.io.policy_rules import LARGEST, sound
from cxsim.scenario.io.policy_rules import PolicyFault as PolicyFault
from cxsim.scenario.model import units
from cxsim.storage.files import unreadable_kind
from cxsim.tables.reader import TableError, beside

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


class Policies(dict[str, "PolicyFile"]):
    """Policies by their names as written; they are loaded anew where they are sent to another process."""

    def __reduce__(self) -> tuple[type[Policies], tuple[()]]:
        return Policies, ()


AGENT, CONTACT = "choose_agent", "choose_contact"
VIEWS = {AGENT: ("contact", "groups", "center"), CONTACT: ("agent", "queues", "center")}
ENDING = ".py"


@dataclass(frozen=True)
class Choice:
    """One of the two functions, with the names of its parameters and the number each has if none is given."""

    function: Callable[..., Any]
    parameters: dict[str, float]

    def __hash__(self) -> int:
        return id(self.function)


@dataclass(frozen=True)
class State:
    """A value that calls of a policy share and may change: its name, what it is, and the line of who uses it."""

    name: str
    kind: str
    line: int


@dataclass(frozen=True)
class PolicyFile:
    """The functions of a policy; where one is None, the scenario's rule decides."""

    path: Path
    agent: Choice | None
    contact: Choice | None
    text: bytes = b""
    name: str = ""
    reads: tuple[tuple[str, str], ...] = ()  # files beside it that it read when it was loaded, each with its sha256
    state: tuple[State, ...] = ()  # what calls may keep for those that follow
    constants: bytes = b""  # a digest of the values that its functions use
    hooks: Hooks | None = None  # of a policy that is a class, which has no functions above

    def fresh(self) -> PolicyFile:
        """The policy as it was when it was read, without what earlier calls kept. Raises PolicyFault.

        The file is run again only where its functions can keep something.
        """
        if not self.state:
            return self
        names, reads = _run(self.path, self.text)
        changed = dict(reads).items() ^ dict(self.reads).items()
        if changed:
            raise PolicyFault(
                f"reads {min(changed)[0]}, which has changed since the scenario was loaded", "run it again"
            )
        return _policy(self.path, names, self.name)

    def decides(self, kind: Literal["agent", "contact"]) -> bool:
        """Whether the policy answers this question, or leaves it to the scenario's rule."""
        return bool(getattr(self, kind)) or (self.hooks is not None and f"choose_{kind}" in self.hooks.functions)

    @property
    def parameters(self) -> dict[str, float]:
        """Every parameter, with the number it has if the scenario gives none."""
        if self.hooks is not None:
            return dict(self.hooks.numbers)
        return {
            name: value for choice in (self.agent, self.contact) if choice for name, value in choice.parameters.items()
        }


def split(written: str) -> tuple[str, str]:
    """`file.py:name` as file and name; the name is empty where none is given."""
    file, colon, name = written.rpartition(":")
    return (file, name) if colon and file.endswith(ENDING) else (written, "")


def load(folder: Path, written: str, outside: bool = False) -> PolicyFile:
    """The policy of `file.py` or `file.py:name`, below `folder` unless it may lie `outside`.

    Raises PolicyFault, or OSError where it cannot be read.
    """
    file, name = split(written)
    try:
        path = beside(folder, file, outside)
    except TableError as error:
        raise PolicyFault(error.rule, error.fix) from None
    rule, fix = unreadable_kind(path)
    if rule:
        raise PolicyFault(rule, fix)
    text = path.read_bytes()
    key = (path, hashlib.sha256(text).digest(), name)
    known = _policies.get(key)
    if known is None or policy_reads.hashes(path.parent, [file for file, _ in known.reads]) != known.reads:
        names, reads = _run(path, text)
        made = _policy(path, names, name)
        if any(made.constants != _policy(path, again, name).constants for again, _ in (_run(path, text),)):
            rule = "gives different functions each time it is loaded: they use random numbers or the time"
            raise PolicyFault(rule, "write fixed numbers, or use a fixed random seed")
        _policies[key] = replace(made, text=text, name=name, reads=reads)
    return _policies[key]


_policies: dict[tuple[Path, bytes, str], PolicyFile] = {}


def _run(path: Path, text: bytes) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
    """The names that a file defines, and the files beside it that it reads, with the sha256 of each."""
    module = ModuleType(f"cxsim_policy_{hashlib.sha256(str(path).encode() + text).hexdigest()[:16]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses, say, look for the names of a class
    try:
        with policy_reads.watched(path) as seen:
            exec(compile(text, str(path), "exec"), module.__dict__)
    except policy_reads.Forbidden as error:
        raise PolicyFault(error.rule, error.fix, line_of(error, path)) from None
    except SyntaxError as error:
        raise PolicyFault(f"is not valid Python: {error.msg}", "correct it", error.lineno or 0) from None
    except (Exception, SystemExit) as error:
        rule = f"cannot be loaded ({type(error).__name__}: {error})"
        fix = "correct it"
        if isinstance(error, ImportError) and (path.parent / f"{error.name}{ENDING}").exists():
            fix = "a policy must be one file; copy what it needs into it"
        raise PolicyFault(rule, fix, line_of(error, path)) from None
    return module.__dict__, policy_reads.hashes(path.parent, seen)


def line_of(error: BaseException, path: Path) -> int:
    """The last line of a file that an error passed; 0 where it passed none."""
    lines = [one.lineno or 0 for one in traceback.extract_tb(error.__traceback__) if one.filename == str(path)]
    return lines[-1] if lines else 0


def _policy(path: Path, names: dict[str, Any], name: str) -> PolicyFile:
    pairs = [key for key, value in names.items() if isinstance(value, tuple) and len(value) == 2]
    classes = policy_classes(names)
    if not name and not {AGENT, CONTACT} & set(names) and len(classes) == 1:
        return _from_class(path, classes[0])
    if name and isinstance(names.get(name), type):
        return _from_class(path, names[name])
    if not name:
        agent, contact = names.get(AGENT), names.get(CONTACT)
        if agent is None and contact is None:
            fix = f"name one of its pairs: {path.name}:{pairs[0]}" if pairs else f"define {AGENT}, {CONTACT} or both"
            if classes:
                fix = f"name one of its classes: {path.name}:{classes[0].__name__}"
            fix = "; ".join(f"did you mean {kind} by {near!r}?" for kind, near in _misspelt(names).items()) or fix
            raise PolicyFault(f"defines neither {AGENT} nor {CONTACT}", fix)
        for kind, near in _misspelt(names).items():
            line = int(names[near].__code__.co_firstlineno)
            raise PolicyFault(f"defines {near!r}, which cxsim never calls", f"did you mean {kind}?", line)
    else:
        if name not in names:
            known = [*pairs, *(one.__name__ for one in classes)]
            said = "its classes are" if classes else "its pairs are"
            raise PolicyFault(f"defines no {name!r}", units.suggestion(name, known, said))
        pair = names[name]
        if not (isinstance(pair, tuple) and len(pair) == 2 and pair != (None, None)):
            fix = f"write {name} = (choose_agent, choose_contact); None keeps the scenario's rule"
            raise PolicyFault(f"{name!r} is not a pair of functions", fix)
        agent, contact = pair
    of_agent, of_contact = _choice(AGENT, agent), _choice(CONTACT, contact)
    state, constants = _shared([one.function for one in (of_agent, of_contact) if one], path.parent)
    made = PolicyFile(path, of_agent, of_contact, state=state, constants=constants)
    if made.agent and made.contact:
        for key, value in made.agent.parameters.items():
            if made.contact.parameters.get(key, value) != value:
                rule = f"the parameter {key!r} has the default {value:g} in one function and another in the other"
                raise PolicyFault(rule, "give it the same default in both, or use two names")
    return made


def _from_class(path: Path, kind: type) -> PolicyFile:
    hooks = hooks_of(kind)
    state, constants = _shared(list(hooks.functions.values()), path.parent)
    for one in state:
        if one.kind != "a ndarray":
            rule = f"uses {one.name}, {one.kind} that calls could change"
            raise PolicyFault(rule, f"declare it in the class: {one.name} = State(...), or write a tuple", one.line)
    return PolicyFile(path, None, None, state=state, constants=constants + repr(hooks.declared).encode(), hooks=hooks)


def _misspelt(names: dict[str, Any]) -> dict[str, str]:
    """The functions that are not there, each with one whose name is nearly the same."""
    functions = [name for name, one in names.items() if inspect.isfunction(one) and name not in (AGENT, CONTACT)]
    near = {kind: get_close_matches(kind, functions, 1, 0.85) for kind in (AGENT, CONTACT) if kind not in names}
    return {kind: found[0] for kind, found in near.items() if found}


def _choice(kind: str, function: Any) -> Choice | None:
    """A function with its parameters. Raises PolicyFault where it cannot be asked."""
    if function is None:
        return None
    function = getattr(function, "py_func", function)  # one that is compiled already
    wanted = f"def {getattr(function, '__name__', kind)}({', '.join(VIEWS[kind])}, …)"
    if not inspect.isfunction(function):
        raise PolicyFault(f"{kind} is of type {type(function).__name__}, not a function", f"write {wanted}")
    code = function.__code__
    line = int(code.co_firstlineno)
    sound(function, line)
    given = list(inspect.signature(function).parameters.values())
    if len(given) < 3 or any(one.kind is not one.POSITIONAL_OR_KEYWORD for one in given):
        rule = f"{wanted[4 : wanted.index('(')]} takes {len(given)} arguments instead of three"
        raise PolicyFault(rule, f"write {wanted}", line)
    parameters = {}
    for one in given[3:]:
        number = isinstance(one.default, (int, float)) and not isinstance(one.default, bool)
        number = number and abs(one.default) < LARGEST  # neither infinite nor none
        if not number:
            rule = f"the parameter {one.name!r} has no number as its default"
            raise PolicyFault(rule, f"write {one.name}=1.0, say", line)
        parameters[one.name] = float(one.default)
    return Choice(function, parameters)


PLAIN = (int, float, complex, str, bytes, bool, type(None), range, np.generic)


def _shared(functions: list[Any], folder: Path) -> tuple[tuple[State, ...], bytes]:
    """What functions, and those they call of the same file, share from call to call; and a digest of its values."""
    state: dict[str, State] = {}
    digest, seen, todo = hashlib.sha256(), set[int](), list(functions)
    while todo:
        function = todo.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        line = int(function.__code__.co_firstlineno)
        for name in _nonlocals(function.__code__):
            state[name] = State(name, "a variable of the function around it", line)
        for name, value in _used(function):
            inner = getattr(value, "py_func", value)  # of a function that is compiled already
            if isinstance(inner, FunctionType):
                if Path(inner.__code__.co_filename).parent == folder:
                    sound(inner, int(inner.__code__.co_firstlineno), own=False)
                    if any(one.opname in ("STORE_ATTR", "STORE_GLOBAL") for one in dis.get_instructions(inner)):
                        state[name] = State(name, "a function that changes global state", line)
                    todo.append(inner)
                continue
            if isinstance(value, type | ModuleType) or (callable(value) and not hasattr(value, "__dict__")):
                if isinstance(value, type) and value.__module__ == function.__module__:
                    state[name] = State(name, "a class", line)
                continue
            if not _constant(value):
                state[name] = State(name, f"a {type(value).__name__}", line)
            with suppress(Exception):  # what cannot be written down is not compared
                digest.update(name.encode() + pickle.dumps(value))
    return tuple(state.values()), digest.digest()


def _constant(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(map(_constant, value))
    return isinstance(value, PLAIN) or (callable(value) and not hasattr(value, "__dict__"))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


def _nonlocals(code: CodeType) -> list[str]:
    """Variables of the functions around it that a function sets."""
    return [
        one.argval
        for one in dis.get_instructions(code)
        if one.opname == "STORE_DEREF" and one.argval in code.co_freevars
    ]


def _used(function: Any) -> list[tuple[str, Any]]:
    """The globals, variables of functions around it, and defaults that a function uses, by name."""
    out: dict[str, Any] = {}
    for code in _codes(function.__code__):
        out |= {name: function.__globals__[name] for name in code.co_names if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not set yet
            out[name] = cell.cell_contents
    for k, value in enumerate([*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]):
        out[f"default {k + 1} of {function.__name__}"] = value
    return list(out.items())


def parameters(scenario: Scenario, policy: PolicyFile) -> dict[str, float]:
    """What the parameters of a policy are in a scenario; a queue or a group stands for its number."""
    return policy.parameters | {
        name: float(number(scenario, value)) for name, value in scenario.routing.parameters.items()
    }


def number(scenario: Scenario, value: float | str) -> float:
    """A parameter as a number: `queues.NAME` and `groups.NAME` are theirs. Raises PolicyFault."""
    if not isinstance(value, str):
        return value
    part, _, name = value.partition(".")
    known: dict[str, list[str]] = {"queues": list(scenario.queues), "groups": list(scenario.groups)}
    if part not in known:
        raise PolicyFault("is neither a number nor a queue or group", "write 5, '30 s', queues.NAME or groups.NAME")
    if name not in known[part]:
        fix = units.suggestion(name, known[part], f"the {part} are")
        raise PolicyFault(f"does not name any of the {part}", fix)
    return known[part].index(name)
