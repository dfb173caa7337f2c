"""Groups that talk longer than others about the same reason: found where they do, and not where they do not."""

from __future__ import annotations

import pytest
from calibrate.made_contacts import contacts, logins

import cxsim
from cxsim.calibrate import calibrate


def factors(found):
    rows = found.estimates[found.estimates["parameter"].str.startswith("talk factor of")]
    return {(row["of"], row["parameter"].removeprefix("talk factor of ")): row for _, row in rows.iterrows()}


def test_a_slow_group_is_found_and_its_skill_has_the_factor(tmp_path):
    """`both` needs 1.5 times the talk of `orders only` for orders: the two factors have that ratio within 12 %."""
    log = contacts(seed=2, groups__both__skills__orders__talk="150%", horizon__days=21)
    found = calibrate({"contacts": log, "staffing": logins(21)}, replications=2)
    told = factors(found)
    assert {of for of, _ in told} == {"orders"} and len(told) == 2
    low, high = sorted(row["value"] for row in told.values())
    assert high / low == pytest.approx(1.5, rel=0.12) and low < 1.0 < high
    assert all(row["low"] <= row["value"] <= row["high"] or row["rows"] < 300 for row in told.values())
    scenario = cxsim.read(found.save(tmp_path / "made") / "scenario.yaml")
    talks = [group.skills["orders"].talk for group in scenario.groups.values()]
    assert all(one is not None for one in talks)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_that_talk_alike_have_no_factor(seed):
    """One test at 1 % for each reason with two groups; seeds fixed."""
    found = calibrate({"contacts": contacts(seed=seed), "staffing": logins()}, replications=2)
    assert not factors(found) and "talk: 1" not in found.files["scenario.yaml"].split("groups:")[1]
