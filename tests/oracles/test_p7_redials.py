"""P7 of the acceptance cases: redials and reconnects of one queue in steady state, exact."""

import pytest
from oracles.agreement import CASES, Estimate, Run, judge

ROWS = CASES["P7"]["expect"]
UNIT = 60.0  # seconds in the case's unit of time, its mean service
WARM_UP = 400  # units
LENGTH = 30_000
REPLICATIONS = 40


def exponential(rate):
    return {"exponential": {"mean": f"{UNIT / rate!r}s"}}


def scenario(row):
    return {
        "cxsim": 1,
        "horizon": {
            "steady": {"warm_up": f"{WARM_UP * UNIT:g}s", "length": f"{LENGTH * UNIT:g}s"},
            "interval": "24 h",
        },
        "reasons": {
            "calls": {
                "volume": {"per_hour": row["lam"] * 3600 / UNIT},
                "talk": exponential(row["mu"]),
                "patience": exponential(row["theta"]),
                "resolution": f"{100 * (1 - row['q_reconnect']):g}%",
            }
        },
        "groups": {"team": {"agents": row["s"], "serves": ["calls"]}},
        "after_contact": {
            "abandoned": {
                "redial": f"{100 * row['p_redial']:g}%",
                "delay": exponential(row["delta_RD"]),
                "at_most": 1000,
                "patience": "anew",
                "work": "anew",
            },
            "unresolved": {"repeat": "100%", "delay": exponential(row["delta_RC"]), "at_most": 1000},
        },
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"lam{r['lam']:g}-s{r['s']}-theta{r['theta']:g}")
def test_redials_and_reconnects(row):
    run = Run(scenario(row), REPLICATIONS, seed=7)
    offered, fresh = run.sums("offered"), run.sums("fresh")
    orbit = row["exact_E_redial_orbit"]
    judge(
        f"P7 lam {row['lam']:g}",
        [
            Estimate.of("total rate", offered, scale=1 / LENGTH).exactly(row["exact_total_rate"]),
            run.estimate("Lq", "queue_length").exactly(row["exact_ELq"]),
            run.estimate("occ", "occupancy").exactly(row["exact_occ"]),
            run.estimate("P_ab per attempt", "abandoned_share").exactly(row["exact_P_ab_per_attempt"]),
            run.estimate("EW per attempt", "wait_mean", scale=1 / UNIT).exactly(row["exact_EW_per_attempt"]),
            run.estimate("P_wait per attempt", "share_queued").exactly(row["exact_P_wait_per_attempt"]),
            Estimate.of("attempts per fresh", offered, fresh).exactly(row["exact_attempts_per_fresh"]),
            # Little's law of the orbits: a rate times a mean delay.
            run.estimate("redial orbit", "redials", scale=1 / LENGTH / row["delta_RD"]).exactly(orbit),
            run.estimate("reconnect orbit", "repeats", scale=1 / LENGTH / row["delta_RC"]).exactly(
                row["exact_E_reconnect_orbit"]
            ),
        ],
    )
