"""Headcounts of groups at sites, and over days on which clocks change: the table is the plan."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cxsim.model.plan import plan_of_levels
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.search.starting import plan_of, start_of
from cxsim.scenario import parse


def centre(start="2026-02-03", opened="00:00-24:00", zone="Europe/Berlin", site="Asia/Manila", days=2, **more):
    """Two groups, one of them at a site unless there is none."""
    there = {} if site is None else {"site": "away"}
    tree = {
        "cxsim": 1,
        "horizon": {"start": start, "days": days, "open": opened, "interval": "60 min", "before": "1 day"}
        | {"after": "1 day", "timezone": zone}
        | more,
        "reasons": {"ask": {"volume": "30/h", "talk": "5 min"}},
        "channels": {"phone": {"patience": "3 min"}},
        "queues": {"ask": {"target": {"sl": {"share": "80%", "within": "30s"}}}},
        "groups": {
            "home": {"agents": 4, "serves": ["ask"], "wage": 20},
            "far": {"agents": 2, "serves": ["ask"], "wage": 9, **there},
        },
        "optimize": {"within_team": False},
    }
    if site is not None:
        tree["sites"] = {"away": {"timezone": site, "holidays": ["2026-02-05"]}}
    if zone is None:
        tree["horizon"].pop("timezone")
    return parse(tree)


WORLDS = {
    "seven hours ahead": {},
    "half an hour of its own": {"site": "Asia/Kolkata", "opened": "08:00-18:00"},
    "five hours behind": {"site": "America/New_York", "opened": "08:00-22:00"},
    "clocks go forward": {"start": "2026-03-28", "site": None},
    "clocks go back": {"start": "2026-10-24", "site": None},
    "clocks go back, and not there": {"start": "2026-10-24"},
    "clocks go back, west of Greenwich": {"start": "2026-10-31", "site": None, "zone": "America/New_York"},
    "clocks go back there only": {"start": "2026-10-31", "site": "America/New_York"},
    "clocks go forward, and not there": {"start": "2026-03-28"},
    "clocks go forward there only": {"start": "2026-03-07", "site": "America/New_York"},
}


@pytest.mark.parametrize("world", WORLDS)
def test_the_table_of_a_plan_is_read_back_to_the_same_people_at_the_same_moments(world, tmp_path) -> None:
    """Before, such scenarios were refused. The plan is drawn, so each interval has a number of its own."""
    made = problem(centre(**WORLDS[world]), threads=1)
    structure, timeline = made.structure, made.model.timeline
    most = np.where(np.isfinite(structure.high), structure.high, 9.0)
    x = structure.complete(np.random.default_rng(7).integers(0, 1 + np.maximum(most, 0.0).astype(int)))
    table = structure.table(x)
    table.to_csv(tmp_path / "plan.csv", index=False)
    wanted, found = structure.plan(x), plan_of(made, tmp_path / "plan.csv")
    np.testing.assert_allclose(found.present, wanted.present)
    np.testing.assert_allclose(found.paid, wanted.paid)
    inside = [
        [e for e in plan.events.tolist() if timeline.counted_from < e[0] < timeline.counted_to]
        for plan in (found, wanted)
    ]
    assert inside[0] == inside[1]
    np.testing.assert_array_equal(start_of(made, tmp_path / "plan.csv"), x)


def test_a_group_at_a_site_with_the_same_clock_is_planned_as_one_without_a_site() -> None:
    """The same columns, prices, program and simulated days; Lagos is an hour from London in winter, and here not."""
    apart = problem(centre(zone="Africa/Lagos", site="Europe/Berlin"), threads=1)
    one = problem(centre(zone=None, site=None), threads=1)
    np.testing.assert_array_equal(apart.structure.cost, one.structure.cost)
    assert apart.structure.names == one.structure.names
    found = [fluid(made, erlang="own", rounds=1) for made in (apart, one)]
    assert found[0].cost == pytest.approx(found[1].cost)
    levels = np.full((2, one.model.timeline.n_intervals), 2)
    trials = [
        made.trials.run(plan_of_levels(made.scenario, made.model.timeline, levels), range(8)) for made in (apart, one)
    ]
    np.testing.assert_array_equal(trials[0].slack, trials[1].slack)


def test_nobody_is_planned_on_a_holiday_of_the_site() -> None:
    """Manila's 5 February is 17:00 to 17:00 in Berlin, of which the horizon of 3 and 4 February has seven hours."""
    made = problem(centre(), threads=1)
    free = [name for name, high in zip(made.structure.names, made.structure.high, strict=True) if high == 0.0]
    assert free == [f"far Wed 4 Feb {hour}:00" for hour in range(17, 24)]


def test_a_day_of_a_site_that_is_not_simulated_is_refused_with_what_to_write() -> None:
    with pytest.raises(Impossible, match=re.escape("--set horizon.after='1 day'")):
        problem(centre(opened="08:00-20:00", after="0 days"), threads=1)
