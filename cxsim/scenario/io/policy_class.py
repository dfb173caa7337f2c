"""A policy that is a class: its methods, what they ask to be shown, and what it declares."""

from __future__ import annotations

import dis
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cxsim.policies import State, Timers
from cxsim.scenario.io.policy_rules import LARGEST, PolicyFault, sound
from cxsim.scenario.model import units

HOOKS = ("choose_agent", "choose_contact", "choose_interrupted", "after")
ANYWHERE = ("agents", "skills", "every_queue", "every_group", "center")
VIEWS = {
    "choose_agent": ("contact", "groups", *ANYWHERE),
    "choose_contact": ("agent", "queues", "heads", "contacts", *ANYWHERE),
    "choose_interrupted": ("contact", *ANYWHERE),
    "after": ("event", *ANYWHERE),
}
# What a choice names one of: the first of these that it is shown.
NAMED = {
    "choose_agent": ("agents", "groups"),
    "choose_contact": ("contacts", "queues", "heads"),
    "choose_interrupted": ("agents",),
}
EXAMPLES = {
    "choose_agent": "def choose_agent(self, contact, groups, center)",
    "choose_contact": "def choose_contact(self, agent, queues, center)",
    "choose_interrupted": "def choose_interrupted(self, contact, agents)",
    "after": "def after(self, event)",
}


@dataclass(frozen=True, eq=False)
class Hooks:
    """The methods of a policy with what each asks for by name, and what its class declares."""

    name: str
    functions: dict[str, Callable[..., Any]]
    views: dict[str, tuple[str, ...]]
    declared: dict[str, Any]  # numbers, tuples, State and Timers, by name

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Its parameters, with the number each has if the scenario gives none."""
        return {name: float(value) for name, value in self.declared.items() if type(value) in (int, float)}

    @cached_property
    def states(self) -> dict[str, State]:
        """What it remembers."""
        return {name: value for name, value in self.declared.items() if isinstance(value, State)}

    @cached_property
    def timers(self) -> dict[str, Timers]:
        """Its timers."""
        return {name: value for name, value in self.declared.items() if isinstance(value, Timers)}

    @cached_property
    def constants(self) -> dict[str, Any]:
        """Its tuples of numbers."""
        return {name: value for name, value in self.declared.items() if isinstance(value, tuple)}

    @property
    def sees_effort(self) -> bool:
        """Whether it looks at customers' effort, which only some loops of the engine count."""
        return any("effort" in function.__code__.co_names for function in self.functions.values())

    def returns(self, hook: str) -> str:
        """Which of its arguments holds what a choice names."""
        return next(one for one in NAMED[hook] if one in self.views[hook])


def policy_classes(names: dict[str, Any]) -> list[type]:
    """The classes with a hook that a file defines itself."""
    own = names.get("__name__")
    return [
        one
        for one in names.values()
        if isinstance(one, type) and one.__module__ == own and any(hasattr(one, hook) for hook in HOOKS)
    ]


def hooks_of(kind: type) -> Hooks:
    """What a class is as a policy. Raises PolicyFault for the first thing that is wrong with it."""
    functions: dict[str, Callable[..., Any]] = {}
    declared: dict[str, Any] = {}
    for base in reversed(kind.__mro__[:-1]):
        for name, value in vars(base).items():
            if name.startswith("__") and name != "__init__":
                continue
            value = getattr(value, "py_func", value)
            if inspect.isfunction(value):
                functions[name] = value
            else:
                declared[name] = value
    hooks = {name: functions[name] for name in HOOKS if name in functions}
    for name, function in functions.items():
        if name not in HOOKS:
            _unknown(kind, name, function)
    if not hooks:
        raise PolicyFault(f"{kind.__name__} defines no {' or '.join(HOOKS)}", f"write {EXAMPLES['choose_contact']}")
    for name, value in declared.items():
        _declared(kind, name, value)
    for name, function in hooks.items():
        _uses(kind, name, function, declared)
    views = {name: _views(kind, name, function) for name, function in hooks.items()}
    return Hooks(kind.__name__, hooks, views, declared)


