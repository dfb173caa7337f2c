"""Expected waits by four published estimators, and what is decided by them."""

from __future__ import annotations

import math

from cxsim.jit.decorators import inner, shared
from cxsim.rules.routing.system_state import board_groups, board_queues
from cxsim.schema import names
from cxsim.schema import network as nw

SUMMED = 1024  # terms of an estimated wait that are added one by one: a queue may be as long as it likes


@inner
def _departures(net, board, queue):
    """How many a second leave a queue whose agents are all busy with it, those present who may serve it at once."""
    row = nw.queues(net, queue)
    agents = 0
    for k in range(row.first_match, row.last_match):
        match = nw.by_queue(net, k)
        if match.after <= 0.0:
            agents += board_groups(board, match.group).present
    return agents / row.handle_time if row.handle_time > 0.0 else 0.0


@inner
def expected(net, board, queue, waiting):
    """The wait of who comes to a queue where so many wait."""
    rate = _departures(net, board, queue)
    return (waiting + 1) / rate if rate > 0.0 else math.inf


@shared
def expected_wait(net, board, queue, estimator, now):
    """The wait of who comes to a queue now, as the center would estimate it, in seconds; infinite with nobody there.

    Estimators by their number in `names.ESTIMATORS`, after Ibrahim and Whitt (2009, "Real-time delay estimation in
    overloaded multiserver queues with abandonments"): (n + 1) h / s with n waiting, s agents present who may serve the
    queue at once, mean handle time h; the same with n + 1 departures of which i waiting ones add their abandonment, sum
    of 1 / (s / h + i / patience); the wait of who was answered last; the wait so far of who is first in line.
    """
    seen = board_queues(board, queue)
    row = nw.queues(net, queue)
    if estimator == names.LAST_TO_ENTER:
        return seen.last_wait
    if estimator == names.HEAD_OF_LINE:
        return now - seen.since if seen.waiting > 0 else 0.0
    rate = _departures(net, board, queue)
    if estimator == names.QUEUE_LENGTH or rate == 0.0:
        return expected(net, board, queue, seen.waiting)
    return _sum_of_steps(rate, row.giving_up, seen.waiting + 1)


@inner
def _sum_of_steps(rate, giving_up, count):
    """The sum of 1 / (rate + i · giving_up) for i below `count`, in no more than `SUMMED` steps.

    What follows the first terms is their integral, with the corrections of Euler and Maclaurin: exact to 1e-14.
    """
    total = 0.0
    for i in range(min(count, SUMMED)):
        total += 1.0 / (rate + i * giving_up)
    if count <= SUMMED:
        return total
    rest = count - SUMMED
    if giving_up == 0.0:
        return total + rest / rate
    first = rate + SUMMED * giving_up
    last = rate + count * giving_up
    total += math.log1p(rest * giving_up / first) / giving_up
    total += (1.0 / first - 1.0 / last) / 2.0
    total += giving_up * (1.0 / first**2 - 1.0 / last**2) / 12.0
    return total - giving_up**3 * (1.0 / first**4 - 1.0 / last**4) / 120.0


@shared
def least_delay(net, board, step, reason, now, u):
    """The exit of a step whose queue has the least expected wait; or, by `u`, one drawn in proportion to
    1 / (wait + handle time). Nobody waits where somebody is idle; those alike come in order.
    """
    row = nw.steps(net, step)
    ways = nw.ways(net, step * net.reasons_size + reason)
    chosen = ways.first
    least = math.inf
    total = 0.0
    for way in range(ways.first, ways.last):
        wait = _wait_at(net, board, nw.exits(net, way).to, row.estimator, now)
        total += 1.0 / (wait + nw.queues(net, nw.exits(net, way).to).handle_time + 1e-9)
        if wait < least:
            least = wait
            chosen = way
    if not row.random or total <= 0.0:
        return chosen
    part = 0.0
    for way in range(ways.first, ways.last):
        wait = _wait_at(net, board, nw.exits(net, way).to, row.estimator, now)
        part += 1.0 / (wait + nw.queues(net, nw.exits(net, way).to).handle_time + 1e-9)
        if u * total < part:
            return way
    return chosen


@inner
def _wait_at(net, board, queue, estimator, now):
    for k in range(nw.queues(net, queue).first_match, nw.queues(net, queue).last_match):
        match = nw.by_queue(net, k)
        if match.after <= 0.0 and board_groups(board, match.group).idle > match.reserve:
            return 0.0
    return expected_wait(net, board, queue, estimator, now)


@shared
def lines_ahead(net, board, queue, reached, dropped):
    """How many customers a dialler may be calling, or have waiting, for those idle now who may serve a queue at once.

    `reached` and `dropped` count those reached so far and those of them who gave up waiting. -1 where they were too
    many: then agents dial.
    """
    row = nw.queues(net, queue)
    rule = nw.callbacks(net, row.callback)
    if dropped > rule.dropped * reached:
        return -1
    idle = 0
    for k in range(row.first_match, row.last_match):
        match = nw.by_queue(net, k)
        if match.after <= 0.0:
            idle += max(0, board_groups(board, match.group).idle - match.reserve)
    return int(idle * rule.ahead)
