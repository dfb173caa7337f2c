"""Erlang-A as linear pieces: what a program can know of the service that agents give.

The curves are relative to the contacts of a cell (a reason and interval, or a set of them) at a reference rate. A
concave curve from above and a convex one from below need no whole numbers: both are lines of the hull of points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cxsim.erlang.vectorised import figures
from cxsim.optimizer.fluid.backlog import Beside, figures_beside

Floats = npt.NDArray[np.float64]
# Agents at which a curve is read: standard deviations of the load above the load, and shares of the load.
SPREADS = np.concatenate([np.linspace(-1.0, 2.5, 29), [2.75, 3.0, 3.5, 4.0, 5.0]])
PARTS = np.linspace(0.0, 0.9, 13)
PIECES = 14
Kind = Literal["in_time", "abandoned", "waited"]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Lines `level` + `slope` × agents of cells: entry e belongs to cell `cell[e]`."""

    cell: npt.NDArray[np.int64]
    level: Floats
    slope: Floats


def erlang_pieces(
    kind: Kind,
    rate: Floats,
    handle: Floats,
    patience: Floats,
    within: Floats,
    definition: str,
    short: float,
    beside: Beside | None = None,
) -> Pieces:
    """Lines above the share answered in time, or below the share abandoned or the seconds waited a contact.

    For cells with contacts (arrays of one length): `rate` contacts/s, times in seconds, `patience` infinite for
    nobody gives up. With `beside` they have work that waits beside them. The true SL is not concave with few agents;
    its concave majorant is what the lines give.
    """
    load = rate * handle
    agents = np.concatenate(
        [load[:, None] * PARTS, np.maximum(load[:, None] + SPREADS * np.sqrt(load)[:, None], 0.0)], axis=1
    )
    agents = np.sort(np.concatenate([agents, np.floor(load[:, None]) + np.arange(5.0)], axis=1), axis=1)
    width = agents.shape[1]
    rates, times, patiences, limits = (np.repeat(part, width) for part in (rate, handle, patience, within))
    told = rates, times, patiences, agents.ravel(), limits, definition, short
    sl, asa, gone = figures(*told) if beside is None else figures_beside(*told, beside.repeated(width))
    if kind == "in_time":
        value = sl
    elif kind == "abandoned":
        value = gone
    else:
        value = asa * (1.0 - gone)
    table = value.reshape(agents.shape)
    sign = -1.0 if kind == "in_time" else 1.0
    cells, levels, slopes = list[int](), list[float](), list[float]()
    for cell in range(load.size):
        n, v = agents[cell], sign * table[cell]
        known = np.isfinite(v)
        x, y = _lower_hull(n[known], v[known])
        for k in _spread(y):
            slope = (y[k + 1] - y[k]) / (x[k + 1] - x[k])
            cells.append(cell)
            levels.append(sign * (y[k] - slope * x[k]))
            slopes.append(sign * slope)
        cells.append(cell)
        levels.append(1.0 if kind == "in_time" else 0.0)
        slopes.append(0.0)
    return Pieces(np.array(cells, np.int64), np.array(levels), np.array(slopes))


def _spread(y: Floats) -> npt.NDArray[np.int64]:
    """Which edges of a hull are lines of the program: at most `PIECES`, even in height."""
    middle = 0.5 * (y[1:] + y[:-1])
    if middle.size <= PIECES:
        return np.arange(middle.size)
    heights = np.linspace(middle[0], middle[-1], PIECES)
    return np.unique(np.abs(middle[:, None] - heights).argmin(axis=0))


def _lower_hull(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The lower convex hull of points sorted by x."""
    kept: list[int] = []
    for k in range(x.size):
        if kept and x[k] - x[kept[-1]] < 1e-9:
            if y[k] < y[kept[-1]]:
                kept.pop()
            else:
                continue
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            if (y[b] - y[a]) * (x[k] - x[a]) >= (y[k] - y[a]) * (x[b] - x[a]):
                kept.pop()
            else:
                break
        kept.append(k)
    return x[kept], y[kept]
