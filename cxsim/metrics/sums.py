"""The sums a fold keeps: columns by interval, for each stream of contacts and for each group of agents.

Below, their numbers: compiled code cannot look names up.
"""

from __future__ import annotations

QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.99)
WITHIN_SECONDS = (20.0, 60.0)

# Per contact, in the interval in which the contact arrived; `cohort_*` in the interval in which its issue
# began. From `fresh`, and from each of `turns_answered`, `turn_wait` and `turns_lost`, columns follow the order of the
# causes in the ledger: put new ones elsewhere.
CONTACT_COLUMNS = (
    "fresh",
    "redial",
    "repeat",
    "transferred_in",
    "called_back",
    "turns",
    "outbound",
    "consults",
    "answered",
    "answered_again",
    "abandoned",
    "balked",
    "blocked",
    "closed",
    "transferred",
    "callbacks_offered",
    "callbacks",
    "callbacks_reached",
    "callbacks_unreached",
    "callback_wait",
    "replied",
    "turns_answered",
    "outbound_reached",
    "consults_answered",
    "turn_wait",
    "outbound_wait",
    "consult_wait",
    "turns_lost",
    "outbound_dropped",
    "consults_lost",
    "outbound_unreached",
    "outbound_left",
    "told",
    "told_wait",
    "told_error",
    "contained",
    "contained_false",
    "hung_up",
    "unfinished",
    "entered",
    "queued",
    "short_abandoned",
    "in_time",
    "abandoned_in_time",
    "answered_20s",
    "answered_60s",
    "wait_answered",
    "wait_abandoned",
    "wait_other",
    "flow_time",
    "conversations",
    "conversations_resolved",
    "conversations_false",
    "conversations_handed_over",
    "conversation_cost",
    "discourteous",
    "held",
    "promises_broken",
    "promises_kept",
    "compensated",
    "misused",
    "compensation",
    "served",
    "talk",
    "wrap",
    "resolved",
    "first_answers",
    "first_resolved",
    "window_closed",
    "window_alone",
    "cohort_contacts",
    "cohort_answered",
    "cohort_in_time",
    "cohort_resolved",
    "cohort_time",
    "cohort_first",
    "cohort_later",
    "cohort_given_up",
    "cohort_effort",
)

ENDS = ("cohort_first", "cohort_later", "cohort_given_up")  # of issues that are over, as `names.ENDINGS`

# Contacts that an agent talked to, once each, where they were answered first: columns and their signs.
TALKED_TO = (("answered", 1.0), ("answered_again", -1.0), ("callbacks_reached", 1.0), ("outbound_reached", 1.0))

# Columns that follow from others by a weight for each stream of contacts.
PRICED = ("contact_cost", "lesson_cost", "revenue", "leavers", "value_lost")

# Per group. The first eight count services in the interval in which the agent answered; the rest are agents'
# seconds inside the interval.
GROUP_COLUMNS = (
    "answered",
    "served",
    "talk",
    "wrap",
    "resolved",
    "transferred",
    "replied",
    "consults_answered",
    "busy_talk",
    "busy_wrap",
    "chat_time",
    "engaged",
    "on_duty",
    "break",
    "away",
    "overrun",
)

FIRST_WITHIN, SECOND_WITHIN = WITHIN_SECONDS
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
DISCOURTEOUS, HOLDS, COMPENSATION = C["discourteous"], C["held"], C["compensation"]
PROMISES_BROKEN, PROMISES_KEPT = C["promises_broken"], C["promises_kept"]
C_COMPENSATED, C_MISUSED = C["compensated"], C["misused"]
CONVERSATIONS, CONVERSATION_COST = C["conversations"], C["conversation_cost"]
AI_RESOLVED, AI_FALSE, AI_HANDED = C["conversations_resolved"], C["conversations_false"], C["conversations_handed_over"]
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
