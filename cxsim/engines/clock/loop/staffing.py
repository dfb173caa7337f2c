"""Agents come and go by the plan."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.rules import absences
from cxsim.rules.routing import system_state
from cxsim.schema import network as nw
from cxsim.schema import plan_events

from .agents import become_free, begin_pause, depart, kept_after_closing, latest_to_come, stay_on_duty
from .chat_pace import note_chats
from .features import RICH, RULES
from .recording import close_spell
from .service import choose_agent_rare, serve_or_queue, wait_again, write_part
from .slots import away_node
from .trunks import is_closed


@inner
def _come(net, board, w, a):
    """An agent comes on duty."""
    agent = ws.agents(w, a)
    ws.crews(w, ws.agents(w, a).group).present += 1
    system_state.board_groups(board, agent.group).present += 1
    agent.spell_start = ws.state(w, 0).now
    agent.aways = max(agent.aways, absences.first_away(net, agent.spell_start))
    _set_away(net, board, w, a)
    become_free(net, board, w, a)


@inner
def _set_away(net, board, w, a):
    """When this agent next turns away from work, if the group is not always available."""
    if nw.groups(net, ws.agents(w, a).group).gap < math.inf:
        now = ws.state(w, 0).now
        due = now + absences.away_gap(net, ws.state(w, 0).run, a, ws.agents(w, a).aways, now)
        if due < math.inf:
            cal.put(w, away_node(w, a), due, ev.AWAY_BEGINS, a)


@inner
def end_pause(net, board, w, a):
    """Back from a break or from being away."""
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    close_spell(net, board, w, a, now)
    agent.spell_start = now
    agent.state = ev.TALKING  # neither idle nor paused, until decided
    _set_away(net, board, w, a)
    become_free(net, board, w, a)


@inner
def _hand_back(net, board, w, a):
    """The agent's contact goes back to the head of its queue with its work drawn anew; the agent leaves."""
    c = ws.agents(w, a).contact
    write_part(net, board, w, a)
    depart(net, board, w, a, ws.state(w, 0).now)
    ws.contacts(w, c).service += 1
    if RICH:
        ws.more(w, c).left = ws.more(w, c).whole
    wait_again(net, board, w, c)
    other = choose_agent_rare(net, board, w, c)
    serve_or_queue(net, board, w, c, other)


@inner
def _fall(net, board, w, group, count):
    """A headcount falls: highest seats not on a contact go first, then those handing back, then the next to finish."""
    crew = ws.crews(w, group)
    excess = crew.present - crew.pending - count
    first = nw.groups(net, group).first_seat
    last = nw.groups(net, group).last_seat - 1
    now = ws.state(w, 0).now
    held = kept_after_closing(net, board, w, first) if last >= first else False
    a = last
    while excess > 0 and a >= first:
        what = ws.agents(w, a).state
        if what == ev.AWAY or what == ev.ON_BREAK or (what == ev.IDLE and not held):
            depart(net, board, w, a, now)
            excess -= 1
        a -= 1
    if RULES and nw.groups(net, group).hand_back and not is_closed(net, board, w):
        a = last
        while excess > 0 and a >= first:
            if ws.agents(w, a).state == ev.TALKING:
                _hand_back(net, board, w, a)
                excess -= 1
            a -= 1
    while excess > 0:
        ws.pending(w)[first + crew.pending] = now
        crew.pending += 1
        excess -= 1
    system_state.board_groups(board, group).leaving = crew.pending


@inner
def _rise(net, board, w, group, count):
    """A headcount rises: leavers who are still there stay, then the lowest free seats come."""
    crew = ws.crews(w, group)
    missing = count - (crew.present - crew.pending)
    while missing > 0 and crew.pending > 0:
        crew.pending -= 1
        system_state.board_groups(board, group).leaving = crew.pending
        due = ws.pending(w)[nw.groups(net, group).first_seat + crew.pending]
        stay_on_duty(net, board, w, latest_to_come(net, w, group, due), due)
        missing -= 1
    a = nw.groups(net, group).first_seat
    while missing > 0:
        if ws.agents(w, a).state == ev.OFF:
            _come(net, board, w, a)
            missing -= 1
        a += 1


@inner
def follow_plan(net, board, w, row):
    """One row of the plan happens."""
    kind = row.kind
    if kind == plan_events.FALL:
        _fall(net, board, w, row.group, row.count)
        return
    if kind == plan_events.RISE:
        _rise(net, board, w, row.group, row.count)
        return
    a = row.agent
    agent = ws.agents(w, a)
    what = agent.state
    if kind == plan_events.LEAVE:
        if what == ev.OFF:
            return
        if RULES and what == ev.TALKING and nw.groups(net, row.group).hand_back and not is_closed(net, board, w):
            _hand_back(net, board, w, a)
        elif (
            what == ev.TALKING
            or what == ev.WRAPPING
            or what == ev.HOLDING
            or what == ev.CHATTING
            or (what == ev.IDLE and kept_after_closing(net, board, w, a))
        ):
            agent.leave_due = 1
            note_chats(net, board, w, a)
            system_state.board_agents(board, a).aside_since = math.inf
            agent.leaves_at = ws.state(w, 0).now
        else:
            depart(net, board, w, a, ws.state(w, 0).now)
    elif kind == plan_events.COME:
        if what == ev.OFF:
            _come(net, board, w, a)
        elif agent.leave_due:
            agent.leave_due = 0
            note_chats(net, board, w, a)
            stay_on_duty(net, board, w, a, agent.leaves_at)
    elif kind == plan_events.BREAK_BEGINS:
        if what == ev.IDLE or what == ev.AWAY:
            begin_pause(net, board, w, a, ev.ON_BREAK)
        elif what != ev.OFF:
            agent.break_due = 1
            note_chats(net, board, w, a)
            system_state.board_agents(board, a).aside_since = math.inf
    elif what == ev.ON_BREAK:
        end_pause(net, board, w, a)
    else:
        agent.break_due = 0
        note_chats(net, board, w, a)


@inner
def away_begins(net, board, w, a):
    agent = ws.agents(w, a)
    if agent.state == ev.IDLE and not (agent.leave_due or ws.crews(w, ws.agents(w, a).group).pending > 0):
        begin_pause(net, board, w, a, ev.AWAY)
    else:
        agent.away_due = 1
