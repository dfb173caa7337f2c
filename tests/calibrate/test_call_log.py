"""Calibration from a call log: by hand on tiny tables, and what is known recovered from samples."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxsim import calibrate

LOG = Path(__file__).resolve().parents[3] / "shared" / "data" / "anonymous_bank_1999"


def test_kaplan_meier_by_hand():
    """Six watched: events at 2, 3 (twice), 6; censored at 3 and 5; the one censored at 3 is at risk there."""
    curve = calibrate.survival([2, 3, 3, 3, 5, 6], [False, False, False, True, True, False])
    assert_allclose(curve.times, [2, 3, 6])
    assert curve.at_risk.tolist() == [6, 5, 1] and curve.events.tolist() == [1, 2, 1]
    assert_allclose(curve.shares, [5 / 6, 5 / 6 * 3 / 5, 0], atol=1e-15)
    assert_allclose(curve.at([0, 1.9, 2, 4, 100]), [1, 1, 5 / 6, 0.5, 0], atol=1e-15)
    assert curve.median() == 3


def test_waits_of_abandoners_are_not_patience():
    """From censored waits Kaplan–Meier finds the true patience, whose naive estimate is far too short."""
    rng = np.random.default_rng(1)
    patience, offered = rng.exponential(300, 20_000), rng.exponential(60, 20_000)
    waited, left = np.minimum(patience, offered), patience < offered
    curve = calibrate.survival(waited, ~left)
    assert_allclose(curve.at([60, 120, 240]), np.exp(-np.array([60, 120, 240]) / 300), atol=0.02)
    assert waited[left].mean() < 60
    assert_allclose(calibrate.tail_mean(waited, ~left, start=60), 300, rtol=0.1)


def test_nobody_ended():
    """Without events the curve stays at 1, its median is never reached, and its tail never ends."""
    curve = calibrate.survival([1.0, 2.0], [True, True])
    assert curve.at(5) == 1 and curve.median() == math.inf
    assert calibrate.tail_mean([1.0, 2.0], [True, True], start=0) == math.inf
    assert [x.tolist() for x in curve.table([5.0, 10.0])] == [[0.0], [1.0]]


def test_survival_table_ends_where_too_few_were_watched():
    curve = calibrate.survival(np.arange(1, 101), np.zeros(100, dtype=bool))
    times, shares = curve.table([10, 50, 90], least_at_risk=30)
    assert_allclose(times, [0, 10, 50])
    assert_allclose(shares, [1, 0.9, 0.5])


@pytest.mark.parametrize("times, censored", [([1.0], [True, False]), ([-1.0], [True]), ([np.nan], [True])])
def test_impossible_durations_are_refused(times, censored):
    with pytest.raises(ValueError, match="survival"):
        calibrate.survival(times, censored)


def test_quantile_table_keeps_the_mean_and_says_what_it_dropped():
    rng = np.random.default_rng(2)
    values = rng.lognormal(4.8, 0.9, 5_000)
    longest = float(np.quantile(values, 0.999))
    shares, knots, dropped = calibrate.quantile_table(values, np.linspace(0, 1, 41), longest)
    assert dropped == 5 and shares[0] == 0 and shares[-1] == 1 and np.all(np.diff(knots) >= 0)
    mean = float(np.sum(np.diff(shares) * (knots[1:] + knots[:-1]) / 2))
    assert_allclose(mean, values[values <= longest].mean(), rtol=1e-9)
    assert_allclose(knots[20], np.median(values), rtol=0.01)


def test_lognormal_is_recovered():
    values = np.random.default_rng(3).lognormal(math.log(120), 0.9, 20_000)
    found = calibrate.fit_lognormal(np.append(values, [0.0, 1e-9]), shortest=1.0)
    assert_allclose([found["median"], found["sigma"]], [120, 0.9], rtol=0.02)
    assert found["distance"] < 0.02
    with pytest.raises(ValueError, match="two values"):
        calibrate.fit_lognormal([5.0])


def test_redial_propensity_is_the_excess_over_those_served():
    """a left, back in 100 s; b left, never back; c served, back in 50 s; d served, back too late."""
    who = ["a", "b", "c", "d", "a", "c", "d"]
    began = [0, 0, 0, 0, 110, 250, 9000]
    ended = [10, 10, 200, 200, 300, 400, 9100]
    left = [True, True, False, False, False, False, False]
    found = calibrate.returns(who, began, ended, left, within=3600)
    assert found.after_abandoned == 0.5 and found.after_served == pytest.approx(1 / 5)
    assert found.excess == pytest.approx(0.3) and found.propensity == pytest.approx(0.3 / 0.8)
    assert found.delays.tolist() == [100] and found.again.tolist() == [False] * 4 + [True] + [False] * 2


def test_redial_propensity_is_recovered_from_known_customers():
    """40 % of those who leave redial; one in eight of all call again anyway within the hour."""
    rng = np.random.default_rng(4)
    n = 20_000
    left = rng.random(n) < 0.2
    anyway, redial = rng.random(n) < 0.125, left & (rng.random(n) < 0.4)
    again = anyway | redial
    who = np.concatenate((np.arange(n), np.flatnonzero(again)))
    began = np.concatenate((np.zeros(n), np.full(int(again.sum()), 600.0)))
    abandoned = np.concatenate((left, np.zeros(int(again.sum()), dtype=bool)))
    found = calibrate.returns(who, began, began + 10.0, abandoned, within=3600)
    assert found.after_abandoned == pytest.approx(1 - 0.6 * 0.875, abs=0.02)
    with pytest.raises(ValueError, match="both abandoned and served"):
        calibrate.returns(who, began, began, np.zeros(len(who)), within=3600)


def test_fresh_arrivals_leave_the_returns_out():
    fresh = calibrate.fresh_arrivals([100, 130, 30], [50, 0, 0], 0.4, [100, 1000, 1200, 4000], interval=1800)
    assert_allclose(fresh, [100 - 5, 130 - 10, 30 - 5])
    assert calibrate.fresh_arrivals([1], [100], 0.9, [0.0], interval=1800).tolist() == [0]


def test_presence_splits_long_gaps_and_rounds_shifts_only():
    agent = ["x", "x", "x", "x", "y"]
    start = [930, 1000, 4000, 100_000, 50]
    end = [960, 1400, 4100, 100_010, 50]
    spells = calibrate.presence(agent, start, end, longest_gap=900, round_to=900)
    assert list(zip(spells.agent.tolist(), spells.start.tolist(), spells.end.tolist(), strict=True)) == [
        ("x", 900, 1400),
        ("x", 4000, 4500),
        ("x", 99_900, 100_800),
        ("y", 0, 900),
    ]


def test_presence_of_overlapping_records_is_one_spell():
    spells = calibrate.presence(["x", "x", "x"], [0, 10, 500], [1000, 20, 600], longest_gap=60)
    assert (spells.start.tolist(), spells.end.tolist()) == ([0], [1000])


def test_agents_on_duty_are_averaged_over_time():
    assert_allclose(calibrate.on_duty([0, 5, -10], [10, 25, -5], [0, 10, 20, 30]), [1.5, 1, 0.5])


def test_small_groups_do_not_round_away():
    mean = np.array([[0.4, 2.0, 0.5], [0.4, 0.0, 0.5], [0.4, 1.0, 0.5]])
    whole = calibrate.whole_agents(mean)
    assert whole.sum(axis=0).tolist() == [1, 3, 2] and whole[:, 1].tolist() == [2, 0, 1]


def test_pauses_count_only_while_someone_waits():
    """After 10 one waits until x comes at 17: a pause of 7. After 30 the queue empties at 34, by y."""
    agent = ["x", "x", "y", "x"]
    start, end = [0, 17, 34, 60], [10, 30, 40, 70]
    lengths, censored = calibrate.pauses(agent, start, end, queued=[8, 25], left=[17, 34])
    assert sorted(zip(lengths.tolist(), censored.tolist(), strict=True)) == [(4, True), (7, False)]
    assert len(calibrate.pauses(agent, start, end, [], [])[0]) == 0


def test_groups_by_what_agents_serve():
    """Two calls may be a slip; three count, unless the agent's share of them is far below everybody's."""
    calls = {
        "a": {"main": 90, "stocks": 10},
        "b": {"main": 998, "stocks": 2},
        "c": {"main": 997, "stocks": 3},
    }
    found = calibrate.group_by_skills(calls, ["stocks"])
    assert found == {"a": ("stocks",), "b": (), "c": ("stocks",)}
    calls["a"] = {"main": 50, "stocks": 50}
    assert calibrate.group_by_skills(calls, ["stocks"])["c"] == ()


@pytest.mark.skipif(not (LOG / "january.txt").is_file(), reason="the bank's log is not beside the repository")
def test_anonymous_bank_january():
    """The figures that the data's own description gives, found again from the log."""
    pd = pytest.importorskip("pandas")
    raw = pd.read_csv(LOG / "january.txt", sep="\t")
    queued = raw[(raw["q_start"] != "0:00:00") & (raw["outcome"] != "PHANTOM") & (raw["type"] != "AA")]
    curve = calibrate.survival(queued["q_time"], queued["outcome"] != "HANG")
    assert curve.median() == pytest.approx(311, abs=5)
    assert_allclose(curve.at([60, 120, 300]), [0.831, 0.727, 0.516], atol=0.005)
    served = raw[raw["outcome"] == "AGENT"]
    log_service = calibrate.fit_lognormal(served["ser_time"], shortest=9.5)
    assert log_service["median"] == pytest.approx(math.exp(4.83), rel=0.01)
    assert log_service["sigma"] == pytest.approx(0.93, abs=0.01)
