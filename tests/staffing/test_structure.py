"""Staff that can be had: levels, costs and tables of headcounts and shifts agree with the plan that is run."""

import numpy as np
import pytest
from staffing.staff import prices, read_back, same, staff, tree

from cxsim import parse
from cxsim.model.calendar import timeline
from cxsim.model.plan import plan
from cxsim.optimizer.shifts.staff import structure
from cxsim.tables.reader import TableError

LUNCH = {"open": {"mon-fri": ["08:00-12:00", "13:00-18:30"], "sat": "09:30-14:00"}, "days": 6}
QUARTERS = {"open": "08:15-18:45"}


def random(structure, seed, most=5):
    """Whole numbers inside the bounds of columns, completed."""
    draw = np.random.default_rng(seed)
    x = np.clip(draw.integers(0, most, structure.size), structure.low, structure.high).astype(float)
    return structure.complete(x)


@pytest.mark.parametrize("horizon", [{}, LUNCH, QUARTERS, {"open": "00:00-24:00", "days": 2}], ids=str)
@pytest.mark.parametrize("scheduled", [False, True])
def test_a_plan_of_headcounts_is_read_back_exactly(horizon, scheduled, tmp_path):
    given = tree(horizon=horizon)
    given["groups"]["front"]["scheduled"] = scheduled
    scenario, times, found = staff(given)
    x = random(found, 1)
    table = found.table(x)
    assert table["agents"].dtype.kind == "i"  # whole people, present
    back, cost = read_back(scenario, times, table, tmp_path / "plan.csv", **{"groups.front.scheduled": False})
    assert same(back, found.plan(x))
    assert cost == pytest.approx(found.cost_of(x), rel=1e-12)
    share = times.open_seconds / times.interval
    np.testing.assert_allclose(back.present, found.levels(x) * share, atol=1e-12)


def test_headcounts_are_the_open_intervals_and_leavers_stay_within_an_opening():
    scenario, times, found = staff(tree(horizon=LUNCH), leaver=0.5)
    n, opens = int(times.open_mask.sum()), 5 * 2 + 1
    assert n == 5 * (8 + 11) + 9
    assert found.size == 2 * n + 2 * (n - opens)
    assert found.integer.sum() == 2 * n
    x = random(found, 2)
    falls = 0.0
    levels = found.levels(x)
    for i in range(times.n_intervals - 1):
        if times.open_mask[i] and times.open_mask[i + 1]:
            falls += np.maximum(0, levels[:, i] - levels[:, i + 1]).sum()
    assert x[2 * n :].sum() == falls
    assert found.broken(x) == []
    assert found.cost_of(x) == pytest.approx(0.5 * falls + (levels * prices(scenario, times).present).sum())
    less = x.copy()
    less[2 * n + int(np.argmax(x[2 * n :] > 0))] = 0.0
    assert len(found.broken(less)) == 1
    assert found.broken(less)[0].startswith("leavers, ")


def test_steady_state_has_one_column_a_group(tmp_path):
    given = tree()
    given["horizon"] = {"steady": {"warm_up": "2 h", "length": "10 h"}}
    _, times, found = staff(given, leaver=1.0)
    assert found.names == ("front", "back")
    x = np.array([4.0, 2.0])
    assert (found.levels(x) == [[4.0], [2.0]] * np.ones(times.n_intervals)).all()
    assert found.cost_of(x) == pytest.approx(10 * (4 * 20 / 0.8 + 2 * 15))
    assert (found.plan(x).present == found.levels(x)).all()


def test_limits_of_groups_and_todays_headcounts_are_bounds():
    _, times, found = staff(tree({"groups": {"front": {"min": 1, "max": 7, "keep": True}, "back": {"min": 2}}}))
    n = int(times.open_mask.sum())
    assert (found.low[:n] == 3).all()  # today's
    assert (found.high[:n] == 7).all()
    assert (found.low[n : 2 * n] == 2).all()
    assert (found.high[n : 2 * n] == 4).all()  # 110 % of the 3 on today's roster, rounded up


def test_no_group_has_more_than_its_team_unless_the_scenario_says_so():
    """Fails without `within_team`: any number of agents could be planned."""
    most = [
        staff(tree(asked))[2].high[0] for asked in (None, {"within_team": False}, {"groups": {"front": {"max": 9}}})
    ]
    assert most == [4, np.inf, 9]
    _, _, found = staff(tree({"shifts": SHIFTS}))
    assert "groups.front.max, 08:00" in found.broken(np.full(found.size, 5.0))


