"""The ledger: legs and spells as they end."""

from __future__ import annotations

from cxsim.engines import events as ev
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.schema import ledger

from .features import RICH, RULES
from .slots import services_begun


@tiny
def write_leg(w, c, outcome, group, talk_end, ended, resolved, next_cause, next_at):
    contact = ws.contacts(w, c)
    state = ws.state(w, 0)
    row = ws.legs(w, state.legs)
    state.legs += 1
    row.issue = contact.issue
    row.arrived = contact.arrived
    row.queued = contact.queued
    row.answered = contact.answered
    row.talk_end = talk_end
    row.ended = ended
    row.next_at = next_at
    row.opened = contact.opened
    row.waited = contact.waited if RULES else 0.0
    row.accumulated = contact.accumulated
    row.agent = contact.agent
    row.reason = contact.reason
    row.segment = contact.segment
    row.channel = contact.channel
    row.queue = contact.queue
    row.entry = contact.entry if RULES else contact.queue
    row.group = group
    row.attempt = contact.attempt
    row.leg = contact.leg if RULES else 1
    row.nth = contact.nth
    row.cause = contact.cause
    row.outcome = outcome
    row.resolved = resolved
    row.next = next_cause
    if RICH:  # else as in empty rows
        row.offer = ws.more(w, c).offer
        row.told = ws.more(w, c).told
        row.felt = ws.more(w, c).felt | ws.more(w, c).ours
        ws.more(w, c).felt = 0
    else:
        again = contact.cause == ledger.REPEAT and services_begun(contact) == 1 and contact.answered >= 0.0
        row.felt = ledger.TOLD_AGAIN if again else 0


@inner
def write_leg_rare(w, c, outcome, group, talk_end, ended, resolved, next_cause, next_at):
    """The same where it happens less often: not put into each caller, which the compiler would pay for."""
    write_leg(w, c, outcome, group, talk_end, ended, resolved, next_cause, next_at)


@tiny
def write_spell(w, agent, what, start, end):
    if end > start:
        state = ws.state(w, 0)
        row = ws.spells(w, state.spells)
        state.spells += 1
        row.agent = agent
        row.state = what
        row.start = start
        row.end = end


@inner
def close_spell(net, board, w, a, due):
    """Write what the agent was doing until now; time on duty after `due` is overrun."""
    agent = ws.agents(w, a)
    now = ws.state(w, 0).now
    if agent.state == ev.AWAY:
        write_spell(w, a, ledger.AWAY, agent.spell_start, now)
    elif agent.state == ev.ON_BREAK:
        write_spell(w, a, ledger.BREAK, agent.spell_start, now)
    else:
        turn = max(due, agent.spell_start)
        write_spell(w, a, ledger.ON_DUTY, agent.spell_start, min(turn, now))
        write_spell(w, a, ledger.OVERRUN, turn, now)
