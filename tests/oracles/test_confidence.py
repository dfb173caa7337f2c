"""Whether intervals of 95 % hold the truth 95 times in 100, on Erlang-A."""

import pytest

import cxsim
from cxsim import metrics
from cxsim.erlang.formulas import steady
from cxsim.model.prepare import prepare
from cxsim.simulation.replications import replicate

FIGURES = ("sl", "asa", "abandoned_share", "wait_mean", "occupancy")
RATE, AGENTS, TALK, PATIENCE, WITHIN = 9.0, 10, 60.0, 120.0, 20.0
REPLICATIONS = 20

SCENARIO = {
    "cxsim": 1,
    "horizon": {"steady": {"warm_up": "30 min", "length": "4 h"}, "interval": "4 h"},
    "sl": {"within": f"{WITHIN:g}s"},
    "reasons": {
        "calls": {"volume": {"per_hour": 60 * RATE}, "talk": f"{TALK:g}s", "patience": f"{PATIENCE:g}s"},
    },
    "groups": {"team": {"agents": AGENTS, "serves": ["calls"]}},
}


def truth():
    state = steady(RATE / 60, TALK, AGENTS, patience=PATIENCE)
    return {
        "sl": state.sl(WITHIN),
        "asa": state.asa,
        "abandoned_share": state.abandoned,
        "wait_mean": state.abandoned * PATIENCE,
        "occupancy": state.occupancy,
    }


def coverage(seeds):
    """The share of seeds whose interval, as `cxsim run` prints it, holds the truth, by figure."""
    expected = truth()
    held = dict.fromkeys(FIGURES, 0)
    scenario = cxsim.parse(SCENARIO)
    for seed in seeds:
        model = prepare(scenario, seed)
        samples, _ = replicate(model, REPLICATIONS)
        table = metrics.figures(samples, model.layout, model.staffing, names=FIGURES)
        rows = table[(table["scope"] == "total") & (table["interval"] == "total")].set_index("figure")
        for name in FIGURES:
            held[name] += rows.loc[name, "low"] <= expected[name] <= rows.loc[name, "high"]
    return {name: count / len(seeds) for name, count in held.items()}


def test_intervals_over_200_seeds():
    """Of 200 seeds an exact interval holds 182 to 197 but once in a hundred tries: 90.5 to 99 %."""
    found = coverage(range(1, 201))
    print(found)
    assert all(0.905 <= share <= 0.99 for share in found.values()), found


@pytest.mark.slow
def test_intervals_over_1000_seeds():
    found = coverage(range(1, 1001))
    print(found)
    assert all(0.93 <= share <= 0.97 for share in found.values()), found
