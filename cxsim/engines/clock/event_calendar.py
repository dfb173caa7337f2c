"""The event calendar of the `clock` engine: a timing wheel of two levels (Varghese and Lauck 1987).

A coarse bucket is a list in no order; when its time comes, its nodes go to 256 fine buckets, most of them empty, kept
in order. So putting, cancelling and taking an event cost the same for ten agents and ten thousand. Coarse buckets are
used round and round: a node that is due in a later round stays where it is. The order is (time, kind, id).
"""

from __future__ import annotations

import numpy as np

from cxsim.engines.clock import state as ws
from cxsim.engines.clock.linked_list import inserter, popper, unlinker
from cxsim.jit.decorators import inner, tiny
from cxsim.jit.struct_arrays import lowest_bit, prefetch

NOWHERE = -1
FINE_BITS = 8
FINE = 1 << FINE_BITS  # buckets: first the fine ones, then the coarse ones
WORDS = FINE >> 6
_LAST = 2.0**60
_IN_CACHE = 4096  # agents and contacts that the processor's second cache has room for
_ONE = np.uint64(1)
_insert, _unlink, _pop = inserter(ws.nodes), unlinker(ws.nodes), popper(ws.nodes)
_insert_far, _unlink_far = inserter(ws.nodes, False), unlinker(ws.nodes, False)  # in coarse buckets


@tiny
def _before(a, b):
    if a.time != b.time:
        return a.time < b.time
    if a.kind != b.kind:
        return a.kind < b.kind
    return a.id < b.id


@tiny
def _tick(w, time):
    """The number of the fine bucket of a time, counted from time 0."""
    return np.int64(min(time * ws.wheel(w, 0).per_second, _LAST))


@tiny
def _hang(w, i, slot):
    """Insert node `i` into the sorted list of a fine bucket."""
    wheel = ws.wheel(w, 0)
    node = ws.nodes(w, i)
    list_ = ws.buckets(w, slot)
    after = list_.last
    while after >= 0 and _before(node, ws.nodes(w, after)):
        after = ws.nodes(w, after).previous
    _insert(w, list_, i, after)
    node.place = slot
    wheel.word = min(wheel.word, slot >> 6)
    ws.filled(w, slot >> 6).bits |= _ONE << np.uint64(slot & 63)


@tiny
def _toss(w, i, ring):
    """Put node `i` into the coarse bucket of number `ring`, counted from time 0."""
    place = FINE + (ring & (w.buckets_size - FINE - 1))
    _insert_far(w, ws.buckets(w, place), i, -1)
    ws.nodes(w, i).place = place
    ws.wheel(w, 0).far += 1


@tiny
def _empties(w, place):
    """A node has left a fine bucket, which is perhaps empty now."""
    if ws.buckets(w, place).first < 0:
        ws.filled(w, place >> 6).bits ^= _ONE << np.uint64(place & 63)


@tiny
def put(w, i, time, kind, id):
    """Schedule node `i`, which is not in the calendar, at a time not before the last one taken."""
    node = ws.nodes(w, i)
    node.time = time
    node.kind = kind
    node.id = id
    tick = _tick(w, time)
    here = ws.wheel(w, 0).here
    if tick >> FINE_BITS <= here:
        _hang(w, i, max(tick - (here << FINE_BITS), 0))
    else:
        _toss(w, i, tick >> FINE_BITS)


@tiny
def cancel(w, i):
    """Take node `i` out of the calendar; nothing happens when it is not in."""
    node = ws.nodes(w, i)
    place = node.place
    if place >= 0:
        node.place = NOWHERE
        if place < FINE:
            _unlink(w, ws.buckets(w, place), i)
            _empties(w, place)
        else:
            _unlink_far(w, ws.buckets(w, place), i)
            ws.wheel(w, 0).far -= 1


@tiny
def take(w, i):
    """Take node `i` out, the one that `first` found."""
    node = ws.nodes(w, i)
    place = node.place
    node.place = NOWHERE
    _pop(w, ws.buckets(w, place))
    _empties(w, place)


@inner
def _spread(w, ring):
    """The time of a coarse bucket has come: its nodes go to the fine ones, except those of later rounds."""
    list_ = ws.buckets(w, FINE + (ring & (w.buckets_size - FINE - 1)))
    i = list_.first
    list_.first = -1
    while i >= 0:
        node = ws.nodes(w, i)
        after = node.next
        ws.wheel(w, 0).far -= 1
        tick = _tick(w, node.time)
        if tick >> FINE_BITS == ring:
            _hang(w, i, tick & (FINE - 1))
        else:
            _toss(w, i, tick >> FINE_BITS)
        i = after
    if w.agents_size + ws.state(w, 0).touched > _IN_CACHE:
        ws.wheel(w, 0).scout = ws.buckets(w, FINE + ((ring + 1) & (w.buckets_size - FINE - 1))).first


@tiny
def _look_ahead(w):
    """Begin to load one more node of the coarse bucket that comes next, and whom it is about.

    A list cannot be read faster than memory answers, so it is walked while there is other work. Where the scout
    steps on a node that has left the list it only loads what nobody needs.
    """
    wheel = ws.wheel(w, 0)
    i = wheel.scout
    if i >= 0:
        wheel.scout = ws.nodes(w, i).next
        who = i - 2 * w.agents_size
        if who < 0:
            prefetch(ws.agents(w, i if i < w.agents_size else i - w.agents_size), 0)
        else:
            contact = ws.contacts(w, who if who < w.contacts_size else who - w.contacts_size)
            prefetch(contact, 0)
            prefetch(contact, 1)
        if wheel.scout >= 0:
            prefetch(ws.nodes(w, wheel.scout), 0)


@tiny
def first(w, until):
    """The node of the earliest event; -1 if there is none, or none before about `until`. It stays in."""
    wheel = ws.wheel(w, 0)
    _look_ahead(w)
    while True:
        word = wheel.word
        while ws.filled(w, word).bits == 0:
            word += 1
        wheel.word = word
        if word < WORDS:
            break
        if wheel.far == 0 or wheel.here >= _tick(w, until) >> FINE_BITS:
            return -1
        wheel.here += 1
        _spread(w, wheel.here)
    return ws.buckets(w, (word << 6) + lowest_bit(ws.filled(w, word).bits)).first
