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

from cxsim.model.calendar import timeline
from cxsim.optimizer.routing.words import ROUTING_COLUMNS
from cxsim.optimizer.search_params import SearchParams
from cxsim.report.common.charts import mimebundle, widget
from cxsim.report.plan.document import document
from cxsim.report.plan.folder import save
from cxsim.report.plan.page import charts, notebook
from cxsim.report.plan.terminal import summary
from cxsim.report.plan.words import headline
from cxsim.schema.plan_tables import (
    ALLOCATION_COLUMNS,
    COMPARISON_COLUMNS,
    COST_COLUMNS,
    HISTORY_COLUMNS,
    MOVE_COLUMNS,
    NEED_COLUMNS,
    PLAN_GOAL_COLUMNS,
    POINT_COLUMNS,
    Nearby,
    Reached,
    empty,
)

if TYPE_CHECKING:
    from anywidget import AnyWidget
    from rich.console import RenderableType

    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Optimum:
    """The answer to "what should I staff?" for one scenario.

    Attributes
    ----------
    name : str
        Name of the scenario.
    scenario : Scenario
        What was optimized.
    scenario_text : str
        The scenario as YAML.
    kind : {'headcounts', 'shifts'}
        What was decided.
    plan : DataFrame
        A table that `staff.file` reads: headcounts (group, start, agents) or shifts (group, start, end, breaks, agents,
        date).
    x : array (N,)
        The columns of the integer program.
    levels : array (G, I)
        Agents present by group and interval.
    groups : tuple of str
        Names of the groups.
    labels : tuple of datetime
        Starts of the intervals.
    interval : float
        Length of an interval (s).
    cost : float
        Objective of the plan, simulated on untouched replications: money over the counted time, or the metric that is
        minimised or maximised.
    bound : float
        Lower bound on that cost (upper bound if it is maximised); NaN without one.
    bound_status : {'rigorous', 'heuristic', 'none'}
        Whether the bound is proved.
    certified : bool
        Whether every goal was met with simultaneous confidence on untouched replications.
    goals : DataFrame
        One row per goal: value, one-sided bounds, slack, whether it is met and whether it binds.
    replications : int
        Replications simulated in all.
    cpu_seconds : float
        Processor time (s).
    wall_seconds : float
        Elapsed time (s).
    seed : int
        Random seed.
    objective : str
        'cost' or the name of a metric.
    sense : {'minimise', 'maximise'}
        Its direction.
    budget : float or None
        The limit on cost (money over the counted time).
    solver : str
        Name of the solver.
    currency : str
        Currency of every amount of money.
    confidence : float
        Confidence of the certificate.
    certified_on : int
        Number of untouched replications.
    costs : DataFrame
        Where the money goes.
    need : DataFrame
        By interval: agents present, agents busy and agents by Erlang C.
    allocation : DataFrame
        Who serves what: share of each queue's contacts by group.
    comparison : DataFrame
        This plan, today's and Erlang C per queue, on the same draws.
    goals_of_plans : DataFrame
        The goals of each of these plans.
    moves : DataFrame
        One agent or shift more or less, simulated again.
    points : DataFrame
        What one more point of a metric costs, simulated again.
    history : DataFrame
        The search by processor time.
    messages : tuple of str
        Sentences that a reader must know.
    definitions : mapping
        The sentence that defines each term.
    assumptions : tuple of str
        Sentences that the figures rest on.
    provenance : mapping
        Versions, checksums and arguments that reproduce the run.
    inputs : mapping
        The files that the scenario names, by their path beside it.
    result : Result or None
        The plan as `simulate` simulates it.
    params : SearchParams
        The constants of the search.
    routing : DataFrame
        What the plan changes in the scenario's routing, a row per change (`optimize.routing`).
    routing_changes : mapping
        The same as {path: value}, as `Scenario.vary` takes them; None for a skill that is not used.
    bound_note : str
        What a heuristic bound rests on.
    nearby : Nearby or None
        What changes of up to two agents or shifts do: counts of the `cheaper` ones, of those simulated that are
        `worse`, `unclear` or `kept`, the `best` and its `saving`.
    reached : Reached or None
        Where no plan can meet all goals: what this `plan` and `today`'s staffing reach (contacts `missed`, goals `met`,
        `worst` shortfall of an interval), and the contacts that every plan misses at the `least`.
    is_today : bool
        Whether the plan is today's staffing: the same people in every interval.
    signature : str
        A checksum of what the columns `x` mean.
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
    routing: pd.DataFrame = field(default_factory=lambda: empty(ROUTING_COLUMNS))
    routing_changes: Mapping[str, Any] = field(default_factory=dict)
    bound_note: str = ""
    nearby: Nearby | None = None
    reached: Reached | None = None
    is_today: bool = False
    signature: str = ""

    @property
    def gap(self) -> float:
        """How far the cost may be from the best: `|cost - bound| / |cost|`.

        Returns
        -------
        float
            A share of the cost; NaN without a bound.
        """
        if not (math.isfinite(self.bound) and math.isfinite(self.cost)) or self.cost == 0:
            return math.nan
        return abs(self.cost - self.bound) / abs(self.cost)

    @property
    def open_intervals(self) -> npt.NDArray[np.bool_]:
        """The intervals that are open, at least in part.

        Returns
        -------
        array (I,) of bool
            All False if the scenario is not known.
        """
        if getattr(self.scenario, "horizon", None) is None:
            return np.zeros(len(self.labels), dtype=bool)
        found: npt.NDArray[np.bool_] = timeline(self.scenario).open_mask
        return found

    def headline(self) -> str:
        """The answer in one or two sentences.

        Returns
        -------
        str
            Cost, certificate, and how the plan compares with today's and with Erlang C.
        """
        return headline(self)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: cost beside today's and Erlang C's, goals, bound, and the price of one more point.

        Parameters
        ----------
        width : int, optional
            Width in characters; that of the terminal if not given.

        Returns
        -------
        RenderableType
            For `rich.print`.
        """
        return summary(self, width)

    def document(self) -> dict[str, Any]:
        """What `cxsim optimize --json` prints.

        Returns
        -------
        dict
            cost, bound, bound_status, gap, certified, plan, goals and every other table; NaN becomes None.
        """
        return document(self)

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write plan, workbook, page, charts and tables into a folder, all or nothing.

        A folder that holds an earlier optimum is replaced. The same scenario and seed give the same bytes in every
        table.

        Parameters
        ----------
        folder : str or Path
            Where to write; made if it does not exist.
        pictures : bool, default True
            Whether to write the charts, the page and the workbook.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FileExistsError
            The folder is not empty and does not hold an optimum.
        OSError
            The folder cannot be written.
        """
        return save(self, Path(folder), pictures=pictures)

    def files(self, folder: Path, pictures: bool = True) -> str:
        """What `save` wrote, in words.

        Parameters
        ----------
        folder : Path
            Where it was saved.
        pictures : bool, default True
            Whether page and workbook were written.

        Returns
        -------
        str
            The main files, and the command that simulates the plan.
        """
        shown = [folder / "report.html", folder / "plan.xlsx"] if pictures else []
        names = [str(name) for name in (*(one for one in shown if one.exists()), folder / "plan.csv")]
        shown = shown[: len(names) - 1]
        return f"{', '.join(names[:-1]) + ' and ' if shown else ''}{names[-1]}; simulate it with: cxsim run {folder}"

    def widget(self, chart: str = "") -> AnyWidget:
        """The plan, its charts and tables as a widget, with values under the pointer.

        Parameters
        ----------
        chart : str, default ''
            The chart that is open at first, such as 'staffing'; the first one if empty.

        Returns
        -------
        AnyWidget
            For a notebook, which shows it at the end of a cell.

        Raises
        ------
        ImportError
            The extra `notebook` is not installed.
        ValueError
            There is no such chart.
        """
        return widget(notebook(self), charts(self), chart)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return mimebundle(self.widget)

    def _repr_html_(self) -> str:
        return notebook(self)

    def __repr__(self) -> str:
        proof = "certified" if self.certified else "not certified"
        return f"<cxsim.Optimum {self.name!r}: {self.objective} {self.cost:,.6g}, {proof}, seed {self.seed}>"
