"""Work that can wait, done as evenly as its deadlines allow: how many agents it needs in each interval."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def due_by(starts: Floats, length: float, within: float, period: float = 0.0) -> Numbers:
    """The last interval (I,) by whose end contacts of each, which come evenly in it, are in time on average.

    `starts` (I,) are the seconds at which open intervals of `length` begin, `within` how long contacts may wait. With
    a `period` (s) the same intervals come again after it, and numbers go on.
    """
    again = np.concatenate([starts + k * period for k in range(3)]) if period else starts
    at = np.searchsorted(again + length, starts + within + 0.5 * length, side="right") - 1
    return np.asarray(np.maximum(at, 0), np.int64)


def levelled(comes: Floats, length: Floats, due: Numbers, around: bool = False) -> Floats:
    """The work done in each interval (I,) if it is done as evenly as possible, each part before it is due.

    `comes` (I,) is the work that comes in each interval and may be done from then on, `length` (I,) how long people
    can work in it, `due` (I,) the last interval in which what comes in each is in time. `around`: what is not due at
    the end is left to the beginning of a like time. Of all ways to do it in time this has the lowest highest rate, and
    the next highest, and so on: a string pulled tight between what has come and what is due.
    """
    n, times = len(comes), 3 if around else 1
    whole = np.tile(comes, times)
    last = np.concatenate([due + k * n for k in range(times)])
    last = np.minimum(np.maximum(last, np.arange(len(whole))), len(whole) - 1)
    upper = np.cumsum(whole)
    lower = np.zeros(len(whole))
    np.add.at(lower, last, whole)
    lower = np.cumsum(lower)
    lower[-1] = upper[-1]
    path = tight(np.concatenate([[0.0], np.cumsum(np.tile(length, times))]), lower, upper)
    return np.asarray(np.diff(path)[n : 2 * n] if around else np.diff(path))


def tight(x: Floats, lower: Floats, upper: Floats) -> Floats:
    """The shortest path from 0 at x[0] between `lower` and `upper` (N,) at x[1:], to where both meet at the end."""
    path = np.zeros(len(x))
    at, n = 0, len(x) - 1
    while at < n:
        most, least, over, under = np.inf, -np.inf, at, at
        k = at + 1
        while k <= n:
            run = x[k] - x[at]
            if run <= 0.0:  # closed: nothing can be done in it
                k += 1
                continue
            high, low = (upper[k - 1] - path[at]) / run, (lower[k - 1] - path[at]) / run
            if low > most or high < least:
                break
            if high <= most:
                most, over = high, k
            if low >= least:
                least, under = low, k
            k += 1
        # Bend where the string touches: at what has come if what is due is too steep from there, else at what is due.
        bend, slope = (over, most) if k <= n and low > most else (under, least)
        if bend == at:
            path[at + 1 :] = path[at]
            break
        path[at + 1 : bend + 1] = path[at] + slope * (x[at + 1 : bend + 1] - x[at])
        at = bend
    return path
