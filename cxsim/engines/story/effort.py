"""What customers feel and remember: effort by contact, issues that close, who makes contact."""

from __future__ import annotations

from cxsim.engines.story.center import Agent, Center, Contact
from cxsim.rules import customer_memory
from cxsim.rules.routing import choices
from cxsim.schema import ledger


def customer_exists(center: Center, contact: Contact) -> bool:
    """Whether there is a customer to make contact, or it does not arise."""
    queue = center.book["reasons"]["queue"][contact.reason]
    if not center.settings["people"] or (queue >= 0 and center.book["queues"]["outbound"][queue]):
        return True
    contact.seat = int(customer_memory.seat_of(center.net, contact.segment, contact.key))
    if contact.seat < 0 or customer_memory.is_there(center.board.record, contact.seat, center.now()):
        return True
    customer_memory.miss(center.board.record, contact.segment)
    return False


def feel_contact(center: Center, contact: Contact) -> None:
    """The effort of making contact, once it is known where."""
    contact.before = contact.effort
    contact.effort += center.weights["contact"]
    if contact.attempt > 1:
        contact.effort += center.weights["again"]
        feel_switch(center, contact)
    contact.used = contact.channel


def feel_switch(center: Center, contact: Contact) -> None:
    """The effort of a change of channel, if there is one."""
    if contact.channel != contact.used:
        contact.felt |= ledger.SWITCHED
        contact.effort += center.weights["switch"]
    contact.used = contact.channel


def feel_wait(center: Center, contact: Contact) -> None:
    """The effort of a stay in a queue that ends now, of who is on the line meanwhile."""
    at_home = contact.cause in (ledger.CALLED_BACK, ledger.TURN, ledger.CONSULT)
    if contact.queued >= 0.0 and not at_home and not center.book["queues"]["deferrable"][contact.queue]:
        contact.effort += center.weights["wait"] * (float(center.env.now) - contact.queued)


def feel_answer(center: Center, contact: Contact, agent: Agent) -> None:
    """The effort until an agent answers, and of telling it again after who, or what, did not help.

    An agent who calls back has an answer later, if at all.
    """
    feel_wait(center, contact)
    if not contact.callback:
        feel_retelling(center, contact, agent)


def feel_retelling(center: Center, contact: Contact, agent: Agent) -> None:
    """An agent begins to talk to the customer, who perhaps has to tell it again."""
    if contact.retells and (not choices.remembers(center.net, contact.segment) or contact.last != agent.number):
        contact.felt |= ledger.TOLD_AGAIN
        contact.effort += center.weights["retelling"]
    contact.retells, contact.last = False, agent.number


def close_issue(center: Center, contact: Contact, resolved: bool) -> None:
    """An issue is over, resolved or given up."""
    if contact.seat >= 0:
        how = (ledger.AT_ONCE if contact.attempt == 1 else ledger.LATER) if resolved else ledger.UNSOLVED
        who = (contact.segment, contact.seat, contact.issue, contact.key, contact.opened, contact.effort)
        customer_memory.close(center.net, center.board.record, *who, how, center.now())
