"""The laws of random quantities: parameters in, a frozen `Law` out, and the arrays that the engines read.

`law("lognormal", mean=240.0, cv=0.8)` checks its parameters and answers with a `Law` that has an exact
quantile, a distribution function, a mean and a coefficient of variation. `encode` turns laws into the arrays
that `cxsim.randomness.inverse_cdf.value` reads. `LAWS` is the registry, one entry per law: a new law is a new entry
there, and a kind in `cxsim.randomness.law_kinds` if none of those will do. Times are seconds; a law of a factor
(busyness, spread) is the same law with mean 1.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxsim.randomness import distribution_formulas, split_law
from cxsim.randomness.distribution_formulas import Code, Floats, Given, LawError
from cxsim.randomness.law_kinds import PAIRED

__all__ = ["LAWS", "LAW_DTYPE", "Entry", "Law", "LawError", "Parameter", "encode", "law"]

Value: TypeAlias = "float | tuple[float, ...] | Law"

LONGEST = 1e10  # seconds, about 317 years: anything longer is a slip of a unit
LAW_DTYPE = np.dtype(
    [("kind", "i4"), ("start", "i4"), ("size", "i4"), ("a", "f8"), ("b", "f8"), ("c", "f8")], align=True
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a law: kind of unit, bounds (inside units), whether a list, if `never` will do.

    One of kind `law` is itself a law that has `below`.
    """

    kind: Literal["duration", "share", "factor", "count", "law"]
    sentence: str
    low: float = 0.0
    high: float = LONGEST
    low_allowed: bool = False
    many: bool = False
    or_never: bool = False


@dataclass(frozen=True)
class Entry:
    """One law of the registry: what it is, what it takes, and how it is computed from its settled parameters.

    forms: the sets of parameters that may stand together; optional: those that may join any form; short: the
    parameter meant when the user writes one bare value (`{exponential: 4 min}`), or None; below: mean and mean square
    of the values up to x, times their probability, of the laws that can be a part of a split.
    """

    sentence: str
    parameters: Mapping[str, Parameter]
    forms: tuple[tuple[str, ...], ...]
    moments: Callable[[Given], tuple[float, float]]
    quantile: Callable[[Given, Floats], Floats]
    cdf: Callable[[Given, Floats], Floats]
    code: Callable[[Given], Code]
    settle: Callable[[Given], Given] = lambda p: p
    optional: tuple[str, ...] = ()
    short: str | None = None
    below: Callable[[Given, float], tuple[float, float]] | None = None


@dataclass(frozen=True)
class Law:
    """A law with all its parameters settled; make one with `law`.

    name: its entry in `LAWS`; items: (parameter, value) pairs; mean: inf where the value may never come;
    cv: standard deviation over mean (nan where the mean is inf, 0 where it is 0).
    """

    name: str
    items: tuple[tuple[str, Value], ...]
    mean: float = field(compare=False)
    cv: float = field(compare=False)

    @property
    def parameters(self) -> dict[str, Value]:
        """The settled parameters: `law(x.name, **x.parameters) == x`."""
        return dict(self.items)

    def quantile(self, u: ArrayLike) -> Floats:
        """Exact quantile at u, in its shape: the smallest x with cdf(x) >= u. ValueError outside 0..1."""
        shares = np.asarray(u, dtype=np.float64)
        if not np.all((shares >= 0.0) & (shares <= 1.0)):
            raise ValueError("quantile: u must lie in 0..1")
        with np.errstate(all="ignore"):
            return LAWS[self.name].quantile(self.parameters, shares)

    def cdf(self, x: ArrayLike) -> Floats:
        """Probability of a value of at most x, in the shape of x; at inf what ever comes at all."""
        points = np.asarray(x, dtype=np.float64)
        with np.errstate(all="ignore"):
            shares = LAWS[self.name].cdf(self.parameters, np.clip(points, 0.0, 1e300))
        return np.where(points < 0.0, 0.0, shares)

    def below(self, x: float) -> tuple[float, float]:
        """E[X; X <= x] and E[X²; X <= x] of a law that can be a part of a split."""
        formula = LAWS[self.name].below
        assert formula is not None
        return formula(self.parameters, x)

    def scaled(self, factor: float) -> Law:
        """The law of factor times the value; factor > 0."""
        if not 0.0 < factor < math.inf:
            raise LawError(f"a distribution cannot be scaled by {factor!r}", "give a factor above 0")
        kinds = LAWS[self.name].parameters
        longer = self.parameters
        for key, old in self.items:
            if isinstance(old, Law):
                longer[key] = old.scaled(factor)
            elif kinds[key].kind == "duration":
                longer[key] = tuple(x * factor for x in old) if isinstance(old, tuple) else old * factor
        return law(self.name, **longer)

    def __str__(self) -> str:
        return ", ".join([self.name, *(f"{n} {_shown(v)}" for n, v in self.items)])


