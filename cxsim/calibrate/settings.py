"""Settings of availability and the length of absences that are tried: what a replay gives with each, and by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cxsim.calibrate import replay
from cxsim.calibrate.redials import Floats
from cxsim.randomness.distributions import law
from cxsim.tables.steps import Steps

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Setting = tuple[float, float]  # availability, and the mean length of an absence (s)

REPLICATIONS = 12  # of each setting
LOWEST, HIGHEST = (0.02, 3.0), (0.999, 7200.0)  # settings between which the search looks
LEAST_WAIT = 1.0  # s: misses of the mean wait are parts of at least this
TOLERANCE = 0.05  # of logit and log: how finely the search looks
SIDES = 0.25  # steps, of logit and log, by which the slopes of the figures are taken
FLAT = 0.05  # units by which the figures follow a unit of logit or log, below which they do not tell it
CONFIRMED = 0.99  # quantile of the misfit by chance, up to which a replay confirms a setting


def free(at: Setting) -> Floats:
    """A setting as numbers without limits: the logit of availability and the log of the length."""
    return np.array([np.log(at[0] / (1.0 - at[0])), np.log(at[1])])


def setting(z: Floats) -> Setting:
    """The setting of such numbers."""
    return float(1.0 / (1.0 + np.exp(-z[0]))), float(np.exp(z[1]))


@dataclass(eq=False)
class Search:
    """The replayed figures of each setting tried, by replication, in the units of `replay.SCALES`."""

    base: Scenario
    seen: Mapping[str, float]
    steps: Steps
    tried: dict[Setting, Floats] = field(default_factory=dict)

    def at(self, share: float, length: float) -> float:
        """The misfit of a setting."""
        key = _key(share, length)
        if key not in self.tried:
            made = self.replayed(*key).totals()
            self.tried[key] = np.array([made[name] for name in replay.SCALES]) / self._scale()[:, None]
        return self.misfit(key)

    def misfit(self, at: Setting) -> float:
        """The sum of squared misses of a setting that was tried."""
        return float(((self.tried[_key(*at)].mean(axis=1) - self.observed()) ** 2).sum())

    def observed(self) -> Floats:
        """The observed figures in their units."""
        return np.array([self.seen[name] for name in replay.SCALES]) / self._scale()

    def _scale(self) -> Floats:
        return np.array(
            [x * (max(self.seen[name], LEAST_WAIT) if name == "wait" else 1.0) for name, x in replay.SCALES.items()]
        )

    def replayed(self, share: float, length: float) -> replay.Replayed:
        """The recorded days with an availability and a mean length of absences."""
        change = {"availability": share, "away": law("exponential", mean=length)}
        groups = {name: group.model_copy(update=change) for name, group in self.base.groups.items()}
        changed = self.base.model_copy(update={"groups": groups})
        return replay.run(changed, REPLICATIONS, progress=self.steps.part())

    @property
    def best(self) -> Setting:
        return min(self.tried, key=self.misfit)

    def chance(self, at: Setting) -> float:
        """The misfit that a record made with this setting exceeds in one of a hundred cases.

        The sum of squares of correlated normals is like a multiple of chi-squared (Satterthwaite 1946).
        """
        from scipy.special import chdtri

        spread = np.linalg.eigvalsh(self._noise(at))
        if spread.sum() <= 0.0:
            return 0.0
        times = float((spread**2).sum() / spread.sum())
        return times * float(chdtri(spread.sum() / times, 1.0 - CONFIRMED))

    def _noise(self, at: Setting) -> Floats:
        """The covariance of observed less simulated figures by chance: of one record and the mean of replications."""
        return np.asarray(np.cov(self.tried[_key(*at)])) * (1.0 + 1.0 / REPLICATIONS)

    def intervals(self, at: Setting) -> tuple[Setting, Setting]:
        """(lowest, highest) of both at 95 %: how far the chance of one record, and the search, move the best setting.

        By the slopes of the figures around it (simulated moments, McFadden 1989). Where the figures do not tell, the
        limits of the search.
        """
        from scipy.special import stdtrit

        z, slopes = free(at), []
        for k in range(2):
            sides = [setting(z + step * np.eye(2)[k]) for step in (SIDES, -SIDES)]
            up, down = (self._mean(*side) for side in sides)
            slopes.append((up - down) / (2.0 * SIDES))
        slope = np.array(slopes).T
        answer = np.linalg.pinv(slope.T @ slope, rcond=1e-9) @ slope.T
        error = np.sqrt(np.diag(answer @ self._noise(at) @ answer.T))
        half = np.where(
            np.linalg.norm(slope, axis=0) < FLAT, np.inf, stdtrit(REPLICATIONS - 1, 0.975) * error + TOLERANCE
        )
        low, high = np.maximum(z - half, free(LOWEST)), np.minimum(z + half, free(HIGHEST))
        return setting(low), setting(high)

    def _mean(self, share: float, length: float) -> Floats:
        self.at(share, length)
        return np.asarray(self.tried[_key(share, length)].mean(axis=1))


def _key(share: float, length: float) -> Setting:
    return round(share, 4), round(length, 2)
