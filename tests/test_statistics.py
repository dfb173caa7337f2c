"""Intervals keep their promise, the stopping rule stops when it says, Holm corrects as published."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from oracles.multiple_tests import holm, p_value

from cxsim.metrics import confidence_intervals

# A right program passes each coverage test for all but about one seed in 2,000: 2,000 runs give 95% ± 0.49%
# (one standard error), and the bounds are 3.5 of them on either side. Seeds are fixed: a pass stays one.
RUNS = 2000
BOUNDS = (0.933, 0.967)


def covered(interval: confidence_intervals.Interval, truth: float) -> float:
    return float(np.mean((interval.low <= truth) & (truth <= interval.high)))


def test_t_interval_is_students():
    x = np.random.default_rng(1).normal(5, 2, (12, 3))
    value, low, high = confidence_intervals.t_interval(x)
    expected = scipy.stats.t.interval(0.95, 11, loc=x.mean(axis=0), scale=scipy.stats.sem(x, axis=0))
    np.testing.assert_allclose(value, x.mean(axis=0))
    np.testing.assert_allclose((low, high), expected)


@pytest.mark.parametrize("replications", [5, 10, 40])
def test_ratio_interval_covers_a_service_level_with_random_denominators(replications):
    rng = np.random.default_rng(20260302)
    offered = rng.poisson(60, (replications, RUNS))
    in_time = rng.binomial(offered, 0.8)
    assert BOUNDS[0] < covered(confidence_intervals.ratio_interval(in_time, offered), 0.8) < BOUNDS[1]


def test_ratio_interval_covers_where_busy_days_are_worse():
    """Correlated numerator and denominator: the mean of daily ratios would estimate something else."""
    rng = np.random.default_rng(7)
    busy = rng.gamma(25, 1 / 25, (30, RUNS))
    offered = rng.poisson(200 * busy)
    lost = rng.poisson(offered * 0.1 * busy)
    truth = 0.1 * (1 + 1 / 25)  # E[busy²] / E[busy]
    assert BOUNDS[0] < covered(confidence_intervals.ratio_interval(lost, offered), truth) < BOUNDS[1]
    assert covered(confidence_intervals.t_interval(lost / offered), truth) < 0.9


def test_a_ratio_is_of_sums_and_empty_ones_are_nan():
    value, low, _ = confidence_intervals.ratio_interval([[1.0, 0.0], [9.0, 0.0]], [[10.0, 0.0], [10.0, 0.0]])
    assert value[0] == 0.5
    assert np.isnan(value[1]) and np.isnan(low[1])
    one = confidence_intervals.ratio_interval([[3.0]], [[4.0]])
    assert one.value[0] == 0.75 and np.isnan(one.low[0]) and np.isnan(one.high[0])


def test_replications_without_a_denominator_count_in_the_interval():
    """An empty replication says nothing about the ratio, but it is one of the draws."""
    x, y = np.array([4.0, 5.0, 0.0]), np.array([10.0, 10.0, 0.0])
    value, low, high = confidence_intervals.ratio_interval(x, y)
    residuals = x - 0.45 * y
    half = scipy.stats.t.ppf(0.975, 2) * math.sqrt((residuals**2).sum() / (3 * 2)) / (20 / 3)
    assert (value, low, high) == pytest.approx((0.45, 0.45 - half, 0.45 + half))


def test_sectioning_covers_a_quantile():
    rng = np.random.default_rng(11)
    waits = rng.exponential(30, (20, 200, RUNS // 2))
    pooled = np.quantile(waits.reshape(-1, RUNS // 2), 0.9, axis=0)
    sections = np.quantile(waits, 0.9, axis=1)
    low, high = 0.95 - 3.5 * 0.0069, 0.95 + 3.5 * 0.0069
    assert low < covered(confidence_intervals.sectioning_interval(pooled, sections), 30 * math.log(10)) < high


def test_sectioning_leaves_replications_without_observations_out():
    sections = np.array([[1.0, 1.0], [3.0, 3.0], [2.0, np.nan]])
    value, _, high = confidence_intervals.sectioning_interval([2.0, 2.0], sections)
    assert value.tolist() == [2.0, 2.0]
    assert high[0] - 2 == pytest.approx(scipy.stats.t.ppf(0.975, 2) * math.sqrt(2 / 6))
    assert high[1] - 2 == pytest.approx(scipy.stats.t.ppf(0.975, 1) * math.sqrt(2 / 2))
    assert np.isnan(confidence_intervals.sectioning_interval([2.0], [[2.0]]).low).all()


def test_paired_differences_are_tighter_than_independent_ones_and_cover():
    rng = np.random.default_rng(5)
    busy = rng.normal(0, 5, (15, RUNS))
    base = 10 + busy + rng.normal(0, 1, busy.shape)
    other = 12 + busy + rng.normal(0, 1, busy.shape)
    found = confidence_intervals.paired_difference(base, other)
    assert BOUNDS[0] < covered(found, 2.0) < BOUNDS[1]
    loose = np.hypot(confidence_intervals.mean_error(base)[1], confidence_intervals.mean_error(other)[1]).mean()
    assert (found.high - found.value).mean() < loose


def test_paired_ratio_difference_covers_and_vanishes_for_equals():
    rng = np.random.default_rng(6)
    offered = rng.poisson(100, (20, RUNS))
    luck = rng.normal(0, 0.05, offered.shape)
    base = rng.binomial(offered, np.clip(0.7 + luck, 0, 1))
    other = rng.binomial(offered, np.clip(0.75 + luck, 0, 1))
    assert (
        BOUNDS[0]
        < covered(confidence_intervals.paired_ratio_difference((base, offered), (other, offered)), 0.05)
        < BOUNDS[1]
    )
    same = confidence_intervals.paired_ratio_difference((base, offered), (base, offered))
    assert (same.value == 0).all() and (same.high == 0).all()


def test_paired_ratio_difference_takes_one_denominator_for_all():
    rng = np.random.default_rng(8)
    base, other = rng.normal(3, 1, (2, 10, 4))
    seconds = np.full((1, 4), 900.0)
    found = confidence_intervals.paired_ratio_difference((base, seconds), (other, seconds))
    np.testing.assert_allclose(found, np.array(confidence_intervals.paired_difference(base, other)) / 900)


def test_stopping_waits_for_ten_and_then_for_the_half_width():
    rng = np.random.default_rng(9)
    offered = np.full(400, 100.0)
    in_time = 80 + rng.normal(0, 8, 400)
    assert not confidence_intervals.stopping([80.0] * 9, [100.0] * 9, 0.5, absolute=True).done
    assert confidence_intervals.stopping([80.0] * 10, [100.0] * 10, 0.0, absolute=True).done
    n, rounds = 10, 0
    while True:
        state = confidence_intervals.stopping(in_time[:n], offered[:n], 0.01, absolute=True)
        if state.done:
            break
        assert n < state.needed <= 2 * n
        n, rounds = state.needed, rounds + 1
    assert state.half_width <= 0.01
    assert 120 < n < 400  # (1.97 × 0.08 / 0.01)² = 248 expected
    assert rounds < 12
    np.testing.assert_allclose(
        state.half_width, confidence_intervals.ratio_interval(in_time[:n], offered[:n]).high - state.value
    )


def test_stopping_is_relative_where_asked_never_on_nothing_and_gives_up_at_most():
    x = np.array([10.0, 12.0] * 10)
    half = confidence_intervals.t_interval(x).high - x.mean()
    assert confidence_intervals.stopping(x, np.ones(20), 1.01 * half / 11, absolute=False).done
    assert not confidence_intervals.stopping(x, np.ones(20), 0.99 * half / 11, absolute=False).done
    nothing = confidence_intervals.stopping(np.zeros(20), np.zeros(20), 0.01, absolute=True)
    assert not nothing.done and math.isnan(nothing.value) and nothing.needed == 40
    assert confidence_intervals.stopping(np.zeros(20), np.zeros(20), 0.01, absolute=True, most=20).done
    assert confidence_intervals.stopping([], [], 0.01, absolute=True).needed == 10


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]


def test_holm_keeps_the_family_error():
    """1,000 families of 20 true hypotheses at 1%: a right program breaks the bound for one seed in 10,000."""
    p = np.random.default_rng(10).uniform(size=(1000, 20))
    wrong = sum((holm(row) <= 0.01).any() for row in p)
    assert wrong <= scipy.stats.binom.ppf(0.9999, 1000, 0.01)


def test_p_value_is_the_t_test_and_takes_the_reference_error_in():
    x = np.random.default_rng(12).normal(0.3, 1, 30)
    value, error = confidence_intervals.mean_error(x)
    expected = scipy.stats.ttest_1samp(x, 0.0).pvalue
    assert p_value(float(value), float(error), 0.0, 29) == pytest.approx(expected)
    assert p_value(float(value), float(error), 0.0, 29, 1.0) > expected
    assert p_value(1.0, 0.0, 1.0, 29) == 1.0
    assert p_value(1.0, 0.0, 2.0, 29) == 0.0
