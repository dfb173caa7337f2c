"""The folder of a sweep: what was asked, what is missing, and the tables at the end."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxsim.metrics import REGISTRY
from cxsim.scenario import dump
from cxsim.simulation.build_result import LIBRARIES, version
from cxsim.storage.listing import GOING, kind_of
from cxsim.studies.sweep import store as stores
from cxsim.studies.sweep import tables
from cxsim.studies.sweep.design import Design
from cxsim.studies.sweep.design_file import design_of, read_design
from cxsim.studies.sweep.store import MANIFEST, Foreign, Store
from cxsim.studies.sweep.worker import Job, Unit
from cxsim.tables.reader import FORMULA

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


SCHEMA_VERSION = 1


def made(design: Design | Mapping[str, Any] | str | Path, scenario: Scenario | None = None) -> Design:
    """A design of any form."""
    if isinstance(design, Design):
        return design
    if isinstance(design, Mapping):
        return design_of(design, scenario=scenario)
    return read_design(design)


def match(store: Store, job: Job, resume: bool) -> None:
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


def begin(store: Store, plan: Design, job: Job, keys: list[str]) -> dict[str, Any]:
    """Write what the sweep is: manifest, scenario and points."""
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
        store.write(MANIFEST, as_json(manifest))  # the last, for it says that the others are there
    return manifest


def _version(name: str) -> str:
    return metadata.version(name)


def missing(plan: Design, keys: list[str], places: Mapping[str, Any]) -> list[Unit]:
    """The points without figures, each content once."""
    seen: set[str] = set()
    out = []
    for point, key in enumerate(keys):
        if key not in places and key not in seen:
            seen.add(key)
            out.append(Unit(point, key, plan.values(point)))
    return out


def as_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def write_csv(store: Store) -> None:
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

    for at, part in enumerate(table.schema):
        kind = part.type.value_type if pa.types.is_dictionary(part.type) else part.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            cells = table.column(at).cast(kind)
            runs = pc.match_substring_regex(cells, FORMULA)
            made = pc.if_else(runs, pc.binary_join_element_wise("'", cells, ""), cells)
            table = table.set_column(at, part, made.cast(part.type))
    return table
