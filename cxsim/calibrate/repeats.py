"""Customers who contact again about the same reason after an answer: the resolution that identity shows.

A customer who was answered contacts again for two causes: the issue was not resolved, or there is a new one. New
issues come at any time, repeats come soon. So the share that comes within a time is compared with the share of the
others that comes within as long after it. Who is unresolved and never comes back leaves no trace.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.arrivals import clock
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.durations import FEW, QUANTILES
from cxsim.calibrate.estimates import Estimated, Z, drawn_together
from cxsim.calibrate.records import DAY
from cxsim.calibrate.redials import Floats

FEW_AGAIN = 50  # contacts soon after an answer, below which repeats are not estimated
STRATA = (1, 3, 6)  # other contacts of a customer from which on customers are compared with their like
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Repeats:
    """Which share of answered contacts is followed by a repeat, of each reason, and when."""

    share: dict[str, float]
    factor: Floats | None  # (slots,) on the share by interval of the day in which the agent began; None if alike
    delays: Floats  # s, at QUANTILES
    again: Bools  # (N,) contacts within the time after an answer
    part: float  # of these that are repeats

    def resolution(self, reason: str) -> float | Floats:
        """One share, or (7, slots) by weekday and interval."""
        failing = self.share[reason]
        if self.factor is None:
            return 1.0 - failing
        return np.tile(np.clip(1.0 - failing * self.factor, 0.0, 1.0), (7, 1))


@dataclass(frozen=True, eq=False)
class _Answers:
    """Answered contacts of identified customers, long enough before the end of the record to see who comes back."""

    row: npt.NDArray[np.int64]  # of the contacts
    gap: Floats  # s until the customer's next contact about the same reason; infinite for none
    stratum: npt.NDArray[np.int64]


def repeats(basis: Basis, within: float) -> Repeats | None:
    """The share of answers that a repeat follows `within` a time (s); None, and an assumption, where too few tell."""
    contacts, told = basis.contacts, basis.told
    found, again = _answers(basis, within)
    soon = found.gap <= within
    if int(soon.sum()) < FEW_AGAIN:
        why = f"{int(soon.sum())} identified customers came again within {within / 3600:g} h after an answer"
        told.assumptions.append(f"Every answered contact resolves its issue (resolution 100%): only {why}.")
        return None
    later = ~soon & (found.gap <= 2.0 * within)
    failing, error = _failing(soon, later, found.stratum)
    low, high = failing - Z * error, failing + Z * error
    method = (
        f"identified customers: same reason within {within / 3600:g} h after an answer, less those who come within as "
        "long after that"
    )
    told.rows.append(Estimated("all", "resolution", 1.0 - failing, 1.0 - high, 1.0 - low, "share", method, len(soon)))
    told.assumptions.append(
        "Who calls again soon after an answer, beyond those who would call anyway, was not resolved; who was not "
        "resolved and does not call again is not seen. So resolution is that measured by repeats, and every "
        "unresolved issue is repeated."
    )
    if low <= 0.0:
        told.notes.append("repeats after an answer are not more frequent than chance explains: resolution is 100%")
        return None
    share = {}
    reason = contacts.reason[found.row].astype(str)
    for one in np.unique(contacts.reason.astype(str)).tolist():
        mine = reason == one
        if int((soon & mine).sum()) < FEW_AGAIN:
            share[one] = failing
            told.assumptions.append(f"Resolution of {one} is like that of all: too few of its customers came again.")
            continue
        own, off = _failing(soon[mine], later[mine], found.stratum[mine])
        share[one] = max(0.0, own)
        bounds = (1.0 - own - Z * off, 1.0 - own + Z * off)
        told.rows.append(Estimated(one, "resolution", 1.0 - share[one], *bounds, "share", method, int(mine.sum())))
    expected = np.array([share[r] for r in reason.tolist()])
    factor = _by_interval(basis, found, soon, later, expected, failing, method)
    part = float(np.clip(failing * len(soon) / soon.sum(), 0.0, 1.0))
    delays = _delays(found.gap, within, part, len(soon))
    return Repeats(share, factor, delays, again, part)


def _answers(basis: Basis, within: float) -> tuple[_Answers, Bools]:
    contacts = basis.contacts
    key = np.char.add(np.char.add(contacts.customer.astype(str), "\n"), contacts.reason.astype(str))
    codes = np.unique(key, return_inverse=True)[1].reshape(-1)
    order = np.lexsort((contacts.at, codes))
    same = codes[order][1:] == codes[order][:-1]
    following = np.full(len(order), np.inf)
    following[order[:-1][same]] = contacts.at[order[1:][same]]
    ended = np.where(np.isfinite(contacts.talk_end), contacts.talk_end, np.inf)
    gap = np.maximum(following - ended, 0.0)
    named = (contacts.customer != "") & contacts.answered & np.isfinite(ended)
    again = np.zeros(len(order), np.bool_)
    again[order[1:][(same & (named & (gap <= within))[order[:-1]])]] = True
    seen = named & (ended + 2.0 * within <= basis.records.days * DAY)
    rows = np.flatnonzero(seen)
    sizes = np.bincount(codes)[codes]
    starts = {code: k for k, code in reversed(list(enumerate(codes[order].tolist())))}
    times = contacts.at[order]
    near = np.empty(len(rows))
    for i, row in enumerate(rows.tolist()):  # contacts of the customer within reach of this one do not count
        first = starts[int(codes[row])]
        own = times[first : first + int(sizes[row])]
        low, high = np.searchsorted(own, (contacts.at[row] - 2.0 * within, ended[row] + 2.0 * within))
        near[i] = high - low
    stratum = np.searchsorted(STRATA, sizes[rows] - near, side="right")
    return _Answers(rows, gap[rows], stratum), again


def _failing(soon: Bools, later: Bools, stratum: npt.NDArray[np.int64]) -> tuple[float, float]:
    """The share of answers that repeats follow, and its standard error, over strata of customers.

    Of a share r that repeats and a share q with a new issue in a time of this length, 1 - (1 - r)(1 - q) come soon; of
    those who do not, q come later.
    """
    kept, variance = 0.0, 0.0
    for one in np.unique(stratum):
        mine = stratum == one
        n, a, m = int(mine.sum()), float(soon[mine].mean()), int((mine & ~soon).sum())
        b = float(later[mine].sum() / m) if m else 0.0
        if a >= 1.0 or b >= 1.0:
            continue
        left, weight = (1.0 - a) / (1.0 - b), n / len(soon)
        kept += weight * left
        variance += (weight * left) ** 2 * (a / (1.0 - a) / n + b / (1.0 - b) / m)
    return 1.0 - kept, math.sqrt(variance)


def _by_interval(
    basis: Basis, found: _Answers, soon: Bools, later: Bools, expected: Floats, failing: float, method: str
) -> Floats | None:
    """The factor on the share of repeats by interval of the day; None where intervals do not differ (1 %)."""
    slots = basis.slots(basis.contacts.began[found.row])
    stays = 1.0 - later.sum() / max(1, int((~soon).sum()))  # no new issue in a time of this length
    number = np.bincount(slots, minlength=basis.days.slots)
    busy = np.flatnonzero(number >= 2 * FEW)
    if len(busy) < 2:
        return None
    usual = np.bincount(slots, expected, minlength=basis.days.slots)[busy]
    a = np.bincount(slots, soon, minlength=basis.days.slots)[busy] / number[busy]
    repeated = 1.0 - (1.0 - a) / stays
    ratio = repeated * number[busy] / usual
    chance = (
        1.0 - (1.0 - usual / number[busy]) * stays
    )  # the error of those alike, so that few repeats do not look sure
    error = chance * (1.0 - chance) / number[busy] / stays**2 * (number[busy] / usual) ** 2
    level, drawn = drawn_together(ratio, error, usual)
    if drawn is None:
        return None
    out = np.full(basis.days.slots, 1.0)
    out[busy] = drawn / level
    for k, slot in enumerate(busy.tolist()):
        half = Z * math.sqrt(error[k]) * failing
        value, own = 1.0 - failing * out[slot], 1.0 - failing * ratio[k] / level
        basis.told.rows.append(
            Estimated(
                "all",
                f"resolution: {clock(slot * basis.width)}",
                value,
                own - half,
                own + half,
                "share",
                method,
                int(number[slot]),
            )
        )
    return out


def _delays(gap: Floats, within: float, part: float, answers: int) -> Floats:
    """The time until a repeat at QUANTILES: of those who come soon, less as many new issues at any time."""
    soon = np.sort(gap[gap <= within])
    new = (1.0 - part) * len(soon)
    counted = np.arange(1, len(soon) + 1) - new * soon / within
    shares = np.maximum.accumulate(np.clip(counted / max(counted[-1], 1.0), 0.0, 1.0))
    return np.interp(QUANTILES, np.concatenate([[0.0], shares]), np.concatenate([[0.0], soon]))
