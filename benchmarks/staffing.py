"""The staffing benchmarks as scenarios: 8 types, 12 groups, 40 half-hours, at 2.2 and 22 thousand contacts a day.

`A_small` and `A_large` decide headcounts, `B` shifts at the larger volume; `juniors_50` and `juniors_35` are the two
cases in which resolution decides who should serve what. The numbers are in `staffing/*.json`; money is in wage-hours.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from benchmarks.models import Model
from benchmarks.scenarios import scenario as of_model

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.scenario import Scenario

FOLDER = Path(__file__).parent / "staffing"
NAMES = ("A_small", "A_large", "B", "juniors_50", "juniors_35")
SHIPPED = {
    "quickstart": ("quickstart.yaml", ""),
    "multi-skill-day": ("multi-skill-day.yaml", ""),
    "retailer": ("omnichannel-retailer.yaml", ""),
    "bank-week": ("anonymous-bank.yaml", "served"),
    "planner-week": ("planner-week.yaml", ""),
}  # scenario file, and the override with which it is read
SHIFTS = {
    "lengths": ["8 h", "6 h", "4 h"],
    "starts_every": "30 min",
    "break": [
        {"length": "30 min", "after": "3.5 h", "before": "4.5 h", "for": ["8 h"]},
        {"length": "30 min", "after": "2.5 h", "before": "3 h", "for": ["6 h"]},
    ],
    "paid_extra": "15 min",
}


def numbers(name: str) -> dict[str, Any]:
    """The numbers of an instance."""
    if name.startswith("juniors"):
        return dict(json.loads((FOLDER / "juniors_experts.json").read_text())[name])
    return dict(json.loads((FOLDER / f"{'A_large' if name == 'B' else name}.json").read_text()))


def posed(name: str) -> Scenario:
    """An instance, or a scenario that ships."""
    if name not in SHIPPED:
        return scenario(name)
    import cxsim

    file, override = SHIPPED[name]
    read = cxsim.read(FOLDER.parents[1] / "scenarios" / file)
    return read.vary(with_=[override]) if override else read


def mapping(name: str, levels: npt.ArrayLike | None = None) -> dict[str, Any]:
    """An instance as a scenario file's mapping, staffed by `levels` (G, 40), or else by its check plan."""
    m = numbers(name)
    mean = [min(row) for row in m["mean_service"]]
    n = len(m["rate"][0])
    staff = m["check"]["agents"] if "check" in m else [[2] * n] * len(m["skills"])
    staff = staff if levels is None else np.asarray(levels, dtype=int).tolist()
    out = of_model(
        Model(
            name=f"staffing {name}",
            width=m["interval_seconds"],
            rate=m["rate"],
            mean=mean,
            cv=m["cv_service"],
            factor=[[x / least for x in row] for row, least in zip(m["mean_service"], mean, strict=True)],
            patience=m["patience_mean"],
            redial=m["redial"]["probability"],
            redial_delay=m["redial"]["mean_delay"],
            repeat=0.0,
            repeat_delay=m["repeat_mean_delay"],
            route=m["route"],
            skills=[[(skill["type"], skill["rank"]) for skill in row] for row in m["skills"]],
            agents=staff,
            at_most=1000,
        )
    )
    types = list(out["reasons"])
    for g, group in enumerate(out["groups"].values()):
        group["wage"] = m["wage"][g]
        for name_of_type, skill in group["skills"].items():
            skill["resolution"] = f"{m['resolution'][types.index(name_of_type)][g] * 100!r}%"
    out["after_contact"]["unresolved"]["repeat"] = f"{m['p_repeat_unresolved'] * 100!r}%"
    out["queues"] = {queue: {"target": {"sl": {"share": "80%", "within": "20s"}}} for queue in types}
    out["optimize"] = {
        "within_team": False,
        "subject_to": ["targets", {"figure": "sl", "each": "interval", "min": "70%"}],
    }
    if name == "B":
        out["optimize"] |= {"counts": ["wages"], "shifts": SHIFTS}
    return out


def scenario(name: str, levels: npt.ArrayLike | None = None) -> Scenario:
    """An instance as a scenario, one of `NAMES`."""
    from cxsim.scenario import parse

    return parse(mapping(name, levels))


def columns_of(problem: Problem, levels: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Headcounts (G, I), of the open intervals or of all, as the columns of an instance's structure."""
    given = np.asarray(levels, dtype=np.float64)
    open_at = problem.model.timeline.open_mask
    given = given[:, open_at] if given.shape[1] == len(open_at) else given
    x = np.zeros(problem.structure.size)
    x[: given.size] = given.ravel()
    return problem.structure.complete(x)