def _shown(value: Value) -> str:
    if isinstance(value, Law):
        return f"({value})"
    return f"{len(value)} values" if isinstance(value, tuple) else f"{value:g}"


def law(name: str, **parameters: Any) -> Law:
    """Make a law by its name and parameters in inside units (seconds, shares 0..1, plain factors).

    Raises LawError (a ValueError) that names parameter, value, rule and nearest fix.
    """
    entry = LAWS.get(name)
    if entry is None:
        near = difflib.get_close_matches(str(name), LAWS, 1)
        fix = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(LAWS)}"
        raise LawError(f"{name!r} is not a distribution", fix)
    given = {n: _checked(name, entry, n, v) for n, v in parameters.items() if v is not None}
    stated = {n for n in given if n not in entry.optional}
    if not any(stated == set(form) for form in entry.forms):
        has = f"has only {_listed(stated)}" if stated else "has no parameters"
        if any(stated > set(form) for form in entry.forms):
            has = f"has too many parameters ({_listed(stated)})"
        raise LawError(f"{name} {has}", f"give {_forms(entry)}")
    settled = entry.settle(given)
    mean, cv = entry.moments(settled)
    return Law(name, tuple(settled.items()), float(mean), float(cv))


def encode(laws: Sequence[Law]) -> tuple[NDArray[np.void], Floats]:
    """Laws as (records of LAW_DTYPE, float64 knots) for `cxsim.randomness.inverse_cdf.value`; neither is ever empty."""
    records = np.zeros(max(len(laws), 1), dtype=LAW_DTYPE)
    pieces: list[Floats] = []
    starts: dict[Law, int] = {}
    total = 0
    for i, one in enumerate(laws):
        kind, a, b, c, knots = _code(one)
        if one not in starts:
            starts[one] = total
            pieces.append(knots)
            total += len(knots)
        size = len(knots) // 2 if kind in PAIRED else len(knots)
        records[i] = (kind, starts[one], size, a, b, c)
    return records, np.concatenate(pieces) if total else np.zeros(1)


@lru_cache(maxsize=512)
def _code(one: Law) -> Code:
    return LAWS[one.name].code(one.parameters)


def _checked(name: str, entry: Entry, key: str, given: Any) -> Any:
    """The given value as a float or a tuple of floats, inside the bounds of its parameter."""
    if key not in entry.parameters:
        raise LawError(f"{name} has no parameter '{key}'", f"give {_forms(entry)}", key)
    rule = entry.parameters[key]
    if rule.kind == "law":
        return _part(key, given)
    if not rule.many:
        return _number(rule, key, given)
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise LawError(f"{given!r} is not a list", "give a list of numbers", key)
    if isinstance(given, np.ndarray):
        given = given.tolist()
    listed = tuple(_number(rule, key, x) for x in given)
    if not listed:
        raise LawError("the list is empty", "give at least one value", key)
    return listed


