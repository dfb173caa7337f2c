"""From factors to points: the designs, one function each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.studies.sweep import sampling
from cxsim.studies.sweep.design import MOST_POINTS, Column, columns_of
from cxsim.studies.sweep.factors import Factor, Value

Holds = Callable[[Mapping[str, Any]], bool]


class Arranged(NamedTuple):
    """The points of a design by column, with block and role, and how many a condition took out."""

    columns: tuple[Column, ...]
    block: npt.NDArray[np.int64]
    role: tuple[str, ...]
    left_out: int


class Unfit(ValueError):
    """A design that has no points, or too many: what is wrong, and the fix."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(f"{rule}; {fix}")
        self.rule, self.fix = rule, fix


def arrange(
    kind: str, factors: Sequence[Factor], points: int | None, seed: int, conditions: Sequence[Holds]
) -> Arranged:
    """The points of a design in order, those that break a condition left out. Raises Unfit."""
    if kind == "grid":
        made = _grid(factors)
    elif kind == "list":
        rows = list(zip(*(factor.values for factor in factors), strict=True))
        made = Arranged(columns_of(factors, rows), np.zeros(len(rows), np.int64), ("",) * len(rows), 0)
    elif kind == "one_at_a_time":
        made = _one_at_a_time(factors)
    else:
        made = _sampled(kind, factors, points or 0, seed)
    kept = _kept(made, factors, conditions)
    if not len(kept.block):
        if kept.left_out:
            raise Unfit(f"excludes all {kept.left_out:,} points", "relax a condition in `where`")
        raise Unfit("has no points", "give each factor a value")
    return kept


def count(kind: str, factors: Sequence[Factor], points: int | None) -> int:
    """How many points a design has before conditions."""
    if kind == "grid":
        return math.prod(len(factor.levels()) for factor in factors)
    if kind == "list":
        return len(factors[0].values) if factors else 0
    if kind == "one_at_a_time":
        return 1 + sum(len(factor.levels()) for factor in factors)
    each = {"morris": len(factors) + 1, "sobol_indices": len(factors) + 2}.get(kind, 1)
    return (points or 0) * each


def _grid(factors: Sequence[Factor]) -> Arranged:
    """Every combination; the last factor changes fastest."""
    levels = [factor.levels() for factor in factors]
    total = math.prod(map(len, levels))
    if total > MOST_POINTS:
        raise Unfit(
            f"has {total:,} points", f"a design has at most {MOST_POINTS:,}: use fewer values, or a sampled design"
        )
    numbers = np.unravel_index(np.arange(total), [len(level) for level in levels])
    columns: list[npt.NDArray[Any]] = []
    for factor, level, number in zip(factors, levels, numbers, strict=True):
        if factor.column == "str":
            columns.append(number.astype(np.int32))
        else:
            columns.append(np.array(level, dtype=np.float64 if factor.column == "f64" else np.int64)[number])
    return Arranged(tuple(columns), np.zeros(total, np.int64), ("",) * total, 0)


def _one_at_a_time(factors: Sequence[Factor]) -> Arranged:
    """The base, then each factor through its other values while the rest stay at the base."""
    base: list[Value] = [factor.base if factor.base is not None else factor.levels()[0] for factor in factors]
    rows, role = [list(base)], ["base"]
    for k, factor in enumerate(factors):
        for value in factor.levels():
            if value != base[k]:
                rows.append([*base[:k], value, *base[k + 1 :]])
                role.append(factor.name)
    return Arranged(columns_of(factors, rows), np.zeros(len(rows), np.int64), tuple(role), 0)


def _sampled(kind: str, factors: Sequence[Factor], points: int, seed: int) -> Arranged:
    names = [factor.name for factor in factors]
    if kind == "morris":
        cube = sampling.morris(points, names, seed)
    elif kind == "sobol_indices":
        cube = sampling.sobol_indices(points, names, seed)
    elif kind == "sobol":
        cube = sampling.plain(sampling.sobol(points, len(factors), seed))
    else:
        cube = sampling.latin_hypercube(points, len(factors), seed)
    rows = [[factor.at(float(u)) for factor, u in zip(factors, row, strict=True)] for row in cube.points]
    return Arranged(columns_of(factors, rows), cube.block, tuple(cube.role), 0)


def _kept(made: Arranged, factors: Sequence[Factor], conditions: Sequence[Holds]) -> Arranged:
    """The points that meet every condition."""
    if not conditions:
        return made
    names = [factor.name for factor in factors]
    texts = [np.array(factor.values, dtype=object) if factor.column == "str" else None for factor in factors]
    plain = [
        (column if factor.scale == 1.0 else np.round(column * factor.scale, 10)).tolist()
        if text is None
        else text[column].tolist()
        for column, text, factor in zip(made.columns, texts, factors, strict=True)
    ]
    keep = np.array(
        [all(holds(dict(zip(names, row, strict=True))) for holds in conditions) for row in zip(*plain, strict=True)]
    )
    role = tuple(role for role, kept in zip(made.role, keep, strict=True) if kept)
    return Arranged(tuple(column[keep] for column in made.columns), made.block[keep], role, int((~keep).sum()))
