"""Customers who contact again about the same reason after an answer: the resolution that identity shows.

A customer who was answered contacts again for two causes: the issue was not resolved, or there is a new one. New
issues come at any time, repeats come soon. So the share that comes within a time is compared with the share of the
others that comes within as long after it. Who is unresolved and never comes back leaves no trace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.arrivals import WEEKDAYS, clock
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.distributions import survival
from cxsim.calibrate.durations import FEW, QUANTILES
from cxsim.calibrate.estimates import Estimated, Z, drawn_together
from cxsim.calibrate.records import DAY
from cxsim.calibrate.redials import Floats, Ints

FEW_AGAIN = 50  # contacts soon after an answer, below which repeats are not estimated
STRATA = (1, 3, 6)  # other contacts of a customer from which on customers are compared with their like
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Repeats:
    """Which share of answered contacts is followed by a repeat, of each reason, and when."""

    share: dict[str, float]
    factor: Floats | None  # (7, slots) on the share, by weekday and interval in which the agent began; None if alike
    delays: Floats  # s, at QUANTILES
    again: Bools  # (N,) contacts within the time after an answer
    part: float  # of these that are repeats

    def resolution(self, reason: str) -> float | Floats:
        """One share, or (7, slots) by weekday and interval."""
        failing = self.share[reason]
        if self.factor is None:
            return 1.0 - failing
        return np.clip(1.0 - failing * self.factor, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class _Answers:
    """Answered contacts of identified customers, long enough before the end of the record to see who comes back."""

    row: npt.NDArray[np.int64]  # of the contacts
    gap: Floats  # s until the customer's next contact about the same reason; infinite for none
    stratum: npt.NDArray[np.int64]
    soon: Bools  # whether that is within the time,
    later: Bools  # or within as long after it
    soon_share: Floats  # of all contacts that come within the time, as new issues would,
    later_share: Floats  # and after that until the contact, or for as long


def repeats(basis: Basis, within: float) -> Repeats | None:
    """The share of answers that a repeat follows `within` a time (s); None, and an assumption, where too few tell."""
    contacts, told = basis.contacts, basis.told
    found, again = _answers(basis, within)
    soon = found.soon
    if int(soon.sum()) < FEW_AGAIN:
        why = f"{int(soon.sum())} identified customers came again within {within / 3600:g} h after an answer"
        told.assumptions.append(f"Every answered contact resolves its issue (resolution 100%): only {why}.")
        return None
    failing, error = _failing(found)
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
        own, off = _failing(found, mine)
        share[one] = max(0.0, own)
        bounds = (1.0 - own - Z * off, 1.0 - own + Z * off)
        told.rows.append(Estimated(one, "resolution", 1.0 - share[one], *bounds, "share", method, int(mine.sum())))
    expected = np.array([share[r] for r in contacts.reason.astype(str).tolist()])
    factor = _by_time(basis, found, expected, failing, within, method)
    part = float(np.clip(failing * len(soon) / soon.sum(), 0.0, 1.0))
    delays = _delays(basis, found, within, part)
    return Repeats(share, factor, delays, again, part)


def _open_days(basis: Basis) -> Floats:
    """The first second of each day, and of the day after the last, on a clock that stands still on closed weekdays."""
    is_open = [basis.days.open[on.weekday()] is not None for on in basis.days.dates]
    return np.concatenate([[0.0], np.cumsum(is_open)]) * DAY


def _answers(basis: Basis, within: float, open_days: bool = False) -> tuple[_Answers, Bools]:
    """With `open_days`, `within` counts on a clock that stands still on closed weekdays.

    So a Friday has as much time for repeats as a Monday, where nobody can call at the weekend.
    """
    contacts = basis.contacts
    starts_at = _open_days(basis) if open_days else np.arange(basis.records.days + 1) * DAY

    def passed(times: Floats) -> Floats:
        known = np.clip(np.nan_to_num(times), 0.0, basis.records.days * DAY - 1e-6)
        day = (known // DAY).astype(np.int64)
        shown = starts_at[day] + np.minimum(known % DAY, starts_at[day + 1] - starts_at[day])
        return np.where(np.isfinite(times), shown + np.maximum(times - known, 0.0), times)

    at = passed(contacts.at)
    key = np.char.add(np.char.add(contacts.customer.astype(str), "\n"), contacts.reason.astype(str))
    codes = np.unique(key, return_inverse=True)[1].reshape(-1)
    order = np.lexsort((contacts.at, codes))
    same = codes[order][1:] == codes[order][:-1]
    following = np.full(len(order), np.inf)
    following[order[:-1][same]] = at[order[1:][same]]
    ended = passed(contacts.talk_end)
    named = (contacts.customer != "") & contacts.answered & np.isfinite(ended)
    gap = np.where(named, np.maximum(following - ended, 0.0), np.inf)
    again = np.zeros(len(order), np.bool_)
    again[order[1:][(same & (named & (gap <= within))[order[:-1]])]] = True
    seen = named & (ended + 2.0 * within <= starts_at[-1])
    rows = np.flatnonzero(seen)
    sizes = np.bincount(codes)[codes]
    starts = {code: k for k, code in reversed(list(enumerate(codes[order].tolist())))}
    times = at[order]
    near = np.empty(len(rows))
    for i, row in enumerate(rows.tolist()):  # contacts of the customer within reach of this one do not count
        first = starts[int(codes[row])]
        own = times[first : first + int(sizes[row])]
        low, high = np.searchsorted(own, (at[row] - 2.0 * within, ended[row] + 2.0 * within))
        near[i] = high - low
    stratum = np.searchsorted(STRATA, sizes[rows] - near, side="right")
    own = gap[rows]
    soon = own <= within
    until = np.stack([np.zeros(len(rows)), np.full(len(rows), within), np.clip(own, within, 2.0 * within)], axis=1)
    edges = np.searchsorted(np.sort(at), ended[rows][:, None] + until) / len(contacts)
    shares = np.diff(edges, axis=1)
    return _Answers(rows, own, stratum, soon, ~soon & (own <= 2.0 * within), shares[:, 0], shares[:, 1]), again


def _failing(found: _Answers, keep: Bools | None = None) -> tuple[float, float]:
    """The share of answers that repeats follow, and its standard error, over strata of customers.

    New issues come as contacts in general do. So of the answers that nobody followed soon, those followed later tell
    the rate, and what of those followed soon has another cause is a repeat.
    """
    kept, variance = 0.0, 0.0
    total = len(found.row) if keep is None else int(keep.sum())
    for one in np.unique(found.stratum):
        mine = (found.stratum == one) if keep is None else keep & (found.stratum == one)
        n = int(mine.sum())
        if not n:
            continue
        a, rest = float(found.soon[mine].mean()), mine & ~found.soon
        exposed = float(found.later_share[rest].sum())
        rate = float(found.later[rest].sum()) / exposed if exposed > 0.0 else 0.0
        alone = float(np.exp(-rate * found.soon_share[mine]).mean())
        if a >= 1.0:
            continue
        left, weight = (1.0 - a) / alone, n / total
        kept += weight * left
        seen = rate / exposed * float(found.soon_share[mine].mean()) ** 2 if exposed > 0.0 else 0.0
        variance += (weight * left) ** 2 * (a / (1.0 - a) / n + seen)
    return 1.0 - kept, math.sqrt(variance)


def _by_time(
    basis: Basis, found: _Answers, expected: Floats, failing: float, within: float, method: str
) -> Floats | None:
    """The factor on the share of repeats by weekday and interval; None where neither differs (1 % each)."""
    clocks = [clock(k * basis.width) for k in range(basis.days.slots)]
    began = basis.contacts.began
    by_slot = _varying(basis, found, basis.slots(began[found.row]), clocks, expected[found.row], failing, method)
    # Weekdays are compared given their intervals, of which they need not have the same mix, and in open days.
    all_days, _ = _answers(basis, within, open_days=True)
    row = all_days.row
    usual = expected[row] if by_slot is None else expected[row] * by_slot[basis.slots(began[row])]
    by_day = _varying(basis, all_days, basis.weekday[row], WEEKDAYS, usual, failing, f"{method}, in open days")
    if by_slot is None and by_day is None:
        return None
    days = np.ones(7) if by_day is None else by_day
    return days[:, None] * (np.ones(basis.days.slots) if by_slot is None else by_slot)[None, :]


def _varying(
    basis: Basis,
    found: _Answers,
    place: Ints,
    names: Sequence[str],
    expected: Floats,
    failing: float,
    method: str,
) -> Floats | None:
    """The factor on the share of repeats by `place`, an index of `names`; None where places do not differ (1 %)."""
    rest = ~found.soon
    rate = float(found.later[rest].sum()) / max(float(found.later_share[rest].sum()), 1e-12)
    number = np.bincount(place, minlength=len(names))
    whole = np.bincount(place, expected, minlength=len(names))
    busy = np.flatnonzero((number >= 2 * FEW) & (whole > 0.0))
    if len(busy) < 2:
        return None
    usual = whole[busy]
    alone = np.bincount(place, np.exp(-rate * found.soon_share), minlength=len(names))[busy] / number[busy]
    a = np.bincount(place, found.soon, minlength=len(names))[busy] / number[busy]
    repeated = 1.0 - (1.0 - a) / alone
    ratio = repeated * number[busy] / usual
    # Errors are those of places alike, since few repeats by chance would look sure.
    chance = 1.0 - (1.0 - usual / number[busy]) * alone
    error = chance * (1.0 - chance) / number[busy] / alone**2 * (number[busy] / usual) ** 2
    level, drawn = drawn_together(ratio, error, np.asarray(usual, dtype=np.float64))
    if drawn is None:
        return None
    out = np.full(len(names), 1.0)
    out[busy] = drawn / level
    for k, at in enumerate(busy.tolist()):
        half = Z * math.sqrt(error[k]) * failing
        value, own = 1.0 - failing * out[at], 1.0 - failing * ratio[k] / level
        parameter, rows = f"resolution: {names[at]}", int(number[at])
        basis.told.rows.append(Estimated("all", parameter, value, own - half, own + half, "share", method, rows))
    return out


def _delays(basis: Basis, found: _Answers, within: float, part: float) -> Floats:
    """The time until a repeat at QUANTILES, less new issues at any time.

    Who would call in closed hours calls when it opens, and a scenario does the same. So delays are known until closing
    time (Kaplan–Meier), and beyond the longest of these as they were recorded.
    """
    gap = found.gap[found.soon]
    ended = basis.contacts.talk_end[found.row[found.soon]]
    day = ended // DAY
    spans = [basis.days.open[basis.days.dates[int(d)].weekday()] for d in day]
    close = np.array([0 if span is None else span[1] for span in spans]) * basis.width
    same = (ended + gap) // DAY == day
    curve = survival(np.where(same, gap, np.maximum(close - ended % DAY, 0.0)), ~same)
    reached = 1.0 - curve.shares - (1.0 - part) * curve.times / within
    shares = np.maximum.accumulate(np.clip(reached / part, 0.0, 1.0))
    beyond = np.sort(gap[gap > curve.times[-1]]) if len(curve.times) else np.sort(gap)
    last = shares[-1] if len(shares) else 0.0
    rest = last + (1.0 - last) * np.arange(1, len(beyond) + 1) / max(1, len(beyond))
    known = np.concatenate([[0.0], shares, rest])
    return np.asarray(np.interp(QUANTILES * known[-1], known, np.concatenate([[0.0], curve.times, beyond])))
