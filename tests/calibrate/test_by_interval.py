"""Resolution by identity, availability and after-call work: found by interval and group where they vary, else not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import contacts, ledger, legs_as_contacts, logins

import cxsim
from cxsim.calibrate import calibrate
from cxsim.calibrate.agents import availability, team
from cxsim.calibrate.basis import basis
from cxsim.calibrate.records import read_records
from cxsim.calibrate.repeats import repeats

DAY = 86400.0
BACK = {"after_contact__unresolved": {"repeat": "100%", "delay": {"gamma": {"mean": "1 h", "shape": 2}}, "at_most": 9}}
HALVES = [1.0] * 8 + [0.7] * 8  # 90 % in the morning, 63 % from noon on


def rows(found, start):
    table = found.estimates
    return table[table["parameter"].str.startswith(start)].set_index("parameter")


def returning(seed, resolution="90%", **more):
    return contacts(seed, **{"reasons__*__resolution": resolution}, **BACK, **more)


def with_new_issues(log, every_days, seed):
    """The same log with customers of several issues: each name stands for so many, which are days apart."""
    rng = np.random.default_rng(seed)
    names = log["customer"].unique()
    people = max(1, int(len(names) * every_days / 14.0))
    return log.assign(
        customer=log["customer"]
        .map(dict(zip(names, rng.integers(0, people, len(names)), strict=True)))
        .map("p{}".format)
    )


def measured(log, within=DAY):
    records = read_records({"contacts": log, "staffing": logins()})
    start = basis(records, records.contacts, 1800.0, 3600.0)
    found = repeats(start, within)
    return found, {row.parameter: row for row in start.told.rows if row.of == "all"}, start


def test_resolution_is_that_of_the_truth_and_the_repeats_are_not_in_the_volume(tmp_path):
    """Four standard errors; fresh contacts within 5 %; seed fixed."""
    log = returning(3, "80%")
    found = calibrate({"contacts": log, "staffing": logins()}, replications=2, repeat_within=DAY)
    row = rows(found, "resolution").loc["resolution"].iloc[0]
    assert abs(row["value"] - 0.8) <= 4 * (row["high"] - row["low"]) / 3.92
    assert not len(rows(found, "resolution: "))
    scenario = cxsim.read(found.save(tmp_path / "made") / "scenario.yaml")
    for reason in scenario.reasons.values():
        assert reason.resolution == pytest.approx(0.8, abs=0.04) and reason.resolution_by_time is None
    after = scenario.after_contact.unresolved
    assert after.repeat == 1.0 and after.delay.mean == pytest.approx(3600.0 * 1.6, rel=0.6)
    fresh = sum(float(np.asarray(one.volume).sum()) for one in found.parts.reasons)
    assert fresh == pytest.approx(5 * (400 + 160), rel=0.05)
    plain = calibrate({"contacts": log, "staffing": logins()}, replications=2)
    assert sum(float(np.asarray(one.volume).sum()) for one in plain.parts.reasons) > 1.15 * fresh
    assert "resolution 100%" in " ".join(plain.assumptions)


def test_resolution_that_falls_at_noon_is_found_by_interval(tmp_path):
    by_time = {"factors": HALVES}
    log = returning(4, "90%", **{"reasons__*__resolution_by_time": by_time})
    found = calibrate({"contacts": log, "staffing": logins()}, replications=2, repeat_within=DAY)
    told = rows(found, "resolution: ")
    assert len(told) == 16
    value = told["value"].to_numpy()
    assert value[:8].mean() == pytest.approx(0.9, abs=0.03) and value[8:].mean() == pytest.approx(0.63, abs=0.04)
    assert (told["rows"] >= 60).all() and (told["low"] < told["high"]).all()
    folder = found.save(tmp_path / "made")
    scenario = cxsim.read(folder / "scenario.yaml")
    assert all(reason.resolution_by_time.file == "resolution.csv" for reason in scenario.reasons.values())
    table = pd.read_csv(folder / "resolution.csv")
    monday = table[table["weekday"] == "mon"].set_index("time")
    assert monday.loc["09:00", "orders"] > 80 > monday.loc["14:00", "orders"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_resolution_that_does_not_vary_has_no_intervals(seed):
    """One test at 1 % for each record; seeds fixed."""
    found, _, _ = measured(returning(seed, "80%"))
    assert found is not None and found.factor is None


def test_new_issues_of_the_same_customer_are_not_repeats():
    """Customers with an issue every four days on average: 90 % are resolved, though more come again within a day."""
    log = with_new_issues(returning(5, "90%"), 4.0, 5)
    _, told, start = measured(log)
    row = told["resolution"]
    assert abs(row.value - 0.9) <= 4 * (row.high - row.low) / 3.92
    assert row.high - row.low < 0.1
    alone, _, other = measured(with_new_issues(contacts(6), 4.0, 6))
    assert alone is None, "nobody repeats, whatever the number of new issues"
    said = " ".join([*other.told.notes, *other.told.assumptions])
    assert "resolution is 100%" in said or "only" in said
    assert start.told.assumptions


def test_a_time_that_is_not_above_zero_is_refused():
    with pytest.raises(ValueError, match="repeat_within"):
        calibrate({"contacts": contacts(1)}, repeat_within=0.0)


def absent(seed, **more):
    away = {"groups__*__availability": "75%", "groups__*__away": "30s", "groups__*__agents": 10}
    scenario, found = ledger(seed, **away, **more)
    log = legs_as_contacts(scenario, found, seed)
    duty = pd.concat([logins().assign(agent=lambda x, k=k: x["agent"] + f"{k}") for k in range(0)] or [logins()])
    names = sorted({a for a in log["agent"] if a})
    days = duty.drop_duplicates("start").drop(columns="agent")
    return {"contacts": log.drop(columns="cause"), "staffing": pd.concat([days.assign(agent=name) for name in names])}


def counted(tables):
    records = read_records(tables)
    return availability(records.contacts, team(records), 1800.0)


def test_availability_that_falls_at_noon_is_found_by_interval(tmp_path):
    """The level itself is counted with a bias that the closed loop corrects; the fall is by a third."""
    tables = absent(1, **{"groups__*__availability_by_time": {"factors": [1.2] * 8 + [0.7] * 8}})
    found = counted(tables)
    assert found.factor is not None
    morning, afternoon = found.factor[17:24].mean(), found.factor[25:32].mean()
    assert afternoon / morning == pytest.approx(0.7 / 1.2, rel=0.2)
    made = calibrate(tables, replications=2)
    told = rows(made, "availability: ")
    assert len(told) >= 10
    folder = made.save(tmp_path / "made")
    scenario = cxsim.read(folder / "scenario.yaml")
    assert all(group.availability_by_time.file == "availability.csv" for group in scenario.groups.values())
    shares = pd.read_csv(folder / "availability.csv").set_index(["weekday", "time"])
    assert (shares.loc[("mon", "10:00")] > 1.3 * shares.loc[("mon", "14:00")]).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_availability_that_does_not_vary_has_no_intervals(seed):
    found = counted(absent(seed))
    assert found.share is not None and found.factor is None and found.by_slot == ()


def test_a_group_that_wraps_up_slowly_is_found_and_its_skill_has_the_factor(tmp_path):
    """`both` needs 1.6 times the after-call work of `orders only` for orders; talk is alike."""
    log = contacts(seed=2, groups__both__skills__orders__wrap="160%", horizon__days=21)
    found = calibrate({"contacts": log, "staffing": logins(21)}, replications=2)
    told = rows(found, "after-call work factor of")
    assert set(told["of"]) == {"orders"} and len(told) == 2
    low, high = sorted(told["value"])
    assert high / low == pytest.approx(1.6, rel=0.12) and low < 1.0 < high
    assert not len(rows(found, "talk factor of"))
    scenario = cxsim.read(found.save(tmp_path / "made") / "scenario.yaml")
    wraps = sorted(group.skills["orders"].wrap.factor for group in scenario.groups.values())
    assert wraps == pytest.approx([low, high], abs=0.001)
    assert all(group.skills["orders"].talk is None for group in scenario.groups.values())


def test_groups_that_wrap_up_alike_have_no_factor():
    found = calibrate({"contacts": contacts(seed=1), "staffing": logins()}, replications=2)
    assert not len(rows(found, "after-call work factor of"))
