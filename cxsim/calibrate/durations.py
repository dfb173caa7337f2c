"""Talk and after-call work: which positive distribution, by likelihood, or the empirical one where none fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.calibrate import short_calls
from cxsim.calibrate.arrivals import WEEKDAYS
from cxsim.calibrate.distributions import quantile_table
from cxsim.calibrate.estimates import Estimated, at_edge, drawn_together, mean_interval, wilson
from cxsim.calibrate.redials import Floats, Ints
from cxsim.calibrate.short_calls import ShortCalls

QUANTILES = np.concatenate((np.arange(0, 97.5, 2.5), (97.5, 99.0, 99.5, 99.9, 100.0))) / 100.0
FEW = 30  # durations below which a reason takes those of all reasons
SHORT = 10.0  # s: a talk up to here is a short call, counted by itself
LONGEST = 3600.0  # s: the default above which a talk is taken for a mistake of the record
SHAPES = (0.02, 50.0)  # of a Weibull distribution, between which it is looked for
MEAN_OFF, P99_OFF = 0.03, 0.10  # by which a fitted mean and 99 % quantile may miss those of the data
MOST_DISTANCE = 0.02  # of Kolmogorov and Smirnov; all three are wider where the sample is too small to tell


class Fit(NamedTuple):
    """A distribution fitted by maximum likelihood: its law as a scenario writes it, and how well it fits."""

    name: str
    law: dict[str, str]
    log_likelihood: float
    aic: float
    mean: float
    p99: float
    distance: float
    knots: Floats  # its quantiles at QUANTILES below 1
    title: str


@dataclass(frozen=True, eq=False)
class Durations:
    """The chosen distribution of a duration: `fit`, or the empirical quantiles where `fit` is None."""

    values: Floats
    dropped: int
    short: int
    fits: tuple[Fit, ...]  # the most likely first
    fit: Fit | None
    shares: Floats
    knots: Floats
    why: str
    split: ShortCalls | None = None  # short calls that the data shows, whether or not `fit` has them

    @property
    def mean(self) -> float:
        return float(self.values.mean())


def durations(values: Floats, longest: float = LONGEST) -> Durations:
    """Choose the distribution of positive durations (s); those above `longest` are left out, and counted.

    The most likely of a few positive distributions (by Akaike's criterion) is used if its mean is within 3 % and its
    99 % quantile within 10 % of the data's, and it is nowhere further than 2 points from the data. Where splitting off
    short calls is more likely (by Schwarz's criterion), that is used if it passes the same check. Otherwise the
    empirical quantiles are used, whose mean is that of the data.
    """
    good = values[np.isfinite(values) & (values >= 0.0)]
    kept = good[good <= longest]
    shares, knots, dropped = quantile_table(kept, QUANTILES) if len(kept) else (np.zeros(0), np.zeros(0), 0)
    dropped = len(good) - len(kept)
    short = int((kept <= SHORT).sum())
    positive = kept[kept > 0.0]
    fits = tuple(sorted(fitted(positive), key=lambda fit: fit.aic)) if len(positive) >= FEW else ()
    split = None
    if fits:
        parameters = 1 if fits[0].name == "exponential" else 2
        split = short_calls.short_calls(kept, parameters * math.log(len(positive)) - 2 * fits[0].log_likelihood)
    if split is not None:
        fits = (_split_fit(split, kept), *fits)
    fit, why = None, "too few for a fit"
    for one in fits[: 1 if split is None else 2]:
        said = _misses(one, kept)
        if not said:
            fit, why = one, ""
            break
        why = said if one is fits[0] else why
    return Durations(kept, dropped, short, fits, fit, shares, knots, why, split)


def _split_fit(found: ShortCalls, kept: Floats) -> Fit:
    law = found.law
    u = QUANTILES[QUANTILES < 1.0]
    return Fit(
        "split",
        found.text,
        found.log_likelihood,
        found.criterion,
        law.mean,
        float(law.quantile(0.99)),
        _distance(law.cdf(np.sort(kept))),
        law.quantile(u),
        f"{found.rest}, short calls split off",
    )


def _misses(fit: Fit, kept: Floats) -> str:
    """Why a fit is not used; empty if it is."""
    mean, p99 = float(kept.mean()), float(np.quantile(kept, 0.99))
    off = []
    low, high = mean_interval(kept)
    if abs(fit.mean / mean - 1.0) > MEAN_OFF and not low <= fit.mean <= high:
        off.append(f"mean {fit.mean:.0f} s, {mean:.0f} s in the data")
    low, high = _order(kept, 0.99)
    if abs(fit.p99 / p99 - 1.0) > P99_OFF and not (math.isnan(low) or low <= fit.p99 <= high):
        off.append(f"99 % quantile {fit.p99:.0f} s, {p99:.0f} s in the data")
    if fit.distance > max(MOST_DISTANCE, 1.36 / math.sqrt(len(kept))):
        off.append(f"up to {100 * fit.distance:.0f} points from the data")
    return f"{fit.title} is the most likely, but misses: {'; '.join(off)}" if off else ""


def fitted(x: Floats) -> list[Fit]:
    """Exponential, lognormal, gamma and Weibull by maximum likelihood. The values are positive."""
    from scipy.special import gammainc, gammaincinv, gammaln, ndtr, ndtri

    n, mean, logs = len(x), float(x.mean()), np.log(x)
    if float(np.ptp(x)) <= 0.0:
        return []
    mu, sigma = float(logs.mean()), float(logs.std())
    shape = _gamma_shape(math.log(mean) - mu)
    k = weibull_shape(x)
    scale = float(np.mean(x**k)) ** (1.0 / k)
    sums = float(logs.sum())
    likely = {
        "exponential": -n * math.log(mean) - n,
        "lognormal": -sums - n * math.log(sigma) - 0.5 * n * math.log(2 * math.pi) - 0.5 * n,
        "gamma": (shape - 1) * sums - n * shape - n * float(gammaln(shape)) - n * shape * math.log(mean / shape),
        "weibull": n * math.log(k) - n * k * math.log(scale) + (k - 1) * sums - float(((x / scale) ** k).sum()),
    }
    ordered = np.sort(x)
    cdfs = {
        "exponential": -np.expm1(-ordered / mean),
        "lognormal": ndtr((np.log(ordered) - mu) / sigma),
        "gamma": gammainc(shape, ordered * shape / mean),
        "weibull": -np.expm1(-((ordered / scale) ** k)),
    }
    means = {
        "exponential": mean,
        "lognormal": math.exp(mu + sigma * sigma / 2),
        "gamma": mean,
        "weibull": scale * math.gamma(1 + 1 / k),
    }
    p99 = {
        "exponential": mean * math.log(100.0),
        "lognormal": math.exp(mu + sigma * float(ndtri(0.99))),
        "gamma": float(gammaincinv(shape, 0.99)) * mean / shape,
        "weibull": scale * math.log(100.0) ** (1 / k),
    }
    laws = {
        "exponential": {"mean": f"{mean:.6g}s"},
        "lognormal": {"median": f"{math.exp(mu):.6g}s", "sigma": f"{sigma:.5g}"},
        "gamma": {"mean": f"{mean:.6g}s", "shape": f"{shape:.5g}"},
        "weibull": {"mean": f"{means['weibull']:.6g}s", "shape": f"{k:.5g}"},
    }
    u = QUANTILES[QUANTILES < 1.0]
    with np.errstate(divide="ignore"):
        knots = {
            "exponential": -mean * np.log1p(-u),
            "lognormal": np.exp(mu + sigma * ndtri(u)),
            "gamma": gammaincinv(shape, u) * mean / shape,
            "weibull": scale * (-np.log1p(-u)) ** (1 / k),
        }
    out = []
    for name in laws:
        aic = 2 * (1 if name == "exponential" else 2) - 2 * likely[name]
        out.append(
            Fit(name, laws[name], likely[name], aic, means[name], p99[name], _distance(cdfs[name]), knots[name], name)
        )
    return out


def _distance(cdf: Floats) -> float:
    """The largest distance of a fitted distribution, at the sorted values, from the empirical one."""
    ranks = np.arange(len(cdf) + 1) / len(cdf)
    return float(max(np.max(ranks[1:] - cdf), np.max(cdf - ranks[:-1])))


def _gamma_shape(gap: float) -> float:
    """The shape of a gamma distribution from log(mean) - mean of logs, by Newton's method (Minka 2002)."""
    from scipy.special import polygamma, psi

    k = (3 - gap + math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(20):
        k -= (math.log(k) - float(psi(k)) - gap) / (1 / k - float(polygamma(1, k)))
    return k


def weibull_shape(x: Floats, ended: Floats | None = None) -> float:
    """The shape of a Weibull distribution by maximum likelihood; with `ended` (1 or 0), of censored values."""
    from scipy.optimize import brentq

    d = np.ones(len(x)) if ended is None else ended
    y = x / float(x.max())
    logs = np.log(y)
    wanted = float((d * logs).sum() / d.sum())

    def gap(k: float) -> float:
        powers = y**k
        return float((powers * logs).sum() / powers.sum()) - 1.0 / k - wanted

    low, high = SHAPES
    return low if gap(low) >= 0.0 else high if gap(high) <= 0.0 else float(brentq(gap, low, high))


def estimates(of: str, what: str, found: Durations) -> list[Estimated]:
    """Mean, spread, short calls and 99 % quantile as rows."""
    x = found.values
    n = len(x)
    if not n:
        return []
    method = "empirical" if found.fit is None else f"maximum likelihood, {found.fit.title}"
    low, high = mean_interval(x)
    cv = float(x.std() / x.mean()) if x.mean() > 0 else math.nan
    out = [
        Estimated(of, f"{what}: mean", found.mean, low, high, "s", "mean of the durations", n, found.why),
        Estimated(of, f"{what}: coefficient of variation", cv, math.nan, math.nan, "ratio", "sample", n),
        Estimated(
            of, f"{what}: 99 % quantile", float(np.quantile(x, 0.99)), *_order(x, 0.99), "s", "order statistics", n
        ),
        Estimated(of, f"{what}: up to {SHORT:g} s", found.short / n, *wilson(found.short, n), "share", "counted", n),
    ]
    if found.split is not None:
        out += short_calls.estimates(of, what, found.split, n)
    if found.fit is not None:
        out += [Estimated(of, f"{what}: distribution", found.fit.mean, math.nan, math.nan, "s", method, n)]
        out += parameters(of, what, found.fit, x)
    return out


def parameters(of: str, what: str, fit: Fit, x: Floats) -> list[Estimated]:
    """The parameters of a fitted distribution with intervals from the Fisher information."""
    n = len(x)
    method = f"maximum likelihood, {fit.name}"
    if fit.name == "lognormal":
        logs = np.log(x[x > 0])
        sigma = float(logs.std())
        mu, half = float(logs.mean()), 1.96 * sigma / math.sqrt(n)
        spread = 1.96 * sigma / math.sqrt(2 * n)
        return [
            Estimated(of, f"{what}: median", math.exp(mu), math.exp(mu - half), math.exp(mu + half), "s", method, n),
            Estimated(of, f"{what}: sigma", sigma, sigma - spread, sigma + spread, "ratio", method, n),
        ]
    if fit.name in ("gamma", "weibull"):
        from scipy.special import polygamma

        k = float(fit.law["shape"])
        # Variance of the shape's estimate: of the gamma with a free mean, and of the Weibull (Cohen 1965).
        variance = 1 / (float(polygamma(1, k)) - 1 / k) if fit.name == "gamma" else 0.6079 * k * k
        half = 1.96 * math.sqrt(variance / n)
        edge = at_edge(k, *SHAPES, "ratio") if fit.name == "weibull" else ""
        return [Estimated(of, f"{what}: {fit.name} shape", k, k - half, k + half, "ratio", method, n, edge)]
    return []


def _order(x: Floats, p: float) -> tuple[float, float]:
    """The 95 % interval of a quantile from order statistics; NaN where the sample is too small."""
    n, ordered = len(x), np.sort(x)
    half = 1.96 * math.sqrt(n * p * (1 - p))
    low, high = math.floor(n * p - half), math.ceil(n * p + half)
    return (float(ordered[low]), float(ordered[high])) if low >= 0 and high < n else (math.nan, math.nan)


def by_interval(
    at: Floats, seconds: Floats, expected: Floats, weekdays: Sequence[list[int]], weekday: Ints, width: float
) -> Floats:
    """Factors on the handle time by weekday and interval, (7, slots): observed ⁄ expected, shrunk where there are few.

    `expected` is the mean of each contact's reason, so that the mix of reasons does not count. A factor is drawn
    towards 1 by as much as chance explains of how the intervals of the day type differ (empirical Bayes). Weekdays
    of one type share their factors. They are 1 where a chi-squared test does not show that intervals differ (1 %).
    """
    slots = round(86400.0 / width)
    out = np.ones((7, slots))
    place = (at % 86400.0 // width).astype(np.int64)
    for kind in weekdays:
        mine = np.isin(weekday, kind)
        found = _differ(place[mine], slots, seconds[mine], expected[mine])
        if found is not None:
            own = np.full(slots, found.level)
            own[found.busy] = found.drawn
            out[kind] = own
    return out


def by_weekday(seconds: Floats, expected: Floats, weekday: Ints, what: str) -> tuple[Floats, list[Estimated]]:
    """Factors on the handle time by weekday, (7,), beyond those of `by_interval`, and a row for each.

    `expected` is the mean of each contact's reason and interval. The test and the estimate are those of intervals.
    """
    out, rows = np.ones(7), []
    found = _differ(weekday, 7, seconds, expected)
    if found is not None:
        out[found.busy] = found.drawn / found.level
        method = f"{what} ⁄ mean of the same reasons and intervals, drawn towards 1 by as much as chance explains"
        number = np.bincount(weekday[np.isfinite(seconds)], minlength=7)
        for k, w in enumerate(np.flatnonzero(found.busy).tolist()):
            half, own = 1.96 * math.sqrt(found.error[k]) / found.level, float(found.ratio[k]) / found.level
            parameter = f"handle-time factor: {WEEKDAYS[w]}"
            rows.append(
                Estimated("all", parameter, float(out[w]), own - half, own + half, "ratio", method, int(number[w]))
            )
    return out, rows


class _Differing(NamedTuple):
    """Ratios observed ⁄ expected of the busy places, their squared errors, and as drawn towards their level."""

    busy: npt.NDArray[np.bool_]
    ratio: Floats
    error: Floats
    level: float
    drawn: Floats


def _differ(place: Ints, places: int, seconds: Floats, expected: Floats) -> _Differing | None:
    """Ratios by place; None where a chi-squared test does not show that places differ (1 %)."""
    known = np.isfinite(seconds)
    if known.sum() < FEW:
        return None
    place, seconds, expected = place[known], seconds[known], expected[known]
    spent = np.bincount(place, seconds, minlength=places)
    usual = np.bincount(place, expected, minlength=places)
    ratio = np.divide(spent, usual, out=np.ones(places), where=usual > 0)
    noise = np.bincount(place, (seconds - expected * ratio[place]) ** 2, minlength=places)
    error = np.divide(noise, usual**2, out=np.full(places, np.inf), where=usual > 0)
    busy = np.bincount(place, minlength=places) >= FEW
    if busy.sum() < 2:
        return None
    level, drawn = drawn_together(ratio[busy], error[busy], np.asarray(usual[busy], dtype=np.float64))
    return None if drawn is None else _Differing(busy, ratio[busy], error[busy], level, drawn)
