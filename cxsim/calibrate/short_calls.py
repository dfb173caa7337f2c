"""Short calls split off: which share of durations is short, up to which limit, and what the rest is like.

Callers who hang up as agents answer, and agents who drop a call, leave more short calls than any one distribution has.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from cxsim.calibrate.estimates import Estimated, Z, at_edge, wilson
from cxsim.calibrate.redials import Floats
from cxsim.randomness.distributions import Law, LawError, law

LONGEST_SHORT = 30.0  # s
TIMES_AS_OFTEN = 2.0  # per second, against durations up to half above the limit
FEW_SHORT = 30  # durations that must be short, and as many that are not
LIMITS = np.array(
    [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, LONGEST_SHORT]
)  # s, of which the best is refined
RESTS = ("lognormal", "gamma", "weibull")
FALL = 3.0  # of the log-likelihood: 95 % of a limit, at which the likelihood has a step (0.5 of chi-squared with two)
PARAMETERS = 4  # share, limit, and two of the rest
Pair = tuple[float, float]


class ShortCalls(NamedTuple):
    """A share of durations up to a limit (s) and the rest above it, each with its 95 % interval, as a law."""

    law: Law
    text: dict[str, str]  # its parameters as a scenario writes them
    rest: str
    share: tuple[float, float, float]  # value, low, high
    limit: tuple[float, float, float]
    location: tuple[str, float, float, float]  # of the rest: what it is, value, low, high; the name is empty where none
    shape: tuple[str, float, float, float]
    log_likelihood: float
    criterion: float  # Schwarz's: the lower, the better


class _Rest(NamedTuple):
    name: str
    at: Pair  # logarithms of location and shape
    log_likelihood: float


def short_calls(kept: Floats, single: float) -> ShortCalls | None:
    """Short calls of durations (s, at least 0) if they are more likely than one distribution; otherwise None.

    `single` is Schwarz's criterion of the best single distribution of the positive durations; a split pays for its two
    further parameters, and for the limits that were tried. Short durations must also, beyond chance, be more frequent
    than the rest would have them, and twice as frequent as those just above the limit: where durations only become
    rarer as they get longer, nothing is split off.
    """
    x, counts = np.unique(kept[kept > 0.0], return_counts=True)
    weight = counts.astype(np.float64)
    n = int(weight.sum())
    up_to = np.searchsorted(np.sort(kept[kept > 0.0]), LIMITS, side="right")
    usable = LIMITS[(up_to >= FEW_SHORT) & (n - up_to >= FEW_SHORT)]
    if not len(usable):
        return None
    tried: dict[tuple[float, str], _Rest] = {}

    def likely(limit: float, name: str) -> float:
        if (limit, name) not in tried:
            near = min((k for k in tried if k[1] == name), key=lambda k: abs(k[0] - limit), default=None)
            tried[limit, name] = _fitted(name, x, weight, limit, tried[near].at if near else None)
        below = x <= limit
        few = float(weight[below].sum())
        short = few * (math.log(few / n) - math.log(limit)) + (n - few) * math.log1p(-few / n)
        return short + tried[limit, name].log_likelihood

    name = max(RESTS, key=lambda one: likely(float(usable[len(usable) // 2]), one))
    best = max(usable.tolist(), key=lambda one: likely(one, name))
    around = sorted(
        {
            one
            for one in np.arange(max(2.0, best - 5.0), min(best + 6.0, LONGEST_SHORT + 1.0)).tolist()
            if _enough(x, weight, one)
        }
    )
    best = max(around, key=lambda one: likely(one, name))
    name = max(RESTS, key=lambda one: likely(best, one))
    top = likely(best, name)
    criterion = PARAMETERS * math.log(n) + 2.0 * math.log(len(LIMITS) + len(around)) - 2.0 * top
    rest = _law(name, tried[best, name].at)
    few = int((kept <= best).sum())
    share = (few / len(kept), *wilson(few, len(kept)))
    if criterion >= single or rest is None:
        return None
    just_above = float(((kept > best) & (kept <= 1.5 * best)).mean()) / 0.5
    if share[1] <= max(float(rest.cdf(best)), TIMES_AS_OFTEN * just_above):
        return None
    alike = [one for one in around if likely(one, name) >= top - FALL]
    location, shape = _bounds(name, tried[best, name].at, x, weight, best)
    made = law("split", share=share[0], limit=best, rest=rest)
    text = {"share": f"{share[0]:.3%}", "limit": f"{best:g}s", "rest": _text(rest)}
    limit = (best, min(alike) - 0.5, max(alike) + 0.5)
    return ShortCalls(made, text, name, share, limit, location, shape, top, criterion)


def estimates(of: str, what: str, found: ShortCalls, rows: int) -> list[Estimated]:
    """Share and limit of short calls, and what the rest is like, as rows."""
    method = f"maximum likelihood: short calls split off, the rest {found.rest}"
    note = f"up to {found.limit[0]:g} s"
    edge = at_edge(found.limit[0], float(LIMITS[0]), LONGEST_SHORT, "s")
    out = [
        Estimated(of, f"{what}: short calls", *found.share, "share", "counted up to their limit", rows, note),
        Estimated(of, f"{what}: limit of short calls", *found.limit, "s", method, rows, edge),
    ]
    for (name, value, low, high), unit in ((found.location, "s"), (found.shape, "ratio")):
        if name:
            out.append(Estimated(of, f"{what}: {name} of the rest", value, low, high, unit, method, rows))
    return out


def _enough(x: Floats, weight: Floats, limit: float) -> bool:
    few = int(weight[x <= limit].sum())
    return few >= FEW_SHORT and int(weight.sum()) - few >= FEW_SHORT


def _fitted(name: str, x: Floats, weight: Floats, limit: float, start: Pair | None) -> _Rest:
    """The distribution of the values above a limit, cut off there, by maximum likelihood."""
    from scipy.optimize import minimize

    above = x > limit
    likelihood = _Likelihood(name, x[above], weight[above], limit)
    if start is None:
        logs = np.log(x[above])
        mu = float(np.average(logs, weights=weight[above]))
        sigma = math.sqrt(float(np.average((logs - mu) ** 2, weights=weight[above]))) or 0.1
        mean = math.log(float(np.average(x[above], weights=weight[above])))
        start = (mu, math.log(sigma)) if name == "lognormal" else (mean, 0.2)
    options = {"xatol": 1e-4, "fatol": 1e-3, "maxfev": 400, "initial_simplex": np.add(start, _SIMPLEX)}
    found = minimize(lambda at: -likelihood((float(at[0]), float(at[1]))), start, method="Nelder-Mead", options=options)
    return _Rest(name, (float(found.x[0]), float(found.x[1])), -float(found.fun))


_SIMPLEX = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]])


class _Likelihood:
    """The log-likelihood of values above a limit, at the logarithms of location and shape.

    Location and shape are the median and sigma of a lognormal, the mean and shape of a gamma, the scale and shape of a
    Weibull distribution.
    """

    def __init__(self, name: str, x: Floats, weight: Floats, limit: float) -> None:
        self.name, self.x, self.weight, self.limit = name, x, weight, limit
        logs = np.log(x)
        self.n, self.logs = float(weight.sum()), float(weight @ logs)
        self.squares, self.total = float(weight @ logs**2), float(weight @ x)

    def __call__(self, at: Pair) -> float:
        from scipy.special import gammaincc, gammaln, log_ndtr

        a, b = at
        if not (abs(b) < 7.0 and abs(a) < 15.0):
            return -1e300
        n, shape = self.n, math.exp(b)
        if self.name == "lognormal":
            square = self.squares - 2.0 * a * self.logs + n * a * a
            beyond = float(log_ndtr((a - math.log(self.limit)) / shape))
            return -self.logs - 0.5 * square / shape**2 - n * (b + 0.5 * math.log(2.0 * math.pi) + beyond)
        if self.name == "gamma":
            scale = math.exp(a) / shape
            beyond = math.log(max(float(gammaincc(shape, self.limit / scale)), 1e-300))
            rest = n * (float(gammaln(shape)) + shape * math.log(scale) + beyond)
            return (shape - 1.0) * self.logs - self.total / scale - rest
        powers = np.exp(np.minimum(shape * (np.log(self.x) - a), 700.0))
        beyond = math.exp(min(shape * (math.log(self.limit) - a), 700.0))
        return n * (b - shape * a + beyond) + (shape - 1.0) * self.logs - float(self.weight @ powers)


def _law(name: str, at: Pair) -> Law | None:
    """The law of a scenario; None where a parameter is beyond what one takes."""
    location, shape = math.exp(at[0]), math.exp(at[1])
    try:
        if name == "lognormal":
            return law(name, median=location, sigma=shape)
        mean = location * math.gamma(1.0 + 1.0 / shape) if name == "weibull" else location
        return law(name, mean=mean, shape=shape)
    except (LawError, OverflowError):
        return None


def _text(rest: Law) -> str:
    p = rest.parameters
    other = f"shape: {p['shape']:.5g}" if "shape" in p else f"cv: {p['cv']:.5g}"
    return f"{{{rest.name}: {{mean: {rest.mean:.6g}s, {other}}}}}"


def _bounds(
    name: str, at: Pair, x: Floats, weight: Floats, limit: float
) -> tuple[tuple[str, float, float, float], tuple[str, float, float, float]]:
    """Location and shape of the rest with intervals from the curvature of the likelihood."""
    above = x > limit
    likelihood = _Likelihood(name, x[above], weight[above], limit)
    step = 1e-3
    curve = np.zeros((2, 2))
    for i, j in ((0, 0), (0, 1), (1, 1)):
        one, other = np.eye(2)[i] * step, np.eye(2)[j] * step
        signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
        corners = [likelihood(tuple(np.add(at, s * one + t * other))) * s * t for s, t in signs]
        curve[i, j] = curve[j, i] = -sum(corners) / (4.0 * step**2)
    with np.errstate(all="ignore"):
        half = Z * np.sqrt(np.diag(np.linalg.pinv(curve)))
    names = {"lognormal": ("median", "sigma"), "gamma": ("mean", "shape"), "weibull": ("", "shape")}[name]
    location, shape = (
        (what, math.exp(a), math.exp(a - h), math.exp(a + h))
        for what, a, h in zip(names, at, half.tolist(), strict=True)
    )
    return location, shape
