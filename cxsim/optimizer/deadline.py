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


def left() -> float:
    """Seconds until then, infinite without a deadline."""
    return _end.get() - time.perf_counter()


def check() -> None:
    """Raises TimeUp once it is over."""
    if left() <= 0.0:
        raise TimeUp
