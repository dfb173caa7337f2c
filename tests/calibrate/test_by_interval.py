"""Resolution by identity, availability and after-call work: found by interval and group where they vary, else not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import contacts, ledger, legs_as_contacts, logins
from click.testing import CliRunner

import cxsim
from cxsim.calibrate import absences, agents, calibrate
from cxsim.calibrate.basis import basis
from cxsim.calibrate.estimation import Estimation
from cxsim.calibrate.records import read_records
from cxsim.calibrate.repeats import repeats
from cxsim.calibrate.scenario_file import files_of
from cxsim.cli import cli

DAY = 86400.0
BACK = {"after_contact__unresolved": {"repeat": "100%", "delay": {"gamma": {"mean": "1 h", "shape": 2}}, "at_most": 9}}
HALVES = [1.0] * 8 + [0.7] * 8  # 90 % in the morning, 63 % from noon on


def estimated(log, days=14, within=None):
    """The parts of the scenario and the estimates, without the closed loop."""
    records = read_records({"contacts": log, "staffing": logins(days)})
    made = Estimation(basis(records, records.contacts, 1800.0, 3600.0), 3600.0, within)
    return made.parts(""), pd.DataFrame(made.basis.told.rows)


def saved(parts, folder):
    for name, text in files_of(parts).items():
        (folder / name).write_text(text, encoding="utf-8")
    return cxsim.read(folder / "scenario.yaml")


def rows(table, start):
    return table[table["parameter"].str.startswith(start)].set_index("parameter")


def returning(seed, resolution="90%", **more):
    return contacts(seed, **{"reasons__*__resolution": resolution}, **BACK, **more)


def with_new_issues(log, every_days, seed):
    """The same log with customers of several issues: each name stands for so many, which are days apart."""
    rng = np.random.default_rng(seed)
    names = log["customer"].unique()
    people = max(1, int(len(names) * every_days / 14.0))
    whose = dict(zip(names, rng.integers(0, people, len(names)), strict=True))
    return log.assign(customer=log["customer"].map(whose).map("p{}".format))


def measured(log, within=DAY):
    records = read_records({"contacts": log, "staffing": logins()})
    start = basis(records, records.contacts, 1800.0, 3600.0)
    found = repeats(start, within)
    return found, {row.parameter: row for row in start.told.rows if row.of == "all"}, start


def test_resolution_is_that_of_the_truth_and_the_repeats_are_not_in_the_volume(tmp_path):
    """Four standard errors; fresh contacts within 5 %; seed fixed."""
    log = returning(3, "80%")
    parts, table = estimated(log, within=DAY)
    row = rows(table, "resolution").loc["resolution"].iloc[0]
    assert abs(row["value"] - 0.8) <= 4 * (row["high"] - row["low"]) / 3.92
    assert not len(rows(table, "resolution: "))
    scenario = saved(parts, tmp_path)
    for reason in scenario.reasons.values():
        assert reason.resolution == pytest.approx(0.8, abs=0.04) and reason.resolution_by_time is None
    after = scenario.after_contact.unresolved
    assert after.repeat == 1.0 and after.delay.mean == pytest.approx(3600.0, rel=0.3)
    fresh = sum(float(np.asarray(one.volume).sum()) for one in parts.reasons)
    assert fresh == pytest.approx(5 * (400 + 160), rel=0.05)
    plain, _ = estimated(log)
    assert sum(float(np.asarray(one.volume).sum()) for one in plain.reasons) > 1.15 * fresh
    assert "resolution 100%" in " ".join(plain.assumptions)


def test_resolution_that_falls_at_noon_is_found_by_interval(tmp_path):
    by_time = {"factors": HALVES}
    log = returning(4, "90%", **{"reasons__*__resolution_by_time": by_time})
    parts, table = estimated(log, within=DAY)
    told = rows(table, "resolution: ")
    assert len(told) == 16
    value = told["value"].to_numpy()
    assert value[:8].mean() == pytest.approx(0.9, abs=0.03) and value[8:].mean() == pytest.approx(0.63, abs=0.04)
    assert (told["rows"] >= 60).all() and (told["low"] < told["high"]).all()
    scenario = saved(parts, tmp_path)
    assert all(reason.resolution_by_time.file == "resolution.csv" for reason in scenario.reasons.values())
    shares = pd.read_csv(tmp_path / "resolution.csv")
    monday = shares[shares["weekday"] == "mon"].set_index("time")
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
    """Seven agents with both skills, away for 30 % of their idle time, a minute each time."""
    groups = {"groups": {"both": {"agents": 7, "serves": ["orders", "faults"], "availability": "70%", "away": "60s"}}}
    scenario, found = ledger(seed, **groups, horizon__days=7, **more)
    log = legs_as_contacts(scenario, found, seed).drop(columns="cause")
    days = logins(7).drop_duplicates("start").drop(columns="agent")
    names = sorted({name for name in log["agent"] if name})
    return {"contacts": log, "staffing": pd.concat([days.assign(agent=name) for name in names])}


def by_pauses(tables):
    """The factors by interval that pauses tell, without the closed loop."""
    records = read_records(tables)
    found = absences.absent(records.contacts, agents.team(records))
    factor, told = absences.by_interval(found, basis(records, records.contacts, 1800.0, 3600.0))
    return factor, np.array([row.value for row in told])


def test_pauses_tell_that_availability_falls_at_noon():
    """Medians of mornings and afternoons within ten points of 84 and 49 %; seed fixed."""
    noon = {"groups__both__availability_by_time": {"factors": [1.2] * 8 + [0.7] * 8}}
    _, told = by_pauses(absent(4, **noon))
    assert len(told) == 16
    assert np.median(told[:8]) == pytest.approx(0.84, abs=0.1) and np.median(told[8:]) == pytest.approx(0.49, abs=0.1)


def test_pauses_tell_no_intervals_where_availability_does_not_vary():
    """One test at 1 % for each of six records: two or more that find some have a chance of .1 %; seeds fixed."""
    assert sum(by_pauses(absent(seed))[0] is not None for seed in range(11, 17)) <= 1


@pytest.mark.slow
def test_availability_that_falls_at_noon_is_found_by_interval(tmp_path):
    """From 84 to 49 %, a fall by 42 %, and both levels within ten points, by pauses; seed fixed."""
    tables = absent(1, groups__both__availability_by_time={"factors": [1.2] * 8 + [0.7] * 8})
    made = calibrate(tables, replications=2)
    told = rows(made.estimates, "availability: ").drop("availability: fitted")
    assert len(told) == 16
    assert told["value"].iloc[8:].mean() / told["value"].iloc[:8].mean() == pytest.approx(0.58, abs=0.12)
    assert told["value"].iloc[:8].mean() == pytest.approx(0.84, abs=0.1)
    assert told["value"].iloc[8:].mean() == pytest.approx(0.49, abs=0.1)
    folder = made.save(tmp_path / "made")
    scenario = cxsim.read(folder / "scenario.yaml")
    assert all(group.availability_by_time.file == "availability.csv" for group in scenario.groups.values())
    shares = pd.read_csv(folder / "availability.csv").set_index(["weekday", "time"])
    assert (shares.loc[("mon", "11:00")] > 1.2 * shares.loc[("mon", "14:00")]).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_availability_that_does_not_vary_has_no_intervals(seed):
    """One test at 1 % for each record; seeds fixed."""
    made = calibrate(absent(seed), replications=2)
    assert list(rows(made.estimates, "availability: ").index) == ["availability: fitted"]
    assert made.parts.available is None and "availability.csv" not in made.files


def test_a_group_that_wraps_up_slowly_is_found_and_its_skill_has_the_factor(tmp_path):
    """`both` needs 1.6 times the after-call work of `orders only` for orders; talk is alike."""
    log = contacts(seed=2, groups__both__skills__orders__wrap="160%", horizon__days=21)
    parts, table = estimated(log, 21)
    told = rows(table, "after-call work factor of")
    assert set(told["of"]) == {"orders"} and len(told) == 2
    low, high = sorted(told["value"])
    assert high / low == pytest.approx(1.6, rel=0.12) and low < 1.0 < high
    assert not len(rows(table, "talk factor of"))
    scenario = saved(parts, tmp_path)
    wraps = sorted(group.skills["orders"].wrap.factor for group in scenario.groups.values())
    assert wraps == pytest.approx([low, high], abs=0.001)
    assert all(group.skills["orders"].talk is None for group in scenario.groups.values())


def test_groups_that_wrap_up_alike_have_no_factor():
    _, table = estimated(contacts(seed=1))
    assert not len(rows(table, "after-call work factor of"))


def test_the_command_takes_a_time_above_zero(tmp_path):
    (tmp_path / "log").mkdir()
    contacts(1).head(200).to_csv(tmp_path / "log" / "contacts.csv", index=False)
    args = ["calibrate", str(tmp_path / "log"), "--out", str(tmp_path / "out")]
    said = CliRunner().invoke(cli, [*args, "--repeat-within", "0s"])
    assert said.exit_code == 2 and "--repeat-within" in said.output and not (tmp_path / "out").exists()
    said = CliRunner().invoke(cli, [*args, "--repeat-within", "3"])
    assert said.exit_code == 2 and "'3' is not a time; write '3s' or '3 min'" in said.output


@pytest.mark.slow
def test_a_calibration_with_repeats_and_redials_runs_from_the_command_line(tmp_path):
    (tmp_path / "log").mkdir()
    returning(7, "80%").to_csv(tmp_path / "log" / "contacts.csv", index=False)
    logins().to_csv(tmp_path / "log" / "staffing.csv", index=False)
    args = ["calibrate", str(tmp_path / "log"), "--out", str(tmp_path / "out"), "--repeat-within", "1 day"]
    said = CliRunner().invoke(cli, [*args, "--replications", "2"])
    assert said.exit_code == 0, said.output
    assert "resolution" in said.output
    scenario = cxsim.read(tmp_path / "out" / "scenario.yaml")
    assert scenario.after_contact.unresolved.repeat == 1.0 and scenario.after_contact.abandoned.redial > 0.2
    assert cxsim.simulate(scenario, replications=2, seed=1).figures is not None
