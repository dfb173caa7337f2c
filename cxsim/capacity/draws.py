"""Addressed draws for whole arrays: the same numbers as `cxsim.randomness.draws`, many at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15
_CHILD = np.uint64(0xD1B54A32D192ED03)
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def _mixed(key: Keys) -> Keys:
    for shift, factor in _MIX:
        key = (key ^ (key >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(key ^ (key >> np.uint64(31)))


def children(keys: npt.ArrayLike, numbers: npt.ArrayLike) -> Keys:
    """The key of each child; keys and numbers (integers >= 0) are broadcast together."""
    key, number = np.broadcast_arrays(np.asarray(keys, np.uint64), np.asarray(numbers).astype(np.uint64))
    return _mixed(key ^ ((number + np.uint64(1)) * _CHILD))


def uniforms(keys: Keys, purpose: int) -> Floats:
    """A draw in (0, 1) for each key."""
    z = _mixed(keys + np.uint64(purpose * _GOLDEN % 2**64))
    return np.asarray(((z >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52)


def normals(keys: Keys, purpose: int) -> Floats:
    """A standard normal draw for each key."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms(keys, purpose)), dtype=np.float64)