def test_a_group_of_whom_nobody_is_on_the_roster_needs_a_limit():
    given = tree()
    for group in given["groups"].values():
        group["agents"] = 0
    with pytest.raises(ValueError) as refused:
        staff(given)
    said = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in said] == ["optimize.groups.front.max", "optimize.groups.back.max"]
    assert "write optimize: {groups: {front: {max: 12}}}, or within_team: false" in said[0]
    assert staff(given | {"optimize": {"within_team": False}})[2].size


def test_changes_from_interval_to_interval_are_limited():
    _, times, found = staff(tree({"groups": {"front": {"change": 2}}}))
    x = np.full(found.size, 3.0)
    assert found.broken(x) == []
    x[5] = 0.0
    assert found.broken(found.complete(x)) == ["groups.front.change, 10:30", "groups.front.change, 11:00"]
    x[int(times.open_mask.sum()) + 5] = 0.0  # of the group without a limit
    assert len(found.broken(found.complete(x))) == 2


def test_limits_below_todays_staff_that_is_to_stay_are_refused():
    with pytest.raises(ValueError, match=r"groups\.front\.max: 2 is below the 3 current agents at 08:00"):
        staff(tree({"groups": {"front": {"max": 2, "keep": True}}}))


def test_a_budget_is_a_row():
    _, _, found = staff(tree({"budget": 500, "maximise": "sl"}), leaver=0.1)
    x = np.zeros(found.size)
    assert found.broken(x) == []
    x[:24] = 1.0
    assert found.cost_of(x) == pytest.approx(300.0)
    assert found.broken(2 * x) == ["budget", "leavers, front 19:30"][:1]


SHIFTS = {
    "lengths": ["4 h", "8 h"],
    "starts_every": "1 h",
    "break": [
        {"length": "30 min", "after": "3 h", "before": "5 h", "for": "8 h"},
        {"length": "15 min", "after": "1 h", "before": "2 h", "paid": True},
    ],
    "paid_extra": "15 min",
    "overtime": {"up_to": "1 h", "pay": "150%"},
    "contracts": {"full": {"lengths": "8 h"}, "part": {"lengths": "4 h", "wage": "95%"}},
}


@pytest.mark.parametrize("horizon", [{}, LUNCH, {"open": "00:00-24:00", "days": 7}, {"open": "00:00-24:00"}], ids=str)
def test_a_plan_of_shifts_is_read_back_exactly(horizon, tmp_path):
    given = tree({"shifts": SHIFTS}, horizon=horizon)
    if horizon == LUNCH:
        given["optimize"]["shifts"] = SHIFTS | {"lengths": ["4 h"], "contracts": {}, "break": []}
    scenario, times, found = staff(given)
    x = np.zeros(found.size)
    x[np.random.default_rng(3).choice(found.size, 40)] = 2.0
    back, cost = read_back(scenario, times, found.table(x), tmp_path / "plan.csv")
    assert same(back, found.plan(x))
    assert cost == pytest.approx(found.cost_of(x), rel=1e-12)
    share = times.open_seconds / times.interval
    np.testing.assert_allclose(back.present, found.levels(x) * share, atol=1e-12)


def test_people_scheduled_are_present_less_their_shrinkage(tmp_path):
    given = tree({"shifts": SHIFTS})
    given["groups"]["front"] |= {"scheduled": True, "shrinkage": "25%"}
    scenario, times, found = staff(given)
    x = np.zeros(found.size)
    x[[5, 6]] = 4.0
    assert found.levels(x).max() == 6.0  # of eight
    back, cost = read_back(scenario, times, found.table(x), tmp_path / "plan.csv")
    assert same(back, found.plan(x))
    assert cost == pytest.approx(found.cost_of(x))


def test_ends_and_breaks_of_shifts_have_the_price_of_a_leaver():
    _, _, plain = staff(tree({"shifts": SHIFTS}))
    _, _, priced = staff(tree({"shifts": SHIFTS}), leaver=0.7)
    breaks = np.array([len(column.pattern.breaks) for column in plain.payload.columns])
    assert set(breaks) == {1, 2}
    np.testing.assert_allclose(priced.cost - plain.cost, 0.7 * (1 + breaks))


def test_wages_that_do_not_count_cost_nothing():
    _, _, found = staff(tree({"shifts": SHIFTS, "counts": ["overrun"]}), leaver=0.5)
    assert set(found.cost) == {1.0, 1.5}


