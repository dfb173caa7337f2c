"""Agents required by queue and interval."""

import numpy as np
import pytest

import cxsim
from cxsim.erlang.formulas import steady
from cxsim.optimizer.problem.requirements import busy_shares, requirements
from cxsim.randomness.distributions import law

# Miller (2015), Modeling Techniques in Predictive Analytics, ch. 6: a bank's Wednesday, calls an hour; 15 calls an
# hour and agent, at most half of the calls waiting (P8 of the public reference).
RATES = [
    6.75,
    1.75,
    1.25,
    0,
    0.5,
    0.25,
    4.75,
    39.5,
    97.25,
    107.5,
    124.0,
    110.25,
    95.5,
    203.5,
    115.75,
    115.5,
    67.75,
    75.0,
    88.75,
    85.5,
    68.0,
    61.5,
    57.5,
    44.25,
]
NEED = [1, 1, 1, 0, 1, 1, 1, 4, 8, 9, 10, 9, 8, 16, 10, 10, 6, 7, 8, 8, 6, 6, 5, 4]


def center(**changes):
    return {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "08:00-12:00", "interval": "30 min", "before": 0, "after": 0},
        "reasons": {"cards": {"volume": {"per_hour": 120}, "talk": {"exponential": "5 min"}, "patience": "4 min"}},
        "queues": {"cards": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {"agents": {"agents": 12, "serves": ["cards"], "wage": 20}},
        **changes,
    }


def test_the_requirement_of_a_banks_wednesday_is_reproduced():
    bank = center(
        horizon={"days": 1, "open": "00:00-24:00", "interval": "1 h", "before": 0, "after": 0},
        reasons={"cards": {"volume": {"per_hour": RATES}, "talk": {"exponential": "4 min"}}},
        queues={"cards": {"target": {"sl": {"share": "50%", "within": "0s"}}, "agents_needed": "erlang_c"}},
    )
    table = requirements(cxsim.parse(bank), lagged=False)
    assert table["agents_whole"].tolist() == NEED


def test_fractional_agents_are_where_erlangs_sl_meets_the_target():
    table = requirements(cxsim.parse(center()), lagged=False)
    state = steady(120 / 3600, 300.0, table["agents"][0], patience=240.0)
    assert state.sl(20.0) == pytest.approx(0.8, abs=1e-6)
    assert (table["agents_whole"] >= table["agents"]).all()
    assert (table["agents_whole"] - table["agents"] < 1).all()
    assert table["load"].tolist() == pytest.approx([10.0] * 8)


def test_the_lagged_load_of_exponential_work_builds_up_as_in_closed_form():
    """m(t) = a (1 - exp(-t/s)) from an empty start, averaged over each interval."""
    table = requirements(cxsim.parse(center()))
    t, s = np.arange(9) * 1800.0, 300.0
    upto = 10.0 * (t - s * (1 - np.exp(-t / s)))
    assert table["load"].to_numpy() == pytest.approx(np.diff(upto) / 1800.0, rel=2e-3)


@pytest.mark.parametrize("name", ["exponential", "lognormal", "deterministic"])
def test_the_shares_of_the_work_add_up_to_all_of_it(name):
    given = {"lognormal": {"mean": 600.0, "cv": 1.2}, "deterministic": {"value": 600.0}}.get(name, {"mean": 600.0})
    shares = busy_shares(law(name, **given), 900.0, 60)
    assert shares.sum() == pytest.approx(1.0, abs=5e-3)
    assert (shares >= -1e-12).all()


def test_work_of_a_constant_length_is_shared_out_exactly():
    """Ten minutes begun evenly over fifteen: what spills over is 10²/2 of 15 · 10 contact-minutes."""
    shares = busy_shares(law("deterministic", value=600.0), 900.0, 4)
    assert shares[:2] == pytest.approx([1 - 600 / 1800, 600 / 1800], abs=0.01)


def test_repeats_are_offered_after_their_delay():
    """With resolution 80 % and all coming back, offered goes to 1/(1 - 0.2) of fresh."""
    again = {"unresolved": {"repeat": "100%", "delay": {"exponential": "10 min"}}, "abandoned": {"redial": "0%"}}
    given = center(after_contact=again)
    given["reasons"]["cards"] |= {"resolution": "80%", "patience": "never"}
    offered = requirements(cxsim.parse(given))["offered_per_hour"].to_numpy()
    assert 120 < offered[0] < 140
    assert np.all(np.diff(offered) > 0)
    assert offered[-1] == pytest.approx(150.0, rel=0.01)
    alone = requirements(cxsim.parse(given), returns=False)["offered_per_hour"].to_numpy()
    assert alone == pytest.approx(np.full(8, 120.0))


def test_two_reasons_of_a_queue_share_its_agents():
    given = center()
    given["reasons"]["bills"] = given["reasons"]["cards"] | {"queue": "cards"}
    both = requirements(cxsim.parse(given), lagged=False)
    twice = center(reasons={"cards": given["reasons"]["cards"] | {"volume": {"per_hour": 240}}})
    one = requirements(cxsim.parse(twice), lagged=False)
    assert both["agents"].tolist() == pytest.approx(one["agents"].tolist())
    assert len(both) == 8


def test_a_closed_interval_needs_nobody_and_is_left_out():
    table = requirements(cxsim.parse(center()))
    assert table["interval"].tolist()[0].endswith("08:00")
    assert len(table) == 8
