"""The event calendar of the `clock` engine: a wheel of time buckets in front of a heap.

Near events hang in buckets of equal width, each a short sorted doubly-linked list, so that putting, cancelling and
taking an event cost the same for ten agents and ten thousand (Brown 1988, "Calendar queues"). Events beyond the
wheel wait in a binary heap and move in as time goes on. The order is (time, kind, id).
"""

from __future__ import annotations

import numpy as np

from cxsim.compiled import inner
from cxsim.engines import world as ws

NOWHERE = -1
_FAR = -2  # place of heap position p is _FAR - p


@inner
def _before(a, b):  # type: ignore[no-untyped-def]
    if a.time != b.time:
        return a.time < b.time
    if a.kind != b.kind:
        return a.kind < b.kind
    return a.id < b.id


@inner
def _rise(w, position):  # type: ignore[no-untyped-def]
    """Move the heap's entry at `position` up to where it belongs."""
    entry = ws.heap(w)[position]
    node = ws.nodes(w)[entry]
    while position > 0:
        parent = (position - 1) >> 1
        other = ws.heap(w)[parent]
        if not _before(node, ws.nodes(w)[other]):
            break
        ws.heap(w)[position] = other
        ws.nodes(w)[other].place = _FAR - position
        position = parent
    ws.heap(w)[position] = entry
    node.place = _FAR - position


@inner
def _sink(w, position):  # type: ignore[no-untyped-def]
    """Move the heap's entry at `position` down to where it belongs."""
    size = ws.wheel(w)[0].far
    entry = ws.heap(w)[position]
    node = ws.nodes(w)[entry]
    while True:
        below = 2 * position + 1
        if below >= size:
            break
        if below + 1 < size and _before(ws.nodes(w)[ws.heap(w)[below + 1]], ws.nodes(w)[ws.heap(w)[below]]):
            below += 1
        other = ws.heap(w)[below]
        if not _before(ws.nodes(w)[other], node):
            break
        ws.heap(w)[position] = other
        ws.nodes(w)[other].place = _FAR - position
        position = below
    ws.heap(w)[position] = entry
    node.place = _FAR - position


@inner
def _hang(w, i, bucket):  # type: ignore[no-untyped-def]
    """Insert node `i` into the sorted list of absolute bucket number `bucket`."""
    wheel = ws.wheel(w)[0]
    place = bucket & (ws.buckets(w).shape[0] - 1)
    node = ws.nodes(w)[i]
    list_ = ws.buckets(w)[place]
    after = list_.last
    while after >= 0 and _before(node, ws.nodes(w)[after]):
        after = ws.nodes(w)[after].previous
    node.previous = after
    if after >= 0:
        other = ws.nodes(w)[after]
        node.next = other.next
        other.next = i
    else:
        node.next = list_.first
        list_.first = i
    if node.next >= 0:
        ws.nodes(w)[node.next].previous = i
    else:
        list_.last = i
    node.place = place
    wheel.near += 1
    if bucket < wheel.cursor:
        wheel.cursor = bucket


@inner
def put(w, i, time, kind, id):  # type: ignore[no-untyped-def]
    """Schedule node `i`, which is not in the calendar, at a time not before the last one taken."""
    node = ws.nodes(w)[i]
    node.time = time
    node.kind = kind
    node.id = id
    wheel = ws.wheel(w)[0]
    scaled = time * wheel.per_second
    if scaled < wheel.base + ws.buckets(w).shape[0]:
        _hang(w, i, max(np.int64(scaled), wheel.base))
    else:
        position = wheel.far
        wheel.far += 1
        ws.heap(w)[position] = i
        _rise(w, position)


@inner
def cancel(w, i):  # type: ignore[no-untyped-def]
    """Take node `i` out of the calendar; nothing happens when it is not in."""
    node = ws.nodes(w)[i]
    place = node.place
    if place >= 0:
        list_ = ws.buckets(w)[place]
        if node.previous >= 0:
            ws.nodes(w)[node.previous].next = node.next
        else:
            list_.first = node.next
        if node.next >= 0:
            ws.nodes(w)[node.next].previous = node.previous
        else:
            list_.last = node.previous
        ws.wheel(w)[0].near -= 1
    elif place <= _FAR:
        wheel = ws.wheel(w)[0]
        position = _FAR - place
        wheel.far -= 1
        last = ws.heap(w)[wheel.far]
        if last != i:
            ws.heap(w)[position] = last
            ws.nodes(w)[last].place = _FAR - position
            _rise(w, position)
            _sink(w, _FAR - ws.nodes(w)[last].place)
    node.place = NOWHERE


@inner
def advance(w, time):  # type: ignore[no-untyped-def]
    """Tell the calendar that nothing before `time` will be put any more."""
    wheel = ws.wheel(w)[0]
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
    wheel = ws.wheel(w)[0]
    reach = wheel.base + ws.buckets(w).shape[0]
    while wheel.far > 0:
        i = ws.heap(w)[0]
        node = ws.nodes(w)[i]
        scaled = node.time * wheel.per_second
        if scaled >= reach:
            break
        cancel(w, i)
        _hang(w, i, max(np.int64(scaled), wheel.base))


@inner
def first(w):  # type: ignore[no-untyped-def]
    """The node of the earliest event, or -1 when the calendar is empty; it stays in."""
    wheel = ws.wheel(w)[0]
    if wheel.near == 0:
        if wheel.far == 0:
            return -1
        return ws.heap(w)[0]
    mask = ws.buckets(w).shape[0] - 1
    cursor = wheel.cursor
    while ws.buckets(w)[cursor & mask].first < 0:
        cursor += 1
    wheel.cursor = cursor
    return ws.buckets(w)[cursor & mask].first