def test_todays_shifts_may_stay(tmp_path):
    given = tree({"shifts": {"lengths": ["4 h"], "keep": True}})
    for group in given["groups"].values():
        del group["agents"]
    given["staff"] = {
        "shifts": [
            {"group": "front", "start": "09:00", "end": "17:00", "breaks": "12:00-12:30", "agents": 2, "paid": "7h30m"},
            {"group": "front", "start": "10:00", "end": "14:00", "name": "Ada"},
            {"group": "back", "start": "08:00", "end": "16:00"},
        ]
    }
    scenario, times, found = staff(given)
    fixed = found.low == found.high
    assert fixed.sum() == 3
    assert [found.names[j] for j in np.flatnonzero(fixed)][1] == "front 10:00-14:00, stays (Ada)"
    today = plan(scenario, times)
    np.testing.assert_allclose(found.levels(found.low), today.present)
    assert found.cost_of(found.low) == pytest.approx(float((today.paid.sum(axis=1) * today.wage).sum()) / 3600.0)
    found.table(found.low + ~fixed * 0.0).to_csv(tmp_path / "plan.csv", index=False)
    back = plan(scenario.vary({"staff.file": str(tmp_path / "plan.csv"), "staff.shifts": None}), times)
    assert same(back, today)
    assert "Ada" in back.seats


def test_limits_of_groups_are_rows_in_the_users_words():
    _, _, found = staff(tree({"shifts": SHIFTS, "groups": {"front": {"min": 1, "max": 2}}}))
    moments = len(found.moments().labels)
    assert moments >= 24
    assert sum(name.startswith("groups.front.min, ") for name in found.row_names) == moments
    broken = found.broken(np.zeros(found.size))
    assert broken[0] == "groups.front.min, 08:00"
    assert len(broken) == moments
    x = np.zeros(found.size)
    x[0] = 3.0
    assert "groups.front.max, 08:00" in found.broken(x)


def test_shares_of_contracts_are_kept_on_each_day():
    full, part = {"lengths": "8 h", "share": {"min": "60%"}}, {"lengths": "4 h", "max": 3}
    asked = SHIFTS | {"contracts": {"full": full, "part": part}}
    _, _, found = staff(tree({"shifts": asked, "within_team": False}, horizon={"days": 2}))
    kinds = np.array([column.pattern.contract for column in found.payload.columns])
    days = np.array([column.day for column in found.payload.columns])
    x = np.zeros(found.size)
    x[np.flatnonzero((kinds == "full") & (days == 0))[0]] = 6
    x[np.flatnonzero((kinds == "part") & (days == 0))[0]] = 4
    assert found.broken(x) == ["contracts.part.max, Mon 2 Mar"]
    x[np.flatnonzero((kinds == "full") & (days == 0))[0]] = 5
    assert found.broken(x) == ["contracts.full.share.min, Mon 2 Mar", "contracts.part.max, Mon 2 Mar"]


def test_shifts_that_are_not_given_are_refused():
    scenario = parse(tree({"staff": "headcounts"}))
    times = timeline(scenario)
    from cxsim.optimizer.shifts.staff import shifts

    with pytest.raises(ValueError, match="there are no shifts"):
        shifts(scenario, times, prices(scenario, times))
    assert structure(scenario, times, prices(scenario, times)).kind == "headcounts"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("7.75,7h45m", None),
        ("-1,", "is not a number of hours; write a number such as 7.75"),
        ("seven,", "is not a number of hours"),
        (",", "all"),
    ],
)
def test_paid_hours_of_a_table_of_shifts(cells, said, tmp_path):
    path = tmp_path / "shifts.csv"
    hours, inline = cells.split(",")
    path.write_text(f"group,start,end,agents,paid_hours\nfront,08:00,16:30,2,{hours}\n")
    given = tree(front={"wage": 20})
    del given["groups"]["front"]["agents"]
    scenario = parse(given | {"staff": {"file": str(path)}})
    if said not in (None, "all"):
        with pytest.raises(TableError, match=said):
            plan(scenario, timeline(scenario))
        return
    found = plan(scenario, timeline(scenario))
    assert found.paid.sum() == pytest.approx(2 * 3600 * (8.5 if said else 7.75))
    assert found.scheduled.sum() == found.present.sum() == 2 * 17
    if inline:
        shift = {"group": "front", "start": "08:00", "end": "16:30", "agents": 2, "paid": inline}
        again = parse(given | {"staff": {"shifts": [shift]}})
        assert same(plan(again, timeline(again)), found)
