"""What to look at in a log before its estimates are used: each finding as a sentence."""

from __future__ import annotations

import numpy as np

from cxsim.calibrate.records import DAY, Contacts, Records
from cxsim.importing.checking import exits
from cxsim.report.common.formats import plural

HEAVY = 0.1  # of the customers: the busiest
APART_SHARE, APART_CONTACTS = 0.02, 5.0  # by which a day of a report may differ from the log
MOST_OF_HEAVY = 0.4  # of the contacts of identified customers, from which they dominate


def looks(contacts: Contacts, longest: float) -> list[str]:
    """Long and missing talks, customers without ids, heavy users, and exits that may be forced."""
    out = []
    if long := int((contacts.talk > longest).sum()):
        out.append(
            f"{long:,} talks last longer than {longest / 3600:g} h; they count as answered, their length is left out"
        )
    nobody = contacts.answered & (contacts.agent == "")
    if nobody.any() and nobody.sum() < contacts.answered.sum():
        out.append(f"{int(nobody.sum()):,} answered contacts name no agent; they are in volumes, not in skills or duty")
    out += _identity(contacts)
    for name in np.unique(contacts.reason.astype(str)).tolist():
        mine = contacts.abandoned & (contacts.reason == name)
        for second, number in exits(contacts.wait[mine]):
            out.append(
                f"{name}: {number:,} of {int(mine.sum()):,} abandons are at {second} s, many more than around it; if "
                f"the system ends the wait there, import again with --set forced_exits=[{second}]"
            )
    return out


def _identity(contacts: Contacts) -> list[str]:
    """Whose customers are known, and whether a few of them make most contacts."""
    known = contacts.customer != ""
    if not known.any():
        return []
    out = []
    if not known.all():
        text = f"customer ids: {known.mean():.0%} of the contacts"
        queued = contacts.queued
        if queued.any() and not queued.all():
            text += f" ({known[queued].mean():.0%} of those that queued, {known[~queued].mean():.0%} of the others)"
        never = [r for r in np.unique(contacts.reason.astype(str)).tolist() if not known[contacts.reason == r].any()]
        out.append(text + (f", never of {', '.join(never)}" if never else ""))
    many = np.sort(np.unique(contacts.customer[known].astype(str), return_counts=True)[1])[::-1]
    heavy = many[: max(1, round(HEAVY * len(many)))].sum() / many.sum()
    if heavy > MOST_OF_HEAVY and len(many) >= 100:
        out.append(
            f"{HEAVY:.0%} of the customers make {heavy:.0%} of the identified contacts: a repeat within days is not a "
            "failed resolution"
        )
    return out


def against_report(records: Records) -> list[str]:
    """Whether an interval report beside the log counts as many contacts a day; the log is used in any case."""
    contacts, report = records.contacts, records.intervals
    if contacts is None or report is None:
        return []
    told = np.isfinite(report.offered)
    offered = np.bincount((report.start[told] // DAY).astype(int), report.offered[told], records.days)[: records.days]
    logged = np.bincount((contacts.at // DAY).astype(int), minlength=records.days)[: records.days]
    both, only = (offered > 0) & (logged > 0), int(((offered > 0) ^ (logged > 0)).sum())
    gap = np.abs(offered - logged)
    apart = both & (gap > np.maximum(APART_SHARE * logged, APART_CONTACTS))
    out = []
    if only:
        out.append(f"{plural(only, 'day')} in the log or in the interval report alone; the log is used")
    if apart.any():
        worst = int(np.argmax(np.where(apart, gap, 0.0)))
        out.append(
            f"the interval report and the log contradict each other on {int(apart.sum())} of {int(both.sum())} days, "
            f"most on {records.dates()[worst]} ({offered[worst]:,.0f} offered, {logged[worst]:,} in the log); "
            "the log is used"
        )
    elif both.any():
        out.append(
            f"the interval report counts as many contacts as the log on all {int(both.sum())} days; the log is used"
        )
    return out
