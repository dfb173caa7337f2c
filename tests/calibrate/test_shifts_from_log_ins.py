"""Shifts from log-in times: rounded, grouped and counted where they are regular; otherwise headcounts, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from calibrate.test_by_interval import saved
from click.testing import CliRunner

from cxsim.calibrate import calibrate
from cxsim.calibrate.basis import basis
from cxsim.calibrate.estimation import Estimation
from cxsim.calibrate.records import read_records
from cxsim.cli import cli
from cxsim.tables.faults import ExportError

MONDAY = datetime(2026, 1, 5)
EARLY, LATE = ("08:00", "12:00", "12:30", "16:00"), ("10:00", "14:00", "14:30", "18:00")


def log(weeks=2, agents=6):
    """Six contacts an hour from 08:00 to 18:00 on weekdays, answered by the agents in turn."""
    rows = []
    for day in range(7 * weeks):
        on = MONDAY + timedelta(days=day)
        if on.weekday() < 5:
            for k in range(60):
                at = on + timedelta(hours=8, minutes=10 * k + 3)
                rows.append((at.isoformat(), "answered", 0.0, f"a{k % agents}", 120.0 + k, "help"))
    return pd.DataFrame(rows, columns=["arrived", "outcome", "wait_s", "agent", "talk_s", "queue"])


def log_ins(shifts, weeks=2, late=0.0, seed=1):
    """Two spells a day for each agent, with errors of a standard deviation of `late` minutes at each end."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(7 * weeks):
        on = MONDAY + timedelta(days=day)
        for agent, times in shifts(on).items():
            edges = [on + timedelta(hours=int(t[:2]), minutes=int(t[3:]) + late * float(rng.normal())) for t in times]
            for start, end in zip(edges[::2], edges[1::2], strict=True):
                rows.append(
                    (agent, start.isoformat(timespec="seconds"), end.isoformat(timespec="seconds"), "logged_in")
                )
    return pd.DataFrame(rows, columns=["agent", "start", "end", "activity"])


def regular(on):
    return {} if on.weekday() >= 5 else {f"a{k}": EARLY if k < 4 else LATE for k in range(6)}


def found(logins, wanted=None, weeks=2):
    records = read_records({"contacts": log(weeks), "staffing": logins})
    made = Estimation(basis(records, records.contacts, 1800.0, 3600.0), 3600.0)
    return made.parts("", wanted), made.basis.told


def kept(told):
    return {row.parameter: row for row in told.rows if "kept by shifts" in row.parameter}


def test_known_shifts_are_found_again_with_their_breaks_and_numbers(tmp_path):
    """Log-ins are up to a few minutes off; seed fixed."""
    parts, told = found(log_ins(regular, late=2.0))
    assert "staff is written as shifts" in " ".join(told.notes)
    scenario = saved(parts, tmp_path)
    assert scenario.staff.file == "shifts.csv"
    table = pd.read_csv(tmp_path / "shifts.csv")
    people = table.groupby(["start", "end"])["agents"].sum()
    first = table[table["start"] == "08:00"]
    assert set(table["start"]) == {"08:00", "10:00"} and set(table["end"]) == {"16:00", "18:00"}
    assert not first["breaks"].isna().any()
    week = {w: sum(s.agents for s in parts.shifts if s.weekday == w) for w in range(7)}
    assert week == {**dict.fromkeys(range(5), 6), 5: 0, 6: 0} and len(people) == 2
    early = [s for s in parts.shifts if s.start == 8 * 3600.0]
    assert sum(s.agents for s in early) == 4 * 5
    for one in early:
        ((a, b),) = one.breaks
        assert abs(a - 43200.0) <= 300.0 and abs(b - 45000.0) <= 300.0
    assert all(row.value > 0.95 for row in kept(told).values()) and len(kept(told)) == 5


