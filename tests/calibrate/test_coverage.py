"""Synthetic truth: the 95 % intervals of what is called identifiable hold the truth in 95 % of simulated records."""

from __future__ import annotations

import math
import os

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import contacts, logins
from oracles.multiple_tests import holm
from scipy.stats import binomtest

from cxsim.calibrate.basis import basis
from cxsim.calibrate.estimation import Estimation
from cxsim.calibrate.records import read_records
from cxsim.calibrate.report_only import calibrate_intervals

SEEDS = int(os.environ.get("CXSIM_COVERAGE_SEEDS", "60"))
LEVEL = 0.01  # of the whole family
TRUTH = {
    ("orders", "talk: median"): 180.0,
    ("orders", "talk: sigma"): 0.7,
    ("orders", "talk: mean"): 180.0 * math.exp(0.7**2 / 2),
    ("faults", "talk: mean"): 300.0,
    ("faults", "talk: gamma shape"): 1.5,
    ("orders", "after-call work: mean"): 40.0,
    ("faults", "after-call work: mean"): 40.0,
    ("orders", "patience: mean"): 120.0,
    ("faults", "patience: mean"): 180.0,
    ("orders", "patience: share above 60 s"): math.exp(-60 / 120),
    ("faults", "patience: share above 60 s"): math.exp(-60 / 180),
    ("faults", "patience: share above 120 s"): math.exp(-120 / 180),
    ("all", "redial"): 0.4,
    ("report", "patience: mean"): None,
    ("report", "handle time: mean"): 180.0 * math.exp(0.7**2 / 2) + 40.0,
}


def interval_report(log):
    """The log of orders as an interval report: counts, and means of waits and handle times."""
    log = log[log["queue"] == "orders"].assign(
        start=lambda x: pd.to_datetime(x["arrived"]).dt.floor("30min"),
        left=lambda x: x["outcome"] == "abandoned",
        handle=lambda x: x["talk_s"] + x["acw_s"],
    )
    by = log.groupby("start")
    table = pd.DataFrame(
        {
            "offered": by.size(),
            "abandoned": by["left"].sum(),
            "wait_s": by["wait_s"].mean(),
            "aht_s": by["handle"].mean(),
        }
    )
    table["answered"] = table["offered"] - table["abandoned"]
    return table.reset_index().assign(
        queue="report", minutes=30, start=lambda x: x["start"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    )


def estimates(seed):
    """(of, parameter) -> (low, high) of one simulated record."""
    log = contacts(seed)
    records = read_records({"contacts": log, "staffing": logins()})
    made = Estimation(basis(records, records.contacts, 1800.0, 3600.0), 3600.0)
    made.parts("")
    report = read_records({"intervals": interval_report(log)})
    rows = made.basis.told.rows + list(calibrate_intervals(report, "", "total").rows)
    return {(row.of, row.parameter): (row.low, row.high) for row in rows}


@pytest.mark.slow
def test_intervals_hold_the_truth_in_95_of_100_records():
    """Binomial tests of 60 records (CXSIM_COVERAGE_SEEDS for more), Holm at 1 % over all parameters."""
    truth = {**TRUTH, ("report", "patience: mean"): 120.0}
    held = {key: [] for key in truth}
    for seed in range(1, SEEDS + 1):
        found = estimates(seed)
        for key, value in truth.items():
            if key in found:
                low, high = found[key]
                held[key].append(low <= value <= high)
    p = [binomtest(sum(one), len(one), 0.95).pvalue for one in held.values()]
    adjusted = holm(np.array(p))
    for key, one, value in zip(held, held.values(), adjusted, strict=True):
        print(f"{key[0]:8} {key[1]:30} {sum(one):4} of {len(one):4}  p {value:.3f}")
    assert min(adjusted) > LEVEL
