"""The state of the center: contacts, agents, crews, queues, and the clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from heapq import heappush
from typing import Any

import numpy as np
import simpy

from cxsim.engines import events as ev
from cxsim.engines.inputs import Inputs
from cxsim.rules import loyalty
from cxsim.rules.routing import system_state
from cxsim.schema import ledger

Process = Generator[simpy.Event, Any, None]
NAN = math.nan
BUSY = (ev.TALKING, ev.WRAPPING, ev.HOLDING, ev.CHATTING)


class Clockwork(simpy.Environment):
    """SimPy's environment with events at exact times and in the model's own order."""

    def at(self, time: float, kind: int, id: int) -> simpy.Event:
        """An event that happens at `time`, among simultaneous ones by (kind, id)."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        heappush(self._queue, (time, 2 + (kind << 64) + id, next(self._eid), event))  # type: ignore[misc]  # the id orders equal times
        return event

    def is_between_events(self) -> bool:
        """Whether the last event and all that it caused is over."""
        return not self._queue or self._queue[0][1] >= 2 or self._queue[0][0] > self._now


@dataclass(eq=False)
class Contact:
    """An issue on its way: one attempt at a time, one leg at a time."""

    issue: int
    key: np.uint64
    reason: int
    segment: int
    opened: float
    urgency: int = 1  # priority of its segment
    attempt: int = 1
    cause: int = ledger.FRESH
    channel: int = 0  # of the place it is in
    line: int = -1  # the channel in which it holds a line
    left: float = 1.0  # share of the work that is still to do
    whole: float = 1.0  # of the work, where an agent begins on it; above or below 1 after some transfers
    talk: float = 0.0  # how long this stay with an agent lasts, undisturbed
    extra: float = 0.0  # to be told again to the next agent
    holder: Agent | None = None  # who stays until the next agent has taken over
    transfer: int = -1  # the row of `transfers` by which it goes on, or came
    told: float = NAN  # the wait that was announced in this stay
    offer: bool = False  # whether a call back was offered in this stay
    callback: int = 0  # tries to call back that are left, 0 for who waits on the line
    rule: int = -1  # of the call back
    dialling: bool = False
    ringing: bool = False  # a dialler calls it ahead of the agents
    writes: bool = False  # its customer thinks, and will write again
    asker: Contact | None = None  # whose agent asks another by this one
    counted: bool = False  # whether this attempt was answered before
    asked: bool = False  # whether its agent asked another in vain
    legs: int = 0  # of what its agent asked
    services: int = 0
    seat: int = -1  # of the customer; -1 for one who is not told apart
    effort: float = 0.0  # with this issue so far, in points
    before: float = 0.0  # the same when this attempt began
    strain: float = 0.0  # log of the factor on the chance to leave, see `loyalty.strain_of`
    used: int = 0  # the channel that its customer used last
    retells: bool = False  # whether the first agent of this attempt has to be told what was told before
    felt: int = 0  # of this leg, as in the ledger
    last: int = -1  # the agent who answered last; -1 for none
    ours: int = 0  # OURS where the issue began with a record that is dialled
    patience_attempt: int = 1
    work_attempt: int = 1
    accumulated: float = 0.0
    nth: int = 0
    arrived: float = NAN
    since: float = NAN
    queued: float = NAN
    answered: float = NAN
    waited: float = 0.0
    leg: int = 1
    service: int = 1  # one more each time an agent handed the contact back
    queue: int = 0
    entry: int = 0
    stage: int = 0
    agent: Agent | None = None
    next_attempt: float = math.inf
    over: bool = False  # this attempt has ended
    news: simpy.Event = None  # type: ignore[assignment]  # set before it is waited for
    talk_ends: simpy.Event = None  # type: ignore[assignment]  # set before it is waited for
    patience_ends: simpy.Event = None  # type: ignore[assignment]  # set before it is waited for
    overflow_due: simpy.Event = None  # type: ignore[assignment]  # set before it is waited for
    start: int = -1  # where its attempts begin, a row of `exits`; -1 as its reason says
    step_ends: simpy.Event = None  # type: ignore[assignment]  # set before it is waited for
    call_due: simpy.Event | None = None

    def __lt__(self, other: Contact) -> bool:
        return self.place < other.place

    @property
    def place(self) -> tuple[int, float, int]:
        """What orders a queue."""
        return self.urgency, self.since, self.issue


