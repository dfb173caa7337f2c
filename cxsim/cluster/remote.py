"""Replications on a cluster: whoever simulates in parts asks `current` whether there is one.

Answers come back in the order of the parts, and parts do not depend on the workers, so sums are those of this machine.
"""

from __future__ import annotations

import hashlib
import pickle
import platform
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from cxsim.cluster.door import Call, Door, NoCluster, WrongVersion

KEPT = 4  # jobs that a worker keeps prepared
TRIES = 3  # times that a part is handed over if its worker dies
_current: ContextVar[Remote | None] = ContextVar("cluster", default=None)
_prepared: dict[str, Callable[[Any], Any]] = {}


class Job(Protocol):
    """What a worker needs; it can be pickled."""

    @property
    def version(self) -> str:
        """The version of the sources that it is meant for."""

    def prepared(self) -> Callable[[Any], Any]:
        """What answers the parts, made once by each worker."""

    def own_version(self) -> str:
        """The version of the sources of this process."""


def answer(given: bytes, name: str, part: Any) -> Any:
    """What a worker does with a part of a pickled job."""
    if name not in _prepared:
        job: Job = pickle.loads(given)
        if job.version != job.own_version():
            raise WrongVersion(
                f"{platform.node()} runs another version of cxsim; install the same version on every worker"
            )
        while len(_prepared) >= KEPT:
            del _prepared[next(iter(_prepared))]
        _prepared[name] = job.prepared()
    return _prepared[name](part)


class Remote:
    """A cluster that answers the parts of jobs."""

    def __init__(self, address: str) -> None:
        self._door = Door(address)
        self._packed: dict[int, tuple[Any, bytes, str]] = {}  # by the address of a job, which is kept

    def slots(self) -> int:
        """How many parts are answered at the same time."""
        return self._door.slots()

    def map(self, job: Job, parts: Sequence[Any], check: Callable[[], object] = bool) -> list[Any]:
        """The answers to all parts, in their order; `check` is called while waiting and may raise.

        NoCluster if workers die over a part again and again.
        """
        given, name = self._pickled(job)
        waiting, tries = deque(range(len(parts))), [0] * len(parts)
        out: dict[int, Any] = {}
        running, most = 0, 2 * self.slots()
        try:
            while len(out) < len(parts):
                check()
                while waiting and running < most:
                    k = waiting.popleft()
                    self._door.hand_over(Call(k, answer, (given, name, parts[k])))
                    running += 1
                for k, found in self._door.answered(0.5):
                    running -= 1
                    tries[k] += 1
                    if found is not None:
                        out[k] = found
                    elif tries[k] < TRIES:
                        waiting.append(k)
                    else:
                        raise NoCluster("workers of the cluster die over a simulation; see their logs")
        except BaseException:
            self._door.forget()
            raise
        return [out[k] for k in range(len(parts))]

    def _pickled(self, job: Job) -> tuple[bytes, str]:
        known = self._packed.get(id(job))
        if known is None or known[0] is not job:
            try:
                given = pickle.dumps(job)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise NoCluster(
                    f"this scenario cannot be sent to a cluster ({error}); name its routing policy as a file"
                ) from None
            known = (job, given, hashlib.blake2b(given, digest_size=8).hexdigest())
            while len(self._packed) >= KEPT:
                del self._packed[next(iter(self._packed))]
            self._packed[id(job)] = known
        return known[1], known[2]

    def close(self) -> None:
        """Leave the cluster."""
        self._door.close()


def current() -> Remote | None:
    """The cluster that this thread of work uses, if any."""
    return _current.get()


@contextmanager
def on(address: str | None) -> Iterator[None]:
    """Have what follows simulate on a cluster: `tcp://host:8786`, or `local:4`; None: on this machine."""
    if address is None:
        yield
        return
    remote = Remote(address)
    token = _current.set(remote)
    try:
        yield
    finally:
        _current.reset(token)
        remote.close()
