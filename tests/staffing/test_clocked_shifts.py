"""Shifts of groups at sites, and over days on which clocks change: the table is the plan, and both are paid alike."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.search.starting import plan_of
from cxsim.optimizer.shifts.when_worked import Clocks

from .test_clocks import WORLDS, centre

SHIFTS = {
    "optimize.shifts": {"lengths": ["4 h", "8 h"], "starts_every": "2 h", "breaks": []},
    "optimize.counts": ["wages"],
}


def posed(world: str, **more: object):
    scenario = centre(**WORLDS[world]).vary({**SHIFTS, **more})
    return problem(scenario, threads=1)


def drawn(made, people: int = 25):
    """A plan of so many columns, each with one person, and a night shift on every day."""
    structure = made.structure
    x = np.zeros(structure.size)
    chance = np.random.default_rng(11)
    x[chance.choice(structure.size, min(people, structure.size), replace=False)] = 1.0
    nights = [j for j, one in enumerate(structure.payload.columns) if one.pattern.end > 86400.0]
    x[nights[:: max(1, len(nights) // 6)]] = 2.0
    return structure.complete(x)


@pytest.mark.parametrize("world", WORLDS)
def test_shifts_are_read_back_to_the_same_people_at_the_same_moments(world, tmp_path) -> None:
    """Before, such scenarios were refused. What the program counts and pays is what the simulator has."""
    made = posed(world)
    structure, timeline = made.structure, made.model.timeline
    x = drawn(made)
    structure.table(x).to_csv(tmp_path / "plan.csv", index=False)
    wanted, found = structure.plan(x), plan_of(made, tmp_path / "plan.csv")
    np.testing.assert_allclose(found.present, wanted.present)
    np.testing.assert_allclose(found.paid, wanted.paid)
    np.testing.assert_allclose(structure.levels(x), wanted.present, atol=1e-6)
    money = (wanted.paid.sum(axis=1) * wanted.wage).sum() / 3600.0
    assert structure.cost_of(x) == pytest.approx(money)
    inside = [
        sorted(e[:3] for e in plan.events.tolist() if timeline.counted_from < e[0] < timeline.counted_to)
        for plan in (found, wanted)
    ]
    assert inside[0] == inside[1]  # in which seat somebody sits is no part of a plan


@pytest.mark.parametrize(("start", "hours"), [("2026-03-28", 7.0), ("2026-10-24", 9.0)])
def test_a_night_shift_lasts_and_is_paid_as_long_as_clocks_make_it(start: str, hours: float) -> None:
    made = problem(centre(start=start, site=None).vary(SHIFTS), threads=1)
    columns = made.structure.payload.columns
    nights = {one.day: one.pattern for one in columns if one.group == 0 and one.pattern.title.startswith("22:00-06:00")}
    assert [nights[day].paid / 3600.0 for day in (0, 1)] == [hours, 8.0]
    assert nights[0].worked == nights[0].paid


def test_shifts_of_a_site_begin_by_its_clocks_and_not_on_its_holidays() -> None:
    """Manila is seven hours ahead in winter: 08:00 to 18:00 in Berlin is 15:00 to 01:00 there."""
    made = problem(centre(opened="08:00-18:00", start="2026-02-04", days=1).vary(SHIFTS), threads=1)
    starts = {one.pattern.start / 3600.0 for one in made.structure.payload.columns if one.group == 1}
    assert starts == {15.0, 17.0, 19.0, 21.0}
    away = problem(centre(opened="08:00-18:00", start="2026-02-04", days=2).vary(SHIFTS), threads=1)
    assert {one.day for one in away.structure.payload.columns if one.group == 1} == {0}
    clocks = Clocks(away.scenario, away.model.timeline)
    assert 2 not in clocks.days(1, 1)  # a holiday there
    assert clocks.days(1, 0) == [1, 3]  # itself, and the day after the horizon, which begins in Manila at 17:00


def test_a_shift_that_would_begin_in_the_skipped_hour_is_left_out() -> None:
    made = problem(centre(start="2026-03-28", site=None).vary(SHIFTS), threads=1)
    starts = {(one.day, one.pattern.start / 3600.0) for one in made.structure.payload.columns if one.group == 0}
    assert (0, 2.0) in starts and (1, 2.0) not in starts and (1, 4.0) in starts


def test_rest_between_shifts_is_an_hour_shorter_in_the_night_in_which_clocks_go_forward() -> None:
    """From 20:00 to 08:00 are eleven hours that night; with twelve asked the shifts exclude each other then only."""
    week = {"optimize.week": {"rest": "12 h", "days_on": 2, "days_off_together": 0}}
    rows = {}
    for start in ("2026-03-28", "2026-03-21"):
        made = problem(centre(start=start, site=None).vary({**SHIFTS, **week}), threads=1)
        structure = made.structure
        rows[start] = [name for name in structure.row_names if name.startswith("week.rest, home") and "20:00" in name]
    assert len(rows["2026-03-28"]) == 1 and len(rows["2026-03-21"]) <= 1
    late, early = rows["2026-03-28"], rows["2026-03-21"]
    assert late != early


def test_a_day_of_a_site_that_is_not_simulated_is_refused_with_what_to_write() -> None:
    with pytest.raises(Impossible, match=re.escape("--set horizon.after='1 day'")):
        problem(centre(opened="08:00-20:00", after="0 days").vary(SHIFTS), threads=1)
