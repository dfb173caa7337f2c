"""The next attempt of an issue."""

from __future__ import annotations

import math

from cxsim.engines.story.agents import release_holder
from cxsim.engines.story.center import NAN, Center, Contact
from cxsim.engines.story.effort import close_issue
from cxsim.engines.story.recording import write_leg
from cxsim.rules import returns


def end_attempt(
    center: Center,
    contact: Contact,
    outcome: int,
    resolved: bool = False,
    talk_end: float = NAN,
    wrap: float = 0.0,
) -> None:
    """The attempt is over: write its last leg, and decide whether and when there is another."""
    now = center.now()
    again, cause, next_at = plan_of(center, contact, outcome, resolved)
    write_leg(center, contact, outcome, talk_end, now + wrap, resolved, cause, next_at)
    come_back(center, contact, again, outcome, resolved)
    if contact.holder is not None:
        holder, contact.holder = contact.holder, None
        release_holder(center, holder)


def plan_of(center: Center, contact: Contact, outcome: int, resolved: bool) -> tuple[float, int, float]:
    """When the customer makes contact again, see `returns.plan`."""
    who = (contact.key, contact.attempt)
    again, cause, next_at = returns.plan(center.net, contact.reason, outcome, resolved, *who, center.now())
    return float(again), int(cause), float(next_at)


def come_back(center: Center, contact: Contact, again: float, outcome: int, resolved: bool) -> None:
    """Wait for the next attempt, if there is one within the horizon; what it keeps of this one."""
    contact.over, contact.next_attempt = True, again
    if again >= center.end:
        if again == math.inf:
            close_issue(center, contact, resolved)
        return
    left = center.now() if math.isnan(contact.answered) else contact.answered
    contact.accumulated += returns.kept_wait(contact.queue, contact.queued, left, contact.waited)
    after = returns.after(outcome)
    way = returns.next_way(center.net, contact.reason, contact.segment, after, contact.key, contact.attempt)
    contact.start = int(way) if way >= 0 else contact.start
    contact.attempt += 1
    contact.cause = returns.cause_after(outcome)
    contact.patience_attempt, contact.work_attempt = returns.kept_draws(
        center.net, contact.reason, outcome, contact.attempt, contact.patience_attempt, contact.work_attempt
    )
