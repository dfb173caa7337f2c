"""The map of a sweep: design → points → chunks on workers → store → one long table."""

from __future__ import annotations

import json
import logging
import math
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from cxsim.jit.decorators import processors
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.storage.folders import GOING, kind_of
from cxsim.studies.sweep import store as stores
from cxsim.studies.sweep import tables
from cxsim.studies.sweep.design import Design
from cxsim.studies.sweep.design_file import design_of, read_design
from cxsim.studies.sweep.points import Builder, Refused
from cxsim.studies.sweep.running import crew, drive
from cxsim.studies.sweep.store import FAILURES, MANIFEST, Foreign, Store
from cxsim.studies.sweep.worker import Answer, Failure, Job, Unit, Worker, model_version

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario
    from cxsim.studies.sweep.effects import Reading

Progress = Callable[[int, int], object]  # points done and expected; False ends the sweep
SCHEMA_VERSION = 1


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep in its store: how many points it has, were stored before, computed now, and failed."""

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
        """Points that have neither figures nor a failure."""
        return self.points - self.stored - self.computed - len(self.failures)

    def table(self) -> pd.DataFrame:
        """The long table, a row a point, replication, figure, scope, name and interval."""
        return _frame(Store(self.folder), stores.TABLE)

    def design(self) -> pd.DataFrame:
        """Every point with its key, factors, block and role."""
        return _frame(Store(self.folder), stores.POINTS)

    def read(self, figure: str, scope: str = "total", name: str = "total") -> Reading:
        """What the sweep says of a figure: points, levels, swings, indices. Raises Unread for one it does not hold."""
        from cxsim.studies.sweep.effects import read

        return read(self, figure, scope, name)

    def report(self, figures: Sequence[tuple[str, str, str]] = ()) -> list[str]:
        """Write `report.html` and `figures/*.png` into the store; the names of the files written.

        `figures` are (figure, scope, name); all figures of the sweep in total if none is given.
        """
        from cxsim.report.common import style
        from cxsim.report.studies import sweep_page

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
    """Simulate every point of a design and keep it in `folder`, a path or an fsspec URL (results/<name> by default).

    What the folder holds already is not computed again, unless `resume` is False. `workers` threads (or processes, for
    the engine `story` and the task `optimize`) run side by side, all processors by default; `cluster` is the address
    of a Dask scheduler, or `local:4`. The table does not depend on any of this. `progress` is called with (done,
    expected) points; where it returns False the sweep ends and can be gone on with. Raises ScenarioError with every
    fault of design and points before anything runs; Busy where another sweep works in the folder; Foreign where it
    holds something else, or a sweep of another version; OSError where it cannot be written.
    """
    began = time.perf_counter()
    plan = made(design, scenario)
    store = Store(str(folder) if folder is not None else str(Path("results") / plan.name))
    job = job_of(plan)
    _match(store, job, resume)
    with store.lock() as remark:
        keys = checked_keys(plan, job)
        _match(store, job, resume)
        store.tidy()
        if not resume:
            store.forget()
        manifest = _begin(store, plan, job, keys)
        places = tables.index(store, job.version, mend=True)
        units = _missing(plan, keys, places)
        before = len(plan) - sum(keys.count(unit.key) for unit in units) if len(plan) < 200 else len(plan) - len(units)
        failures, going = _run(store, job, units, workers, cluster, progress, before, len(plan))
        places = tables.index(store, job.version)
        told = [_told(plan, failure) for failure in sorted(failures, key=lambda failure: failure.point)]
        store.write(FAILURES, _json(told))
        tables.write_table(store, plan, keys, places)
        if csv:
            _write_csv(store)
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


def made(design: Design | Mapping[str, Any] | str | Path, scenario: Scenario | None = None) -> Design:
    """A design of any form."""
    if isinstance(design, Design):
        return design
    if isinstance(design, Mapping):
        return design_of(design, scenario=scenario)
    return read_design(design)


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


def _match(store: Store, job: Job, resume: bool) -> None:
    """Refuse a place that holds something else, or points of another version of the model."""
    found = store.manifest()
    if found is not None and not store.remote and kind_of(store.folder) not in (stores.KIND, GOING):
        raise Foreign(f"{store.url}: contains a sweep but no list of its files; name another folder")
    if found is not None and resume and found.get("model_version") != job.version:
        raise Foreign(
            f"{store.url}: contains points of another version of the model ({found.get('model_version')}, made by cxsim"
            f" {found.get('cxsim')}; this is {job.version}), which cannot be mixed with new ones; name another "
            "folder, or use --fresh to compute all points again"
        )


def _begin(store: Store, plan: Design, job: Job, keys: list[str]) -> dict[str, Any]:
    """Write what the sweep is: manifest, scenario and points."""
    from cxsim.metrics import REGISTRY
    from cxsim.scenario import dump
    from cxsim.simulation.build_result import LIBRARIES, version

    old = store.manifest() or {}
    source = plan.scenario.source
    manifest: dict[str, Any] = {
        "kind": stores.KIND,
        "schema_version": SCHEMA_VERSION,
        "name": plan.name,
        "created": old.get("created") or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cxsim": version(),
        "model_version": job.version,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in (*LIBRARIES, "pyarrow")},
        "scenario": str(source.path or plan.scenario.name),
        "with": list(source.chosen),
        "design": plan.kind,
        "points": len(plan),
        "left_out": plan.left_out,
        "replications": plan.replications,
        "precision": dict(plan.precision) or None,
        "figures": list(plan.figures),
        "scopes": list(plan.scopes),
        "intervals": plan.intervals,
        "seed": plan.seed,
        "engine": plan.engine,
        "task": plan.task,
        "currency": plan.scenario.currency,
        "where": list(plan.where),
        "factors": [factor.facts() for factor in plan.factors],
        "figure_facts": {
            name: {"title": REGISTRY[name].title, "unit": REGISTRY[name].unit, "formula": REGISTRY[name].formula}
            for name in plan.figures
            if name in REGISTRY
        },
    }
    if manifest != old or not {"scenario.yaml", stores.POINTS} <= set(store.names()):
        store.write("scenario.yaml", dump(plan.scenario).encode())
        tables.write_points(store, plan, keys)
        store.write(MANIFEST, _json(manifest))  # the last, for it says that the others are there
    return manifest


def _version(name: str) -> str:
    from importlib import metadata

    return metadata.version(name)


def _missing(plan: Design, keys: list[str], places: Mapping[str, Any]) -> list[Unit]:
    """The points without figures, each content once."""
    seen: set[str] = set()
    out = []
    for point, key in enumerate(keys):
        if key not in places and key not in seen:
            seen.add(key)
            out.append(Unit(point, key, plan.values(point)))
    return out


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


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _frame(store: Store, name: str) -> pd.DataFrame:
    import pandas as pd

    with store.open(name) as file:
        return pd.read_parquet(file)


def _write_csv(store: Store) -> None:
    """The long table as CSV beside it, a row group at a time."""
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    if stores.TABLE not in store.names():
        return
    with store.open(stores.TABLE) as file, store.writing("table.csv") as part:
        whole = pq.ParquetFile(file)
        with pc.CSVWriter(os.fspath(part), whole.schema_arrow) as writer:
            for group in range(whole.num_row_groups):
                writer.write_table(_neutral(whole.read_row_group(group)))


def _neutral(table: Any) -> Any:
    """An Arrow table whose texts a spreadsheet does not take for formulas."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from cxsim.tables.reader import FORMULA

    for at, part in enumerate(table.schema):
        kind = part.type.value_type if pa.types.is_dictionary(part.type) else part.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            cells = table.column(at).cast(kind)
            runs = pc.match_substring_regex(cells, FORMULA)
            made = pc.if_else(runs, pc.binary_join_element_wise("'", cells, ""), cells)
            table = table.set_column(at, part, made.cast(part.type))
    return table
