"""Rows by day and time of day, and which of two hours of one name a row is in where clocks are set back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxsim.tables.reader import Table

Floats = npt.NDArray[np.float64]


EITHER = -1  # of an hour that comes twice: both, or not known which


@dataclass(frozen=True)
class Calendar:
    """Which rows belong to which day: row numbers by date, by weekday (Monday 0), and for every day."""

    dated: dict[date, list[int]]
    weekly: dict[int, list[int]]
    daily: list[int]

    def rows(self, on: date) -> list[int] | None:
        """The rows of its date, else of its weekday, else of every day; None when there are none."""
        return self.dated.get(on) or self.weekly.get(on.weekday()) or self.daily or None

    def all_rows(self, on: date) -> list[int]:
        """The rows of its date, of its weekday and of every day together, in the order of the file."""
        return sorted([*self.dated.get(on, ()), *self.weekly.get(on.weekday(), ()), *self.daily])

    def knows(self, on: date) -> bool:
        """Whether a row names this day by its date or weekday."""
        return on in self.dated or on.weekday() in self.weekly


class Times(NamedTuple):
    """When the rows of a table are, in one time zone: seconds (n,) of the day, `folds` (n,), and their days.

    A fold is 0 or 1 where an offset says which of two hours of one name it is, else -1.
    """

    seconds: Floats
    folds: npt.NDArray[np.int8]
    calendar: Calendar


def converted(on: date, seconds: float, offset: float, zone: ZoneInfo) -> tuple[date, float, int]:
    """(date, seconds of the day, fold) in a zone, of a time `offset` s ahead of UTC; fold -1 unless it comes twice."""
    utc = datetime.combine(on, time(), UTC) + timedelta(seconds=round(seconds, 6) - offset)
    there = utc.astimezone(zone)
    whole = there.hour * 3600 + there.minute * 60 + there.second
    fold = there.fold if there.fold or there.utcoffset() != there.replace(fold=1).utcoffset() else EITHER
    return there.date(), whole + seconds % 1.0, fold


def told_apart(
    table: Table, rows: Sequence[int], when: Times, column: str, twice: Callable[[float], bool], name: str = ""
) -> list[tuple[int, int]]:
    """The rows of a day, each with its fold; one time has one row, or two if it comes `twice`.

    Two rows of an hour that comes twice are told apart by their offsets, or that of one, else by their order; one row
    without an offset is about both. A fault tells whose rows they are, if they have a `name`.
    """
    by: dict[float, list[int]] = {}
    for i, at in zip(rows, when.seconds[list(rows)].tolist(), strict=True):
        by.setdefault(at, []).append(i)
    out: list[tuple[int, int]] = []
    for at in sorted(by):
        same = by[at]
        if len(same) == 1:
            out.append((same[0], int(when.folds[same[0]])))
            continue
        folds = sorted((int(when.folds[i]), i) for i in same)
        if [fold for fold, _ in folds] == [EITHER, 0]:
            folds.reverse()
        if len(same) == 2 and twice(at) and folds[0][0] != 1 and folds[1][0] != 0:
            out += [(i, k) for k, (_, i) in enumerate(folds)]
        else:
            rule = f"is a second row{f' of {name!r}' * bool(name)} for the same time"
            raise table.fault(table.lines[same[1]], table.cells[column][same[1]], column, rule, "keep one of the rows")
    return out


def in_order(walls: Sequence[float], known: Sequence[int], twice: Callable[[float], bool]) -> list[int] | None:
    """Folds of the moments of a day in the order of a log; None where nothing tells which of two hours one is in.

    Without offsets, clocks have been set back where, within the hour that comes twice, a time is before the last.
    """
    double = [twice(wall) for wall in walls]
    if all(fold != EITHER or not two for fold, two in zip(known, double, strict=True)):
        return [fold if two else EITHER for fold, two in zip(known, double, strict=True)]
    back = [k for k, (a, b) in enumerate(pairwise(walls), 1) if b < a]
    if len(back) != 1 or not (double[back[0]] and double[back[0] - 1]):
        return None
    found = [EITHER if not two else int(k >= back[0]) for k, two in enumerate(double)]
    agree = all(fold in (EITHER, told) for fold, told in zip(known, found, strict=True) if told != EITHER)
    return found if agree else None