def test_exact_log_ins_keep_every_hour_and_equal_weekdays_are_one_row(tmp_path):
    parts, told = found(log_ins(regular))
    assert [row.value for row in kept(told).values()] == pytest.approx([1.0] * 5)
    saved(parts, tmp_path)
    assert (tmp_path / "shifts.csv").read_text(encoding="utf-8").splitlines() == [
        "group,weekday,start,end,breaks,agents",
        "agents,mon-fri,08:00,16:00,12:00-12:30,4",
        "agents,mon-fri,10:00,18:00,14:00-14:30,2",
    ]


def test_a_night_shift_ends_on_the_next_day(tmp_path):
    def nights(on):
        return {**regular(on), "a5": ("22:00", "30:00")} if on.weekday() in (0, 2) else regular(on)

    parts, _ = found(log_ins(nights), "shifts")
    night = [s for s in parts.shifts if s.start == 22 * 3600.0]
    assert [(s.weekday, s.end, s.agents) for s in night] == [(0, 30 * 3600.0, 1), (2, 30 * 3600.0, 1)]
    saved(parts, tmp_path)
    rows = (tmp_path / "shifts.csv").read_text(encoding="utf-8").splitlines()
    assert "agents,mon,22:00,06:00,,1" in rows and "agents,wed,22:00,06:00,,1" in rows


def test_log_ins_that_are_different_every_day_stay_headcounts_and_it_says_why(tmp_path):
    """Start and length are drawn anew for each agent and day; seed fixed."""
    rng = np.random.default_rng(4)

    def scattered(on):
        if on.weekday() >= 5:
            return {}
        starts = rng.integers(8, 17, 3)
        return {f"a{rng.integers(6)}": (f"{s:02d}:{rng.integers(60):02d}", f"{s + 1:02d}:59") for s in starts}

    parts, told = found(log_ins(scattered))
    assert parts.shifts is None and saved(parts, tmp_path).staff.file == "staff.csv"
    assert "not regular enough for shifts" in " ".join(told.notes) and "90% must fit" in " ".join(told.notes)
    assert kept(told)
    forced, told = found(log_ins(scattered), "shifts")
    assert forced.shifts and "staff is written as shifts" in " ".join(told.notes)


def test_headcounts_may_be_asked_for_and_a_day_that_differs_is_named():
    assert found(log_ins(regular), "headcounts")[0].shifts is None

    def one_day_ill(on):
        return dict(list(regular(on).items())[: 4 if on.day == 14 else 6])

    parts, told = found(log_ins(one_day_ill, 5), weeks=5)
    assert sum(s.agents for s in parts.shifts if s.weekday == 2) == 6
    assert "Wed 2026-01-14: 30 agent-hours on duty, 45 in shifts" in " ".join(told.notes)


def test_a_group_with_too_few_people_for_a_shift_has_no_agents(tmp_path):
    parts, _ = found(log_ins(regular))
    parts = replace(parts, groups={**parts.groups, "rare": {"help": 1}}, staff=np.repeat(parts.staff, 2, axis=0))
    assert saved(parts, tmp_path).groups["rare"].agents == 0


def test_a_forgotten_log_out_is_no_shift_and_counts_as_lost():
    def forgot(on):
        return {**regular(on), "a5": ("10:00", "34:00")} if on.weekday() == 1 else regular(on)

    parts, told = found(log_ins(forgot), "shifts")
    assert all(s.end - s.start <= 16 * 3600.0 for s in parts.shifts)
    rows = kept(told)
    assert rows["agent-hours on tue: kept by shifts"].value < rows["agent-hours on mon: kept by shifts"].value


def test_shifts_without_log_ins_are_refused(tmp_path):
    with pytest.raises(ExportError, match="has no log-ins"):
        calibrate({"contacts": log()}, staff="shifts")
    (tmp_path / "log").mkdir()
    log().to_csv(tmp_path / "log" / "contacts.csv", index=False)
    args = ["calibrate", str(tmp_path / "log"), "--out", str(tmp_path / "out"), "--staff", "shifts"]
    said = CliRunner().invoke(cli, args)
    assert said.exit_code == 2 and "leave out --staff shifts" in said.output and not (tmp_path / "out").exists()
