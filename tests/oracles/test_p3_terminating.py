"""P3 of the acceptance cases: M/M/12 from empty until arrivals stop at T and the queue has drained; three variants.

Every day of a scenario is one run of the case: all agents leave once the queue of the day is served. Judged are the
exact values and the published ones, save three. Published occupancies count the draining in a way the case does not
state (none of the readings gives them); the exact ones are those of [0, T]. `pT_queue` is a state of the chain at T,
not a figure. `SL_with_blocked` leaves the abandoned out of its denominator, so that it is judged where none abandon.
"""

import pytest
from oracles.agreement import CASES, NARROW, RARE, Estimate, Run, judge

PARAMS, EXPECT = CASES["P3"]["params"], CASES["P3"]["expect"]
REPLICATIONS = 40
DAYS = {"MMC": 320, "MMCAb": 110, "MMCBlocked": 110}
HOURS = range(8, 16)


def scenario(variant):
    calls = {"volume": {"per_hour": 60 * PARAMS["lam"]}, "talk": f"{1 / PARAMS['mu']} min"}
    if variant == "MMCAb":
        calls["patience"] = f"{1 / PARAMS['nu']} min"
    return {
        "cxsim": 1,
        "horizon": {"days": DAYS[variant], "open": "08:00-16:00", "interval": "8 h"},
        "sl": {"within": "20s", "definition": "excluding_abandoned_in_time"},
        "reasons": {"calls": calls},
        "queues": {"calls": {"capacity": PARAMS["qcap"]} if variant == "MMCBlocked" else {}},
        "groups": {"team": {"agents": PARAMS["c"], "serves": ["calls"]}},
    }


@pytest.mark.parametrize("variant", EXPECT)
def test_a_day_from_empty_to_drained(variant):
    run = Run(scenario(variant), REPLICATIONS, seed=3)
    exact, published = EXPECT[variant]["exact"], EXPECT[variant]["published"]
    one_day = 1 / DAYS[variant]
    figures = {
        "arrivals": run.estimate("arrivals", "offered", scale=one_day),
        "served": run.estimate("served", "answered", scale=one_day),
        "good": run.estimate("good", "answered_in_time", scale=one_day),
        "abandoned": run.estimate("abandoned", scale=one_day),
        "abandoned_late": Estimate.of("abandoned_late", run.at("abandoned - abandoned_in_time"), scale=one_day),
        "blocked": run.estimate("blocked", scale=one_day),
        "SL_served": run.estimate("SL_served", "sl_answered_of_answered"),
        "SL_g1": run.estimate("SL_g1", "sl"),
        "SL_with_blocked": run.estimate("SL_with_blocked", "sl_including_blocked"),
        "ASA": run.estimate("ASA", "asa", scale=1 / 60),
        "occ": Estimate.of("occ", *run.occupancy("team", HOURS)),
    }
    if variant == "MMCAb":
        del figures["SL_with_blocked"]
    for name in [name for name in figures if exact[name] == 0]:
        assert figures.pop(name).value == 0, name
    estimates = [
        figure.exactly(exact[name], within=RARE if name in ("blocked", "abandoned_late") else NARROW)
        for name, figure in figures.items()
    ]
    for name, (value, low, high) in published.items():
        if name != "occ":
            figure = figures["SL_g1" if name == "SL" else name]
            judged = figure.published(value, low, high, within=RARE if name == "blocked" else NARROW)
            estimates.append(judged)
    judge(f"P3 {variant}", estimates)
