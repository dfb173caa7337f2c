"""P5 of the acceptance cases: two languages, a bilingual group, and retrials that bring patience and work along.

Occupancy is work over the hours planned, the time past closing among the work: the figure `utilisation` where overrun
is not paid. Retrials due after closing come at the next opening; there are too few (0.4 a week) to tell whether the
published program drops them. Redrawing patience and work is the case's second answer; its service level looks at the
wait of the attempt alone.
"""

import pytest
from oracles.agreement import CASES, NARROW, RARE, Run, judge

PARAMS, EXPECT = CASES["P5"]["params"], CASES["P5"]["expect"]
REPLICATIONS = 1500
GROUPS = ("english", "spanish", "bilingual")
LAWS = {"english": ("3 min", "7 min"), "spanish": ("4 min", "6 min")}


def scenario(on_retrial, basis):
    serves = {"english": ["english"], "spanish": ["spanish"], "bilingual": ["english", "spanish"]}
    return {
        "cxsim": 1,
        "horizon": {"days": PARAMS["days"], "open": "08:00-17:00", "interval": "1 h"},
        "sl": {"within": f"{PARAMS['awt_min']} min", "basis": basis},
        "channels": {"phone": {"lines": PARAMS["trunks"]}},
        "reasons": {
            name: {
                "volume": {"per_hour": [100, *[50] * 8]},
                "talk": {"uniform": {"low": low, "high": high}},
                "patience": "2 min",
            }
            for name, (low, high) in LAWS.items()
        },
        "groups": {
            name: {"agents": agents, "serves": serves[name]}
            for name, agents in zip(serves, PARAMS["agents"], strict=True)
        },
        "staff": {"overrun_paid": False},
        "routing": {"agent": "random", "contact": "first_come"},
        "after_contact": {
            "abandoned": {
                "redial": f"{100 * PARAMS['retrial_p']:g}%",
                "delay": {"deterministic": f"{PARAMS['retrial_delay_min']} min"},
                "at_most": 1000,
                "patience": on_retrial,
                "work": on_retrial,
            }
        },
    }


def test_retrials_that_keep_patience_and_work():
    run = Run(scenario("keep", "accumulated"), REPLICATIONS, seed=5)
    told, ours = EXPECT["published"], EXPECT["ours_persist"]
    figures = {
        "arrived_all": (run.estimate("arrived", "offered"), NARROW),
        "retrials_all": (run.estimate("retrials", "redials"), RARE),
        "served_all": (run.estimate("served", "answered"), NARROW),
        "abandoned_all": (run.estimate("abandoned"), RARE),
        "good_all": (run.estimate("good", "answered_in_time"), NARROW),
    }
    estimates = []
    for name, (figure, within) in figures.items():
        estimates.append(figure.published(*told[name], within=within))
        digits = 2 if name == "retrials_all" else 3
        estimates.append(figure.reproduced(ours[name], ours["reps"], digits, within))
    level = run.estimate("SL over 5000", "answered_in_time", scale=100 / 5000)
    estimates.append(level.published(*told["SL_pct_over_expected_5000"]))
    for group, published, reproduced in zip(GROUPS, told["occ"], ours["occ"], strict=True):
        figure = run.estimate(f"occ {group}", "utilisation", "group", group, scale=100)
        estimates += [figure.published(*published), figure.reproduced(reproduced, ours["reps"], 3)]
    judge("P5 kept", estimates)


@pytest.mark.slow
def test_retrials_that_draw_anew():
    run = Run(scenario("anew", "attempt"), REPLICATIONS, seed=5)
    ours, reps = EXPECT["ours_redraw"], EXPECT["ours_persist"]["reps"]
    judge(
        "P5 anew",
        [
            run.estimate("abandoned").reproduced(ours["abandoned_all"], reps, 3, RARE),
            run.estimate("good", "answered_in_time").reproduced(ours["good_all"], reps, 3),
        ],
    )
