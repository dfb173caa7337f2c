"""The week of one person: sets of days, rest and hours as rows, and rosters of named people that keep them."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from staffing.programs import check_rules
from staffing.staff import prices, read_back, same, staff, tree

from cxsim import read, roster
from cxsim.model.calendar import timeline
from cxsim.model.plan import plan
from cxsim.optimizer.shifts.covering import cover
from cxsim.optimizer.shifts.staff import structure
from cxsim.optimizer.shifts.week import day_sets

EXAMPLE = Path(__file__).parents[2] / "scenarios" / "staffing-week.yaml"
H = 3600.0
WEEK = {"start": "2026-03-02", "days": 7, "open": "08:00-22:00"}
LONG = {"lengths": ["8 h"], "starts_every": "1 h"}


def block(**more):
    return {
        "shifts": {
            "lengths": ["4 h", "8 h"],
            "starts_every": "1 h",
            "break": {"length": "30 min", "after": "4 h", "for": "8 h"},
            "contracts": {"full": {"lengths": "8 h", "share": {"min": "50%"}}, "part": {"lengths": "4 h", "days": 4}},
        },
        "week": {"days_on": 5, "days_off_together": 2, "hours": "40 h"},
        "within_team": False,
        **more,
    }


def test_sets_of_days_off_together():
    """Five of seven days with two days off in a row are the seven that begin on each day; without, 21."""
    five = day_sets(range(7), 5, 2)
    assert len(five) == 7
    assert (1, 2, 3, 4, 5) in five  # Sunday and Monday are neighbours
    assert len(day_sets(range(7), 5, 0)) == 21
    assert day_sets([0, 1, 2, 3, 4], 5, 2) == [(0, 1, 2, 3, 4)]
    assert day_sets([0, 1, 2], 5, 0) == [(0, 1, 2)]
    assert len(day_sets(range(7), 4, 3)) == 7
    assert day_sets(range(7), 6, 2) == []


def need_of(times, seed, most):
    """A need by hours of the day that differs from day to day."""
    draw = np.random.default_rng(seed)
    out = np.zeros((2, times.n_intervals))
    for g in range(2):
        for d in range(times.days):
            shape = np.interp(np.arange(48), [16, 22, 30, 38, 44], [1, most, most / 2, most, 1])
            out[g, 48 * d : 48 * d + 48] = shape * draw.uniform(0.5, 1.2)
    return np.where(times.open_mask, out, 0.0)


def test_a_week_is_covered_and_handed_out_to_people_who_rest(tmp_path):
    """The people whom the plan counts by their days can work its shifts, with a name each and every rule kept."""
    scenario, times, found = staff(tree(block(), horizon=WEEK))
    need = need_of(times, 1, 6)
    best = cover(found, need, gap=0.02)
    assert best.status == "optimal"
    assert best.gap <= 0.02
    assert found.broken(best.x) == []
    assert (best.levels >= need - 1e-9).all()
    work = found.payload.tours
    rows = ["name,team,contract"]
    for count, tour in zip(best.x[work.first :].astype(int), work.columns, strict=True):
        group = list(scenario.groups)[tour.group]
        rows += [f"{group} {tour.contract} {len(rows) + k},{group},{tour.contract}" for k in range(count)]
    (tmp_path / "people.csv").write_text("\n".join(rows) + "\n")
    found.table(best.x).to_csv(tmp_path / "plan.csv", index=False)
    values = {"staff.file": str(tmp_path / "plan.csv"), **{f"groups.{name}.agents": None for name in scenario.groups}}
    named = roster(scenario.vary(values), tmp_path / "people.csv", seconds=20.0)
    assert named.complete
    assert sum(named.fairness["shifts"]) == sum(5 if one == "full" else 4 for one in named.fairness["contract"])


def test_the_table_of_a_week_is_read_back_exactly(tmp_path):
    scenario, times, found = staff(tree(block(), horizon=WEEK))
    x = cover(found, need_of(times, 2, 4), gap=0.1).x
    back, cost = read_back(scenario, times, found.table(x), tmp_path / "plan.csv")
    assert same(back, found.plan(x))
    assert cost == pytest.approx(found.cost_of(x))


def test_people_by_days_follow_from_the_shifts():
    _, times, found = staff(tree(block(), horizon=WEEK))
    best = cover(found, need_of(times, 3, 5), gap=0.05)
    bare = best.x.copy()
    bare[found.payload.tours.first :] = 0.0
    assert found.broken(bare)
    assert found.broken(found.complete(bare)) == []


def rest_can_be_kept(late, early, both):
    """Whether people can be given an evening or day shift, then an early or late one, by trying all."""
    today, tomorrow = late, early
    for on_both in combinations(range(len(today)), both):
        first = [today[i] for i in on_both]
        for chosen in combinations(range(len(tomorrow)), both):
            second = sorted(tomorrow[i] for i in chosen)
            if all(b + 24 - a >= 11 for a, b in zip(sorted(first), second, strict=True)):
                return True
    return False


@pytest.mark.parametrize("seed", range(6))
def test_the_rows_of_rest_hold_exactly_when_people_can_rest(seed):
    """Two days, people on both or one of them, shifts drawn at random: rows against a search of all hand-outs."""
    draw = np.random.default_rng(seed)
    given = tree({"shifts": LONG, "week": {"days_on": 1, "rest": "11 h"}}, {"days": 2, "open": "06:00-24:00"}, team={})
    _, _, found = staff(given)
    work = found.payload
    ends = sorted({c.pattern.end / H for c in work.columns})
    kept = set()
    for _ in range(40):
        today = sorted(draw.choice(ends, 3))
        tomorrow = sorted(draw.choice(ends, 3) - 8)
        x = np.zeros(found.size)
        for j, column in enumerate(work.columns):
            x[j] = today.count(column.pattern.end / H) if column.day == 0 else tomorrow.count(column.pattern.start / H)
        for j, tour in enumerate(work.tours.columns):  # one day each: nobody needs rest
            x[work.tours.first + j] = 3 if len(tour.days) == 1 else 0
        assert found.broken(x) == []
        rows = [i for i, name in enumerate(found.row_names) if name.startswith("week.rest")]
        for both in (1, 2, 3):  # people who work on both days instead: the rows have that many fewer people
            people = 6 - both
            value = found.rows[rows] @ np.where(np.arange(found.size) < work.tours.first, x, 0.0)
            ours = bool((value <= people + 1e-9).all())
            assert ours == rest_can_be_kept(today, tomorrow, both), (today, tomorrow, both)
            kept.add(ours)
    assert kept == {True, False}


def test_two_weeks_are_two_times_the_rules():
    _, times, found = staff(tree(block(), {**WEEK, "days": 14}))
    best = cover(found, need_of(times, 4, 3), gap=0.2)
    assert found.broken(best.x) == []
    names = {name.partition(",")[0] for name in found.row_names}
    assert {"week.days_on", "week.hours", "week.rest", "contracts.full.share.min"} == names


def test_without_rules_of_the_week_nobody_is_counted_by_days():
    _, _, found = staff(tree({"shifts": LONG}, {"days": 2}, team={}))
    assert found.payload.tours is None


def test_the_example_week_can_be_staffed():
    """The block of `scenarios/staffing-week.yaml`: rules that go together, and people for half of today's staff."""
    scenario = read(EXAMPLE)
    times = timeline(scenario)
    found = structure(scenario, times, prices(scenario, times))
    check_rules(found)
    need = np.minimum(plan(scenario, times).present * 0.5, 3.0)
    best = cover(found, need, gap=0.1, seconds=60)
    assert best.status == "optimal"
    assert found.broken(best.x) == []
