"""What the legs of a contact add to the sums of the interval in which it arrived, and in which its issue began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxsim.jit.decorators import inner, tiny
from cxsim.metrics.sums import (
    ABANDONED_IN_TIME,
    AI_FALSE,
    AI_HANDED,
    AI_RESOLVED,
    ANSWERED_AGAIN,
    C_ABANDONED,
    C_ANSWERED,
    C_BALKED,
    C_BLOCKED,
    C_CLOSED,
    C_COMPENSATED,
    C_CONTAINED,
    C_HUNG_UP,
    C_MISUSED,
    C_REPLIED,
    C_TRANSFERRED,
    C_UNFINISHED,
    C_UNREACHED,
    CALLBACK_WAIT,
    CALLBACKS,
    COHORT_ANSWERED,
    COHORT_CONTACTS,
    COHORT_FIRST,
    COHORT_GIVEN_UP,
    COHORT_IN_TIME,
    COHORT_LATER,
    COHORT_RESOLVED,
    COHORT_TIME,
    COMPENSATION,
    CONSULTS_ANSWERED,
    CONTAINED_FALSE,
    CONVERSATION_COST,
    CONVERSATIONS,
    DISCOURTEOUS,
    ENTERED,
    FIRST_ANSWERS,
    FIRST_RESOLVED,
    FIRST_WITHIN,
    FRESH,
    HOLDS,
    IN_20,
    IN_60,
    IN_TIME,
    OTHER_ANSWERED,
    OTHER_LOST,
    OTHER_WAIT,
    OUTBOUND_LEFT,
    OUTBOUND_UNREACHED,
    PROMISES_BROKEN,
    PROMISES_KEPT,
    QUEUED,
    REACHED,
    RESOLVED,
    SECOND_WITHIN,
    SERVED,
    SHORT,
    TOLD,
    TOLD_ERROR,
    TOLD_WAIT,
    WAIT_ABANDONED,
    WAIT_ANSWERED,
    WAIT_OTHER,
    WINDOW_ALONE,
    WINDOW_CLOSED,
)
from cxsim.schema.ledger import (
    ABANDONED,
    ANSWERED,
    BALKED,
    BLOCKED,
    BROKEN,
    CALLBACK,
    CALLED_BACK,
    CLOSED,
    COMPENSATED,
    CONSULT,
    CONTAINED,
    HANDED_ON,
    HELD,
    HUNG_UP,
    KEPT,
    MISUSED,
    OURS,
    OUTBOUND,
    REPLIED,
    RUDE,
    TRANSFER,
    TRANSFERRED,
    TURN,
    UNFINISHED,
    UNREACHED,
)

if TYPE_CHECKING:
    from cxsim.metrics.folding import Rules
    from cxsim.metrics.shapes import Floats

# Times are compared to the microsecond, so that a wait of exactly T that floating point made a hair longer is
# in time.
MICROSECOND = 1e-6
# What is added up is first rounded to a multiple of 2**-20 (a microsecond): then every sum below 2**33 is exact, and so
# the same in whatever order the rows of a ledger come. Adding and taking away 1.5 * 2**32 leaves just those digits.
_DIGITS = 1.5 * 2.0**32


@inner
def exact(x: float) -> float:
    """`x` rounded so that sums of such numbers are exact; its size must stay below 2**31."""
    return (x + _DIGITS) - _DIGITS


@tiny
def waited(leg: np.void, end: float) -> float:
    """How long the contact of a leg waited in this queue, to its answer or its end, or to the end of all."""
    wait: float = leg["waited"]
    queued, answered, ended = leg["queued"], leg["answered"], leg["ended"]
    if queued == queued and leg["queue"] >= 0:
        if answered == answered:
            wait += answered - queued
        else:
            wait += (ended if ended == ended else end) - queued
    return wait


@tiny
def judged(leg: np.void, was_answered: bool) -> int:
    """Whether a wait is that of an answered contact (0), of an abandoned one (1), or of neither (-1).

    In no service level: turns, what is dialled, who is called back.
    """
    if leg["cause"] >= TURN:
        return -1
    if was_answered:
        return 0 if leg["cause"] != CALLED_BACK else -1
    return 1 if leg["outcome"] == ABANDONED else -1


@tiny
def add_consult(sums: Floats, leg: np.void, wait: float, was_answered: bool) -> None:
    """Add a consultation; what is asked is no customer's contact."""
    other = CONSULT - TURN
    sums[FRESH + CONSULT] += 1.0
    sums[CONSULTS_ANSWERED if was_answered else OTHER_LOST + other] += 1.0
    sums[OTHER_WAIT + other] += exact(wait) if was_answered else 0.0


