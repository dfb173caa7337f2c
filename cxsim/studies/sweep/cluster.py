"""Chunks on a Dask cluster: one that runs somewhere, by its address, or one made for the sweep (`local:4`)."""

from __future__ import annotations

import pickle
import time

from cxsim.cluster.door import PATIENCE, Call, Door, NoCluster
from cxsim.studies.sweep.worker import Answer, Chunk, Job, Worker, checked

_workers: dict[str, Worker] = {}


def run_chunk(given: bytes, name: str, chunk: Chunk) -> Answer:
    """What a worker of the cluster does with a chunk of a pickled job; `name` tells jobs apart."""
    if name not in _workers:
        job: Job = pickle.loads(given)
        checked(job)
        _workers.clear()
        _workers[name] = Worker(job)
    return _workers[name].run(chunk)


class Dask(Door):
    """Workers of a Dask cluster that simulate the points of one job."""

    def __init__(self, job: Job, address: str, patience: float = PATIENCE) -> None:
        # It goes with each chunk (80 kB, unpickled once a worker): scattered, it is lost when a point kills the workers
        # that hold it, and Dask then sends it anew without counting those deaths, for ever.
        self._given = pickle.dumps(job)
        self._name = f"{job.salt}{time.time_ns()}"
        super().__init__(address, patience)

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk over."""
        self.hand_over(Call(chunk, run_chunk, (self._given, self._name, chunk)))

    def finished(self, seconds: float) -> list[tuple[Chunk, Answer | None]]:
        """Chunks that are back; those of a scheduler that has gone are handed over again when there is one."""
        return self.answered(seconds)


__all__ = ["Dask", "NoCluster"]
