"""What an optimization leaves: the plan, what it does, how far from best it may be, and what it was compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.optimizer.search_params import SearchParams
from cxsim.schema.plan_tables import (
    ALLOCATION_COLUMNS,
    COMPARISON_COLUMNS,
    COST_COLUMNS,
    HISTORY_COLUMNS,
    MOVE_COLUMNS,
    NEED_COLUMNS,
    PLAN_GOAL_COLUMNS,
    POINT_COLUMNS,
    empty,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Optimum:
    """The answer to "what should I staff?" for one scenario.

    `plan` is a table that `staff.file` reads back: headcounts (group, start, agents) or shifts (group, start, end,
    breaks, agents, date). `x` (N,) are the columns of the integer program and `levels` (G, I) the agents present.
    `cost` is the certified plan's objective in money over the counted time (or the figure that is minimised or
    maximised), simulated on the untouched block; `bound` a lower bound of it with `bound_status` rigorous,
    heuristic or none. `certified` says whether every goal was met with simultaneous confidence on replications no
    search had seen. Times are CPU and wall seconds.

    Tables, each with the columns above: `goals` (value, one-sided bounds, slack, whether met and binding),
    `costs` (where the money goes), `need` (agents present, busy and by Erlang C, by interval), `allocation` (who
    serves what: share of a queue's contacts by group), `comparison` and `goals_of_plans` (this plan, today's and
    Erlang C per queue on the same draws), `moves` (one agent or shift more or less, simulated again), `points`
    (what one more point of a figure costs, simulated again), `history` (the search by CPU time). `result` is the
    plan simulated as `cxsim run` simulates it. `messages` are what a reader must know, `inputs` files the scenario
    names, `params` the constants of the search.
    """

    name: str
    scenario: Scenario
    scenario_text: str
    kind: Literal["headcounts", "shifts"]
    plan: pd.DataFrame
    x: Floats
    levels: npt.NDArray[np.int64]
    groups: tuple[str, ...]
    labels: tuple[Any, ...]
    interval: float
    cost: float
    bound: float
    bound_status: Literal["rigorous", "heuristic", "none"]
    certified: bool
    goals: pd.DataFrame
    replications: int
    cpu_seconds: float
    wall_seconds: float
    seed: int
    objective: str = "cost"
    sense: Literal["minimise", "maximise"] = "minimise"
    budget: float | None = None
    solver: str = "highs"
    currency: str = "EUR"
    confidence: float = 0.95
    certified_on: int = 0
    costs: pd.DataFrame = field(default_factory=lambda: empty(COST_COLUMNS))
    need: pd.DataFrame = field(default_factory=lambda: empty(NEED_COLUMNS))
    allocation: pd.DataFrame = field(default_factory=lambda: empty(ALLOCATION_COLUMNS))
    comparison: pd.DataFrame = field(default_factory=lambda: empty(COMPARISON_COLUMNS))
    goals_of_plans: pd.DataFrame = field(default_factory=lambda: empty(PLAN_GOAL_COLUMNS))
    moves: pd.DataFrame = field(default_factory=lambda: empty(MOVE_COLUMNS))
    points: pd.DataFrame = field(default_factory=lambda: empty(POINT_COLUMNS))
    history: pd.DataFrame = field(default_factory=lambda: empty(HISTORY_COLUMNS))
    messages: tuple[str, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    result: Result | None = None
    params: SearchParams = field(default_factory=SearchParams)

    @property
    def gap(self) -> float:
        """How far the cost may be from the best, as a share of the cost: (cost - bound) ÷ cost; NaN without a bound."""
        if not (math.isfinite(self.bound) and math.isfinite(self.cost)) or self.cost == 0:
            return math.nan
        return abs(self.cost - self.bound) / abs(self.cost)

    @property
    def open_intervals(self) -> npt.NDArray[np.bool_]:
        """Which intervals are open, at least in part (I,): none where the scenario is not known."""
        from cxsim.model.calendar import timeline

        if getattr(self.scenario, "horizon", None) is None:
            return np.zeros(len(self.labels), dtype=bool)
        found: npt.NDArray[np.bool_] = timeline(self.scenario).open_mask
        return found

    def headline(self) -> str:
        """The answer in one or two sentences."""
        from cxsim.report.plan.words import headline

        return headline(self)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: cost beside today's and Erlang C's, goals, bound, money, and one more point."""
        from cxsim.report.plan.terminal import summary

        return summary(self, width)

    def document(self) -> dict[str, Any]:
        """What `--json` prints: cost, bound, bound_status, gap, certified, plan, goals and every other table."""
        from cxsim.report.plan.document import document

        return document(self)

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write plan, workbook, page, figures and tables into `folder`, all or nothing, and return its path.

        A folder that holds an earlier optimum is replaced; any other that is not empty raises FileExistsError. Same
        scenario and seed, same bytes in every table.
        """
        from cxsim.report.plan.folder import save

        return save(self, Path(folder), pictures=pictures)

    def files(self, folder: Path, pictures: bool = True) -> str:
        """What `save` wrote, in words."""
        shown = [folder / "report.html", folder / "plan.xlsx"] if pictures else []
        names = [str(name) for name in (*(one for one in shown if one.exists()), folder / "plan.csv")]
        shown = shown[: len(names) - 1]
        return f"{', '.join(names[:-1]) + ' and ' if shown else ''}{names[-1]}; simulate it with: cxsim run {folder}"

    def _repr_html_(self) -> str:
        from cxsim.report.plan.page import notebook

        return notebook(self)

    def __repr__(self) -> str:
        proof = "certified" if self.certified else "not certified"
        return f"<cxsim.Optimum {self.name!r}: {self.objective} {self.cost:,.6g}, {proof}, seed {self.seed}>"
