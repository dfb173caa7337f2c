"""A routing policy of the user's own, ready to be asked: plain Python for `story`, machine code for `clock`.

The event loop is not compiled again for it: the address of the compiled function stands on the board, and the loop
calls what it finds there. Where a function fails or names what cannot be chosen, the loop notes it and keeps the
moment; the function is then asked once more in plain Python, which tells the line.
"""

from __future__ import annotations

import dis
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from numbers import Real
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.core import types
from numba.extending import overload
from numba.np.unsafe import ndarray

from cxsim.jit import struct_arrays
from cxsim.jit.struct_arrays import Book
from cxsim.rules.routing import system_state
from cxsim.scenario.io.faults import Fault, ScenarioError, shown
from cxsim.scenario.io.policy_file import AGENT, CONTACT, VIEWS, Choice, PolicyFault, PolicyFile, line_of
from cxsim.scenario.model import units

_numba: Any = numba
_to_fixed_tuple: Any = ndarray.to_fixed_tuple
_overload: Any = overload
NOBODY, FAILED = -1, -2
ROWS = {AGENT: ("contact", "candidates"), CONTACT: ("free_agent", "heads")}

# Readers of the whole arrays that a function is shown.
_contact, _free_agent, _center = (system_state.BOARD.array(name) for name in ("contact", "free_agent", "center"))
_candidates, _heads = system_state.BOARD.array("candidates"), system_state.BOARD.array("heads")
_asking, _parameters = system_state.BOARD.array("asking"), system_state.BOARD.array("parameters")
_READERS = {AGENT: (_contact, _candidates), CONTACT: (_free_agent, _heads)}


class PolicyError(ScenarioError):
    """A policy of the user's own that failed in a run."""