def _unknown(kind: type, name: str, function: Any) -> None:
    line = int(function.__code__.co_firstlineno)
    rule = f"{kind.__name__}.{name} is not a method that cxsim calls"
    near = units.nearest(name, HOOKS)
    if name == "__init__":
        raise PolicyFault(rule, "declare numbers in the class: kept = 1.0, served = State('groups')", line)
    fix = f"did you mean {near}?" if near else "write it as a function above the class"
    raise PolicyFault(rule, fix, line)


def _declared(kind: type, name: str, value: Any) -> None:
    place = f"{kind.__name__}.{name}"
    if name.startswith("_"):
        raise PolicyFault(f"{place} begins with an underscore", f"call it {name.strip('_')}")
    if isinstance(value, State | Timers):
        return
    if type(value) in (int, float):
        if not abs(value) < LARGEST:
            raise PolicyFault(f"{place} = {value!r} is not a finite number", f"write {name} = 1.0, say")
        return
    plain = isinstance(value, tuple) and value and all(type(x) in (int, float) and math.isfinite(x) for x in value)
    if not plain or len({type(x) for x in value}) > 1:
        rule = f"{place} is a {type(value).__name__}, not a number, a tuple of whole or other numbers, State or Timers"
        raise PolicyFault(rule, f"write {name} = 1.0 for a parameter, {name} = State('queues') for what it remembers")


def _uses(kind: type, hook: str, function: Any, declared: dict[str, Any]) -> None:
    """A method only reads what the class declares of itself, and keeps nothing elsewhere."""
    line = int(function.__code__.co_firstlineno)
    me = next(iter(inspect.signature(function).parameters), "")
    of_self = False
    for one in dis.get_instructions(function):
        line = getattr(getattr(one, "positions", None), "lineno", None) or line
        if of_self and one.opname == "STORE_ATTR":
            name = one.argval
            fix = f"declare {name} = State() in the class, and write {me}.{name}[0] = …"
            raise PolicyFault(f"{kind.__name__}.{hook} sets {me}.{name}, but only arrays can change", fix, line)
        if of_self and one.opname in ("LOAD_ATTR", "LOAD_METHOD") and one.argval not in declared:
            rule = f"{kind.__name__}.{hook} uses {me}.{one.argval}, which the class does not declare"
            known = units.nearest(str(one.argval), [name for name in declared if not name.startswith("_")])
            fix = f"did you mean {known}?" if known else f"write {one.argval} = 1.0, State(…) or Timers() in the class"
            raise PolicyFault(rule, fix, line)
        last = one.argval[-1] if isinstance(one.argval, tuple) else one.argval
        of_self = one.opname.startswith("LOAD_FAST") and last == me
    sound(function, int(function.__code__.co_firstlineno), declared=declared)


def _views(kind: type, hook: str, function: Any) -> tuple[str, ...]:
    """What a method asks to be shown, by the names of its arguments."""
    line = int(function.__code__.co_firstlineno)
    given = list(inspect.signature(function).parameters.values())
    names = tuple(one.name for one in given[1:])
    place = f"{kind.__name__}.{hook}"
    plain = all(one.kind is one.POSITIONAL_OR_KEYWORD and one.default is one.empty for one in given)
    if not given or not plain:
        raise PolicyFault(f"{place} takes more than names", f"write {EXAMPLES[hook]}", line)
    for name in names:
        if name not in VIEWS[hook]:
            rule = f"{place} asks for {name!r}, which it cannot be shown"
            raise PolicyFault(rule, units.suggestion(name, VIEWS[hook], "it can be shown"), line)
    if hook in NAMED and not any(one in names for one in NAMED[hook]):
        rule = f"{place} is not shown what it chooses from"
        raise PolicyFault(rule, f"add {' or '.join(NAMED[hook])}: {EXAMPLES[hook]}", line)
    return names