@inner
def add_feelings(sums: Floats, leg: np.void, gifts: Floats) -> None:
    """Add what the flags of a leg say: courtesy, holds, waits against expectations, compensation."""
    felt = leg["felt"]
    sums[DISCOURTEOUS] += 1.0 if felt & RUDE > 0 else 0.0
    sums[HOLDS] += 1.0 if felt & HELD > 0 else 0.0
    sums[PROMISES_BROKEN] += 1.0 if felt & BROKEN > 0 else 0.0
    sums[PROMISES_KEPT] += 1.0 if felt & KEPT > 0 else 0.0
    if felt & (COMPENSATED | MISUSED) > 0:
        sums[C_COMPENSATED if felt & COMPENSATED > 0 else C_MISUSED] += 1.0
        sums[COMPENSATION] += exact(gifts[leg["group"]])


@tiny
def add_conversation(sums: Floats, leg: np.void, cost: float) -> None:
    """Add a conversation with an AI agent, and how it ended."""
    outcome = leg["outcome"]
    sums[CONVERSATIONS] += 1.0
    sums[CONVERSATION_COST] += exact(cost)
    if outcome in (HANDED_ON, CLOSED):
        sums[AI_HANDED] += 1.0
    elif outcome == CONTAINED:
        sums[AI_RESOLVED] += leg["resolved"]
        sums[AI_FALSE] += 1.0 - leg["resolved"]


@tiny
def add_to_issue(cohort: Floats, leg: np.void, was_answered: bool, in_time: bool) -> None:
    """Add to the issues that began then; counted where a contact came first, as who is called back."""
    came = leg["cause"] == TRANSFER or leg["cause"] == TURN
    outcome = leg["outcome"]
    cohort[COHORT_CONTACTS] += 0.0 if came or leg["cause"] == CALLED_BACK or leg["cause"] >= TURN else 1.0
    if was_answered and leg["nth"] == 1 and not came:
        cohort[COHORT_ANSWERED] += 1.0
        cohort[COHORT_IN_TIME] += 1.0 if in_time else 0.0
    if leg["resolved"] == 1:
        cohort[COHORT_RESOLVED] += 1.0
        cohort[COHORT_TIME] += exact((leg["talk_end"] if outcome == ANSWERED else leg["ended"]) - leg["opened"])
    if not leg["felt"] & OURS > 0:
        if leg["resolved"] == 1:
            cohort[COHORT_FIRST if leg["attempt"] == 1 else COHORT_LATER] += 1.0
        elif leg["next"] == 0 and outcome != UNFINISHED:
            goes_on = outcome in (TRANSFERRED, REPLIED, CALLBACK)
            cohort[COHORT_GIVEN_UP] += 0.0 if goes_on else 1.0