def _part(key: str, given: Any) -> Law:
    fits = [name for name, entry in LAWS.items() if entry.below is not None]
    if not isinstance(given, Law):
        raise LawError(f"{given!r} is not a distribution", f"give one of {', '.join(fits)}", key)
    if given.name not in fits:
        raise LawError(f"{given.name} cannot be a part of a split", f"use one of {', '.join(fits)}", key)
    return given


def _number(rule: Parameter, key: str, given: Any) -> float:
    if rule.or_never and (given == "never" or given == math.inf):
        return math.inf
    if isinstance(given, bool | np.bool_) or not isinstance(given, int | float | np.integer | np.floating):
        raise LawError(f"{given!r} is not a number", f"give a {rule.kind}", key)
    try:
        number = float(given)
    except OverflowError:
        number = math.inf
    if not abs(number) < math.inf:
        raise LawError(f"{number!r} is not finite", f"give a {rule.kind} that is finite", key)
    if rule.kind == "count" and number != round(number):
        raise LawError(f"{number!r} is not a whole number", f"give {max(1, round(number))}", key)
    if number < rule.low or (number == rule.low and not rule.low_allowed):
        must = f"must be {'at least' if rule.low_allowed else 'above'} {rule.low:g}"
        fix = f"did you mean {-number:g}?" if number < 0 else f"give a {rule.kind} above {number:g}"
        if number == 0 and key in ("mean", "cv"):
            fix = "write {deterministic: ...} for a constant"
        raise LawError(f"{number:g} {must}", fix, key)
    if number > rule.high:
        unit = " seconds" if rule.kind == "duration" else ""
        raise LawError(f"{number:g} must be at most {rule.high:g}{unit}", "check its unit", key)
    return number


