"""Redials without identity: an indication where there is one, and none where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import contacts, logins

from cxsim import calibrate
from cxsim.calibrate.arrivals import counts
from cxsim.forecast.returns import lags

BUSY = {
    "horizon__days": 28,
    "reasons__orders__volume__factor": 4,
    "reasons__faults__volume__factor": 4,
    "groups__both__agents": 14,
    "groups__orders only__agents": 7,
}


def table(redial, seed=1):
    """Contacts and abandons by day and two minutes, from 08:00 to 16:00."""
    log = contacts(seed, identities=False, after_contact__abandoned__redial=redial, **BUSY)
    at = (pd.to_datetime(log["arrived"]) - pd.Timestamp("2026-01-05")).dt.total_seconds().to_numpy()
    left = (log["outcome"] == "abandoned").to_numpy()
    seen, gone = counts(at, 28, 120.0), counts((at + log["wait_s"].to_numpy())[left], 28, 120.0)
    days = seen.sum(axis=1) > 0
    return seen[days][:, 240:480], gone[days][:, 240:480]


def test_lags_by_hand():
    """All redials come; with a mean delay of one interval, 1/e of them come within it."""
    shares = lags(600.0, 600.0, 200)
    assert shares.sum() == pytest.approx(1.0) and shares[0] == pytest.approx(np.exp(-1))


def test_a_redial_share_is_indicated_and_none_where_nobody_redials():
    """Within 10 points of 40 %, and nothing is told where nobody does; seeds fixed."""
    some = calibrate.fresh_and_redials(*table("40%"), 120.0)
    none = calibrate.fresh_and_redials(*table("0%"), 120.0)
    assert abs(some.share - 0.4) <= 0.1 and some.told and some.low > 0.15
    assert none.share <= 0.15 and not (none.told and none.low > 0)


def test_few_days_or_no_abandons_are_refused():
    with pytest.raises(ValueError, match="at least 5 days"):
        calibrate.fresh_and_redials(np.ones((3, 10)), np.ones((3, 10)), 120.0)
    with pytest.raises(ValueError, match="customers abandon"):
        calibrate.fresh_and_redials(np.ones((9, 10)), np.zeros((9, 10)), 120.0)


@pytest.mark.slow
def test_the_scenario_offers_them_as_an_override():
    log = contacts(identities=False, **BUSY)
    found = calibrate.calibrate({"contacts": log}, replications=2)
    assert "overrides:\n  with_redials:" in found.files["scenario.yaml"]
    assert any("--with with_redials" in text for text in found.assumptions)


def test_a_short_log_says_nothing_of_them():
    """Ten days with some 25 abandons a day: the interval is too wide, and it says so."""
    found = calibrate.calibrate({"contacts": contacts(identities=False), "staffing": logins()}, replications=2)
    row = found.estimates[found.estimates["parameter"] == "redial without identity"].iloc[0]
    assert "does not tell" in row["note"] or row["low"] > 0
    assert ("with_redials" in found.files["scenario.yaml"]) == ("not tell" not in row["note"] and row["low"] > 0)
