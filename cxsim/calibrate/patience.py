"""Patience from waits, answered and taken-out customers censored: Kaplan–Meier, and distributions by likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.distributions import Survival, survival, tail_mean
from cxsim.calibrate.durations import weibull_shape
from cxsim.calibrate.estimates import Estimated, Z
from cxsim.calibrate.redials import Floats

Bools = npt.NDArray[np.bool_]
POINTS = np.concatenate(
    (np.arange(1, 20), np.arange(20, 60, 2), np.arange(60, 120, 5), np.arange(120, 300, 15), np.arange(300, 1800, 60))
).astype(np.float64)
TOLD = (60.0, 120.0, 300.0)  # s: where the curve is reported
FEW_EVENTS = 30  # abandoned contacts below which a reason takes the patience of all
OFF = 0.005  # beyond chance, by which a fitted curve may differ from Kaplan–Meier's while `AT_RISK` were still waiting
CHANCE = 2.0  # standard errors of Kaplan–Meier's curve
AT_RISK = 50


class PatienceFit(NamedTuple):
    """A distribution of patience by censored likelihood."""

    name: str
    law: object
    aic: float
    off: float  # largest distance from Kaplan–Meier's curve, beyond chance


@dataclass(frozen=True, eq=False)
class Patience:
    """Patience: a fitted distribution, or Kaplan–Meier's curve with an exponential tail where `fit` is None."""

    curve: Survival
    times: Floats
    shares: Floats
    tail: float
    fits: tuple[PatienceFit, ...]
    fit: PatienceFit | None
    waited: int
    events: int


def patience(waits: Floats, left: Bools) -> Patience:
    """Estimate patience from the waits (s) of customers who queued, and which of them abandoned.

    The most likely of exponential, Weibull and lognormal (by Akaike's criterion) is used if it follows Kaplan–Meier's
    curve within half a point beyond chance; else the curve itself, with an exponential tail.
    """
    curve = survival(waits, ~left)
    times, shares = curve.table(POINTS)
    tail = tail_mean(waits, ~left, start=float(times[-1]) / 2.0)
    events = int(left.sum())
    fits = tuple(sorted(_fits(waits, left, curve), key=lambda one: one.aic)) if events >= FEW_EVENTS else ()
    fit = fits[0] if fits and fits[0].off <= OFF else None
    return Patience(curve, times, shares, tail, fits, fit, len(waits), events)


def _fits(waits: Floats, left: Bools, curve: Survival) -> list[PatienceFit]:
    """By censored likelihood; waits of 0 count as half a second, since clocks are rounded."""
    x, d = np.maximum(waits, 0.5), left.astype(np.float64)
    events = float(d.sum())
    mean = float(x.sum() / events)
    k = weibull_shape(x, d)
    scale = float((x**k).sum() / events) ** (1 / k)
    mu, sigma, normal = _lognormal(x, left)
    watched = curve.at_risk >= AT_RISK
    at = curve.times[watched]
    ended, risk = curve.events[watched].astype(np.float64), curve.at_risk[watched].astype(np.float64)
    chance = CHANCE * curve.at(at) * np.sqrt(np.cumsum(ended / (risk * np.maximum(risk - ended, 1.0))))
    from scipy.special import ndtr

    shown = {
        "exponential": np.exp(-at / mean),
        "weibull": np.exp(-((at / scale) ** k)),
        "lognormal": ndtr((mu - np.log(np.maximum(at, 0.5))) / sigma),
    }
    likely = {
        "exponential": -events * math.log(mean) - events,
        "weibull": float((d * (math.log(k / scale) + (k - 1) * np.log(x / scale))).sum() - ((x / scale) ** k).sum()),
        "lognormal": normal,
    }
    laws: dict[str, object] = {
        "exponential": f"{mean:.6g}s",
        "weibull": {"weibull": {"mean": f"{scale * math.gamma(1 + 1 / k):.6g}s", "shape": f"{k:.5g}"}},
        "lognormal": {"lognormal": {"median": f"{math.exp(mu):.6g}s", "sigma": f"{sigma:.5g}"}},
    }
    out = []
    for name, law in laws.items():
        off = float(max(0.0, np.max(np.abs(shown[name] - curve.at(at)) - chance))) if len(at) else math.inf
        out.append(PatienceFit(name, law, 2 * (1 if name == "exponential" else 2) - 2 * likely[name], off))
    return out


