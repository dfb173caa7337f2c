"""Batch means of one long run beside replications, and the `counted` column of legs."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim

CENTER = {
    "cxsim": 1,
    "horizon": {"steady": {"warm_up": "2 h", "length": "300 h"}, "interval": "60 min"},
    "reasons": {"calls": {"volume": "60/h", "talk": "3 min", "patience": "2 min"}},
    "groups": {"team": {"agents": 4, "serves": ["calls"]}},
}
DAY = {**CENTER, "horizon": {"start": "2026-01-05", "open": "08:00-10:00"}}


def figures(run):
    legs, spells = run.legs[run.counted], run.spells
    waits = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"]) - legs["queued"]
    return {
        "wait": (float(waits.sum()), len(legs)),
        "arrived": float(len(legs)),
        "hours": float((spells["end"] - spells["start"]).sum()) / 3600.0,
    }


def test_batches_of_one_run_give_the_exact_wait_and_a_sound_interval():
    """Erlang A; 30 batches of 10 h, seed 3: at the 99.9 % level a wrong alarm has a chance of 0.1 %."""
    from cxsim.erlang.formulas import steady

    exact = steady(60 / 3600, 180.0, 4, patience=120.0).wait_mean
    found = cxsim.measure(cxsim.parse(CENTER), figures, batches=30, seed=3, confidence=0.999).set_index("figure")
    wait = found.loc["wait"]
    assert wait["low"] < exact < wait["high"] and wait["high"] - wait["low"] < 0.3 * exact
    assert abs(wait["lag_1"]) < 0.5 and wait["batches"] == 30
    assert found.loc["arrived", "value"] == pytest.approx(600, rel=0.03)


def test_parts_tile_the_counted_time():
    """What is added up over batches is what the whole run has."""
    center = cxsim.parse(CENTER).vary({"horizon.steady.length": "40 h"})
    parts = cxsim.measure(center, figures, batches=10).set_index("figure")["value"]
    whole = cxsim.measure(center, figures, replications=1).set_index("figure")["value"]
    assert 10 * parts["arrived"] == pytest.approx(whole["arrived"])
    assert parts["wait"] == pytest.approx(whole["wait"])
    # The whole run's spells begin in the warm-up of two hours; four agents.
    assert 10 * parts["hours"] <= whole["hours"]
    assert whole["hours"] - 10 * parts["hours"] < 4 * 3


def test_batches_that_are_too_short_are_seen():
    """Six minutes each, in a center at 95 % of its capacity, which remembers for hours."""
    center = cxsim.parse(CENTER).vary({"horizon.steady.length": "40 h", "reasons.calls.patience": "never"})
    center = center.vary({"reasons.calls.talk": "3.8 min"})
    found = cxsim.measure(center, figures, batches=400).set_index("figure")
    assert found.loc["wait", "lag_1"] > 0.2


def test_batches_are_refused_all_faults_at_once():
    with pytest.raises(ValueError, match=r"(?s)either replications or batches.*from 10 to 1000.*no steady state"):
        cxsim.measure(cxsim.parse(DAY), figures, replications=5, batches=3)


def test_legs_say_whether_their_contact_is_counted():
    center = cxsim.parse(CENTER).vary({"horizon.steady.length": "4 h"})
    found = cxsim.simulate(center, replications=3, keep=["legs"])
    counted = found.legs[found.legs["counted"]]
    assert 0 < len(counted) < len(found.legs)
    assert len(counted) == round(3 * found.estimate("offered").value)
    day = cxsim.simulate(cxsim.parse(DAY), replications=2, keep=["legs"])
    assert day.legs["counted"].all()
