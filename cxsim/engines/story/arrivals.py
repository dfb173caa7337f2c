"""A contact reaches a queue."""

from __future__ import annotations

from cxsim.engines.story.callbacks import hear_wait, promise, put_on_list
from cxsim.engines.story.center import NAN, Center, Contact
from cxsim.engines.story.effort import feel_contact, feel_switch
from cxsim.engines.story.queues import join, set_patience
from cxsim.engines.story.service import choose_agent, serve
from cxsim.engines.story.trunks import finds_trunk, give_trunk, is_closed, take_trunk
from cxsim.engines.story.unserved import end_unserved
from cxsim.rules import contact_rules
from cxsim.schema import ledger


def reach_queue(center: Center, contact: Contact, queue: int, led: bool = False, keeps_place: bool = False) -> None:
    """A queue, on arrival or `led` to it by the flow or an agent, who are turned away once it is closed."""
    contact.queue = contact.entry = queue
    contact.queued = center.now()
    if not keeps_place:
        contact.since = contact.queued
    row = center.book["queues"][queue]
    contact.channel = int(row["channel"])
    if not led:
        feel_contact(center, contact)
    elif contact.cause != ledger.TURN:
        feel_switch(center, contact)
    if row["outbound"] and contact.cause == ledger.FRESH:
        put_on_list(center, contact)
        return
    refused = ledger.BLOCKED
    free = finds_trunk(center, contact, int(row["channel"]))
    if (led or contact.start >= 0) and not row["day_and_night"] and is_closed(center):
        refused = ledger.CLOSED
    elif free:
        agent = choose_agent(center, contact)
        if agent is not None:
            take_trunk(center, contact)
            serve(center, contact, agent)
            return
        if len(center.queues[queue]) < row["capacity"]:
            who = (contact.reason, contact.segment, contact.key, contact.attempt)
            stays = not contact_rules.balks(center.net, queue, *who) and hear_wait(center, contact)
            if contact.callback:
                promise(center, contact)
                return
            if stays:
                take_trunk(center, contact)
                join(center, contact)
                set_patience(center, contact)
                return
            refused = ledger.BALKED
    give_trunk(center, contact)
    contact.queued = NAN
    end_unserved(center, contact, refused)
