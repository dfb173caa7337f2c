"""What an agent does next: a contact, a break, idle, or home."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.rules import absences
from cxsim.rules.routing import choices, eligibility, policy_views, system_state
from cxsim.schema import network as nw

from .callbacks import dial_for
from .features import POLICY, RICH, RULES
from .heads import show_due, shown_first
from .idle import end_idle, note_idle
from .policies import ask_contact
from .queues import leave_queue
from .recording import close_spell
from .service import serve_rare
from .slots import away_node, insert_agent, wrap_node
from .trunks import is_closed


@tiny
def release_when_empty(net, board, w, queue):
    """Once a queue is empty, those who stayed after closing only for it may go."""
    if system_state.board_queues(board, queue).waiting == 0 and is_closed(net, board, w):
        _release(net, board, w, queue)


@inner
def _release(net, board, w, queue):
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        group = nw.by_queue(net, k).group
        if not eligibility.nothing_waits(net, board, group):
            continue
        for a in range(nw.groups(net, group).last_seat - 1, nw.groups(net, group).first_seat - 1, -1):
            agent = ws.agents(w, a)
            if agent.state != ev.IDLE:
                continue
            if agent.leave_due or ws.crews(w, group).pending > 0:
                go_home(net, board, w, a)


@tiny
def begins_wrap(board, w, a):
    """After-call work, if there is any."""
    agent = ws.agents(w, a)
    if agent.wrap > 0.0:
        agent.state = ev.WRAPPING
        if POLICY:
            policy_views.note_person(board, a, ev.WRAPPING, ws.state(w, 0).now)
        cal.put(w, wrap_node(a), ws.state(w, 0).now + agent.wrap, ev.WRAP_END, a)
        return True
    return False


@inner
def wrap_up(net, board, w, a):
    """After-call work, or whatever comes next."""
    if not begins_wrap(board, w, a):
        become_free(net, board, w, a)


@tiny
def _list(net, board, w, a):
    """The agent is idle from now on: into the group's list by (idle since, seat)."""
    agent = ws.agents(w, a)
    agent.state = ev.IDLE
    now = ws.state(w, 0).now
    system_state.board_agents(board, a).idle_since = now
    group = ws.agents(w, a).group
    crew = ws.crews(w, group)
    after = crew.last
    while after > a and system_state.board_agents(board, after).idle_since == now:
        after = ws.agents(w, after).previous
    insert_agent(w, crew, a, after)
    note_idle(net, board, w, group, 1)
    if RICH and nw.settings(net, 0).dialler:
        dial_for(net, board, w, group)


@inner
def kept_after_closing(net, board, w, a):
    """Whether closing rules keep an agent: the queue is served before its agents go."""
    if nw.settings(net, 0).turn_away or not is_closed(net, board, w):
        return False
    return not eligibility.nothing_waits(net, board, ws.agents(w, a).group)


@inner
def become_free(net, board, w, a):
    """An agent has nothing to do: see `next_contact`."""
    c = next_contact(net, board, w, a)
    if c >= 0:
        queue = ws.contacts(w, c).queue
        serve_rare(net, board, w, c, a)
        release_when_empty(net, board, w, queue)


@tiny
def next_contact(net, board, w, a):
    """An agent has nothing to do: leave, break, go away, take the next contact, which is returned, or idle (-1)."""
    agent = ws.agents(w, a)
    group = ws.agents(w, a).group
    now = ws.state(w, 0).now
    if POLICY:
        policy_views.note_person(board, a, ev.IDLE, now)
    leaving = agent.leave_due or ws.crews(w, group).pending > 0
    if leaving and not kept_after_closing(net, board, w, a):
        go_home(net, board, w, a)
        return -1
    if agent.break_due:
        begin_pause(net, board, w, a, ev.ON_BREAK)
        return -1
    if agent.away_due and not leaving:
        begin_pause(net, board, w, a, ev.AWAY)
        return -1
    if RICH and nw.settings(net, 0).urgent:
        show_due(net, board, w, group, True)
        c = _chosen(net, board, w, a, group, now)
        show_due(net, board, w, group, False)
    else:
        c = _chosen(net, board, w, a, group, now)
    if c < 0:
        _list(net, board, w, a)
        return -1
    leave_queue(net, board, w, c)
    return c


