"""Chats that end."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.rules import contact_rules
from cxsim.rules.routing import chat_slots, system_state
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.names import TURN

from .agents import become_free, release_when_empty
from .chat_pace import note_chats, schedule_chats, settle_chats
from .codes import ARRIVES
from .effort import ends
from .heads import show_due, shown_first
from .queues import leave_queue
from .recording import write_leg_rare, write_spell
from .returns import come_back, plan_of
from .service import serve_rare
from .slots import contact_node, copy_contact, free_slot, insert_contact, take_slot, unlink_contact
from .transfers import send_to_queue, transfer_row
from .trunks import give_trunk


@inner
def end_chat(net, board, w, c):
    """The customer of a chat is done or handed on (then LED or LED_IN_PLACE is returned); it is written up."""
    contact = ws.contacts(w, c)
    a = contact.agent
    agent = ws.agents(w, a)
    state = ws.state(w, 0)
    desk = ws.desks(w, a)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, agent.group)
    wrap = contact_rules.wrap_time(
        net, skill, a, contact.reason, contact.answered, contact.key, contact.work_attempt, contact.service
    )
    resolved = ends(net, board, w, c, a)
    row = -1
    if nw.queues(net, contact.queue).hands_on:
        row = transfer_row(net, board, w, c, a)
    contact.nth += 1 - ws.more(w, c).counted
    part = take_slot(w)
    copy_contact(w, c, part)
    ws.more(w, c).felt = 0
    insert_contact(w, desk, part, c)  # takes its place
    unlink_contact(w, desk, c)
    more = ws.more(w, part)
    more.ends = state.now
    more.talk = wrap
    more.since = state.now
    more.wraps = 1
    more.outcome = ledger.ANSWERED
    more.resolved = 0
    more.next = ledger.FRESH
    more.next_at = math.nan
    if wrap > 0.0:
        slow = contact_rules.pace(net, desk.channel, desk.chats)
        cal.put(w, contact_node(w, part), state.now + wrap * slow, ev.WRAP_END, contact.issue)
    if row >= 0:
        if nw.transfers(net, row).kind == TURN:
            more.outcome = ledger.REPLIED
            send_to_queue(net, w, c, row, -1)
            if wrap <= 0.0:
                release_chat(net, board, w, part)
            return ARRIVES
        more.outcome = ledger.TRANSFERRED
        state.part = -1 if wrap > 0.0 else part
        return send_to_queue(net, w, c, row, -1)
    give_trunk(w, c)
    again, more.next, more.next_at = plan_of(net, w, c, ledger.ANSWERED, resolved, state.now)
    more.resolved = resolved
    come_back(net, board, w, c, again, ledger.ANSWERED, resolved)
    if wrap <= 0.0:
        release_chat(net, board, w, part)
    return ARRIVES


@inner
def release_chat(net, board, w, part):
    """A chat is written up: its leg, the pace of those that go on, and the next one."""
    contact = ws.contacts(w, part)
    more = ws.more(w, part)
    a = contact.agent
    agent = ws.agents(w, a)
    desk = ws.desks(w, a)
    now = ws.state(w, 0).now
    write_leg_rare(w, part, more.outcome, agent.group, more.ends, now, more.resolved, more.next, more.next_at)
    settle_chats(net, w, a)
    unlink_contact(w, desk, part)
    desk.chats -= 1
    cal.cancel(w, contact_node(w, part))  # a chat that came to the agent just before may have put it off
    free_slot(w, part)
    note_chats(net, board, w, a)
    if desk.chats > 0:
        schedule_chats(net, w, a)
    else:
        write_spell(w, a, ledger.ENGAGED, desk.since, now)
        agent.state = ev.TALKING  # undecided
        become_free(net, board, w, a)


@inner
def _next_chat(net, board, w, group, now):
    """The chat that the agents of a group take next beside others, or -1."""
    urgent = nw.settings(net, 0).urgent
    if urgent:
        show_due(net, board, w, group, True)
    queue = chat_slots.next_chat(net, board, group, now)
    c = shown_first(net, board, w, queue) if queue >= 0 else -1
    if urgent:
        show_due(net, board, w, group, False)
    return c


@inner
def offer_slots(net, board, w):
    """After each event, whatever it was: agents with room take the chats that wait and that they may take now."""
    now = ws.state(w, 0).now
    taken = True
    while taken:
        taken = False
        for group in range(net.groups_size):
            if system_state.board_groups(board, group).roomy == 0:  # of most: a call for each takes a fifth of the time
                continue
            c = _next_chat(net, board, w, group, now)
            while c >= 0:
                queue = ws.contacts(w, c).queue
                leave_queue(net, board, w, c)
                serve_rare(net, board, w, c, chat_slots.free_desk(net, board, group, queue))
                release_when_empty(net, board, w, queue)
                taken = True
                c = _next_chat(net, board, w, group, now)
