"""Rates that change linearly within intervals: shapes by hand, exact counts, exact inversion, no effect where flat."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import cxsim
from cxsim.begun_day.draws import Volume
from cxsim.metrics import figure_values
from cxsim.model.calendar import timeline
from cxsim.model.demand import _busy_blocks, arrivals, demand, expected
from cxsim.model.linear_rates import cut, linear
from cxsim.model.prepare import prepare
from cxsim.optimizer.bounds.conditions import _steady_rates
from cxsim.randomness.draws import run_key
from cxsim.scenario import parse
from cxsim.simulation.replications import replicate

HOURS = [60, 120, 30, 0, 90, 90]


def center(volume, events=(), **horizon):
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-14:00", "interval": "1 h", **horizon},
            "reasons": {"calls": {"volume": volume, "handle_time": "4 min"}},
            "groups": {"team": {"agents": 5, "serves": ["calls"]}},
            "events": list(events),
        }
    )


def made(volume, **more):
    found = center(volume, **more)
    return demand(found, timeline(found))


def test_the_shape_by_hand():
    """A border lies halfway between its rates, at most twice the smaller; the middle makes up for both borders."""
    assert linear([(0, 2, 1), (2, 4, 2), (4, 6, 3)]) == [  # a ramp is one straight line, to its ends
        (0, 1, 0.5, 1), (1, 2, 1, 1.5), (2, 3, 1.5, 2), (3, 4, 2, 2.5), (4, 5, 2.5, 3), (5, 6, 3, 3.5),
    ]  # fmt: skip
    assert linear([(0, 2, 1), (2, 4, 5)]) == [(0, 1, 0, 1), (1, 2, 1, 2), (2, 3, 2, 5), (3, 4, 5, 8)]
    assert linear([(0, 1, 2), (1, 2, 2), (5, 6, 4)]) == [(0, 1, 2, 2), (1, 2, 2, 2), (5, 6, 4, 4)]  # flat, and a gap
    assert cut((0, 4, 1, 5), [1, 3]) == [(0, 1, 1, 2), (1, 3, 2, 4), (3, 4, 4, 5)]


@pytest.mark.parametrize("seed", range(20))
def test_each_interval_keeps_its_contacts_and_the_rate_has_no_jump(seed):
    rng = np.random.default_rng(seed)
    edges = np.cumsum(rng.uniform(0.5, 3, 9))
    rates = rng.choice([0, 1, 2, 10, 0.1], 8) * rng.uniform(0, 2, 8)
    levels = list(zip(edges[:-1].tolist(), edges[1:].tolist(), rates.tolist(), strict=True))
    found = np.array(linear(levels))
    assert (found[:, 2:] >= 0).all()
    np.testing.assert_allclose(found[1:, 2], found[:-1, 3], atol=1e-12)
    for start, end, rate in levels:
        inside = found[(found[:, 0] >= start - 1e-12) & (found[:, 1] <= end + 1e-12)]
        total = ((inside[:, 1] - inside[:, 0]) * inside[:, 2:].mean(axis=1)).sum()
        assert total == pytest.approx((end - start) * rate)


@pytest.mark.parametrize("more", [{}, {"factor": 1.5, "weekdays": {"mon": 2}}])
def test_expected_contacts_of_each_interval_are_those_of_the_volume(more):
    flat, other = (center({"per_hour": HOURS, **more, **way}) for way in ({}, {"within_interval": "linear"}))
    np.testing.assert_allclose(expected(other, timeline(other)), expected(flat, timeline(flat)))
    half = center({"per_hour": HOURS, "within_interval": "linear"}, interval="30 min")
    # rates at the borders 60 (straight on), 60·2, …: the first hour rises from 30 to 90 per hour
    assert expected(half, timeline(half))[0, 16:18] == pytest.approx([22.5, 37.5])


def test_an_event_changes_the_rate_at_once():
    event = {"from": "08:30", "to": "09:00", "factor": 2}
    found = center({"per_hour": [60, 120, 60, 60, 60, 60], "within_interval": "linear"}, [event], interval="30 min")
    assert expected(found, timeline(found))[0, 16:18] == pytest.approx([22.5, 75])


def test_arrivals_have_the_linear_rate():
    """Kolmogorov–Smirnov test of 20,000 arrivals against the exact distribution; a right program fails for one seed in
    1,000, a rate that is constant in each interval for every seed."""
    found = made({"count": 20_000, "profile": [1, 3, 1, 0, 2, 2], "within_interval": "linear"})
    times, _ = arrivals(found, run_key(3, 0))
    base = 8 * 3600.0

    def share(t):
        pieces = linear([(float(k), k + 1.0, w) for k, w in enumerate([1, 3, 1, 0, 2, 2])])
        out = np.zeros_like(t)
        for a, b, first, last in pieces:
            x = np.clip((t - base) / 3600 - a, 0, b - a)
            out += x * first + x * x / 2 * (last - first) / (b - a)
        return out / 9

    assert stats.kstest(times, share).pvalue > 1e-3
    flat, _ = arrivals(made({"count": 20_000, "profile": [1, 3, 1, 0, 2, 2]}), run_key(3, 0))
    assert stats.kstest(flat, share).pvalue < 1e-6


def test_numbers_are_inverted_to_the_last_digits():
    """The same unit-rate points: what is expected until each arrival is the point itself, whatever the shape."""
    found = made({"per_hour": HOURS, "within_interval": "linear"})
    flat = made({"per_hour": HOURS})
    key = run_key(1, 0)
    (times, issues), (usual, others) = arrivals(found, key), arrivals(flat, key)
    np.testing.assert_array_equal(issues, others)

    def upto(given, t):
        p = np.searchsorted(given.starts, t, side="right") - 1
        since = t - given.starts[p]
        return given.before[p] + given.rates[p] * since + given.slopes[p] * since**2 / 2

    np.testing.assert_allclose(upto(found, times), upto(flat, usual), atol=1e-9)


@pytest.mark.parametrize("volume", [{"per_hour": [60] * 6}, {"per_interval": [7] * 6}])
def test_nothing_changes_where_all_intervals_are_alike(volume):
    flat, other = made(volume), made({**volume, "within_interval": "linear"})
    for one, two in zip(arrivals(flat, run_key(4, 2)), arrivals(other, run_key(4, 2)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_blocks_of_the_day_scale_the_slope():
    """Of every piece, the contacts are still the integral of its rate; and its factor is that of its block."""
    volume = {"per_hour": HOURS, "within_interval": "linear", "intraday": {"gamma": {"cv": "30%"}}, "busyness": None}
    usual = made({**volume, "intraday_block": "20 min"})
    busy = _busy_blocks(usual, run_key(4, 2))
    length = busy.latest - busy.starts
    np.testing.assert_allclose(busy.upto - busy.before, length * (busy.rates + busy.slopes * length / 2), rtol=1e-9)
    bent = usual.slopes != 0
    factors = (busy.slopes / np.where(bent, usual.slopes, 1))[bent]
    assert len(np.unique(np.round(factors, 9))) == len(np.unique(usual.block[bent])) > 5


def test_other_programs_know_it():
    linear_day = center({"per_hour": HOURS, "within_interval": "linear"})
    model = prepare(linear_day, 1)
    assert not _steady_rates(model) and _steady_rates(prepare(center({"per_hour": HOURS}), 1))
    volume = Volume.of(model.demand, 0, 0)
    edges = 8 * 3600 + 1800 * np.arange(13)
    assert volume.upto(edges[2]) == pytest.approx(60)
    assert volume.upto(edges[1]) == pytest.approx(22.5, rel=1e-3)
    assert volume.when(np.array([60.0]))[0] == pytest.approx(edges[2], abs=1)


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_both_engines_meet_the_same_customers(engine):
    model = prepare(center({"per_hour": [30, 60, 15, 0, 20, 20], "within_interval": "linear"}), 1)
    samples, _ = replicate(model, 2, engine=engine)
    told = [
        figure_values(samples, model.layout, "offered", interval=label)[0].tolist() for label in model.layout.labels
    ]
    drawn = [np.histogram(arrivals(model.demand, run_key(1, k))[0], model.layout.edges)[0].tolist() for k in range(2)]
    assert told == np.array(drawn, float).T.tolist()


def test_it_is_a_key_of_the_scenario(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "cxsim: 1\nhorizon: {open: 08:00-10:00}\ngroups: {team: {agents: 5, serves: [calls]}}\n"
        "reasons: {calls: {volume: {per_hour: [20, 60], within_interval: linear}, talk: 3 min}}\n"
    )
    found = cxsim.read(tmp_path / "a.yaml")
    assert found.reasons["calls"].volume.within_interval == "linear"
    half = expected(found, timeline(found))[0]
    assert half[16:20] == pytest.approx([5, 15, 25, 35])
