"""What a worker does: replay the points of a chunk, and hand back their figures as the bytes of a Parquet file."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.cluster.door import WrongVersion
from cxsim.cluster.versions import sources_version
from cxsim.engines.clock import replay
from cxsim.metrics.families import FROM_CONTACTS, families, formula, parts
from cxsim.metrics.folding import HandedBack, add_legs, add_spells, check, complete, rules
from cxsim.metrics.registry import REGISTRY, terms
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS
from cxsim.metrics.tally import NO_WAITS
from cxsim.metrics.waits import sample_quantiles
from cxsim.schema.ledger import Customers
from cxsim.simulation.build_result import version as release
from cxsim.simulation.replications import replicate
from cxsim.studies.sweep.compiling import Compiler
from cxsim.studies.sweep.factors import Factor, Value
from cxsim.studies.sweep.points import Builder, Refused

if TYPE_CHECKING:
    from cxsim.model.prepare import Model
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
Label = tuple[str, str, str, str]  # figure, scope, name, interval
# What changes no number: the ways to run, to show and to optimize.
NOT_MODEL = ("cli", "report", "optimizer", "studies", "calibrate", "__main__.py")


class Unit(NamedTuple):
    """One point to be simulated: its number, its key, the values of the factors."""

    point: int
    key: str
    values: tuple[Value, ...]


Chunk = list[Unit]  # points that one worker simulates at a time


class Failure(NamedTuple):
    """A point that could not be simulated, and why."""

    point: int
    key: str
    error: str
    text: str


class Answer(NamedTuple):
    """What a chunk came to: a Parquet file of the points done (None if none), their keys, and those that failed."""

    data: bytes | None
    done: tuple[str, ...]
    failures: tuple[Failure, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class Job:
    """All that a worker must know of a sweep; it can be pickled."""

    scenario: Scenario
    factors: tuple[Factor, ...]
    replications: int | None
    precision: Mapping[str, float]
    figures: tuple[str, ...]
    scopes: tuple[str, ...]
    intervals: bool
    seed: int
    engine: str
    task: str
    version: str

    @property
    def salt(self) -> str:
        """What a point's content depends on besides its scenario."""
        what = [
            self.replications,
            sorted(self.precision.items()),
            self.figures,
            self.scopes,
            self.intervals,
            self.seed,
            self.engine,
            self.task,
            self.version,
        ]
        return json.dumps(what)


def model_version() -> str:
    """A hash of the sources on which the numbers depend, and of the version of the program."""
    return sources_version(release(), NOT_MODEL)


class Sums:
    """A sink like the fold, without its histogram of waits: for sweeps that ask for no quantile."""

    def __init__(self, model: Model) -> None:
        layout = model.layout
        n = layout.n_intervals
        self._rules = rules(layout)
        self._back = HandedBack()
        self._contacts = np.zeros((len(layout.streams), n, len(CONTACT_COLUMNS)))
        self._groups = np.zeros((max(len(layout.groups), 1), n, len(GROUP_COLUMNS)))
        self._limits, self._under = np.zeros(0), np.zeros((0, 2, len(layout.streams), n))
        self._waiting, self._most = np.zeros((len(layout.queues), n)), np.zeros((len(layout.queues), n))

    def legs(self, block: npt.NDArray[np.void]) -> None:
        """Add a block of legs."""
        sums = (self._contacts, self._groups, *NO_WAITS, self._limits, self._under)
        back, count = self._back.room(len(block))
        check(block, add_legs(block, self._rules, back, count, *sums))

    def spells(self, block: npt.NDArray[np.void]) -> None:
        """Add a block of spells."""
        add_spells(block, self._rules, self._groups)

    def lengths(self, waiting: npt.ArrayLike, most: npt.ArrayLike) -> None:
        """Add queue lengths."""
        self._waiting += np.asarray(waiting, dtype=np.float64)
        np.maximum(self._most, np.asarray(most, dtype=np.float64), out=self._most)

    def customers(self, made: Customers) -> None:
        """Nothing here is measured of them."""

    def finish(self) -> metrics.Sample:
        """The sums of the replication."""
        complete(self._contacts)
        return metrics.Sample(
            contacts=np.ascontiguousarray(np.moveaxis(self._contacts, 2, 0)),
            groups=np.ascontiguousarray(np.moveaxis(self._groups, 2, 0)),
            waiting=self._waiting,
            most=self._most,
            bins=np.zeros(0, np.int64),
            counts=np.zeros(0, np.uint32),
        )


