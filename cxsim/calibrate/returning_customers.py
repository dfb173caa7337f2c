"""Customers who redial after abandoning: by identity, or as the minutes before indicate."""

from __future__ import annotations

import numpy as np

from cxsim.calibrate import arrivals
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.durations import QUANTILES
from cxsim.calibrate.estimates import Estimated, Z
from cxsim.calibrate.joint import FEW_DAYS, Joint, fresh_and_redials
from cxsim.calibrate.redials import Returns, returns
from cxsim.calibrate.scenario_file import NEW_DRAW, Redials, delay_law

FEW_RETURNS = 50  # identified customers who abandoned, below which redials are not estimated
FINE = 120.0  # s: intervals in which redials are looked for without identity


def known(basis: Basis, within: float) -> tuple[Returns | None, list[str]]:
    """Redials of identified customers; without them None, and an override with what the log indicates."""
    named = basis.contacts[basis.contacts.customer != ""]
    left = named.abandoned
    if int(left.sum()) < FEW_RETURNS or left.all():
        why = "no customer ids" if not len(named) else f"{int(left.sum())} identified customers who abandoned"
        hint, overrides = _indicated(basis)
        hint = hint or "Compare with --set after_contact.abandoned.redial=30%."
        basis.told.assumptions.append(
            f"Nobody redials ({why}): observed contacts, redials among them, count as fresh. {hint}"
        )
        return None, overrides
    ended = np.where(np.isfinite(named.talk_end), named.talk_end, named.at + named.wait)
    found = returns(named.customer.astype(str), named.at, ended, left, within)
    n, m = int(left.sum()), int((~left).sum())
    a, b = found.after_abandoned, found.after_served
    half = Z * float(np.sqrt(a * (1 - a) / n + b * (1 - b) / m))
    method = f"identified customers: calls again within {within / 60:g} min after abandoning, less after service"
    note = f"{a:.1%} after abandoning, {b:.1%} after service"
    low, high = found.excess - half, found.excess + half
    basis.told.rows.append(Estimated("all", "redial", found.excess, low, high, "share", method, n + m, note))
    return found, []


def _indicated(basis: Basis) -> tuple[str, list[str]]:
    """What the log indicates of redials without identity, in a sentence and as an override; empty where it does not."""
    contacts, days, at = basis.contacts, basis.days, basis.contacts.at
    found: list[tuple[int, Joint]] = []
    for kind in days.types():
        rows = np.concatenate([days.of_weekday(w) for w in kind])
        first, last = (round(x * basis.width / FINE) for x in days.open[kind[0]] or (0, 0))
        seen = arrivals.counts(at, basis.records.days, FINE)[rows, first:last]
        gone = arrivals.counts((at + contacts.wait)[contacts.abandoned], basis.records.days, FINE)[rows, first:last]
        if len(rows) >= FEW_DAYS and gone.sum() >= FEW_RETURNS:
            found.append((int(seen.sum()), fresh_and_redials(seen, gone, FINE)))
    if not found:
        return "", []
    count, one = max(found, key=lambda pair: pair[0])
    method = "contacts and abandons of earlier minutes, without identity (Ding, Koole and van der Mei): an indication"
    untold = "" if one.told else "the data does not tell redials from fresh contacts"
    note = "; ".join(filter(None, (untold, one.edge)))
    basis.told.rows.append(
        Estimated("all", "redial without identity", one.share, one.low, one.high, "share", method, count, note)
    )
    if not one.told or one.low <= 0.0:
        return "", []
    part = 1.0 - one.share * float(contacts.abandoned.mean())
    overrides = [
        "with_redials:  # what contacts and abandons of earlier minutes indicate, without identity",
        f"  after_contact.abandoned.redial: {one.share:.1%}",
        f"  after_contact.abandoned.delay: {one.delay:g}s",
        f"  after_contact.abandoned.patience: {NEW_DRAW}",
        f"  reasons.*.volume.factor: {part:.3f}",
    ]
    return (
        f"Some {one.share:.0%} may redial: run the scenario --with with_redials to see what that changes.",
        overrides,
    )


def part_of(found: Returns | None) -> Redials | None:
    """The redials of the scenario; None for none, or too few to know their delay."""
    if found is None or found.excess <= 0.0 or len(found.delays) < 10:
        return None
    remark = (
        f"Of identified customers who abandoned, {found.after_abandoned:.1%} called again in time, of those served "
        f"{found.after_served:.1%}: the difference."
    )
    return Redials(found.excess, delay_law(found.delays, QUANTILES), "anew", remark)
