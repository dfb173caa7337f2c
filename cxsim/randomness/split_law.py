"""The law that splits off short values: a share of them up to a limit, the others above it, each with a law.

Both laws are conditioned on their side of the limit, so the quantile is exact and one number in (0, 1) draws a value.
Only the registry in `cxsim.randomness.distributions` uses these formulas.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cxsim.randomness import law_kinds
from cxsim.randomness.distribution_formulas import Code, Floats, Given, LawError

if TYPE_CHECKING:
    from cxsim.randomness.distributions import Law

RARE = 1e-9  # probability below which a law has nothing on its side of the limit
ALMOST_ONE = 1.0 - 2.0**-53


def settle(p: Given) -> Given:
    """Refuse what has nothing to split; the keys in their order."""
    limit: float = p["limit"]
    if p["share"] >= 1.0:
        raise LawError("all values would be short", "write the distribution of the short ones alone", "share")
    for key, reached in (("short", _reached(p["short"], limit)), ("rest", 1.0 - _reached(p["rest"], limit))):
        if reached < RARE:
            side, fix = ("at or below", "larger") if key == "short" else ("above", "smaller")
            rule = f"{p[key].name} has no values {side} the limit"
            raise LawError(rule, f"give a {fix} limit, or another distribution", key)
    return {key: p[key] for key in ("share", "limit", "short", "rest")}


def _reached(law: Law, limit: float) -> float:
    return float(law.cdf(limit))


def moments(p: Given) -> tuple[float, float]:
    share, limit, short, rest = p["share"], p["limit"], p["short"], p["rest"]
    first, second = np.asarray(short.below(limit)) / _reached(short, limit) * share
    square = rest.mean**2 * (1.0 + rest.cv**2)
    above = (np.array([rest.mean, square]) - rest.below(limit)) / (1.0 - _reached(rest, limit)) * (1.0 - share)
    mean = float(first + above[0])
    return mean, math.sqrt(max(0.0, float(second + above[1]) - mean * mean)) / mean


def quantile(p: Given, u: Floats) -> Floats:
    share, limit = p["share"], p["limit"]
    up_to = _reached(p["short"], limit)
    beyond = _reached(p["rest"], limit)
    short = p["short"].quantile(np.clip(u / share, 0.0, 1.0) * up_to)
    inside = np.minimum(beyond + np.clip((u - share) / (1.0 - share), 0.0, 1.0) * (1.0 - beyond), ALMOST_ONE)
    rest = p["rest"].quantile(np.where(u < 1.0, inside, 1.0))
    return np.asarray(np.where(u <= share, np.minimum(short, limit), np.maximum(rest, limit)))


def cdf(p: Given, x: Floats) -> Floats:
    share, limit = p["share"], p["limit"]
    up_to, beyond = _reached(p["short"], limit), _reached(p["rest"], limit)
    short = share * p["short"].cdf(np.minimum(x, limit)) / up_to
    rest = (1.0 - share) * np.maximum(p["rest"].cdf(x) - beyond, 0.0) / (1.0 - beyond)
    return np.asarray(np.minimum(short + rest, 1.0))


def code(p: Given, short: Code, rest: Code) -> Code:
    """`PART` numbers for each part, as `law_kinds` says, and then the knots of both."""
    limit, start, pieces = p["limit"], 2 * law_kinds.PART, []
    low, up_to = _reached(p["rest"], limit), _reached(p["short"], limit)
    for (kind, a, b, _, knots), first, width in ((short, 0.0, up_to), (rest, low, 1.0 - low)):
        size = len(knots) // 2 if kind in law_kinds.PAIRED else len(knots)
        pieces.append(np.array([kind, start, size, a, b, first, width]))
        start += len(knots)
    return law_kinds.SPLIT, p["share"], limit, 0.0, np.concatenate([*pieces, short[4], rest[4]])
