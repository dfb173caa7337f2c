"""Nothing outside the loop grows faster than its input: operations are counted, no time is taken."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cxsim
from benchmarks.overhead import grid
from cxsim.model.prepare import prepare
from cxsim.scenario import parse
from cxsim.scenario.model.scenario import Scenario

HERE = str(Path(cxsim.__file__).parent)


def lines(what: Callable[[], object]) -> int:
    """How many lines of Python of cxsim it runs, each turn of a loop counted."""
    count = 0

    def local(_frame: Any, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return local

    def begin(frame: Any, _event: str, _arg: Any) -> Any:
        return local if frame.f_code.co_filename.startswith(HERE) else None

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        what()
    finally:
        sys.settrace(before)
    return count


def center(queues: int) -> dict[str, Any]:
    tree = grid(queues, 3 * queues)
    tree["queues"] = {name: {"target": {"sl": "80%/20s"}} for name in tree["reasons"]}
    return tree


def test_a_center_twice_as_large_takes_no_more_than_twice_the_work_to_read_and_prepare() -> None:
    def both(queues: int) -> tuple[int, int]:
        tree = center(queues)
        made: list[Scenario] = []
        reading = lines(lambda: made.append(parse(tree)))
        return reading, lines(lambda: prepare(made[0]))

    both(20)  # what is done once
    small, large = both(20), both(40)
    assert large[0] < 2.2 * small[0]
    assert large[1] < 2.2 * small[1]
