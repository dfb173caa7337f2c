"""P6 of the acceptance cases: a W-design of three types and two groups over three periods, with busyness.

`mu` and `nu` of the case are those of the period in which a contact arrives, not of its type (read by type they give
other answers by far). So each type is three reasons that share a queue, one a period. Either group takes the contact
that has waited longest over all queues it serves. The values under `ours` come from 20,000 days.
"""

import math

import pytest
from oracles.agreement import CASES, RARE, Estimate, Run, judge

PARAMS, EXPECT = CASES["P6"]["params"], CASES["P6"]["expect"]
REPLICATIONS = 40
TYPES = PERIODS = range(3)


def scenario(days):
    busyness = {"gamma": {"cv": f"{100 / math.sqrt(PARAMS['busyness_alpha'])!r}%"}}
    reasons = {}
    for k in TYPES:
        for p in PERIODS:
            rates = [60 * PARAMS["lam"][k][p] if hour // 2 == p else 0 for hour in range(6)]
            reasons[f"k{k}p{p}"] = {
                "volume": {"per_hour": rates, "busyness": busyness},
                "talk": f"{60 / PARAMS['mu'][p]!r}s",
                "patience": f"{60 / PARAMS['nu'][p]!r}s",
                "queue": f"k{k}",
            }
    skills = [{}, {}]
    for k, groups in enumerate(PARAMS["typeToGroup"]):
        for order, group in enumerate(groups, 1):
            skills[group][f"k{k}"] = {"order": order}
    return {
        "cxsim": 1,
        "horizon": {"days": days, "open": "08:00-14:00", "interval": f"{PARAMS['period_min']} min"},
        "sl": {"within": f"{60 * PARAMS['awt_min']:g}s", "definition": "excluding_abandoned_in_time"},
        "reasons": reasons,
        "groups": {f"g{i}": {"agents": PARAMS["agents"][i], "skills": skills[i]} for i in range(2)},
        "routing": {"agent": "rank_then_longest_idle", "contact": "first_come"},
    }


@pytest.mark.parametrize(("days", "periods"), [(110, 2), pytest.param(450, 3, marks=pytest.mark.slow)])
def test_first_come_first_served_over_queues(days, periods):
    """In the third period hardly anyone is answered in time, so that it takes many days to count them."""
    run = Run(scenario(days), REPLICATIONS, seed=6)
    told, ours = EXPECT["published"], EXPECT["ours"]
    served = run.estimate("served", "answered", scale=1 / days)
    abandoned = run.estimate("abandoned", scale=1 / days)
    level = run.estimate("SL_g1", "sl")
    wide = RARE  # abandonments and waits follow the few busy days
    estimates = [
        served.published(*told["served"]),
        abandoned.published(*told["abandoned"], within=wide),
        level.published(*told["SL_g1"]),
        served.reproduced(ours["served"], ours["reps"], 2, each=days),
        abandoned.reproduced(ours["abandoned"], ours["reps"], 2, wide, each=days),
        level.reproduced(ours["SL_g1"], ours["reps"], 5, each=days),
    ]
    for k in TYPES:
        for p in range(periods):
            good = Estimate.of(f"good k{k} p{p}", run.at("in_time", reason=f"k{k}p{p}"), scale=1 / days)
            estimates.append(good.reproduced(ours["good_kp"][k][p], ours["reps"], 3, wide, each=days))
    judge("P6", estimates)
