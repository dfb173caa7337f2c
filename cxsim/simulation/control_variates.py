"""The control variate of a run: its number of fresh contacts, whose mean follows exactly from the volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.jit.buffer_pool import Scratch
from cxsim.metrics.control_variates import Control, control, controlled_ratio
from cxsim.metrics.families import over_time
from cxsim.metrics.shapes import Floats
from cxsim.model.demand import POISSON, arrivals, expected_of
from cxsim.randomness.draws import run_key
from cxsim.schema.ledger import REASON_SHIFT

if TYPE_CHECKING:
    from cxsim.model.prepare import Model

TOLD = ("sl", "asa", "abandoned_share", "occupancy")  # figures of which it is told how much of their variance goes


def fresh_contacts(model: Model, replications: int) -> Control:
    """The control of the first so many replications: fresh contacts by counted interval and day, and of the whole.

    They are drawn again from their addresses, so no engine is asked, and customers who have left count as well. Left
    out are reasons with `count` or a list of times: the mean of a number that is rounded is not known exactly.
    ValueError where nothing is left that varies.
    """
    expected, scratch = expected_contacts(model), Scratch()
    off = np.empty((replications, len(expected)))
    for k in range(replications):
        off[k] = contacts_of(model, *arrivals(model.demand, run_key(model.seed, k), scratch)) - expected
    found = control(over_time(off, model.layout))
    if replications > 1 and not found.varies[-1]:
        rule = "in this scenario the number of fresh contacts never varies around a known mean"
        raise ValueError(f"control_variates: {rule}; leave control_variates out")
    return found


def expected_contacts(model: Model) -> Floats:
    """Fresh contacts by counted interval (I,) that are expected of the reasons whose mean is known exactly."""
    poisson = model.demand.modes == POISSON
    return np.asarray(model.demand.crowd * expected_of(model.demand, model.timeline)[poisson].sum(axis=0))


def contacts_of(model: Model, times: Floats, issues: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The fresh contacts of these reasons by counted interval (I,), of all at `times` (s, sorted) of `issues`."""
    poisson = model.demand.modes == POISSON
    mine = times if poisson.all() else times[poisson[issues >> REASON_SHIFT]]
    return np.diff(np.searchsorted(mine, model.layout.edges))


def described(model: Model, samples: Sequence[metrics.Sample], known: Control) -> str:
    """What was done, and the share of the variance that it removed from the main figures."""
    said = []
    for figure in TOLD:
        above, below = metrics.figure_values(samples, model.layout, figure, staffing=model.staffing)
        removed = float(controlled_ratio(above, below, known.at(-1))[1])
        said.append(f"{figure} {max(100.0 * removed, 0.0):.0f}%")
    return (
        "means and ratios are regression estimates on the number of fresh contacts, whose mean is known; variance "
        f"removed: {', '.join(said)}; quantiles are not adjusted"
    )
