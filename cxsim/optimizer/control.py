"""Goals corrected for how busy the replications happened to be: their fresh contacts as a control variate.

Most of what makes one day's service differ from another's is how many contacts came, and how many are expected is
known: see `metrics.control_variates`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.metrics.control_variates import control, controlled_estimates

if TYPE_CHECKING:
    from cxsim.optimizer.problem.goals import Goals

Floats = npt.NDArray[np.float64]

LEAST = 12  # replications from which a regression is made


class Estimates(NamedTuple):
    """K goals from n replications: value and its standard error (K,), what each replication adds to it (n, K)."""

    value: Floats
    error: Floats
    residual: Floats


def estimates(goals: Goals, above: Floats, below: Floats, off: Floats | None) -> Estimates:
    """Goals by both sides (n, K), corrected by how many contacts more came than expected, `off` (n,).

    Shares of days are not corrected: exact bounds hold for them. NaN for a figure of nothing, and for the error of one
    replication.
    """
    n, total = len(above), below.sum(axis=0)
    if n < 2:
        return Estimates(goals.value(above, below), np.full(len(total), np.nan), np.zeros(above.shape))
    days = np.array([goal.days is not None for goal in goals.goals], dtype=bool)
    shares = np.array([goal.unit == "share" for goal in goals.goals], dtype=bool)
    known, plain = control(np.zeros(n) if off is None or n < LEAST else off), control(np.zeros(n))
    with np.errstate(divide="ignore", invalid="ignore"):
        value, error, residual = controlled_estimates(above, below, known)
        if days.any():
            own = controlled_estimates(above, below, plain)
            value, error, residual = (np.where(days, *both) for both in zip(own, (value, error, residual), strict=True))
    value = np.where(shares, np.clip(value, 0.0, 1.0), value)
    counted = total > 0.0
    return Estimates(
        np.where(counted, value, np.nan), np.where(counted, error, np.nan), np.where(counted, residual, 0.0)
    )
