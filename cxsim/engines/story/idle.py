"""Agents who are no longer idle, and what policies see of them."""

from __future__ import annotations

import math

from cxsim.engines.story.center import Agent, Center
from cxsim.rules.routing import system_state


def note_aside(center: Center, agent: Agent, since: float = math.inf) -> None:
    """Let policies see whether, and since when, an agent is on work that may be put aside."""
    center.board["agents"]["aside_since"][agent.number] = since


def end_idle(center: Center, agent: Agent) -> None:
    center.crews[agent.group].idle.remove(agent)
    agent.idle_since = math.inf
    note_idle(center, agent)


def note_idle(center: Center, agent: Agent) -> None:
    """Let policies see who is idle."""
    idle = center.crews[agent.group].idle
    center.board["agents"]["idle_since"][agent.number] = agent.idle_since
    longest = idle[0].number if idle else -1
    system_state.show_idle(center.net, center.board.record, agent.group, len(idle), longest)
