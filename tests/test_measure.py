"""Figures of one's own: the function sees the ledger, and its intervals are those of any other figure."""

from __future__ import annotations

import numpy as np
import pytest
from test_policy_objects import TREE

import cxsim


def usual(run):
    legs = run.legs[run.counted]
    answered = legs["answered"] >= 0.0
    waits = (legs["answered"] - legs["queued"])[answered]
    return {"asa": (waits.sum(), answered.sum()), "answered": int(answered.sum())}


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_a_figure_measured_again_is_the_figure(engine) -> None:
    scenario = cxsim.parse(TREE)
    own = cxsim.measure(scenario, usual, replications=4, seed=3, engine=engine).set_index("figure")
    right = cxsim.simulate(scenario, replications=4, seed=3).estimate("asa")
    for column in ("value", "low", "high"):
        assert own.loc["asa", column] == pytest.approx(getattr(right, column), rel=1e-9)
    wide = cxsim.measure(scenario, usual, replications=4, seed=3, confidence=0.99).set_index("figure")
    assert wide.loc["asa", "high"] > own.loc["asa", "high"] and wide.loc["asa", "value"] == own.loc["asa", "value"]


def test_contacts_outside_the_counted_days_are_told_apart() -> None:
    days = TREE | {"horizon": TREE["horizon"] | {"before": "1 days", "after": "0 days"}}
    found = cxsim.measure(
        cxsim.parse(days), lambda run: {"share": (run.counted.sum(), len(run.counted))}, replications=2
    )
    assert 0.35 < found["value"][0] < 0.65


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        (lambda run: {}, "which is not {name: value}"),
        (lambda run: {"wait": np.nan}, "wait is nan in replication 0; give a finite number"),
        (lambda run: {f"n{run.number}": 1.0}, "replication 1 gives n1, and the first gives n0"),
    ],
)
def test_what_is_not_a_figure_is_told(figures, told) -> None:
    with pytest.raises(ValueError) as error:
        cxsim.measure(cxsim.parse(TREE), figures, replications=2)
    assert told in str(error.value)
    with pytest.raises(ValueError, match="confidence: 95 is not a level"):
        cxsim.measure(cxsim.parse(TREE), usual, confidence=95)
