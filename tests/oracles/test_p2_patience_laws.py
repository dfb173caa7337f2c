"""P2 of the acceptance cases: M/M/100 with patience of any law, in steady state, exact."""

import pytest
from oracles.agreement import CASES, Run, judge

UNIT = 100.0  # seconds in the case's unit of time, its mean service
MEAN = f"{UNIT:g}s"
WARM_UP = 150  # units

PATIENCE = {
    "M": {"exponential": {"mean": MEAN}},
    "E2": {"erlang": {"mean": MEAN, "phases": 2}},
    "D": {"deterministic": MEAN},
    "U(0,2)": {"uniform": {"low": "0s", "high": f"{2 * UNIT:g}s"}},
    "LN(1,scv=4)": {"lognormal": {"mean": MEAN, "cv": "200%"}},
    "H2(scv4,bal)": {"hyperexponential": {"mean": MEAN, "cv": "200%"}},
}
# Units of time in all, in thousands: what a half-width of 1 % takes. D at 102 wanders most slowly.
LENGTH = {110: 120, 102: 600, (102, "D"): 1100}
REPLICATIONS = 40


def scenario(row, length):
    return {
        "cxsim": 1,
        "horizon": {
            "steady": {"warm_up": f"{WARM_UP * UNIT:g}s", "length": f"{length * UNIT:g}s"},
            "interval": "24 h",
        },
        "reasons": {
            "calls": {
                "volume": {"per_hour": row["lam"] * 3600 / UNIT},
                "talk": {"exponential": {"mean": MEAN}},
                "patience": PATIENCE[row["patience"]],
            }
        },
        "groups": {"team": {"agents": row["n"], "serves": ["calls"]}},
    }


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{row['patience']}-lam{row['lam']}", marks=[pytest.mark.slow] * (row["lam"] == 102))
        for row in CASES["P2"]["expect"]
    ],
)
def test_patience_of_any_law(row):
    length = 1000 * LENGTH.get((row["lam"], row["patience"]), LENGTH[row["lam"]]) / REPLICATIONS
    run = Run(scenario(row, length), REPLICATIONS, seed=2)
    judge(
        f"P2 {row['patience']} {row['lam']}",
        [
            run.estimate("P_wait", "share_queued").exactly(row["P_wait"]),
            run.estimate("P_ab", "abandoned_share").exactly(row["P_ab"]),
            run.estimate("EW", "wait_mean", scale=1 / UNIT).exactly(row["EW"]),
            run.estimate("Lq", "queue_length").exactly(row["Lq"]),
            run.estimate("occ", "occupancy").exactly(row["occ"]),
        ],
    )