def _lognormal(x: Floats, left: Bools) -> tuple[float, float, float]:
    from scipy.optimize import minimize
    from scipy.special import log_ndtr

    logs = np.log(x)

    def loss(p: Floats) -> float:
        mu, s = float(p[0]), math.exp(float(p[1]))
        z = (logs - mu) / s
        seen = -0.5 * z[left] ** 2 - math.log(s) - 0.5 * math.log(2 * math.pi) - logs[left]
        return -float(seen.sum() + log_ndtr(-z[~left]).sum())

    start = np.array([float(logs.mean()) + 1.5, 0.3])
    found = minimize(
        loss, start, method="Nelder-Mead", options={"maxiter": 4000, "maxfev": 4000, "xatol": 1e-4, "fatol": 1e-3}
    )
    return float(found.x[0]), math.exp(float(found.x[1])), -float(found.fun)


def band(curve: Survival, t: float) -> tuple[float, float]:
    """The 95 % interval of a survival curve at a time, by Greenwood's formula on the scale log(-log)."""
    seen = curve.times <= t
    s = float(curve.at(t))
    if not seen.any() or s <= 0.0 or s >= 1.0:
        return math.nan, math.nan
    d, n = curve.events[seen].astype(np.float64), curve.at_risk[seen].astype(np.float64)
    if np.any(n <= d):
        return math.nan, math.nan
    error = math.sqrt(float((d / (n * (n - d))).sum())) / abs(math.log(s))
    return s ** math.exp(Z * error), s ** math.exp(-Z * error)


def estimates(of: str, found: Patience) -> list[Estimated]:
    """The curve at 60, 120 and 300 s, its median, and the fitted distribution, as rows."""
    out = []
    last = float(found.times[-1]) if len(found.times) else 0.0
    for t in TOLD:
        if t <= last:
            value = float(found.curve.at(t))
            low, high = band(found.curve, t)
            method = "Kaplan–Meier, Greenwood interval"
            out.append(Estimated(of, f"patience: share above {t:g} s", value, low, high, "share", method, found.waited))
    median = found.curve.median()
    if math.isfinite(median):
        low, high = _median_band(found.curve)
        out.append(Estimated(of, "patience: median", median, low, high, "s", "Kaplan–Meier", found.waited))
    total = float(found.events)
    for one in found.fits:
        if one.name == "exponential":
            mean = float(str(one.law).rstrip("s"))
            used = "; used" if found.fit is one else f"; {100 * one.off:.0f} points from Kaplan–Meier"
            low, high = (mean * math.exp(x * Z / math.sqrt(total)) for x in (-1, 1))
            method = f"censored likelihood, exponential{used}"
            out.append(Estimated(of, "patience: mean", mean, low, high, "s", method, found.events))
    if found.fit is not None and found.fit.name != "exponential":
        note = f"{found.fit.name}: {found.fit.law}"
        method = f"censored likelihood, {found.fit.name}; used"
        out.append(
            Estimated(of, "patience: distribution", math.nan, math.nan, math.nan, "s", method, found.events, note)
        )
    return out


def _median_band(curve: Survival) -> tuple[float, float]:
    """The 95 % interval of the median: where the bands of the curve cross one half (Brookmeyer and Crowley 1982)."""
    low, high = math.nan, math.inf
    for t in curve.times.tolist():
        a, b = band(curve, t)
        if math.isnan(low) and a <= 0.5:
            low = t
        if b <= 0.5:
            high = t
            break
    return low, high
