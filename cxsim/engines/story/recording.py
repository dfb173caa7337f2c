"""The ledger: legs and spells as they end."""

from __future__ import annotations

from cxsim.engines import events as ev
from cxsim.engines.story.center import Agent, Center, Contact
from cxsim.schema import ledger


def close_spell(center: Center, agent: Agent, due: float) -> None:
    """Write what the agent was doing until now; time on duty after `due` is overrun."""
    now = center.now()
    if agent.state == ev.AWAY:
        write_spell(center, agent, ledger.AWAY, agent.spell_start, now)
    elif agent.state == ev.ON_BREAK:
        write_spell(center, agent, ledger.BREAK, agent.spell_start, now)
    else:
        turn = max(due, agent.spell_start)
        write_spell(center, agent, ledger.ON_DUTY, agent.spell_start, min(turn, now))
        write_spell(center, agent, ledger.OVERRUN, turn, now)


def write_leg(
    center: Center,
    c: Contact,
    outcome: int,
    talk_end: float,
    ended: float,
    resolved: bool,
    following: int,
    next_at: float,
) -> None:
    group, agent = (-1, -1) if c.agent is None else (c.agent.group, c.agent.number)
    times = (c.arrived, c.queued, c.answered, talk_end, ended, next_at, c.opened, c.waited, c.accumulated)
    places = (agent, c.reason, c.segment, c.channel, c.queue, c.entry, group)
    ends = (c.cause, outcome, resolved, following, c.offer, c.felt | c.ours, c.told)
    c.felt = 0
    center.legs.append((c.issue, *times, *places, c.attempt, c.leg, c.nth, *ends))


def write_spell(center: Center, agent: Agent, what: int, start: float, end: float) -> None:
    if end > start:
        center.spells.append((start, end, agent.number, what))
