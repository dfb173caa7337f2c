"""People by days of work that fit given shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.solver.program import Builder
from cxsim.optimizer.solver.solve import solve

if TYPE_CHECKING:
    from cxsim.optimizer.shifts.week import Tours

Floats = npt.NDArray[np.float64]


def people_for(tours: Tours, shifts: Floats) -> Floats:
    """People by days of work that fit these shifts, or the nearest there are (least sum of misses).

    `shifts` are the values of the columns of shifts; the answer those of the columns of tours.
    """
    first, n = tours.first, len(tours.columns)
    most = float(np.abs(shifts).sum()) + 1.0
    builder = Builder()
    people = builder.columns(n, "people", cost=1e-6, high=most, integer=True)
    for at, values, low, high, name in tours.rows:
        places, given = np.asarray(at), np.asarray(values, dtype=np.float64)
        late = places >= first
        done = float(given[~late] @ shifts[places[~late]])
        slack = builder.columns(2, "miss", cost=1.0)
        columns = np.concatenate([people[places[late] - first], slack])
        builder.row(columns, np.concatenate([given[late], [1.0, -1.0]]), low - done, high - done, name)
    found = solve(builder.program(), gap=1e-6, seconds=60.0)
    return np.round(found.x[:n]) if found.found else np.zeros(n)
