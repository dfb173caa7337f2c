"""Noise taken out of a table whose rows rise and fall together, by shrinking its singular values.

What an agent more is worth to a goal, by group and interval, is nearly a sum of a few products (how well the group
serves it, times how short of people the interval is): the table has few large singular values and noise besides. Each
value y, in units of the noise, becomes √((y² − β − 1)² − 4β) / y, or nothing below 1 + √β: the best there is in mean
square, with the noise told from the median value (Gavish & Donoho, *IEEE Trans. Information Theory* 63, 2017).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST = 6  # rows and columns below which the median tells nothing


def denoised(table: npt.ArrayLike) -> Floats:
    """The table (m, n) with its singular values shrunk; as it is if it has too few rows or columns."""
    given = np.asarray(table, dtype=np.float64)
    if min(given.shape) < LEAST:
        return given
    left, values, right = np.linalg.svd(given, full_matrices=False)
    few, many = sorted(given.shape)
    shape = few / many
    unit = float(np.median(values)) / np.sqrt(_median(shape))
    if unit <= 0.0:
        return given
    y = np.maximum(values / unit, 1e-12)
    inside = np.maximum((y * y - shape - 1.0) ** 2 - 4.0 * shape, 0.0)
    kept = np.where(y > 1.0 + np.sqrt(shape), unit * np.sqrt(inside) / y, 0.0)
    return np.asarray((left * kept) @ right)


@cache
def _median(shape: float) -> float:
    """The median of the law of Marchenko and Pastur: of squared singular values of noise alone, over n."""
    low, high = (1.0 - np.sqrt(shape)) ** 2, (1.0 + np.sqrt(shape)) ** 2
    # With t = middle − half·cos(a) both ends are smooth.
    a = np.linspace(0.0, np.pi, 2001)
    t = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(a)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = np.nan_to_num(np.sqrt(np.maximum((high - t) * (t - low), 0.0)) / t * np.sin(a))
    below = np.cumsum(density)
    return float(np.interp(0.5, below / below[-1], t))