@tiny
def add_answered(sums: Floats, leg: np.void, wait: float, seen: float, target: float, at_once: bool) -> None:
    """Add a contact that an agent answered: its wait; `seen` is the wait that a service level looks at."""
    other = leg["cause"] - TURN
    if leg["cause"] == CALLED_BACK:
        sums[REACHED] += 1.0
        sums[CALLBACK_WAIT] += exact(leg["answered"] - leg["arrived"])
    elif other >= 0:
        sums[OTHER_ANSWERED + other] += 1.0
        sums[OTHER_WAIT + other] += exact(wait)
    else:
        sums[C_ANSWERED] += 1.0
        sums[ANSWERED_AGAIN] += 1.0 if leg["cause"] == TRANSFER else 0.0
        sums[WAIT_ANSWERED] += exact(wait)
        sums[QUEUED] += 1.0 if wait > 0.0 and not at_once else 0.0
        sums[IN_TIME] += 1.0 if seen <= target else 0.0
        sums[IN_20] += 1.0 if seen <= FIRST_WITHIN + MICROSECOND else 0.0
        sums[IN_60] += 1.0 if seen <= SECOND_WITHIN + MICROSECOND else 0.0
        if leg["told"] < np.inf:
            sums[TOLD] += 1.0
            sums[TOLD_WAIT] += exact(leg["told"])
            sums[TOLD_ERROR] += exact(abs(leg["told"] - wait))


@tiny
def add_end_of_answered(sums: Floats, leg: np.void, window: float, end: float) -> None:
    """Add how the talk of an answered contact ended."""
    outcome = leg["outcome"]
    if outcome == UNFINISHED:
        sums[SERVED] -= 1.0
    elif outcome == TRANSFERRED:
        sums[C_TRANSFERRED] += 1.0
    elif outcome == REPLIED:
        sums[C_REPLIED] += 1.0
    else:
        sums[RESOLVED] += leg["resolved"]
        if leg["nth"] == 1:
            sums[FIRST_ANSWERS] += 1.0
            sums[FIRST_RESOLVED] += leg["resolved"]
        add_window(sums, leg, leg["talk_end"] + window, end)


@tiny
def add_window(sums: Floats, leg: np.void, closes: float, end: float) -> None:
    """Add whether the issue made no further contact before its window of FCR closed, if it closed by the end."""
    if closes <= end:
        sums[WINDOW_CLOSED] += 1.0
        sums[WINDOW_ALONE] += 1.0 if not leg["next_at"] <= closes else 0.0


@tiny
def add_unanswered(sums: Floats, leg: np.void, wait: float, in_time: bool, rules: Rules) -> None:
    """Add a contact that no agent answered, by its outcome."""
    outcome, queued = leg["outcome"], leg["queued"]
    other = leg["cause"] - TURN
    if leg["cause"] == TRANSFER or leg["cause"] == TURN:  # answered where it came first, and lost since
        if leg["nth"] == 1:
            sums[FIRST_ANSWERS] += 1.0
        add_window(sums, leg, leg["ended"] + rules.fcr_window, rules.end)
    if other >= 0:
        column = OUTBOUND_UNREACHED if outcome == UNREACHED else OTHER_LOST + other
        if leg["cause"] == OUTBOUND and outcome == UNFINISHED:
            column = OUTBOUND_LEFT
        sums[column] += 1.0
    elif outcome == ABANDONED:
        sums[C_ABANDONED] += 1.0
        sums[WAIT_ABANDONED] += exact(wait)
        sums[SHORT] += 1.0 if wait <= rules.short_abandon + MICROSECOND else 0.0
        sums[ABANDONED_IN_TIME] += 1.0 if in_time else 0.0
    elif outcome == BALKED:
        sums[C_BALKED] += 1.0
    elif outcome == BLOCKED:
        sums[C_BLOCKED] += 1.0
    elif outcome == CONTAINED:
        sums[C_CONTAINED] += 1.0
        sums[CONTAINED_FALSE] += 1.0 - leg["resolved"]
    elif outcome == HUNG_UP:
        sums[C_HUNG_UP] += 1.0
    elif outcome == CALLBACK:
        sums[CALLBACKS] += 1.0
    elif outcome == UNREACHED:
        sums[C_UNREACHED] += 1.0
    elif leg["cause"] == CALLED_BACK:
        sums[C_UNFINISHED] += 1.0
    else:
        sums[C_CLOSED if outcome == CLOSED else C_UNFINISHED] += 1.0
        if queued == queued and leg["queue"] >= 0:
            sums[ENTERED] += 1.0
            sums[QUEUED] += 1.0
            sums[WAIT_OTHER] += exact(wait)
