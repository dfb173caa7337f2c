"""Rates that change linearly within intervals, and leave the expected contacts of every interval as they are.

The rate at the border of two intervals lies halfway between theirs, at most twice the smaller; in the middle of an
interval it is what the interval's contacts need. So the rate is continuous and nowhere negative. Before the first and
after the last interval, and beside a gap, it goes on in a straight line, as far as it stays above 0. This is one step
of the smoothing of Chen & Schmeiser (2013), "I-SMOOTH: iteratively smoothing mean-constrained and nonnegative
piecewise-constant functions", INFORMS Journal on Computing 25.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

APART = 1e-6  # s between intervals that do not meet
Level = tuple[float, float, float]  # start, end, rate
Piece = tuple[float, float, float, float]  # start, end, rate at the start, rate at the end


def constant(levels: Sequence[Level]) -> list[Piece]:
    """Pieces that keep the rate of their interval."""
    return [(start, end, rate, rate) for start, end, rate in levels]


def linear(levels: Sequence[Level]) -> list[Piece]:
    """Pieces whose rate changes linearly, two for each interval, in order of time."""
    out: list[Piece] = []
    runs, number = [], 0
    for k, level in enumerate(levels):
        number += k > 0 and abs(levels[k - 1][1] - level[0]) > APART
        runs.append((number, level))
    for _, run in groupby(runs, key=lambda pair: pair[0]):
        out += _joined([level for _, level in run])
    return out


def _joined(levels: Sequence[Level]) -> list[Piece]:
    """Of intervals without a gap."""
    rates = [rate for _, _, rate in levels]
    inner = [min((a + b) / 2, 2 * min(a, b)) for a, b in pairwise(rates)]
    first = max(2 * rates[0] - inner[0], 0.0) if inner else rates[0]
    last = max(2 * rates[-1] - inner[-1], 0.0) if inner else rates[-1]
    out: list[Piece] = []
    for (start, end, rate), (left, right) in zip(levels, pairwise([first, *inner, last]), strict=True):
        if left == rate == right:
            out.append((start, end, rate, rate))
            continue
        middle, peak = (start + end) / 2, 2 * rate - (left + right) / 2
        out += [(start, middle, left, peak), (middle, end, peak, right)]
    return out


def cut(piece: Piece, times: Sequence[float]) -> list[Piece]:
    """A piece cut at times inside it, in order."""
    start, end, first, last = piece
    cuts = [start, *times, end]
    if first == last:
        return [(a, b, first, first) for a, b in pairwise(cuts)]
    slope = (last - first) / (end - start)
    rates = [first, *(first + slope * (t - start) for t in times), last]
    return [(*spans, *ends) for spans, ends in zip(pairwise(cuts), pairwise(rates), strict=True)]
