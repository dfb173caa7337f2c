"""A policy that is a class, ready to be asked: plain Python for `story`, machine code for `clock`.

In either engine `self` is a named tuple: the parameters, and arrays that lie on the board of the replication. So what
it remembers begins anew with each replication and is the same in both engines.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from numbers import Real
from types import FunctionType
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from cxsim.jit import struct_arrays
from cxsim.jit.struct_arrays import Book
from cxsim.model.custom_policy import FAILED, NOBODY, PolicyError, as_float, compiler_said, fields, number_of, row_kind
from cxsim.policies import State, Timers
from cxsim.rules.routing import system_state
from cxsim.scenario.io.faults import Fault, shown
from cxsim.scenario.io.policy_class import NAMED, VIEWS, Hooks
from cxsim.scenario.io.policy_file import PolicyFault, PolicyFile, line_of
from cxsim.scenario.model import units
from cxsim.schema import policy_views as pv

_numba: Any = numba
_NUMBERS = {
    "choose_agent": system_state.CHOOSES_AGENT,
    "choose_contact": system_state.CHOOSES_CONTACT,
    "choose_interrupted": system_state.CHOOSES_INTERRUPTED,
    "after": system_state.AFTER,
}
_AT = {
    "choose_agent": "agent_at",
    "choose_contact": "contact_at",
    "choose_interrupted": "interrupted_at",
    "after": "after_at",
}
# Each view: the array of the board, and the rows of it: the first one, as many as a field says, or all.
_ARRAYS = {
    "contact": ("asker", "one"),
    "agent": ("server", "one"),
    "event": ("event", "one"),
    "center": ("center", "one"),
    "groups": ("candidates", "count"),
    "queues": ("heads", "count"),
    "heads": ("firsts", "count"),
    "contacts": ("waiters", "waiters"),
    "agents": ("people", "all"),
    "every_queue": ("queues", "all"),
    "every_group": ("groups", "all"),
    "skills": ("abilities", "table"),
}
_SINGULAR = {"groups": "group", "queues": "queue", "heads": "head", "contacts": "contact", "agents": "agent"}
_CHOICES = {
    "agents": ("an agent who may take this contact", "the `agents` whose may_take is 1"),
    "groups": ("a group with an idle agent for this contact", "the `groups`"),
    "contacts": ("one of the contacts", "the `contacts`"),
    "queues": ("a queue with a contact for this agent", "the `queues`"),
    "heads": ("a queue with a contact for this agent", "the `queue` of one of the `heads`"),
}


@dataclass(frozen=True, eq=False)
class ClassPolicy:
    """The methods of a policy, its parameters, and the sizes of what it remembers."""

    file: PolicyFile
    hooks: Hooks
    values: npt.NDArray[np.float64]  # of the parameters
    sizes: dict[str, int]
    worth: npt.NDArray[np.float64]  # by segment, what a customer is worth

    def fresh(self) -> ClassPolicy:
        """The policy as it was when it was read: for one replication in plain Python. Raises PolicyError."""
        try:
            file = self.file.fresh()
        except PolicyFault as fault:
            raise PolicyError([Fault(f"{self.file.path}:{fault.line or 1}:1", "", "", fault.rule, fault.fix)]) from None
        return self if file is self.file or file.hooks is None else replace(self, file=file, hooks=file.hooks)

    def begin(self, board: Book, net: Book) -> None:
        """Put on a board what the policy reads and remembers, as every replication begins."""
        layout = _layout(self.hooks, self.sizes)
        for array, kind in (("numbers", np.float64), ("counts", np.int64), ("wakes", np.float64)):
            parts = [np.full(prod(one.shape), one.start, kind) for one in layout.values() if one.array == array]
            board.put(array, np.concatenate([np.zeros(0, kind), *parts]))
        board.put("parameters", np.concatenate([self.values, _bounds(layout, self.sizes)]))
        board.put("worth", self.worth)
        board.put("abilities", _abilities(net))
        board["asking"]["views"] = _bits(self.hooks)
        board["asking"]["wake"] = np.inf

    def remembers(self, board: Book) -> dict[str, npt.NDArray[Any]]:
        """What the policy has in its arrays, by name: copies."""
        layout = _layout(self.hooks, self.sizes).items()
        return {name: place.on(board).copy() for name, place in layout if place.array != "wakes"}

    def make_room(self, board: Book, contacts: int) -> None:
        """Room to show so many contacts, if the policy looks at all who wait."""
        if board["asking"]["views"][0] & pv.WAITERS and board["waiters"].size < contacts:
            rows = np.zeros(2 * contacts, pv.WAITER_DTYPE)
            rows[: board["waiters"].size] = board["waiters"]
            board.put("waiters", rows)

    def compiled_for(self, board: Book) -> None:
        """Put the addresses of the compiled methods on a board. Raises PolicyError for what cannot be compiled."""
        for hook, function in self.hooks.functions.items():
            try:
                board["asking"][_AT[hook]] = _address(hook, function, self.hooks)
            except Exception as error:  # of the compiler, whatever it is
                raise self._uncompiled(hook, error) from None

    def ask(self, hook: str, board: Book) -> int:
        """What a method says in plain Python; -1 for None. Raises PolicyError."""
        function = self.hooks.functions[hook]
        given = [self._view(name, board) for name in self.hooks.views[hook]]
        try:
            with np.errstate(divide="raise", invalid="raise"):
                chosen = function(_me(self, board), *given)
        except (Exception, SystemExit) as error:
            line = line_of(error, self.file.path)
            if isinstance(error, AttributeError) and error.name and isinstance(error.obj, tuple):
                raise self._no_field(hook, error.name, line) from None
            said = f"fails: {type(error).__name__}: {error}"
            raise self._fault(hook, board, said, "correct the policy", line) from None
        if chosen is None or hook == "after":
            return NOBODY
        if not isinstance(chosen, Real) or float(chosen) != abs(float(chosen)) // 1:
            raise self.not_allowed(hook, board, chosen)
        return int(float(chosen))

    def not_allowed(self, hook: str, board: Book, answer: Any) -> PolicyError:
        """A method that names what it was not offered."""
        what, which = _CHOICES[self.hooks.returns(hook)]
        rule = f"returns {shown(answer)}, which is not {what}"
        fix = f"return the number of one of {which}, or None"
        return self._fault(hook, board, rule, fix.replace("number of one of the `queue`", "`queue`"))

    def failure(self, board: Book) -> PolicyError:
        """What went wrong at the moment that a board keeps."""
        failed = int(board["asking"]["failed"][0])
        if failed == system_state.SETS_TIMER:
            return self._bad_timer(board)
        hook = next(name for name, number in _NUMBERS.items() if number == failed)
        said = float(board["asking"]["answer"][0])
        if hook != "after" and said == said:  # asked again it may say something else: what it remembers has changed
            return self.not_allowed(hook, board, int(said) if said.is_integer() else said)
        try:
            answer = self.ask(hook, board)
        except PolicyError as error:
            return error
        if hook != "after" and answer not in self._offered(hook, board):
            return self.not_allowed(hook, board, answer)
        rule = "fails when it is compiled, but not in plain Python"
        return self._fault(hook, board, rule, "return one type of number, and never divide by zero")

    def _offered(self, hook: str, board: Book) -> list[int]:
        name = self.hooks.returns(hook)
        rows = [row._asdict() for row in self._view(name, board)]
        key = "queue" if name == "heads" else "number"
        return [NOBODY, *(row[key] for row in rows if row.get("may_take", 1))]

    def _bad_timer(self, board: Book) -> PolicyError:
        times, names = board["wakes"].tolist(), []
        for name, timers in self.hooks.timers.items():
            names += [f"{name}[{number}]" for number in range(timers.count)]
        earliest = min(range(len(times)), key=lambda n: (times[n] == times[n], times[n]))  # or not a number
        rule = f"sets {names[earliest]} to {times[earliest]:g}, which is not a time from now on"
        fix = f"write self.{names[earliest]} = center.now + 30.0, or math.inf for never"
        return PolicyError([Fault(f"{self.file.path}:1:1", self.hooks.name, "", rule, fix)])

    def _view(self, name: str, board: Book) -> Any:
        array, rows = _ARRAYS[name]
        if rows == "table":
            return board[array].reshape(self.sizes["groups"], self.sizes["queues"]).view(np.recarray)
        kind = row_kind(array, _SINGULAR.get(name, name))
        if rows == "one":
            return kind._make(board[array][0].item())
        count = board[array].size if rows == "all" else int(board["asking"][rows][0])
        return tuple(kind._make(row) for row in board[array][:count].tolist())

    def _fault(self, hook: str, board: Book, rule: str, fix: str, line: int = 0) -> PolicyError:
        function: Any = self.hooks.functions[hook]
        line = line or int(function.__code__.co_firstlineno)
        told = []
        for name in self.hooks.views[hook]:
            array, rows = _ARRAYS[name]
            if rows == "one":
                told.append(f"{name}({fields(board[array][0], {})})")
            elif rows in ("count", "waiters"):
                count = int(board["asking"][rows][0])
                told += [f"{_SINGULAR[name]}({fields(row, {})})" for row in board[array][: min(count, 5)]]
        said = f"{fix}. Its arguments were {'; '.join(told)}" if told else fix
        return PolicyError([Fault(f"{self.file.path}:{line}:1", f"{self.hooks.name}.{hook}", "", rule, said)])

    def _no_field(self, hook: str, name: str, line: int = 0) -> PolicyError:
        function: Any = self.hooks.functions[hook]
        line = line or int(function.__code__.co_firstlineno)
        known = {view: system_state.BOARD.dtypes[_ARRAYS[view][0]].names or () for view in self.hooks.views[hook]}
        owners = [view for view, names in known.items() if name in names]
        rule = "is not a field of this argument" if owners else "is not a field of its arguments"
        names = list(dict.fromkeys(one for names in known.values() for one in names))
        fix = f"it is a field of {owners[0]}" if owners else units.suggestion(name, names, "they are")
        return PolicyError([Fault(f"{self.file.path}:{line}:1", f"{self.hooks.name}.{hook}", name, rule, fix)])

    def _uncompiled(self, hook: str, error: Exception) -> PolicyError:
        """What the compiler says, shortened to what a user can act on."""
        function: Any = self.hooks.functions[hook]
        line = int(function.__code__.co_firstlineno)
        if isinstance(error, KeyError) and error.args:
            return self._no_field(hook, str(error.args[0]))
        head, line = compiler_said(error, self.file, line)
        rule = f"cannot be compiled for the engine clock: {head}"
        fix = "use only numbers, arrays, ifs and loops, or run with --engine story, which takes any Python"
        if "function _number" in str(error) or "function number_of" in str(error):
            rule = "returns something that is not a number"
            fix = f"return the number of one of {_CHOICES[self.hooks.returns(hook)][1]}, or None"
        return PolicyError([Fault(f"{self.file.path}:{line}:1", f"{self.hooks.name}.{hook}", "", rule, fix)])


@dataclass(frozen=True)
class _Place:
    """Where an array of the policy lies on the board."""

    array: str
    first: int
    shape: tuple[int, ...]
    start: float

    def on(self, board: Book) -> npt.NDArray[Any]:
        return board[self.array][self.first : self.first + prod(self.shape)].reshape(self.shape)


def _layout(hooks: Hooks, sizes: dict[str, int]) -> dict[str, _Place]:
    """What a policy remembers, by name."""
    out: dict[str, _Place] = {}
    used = {"numbers": 0, "counts": 0, "wakes": 0}
    for name, one in hooks.declared.items():
        if isinstance(one, State):
            shape = tuple(sizes[part] if isinstance(part, str) else part for part in one.shape)
            start: float = one.start
        elif isinstance(one, Timers):
            shape, start = (one.count,), np.inf
        else:
            continue
        array = _array_of(one)
        out[name] = _Place(array, used[array], shape, start)
        used[array] += prod(shape)
    return out


def _array_of(one: State | Timers) -> str:
    """The array of the board in which a part of what a policy remembers lies."""
    return "wakes" if isinstance(one, Timers) else "counts" if type(one.start) is int else "numbers"


def _bounds(layout: dict[str, _Place], sizes: dict[str, int]) -> list[int]:
    """What `_entry` reads behind the parameters: groups and queues; of each array where it begins, ends, its shape."""
    bounds = [sizes["groups"], sizes["queues"]]
    for place in layout.values():
        bounds += [place.first, place.first + prod(place.shape), *place.shape]
    return bounds


def _bits(hooks: Hooks) -> int:
    """What has to be filled in for the methods of a policy."""
    asks = {hook: hooks.views.get(hook, ()) for hook in VIEWS}
    choices = asks["choose_agent"] + asks["choose_contact"]  # choose_interrupted always looks at the agents
    return sum(
        bit
        for bit, wanted in (
            (pv.PEOPLE, "agents" in choices),
            (pv.FIRSTS, "heads" in choices),
            (pv.WAITERS, "contacts" in choices),
            (pv.AFTER_CENTER, "center" in asks["after"]),
            (pv.AFTER_PEOPLE, "agents" in asks["after"]),
            (pv.NAMES_AGENT, "agents" in asks["choose_agent"]),
            (pv.NAMES_CONTACT, "contacts" in asks["choose_contact"]),
        )
        if wanted
    )


def _abilities(net: Book) -> npt.NDArray[np.void]:
    """What each group can do in each queue; nothing where it does not serve it."""
    rows = np.zeros((net["groups"].size, net["queues"].size), pv.ABILITY_DTYPE)
    by_group, by_queue = net["by_group"], net["by_queue"]
    at = (by_group["group"], by_group["queue"])
    rows["serves"][at] = 1
    for name in ("rank", "priority", "reserve", "after"):
        rows[name][at] = by_group[name]
    for name in ("handle_time", "resolution"):
        rows[name][at] = net["heads"][name]
    rows["order"][by_queue["group"], by_queue["queue"]] = by_queue["order"]
    return rows.reshape(-1)


def _me(policy: ClassPolicy, board: Book) -> Any:
    """What a method has as `self` in plain Python."""
    hooks = policy.hooks
    values = dict(zip(hooks.numbers, policy.values.tolist(), strict=True)) | hooks.constants
    for name, place in _layout(hooks, policy.sizes).items():
        values[name] = place.on(board)
    return _kind_of_self(hooks.name, tuple(values))._make(values.values())


@cache
def _kind_of_self(name: str, fields: tuple[str, ...]) -> Any:
    return namedtuple(name, fields)  # made while it runs


# --- machine code --------------------------------------------------------------------------------------------------


@cache
def _address(hook: str, function: Any, hooks: Hooks) -> int:
    """Where a compiled method lies, for `struct_arrays.call`; it is kept as long as the process lives."""
    entry = _entry(hook, function, hooks)
    if _numba.config.DISABLE_JIT:
        at = 1 + len(struct_arrays.FUNCTIONS)
        struct_arrays.FUNCTIONS[at] = entry
        return at
    made = _numba.cfunc("int64(int64)")(entry)
    _kept.append(made)
    return int(made.address)


_kept: list[Any] = []


def _entry(hook: str, function: Any, hooks: Hooks) -> Any:
    """What the event loop calls: the method with what it asked to be shown, its answer as a whole number.

    How large arrays are is read from the board, so that it is compiled once for all scenarios.
    """
    slow = bool(_numba.config.DISABLE_JIT)
    names: dict[str, Any] = {
        "at": (lambda record: record) if slow else system_state.board_at,
        "nan": np.nan,
        "function": function if slow else _jitted(function, {}),
        "number_of": number_of,
        "as_float": as_float,
        "asking": _readable("asking", slow),
    }
    mine: dict[str, str] = {name: f"parameters(board)[{k}]" for k, name in enumerate(hooks.numbers)}
    for name, value in hooks.constants.items():
        names[f"constant_{name}"], mine[name] = value, f"constant_{name}"
    bound = iter(f"int(parameters(board)[{k}])" for k in range(len(hooks.numbers), 10_000))
    table = f"({next(bound)}, {next(bound)})"
    for name, one in hooks.declared.items():
        if isinstance(one, State | Timers):
            part = f"{_array_of(one)}(board)[{next(bound)}:{next(bound)}]"
            dimensions = [next(bound) for _ in (one.shape if isinstance(one, State) else (1,))]
            mine[name] = part if len(dimensions) == 1 else f"{part}.reshape(({', '.join(dimensions)}))"
    for array in ("parameters", "numbers", "counts", "wakes"):
        names[array] = system_state.BOARD.array(array)
    shapes = {"one": "{}(board)[0]", "all": "{}(board)", "table": f"{{}}(board).reshape({table})"}
    given = []
    for view in hooks.views[hook]:
        array, rows = _ARRAYS[view]
        names[array] = _readable(array, slow)
        given.append(shapes.get(rows, f"{{}}(board)[:asking(board)[0].{rows}]").format(array))
    names["Me"] = _kind_of_self(hooks.name, tuple(mine))
    me = f"Me({', '.join(mine.values())})" if mine else "0"
    keep = (
        f"return {NOBODY}"
        if hook == "after"
        else "asking(board)[0].answer = as_float(chosen)\n    return number_of(chosen)"
    )
    text = f"""
def entry(address):
    board = at(address)
    asking(board)[0].answer = nan
    try:
        chosen = function({", ".join([me, *given])})
    except Exception:
        return {FAILED}
    {keep}
"""
    exec(compile(text, f"<{hooks.name}.{hook}>", "exec"), names)
    return names["entry"]


def _readable(array: str, slow: bool) -> Any:
    """A reader of a structured array of a board, whose rows have attributes in plain Python too."""
    read = system_state.BOARD.array(array)
    return (lambda board: np.asarray(read(board)).view(np.recarray)) if slow else read


def _jitted(function: Any, made: dict[Any, Any]) -> Any:
    """A function for machine code, with those of its own file that it calls."""
    if function in made:
        return made[function]
    inner = FunctionType(
        function.__code__, dict(function.__globals__), function.__name__, function.__defaults__, function.__closure__
    )
    made[function] = jit = _numba.njit(inner, boundscheck=True)
    for name in function.__code__.co_names:
        used = inner.__globals__.get(name)
        if isinstance(used, FunctionType) and used.__code__.co_filename == function.__code__.co_filename:
            inner.__globals__[name] = _jitted(used, made)
    return jit


assert set(NAMED) < set(VIEWS)
