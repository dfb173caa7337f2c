"""The formulas of the laws: what is impossible, moments, exact quantiles, distribution functions and codes.

Only the registry in `cxsim.randomness.distributions` uses them. Every formula takes the settled parameters of its law.
scipy and the compiled functions are imported where they are used: both are slow to import.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxsim.randomness import law_kinds

Floats = NDArray[np.float64]
Given = dict[str, Any]
Code = tuple[int, float, float, float, Floats]  # kind, a, b, c, knots


class LawError(ValueError):
    """A law that cannot be: its `parameter` (None for the whole), the `rule` broken and the nearest `fix`."""

    def __init__(self, rule: str, fix: str, parameter: str | None = None) -> None:
        super().__init__(f"{parameter}: {rule}; {fix}" if parameter else f"{rule}; {fix}")
        self.parameter, self.rule, self.fix = parameter, rule, fix

    def __reduce__(self) -> tuple[type[LawError], tuple[str, str, str | None]]:
        return LawError, (self.rule, self.fix, self.parameter)


def _rising(key: str, values: tuple[float, ...], strictly: bool, down: bool = False) -> None:
    for left, right in pairwise(values):
        if (right > left if down else right < left) or (strictly and right == left):
            way = "not rise" if down else "rise" if strictly else "not fall"
            rule = f"{left:g} is followed by {right:g}, but the list must {way}"
            raise LawError(rule, "sort the table", key)


def _same_length(p: Given, one: str, other: str) -> None:
    if len(p[one]) != len(p[other]):
        raise LawError(f"{len(p[other])} {other} for {len(p[one])} {one}", "give as many of each", other)


def _no_knots() -> Floats:
    return np.zeros(0)


def plain(kind: str, *parts: Callable[[Given], float]) -> Callable[[Given], Code]:
    """Code of a law without knots, of up to three numbers."""

    def code(p: Given) -> Code:
        a, b, c = ([part(p) for part in parts] + [0.0, 0.0, 0.0])[:3]
        return getattr(law_kinds, kind), a, b, c, _no_knots()

    return code


# lognormal -------------------------------------------------------------------------------------------


def settle_lognormal(p: Given) -> Given:
    if "sigma" in p:
        cv = math.sqrt(math.expm1(p["sigma"] ** 2))
        return {"mean": p["median"] * math.exp(0.5 * p["sigma"] ** 2), "cv": cv}
    if "cv" in p:
        return {"mean": p["mean"], "cv": p["cv"]}
    ratio = p["mean"] / p["median"]
    if ratio <= 1.0:
        fix = "give a larger mean or a smaller median"
        raise LawError(f"{p['mean']:g} must be above the median {p['median']:g}", fix, "mean")
    if ratio > 100.0:
        raise LawError(f"{p['mean']:g} is more than 100 times the median", "check both units", "mean")
    return {"mean": p["mean"], "cv": math.sqrt(ratio * ratio - 1.0)}


def sigma(p: Given) -> float:
    return math.sqrt(math.log1p(p["cv"] ** 2))


def mu(p: Given) -> float:
    return math.log(p["mean"]) - 0.5 * math.log1p(p["cv"] ** 2)


def lognormal_quantile(p: Given, u: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(np.exp(mu(p) + sigma(p) * ndtri(u)))


def lognormal_cdf(p: Given, x: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr((np.log(x) - mu(p)) / sigma(p)))


def lognormal_below(p: Given, x: float) -> tuple[float, float]:
    from scipy.special import ndtr

    s, z = sigma(p), (math.log(x) - mu(p)) / sigma(p)
    square = p["mean"] ** 2 * (1.0 + p["cv"] ** 2)
    return p["mean"] * float(ndtr(z - s)), square * float(ndtr(z - 2.0 * s))


# gamma and Erlang ------------------------------------------------------------------------------------


def settle_gamma(p: Given) -> Given:
    return {"mean": p["mean"], "cv": p["cv"] if "cv" in p else 1.0 / math.sqrt(p["shape"])}


def _shape(p: Given) -> float:
    return float(p["phases"]) if "phases" in p else 1.0 / p["cv"] ** 2


def gamma_quantile(p: Given, u: Floats) -> Floats:
    k = _shape(p)
    return np.asarray(np.exp(_unit_gamma_log(k, u, 1.0 - u)) * (p["mean"] / k))


def gamma_cdf(p: Given, x: Floats) -> Floats:
    from scipy.special import gammainc

    k = _shape(p)
    return np.asarray(gammainc(k, x * (k / p["mean"])))


def gamma_below(p: Given, x: float, shape: float = 0.0) -> tuple[float, float]:
    from scipy.special import gammainc

    k = shape or _shape(p)
    scale = p["mean"] / k
    square = p["mean"] * (p["mean"] + scale)
    return p["mean"] * float(gammainc(k + 1.0, x / scale)), square * float(gammainc(k + 2.0, x / scale))


def _unit_gamma_log(k: float, lower: Floats, upper: Floats) -> Floats:
    """Logarithm of the quantile of a gamma law of shape k, scale 1; lower + upper = 1 are the two tails."""
    from scipy.special import gammainccinv, gammaincinv, gammaln

    x = np.where(lower <= 0.5, gammaincinv(k, lower), gammainccinv(k, upper))
    # P(k, x) = x^k (1 - k x / (k + 1) + ...) / Gamma(k + 1), for small x: the quantile itself may underflow
    small = (np.log(lower) + gammaln(k + 1.0)) / k + x / (k + 1.0)
    return np.asarray(np.where(x < 1e-8, small, np.log(x)))


def gamma_code(p: Given) -> Code:
    """Hermite table of the log-quantile against the normal score; cells are halved until within 2e-9."""
    from scipy.special import gammaln, ndtr

    k, reach, cells = _shape(p), 8.3, 512
    while True:
        z = np.linspace(-reach, reach, 2 * cells + 1)
        with np.errstate(all="ignore"):
            y = _unit_gamma_log(k, ndtr(z), ndtr(-z))
        ends, middles = y[::2], y[1::2]
        log_density = k * ends - np.exp(ends) - gammaln(k)  # of the logarithm
        log_normal = -0.5 * z[::2] ** 2 - 0.5 * math.log(2.0 * math.pi)
        slopes = np.exp(log_normal - log_density) * (2.0 * reach / cells)
        miss = np.abs(0.5 * (ends[:-1] + ends[1:]) + 0.125 * (slopes[:-1] - slopes[1:]) - middles)
        if miss.max() <= 2e-9 or cells >= 8192:
            break
        cells *= 2
    knots = np.empty(2 * len(ends))
    knots[::2], knots[1::2] = ends + math.log(p["mean"] / k), slopes
    return law_kinds.TABLE, -reach, cells / (2.0 * reach), 0.0, knots


# Weibull, triangular ---------------------------------------------------------------------------------


def weibull_scale(p: Given) -> float:
    return float(p["mean"] / math.gamma(1.0 + 1.0 / p["shape"]))


def weibull_cv(p: Given) -> float:
    s = 1.0 / p["shape"]
    return math.sqrt(math.expm1(math.lgamma(1.0 + 2.0 * s) - 2.0 * math.lgamma(1.0 + s)))


def weibull_below(p: Given, x: float) -> tuple[float, float]:
    from scipy.special import gammainc

    s, reached = 1.0 / p["shape"], (x / weibull_scale(p)) ** p["shape"]
    square = p["mean"] ** 2 * (1.0 + weibull_cv(p) ** 2)
    return p["mean"] * float(gammainc(1.0 + s, reached)), square * float(gammainc(1.0 + 2.0 * s, reached))


def settle_uniform(p: Given) -> Given:
    if p["high"] <= p["low"]:
        fix = "give a larger high, or deterministic for a constant"
        raise LawError(f"{p['high']:g} must be above low {p['low']:g}", fix, "high")
    return p


def uniform_moments(p: Given) -> tuple[float, float]:
    low, high = p["low"], p["high"]
    return (low + high) / 2.0, (high - low) / (math.sqrt(3.0) * (high + low))


def uniform_below(p: Given, x: float) -> tuple[float, float]:
    low, top = p["low"], min(max(x, p["low"]), p["high"])
    width = p["high"] - low
    return (top**2 - low**2) / (2.0 * width), (top**3 - low**3) / (3.0 * width)


def settle_triangular(p: Given) -> Given:
    settle_uniform(p)
    if not p["low"] <= p["mode"] <= p["high"]:
        rule = f"{p['mode']:g} is outside low {p['low']:g} .. high {p['high']:g}"
        raise LawError(rule, "give a mode between them", "mode")
    return {n: p[n] for n in ("low", "mode", "high")}


def triangular_moments(p: Given) -> tuple[float, float]:
    low, mode, high = p["low"], p["mode"], p["high"]
    mean = (low + mode + high) / 3.0
    spread = ((high - low) ** 2 - (mode - low) * (high - mode)) / 18.0
    return mean, math.sqrt(spread) / mean


def triangular_quantile(p: Given, u: Floats) -> Floats:
    low, mode, high = p["low"], p["mode"], p["high"]
    left = low + np.sqrt(u * (high - low) * (mode - low))
    right = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
    return np.asarray(np.where(u * (high - low) < mode - low, left, right))


def triangular_cdf(p: Given, x: Floats) -> Floats:
    low, mode, high = p["low"], p["mode"], p["high"]
    left = (x - low) ** 2 / ((high - low) * (mode - low))
    right = 1.0 - (high - x) ** 2 / ((high - low) * (high - mode))
    return np.where(x <= low, 0.0, np.where(x >= high, 1.0, np.where(x < mode, left, right)))


# hyperexponential ------------------------------------------------------------------------------------


def settle_hyperexponential(p: Given) -> Given:
    if "means" in p:
        _same_length(p, "probabilities", "means")
        total = math.fsum(p["probabilities"])
        if abs(total - 1.0) > 2e-4:  # 33.33 % three times is meant as thirds
            raise LawError(f"they sum to {total:g}", "make them sum to 100 %", "probabilities")
        exact = abs(total - 1.0) < 1e-12
        shares = p["probabilities"] if exact else tuple(x / total for x in p["probabilities"])
        return {"probabilities": shares, "means": p["means"]}
    square = p["cv"] ** 2
    root = math.sqrt((square - 1.0) / (square + 1.0))
    rare = 1.0 / (square + 1.0) / (1.0 + root)  # (1 - root) / 2 without cancellation
    shares = (1.0 - rare, rare)
    return {"probabilities": shares, "means": tuple(p["mean"] / (2.0 * s) for s in shares)}


def hyperexponential_moments(p: Given) -> tuple[float, float]:
    shares, means = np.asarray(p["probabilities"]), np.asarray(p["means"])
    mean = float(shares @ means)
    return mean, math.sqrt(float(shares @ (means**2 + (means - mean) ** 2))) / mean


def _phases(p: Given, x: Floats) -> tuple[list[float], list[Floats]]:
    return list(p["probabilities"]), [x / m for m in p["means"]]


def hyperexponential_cdf(p: Given, x: Floats) -> Floats:
    shares, ratios = _phases(p, x)
    return np.asarray(-sum(s * np.expm1(-r) for s, r in zip(shares, ratios, strict=True)))


def hyperexponential_log(p: Given, lower: Floats, upper: Floats) -> Floats:
    """Logarithm of the quantile by bisection between the quantiles of the shortest and the longest phase."""
    left_half = lower <= 0.5
    unit = np.log(np.where(left_half, -np.log1p(-lower), -np.log(upper)))
    low, high = unit + math.log(min(p["means"])), unit + math.log(max(p["means"]))
    for _ in range(80):
        middle = 0.5 * (low + high)
        shares, ratios = _phases(p, np.exp(middle))
        beyond = sum(s * np.exp(-r) for s, r in zip(shares, ratios, strict=True))
        below = np.where(left_half, hyperexponential_cdf(p, np.exp(middle)) < lower, beyond > upper)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(np.isfinite(unit), 0.5 * (low + high), unit)


def hyperexponential_code(p: Given) -> Code:
    shares, means = np.asarray(p["probabilities"]), np.asarray(p["means"])
    return law_kinds.MIXTURE, float(np.sum(shares / means)), 0.0, 0.0, np.concatenate([shares, means])


# values, quantiles, survival -------------------------------------------------------------------------


def values_quantile(p: Given, u: Floats) -> Floats:
    values = np.asarray(p["values"])
    n = len(values)
    return np.asarray(values[np.clip(np.ceil(u * n).astype(np.int64) - 1, 0, n - 1)])


def values_cdf(p: Given, x: Floats) -> Floats:
    values = np.asarray(p["values"])
    return np.asarray(np.searchsorted(values, x, side="right") / len(values))


def values_moments(p: Given) -> tuple[float, float]:
    values = np.asarray(p["values"])
    mean = math.fsum(p["values"]) / len(values)
    return mean, float(values.std()) / mean if mean else 0.0


def values_code(p: Given) -> Code:
    return law_kinds.STEPS, 0.0, 0.0, 0.0, np.asarray(p["values"])


def settle_quantiles(p: Given) -> Given:
    _same_length(p, "shares", "values")
    _rising("shares", p["shares"], strictly=True)
    _rising("values", p["values"], strictly=False)
    if p["shares"][0] != 0.0 or p["shares"][-1] != 1.0:
        fix = "add the smallest value at 0 % and the largest at 100 %"
        rule = f"they run from {p['shares'][0]:.6g} to {p['shares'][-1]:.6g}, not from 0 % to 100 %"
        raise LawError(rule, fix, "shares")
    return {"shares": p["shares"], "values": p["values"]}


def settle_survival(p: Given) -> Given:
    _same_length(p, "times", "shares")
    _rising("times", p["times"], strictly=True)
    _rising("shares", p["shares"], strictly=False, down=True)
    first = p["times"][0] > 0.0
    settled = {"times": (0.0,) * first + p["times"], "shares": (1.0,) * first + p["shares"]}
    left = p["shares"][-1]
    if left > 0.0 and "beyond" not in p:
        fix = "give beyond: never, or the mean of an exponential tail"
        raise LawError(f"{left:.6g} still wait after the last time", fix, "beyond")
    return {**settled, "beyond": p["beyond"]} if left > 0.0 else settled


def _line(p: Given) -> tuple[Floats, Floats, float]:
    """Shares reached, values there, and mean of the tail beyond, of a quantile or a survival table."""
    if "times" in p:
        return 1.0 - np.asarray(p["shares"]), np.asarray(p["times"]), p.get("beyond", 0.0)
    return np.asarray(p["shares"]), np.asarray(p["values"]), 0.0


def line_moments(p: Given) -> tuple[float, float]:
    shares, values, tail = _line(p)
    if tail == math.inf:
        return math.inf, math.nan
    steps, left = np.diff(shares), 1.0 - shares[-1]
    mean = float(shares[0] * values[0] + steps @ (values[:-1] + values[1:]) / 2.0)
    mean += float(left * (values[-1] + tail))
    off = values - mean
    spread = shares[0] * off[0] ** 2 + steps @ (off[:-1] ** 2 + off[:-1] * off[1:] + off[1:] ** 2) / 3.0
    spread += left * ((off[-1] + tail) ** 2 + tail**2)
    return mean, math.sqrt(spread) / mean if mean else 0.0


def line_quantile(p: Given, u: Floats) -> Floats:
    shares, values, tail = _line(p)
    above = np.minimum(np.searchsorted(shares, u, side="left"), len(shares) - 1)
    below = np.maximum(above - 1, 0)
    part = (u - shares[below]) / (shares[above] - shares[below])
    inside = values[below] + part * (values[above] - values[below])
    beyond = values[-1] - tail * np.log((1.0 - u) / (1.0 - shares[-1])) if tail < math.inf else math.inf
    return np.where(u <= shares[0], values[0], np.where(u > shares[-1], beyond, inside))


def line_cdf(p: Given, x: Floats) -> Floats:
    shares, values, tail = _line(p)
    above = np.minimum(np.searchsorted(values, x, side="right"), len(values) - 1)
    below = np.maximum(above - 1, 0)
    part = (x - values[below]) / (values[above] - values[below])
    inside = shares[below] + part * (shares[above] - shares[below])
    left = 1.0 - shares[-1]
    beyond = 1.0 - left * (np.exp(-(x - values[-1]) / tail) if tail else 0.0)
    return np.where(x < values[0], 0.0, np.where(x >= values[-1], beyond, inside))


def line_code(p: Given) -> Code:
    shares, values, tail = _line(p)
    return law_kinds.LINEAR, tail, 0.0, 0.0, np.concatenate([shares, values])
