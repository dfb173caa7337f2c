"""A small center simulated with known parameters, recorded as the tables of an import."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

import cxsim
from cxsim.model.prepare import prepare
from cxsim.schema.ledger import ABANDONED, ANSWERED
from cxsim.simulation.replications import replicate

TRUTH = {
    "cxsim": 1,
    "name": "truth",
    "horizon": {"start": "2026-01-05", "days": 14, "open": {"mon-fri": "08:00-16:00"}, "interval": "30 min"},
    "reasons": {
        "orders": {
            "volume": {"per_hour": [40, 60, 60, 50, 40, 50, 60, 40], "busyness": {"gamma": {"cv": "10%"}}},
            "talk": {"lognormal": {"median": "3 min", "sigma": 0.7}},
            "wrap": {"gamma": {"mean": "40s", "shape": 2}},
            "patience": "2 min",
        },
        "faults": {
            "volume": {"per_hour": 20},
            "talk": {"gamma": {"mean": "5 min", "shape": 1.5}},
            "wrap": {"gamma": {"mean": "40s", "shape": 2}},
            "patience": "3 min",
        },
    },
    "groups": {
        "both": {"agents": 4, "serves": ["orders", "faults"]},
        "orders only": {"agents": 2, "serves": ["orders"]},
    },
    "after_contact": {"abandoned": {"redial": "40%", "delay": "5 min", "patience": "anew", "work": "keep"}},
}


def ledger(seed=1, **changes):
    """One replication of the truth, and its scenario."""
    scenario = cxsim.parse(TRUTH).vary({key.replace("__", "."): value for key, value in changes.items()})
    _, kept = replicate(prepare(scenario, seed=seed), 1, keep=True, threads=1)
    return scenario, kept[0]


def contacts(seed=1, identities=True, **changes):
    """What a log would say of it: a row per contact, in the columns of an import."""
    return legs_as_contacts(*ledger(seed, **changes), seed, identities).drop(columns="cause")


def legs_as_contacts(scenario, found, seed=1, identities=True):
    """The counted contacts of a ledger in the columns of an import, and why each came (`cause`)."""
    model = prepare(scenario, seed=seed)
    legs = found.legs[np.isin(found.legs["outcome"], (ANSWERED, ABANDONED))]
    counted = (legs["arrived"] >= model.timeline.counted_from) & (legs["arrived"] < model.timeline.counted_to)
    legs = legs[counted]
    first = datetime.combine(model.timeline.dates[0], datetime.min.time())
    answered = legs["outcome"] == ANSWERED
    wait = np.where(answered, legs["answered"], legs["ended"]) - legs["arrived"]
    names = np.array(list(scenario.reasons))

    def clock(times):
        return [(first + timedelta(seconds=float(t))).isoformat(timespec="milliseconds") for t in times]

    return pd.DataFrame(
        {
            "customer": [f"c{i}" for i in legs["issue"]] if identities else "",
            "cause": legs["cause"],
            "queue": names[legs["reason"]],
            "arrived": clock(legs["arrived"]),
            "queued": ["" if w <= 0 else t for w, t in zip(wait, clock(legs["arrived"]), strict=True)],
            "outcome": np.where(answered, "answered", "abandoned"),
            "wait_s": np.round(wait, 3),
            "agent": [f"a{a}" if a >= 0 else "" for a in legs["agent"]],
            "talk_s": np.where(answered, np.round(legs["talk_end"] - legs["answered"], 3), np.nan),
            "acw_s": np.where(answered, np.round(legs["ended"] - legs["talk_end"], 3), np.nan),
        }
    )


def logins(scenario_days=14):
    """Log-ins of the six agents: 08:00 to 16:00 on weekdays."""
    rows = []
    for day in range(scenario_days):
        on = datetime(2026, 1, 5) + timedelta(days=day)
        if on.weekday() < 5:
            rows += [
                {
                    "agent": f"a{a}",
                    "group": "",
                    "start": f"{on:%Y-%m-%d}T08:00:00",
                    "end": f"{on:%Y-%m-%d}T16:00:00",
                    "activity": "logged_in",
                }
                for a in range(6)
            ]
    return pd.DataFrame(rows)


GROUPS = {**{f"a{k}": "both" for k in range(4)}, **{f"a{k}": "orders only" for k in (4, 5)}}


def intervals(log, minutes=30, within=20.0):
    """What an interval report says of a log: a row per queue and interval, by the time of arrival."""
    log = log.assign(
        start=pd.to_datetime(log["arrived"]).dt.floor(f"{minutes}min"),
        answered=(log["outcome"] == "answered").astype(int),
        abandoned=(log["outcome"] == "abandoned").astype(int),
        asa_s=log["wait_s"].where(log["outcome"] == "answered"),
        abandon_wait_s=log["wait_s"].where(log["outcome"] == "abandoned"),
        aht_s=log["talk_s"] + log["acw_s"],
        answered_in_sl=((log["outcome"] == "answered") & (log["wait_s"] <= within)).astype(int),
    )
    sums, means = ["answered", "abandoned", "answered_in_sl"], ["asa_s", "abandon_wait_s", "aht_s"]
    by = log.groupby(["queue", "start"])
    table = pd.concat([by.size().rename("offered"), by[sums].sum(), by[means].mean()], axis=1).reset_index()
    return table.assign(minutes=minutes, start=table["start"].map(lambda t: t.isoformat()))
