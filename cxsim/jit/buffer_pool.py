"""What is used by one replication after another, as making it anew would take longer than using it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt


class Scratch:
    """Arrays that are used again: whoever asks for one by its name finds in it what was left there.

    Pages that a process gets anew are zeroed by the system, and in no cache.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    @property
    def nbytes(self) -> int:
        """What is held, in bytes."""
        return sum(array.nbytes for array in self._arrays.values())

    def array(self, name: str, count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """The array of a name, with so many items of a dtype that the name always has."""
        held = self._arrays.get(name)
        if held is None or held.size < count:
            held = self._arrays[name] = np.empty(count + (count >> 3), dtype)
        return held[:count]


class _Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


Thing = TypeVar("Thing", bound=_Sized)
MOST = 1 << 27  # bytes that are held


class Lender(Generic[Thing]):
    """Holds the last few of some things that are costly to make, each used by one at a time; 128 MiB at most."""

    def __init__(self, held: int) -> None:
        self._things: deque[tuple[Any, Thing, int]] = deque(maxlen=held)
        self._lock = Lock()

    @contextmanager
    def lend(self, key: Any, make: Callable[[], Thing]) -> Iterator[Thing]:
        """A thing for `key`, made if none is free. After an error it does not come back: who knows how it was left."""
        with self._lock:
            found = next((row for row in self._things if row[0] == key), None)
            if found is not None:
                self._things.remove(found)
        thing = make() if found is None else found[1]
        yield thing
        with self._lock:
            self._things.append((key, thing, thing.nbytes))
            while sum(nbytes for _, _, nbytes in self._things) > MOST:
                self._things.popleft()
