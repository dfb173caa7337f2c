"""Short calls split off: a share of them up to a limit, the others above it, in both engines."""

from __future__ import annotations

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, verified, written
from agreement.test_agreement import compare

import cxsim
from cxsim.randomness.distributions import law
from cxsim.scenario.io.writing import document

TALK = {"split": {"share": "20%", "limit": "10s", "rest": {"lognormal": {"median": "2 min", "sigma": 0.9}}}}
WORLD = {
    "cxsim": 1,
    "horizon": {"start": "2026-03-02", "days": 1, "open": "08:00-16:00"},
    "reasons": {"calls": {"volume": {"per_hour": 120}, "talk": TALK, "patience": "3 min"}},
    "groups": {"team": {"agents": 6, "serves": ["calls"]}},
}


def test_the_share_of_talks_up_to_the_limit_is_as_written_and_none_of_the_others_is_as_short():
    """About 950 talks: the share within four standard errors; seed fixed. `story` draws the same, row for row."""
    model = model_of(WORLD)
    ledger = written(model, "clock")
    assert not differences(in_order(ledger), in_order(verified(model)))
    legs = ledger.legs[ledger.legs["answered"] > 0]
    talks = legs["talk_end"] - legs["answered"]
    short = talks <= 10.0
    assert len(talks) > 600
    assert short.mean() == pytest.approx(0.2, abs=4 * (0.16 / len(talks)) ** 0.5)
    assert talks[short].mean() == pytest.approx(5.0, abs=4 * 2.9 / short.sum() ** 0.5)
    assert np.median(talks[~short]) == pytest.approx(120.0, rel=0.15)


def test_engines_agree_on_short_calls_with_a_law_of_their_own():
    own = {"split": {**TALK["split"], "short": {"gamma": {"mean": "4s", "cv": "50%"}}, "rest": {"weibull": {
        "mean": "3 min", "shape": 0.8}}}}  # fmt: skip
    reasons = {"calls": {**WORLD["reasons"]["calls"], "talk": own, "patience": own, "wrap": own}}
    count, _ = compare({**WORLD, "reasons": reasons}, "plain")
    assert count > 600


def test_a_split_is_read_and_written_and_its_parts_can_be_set():
    scenario = cxsim.parse(WORLD)
    rest = law("lognormal", median=120.0, sigma=0.9)
    assert scenario.reasons["calls"].talk == law("split", share=0.2, limit=10.0, rest=rest)
    split = "reasons.calls.talk.split"
    shorter = scenario.vary({f"{split}.share": "5%", f"{split}.rest.gamma": {"mean": "3 min", "cv": "90%"}})
    talk = shorter.reasons["calls"].talk
    assert talk.parameters["share"] == 0.05 and talk.parameters["rest"] == law("gamma", mean=180.0, cv=0.9)
    assert cxsim.parse(document(shorter)).reasons["calls"].talk == talk


def test_the_mean_is_that_of_both_parts():
    """Exponential above a limit has no memory: 0.25 * 5 + 0.75 * (10 + 60) = 53.75 s."""
    assert law("split", share=0.25, limit=10.0, rest=law("exponential", mean=60.0)).mean == pytest.approx(53.75)