@dataclass(eq=False)
class Agent:
    """One person of a group."""

    number: int
    group: int
    state: int = ev.OFF
    idle_since: float = math.inf
    spell_start: float = 0.0
    leaves_at: float = NAN
    leave_due: bool = False
    break_due: bool = False
    away_due: bool = False
    aways: int = 0
    wrap: float = 0.0  # what is to be written up after holding a contact
    timer: int = 0  # a timer set under another number is stale
    contact: Contact | None = None
    chats: list[Chat] = field(default_factory=list)
    channel: int = 0  # of the chats
    engaged_since: float = NAN

    def __lt__(self, other: Agent) -> bool:
        return (self.idle_since, self.number) < (other.idle_since, other.number)


@dataclass(eq=False)
class Chat:
    """A contact that an agent serves besides others, and what is left to do: the talk, then the wrap."""

    contact: Contact
    work: float
    since: float
    ends: float = NAN  # of the talk, once it is being written up, and what came of it
    outcome: int = ledger.ANSWERED
    resolved: bool = False
    following: int = ledger.FRESH
    next_at: float = NAN
    timer: int = 0  # a timer set under another number is stale


@dataclass(eq=False)
class Crew:
    """The agents of a group: those idle, longest first, how many are present, and when leavers were due to go."""

    agents: list[Agent]
    idle: list[Agent] = field(default_factory=list)
    present: int = 0
    pending: list[float] = field(default_factory=list)


class Center:
    """The contact center: queues, crews, and what happens to them."""

    def __init__(self, inputs: Inputs, life: Any) -> None:
        self.life = life  # the module `life`, which imports all others: they start what passes time through the center
        self.env = Clockwork()
        self.inputs = inputs
        self.book = inputs.network
        self.net = inputs.network.record
        self.settings = self.book["settings"][0]
        self.segments = int(self.settings["segments"])
        self.end = float(self.settings["end"])
        queues, groups = len(self.book["queues"]), len(self.book["groups"])
        self.queues: list[list[Contact]] = [[] for _ in range(queues)]
        self.changed = [0.0] * queues
        self.agents = [Agent(a, int(row["group"])) for a, row in enumerate(self.book["team"])]
        self.crews = [Crew([a for a in self.agents if a.group == g]) for g in range(groups)]
        self.policy = inputs.policy.fresh() if inputs.policy else None
        self.board = system_state.board(inputs.network, len(inputs.times))
        if self.policy:
            self.policy.begin(self.board, inputs.network)
        self.wakes: set[float] = set()  # times for which the policy has set a timer, some of them perhaps not any more
        self.as_class = self.policy is not None and self.policy.file.hooks is not None
        loyalty.seated(inputs.network, self.board, inputs.run_key)
        self.weights = self.book["loyalty"][0]
        self.lines = [0] * len(self.book["channels"])  # taken, by channel
        self.talking = [0] * len(self.book["steps"])  # conversations of AI agents, by step
        self.offers: Callable[[Contact, float], bool] | None = None  # in place of the rule for callback offers
        self.last = 0.0  # when something last happened
        self.happened = False  # since slots were last offered: a timer that nobody waits for any more is no event
        self.living: dict[int, Contact] = {}  # by issue, those that are not over
        self.arisen = self.ended = 0  # issues that began, and that are over
        self.verified_at = 0.0
        self.legs: list[tuple[Any, ...]] = []
        self.spells: list[tuple[Any, ...]] = []
        cells = queues * int(self.settings["intervals"])
        self.records: list[list[Contact]] = [[] for _ in range(queues)]  # to be dialled ahead of the agents
        self.ringing, self.reached, self.dropped = [0] * queues, [0] * queues, [0] * queues
        self.waiting, self.most = np.zeros(cells), np.zeros(cells, np.int64)

    def now(self) -> float:
        """The time, noting that something happens."""
        self.happened = True
        self.last = float(self.env.now)
        return self.last
