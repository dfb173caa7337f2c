"""What customers feel and remember: effort by contact, issues that close, who makes contact."""

from __future__ import annotations

import math

from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import inner
from cxsim.rules import contact_rules, decisions, effort, loyalty
from cxsim.rules.routing import choices
from cxsim.schema import ledger
from cxsim.schema import network as nw


@inner
def new_attempt(w, c):
    """A new attempt: whole work, no transfer."""
    more = ws.more(w, c)
    more.left = 1.0
    more.whole = 1.0
    more.extra = 0.0
    more.told = math.nan
    more.asker = -1
    more.asked = 0
    more.legs = 0
    more.services = 0
    more.holder = -1
    more.transfer = -1
    more.offer = 0
    more.callback = 0
    more.dialling = 0
    more.counted = 0
    more.retells = ws.contacts(w, c).cause == ledger.REPEAT
    more.felt = 0


@inner
def feel_contact(net, w, c):
    """The effort of making contact, once it is known where."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    more.before = more.effort
    more.effort = effort.made_contact(nw.loyalty(net, 0), more.effort, contact.attempt)
    if contact.attempt > 1:
        feel_switch(net, w, c)
    more.used = contact.channel


@inner
def feel_switch(net, w, c):
    """The effort of a change of channel, if there is one."""
    more = ws.more(w, c)
    if ws.contacts(w, c).channel != more.used:
        _feel(net, w, c, ledger.SWITCHED)
    more.used = ws.contacts(w, c).channel


@inner
def _feel(net, w, c, flag):
    """What is flagged in the ledger, see `effort.felt`."""
    more = ws.more(w, c)
    more.felt |= flag
    more.effort = effort.felt(nw.loyalty(net, 0), more.effort, flag)
    more.strain += loyalty.strain_of(nw.loyalty(net, 0), flag)


@inner
def feel_promise(net, w, c, answered):
    """What a customer makes of a wait on the line that ends now."""
    contact = ws.contacts(w, c)
    if not nw.settings(net, 0).judges or not contact.queued >= 0.0:
        return
    if effort.waits_on_line(contact.cause, nw.queues(net, contact.queue).deferrable):
        wait = ws.state(w, 0).now - contact.queued
        _feel(net, w, c, loyalty.judged(net, ws.more(w, c).told, wait, answered))


@inner
def ends(net, board, w, c, a):
    """Whether a talk that ends now resolves the issue, and what the agent gives away."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    skill = contact_rules.skill_of(net, contact.reason, contact.queue, ws.agents(w, a).group)
    resolved, flags = decisions.ends_as_drawn(
        net,
        board,
        skill,
        a,
        contact.reason,
        contact.answered,
        more.felt,
        more.transfer < 0,
        contact.key,
        contact.attempt,
        contact.service,
        ws.state(w, 0).now,
    )
    _feel(net, w, c, flags)
    return resolved


@inner
def feel_menu(net, w, c, flags):
    """The effort of a stay in a step of the flow, with the flags of its leg."""
    more = ws.more(w, c)
    more.felt |= flags
    more.effort = effort.was_in_menu(nw.loyalty(net, 0), more.effort, flags)


@inner
def feel_transfer(net, w, c, retold):
    """The effort of being transferred, and of telling it again to the next agent."""
    more = ws.more(w, c)
    more.effort = effort.was_transferred(nw.loyalty(net, 0), more.effort)
    if retold > 0.0:
        _feel(net, w, c, ledger.TOLD_AGAIN)


@inner
def feel_wait(net, w, c):
    """The effort of a stay in a queue that ends now, of who is on the line meanwhile."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if contact.queued >= 0.0 and effort.waits_on_line(contact.cause, nw.queues(net, contact.queue).deferrable):
        more.effort = effort.waited(nw.loyalty(net, 0), more.effort, ws.state(w, 0).now - contact.queued)


@inner
def feel_answer(net, w, c):
    """The effort until an agent answers, and of telling it again, see `hears_of` of the other engine."""
    feel_wait(net, w, c)
    feel_promise(net, w, c, True)
    if ws.more(w, c).callback == 0:
        feel_retelling(net, w, c)


@inner
def feel_retelling(net, w, c):
    """An agent begins to talk to the customer, who perhaps has to tell it again."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if more.retells and (not choices.remembers(net, contact.segment) or more.last != contact.agent):
        _feel(net, w, c, ledger.TOLD_AGAIN)
    more.retells = 0
    more.last = contact.agent
    if nw.settings(net, 0).judges and more.asker < 0:
        group = ws.agents(w, contact.agent).group
        _feel(net, w, c, loyalty.met(net, contact.reason, group, contact.key, contact.attempt, contact.leg))


@inner
def close_issue(net, board, w, c, resolved):
    """An issue is over, resolved or given up."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    if resolved and nw.settings(net, 0).decides:
        decisions.teach(net, board, contact.reason, contact.key, contact.agent, ws.state(w, 0).now)
    if more.seat < 0:
        return
    how = ledger.UNSOLVED
    if resolved:
        how = ledger.AT_ONCE if contact.attempt == 1 else ledger.LATER
    loyalty.close(
        net,
        board,
        contact.segment,
        more.seat,
        contact.issue,
        contact.key,
        contact.opened,
        more.effort,
        more.strain,
        how,
        ws.state(w, 0).now,
    )


@inner
def customer_of(net, board, w, c):
    """The customer of a fresh arrival; whether there is one, or it does not arise."""
    contact = ws.contacts(w, c)
    more = ws.more(w, c)
    more.effort = 0.0
    more.strain = 0.0
    more.before = 0.0
    more.ours = 0
    more.last = -1
    more.seat = -1
    if nw.settings(net, 0).decides and decisions.prevented(net, board, contact.reason, contact.key, contact.opened):
        return False
    queue = nw.reasons(net, contact.reason).queue
    if not nw.settings(net, 0).people or (queue >= 0 and nw.queues(net, queue).outbound):
        return True
    more.seat = loyalty.seat_of(net, contact.segment, contact.key)
    if more.seat < 0 or loyalty.is_there(board, more.seat, contact.opened):
        return True
    loyalty.miss(board, contact.segment)
    return False
