"""The readable engine: the life of one contact, told with SimPy.

Read `Center.life` first: an issue's attempts, each waiting in queues and talking to agents. Whatever is *decided* is
asked of `cxsim.rules.contact_rules` and `cxsim.rules.routing.choices`, which the compiled engine asks too; from the same inputs both engines
leave the same ledger, row for row.

SimPy's calendar is given (kind, id) as priority, so that simultaneous events have the order of `cxsim.engines.events`;
what SimPy schedules for itself (an event that succeeds, a process that begins) comes before any of them, so nothing
happens between a decision and whoever was waiting for it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from heapq import heappush
from typing import Any

import numpy as np
import simpy

from cxsim.engines import events as ev
from cxsim.engines.inputs import Inputs
from cxsim.randomness.draws import AGENT, LEAST, attempt_key, uniform
from cxsim.rules import contact_rules, customer_memory, ivr_steps
from cxsim.rules.routing import choices
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.ledger import REASON_SHIFT
from cxsim.schema.names import TRANSFERS

Process = Generator[simpy.Event, Any, None]
NAN = math.nan
BUSY = (ev.TALKING, ev.WRAPPING, ev.HOLDING, ev.CHATTING)


class Clockwork(simpy.Environment):
    """SimPy's environment with events at exact times and in the model's own order."""

    def at(self, time: float, kind: int, id: int) -> simpy.Event:
        """An event that happens at `time`, among simultaneous ones by (kind, id)."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        heappush(self._queue, (time, 2 + (kind << 64) + id, next(self._eid), event))  # type: ignore[misc]
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
    news: simpy.Event = None  # type: ignore[assignment]
    talk_ends: simpy.Event = None  # type: ignore[assignment]
    patience_ends: simpy.Event = None  # type: ignore[assignment]
    overflow_due: simpy.Event = None  # type: ignore[assignment]
    start: int = -1  # where its attempts begin, a row of `exits`; -1 as its reason says
    step_ends: simpy.Event = None  # type: ignore[assignment]
    call_due: simpy.Event | None = None

    def __lt__(self, other: Contact) -> bool:
        return (self.since, self.issue) < (other.since, other.issue)


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

    def __init__(self, inputs: Inputs) -> None:
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
        self.board = choices.board(inputs.network, len(inputs.times), self.policy.values if self.policy else None)
        customer_memory.seated(inputs.network, self.board, inputs.run_key)
        self.weights = self.book["loyalty"][0]
        self.lines = [0] * len(self.book["channels"])  # taken, by channel
        self.last = 0.0  # when something last happened
        self.legs: list[tuple[Any, ...]] = []
        self.spells: list[tuple[Any, ...]] = []
        cells = queues * int(self.settings["intervals"])
        self.records: list[list[Contact]] = [[] for _ in range(queues)]  # to be dialled ahead of the agents
        self.ringing, self.reached, self.dropped = [0] * queues, [0] * queues, [0] * queues
        self.waiting, self.most = np.zeros(cells), np.zeros(cells, np.int64)

    def run(self) -> None:
        """Everything, until nothing more can happen."""
        self.env.process(self.fresh_arrivals())
        self.env.process(self.staffing())
        if self.settings["turn_away"]:
            self.env.process(self.closings())
        while self.env.peek() < math.inf:
            self.env.step()
            if self.env.is_between_events():
                self.offer_slots()
        self.finish()

    def now(self) -> float:
        """The time, noting that something happens."""
        self.last = float(self.env.now)
        return self.last

    # --- the life of a contact --------------------------------------------------------------------------------------

    def fresh_arrivals(self) -> Process:
        """Customers with new issues."""
        for time, issue in zip(self.inputs.times.tolist(), self.inputs.issues.tolist(), strict=True):
            yield self.env.at(time, ev.FRESH_ARRIVAL, issue)
            key = np.uint64(contact_rules.key_of(self.net, self.inputs.run_key, issue))
            contact = Contact(issue, key, issue >> REASON_SHIFT, contact_rules.segment_of(self.net, key), time)
            if self.is_there(contact):
                self.env.process(self.life(contact))

    def is_there(self, contact: Contact) -> bool:
        """Whether there is a customer to make contact, or it does not arise."""
        queue = self.book["reasons"]["queue"][contact.reason]
        if not self.settings["people"] or (queue >= 0 and self.book["queues"]["outbound"][queue]):
            return True
        contact.seat = int(customer_memory.seat_of(self.net, contact.segment, contact.key))
        if contact.seat < 0 or customer_memory.is_there(self.board.record, contact.seat, self.now()):
            return True
        customer_memory.miss(self.board.record, contact.segment)
        return False

    def life(self, contact: Contact) -> Process:
        """Attempt after attempt, until the issue is resolved or given up."""
        while True:
            self.arrive(contact)
            while not contact.over:
                if contact.queue < 0:
                    yield from self.visit(contact)
                elif contact.call_due is not None:
                    yield contact.call_due
                    self.call(contact)
                elif contact.agent is None:
                    yield from self.wait(contact)
                else:
                    yield from self.talk(contact)
            if contact.next_attempt >= self.end:
                return
            yield self.env.at(contact.next_attempt, ev.RETURN, contact.issue)

    def visit(self, contact: Contact) -> Process:
        """In a step of the flow until its time is over."""
        yield contact.step_ends
        self.leave_step(contact)

    def wait(self, contact: Contact) -> Process:
        """In a queue until there is news (an agent, closing time), the queue overflows, or patience ends."""
        news, overflow_due = contact.news, contact.overflow_due
        yield news | overflow_due | contact.patience_ends
        if news.triggered:
            return
        if overflow_due.processed:
            self.overflow(contact)
        else:
            self.abandon(contact)

    def talk(self, contact: Contact) -> Process:
        """With an agent until the work is done, or the agent hands the contact back."""
        news = contact.news
        yield news | contact.talk_ends
        if not news.triggered:
            self.end_talk(contact)

    def arrive(self, contact: Contact) -> None:
        """An attempt begins: lines, an idle agent, room in the queue, balking, and else the queue."""
        now = self.now()
        contact.arrived = contact.since = contact.queued = now
        contact.answered, contact.waited, contact.agent = NAN, 0.0, None
        contact.leg = contact.service = 1
        contact.line, contact.left, contact.extra, contact.holder, contact.transfer = -1, 1.0, 0.0, None, -1
        contact.whole, contact.asked, contact.legs, contact.services = 1.0, False, 0, 0
        contact.told, contact.offer, contact.callback, contact.counted = NAN, False, 0, False
        contact.retells, contact.felt = contact.cause == ledger.REPEAT, 0
        contact.queue = contact.entry = int(self.book["reasons"]["queue"][contact.reason])
        contact.over = False
        self.expect_nothing(contact)
        step = int(self.book["reasons"]["step"][contact.reason])
        if contact.start >= 0:
            way = self.book["exits"][contact.start]
            step, to = (-1, int(way["to"])) if way["kind"] == ivr_steps.TO_QUEUE else (int(way["to"]), -1)
            contact.queue = contact.entry = to
        if step >= 0:
            self.enter_step(contact, step)
        else:
            self.reach_queue(contact, contact.queue)

    def begins(self, contact: Contact) -> None:
        """The effort of making contact, once it is known where."""
        contact.before = contact.effort
        contact.effort += self.weights["contact"]
        if contact.attempt > 1:
            contact.effort += self.weights["again"]
            self.goes_on(contact)
        contact.used = contact.channel

    def goes_on(self, contact: Contact) -> None:
        """The effort of a change of channel, if there is one."""
        if contact.channel != contact.used:
            contact.felt |= ledger.SWITCHED
            contact.effort += self.weights["switch"]
        contact.used = contact.channel

    def has_waited(self, contact: Contact) -> None:
        """The effort of a stay in a queue that ends now, of who is on the line meanwhile."""
        at_home = contact.cause in (ledger.CALLED_BACK, ledger.TURN, ledger.CONSULT)
        if contact.queued >= 0.0 and not at_home and not self.book["queues"]["deferrable"][contact.queue]:
            contact.effort += self.weights["wait"] * (float(self.env.now) - contact.queued)

    def is_answered(self, contact: Contact, agent: Agent) -> None:
        """The effort until an agent answers, and of telling it again after who, or what, did not help.

        An agent who calls back has an answer later, if at all.
        """
        self.has_waited(contact)
        if not contact.callback:
            self.hears_of(contact, agent)

    def hears_of(self, contact: Contact, agent: Agent) -> None:
        """An agent begins to talk to the customer, who perhaps has to tell it again."""
        if contact.retells and (not choices.remembers(self.net, contact.segment) or contact.last != agent.number):
            contact.felt |= ledger.TOLD_AGAIN
            contact.effort += self.weights["retelling"]
        contact.retells, contact.last = False, agent.number

    def close(self, contact: Contact, resolved: bool) -> None:
        """An issue is over, resolved or given up."""
        if contact.seat >= 0:
            how = (ledger.AT_ONCE if contact.attempt == 1 else ledger.LATER) if resolved else ledger.UNSOLVED
            who = (contact.segment, contact.seat, contact.issue, contact.key, contact.opened, contact.effort)
            customer_memory.close(self.net, self.board.record, *who, how, self.now())

    def finds_line(self, contact: Contact, channel: int) -> bool:
        """Whether a contact has a line in a channel, or one is free there."""
        contact.channel = channel
        return contact.line == channel or self.lines[channel] < self.book["channels"]["lines"][channel]

    def take_line(self, contact: Contact) -> None:
        """A line of the channel the contact is in, in place of any other."""
        if contact.line != contact.channel:
            self.give_line(contact)
            contact.line = contact.channel
            self.lines[contact.line] += 1

    def give_line(self, contact: Contact) -> None:
        if contact.line >= 0:
            self.lines[contact.line] -= 1
        contact.line = -1

    def enter_step(self, contact: Contact, step: int) -> None:
        """A stay in a step of the flow begins, if its channel has a line; how it will end is known then."""
        now = self.now()
        step = int(contact_rules.step_at(self.net, step, self.inputs.run_key, now))
        row = self.book["steps"][step]
        contact.queued, contact.queue, contact.channel = now, -1 - int(row["node"]), int(row["channel"])
        if contact.leg == 1:
            self.begins(contact)
        else:
            self.goes_on(contact)
        contact.effort += self.weights["menu"]
        contact.retells |= bool(row["retold"])
        if not self.finds_line(contact, int(row["channel"])):
            self.give_line(contact)
            self.end_unserved(contact, ledger.BLOCKED, contact_rules.AFTER_BLOCKED)
            return
        self.take_line(contact)
        place = (contact.key, contact.attempt, contact.leg)
        contact.stage = contact_rules.way_out(self.net, step, contact.reason, *place)
        if row["estimator"] >= 0:
            u = uniform(np.uint64(attempt_key(*place)), LEAST)
            contact.stage = choices.least_delay(self.net, self.board.record, step, contact.reason, now, u)
        time = contact_rules.step_time(self.net, step, contact.stage, *place)
        contact.step_ends = self.env.at(now + time, ev.NODE_ENDS, contact.issue)

    def leave_step(self, contact: Contact) -> None:
        """The stay in a step is over: on to another, to a queue, or out."""
        now = self.now()
        kind, to = ivr_steps.HANGS_UP, -1
        if contact.stage >= 0:
            way = self.book["exits"][contact.stage]
            kind, to = int(way["kind"]), int(way["to"])
            contact.extra -= float(way["saves"])
        if kind in (ivr_steps.TO_STEP, ivr_steps.TO_QUEUE):
            self.write_leg(contact, ledger.HANDED_ON, NAN, now, False, 0, NAN)
            contact.leg += 1
            if kind == ivr_steps.TO_STEP:
                self.enter_step(contact, to)
            else:
                self.reach_queue(contact, to, led=True)
            return
        self.give_line(contact)
        if kind == ivr_steps.TURNED_AWAY:
            self.end_unserved(contact, ledger.CLOSED, contact_rules.AFTER_CLOSED)
        elif kind == ivr_steps.HANGS_UP:
            self.end_unserved(contact, ledger.HUNG_UP, contact_rules.AFTER_HUNG_UP)
        else:
            unsolved = kind == ivr_steps.NOT_HELPED
            self.plan_return(contact, contact_rules.AFTER_CONTAINED, ledger.REPEAT, ledger.CONTAINED, wanted=unsolved)

    def take_or_wait(self, contact: Contact) -> bool:
        """An agent takes a contact that is in no queue, or it waits behind all who came before; whether it is taken."""
        agent = self.choose_agent(contact)
        if agent is not None:
            self.serve(contact, agent)
        else:
            self.enqueue(contact)
        return agent is not None

    def put_on_list(self, contact: Contact) -> None:
        """A record that is to be dialled: by an idle agent, or when one is, or ahead of the agents."""
        row = self.book["queues"][contact.queue]
        contact.cause, contact.rule, contact.ours = ledger.OUTBOUND, int(row["callback"]), ledger.OURS
        contact.channel = int(row["channel"])
        if not contact.callback:
            contact.callback = int(self.book["callbacks"]["tries"][contact.rule])
        if row["outbound"] == 2:
            self.records[contact.queue].append(contact)
            self.dial_ahead(contact.queue)
            return
        self.take_or_wait(contact)

    def dial_ahead(self, queue: int) -> None:
        """A dialler calls as many as the idle agents allow; where too many were lost so far, agents dial."""
        records = self.records[queue]
        may = choices.lines_ahead(self.net, self.board.record, queue, self.reached[queue], self.dropped[queue])
        while records and may < 0:
            agent = self.choose_agent(records[0])
            if agent is None:
                return
            self.serve(records.pop(0), agent)
        while records and self.ringing[queue] + len(self.queues[queue]) < may:
            contact = records.pop(0)
            self.ringing[queue] += 1
            contact.ringing = True
            told = contact.news
            self.expect_nothing(contact)
            time = contact_rules.dial_time(self.net, contact.rule, contact.key, contact.attempt, contact.leg)
            self.call_later(contact, time)
            told.succeed()

    def rung(self, contact: Contact) -> None:
        """A dialler's try is over: the customer answers and waits for an agent, or there will be another try."""
        now, queue, place = self.now(), contact.queue, (contact.key, contact.attempt, contact.leg)
        contact.ringing = False
        self.ringing[queue] -= 1
        if contact_rules.reached(self.net, contact.rule, *place):
            self.reached[queue] += 1
            contact.callback = 0
            self.write_leg(contact, ledger.HANDED_ON, NAN, now, False, 0, NAN)
            contact.leg += 1
            contact.since = contact.queued = now
            if not self.take_or_wait(contact):
                self.set_patience(contact)
            return
        self.no_answer(contact, place)
        self.dial_ahead(queue)

    def no_answer(self, contact: Contact, place: tuple[np.uint64, int, int]) -> None:
        """A try was in vain: there will be another, or it is given up."""
        now = self.now()
        contact.callback -= 1
        if contact.callback == 0:
            self.write_leg(contact, ledger.UNREACHED, now if contact.agent else NAN, now, False, 0, NAN)
            self.close(contact, False)
            contact.over, contact.next_attempt = True, math.inf
            return
        self.write_leg(contact, ledger.HANDED_ON, now if contact.agent else NAN, now, False, 0, NAN)
        if contact.cause != ledger.OUTBOUND:
            contact.waited += contact.answered - contact.queued
        contact.answered, contact.agent = NAN, None
        contact.leg += 1
        self.expect_nothing(contact)
        self.call_later(contact, contact_rules.retry_time(self.net, contact.rule, *place))

    def reach_queue(self, contact: Contact, queue: int, led: bool = False, keeps_place: bool = False) -> None:
        """A queue, on arrival or `led` to it by the flow or an agent, who are turned away once it is closed."""
        contact.queue = contact.entry = queue
        contact.queued = self.now()
        if not keeps_place:
            contact.since = contact.queued
        row = self.book["queues"][queue]
        contact.channel = int(row["channel"])
        if not led:
            self.begins(contact)
        elif contact.cause != ledger.TURN:
            self.goes_on(contact)
        if row["outbound"] and contact.cause == ledger.FRESH:
            self.put_on_list(contact)
            return
        refused = ledger.BLOCKED, contact_rules.AFTER_BLOCKED
        free = self.finds_line(contact, int(row["channel"]))
        if (led or contact.start >= 0) and not row["day_and_night"] and self.closed():
            refused = ledger.CLOSED, contact_rules.AFTER_CLOSED
        elif free:
            agent = self.choose_agent(contact)
            if agent is not None:
                self.take_line(contact)
                self.serve(contact, agent)
                return
            if len(self.queues[queue]) < row["capacity"]:
                who = (contact.reason, contact.segment, contact.key, contact.attempt)
                stays = not contact_rules.balks(self.net, queue, *who) and self.hears(contact)
                if contact.callback:
                    self.promise(contact)
                    return
                if stays:
                    self.take_line(contact)
                    self.enqueue(contact)
                    self.set_patience(contact)
                    return
                refused = ledger.BALKED, contact_rules.AFTER_BALKED
        self.give_line(contact)
        contact.queued = NAN
        self.end_unserved(contact, *refused)

    def hears(self, contact: Contact) -> bool:
        """A customer who must wait hears how long, and is perhaps offered a call back; whether it stays."""
        row, place = self.book["queues"][contact.queue], (contact.key, contact.attempt, contact.leg)

        def wait(estimator: int) -> float:
            return float(choices.expected_wait(self.net, self.board.record, contact.queue, estimator, self.now()))

        if row["announces"]:
            contact.told = float(np.float32(wait(row["estimator"])))
            if contact_rules.leaves(self.net, contact.queue, contact.told, *place):
                return False
        if row["callback"] >= 0 and contact.cause != ledger.TRANSFER:
            rule = self.book["callbacks"][row["callback"]]
            if wait(rule["estimator"]) > rule["over"]:
                contact.offer = True
                if contact_rules.accepts(self.net, row["callback"], *place):
                    contact.callback, contact.rule = int(rule["tries"]), int(row["callback"])
        return True

    def promise(self, contact: Contact) -> None:
        """A customer hangs up to be called back: it keeps its place, or waits for the time that was promised."""
        now = self.now()
        self.give_line(contact)
        later = contact_rules.promised_in(self.net, contact.rule, contact.key, contact.attempt, contact.leg)
        self.write_leg(contact, ledger.CALLBACK, NAN, now, False, 0, NAN)
        contact.told, contact.offer = NAN, False
        contact.arrived, contact.cause = now, ledger.CALLED_BACK
        contact.leg += 1
        if self.book["callbacks"]["after"][contact.rule] >= 0:
            self.call_later(contact, later)
        else:
            self.enqueue(contact)

    def call_later(self, contact: Contact, later: float) -> None:
        contact.call_due = self.env.at(float(self.env.now) + later, ev.NODE_ENDS, contact.issue)

    def call(self, contact: Contact) -> None:
        """The time has come to call a customer back: an idle agent, or the queue. Or the customer writes again."""
        contact.call_due = None
        if contact.ringing:
            self.rung(contact)
            return
        if contact.writes:
            contact.writes, contact.arrived = False, self.now()
            self.reach_queue(contact, contact.queue, led=True)
            return
        contact.since = contact.queued = self.now()
        if contact.cause == ledger.OUTBOUND:
            self.put_on_list(contact)
            return
        self.take_or_wait(contact)

    def answers(self, contact: Contact, agent: Agent) -> None:
        """A try to call back is over: the customer answers, or there will be another try, or it is given up."""
        now, place = self.now(), (contact.key, contact.attempt, contact.leg)
        contact.dialling = False
        if contact_rules.reached(self.net, contact.rule, *place):
            contact.callback = 0
            self.write_leg(contact, ledger.HANDED_ON, now, now, False, 0, NAN)
            self.reached[contact.queue] += contact.cause == ledger.OUTBOUND
            if contact.cause != ledger.OUTBOUND:
                contact.waited += contact.answered - contact.queued
            contact.queued = contact.answered = now
            contact.leg += 1
            self.hears_of(contact, agent)
            self.expect_nothing(contact)
            self.begin_talk(contact, agent)
            return
        agent.contact = None
        self.no_answer(contact, place)
        self.free(agent)

    def expect_nothing(self, contact: Contact) -> None:
        """No news, no deadline: events that never happen until they are replaced."""
        contact.news = self.env.event()
        contact.talk_ends = contact.patience_ends = contact.overflow_due = self.env.event()

    def set_patience(self, contact: Contact) -> None:
        who = (contact.reason, contact.segment, contact.key, contact.patience_attempt, contact.service)
        if contact.callback or contact.asker is not None:
            return
        if math.isnan(contact.told):
            patience = contact_rules.patience(self.net, contact.queue, *who)
        else:
            patience = contact_rules.told_patience(self.net, contact.queue, *who)
        if contact.seat >= 0 and not self.book["queues"]["deferrable"][contact.queue]:
            patience *= customer_memory.hurried(self.net, self.board.record, contact.seat, contact.opened, contact.before,
                                          self.now())  # fmt: skip
        if patience < math.inf:
            contact.patience_ends = self.env.at(contact.queued + patience, ev.PATIENCE_ENDS, contact.issue)

    def choose_agent(self, contact: Contact) -> Agent | None:
        """An idle agent for a contact, or one who puts other work aside."""
        return self.idle_agent(contact) or self.interrupted(contact)

    def idle_agent(self, contact: Contact) -> Agent | None:
        if self.book["queues"]["slots"][contact.queue] > 1:
            now = float(self.env.now)
            who = (contact.queue, contact.since, contact.issue)
            chosen = choices.choose_desk(self.net, self.board.record, *who, now)
            return self.agents[chosen] if chosen >= 0 else None
        now = float(self.env.now)
        if self.settings["known"] and contact.asker is None:
            known = int(choices.who_knows(
                self.net, self.board.record, contact.queue, contact.since, now, contact.segment, contact.seat,
                contact.key, contact.last,
            ))  # fmt: skip
            if known >= 0:
                return self.agents[known]
        u = uniform(np.uint64(attempt_key(contact.key, contact.attempt, contact.leg)), AGENT)
        if self.policy and self.policy.file.agent:
            choices.meet(self.net, self.board.record, contact.reason, contact.segment, contact.attempt)
            shown = choices.show_groups(self.net, self.board.record, contact.queue, contact.since, now, u)
            group = self.policy.agent(self.board) if shown else -1
            chosen = int(self.board["groups"]["longest"][group]) if group >= 0 else -1
        else:
            chosen = choices.choose_agent(self.net, self.board.record, contact.queue, contact.since, now, u)
        return self.agents[chosen] if chosen >= 0 else None

    def next_queue(self, group: int) -> int:
        """The queue whose head an agent of a group takes next, or -1."""
        now = float(self.env.now)
        if self.policy and self.policy.file.contact:
            shown = choices.show_queues(self.net, self.board.record, group, now)
            return self.policy.contact(self.board) if shown else -1
        return int(choices.choose_queue(self.net, self.board.record, group, now))

    def interrupted(self, contact: Contact) -> Agent | None:
        """The agent who puts work aside for a contact, which goes back to its queue."""
        row = self.book["queues"][contact.queue]
        who = (contact.queue, contact.since, contact.issue)
        if row["interruptible"] or (row["slots"] > 1 and choices.is_behind(self.net, self.board.record, *who)):
            return None
        now = self.now()
        chosen = choices.choose_interrupted(self.net, self.board.record, contact.queue, contact.since, now)
        if chosen < 0 or self.crews[self.agents[chosen].group].pending:
            return None
        agent: Agent = self.agents[chosen]
        aside = agent.contact
        assert aside is not None
        aside.left *= 1.0 - (now - aside.answered) / aside.talk if aside.talk > 0.0 else 0.0
        self.write_leg(aside, ledger.HANDED_ON, now, now, False, 0, NAN)
        agent.contact = None
        self.note_aside(agent)
        self.wait_again(aside, self.idle_agent)
        return agent

    def note(self, contact: Contact, agent: int) -> None:
        """Let policies look back on how a contact left its queue: to an agent, or, with -1, otherwise."""
        if self.settings["notes"]:
            wait = NAN if contact.callback else self.now() - contact.since
            choices.note(self.net, self.board.record, contact.queue, wait, agent)

    def serve(self, contact: Contact, agent: Agent) -> None:
        """Agent and contact begin to talk."""
        now = self.now()
        if agent.state == ev.IDLE:
            self.unlist(agent)
        contact.answered, contact.agent = now, agent
        self.is_answered(contact, agent)
        self.note(contact, agent.number)
        self.board["queues"]["last_wait"][contact.queue] = now - contact.queued
        told = contact.news
        self.expect_nothing(contact)
        if self.book["queues"]["slots"][contact.queue] > 1:
            self.begin_chat(contact, agent)
            told.succeed()
            return
        agent.state, agent.contact = ev.TALKING, contact
        if contact.callback:
            contact.dialling = True
            dial = contact_rules.dial_time(self.net, contact.rule, contact.key, contact.attempt, contact.leg)
            contact.talk_ends = self.env.at(now + dial, ev.TALK_END, contact.issue)
        else:
            self.begin_talk(contact, agent)
        told.succeed()

    def begin_talk(self, contact: Contact, agent: Agent) -> None:
        """Agent and customer talk from now on."""
        now = self.now()
        if contact.asker is not None:
            time = contact_rules.handover_time(self.net, contact.transfer, contact.key, contact.attempt, contact.leg)
            contact.talk_ends = self.env.at(now + time, ev.TALK_END, contact.issue)
            return
        skill = contact_rules.skill_of(self.net, contact.reason, contact.queue, agent.group)
        talk = contact_rules.talk_time(
            self.net, skill, agent.number, contact.key, contact.work_attempt, contact.service
        )
        talk = self.longer(contact, talk)
        if self.book["queues"]["interruptible"][contact.queue] and not (agent.leave_due or agent.break_due):
            self.note_aside(agent, now)
        contact.talk_ends = self.env.at(now + talk, ev.TALK_END, contact.issue)

    def begin_chat(self, contact: Contact, agent: Agent) -> None:
        """A chat more for an agent, who does all of them more slowly."""
        now = self.now()
        if not agent.chats:
            agent.state, agent.contact = ev.CHATTING, None
            agent.channel = int(self.book["queues"]["channel"][contact.queue])
            agent.engaged_since = now
        self.settle(agent)
        skill = contact_rules.skill_of(self.net, contact.reason, contact.queue, agent.group)
        talk = contact_rules.talk_time(
            self.net, skill, agent.number, contact.key, contact.work_attempt, contact.service
        )
        agent.chats.append(Chat(contact, self.longer(contact, talk), now))
        self.schedule(agent)
        self.note_chats(agent)

    def settle(self, agent: Agent) -> None:
        """What is left of each of an agent's chats now."""
        now = self.now()
        for chat in agent.chats:
            slow = contact_rules.pace(self.net, agent.channel, len(agent.chats))
            chat.work, chat.since = contact_rules.still(chat.work, now - chat.since, slow), now

    def schedule(self, agent: Agent) -> None:
        """When each of an agent's chats ends at the present pace."""
        slow = contact_rules.pace(self.net, agent.channel, len(agent.chats))
        for chat in agent.chats:
            self.expect_end(chat, agent, self.now() + chat.work * slow)

    def expect_end(self, chat: Chat, agent: Agent, until: float) -> None:
        if math.isnan(chat.ends):
            told = chat.contact.news
            self.expect_nothing(chat.contact)
            chat.contact.talk_ends = self.env.at(until, ev.TALK_END, chat.contact.issue)
            told.succeed()
        else:
            chat.timer += 1
            self.env.process(self.write_up(chat, agent, until, chat.timer))

    def write_up(self, chat: Chat, agent: Agent, until: float, timer: int) -> Process:
        """After-chat work, among the other chats."""
        yield self.env.at(until, ev.WRAP_END, chat.contact.issue)
        if chat.timer == timer:
            self.release_chat(chat, agent)

    def end_chat(self, contact: Contact, agent: Agent) -> None:
        """The customer of a chat is done, or handed on; it is written up."""
        now = self.now()
        chat = next(one for one in agent.chats if one.contact is contact)
        skill = contact_rules.skill_of(self.net, contact.reason, contact.queue, agent.group)
        wrap = contact_rules.wrap_time(
            self.net, skill, agent.number, contact.key, contact.work_attempt, contact.service
        )
        resolved = contact_rules.resolves(self.net, skill, agent.number, contact.key, contact.attempt, contact.service)
        row = self.to_whom(contact, bool(resolved))
        contact.nth += not contact.counted
        chat.contact, chat.work, chat.since, chat.ends = replace(contact), wrap, now, now
        contact.felt = 0
        if wrap > 0.0:
            slow = contact_rules.pace(self.net, agent.channel, len(agent.chats))
            self.expect_end(chat, agent, now + wrap * slow)
        if row >= 0:
            chat.outcome = ledger.REPLIED if self.kind_of(row) == "turn" else ledger.TRANSFERRED
            self.send_on(contact, row, None)
        else:
            self.give_line(contact)
            again = math.inf
            if not resolved:
                after = contact_rules.AFTER_UNRESOLVED
                again = contact_rules.next_attempt(self.net, contact.reason, after, contact.key, contact.attempt, now)
            chat.resolved = bool(resolved)
            if again < math.inf:
                chat.following, chat.next_at = ledger.REPEAT, again
            contact.over, contact.next_attempt = True, again
            if again < self.end:
                self.prepare_return(contact, contact_rules.AFTER_UNRESOLVED, ledger.REPEAT, now)
            elif again == math.inf:
                self.close(contact, bool(resolved))
        if wrap <= 0.0:
            self.release_chat(chat, agent)

    def release_chat(self, chat: Chat, agent: Agent) -> None:
        """A chat is written up: its leg, the pace of those that go on, and the next one."""
        now = self.now()
        self.write_leg(
            chat.contact, chat.outcome, chat.ends, now, chat.resolved, chat.following, chat.next_at
        )  # fmt: skip
        self.settle(agent)
        chat.timer += 1  # nothing to write up may have been put off by a chat that came to the agent just before
        agent.chats.remove(chat)
        self.note_chats(agent)
        if agent.chats:
            self.schedule(agent)
        else:
            self.write_spell(agent, ledger.ENGAGED, agent.engaged_since, now)
            agent.state = ev.TALKING  # undecided
            self.free(agent)

    def offer_slots(self) -> None:
        """After each event, whatever it was: agents with room take the chats that wait and that they may take now."""
        taken = bool(choices.chats_wait(self.net, self.board.record))
        while taken:
            taken = False
            for group in range(len(self.crews)):
                while (queue := int(choices.next_chat(self.net, self.board.record, group, float(self.env.now)))) >= 0:
                    contact = self.queues[queue][0]
                    self.dequeue(contact)
                    self.serve(contact, self.agents[choices.free_desk(self.net, self.board.record, group, queue)])
                    self.release_after(queue)
                    taken = True

    def note_chats(self, agent: Agent) -> None:
        """Let policies see whether an agent has room for another chat."""
        chats = 0 if agent.leave_due or agent.break_due else len(agent.chats)
        choices.show_chats(self.net, self.board.record, agent.number, chats, agent.channel, float(self.env.now))

    def longer(self, contact: Contact, talk: float) -> float:
        """The talk of a contact with a history: what is left, telling it again, taking over, noticing a misroute."""
        talk = max(0.0, talk * contact.left + contact.extra)
        contact.extra, came, contact.transfer = 0.0, contact.transfer, -1
        place = (contact.key, contact.attempt, contact.leg)
        if self.book["queues"]["hands_on"][contact.queue]:
            contact.transfer = int(contact_rules.transfer(self.net, contact.queue, contact.reason, 0, *place))
            if contact.transfer >= 0:
                talk *= float(self.book["transfers"]["talk"][contact.transfer])
        if contact.holder is not None:
            both = talk
            if TRANSFERS[self.book["transfers"]["kind"][came]] == "warm":
                both = contact_rules.handover_time(self.net, came, *place)
                talk += both
            self.env.process(self.take_over(contact.holder, float(self.env.now) + both))
            contact.holder = None
        contact.talk = talk
        return talk

    def take_over(self, holder: Agent, until: float) -> Process:
        """Both agents of a transfer talk, until the first lets go."""
        yield self.env.at(until, ev.HANDOVER_ENDS, holder.number)
        self.let_go(holder)

    def let_go(self, holder: Agent) -> None:
        """An agent who held a contact for the next one leaves it: the leg so far, then wrap."""
        now, part = self.now(), holder.contact
        assert part is not None
        self.write_leg(part, ledger.TRANSFERRED, now, now + holder.wrap, False, 0, NAN)
        holder.contact = None
        self.wrap_or_free(holder, holder.wrap)

    def to_whom(self, contact: Contact, resolved: bool) -> int:
        """The row of `transfers` by which a contact goes on at the end of the talk, -1 for none."""
        if not self.book["queues"]["hands_on"][contact.queue]:
            return -1
        return int(contact_rules.to_whom(
            self.net, self.board.record, contact.queue, contact.reason, contact.transfer, contact.asked, resolved,
            contact.since, float(self.env.now), contact.key, contact.attempt, contact.leg,
        ))  # fmt: skip

    def kind_of(self, row: int) -> str:
        """How a row of `transfers` hands on; `turn` where the customer will write again."""
        return (*TRANSFERS, "turn")[self.book["transfers"]["kind"][row]]

    def ask(self, contact: Contact, agent: Agent, row: int, wrap: float) -> None:
        """An agent asks another, by a contact of its own, while the customer holds."""
        now, rule = self.now(), self.book["transfers"][row]
        agent.state, agent.wrap = ev.HOLDING, wrap
        self.expect_nothing(contact)
        asked = replace(contact, asker=contact, cause=ledger.CONSULT, transfer=row, line=-1, left=1.0, extra=0.0,
                        holder=None, told=NAN, offer=False, callback=0, arrived=now, queued=now, answered=NAN,
                        waited=0.0, agent=None, leg=contact.leg + contact.legs + 1,
                        service=contact.service + contact.services + 1, felt=0, whole=1.0)  # fmt: skip
        asked.queue = asked.entry = int(rule["to"])
        asked.channel = int(self.book["queues"]["channel"][asked.queue])
        if not rule["keeps"]:
            asked.since = now
        self.expect_nothing(asked)
        if not self.book["queues"]["day_and_night"][asked.queue] and self.closed():
            self.not_advised(asked, ledger.CLOSED)
            return
        self.take_or_wait(asked)
        self.env.process(self.question(asked))

    def question(self, asked: Contact) -> Process:
        """The life of what one agent asks another."""
        while not asked.over:
            yield from self.wait(asked) if asked.agent is None else self.talk(asked)

    def advised(self, asked: Contact, agent: Agent) -> None:
        """The agent who was asked has answered: whether that resolves the issue is up to who was asked."""
        now = self.now()
        skill = contact_rules.skill_of(self.net, asked.reason, asked.queue, agent.group)
        resolved = contact_rules.resolves(self.net, skill, agent.number, asked.key, asked.attempt, asked.service)
        self.note_aside(agent)
        self.write_leg(asked, ledger.CONSULTED, now, now, False, 0, NAN)
        asked.over = True
        agent.contact = None
        self.go_on(asked, bool(resolved))
        self.free(agent)

    def not_advised(self, asked: Contact, outcome: int) -> None:
        """Nobody answers what an agent asked."""
        self.write_leg(asked, outcome, NAN, self.now(), False, 0, NAN)
        asked.over = True
        self.go_on(asked, False)

    def go_on(self, asked: Contact, resolved: bool) -> None:
        """Who asked turns to the customer again, and ends the talk, or, if that did not help, hands on after all."""
        contact = asked.asker
        assert contact is not None and contact.agent is not None
        agent, told = contact.agent, contact.news
        if not resolved:
            place = (contact.key, contact.attempt, contact.leg)
            contact.transfer = int(contact_rules.transfer(self.net, contact.queue, contact.reason, 2, *place))
            if contact.transfer >= 0:
                contact.asked = True
                contact.legs, contact.services = asked.leg - contact.leg, asked.service - contact.service
                agent.state = ev.TALKING
                contact.talk_ends = self.env.at(self.now(), ev.TALK_END, contact.issue)
                contact.news = self.env.event()
                told.succeed()
                return
        agent.contact = None
        contact.nth += not contact.counted
        self.give_line(contact)
        self.plan_return(contact, contact_rules.AFTER_UNRESOLVED, ledger.REPEAT, wanted=not resolved, answered=self.now(),
                         wrap=agent.wrap)  # fmt: skip
        self.wrap_or_free(agent, agent.wrap)
        told.succeed()

    def hand_on(self, contact: Contact, agent: Agent, row: int, wrap: float) -> None:
        """To another queue; the agent is free of the contact, or holds it until the next one is there."""
        now = self.now()
        if self.kind_of(row) == "consult":
            self.ask(contact, agent, row, wrap)
            return
        contact.nth += not contact.counted
        cold = self.kind_of(row) in ("cold", "turn")
        if cold:
            outcome = ledger.TRANSFERRED if self.kind_of(row) == "cold" else ledger.REPLIED
            self.write_leg(contact, outcome, now, now + wrap, False, 0, NAN)
        else:
            agent.contact, agent.state, agent.wrap = replace(contact), ev.HOLDING, wrap
            contact.felt = 0
        self.send_on(contact, row, None if cold else agent)
        if cold:
            self.wrap_or_free(agent, wrap)

    def send_on(self, contact: Contact, row: int, holder: Agent | None) -> None:
        """The contact comes to another queue."""
        now, rule = self.now(), self.book["transfers"][row]
        contact.counted, contact.holder = True, holder
        contact.accumulated += contact.waited + (contact.answered - contact.queued)
        contact.arrived, contact.answered, contact.waited, contact.agent = now, NAN, 0.0, None
        contact.leg += 1 + contact.legs
        contact.service += 1 + contact.services
        contact.asked, contact.legs, contact.services = False, 0, 0
        contact.cause, contact.transfer = ledger.TRANSFER, row
        contact.left = contact.whole = float(rule["after"])
        contact.extra = float(rule["retold"])
        contact.told, contact.offer = NAN, False
        self.expect_nothing(contact)
        if self.kind_of(row) == "turn":
            self.give_line(contact)
            contact.cause, contact.writes = ledger.TURN, True
            self.call_later(contact, contact_rules.handover_time(self.net, row, contact.key, contact.attempt, contact.leg))
            return
        contact.effort += self.weights["transfer"]
        if rule["retold"] > 0.0:
            contact.felt |= ledger.TOLD_AGAIN
            contact.effort += self.weights["retelling"]
        self.reach_queue(contact, int(rule["to"]), led=True, keeps_place=bool(rule["keeps"]))

    def note_aside(self, agent: Agent, since: float = math.inf) -> None:
        """Let policies see whether, and since when, an agent is on work that may be put aside."""
        self.board["agents"]["aside_since"][agent.number] = since

    def end_talk(self, contact: Contact) -> None:
        """The customer hangs up; the agent wraps up."""
        now, agent = self.now(), contact.agent
        assert agent is not None
        if contact.dialling:
            self.answers(contact, agent)
            return
        if contact.asker is not None:
            self.advised(contact, agent)
            return
        if agent.state == ev.CHATTING:
            self.end_chat(contact, agent)
            return
        skill = contact_rules.skill_of(self.net, contact.reason, contact.queue, agent.group)
        wrap = contact_rules.wrap_time(
            self.net, skill, agent.number, contact.key, contact.work_attempt, contact.service
        )
        resolved = not contact.asked and bool(
            contact_rules.resolves(self.net, skill, agent.number, contact.key, contact.attempt, contact.service)
        )
        self.note_aside(agent)
        row = self.to_whom(contact, resolved)
        if row >= 0:
            self.hand_on(contact, agent, row, wrap)
            return
        contact.nth += not contact.counted
        self.give_line(contact)
        self.plan_return(contact, contact_rules.AFTER_UNRESOLVED, ledger.REPEAT, wanted=not resolved, answered=now, wrap=wrap)
        self.wrap_or_free(agent, wrap)

    def wrap_or_free(self, agent: Agent, wrap: float) -> None:
        """After-call work, if there is any."""
        if wrap > 0.0:
            agent.state = ev.WRAPPING
            self.env.process(self.wrap_up(agent, self.now() + wrap))
        else:
            self.free(agent)

    def wrap_up(self, agent: Agent, until: float) -> Process:
        """After-call work."""
        yield self.env.at(until, ev.WRAP_END, agent.number)
        self.now()
        self.free(agent)

    def end_unserved(self, contact: Contact, outcome: int, after: int) -> None:
        """The attempt ends without an agent; the contact is in no queue any more."""
        if contact.asker is not None:
            self.not_advised(contact, outcome)
            return
        if outcome in (ledger.BLOCKED, ledger.BALKED):
            contact.queued = NAN
        if contact.queue >= 0:
            self.has_waited(contact)
        self.plan_return(contact, after, ledger.REDIAL, outcome=outcome)

    def plan_return(
        self,
        contact: Contact,
        after: int,
        cause: int,
        outcome: int = ledger.ANSWERED,
        wanted: bool = True,
        answered: float = NAN,
        wrap: float = 0.0,
    ) -> None:
        """The attempt is over: write its last leg, and decide whether and when there is another."""
        now = self.now()
        again = math.inf
        if wanted:
            again = contact_rules.next_attempt(self.net, contact.reason, after, contact.key, contact.attempt, now)
        returns = again < math.inf
        ended = now + wrap
        self.write_leg(
            contact,
            outcome,
            answered,
            ended,
            outcome in (ledger.ANSWERED, ledger.CONTAINED) and not wanted,
            cause if returns else ledger.FRESH,
            again if returns else NAN,
        )
        contact.over, contact.next_attempt = True, again
        if again < self.end:
            self.prepare_return(contact, after, cause, now)
        elif not returns:
            self.close(contact, outcome in (ledger.ANSWERED, ledger.CONTAINED) and not wanted)
        if contact.holder is not None:
            holder, contact.holder = contact.holder, None
            self.let_go(holder)

    def prepare_return(self, contact: Contact, after: int, cause: int, now: float) -> None:
        """What the next attempt keeps of this one."""
        rule = self.book["returns"][nw.AFTERS * contact.reason + after]
        if contact.queue >= 0 and not math.isnan(contact.queued):
            left = now if math.isnan(contact.answered) else contact.answered
            contact.accumulated += contact.waited + (left - contact.queued)
        way = contact_rules.next_way(self.net, contact.reason, contact.segment, after, contact.key, contact.attempt)
        contact.start = int(way) if way >= 0 else contact.start
        contact.attempt += 1
        contact.cause = cause
        if not rule["keep_patience"]:
            contact.patience_attempt = contact.attempt
        if not rule["keep_work"]:
            contact.work_attempt = contact.attempt

    def abandon(self, contact: Contact) -> None:
        self.dequeue(contact)
        self.give_line(contact)
        self.note(contact, -1)
        self.dropped[contact.queue] += contact.cause == ledger.OUTBOUND
        self.end_unserved(contact, ledger.ABANDONED, contact_rules.AFTER_ABANDONED)
        self.release_after(contact.queue)

    def overflow(self, contact: Contact) -> None:
        """A stage of the queue's overflow is due: other groups may serve, or the contact moves to another queue."""
        now = self.now()
        to = int(self.book["stages"]["to_queue"][contact.stage])
        contact.stage += 1
        if to < 0:
            self.board["asking"]["inside"] = 1
            agent = self.choose_agent(contact)
            self.board["asking"]["inside"] = 0
            if agent is not None:
                self.dequeue(contact)
                self.serve(contact, agent)
                self.release_after(contact.queue)
                return
        elif len(self.queues[to]) < self.book["queues"]["capacity"][to]:
            left = contact.queue
            self.dequeue(contact)
            self.note(contact, -1)
            self.write_leg(contact, ledger.HANDED_ON, NAN, now, False, 0, NAN)
            self.has_waited(contact)
            contact.waited += now - contact.queued
            contact.queued, contact.queue = now, to
            contact.channel = int(self.book["queues"]["channel"][to])
            contact.leg += 1
            self.take_or_wait(contact)
            self.release_after(left)
            return
        self.set_overflow(contact)

    def closings(self) -> Process:
        """At closing time whoever still waits is sent away, queue by queue, longest wait first."""
        for end in self.book["openings"]["end"].tolist():
            yield self.env.at(end, ev.CLOSING, 0)
            for number, queue in enumerate(self.queues):
                if self.book["queues"]["day_and_night"][number]:
                    continue
                for contact in [one for one in queue if not one.callback]:  # who will be called back waits on
                    if contact.agent is not None:  # free since one before was sent away
                        continue
                    self.dequeue(contact)
                    self.give_line(contact)
                    self.end_unserved(contact, ledger.CLOSED, contact_rules.AFTER_CLOSED)
                    contact.news.succeed()
            self.now()

    # --- queues -----------------------------------------------------------------------------------------------------

    def enqueue(self, contact: Contact, stays: bool = False) -> None:
        """Put a contact in its queue by (since, issue); set its next overflow, one that is due unless it `stays`."""
        queue = self.queues[contact.queue]
        self.count_waiting(contact.queue)
        insort(queue, contact)
        self.note_queue(contact.queue)
        row = self.book["queues"][contact.queue]
        contact.stage = int(row["first_stage"])
        while contact.stage < row["last_stage"]:
            stage = self.book["stages"][contact.stage]
            if contact.since + stage["after"] > self.env.now or (stage["to_queue"] >= 0 and not stays):
                break
            contact.stage += 1
        self.set_overflow(contact)

    def set_overflow(self, contact: Contact) -> None:
        contact.overflow_due = self.env.event()
        if contact.stage < self.book["queues"]["last_stage"][contact.queue]:
            due = contact.since + float(self.book["stages"]["after"][contact.stage])
            contact.overflow_due = self.env.at(max(due, float(self.env.now)), ev.OVERFLOW, contact.issue)

    def dequeue(self, contact: Contact) -> None:
        self.count_waiting(contact.queue)
        queue = self.queues[contact.queue]
        place = bisect_left(queue, contact)
        assert queue[place] is contact
        del queue[place]
        self.note_queue(contact.queue)

    def count_waiting(self, queue: int) -> None:
        now = self.now()
        length = len(self.queues[queue])
        ev.count_waiting(self.net, self.waiting, self.most, queue, length, self.changed[queue], now)
        self.changed[queue] = now

    def note_queue(self, queue: int) -> None:
        """Let policies see the queue."""
        self.board["queues"][queue]["waiting"] = len(self.queues[queue])
        since, issue = math.inf, 0
        if self.queues[queue]:
            since, issue = self.queues[queue][0].since, self.queues[queue][0].issue
        choices.show_head(self.net, self.board.record, queue, since, issue)

    def release_after(self, queue: int) -> None:
        """Once a queue is empty, those who stayed after closing only for it may go."""
        if self.queues[queue] or not self.closed():
            return
        row = self.book["queues"][queue]
        for match in self.book["by_queue"][row["first_match"] : row["last_match"]]:
            crew = self.crews[match["group"]]
            if not self.nothing_waits(int(match["group"])):
                continue
            for agent in reversed(crew.agents):
                if agent.state == ev.IDLE and (agent.leave_due or crew.pending):
                    self.go(agent)

    def closed(self) -> bool:
        return bool(contact_rules.closed(self.net, float(self.env.now)))

    def nothing_waits(self, group: int) -> bool:
        return bool(choices.nothing_waits(self.net, self.board.record, group))

    # --- agents -----------------------------------------------------------------------------------------------------

    def free(self, agent: Agent) -> None:
        """An agent has nothing to do: leave, break, go away, take the next contact, or idle, in that order."""
        leaving = agent.leave_due or bool(self.crews[agent.group].pending)
        if leaving and not self.held(agent.group):
            self.go(agent)
        elif agent.break_due:
            self.pause(agent, ev.ON_BREAK)
        elif agent.away_due and not leaving:
            self.pause(agent, ev.AWAY)
        else:
            queue = self.next_queue(agent.group)
            if queue < 0:
                self.list(agent)
                return
            contact = self.queues[queue][0]
            self.dequeue(contact)
            self.serve(contact, agent)
            self.release_after(queue)

    def held(self, group: int) -> bool:
        """Whether closing rules keep a group: the queue is served before its agents go."""
        return not self.settings["turn_away"] and self.closed() and not self.nothing_waits(group)

    def list(self, agent: Agent) -> None:
        """The agent is idle from now on."""
        agent.state, agent.idle_since = ev.IDLE, float(self.env.now)
        insort(self.crews[agent.group].idle, agent)
        self.note_idle(agent)
        row = self.book["groups"][agent.group]
        for match in self.book["by_group"][row["first_match"] : row["last_match"]]:
            if self.book["queues"]["outbound"][match["queue"]] == 2:
                self.dial_ahead(int(match["queue"]))

    def unlist(self, agent: Agent) -> None:
        self.crews[agent.group].idle.remove(agent)
        agent.idle_since = math.inf
        self.note_idle(agent)

    def note_idle(self, agent: Agent) -> None:
        """Let policies see who is idle."""
        idle = self.crews[agent.group].idle
        self.board["agents"]["idle_since"][agent.number] = agent.idle_since
        longest = idle[0].number if idle else -1
        choices.show_idle(self.net, self.board.record, agent.group, len(idle), longest)

    def come(self, agent: Agent) -> None:
        """An agent comes on duty."""
        self.crews[agent.group].present += 1
        self.board["groups"]["present"][agent.group] += 1
        agent.spell_start = self.now()
        agent.aways = max(agent.aways, contact_rules.first_away(self.net, agent.spell_start))
        self.set_away(agent)
        self.free(agent)

    def go(self, agent: Agent) -> None:
        """An agent leaves; time past the plan is overrun."""
        crew, due = self.crews[agent.group], self.now()
        if self.book["groups"]["by_count"][agent.group]:
            if crew.pending:
                due = self.due(agent, crew)
        elif agent.leave_due:
            due = agent.leaves_at
        self.depart(agent, due)

    def depart(self, agent: Agent, due: float) -> None:
        self.close_spell(agent, due)
        if agent.state == ev.IDLE:
            self.unlist(agent)
        agent.timer += 1
        agent.state, agent.contact = ev.OFF, None
        agent.leave_due = agent.break_due = agent.away_due = False
        self.note_aside(agent)
        agent.spell_start = float(self.env.now)
        agent.aways += 1
        self.crews[agent.group].present -= 1
        self.board["groups"]["present"][agent.group] -= 1

    def close_spell(self, agent: Agent, due: float) -> None:
        """Write what the agent was doing until now; time on duty after `due` is overrun."""
        now = self.now()
        if agent.state == ev.AWAY:
            self.write_spell(agent, ledger.AWAY, agent.spell_start, now)
        elif agent.state == ev.ON_BREAK:
            self.write_spell(agent, ledger.BREAK, agent.spell_start, now)
        else:
            turn = max(due, agent.spell_start)
            self.write_spell(agent, ledger.ON_DUTY, agent.spell_start, min(turn, now))
            self.write_spell(agent, ledger.OVERRUN, turn, now)

    def pause(self, agent: Agent, what: int) -> None:
        """An agent goes on break, or away for a while."""
        now = self.now()
        self.close_spell(agent, now)
        if agent.state == ev.IDLE:
            self.unlist(agent)
        agent.timer += 1
        agent.state, agent.spell_start = what, now
        agent.away_due = agent.break_due = False
        if what == ev.AWAY:
            length = contact_rules.away_length(self.net, self.inputs.run_key, agent.number, agent.aways)
            self.env.process(self.absence(agent, now + length, agent.timer))
        agent.aways += 1

    def absence(self, agent: Agent, until: float, timer: int) -> Process:
        """Away from work, until back."""
        yield self.env.at(until, ev.AWAY_ENDS, agent.number)
        if agent.timer == timer:
            self.resume(agent)

    def resume(self, agent: Agent) -> None:
        """Back from a break or from being away."""
        now = self.now()
        self.close_spell(agent, now)
        agent.spell_start, agent.state = now, ev.TALKING  # neither idle nor paused, until decided
        self.set_away(agent)
        self.free(agent)

    def set_away(self, agent: Agent) -> None:
        """When this agent next turns away from work, if the group is not always available."""
        if self.book["groups"]["gap"][agent.group] < math.inf:
            gap = contact_rules.away_gap(self.net, self.inputs.run_key, agent.number, agent.aways)
            agent.timer += 1
            self.env.process(self.attention(agent, float(self.env.now) + gap, agent.timer))

    def attention(self, agent: Agent, until: float, timer: int) -> Process:
        """At hand, until turning away."""
        yield self.env.at(until, ev.AWAY_BEGINS, agent.number)
        if agent.timer != timer:
            return
        self.now()
        if agent.state == ev.IDLE and not (agent.leave_due or self.crews[agent.group].pending):
            self.pause(agent, ev.AWAY)
        else:
            agent.away_due = True

    # --- the plan ---------------------------------------------------------------------------------------------------

    def staffing(self) -> Process:
        """The plan, row by row."""
        for number, row in enumerate(self.inputs.plan):
            kind = ev.STAFF_LEAVES if row["kind"] <= ev.BREAK_BEGINS else ev.STAFF_COMES
            yield self.env.at(float(row["time"]), kind, number)
            self.now()
            if row["kind"] == ev.FALL:
                self.fall(int(row["group"]), int(row["count"]))
            elif row["kind"] == ev.RISE:
                self.rise(int(row["group"]), int(row["count"]))
            else:
                self.follow(self.agents[row["agent"]], int(row["kind"]))

    def fall(self, group: int, count: int) -> None:
        """A headcount falls: highest seats not on a contact first, then those handing back, then the next to finish."""
        crew = self.crews[group]
        excess = crew.present - len(crew.pending) - count
        now, held = float(self.env.now), self.held(group)
        for agent in reversed(crew.agents):
            if excess > 0 and (agent.state in (ev.AWAY, ev.ON_BREAK) or (agent.state == ev.IDLE and not held)):
                self.depart(agent, now)
                excess -= 1
        if self.book["groups"]["hand_back"][group] and not self.closed():
            for agent in reversed(crew.agents):
                if excess > 0 and agent.state == ev.TALKING:
                    self.hand_back(agent)
                    excess -= 1
        crew.pending += [now] * max(0, excess)
        self.note_leaving(group)

    def rise(self, group: int, count: int) -> None:
        """A headcount rises: leavers who are still there stay, then the lowest free seats come."""
        crew = self.crews[group]
        missing = count - (crew.present - len(crew.pending))
        while missing > 0 and crew.pending:
            due = crew.pending.pop()
            self.note_leaving(group)
            self.stay(self.latest(crew, due), due)
            missing -= 1
        for agent in crew.agents:
            if missing > 0 and agent.state == ev.OFF:
                self.come(agent)
                missing -= 1

    def due(self, agent: Agent, crew: Crew) -> float:
        """When an agent who goes was due to: of the dues of its group the first since it is there.

        If it came, or was kept, after all of them, the overrun of another ends, who from now on counts as planned.
        """
        for place, due in enumerate(crew.pending):
            if due >= agent.spell_start:
                crew.pending.pop(place)
                self.note_leaving(agent.group)
                return due
        due = crew.pending.pop()
        self.note_leaving(agent.group)
        self.stay(self.latest(crew, due), due)
        return self.last

    def note_leaving(self, group: int) -> None:
        """Let policies see how many of a group are due to leave."""
        self.board["groups"]["leaving"][group] = len(self.crews[group].pending)

    def latest(self, crew: Crew, due: float) -> Agent:
        """Of the agents who have been there since `due`, the one who came or was kept last; then the higher seat."""
        there = [a for a in crew.agents if a.state != ev.OFF and a.spell_start <= due]
        return max(there, key=lambda a: (a.spell_start, a.number))

    def stay(self, agent: Agent, due: float) -> None:
        """An agent who was due to leave is wanted again: the time since then was overrun."""
        self.close_spell(agent, due)
        agent.spell_start = float(self.env.now)

    def follow(self, agent: Agent, kind: int) -> None:
        """A named person's shift or break begins or ends."""
        now, what = float(self.env.now), agent.state
        if kind == ev.LEAVE and what != ev.OFF:
            if what == ev.TALKING and self.book["groups"]["hand_back"][agent.group] and not self.closed():
                self.hand_back(agent)
            elif what in BUSY or (what == ev.IDLE and self.held(agent.group)):
                agent.leave_due, agent.leaves_at = True, now
                self.note_chats(agent)
                self.note_aside(agent)
            else:
                self.depart(agent, now)
        elif kind == ev.COME:
            if what == ev.OFF:
                self.come(agent)
            elif agent.leave_due:
                agent.leave_due = False
                self.note_chats(agent)
                self.stay(agent, agent.leaves_at)
        elif kind == ev.BREAK_BEGINS:
            if what in (ev.IDLE, ev.AWAY):
                self.pause(agent, ev.ON_BREAK)
            elif what != ev.OFF:
                agent.break_due = True
                self.note_chats(agent)
                self.note_aside(agent)
        elif kind == ev.BREAK_ENDS:
            if what == ev.ON_BREAK:
                self.resume(agent)
            else:
                agent.break_due = False
                self.note_chats(agent)

    def hand_back(self, agent: Agent) -> None:
        """The agent's contact goes back to the head of its queue with its work drawn anew; the agent leaves."""
        now, contact = self.now(), agent.contact
        assert contact is not None
        self.write_leg(contact, ledger.HANDED_ON, now, now, False, 0, NAN)
        self.depart(agent, now)
        contact.service += 1
        contact.left = contact.whole
        self.wait_again(contact, self.choose_agent)

    def wait_again(self, contact: Contact, choose: Callable[[Contact], Agent | None]) -> None:
        """A contact whose talk broke off goes to the agent that `choose` finds, or to its place in its queue again."""
        contact.waited += contact.answered - contact.queued
        contact.queued, contact.answered, contact.agent = self.now(), NAN, None
        contact.leg += 1
        contact.dialling = False
        told = contact.news
        self.expect_nothing(contact)
        other = choose(contact)
        if other is not None:
            self.serve(contact, other)
        else:
            self.enqueue(contact, stays=True)
            self.set_patience(contact)
        told.succeed()

    # --- the ledger -------------------------------------------------------------------------------------------------

    def write_leg(
        self, c: Contact, outcome: int, talk_end: float, ended: float, resolved: bool, following: int, next_at: float
    ) -> None:
        group, agent = (-1, -1) if c.agent is None else (c.agent.group, c.agent.number)
        times = (c.arrived, c.queued, c.answered, talk_end, ended, next_at, c.opened, c.waited, c.accumulated)
        places = (agent, c.reason, c.segment, c.channel, c.queue, c.entry, group)
        ends = (c.cause, outcome, resolved, following, c.offer, c.felt | c.ours, c.told)
        c.felt = 0
        self.legs.append((c.issue, *times, *places, c.attempt, c.leg, c.nth, *ends))

    def write_spell(self, agent: Agent, what: int, start: float, end: float) -> None:
        if end > start:
            self.spells.append((start, end, agent.number, what))

    def finish(self) -> None:
        """Nothing more can happen: whoever still waits stays unfinished, whoever is still there goes."""
        self.env._now = self.last
        for queue in self.queues:
            while queue:
                contact = queue[0]
                self.dequeue(contact)
                self.write_leg(contact, ledger.UNFINISHED, NAN, self.last, False, 0, NAN)
                if contact.asker is not None:
                    self.write_leg(contact.asker, ledger.UNFINISHED, self.last, self.last, False, 0, NAN)
                if contact.holder is not None and contact.holder.contact is not None:
                    self.write_leg(contact.holder.contact, ledger.TRANSFERRED, self.last, self.last, False, 0, NAN)
        for records in self.records:
            for contact in records:
                self.write_leg(contact, ledger.UNFINISHED, NAN, self.last, False, 0, NAN)
        for agent in self.agents:
            if agent.state != ev.OFF:
                self.go(agent)


def replay(inputs: Inputs, sink: ledger.Sink) -> None:
    """Replay one replication and hand its ledger to `sink`."""
    center = Center(inputs)
    center.run()
    sink.legs(np.array(center.legs, ledger.LEG_DTYPE))
    sink.spells(np.array(center.spells, ledger.SPELL_DTYPE))
    shape = (len(center.queues), -1)
    sink.lengths(center.waiting.reshape(shape), center.most.reshape(shape))
    if center.settings["people"]:
        sink.customers(customer_memory.made(center.board))
