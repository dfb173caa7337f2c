"""Replications of a model: how many, side by side, each replayed by an engine and measured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cxsim import metrics
from cxsim.cluster import remote
from cxsim.cluster.versions import computing_version
from cxsim.engines.inputs import Inputs, Memory
from cxsim.jit.buffer_pool import Lender, Scratch
from cxsim.jit.decorators import processors
from cxsim.metrics.confidence_intervals import (
    LEAST_REPLICATIONS,
    needed,
    paired_ratio_difference,
    ratio_error,
    stopping,
)
from cxsim.metrics.control_variates import Control, controlled_difference, controlled_ratio
from cxsim.metrics.folding import Fold
from cxsim.model.demand import arrivals
from cxsim.model.network.people import redrawn
from cxsim.model.prepare import Model, prepare
from cxsim.randomness import draws
from cxsim.schema import ledger
from cxsim.schema.network import STAFF_DTYPE
from cxsim.simulation.control_variates import fresh_contacts

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Engine = Literal["clock", "story"]
Progress = Callable[[int, int], object]  # with (done, expected); False ends the run
Reader = Callable[[ledger.Ledger, int, Memory], Any]  # of a replication's ledger, number, and what its policy remembers
DEFAULT_REPLICATIONS = 20
MOST_REPLICATIONS = 10_000
HOPELESS = 100  # replications after which a figure that never occurred is no longer waited for


class Watch:
    """Passes progress on, and remembers in words whether it ended the run early."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.ended = ""

    def __call__(self, done: int, expected: int) -> bool:
        going = self._progress is None or self._progress(done, expected) is not False
        if not going and done < expected:
            self.ended = f"ended on request after {done:,} of {expected:,} replications"
        return going


def replicate(
    model: Model,
    replications: int | None = None,
    precision: dict[str, float] | None = None,
    engine: Engine = "clock",
    threads: int | None = None,
    keep: bool | Reader = False,
    progress: Progress | None = None,
    confidence: float = 0.95,
    controlled: bool = False,
) -> tuple[list[metrics.Sample], list[Any]]:
    """The samples (and ledgers, if kept, or what a reader makes of them) of as many replications as asked, in order.

    `controlled` judges precision by the intervals that control variates give. Where `progress` returns False there are
    no more than those done by then.
    """
    wanted = replications or (LEAST_REPLICATIONS if precision else DEFAULT_REPLICATIONS)
    samples: list[metrics.Sample] = []
    kept: list[Any] = []
    read = _whole if keep is True else keep or None
    while len(samples) < wanted:
        with closing(_replay_all(model, range(len(samples), wanted), engine, threads, read)) as replayed:
            for sample, held in replayed:
                samples.append(sample)
                if held is not None:
                    kept.append(held)
                if progress is not None and progress(len(samples), wanted) is False:
                    return samples, kept
        if precision and replications is None:
            known = fresh_contacts(model, len(samples)) if controlled else None
            wanted = _needed(model, samples, precision, confidence, known)
    return samples, kept