@dataclass(frozen=True, eq=False)
class OwnPolicy:
    """The functions of a policy with their parameters, and the names of what they are asked about."""

    file: PolicyFile
    values: npt.NDArray[np.float64]  # of the parameters of the agents' function, then those of the contacts'
    queues: tuple[str, ...]
    groups: tuple[str, ...]

    def agent(self, board: Book) -> int:
        """The group whose longest idle agent takes the contact that the board shows; -1 for nobody."""
        return self._asked(AGENT, board)

    def contact(self, board: Book) -> int:
        """The queue whose head the agent that the board shows takes; -1 for none."""
        return self._asked(CONTACT, board)

    def fresh(self) -> OwnPolicy:
        """The policy without what earlier calls kept: for one replication in plain Python. Raises PolicyError."""
        try:
            file = self.file.fresh()
        except PolicyFault as fault:
            raise PolicyError([Fault(f"{self.file.path}:{fault.line or 1}:1", "", "", fault.rule, fault.fix)]) from None
        return self if file is self.file else replace(self, file=file)

    def begin(self, board: Book, net: Book) -> None:
        """Put on a board what every replication begins with."""
        board.put("parameters", self.values)

    def remembers(self, board: Book) -> dict[str, npt.NDArray[Any]]:
        """Nothing: only a class can."""
        return {}

    def make_room(self, board: Book, contacts: int) -> None:
        """Nothing: it is shown no more than one contact of each queue."""

    def compiled_for(self, board: Book) -> None:
        """Put the addresses of the compiled functions on a board.

        Raises PolicyError for what cannot be compiled, and for what calls could change: machine code has it as it was
        when it was compiled.
        """
        self._stateless()
        for kind, choice, column in ((AGENT, self.file.agent, "agent_at"), (CONTACT, self.file.contact, "contact_at")):
            if choice is not None:
                try:
                    board["asking"][column] = _address(kind, choice, self._first(kind))
                except Exception as error:  # of the compiler, whatever it is: a KeyError for a field there is not
                    raise self._uncompiled(kind, choice, error) from None

    def _stateless(self) -> None:
        faults = [
            Fault(
                f"{self.file.path}:{one.line}:1",
                "",
                one.name,
                f"is {one.kind}, which calls could change, but the engine clock keeps its first value",
                "write a tuple if the numbers stay the same, or run with --engine story",
            )
            for one in self.file.state
            if one.kind != "a ndarray"
        ]
        if faults:
            raise PolicyError(faults)

    def failure(self, board: Book) -> PolicyError:
        """What went wrong at the moment that a board keeps."""
        kind = AGENT if board["asking"]["failed"][0] == system_state.CHOOSES_AGENT else CONTACT
        try:
            self._asked(kind, board)
        except PolicyError as error:
            return error
        rule = "fails when it is compiled, but not in plain Python"
        return self._fault(kind, board, rule, "return one type of number, and never divide by zero")

    def _choice(self, kind: str) -> Choice:
        choice = self.file.agent if kind == AGENT else self.file.contact
        assert choice is not None
        return choice

    def _first(self, kind: str) -> int:
        return len(self.file.agent.parameters) if kind == CONTACT and self.file.agent else 0

    def _asked(self, kind: str, board: Book) -> int:
        """What a function says in plain Python. Raises PolicyError."""
        choice, first = self._choice(kind), self._first(kind)
        one, many = ROWS[kind]
        rows = _as_python(many, board, int(board["asking"]["count"][0]))
        given = self.values[first : first + len(choice.parameters)].tolist()
        try:
            chosen = choice.function(_as_python(one, board)[0], rows, _as_python("center", board)[0], *given)
        except (Exception, SystemExit) as error:
            line = line_of(error, self.file.path)
            if isinstance(error, AttributeError) and error.name and isinstance(error.obj, tuple):
                raise self._no_field(kind, error.name, line) from None
            rule = f"fails: {type(error).__name__}: {error}"
            raise self._fault(kind, board, rule, "correct the policy", line) from None
        number = float(chosen) if isinstance(chosen, Real) else None  # what else there is cannot be compared
        if chosen is None:
            return NOBODY
        if number is not None and any(number == row.number for row in rows):
            return int(number)
        what = "group with an idle agent for this contact" if kind == AGENT else "queue with a contact for this agent"
        rule = f"returns {shown(chosen)}, which is not a {what}"
        raise self._fault(
            kind, board, rule, f"return the number of one of the {VIEWS[kind][1]} in its arguments, or None"
        )

    def _fault(self, kind: str, board: Book, rule: str, fix: str, line: int = 0) -> PolicyError:
        function: Any = self._choice(kind).function
        line, name = line or int(function.__code__.co_firstlineno), function.__name__
        said = f"{fix}. Its arguments were {'; '.join(self._state(kind, board))}"
        return PolicyError([Fault(f"{self.file.path}:{line}:1", name, "", rule, said)])

    def _state(self, kind: str, board: Book) -> list[str]:
        """The moment in words: what a function was shown."""
        one, many = ROWS[kind]
        names = {"queue": self.queues, "group": self.groups}
        of_rows = self.groups if kind == AGENT else self.queues
        told = [f"{VIEWS[kind][0]}({fields(board[one][0], names)})"]
        for row in board[many][: board["asking"]["count"][0]]:
            told.append(f"{dict(enumerate(of_rows)).get(int(row['number']), '?')}({fields(row, {})})")
        return [*told, f"center({fields(board['center'][0], {})})"]

    def _no_field(self, kind: str, name: str, line: int = 0) -> PolicyError:
        """A field that what is shown has not; perhaps something else that is shown has it."""
        function: Any = self._choice(kind).function
        fields = {_called(row): system_state.BOARD.dtypes[row].names or () for row in (*ROWS[kind], "center")}
        owners = [row for row, names in fields.items() if name in names]
        fix = f"write {owners[0]}.{name}" if owners else ""
        known = list(dict.fromkeys(one for names in fields.values() for one in names))
        fix = fix or units.suggestion(name, known, "they are")
        places = [one.positions for one in dis.get_instructions(function) if one.argval == name]
        line = line or (places and places[0] and places[0].lineno) or int(function.__code__.co_firstlineno)
        rule = "is not a field of this argument" if owners else "is not a field of its arguments"
        return PolicyError([Fault(f"{self.file.path}:{line}:1", function.__name__, name, rule, fix)])

    def _uncompiled(self, kind: str, choice: Choice, error: Exception) -> PolicyError:
        """What the compiler says, shortened to what a user can act on."""
        line, value = int(choice.function.__code__.co_firstlineno), ""
        if isinstance(error, KeyError):
            return self._no_field(kind, str(error.args[0]))
        if "function number_of" in str(error):
            rule = "returns something that is not a number"
            fix = f"return the number of one of the {VIEWS[kind][1]} in its arguments, or None"
        else:
            head, line = compiler_said(error, self.file, line)
            rule = f"cannot be compiled for the engine clock: {head}"
            fix = "use only numbers, ifs and loops, or run with --engine story, which takes any Python"
            if "Numba type of <class 'function'>" in head:
                fix = "write @numba.njit above that function, or run with --engine story, which takes any Python"
        return PolicyError([Fault(f"{self.file.path}:{line}:1", choice.function.__name__, value, rule, fix)])


