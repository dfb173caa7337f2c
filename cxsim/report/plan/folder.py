"""An Optimum as a folder: the plan that `staff.file` reads, tables, workbook, page and figures, all or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.metrics import REGISTRY
from cxsim.report.common.results_folder import write_inputs, write_json, write_text
from cxsim.report.plan.drawing import InTime, always
from cxsim.report.plan.page import page
from cxsim.report.plan.pictures import draw
from cxsim.report.plan.workbook import workbook
from cxsim.report.run.document import plain
from cxsim.report.run.folder import _rounded, csv_text
from cxsim.schema.plan_tables import KIND, MARK, SCHEMA_VERSION, UNFINISHED
from cxsim.storage.folders import add_files, write_folder

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum

TABLES = (
    "goals",
    "costs",
    "need",
    "allocation",
    "routing",
    "comparison",
    "goals_of_plans",
    "moves",
    "points",
    "history",
)
SEARCH_TIMES = "search_cpu_seconds"  # of each row of the history, which has no times in its table


def save(optimum: Optimum, folder: Path, *, pictures: bool = True) -> Path:
    """Write an optimum into a folder: all or nothing."""
    return write_folder(folder, KIND, lambda made: _fill(optimum, made, pictures))


def save_in_time(optimum: Optimum, folder: Path, in_time: InTime) -> list[str]:
    """The same with all pictures for which there is time; the titles of the others."""
    missing: list[str] = []
    write_folder(folder, KIND, lambda made: _fill(optimum, made, True, in_time, missing))
    return missing


def save_beside(optimum: Optimum, folder: Path) -> None:
    """Write the tables of an optimum into a folder inside that of another, which else stays as it is."""
    with TemporaryDirectory() as place:
        made = Path(place)
        _fill(optimum, made, False)
        files = {name.relative_to(made).as_posix(): name.read_bytes() for name in made.rglob("*") if name.is_file()}
    add_files(folder, KIND, {f"{UNFINISHED}/{name}": data for name, data in files.items()})


def _fill(
    optimum: Optimum, made: Path, pictures: bool, in_time: InTime = always, missing: list[str] | None = None
) -> None:
    fill(optimum, made, shown(optimum, True, in_time, missing) if pictures else {})


def fill(optimum: Optimum, made: Path, more: Mapping[str, bytes]) -> None:
    """Write the tables of an optimum, and `more` files by name, into a folder that is not finished yet."""
    write_inputs(made, optimum.inputs)
    write_text(made / "scenario.yaml", optimum.scenario_text)
    write_text(made / "plan.csv", csv_text(optimum.plan))
    for name in TABLES:
        frame = getattr(optimum, name)
        if len(frame):
            write_text(made / "tables" / f"{name}.csv", csv_text(_rounded(_timeless(name, frame))))
    for name, data in more.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_bytes(data)
    write_json(made / "provenance.json", plain(provenance(optimum)))
    write_json(made / "optimum.json", plain(facts(optimum)))


def shown(
    optimum: Optimum, pictures: bool, in_time: InTime = always, missing: list[str] | None = None
) -> dict[str, bytes]:
    """Page and workbook of an optimum by name, and its charts as files with `pictures`."""
    drawn = draw(optimum, in_time=in_time, missing=missing)
    files = {f"figures/{picture.key}.png": picture.png for picture in drawn} if pictures else {}
    return {**files, "report.html": page(optimum, drawn).encode(), "plan.xlsx": workbook(optimum)}


def _timeless(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Without processor times, so that the same scenario and seed leave the same bytes."""
    return frame.drop(columns="cpu_seconds") if name == "history" else frame


def facts(optimum: Optimum) -> dict[str, Any]:
    """What the tables do not hold: the answer, and what it takes to go on from it."""
    return {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "name": optimum.name,
        "staff": optimum.kind,
        "objective": optimum.objective,
        "sense": optimum.sense,
        "cost": optimum.cost,
        "bound": optimum.bound,
        "bound_status": optimum.bound_status,
        "bound_note": optimum.bound_note,
        "gap": optimum.gap,
        "nearby": None if optimum.nearby is None else asdict(optimum.nearby),
        "reached": None if optimum.reached is None else asdict(optimum.reached),
        "is_today": optimum.is_today,
        "certified": optimum.certified,
        "certified_on": optimum.certified_on,
        "confidence": optimum.confidence,
        "replications": optimum.replications,
        "seed": optimum.seed,
        "solver": optimum.solver,
        "params": optimum.params.stored(),
        "routing_changes": dict(optimum.routing_changes),
        "currency": optimum.currency,
        "messages": list(optimum.messages),
        "signature": optimum.signature,
        "definitions": dict(optimum.definitions),
        "assumptions": list(optimum.assumptions),
        "levels": np.asarray(optimum.levels).tolist(),
        "x": [float(value) for value in optimum.x],
    }


def provenance(optimum: Optimum) -> dict[str, Any]:
    """Versions, files, times; and what `cxsim run` needs to make the plan's own run again."""
    result = optimum.result
    return {
        **optimum.provenance,
        "scenario_sha256": hashlib.sha256(optimum.scenario_text.encode()).hexdigest(),
        "seed": optimum.seed,
        "replications": result.replications if result is not None else 20,
        "engine": result.engine if result is not None else "clock",
        "cpu_seconds": optimum.cpu_seconds,
        "wall_seconds": optimum.wall_seconds,
        SEARCH_TIMES: optimum.history["cpu_seconds"].astype(float).tolist(),
    }


@dataclass(frozen=True)
class Stored:
    """What a folder of an optimum says: `facts` of its optimum.json, goals, plan, and the scenario's text."""

    facts: dict[str, Any]
    goals: pd.DataFrame
    plan: pd.DataFrame
    scenario_text: str

    @property
    def currency(self) -> str:
        """The currency of its money."""
        return str(self.facts.get("currency", ""))

    @property
    def unit(self) -> str:
        """The unit of its cost and bound: money, or that of the figure that was minimised or maximised."""
        objective = self.facts.get("objective", "cost")
        return "money" if objective == "cost" else REGISTRY[objective].unit if objective in REGISTRY else ""


def load_tables(folder: Path) -> Stored:
    """What `save` wrote; ValueError, with the file, for one that is missing or damaged."""
    name = MARK
    try:
        facts = json.loads((folder / name).read_text(encoding="utf-8"))
        if not isinstance(facts, dict) or facts.get("kind") != KIND:
            raise ValueError("it does not describe a plan")
        for key in ("cost", "bound"):
            if not isinstance(facts.get(key), (int, float, type(None))):
                raise ValueError(f"{key} is not a number")
        name = "tables/goals.csv"
        goals = pd.read_csv(folder / name) if (folder / name).exists() else pd.DataFrame()
        if len(goals) and not {"goal", "value", "unit"} <= set(goals.columns):
            raise ValueError("it needs the columns goal, value and unit")
        if len(goals):
            goals["value"] = goals["value"].astype(float)
        name = "plan.csv"
        plan = pd.read_csv(folder / name, dtype=str)
        name = "scenario.yaml"
        return Stored(facts, goals, plan, (folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        why = " ".join((getattr(fault, "strerror", None) or str(fault)).split())
        raise ValueError(f"{folder}: the plan is damaged ({name}: {why}); optimize the scenario again") from None
