"""Fields of frozen data that are made when they are first read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

T = TypeVar("T")


class Later:
    """What a field is made by, in the place of its value."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def later(make: Callable[[], T]) -> T:
    """A value for a field of a `Lazy` dataclass, made when the field is first read and then kept."""
    return cast("T", Later(make))


class Lazy:
    """The base of a dataclass whose fields may be given as `later(...)`.

    Such a field needs no default, or a `default_factory`. Copies and pickles hold values: they make what is missing.
    """

    def __post_init__(self) -> None:
        held = {name: value for name, value in vars(self).items() if isinstance(value, Later)}
        for name in held:
            del self.__dict__[name]
        self.__dict__["_held"] = held

    if not TYPE_CHECKING:  # a type checker knows the fields

        def __getattr__(self, name: str) -> Any:
            held = self.__dict__.get("_held", {})
            if name not in held:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            value = self.__dict__[name] = held[name].make()
            held.pop(name, None)
            return value

    def make_all(self) -> None:
        """Make every field that was not read yet, and let go what they are made of."""
        for name in tuple(self.__dict__["_held"]):
            getattr(self, name)

    def __getstate__(self) -> dict[str, Any]:
        self.make_all()
        return {**vars(self), "_held": {}}
