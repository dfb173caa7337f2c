"""What a frontier is: points, prices of a point, and targets out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxsim.report.plan.frontier import SCHEMA_VERSION, headline, notebook, plot, save, summary
from cxsim.report.run.document import plain, records
from cxsim.report.run.document import scenario as scenario_facts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


POINT_COLUMNS = (
    "point",
    "series",
    "target",
    "start",
    "cost",
    "cost_low",
    "cost_high",
    "sl",
    "sl_low",
    "sl_high",
    "fcr_true",
    "fcr_true_low",
    "fcr_true_high",
    "asa",
    "asa_low",
    "asa_high",
    "abandoned_share",
    "abandoned_share_low",
    "abandoned_share_high",
    "reached",
    "dominated_by",
    "n",
)
PRICE_COLUMNS = (
    "series",
    "before",
    "after",
    "figure_before",
    "figure_after",
    "gain",
    "gain_low",
    "gain_high",
    "cost",
    "cost_low",
    "cost_high",
    "per_point",
    "per_point_low",
    "per_point_high",
    "n",
)
OUT_COLUMNS = ("figure", "target", "best", "proof")


@dataclass(frozen=True, eq=False)
class Frontier:
    """Plans along the frontier of cost, service level and FCR, simulated with common random numbers.

    Attributes
    ----------
    name : str
        Name of the scenario.
    scenario_text : str
        The scenario as YAML.
    points : DataFrame
        One row per plan: `series` (which metric was asked for), `target`, `start` (where the plan came from), metrics
        with 95 % intervals, `reached` (whether the target was met) and `dominated_by` (the number of a plan that is
        clearly no dearer and no worse, else '').
    prices : DataFrame
        What each step between points costs for one point of the metric, paired.
    unreachable : DataFrame
        Targets that the fluid program proves out of reach.
    plans : mapping of DataFrame
        Tables that `staff.file` reads, by number.
    figures : tuple of str
        The metrics asked for.
    seed : int
        Random seed.
    replications : int
        Replications simulated in all.
    cpu_seconds : float
        Processor time (s).
    wall_seconds : float
        Elapsed time (s).
    currency : str
        Currency of every amount of money.
    messages : tuple of str
        Sentences that a reader must know.
    definitions : mapping
        The sentence that defines each term.
    routings : mapping of DataFrame
        What a plan changes in the scenario's routing, by number (`optimize.routing`); only plans that change it.
    routing_changes : mapping of dict
        The same as {path: value}, as `Scenario.vary` takes them.
    """

    name: str
    scenario_text: str
    points: pd.DataFrame
    prices: pd.DataFrame
    unreachable: pd.DataFrame
    plans: Mapping[int, pd.DataFrame]
    figures: tuple[str, ...]
    seed: int
    replications: int
    cpu_seconds: float
    wall_seconds: float
    currency: str = "EUR"
    messages: tuple[str, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    routings: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    routing_changes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """What one more point of a metric costs.

        Returns
        -------
        DataFrame
            `prices`: one row per step along each series.
        """
        return self.prices

    def plot(self) -> Figure:
        """Chart cost against each metric, with the price of a point at each step.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return plot(self)

    def headline(self) -> str:
        """What the frontier says, in a sentence or two.

        Returns
        -------
        str
            What one more point costs at both ends.
        """
        return headline(self)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows.

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
        """What `cxsim frontier --json` prints.

        Returns
        -------
        dict
            Points, prices of a point, and targets out of reach; NaN becomes None.
        """
        return {
            "schema_version": SCHEMA_VERSION,
            "message": self.headline(),
            "inputs": {
                "scenario": scenario_facts(self.scenario_text),
                "seed": self.seed,
                "figures": list(self.figures),
                "currency": self.currency,
                "definitions": dict(self.definitions),
            },
            "points": records(self.points),
            "prices": records(self.prices),
            "unreachable": records(self.unreachable),
            "plans": {str(number): records(table) for number, table in self.plans.items()},
            "routings": {str(number): records(table) for number, table in self.routings.items()},
            "routing_changes": {str(number): dict(values) for number, values in self.routing_changes.items()},
            "messages": list(self.messages),
            "replications": self.replications,
            "cpu_seconds": plain(self.cpu_seconds),
            "wall_seconds": plain(self.wall_seconds),
        }

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write tables, plans, page and chart into a folder, all or nothing.

        Parameters
        ----------
        folder : str or Path
            Where to write; made if it does not exist.
        pictures : bool, default True
            Whether to write the chart and the page.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FileExistsError
            The folder is not empty and does not hold a frontier.
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
            Whether chart and page were written.

        Returns
        -------
        str
            The main files.
        """
        head = f"{folder / 'report.html'}, " if pictures else ""
        return f"{head}{folder / 'points.csv'} and the plans next to it"

    def _repr_html_(self) -> str:
        return notebook(self)

    def __repr__(self) -> str:
        return f"<cxsim.Frontier {self.name!r}: {len(self.points)} points, seed {self.seed}>"
