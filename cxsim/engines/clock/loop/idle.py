"""Agents who are no longer idle."""

from __future__ import annotations

import math

from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import tiny
from cxsim.rules.routing import system_state

from .slots import unlink_agent


@tiny
def end_idle(net, board, w, a):
    group = ws.agents(w, a).group
    unlink_agent(w, ws.crews(w, group), a)
    system_state.board_agents(board, a).idle_since = math.inf
    note_idle(net, board, w, group, -1)


@tiny
def note_idle(net, board, w, group, change):
    system_state.show_idle(
        net, board, group, system_state.board_groups(board, group).idle + change, ws.crews(w, group).first
    )
