"""The two engines leave the same ledger, row for row, whatever the scenario."""

from __future__ import annotations

from typing import Any

import pytest
from agreement.running import contacts, differences, in_order, model_of, written
from agreement.strategies import scenarios
from hypothesis import HealthCheck, given, settings

from cxsim.names import LOOPS

ROW_FOR_ROW = settings(deadline=None, suppress_health_check=list(HealthCheck))


def compare(tree: dict[str, Any], counted: dict[str, list[int]]) -> None:
    """Both engines on one scenario: the same legs and spells, in whatever order written, and the same queue lengths.

    Counts its contacts by the loop that it needs.
    """
    model = model_of(tree)
    fast, slow = written(model, "clock"), written(model, "story")
    wrong = differences(in_order(fast), in_order(slow))
    assert not wrong, "\n".join(wrong)
    counted.setdefault(LOOPS[model.network["settings"]["loop"][0]], []).append(contacts(fast))


def test_engines_agree_row_for_row() -> None:
    counted: dict[str, list[int]] = {}

    @settings(ROW_FOR_ROW, max_examples=50)
    @given(scenarios())
    def agree(tree: dict[str, Any]) -> None:
        compare(tree, counted)

    agree()
    assert sum(map(len, counted.values())) >= 50
    assert all(len(counted[name]) >= 5 for name in LOOPS)
    assert sum(map(sum, counted.values())) >= 10_000


@pytest.mark.slow
def test_engines_agree_row_for_row_on_many_scenarios() -> None:
    """At least 500 scenarios and 100,000 contacts."""
    counted: dict[str, list[int]] = {}

    @settings(ROW_FOR_ROW, max_examples=600)
    @given(scenarios())
    def agree(tree: dict[str, Any]) -> None:
        compare(tree, counted)

    agree()
    assert sum(map(len, counted.values())) >= 500
    assert all(len(counted[name]) >= 50 for name in LOOPS)
    assert sum(map(sum, counted.values())) >= 100_000
