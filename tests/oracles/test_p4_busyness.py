"""P4 of the acceptance cases: a 13-hour day with gamma busyness, balking, and agents by the hour.

In the case a contact that balks is one that abandons after 0 s. So "lost" is abandoned + balked, and "within 20 s"
counts, as the case's program does, everyone whose wait ended within 20 s: answered, abandoned or balked. By hour, SL is
answered within T ÷ (answered + abandoned after T). The published SL by hour come without an interval; their error is
taken from the number of days that the width of the published occupancy's interval implies.
"""

import math

import pytest
from oracles.agreement import CASES, RARE, Estimate, Run, judge

PARAMS, EXPECT = CASES["P4"]["params"], CASES["P4"]["expect"]
EXPECTED = 1660
OPEN = range(8, 21)


def scenario(alpha, days, within=20):
    volume = {"per_hour": PARAMS["lam_per_h"]}
    if alpha:
        volume["busyness"] = {"gamma": {"cv": f"{100 / math.sqrt(alpha)!r}%"}}
    return {
        "cxsim": 1,
        "horizon": {"days": days, "open": "08:00-21:00", "interval": "1 h"},
        "sl": {"within": f"{within}s", "definition": "excluding_abandoned_in_time"},
        "reasons": {
            "calls": {
                "volume": volume,
                "talk": "100s",
                "patience": f"{PARAMS['patience_mean_s']}s",
                "balk": f"{100 * PARAMS['balk_p']:g}%",
            }
        },
        "groups": {"team": {"agents": PARAMS["agents"], "serves": ["calls"]}},
    }


def of_expected(run, days):
    """The figures of the case, as its program forms them: sums over the expected number of contacts."""
    scale = 1 / EXPECTED / days
    in_time = run.at("in_time + abandoned_in_time + balked")
    return {
        "arrivals": Estimate.of("arrivals", run.at("fresh"), scale=1 / days),
        "wait": Estimate.of("wait/1660", run.at("wait_answered + wait_abandoned"), scale=scale),
        "in_time": Estimate.of("in 20 s/1660", in_time, scale=scale),
        "lost": Estimate.of("lost/1660", run.at("abandoned + balked"), scale=scale),
    }


def test_days_of_little_variation():
    days, replications = 400, 40
    mine = of_expected(Run(scenario(400, days), replications, seed=4), days)
    told, ours = EXPECT["alpha0_400"]["published"], EXPECT["alpha0_400"]["ours"]
    judge(
        "P4 alpha 400",
        [
            mine["arrivals"].published(*told["arrivals"], confidence=0.9),
            mine["wait"].published(*told["avg_wait_over_1660"], confidence=0.9),
            mine["in_time"].published(*told["prop_lt20_over_1660"], confidence=0.9),
            mine["lost"].published(*told["lost_over_1660"], confidence=0.9),
            mine["wait"].published(ours["avg_wait"], ours["avg_wait"] - ours["hw"], ours["avg_wait"] + ours["hw"]),
            mine["in_time"].reproduced(ours["prop"], ours["reps"], digits=5, each=days),
            mine["lost"].reproduced(ours["lost"], ours["reps"], digits=3, each=days),
        ],
    )


@pytest.mark.slow
def test_days_of_much_variation():
    """A wait or a loss is the work of the few days of high volume: rare events."""
    days, replications = 1000, 50
    mine = of_expected(Run(scenario(10, days), replications, seed=4), days)
    told = EXPECT["alpha0_10"]["published"]
    judge(
        "P4 alpha 10",
        [
            mine["arrivals"].published(*told["arrivals"], confidence=0.9),
            mine["wait"].published(*told["avg_wait_over_1660"], confidence=0.9, within=RARE),
            mine["in_time"].published(*told["prop"], confidence=0.9),
            mine["lost"].published(*told["lost"], confidence=0.9, digits=4, within=RARE),
        ],
    )


@pytest.mark.parametrize("within", [20, 30])
def test_service_level_by_hour(within):
    told = EXPECT["no_busyness_SL_by_period"]
    days, replications = 250, 40
    run = Run(scenario(None, days, within), replications, seed=4)
    occupancy = run.estimate("occ", "occupancy", scale=100)
    spread = occupancy.error * math.sqrt(replications * days)
    _, low, high = told["occ_published"]
    published_days = (1.96 * spread / ((high - low) / 2)) ** 2
    estimates = []
    for hour, percent in zip(OPEN, told[f"published_sl{within}_pct"], strict=True):
        sums = run.at("in_time", [hour]), run.at("entered - abandoned_in_time", [hour])
        figure = Estimate.of(f"SL{within} {hour}:00", *sums, scale=100)
        estimates.append(figure.reproduced(percent, published_days, digits=1, each=days))
    whole = run.estimate(f"SL{within} day", "sl", scale=100)
    estimates.append(whole.reproduced(told[f"published_all{within}"], published_days, digits=1, each=days))
    estimates.append(occupancy.published(*told["occ_published"], digits=1))
    judge(f"P4 by hour, {within} s", estimates)
