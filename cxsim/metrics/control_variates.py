"""Regression on a control variate: what is known about the input takes its part of the variance away.

A control is a random figure of each replication whose mean is known exactly. By how much it deviates, times the slope
of a figure on it, is subtracted from the figure. The slope is estimated from the same replications, which costs a
degree of freedom and widens the interval by how far the control's own mean is off (Lavenberg & Welch 1981, "A
perspective on the use of control variables to increase the efficiency of Monte Carlo simulations"). The interval is
exact for means that are jointly normal with the control; ratios are adjusted on both sides, with the delta method.

Everything works along the first axis (replications) of arrays of any shape, as in `confidence_intervals`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.metrics.confidence_intervals import Interval, ratio_error, t_quantile

Floats = npt.NDArray[np.float64]
CONSTANT = 1e-9  # a control whose spread is below this part of its size is rounding


class Control(NamedTuple):
    """A control made ready: its direction over replications, and how far its mean is off.

    `along` is replication × ... × time, of length 1 and mean 0 over replications; zeros where the control does not
    vary. `off` (... × time) is its mean less the known one, in the same unit. `varies` says where it does.
    """

    along: Floats
    off: Floats
    varies: npt.NDArray[np.bool_]

    def at(self, time: int) -> Control:
        """The control of one time, for figures without an axis of times."""
        return Control(self.along[..., time], self.off[..., time], self.varies[..., time])

    @property
    def degrees(self) -> npt.NDArray[np.int64]:
        """Degrees of freedom that are left."""
        return len(self.along) - 1 - self.varies.astype(np.int64)


def control(deviations: npt.ArrayLike) -> Control:
    """A control from its deviations from the known mean, replication × ... × time."""
    given = np.asarray(deviations, dtype=np.float64)
    mean = given.mean(axis=0)
    size = np.sqrt(((given - mean) ** 2).sum(axis=0))
    varies = np.asarray(size > CONSTANT * np.abs(given).sum(axis=0))
    length = np.where(varies, size, 1.0)
    return Control(np.where(varies, (given - mean) / length, 0.0), np.where(varies, mean / length, 0.0), varies)


def controlled_ratio(
    numerators: npt.ArrayLike, denominators: npt.ArrayLike | None, known: Control, confidence: float = 0.95
) -> tuple[Interval, Floats]:
    """The ratio of sums with the control's part removed, with its bounds; and the share of the variance removed.

    Both sides are replication × ... × time, `None` below for a mean. Where the adjusted denominator is not above 0
    the interval is the usual one.
    """
    value, left, usable = _linearised(numerators, denominators, known)
    plain = ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    half, squares = _half_width(left, known, usable, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        removed = np.where(usable & (plain > 0.0), 1.0 - squares / plain, 0.0)
    return Interval(value, value - half, value + half), removed


def controlled_estimates(
    numerators: npt.ArrayLike, denominators: npt.ArrayLike | None, known: Control
) -> tuple[Floats, Floats, Floats]:
    """The same ratio, its standard error, and what each replication adds to it."""
    value, left, usable = _linearised(numerators, denominators, known)
    n, rest = len(left), left - left.mean(axis=0)
    along = _shaped(known.along, left)
    residual = np.where(usable, rest - (rest * along).sum(axis=0) * along, rest)
    spread, _ = _spread(known, usable, n)
    return value, np.sqrt((residual**2).sum(axis=0) * spread), residual


def controlled_difference(
    base: tuple[npt.ArrayLike, npt.ArrayLike | None],
    other: tuple[npt.ArrayLike, npt.ArrayLike | None],
    known: Control,
    confidence: float = 0.95,
) -> Interval:
    """Difference other − base of two ratios, or means, of paired replications, with the control's part removed."""
    below, first, usable = _linearised(*base, known)
    above, second, both = _linearised(*other, known)
    half, _ = _half_width(second - first, known, usable & both, confidence)
    return Interval(above - below, above - below - half, above - below + half)


def _linearised(
    numerators: npt.ArrayLike, denominators: npt.ArrayLike | None, known: Control
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """The adjusted ratio, its residual in each replication, and where the adjustment could be made."""
    x = np.asarray(numerators, dtype=np.float64)
    y = np.ones_like(x) if denominators is None else np.asarray(denominators, dtype=np.float64)
    x, y = np.broadcast_arrays(x, y)
    above, below = _adjusted(x, known), _adjusted(y, known)
    usable = np.asarray(below > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(usable, above / below, ratio_error(x, y)[0])
        left = (x - value * y) / np.where(usable, below, y.mean(axis=0))
    return value, left, usable


def _half_width(
    left: Floats, known: Control, usable: npt.NDArray[np.bool_], confidence: float
) -> tuple[Floats, Floats]:
    """Half the interval, and the sum of squares that the control leaves."""
    n = len(left)
    rest = left - left.mean(axis=0)
    plain = (rest**2).sum(axis=0)
    squares = ((rest - (rest * _shaped(known.along, left)).sum(axis=0) * _shaped(known.along, left)) ** 2).sum(axis=0)
    spread, degrees = _spread(known, usable, n)
    counts, place = np.unique(degrees, return_inverse=True)
    t = np.array([t_quantile(confidence, int(count)) for count in counts])[place].reshape(degrees.shape)
    return np.asarray(t * np.sqrt(np.where(usable, squares, plain) * spread)), squares


def _spread(known: Control, usable: npt.NDArray[np.bool_], n: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """What the sum of squares that is left is multiplied by to give the squared error, and its degrees of freedom."""
    degrees = np.where(usable, known.degrees, n - 1)
    return np.where(usable, (1.0 / n + known.off**2) / degrees, 1.0 / (n * (n - 1))), degrees


def _adjusted(x: Floats, known: Control) -> Floats:
    return np.asarray(x.mean(axis=0) - (x * _shaped(known.along, x)).sum(axis=0) * known.off)


def _shaped(along: Floats, x: Floats) -> Floats:
    """With as many axes as the figure."""
    return along.reshape(len(along), *[1] * (x.ndim - along.ndim), *along.shape[1:])