def replicate_more(
    model: Model, numbers: range, engine: Engine = "clock", threads: int | None = None
) -> list[metrics.Sample]:
    """The samples of these replications, in order; simulated on a cluster if there is one."""
    far = remote.current()
    if far is None:
        with closing(_replay_all(model, numbers, engine, threads, None)) as replayed:
            return [sample for sample, _ in replayed]
    size = max(1, -(-len(numbers) // (2 * far.slots())))
    parts = [numbers[k : k + size] for k in range(0, len(numbers), size)]
    return [sample for part in far.map(_job(model, engine), parts) for sample in part]


@dataclass(frozen=True, eq=False)
class ReplicationsJob:
    """What a worker of a cluster needs to simulate replications of a scenario; it can be pickled."""

    scenario: Scenario
    seed: int
    engine: Engine
    version: str

    def prepared(self) -> Callable[[range], list[metrics.Sample]]:
        """What simulates replications, one after another."""
        return partial(replicate_more, prepare(self.scenario, self.seed), engine=self.engine, threads=1)

    def own_version(self) -> str:
        """The version of the sources of this process."""
        return computing_version()


@lru_cache(maxsize=8)
def _job(model: Model, engine: Engine) -> ReplicationsJob:
    return ReplicationsJob(model.scenario, model.seed, engine, computing_version())


def _needed(
    model: Model,
    samples: list[metrics.Sample],
    precision: dict[str, float],
    confidence: float,
    known: Control | None = None,
) -> int:
    """How many replications the widest of the named figures seems to need; no more once all are precise."""
    most = 0
    for figure, width in precision.items():
        above, below = metrics.figure_values(samples, model.layout, figure, staffing=model.staffing)
        absolute = metrics.REGISTRY[figure].absolute
        n = len(samples)
        if known is not None:
            found = controlled_ratio(above, below, known.at(-1), confidence)[0]
            value, half = float(found.value), float(found.high - found.low) / 2
            total = needed(n, half, width if absolute else width * abs(value), most=MOST_REPLICATIONS)
        else:
            judged = stopping(above, below, width, absolute=absolute, confidence=confidence, most=MOST_REPLICATIONS)
            value, total = judged.value, judged.needed
        most = max(most, n if n >= HOPELESS and not np.isfinite(value) else total)
    return most


def side_by_side(
    models: Sequence[Model],
    replications: int | None = None,
    precision: dict[str, float] | None = None,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
    confidence: float = 0.95,
    controlled: bool = False,
) -> list[list[metrics.Sample]]:
    """The samples of the same replications of every model: so many, or until every difference is precise.

    Judged are the paired differences of each model from the first, `controlled` by its fresh contacts. `progress` is
    told of all replications together.
    """
    wanted = replications or (LEAST_REPLICATIONS if precision else DEFAULT_REPLICATIONS)
    samples: list[list[metrics.Sample]] = [[] for _ in models]
    while len(samples[-1]) < wanted:
        for model, own in zip(models, samples, strict=True):
            with closing(_replay_all(model, range(len(own), wanted), engine, threads, None)) as replayed:
                for sample, _ in replayed:
                    own.append(sample)
                    if progress is not None:
                        progress(sum(map(len, samples)), len(models) * wanted)
        if precision and replications is None:
            known = fresh_contacts(models[0], len(samples[0])) if controlled else None
            wanted = _apart(models, samples, precision, confidence, known)
    return samples


def _apart(
    models: Sequence[Model],
    samples: list[list[metrics.Sample]],
    precision: dict[str, float],
    confidence: float,
    known: Control | None = None,
) -> int:
    """How many replications the widest difference of the named figures seems to need; no more once all are precise."""
    n = len(samples[0])
    most = n
    for figure, width in precision.items():
        sides = [
            metrics.figure_values(own, model.layout, figure, staffing=model.staffing)
            for model, own in zip(models, samples, strict=True)
        ]
        value = float(ratio_error(*sides[0])[0])
        goal = width if metrics.REGISTRY[figure].absolute else width * abs(value)
        for other in sides[1:]:
            if known is None:
                found = paired_ratio_difference(sides[0], other, confidence)
            else:
                found = controlled_difference(sides[0], other, known.at(-1), confidence)
            half = float(found.high - found.low) / 2
            if np.isfinite(half) or n < HOPELESS:
                most = max(most, needed(n, half, goal, most=MOST_REPLICATIONS))
    return most


class Cancelled(Exception):
    """Raised inside a replication whose run was given up."""


class _Heeding:
    """A sink that passes everything on until its run is given up."""

    def __init__(self, sink: ledger.Sink, stop: Event) -> None:
        self._sink, self._stop = sink, stop

    def legs(self, block: np.ndarray[Any, Any]) -> None:
        if self._stop.is_set():
            raise Cancelled
        self._sink.legs(block)

    def spells(self, block: np.ndarray[Any, Any]) -> None:
        self._sink.spells(block)

    def lengths(self, waiting: np.ndarray[Any, Any], most: np.ndarray[Any, Any]) -> None:
        self._sink.lengths(waiting, most)

    def customers(self, made: ledger.Customers) -> None:
        self._sink.customers(made)


def _replay_all(
    model: Model, numbers: range, engine: Engine, threads: int | None, read: Reader | None
) -> Generator[tuple[metrics.Sample, Any], None, None]:
    """Replications in order; the compiled engine releases the interpreter, so threads run side by side."""
    stop = Event()
    one = partial(_measured, model, engine=engine, read=read, stop=stop)
    workers = min(threads or processors(), len(numbers))
    if workers <= 1 or engine == "story":
        yield from map(one, numbers)
        return
    if not numbers.start:  # alone, so that nothing is compiled twice
        yield one(numbers[0])
        numbers = numbers[1:]
    with ThreadPoolExecutor(workers) as pool:
        rest = iter(numbers)
        running = [pool.submit(one, number) for number in islice(rest, 2 * workers)]
        try:
            while running:
                first = running.pop(0)
                yield first.result()
                running += [pool.submit(one, number) for number in islice(rest, 1)]
        finally:
            stop.set()
            for future in running:
                future.cancel()


def _measured(
    model: Model, number: int, *, engine: Engine, read: Reader | None, stop: Event
) -> tuple[metrics.Sample, Any]:
    keeper = ledger.Keeper() if read is not None else None
    with _folds.lend(id(model.layout), lambda: metrics.fold(model.layout)) as fold:
        sink = fold if keeper is None else ledger.Both(fold, keeper)
        memory = replay(model, number, engine, _Heeding(sink, stop))
        sample = fold.finish()
    return sample, read(keeper.ledger(), number, memory) if keeper is not None and read is not None else None


def _whole(made: ledger.Ledger, _: int, __: Memory) -> ledger.Ledger:
    return made


_scratches: Lender[Scratch] = Lender(processors())
_folds: Lender[Fold] = Lender(processors())  # by the address of a layout, which they hold


def inputs(model: Model, replication: int, scratch: Scratch | None = None) -> Inputs:
    """What an engine needs for one replication; with `scratch` its arrivals lie there, until the next call."""
    key = draws.run_key(model.seed, replication)
    times, issues = arrivals(model.demand, key, scratch) if model.drawn is None else model.drawn(replication)
    network = redrawn(model.network, model.scenario, model.plan, model.seed, replication)
    return Inputs(network, model.plan.events.astype(STAFF_DTYPE), times, issues, key, model.policy)


def replay(model: Model, replication: int, engine: Engine, sink: ledger.Sink) -> Memory:
    """Replay one replication in one engine; its ledger goes to `sink` block by block. What its policy remembers."""
    with _scratches.lend(None, Scratch) as scratch:
        if engine == "clock":
            from cxsim.engines.clock import replay as clock

            clock.ready(model.network)  # before arrivals are drawn, whose code is compiled beside it
            return clock.replay(inputs(model, replication, scratch), sink)
        from cxsim.engines import story

        return story.replay(inputs(model, replication, scratch), sink)
