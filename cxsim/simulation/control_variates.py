"""The control variate of a run: its number of fresh contacts, whose mean follows exactly from the volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cxsim import metrics
from cxsim.jit.buffer_pool import Scratch
from cxsim.metrics.control_variates import Control, control, controlled_ratio
from cxsim.metrics.families import over_time
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
    demand, intervals = model.demand, model.layout.n_intervals
    poisson = demand.modes == POISSON
    expected = demand.crowd * expected_of(demand, model.timeline)[poisson].sum(axis=0)
    off = np.empty((replications, intervals))
    scratch = Scratch()
    for k in range(replications):
        times, issues = arrivals(demand, run_key(model.seed, k), scratch)
        place = np.searchsorted(model.layout.edges, times, side="right") - 1
        counted = (place >= 0) & (place < intervals) & poisson[issues >> REASON_SHIFT]
        off[k] = np.bincount(place[counted], minlength=intervals) - expected
    found = control(over_time(off, model.layout))
    if replications > 1 and not found.varies[-1]:
        rule = "in this scenario the number of fresh contacts never varies around a known mean"
        raise ValueError(f"control_variates: {rule}; leave control_variates out")
    return found


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
