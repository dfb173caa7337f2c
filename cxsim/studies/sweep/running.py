"""Running chunks: in threads of this process, in processes of their own, or wherever else a `Crew` has its workers."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from threading import Event
from typing import Any, Protocol

from cxsim.studies.sweep.cluster import Dask
from cxsim.studies.sweep.worker import Answer, Chunk, Failure, Job, Unit, Worker

SECONDS = 2.0  # of work in a chunk: what a killed worker costs
MOST_UNITS = 500
LETHAL = "WorkerDied"


class Crew(Protocol):
    """Workers that take chunks: `submit`, then `finished` until all are back."""

    def slots(self) -> int:
        """How many chunks it works on at a time."""

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk over."""

    def finished(self, seconds: float) -> list[tuple[Chunk, Answer | None]]:
        """Chunks that are back within that time; without an answer if their worker died over them."""

    def close(self) -> None:
        """Let the workers go."""


def drive(
    crew: Crew, units: Sequence[Unit], take: Callable[[Answer], bool], stop: Event, seconds: float = SECONDS
) -> list[Failure]:
    """Have every unit run; `take` gets each answer and says whether to go on. The units that kill their worker.

    A chunk whose worker died is run again when all others are done, alone; if it kills again it is halved until the
    point that does it is found.
    """
    lethal: list[Failure] = []
    suspects: deque[Chunk] = deque()
    place, running, each, alone = 0, 0, 0.0, False

    def enough() -> int:
        """How many units make a chunk of the wanted time, the last ones shared out evenly."""
        even = math.ceil((len(units) - place) / (2 * max(1, crew.slots())))
        return max(1, min(int(seconds / each) if each > 0.0 else 1, MOST_UNITS, even))

    try:
        while not stop.is_set():
            while place < len(units) and running < 2 * crew.slots():
                size = enough()
                crew.submit(list(units[place : place + size]))
                place, running = place + size, running + 1
            if not running:
                if not suspects:
                    break
                alone = True
                crew.submit(suspects.popleft())
                running = 1
            for chunk, answer in crew.finished(0.5):
                running -= 1
                if answer is not None:
                    each = answer.seconds / len(chunk) if not each else 0.7 * each + 0.3 * answer.seconds / len(chunk)
                    if not take(answer):
                        stop.set()
                elif not alone:
                    suspects.append(chunk)
                elif len(chunk) > 1:
                    suspects.extendleft([chunk[len(chunk) // 2 :], chunk[: len(chunk) // 2]])
                else:
                    text = "its worker died at this point more than once; run the point alone to see why"
                    lethal.append(Failure(chunk[0].point, chunk[0].key, LETHAL, text))
    finally:
        stop.set()
        for _, answer in _last(crew, running):
            if answer is not None:
                take(answer)
    return lethal


def _last(crew: Crew, running: int) -> Iterator[tuple[Chunk, Answer | None]]:
    """What chunks that were asked to stop have so far."""
    until = time.monotonic() + 10.0
    while running and time.monotonic() < until:
        back = crew.finished(0.5)
        running -= len(back)
        yield from back


class Threads:
    """Threads of this process: the compiled engine lets them run side by side."""

    def __init__(self, job: Job, workers: int, stop: Event, worker: Worker | None = None) -> None:
        self._workers = workers
        self._worker = worker or Worker(job, stop)
        self._pool = ThreadPoolExecutor(workers)
        self._running: dict[Future[Answer], Chunk] = {}

    def slots(self) -> int:
        """How many chunks it works on at a time."""
        return self._workers

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk over."""
        self._running[self._pool.submit(self._worker.run, chunk)] = chunk

    def finished(self, seconds: float) -> list[tuple[Chunk, Answer | None]]:
        """Chunks that are back."""
        done, _ = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED)
        return [(self._running.pop(future), future.result()) for future in done]

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=True, cancel_futures=True)


_worker: Worker | None = None


def _begin(job: Job, parent: int, run: Callable[[Chunk], Answer] | None) -> None:
    """Begin in a new process: one worker, and a thread that ends it when its parent has gone."""
    global _worker
    _worker = Worker(job)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _run(chunk: Chunk) -> Answer:
    assert _worker is not None
    return _worker.run(chunk)


class Processes:
    """Processes of their own, for work that keeps the interpreter busy, or may take its process down."""

    def __init__(self, job: Job, workers: int, stop: Event, run: Callable[[Chunk], Answer] = _run) -> None:
        self._job, self._workers, self._stop, self._run = job, workers, stop, run
        self._running: dict[Future[Answer], Chunk] = {}
        self._broken: list[Chunk] = []
        self._pool = self._made()

    def _made(self) -> ProcessPoolExecutor:
        given = (self._job, os.getpid(), None)
        return ProcessPoolExecutor(self._workers, get_context("spawn"), _begin, given)

    def slots(self) -> int:
        """How many chunks it works on at a time."""
        return self._workers

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk over."""
        try:
            self._running[self._pool.submit(self._run, chunk)] = chunk
        except BrokenProcessPool:
            self._broken.append(chunk)

    def finished(self, seconds: float) -> list[tuple[Chunk, Answer | None]]:
        """Chunks that are back; a death takes those of all processes with it."""
        done, _ = wait(self._running, timeout=0.0 if self._broken else seconds, return_when=FIRST_COMPLETED)
        out: list[tuple[Chunk, Answer | None]] = []
        dead = bool(self._broken)
        for future in done:
            chunk = self._running.pop(future)
            try:
                out.append((chunk, future.result()))
            except BrokenProcessPool:
                dead = True
                out.append((chunk, None))
        if dead:
            out += [(chunk, None) for chunk in (*self._running.values(), *self._broken)]
            self._running, self._broken = {}, []
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = self._made()
        return out

    def close(self) -> None:
        """Let the processes go."""
        processes = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=not self._stop.is_set() or not self._running, cancel_futures=True)
        for process in processes if self._running else ():
            process.terminate()


def crew(job: Job, workers: int, stop: Event, cluster: str | None = None) -> Any:
    """The workers for a job: a cluster if one is named, processes for what cannot run in threads, else threads."""
    if cluster is not None:
        return Dask(job, cluster)
    alone = job.engine == "story" or job.task == "optimize"
    return Processes(job, workers, stop) if alone else Threads(job, workers, stop)
