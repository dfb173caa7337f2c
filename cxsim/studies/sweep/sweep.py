"""The map of a sweep: design → points → chunks on workers → store → one long table."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from cxsim.jit.decorators import processors
from cxsim.report.common import style
from cxsim.report.studies import sweep_page
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.studies.sweep import store as stores
from cxsim.studies.sweep import tables
from cxsim.studies.sweep.design import Design
from cxsim.studies.sweep.effects import read
from cxsim.studies.sweep.folder import as_json, begin, made, match, missing, write_csv
from cxsim.studies.sweep.points import Builder, Refused
from cxsim.studies.sweep.running import crew, drive
from cxsim.studies.sweep.store import FAILURES, Foreign, Store
from cxsim.studies.sweep.worker import Answer, Failure, Job, Unit, Worker, model_version

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario
    from cxsim.studies.sweep.effects import Reading

Progress = Callable[[int, int], object]  # points done and expected; False ends the sweep


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep in its store.

    Attributes
    ----------
    folder : str
        The folder or URL of the store.
    manifest : mapping
        What the store records of itself: design, versions, checksums.
    points : int
        Number of points in the design.
    stored : int
        Number of points that the store already held.
    computed : int
        Number of points computed by this call.
    failures : tuple of mapping
        The points that failed, and why.
    seconds : float
        Elapsed time (s).
    remarks : tuple of str
        Sentences that a reader must know.
    """

    folder: str
    manifest: Mapping[str, Any]
    points: int
    stored: int = 0
    computed: int = 0
    failures: tuple[Mapping[str, Any], ...] = ()
    seconds: float = math.nan
    remarks: tuple[str, ...] = ()

    @property
    def left(self) -> int:
        """The points that are still to be computed.

        Returns
        -------
        int
            Their number.
        """
        return self.points - self.stored - self.computed - len(self.failures)

    def table(self) -> pd.DataFrame:
        """The long table of answers.

        Returns
        -------
        DataFrame
            One row per point, replication, figure, scope, name and interval.
        """
        return _frame(Store(self.folder), stores.TABLE)

    def design(self) -> pd.DataFrame:
        """The points of the design.

        Returns
        -------
        DataFrame
            One row per point: its key, factors, block and role.
        """
        return _frame(Store(self.folder), stores.POINTS)

    def read(self, figure: str, scope: str = "total", name: str = "total") -> Reading:
        """What the sweep says about one metric.

        Parameters
        ----------
        figure : str
            Name of the metric.
        scope : str, default 'total'
            'total', 'queue', 'reason', 'segment' or 'group'.
        name : str, default 'total'
            Which queue, reason, segment or group.

        Returns
        -------
        Reading
            Its values by point and by level, how far each factor moves it, and sensitivity indices.

        Raises
        ------
        Unread
            The sweep did not keep this metric, scope or name.
        """
        return read(self, figure, scope, name)

    def report(self, figures: Sequence[tuple[str, str, str]] = ()) -> list[str]:
        """Write `report.html` and `figures/*.png` into the store.

        Parameters
        ----------
        figures : sequence of (str, str, str), default ()
            (figure, scope, name) of what to show; the totals of all kept metrics if empty.

        Returns
        -------
        list of str
            Names of the files written.

        Raises
        ------
        Unread
            The sweep did not keep one of the metrics.
        OSError
            The store cannot be written.
        """
        asked = figures or [(str(figure), "total", "total") for figure in self.manifest["figures"]]
        readings = [self.read(*one) for one in asked]
        store = Store(self.folder)
        written = ["report.html"]
        for reading in readings:
            where = reading.figure if reading.scope == "total" else f"{reading.figure}-{reading.name}"
            for key, title, _, figure, _ in sweep_page.pictures(reading):
                written.append(f"figures/{where}-{key}.png")
                store.write(written[-1], style.png(figure, title))
        text = store.read("scenario.yaml").decode()
        page = sweep_page.page(readings, self.manifest, self.points, len(self.failures), text)
        store.write("report.html", page.encode())
        return written

    def __repr__(self) -> str:
        return f"<cxsim.Sweep {self.manifest['name']!r}: {self.points} points in {self.folder}>"


