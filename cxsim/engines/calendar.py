"""The event calendar of the `clock` engine: a wheel of time buckets in front of a heap.

Near events hang in buckets of equal width, each a short sorted doubly-linked list, so that putting, cancelling and
taking an event cost the same for ten agents and ten thousand (Brown 1988, "Calendar queues"). Events beyond the
wheel wait in a binary heap and move in as time goes on. The order is (time, kind, id).
"""

from __future__ import annotations

import numpy as np

from cxsim.compiled import inner, tiny
from cxsim.engines import world as ws

NOWHERE = -1
_FAR = -2  # place of heap position p is _FAR - p


@tiny
def _before(a, b):  # type: ignore[no-untyped-def]
    if a.time != b.time:
        return a.time < b.time
    if a.kind != b.kind:
        return a.kind < b.kind
    return a.id < b.id


@inner
def _earlier(w, a, b):  # type: ignore[no-untyped-def]
    """Whether heap entry `a` comes before `b`; nodes are only looked at when the times are equal."""
    if a.time != b.time:
        return a.time < b.time
    return _before(ws.nodes(w, a.node), ws.nodes(w, b.node))


@tiny
def _settle(w, position, time, node):  # type: ignore[no-untyped-def]
    place = ws.heap(w, position)
    place.time = time
    place.node = node
    ws.nodes(w, node).place = _FAR - position


@inner
def _rise(w, position):  # type: ignore[no-untyped-def]
    """Move the heap's entry at `position` up to where it belongs."""
    time = ws.heap(w, position).time
    node = ws.heap(w, position).node
    while position > 0:
        parent = ws.heap(w, (position - 1) >> 1)
        if time > parent.time or (time == parent.time and not _before(ws.nodes(w, node), ws.nodes(w, parent.node))):
            break
        _settle(w, position, parent.time, parent.node)
        position = (position - 1) >> 1
    _settle(w, position, time, node)


@inner
def _sink(w, position):  # type: ignore[no-untyped-def]
    """Move the heap's entry at `position` down to where it belongs."""
    size = ws.wheel(w, 0).far
    time = ws.heap(w, position).time
    node = ws.heap(w, position).node
    while True:
        below = 2 * position + 1
        if below >= size:
            break
        if below + 1 < size and _earlier(w, ws.heap(w, below + 1), ws.heap(w, below)):
            below += 1
        other = ws.heap(w, below)
        if time < other.time or (time == other.time and not _before(ws.nodes(w, other.node), ws.nodes(w, node))):
            break
        _settle(w, position, other.time, other.node)
        position = below
    _settle(w, position, time, node)


@tiny
def _hang(w, i, bucket):  # type: ignore[no-untyped-def]
    """Insert node `i` into the sorted list of absolute bucket number `bucket`."""
    wheel = ws.wheel(w, 0)
    place = bucket & (w.buckets_size - 1)
    node = ws.nodes(w, i)
    list_ = ws.buckets(w, place)
    after = list_.last
    while after >= 0 and _before(node, ws.nodes(w, after)):
        after = ws.nodes(w, after).previous
    node.previous = after
    if after >= 0:
        other = ws.nodes(w, after)
        node.next = other.next
        other.next = i
    else:
        node.next = list_.first
        list_.first = i
    if node.next >= 0:
        ws.nodes(w, node.next).previous = i
    else:
        list_.last = i
    node.place = place
    wheel.near += 1
    if bucket < wheel.cursor:
        wheel.cursor = bucket


@tiny
def put(w, i, time, kind, id):  # type: ignore[no-untyped-def]
    """Schedule node `i`, which is not in the calendar, at a time not before the last one taken."""
    node = ws.nodes(w, i)
    node.time = time
    node.kind = kind
    node.id = id
    wheel = ws.wheel(w, 0)
    scaled = time * wheel.per_second
    if scaled < wheel.base + w.buckets_size:
        _hang(w, i, max(np.int64(scaled), wheel.base))
    else:
        position = wheel.far
        wheel.far += 1
        _settle(w, position, time, i)
        _rise(w, position)


@tiny
def cancel(w, i):  # type: ignore[no-untyped-def]
    """Take node `i` out of the calendar; nothing happens when it is not in."""
    node = ws.nodes(w, i)
    place = node.place
    if place >= 0:
        list_ = ws.buckets(w, place)
        if node.previous >= 0:
            ws.nodes(w, node.previous).next = node.next
        else:
            list_.first = node.next
        if node.next >= 0:
            ws.nodes(w, node.next).previous = node.previous
        else:
            list_.last = node.previous
        ws.wheel(w, 0).near -= 1
    elif place <= _FAR:
        wheel = ws.wheel(w, 0)
        position = _FAR - place
        wheel.far -= 1
        last = ws.heap(w, wheel.far).node
        if last != i:
            _settle(w, position, ws.heap(w, wheel.far).time, last)
            _rise(w, position)
            _sink(w, _FAR - ws.nodes(w, last).place)
    node.place = NOWHERE


@tiny
def advance(w, time):  # type: ignore[no-untyped-def]
    """Tell the calendar that nothing before `time` will be put any more."""
    wheel = ws.wheel(w, 0)
    base = np.int64(time * wheel.per_second)
    if base <= wheel.base:
        return
    wheel.base = base
    if wheel.cursor < base:
        wheel.cursor = base
    if wheel.far > 0:
        _draw_in(w)


@inner
def _draw_in(w):  # type: ignore[no-untyped-def]
    """Move what the wheel now reaches from the heap onto it."""
    wheel = ws.wheel(w, 0)
    reach = wheel.base + w.buckets_size
    while wheel.far > 0:
        i = ws.heap(w, 0).node
        node = ws.nodes(w, i)
        scaled = node.time * wheel.per_second
        if scaled >= reach:
            break
        cancel(w, i)
        _hang(w, i, max(np.int64(scaled), wheel.base))


@tiny
def first(w):  # type: ignore[no-untyped-def]
    """The node of the earliest event, or -1 when the calendar is empty; it stays in."""
    wheel = ws.wheel(w, 0)
    if wheel.near == 0:
        if wheel.far == 0:
            return -1
        return ws.heap(w, 0).node
    mask = w.buckets_size - 1
    cursor = wheel.cursor
    while ws.buckets(w, cursor & mask).first < 0:
        cursor += 1
    wheel.cursor = cursor
    return ws.buckets(w, cursor & mask).first
