"""How busy a day is, given what came so far: the posterior of the factor that the scenario calls busyness.

The scenario draws one uniform number u a day, common to all reasons, and the factor B_r(u) of reason r is its quantile
in the busyness distribution of that reason. Given u, contacts of a queue in an interval are Poisson with mean
μ(u) = Σ_r λ_r p_r B_r(u): λ_r expected fresh contacts, p_r the share of them that comes to the queue. So the density
of u given counts n is proportional to Π μ(u)^n exp(-μ(u)), which is taken on a grid of normal quantiles. For one reason
with gamma busyness of shape a this is the conjugate rule: gamma with shape a + n and rate a + λ (Gelman et al. 2013,
*Bayesian Data Analysis*, section 2.6; for arrivals of a call center: Jongbloed and Koole 2001, "Managing uncertainty in
call centres using Poisson mixtures").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.model.demand import Demand
from cxsim.randomness.inverse_cdf import value

Floats = npt.NDArray[np.float64]
WIDEST = 6.0  # standard normal quantiles between which the grid lies
POINTS = 1201


@dataclass(frozen=True, eq=False)
class Posterior:
    """The factor of each reason on a grid (R, n), and how likely each point is (n,), adding up to 1."""

    factors: Floats
    weights: Floats

    def factor(self, u: float) -> Floats:
        """The factors (R,) at quantile `u` of the posterior."""
        k = min(int(np.searchsorted(np.cumsum(self.weights), u)), len(self.weights) - 1)
        return np.asarray(self.factors[:, k])

    def mean(self) -> Floats:
        """The mean factor of each reason (R,)."""
        return np.asarray(self.factors @ self.weights)

    def quantile(self, r: int, p: float) -> float:
        """A quantile of the factor of a reason."""
        order = np.argsort(self.factors[r], kind="stable")
        k = int(np.searchsorted(np.cumsum(self.weights[order]), p))
        return float(self.factors[r, order[min(k, len(order) - 1)]])


def posterior(demand: Demand, expected: Floats, reach: Floats, seen: Floats) -> Posterior:
    """The busyness of a day given counts of fresh contacts.

    Parameters
    ----------
    demand : Demand
        With the distributions of busyness.
    expected : ndarray (R, n)
        Fresh contacts that the scenario expects in each of n intervals on a day of factor 1.
    reach : ndarray (Q, R)
        Share of the contacts of a reason that comes to a queue first.
    seen : ndarray (Q, n)
        Fresh contacts seen; NaN where nothing is known.

    Returns
    -------
    Posterior
        Of the factors of all reasons together.
    """
    from scipy.special import ndtr

    z = np.linspace(-WIDEST, WIDEST, POINTS)
    factors = np.ones((len(demand.modes), POINTS))
    for r, law in enumerate(demand.busyness):
        if law >= 0:
            factors[r] = [value(demand.laws, demand.knots, law, u) for u in ndtr(z)]
    logs = -0.5 * z * z
    known = np.isfinite(seen)
    if (demand.busyness >= 0).any():
        for q, row in enumerate(reach):
            for i in np.flatnonzero(known[q]):
                mean = (row * expected[:, i]) @ factors
                if not mean.max() > 0.0:
                    continue
                with np.errstate(divide="ignore"):
                    logs += (seen[q, i] * np.log(mean) if seen[q, i] > 0.0 else 0.0) - mean
    logs -= logs.max()
    weights = np.exp(logs)
    return Posterior(factors, weights / weights.sum())
