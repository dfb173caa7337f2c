"""The ledger: what an engine leaves behind, and the only thing figures are computed from.

*Legs* hold one row per stay of a contact in one place (a plain call has one), *spells* one row per stay of an agent
in one state, *queue lengths* one row per queue and interval, *moves* one row per customer who left or came. Times are
seconds since the midnight that begins the first simulated day; NaN says that a step never happened.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import shared

REASON_SHIFT = 50
DAY_SHIFT = 36

# How a leg ended.
(
    ANSWERED,
    ABANDONED,
    BALKED,
    BLOCKED,
    CLOSED,
    CONTAINED,
    HANDED_ON,
    UNFINISHED,
    HUNG_UP,
    TRANSFERRED,
    CALLBACK,
    UNREACHED,
    REPLIED,
    CONSULTED,
) = range(14)
OUTCOMES = (
    "answered",
    "abandoned",
    "balked",
    "blocked",
    "closed",
    "contained",
    "handed on",
    "unfinished",
    "hung up",
    "transferred",
    "callback",
    "unreached",
    "replied",
    "consulted",
)

# Why an attempt was made, or a contact came to another queue.
FRESH, REDIAL, REPEAT, TRANSFER, CALLED_BACK, TURN, OUTBOUND, CONSULT = range(8)
CAUSES = ("fresh", "redial", "repeat", "transfer", "called back", "turn", "outbound", "consult")

# What an agent is doing, besides talk and wrap, which the legs tell; engaged in chats, one or more, while on duty.
ON_DUTY, BREAK, AWAY, OVERRUN, ENGAGED = range(5)
STATES = ("on duty", "break", "away", "overrun", "engaged")

LEG_DTYPE = np.dtype(
    [
        ("issue", "i8"),  # reason << 50 | day << 36 | number within reason and day
        ("arrived", "f8"),  # start of this contact (attempt), or when it was transferred here
        ("queued", "f8"),  # entered this leg's queue or node of the flow; NaN for a contact that was blocked or balked
        ("answered", "f8"),
        ("talk_end", "f8"),
        ("ended", "f8"),  # end of wrap, or of the leg when nobody answered
        ("next_at", "f8"),  # when the next attempt of this issue comes
        ("opened", "f8"),  # first attempt of this issue
        ("waited", "f8"),  # queue time in earlier legs of this contact
        ("accumulated", "f8"),  # queue time in earlier attempts of this issue
        ("agent", "i4"),  # index over the seats of all groups; -1 for none
        ("reason", "i2"),
        ("segment", "i2"),
        ("channel", "i2"),
        ("queue", "i2"),  # where this leg was; -1 - n in node n of the flow
        ("entry", "i2"),  # first queue of this contact, or that it was transferred to; -1 before it came to one
        ("group", "i2"),
        ("attempt", "i2"),
        ("leg", "i2"),
        ("nth", "i2"),  # contacts of this issue answered so far, this one included
        ("cause", "i1"),
        ("outcome", "i1"),
        ("resolved", "i1"),
        ("next", "i1"),  # cause of the next attempt, FRESH (0) for none
        ("offer", "i1"),  # whether a call back was offered
        ("felt", "i2"),  # flags: what the customer of this leg felt, see below
        ("told", "f4"),  # the wait that was announced; NaN for none
    ],
    align=True,
)

# Flags of a leg: told again, to its agent; came by another channel than before; of an issue that was dialled; talked to
# an AI agent; passed a node of the flow without noticing it; met discourtesy; was put on hold; waited longer than
# expected, or not; was compensated by an agent who had not resolved it, or for nothing.
TOLD_AGAIN, SWITCHED, OURS, CONVERSED, PASSED, RUDE, HELD, BROKEN, KEPT, COMPENSATED, MISUSED = (
    1 << k for k in range(11)
)

SPELL_DTYPE = np.dtype([("start", "f8"), ("end", "f8"), ("agent", "i4"), ("state", "i4")], align=True)

# Who left or came: a seat of a segment's market is empty from `time` on, or no longer.
MOVE_DTYPE = np.dtype(
    [
        ("time", "f8"),
        ("until", "f8"),  # when someone takes the seat, or would have; infinite for never
        ("issue", "i8"),  # that was over
        ("seat", "i4"),
        ("segment", "i2"),
        ("kind", "i1"),
        ("how", "i1"),  # the issue ended: solved at once, later, not at all
    ],
    align=True,
)
LEFT, WARNED, BROUGHT = range(3)  # kinds of moves: left, was warned off by another, was brought by another
AT_ONCE, LATER, UNSOLVED = range(3)  # how an issue ended
MEMBER_DTYPE = np.dtype(
    [
        ("joins", "f8"),  # a customer sits there from then on; infinite for never
        ("burden", "f8"),  # points of effort that were remembered
        ("noted", "f8"),  # at this time
    ],
    align=True,
)


class Customers(NamedTuple):
    """What became of customers who are told apart: `moves` (MOVE_DTYPE) in the order they happened, `members`
    (MEMBER_DTYPE) by seat at the end, by segment how many issues did not arise as nobody sat there (`missed`), and by
    reason how many of those that arose in the counted time a community has helped (`helped`).
    """

    moves: npt.NDArray[np.void]
    members: npt.NDArray[np.void]
    missed: npt.NDArray[np.int64]
    helped: npt.NDArray[np.float64]


class Ledger(NamedTuple):
    """One replication's tables: `legs` (LEG_DTYPE), `spells` (SPELL_DTYPE), and by queue × interval the queue length
    integrated over time (`waiting`, contact-seconds) and its maximum (`most`); of customers, where they are told apart.
    """

    legs: npt.NDArray[np.void]
    spells: npt.NDArray[np.void]
    waiting: npt.NDArray[np.float64]
    most: npt.NDArray[np.int64]
    customers: Customers | None = None


@shared
def issue_id(reason: int, day: int, number: int) -> int:
    """Pack the address of an issue into one integer whose order is (reason, day, number)."""
    return reason << REASON_SHIFT | day << DAY_SHIFT | number


class Sink(Protocol):
    """Who receives a ledger block by block; a block is only valid during the call."""

    def legs(self, block: npt.NDArray[np.void]) -> None: ...
    def spells(self, block: npt.NDArray[np.void]) -> None: ...
    def lengths(self, waiting: npt.NDArray[np.float64], most: npt.NDArray[np.int64]) -> None: ...
    def customers(self, made: Customers) -> None: ...


class Keeper:
    """A sink that keeps everything: one replication's ledger in memory."""

    def __init__(self) -> None:
        self._legs: list[npt.NDArray[np.void]] = []
        self._spells: list[npt.NDArray[np.void]] = []
        self._waiting: npt.NDArray[np.float64] = np.zeros((0, 0))
        self._most: npt.NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._customers: Customers | None = None

    def legs(self, block: npt.NDArray[np.void]) -> None:
        self._legs.append(block.copy())

    def spells(self, block: npt.NDArray[np.void]) -> None:
        self._spells.append(block.copy())

    def lengths(self, waiting: npt.NDArray[np.float64], most: npt.NDArray[np.int64]) -> None:
        self._waiting, self._most = waiting.copy(), most.copy()

    def customers(self, made: Customers) -> None:
        self._customers = made

    def ledger(self) -> Ledger:
        """The whole, legs by (issue, attempt, leg), spells by (agent, start)."""
        legs = np.concatenate([np.zeros(0, LEG_DTYPE), *self._legs])
        spells = np.concatenate([np.zeros(0, SPELL_DTYPE), *self._spells])
        return Ledger(
            legs[np.lexsort((legs["leg"], legs["attempt"], legs["issue"]))],
            spells[np.lexsort((spells["state"], spells["start"], spells["agent"]))],
            self._waiting,
            self._most,
            self._customers,
        )


class Both:
    """A sink that passes everything on to two others."""

    def __init__(self, first: Sink, second: Sink) -> None:
        self._sinks = (first, second)

    def legs(self, block: npt.NDArray[np.void]) -> None:
        for sink in self._sinks:
            sink.legs(block)

    def spells(self, block: npt.NDArray[np.void]) -> None:
        for sink in self._sinks:
            sink.spells(block)

    def lengths(self, waiting: npt.NDArray[np.float64], most: npt.NDArray[np.int64]) -> None:
        for sink in self._sinks:
            sink.lengths(waiting, most)

    def customers(self, made: Customers) -> None:
        for sink in self._sinks:
            sink.customers(made)
