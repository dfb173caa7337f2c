"""What both engines share about time: the order of simultaneous events, and the count of who waits.

Events are ordered by (time, kind, id). The id is the issue for contacts and the seat for agents.
"""

from __future__ import annotations

from cxsim.jit.decorators import inner, shared, tiny
from cxsim.policies import AWAY as AWAY
from cxsim.policies import CHATTING as CHATTING
from cxsim.policies import HOLDING as HOLDING
from cxsim.policies import IDLE as IDLE
from cxsim.policies import OFF as OFF
from cxsim.policies import ON_BREAK as ON_BREAK
from cxsim.policies import TALKING as TALKING
from cxsim.policies import WRAPPING as WRAPPING
from cxsim.schema import network as nw
from cxsim.schema.plan_events import BREAK_BEGINS

(
    TALK_END,
    HANDOVER_ENDS,  # of the agent who stayed for a warm transfer
    WRAP_END,
    STAFF_LEAVES,  # headcount falls, shift ends, break begins
    AWAY_BEGINS,
    STAFF_COMES,  # headcount rises, shift begins, break ends
    AWAY_ENDS,
    OVERFLOW,
    PATIENCE_ENDS,
    NODE_ENDS,  # a timed step of a contact flow
    RETURN,
    FRESH_ARRIVAL,
    CLOSING,
    WAKE,  # a timer of a policy
    NOTHING,  # comes after all of them
) = range(15)


@shared
def of_plan(kind):
    """The event that a row of the plan is, by its kind."""
    return STAFF_LEAVES if kind <= BREAK_BEGINS else STAFF_COMES


@shared
def count_waiting(net, waiting, most, queue, length, since, now):
    """Add that `length` contacts waited in `queue` from `since` to `now` to the queue-length table."""
    if length == 0:
        return
    settings = nw.settings(net, 0)
    start = (since - settings.counted_from) * settings.per_second
    end = (now - settings.counted_from) * settings.per_second
    place = int(max(start, 0.0))
    if start >= 0.0 and end <= place + 1 and start < settings.counted and end <= settings.counted:  # as nearly always
        _count(settings, waiting, most, queue, place, length, end - start)
        return
    _count_by_interval(net, waiting, most, queue, length, start, end)


@tiny
def _count(settings, waiting, most, queue, place, length, share):
    cell = queue * settings.intervals + place
    waiting[cell] += length * share * settings.interval
    most[cell] = max(most[cell], length)


@inner
def _count_by_interval(net, waiting, most, queue, length, start, end):
    settings = nw.settings(net, 0)
    last = settings.intervals - 1
    if end < 0.0 or start >= settings.counted:
        return
    start = max(start, 0.0)
    end = min(end, settings.counted)
    place = min(int(start), last)
    while True:
        upto = min(end, place + 1.0)
        _count(settings, waiting, most, queue, place, length, upto - start)
        if upto >= end or place >= last:
            break
        start = upto
        place += 1