def compiler_said(error: Exception, file: PolicyFile, line: int) -> tuple[str, int]:
    """The first sentence of the compiler's message, and the line of the file that it names, else `line`."""
    said = [text.strip() for text in str(error).splitlines() if text.strip()]
    head = next((text for text in said if not text.startswith(("Failed in", "\x1b"))), said[0] if said else "")
    for text in said:
        if file.path.name in text and "line" in text:
            digits = "".join(c for c in text.rpartition("line")[2] if c.isdigit())
            line = int(digits) if digits else line
    return head, line


def fields(row: Any, names: dict[str, tuple[str, ...]]) -> str:
    """The fields of a row as `name value`, with names for numbers of queues and groups."""
    return ", ".join(
        f"{name} {names[name][row[name]] if name in names else f'{row[name]:.5g}'}" for name in row.dtype.names
    )


def _called(name: str) -> str:
    """What a function may call one of the rows it is shown."""
    return {"candidates": "group", "heads": "queue", "free_agent": "agent"}.get(name, name)


@cache
def row_kind(name: str, called: str) -> Any:
    """The named tuple of the rows of an array of a board."""
    return namedtuple(called, system_state.BOARD.dtypes[name].names or ())


def _as_python(name: str, board: Book, count: int = 1) -> tuple[Any, ...]:
    """The first rows of an array of a board as plain Python."""
    return tuple(row_kind(name, _called(name))._make(row) for row in board[name][:count].tolist())


@cache
def _address(kind: str, choice: Choice, first: int) -> int:
    """Where the compiled function lies, for `memory.call`; it is kept as long as the process lives."""
    one, many = _READERS[kind]
    function, count = choice.function, len(choice.parameters)
    if _numba.config.DISABLE_JIT:
        at = 1 + len(struct_arrays.FUNCTIONS)
        struct_arrays.FUNCTIONS[at] = partial(_asked_slowly, function, one, many, first, count)
        return at
    made = _numba.cfunc("int64(int64)")(_entry(_numba.njit(function, boundscheck=True), one, many, first, count))
    _kept.append(made)
    return int(made.address)


_kept: list[Any] = []


def _entry(function: Any, one: Any, many: Any, first: int, count: int) -> Callable[[int], int]:
    """What the event loop calls: the function with the rows of a board, its answer as a whole number."""
    at = system_state.board_at

    def entry(address: int) -> int:
        board = at(address)
        rows = many(board)[: _asking(board)[0].count]
        values = _to_fixed_tuple(_parameters(board)[first : first + count], count)
        shown = (one(board)[0], rows, _center(board)[0], *values)
        try:
            chosen = function(*shown)
        except Exception:
            return FAILED
        return number_of(chosen)

    return entry


def number_of(chosen: Any) -> int:
    """What a function chose as a whole number."""
    return NOBODY if chosen is None else int(chosen) if chosen == abs(chosen) // 1 else FAILED


def as_float(chosen: Any) -> float:
    """What a function chose as it stands; not a number for None."""
    return np.nan if chosen is None else float(chosen)


@_overload(as_float)
def _compiled_float(chosen):  # type: ignore[no-untyped-def]  # numba types it
    if isinstance(chosen, types.NoneType):
        return lambda chosen: np.nan
    kind = chosen.type if isinstance(chosen, types.Optional) else chosen
    if isinstance(kind, (types.Integer, types.Boolean, types.Float)):
        return lambda chosen: np.nan if chosen is None else 1.0 * chosen
    return None


@_overload(number_of)
def _compiled_number(chosen):  # type: ignore[no-untyped-def]  # numba types it
    if isinstance(chosen, types.NoneType):
        return lambda chosen: NOBODY
    kind = chosen.type if isinstance(chosen, types.Optional) else chosen
    if isinstance(kind, (types.Integer, types.Boolean)):
        return lambda chosen: NOBODY if chosen is None else int(chosen) if chosen >= 0 else FAILED
    if isinstance(kind, types.Float):
        return lambda chosen: NOBODY if chosen is None else int(chosen) if chosen == abs(chosen) // 1 else FAILED
    return None


def _asked_slowly(function: Any, one: Any, many: Any, first: int, count: int, board: Any) -> int:
    """The same without a compiler."""
    rows = many(board)[: int(_asking(board)["count"][0])].view(np.recarray)
    given = [float(x) for x in _parameters(board)[first : first + count]]
    try:
        shown = (one(board).view(np.recarray)[0], rows, _center(board).view(np.recarray)[0])
        return number_of(function(*shown, *given))
    except Exception:
        return FAILED
