"""The columns of the sums by number, as compiled code needs them, and how it adds to them."""

from __future__ import annotations

from cxsim.jit.decorators import inner
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS, WITHIN_SECONDS

# Times are compared to the microsecond, so that a wait of exactly T that floating point made a hair longer is
# in time.
MICROSECOND = 1e-6
FIRST_WITHIN, SECOND_WITHIN = WITHIN_SECONDS
# What is added up is first rounded to a multiple of 2**-20 (a microsecond): then every sum below 2**33 is exact, and so
# the same in whatever order the rows of a ledger come. Adding and taking away 1.5 * 2**32 leaves just those digits.
_DIGITS = 1.5 * 2.0**32

C = {name: number for number, name in enumerate(CONTACT_COLUMNS)}
G = {name: number for number, name in enumerate(GROUP_COLUMNS)}
FRESH, ENTERED, QUEUED, SHORT = C["fresh"], C["entered"], C["queued"], C["short_abandoned"]
C_ANSWERED, C_ABANDONED, C_BALKED, C_BLOCKED = C["answered"], C["abandoned"], C["balked"], C["blocked"]
ANSWERED_AGAIN = C["answered_again"]  # after a transfer
C_CLOSED, C_CONTAINED, C_UNFINISHED = C["closed"], C["contained"], C["unfinished"]
C_TRANSFERRED = C["transferred"]
OFFERS, CALLBACKS, REACHED = C["callbacks_offered"], C["callbacks"], C["callbacks_reached"]
C_UNREACHED, CALLBACK_WAIT = C["callbacks_unreached"], C["callback_wait"]
# Of turns, of what is dialled, of consultations: by cause, `TURN` the first.
C_REPLIED, OTHER_ANSWERED, OTHER_WAIT, OTHER_LOST = C["replied"], C["turns_answered"], C["turn_wait"], C["turns_lost"]
OUTBOUND_REACHED, CONSULTS_ANSWERED = C["outbound_reached"], C["consults_answered"]
OUTBOUND_UNREACHED, OUTBOUND_LEFT = C["outbound_unreached"], C["outbound_left"]
TOLD, TOLD_WAIT, TOLD_ERROR = C["told"], C["told_wait"], C["told_error"]
CONTAINED_FALSE, C_HUNG_UP, FLOW_TIME = C["contained_false"], C["hung_up"], C["flow_time"]
IN_TIME, ABANDONED_IN_TIME, IN_20, IN_60 = (
    C["in_time"],
    C["abandoned_in_time"],
    C["answered_20s"],
    C["answered_60s"],
)
WAIT_ANSWERED, WAIT_ABANDONED, WAIT_OTHER = C["wait_answered"], C["wait_abandoned"], C["wait_other"]
SERVED, TALK, WRAP, RESOLVED = C["served"], C["talk"], C["wrap"], C["resolved"]
FIRST_ANSWERS, FIRST_RESOLVED = C["first_answers"], C["first_resolved"]
WINDOW_CLOSED, WINDOW_ALONE = C["window_closed"], C["window_alone"]
COHORT_CONTACTS, COHORT_ANSWERED, COHORT_IN_TIME = (
    C["cohort_contacts"],
    C["cohort_answered"],
    C["cohort_in_time"],
)
COHORT_RESOLVED, COHORT_TIME = C["cohort_resolved"], C["cohort_time"]
COHORT_FIRST, COHORT_LATER, COHORT_GIVEN_UP = C["cohort_first"], C["cohort_later"], C["cohort_given_up"]
COHORT_EFFORT = C["cohort_effort"]
G_TRANSFERRED, G_REPLIED, G_CONSULTED = G["transferred"], G["replied"], G["consults_answered"]
G_ANSWERED, G_SERVED, G_TALK, G_WRAP, G_RESOLVED = (
    G["answered"],
    G["served"],
    G["talk"],
    G["wrap"],
    G["resolved"],
)
BUSY_TALK, BUSY_WRAP = G["busy_talk"], G["busy_wrap"]
CHAT_TIME, G_ENGAGED = G["chat_time"], G["engaged"]
G_ON_DUTY, G_BREAK, G_AWAY, G_OVERRUN = G["on_duty"], G["break"], G["away"], G["overrun"]


@inner
def exact(x: float) -> float:
    """`x` rounded so that sums of such numbers are exact; its size must stay below 2**31."""
    return (x + _DIGITS) - _DIGITS