def cells(
    samples: Sequence[metrics.Sample], model: Model, figures: Sequence[str], scopes: Sequence[str], intervals: bool
) -> tuple[tuple[Label, ...], Floats, Floats]:
    """Figures by replication: labels (C,), numerators and denominators (R, C); 1 below what is no ratio."""
    layout = model.layout
    times = [*layout.labels, *layout.days, "total"]
    kept = [len(times) - 1, *np.flatnonzero(layout.open_mask).tolist()] if intervals else [len(times) - 1]
    plain = [name for name in figures if REGISTRY[name].kind != "quantile"]
    wanted = {word for name in plain for side in _sides(formula(name, layout)) for word, _ in terms(side)}
    found = families(samples, layout, model.staffing, [*wanted, *FROM_CONTACTS])
    labels: list[Label] = []
    above: list[Floats] = []
    below: list[Floats] = []
    pooled = {name: _quantile(samples, model, name, found[0].rows) for name in figures if name not in plain}
    made = list(parts(found, layout, plain))
    for name in figures:
        blocks = [(p.rows, p.above, p.below) for p in made if p.figure.name == name]
        for scope in scopes:
            for rows, up, down in [*blocks, *([pooled[name]] if name in pooled else [])]:
                at = [n for n, (kind, _) in enumerate(rows) if kind == scope]
                if not at:
                    continue
                part = up[:, at][:, :, kept]
                under = np.ones_like(part) if down is None else down[:, at if down.shape[1] > 1 else [0]][:, :, kept]
                labels += [(name, scope, rows[n][1], times[time]) for n in at for time in kept]
                above.append(part.reshape(len(samples), -1))
                below.append(np.broadcast_to(under, part.shape).reshape(len(samples), -1))
    if not labels:
        return (), np.zeros((len(samples), 0)), np.zeros((len(samples), 0))
    return tuple(labels), np.concatenate(above, axis=1), np.concatenate(below, axis=1)


def _sides(figure: metrics.Figure) -> list[str]:
    return [side for side in (figure.numerator, figure.denominator) if side]


def _quantile(samples: Sequence[metrics.Sample], model: Model, name: str, rows: Any) -> tuple[Any, Floats, None]:
    figure = formula(name, model.layout)
    spot = (int(figure.numerator == "wait_all"), metrics.QUANTILES.index(figure.quantile))
    return rows, np.stack([found[spot] for found in sample_quantiles(samples, model.layout)]), None


