"""Hold, apart from talk: which share of talks has one, and how long it lasts, by reason, group and interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from cxsim.calibrate.arrivals import clock
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.durations import FEW
from cxsim.calibrate.estimates import Estimated, Z, drawn_together, mean_interval, wilson
from cxsim.calibrate.groups import by_group
from cxsim.calibrate.patience import Bools


def holds(basis: Basis, names: Sequence[str], group_of: Mapping[str, str]) -> dict[str, float]:
    """The share of talks with a hold by reason, for the scenario; empty where it is not recorded or not told.

    Estimates of hold and of talk without it are added to what is told. The time on hold stays in the talk of the
    scenario, which knows how often customers are put on hold, not for how long.
    """
    contacts, told = basis.contacts, basis.told
    answered = contacts.answered & np.isfinite(contacts.talk) & (contacts.talk <= basis.longest)
    known = answered & np.isfinite(contacts.hold)
    if known.sum() < FEW or not (contacts.hold[known] > 0.0).any():
        return {}
    every = _rows(basis, "all", known)
    told.notes.append(
        f"hold is recorded apart from talk ({every[1]:.0f} s per talk on average); the scenario's talk contains it"
    )
    blank = answered & ~np.isfinite(contacts.hold)
    if blank.any() and not (contacts.hold[known] == 0.0).any():
        share = known.sum() / answered.sum()
        told.assumptions.append(
            f"Hold is blank for {1 - share:.0%} of the talks and never 0: if blank means none, {share:.1%} of talks "
            f"have a hold; then write `hold: {share:.1%}` for each reason. The scenario has none."
        )
        return {}
    out = {}
    for one in names:
        mine = known & (contacts.reason == one)
        few = int(mine.sum()) < FEW
        out[one] = every[0] if few else _rows(basis, one, mine)[0]
        if few:
            told.assumptions.append(f"Hold of {one} is like that of all: it is known for {int(mine.sum())} talks.")
    mean = {one: float(contacts.hold[known & (contacts.reason == one)].mean()) for one in names if one in out}
    usual = np.array([mean.get(r, every[1]) for r in contacts.reason.tolist()])
    told.rows.extend(by_group(contacts, group_of, np.where(known, contacts.hold, np.nan), usual, "hold")[1])
    _by_interval(basis, known, out)
    return out


def _rows(basis: Basis, of: str, mine: Bools) -> tuple[float, float]:
    """The rows of some talks; their share with a hold, and the mean time on hold per talk (s)."""
    contacts, rows = basis.contacts, basis.told.rows
    hold = contacts.hold[mine]
    talk, held = contacts.talk[mine] - hold, hold[hold > 0.0]
    n, share = len(hold), len(held) / len(hold)
    rows.append(Estimated(of, "hold: share of talks", share, *wilson(len(held), n), "share", "counted", n))
    for what, values in (
        ("hold: mean of talks with one", held),
        ("hold: mean per talk", hold),
        ("talk without hold: mean", talk),
    ):
        if len(values):
            mean, (low, high) = float(values.mean()), mean_interval(values)
            rows.append(Estimated(of, what, mean, low, high, "s", "mean of the durations", len(values)))
    return share, float(hold.mean())


def _by_interval(basis: Basis, known: Bools, shares: Mapping[str, float]) -> None:
    """A row for each interval of the day where the share with a hold differs by more than chance, given the reasons."""
    contacts, slots = basis.contacts, basis.days.slots
    place = basis.slots(np.where(np.isfinite(contacts.began), contacts.began, contacts.at))[known]
    p = np.array([shares[r] for r in contacts.reason[known].tolist()])
    count = np.bincount(place, minlength=slots)
    usual = np.bincount(place, p, minlength=slots)
    seen = np.bincount(place, contacts.hold[known] > 0.0, minlength=slots)
    chance = np.bincount(place, p * (1.0 - p), minlength=slots)
    used = np.flatnonzero((count >= FEW) & (chance > 0.0))
    if len(used) < 2:
        return
    ratio, error = seen[used] / usual[used], chance[used] / usual[used] ** 2
    _, drawn = drawn_together(ratio, error, usual[used].astype(np.float64))
    if drawn is None:
        return
    overall = float(np.average(p))
    method = "share of talks ⁄ that of the same reasons, drawn towards the mean by as much as chance explains"
    for k, x, e in zip(used.tolist(), drawn.tolist(), error.tolist(), strict=True):
        value, half = overall * x, overall * Z * math.sqrt(e)
        low, high = max(0.0, value - half), min(1.0, value + half)
        name = f"hold: share at {clock(k * basis.width)}"
        basis.told.rows.append(Estimated("all", name, value, low, high, "share", method, int(count[k])))
    basis.told.assumptions.append(
        "The share of talks with a hold is the same all day, though intervals differ by more than chance (estimates "
        "`hold: share at …`): a scenario has one share for each reason."
    )
