"""What an agent does next: a contact, a break, idle, or home."""

from __future__ import annotations

from bisect import insort

from cxsim.engines import events as ev
from cxsim.engines.story.callbacks import dial_ahead
from cxsim.engines.story.center import NAN, Agent, Center, Crew
from cxsim.engines.story.idle import end_idle, note_aside, note_idle
from cxsim.engines.story.policies import note_person
from cxsim.engines.story.queues import dequeue
from cxsim.engines.story.recording import close_spell, write_leg
from cxsim.engines.story.service import next_contact, serve
from cxsim.engines.story.trunks import is_closed
from cxsim.rules import absences
from cxsim.rules.routing import eligibility
from cxsim.schema import ledger
from cxsim.schema.names import DIALS_AHEAD


def release_holder(center: Center, holder: Agent) -> None:
    """An agent who held a contact for the next one leaves it: the leg so far, then wrap."""
    now, part = center.now(), holder.contact
    assert part is not None
    write_leg(center, part, ledger.TRANSFERRED, now, now + holder.wrap, False, 0, NAN)
    holder.contact = None
    wrap_or_free(center, holder, holder.wrap)


def wrap_or_free(center: Center, agent: Agent, wrap: float) -> None:
    """After-call work, if there is any."""
    if wrap > 0.0:
        agent.state = ev.WRAPPING
        note_person(center, agent, ev.WRAPPING)
        center.env.process(center.life.wrap_up(center, agent, center.now() + wrap))
    else:
        become_free(center, agent)


def release_when_empty(center: Center, queue: int) -> None:
    """Once a queue is empty, those who stayed after closing only for it may go."""
    if center.queues[queue] or not is_closed(center):
        return
    row = center.book["queues"][queue]
    for match in center.book["by_queue"][row["first_match"] : row["last_match"]]:
        crew = center.crews[match["group"]]
        if not nothing_waits(center, int(match["group"])):
            continue
        for agent in reversed(crew.agents):
            if agent.state == ev.IDLE and (agent.leave_due or crew.pending):
                go_home(center, agent)


def nothing_waits(center: Center, group: int) -> bool:
    return bool(eligibility.nothing_waits(center.net, center.board.record, group))


def become_free(center: Center, agent: Agent) -> None:
    """An agent has nothing to do: leave, break, go away, take the next contact, or idle, in that order."""
    note_person(center, agent, ev.IDLE)
    leaving = agent.leave_due or bool(center.crews[agent.group].pending)
    if leaving and not kept_after_closing(center, agent.group):
        go_home(center, agent)
    elif agent.break_due:
        begin_pause(center, agent, ev.ON_BREAK)
    elif agent.away_due and not leaving:
        begin_pause(center, agent, ev.AWAY)
    else:
        contact = next_contact(center, agent)
        if contact is None:
            make_idle(center, agent)
            return
        queue = contact.queue
        dequeue(center, contact)
        serve(center, contact, agent)
        release_when_empty(center, queue)


def kept_after_closing(center: Center, group: int) -> bool:
    """Whether closing rules keep a group: the queue is served before its agents go."""
    return not center.settings["turn_away"] and is_closed(center) and not nothing_waits(center, group)


def make_idle(center: Center, agent: Agent) -> None:
    """The agent is idle from now on."""
    agent.state, agent.idle_since = ev.IDLE, float(center.env.now)
    insort(center.crews[agent.group].idle, agent)
    note_idle(center, agent)
    row = center.book["groups"][agent.group]
    for match in center.book["by_group"][row["first_match"] : row["last_match"]]:
        if center.book["queues"]["outbound"][match["queue"]] == DIALS_AHEAD:
            dial_ahead(center, int(match["queue"]))


def go_home(center: Center, agent: Agent) -> None:
    """An agent leaves; time past the plan is overrun."""
    crew, due = center.crews[agent.group], center.now()
    if center.book["groups"]["by_count"][agent.group]:
        if crew.pending:
            due = leaving_due(center, agent, crew)
    elif agent.leave_due:
        due = agent.leaves_at
    depart(center, agent, due)


def depart(center: Center, agent: Agent, due: float) -> None:
    close_spell(center, agent, due)
    if agent.state == ev.IDLE:
        end_idle(center, agent)
    agent.timer += 1
    agent.state, agent.contact = ev.OFF, None
    note_person(center, agent, ev.OFF)
    agent.leave_due = agent.break_due = agent.away_due = False
    note_aside(center, agent)
    agent.spell_start = float(center.env.now)
    agent.aways += 1
    center.crews[agent.group].present -= 1
    center.board["groups"]["present"][agent.group] -= 1


def begin_pause(center: Center, agent: Agent, what: int) -> None:
    """An agent goes on break, or away for a while."""
    now = center.now()
    close_spell(center, agent, now)
    if agent.state == ev.IDLE:
        end_idle(center, agent)
    agent.timer += 1
    agent.state, agent.spell_start = what, now
    note_person(center, agent, what)
    agent.away_due = agent.break_due = False
    if what == ev.AWAY:
        length = absences.away_length(center.net, center.inputs.run_key, agent.number, agent.aways)
        center.env.process(center.life.absence(center, agent, now + length, agent.timer))
    agent.aways += 1


def leaving_due(center: Center, agent: Agent, crew: Crew) -> float:
    """When an agent who goes was due to: of the dues of its group the first since it is there.

    If it came, or was kept, after all of them, the overrun of another ends, who from now on counts as planned.
    """
    for place, due in enumerate(crew.pending):
        if due >= agent.spell_start:
            crew.pending.pop(place)
            note_leaving(center, agent.group)
            return due
    due = crew.pending.pop()
    note_leaving(center, agent.group)
    stay_on_duty(center, latest_to_come(center, crew, due), due)
    return center.last


def note_leaving(center: Center, group: int) -> None:
    """Let policies see how many of a group are due to leave."""
    center.board["groups"]["leaving"][group] = len(center.crews[group].pending)


def latest_to_come(center: Center, crew: Crew, due: float) -> Agent:
    """Of the agents who have been there since `due`, the one who came or was kept last; then the higher seat."""
    there = [a for a in crew.agents if a.state != ev.OFF and a.spell_start <= due]
    return max(there, key=lambda a: (a.spell_start, a.number))


def stay_on_duty(center: Center, agent: Agent, due: float) -> None:
    """An agent who was due to leave is wanted again: the time since then was overrun."""
    close_spell(center, agent, due)
    agent.spell_start = float(center.env.now)
