"""The sums a fold keeps: columns by interval, for each stream of contacts and for each group of agents."""

from __future__ import annotations

QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.99)
WITHIN_SECONDS = (20.0, 60.0)

# Per contact, in the interval in which the contact arrived; `cohort_*` in the interval in which its issue
# began.
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
PRICED = ("contact_cost", "leavers", "value_lost")

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
