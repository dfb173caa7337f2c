"""Steps of the contact flow before a queue."""

from __future__ import annotations

import numpy as np

from cxsim.engines import events as ev
from cxsim.engines.story.arrivals import reach_queue
from cxsim.engines.story.center import NAN, Center, Contact
from cxsim.engines.story.effort import feel_contact, feel_menu, feel_switch
from cxsim.engines.story.recording import write_leg
from cxsim.engines.story.returns import end_attempt
from cxsim.engines.story.trunks import finds_trunk, give_trunk, take_trunk
from cxsim.engines.story.unserved import end_unserved
from cxsim.randomness.draws import LEAST, attempt_key, uniform
from cxsim.rules import contact_rules, ivr_steps
from cxsim.rules.routing import wait_estimates
from cxsim.schema import ledger


def enter_step(center: Center, contact: Contact, step: int) -> None:
    """A stay in a step of the flow begins, if its channel has a line; how it will end is known then."""
    now = center.now()
    step = int(contact_rules.step_at(center.net, step, center.inputs.run_key, now))
    row = center.book["steps"][step]
    contact.queued, contact.queue, contact.channel = now, -1 - int(row["node"]), int(row["channel"])
    if contact.leg == 1:
        feel_contact(center, contact)
    else:
        feel_switch(center, contact)
    if not finds_trunk(center, contact, int(row["channel"])):
        feel_menu(center, contact, 0)
        give_trunk(center, contact)
        end_unserved(center, contact, ledger.BLOCKED)
        return
    take_trunk(center, contact)
    place = (contact.key, contact.attempt, contact.leg)
    contact.stage = contact_rules.way_out(center.net, step, contact.reason, *place)
    if row["estimator"] >= 0:
        u = uniform(np.uint64(attempt_key(*place)), LEAST)
        contact.stage = wait_estimates.least_delay(center.net, center.board.record, step, contact.reason, now, u)
    contact.stage = int(contact_rules.way_to_talk(center.net, step, contact.stage, center.talking[step]))
    feel_menu(center, contact, 0 if contact.stage < 0 else int(center.book["exits"]["flags"][contact.stage]))
    if contact.stage >= 0 and center.book["exits"]["holds"][contact.stage] >= 0:
        center.talking[step] += 1
    time = contact_rules.step_time(center.net, step, contact.stage, *place)
    contact.step_ends = center.env.at(now + time, ev.NODE_ENDS, contact.issue)


def leave_step(center: Center, contact: Contact) -> None:
    """The stay in a step is over: on to another, to a queue, or out."""
    now = center.now()
    kind, to = ivr_steps.HANGS_UP, -1
    if contact.stage >= 0:
        way = center.book["exits"][contact.stage]
        kind, to = int(way["kind"]), int(way["to"])
        contact.extra -= float(way["saves"])
        contact.retells |= bool(way["retold"])
        if way["holds"] >= 0:
            center.talking[int(way["holds"])] -= 1
    if kind in (ivr_steps.TO_STEP, ivr_steps.TO_QUEUE):
        write_leg(center, contact, ledger.HANDED_ON, NAN, now, False, 0, NAN)
        contact.leg += 1
        if kind == ivr_steps.TO_STEP:
            enter_step(center, contact, to)
        else:
            reach_queue(center, contact, to, led=True)
        return
    give_trunk(center, contact)
    end_attempt(center, contact, contact_rules.step_outcome(kind), kind == ivr_steps.CONTAINED)
