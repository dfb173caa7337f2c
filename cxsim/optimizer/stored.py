"""An Optimum read back from its folder, so that page, workbook and charts can be made later."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxsim.model.calendar import timeline
from cxsim.model.prepare import prepare
from cxsim.optimizer.build_optimum import result_of
from cxsim.optimizer.optimization_result import Optimum
from cxsim.optimizer.search_params import SearchParams
from cxsim.report.plan.folder import SEARCH_TIMES, TABLES, fill, load_tables, shown
from cxsim.report.run.folder import TEXT_COLUMNS, each_text
from cxsim.scenario import read
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.plan_tables import HISTORY_COLUMNS, KIND, MARK, SCHEMA_VERSION, Nearby, Reach, Reached
from cxsim.simulation.build_result import stored
from cxsim.simulation.stored import json_mapping
from cxsim.storage.folders import add_files, write_folder
from cxsim.storage.leftovers import recover
from cxsim.tables.reader import restored

TEXTS = (TEXT_COLUMNS - {"bound"}) | {"title", "worst", "goal", "plan", "how", "phase", "term", "kind", "end", "breaks"}
FLAGS = {"True": True, "False": False}


def refresh(found: Optimum, folder: Path, *, pictures: bool = True) -> None:
    """Make page and workbook of the plan in `folder`, and charts with `pictures`; the rest stays as it is."""
    add_files(folder, KIND, shown(found, pictures))


def copy(found: Optimum, folder: Path, *, pictures: bool = True) -> None:
    """Write tables, page, workbook, and charts with `pictures`, into another folder: all or nothing."""
    write_folder(folder, KIND, lambda made: fill(found, made, shown(found, pictures)))


def is_plan(folder: Path) -> bool:
    """Whether a folder says that it holds a plan."""
    recover(folder.parent)
    return (folder / MARK).is_file()


def load(folder: Path, *, allow_outside: bool = False) -> Optimum:
    """What `Optimum.save` wrote; its own run is simulated again, since the folder does not hold it.

    Raises ValueError, with the file, for one that is missing or damaged.
    """
    recover(folder.parent)
    facts = load_tables(folder).facts
    notes = _read(folder, "provenance.json", json_mapping)
    frames = {name: _read(folder, f"tables/{name}.csv", _table) for name in TABLES}
    plan = _read(folder, "plan.csv", _table)
    if not {"group", "start", "agents"} <= set(plan.columns):
        raise _damaged(folder, "plan.csv", "it needs the columns group, start and agents")
    scenario = read(folder / "scenario.yaml", allow_outside=allow_outside)
    when = timeline(scenario)
    try:
        tables = {name: frame for name, frame in frames.items() if frame is not None}
        if "history" in tables:
            times = notes.get(SEARCH_TIMES) or [math.nan] * len(tables["history"])
            tables["history"] = (
                tables["history"]
                .assign(cpu_seconds=np.array(times, dtype=float))
                .reindex(columns=list(HISTORY_COLUMNS))
            )
        return Optimum(
            name=facts["name"],
            scenario=scenario,
            scenario_text=(folder / "scenario.yaml").read_text(encoding="utf-8"),
            kind=facts["staff"],
            plan=plan,
            x=np.array(facts["x"], dtype=float),
            levels=np.array(facts["levels"], dtype=np.int64).reshape(len(scenario.groups), when.n_intervals),
            groups=tuple(scenario.groups),
            labels=when.labels,
            interval=when.interval,
            cost=_number(facts["cost"]),
            bound=_number(facts["bound"]),
            bound_status=facts["bound_status"],
            certified=facts["certified"],
            replications=facts["replications"],
            cpu_seconds=_number(notes.get("cpu_seconds")),
            wall_seconds=_number(notes.get("wall_seconds")),
            seed=facts["seed"],
            objective=facts["objective"],
            sense=facts["sense"],
            budget=optimizing(scenario).budget,
            solver=facts["solver"],
            currency=facts["currency"],
            confidence=facts["confidence"],
            certified_on=facts["certified_on"],
            messages=tuple(facts["messages"]),
            definitions=facts["definitions"],
            assumptions=tuple(facts["assumptions"]),
            provenance=notes,
            inputs=_inputs(folder, scenario),
            result=result_of(prepare(scenario, facts["seed"]), notes["replications"], None),
            params=SearchParams(**facts["params"]),
            routing_changes=facts["routing_changes"],
            bound_note=facts["bound_note"],
            nearby=None if facts["nearby"] is None else Nearby(**facts["nearby"]),
            reached=_reached(facts["reached"]),
            is_today=facts["is_today"],
            signature=facts["signature"],
            **tables,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        if isinstance(fault, KeyError) and facts.get("schema_version") == SCHEMA_VERSION:
            why = f"an earlier version of cxsim wrote it, without {fault}"
        else:
            why = " ".join(str(fault).split())
        raise _damaged(folder, MARK, why) from None


def _table(path: Path) -> pd.DataFrame | None:
    """A table of a plan: numbers and yes or no where a whole column is of that kind, texts elsewhere."""
    if not path.exists():
        return None
    found = each_text(pd.read_csv(path, dtype=str, keep_default_na=False), restored)
    for name in [column for column in found.columns if column not in TEXTS]:
        cells = found[name]
        if set(cells) <= set(FLAGS):
            found[name] = cells.map(FLAGS)
        elif set(cells) == {""} or pd.to_numeric(cells.replace("", "0"), errors="coerce").notna().all():
            found[name] = pd.to_numeric(cells)
    return found


def _inputs(folder: Path, scenario: Any) -> dict[str, bytes]:
    names = stored(scenario)
    return {
        names[name]: path.read_bytes() for name, path in scenario.source.files.items() if name != scenario.staff.file
    }


def _read(folder: Path, name: str, how: Callable[[Path], Any]) -> Any:
    try:
        return how(folder / name)
    except (OSError, ValueError) as fault:
        why = " ".join((getattr(fault, "strerror", None) or str(fault)).split())
        raise _damaged(folder, name, why) from None


def _damaged(folder: Path, name: str, why: str) -> ValueError:
    return ValueError(f"{folder}: the plan is damaged ({name}: {why}); optimize the scenario again")


def _reached(facts: dict[str, Any] | None) -> Reached | None:
    if facts is None:
        return None
    today = None if facts["today"] is None else Reach(**facts["today"])
    return Reached(Reach(**facts["plan"]), today, facts["least"], facts["n"])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