@tiny
def _chosen(net, board, w, a, group, now):
    """The waiting contact that an agent takes next, or -1."""
    if POLICY and system_state.board_asking(board, 0).contact_at != 0:
        return ask_contact(net, board, w, a)
    if RULES:
        queue = choices.choose_queue(net, board, group, now)
    else:
        queue = choices.first_in_line(net, board, group)
    return shown_first(net, board, w, queue) if queue >= 0 else -1


@inner
def go_home(net, board, w, a):
    """An agent leaves; time past the plan is overrun."""
    agent = ws.agents(w, a)
    group = ws.agents(w, a).group
    crew = ws.crews(w, group)
    now = ws.state(w, 0).now
    due = now
    if nw.groups(net, group).by_count:
        if crew.pending > 0:
            due = _due(net, board, w, a)
    elif agent.leave_due:
        due = agent.leaves_at
    depart(net, board, w, a, due)


@inner
def depart(net, board, w, a, due):
    agent = ws.agents(w, a)
    crew = ws.crews(w, ws.agents(w, a).group)
    now = ws.state(w, 0).now
    close_spell(net, board, w, a, due)
    if agent.state == ev.IDLE:
        end_idle(net, board, w, a)
    cal.cancel(w, away_node(w, a))
    agent.state = ev.OFF
    if POLICY:
        policy_views.note_person(board, a, ev.OFF, now)
    agent.leave_due = 0
    agent.break_due = 0
    agent.away_due = 0
    agent.contact = -1
    system_state.board_agents(board, a).aside_since = math.inf
    agent.spell_start = now
    agent.aways += 1
    crew.present -= 1
    system_state.board_groups(board, agent.group).present -= 1


@inner
def begin_pause(net, board, w, a, what):
    """An agent goes on break, or away for a while."""
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    close_spell(net, board, w, a, now)
    if agent.state == ev.IDLE:
        end_idle(net, board, w, a)
    cal.cancel(w, away_node(w, a))
    agent.state = what
    if POLICY:
        policy_views.note_person(board, a, what, now)
    agent.spell_start = now
    agent.away_due = 0
    agent.break_due = 0
    if what == ev.AWAY:
        length = absences.away_length(net, ws.state(w, 0).run, a, agent.aways)
        cal.put(w, away_node(w, a), now + length, ev.AWAY_ENDS, a)
    agent.aways += 1


@inner
def stay_on_duty(net, board, w, a, due):
    """An agent who was due to leave is wanted again: the time since then was overrun."""
    close_spell(net, board, w, a, due)
    ws.agents(w, a).spell_start = ws.state(w, 0).now


@inner
def _due(net, board, w, a):
    """When an agent who goes was due to: of the dues of its group the first since it is there.

    If it came, or was kept, after all of them, the overrun of another ends, who from now on counts as planned.
    """
    group = ws.agents(w, a).group
    crew = ws.crews(w, group)
    first = nw.groups(net, group).first_seat
    place = 0
    while place < crew.pending and ws.pending(w)[first + place] < ws.agents(w, a).spell_start:
        place += 1
    crew.pending -= 1
    system_state.board_groups(board, group).leaving = crew.pending
    if place > crew.pending:
        due = ws.pending(w)[first + crew.pending]
        stay_on_duty(net, board, w, latest_to_come(net, w, group, due), due)
        return ws.state(w, 0).now
    due = ws.pending(w)[first + place]
    while place < crew.pending:
        ws.pending(w)[first + place] = ws.pending(w)[first + place + 1]
        place += 1
    return due


@inner
def latest_to_come(net, w, group, due):
    """Of a group's agents who have been there since `due`, the one who came or was kept last; then the higher seat."""
    found = -1
    for a in range(nw.groups(net, group).first_seat, nw.groups(net, group).last_seat):
        agent = ws.agents(w, a)
        since = agent.spell_start
        if agent.state == ev.OFF or since > due:
            continue
        if found < 0 or since >= ws.agents(w, found).spell_start:
            found = a
    return found
