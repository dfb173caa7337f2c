"""Timers of a policy: whoever is idle, or waits, is asked about again."""

from __future__ import annotations

from cxsim.engines import events as ev
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.rules.routing import system_state
from cxsim.schema import network as nw

from .agents import release_when_empty
from .features import RICH
from .policies import ask_agent, ask_contact, tell_timer
from .queues import leave_queue
from .service import interrupted, serve_rare


@inner
def wake(net, board, w):
    """A timer is due: the policy is told, and chooses again for idle agents, or, with no such choice, for contacts.

    Then those who still wait may interrupt work, if it chooses that.
    """
    tell_timer(net, board, w)
    asking = system_state.board_asking(board, 0)
    if asking.contact_at != 0:
        for a in range(w.agents_size):
            if ws.agents(w, a).state == ev.IDLE:
                _choose_again(net, board, w, a)
    elif asking.agent_at != 0:
        for queue in range(w.queues_size):
            _offer_again(net, board, w, queue)
    if RICH and asking.interrupted_at != 0 and nw.settings(net, 0).interrupts:
        for queue in range(w.queues_size):
            _interrupt_for(net, board, w, queue)


@inner
def _choose_again(net, board, w, a):
    """An idle agent chooses as one who has just become free: not one of the idle agents that it sees."""
    seen = system_state.board_groups(board, ws.agents(w, a).group)
    seen.idle -= 1
    c = ask_contact(net, board, w, a)
    seen.idle += 1
    if c >= 0:
        queue = ws.contacts(w, c).queue
        leave_queue(net, board, w, c)
        serve_rare(net, board, w, c, a)
        release_when_empty(net, board, w, queue)


@inner
def _offer_again(net, board, w, queue):
    """Everyone who waits in a queue is offered again, in the order of the queue."""
    asking = system_state.board_asking(board, 0)
    c = ws.queues(w, queue).first
    while c >= 0:
        after = ws.contacts(w, c).next
        asking.inside = 1
        a = ask_agent(net, board, w, c)
        asking.inside = 0
        if a >= 0:
            leave_queue(net, board, w, c)
            serve_rare(net, board, w, c, a)
            release_when_empty(net, board, w, queue)
        c = after


@inner
def _interrupt_for(net, board, w, queue):
    """Everyone who waits in a queue, and has not just come or been put aside, may interrupt work."""
    asking = system_state.board_asking(board, 0)
    now = ws.state(w, 0).now
    c = ws.queues(w, queue).first
    while c >= 0:
        after = ws.contacts(w, c).next
        if ws.contacts(w, c).queued < now:
            asking.inside = 1
            a = interrupted(net, board, w, c)
            asking.inside = 0
            if a >= 0:
                leave_queue(net, board, w, c)
                serve_rare(net, board, w, c, a)
                release_when_empty(net, board, w, queue)
        c = after
