"""Hold is told apart from talk: its share is in the scenario, its time in the estimates and in talk."""

from __future__ import annotations

import numpy as np
import pytest
from calibrate.made_contacts import contacts, intervals, logins

import cxsim
from cxsim.calibrate import calibrate
from cxsim.calibrate.basis import basis
from cxsim.calibrate.estimation import Estimation
from cxsim.calibrate.records import read_records
from cxsim.calibrate.scenario_file import files_of

SHARES = {"orders": 0.2, "faults": 0.5}  # of talks, with a hold of 40 s on average


def held(seed=1, share=None, days=5, late=1.0):
    """A week's log in which talks of known shares have a hold; from 12:00 on, `late` times as many."""
    log = contacts(seed, horizon__days=days)
    rng = np.random.default_rng(seed)
    p = log["queue"].map(share or SHARES) * np.where(log["arrived"].str[11:13].astype(int) >= 12, late, 1.0)
    hold = np.where(rng.random(len(log)) < p, np.round(rng.exponential(40.0, len(log)), 3) + 0.001, 0.0)
    return log.assign(hold_s=np.where(log["outcome"] == "answered", hold, np.nan))


def estimated(log, days=5):
    records = read_records({"contacts": log, "staffing": logins(days)})
    made = Estimation(basis(records, records.contacts, 1800.0, 3600.0), 3600.0)
    parts = made.parts("")
    return parts, {(row.of, row.parameter): row for row in made.basis.told.rows}, made.basis.told


def test_hold_is_estimated_apart_from_talk_and_goes_into_the_scenario(tmp_path):
    """Within four standard errors; talk in the scenario is talk and hold together, as before."""
    log = held()
    parts, rows, told = estimated(log)
    for name, share in SHARES.items():
        row = rows[name, "hold: share of talks"]
        assert abs(row.value - share) <= 4 * (row.high - row.low) / 3.92 and row.rows > 100
        length = rows[name, "hold: mean of talks with one"]
        assert abs(length.value - 40.0) <= 4 * (length.high - length.low) / 3.92
        whole = rows[name, "talk without hold: mean"].value + rows[name, "hold: mean per talk"].value
        assert rows[name, "talk: mean"].value == pytest.approx(whole)
    assert any("hold is recorded apart from talk" in note for note in told.notes)
    for name, text in files_of(parts).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    scenario = cxsim.read(tmp_path / "scenario.yaml")
    assert {name: one.hold for name, one in scenario.reasons.items()} == pytest.approx(SHARES, abs=0.1)
    assert scenario.reasons["orders"].hold == pytest.approx(rows["orders", "hold: share of talks"].value, abs=0.0005)


def test_hold_that_grows_at_noon_is_told_by_interval_and_that_the_scenario_has_one_share():
    _, rows, told = estimated(held(2, {"orders": 0.15, "faults": 0.15}, late=3.0))
    by = {key[1][-5:]: row.value for key, row in rows.items() if key[1].startswith("hold: share at")}
    assert len(by) == 16 and by["14:00"] > 1.5 * by["09:00"]
    assert any("the same all day" in text for text in told.assumptions)
    _, plain, _ = estimated(held(1))
    assert not any(key[1].startswith("hold: share at") for key in plain)


def test_groups_that_hold_longer_are_told():
    log = held(3)
    log["hold_s"] *= np.where(log["agent"].isin(["a4", "a5"]), 3.0, 1.0)
    _, rows, _ = estimated(log)
    factors = {key[1]: row.value for key, row in rows.items() if key[1].startswith("hold factor of")}
    assert max(factors.values()) > 1.5 * min(factors.values())


def test_blank_hold_is_not_taken_for_none_or_for_all():
    """Where blanks stand beside numbers above 0 and no 0, it says what to write."""
    log = held(4)
    log["hold_s"] = log["hold_s"].where(log["hold_s"] > 0)
    parts, _, told = estimated(log)
    assert all(one.hold == 0.0 for one in parts.reasons)
    said = " ".join(told.assumptions)
    assert "never 0" in said and "write `hold: " in said


def test_a_log_without_hold_says_nothing_of_it():
    parts, rows, told = estimated(contacts(1, horizon__days=5))
    assert not any("hold" in key[1] for key in rows) and "hold" not in files_of(parts)["scenario.yaml"]
    assert "hold" not in " ".join(told.notes)


def test_an_interval_report_tells_the_mean_of_hold_and_says_what_it_does_not_tell():
    """A third of 16 reported intervals hold 30 s, the others 0: the mean is weighted by answered contacts."""
    table = intervals(contacts(1, horizon__days=5))
    table["hold_s"] = np.where(np.arange(len(table)) % 3 == 0, 30.0, 0.0)
    made = calibrate({"intervals": table}, offered="total")
    rows = made.estimates.set_index(["of", "parameter"])
    mine = table[(table["queue"] == "orders") & table["aht_s"].gt(0)]
    mean = (mine["hold_s"] * mine["answered"]).sum() / mine["answered"].sum()
    assert rows.loc[("orders", "hold: mean per talk"), "value"] == pytest.approx(mean)
    assert any("which share of talks has one" in text for text in made.assumptions)
