"""The three tables that every export becomes, column by column; the reference page is made from this."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Kind = Literal["text", "identity", "stamp", "seconds", "count", "share", "flag"]


class Column(NamedTuple):
    """A column of a canonical table: its kind, what it holds, and whether rows without it are of no use."""

    name: str
    kind: Kind
    says: str


OUTCOMES: Final = {
    "answered": "an agent answered",
    "abandoned": "left while waiting in the queue",
    "left_before_queue": "ended in the menu (IVR) or at a closed queue, and never waited",
    "forced_exit": "the system took the contact out of the queue: voicemail, overflow or a closing message",
    "unknown": "the export does not say how it ended",
}
WHERE: Final = (
    Column("file", "text", "name of the file that the row is from"),
    Column("line", "count", "its line there, or the number of its record"),
)
CONTACTS: Final = (
    Column("contact", "text", "id of the contact in the export; blank where it has none"),
    Column("customer", "identity", "who contacted, as an id that is the same for the same number or name"),
    Column("queue", "text", "queue, skill or team that the contact waited for"),
    Column("reason", "text", "reason or type of contact"),
    Column("channel", "text", "voice, chat, email …, as the export says"),
    Column("direction", "text", "inbound or other, as the export says"),
    Column("priority", "text", "priority or class of the customer"),
    Column("arrived", "stamp", "when the contact reached the center"),
    Column("queued", "stamp", "when it joined the queue; blank if it never waited"),
    Column("outcome", "text", ", ".join(f"{name} ({says})" for name, says in OUTCOMES.items())),
    Column("ivr_s", "seconds", "time from arrival until it joined the queue, was answered or left"),
    Column("wait_s", "seconds", "time in the queue until it was answered or left"),
    Column("agent", "identity", "who answered first"),
    Column("talk_s", "seconds", "talk time of all agents, without hold where the export tells them apart"),
    Column("hold_s", "seconds", "hold time"),
    Column("acw_s", "seconds", "after-call work"),
    Column("handle_s", "seconds", "talk, hold and after-call work together"),
    Column("ended", "stamp", "when the contact ended for the customer"),
    Column("transferred", "flag", "1 if it was passed on"),
    Column("legs", "count", "rows of the export that make up this contact"),
    *WHERE,
)
INTERVALS: Final = (
    Column("queue", "text", "queue, skill or group of queues"),
    Column("channel", "text", "voice, chat, email …, as the export says"),
    Column("start", "stamp", "begin of the interval"),
    Column("minutes", "count", "its length"),
    Column("offered", "count", "contacts offered to the queue"),
    Column("answered", "count", "contacts that an agent answered"),
    Column("abandoned", "count", "contacts that left while waiting"),
    Column("short_abandoned", "count", "of those, the ones below the threshold for short abandons"),
    Column("answered_in_sl", "count", "contacts answered within the service level's threshold"),
    Column("service_level", "share", "service level, 0 to 1, as the export defines it"),
    Column("aht_s", "seconds", "mean handle time per answered contact"),
    Column("talk_s", "seconds", "mean talk time per answered contact"),
    Column("hold_s", "seconds", "mean hold time per answered contact"),
    Column("acw_s", "seconds", "mean after-call work per answered contact"),
    Column("asa_s", "seconds", "mean wait of answered contacts"),
    Column("wait_s", "seconds", "mean wait of all contacts"),
    Column("abandon_wait_s", "seconds", "mean wait of abandoned contacts"),
    Column("agents", "count", "agents on duty"),
    Column("rows", "count", "rows of the export that were added up"),
    *WHERE,
)
STAFFING: Final = (
    Column("agent", "identity", "who"),
    Column("group", "text", "team or group"),
    Column("queue", "text", "queue or skill, where a log-in is for one"),
    Column("start", "stamp", "begin of the spell"),
    Column("end", "stamp", "its end"),
    Column("activity", "text", "logged_in, shift, or what the export calls it"),
    Column("unpaid_s", "seconds", "unpaid break within a shift"),
    *WHERE,
)
TABLES: Final = {"contacts": CONTACTS, "intervals": INTERVALS, "staffing": STAFFING}

Role = dict[str, Kind]
# What a mapping may name a column for, by layout: the columns above, and what they are worked out from.
_CONTACT: Final[Role] = {
    "contact": "text",
    "customer": "identity",
    "queue": "text",
    "reason": "text",
    "channel": "text",
    "direction": "text",
    "priority": "text",
    "arrived": "stamp",
    "queued": "stamp",
    "answered": "stamp",
    "ended": "stamp",
    "wrapped": "stamp",
    "updated": "stamp",
    "outcome": "text",
    "ivr": "seconds",
    "wait": "seconds",
    "agent": "identity",
    "talk": "seconds",
    "hold": "seconds",
    "acw": "seconds",
    "handle": "seconds",
    "transferred": "flag",
}
ROLES: Final[dict[str, Role]] = {
    "contacts": _CONTACT,
    "segments": _CONTACT,
    "events": {
        "contact": "text",
        "at": "stamp",
        "queue": "text",
        "agent": "identity",
        "customer": "identity",
        "event": "text",
    },
    "intervals": {
        "queue": "text",
        "channel": "text",
        "start": "stamp",
        "end": "stamp",
        "length": "text",
        "offered": "count",
        "answered": "count",
        "abandoned": "count",
        "short_abandoned": "count",
        "answered_in_sl": "count",
        "service_level": "share",
        "aht": "seconds",
        "talk": "seconds",
        "hold": "seconds",
        "acw": "seconds",
        "asa": "seconds",
        "wait": "seconds",
        "abandon_wait": "seconds",
        "agents": "count",
        "complete": "text",
    },
    "staffing": {
        "agent": "identity",
        "group": "text",
        "queue": "text",
        "start": "stamp",
        "end": "stamp",
        "activity": "text",
        "event": "text",
        "unpaid": "seconds",
    },
    "roster": {"agent": "identity", "group": "text", "unpaid": "seconds", "on": "stamp", "shift": "text"},
}
NEEDED: Final = {
    "contacts": ("arrived",),
    "segments": ("contact", "arrived"),
    "events": ("contact", "at", "event"),
    "intervals": ("start", "offered"),
    "staffing": ("agent", "start"),
    "roster": ("agent",),
}
SAYS: Final = {
    "arrived": "when the contact reached the center; `queued`: when it joined the queue",
    "at": "when the event was",
    "event": "which event the row is",
    "answered": "when an agent answered, or how many an agent answered",
    "ended": "when the talk ended, or the contact if nobody answered",
    "wrapped": "when after-call work ended",
    "updated": "when the record was last changed: of a contact that comes twice, the last stays",
    "end": "end of the interval or spell",
    "complete": "whether the interval is complete",
    "length": "length of the interval, such as 15mins, 30, daily",
}
