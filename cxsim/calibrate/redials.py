"""Customers who call again, and the fresh arrivals behind what was observed.

Times are seconds on one axis, such as since the first midnight of the log. Nothing here reads a file or knows
a column: `scenarios/anonymous-bank/build.py` shows how a log is turned into these arrays and a scenario.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Returns:
    """How often customers call again within a given time, after abandoning and after being served.

    Attributes
    ----------
    after_abandoned : float
        Share a of the abandoned contacts that are followed by another.
    after_served : float
        Share b of the served contacts that are followed by another.
    excess : float
        a - b: the share of those who abandoned that calls again because of it.
    propensity : float
        (a - b) / (1 - b): the same share among those who would not have called again anyway; at least 0.
    delays : array (K,)
        Time from the end of an abandoned contact to the customer's next (s), ascending.
    again : array of bool (N,)
        For each contact, in the order given, whether it follows an abandoned one.
    """

    after_abandoned: float
    after_served: float
    excess: float
    propensity: float
    delays: Floats
    again: NDArray[np.bool_]


def returns(customer: ArrayLike, began: ArrayLike, ended: ArrayLike, abandoned: ArrayLike, within: float) -> Returns:
    """How much more often customers call again after abandoning than after being served.

    Served customers call again too, for other needs: only the excess is caused by abandoning. Leave out contacts
    whose customer is not known.

    Parameters
    ----------
    customer : array_like (N,)
        Who made each contact.
    began : array_like (N,)
        When it arrived (s).
    ended : array_like (N,)
        When it was abandoned or its service ended (s).
    abandoned : array_like of bool (N,)
        Whether it was abandoned.
    within : float
        Longest time to the next contact (s).

    Returns
    -------
    calibrate.Returns
        Both shares and the delays.

    Raises
    ------
    ValueError
        Nobody abandoned, or nobody was served.
    """
    who, start = np.asarray(customer), np.asarray(began, dtype=np.float64)
    end, left = np.asarray(ended, dtype=np.float64), np.asarray(abandoned, dtype=np.bool_)
    if left.all() or not left.any():
        raise ValueError("returns: give both abandoned and served contacts")
    codes = np.unique(who, return_inverse=True)[1].reshape(-1)
    order = np.lexsort((np.arange(len(start)), start, codes))
    next_start = np.full(len(order), np.inf)
    same = codes[order][1:] == codes[order][:-1]
    next_start[:-1][same] = start[order][1:][same]
    gap = np.maximum(next_start - end[order], 0.0)
    soon = gap <= within
    quit_, again = left[order], np.zeros(len(order), dtype=np.bool_)
    again[order[1:][(soon & quit_)[:-1]]] = True
    a, b = float(soon[quit_].mean()), float(soon[~quit_].mean())
    propensity = max(0.0, (a - b) / (1.0 - b)) if b < 1.0 else 0.0
    return Returns(a, b, a - b, propensity, np.sort(gap[soon & quit_]), again)


def fresh_arrivals(
    observed: ArrayLike, abandoned: ArrayLike, propensity: float, delays: ArrayLike, interval: float
) -> Floats:
    """Subtract the expected redials from observed arrivals.

    A log contains redials. A scenario that simulates redials must start from the arrivals without them.

    Parameters
    ----------
    observed : array_like (I,)
        Arrivals by interval.
    abandoned : array_like (I,)
        Abandoned contacts by interval.
    propensity : float
        Probability that an abandoned contact comes back, from 0 to 1.
    delays : array_like (K,)
        How long redials take (s), counted from the middle of the interval.
    interval : float
        Length of an interval (s).

    Returns
    -------
    array (I,)
        Fresh arrivals by interval, at least 0.
    """
    seen, left = np.asarray(observed, dtype=np.float64), np.asarray(abandoned, dtype=np.float64)
    lags = np.floor(np.asarray(delays, dtype=np.float64) / interval + 0.5).astype(np.int64)
    shares = np.bincount(lags, minlength=1) / max(len(lags), 1)
    back = np.convolve(left * propensity, shares)[: len(seen)]
    return np.maximum(seen - back, 0.0)
