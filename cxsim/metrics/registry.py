"""The registry: every figure the program knows, its formula in words and in sums, its unit and its scopes.

A figure is a name for a sum, or for one sum over another. The sums ("columns") are what the fold keeps for
each interval; `numerator` and `denominator` are written as column names joined by `+` and `-`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from cxsim.metrics.sums import QUANTILES
from cxsim.schema.names import SL_NAMES

SCOPES = ("total", "queue", "reason", "segment", "group")
KIND = "kind"  # scope of queues of one kind of channel, where there are several kinds: their waits do not add up
KINDS = ("live", "chat", "deferred")
Kind = Literal["count", "ratio", "quantile", "most"]
CONTACTS = ("total", "queue", "reason", "segment")
SERVED = ("total", "queue", "reason", "segment", "group")
OF_FLOW = ("total", "reason", "segment")  # contacts that end in the flow come to no queue
AGENTS = ("total", "group")


@dataclass(frozen=True)
class Figure:
    """One figure: `kind` is count (mean over replications of a sum), ratio (sum over sum), quantile or most.

    `formula` is for people, `numerator` and `denominator` for the program; the value is multiplied by
    `scale`. `unit` is contacts, share, s, agents, h, money or empty (a plain number). `additive` figures of
    disjoint names or intervals may be added up.
    """

    name: str
    title: str
    formula: str
    unit: str
    scopes: tuple[str, ...]
    kind: Kind
    numerator: str
    denominator: str = ""
    scale: float = 1.0
    quantile: float = 0.0

    @property
    def additive(self) -> bool:
        """Whether values of disjoint names and intervals may be added."""
        return self.kind == "count"

    @property
    def absolute(self) -> bool:
        """Whether a precision is a distance (shares) rather than a fraction of the value (all else)."""
        return self.unit == "share"


def terms(expression: str) -> tuple[tuple[str, int], ...]:
    """Split 'a + b - c' into (('a', 1), ('b', 1), ('c', -1))."""
    found: list[tuple[str, int]] = []
    sign = 1
    for word in expression.split():
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            found.append((word, sign))
    return tuple(found)


ENTERED = "contacts that were answered or waited in a queue (not balked or blocked ones)"


class Definition(NamedTuple):
    """A service level: T is the queue's target time, S the short-abandon time."""

    formula: str
    numerator: str
    denominator: str


SL_DEFINITIONS: dict[str, Definition] = {
    "answered_of_offered": Definition(f"answered within T ÷ {ENTERED}", "in_time", "entered"),
    "answered_of_answered": Definition("answered within T ÷ answered", "in_time", "answered"),
    "excluding_short_abandoned": Definition(
        f"answered within T ÷ {ENTERED}, minus those abandoned within S",
        "in_time",
        "entered - short_abandoned",
    ),
    "abandoned_in_time_count_as_met": Definition(
        f"(answered within T + abandoned within T) ÷ {ENTERED}", "in_time + abandoned_in_time", "entered"
    ),
    "excluding_abandoned_in_time": Definition(
        f"answered within T ÷ {ENTERED}, minus those abandoned within T",
        "in_time",
        "entered - abandoned_in_time",
    ),
    "including_blocked": Definition(
        "answered within T ÷ all contacts offered, including blocked and balked ones",
        "in_time",
        "fresh + redial + repeat",
    ),
}
DEFAULT_SL = SL_NAMES[0]


def _count(name: str, title: str, formula: str, numerator: str, scopes: tuple[str, ...] = CONTACTS) -> Figure:
    return Figure(name, title, formula, "contacts", scopes, "count", numerator)


def _ratio(
    name: str,
    title: str,
    formula: str,
    unit: str,
    numerator: str,
    denominator: str,
    scopes: tuple[str, ...] = CONTACTS,
) -> Figure:
    return Figure(name, title, formula, unit, scopes, "ratio", numerator, denominator)


