"""What customers feel and remember: effort by contact, issues that close, who makes contact."""

from __future__ import annotations

from cxsim.engines.story.center import Agent, Center, Contact
from cxsim.rules import contact_rules, decisions, effort, loyalty
from cxsim.rules.routing import choices
from cxsim.schema import ledger


def customer_exists(center: Center, contact: Contact) -> bool:
    """Whether there is a customer to make contact, or it does not arise."""
    if center.settings["decides"] and decisions.prevented(
        center.net, center.board.record, contact.reason, contact.key, center.now()
    ):
        return False
    queue = center.book["reasons"]["queue"][contact.reason]
    if not center.settings["people"] or (queue >= 0 and center.book["queues"]["outbound"][queue]):
        return True
    contact.seat = int(loyalty.seat_of(center.net, contact.segment, contact.key))
    if contact.seat < 0 or loyalty.is_there(center.board.record, contact.seat, center.now()):
        return True
    loyalty.miss(center.board.record, contact.segment)
    return False


def feel_contact(center: Center, contact: Contact) -> None:
    """The effort of making contact, once it is known where."""
    contact.before = contact.effort
    contact.effort = effort.made_contact(center.weights, contact.effort, contact.attempt)
    if contact.attempt > 1:
        feel_switch(center, contact)
    contact.used = contact.channel


def feel_switch(center: Center, contact: Contact) -> None:
    """The effort of a change of channel, if there is one."""
    if contact.channel != contact.used:
        feel(center, contact, ledger.SWITCHED)
    contact.used = contact.channel


def feel(center: Center, contact: Contact, flag: int) -> None:
    """What is flagged in the ledger, see `effort.felt`."""
    contact.felt |= flag
    contact.effort = effort.felt(center.weights, contact.effort, flag)
    contact.strain += loyalty.strain_of(center.weights, flag)


def feel_promise(center: Center, contact: Contact, answered: bool) -> None:
    """What a customer makes of a wait on the line that ends now."""
    deferrable = center.book["queues"]["deferrable"][contact.queue]
    if center.settings["judges"] and contact.queued >= 0.0 and effort.waits_on_line(contact.cause, deferrable):
        wait = float(center.env.now) - contact.queued
        feel(center, contact, int(loyalty.judged(center.net, contact.told, wait, answered)))


def ends(center: Center, contact: Contact, agent: Agent) -> bool:
    """Whether a talk that ends now resolves the issue, and what the agent gives away."""
    skill = contact_rules.skill_of(center.net, contact.reason, contact.queue, agent.group)
    draw = (contact.key, contact.attempt, contact.service, float(center.env.now))
    what = (agent.number, contact.reason, contact.answered, contact.felt, contact.transfer < 0)
    resolved, flags = decisions.ends_as_drawn(center.net, center.board.record, skill, *what, *draw)
    feel(center, contact, int(flags))
    return bool(resolved)


def feel_menu(center: Center, contact: Contact, flags: int) -> None:
    """The effort of a stay in a step of the flow, with the flags of its leg."""
    contact.felt |= flags
    contact.effort = effort.was_in_menu(center.weights, contact.effort, flags)


def feel_transfer(center: Center, contact: Contact, retold: float) -> None:
    """The effort of being transferred, and of telling it again to the next agent."""
    contact.effort = effort.was_transferred(center.weights, contact.effort)
    if retold > 0.0:
        feel(center, contact, ledger.TOLD_AGAIN)


def feel_wait(center: Center, contact: Contact) -> None:
    """The effort of a stay in a queue that ends now, of who is on the line meanwhile."""
    deferrable = center.book["queues"]["deferrable"][contact.queue]
    if contact.queued >= 0.0 and effort.waits_on_line(contact.cause, deferrable):
        contact.effort = effort.waited(center.weights, contact.effort, float(center.env.now) - contact.queued)


def feel_answer(center: Center, contact: Contact, agent: Agent) -> None:
    """The effort until an agent answers, and of telling it again after who, or what, did not help.

    An agent who calls back has an answer later, if at all.
    """
    feel_wait(center, contact)
    feel_promise(center, contact, True)
    if not contact.callback:
        feel_retelling(center, contact, agent)


def feel_retelling(center: Center, contact: Contact, agent: Agent) -> None:
    """An agent begins to talk to the customer, who perhaps has to tell it again."""
    if contact.retells and (not choices.remembers(center.net, contact.segment) or contact.last != agent.number):
        feel(center, contact, ledger.TOLD_AGAIN)
    contact.retells, contact.last = False, agent.number
    if center.settings["judges"] and contact.asker is None:
        who = (contact.reason, agent.group, contact.key, contact.attempt, contact.leg)
        feel(center, contact, int(loyalty.met(center.net, *who)))


def close_issue(center: Center, contact: Contact, resolved: bool) -> None:
    """An issue is over, resolved or given up."""
    if resolved and center.settings["decides"]:
        agent = contact.agent.number if contact.agent is not None else -1
        decisions.teach(center.net, center.board.record, contact.reason, contact.key, agent, center.now())
    if contact.seat >= 0:
        how = (ledger.AT_ONCE if contact.attempt == 1 else ledger.LATER) if resolved else ledger.UNSOLVED
        who = (
            contact.segment,
            contact.seat,
            contact.issue,
            contact.key,
            contact.opened,
            contact.effort,
            contact.strain,
        )
        loyalty.close(center.net, center.board.record, *who, how, center.now())
