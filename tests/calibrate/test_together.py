"""Busy hours and busy days that reasons share: known values are found again, and nothing where there is nothing."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy.stats import binom

import cxsim
from cxsim.calibrate import arrivals
from cxsim.calibrate.together import intraday, shared, together
from cxsim.model.calendar import timeline
from cxsim.model.demand import arrivals as draw
from cxsim.model.demand import demand
from cxsim.randomness.draws import run_key

DAYS = 60
SEEDS = 60


def lognormal(cv):
    return {"lognormal": {"cv": f"{100 * cv:g}%"}}


def recorded(seeds, volumes):
    """Contacts of each reason by day and half-hour, as often as there are seeds; 08:00 to 16:00 every day."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": DAYS, "open": "08:00-16:00", "before": 0, "after": 0},
            "reasons": {name: {"volume": volume, "handle_time": "4 min"} for name, volume in volumes.items()},
            "groups": {"team": {"agents": 5, "serves": list(volumes)}},
        }
    )
    model = demand(scenario, timeline(scenario))
    for seed in seeds:
        times, issues = draw(model, run_key(seed, 0))
        tables = {n: arrivals.counts(times[issues >> 50 == r], DAYS, 1800.0) for r, n in enumerate(volumes)}
        yield tables, arrivals.days_of(sum(tables.values()), date(2026, 1, 5), 1800.0)


def covered(hits):
    """Not significantly below 95 % (1 %)."""
    return hits >= binom.ppf(0.01, SEEDS, 0.95)


def test_the_interval_of_busy_hours_holds_the_truth_and_busyness_leaves_their_part_out():
    """cv 15 % of hours and 10 % of days, 60 contacts an hour; 60 records of 60 days."""
    volume = {"per_hour": [40, 60, 80, 60, 50, 60, 80, 50], "busyness": lognormal(0.1), "intraday": lognormal(0.15)}
    hits, found, busy = 0, [], []
    for tables, days in recorded(range(SEEDS), {"a": volume}):
        cv, low, high, n, _ = intraday(tables["a"], days, 3600.0)
        hits += low <= 0.15 <= high
        found.append(cv)
        busy.append(together(tables, days).busyness["a"])
        assert n == DAYS
    assert covered(hits), hits
    assert np.mean(found) == pytest.approx(0.15, abs=0.006) and np.mean(busy) == pytest.approx(0.1, abs=0.012)


def test_poisson_hours_are_rarely_called_busy():
    """A lower end above 0 without any variation: 2.5 % are meant; more than 6 of 60 has a chance of .2 %."""
    false = sum(
        intraday(tables["a"], days, 3600.0)[1] > 0
        for tables, days in recorded(range(SEEDS), {"a": {"per_hour": 60, "busyness": lognormal(0.1)}})
    )
    assert false <= 6


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_the_interval_of_what_reasons_share_holds_the_truth(share):
    """Busyness of 15 %, 500 contacts a day. At 0 the interval must begin there."""
    volume = {"per_hour": 60, "busyness": lognormal(0.15), "shared": f"{100 * share:g}%"}
    hits = 0
    for tables, days in recorded(range(SEEDS), {"a": volume, "b": volume, "c": volume}):
        _, low, high, _ = shared(tables, days)
        hits += low <= share <= high
    assert covered(hits), hits


def test_reasons_that_share_all_their_busy_days_are_found_to_do_so():
    volume = {"per_hour": 60, "busyness": lognormal(0.15)}
    found = [shared(*one)[0] for one in recorded(range(10), {"a": volume, "b": volume})]
    assert np.mean(found) > 0.95


def test_one_reason_or_few_days_tell_nothing_of_what_is_shared():
    (one,) = recorded([1], {"a": {"per_hour": 60, "busyness": lognormal(0.15)}})
    assert np.isnan(shared(*one)[0])
    assert not together(*one).said


def test_the_scenario_has_them_and_says_what_is_assumed(tmp_path):
    """From contacts to scenario.yaml and back: the keys are there, and read."""
    import pandas as pd

    volume = {"per_hour": 60, "busyness": lognormal(0.2), "intraday": lognormal(0.25), "shared": "80%"}
    ((tables, _),) = recorded([3], {"a": volume, "b": volume})
    rows = [
        {
            "queue": name,
            "start": f"{date(2026, 1, 5) + pd.Timedelta(days=d)}T{s // 2:02d}:{30 * (s % 2):02d}:00",
            "minutes": 30,
            "offered": n,
            "answered": n,
            "abandoned": 0,
        }
        for name, table in tables.items()
        for (d, s), n in np.ndenumerate(table)
        if n
    ]
    found = cxsim.calibrate.calibrate({"intervals": pd.DataFrame(rows)}, offered="fresh")
    scenario = cxsim.read(found.save(tmp_path / "made") / "scenario.yaml")
    read = scenario.reasons["a"].volume
    assert read.intraday is not None and read.busyness is not None and 0.5 < read.shared < 1.0
    assert any("independently of each other" in text for text in found.assumptions)
    assert {"intraday (cv)", "shared (busy days)"} <= set(found.estimates["parameter"])
