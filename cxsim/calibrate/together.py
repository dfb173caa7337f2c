"""How contacts vary together: busy days that reasons share, and busy hours within the day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cxsim.calibrate import arrivals
from cxsim.calibrate.arrivals import Days
from cxsim.calibrate.estimates import Estimated, Z
from cxsim.calibrate.redials import Floats

BLOCK = 3600.0  # s: length of the blocks of a day that have a factor of their own
FEW_DAYS = 8
LEAST_CV = 0.02  # of busyness, below which a reason has no busy days to share


@dataclass(frozen=True, eq=False)
class Together:
    """Busyness and the variation of hours by reason (coefficients of variation), and how far reasons share both.

    `shared` is NaN where the data does not tell it. `rows` are the estimates, `said` what had to be assumed.
    """

    busyness: Mapping[str, float]
    intraday: Mapping[str, float]
    shared: float
    block: float
    rows: tuple[Estimated, ...]
    said: tuple[str, ...]


def together(tables: Mapping[str, Floats], days: Days) -> Together:
    """Estimate both from contacts by day and interval, of each reason."""
    block = block_of(days)
    rows: list[Estimated] = []
    busy: dict[str, float] = {}
    hours: dict[str, float] = {}
    for name, table in tables.items():
        cv, low, high, count, part = intraday(table, days, block)
        shown = count >= FEW_DAYS and low > 0.0
        if count >= FEW_DAYS:
            method = f"variance of {block / 3600:g}-hour counts beyond Poisson, given the day; ratio estimate over days"
            note = "" if shown else "no more than chance: the scenario has none"
            rows.append(Estimated(name, "intraday (cv)", cv, max(0.0, low), high, "share", method, count, note))
        hours[name] = cv if shown else 0.0
        day = arrivals.busyness(table, days)[0]
        busy[name] = math.sqrt(max(0.0, day * day - hours[name] ** 2 * part))  # hours make days differ, too
    share, low, high, count = shared(tables, days)
    if math.isfinite(share):
        method = "covariance of daily totals between reasons ⁄ product of their busyness, jackknife over days"
        rows.append(Estimated("all", "shared (busy days)", share, low, high, "share", method, count))
    return Together(busy, hours, share, block, tuple(rows), tuple(_said(tables, hours, share, block)))


def block_of(days: Days) -> float:
    """The length of the blocks (s): an hour, or so many intervals as come nearest to it and divide the day."""
    each = max(1, round(BLOCK / days.width))
    while days.slots % each:
        each -= 1
    return each * days.width


def _said(tables: Mapping[str, Floats], hours: Mapping[str, float], share: float, block: float) -> list[str]:
    out = []
    if len(tables) > 1 and not math.isfinite(share):
        out.append(
            "Busy days are busy for all reasons alike (shared 100%): the reasons or days are too few, or too alike, to "
            "tell how far."
        )
    if any(hours.values()):
        out.append(
            f"Given the day, blocks of {block / 3600:g} h are busy independently of each other; a rush that lasts "
            "longer is made by busyness alone. Reasons share busy hours as far as busy days."
        )
    return out


def shared(tables: Mapping[str, Floats], days: Days) -> tuple[float, float, float, int]:
    """(share, low, high, days): the root of the correlation of busyness that reasons have in common.

    Poisson noise of two reasons is independent, so the covariance of their relative daily totals is that of their
    factors. All pairs are pooled; the interval is a jackknife over days. NaN where fewer than two reasons have busy
    days, or too few days.
    """
    mask, none = days.mask(), (math.nan, math.nan, math.nan, 0)
    size = {name: arrivals.busyness(table, days)[0] for name, table in tables.items()}
    names = [name for name in tables if size[name] >= LEAST_CV]
    if len(names) < 2:
        return none
    found: list[Floats] = []
    degrees = 0
    for w in range(7):
        mine = days.of_weekday(w)
        totals = np.array([(tables[name][mine] * mask[w]).sum(axis=1) for name in names])
        if len(mine) < 2 or not (totals.mean(axis=1) > 0).all():
            continue
        mean = totals.mean(axis=1, keepdims=True)
        found.append(np.concatenate([(totals / mean - 1.0), 1.0 / np.broadcast_to(mean, totals.shape)]))
        degrees += len(mine) - 1
    if degrees < FEW_DAYS:
        return none
    every = np.concatenate(found, axis=1)
    gaps, chance = every[: len(names)], every[len(names) :]
    n = gaps.shape[1]
    scale = degrees / n
    pairs = np.triu_indices(len(names), 1)

    def ratio(keep: Floats) -> float:
        weight = keep / (keep.sum() * scale)
        cov = np.einsum("rd,sd,d->rs", gaps, gaps, weight)
        own = np.sqrt(np.maximum(np.diag(cov) - (chance * keep).sum(axis=1) / keep.sum(), 1e-12))
        return float(cov[pairs].sum() / (own[:, None] * own[None])[pairs].sum())

    value = ratio(np.ones(n))
    without = np.array([ratio(np.where(np.arange(n) == d, 0.0, 1.0)) for d in range(n)])
    error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    low, best, high = (math.sqrt(min(1.0, max(0.0, x))) for x in (value - Z * error, value, value + Z * error))
    return best, low, high, n


def intraday(table: Floats, days: Days, block: float) -> tuple[float, float, float, int, float]:
    """(cv, low, high, days, Σp²): how much blocks of the day vary beyond Poisson, given the total of the day.

    With a share p of a day's N contacts in a block, and a factor of variance v on each block, the squared gap between
    its contacts and N·p has the mean N·p·(1 - p) + v·N²·p²·(1 - 2p + Σp²), less the part that the estimate of p takes.
    `low` is below 0 where chance explains it.
    """
    mask = days.mask()
    each = round(block / days.width)
    above: list[float] = []
    below: list[float] = []
    squares: list[float] = []
    groups: list[tuple[int, list[int]]] = []
    for kind in days.types():
        rows = {w: days.of_weekday(w) for w in kind}
        alone = [w for w in kind if len(rows[w]) >= arrivals.OWN_PROFILE]
        groups += [(w, rows[w].tolist()) for w in alone]
        rest = [k for w in kind if w not in alone for k in rows[w].tolist()]
        groups += [(kind[0], rest)] if rest else []
    for w, rows_ in groups:
        counts = (table[rows_] * mask[w]).reshape(len(rows_), -1, each).sum(axis=2)
        counts = counts[:, counts.sum(axis=0) > 0]
        total = counts.sum(axis=1)
        if len(rows_) < 2 or counts.shape[1] < 2 or not (total > 0).all():
            continue
        p = counts.sum(axis=0) / total.sum()
        gap = (counts - total[:, None] * p) ** 2 * len(rows_) / (len(rows_) - 1)
        above += (gap.sum(axis=1) - total * float((p * (1 - p)).sum())).tolist()
        below += (total**2 * float((p * p * (1 - 2 * p + (p * p).sum())).sum())).tolist()
        squares += [float((p * p).sum())] * len(rows_)
    n = len(above)
    if n < 2:
        return 0.0, math.nan, math.nan, n, 0.0
    up, down = np.array(above), np.array(below)
    v = float(up.sum() / down.sum())
    error = math.sqrt(n / (n - 1) * float(((up - v * down) ** 2).sum())) / float(down.sum())
    low = v - Z * error
    root = math.sqrt(max(0.0, v)), math.copysign(math.sqrt(abs(low)), low), math.sqrt(max(0.0, v + Z * error))
    return root[0], root[1], root[2], n, float(np.mean(squares))
