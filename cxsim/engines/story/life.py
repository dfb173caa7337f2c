"""Everything that passes time: the life of a contact, shifts, timers. Read `life` first."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.story.agents import become_free, begin_pause, release_holder
from cxsim.engines.story.arrivals import reach_queue
from cxsim.engines.story.callbacks import dial_answered, put_on_list
from cxsim.engines.story.center import NAN, Agent, Center, Chat, Contact, Process
from cxsim.engines.story.chats import offer_slots, release_chat
from cxsim.engines.story.effort import customer_exists
from cxsim.engines.story.ivr import enter_step, leave_step
from cxsim.engines.story.policies import tell_contact
from cxsim.engines.story.queues import dequeue, expect_nothing
from cxsim.engines.story.service import take_or_wait
from cxsim.engines.story.staffing import end_pause, follow_shift, headcount_falls, headcount_rises
from cxsim.engines.story.talks import end_talk
from cxsim.engines.story.timers import wake_up
from cxsim.engines.story.trunks import give_trunk
from cxsim.engines.story.unserved import abandon, end_unserved, finish, overflow
from cxsim.policies import LEFT
from cxsim.rules import contact_rules, ivr_steps
from cxsim.schema import ledger, plan_events
from cxsim.schema.ledger import REASON_SHIFT


def run(center: Center, audit: Callable[[Center], None] | None = None) -> None:
    """Everything, until nothing more can happen; `audit` is asked after each event."""
    begin(center)
    while center.env.peek() < math.inf:
        step(center)
        if audit is not None and center.env.is_between_events():
            audit(center)
    finish(center)


def begin(center: Center) -> None:
    """Customers, agents and closing times from now on."""
    center.env.process(fresh_arrivals(center))
    center.env.process(follow_plan(center))
    if center.settings["turn_away"]:
        center.env.process(close_doors(center))


def step(center: Center) -> None:
    """The next event of SimPy; after the last one of an event of the model, chats take the slots that are free."""
    center.env.step()
    if center.happened and center.env.is_between_events():
        offer_slots(center)
        center.happened = False


def fresh_arrivals(center: Center) -> Process:
    """Customers with new issues."""
    for time, issue in zip(center.inputs.times.tolist(), center.inputs.issues.tolist(), strict=True):
        yield center.env.at(time, ev.FRESH_ARRIVAL, issue)
        key = np.uint64(contact_rules.key_of(center.net, center.inputs.run_key, issue))
        contact = Contact(issue, key, issue >> REASON_SHIFT, contact_rules.segment_of(center.net, key), time)
        contact.urgency = int(center.book["markets"]["priority"][contact.segment])
        contact.start = int(contact_rules.first_way(center.net, contact.segment, key))
        if customer_exists(center, contact):
            center.env.process(life_of_issue(center, contact))


def life_of_issue(center: Center, contact: Contact) -> Process:
    """Attempt after attempt, until the issue is resolved or given up."""
    center.living[contact.issue] = contact
    center.arisen += 1
    while True:
        arrive(center, contact)
        while not contact.over:
            if contact.queue < 0:
                yield from in_step(center, contact)
            elif contact.call_due is not None:
                yield contact.call_due
                call_due(center, contact)
            elif contact.agent is None:
                yield from in_queue(center, contact)
            else:
                yield from in_talk(center, contact)
        if contact.next_attempt >= center.end:
            del center.living[contact.issue]
            center.ended += 1
            return
        yield center.env.at(contact.next_attempt, ev.RETURN, contact.issue)


def in_step(center: Center, contact: Contact) -> Process:
    """In a step of the flow until its time is over."""
    yield contact.step_ends
    leave_step(center, contact)


def in_queue(center: Center, contact: Contact) -> Process:
    """In a queue until there is news (an agent, closing time), the queue overflows, or patience ends."""
    news, overflow_due = contact.news, contact.overflow_due
    yield news | overflow_due | contact.patience_ends
    if news.triggered:
        return
    if overflow_due.processed:
        overflow(center, contact)
    else:
        abandon(center, contact)


def in_talk(center: Center, contact: Contact) -> Process:
    """With an agent until the work is done, or the agent hands the contact back."""
    news = contact.news
    yield news | contact.talk_ends
    if not news.triggered:
        end_talk(center, contact)


def arrive(center: Center, contact: Contact) -> None:
    """An attempt begins: lines, an idle agent, room in the queue, balking, and else the queue."""
    now = center.now()
    contact.arrived = contact.since = contact.queued = now
    contact.answered, contact.waited, contact.agent = NAN, 0.0, None
    contact.leg = contact.service = 1
    contact.line, contact.left, contact.extra, contact.holder, contact.transfer = -1, 1.0, 0.0, None, -1
    contact.whole, contact.asked, contact.legs, contact.services = 1.0, False, 0, 0
    contact.told, contact.offer, contact.callback, contact.counted = NAN, False, 0, False
    contact.retells, contact.felt = contact.cause == ledger.REPEAT, 0
    contact.queue = contact.entry = int(center.book["reasons"]["queue"][contact.reason])
    contact.over = False
    expect_nothing(center, contact)
    step = int(center.book["reasons"]["step"][contact.reason])
    if contact.start >= 0:
        way = center.book["exits"][contact.start]
        step, to = (-1, int(way["to"])) if way["kind"] == ivr_steps.TO_QUEUE else (int(way["to"]), -1)
        contact.queue = contact.entry = to
    if step >= 0:
        enter_step(center, contact, step)
    else:
        reach_queue(center, contact, contact.queue)


def call_due(center: Center, contact: Contact) -> None:
    """The time has come to call a customer back: an idle agent, or the queue. Or the customer writes again."""
    contact.call_due = None
    if contact.ringing:
        dial_answered(center, contact)
        return
    if contact.writes:
        contact.writes, contact.arrived = False, center.now()
        reach_queue(center, contact, contact.queue, led=True)
        return
    contact.since = contact.queued = center.now()
    if contact.cause == ledger.OUTBOUND:
        put_on_list(center, contact)
        return
    take_or_wait(center, contact)


def write_up(center: Center, chat: Chat, agent: Agent, until: float, timer: int) -> Process:
    """After-chat work, among the other chats."""
    yield center.env.at(until, ev.WRAP_END, chat.contact.issue)
    if chat.timer == timer:
        release_chat(center, chat, agent)


def take_over(center: Center, holder: Agent, until: float) -> Process:
    """Both agents of a transfer talk, until the first lets go."""
    yield center.env.at(until, ev.HANDOVER_ENDS, holder.number)
    release_holder(center, holder)


def question(center: Center, asked: Contact) -> Process:
    """The life of what one agent asks another."""
    while not asked.over:
        yield from in_queue(center, asked) if asked.agent is None else in_talk(center, asked)


def wrap_up(center: Center, agent: Agent, until: float) -> Process:
    """After-call work."""
    yield center.env.at(until, ev.WRAP_END, agent.number)
    center.now()
    become_free(center, agent)


def wake(center: Center, due: float) -> Process:
    """A timer of the policy."""
    yield center.env.at(due, ev.WAKE, 0)
    wake_up(center)


def close_doors(center: Center) -> Process:
    """At closing time whoever still waits is sent away, queue by queue, longest wait first."""
    for end in center.book["openings"]["end"].tolist():
        yield center.env.at(end, ev.CLOSING, 0)
        for number, queue in enumerate(center.queues):
            if center.book["queues"]["day_and_night"][number]:
                continue
            for contact in [one for one in queue if not one.callback]:  # who will be called back waits on
                if contact.agent is not None:  # free since one before was sent away
                    continue
                dequeue(center, contact)
                tell_contact(center, LEFT, contact)
                give_trunk(center, contact)
                end_unserved(center, contact, ledger.CLOSED)
                contact.news.succeed()
        center.now()


def absence(center: Center, agent: Agent, until: float, timer: int) -> Process:
    """Away from work, until back."""
    yield center.env.at(until, ev.AWAY_ENDS, agent.number)
    if agent.timer == timer:
        end_pause(center, agent)


def attention(center: Center, agent: Agent, until: float, timer: int) -> Process:
    """At hand, until turning away."""
    yield center.env.at(until, ev.AWAY_BEGINS, agent.number)
    if agent.timer != timer:
        return
    center.now()
    if agent.state == ev.IDLE and not (agent.leave_due or center.crews[agent.group].pending):
        begin_pause(center, agent, ev.AWAY)
    else:
        agent.away_due = True


def follow_plan(center: Center) -> Process:
    """The plan, row by row."""
    for number, row in enumerate(center.inputs.plan):
        kind = int(ev.of_plan(row["kind"]))
        yield center.env.at(float(row["time"]), kind, number)
        center.now()
        if row["kind"] == plan_events.FALL:
            headcount_falls(center, int(row["group"]), int(row["count"]))
        elif row["kind"] == plan_events.RISE:
            headcount_rises(center, int(row["group"]), int(row["count"]))
        else:
            follow_shift(center, center.agents[row["agent"]], int(row["kind"]))
