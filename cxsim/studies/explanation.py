"""What comes of an explanation: two values of a metric and the steps between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cxsim import metrics
from cxsim.report.common.results_folder import write_json, write_text
from cxsim.report.common.style import png
from cxsim.report.run.document import plain, records
from cxsim.report.run.folder import csv_text
from cxsim.report.studies import explain as report
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

COLUMNS: Final = ("step", "title", "change", "low", "high", "level", "sentence")
KIND, MARK, SCHEMA_VERSION = "cxsim explanation", "explanation.json", 1


@dataclass(frozen=True, eq=False)
class Explanation:
    """From one value of a metric to another, step by step.

    Attributes
    ----------
    scenario : str
        Name of the scenario, or of both.
    figure : str
        'sl', 'asa', 'abandoned_share' or 'occupancy'.
    queue : str
        Name of the queue; empty for all contacts.
    start_name : str
        What the first value is: 'Erlang C', or the name of the first scenario.
    end_name : str
        What the last value is: 'Simulation', or the name of the second scenario.
    start : float
        The first value: a share from 0 to 1, or seconds.
    end : float
        The last value, in the same unit.
    end_low : float
        Lower end of the 95 % interval of `end`; NaN with one replication.
    end_high : float
        Upper end of that interval; NaN with one replication.
    steps : DataFrame
        step, title, change, low, high, level, sentence: one row per step in order. The changes add up to end - start.
        `low` and `high` are the paired 95 % interval of the change; `level` is the value after the step.
    overrides : mapping
        For each step the changes that it is about: path → value that takes the step out of the scenario, or, between
        two scenarios, path → value that puts it in (None where the path is left out).
    orders : str
        'the order shown', or the orders over which Shapley values are the mean.
    seed : int
        Random seed.
    replications : int
        Number of replications of each scenario.
    engine : str
        'clock' or 'story'.
    """

    scenario: str
    figure: str
    queue: str
    start_name: str
    end_name: str
    start: float
    end: float
    end_low: float
    end_high: float
    steps: pd.DataFrame
    overrides: Mapping[str, Mapping[str, Any]]
    orders: str
    seed: int
    replications: int
    engine: str

    @property
    def unit(self) -> str:
        """The unit of the metric.

        Returns
        -------
        str
            'share' or 's'.
        """
        return str(metrics.REGISTRY[self.figure].unit)

    def plot(self) -> Figure:
        """Draw the waterfall: a bar for each value and each step, with its interval.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return report.plot(self)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: the table of the steps, and a sentence for each.

        Parameters
        ----------
        width : int, optional
            Width in characters; that of the terminal if not given.

        Returns
        -------
        RenderableType
            For `rich.print`.
        """
        return report.summary(self, width)

    def document(self) -> dict[str, Any]:
        """What `cxsim explain --json` prints.

        Returns
        -------
        dict
            schema_version, inputs, start, end, steps (with their overrides); NaN becomes None.
        """
        end = {"name": self.end_name, "value": self.end, "low": self.end_low, "high": self.end_high}
        rows = [{**row, "overrides": plain(dict(self.overrides.get(row["step"], {})))} for row in records(self.steps)]
        return {
            "schema_version": SCHEMA_VERSION,
            "inputs": {
                "scenario": self.scenario,
                "figure": self.figure,
                "queue": self.queue or None,
                "unit": self.unit,
                "orders": self.orders,
                "seed": self.seed,
                "replications": self.replications,
                "engine": self.engine,
            },
            "start": {"name": self.start_name, "value": plain(self.start)},
            "end": plain(end),
            "steps": rows,
        }

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write steps.csv, explanation.json and waterfall.png into a folder, all or nothing.

        A folder that holds an earlier explanation is replaced.

        Parameters
        ----------
        folder : str or Path
            Where to write; made if it does not exist.
        pictures : bool, default True
            Whether to write the chart.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FileExistsError
            The folder is not empty and does not hold an explanation.
        OSError
            The folder cannot be written.
        """
        return write_folder(Path(folder), KIND, lambda made: self._fill(made, pictures))

    def _fill(self, made: Path, pictures: bool) -> None:
        write_text(made / "steps.csv", csv_text(self.steps))
        write_json(made / MARK, {"kind": KIND, **self.document()})
        if pictures:
            (made / "waterfall.png").write_bytes(png(self.plot(), self.scenario))

    def __repr__(self) -> str:
        where = f" of {self.queue}" if self.queue else ""
        return (
            f"<cxsim.Explanation {self.figure}{where}: {self.start_name} to {self.end_name}, {len(self.steps)} steps>"
        )
