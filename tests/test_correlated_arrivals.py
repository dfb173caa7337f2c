"""Arrivals that vary within the day and together between reasons: exact moments, and no effect if not asked for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cxsim.model.calendar import timeline
from cxsim.model.demand import arrivals, day_factors, demand, expected
from cxsim.randomness.draws import run_key
from cxsim.scenario import Scenario, ScenarioError, parse

DAY = 86400.0
DAYS = 3000
RUN = run_key(7, 0)


def scenario(volumes: dict[str, Any], days: int = DAYS) -> Scenario:
    """08:00 to 12:00 on each of many days."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": days, "open": "08:00-12:00", "interval": "1 h"},
            "reasons": {name: {"volume": volume, "handle_time": "4 min"} for name, volume in volumes.items()},
            "groups": {"team": {"agents": 5, "serves": list(volumes)}},
        }
    )


def by_hour(s: Scenario, reason: int = 0) -> np.ndarray[Any, Any]:
    """Contacts of a reason by day and open hour."""
    times, issues = arrivals(demand(s, timeline(s)), RUN)
    mine = times[issues >> 50 == reason]
    place = np.floor(mine / DAY).astype(int) * 4 + np.floor(mine % DAY / 3600).astype(int) - 8
    return np.bincount(place, minlength=4 * s.horizon.days).reshape(-1, 4)


def lognormal(cv: float) -> dict[str, Any]:
    return {"lognormal": {"cv": f"{100 * cv:g}%"}}


def test_without_the_keys_every_arrival_is_as_before() -> None:
    """A factor that is always 1, and the default of `shared`, change no time by more than rounding."""
    plain = {"per_hour": 20, "busyness": lognormal(0.2)}
    one = arrivals(demand(scenario({"a": plain}, 5), timeline(scenario({"a": plain}, 5))), RUN)
    for more in ({"shared": "100%"}, {"intraday": {"deterministic": 1}, "intraday_block": "1h"}):
        s = scenario({"a": plain | more}, 5)
        times, issues = arrivals(demand(s, timeline(s)), RUN)
        assert issues.tolist() == one[1].tolist() and times == pytest.approx(one[0], abs=1e-6)


def test_counts_of_blocks_have_the_variance_of_a_poisson_mixture_and_blocks_are_independent() -> None:
    """Var = m + cv²·m²; no covariance between blocks. 12,000 blocks: the standard error of the variance is 2 %."""
    m, cv = 40.0, 0.3
    n = by_hour(scenario({"a": {"per_hour": m, "intraday": lognormal(cv)}}))
    assert n.mean() == pytest.approx(m, rel=0.012)
    assert n.var() == pytest.approx(m + (cv * m) ** 2, rel=0.08)
    assert abs(np.corrcoef(n[:, :-1].ravel(), n[:, 1:].ravel())[0, 1]) < 4 / math.sqrt(3 * DAYS)


def test_a_day_and_its_blocks_together() -> None:
    """Var = m + ((1 + c²)(1 + b²) - 1)·m²; between blocks of a day c²·m²."""
    m, c, b = 40.0, 0.25, 0.2
    n = by_hour(scenario({"a": {"per_hour": m, "busyness": lognormal(c), "intraday": lognormal(b)}}))
    assert n.var() == pytest.approx(m + ((1 + c * c) * (1 + b * b) - 1) * m * m, rel=0.1)
    between = np.cov(n[:, 0], n[:, 3])[0, 1]
    assert between == pytest.approx((c * m) ** 2, rel=0.15)


@pytest.mark.parametrize(("one", "two"), [(0.0, 0.0), (0.8, 0.5), (1.0, 1.0)])
def test_reasons_share_their_busy_days_by_the_product_of_their_shares(one: float, two: float) -> None:
    """Lognormal factors: cov = exp(ρ·σ₁·σ₂) - 1 exactly, where ρ is the product. 3,000 days."""
    c = 0.4
    a = {"per_hour": 5, "busyness": lognormal(c), "shared": f"{100 * one:g}%"}
    s = scenario({"a": a, "b": a | {"shared": f"{100 * two:g}%"}})
    f = day_factors(demand(s, timeline(s)), RUN)
    wanted = math.exp(one * two * math.log(1 + c * c)) - 1
    assert np.cov(f[0], f[1])[0, 1] == pytest.approx(wanted, abs=0.015)
    assert f.std(axis=1) == pytest.approx([c, c], rel=0.08)


def test_reasons_share_their_busy_hours_too() -> None:
    m, b = 60.0, 0.3
    volume = {"per_hour": m, "intraday": lognormal(b), "shared": "90%"}
    s = scenario({"a": volume, "b": volume})
    wanted = m * m * (math.exp(0.81 * math.log(1 + b * b)) - 1)
    assert np.cov(by_hour(s, 0).ravel(), by_hour(s, 1).ravel())[0, 1] == pytest.approx(wanted, rel=0.1)


def test_a_count_keeps_its_number_and_moves_within_the_day() -> None:
    n = by_hour(scenario({"a": {"count": 80, "intraday": lognormal(0.5)}}, 200))
    assert set(n.sum(axis=1)) == {80}
    assert n.var(axis=0).mean() > 2 * 80 * 0.25 * 0.75


def test_expected_volume_does_not_change() -> None:
    plain = {"per_hour": [10, 20, 30, 40]}
    s, t = (
        scenario({"a": plain}, 3),
        scenario({"a": plain | {"intraday": lognormal(0.4), "intraday_block": "90 min"}}, 3),
    )
    assert expected(t, timeline(t)) == pytest.approx(expected(s, timeline(s)))


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        ({"per_hour": 5, "intraday": lognormal(0.2), "intraday_block": "10s"}, "is not between 5 minutes and a day"),
        ({"arrivals": {"times": ["09:00"]}, "intraday": lognormal(0.2)}, "cannot be combined with arrivals"),
        ({"per_hour": 5, "intraday": {"gamma": {"mean": 2, "cv": "10%"}}}, "mean 1"),
        ({"per_hour": 5, "shared": "120%"}, "120%"),
    ],
)
def test_what_cannot_be_is_refused(volume: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        scenario({"a": volume}, 2)
