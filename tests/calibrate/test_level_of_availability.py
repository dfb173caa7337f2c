"""The level of availability: found again in records made with it, by pauses and by the closed loop, at two loads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import ledger, legs_as_contacts, logins
from oracles.multiple_tests import holm
from scipy.stats import binomtest

from cxsim.calibrate import absences, agents, calibrate
from cxsim.calibrate.records import read_records

AWAY = 60.0  # s
LEVELS, SIZES = (0.45, 0.67, 0.9), (7, 10)  # with 7 agents half of the customers wait, with 10 one in seven


def record(seed, size, share, days=7):
    """A week of agents with both skills who are so available, as the tables of an import."""
    one = {"agents": size, "serves": ["orders", "faults"], "availability": f"{share:.0%}", "away": f"{AWAY:g}s"}
    scenario, found = ledger(seed, groups={"all": one}, horizon__days=days)
    log = legs_as_contacts(scenario, found, seed).drop(columns="cause")
    days_on = logins(days).drop_duplicates("start").drop(columns="agent")
    return {"contacts": log, "staffing": pd.concat([days_on.assign(agent=f"a{k}") for k in range(size)])}


def by_pauses(tables):
    records = read_records(tables)
    return absences.absent(records.contacts, agents.team(records))


def row(made, parameter):
    return made.estimates.set_index("parameter").loc[parameter]


def held(seeds):
    """Whether the intervals of both hold the truth: by world, of each seed (share, length)."""
    out = {}
    for size in SIZES:
        for share in LEVELS:
            found = [by_pauses(record(seed, size, share)) for seed in seeds]
            out[size, share] = [(one.low <= share <= one.high, one.shortest <= AWAY <= one.longest) for one in found]
    return out


def test_intervals_by_pauses_hold_the_level():
    """24 records, intervals at 95 %: fewer than 20 hold with a chance of .6 % for each of both; seeds fixed."""
    hits = np.array([one for world in held(range(1, 5)).values() for one in world])
    assert hits.shape == (24, 2) and (hits.sum(axis=0) >= 20).all(), hits.sum(axis=0)


@pytest.mark.slow
def test_intervals_by_pauses_hold_the_level_in_95_of_100_records():
    """Six worlds, 40 records each: binomial tests, Holm at 1 % over all; prints how often each holds."""
    hits = {key: np.array(world).sum(axis=0) for key, world in held(range(101, 141)).items()}
    p = [binomtest(int(k), 40, 0.95).pvalue for one in hits.values() for k in one]
    print({key: one.tolist() for key, one in hits.items()})
    assert min(holm(np.array(p))) > 0.01


def test_busy_agents_are_not_less_available():
    """67 % of which a tenth was lost in silence before: four standard errors, and the replay confirms it."""
    made = calibrate(record(1, 9, 0.67), replications=2)
    found = row(made, "availability: fitted")
    assert abs(found["value"] - 0.67) <= 4 * (found["high"] - found["low"]) / 3.92 <= 0.12
    assert "confirms" in found["method"]
    assert row(made, "available when idle")["high"] < 0.55, "idle agents of a busy center are at hand more rarely"
    assert made.parts.availability == found["value"]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", LEVELS)
def test_the_closed_loop_alone_finds_the_level(share, size, monkeypatch):
    """Without the pauses: one record each, within 99.8 % of its interval (half as wide again); seed fixed."""
    monkeypatch.setattr(absences, "absent", lambda *_: None)
    made = calibrate(record(2, size, share), replications=2)
    found = row(made, "availability: fitted")
    assert "closed loop" in found["method"]
    half = 1.5 * (found["high"] - found["low"]) / 2
    assert found["value"] - half <= share <= found["value"] + half, found
    if found["high"] - found["low"] > 0.25:
        assert any("does not show" in text for text in made.assumptions)


def test_where_nobody_waits_the_interval_is_wide_and_it_says_so():
    """Sixteen agents of whom 70 % are available: nothing tells it."""
    made = calibrate(record(1, 16, 0.7, 2), replications=2)
    found = row(made, "availability: fitted")
    assert found["low"] <= 0.7 <= found["high"] and found["high"] - found["low"] > 0.25, found
    assert any("does not show" in text for text in made.assumptions)


def test_agents_who_are_always_there_are_found_to_be():
    made = calibrate(record(1, 6, 1.0, 5), replications=2)
    found = row(made, "availability: fitted")
    assert found["value"] == 1.0 and 0.9 < found["low"] < 1.0 and found["high"] == 1.0, found
