"""What a policy that is a class is asked and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.story.center import NAN, Agent, Center, Contact
from cxsim.engines.story.heads import shown_first
from cxsim.policies import ANSWERED, ENDED
from cxsim.randomness.draws import AGENT, attempt_key, uniform
from cxsim.rules.routing import policy_views
from cxsim.schema.policy_views import FIRSTS, NAMES_CONTACT, WAITERS

if TYPE_CHECKING:
    from cxsim.model.class_policy import ClassPolicy


def has(center: Center, hook: str) -> bool:
    """Whether the policy is a class that answers this question."""
    return center.as_class and hook in _policy(center).hooks.functions


def _policy(center: Center) -> ClassPolicy:
    policy = center.policy
    assert policy is not None
    return policy  # type: ignore[return-value]  # asked only where it is one


def note_person(center: Center, agent: Agent, state: int) -> None:
    """Let policies see that an agent does something else from now on."""
    if center.as_class:
        policy_views.note_person(center.board.record, agent.number, state, float(center.env.now))


def _effort(contact: Contact) -> float:
    """The effort of a customer with an issue so far; 0 for what one agent asks another."""
    return 0.0 if contact.asker is not None else contact.effort


def ask_agent(center: Center, contact: Contact) -> Agent | None:
    """The agent that the policy gives a contact."""
    now, policy, board = float(center.env.now), _policy(center), center.board
    u = uniform(np.uint64(attempt_key(contact.key, contact.attempt, contact.leg)), AGENT)
    about = (contact.issue, contact.reason, contact.segment, contact.attempt, _effort(contact))
    who = (contact.queue, contact.since, now)
    if not policy_views.show_contact(center.net, board.record, *who, u, *about):
        return None
    answer = policy.ask("choose_agent", board)
    chosen = int(policy_views.chosen_agent(center.net, board.record, *who, answer))
    if chosen == policy_views.NOT_ALLOWED:
        raise policy.not_allowed("choose_agent", board, answer)
    heed_timers(center)
    return center.agents[chosen] if chosen >= 0 else None


def ask_interrupted(center: Center, contact: Contact) -> Agent | None:
    """The agent whose work the policy interrupts for a contact."""
    now, policy, board = float(center.env.now), _policy(center), center.board
    u = uniform(np.uint64(attempt_key(contact.key, contact.attempt, contact.leg)), AGENT)
    about = (contact.issue, contact.reason, contact.segment, contact.attempt, _effort(contact))
    who = (contact.queue, contact.since, now)
    if not policy_views.show_interruptible(center.net, board.record, *who, u, *about):
        return None
    answer = policy.ask("choose_interrupted", board)
    chosen = int(policy_views.interrupted_agent(center.net, board.record, *who, answer))
    if chosen == policy_views.NOT_ALLOWED:
        raise policy.not_allowed("choose_interrupted", board, answer)
    heed_timers(center)
    return center.agents[chosen] if chosen >= 0 else None


def ask_contact(center: Center, agent: Agent) -> Contact | None:
    """The waiting contact that an agent takes by the policy."""
    now, policy, board = float(center.env.now), _policy(center), center.board
    if not policy_views.show_agent(center.net, board.record, agent.number, now):
        return None
    views, group, shown = int(board["asking"]["views"][0]), center.book["groups"][agent.group], list[Contact]()
    firsts, rows = 0, center.book["by_group"]
    for k in range(group["first_match"], group["last_match"]):
        if not policy_views.may_take_from(center.net, board.record, k, now):
            continue
        waiting = [one for one in center.queues[rows["queue"][k]] if one.since + rows["after"][k] <= now]
        if views & FIRSTS:
            _show_waiting(center, waiting[0], k, True, firsts)
            firsts += 1
        shown += waiting
        if views & WAITERS:
            policy.make_room(board, len(shown))
            for place, one in enumerate(waiting, len(shown) - len(waiting)):
                _show_waiting(center, one, k, False, place)
    board["asking"]["waiters"] = len(shown) if views & WAITERS else 0
    answer = policy.ask("choose_contact", board)
    heed_timers(center)
    if answer == -1:
        return None
    if views & NAMES_CONTACT:
        if 0 <= answer < len(shown):
            return shown[answer]
    elif policy_views.may_choose(center.net, board.record, agent.group, now, answer):
        return shown_first(center, answer)
    raise policy.not_allowed("choose_contact", board, answer)


def _show_waiting(center: Center, one: Contact, k: int, first: bool, place: int) -> None:
    who = (one.issue, one.reason, one.segment, one.attempt, one.since, _effort(one))
    policy_views.show_waiting(center.net, center.board.record, first, place, k, float(center.env.now), *who)


def _tell(center: Center) -> None:
    _policy(center).ask("after", center.board)
    heed_timers(center)


def tell_contact(center: Center, kind: int, contact: Contact, agent: int = -1) -> None:
    """Tell the policy what has become of a contact, and the agent where there is one."""
    if has(center, "after"):
        now = float(center.env.now)
        about = (contact.queue, contact.reason, contact.segment, contact.attempt, contact.issue)
        wait = now - contact.since
        policy_views.show_event(center.net, center.board.record, kind, now, *about, agent, -1, wait, NAN)
        _tell(center)


def tell_answer(center: Center, contact: Contact, agent: Agent) -> None:
    """An agent begins on a contact."""
    if not center.as_class:
        return
    chats = center.book["queues"]["slots"][contact.queue] > 1
    if not chats or center.board["people"]["state"][agent.number] != ev.CHATTING:
        state = ev.CHATTING if chats else ev.TALKING
        place = (state, contact.queue, contact.reason, contact.segment)
        policy_views.note_work(center.board.record, agent.number, *place, float(center.env.now))
    tell_contact(center, ANSWERED, contact, agent.number)


def tell_talk_end(center: Center, agent: Agent) -> None:
    """An agent stops talking to a customer."""
    if has(center, "after"):
        now, seen = float(center.env.now), center.board["people"][agent.number]
        about = (int(seen["queue"]), int(seen["reason"]), -1, -1, -1, agent.number, -1)
        policy_views.show_event(center.net, center.board.record, ENDED, now, *about, NAN, now - float(seen["since"]))
        _tell(center)


def heed_timers(center: Center) -> None:
    """Wake at the next time that the policy has set, if it has set another than before."""
    policy_views.heed_timers(center.net, center.board.record, float(center.env.now))
    asking = center.board["asking"][0]
    if asking["failed"]:
        raise _policy(center).failure(center.board)
    due = float(asking["wake"])
    if due < center.end and due not in center.wakes:
        center.wakes.add(due)
        center.env.process(center.life.wake(center, due))


def tell_timer(center: Center) -> bool:
    """Tell the policy that a timer is due, if there still is one."""
    now = float(center.env.now)
    center.wakes.discard(now)
    if float(center.board["asking"]["wake"][0]) != now:
        return False
    center.now()
    policy_views.take_timer(center.net, center.board.record, now)
    if has(center, "after"):
        _policy(center).ask("after", center.board)
    heed_timers(center)
    return True
