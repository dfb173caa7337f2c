"""Shares and means of contacts: who waited, was handed on, called back, turned away."""

from __future__ import annotations

from cxsim.metrics.figure import HIGHER, LOWER, OF_FLOW, OFFERED, SEEN_THROUGH, Figure, ratio
from cxsim.schema.service_levels import ENTERED

# fmt: off
ROWS: tuple[Figure, ...] = (
    ratio("share_queued", "share queued", "share", better=LOWER, short="Waited %",
          formula=f"queued ÷ {ENTERED}", above="queued", below="entered"),
    ratio("transferred_share", "transferred share", "share",
          formula="transferred ÷ answered", above="transferred", below="answered"),
    ratio("hand_offs", "hand-offs per contact", "", scopes=OF_FLOW,
          formula="transferred ÷ contacts that an agent completed", above="transferred", below=SEEN_THROUGH),
    ratio("turn_wait", "wait for the next answer", "s",
          formula="wait of answered turns ÷ answered turns", above="turn_wait", below="turns_answered"),
    ratio("outbound_reached_share", "outbound reached share", "share",
          formula="outbound reached ÷ outbound", above="outbound_reached", below="outbound"),
    ratio("outbound_dropped_share", "outbound dropped share", "share",
          formula="outbound dropped ÷ (outbound reached + outbound dropped)",
          above="outbound_dropped", below="outbound_reached + outbound_dropped"),
    ratio("consult_wait", "wait for advice", "s",
          formula="wait of answered consultations ÷ answered consultations",
          above="consult_wait", below="consults_answered"),
    ratio("callback_share", "callback share", "share",
          formula="callbacks ÷ offered", above="callbacks", below=OFFERED),
    ratio("callback_wait", "wait to be called back", "s",
          formula="time from accepting the callback to talking, including dialling and further tries "
                  "÷ callbacks reached",
          above="callback_wait", below="callbacks_reached"),
    ratio("told_wait", "wait announced", "s",
          formula="wait announced to answered contacts ÷ answered contacts with an announcement",
          above="told_wait", below="told"),
    ratio("told_error", "error of the announced wait", "s",
          formula="absolute difference between the announced and the actual wait "
                  "÷ answered contacts with an announcement",
          above="told_error", below="told"),
    ratio("answered_share", "answered share", "share", better=HIGHER, short="Answered %",
          formula=f"answered ÷ {ENTERED}", above="answered", below="entered"),
    ratio("abandoned_share", "abandoned share", "share", better=LOWER, short="Abandoned %",
          formula=f"abandoned ÷ {ENTERED}", above="abandoned", below="entered"),
    ratio("abandoned_of_queued", "abandoned of queued", "share", better=LOWER,
          formula="abandoned ÷ queued", above="abandoned", below="queued"),
    ratio("balked_share", "balked share", "share", better=LOWER,
          formula="balked ÷ offered", above="balked", below=OFFERED),
    ratio("blocked_share", "blocked share", "share", better=LOWER, short="Blocked %",
          formula="blocked ÷ offered", above="blocked", below=OFFERED),
    ratio("closed_share", "closed share", "share", better=LOWER,
          formula="closed ÷ offered", above="closed", below=OFFERED),
    ratio("contained_share", "contained share", "share", scopes=OF_FLOW, better=HIGHER,
          formula="contained ÷ offered", above="contained", below=OFFERED),
    ratio("contained_false_share", "false containment", "share", scopes=OF_FLOW,
          formula="falsely contained ÷ contained", above="contained_false", below="contained"),
    ratio("hung_up_share", "hung up share", "share", scopes=OF_FLOW,
          formula="hung up ÷ offered", above="hung_up", below=OFFERED),
    ratio("flow_time", "time in the flow", "s", scopes=OF_FLOW,
          formula="time in menus, self-service and announcements ÷ offered", above="flow_time", below=OFFERED),
)
