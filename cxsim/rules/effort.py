"""The effort of customers, in points: what counts, and how much of it.

The engines add it to an issue as it happens, because customers remember it; the measures add it up from the ledger,
leg by leg. `weights` is a record with the fields of EFFORT_DTYPE; `effort` is what there was before.
"""

from __future__ import annotations

from cxsim.jit.decorators import shared
from cxsim.schema.ledger import CALLED_BACK, CONSULT, HELD, PASSED, SWITCHED, TOLD_AGAIN, TRANSFERRED, TURN


@shared
def made_contact(weights, effort, attempt):
    """Effort after the customer has begun attempt number `attempt`."""
    effort += weights["contact"]
    if attempt > 1:
        effort += weights["again"]
    return effort


@shared
def was_in_menu(weights, effort, flags):
    """Effort after a stay in a step of the contact flow, with the flags of its leg."""
    return effort if flags & PASSED else effort + weights["menu"]


@shared
def waits_on_line(cause, deferrable):
    """Whether the customer is on the line while a contact waits: not with mail, at home, or for what an agent asks."""
    return not deferrable and cause != CALLED_BACK and cause != TURN and cause != CONSULT


@shared
def waited(weights, effort, seconds):
    """Effort after so many seconds on the line in a queue."""
    return effort + weights["wait"] * seconds


@shared
def felt(weights, effort, flags):
    """Effort after what the flags of a leg say: TOLD_AGAIN, SWITCHED, HELD."""
    if flags & TOLD_AGAIN:
        effort += weights["retelling"]
    if flags & SWITCHED:
        effort += weights["switch"]
    if flags & HELD:
        effort += weights["hold"]
    return effort


@shared
def was_transferred(weights, effort):
    """Effort after an agent has transferred the customer."""
    return effort + weights["transfer"]


@shared
def seconds_on_line(leg, deferrable, end):
    """How long the customer of a leg of the ledger waited on the line in a queue; `deferrable` by queue.

    A wait that is not over by `end` ends there.
    """
    queued = leg["queued"]
    if leg["queue"] < 0 or queued != queued or not waits_on_line(leg["cause"], deferrable[leg["queue"]]):
        return 0.0
    left = leg["answered"] if leg["answered"] == leg["answered"] else leg["ended"]
    return (left if left == left else end) - queued


@shared
def of_leg(weights, leg, deferrable, end):
    """The effort of one leg of the ledger, as above."""
    effort = 0.0
    if leg["leg"] == 1:
        effort = made_contact(weights, effort, leg["attempt"])
    if leg["queue"] < 0:
        effort = was_in_menu(weights, effort, leg["felt"])
    effort = waited(weights, effort, seconds_on_line(leg, deferrable, end))
    if leg["outcome"] == TRANSFERRED:
        effort = was_transferred(weights, effort)
    return felt(weights, effort, leg["felt"])


@shared
def of_legs(weights, legs, deferrable, end, efforts, seconds):
    """The effort of each leg, and its seconds on the line, into the last two arrays."""
    for n in range(len(legs)):
        efforts[n] = of_leg(weights, legs[n], deferrable, end)
        seconds[n] = seconds_on_line(legs[n], deferrable, end)
