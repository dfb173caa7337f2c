"""P2 of the acceptance cases: M/M/100 with patience of any law, in steady state, exact."""

import math

import pytest
from oracles.agreement import CASES, NARROW, Run, judge

ROWS = CASES["P2"]["expect"]
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
# Units of time in all, in thousands: what a half-width of 1 % takes.
LENGTH = {
    (102, "M"): 600,
    (102, "E2"): 600,
    (102, "D"): 600,
    (102, "U(0,2)"): 600,
    (102, "LN(1,scv=4)"): 600,
    (102, "H2(scv4,bal)"): 600,
    (110, "M"): 200,
    (110, "E2"): 200,
    (110, "D"): 200,
    (110, "U(0,2)"): 200,
    (110, "LN(1,scv=4)"): 200,
    (110, "H2(scv4,bal)"): 200,
}
REPLICATIONS = 40
SLOW = {102}


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


def cases():
    for row in ROWS:
        marks = [pytest.mark.slow] if row["lam"] in SLOW else []
        yield pytest.param(row, id=f"{row['patience']}-lam{row['lam']}", marks=marks)


@pytest.mark.parametrize("row", cases())
def test_patience_of_any_law(row):
    length = 1000 * LENGTH[row["lam"], row["patience"]] / REPLICATIONS
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
