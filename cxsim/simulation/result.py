"""What a run leaves: its tables, what they rest on, and the ways to show and keep them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pandas as pd

from cxsim.schema.result_tables import FIGURE_COLUMNS, SCOPES, TARGET_COLUMNS, empty

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.report.run.plots import Plots


class Estimate(NamedTuple):
    """One figure: its value, its 95% interval (NaN at one replication), unit and replications."""

    value: float
    low: float
    high: float
    unit: str
    n: int


@dataclass(frozen=True, eq=False)
class Result:
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
    plan: pd.DataFrame | None = None
    erlang: pd.DataFrame | None = None
    wait_histogram: pd.DataFrame | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    legs: pd.DataFrame | None = None
    spells: pd.DataFrame | None = None
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scenario: Any = None

    def __post_init__(self) -> None:
        missing = [column for column in FIGURE_COLUMNS if column not in self.figures.columns]
        if missing:
            raise ValueError(f"the table of metrics has no column {missing[0]!r}; it needs {', '.join(FIGURE_COLUMNS)}")

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str, str], np.ndarray[Any, Any]]:
        """Row numbers of the figures by (figure, scope, name, 'total' | 'day' | 'interval')."""
        frame = self.figures
        interval = frame["interval"].astype(str)
        by = np.where(interval == "total", "total", np.where(interval.str.len() == 10, "day", "interval"))
        keys = pd.DataFrame(
            {
                "figure": frame["figure"].astype(str).to_numpy(),
                "scope": frame["scope"].astype(str).to_numpy(),
                "name": np.where(frame["scope"].astype(str) == "total", "", frame["name"].astype(str)),
                "by": by,
            }
        )
        found = keys.groupby(["figure", "scope", "name", "by"], sort=False).indices
        rows: dict[tuple[str, str, str, str], np.ndarray[Any, Any]] = {}
        for key, where in found.items():
            figure, scope, name, span = cast("tuple[str, str, str, str]", key)
            rows[figure, scope, name, span] = np.asarray(where)
        return rows

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for _, scope, name, _ in self._rows:
            found.setdefault(scope, {})[name] = None
        return {scope: tuple(names) for scope, names in found.items()}

    def names(self, scope: str) -> tuple[str, ...]:
        """The names at a scope (queues, reasons, segments, groups), in the order of the scenario."""
        return self._names.get(scope, ())

    def _known(self, figure: str, scope: str, name: str) -> None:
        """ValueError for a figure, a scope or a name that there is not, with the nearest that there is."""
        from cxsim.metrics.registry import REGISTRY
        from cxsim.scenario.model.units import suggestion

        if figure not in REGISTRY and figure not in self._figures:
            raise ValueError(f"{figure!r} is not a metric; {suggestion(figure, REGISTRY, 'the metrics are')}")
        if scope not in SCOPES and scope not in self._names:
            raise ValueError(f"{scope!r} is not a scope; {suggestion(scope, SCOPES, 'the scopes are')}")
        names = self.names(scope)
        if scope != "total" and names and name not in names:
            raise ValueError(
                f"{name!r} is not a {scope} of this result; {suggestion(name, names, f'the {scope}s are')}"
            )

    @cached_property
    def _figures(self) -> frozenset[str]:
        return frozenset(figure for figure, _, _, _ in self._rows)

    def estimate(self, figure: str, scope: str = "total", name: str = "", interval: str = "total") -> Estimate:
        """One figure with its interval; all NaN where it was not measured. ValueError for what does not exist."""
        self._known(figure, scope, name)
        by = "total" if interval == "total" else "day" if len(interval) == 10 else "interval"
        rows = self._rows.get((figure, scope, "" if scope == "total" else name, by))
        if rows is not None:
            part = self.figures.iloc[rows]
            part = part[part["interval"].astype(str) == interval]
            if len(part):
                row = part.iloc[0]
                return Estimate(
                    float(row["value"]),
                    float(row["low"]),
                    float(row["high"]),
                    str(row["unit"]),
                    int(row["n"]),
                )
        return Estimate(math.nan, math.nan, math.nan, "", 0)

    def series(self, figure: str, scope: str = "total", name: str = "", by: str = "interval") -> pd.DataFrame:
        """One figure in time order: interval (ISO text), value, low, high; by 'interval' or 'day'.

        ValueError for a figure, scope or name that does not exist.
        """
        self._known(figure, scope, name)
        rows = self._rows.get((figure, scope, "" if scope == "total" else name, by))
        part = self.figures.iloc[rows if rows is not None else []]
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
