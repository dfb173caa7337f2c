"""What a policy that is a class is asked and told; its functions are compiled on their own, and called by address."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.jit.struct_arrays import call
from cxsim.policies import ANSWERED, ENDED
from cxsim.randomness.draws import AGENT, attempt_key, uniform
from cxsim.rules.routing import eligibility, policy_views, system_state
from cxsim.schema import network as nw
from cxsim.schema.policy_views import FIRSTS, NAMES_CONTACT, WAITERS

from .features import RICH
from .heads import shown_first

_FAILED = -2


@inner
def _effort(w, c):
    """The effort of a customer with an issue so far; 0 for what one agent asks another."""
    if RICH and ws.more(w, c).asker < 0:
        return ws.more(w, c).effort
    return 0.0


@inner
def ask_agent(net, board, w, c):
    """The agent that the policy gives a contact, or -1."""
    contact = ws.contacts(w, c)
    asking = system_state.board_asking(board, 0)
    now = ws.state(w, 0).now
    if asking.failed != 0 or system_state.board_marks(board, 0).idle & nw.queues(net, contact.queue).groups == 0:
        return -1
    u = uniform(attempt_key(contact.key, contact.attempt, contact.leg), AGENT)
    shown = policy_views.show_contact(
        net,
        board,
        contact.queue,
        contact.since,
        now,
        u,
        contact.issue,
        contact.reason,
        contact.segment,
        contact.attempt,
        _effort(w, c),
    )
    if shown == 0:
        return -1
    chosen = policy_views.chosen_agent(net, board, contact.queue, contact.since, now, call(asking.agent_at, board))
    if chosen == policy_views.NOT_ALLOWED:
        asking.failed = system_state.CHOOSES_AGENT
        return -1
    policy_views.heed_timers(net, board, now)
    return chosen


@inner
def ask_interrupted(net, board, w, c):
    """The agent whose work the policy interrupts for a contact, or -1."""
    contact = ws.contacts(w, c)
    asking = system_state.board_asking(board, 0)
    now = ws.state(w, 0).now
    if asking.failed != 0:
        return -1
    u = uniform(attempt_key(contact.key, contact.attempt, contact.leg), AGENT)
    shown = policy_views.show_interruptible(
        net,
        board,
        contact.queue,
        contact.since,
        now,
        u,
        contact.issue,
        contact.reason,
        contact.segment,
        contact.attempt,
        _effort(w, c),
    )
    if shown == 0:
        return -1
    answer = call(asking.interrupted_at, board)
    chosen = policy_views.interrupted_agent(net, board, contact.queue, contact.since, now, answer)
    if chosen == policy_views.NOT_ALLOWED:
        asking.failed = system_state.CHOOSES_INTERRUPTED
        return -1
    policy_views.heed_timers(net, board, now)
    return chosen


@inner
def _show_waiting(net, board, w, c, k, first, place):
    contact = ws.contacts(w, c)
    policy_views.show_waiting(
        net,
        board,
        first,
        place,
        k,
        ws.state(w, 0).now,
        contact.issue,
        contact.reason,
        contact.segment,
        contact.attempt,
        contact.since,
        _effort(w, c),
    )


@inner
def _show_contacts(net, board, w, group):
    """Show the contacts that an agent of a group may take: the first of each queue, or all, as the policy asks."""
    asking = system_state.board_asking(board, 0)
    now = ws.state(w, 0).now
    firsts = 0
    waiters = 0
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        if not eligibility.may_be_served(net, board, k, now):
            continue
        match = nw.by_group(net, k)
        if asking.views & FIRSTS:
            _show_waiting(net, board, w, shown_first(net, board, w, match.queue), k, True, firsts)
            firsts += 1
        c = ws.queues(w, match.queue).first
        while asking.views & WAITERS and c >= 0:
            if ws.contacts(w, c).since + match.after <= now:
                _show_waiting(net, board, w, c, k, False, waiters)
                waiters += 1
            c = ws.contacts(w, c).next
    asking.waiters = waiters


@inner
def _nth_contact(net, board, w, group, number):
    """The contact that `_show_contacts` showed at a place; -1 for none."""
    now = ws.state(w, 0).now
    for k in range(nw.groups(net, group).first_match, nw.groups(net, group).last_match):
        if not eligibility.may_be_served(net, board, k, now):
            continue
        match = nw.by_group(net, k)
        c = ws.queues(w, match.queue).first
        while c >= 0:
            if ws.contacts(w, c).since + match.after <= now:
                if number == 0:
                    return c
                number -= 1
            c = ws.contacts(w, c).next
    return -1


@inner
def ask_contact(net, board, w, a):
    """The waiting contact that an agent takes by the policy, or -1."""
    asking = system_state.board_asking(board, 0)
    group = ws.agents(w, a).group
    now = ws.state(w, 0).now
    if asking.failed != 0 or system_state.board_marks(board, 0).waiting & nw.groups(net, group).queues == 0:
        return -1
    if policy_views.show_agent(net, board, a, now) == 0:
        return -1
    _show_contacts(net, board, w, group)
    chosen = call(asking.contact_at, board)
    policy_views.heed_timers(net, board, now)
    if chosen == -1:
        return -1
    c = -1
    if asking.views & NAMES_CONTACT:
        if chosen >= 0:
            c = _nth_contact(net, board, w, group, chosen)
    elif policy_views.may_choose(net, board, group, now, chosen):
        c = shown_first(net, board, w, chosen)
    if c < 0:
        asking.failed = system_state.CHOOSES_CONTACT
    return c


@inner
def _tell(net, board, now):
    asking = system_state.board_asking(board, 0)
    if call(asking.after_at, board) == _FAILED:
        asking.failed = system_state.AFTER
    policy_views.heed_timers(net, board, now)


@inner
def tell_contact(net, board, w, kind, c, a):
    """Tell the policy what has become of a contact; `a` is the agent, -1 for none."""
    asking = system_state.board_asking(board, 0)
    if asking.after_at == 0 or asking.failed != 0:
        return
    contact = ws.contacts(w, c)
    now = ws.state(w, 0).now
    wait = now - contact.since
    policy_views.show_event(
        net,
        board,
        kind,
        now,
        contact.queue,
        contact.reason,
        contact.segment,
        contact.attempt,
        contact.issue,
        a,
        -1,
        wait,
        math.nan,
    )
    _tell(net, board, now)


@inner
def tell_answer(net, board, w, c, a):
    """An agent begins on a contact."""
    contact = ws.contacts(w, c)
    chats = nw.queues(net, contact.queue).slots > 1
    if not chats or system_state.board_people(board, a).state != ev.CHATTING:
        state = ev.CHATTING if chats else ev.TALKING
        policy_views.note_work(board, a, state, contact.queue, contact.reason, contact.segment, ws.state(w, 0).now)
    tell_contact(net, board, w, ANSWERED, c, a)


@inner
def tell_talk_end(net, board, w, a):
    """An agent stops talking to a customer."""
    asking = system_state.board_asking(board, 0)
    if asking.after_at == 0 or asking.failed != 0:
        return
    now = ws.state(w, 0).now
    seen = system_state.board_people(board, a)
    talk = now - seen.since
    policy_views.show_event(net, board, ENDED, now, seen.queue, seen.reason, -1, -1, -1, a, -1, math.nan, talk)
    _tell(net, board, now)


@inner
def tell_timer(net, board, w):
    """A timer is due."""
    asking = system_state.board_asking(board, 0)
    now = ws.state(w, 0).now
    policy_views.take_timer(net, board, now)
    if asking.after_at != 0 and asking.failed == 0:
        _tell(net, board, now)
