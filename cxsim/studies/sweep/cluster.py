"""Chunks on a Dask cluster: one that runs somewhere, by its address, or one made for the sweep (`local:4`)."""

from __future__ import annotations

import contextlib
import pickle
import time
from concurrent.futures import CancelledError
from typing import Any

from cxsim.studies.sweep.worker import Answer, Chunk, Job, Worker, WrongVersion, checked

PATIENCE = 120.0  # seconds to wait for a scheduler that has gone, or for a first worker
_workers: dict[str, Worker] = {}


class NoCluster(ValueError):
    """A cluster that cannot be reached."""


def run_chunk(given: bytes, name: str, chunk: Chunk) -> Answer:
    """What a worker of the cluster does with a chunk of a pickled job; `name` tells jobs apart."""
    if name not in _workers:
        job: Job = pickle.loads(given)
        checked(job)
        _workers.clear()
        _workers[name] = Worker(job)
    return _workers[name].run(chunk)


class Dask:
    """Workers of a Dask cluster; they may come and go, and so may the scheduler."""

    def __init__(self, job: Job, address: str, patience: float = PATIENCE) -> None:
        try:
            import distributed
        except ImportError:
            raise NoCluster("a cluster needs Dask: pip install 'cxsim[cluster]'") from None
        self._distributed: Any = distributed
        self._patience, self._cluster = patience, None
        # It goes with each chunk (80 kB, unpickled once a worker): scattered, it is lost when a point kills the workers
        # that hold it, and Dask then sends it anew without counting those deaths, for ever.
        self._given = pickle.dumps(job)
        self._name = f"{job.salt}{time.time_ns()}"
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
        self._running: dict[Any, Chunk] = {}
        self._lost: list[Chunk] = []
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

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk over."""
        try:
            future = self._client.submit(run_chunk, self._given, self._name, chunk, pure=False)
        except Exception:
            self._lost.append(chunk)
            return
        self._running[future] = chunk

    def finished(self, seconds: float) -> list[tuple[Chunk, Answer | None]]:
        """Chunks that are back; those of a scheduler that has gone are handed over again when there is one."""
        out: list[tuple[Chunk, Answer | None]] = []
        if self._running and self._client.status == "running" and not self._lost:
            quiet = contextlib.suppress(TimeoutError, self._distributed.TimeoutError, CancelledError)
            with quiet, self._client.as_current():
                self._distributed.wait(list(self._running), timeout=seconds, return_when="FIRST_COMPLETED")
        for future in [one for one in self._running if one.status not in ("pending",)]:
            chunk = self._running.pop(future)
            if future.status == "finished":
                try:
                    out.append((chunk, future.result(timeout=30)))
                except Exception:
                    self._lost.append(chunk)
            elif future.status == "error":
                error = future.exception(timeout=30)
                if not isinstance(error, self._distributed.KilledWorker):
                    raise NoCluster(str(error)) if isinstance(error, WrongVersion) else error
                out.append((chunk, None))
            else:
                self._lost.append(chunk)
        if self._lost or self._client.status != "running":
            self._again()
        return out

    def _again(self) -> None:
        """Hand over what was lost, to a new client if the old one lost its scheduler."""
        chunks = [*self._lost, *self._running.values()]
        self._lost, self._running = [], {}
        with contextlib.suppress(Exception):
            self._client.close(timeout=1)
        self._connect()
        for chunk in chunks:
            self.submit(chunk)

    def close(self) -> None:
        """Leave the cluster; one made for the sweep ends."""
        with contextlib.suppress(Exception):
            self._client.cancel(list(self._running))
            self._client.close(timeout=5)
        if self._cluster is not None:
            with contextlib.suppress(Exception):
                self._cluster.close(timeout=10)
