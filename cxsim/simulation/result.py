"""What a run leaves: its tables, what they rest on, and the ways to show and keep them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from cxsim.schema.result_tables import FIGURE_COLUMNS, SCOPES, TARGET_COLUMNS, empty
from cxsim.simulation.figure_rows import FigureRows, LaterFigures
from cxsim.simulation.lazy import Lazy

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.report.run.plots import Plots


SINGLE = 8  # figures that are made one by one; then the whole table costs no more
EVERYWHERE = "answered"  # a figure of every scope


def _nothing() -> None:
    """The default of a table: `None` itself, as an attribute of the class, would hide what is made later."""


class Estimate(NamedTuple):
    """One figure: its value, its 95% interval (NaN at one replication), unit and replications."""

    value: float
    low: float
    high: float
    unit: str
    n: int


@dataclass(frozen=True, eq=False)
class Result(Lazy):
    """The answer to one run of one scenario.

    `figures` is the long table (figure, scope, name, interval, value, low, high, unit, n): `interval` is
    'total', the ISO date of a day, or the ISO start of an interval; `name` is ignored at scope 'total'.
    `targets` has a row a target (queue, figure, target, value, low, high, met, worst_interval, and `within`
    in seconds where the figure is an SL); `met` is None where it could not be measured. `labels` are the local starts
    of the counted intervals, `interval`
    their length in seconds. `definitions` maps a word (`sl`, `fcr`, ...) to the sentence that defines it,
    `assumptions` are the sentences a reader must know. `inputs` are files the scenario names, by their path
    beside it. Optional: `plan` (any table of who was there), `erlang` (queue, interval, agents,
    agents_required_c, agents_required_a, sl_erlang_c, sl_erlang_a, wait_erlang_c, wait_erlang_a,
    abandoned_erlang_a; any may be missing), `wait_histogram` (queue, upper_edge in seconds, answered,
    abandoned), `legs`, `spells`. `kinds` has the queues of each kind of channel (live, chat,
    deferred); where there are several, `figures` also has the scope `kind`, and totals of waits are shown by it.

    After `simulate`, tables, the scenario's text and the provenance are made when they are first read; until then the
    result holds the sums of each replication that they are made of.
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
    assumptions: tuple[str, ...] = ()
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
            raise ValueError(f"figures has no column {missing[0]!r}; it needs {', '.join(FIGURE_COLUMNS)}")

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
        """The names at a scope (queues, reasons, segments, groups), in the order of the scenario."""
        return self._names.get(scope, ())

    def _known(self, figure: str, scope: str, name: str) -> None:
        """ValueError for a figure, a scope or a name that there is not, with the nearest that there is."""
        from cxsim.metrics.registry import REGISTRY
        from cxsim.scenario.model.units import suggestion

        if figure not in REGISTRY and all(figure != one for one, *_ in self._rows):
            raise ValueError(f"{figure!r} is no figure; {suggestion(figure, REGISTRY, 'they are')}")
        if scope not in SCOPES and scope not in self._names:
            raise ValueError(f"{scope!r} is no scope; {suggestion(scope, SCOPES, 'they are')}")
        names = self.names(scope)
        if scope != "total" and names and name not in names:
            raise ValueError(f"{name!r} is no {scope} of this result; {suggestion(name, names, 'they are')}")

    def estimate(self, figure: str, scope: str = "total", name: str = "", interval: str = "total") -> Estimate:
        """One figure with its interval; all NaN where it was not measured. ValueError for what does not exist."""
        self._known(figure, scope, name)
        by = "total" if interval == "total" else "day" if len(interval) == 10 else "interval"
        rows = self._of(figure).at((figure, scope, "" if scope == "total" else name, by))
        rows = rows[rows["interval"].astype(str) == interval]
        if not len(rows):
            return Estimate(math.nan, math.nan, math.nan, "", 0)
        row = rows.iloc[0]
        return Estimate(float(row["value"]), float(row["low"]), float(row["high"]), str(row["unit"]), int(row["n"]))

    def series(self, figure: str, scope: str = "total", name: str = "", by: str = "interval") -> pd.DataFrame:
        """One figure in time order: interval (ISO text), value, low, high; by 'interval' or 'day'.

        ValueError for a figure, scope or name that does not exist.
        """
        self._known(figure, scope, name)
        part = self._of(figure).at((figure, scope, "" if scope == "total" else name, by))
        part = part[["interval", "value", "low", "high"]].astype(
            {"interval": str, "value": float, "low": float, "high": float}
        )
        return part.sort_values("interval", kind="stable").reset_index(drop=True)

    def table(
        self, scope: str = "queue", by: str = "total", figure: str | None = None, bounds: bool = False
    ) -> pd.DataFrame:
        """Figures side by side: a row a name and interval, a column a figure.

        `by` is 'total', 'day' or 'interval'; with `figure`, one row an interval and a column a name. With
        `bounds`, each figure that has an interval is followed by its `_low` and `_high`.
        """
        from cxsim.report.run.tables import across, wide

        return across(self, figure, scope, by) if figure else wide(self, scope, by, bounds)

    @property
    def plot(self) -> Plots:
        """Pictures: `result.plot.service_level()`, `.wait()`, ...; each returns matplotlib Axes."""
        from cxsim.report.run.plots import Plots

        return Plots(self)

    def headline(self) -> str:
        """The verdict in one or two sentences."""
        from cxsim.report.run.words import headline

        return headline(self)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: verdict, targets, queues, groups, cost, and the intervals that miss."""
        from cxsim.report.run.terminal import summary

        return summary(self, width)

    def document(self) -> dict[str, Any]:
        """What `--json` prints: schema_version, inputs, figures, targets, wall_seconds; NaN becomes null."""
        from cxsim.report.run.document import document

        return document(self)

    def save(self, folder: str | Path, *, pictures: bool = True, report: bool = True) -> Path:
        """Write everything into `folder`, all or nothing, and return its path.

        A folder that holds an earlier result is replaced (files that cxsim did not write stay); any other
        folder that is not empty raises FileExistsError. Same scenario and seed, same bytes in every table.
        """
        from cxsim.report.run.folder import save

        return save(self, Path(folder), pictures=pictures, report=report)

    def _repr_html_(self) -> str:
        from cxsim.report.run.page import notebook

        return notebook(self)

    def __repr__(self) -> str:
        times = f"{self.replications} replications" if self.replications != 1 else "1 replication"
        return f"<cxsim.Result {self.name!r}: {times}, seed {self.seed}, {self.engine}>"