def _listed(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


def _forms(entry: Entry) -> str:
    ways = " or ".join(" and ".join(form) for form in entry.forms if form) or "no parameters"
    return ways + (f" (and {', '.join(entry.optional)})" if entry.optional else "")


def _mean_of(what: str) -> Parameter:
    return Parameter("duration", f"Mean {what}.")


def _shares(sentence: str) -> Parameter:
    return Parameter("share", sentence, high=1.0, low_allowed=True, many=True)


def _times(sentence: str) -> Parameter:
    return Parameter("duration", sentence, low_allowed=True, many=True)


def _cv(low: float, high: float, low_allowed: bool = True) -> Parameter:
    return Parameter("factor", "Standard deviation over mean.", low, high, low_allowed)


LAWS: dict[str, Entry] = {
    "deterministic": Entry(
        "Always the same value.",
        {"value": Parameter("duration", "The value.", low_allowed=True)},
        (("value",),),
        moments=lambda p: (p["value"], 0.0),
        quantile=lambda p, u: np.full_like(u, p["value"]),
        cdf=lambda p, x: np.where(x >= p["value"], 1.0, 0.0),
        code=distribution_formulas.plain("CONSTANT", lambda p: p["value"]),
        short="value",
    ),
    "exponential": Entry(
        "Without memory: the remaining time never depends on the time so far; a bare duration means this distribution.",
        {"mean": _mean_of("value")},
        (("mean",),),
        moments=lambda p: (p["mean"], 1.0),
        quantile=lambda p, u: np.asarray(-p["mean"] * np.log1p(-u)),
        cdf=lambda p, x: np.asarray(-np.expm1(-x / p["mean"])),
        code=distribution_formulas.plain("EXPONENTIAL", lambda p: p["mean"]),
        below=lambda p, x: distribution_formulas.gamma_below(p, x, 1.0),
        short="mean",
    ),
    "lognormal": Entry(
        "Its logarithm is normal: the usual shape of talk times.",
        {
            "mean": _mean_of("value"),
            "cv": _cv(0.0, 100.0, low_allowed=False),
            "median": Parameter("duration", "The median: half of the values are below it."),
            "sigma": Parameter("factor", "Standard deviation of the natural logarithm.", 0.0, 3.03),
        },
        (("mean", "cv"), ("median", "mean"), ("median", "sigma")),
        settle=distribution_formulas.settle_lognormal,
        moments=lambda p: (p["mean"], p["cv"]),
        quantile=distribution_formulas.lognormal_quantile,
        cdf=distribution_formulas.lognormal_cdf,
        code=distribution_formulas.plain("LOGNORMAL", distribution_formulas.mu, distribution_formulas.sigma),
        below=distribution_formulas.lognormal_below,
    ),
    "gamma": Entry(
        "From steady (small cv) over exponential (cv 100 %) to bursty (large cv).",
        {
            "mean": _mean_of("value"),
            "cv": _cv(0.001, 10.0),
            "shape": Parameter("factor", "1 / cv squared.", 0.01, 1e6, True),
        },
        (("mean", "cv"), ("mean", "shape")),
        settle=distribution_formulas.settle_gamma,
        moments=lambda p: (p["mean"], p["cv"]),
        quantile=distribution_formulas.gamma_quantile,
        cdf=distribution_formulas.gamma_cdf,
        code=distribution_formulas.gamma_code,
        below=distribution_formulas.gamma_below,
    ),
    "erlang": Entry(
        "Sum of equal exponential phases.",
        {"mean": _mean_of("of the sum"), "phases": Parameter("count", "Number of phases.", 1, 1e6, True)},
        (("mean", "phases"),),
        moments=lambda p: (p["mean"], 1.0 / math.sqrt(p["phases"])),
        quantile=distribution_formulas.gamma_quantile,
        cdf=distribution_formulas.gamma_cdf,
        code=distribution_formulas.gamma_code,
        below=distribution_formulas.gamma_below,
    ),
    "weibull": Entry(
        "Hazard that falls (shape below 1) or rises (above 1) with time: the usual shape of patience.",
        {
            "mean": _mean_of("value"),
            "shape": Parameter("factor", "Exponent of time in the hazard, plus 1.", 0.1, 100.0, True),
        },
        (("mean", "shape"),),
        moments=lambda p: (p["mean"], distribution_formulas.weibull_cv(p)),
        quantile=lambda p, u: np.asarray(
            distribution_formulas.weibull_scale(p) * (-np.log1p(-u)) ** (1.0 / p["shape"])
        ),
        cdf=lambda p, x: np.asarray(-np.expm1(-((x / distribution_formulas.weibull_scale(p)) ** p["shape"]))),
        code=distribution_formulas.plain("WEIBULL", distribution_formulas.weibull_scale, lambda p: 1.0 / p["shape"]),
        below=distribution_formulas.weibull_below,
    ),
    "uniform": Entry(
        "Equally likely anywhere between low and high.",
        {
            "low": Parameter("duration", "Smallest value.", low_allowed=True),
            "high": Parameter("duration", "Largest value."),
        },
        (("low", "high"),),
        settle=distribution_formulas.settle_uniform,
        moments=distribution_formulas.uniform_moments,
        quantile=lambda p, u: np.asarray(p["low"] + u * (p["high"] - p["low"])),
        cdf=lambda p, x: np.clip((x - p["low"]) / (p["high"] - p["low"]), 0.0, 1.0),
        code=distribution_formulas.plain("UNIFORM", lambda p: p["low"], lambda p: p["high"] - p["low"]),
        below=distribution_formulas.uniform_below,
    ),
    "triangular": Entry(
        "Density that rises from low to mode and falls to high.",
        {
            "low": Parameter("duration", "Smallest value.", low_allowed=True),
            "mode": Parameter("duration", "Most likely value.", low_allowed=True),
            "high": Parameter("duration", "Largest value."),
        },
        (("low", "mode", "high"),),
        settle=distribution_formulas.settle_triangular,
        moments=distribution_formulas.triangular_moments,
        quantile=distribution_formulas.triangular_quantile,
        cdf=distribution_formulas.triangular_cdf,
        code=distribution_formulas.plain("TRIANGULAR", lambda p: p["low"], lambda p: p["mode"], lambda p: p["high"]),
    ),
    "hyperexponential": Entry(
        "One of several exponentials, chosen at random; from mean and cv, two of them with balanced means.",
        {
            "mean": _mean_of("value"),
            "cv": _cv(1.0, 100.0, low_allowed=False),
            "probabilities": Parameter("share", "Probability of each phase; they sum to 100 %.", high=1.0, many=True),
            "means": Parameter("duration", "Mean of each phase.", many=True),
        },
        (("mean", "cv"), ("probabilities", "means")),
        settle=distribution_formulas.settle_hyperexponential,
        moments=distribution_formulas.hyperexponential_moments,
        quantile=lambda p, u: np.exp(distribution_formulas.hyperexponential_log(p, u, 1.0 - u)),
        cdf=distribution_formulas.hyperexponential_cdf,
        code=distribution_formulas.hyperexponential_code,
    ),
    "values": Entry(
        "One of the given values, each equally likely.",
        {"values": _times("Observed values, in any order.")},
        (("values",),),
        settle=lambda p: {"values": tuple(sorted(p["values"]))},
        moments=distribution_formulas.values_moments,
        quantile=distribution_formulas.values_quantile,
        cdf=distribution_formulas.values_cdf,
        code=distribution_formulas.values_code,
        short="values",
    ),
    "quantiles": Entry(
        "A table of quantiles from 0 % to 100 %, linear between its points.",
        {
            "shares": _shares("Shares of values at or below each point, increasing."),
            "values": _times("The value at each share, never decreasing."),
        },
        (("shares", "values"),),
        settle=distribution_formulas.settle_quantiles,
        moments=distribution_formulas.line_moments,
        quantile=distribution_formulas.line_quantile,
        cdf=distribution_formulas.line_cdf,
        code=distribution_formulas.line_code,
    ),
    "survival": Entry(
        "A table of the share still waiting, linear between its points, 100 % at 0 by default.",
        {
            "times": _times("Times, increasing."),
            "shares": _shares("Share still waiting at each time, never increasing."),
            "beyond": Parameter("duration", "Mean of the exponential tail after the last time.", or_never=True),
        },
        (("times", "shares"),),
        settle=distribution_formulas.settle_survival,
        moments=distribution_formulas.line_moments,
        quantile=distribution_formulas.line_quantile,
        cdf=distribution_formulas.line_cdf,
        code=distribution_formulas.line_code,
        optional=("beyond",),
    ),
    "split": Entry(
        "Short values split off: a share of them up to a limit, the rest above it, each with its distribution.",
        {
            "share": Parameter("share", "Share of values up to the limit.", high=1.0),
            "limit": Parameter("duration", "Up to here a value is short."),
            "rest": Parameter("law", "Distribution of the values above the limit, cut off there."),
            "short": Parameter("law", "Distribution of those up to the limit, cut off there; uniform by default."),
        },
        (("share", "limit", "rest"),),
        settle=lambda p: split_law.settle({"short": law("uniform", low=0.0, high=p["limit"]), **p}),
        moments=split_law.moments,
        quantile=split_law.quantile,
        cdf=split_law.cdf,
        code=lambda p: split_law.code(p, _code(p["short"]), _code(p["rest"])),
        optional=("short",),
    ),
    "never": Entry(
        "The value never occurs: infinite patience.",
        {},
        ((),),
        moments=lambda p: (math.inf, math.nan),
        quantile=lambda p, u: np.full_like(u, math.inf),
        cdf=lambda p, x: np.zeros_like(x),
        code=distribution_formulas.plain("NEVER"),
    ),
}
