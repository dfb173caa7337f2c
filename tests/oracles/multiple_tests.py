"""Tests of many figures at once: p-values, and Holm's correction of them."""

import math

import numpy as np
from scipy.special import stdtr


def p_value(value, error, expected, degrees, expected_error=0.0):
    """How likely a deviation at least this large is by chance: two-sided t test against an expected value.

    `expected_error` is the expected value's own standard error (0 where it is exact).
    """
    spread = math.hypot(error, expected_error)
    if spread == 0.0:
        return 1.0 if value == expected else 0.0
    return float(2 * stdtr(degrees, -abs(value - expected) / spread))


def holm(pvalues):
    """Holm's adjusted p-values: reject those at or below the error rate wanted for the whole family."""
    p = np.asarray(pvalues, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
