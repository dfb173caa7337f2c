"""Lists of rows in both directions, by the numbers of their neighbours.

A row has `next` and `previous`, -1 at the ends; whoever owns a list has its `first` and `last`, -1 when it is empty.
Queues, idle agents, the chats of an agent, records to be dialled and the buckets of the calendar are such lists. Each
kind of row gets functions of its own, which the compiler puts in line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cxsim.jit.decorators import tiny

Rows = Callable[[Any, Any], Any]  # (w, i) to row i


def inserter(rows: Rows, with_last: bool = True) -> Callable[[Any, Any, Any, Any], None]:
    """A compiled function (w, list, i, after) that puts row `i` behind row `after`, or first if that is -1.

    Without `with_last` the owner does not know its last row, so that its memory is touched less often.
    """

    @tiny
    def insert(w, list_, i, after):
        row = rows(w, i)
        row.previous = after
        if after >= 0:
            other = rows(w, after)
            row.next = other.next
            other.next = i
        else:
            row.next = list_.first
            list_.first = i
        if row.next >= 0:
            rows(w, row.next).previous = i
        elif with_last:
            list_.last = i

    return insert


def unlinker(rows: Rows, with_last: bool = True) -> Callable[[Any, Any, Any], None]:
    """A compiled function (w, list, i) that takes row `i` out of its list; `with_last` as for `inserter`."""

    @tiny
    def unlink(w, list_, i):
        row = rows(w, i)
        if row.previous >= 0:
            rows(w, row.previous).next = row.next
        else:
            list_.first = row.next
        if row.next >= 0:
            rows(w, row.next).previous = row.previous
        elif with_last:
            list_.last = row.previous

    return unlink


def popper(rows: Rows) -> Callable[[Any, Any], int]:
    """A compiled function (w, list) that takes the first row out of its list, which holds one, and returns it."""

    @tiny
    def pop(w, list_):
        i = list_.first
        list_.first = rows(w, i).next
        if list_.first >= 0:
            rows(w, list_.first).previous = -1
        else:
            list_.last = -1
        return i

    return pop
