"""The compiled inverse of every law: an encoded law and a number in (0, 1) give a value.

`cxsim.randomness.distributions.encode` writes the records and knots that are read here.
"""

from __future__ import annotations

import math
from typing import Any

from cxsim.jit.decorators import compiled, inner, shared
from cxsim.randomness.law_kinds import (
    CONSTANT,
    EXPONENTIAL,
    LINEAR,
    LOGNORMAL,
    MIXTURE,
    PART,
    SPLIT,
    STEPS,
    TABLE,
    TRIANGULAR,
    UNIFORM,
    WEIBULL,
)

ALMOST_ONE = 1.0 - 2.0**-53


@compiled
def inverse_normal(u: float) -> float:
    """Quantile of the standard normal distribution at u in (0, 1), to a relative error of about 1e-16.

    Source: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), routine PPND16.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2509.0809287301226727 * r + 33430.575583588128105
        top = top * r + 67265.770927008700853
        top = top * r + 45921.953931549871457
        top = top * r + 13731.693765509461125
        top = top * r + 1971.5909503065514427
        top = top * r + 133.14166789178437745
        top = top * r + 3.387132872796366608
        bottom = 5226.495278852854561 * r + 28729.085735721942674
        bottom = bottom * r + 39307.89580009271061
        bottom = bottom * r + 21213.794301586595867
        bottom = bottom * r + 5394.1960214247511077
        bottom = bottom * r + 687.1870074920579083
        bottom = bottom * r + 42.313330701600911252
        bottom = bottom * r + 1.0
        return q * top / bottom
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        top = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
        top = top * r + 0.24178072517745061177
        top = top * r + 1.27045825245236838258
        top = top * r + 3.64784832476320460504
        top = top * r + 5.7694972214606914055
        top = top * r + 4.6303378461565452959
        top = top * r + 1.42343711074968357734
        bottom = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
        bottom = bottom * r + 0.0151986665636164571966
        bottom = bottom * r + 0.14810397642748007459
        bottom = bottom * r + 0.68976733498510000455
        bottom = bottom * r + 1.6763848301838038494
        bottom = bottom * r + 2.05319162663775882187
        bottom = bottom * r + 1.0
    else:
        r -= 5.0
        top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        top = top * r + 0.0012426609473880784386
        top = top * r + 0.026532189526576123093
        top = top * r + 0.29656057182850489123
        top = top * r + 1.7848265399172913358
        top = top * r + 5.4637849111641143699
        top = top * r + 6.6579046435011037772
        bottom = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
        bottom = bottom * r + 1.8463183175100546818e-5
        bottom = bottom * r + 7.868691311456132591e-4
        bottom = bottom * r + 0.0148753612908506148525
        bottom = bottom * r + 0.13692988092273580531
        bottom = bottom * r + 0.59983220655588793769
        bottom = bottom * r + 1.0
    return -top / bottom if q < 0.0 else top / bottom


@compiled
def value(laws: Any, knots: Any, i: int, u: float) -> float:
    """Value of law number i at u in (0, 1): the smallest x that the law does not exceed with probability u.

    laws: structured array of LAW_DTYPE; knots: float64 array; both from `cxsim.randomness.distributions.encode`.
    In the unit of the law (seconds for times); inf where the law never comes. Tables end where u or 1 - u
    is 5e-17.
    """
    return value_of(laws[i], knots, u)


@shared
def value_of(law: Any, knots: Any, u: float) -> float:
    """As `value`, of a row of the laws; the two most frequent kinds without a call."""
    if law["kind"] == EXPONENTIAL:
        # log is the faster one, and as good: in every draw 1 - u is exact
        return float(-law["a"] * (math.log(1.0 - u) if u > 0.001 else math.log1p(-u)))
    if law["kind"] == LOGNORMAL:
        return math.exp(law["a"] + law["b"] * inverse_normal(u))
    return _other_value(law, knots, u)


@inner
def _other_value(law: Any, knots: Any, u: float) -> float:
    kind: int = law["kind"]
    start: int = law["start"]
    size: int = law["size"]
    a: float = law["a"]
    b: float = law["b"]
    least, most = 0.0, math.inf
    if kind == SPLIT:  # go on with the part that u is in
        part = start
        if u <= a:
            u, most = u / a, b
        else:
            u, least, part = (u - a) / (1.0 - a), b, start + PART
        u = min(knots[part + 5] + u * knots[part + 6], ALMOST_ONE)
        kind, start, size = int(knots[part]), start + int(knots[part + 1]), int(knots[part + 2])
        a, b = knots[part + 3], knots[part + 4]
    return min(max(_plain_value(law, knots, kind, start, size, a, b, u), least), most)


@inner
def _plain_value(law: Any, knots: Any, kind: int, start: int, size: int, a: float, b: float, u: float) -> float:
    if kind == CONSTANT:
        return a
    if kind == TABLE:
        return _table(knots, start, size, a, b, inverse_normal(u))
    if kind == LINEAR:
        return _linear(knots, start, size, a, u)
    if kind == MIXTURE:
        return _mixture(knots, start, size, a, u)
    if kind == WEIBULL:
        power: float = (-math.log1p(-u)) ** b
        return a * power
    if kind == STEPS:
        return float(knots[start + min(max(math.ceil(u * size) - 1, 0), size - 1)])
    if kind == UNIFORM:
        return a + u * b
    if kind == EXPONENTIAL:
        return -a * math.log1p(-u)
    if kind == LOGNORMAL:
        return math.exp(a + b * inverse_normal(u))
    if kind == TRIANGULAR:
        high: float = law["c"]
        if u * (high - a) < b - a:
            return a + math.sqrt(u * (high - a) * (b - a))
        return high - math.sqrt((1.0 - u) * (high - a) * (high - b))
    return math.inf


@inner
def _table(knots: Any, start: int, size: int, first: float, per_unit: float, z: float) -> float:
    """Exponential of the cubic Hermite interpolant of `size` (value, slope) pairs at z, constant outside."""
    position = min(max((z - first) * per_unit, 0.0), size - 1.0)
    cell = min(int(position), size - 2)
    t = position - cell
    k = start + 2 * cell
    left, left_slope, right, right_slope = knots[k], knots[k + 1], knots[k + 2], knots[k + 3]
    rise = right - left
    square = 3.0 * rise - 2.0 * left_slope - right_slope
    cube = left_slope + right_slope - 2.0 * rise
    return math.exp(left + t * (left_slope + t * (square + t * cube)))


@inner
def _linear(knots: Any, start: int, size: int, tail: float, u: float) -> float:
    """Piecewise linear quantile at u; beyond the last share an exponential tail of this mean, or never."""
    if u <= knots[start]:
        return float(knots[start + size])
    last: float = knots[start + size - 1]
    if u > last and tail == math.inf:
        return math.inf
    if u > last:
        return float(knots[start + 2 * size - 1]) - tail * math.log((1.0 - u) / (1.0 - last))
    below, above = 0, size - 1  # share[below] < u <= share[above]
    while above - below > 1:
        middle = (below + above) // 2
        if knots[start + middle] < u:
            below = middle
        else:
            above = middle
    left: float = knots[start + below]
    right: float = knots[start + above]
    low: float = knots[start + size + below]
    high: float = knots[start + size + above]
    return low + (u - left) / (right - left) * (high - low)


@inner
def _mixture(knots: Any, start: int, size: int, hazard: float, u: float) -> float:
    """Root of -log S(x) = -log(1 - u), S a mixture of exponentials with this hazard at 0.

    The left side is concave, so Newton's steps from below the root never pass it; stop when they end.
    """
    goal = -math.log1p(-u)
    x = goal / hazard
    for j in range(size):  # the mixture survives at least as well as each of its phases
        x = max(x, knots[start + size + j] * (math.log(knots[start + j]) + goal))
    for _ in range(100):
        below, density = 0.0, 0.0
        for j in range(size):
            rate = 1.0 / knots[start + size + j]
            # near 1 it is S, near 0 it is 1 - S that must keep its digits
            part = knots[start + j] * (math.expm1(-x * rate) if u < 0.5 else math.exp(-x * rate))
            below += part
            density += (part + knots[start + j] if u < 0.5 else part) * rate
        survival = 1.0 + below if u < 0.5 else below
        reached = -math.log1p(below) if u < 0.5 else -math.log(below)
        step = (goal - reached) * survival / density
        if not step > 1e-15 * x:
            break
        x += step
    return x
