"""The pace of an agent's chats: each one more slows the others."""

from __future__ import annotations

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.rules import contact_rules
from cxsim.rules.routing import system_state

from .features import RICH
from .slots import contact_node


@inner
def settle_chats(net, w, a):
    """What is left of each of an agent's chats now."""
    desk = ws.desks(w, a)
    now = ws.state(w, 0).now
    c = desk.first
    while c >= 0:
        more = ws.more(w, c)
        more.talk = contact_rules.still(more.talk, now - more.since, contact_rules.pace(net, desk.channel, desk.chats))
        more.since = now
        c = ws.contacts(w, c).next


@inner
def schedule_chats(net, w, a):
    """When each of an agent's chats ends at the present pace."""
    desk = ws.desks(w, a)
    now = ws.state(w, 0).now
    slow = contact_rules.pace(net, desk.channel, desk.chats)
    c = desk.first
    while c >= 0:
        more = ws.more(w, c)
        node = contact_node(w, c)
        cal.cancel(w, node)
        if more.wraps:
            cal.put(w, node, now + more.talk * slow, ev.WRAP_END, ws.contacts(w, c).issue)
        else:
            cal.put(w, node, now + more.talk * slow, ev.TALK_END, ws.contacts(w, c).issue)
        c = ws.contacts(w, c).next


@inner
def note_chats(net, board, w, a):
    """Let policies see whether an agent has room for another chat."""
    if RICH and w.desks_size > 0:
        agent = ws.agents(w, a)
        desk = ws.desks(w, a)
        chats = 0 if agent.leave_due or agent.break_due else desk.chats
        system_state.show_chats(net, board, a, chats, desk.channel, ws.state(w, 0).now)
