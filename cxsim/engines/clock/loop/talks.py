"""Talks that end."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner, tiny
from cxsim.rules import contact_rules
from cxsim.rules.routing import policy_views, system_state
from cxsim.schema import ledger
from cxsim.schema import network as nw

from .agents import become_free, begins_wrap
from .callbacks import no_answer
from .codes import AGENT_FREE, ARRIVES
from .effort import feel_retelling
from .features import POLICY, RICH, RULES
from .policies import tell_talk_end
from .queues import next_leg
from .recording import write_leg_rare
from .service import conclude_rare, talk
from .transfers import end_asked, end_consult, transfer, transfer_row


@tiny
def end_talk(net, board, w, a):
    """The customer hangs up, or is handed on (LED or LED_IN_PLACE is returned).

    The agent wraps up, or is free (AGENT_FREE).
    """
    agent = ws.agents(w, a)
    state = ws.state(w, 0)
    if RULES and agent.contact >= 0:
        if RICH:
            system_state.board_agents(board, a).aside_since = math.inf
            if ws.more(w, agent.contact).dialling:
                _answers(net, board, w, agent.contact, a)
                return ARRIVES
            if ws.more(w, agent.contact).asker >= 0:
                end_consult(net, board, w, agent.contact, a)
                return ARRIVES
        if POLICY and not (RICH and ws.more(w, agent.contact).asked):
            tell_talk_end(net, board, w, a)
        if RICH and nw.queues(net, ws.contacts(w, agent.contact).queue).hands_on:
            row = transfer_row(net, board, w, agent.contact, a)
            if row >= 0:
                return transfer(net, board, w, agent.contact, a, row)
            if ws.more(w, agent.contact).asked:
                end_asked(net, board, w, a, False)
                return ARRIVES
        conclude_rare(net, board, w, agent.contact, a, state.now)
    elif POLICY:
        tell_talk_end(net, board, w, a)
    if RULES and agent.line >= 0:
        ws.lines(w, agent.line).taken -= 1
    return ARRIVES if begins_wrap(board, w, a) else AGENT_FREE


@inner
def _answers(net, board, w, c, a):
    """A try to call back is over: the customer answers, or there will be another try, or it is given up."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    now = ws.state(w, 0).now
    group = ws.agents(w, a).group
    more.dialling = 0
    place = contact.leg
    if contact_rules.reached(net, more.rule, contact.key, contact.attempt, place):
        more.callback = 0
        write_leg_rare(w, c, ledger.HANDED_ON, group, now, now, False, 0, math.nan)
        if contact.cause == ledger.OUTBOUND:
            ws.diallers(w, contact.queue).reached += 1
        next_leg(w, c, contact_rules.waited_for_call(contact.cause, contact.queued, contact.answered))
        contact.answered = now
        contact.agent = a
        feel_retelling(net, w, c)
        if POLICY:
            policy_views.note_person(board, a, ev.TALKING, now)
        end = talk(net, board, w, c, a)
        if end >= 0.0:
            conclude_rare(net, board, w, c, a, end)
        return
    ws.agents(w, a).contact = -1
    no_answer(net, board, w, c, group, now)
    become_free(net, board, w, a)
