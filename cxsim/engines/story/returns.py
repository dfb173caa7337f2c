"""The next attempt of an issue."""

from __future__ import annotations

import math

from cxsim.engines.story.agents import release_holder
from cxsim.engines.story.center import NAN, Center, Contact
from cxsim.engines.story.effort import close_issue
from cxsim.engines.story.recording import write_leg
from cxsim.rules import contact_rules
from cxsim.schema import ledger
from cxsim.schema import network as nw


def plan_return(
    center: Center,
    contact: Contact,
    after: int,
    cause: int,
    outcome: int = ledger.ANSWERED,
    wanted: bool = True,
    answered: float = NAN,
    wrap: float = 0.0,
) -> None:
    """The attempt is over: write its last leg, and decide whether and when there is another."""
    now = center.now()
    again = math.inf
    if wanted:
        again = contact_rules.next_attempt(center.net, contact.reason, after, contact.key, contact.attempt, now)
    returns = again < math.inf
    ended = now + wrap
    write_leg(
        center,
        contact,
        outcome,
        answered,
        ended,
        outcome in (ledger.ANSWERED, ledger.CONTAINED) and not wanted,
        cause if returns else ledger.FRESH,
        again if returns else NAN,
    )
    contact.over, contact.next_attempt = True, again
    if again < center.end:
        prepare_return(center, contact, after, cause, now)
    elif not returns:
        close_issue(center, contact, outcome in (ledger.ANSWERED, ledger.CONTAINED) and not wanted)
    if contact.holder is not None:
        holder, contact.holder = contact.holder, None
        release_holder(center, holder)


def prepare_return(center: Center, contact: Contact, after: int, cause: int, now: float) -> None:
    """What the next attempt keeps of this one."""
    rule = center.book["returns"][nw.AFTERS * contact.reason + after]
    if contact.queue >= 0 and not math.isnan(contact.queued):
        left = now if math.isnan(contact.answered) else contact.answered
        contact.accumulated += contact.waited + (left - contact.queued)
    way = contact_rules.next_way(center.net, contact.reason, contact.segment, after, contact.key, contact.attempt)
    contact.start = int(way) if way >= 0 else contact.start
    contact.attempt += 1
    contact.cause = cause
    if not rule["keep_patience"]:
        contact.patience_attempt = contact.attempt
    if not rule["keep_work"]:
        contact.work_attempt = contact.attempt
