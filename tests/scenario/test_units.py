"""What a user writes for times, shares, rates and points, and back."""

import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxsim.scenario.model import units
from cxsim.scenario.model.units import Refusal

TIMES = {
    "45s": 45.0,
    "4 min": 240.0,
    "1h30m": 5400.0,
    "1 h 30 min": 5400.0,
    "0.5 h": 1800.0,
    "2 days": 172800.0,
    "1 week": 604800.0,
    "250 ms": 0.25,
    "1.5min": 90.0,
    "3 MIN": 180.0,
    "0s": 0.0,
}


@pytest.mark.parametrize(("text", "seconds"), TIMES.items())
def test_times(text, seconds):
    assert units.duration(text) == seconds


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (4, "write '4s' or '4 min'"),
        ("4", "write '4s' or '4 min'"),
        ("4 mn", "did you mean '4 min'?"),
        ("4,5 min", "write '4.5 min'"),
        ("-4 min", "times cannot be negative; write '0s' or more"),
        ("4:30", "write '4m30s' or '4h30m'"),
        ("0:04:12", "write '4m12s'"),
        ("1:04:12", "write '1h4m12s'"),
        ("1,200 s", "write '1200 s' or '1.2 s'"),
        (1200.5, "write '1200.5s' or '1200.5 min'"),
    ],
)
def test_what_is_no_time_gets_the_nearest_fix(value, fix):
    with pytest.raises(Refusal) as refused:
        units.duration(value)
    assert refused.value.parts[0][2] == fix


@pytest.mark.parametrize("value", [0.8, 80, "80", "-5%", "101%", None, True, "80 %%", math.nan])
def test_what_is_no_share(value):
    with pytest.raises(Refusal):
        units.percent(value)


def test_shares_are_exact():
    assert units.percent("80%") == 0.8
    assert units.percent("99.5 %") == 0.995
    assert units.percent("0.1%") == 0.001
    assert units.spread("150%") == 1.5


def test_points():
    assert units.points("+9 points") == 0.09
    assert units.points("-12 points") == -0.12
    assert units.points("4 points") == 0.04
    with pytest.raises(Refusal):
        units.points("9%")


def test_rates():
    assert units.rate("24/h") == (24.0, "hour")
    assert units.rate("2/min") == (120.0, "hour")
    assert units.rate("500/day") == (500.0, "day")
    assert units.rate("24 per hour") == (24.0, "hour")
    assert units.rate("lots") is None


def test_clock_and_days():
    assert units.clock("08:30") == 30600.0
    assert units.clock("24:00") == 86400.0
    assert units.day("2026-03-02") == date(2026, 3, 2)
    assert units.weekdays("mon-fri") == (0, 1, 2, 3, 4)
    assert units.weekdays("fri-mon") == (0, 4, 5, 6)
    assert units.weekdays("sat, Sunday") == (5, 6)
    assert units.weekdays("every day") == tuple(range(7))
    for wrong in ("24:01", "8am", 8, "12:60"):
        with pytest.raises(Refusal):
            units.clock(wrong)


@given(st.floats(0.0, 1e9, allow_subnormal=False))
def test_a_time_is_written_so_that_it_reads_back_the_same(seconds):
    assert units.duration(units.write_duration(seconds)) == seconds


@given(st.floats(0.0, 1.0))
def test_a_share_is_written_so_that_it_reads_back_the_same(share):
    assert units.percent(units.write_percent(share)) == share


@given(st.floats(-1.0, 1.0))
def test_points_are_written_so_that_they_read_back_the_same(points):
    assert units.points(units.write_points(points)) == points


@given(st.integers(0, 86400 * 1000).map(lambda ms: ms / 1000))
def test_a_time_of_day_is_written_so_that_it_reads_back_the_same(seconds):
    assert units.clock(units.write_clock(seconds)) == seconds


@settings(max_examples=50)
@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)))
def test_anything_else_is_refused_and_nothing_infinite_comes_through(value):
    for read in (units.duration, units.percent, units.points, units.factor, units.amount, units.clock, units.per_hour):
        try:
            assert math.isfinite(read(value))
        except Refusal as refusal:
            assert all(rule for _, rule, _ in refusal.parts)