@dataclass(frozen=True)
class Estimate:
    """What a sweep will take, measured on its first point: seconds of a point, bytes of its rows, seconds in all."""

    points: int
    stored: int
    replications: int
    seconds_each: float
    bytes_each: float
    seconds: float
    bytes: float


def sweep(
    design: Design | Mapping[str, Any] | str | Path,
    *,
    scenario: Scenario | None = None,
    folder: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    resume: bool = True,
    csv: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Simulate every point of a design and keep the answers in a store that can be resumed.

    Parameters
    ----------
    design : Design, mapping, str or Path
        The design, as plain values, or as its YAML file.
    scenario : Scenario, optional
        The scenario to vary; the one that the design names if not given.
    folder : str or Path, optional
        A folder or an fsspec URL; `results/<name>` if not given.
    workers : int, optional
        Number of threads, or of processes for engine 'story' and task 'optimize'; all processors if not given. The
        table does not depend on it.
    cluster : str, optional
        Address of a Dask scheduler, or `local:4`.
    resume : bool, default True
        Whether points that the folder already holds are skipped.
    csv : bool, default False
        Whether to write the table as CSV too.
    progress : callable, optional
        Called as `progress(done, expected)` after each point; return False to stop. The same call resumes later.

    Returns
    -------
    Sweep
        The store and the number of points stored, computed and failed.

    Raises
    ------
    ScenarioError
        The design or a point breaks a rule; every fault is listed, and nothing has been simulated.
    Busy
        Another sweep is working in the folder.
    Foreign
        The folder holds something else, or a sweep of another version.
    NoCluster
        The Dask scheduler cannot be reached.
    OSError
        The folder cannot be written.
    """
    began = time.perf_counter()
    plan = made(design, scenario)
    store = Store(str(folder) if folder is not None else str(Path("results") / plan.name))
    job = job_of(plan)
    match(store, job, resume)
    with store.lock() as remark:
        keys = checked_keys(plan, job)
        match(store, job, resume)
        store.tidy()
        if not resume:
            store.forget()
        manifest = begin(store, plan, job, keys)
        places = tables.index(store, job.version, mend=True)
        units = missing(plan, keys, places)
        before = len(plan) - sum(keys.count(unit.key) for unit in units) if len(plan) < 200 else len(plan) - len(units)
        failures, going = _run(store, job, units, workers, cluster, progress, before, len(plan))
        places = tables.index(store, job.version)
        told = [_told(plan, failure) for failure in sorted(failures, key=lambda failure: failure.point)]
        store.write(FAILURES, as_json(told))
        tables.write_table(store, plan, keys, places)
        if csv:
            write_csv(store)
    there = sum(key in places for key in keys)
    seconds = time.perf_counter() - began
    remarks = tuple(text for text in (remark, "" if going else "ended early; run it again to continue") if text)
    return Sweep(
        store.url, manifest, len(plan), min(before, there), there - min(before, there), tuple(told), seconds, remarks
    )


def load(folder: str | Path) -> Sweep:
    """The sweep in a folder or at a URL. Raises Foreign or FileNotFoundError without one."""
    store = Store(str(folder))
    manifest = store.manifest()
    if manifest is None:
        raise FileNotFoundError(f"{folder}: there is no sweep")
    there = len(tables.index(store, str(manifest.get("model_version"))))
    try:
        failures = json.loads(store.read(FAILURES)) if FAILURES in store.names() else []
        points = int(manifest["points"])
        if not all(isinstance(one, dict) for one in (*failures, *manifest["factors"], manifest["figure_facts"])):
            raise TypeError
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        raise Foreign(f"{folder}: the sweep is damaged; run it again with --fresh") from None
    return Sweep(store.url, manifest, points, min(there, points), 0, tuple(failures))


def job_of(plan: Design) -> Job:
    """What the workers of a sweep must know."""
    return Job(
        plan.scenario,
        plan.factors,
        plan.replications,
        dict(plan.precision),
        plan.figures,
        plan.scopes,
        plan.intervals,
        plan.seed,
        plan.engine,
        plan.task,
        model_version(),
    )


def estimate(
    design: Design | Mapping[str, Any] | str | Path, folder: str | None = None, workers: int | None = None
) -> Estimate:
    """What a sweep will take, by simulating its first point; nothing is stored. Every point is checked."""
    plan = made(design)
    job = job_of(plan)
    keys = checked_keys(plan, job)
    stored = 0
    if folder is not None:
        known = tables.index(Store(folder), job.version)
        stored = sum(key in known for key in keys)
    worker = Worker(job)
    unit = Unit(0, keys[0], plan.values(0))
    worker.run([unit])  # compiles
    answer = worker.run([unit] * 3)
    for failure in answer.failures:
        raise ValueError(f"point 0 ({plan.shown(0)}): {failure.text}")
    each, size = answer.seconds / 3, len(answer.data or b"") / 3
    left = len(set(keys)) - stored
    return Estimate(
        len(plan), stored, plan.replications or 0, each, size, each * left / (workers or processors()), size * left
    )


def checked_keys(plan: Design, job: Job) -> list[str]:
    """The key of every point. Raises ScenarioError with all points' faults, each told once with its first point."""
    builder = Builder(plan.scenario, plan.factors, job.salt)
    keys: list[str] = []
    faults: dict[tuple[str, str, str], tuple[int, int, Fault]] = {}
    for point, values in enumerate(plan):
        try:
            keys.append(builder.key(values))
        except Refused:
            try:
                builder.slowly(values)
            except ScenarioError as error:
                for fault in error.faults:
                    first, count, kept = faults.get((fault.path, fault.value, fault.rule), (point, 0, fault))
                    faults[fault.path, fault.value, fault.rule] = (first, count + 1, kept)
            else:
                raise RuntimeError(f"point {point} ({plan.shown(point)}) was rejected without a reason") from None
    if faults:
        raise ScenarioError(_at_point(plan, *found) for found in faults.values())
    return keys


def _at_point(plan: Design, first: int, count: int, fault: Fault) -> Fault:
    """A fault of a scenario as one of the point that made it."""
    more = f" and {count - 1:,} more" if count > 1 else ""
    said = f"{fault.path}: {fault.message}" if fault.path else fault.message
    return Fault(plan.place or "<design>", f"point {first} ({plan.shown(first)}){more}", "", said)


def _run(
    store: Store,
    job: Job,
    units: list[Unit],
    workers: int | None,
    cluster: str | None,
    progress: Progress | None,
    before: int,
    points: int,
) -> tuple[list[Failure], bool]:
    """Have what is missing computed and stored chunk by chunk; the failures, and whether it went to the end."""
    failures: list[Failure] = []
    done, going, stop = before, True, Event()

    def take(answer: Answer) -> bool:
        nonlocal done, going
        if answer.data is not None:
            store.write(
                f"chunks/{blake2b(' '.join(answer.done).encode(), digest_size=16).hexdigest()}.parquet", answer.data
            )
        failures.extend(answer.failures)
        done += len(answer.done) + len(answer.failures)
        logging.getLogger(__name__).info("%d of %d points, %d failures", done, points, len(failures))
        going = going and (progress is None or progress(done, points) is not False)
        return going

    if progress is not None:
        going = progress(done, points) is not False
    if not units or not going:
        return failures, going
    hands = crew(job, workers or processors(), stop, cluster)
    try:
        failures += drive(hands, units, take, stop)
    finally:
        stop.set()
        hands.close()
    return failures, going


def _told(plan: Design, failure: Failure) -> dict[str, Any]:
    values = dict(zip((factor.name for factor in plan.factors), plan.values(failure.point), strict=True))
    return {
        "point": failure.point,
        "key": failure.key,
        "factors": values,
        "shown": plan.shown(failure.point),
        "error": failure.error,
        "text": failure.text,
    }


def _frame(store: Store, name: str) -> pd.DataFrame:
    import pandas as pd

    with store.open(name) as file:
        return pd.read_parquet(file)
