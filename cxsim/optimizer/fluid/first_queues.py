"""Where a contact flow leads: the queue in which each issue first waits, and when, as seen in a sample.

Who hangs up in a menu, is turned away while it is closed, or was not helped by a machine may try again, a while later
and elsewhere. None of that depends on the staff, so these tries count as fresh contacts of the queue that they reach.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import shared
from cxsim.model.demand import arrivals, expected_of
from cxsim.randomness import draws
from cxsim.rules import contact_rules, ivr_steps, returns
from cxsim.schema import network as nw
from cxsim.schema.ledger import DAY_SHIFT, REASON_SHIFT

if TYPE_CHECKING:
    from cxsim.model.prepare import Model

Floats = npt.NDArray[np.float64]
# The kind of a try that comes to its queue without a flow, and so may come while it is closed.
UNLED = ivr_steps.TO_STEP
SAMPLED, SAMPLES = 40_000, (1, 64)  # contacts, in so many replications, followed to see where a flow leads and when


@lru_cache(maxsize=4)
def first_queues(model: Model) -> dict[tuple[int, int], Floats]:
    """By reason and queue the share (I,) of the reason's fresh contacts that first wait there, by interval.

    The contacts of some replications are followed through the flow, as if lines were always free.
    """
    timeline, net = model.timeline, model.network.record
    hashes = model.network["reasons"]["hash"]
    volume = expected_of(model.demand, timeline).sum(axis=1)
    n = int(np.clip(SAMPLED / max(volume.sum(), 1.0), *SAMPLES))
    counts: dict[tuple[int, int], Floats] = {}
    for number in range(n):
        run = draws.run_key(model.seed, number)
        times, issues = arrivals(model.demand, run)
        for time, issue in zip(times.tolist(), issues.tolist(), strict=True):
            r, day = issue >> REASON_SHIFT, issue >> DAY_SHIFT & (1 << REASON_SHIFT - DAY_SHIFT) - 1
            key = np.uint64(draws.child(np.uint64(draws.child(run, hashes[r])), day))
            key = np.uint64(draws.child(key, issue & (1 << DAY_SHIFT) - 1))
            q, came = _first_queue(net, run, r, key, time)
            i = math.floor((came - timeline.counted_from) / timeline.interval)
            if q >= 0 and 0 <= i < timeline.n_intervals:
                counts.setdefault((r, int(q)), np.zeros(timeline.n_intervals))[i] += 1.0
    return {key: found / max(n * volume[key[0]], 1e-9) for key, found in counts.items()}


@shared
def _led_to(net: Any, run: Any, reason: int, key: Any, start: int, attempt: int, now: float) -> tuple[int, float, int]:
    """The queue to which a try leads that begins `now` with the exit `start` (-1: where its reason says), and when.

    -1 where it leads to none, with the kind of the exit by which it ends; `UNLED` without a flow.
    """
    step, leg = nw.reasons(net, reason).step, 1
    if start >= 0:
        if nw.exits(net, start).kind == ivr_steps.TO_QUEUE:
            return nw.exits(net, start).to, now, ivr_steps.TO_QUEUE
        step = nw.exits(net, start).to
    while step >= 0:
        step = contact_rules.step_at(net, step, run, now)
        way = contact_rules.way_out(net, step, reason, key, attempt, leg)
        now += contact_rules.step_time(net, step, way, key, attempt, leg)
        if way < 0:
            return -1, now, ivr_steps.HANGS_UP
        kind = nw.exits(net, way).kind
        if kind == ivr_steps.TO_QUEUE:
            return nw.exits(net, way).to, now, kind
        if kind != ivr_steps.TO_STEP:
            return -1, now, kind
        step, leg = nw.exits(net, way).to, leg + 1
    return nw.reasons(net, reason).queue, now, UNLED


@shared
def _first_queue(net: Any, run: Any, reason: int, key: Any, now: float) -> tuple[int, float]:
    """The queue in which an issue that begins `now` first waits, and when; -1 where none of its tries comes to one."""
    segment = contact_rules.segment_of(net, key)
    start, attempt = contact_rules.first_way(net, segment, key), 1
    while True:
        queue, now, kind = _led_to(net, run, reason, key, start, attempt, now)
        if queue >= 0 and (kind == UNLED or nw.queues(net, queue).day_and_night or not contact_rules.closed(net, now)):
            return queue, now
        if kind == ivr_steps.CONTAINED:
            return -1, now
        if queue >= 0:
            kind = ivr_steps.TURNED_AWAY
        after = returns.after(contact_rules.step_outcome(kind))
        again = returns.next_attempt(net, reason, after, key, attempt, now)
        if again >= nw.settings(net, 0).end:
            return -1, now
        way = returns.next_way(net, reason, segment, after, key, attempt)
        start, attempt, now = (way if way >= 0 else start), attempt + 1, again
