"""What a run leaves: its tables, what they rest on, and the ways to show and keep them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cxsim.metrics.registry import REGISTRY
from cxsim.scenario.model.units import suggestion
from cxsim.schema.result_tables import FIGURE_COLUMNS, SCOPES, TARGET_COLUMNS, empty
from cxsim.simulation.figure_rows import FigureRows, LaterFigures
from cxsim.simulation.lazy import Lazy

if TYPE_CHECKING:
    import pandas as pd
    from anywidget import AnyWidget
    from rich.console import RenderableType

    from cxsim.report.run.plots import Plots


SINGLE = 8  # figures that are made one by one; then the whole table costs no more
EVERYWHERE = "answered"  # a figure of every scope


def _nothing() -> None:
    """The default of a table: `None` itself, as an attribute of the class, would hide what is made later."""


class Estimate(NamedTuple):
    """One metric with its confidence interval, of 95 % unless the run chose another level.

    Attributes
    ----------
    value : float
        The estimate; NaN if it was not measured.
    low : float
        Lower end of the interval; NaN with one replication.
    high : float
        Upper end of the interval; NaN with one replication.
    unit : str
        Unit of the three numbers: 'share', 's', a currency, or '' for a plain number.
    n : int
        Number of replications.
    """

    value: float
    low: float
    high: float
    unit: str
    n: int


@dataclass(frozen=True, eq=False)
class Result(Lazy):
    """The result of one simulation.

    After `simulate`, tables, the scenario's text and the provenance are made when they are first read. Until then the
    result holds the sums of each replication that they are made of.

    Attributes
    ----------
    name : str
        Name of the scenario.
    scenario_text : str
        The scenario as YAML.
    figures : DataFrame
        Every metric: figure, scope, name, interval, value, low, high, unit, n. `interval` is 'total', the ISO date of
        a day or the ISO start of an interval; `name` is ignored at scope 'total'.
    seed : int
        Random seed.
    replications : int
        Number of replications.
    engine : str
        'clock' or 'story'.
    interval : float
        Length of an interval (s).
    labels : tuple of datetime
        Local starts of the counted intervals.
    targets : DataFrame
        One row per target: queue, figure, target, value, low, high, met, worst_interval, and `within` (s) for service
        levels. `met` is None if the metric could not be measured.
    currency : str
        Currency of every amount of money.
    confidence : float
        Confidence level of the intervals.
    wall_seconds : float
        Elapsed time (s).
    definitions : mapping
        The sentence that defines each term (`sl`, `fcr`, ...).
    assumptions : tuple of str
        Sentences that a reader of the figures must know.
    provenance : mapping
        Versions, checksums and arguments that reproduce the run.
    plan : DataFrame or None
        Agents present by group and interval.
    erlang : DataFrame or None
        queue, interval, agents, agents_required_c, agents_required_a, sl_erlang_c, sl_erlang_a, wait_erlang_c,
        wait_erlang_a, abandoned_erlang_a; any but the first two may be missing.
    wait_histogram : DataFrame or None
        queue, upper_edge (s), answered, abandoned.
    inputs : mapping
        The files that the scenario names, by their path beside it.
    legs : DataFrame or None
        One row per contact leg, if `keep` asked for it.
    spells : DataFrame or None
        One row per agent and state, if `keep` asked for it.
    kinds : mapping
        The queues of each kind of channel: live, chat, deferred. With several kinds `figures` also has the scope
        'kind', and totals of waits are shown by kind.
    scenario : Scenario or None
        What was simulated; None in a result that was read back.
    """

    name: str
    scenario_text: str
    figures: pd.DataFrame
    seed: int
    replications: int
    engine: str
    interval: float
    labels: tuple[datetime, ...] = ()
    targets: pd.DataFrame = field(default_factory=lambda: empty(TARGET_COLUMNS))
    currency: str = "EUR"
    confidence: float = 0.95
    wall_seconds: float = math.nan
    definitions: Mapping[str, str] = field(default_factory=dict)
    assumptions: tuple[str, ...] = field(default_factory=tuple)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    plan: pd.DataFrame | None = field(default_factory=_nothing)
    erlang: pd.DataFrame | None = field(default_factory=_nothing)
    wait_histogram: pd.DataFrame | None = field(default_factory=_nothing)
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    legs: pd.DataFrame | None = field(default_factory=_nothing)
    spells: pd.DataFrame | None = field(default_factory=_nothing)
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scenario: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if "figures" not in vars(self):
            return
        missing = [column for column in FIGURE_COLUMNS if column not in self.figures.columns]
        if missing:
            raise ValueError(f"the table of metrics has no column {missing[0]!r}; it needs {', '.join(FIGURE_COLUMNS)}")

    @cached_property
    def _whole(self) -> FigureRows:
        return FigureRows(self.figures)

    @cached_property
    def _single(self) -> dict[str, FigureRows]:
        return {}

    @property
    def _rows(self) -> dict[tuple[str, str, str, str], np.ndarray[Any, Any]]:
        """Row numbers of the figures by (figure, scope, name, 'total' | 'day' | 'interval')."""
        return self._whole.places

    def _of(self, figure: str) -> FigureRows:
        """Rows among which those of a figure are: only them, as long as few figures were asked for."""
        held = self.__dict__["_held"].get("figures")
        if not isinstance(held, LaterFigures):
            return self._whole
        if figure not in self._single:
            if len(self._single) == SINGLE:
                return self._whole
            self._single[figure] = FigureRows(held.table([figure]))
        return self._single[figure]

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for _, scope, name, _ in self._of(EVERYWHERE).places:
            found.setdefault(scope, {})[name] = None
        return {scope: tuple(names) for scope, names in found.items()}

    def names(self, scope: str) -> tuple[str, ...]:
        """The names at a scope, in the order of the scenario.

        Parameters
        ----------
        scope : str
            'queue', 'reason', 'segment', 'group', 'kind' or 'total'.

        Returns
        -------
        tuple of str
            The names; empty for a scope without any.
        """
        return self._names.get(scope, ())

    def _series(self, figure: str, scope: str, name: str, by: str) -> pd.DataFrame:
        """The rows of a figure; ValueError if the figure, the scope or the name does not exist."""
        key = (figure, scope, "" if scope == "total" else name, by)
        if figure not in REGISTRY or key not in self._of(figure).places:
            self._known(figure, scope, name)
        return self._of(figure).at(key)

    def _known(self, figure: str, scope: str, name: str) -> None:
        """ValueError for a figure, a scope or a name that there is not, with the nearest that there is."""
        if figure not in REGISTRY and all(figure != one for one, *_ in self._rows):
            raise ValueError(f"{figure!r} is not a metric; {suggestion(figure, REGISTRY, 'the metrics are')}")
        if scope not in SCOPES and scope not in self._names:
            raise ValueError(f"{scope!r} is not a scope; {suggestion(scope, SCOPES, 'the scopes are')}")
        names = self.names(scope)
        if scope != "total" and names and name not in names:
            raise ValueError(
                f"{name!r} is not a {scope} of this result; {suggestion(name, names, f'the {scope}s are')}"
            )

    def estimate(self, figure: str, scope: str = "total", name: str = "", interval: str = "total") -> Estimate:
        """One metric with its confidence interval.

        Parameters
        ----------
        figure : str
            Name of the metric, such as 'sl'; the reference lists them under Figures.
        scope : str, default 'total'
            'total', 'queue', 'reason', 'segment', 'group' or 'kind'.
        name : str, default ''
            Which queue, reason, segment or group; ignored at scope 'total'.
        interval : str, default 'total'
            'total', an ISO date, or the ISO start of an interval.

        Returns
        -------
        Estimate
            (value, low, high, unit, n); NaN if it was not measured.

        Raises
        ------
        ValueError
            There is no such metric, scope or name; the message names the nearest one.

        Examples
        --------
        >>> result.estimate("sl", "queue", "sales", "2026-03-02").value
        """
        by = "total" if interval == "total" else "day" if len(interval) == 10 else "interval"
        rows = self._series(figure, scope, name, by)
        rows = rows[rows["interval"].astype(str) == interval]
        if not len(rows):
            return Estimate(math.nan, math.nan, math.nan, "", 0)
        row = rows.iloc[0]
        return Estimate(float(row["value"]), float(row["low"]), float(row["high"]), str(row["unit"]), int(row["n"]))

    def series(self, figure: str, scope: str = "total", name: str = "", by: str = "interval") -> pd.DataFrame:
        """One metric over time.

        Parameters
        ----------
        figure : str
            Name of the metric.
        scope : str, default 'total'
            'total', 'queue', 'reason', 'segment', 'group' or 'kind'.
        name : str, default ''
            Which queue, reason, segment or group; ignored at scope 'total'.
        by : str, default 'interval'
            'interval' or 'day'.

        Returns
        -------
        DataFrame
            interval (ISO text), value, low, high, in order of time.

        Raises
        ------
        ValueError
            There is no such metric, scope or name; the message names the nearest one.
        """
        part = self._series(figure, scope, name, by)
        part = part[["interval", "value", "low", "high"]].astype(
            {"interval": str, "value": float, "low": float, "high": float}
        )
        return part.sort_values("interval", kind="stable").reset_index(drop=True)

    def table(
        self, scope: str = "queue", by: str = "total", figure: str | None = None, bounds: bool = False
    ) -> pd.DataFrame:
        """Metrics side by side: one row per name and interval, one column per metric.

        Parameters
        ----------
        scope : str, default 'queue'
            'total', 'queue', 'reason', 'segment', 'group' or 'kind'.
        by : str, default 'total'
            'total', 'day' or 'interval'.
        figure : str, optional
            Show this metric alone: one row per interval, one column per name.
        bounds : bool, default False
            Whether a metric with a confidence interval is followed by its `_low` and `_high`.

        Returns
        -------
        DataFrame
            The table; empty if nothing was measured at this scope.
        """
        from cxsim.report.run.tables import across, wide

        return across(self, figure, scope, by) if figure else wide(self, scope, by, bounds)

    def to_latex(self, *figures: str, scope: str = "total", name: str = "", caption: str = "", label: str = "") -> str:
        """Metrics as a table for a paper: value and confidence interval of each.

        Parameters
        ----------
        *figures : str
            Metrics, such as 'sl' and 'asa'.
        scope : str, default 'total'
            'total', 'queue', 'reason', 'segment', 'group' or 'kind'.
        name : str, default ''
            Of one queue, group, …; all of the scope if not given.
        caption : str, default ''
            With a caption the table is a float.
        label : str, default ''
            Its label, for references.

        Returns
        -------
        str
            LaTeX that needs the package booktabs; shares are in per cent.

        Raises
        ------
        ValueError
            No metric is given, or one does not exist at this scope.

        Examples
        --------
        >>> print(result.to_latex("sl", "asa", scope="queue"))
        """
        from cxsim.report.common.formats import level, title
        from cxsim.report.common.latex import escaped, interval, number, tabular, titled

        if not figures:
            raise ValueError('to_latex: name a metric or more, such as to_latex("sl", "asa")')
        names = ("",) if scope == "total" else (name,) if name else self.names(scope)
        rows = []
        for figure in figures:
            for one in names:
                got = self.estimate(figure, scope, one)
                told = titled(title(figure), got.unit)
                rows.append(
                    (told, escaped(one) or "all", number(got.value, got.unit), interval(got.low, got.high, got.unit))
                )
        heads = ("metric", "of", "value", escaped(f"{level(self.confidence)} interval"))
        return tabular(heads, rows, 2, caption, label)

    @property
    def plot(self) -> Plots:
        """The charts of this result, as methods.

        Returns
        -------
        Plots
            `service_level()`, `wait()`, ...; each returns matplotlib axes.

        Examples
        --------
        >>> result.plot.service_level("sales").figure.savefig("service-level.png")
        """
        from cxsim.report.run.plots import Plots

        return Plots(self)

    def headline(self) -> str:
        """The verdict in one or two sentences.

        Returns
        -------
        str
            Which targets are met and which are missed.
        """
        from cxsim.report.run.words import headline

        return headline(self)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: verdict, targets, queues, groups, cost, and the intervals that miss their target.

        Parameters
        ----------
        width : int, optional
            Width in characters; that of the terminal if not given.

        Returns
        -------
        RenderableType
            For `rich.print`.
        """
        from cxsim.report.run.terminal import summary

        return summary(self, width)

    def document(self) -> dict[str, Any]:
        """What `cxsim run --json` prints.

        Returns
        -------
        dict
            schema_version, inputs, figures, targets, wall_seconds; NaN becomes None.
        """
        from cxsim.report.run.document import document

        return document(self)

    def save(
        self, folder: str | Path, *, pictures: bool = True, report: bool = True, formats: Sequence[str] = ("png",)
    ) -> Path:
        """Write tables, workbook, page and charts into a folder, all or nothing.

        A folder that holds an earlier result is replaced; files that cxsim did not write stay. The same scenario and
        seed give the same bytes in every table.

        Parameters
        ----------
        folder : str or Path
            Where to write; made if it does not exist.
        pictures : bool, default True
            Whether to write the charts as files.
        report : bool, default True
            Whether to write the page and the workbook.
        formats : sequence of str, default ('png',)
            Formats of the charts: 'png', 'svg' and 'pdf'; the last two are for papers and have no title inside.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FileExistsError
            The folder is not empty and does not hold a result.
        OSError
            The folder cannot be written.
        ValueError
            There is no such format.
        """
        from cxsim.report.run.folder import save

        return save(self, Path(folder), pictures=pictures, report=report, formats=formats)

    def widget(self, chart: str = "") -> AnyWidget:
        """The charts and tables of this result as a widget, with values under the pointer.

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
        from cxsim.report.common.charts import widget
        from cxsim.report.run.page import charts, notebook

        return widget(notebook(self), charts(self), chart)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from cxsim.report.common.charts import mimebundle

        return mimebundle(self.widget)

    def _repr_html_(self) -> str:
        from cxsim.report.run.page import notebook

        return notebook(self)

    def __repr__(self) -> str:
        times = f"{self.replications} replications" if self.replications != 1 else "1 replication"
        return f"<cxsim.Result {self.name!r}: {times}, seed {self.seed}, {self.engine}>"