def _hours(name: str, title: str, formula: str, numerator: str) -> Figure:
    return Figure(name, title, formula, "h", AGENTS, "count", numerator, scale=1 / 3600)


OFFERED = "fresh + redial + repeat"
BUSY = "busy_talk + busy_wrap + engaged"
BY_ANSWER = "; for a group, by the interval in which its agent answered"


def _figures() -> list[Figure]:
    sl = [
        Figure(f"sl_{name}", f"SL ({name.replace('_', ' ')})", formula, "share", CONTACTS, "ratio", over, under)
        for name, (formula, over, under) in SL_DEFINITIONS.items()
    ]
    formula, over, under = SL_DEFINITIONS[DEFAULT_SL]
    quantiles = [
        Figure(
            f"wait{among}_p{round(100 * q)}",
            f"wait that {round(100 * q)}% of {who} contacts do not exceed",
            f"the {round(100 * q)}% quantile of the wait of {who} contacts, accurate to 0.5%",
            "s",
            CONTACTS,
            "quantile",
            "wait_all" if among else "wait",
            quantile=q,
        )
        for among, who in (("", "answered"), ("_all", "answered or abandoned"))
        for q in QUANTILES
    ]
    return [
        _count("offered", "offered", "all contacts: fresh + redials + repeats", OFFERED),
        _count("fresh", "fresh", "first attempts of an issue", "fresh"),
        _count(
            "redials",
            "redials",
            "attempts after abandoning, balking, hanging up, being blocked or turned away",
            "redial",
        ),
        _count(
            "repeats",
            "repeats",
            "attempts after an answered or contained contact that did not resolve the issue",
            "repeat",
        ),
        _count(
            "transferred_in",
            "transferred in",
            "contacts that an agent of another queue transferred to this one; already offered there",
            "transferred_in",
        ),
        _count(
            "transferred", "transferred", "answered contacts that the agent transferred to another queue", "transferred"
        ),
        _count("callbacks_offered", "callbacks offered", "contacts that were offered a callback", "callbacks_offered"),
        _count(
            "callbacks",
            "callbacks",
            "contacts that accepted a callback; neither answered nor abandoned",
            "callbacks",
        ),
        _count("callbacks_reached", "callbacks reached", "callbacks that the customer answered", "callbacks_reached"),
        _count(
            "callbacks_unreached",
            "callbacks unreached",
            "callbacks given up after the last try",
            "callbacks_unreached",
        ),
        _count("turns", "turns", "times that a customer wrote again after an answer", "turns"),
        _count("turns_lost", "turns lost", "turns not answered: given up, turned away or unfinished", "turns_lost"),
        _count("outbound", "outbound", "records to dial", "outbound"),
        _count(
            "outbound_reached",
            "outbound reached",
            "dialled records whose customer talked to an agent",
            "outbound_reached",
        ),
        _count(
            "outbound_dropped",
            "outbound dropped",
            "dialled records whose customer answered, then abandoned or was turned away before an agent was free",
            "outbound_dropped",
        ),
        _count("outbound_left", "outbound left", "records on the list when the simulated time ended", "outbound_left"),
        _count("outbound_unreached", "outbound unreached", "records given up after the last try", "outbound_unreached"),
        _count("consults", "consultations", "times that an agent of another queue consulted this one", "consults"),
        _count("consults_lost", "consultations lost", "consultations without an answer", "consults_lost"),
        _count("entered", "queued or answered", ENTERED, "entered"),
        _count(
            "queued", "queued", "contacts that waited before an agent answered them, or were not answered", "queued"
        ),
        _count(
            "answered",
            "answered",
            "contacts that an agent answered, counted in each queue that they were transferred to" + BY_ANSWER,
            "answered",
            SERVED,
        ),
        _count("answered_in_time", "answered within T", "contacts answered within their queue's T", "in_time"),
        _count("abandoned", "abandoned", "contacts that abandoned while waiting", "abandoned"),
        _count("short_abandoned", "short-abandoned", "contacts that abandoned within S", "short_abandoned"),
        _count("balked", "balked", "contacts that balked when no agent was free", "balked"),
        _count("blocked", "blocked", "contacts that found no free trunk or waiting place", "blocked"),
        _count("closed", "closed", "contacts turned away because the queue was or became closed", "closed"),
        _count("contained", "contained", "contacts that ended in self-service", "contained", OF_FLOW),
        _count(
            "contained_false",
            "falsely contained",
            "contacts that ended in self-service without resolving their issue",
            "contained_false",
            OF_FLOW,
        ),
        _count("hung_up", "hung up", "contacts that hung up in the flow, before any queue", "hung_up", OF_FLOW),
        _count("unfinished", "unfinished", "contacts still waiting when the simulated time ended", "unfinished"),
        _count(
            "resolved",
            "resolved",
            "answered contacts that resolved their issue" + BY_ANSWER,
            "resolved",
            SERVED,
        ),
        Figure("sl", "SL", formula, "share", CONTACTS, "ratio", over, under),
        *sl,
        _ratio(
            "answered_within_20s",
            "answered within 20 s",
            f"answered within 20 s (wait as in sl.basis) ÷ {ENTERED}",
            "share",
            "answered_20s",
            "entered",
        ),
        _ratio(
            "answered_within_60s",
            "answered within 60 s",
            f"answered within 60 s (wait as in sl.basis) ÷ {ENTERED}",
            "share",
            "answered_60s",
            "entered",
        ),
        _ratio("share_queued", "share queued", f"queued ÷ {ENTERED}", "share", "queued", "entered"),
        _ratio("transferred_share", "transferred share", "transferred ÷ answered", "share", "transferred", "answered"),
        _ratio(
            "hand_offs",
            "transfers per contact",
            "transferred ÷ contacts that an agent completed",
            "",
            "transferred",
            "served - transferred - replied - consults_answered",
            ("total", "reason", "segment"),
        ),
        _ratio(
            "turn_wait",
            "wait for the next answer",
            "wait of answered turns ÷ answered turns",
            "s",
            "turn_wait",
            "turns_answered",
        ),
        _ratio(
            "outbound_reached_share",
            "outbound reached share",
            "outbound reached ÷ outbound",
            "share",
            "outbound_reached",
            "outbound",
        ),
        _ratio(
            "outbound_dropped_share",
            "outbound dropped share",
            "outbound dropped ÷ (outbound reached + outbound dropped)",
            "share",
            "outbound_dropped",
            "outbound_reached + outbound_dropped",
        ),
        _ratio(
            "consult_wait",
            "wait for advice",
            "wait of answered consultations ÷ answered consultations",
            "s",
            "consult_wait",
            "consults_answered",
        ),
        _ratio("callback_share", "callback share", "callbacks ÷ offered", "share", "callbacks", OFFERED),
        _ratio(
            "callback_wait",
            "wait for callback",
            "time from accepting the callback to talking, including dialling and further tries ÷ callbacks reached",
            "s",
            "callback_wait",
            "callbacks_reached",
        ),
        _ratio(
            "told_wait",
            "announced wait",
            "wait announced to answered contacts ÷ answered contacts with an announcement",
            "s",
            "told_wait",
            "told",
        ),
        _ratio(
            "told_error",
            "error of the announced wait",
            "absolute difference between the announced and the actual wait ÷ answered contacts with an announcement",
            "s",
            "told_error",
            "told",
        ),
        _ratio("answered_share", "answered share", f"answered ÷ {ENTERED}", "share", "answered", "entered"),
        _ratio("abandoned_share", "abandoned share", f"abandoned ÷ {ENTERED}", "share", "abandoned", "entered"),
        _ratio("abandoned_of_queued", "abandoned of queued", "abandoned ÷ queued", "share", "abandoned", "queued"),
        _ratio("balked_share", "balked share", "balked ÷ offered", "share", "balked", OFFERED),
        _ratio("blocked_share", "blocked share", "blocked ÷ offered", "share", "blocked", OFFERED),
        _ratio("closed_share", "closed share", "closed ÷ offered", "share", "closed", OFFERED),
        _ratio("contained_share", "contained share", "contained ÷ offered", "share", "contained", OFFERED, OF_FLOW),
        _ratio(
            "contained_false_share",
            "false containment",
            "falsely contained ÷ contained",
            "share",
            "contained_false",
            "contained",
            OF_FLOW,
        ),
        _ratio("hung_up_share", "hung up share", "hung up ÷ offered", "share", "hung_up", OFFERED, OF_FLOW),
        _ratio(
            "flow_time",
            "time in the flow",
            "time in menus, self-service and announcements ÷ offered",
            "s",
            "flow_time",
            OFFERED,
            OF_FLOW,
        ),
        _ratio("asa", "ASA", "wait of answered contacts ÷ answered", "s", "wait_answered", "answered"),
        _ratio("ata", "ATA", "wait of abandoned contacts ÷ abandoned", "s", "wait_abandoned", "abandoned"),
        _ratio(
            "wait_mean",
            "mean wait",
            "wait of answered and abandoned contacts ÷ (answered + abandoned)",
            "s",
            "wait_answered + wait_abandoned",
            "answered + abandoned",
        ),
        _ratio(
            "wait_queued",
            "mean wait of queued contacts",
            "wait of all contacts ÷ queued",
            "s",
            "wait_answered + wait_abandoned + wait_other",
            "queued",
        ),
        *quantiles,
        _ratio("aht", "AHT", "(talk + wrap) ÷ served" + BY_ANSWER, "s", "talk + wrap", "served", SERVED),
        _ratio("talk_mean", "mean talk", "talk (and hold) ÷ served" + BY_ANSWER, "s", "talk", "served", SERVED),
        _ratio("wrap_mean", "mean wrap", "after-call work ÷ served" + BY_ANSWER, "s", "wrap", "served", SERVED),
        _ratio(
            "fcr_true",
            "FCR, true",
            "issues resolved at their first answered contact ÷ issues answered at least once",
            "share",
            "first_resolved",
            "first_answers",
        ),
        _ratio(
            "fcr_measured",
            "FCR, measured",
            "answered contacts whose issue has no further contact inside the window after the talk ÷ "
            "answered contacts whose window has closed",
            "share",
            "window_alone",
            "window_closed",
        ),
        _ratio(
            "contacts_per_issue",
            "contacts per issue",
            "all contacts of the issues that began in the interval ÷ those issues",
            "",
            "cohort_contacts",
            "fresh",
        ),
        _ratio(
            "issues_answered",
            "issues answered",
            "issues answered at least once, at any time ÷ issues begun",
            "share",
            "cohort_answered",
            "fresh",
        ),
        _ratio(
            "issues_answered_in_time",
            "issues answered within T",
            "issues whose total wait up to the first answer is within T ÷ issues begun",
            "share",
            "cohort_in_time",
            "fresh",
        ),
        _ratio(
            "issues_resolved",
            "issues resolved",
            "issues resolved at any time ÷ issues begun",
            "share",
            "cohort_resolved",
            "fresh",
        ),
        _ratio(
            "solved_at_once",
            "solved at the first contact",
            "issues solved by their first contact in any channel, including self-service ÷ issues begun",
            "share",
            "cohort_first",
            "fresh",
        ),
        _ratio(
            "effort",
            "effort per issue",
            "effort points (weights are an assumption) of the issues that began in the interval ÷ those issues",
            "",
            "cohort_effort",
            "fresh",
        ),
        _ratio(
            "churn",
            "customers expected to leave",
            "shares of customers who leave (an assumption), by how each issue ended ÷ finished issues that began in "
            "the interval",
            "share",
            "leavers",
            "cohort_first + cohort_later + cohort_given_up",
        ),
        Figure(
            "value_lost",
            "value lost",
            "a year's value of customers expected (an assumption) to leave or spend less after issues that began in "
            "the interval",
            "money",
            CONTACTS,
            "count",
            "value_lost",
        ),
        Figure(
            "cost_and_churn",
            "cost and value lost",
            "cost + value lost (assumption)",
            "money",
            ("total",),
            "count",
            "staff_cost + contact_cost + value_lost",
        ),
        _ratio(
            "time_to_resolution",
            "time to resolution",
            "time from the first attempt to the end of the talk that resolved the issue ÷ issues resolved",
            "s",
            "cohort_time",
            "cohort_resolved",
        ),
        _ratio(
            "queue_length",
            "queue length",
            "contacts waiting, averaged over time (open intervals)",
            "contacts",
            "waiting",
            "seconds",
            ("total", "queue"),
        ),
        Figure(
            "queue_length_max",
            "longest queue",
            "largest number of contacts waiting at the same time, mean over replications",
            "contacts",
            ("queue",),
            "most",
            "most",
        ),
        _ratio(
            "occupancy",
            "occupancy",
            "(talk + wrap time, simultaneous chats counted once) ÷ (time on duty + overrun, without breaks and away "
            "time)",
            "share",
            BUSY,
            "on_duty + overrun",
            AGENTS,
        ),
        _ratio(
            "concurrency",
            "chats at the same time",
            "chat time ÷ time that agents are in at least one chat",
            "",
            "chat_time",
            "engaged",
            AGENTS,
        ),
        _ratio("utilisation", "utilisation", "(talk + wrap time) ÷ paid time", "share", BUSY, "paid_time", AGENTS),
        _ratio(
            "agents_required",
            "agents required",
            "agents required by Erlang for the queue's target (open time)",
            "agents",
            "required",
            "open_seconds",
            ("total", "queue"),
        ),
        _ratio(
            "agents_scheduled",
            "agents scheduled",
            "agents in the plan before shrinkage (open time)",
            "agents",
            "scheduled",
            "open_seconds",
            AGENTS,
        ),
        _ratio(
            "agents_planned",
            "agents planned",
            "agents that the plan expects to be present (open time)",
            "agents",
            "planned",
            "open_seconds",
            AGENTS,
        ),
        _ratio(
            "agents_present",
            "agents present",
            "(time on duty + away) ÷ open time, without breaks and overrun",
            "agents",
            "present",
            "open_seconds",
            AGENTS,
        ),
        _hours("overrun_hours", "overrun", "hours that agents worked past the end of their shift", "overrun"),
        _hours("away_hours", "away", "hours that agents on duty were not available", "away"),
        _hours("paid_hours", "paid hours", "hours paid by the plan, plus overrun if it is paid", "paid_time"),
        Figure(
            "cost",
            "cost",
            "wages of the paid hours + cost of answered contacts (groups: wages only)",
            "money",
            AGENTS,
            "count",
            "staff_cost + contact_cost",
        ),
        Figure(
            "contact_cost",
            "cost of contacts",
            "contacts that an agent talked to (a transferred one counts once) × the reason's cost per contact",
            "money",
            CONTACTS,
            "count",
            "contact_cost",
        ),
        _ratio(
            "cost_per_contact",
            "cost per contact",
            "cost ÷ contacts that an agent completed (answered or called back; a transferred one counts once)",
            "money",
            "staff_cost + contact_cost",
            "served - transferred - replied - consults_answered",
            AGENTS,
        ),
        _ratio(
            "cost_per_resolution",
            "cost per resolution",
            "cost ÷ answered contacts that resolved their issue",
            "money",
            "staff_cost + contact_cost",
            "resolved",
            AGENTS,
        ),
    ]


REGISTRY: dict[str, Figure] = {figure.name: figure for figure in _figures()}
