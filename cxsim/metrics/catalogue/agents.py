"""Queues and agents over time."""

from __future__ import annotations

from cxsim.metrics.figure import AGENTS, BUSY, LOWER, Figure, hours, most, ratio

# fmt: off
ROWS: tuple[Figure, ...] = (
    ratio("queue_length", "queue length", "contacts", scopes=("total", "queue"), better=LOWER, short="Mean queue",
          formula="contacts waiting, averaged over time (open intervals)", above="waiting", below="seconds"),
    most("queue_length_max", "longest queue", better=LOWER, short="Longest queue",
          formula="largest number of contacts waiting at the same time, mean over replications", above="most"),
    ratio("occupancy", "occupancy", "share", scopes=AGENTS,
          formula="(talk + wrap time, simultaneous chats counted once) ÷ (time on duty + overrun, without breaks "
                  "and away time)",
          above=BUSY, below="on_duty + overrun"),
    ratio("concurrency", "chats at a time", "", scopes=AGENTS,
          formula="chat time ÷ time that agents are in at least one chat", above="chat_time", below="engaged"),
    ratio("utilisation", "utilisation", "share", scopes=AGENTS,
          formula="(talk + wrap time) ÷ paid time", above=BUSY, below="paid_time"),
    ratio("agents_required", "agents required", "agents", scopes=("total", "queue"), short="Required",
          formula="agents required by Erlang for the queue's target (open time)",
          above="required", below="open_seconds"),
    ratio("agents_scheduled", "agents scheduled", "agents", scopes=AGENTS, short="Scheduled",
          formula="agents in the plan before shrinkage (open time)", above="scheduled", below="open_seconds"),
    ratio("agents_planned", "agents planned", "agents", scopes=AGENTS, short="Planned",
          formula="agents that the plan expects to be present (open time)", above="planned", below="open_seconds"),
    ratio("agents_present", "agents present", "agents", scopes=AGENTS, short="Present",
          formula="(time on duty + away) ÷ open time, without breaks and overrun",
          above="present", below="open_seconds"),
    hours("overrun_hours", "overrun", better=LOWER, short="Overrun",
          formula="hours that agents worked past the end of their shift", above="overrun"),
    hours("away_hours", "away", short="Away",
          formula="hours that agents on duty were not available", above="away"),
    hours("paid_hours", "paid hours", better=LOWER, short="Paid time",
          formula="hours paid by the plan, plus overrun if it is paid", above="paid_time"),
)
