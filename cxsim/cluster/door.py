"""A Dask cluster: one that runs somewhere, by its address, or one made for the purpose (`local:4`)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

PATIENCE = 120.0  # seconds to wait for a scheduler that has gone, or for a first worker


class NoCluster(ValueError):
    """A cluster that cannot be reached."""


class WrongVersion(RuntimeError):
    """A worker that runs other sources than whoever asked it."""


class Call(NamedTuple):
    """What a worker is asked: a function with its arguments, and what the answer belongs to."""

    key: Any
    function: Callable[..., Any]
    given: tuple[Any, ...]


class Door:
    """Workers of a Dask cluster; they may come and go, and so may the scheduler. NoCluster if none responds."""

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        try:
            import distributed
        except ImportError:
            raise NoCluster("a cluster needs Dask: pip install 'cxsim[cluster]'") from None
        self._distributed: Any = distributed
        self._patience, self._cluster = patience, None
        if address.startswith("local:"):
            count = address.removeprefix("local:")
            if not count.isdigit() or not int(count):
                raise NoCluster(f"{address!r} is not a cluster address; write local:4 or tcp://host:8786")
            self._cluster = self._distributed.LocalCluster(
                n_workers=int(count),
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=50,
                death_timeout=20,
            )
        self._address = self._cluster.scheduler_address if self._cluster is not None else address
        self._running: dict[Any, Call] = {}
        self._lost: list[Call] = []
        self._connect()

    def _connect(self) -> None:
        """A client of the scheduler; waits for one that is being restarted, and for a first worker."""
        until = time.monotonic() + self._patience
        while True:
            try:
                self._client = self._distributed.Client(self._address, timeout=5, set_as_default=False)
                self._client.wait_for_workers(1, timeout=max(1.0, until - time.monotonic()))
                return
            except (OSError, TimeoutError, ValueError, RuntimeError) as error:
                with contextlib.suppress(Exception):
                    self._client.close(timeout=1)
                if time.monotonic() > until or isinstance(error, ValueError):
                    why = str(error) or type(error).__name__
                    raise NoCluster(f"{self._address}: no cluster with workers responds ({why})") from None
                time.sleep(1.0)

    def slots(self) -> int:
        """How many threads the cluster has now."""
        with contextlib.suppress(Exception):
            return max(1, sum(map(int, self._client.nthreads().values())))
        return max(1, len(self._running) // 2)

    def hand_over(self, call: Call) -> None:
        """Have a worker answer a call."""
        try:
            future = self._client.submit(call.function, *call.given, pure=False)
        except Exception:
            self._lost.append(call)
            return
        self._running[future] = call

    def answered(self, seconds: float) -> list[tuple[Any, Any]]:
        """The keys of calls that are back, with their answers: None if the worker died over one.

        Calls of a scheduler that has gone are handed over again when there is one.
        """
        out: list[tuple[Any, Any]] = []
        if self._running and self._client.status == "running" and not self._lost:
            quiet = contextlib.suppress(TimeoutError, self._distributed.TimeoutError, CancelledError)
            with quiet, self._client.as_current():
                self._distributed.wait(list(self._running), timeout=seconds, return_when="FIRST_COMPLETED")
        for future in [one for one in self._running if one.status not in ("pending",)]:
            call = self._running.pop(future)
            if future.status == "finished":
                try:
                    out.append((call.key, future.result(timeout=30)))
                except Exception:
                    self._lost.append(call)
            elif future.status == "error":
                error = future.exception(timeout=30)
                if not isinstance(error, self._distributed.KilledWorker):
                    raise NoCluster(str(error)) if isinstance(error, WrongVersion) else error
                out.append((call.key, None))
            else:
                self._lost.append(call)
        if self._lost or self._client.status != "running":
            self._again()
        return out

    def _again(self) -> None:
        """Hand over what was lost, to a new client if the old one lost its scheduler."""
        calls = [*self._lost, *self._running.values()]
        self._lost, self._running = [], {}
        with contextlib.suppress(Exception):
            self._client.close(timeout=1)
        self._connect()
        for call in calls:
            self.hand_over(call)

    def forget(self) -> None:
        """Give up the calls that are not back."""
        with contextlib.suppress(Exception):
            self._client.cancel(list(self._running))
        self._running, self._lost = {}, []

    def close(self) -> None:
        """Leave the cluster; one made for the purpose ends."""
        with contextlib.suppress(Exception):
            self._client.cancel(list(self._running))
            self._client.close(timeout=5)
        if self._cluster is not None:
            with contextlib.suppress(Exception):
                self._cluster.close(timeout=10)
