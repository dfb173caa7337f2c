"""How busy a day is, given what came so far: the posterior of the factors that the scenario draws for its volumes.

Factor B_r of reason r on the day is the quantile of its `busyness` at Φ(z_r), and factor G_rk of block k of the day
that of its `intraday` at Φ(z_rk): independent standard normal numbers, of which a part may be common to all reasons
(`shared`). Given these, contacts of a queue in an interval are Poisson with mean Σ_r p_r B_r Σ_k λ_rk G_rk: λ_rk
expected fresh contacts of the interval in block k, p_r the share of the reason that comes to the queue.

If one number is common to all reasons and nothing varies within the day, the density of that number given the counts is
taken on a grid. For one reason with gamma busyness of shape a this is the conjugate rule: gamma with shape a + n and
rate a + λ (Gelman et al. 2013, *Bayesian Data Analysis*, section 2.6; for arrivals of a call center: Jongbloed and
Koole 2001, "Managing uncertainty in call centres using Poisson mixtures"). Otherwise it is drawn from (`particles`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.begun_day import particles
from cxsim.model.demand import FIXED, Demand
from cxsim.randomness.inverse_cdf import value

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]
WIDEST = 6.0  # standard normal quantiles between which the grid lies
POINTS = 1201
NEVER_ZERO = 1e-9  # the smallest factor of a block, as the scenario has it


@dataclass(frozen=True, eq=False)
class Posterior:
    """The factor of each reason at n points (R, n), and how likely each point is (n,), adding up to 1.

    `blocks` (R, K, n) are the factors of the blocks of the day, if it varies within.
    """

    factors: Floats
    weights: Floats
    blocks: Floats | None = None

    def point(self, u: float) -> int:
        """The number of the point at quantile `u`."""
        return min(int(np.searchsorted(np.cumsum(self.weights), u)), len(self.weights) - 1)

    def mean(self) -> Floats:
        """The mean factor of each reason (R,)."""
        return np.asarray(self.factors @ self.weights)

    def quantile(self, r: int, p: float) -> float:
        """A quantile of the factor of a reason."""
        order = np.argsort(self.factors[r], kind="stable")
        k = int(np.searchsorted(np.cumsum(self.weights[order]), p))
        return float(self.factors[r, order[min(k, len(order) - 1)]])


def posterior(
    demand: Demand, expected: Floats, whole: Floats, reach: Floats, seen: Floats, key: np.uint64
) -> Posterior:
    """The busyness of a day given counts of fresh contacts.

    Parameters
    ----------
    demand : Demand
        With the distributions of busyness.
    expected : ndarray (R, K, n)
        Fresh contacts that the scenario expects in each of n intervals, by block of the day; K is 1 for none.
    whole : ndarray (R, K)
        Fresh contacts that it expects in each block of the whole day.
    reach : ndarray (Q, R)
        Share of the contacts of a reason that comes to a queue first.
    seen : ndarray (Q, n)
        Fresh contacts seen; NaN where nothing is known.
    key : uint64
        Address of the random numbers, if it is drawn.

    Returns
    -------
    Posterior
        Of the factors of all reasons together.
    """
    from scipy.special import ndtr

    z = np.linspace(-WIDEST, WIDEST, POINTS)
    tables = {
        law: np.array([value(demand.laws, demand.knots, law, u) for u in ndtr(z)])
        for law in {*demand.busyness.tolist(), *demand.intraday.tolist()} - {-1}
    }
    varied = demand.busyness >= 0
    if (demand.intraday < 0).all() and (demand.shared[varied] >= 1.0).all():
        factors = np.ones((len(demand.modes), POINTS))
        for r in np.flatnonzero(varied):
            factors[r] = tables[int(demand.busyness[r])]
        logs = _likelihood(expected, reach, seen)(factors[:, None].repeat(expected.shape[1], axis=1))
        logs = logs - 0.5 * z * z if varied.any() else -0.5 * z * z
        weights = np.exp(logs - logs.max())
        return Posterior(factors, weights / weights.sum())
    return _drawn(demand, expected, whole, reach, seen, key, lambda law, x: np.interp(x, z, tables[law]))


def _likelihood(expected: Floats, reach: Floats, seen: Floats) -> Callable[[Floats], Floats]:
    """The logarithm of how likely the counts are (n,), but for a constant, of factors (R, K, n)."""
    queues, intervals = np.nonzero(np.isfinite(seen))
    size = expected.shape[0] * expected.shape[1]
    cells = (reach[queues][:, :, None] * expected[:, :, intervals].transpose(2, 0, 1)).reshape(len(queues), size)
    there = cells.sum(axis=1) > 0.0
    cells, counts = cells[there], seen[queues, intervals][there]

    def likelihood(factors: Floats) -> Floats:
        means = cells @ factors.reshape(size, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(counts[:, None] > 0.0, counts[:, None] * np.log(means), 0.0) - means
        return np.asarray(each.sum(axis=0))

    return likelihood


def _drawn(
    demand: Demand,
    expected: Floats,
    whole: Floats,
    reach: Floats,
    seen: Floats,
    key: np.uint64,
    quantile: Callable[[int, Floats], Floats],
) -> Posterior:
    """Draws of all factors: of the day in row 0, of its blocks in the rows below; column 0 is common to the reasons."""
    reasons, blocks = whole.shape
    laws = np.vstack([demand.busyness, np.where((whole > 0.0).T, demand.intraday, -1)])
    some, shared = laws >= 0, demand.shared
    used = np.column_stack([(some & (shared > 0.0)).any(axis=1), some & (shared < 1.0)])

    def factors(points: Floats) -> tuple[Floats, Floats]:
        z = np.zeros((len(points), *used.shape))
        z[:, used] = points
        made = np.ones((reasons, 1 + blocks, len(points)))
        for row, r in zip(*np.nonzero(some), strict=True):
            own = shared[r] * z[:, row, 0] + np.sqrt(1.0 - shared[r] ** 2) * z[:, row, 1 + r]
            made[r, row] = quantile(int(laws[row, r]), own)
        within = np.maximum(made[:, 1:], NEVER_ZERO)
        for r in np.flatnonzero((demand.modes == FIXED) & (demand.intraday >= 0) & (whole.sum(axis=1) > 0.0)):
            within[r] *= whole[r].sum() / (whole[r] @ within[r])
        return made[:, 0], within

    counted = _likelihood(expected, reach, seen)

    def likelihood(points: Floats) -> Floats:
        day, within = factors(points)
        return counted(day[:, None] * within)

    points = particles.draw(likelihood, int(used.sum()), key) if used.any() else np.zeros((1, 0))
    day, within = factors(points)
    return Posterior(day, np.full(len(points), 1.0 / len(points)), within if (demand.intraday >= 0).any() else None)
