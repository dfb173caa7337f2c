"""Agents come and go by the plan."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.story.agents import (
    become_free,
    begin_pause,
    depart,
    kept_after_closing,
    latest_to_come,
    note_leaving,
    stay_on_duty,
)
from cxsim.engines.story.center import BUSY, NAN, Agent, Center
from cxsim.engines.story.chat_pace import note_chats
from cxsim.engines.story.idle import note_aside
from cxsim.engines.story.recording import close_spell, write_leg
from cxsim.engines.story.service import choose_agent, wait_again
from cxsim.engines.story.trunks import is_closed
from cxsim.rules import absences
from cxsim.schema import ledger, plan_events


def come_on_duty(center: Center, agent: Agent) -> None:
    """An agent comes on duty."""
    center.crews[agent.group].present += 1
    center.board["groups"]["present"][agent.group] += 1
    agent.spell_start = center.now()
    agent.aways = max(agent.aways, absences.first_away(center.net, agent.spell_start))
    set_away(center, agent)
    become_free(center, agent)


def end_pause(center: Center, agent: Agent) -> None:
    """Back from a break or from being away."""
    now = center.now()
    close_spell(center, agent, now)
    agent.spell_start, agent.state = now, ev.TALKING  # neither idle nor paused, until decided
    set_away(center, agent)
    become_free(center, agent)


def set_away(center: Center, agent: Agent) -> None:
    """When this agent next turns away from work, if the group is not always available."""
    if center.book["groups"]["gap"][agent.group] < math.inf:
        now = float(center.env.now)
        gap = absences.away_gap(center.net, center.inputs.run_key, agent.number, agent.aways, now)
        agent.timer += 1
        if gap < math.inf:
            center.env.process(center.life.attention(center, agent, now + gap, agent.timer))


def headcount_falls(center: Center, group: int, count: int) -> None:
    """A headcount falls: highest seats not on a contact first, then those handing back, then the next to finish."""
    crew = center.crews[group]
    excess = crew.present - len(crew.pending) - count
    now, held = float(center.env.now), kept_after_closing(center, group)
    for agent in reversed(crew.agents):
        if excess > 0 and (agent.state in (ev.AWAY, ev.ON_BREAK) or (agent.state == ev.IDLE and not held)):
            depart(center, agent, now)
            excess -= 1
    if center.book["groups"]["hand_back"][group] and not is_closed(center):
        for agent in reversed(crew.agents):
            if excess > 0 and agent.state == ev.TALKING:
                hand_back(center, agent)
                excess -= 1
    crew.pending += [now] * max(0, excess)
    note_leaving(center, group)


def headcount_rises(center: Center, group: int, count: int) -> None:
    """A headcount rises: leavers who are still there stay, then the lowest free seats come."""
    crew = center.crews[group]
    missing = count - (crew.present - len(crew.pending))
    while missing > 0 and crew.pending:
        due = crew.pending.pop()
        note_leaving(center, group)
        stay_on_duty(center, latest_to_come(center, crew, due), due)
        missing -= 1
    for agent in crew.agents:
        if missing > 0 and agent.state == ev.OFF:
            come_on_duty(center, agent)
            missing -= 1


def follow_shift(center: Center, agent: Agent, kind: int) -> None:
    """A named person's shift or break begins or ends."""
    now, what = float(center.env.now), agent.state
    if kind == plan_events.LEAVE and what != ev.OFF:
        if what == ev.TALKING and center.book["groups"]["hand_back"][agent.group] and not is_closed(center):
            hand_back(center, agent)
        elif what in BUSY or (what == ev.IDLE and kept_after_closing(center, agent.group)):
            agent.leave_due, agent.leaves_at = True, now
            note_chats(center, agent)
            note_aside(center, agent)
        else:
            depart(center, agent, now)
    elif kind == plan_events.COME:
        if what == ev.OFF:
            come_on_duty(center, agent)
        elif agent.leave_due:
            agent.leave_due = False
            note_chats(center, agent)
            stay_on_duty(center, agent, agent.leaves_at)
    elif kind == plan_events.BREAK_BEGINS:
        if what in (ev.IDLE, ev.AWAY):
            begin_pause(center, agent, ev.ON_BREAK)
        elif what != ev.OFF:
            agent.break_due = True
            note_chats(center, agent)
            note_aside(center, agent)
    elif kind == plan_events.BREAK_ENDS:
        if what == ev.ON_BREAK:
            end_pause(center, agent)
        else:
            agent.break_due = False
            note_chats(center, agent)


def hand_back(center: Center, agent: Agent) -> None:
    """The agent's contact goes back to the head of its queue with its work drawn anew; the agent leaves."""
    now, contact = center.now(), agent.contact
    assert contact is not None
    write_leg(center, contact, ledger.HANDED_ON, now, now, False, 0, NAN)
    depart(center, agent, now)
    contact.service += 1
    contact.left = contact.whole
    wait_again(center, contact, choose_agent)
