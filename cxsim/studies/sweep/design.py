"""A design: which points of which scenario are simulated, how often, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.scenario import Scenario
from cxsim.studies.sweep.factors import Factor, Value

DESIGNS = ("grid", "list", "latin_hypercube", "sobol", "one_at_a_time", "morris", "sobol_indices")
SAMPLED = {"latin_hypercube", "sobol", "morris", "sobol_indices"}
FIGURES = ("offered", "sl", "wait_mean", "abandoned_share", "occupancy", "fcr_true", "contacts_per_issue", "cost")
OPTIMUM = ("cost", "bound", "gap", "certified")
TASKS = ("run", "optimize")
MOST_POINTS = 5_000_000
MOST_LEVELS = 100_000  # of one factor

Column = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Design:
    """A design with its points: `columns` holds a factor's values by point (P,), for choices their numbers.

    `block` and `role` say where a point stands in a structured design: see the module `sampling`. `left_out` points
    broke a condition. `scopes` and `intervals` choose the rows that are kept of each figure.
    """

    name: str
    scenario: Scenario
    kind: str
    factors: tuple[Factor, ...]
    columns: tuple[Column, ...]
    block: npt.NDArray[np.int64]
    role: tuple[str, ...]
    replications: int | None = 10
    precision: Mapping[str, float] = field(default_factory=dict)
    figures: tuple[str, ...] = FIGURES
    scopes: tuple[str, ...] = ("total", "queue")
    intervals: bool = False
    seed: int = 1
    engine: str = "clock"
    task: str = "run"
    where: tuple[str, ...] = ()
    left_out: int = 0
    place: str = ""

    def __len__(self) -> int:
        return len(self.block)

    def values(self, point: int) -> tuple[Value, ...]:
        """The values of a point, in the order of the factors."""
        return tuple(
            factor.values[int(column[point])] if factor.column == "str" else column[point].item()
            for factor, column in zip(self.factors, self.columns, strict=True)
        )

    def shown(self, point: int) -> str:
        """A point in words: volume=1.1, billing=12."""
        pairs = zip(self.factors, self.values(point), strict=True)
        return ", ".join(f"{factor.name}={factor.shown(value)}" for factor, value in pairs)

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        return (self.values(point) for point in range(len(self)))


def columns_of(factors: Sequence[Factor], rows: Sequence[Sequence[Value]]) -> tuple[Column, ...]:
    """Rows of values as columns: floats, integers, and the numbers of choices."""
    out: list[Column] = []
    for k, factor in enumerate(factors):
        if factor.column == "str":
            number = {value: n for n, value in enumerate(factor.values)}
            out.append(np.array([number[row[k]] for row in rows], dtype=np.int32))
        else:
            out.append(np.array([row[k] for row in rows], dtype=np.float64 if factor.column == "f64" else np.int64))
    return tuple(out)


def default_name(file: Path | None, scenario: Scenario) -> str:
    """What a sweep is called: the design's file, or the scenario it varies."""
    if file is not None:
        return file.stem
    path = scenario.source.path
    return f"sweep-{path.stem if path is not None else 'scenario'}"
