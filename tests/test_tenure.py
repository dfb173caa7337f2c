"""Agents who are new: slower, resolving less, and learning."""

from __future__ import annotations

import numpy as np
from agreement.running import differences, in_order, written

from cxsim import simulate
from cxsim.model.network.people import team_of
from cxsim.model.prepare import prepare
from cxsim.scenario import parse

NEW = {"attrition": "50%", "handle_time": "160%", "resolution": "-20 points", "halves": "12 weeks"}


def center(tenure, agents=40):
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 2, "open": "08:00-18:00"},
            "reasons": {"calls": {"volume": "60/h", "talk": "4 min", "resolution": "80%"}},
            "groups": {"team": {"agents": agents, "serves": ["calls"], **({"tenure": tenure} if tenure else {})}},
        }
    )


def test_the_mean_novelty_is_that_of_its_formula() -> None:
    """a / (a + ln 2 / halves) over exponential ages: 20,000 seats, within 3.9 errors (1 in 10,000 seeds fails)."""
    scenario = center(NEW)
    rows = team_of(scenario, np.array([0, 20_000]), 1)
    new = (rows["handle"] - 1.0) / 0.6
    mean = 0.5 / (0.5 + np.log(2.0) * 365 / 84)
    assert abs(new.mean() - mean) < 3.9 * new.std() / np.sqrt(20_000)
    np.testing.assert_allclose(rows["resolution"], -0.2 * new, atol=1e-12)


def test_a_group_with_new_agents_is_slower_and_resolves_less() -> None:
    """All are alike in who they are: the handle time of a group is that of its agents, weighted by what they take."""
    old, young = (simulate(center(tenure), replications=8) for tenure in (None, NEW))
    rows = team_of(center(NEW), np.array([0, 40]), 1)
    assert old.estimate("aht").value < young.estimate("aht").value < old.estimate("aht").value * rows["handle"].max()
    assert young.estimate("fcr_true").value < old.estimate("fcr_true").value - 0.01


def test_who_never_leaves_is_experienced() -> None:
    still = {**NEW, "attrition": "0%"}
    one, other = (simulate(center(tenure), replications=2) for tenure in (None, still))
    assert one.estimate("aht").value == other.estimate("aht").value


def test_both_engines_have_the_same_agents() -> None:
    model = prepare(center(NEW, 7))
    assert not differences(*(in_order(written(model, engine)) for engine in ("clock", "story")))
