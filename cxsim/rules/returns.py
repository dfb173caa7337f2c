"""The plan of a return: whether a customer makes contact again, when, where, and what the next attempt keeps."""

from __future__ import annotations

import math

from cxsim.jit.decorators import shared
from cxsim.randomness import draws
from cxsim.randomness.inverse_cdf import value_of
from cxsim.rules.contact_rules import opening_at
from cxsim.schema import ledger
from cxsim.schema import network as nw

# Rows of `Network.returns`: what ended the attempt, in the order of `names.CAUSES`.
(
    AFTER_ABANDONED,
    AFTER_BALKED,
    AFTER_BLOCKED,
    AFTER_CLOSED,
    AFTER_HUNG_UP,
    AFTER_UNRESOLVED,
    AFTER_CONTAINED,
) = range(nw.AFTERS)


@shared
def after(outcome):
    """The row of `Network.returns` that holds after a last leg with this outcome."""
    if outcome == ledger.ABANDONED:
        return AFTER_ABANDONED
    if outcome == ledger.BALKED:
        return AFTER_BALKED
    if outcome == ledger.BLOCKED:
        return AFTER_BLOCKED
    if outcome == ledger.CLOSED:
        return AFTER_CLOSED
    if outcome == ledger.HUNG_UP:
        return AFTER_HUNG_UP
    if outcome == ledger.CONTAINED:
        return AFTER_CONTAINED
    return AFTER_UNRESOLVED


@shared
def cause_after(outcome):
    """Why the next attempt is made: a repeat where somebody, or a machine, did not help, else a redial."""
    return ledger.REPEAT if outcome == ledger.ANSWERED or outcome == ledger.CONTAINED else ledger.REDIAL


@shared
def plan(net, reason, outcome, resolved, issue_key, attempt, now):
    """When the customer makes contact again after an attempt that ended `now` (infinite: never), and what the ledger
    says of that: the cause (FRESH for none), and the time (NaN for none).
    """
    again = math.inf
    if not resolved:
        again = next_attempt(net, reason, after(outcome), issue_key, attempt, now)
    if again == math.inf:
        return again, ledger.FRESH, math.nan
    return again, cause_after(outcome), again


@shared
def next_attempt(net, reason, after, issue_key, attempt, now):
    """When the customer tries again after attempt number `attempt` ended at `now`; infinite for never.

    `after` is a row of `Network.returns`. An attempt that falls in closed hours comes within a while of the next
    opening, or is lost; after the last opening the next one lies beyond the end, and so is never simulated.
    """
    rule = nw.returns(net, nw.AFTERS * reason + after)
    if rule.share <= 0.0 or attempt >= rule.at_most:
        return math.inf
    key = draws.attempt_key(issue_key, attempt, 0)
    if draws.uniform(key, draws.RETURN) >= rule.share:
        return math.inf
    due = now + value_of(nw.laws(net, rule.delay), nw.knots(net), draws.uniform(key, draws.DELAY))
    if due >= nw.settings(net, 0).end or nw.reasons(net, reason).day_and_night:
        return due
    opening = opening_at(net, due)
    if opening < net.openings_size and due >= nw.openings(net, opening).start:
        return due
    if nw.settings(net, 0).lost_when_closed:
        return math.inf
    if opening >= net.openings_size:
        return nw.settings(net, 0).end
    place = nw.openings(net, opening)
    spread = min(nw.settings(net, 0).reopening_spread, place.end - place.start)
    return place.start + spread * draws.uniform(key, draws.SPREAD)


@shared
def next_way(net, reason, segment, after, issue_key, attempt):
    """Where the attempt after number `attempt` begins, a row of `exits`; -1 for where the last one did."""
    cell = nw.AFTERS * reason + after
    way = nw.returns(net, cell).first
    last = nw.returns(net, cell).last
    if net.hops_size > 0:
        own = nw.hops(net, nw.AFTERS * net.reasons_size * segment + cell)
        way = own.first
        last = own.last
    if way == last:
        return -1
    u = draws.uniform(draws.attempt_key(issue_key, attempt, 0), draws.HOP)
    while way < last - 1 and u >= nw.exits(net, way).upto:
        way += 1
    return way


@shared
def kept_wait(queue, queued, left, waited):
    """What an attempt adds to the waits of its issue: `waited` in earlier legs, and from `queued` until it `left`."""
    return waited + (left - queued) if queue >= 0 and queued >= 0.0 else 0.0


@shared
def kept_draws(net, reason, outcome, attempt, patience_attempt, work_attempt):
    """Whose draws of patience and of work hold for the next attempt, of number `attempt`."""
    rule = nw.returns(net, nw.AFTERS * reason + after(outcome))
    patience_attempt = patience_attempt if rule.keep_patience else attempt
    work_attempt = work_attempt if rule.keep_work else attempt
    return patience_attempt, work_attempt
