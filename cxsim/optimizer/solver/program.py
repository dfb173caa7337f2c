"""Linear and integer programs, and what solvers say of them; `solve` solves them. All minimise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Status = Literal["optimal", "feasible", "infeasible", "unbounded", "nothing"]

FEASIBILITY = 1e-5  # how far a row or a whole number may be missed, relative to 1 + its size


class SolverError(ValueError):
    """A solver that is not there or cannot take the program; the message names it and those there are."""


@dataclass(frozen=True, eq=False)
class Program:
    """Minimise cost·x with low ≤ x ≤ high, row_low ≤ rows·x ≤ row_high, some x whole; N columns, M rows."""

    cost: Floats  # (N,)
    low: Floats  # (N,); -inf for none
    high: Floats  # (N,); inf for none
    integer: npt.NDArray[np.bool_]  # (N,)
    rows: csr_array  # (M, N)
    row_low: Floats  # (M,)
    row_high: Floats  # (M,)
    names: Sequence[str]  # of columns
    row_names: Sequence[str]

    def violation(self, x: Floats) -> float:
        """The largest miss of a row, a bound or a whole number, relative to 1 + the size of what is missed."""
        if not np.isfinite(x).all():
            return math.inf
        values = np.concatenate([x, self.rows @ x])
        low, high = np.concatenate([self.low, self.row_low]), np.concatenate([self.high, self.row_high])
        with np.errstate(invalid="ignore"):
            under = np.where(np.isfinite(low), (low - values) / (1 + np.abs(low)), -np.inf)
            over = np.where(np.isfinite(high), (values - high) / (1 + np.abs(high)), -np.inf)
        whole = np.abs(x - np.round(x))[self.integer] / (1 + np.abs(x[self.integer]))
        return max([0.0, *(float(part.max()) for part in (under, over, whole) if part.size)])


class Builder:
    """Collects columns and rows, and makes a Program of them."""

    def __init__(self) -> None:
        self.n = self.m = 0
        self._columns: list[tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]] = []
        self._names: list[str] = []
        self._entries: list[tuple[Numbers, Numbers, Floats]] = []
        self._sides: list[tuple[Floats, Floats]] = []
        self._row_names: list[str] = []

    def columns(
        self,
        n: int,
        name: str | Sequence[str],
        cost: npt.ArrayLike = 0.0,
        low: npt.ArrayLike = 0.0,
        high: npt.ArrayLike = math.inf,
        integer: npt.ArrayLike = False,
    ) -> Numbers:
        """Add `n` columns, called name[0], name[1], … or as the sequence says; returns their numbers."""
        given = [np.broadcast_to(np.asarray(value, np.float64), (n,)).copy() for value in (cost, low, high)]
        self._columns.append((given[0], given[1], given[2], np.broadcast_to(np.asarray(integer, bool), (n,))))
        self._names += [f"{name}[{k}]" for k in range(n)] if isinstance(name, str) else list(name)
        self.n += n
        return np.arange(self.n - n, self.n)

    def row(
        self,
        indices: npt.ArrayLike,
        coefficients: npt.ArrayLike,
        low: float = -math.inf,
        high: float = math.inf,
        name: str = "",
    ) -> int:
        """Add a row; columns named twice add up. Returns its number."""
        columns = np.asarray(indices, np.int64).ravel()
        values = np.broadcast_to(np.asarray(coefficients, np.float64), columns.shape)
        self._entries.append((np.full(columns.shape, self.m), columns, values))
        self._sides.append((np.array([low], np.float64), np.array([high], np.float64)))
        self._row_names.append(name or f"row[{self.m}]")
        self.m += 1
        return self.m - 1

    def rows(
        self,
        numbers: npt.ArrayLike,
        indices: npt.ArrayLike,
        coefficients: npt.ArrayLike,
        low: npt.ArrayLike,
        high: npt.ArrayLike,
        names: Sequence[str],
    ) -> Numbers:
        """Add len(names) rows at once from entries (row within these, column, coefficient); broadcast together."""
        n = len(names)
        own, columns, values = np.broadcast_arrays(numbers, indices, np.asarray(coefficients, np.float64))
        self._entries.append((own.astype(np.int64).ravel() + self.m, columns.astype(np.int64).ravel(), values.ravel()))
        sides = [np.broadcast_to(np.asarray(side, np.float64), (n,)) for side in (low, high)]
        self._sides.append((sides[0], sides[1]))
        self._row_names += names
        self.m += n
        return np.arange(self.m - n, self.m)

    def program(self) -> Program:
        """All that was added."""
        from scipy.sparse import csr_array

        none = np.empty(0)
        parts = list(zip(*self._columns, strict=True)) if self._columns else [(none,)] * 3 + [(none.astype(bool),)]
        cost, low, high, integer = (np.concatenate(part) for part in parts)
        at, to, values = (
            (np.concatenate(part) for part in zip(*self._entries, strict=True))
            if self._entries
            else (none.astype(np.int64), none.astype(np.int64), none)
        )
        rows = csr_array((values, (at, to)), shape=(self.m, self.n))
        rows.sum_duplicates()
        rows.eliminate_zeros()
        sides = [np.concatenate(part) for part in zip(*self._sides, strict=True)] if self._sides else [none, none]
        return Program(cost, low, high, integer, rows, sides[0], sides[1], tuple(self._names), tuple(self._row_names))


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found. `optimal` means proved; `feasible` is a point without the proof.

    `bound` is below every solution (NaN where the solver does not tell), `gap` (objective - bound) ÷ |objective|.
    `duals` (by how much the least cost rises per unit of a row's side) and `reduced` are NaN for programs
    with whole numbers. Without a point `x` is all NaN. `basis` starts the next program like this one.
    """

    status: Status
    x: Floats
    objective: float
    bound: float
    gap: float
    duals: Floats
    reduced: Floats
    seconds: float
    basis: object = field(default=None, repr=False)

    @property
    def found(self) -> bool:
        """Whether there is a point."""
        return self.status in ("optimal", "feasible")


def point(status: Status, program: Program, x: Floats, bound: float) -> Solution:
    """A solution at x, its whole numbers made whole; nothing if x breaks a row after all."""
    if program.violation(x) > FEASIBILITY:
        return without("nothing", program, bound)
    x = np.where(program.integer, np.round(x), x)
    objective = float(program.cost @ x)
    bound = min(bound, objective) if math.isfinite(bound) else math.nan
    gap = (objective - bound) / max(abs(objective), 1e-9)
    unknown = np.full(x.size, math.nan), np.full(len(program.row_names), math.nan)
    return Solution(status, x, objective, bound, gap, unknown[1], unknown[0], 0.0)


def without(status: Status, program: Program, bound: float = math.nan) -> Solution:
    """An answer without a point."""
    n, m = program.cost.size, len(program.row_names)
    unknown = np.full(n, math.nan)
    return Solution(status, unknown, math.nan, bound, math.nan, np.full(m, math.nan), unknown, 0.0)
