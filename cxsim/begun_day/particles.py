"""Draws of what is not known, given what was seen: a sequential Monte Carlo sampler over independent normal numbers.

Draws of the prior are led to the posterior in steps. Each step lets the likelihood count for a little more, takes the
draws by their weights, and moves each of them by Metropolis steps that follow the spread of all (Del Moral, Doucet and
Jasra 2006, "Sequential Monte Carlo samplers", *Journal of the Royal Statistical Society* B 68; the move is that of
Cotter, Roberts, Stuart and White 2013, "MCMC methods for functions", *Statistical Science* 28, about the mean and the
covariance of the draws). Nothing is asked of the likelihood but its value, so jumps and plateaus do no harm.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import compiled
from cxsim.randomness.draws import ARRIVAL, child, uniform

Floats = npt.NDArray[np.float64]
DRAWS = 2_000
KEPT = 0.5  # part of the draws that the weights of a step leave effective
MOVES = 6  # Metropolis steps of each draw after a step
LAST_MOVES = 18  # after the last one
MOST_STEPS = 60
WIDE, NARROW = 1.0, 0.05  # part of a move that is new, from 0 to 1
GOOD = (0.25, 0.45)  # shares of moves that are accepted, between which their width stays as it is


@compiled
def _fill(key: np.uint64, out: Floats) -> None:
    for i in range(out.shape[0]):
        out[i] = uniform(child(key, i), ARRIVAL)


def uniforms(key: np.uint64, count: int) -> Floats:
    """`count` uniform numbers of a key, each with an address of its own."""
    out = np.empty(count)
    _fill(key, out)
    return out


class _Source:
    """Random numbers one block after another, each of an address of its own."""

    def __init__(self, key: np.uint64) -> None:
        self._key, self._blocks = key, 0

    def uniform(self, count: int) -> Floats:
        self._blocks += 1
        return uniforms(np.uint64(child(self._key, self._blocks)), count)

    def normal(self, rows: int, columns: int) -> Floats:
        from scipy.special import ndtri

        return np.asarray(ndtri(self.uniform(rows * columns)).reshape(rows, columns))


def draw(likelihood: Callable[[Floats], Floats], size: int, key: np.uint64, count: int = DRAWS) -> Floats:
    """Draws of independent standard normal numbers given a likelihood.

    Parameters
    ----------
    likelihood : callable
        Its logarithm (n,) of points (n, size).
    size : int
        How many numbers there are.
    key : uint64
        Address of the random numbers.
    count : int
        How many draws.

    Returns
    -------
    ndarray (count, size)
        Equally likely draws.
    """
    source = _Source(key)
    points = source.normal(count, size)
    logs = likelihood(points)
    power, new = 0.0, 0.7
    for _ in range(MOST_STEPS):
        power, weights = _next(power, logs)
        chosen = np.searchsorted(np.cumsum(weights), (np.arange(count) + source.uniform(1)[0]) / count)
        chosen = np.minimum(chosen, count - 1)
        points, logs = points[chosen], logs[chosen]
        for _ in range(MOVES if power < 1.0 else LAST_MOVES):
            points, logs, accepted = _moved(points, logs, likelihood, power, new, source)
            new = min(WIDE, max(NARROW, new * (1.15 if accepted > GOOD[1] else 0.8 if accepted < GOOD[0] else 1.0)))
        if power >= 1.0:
            break
    return points


def _next(power: float, logs: Floats) -> tuple[float, Floats]:
    """The next power of the likelihood, and the weights of the draws for it."""

    def weighted(to: float) -> Floats:
        steps = (to - power) * np.where(np.isfinite(logs), logs - logs.max(), -np.inf)
        found = np.exp(steps)
        return np.asarray(found / found.sum())

    low, high = power, 1.0
    for _ in range(40):
        middle = high if low == power and high == 1.0 and _effective(weighted(1.0)) else (low + high) / 2
        if middle == 1.0:
            return 1.0, weighted(1.0)
        if _effective(weighted(middle)):
            low = middle
        else:
            high = middle
    return low, weighted(low)


def _effective(weights: Floats) -> bool:
    return bool(1.0 / float((weights**2).sum()) >= KEPT * len(weights))


def _moved(
    points: Floats, logs: Floats, likelihood: Callable[[Floats], Floats], power: float, new: float, source: _Source
) -> tuple[Floats, Floats, float]:
    """Each draw after a Metropolis step, and the share of the steps that were accepted."""
    count, size = points.shape
    middle = points.mean(axis=0)
    spread = np.cov(points, rowvar=False).reshape(size, size) + 1e-9 * np.eye(size)
    root = np.linalg.cholesky(spread)
    old = np.linalg.solve(root, (points - middle).T).T
    fresh = np.sqrt(1.0 - new * new) * old + new * source.normal(count, size)
    tried = middle + fresh @ root.T
    there = likelihood(tried)

    def level(x: Floats, own: Floats, y: Floats) -> Floats:
        return np.asarray(power * own - 0.5 * (x**2).sum(axis=1) + 0.5 * (y**2).sum(axis=1))

    with np.errstate(invalid="ignore"):
        gain = level(tried, there, fresh) - level(points, logs, old)
    taken = np.log(source.uniform(count)) < np.where(np.isnan(gain), -np.inf, gain)
    return np.where(taken[:, None], tried, points), np.where(taken, there, logs), float(taken.mean())
