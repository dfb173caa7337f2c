"""A figure: its formula in words and in sums, its unit, its scopes, and whether more of it is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cxsim.schema.service_levels import SL_DEFINITIONS

SCOPES = ("total", "queue", "reason", "segment", "group")
KIND = "kind"  # scope of queues of one kind of channel, where there are several kinds: their waits do not add up
KINDS = ("live", "chat", "deferred")
Kind = Literal["count", "ratio", "quantile", "most"]
Direction = Literal[-1, 0, 1]
CONTACTS = ("total", "queue", "reason", "segment")
SERVED = ("total", "queue", "reason", "segment", "group")
OF_FLOW = ("total", "reason", "segment")  # contacts that end in the flow come to no queue
AGENTS = ("total", "group")
HIGHER: Direction = 1
LOWER: Direction = -1
NEITHER: Direction = 0

# Sums that several figures share.
OFFERED = "fresh + redial + repeat"
BUSY = "busy_talk + busy_wrap + engaged"
SEEN_THROUGH = "served - transferred - replied - consults_answered"
COST = "staff_cost + contact_cost + conversation_cost + compensation + lesson_cost"
BY_ANSWER = "; for a group, by the interval in which its agent answered"


@dataclass(frozen=True)
class Figure:
    """One figure: `kind` is count (mean over replications of a sum), ratio (sum over sum), quantile or most.

    `formula` is for people, `numerator` and `denominator` for the program; the value is multiplied by
    `scale`. `unit` is contacts, share, s, agents, h, money or empty (a plain number). `better` says which
    direction is better for customers or budget: 1 higher, -1 lower, 0 neither by itself. `short` is the head of
    a column where the title is long for one. `additive` figures of disjoint names or intervals may be added up.
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
    better: Direction = NEITHER
    short: str = ""

    @property
    def additive(self) -> bool:
        """Whether values of disjoint names and intervals may be added."""
        return self.kind == "count"

    @property
    def absolute(self) -> bool:
        """Whether a precision is a distance (shares) rather than a fraction of the value (all else)."""
        return self.unit == "share"


def count(
    name: str,
    title: str,
    *,
    formula: str,
    above: str,
    scopes: tuple[str, ...] = CONTACTS,
    better: Direction = NEITHER,
    short: str = "",
) -> Figure:
    """A number of contacts, mean over replications."""
    return Figure(name, title, formula, "contacts", scopes, "count", above, better=better, short=short)


def most(name: str, title: str, *, formula: str, above: str, better: Direction = NEITHER, short: str = "") -> Figure:
    """The most contacts at one time in a queue, mean over replications."""
    return Figure(name, title, formula, "contacts", ("queue",), "most", above, better=better, short=short)


def money(
    name: str, title: str, *, formula: str, above: str, scopes: tuple[str, ...] = CONTACTS, better: Direction = NEITHER
) -> Figure:
    """A sum of money, mean over replications."""
    return Figure(name, title, formula, "money", scopes, "count", above, better=better)


def hours(name: str, title: str, *, formula: str, above: str, better: Direction = NEITHER, short: str = "") -> Figure:
    """A sum of agents' seconds, in hours."""
    return Figure(name, title, formula, "h", AGENTS, "count", above, scale=1 / 3600, better=better, short=short)


def ratio(
    name: str,
    title: str,
    unit: str,
    *,
    formula: str,
    above: str,
    below: str,
    scopes: tuple[str, ...] = CONTACTS,
    better: Direction = NEITHER,
    short: str = "",
) -> Figure:
    """A sum over another."""
    return Figure(name, title, formula, unit, scopes, "ratio", above, below, better=better, short=short)


def sl(name: str, title: str, definition: str) -> Figure:
    """A service level by one of its definitions."""
    formula, above, below = SL_DEFINITIONS[definition]
    return ratio(name, title, "share", formula=formula, above=above, below=below, better=HIGHER)


def quantile(waits: str, who: str, q: float) -> Figure:
    """A quantile of the waits of those `who` are counted; `waits` is wait or wait_all."""
    percent = round(100 * q)
    return Figure(
        f"{waits}_p{percent}",
        f"wait that {percent}% of {who} stay within",
        f"the {percent}% quantile of the wait of contacts {who}, to 0.5%",
        "s",
        CONTACTS,
        "quantile",
        waits,
        quantile=q,
        better=LOWER,
        short=f"Wait P{percent}" if waits == "wait" else "",
    )
