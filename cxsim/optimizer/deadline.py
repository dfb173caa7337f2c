"""The moment by which a step is to end. Programs and simulations look at it, so that no step has to be told."""

from __future__ import annotations

import math
import time
from contextvars import ContextVar

from cxsim.optimizer.problem.stage import TimeUp

_end: ContextVar[float] = ContextVar("end", default=math.inf)


def until(end: float | None) -> None:
    """Have what follows end at this time of `time.perf_counter`; None: no more."""
    _end.set(math.inf if end is None else end)


def end() -> float:
    """That time, infinite without a deadline: for threads, which have a context of their own."""
    return _end.get()


def left() -> float:
    """Seconds until then, infinite without a deadline."""
    return end() - time.perf_counter()


def check(by: float | None = None) -> None:
    """Raises TimeUp after the deadline; `by` is the value of `end` in another thread."""
    if (end() if by is None else by) <= time.perf_counter():
        raise TimeUp
