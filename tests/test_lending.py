"""What is lent to one replication after another."""

from __future__ import annotations

import numpy as np
import pytest

from cxsim.jit import buffer_pool
from cxsim.jit.buffer_pool import Lender, Scratch


class Thing:
    def __init__(self, nbytes: int = 0) -> None:
        self.nbytes = nbytes


def test_what_was_given_back_is_lent_again_to_who_asks_for_the_same() -> None:
    lender: Lender[Thing] = Lender(2)
    with lender.lend("a", Thing) as first, lender.lend("a", Thing) as second:
        assert first is not second
    with lender.lend("a", Thing) as again, lender.lend("b", Thing) as other:
        assert again in (first, second)
        assert other not in (first, second)


def test_only_the_last_few_are_held() -> None:
    lender: Lender[Thing] = Lender(2)
    for key in "abc":
        with lender.lend(key, Thing):
            pass
    made: list[str] = []
    for key in "cba":
        with lender.lend(key, lambda key=key: made.append(key) or Thing()):  # type: ignore[misc]
            pass
    assert made == ["a"]


def test_things_make_room_for_others_where_they_are_large() -> None:
    lender: Lender[Thing] = Lender(4)
    first = Thing(buffer_pool.MOST // 2)
    for key, nbytes in (("a", 0), ("b", 1), ("c", buffer_pool.MOST // 2)):
        with lender.lend(key, lambda nbytes=nbytes: first if not nbytes else Thing(nbytes)):  # type: ignore[misc]
            pass
    with lender.lend("a", Thing) as one:
        assert one is not first
    with lender.lend("c", lambda: first) as other:
        assert other is not first


def test_what_is_left_in_an_unknown_state_or_is_large_does_not_come_back() -> None:
    lender: Lender[Thing] = Lender(2)
    with pytest.raises(KeyboardInterrupt), lender.lend("a", Thing) as spoilt:
        raise KeyboardInterrupt
    with lender.lend("a", lambda: Thing(buffer_pool.MOST + 1)) as large:
        assert large is not spoilt
    with lender.lend("a", Thing) as new:
        assert new is not large


def test_a_scratch_grows_and_keeps_what_is_in_it() -> None:
    scratch = Scratch()
    small = scratch.array("x", 10, np.float64)
    small[...] = 7.0
    assert scratch.array("x", 11, np.float64)[9] == 7.0
    assert np.shares_memory(small, scratch.array("x", 5, np.float64))
    large = scratch.array("x", 1000, np.float64)
    assert large.size == 1000 and not np.shares_memory(small, large)
    assert scratch.nbytes >= large.nbytes