class Worker:
    """Runs chunks of one job; threads may share it."""

    def __init__(self, job: Job, stop: Event | None = None) -> None:
        self.job, self.stop = job, stop or Event()
        self._builder, self._compiler = Builder(job.scenario, job.factors, job.salt), Compiler(job.seed)
        self._lock = Lock()
        self._exact = any(REGISTRY[name].kind == "quantile" for name in job.figures if name in REGISTRY)

    def run(self, chunk: Sequence[Unit]) -> Answer:
        """The figures of every point of a chunk; what a point raises is its failure, not the chunk's."""
        began = time.perf_counter()
        done: list[tuple[Unit, tuple[tuple[Label, ...], Floats, Floats]]] = []
        failures: list[Failure] = []
        for unit in chunk:
            if self.stop.is_set():
                break
            try:
                done.append((unit, self.point(unit.values)))
            except Stopped:
                break
            except Exception as error:
                text = str(error).strip() or type(error).__name__
                failures.append(Failure(unit.point, unit.key, type(error).__name__, text))
        seconds = time.perf_counter() - began
        data = encoded(done, self.job.version, seconds) if done else None
        return Answer(data, tuple(unit.key for unit, _ in done), tuple(failures), seconds)

    def point(self, values: Sequence[Value]) -> tuple[tuple[Label, ...], Floats, Floats]:
        """The figures of one point by replication."""
        job = self.job
        if job.task == "optimize":
            return self._optimized(values)
        with self._lock:
            try:
                scenario = self._builder.scenario(values, check=False)
            except Refused:
                scenario = self._builder.slowly(values)
            model = self._compiler.model(scenario)
        samples: list[metrics.Sample]
        if job.engine == "story" or job.precision:
            going = lambda done, expected: not self.stop.is_set()  # noqa: E731
            wanted = None if job.precision else job.replications
            samples, _ = replicate(model, wanted, dict(job.precision), job.engine, 1, False, going)  # type: ignore[arg-type]  # a job holds checked names
            if self.stop.is_set():
                raise Stopped
        else:
            samples = [self._replication(model, number) for number in range(job.replications or 1)]
        return cells(samples, model, job.figures, job.scopes, job.intervals)

    def _replication(self, model: Model, number: int) -> metrics.Sample:
        if self.stop.is_set():
            raise Stopped
        sink = metrics.fold(model.layout) if self._exact else Sums(model)
        replay.replay(self._compiler.inputs(model, number), sink)
        return sink.finish()

    def _optimized(self, values: Sequence[Value]) -> tuple[tuple[Label, ...], Floats, Floats]:
        try:
            optimize = import_module("cxsim.optimizer.optimize").optimize
        except ImportError:
            raise RuntimeError("this version has no optimizer, so a sweep cannot have task: optimize") from None
        found = optimize(self._builder.slowly(values), seed=self.job.seed, threads=1, advise=False)
        row = np.array([[found.cost, found.bound, found.gap, float(found.certified)]])
        return tuple((name, "total", "total", "total") for name in self.job.figures), row, np.ones_like(row)


class Stopped(Exception):
    """The sweep was asked to end."""


def encoded(
    done: Sequence[tuple[Unit, tuple[tuple[Label, ...], Floats, Floats]]], version: str, seconds: float
) -> bytes:
    """The figures of points as a Parquet file that says where it came from and which rows are whose."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels: dict[tuple[Label, ...], list[Any]] = {}
    columns: list[list[Any]] = [[] for _ in range(9)]
    units, at = [], 0
    for unit, (names, above, below) in done:
        reps, each = above.shape
        if names not in labels:
            labels[names] = [pa.array([label[k] for label in names], pa.string()) for k in range(4)]
        up, down = np.ascontiguousarray(above).ravel(), np.ascontiguousarray(below).ravel()
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(down != 0.0, up / down, np.nan)
        columns[0].append(pa.repeat(pa.scalar(unit.key), reps * each))
        columns[1].append(pa.array(np.repeat(np.arange(reps, dtype=np.int64), each)))
        for k in range(4):
            columns[2 + k] += [labels[names][k]] * reps
        for k, array in enumerate((value, up, down)):
            columns[6 + k].append(pa.array(array))
        units.append([unit.key, at, reps * each])
        at += reps * each
    names_of = ("key", "replication", "figure", "scope", "name", "interval", "value", "numerator", "denominator")
    table = pa.table(
        {name: pa.chunked_array(part).combine_chunks() for name, part in zip(names_of, columns, strict=True)}
    )
    facts = {
        "units": units,
        "model_version": version,
        "cxsim": release(),
        "seconds": seconds,
        "host": platform.node(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    out = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({"cxsim": json.dumps(facts)}), out, compression="zstd")
    return bytes(out.getvalue())


def checked(job: Job) -> None:
    """Refuse a job of other sources than this process runs. Raises WrongVersion."""
    if job.version != model_version():
        raise WrongVersion(f"{platform.node()} runs another version of cxsim; install the same version on every worker")


__all__ = ["Answer", "Chunk", "Failure", "Job", "Unit", "Worker", "WrongVersion", "checked", "model_version"]
