"""The two engines leave the same ledger, row for row, whatever the scenario; `story` checks its own state meanwhile."""

from __future__ import annotations

import math
from typing import Any

import pytest
from agreement.running import contacts, differences, figures, in_order, model_of, other_figures, verified, written
from agreement.strategies import scenarios
from hypothesis import HealthCheck, given, reject, settings

from cxsim.schema.names import LOOPS

ROW_FOR_ROW = settings(deadline=None, suppress_health_check=list(HealthCheck))
MOST_CONTACTS = 3000  # of a scenario of the ordinary tests: a few with 10,000 and more would take most of their time


def compare(tree: dict[str, Any], loop: str, most: float = math.inf) -> tuple[int, bool]:
    """Both engines on one scenario: the same legs and spells, in whatever order written, the same queue lengths.

    And the same figures to the last bit, though the rows are added up in the order in which each engine wrote them.

    How many contacts it had, and whether it needed that loop of the compiled one, as it should, or a simpler one.
    """
    model = model_of(tree)
    needed = model.network["settings"]["loop"][0]
    assert LOOPS.index(loop) >= needed
    assert loop.startswith("own") == LOOPS[needed].startswith("own")
    fast = written(model, "clock")
    if contacts(fast) > most:
        reject()
    slow = verified(model)
    wrong = differences(in_order(fast), in_order(slow))
    assert not wrong, "\n".join(wrong)
    wrong = other_figures(figures(model, fast), figures(model, slow))
    assert not wrong, "\n".join(wrong)
    return contacts(fast), bool(LOOPS.index(loop) == needed)


def agree(loop: str, examples: int, most: float = math.inf) -> int:
    """The engines agree on so many drawn scenarios for a loop; how many contacts these had in all."""
    counted: list[tuple[int, bool]] = []

    @settings(ROW_FOR_ROW, max_examples=examples)
    @given(scenarios(loop=loop, dated=True))
    def one(tree: dict[str, Any]) -> None:
        counted.append(compare(tree, loop, most))

    one()
    assert len(counted) >= examples
    assert sum(own for _, own in counted) > examples / 2
    return sum(number for number, _ in counted)


@pytest.mark.parametrize(
    ("loop", "examples"), [("rich", 34), ("own_rich", 16), ("own", 8), ("plain", 10), ("basic", 10)]
)
def test_engines_agree_row_for_row(loop: str, examples: int) -> None:
    assert agree(loop, examples, MOST_CONTACTS) >= 150 * examples


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loop", "examples"), [("rich", 400), ("own_rich", 150), ("own", 80), ("plain", 120), ("basic", 120)]
)
def test_engines_agree_row_for_row_on_many_scenarios(loop: str, examples: int) -> None:
    """More than 500 scenarios, and 100,000 contacts."""
    assert agree(loop, examples) >= 170 * examples
