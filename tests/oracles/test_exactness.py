"""What must be exact: waits at the threshold, shares of customers with redials on, Poisson arrivals."""

import numpy as np
import pytest
from oracles.agreement import Run
from scipy import stats

import cxsim

ENGINES = ("clock", "story")


def one_agent(second_call, **sl):
    """One agent, two calls of 30 s each; the second comes while the agent is busy."""
    return {
        "cxsim": 1,
        "horizon": {"open": "09:00-10:00"},
        "sl": {"within": "20s", **sl},
        "reasons": {
            "calls": {
                "volume": {"arrivals": {"times": ["09:00:00", second_call]}},
                "talk": {"deterministic": "30s"},
            }
        },
        "groups": {"one": {"agents": 1, "serves": ["calls"]}},
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("second_call", "wait", "met"),
    [
        ("09:00:09.5", 20.5, 1),  # rounded to whole seconds it might be called 20
        ("09:00:09.999", 20.001, 1),
        ("09:00:10", 20.0, 2),  # exactly T is within T
        ("09:00:10.1", 19.9, 2),
        ("09:00:30", 0.0, 2),  # comes as the first call ends
    ],
)
def test_within_20_seconds_is_within_20_seconds(engine, second_call, wait, met):
    run = Run(one_agent(second_call), 2, engine=engine)
    # Waits are added up as multiples of 2^-20 s, so that sums are exact: each is off by at most half of that.
    assert run.estimate("asa").value == pytest.approx(wait / 2, rel=0, abs=2.0**-21)
    assert run.estimate("answered_in_time").value == met
    assert run.estimate("sl").value == met / 2
    assert run.estimate("answered_within_20s").value == met / 2
    assert run.estimate("queued").value == (wait > 0)


def test_an_abandonment_after_the_threshold_is_not_within_it():
    scenario = one_agent("09:00:01", definition="excluding_abandoned_in_time")
    for patience, counted in ((20.0, 1), (20.5, 2)):
        scenario["reasons"]["calls"]["patience"] = {"deterministic": f"{patience}s"}
        run = Run(scenario, 2)
        assert run.estimate("abandoned").value == 1
        assert run.estimate("sl").value == 1 / counted


def besieged(repeats):
    """Far too few agents, impatient customers, and nearly everyone dials again at once."""
    return {
        "cxsim": 1,
        "horizon": {"days": 3, "open": "08:00-18:00", "interval": "30 min", "before": 0, "after": 0},
        "channels": {"phone": {"lines": 12, "balk": "5%"}},
        "reasons": {"calls": {"volume": {"per_hour": 200}, "talk": "4 min", "patience": "1 min", "resolution": "70%"}},
        "groups": {"team": {"agents": 8, "serves": ["calls"]}},
        "after_contact": {
            "abandoned": {"redial": "95%", "delay": "1 min", "at_most": 30},
            "blocked": {"redial": "95%", "delay": "30s", "at_most": 30},
            "unresolved": {"repeat": f"{repeats}%", "delay": "15 min"},
        },
    }


@pytest.mark.parametrize("repeats", [0, 90])
def test_shares_of_customers_stay_below_100_percent(repeats):
    result = cxsim.simulate(cxsim.parse(besieged(repeats)), replications=4, keep=["legs"])
    figures = result.figures
    shares = figures[figures["unit"] == "share"]
    assert (shares["value"].dropna() <= 1 + 1e-12).all()
    assert (shares["value"].dropna() >= 0).all()
    customers = ("issues_answered", "issues_answered_in_time", "issues_resolved", "fcr_true", "fcr_measured")
    for name in customers:
        assert len(figures[figures["figure"] == name]), name
    whole = figures[(figures["scope"] == "total") & (figures["interval"] == "total")].set_index("figure")["value"]
    assert whole["offered"] > 2 * whole["fresh"]  # redials there are
    legs = result.legs
    answered = legs[legs["answered"].notna()].groupby("replication")["issue"].nunique().mean()
    begun = legs[legs["attempt"] == 1].groupby("replication")["issue"].nunique().mean()
    assert whole["issues_answered"] == pytest.approx(answered / begun, rel=1e-12)


def test_fresh_arrivals_are_poisson():
    """Counts of half-hours: variance = mean, no correlation in time; gaps exponential; redials change nothing."""
    run = Run(besieged(90), 200, seed=21)
    layout = run.model.layout
    counts = np.array([sample.contacts[0].sum(axis=0)[layout.open_mask] for sample in run.samples])
    size, mean = counts.size, 100.0
    jitter = np.random.default_rng(1).random(size) * stats.poisson.pmf(counts.ravel(), mean)
    assert stats.kstest(stats.poisson.cdf(counts.ravel() - 1, mean) + jitter, "uniform").pvalue > 0.001
    dispersion = ((counts - mean) ** 2 / mean).sum()
    assert 0.001 < stats.chi2.cdf(dispersion, size) < 0.999
    centred = counts - mean
    neighbours = (centred[:, 1:] * centred[:, :-1]).mean() / mean
    assert abs(neighbours) < 3.3 / np.sqrt(centred[:, 1:].size)
    redials = np.array([sample.contacts[1].sum(axis=0)[layout.open_mask] for sample in run.samples])
    assert redials.var() > 2 * redials.mean()


def test_gaps_between_fresh_arrivals_are_exponential():
    result = cxsim.simulate(cxsim.parse(besieged(90)), replications=3, keep=["legs"])
    legs = result.legs
    first = legs[(legs["attempt"] == 1) & (legs["leg"] == 1)]
    for _, arrived in first.groupby("replication")["arrived"]:
        times = np.sort(arrived.to_numpy(dtype=np.float64))
        gaps = np.diff(times)
        gaps = gaps[gaps < 3600]  # nights are none
        assert stats.kstest(gaps, "expon", args=(0, 18.0)).pvalue > 0.001
