"""Who is there when: headcounts and shifts against events and hours counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cxsim.model.calendar import timeline
from cxsim.model.demand import expected
from cxsim.model.plan import Plan, plan, plan_of_levels, plan_of_lines
from cxsim.model.staffing_input import Line
from cxsim.scenario import Scenario, ScenarioError, parse, read
from cxsim.schema.plan_events import BREAK_BEGINS, BREAK_ENDS, COME, FALL, LEAVE, RISE
from cxsim.tables.reader import TableError

H = 3600.0
DAY = 86400.0


def made(group: dict[str, Any], folder: Path | None = None, **more: Any) -> Plan:
    """The plan of one group, Monday 2 March 2026, 08:00-12:00 in hours, unless told otherwise."""
    horizon = {"start": "2026-03-02", "open": "08:00-12:00", "interval": "1 h", **more.pop("horizon", {})}
    tree = {
        "cxsim": 1,
        "horizon": horizon,
        "reasons": {"sales": {"volume": {"per_hour": 10}, "handle_time": "4 min"}},
        "groups": {"team": {"serves": ["sales"], **group}},
    }
    s = parse({**tree, **more}, folder=folder or ".")
    return plan(s, timeline(s))


ALONE = {"before": 0, "after": 0}  # of the days around the horizon, none


def rows(p: Plan) -> list[tuple[float, int, int, int]]:
    """Events as (hour, kind, agent, count)."""
    return [(float(e["time"]) / H, int(e["kind"]), int(e["agent"]), int(e["count"])) for e in p.events]


def file(folder: Path, text: str) -> dict[str, Any]:
    (folder / "staff.csv").write_text(text)
    return {"staff": {"file": "staff.csv"}}


def test_one_number_is_there_whenever_it_is_open() -> None:
    p = made({"agents": 5, "wage": 20}, horizon={"days": 2, "open": "08:00-10:00, 11:00-12:00"})
    assert rows(p) == [
        (8, RISE, -1, 5),
        (10, FALL, -1, 0),
        (11, RISE, -1, 5),
        (12, FALL, -1, 0),
        (32, RISE, -1, 5),
        (34, FALL, -1, 0),
        (35, RISE, -1, 5),
        (36, FALL, -1, 0),
    ]
    assert p.first_seat.tolist() == [0, 5]
    assert p.seats == ("team 1", "team 2", "team 3", "team 4", "team 5")
    assert p.by_count.tolist() == [True]
    assert p.wage.tolist() == [20.0]
    assert p.paid.sum() == 2 * 3 * 5 * H


def test_a_list_of_headcounts_rises_and_falls_only_where_it_changes() -> None:
    p = made({"agents": [3, 5, 5, 2]})
    assert rows(p) == [(8, RISE, -1, 3), (9, RISE, -1, 5), (11, FALL, -1, 2), (12, FALL, -1, 0)]
    assert p.present[0, 8:12].tolist() == [3, 5, 5, 2]
    assert p.present.sum() == 15
    assert p.first_seat.tolist() == [0, 5]


def test_a_shorter_day_skips_the_numbers_of_its_closed_hours() -> None:
    p = made({"agents": [3, 5, 4, 2]}, horizon={"days": 2, "open": {"mon": "08:00-12:00", "tue": "09:30-11:00"}})
    assert rows(p)[5:] == [(33.5, RISE, -1, 5), (34, FALL, -1, 4), (35, FALL, -1, 0)]
    assert p.present[0, 33] == 2.5


def test_around_the_clock_nobody_leaves_at_midnight_and_all_leave_at_the_end() -> None:
    p = made({"agents": 4}, horizon={"days": 3, "open": "00:00-24:00", **ALONE})
    assert rows(p) == [(0, RISE, -1, 4), (72, FALL, -1, 0)]


def test_steady_state_keeps_its_headcount_to_the_end() -> None:
    s = parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "1 h", "length": "10 h"}, "interval": "1 h"},
            "reasons": {"sales": {"volume": {"per_hour": 10}, "handle_time": "4 min"}},
            "groups": {"team": {"serves": ["sales"], "agents": 7}},
        }
    )
    p = plan(s, timeline(s))
    assert rows(p) == [(0, RISE, -1, 7), (11, FALL, -1, 0)]
    assert p.present.tolist() == [[7.0] * 10]
    assert p.paid.sum() == 70 * H


def test_shrinkage_comes_off_scheduled_headcounts_and_is_paid_either_way() -> None:
    p = made({"agents": [10, 11, 12, 13], "shrinkage": {"planned": "20%", "unplanned": "10%"}, "scheduled": True})
    assert p.present[0, 8:12].tolist() == [7, 8, 9, 9]  # 7.2, 7.92, 8.64 and 9.36, rounded
    assert p.scheduled[0, 8:12] == pytest.approx([10, 11, 12, 13])
    assert p.paid.sum() == pytest.approx(46 * H)
    assert p.notes == (
        "At most 13 scheduled × (1 − 28 %) = 9.4 present, and all 13 are paid (Mon 2 Mar 11:00).",
        "Headcounts are rounded to whole agents present, largest remainders up:"
        " 33.1 agent-hours exactly, 33.0 rounded, over the counted time.",
    )
    p = made({"agents": 9, "shrinkage": "25%", "scheduled": False})
    assert p.present[0, 8] == 9
    assert p.scheduled[0, 8] == pytest.approx(12)
    assert p.paid.sum() == pytest.approx(48 * H)
    assert p.notes == ("At most 9 present, paid as 9 ÷ (1 − 25 %) = 12 (Mon 2 Mar 08:00).",)


def test_headcounts_are_read_from_a_long_table_with_dates_and_followed_when_closed(tmp_path: Path) -> None:
    text = (
        "group,date,start,agents\nteam,2026-03-02,08:00,2\nteam,2026-03-02,09:00,4\nteam,2026-03-02,10:00,0\n"
        "team,2026-03-02,11:00,1\nteam,2026-03-02,12:00,1\nteam,tue,08:00,3\n"
        "team,tue,09:00,0\nteam,tue,10:00,0\nteam,tue,11:00,0\n"
    )
    p = made({}, tmp_path, horizon={"days": 2, "after": "1 day"}, **file(tmp_path, text))
    assert rows(p) == [
        (8, RISE, -1, 2),
        (9, RISE, -1, 4),
        (10, FALL, -1, 0),
        (11, RISE, -1, 1),
        (13, FALL, -1, 0),  # staffed for an hour after closing
        (32, RISE, -1, 3),
        (33, FALL, -1, 0),
        (56, RISE, -1, 2),  # Wednesday, after the horizon, is staffed as Monday
        (57, RISE, -1, 4),
        (58, FALL, -1, 0),
        (59, RISE, -1, 1),
        (61, FALL, -1, 0),
    ]
    assert p.first_seat.tolist() == [0, 4]


def test_headcounts_are_read_from_a_wide_table_for_every_open_day(tmp_path: Path) -> None:
    text = "time,team,night\n08:00,2,1\n08:30,3,1\n"
    horizon = {"days": 2, "open": {"mon": "08:00-09:00", "tue": "closed"}, "interval": "30 min"}
    p = made({}, tmp_path, horizon=horizon, **file(tmp_path, text))
    assert rows(p) == [(8, RISE, -1, 2), (8.5, RISE, -1, 3), (9, FALL, -1, 0)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "group,start,agents\nteam,08:00,2\nteam,09:00,3\nteam,11:00,1\n",
            r":3  start:  has no row of 'team' for 10:00",
        ),
        ("group,start,agents\nteam,08:00,2\nteam,08:00,3\n", "second row for the same time"),
        ("group,start,agents\nteam,08:00,-1\n", "is below 0"),
        ("group,start,agents\nteam,08:00,some\n", "is not a number"),
        ("group,start,agents\nteem,08:00,2\n", "is not a group"),
        ("group,start\nteam,08:00\n", "no column 'agents'"),
        ("group,date,start,agents\nteam,2026-03-09,08:00,2\n", "has no rows for Mon 2026-03-02"),
        ("group,start,end\nteam,08:00,soon\n", r"'soon' is not a time"),
        ("group,start,end,breaks\nteam,08:00,12:00,lunch\n", "'lunch' is not a time span"),
        ("group,start,end,breaks\nteam,08:00,12:00,12:00-12:30\n", "is outside the shift"),
        ("group,start,end,agents\nteam,08:00,12:00,1.5\n", "is not a whole number of agents"),
        ("group,date,start,end\nteam,2026-03-09,08:00,12:00\n", "none of its shifts is in the horizon"),
    ],
)
def test_a_staff_table_that_does_not_fit_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    with pytest.raises((TableError, ScenarioError, ValueError), match=rule):
        made({}, tmp_path, **file(tmp_path, text))


def test_shifts_bring_people_with_breaks_and_pay_the_breaks() -> None:
    shifts = [
        {"group": "team", "start": "08:00", "end": "12:00", "breaks": ["10:00-10:30"], "agents": 2},
        {"group": "team", "start": "10:00", "end": "12:00"},
    ]
    p = made({"wage": 10}, staff={"shifts": shifts})
    assert rows(p) == [
        (8, COME, 0, 0),
        (8, COME, 1, 0),
        (10, BREAK_BEGINS, 0, 0),
        (10, BREAK_BEGINS, 1, 0),
        (10, COME, 2, 0),
        (10.5, BREAK_ENDS, 0, 0),
        (10.5, BREAK_ENDS, 1, 0),
        (12, LEAVE, 0, 0),
        (12, LEAVE, 1, 0),
        (12, LEAVE, 2, 0),
    ]
    assert p.by_count.tolist() == [False]
    assert p.present[0, 8:12].tolist() == [2, 2, 2, 3]
    assert p.paid.sum() == 10 * H


def test_seats_are_used_again_on_other_days_and_names_keep_theirs() -> None:
    shifts = [
        {"group": "team", "weekday": "mon", "start": "08:00", "end": "10:00"},
        {"group": "team", "weekday": "mon", "start": "11:00", "end": "12:00", "name": "Ann"},
        {"group": "team", "weekday": "tue", "start": "08:00", "end": "09:00", "name": "Ann"},
        {"group": "team", "weekday": "tue", "start": "09:00", "end": "12:00"},
    ]
    p = made({}, horizon={"days": 2}, staff={"shifts": shifts})
    assert p.seats == ("team 1", "Ann")
    assert rows(p) == [
        (8, COME, 0, 0),
        (10, LEAVE, 0, 0),
        (11, COME, 1, 0),
        (12, LEAVE, 1, 0),
        (32, COME, 1, 0),
        (33, LEAVE, 1, 0),
        (33, COME, 0, 0),
        (36, LEAVE, 0, 0),
    ]


def test_one_after_another_on_a_day_are_two_people_but_one_named_person_stays() -> None:
    shifts = [
        {"group": "team", "start": "08:00", "end": "10:00"},
        {"group": "team", "start": "10:00", "end": "12:00"},
    ]
    assert len(made({}, staff={"shifts": shifts}).seats) == 2
    named = [{**shift, "name": "Ann"} for shift in shifts]
    p = made({}, staff={"shifts": named})
    assert rows(p) == [(8, COME, 0, 0), (12, LEAVE, 0, 0)]


def test_a_named_person_cannot_be_in_two_places() -> None:
    shifts = [
        {"group": "team", "start": "08:00", "end": "10:30", "name": "Ann"},
        {"group": "team", "start": "10:00", "end": "12:00", "name": "Ann"},
    ]
    with pytest.raises((ScenarioError, ValueError), match="overlap"):
        made({}, staff={"shifts": shifts})


def test_night_shifts_pass_midnight_and_are_there_when_the_run_begins() -> None:
    shifts = [{"group": "team", "start": "22:00", "end": "06:00", "breaks": ["01:00-02:00"]}]
    p = made({}, horizon={"days": 2, "open": "00:00-24:00", **ALONE}, staff={"shifts": shifts})
    assert rows(p) == [
        (0, COME, 0, 0),
        (1, BREAK_BEGINS, 0, 0),
        (2, BREAK_ENDS, 0, 0),
        (6, LEAVE, 0, 0),
        (22, COME, 0, 0),
        (25, BREAK_BEGINS, 0, 0),
        (26, BREAK_ENDS, 0, 0),
        (30, LEAVE, 0, 0),
        (46, COME, 0, 0),
        (48, LEAVE, 0, 0),
    ]
    assert p.paid.sum() == 16 * H


def test_a_roster_is_read_from_a_table(tmp_path: Path) -> None:
    text = (
        "group,weekday,start,end,breaks,agents,name\nteam,mon-fri,08:00,12:00,09:00-09:15;11:00-11:15,1,Ann\n"
        "team,mon,10:00,12:00,,2,\nteam,tue,08:00,12:00,,1,\n"
    )
    p = made({}, tmp_path, horizon={"days": 2, "interval": "15 min"}, **file(tmp_path, text))
    assert p.seats == ("Ann", "team 2", "team 3")
    assert p.present[0, 32:48].tolist() == [1, 1, 1, 1, 0, 1, 1, 1, 3, 3, 3, 3, 2, 3, 3, 3]
    assert p.present[0, 96 + 32 : 96 + 48].tolist() == [2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2]


def test_shrinkage_of_scheduled_shifts_takes_whole_people_off_and_keeps_the_sum() -> None:
    shifts = [{"group": "team", "start": f"{8 + i % 2:02d}:00", "end": "12:00"} for i in range(10)]
    p = made({"shrinkage": "30%"}, staff={"shifts": shifts, "scheduled": True})
    assert len(p.seats) == 7
    assert p.present[0, 11] == 7
    assert p.scheduled[0, 11] == 10
    assert p.paid.sum() == (5 * 4 + 5 * 3) * H


def test_breaks_at_the_edges_of_a_shift_shorten_it() -> None:
    shifts = [{"group": "team", "start": "08:00", "end": "12:00", "breaks": ["08:00-08:30", "11:30-12:00"]}]
    assert rows(made({}, staff={"shifts": shifts})) == [(8.5, COME, 0, 0), (11.5, LEAVE, 0, 0)]


def test_simultaneous_changes_are_ordered_by_kind_group_and_agent() -> None:
    shifts = [
        {"group": "b", "start": "08:00", "end": "10:00"},
        {"group": "b", "start": "10:00", "end": "12:00"},
    ]
    groups = {
        "a": {"serves": ["sales"], "agents": [1, 1, 2, 2]},
        "b": {"serves": ["sales"]},
        "c": {"serves": ["sales"], "agents": [2, 2, 1, 1]},
    }
    p = made({}, groups=groups, staff={"shifts": shifts})
    at_ten = p.events[p.events["time"] == 10 * H]
    assert at_ten["kind"].tolist() == [FALL, LEAVE, RISE, COME]
    assert at_ten["group"].tolist() == [2, 1, 0, 1]
    assert p.first_seat.tolist() == [0, 2, 4, 6]
    assert (np.diff(p.events["time"]) >= 0).all()


def test_hours_before_the_horizon_are_staffed_but_not_counted() -> None:
    p = made({"agents": [1, 2, 3, 4]}, horizon={"before": "1 day", "after": "1 day"})
    assert len(p.events) == 15
    assert p.present.shape == (1, 24)
    assert p.present.sum() == 10
    assert p.paid.sum() == 10 * H


def test_a_closed_day_has_nobody_unless_its_own_rows_say_so(tmp_path: Path) -> None:
    horizon = {"days": 2, "after": "1 day", "open": {"mon": "08:00-12:00"}}
    text = "group,weekday,start,agents\nteam,mon,08:00,2\nteam,tue,09:00,1\n"
    text += "team,mon,09:00,0\nteam,mon,10:00,0\nteam,mon,11:00,0\n"
    p = made({}, tmp_path, horizon=horizon, **file(tmp_path, text))
    assert rows(p) == [(8, RISE, -1, 2), (9, FALL, -1, 0), (33, RISE, -1, 1), (34, FALL, -1, 0)]
    text = "group,weekday,start,end\nteam,mon,08:00,10:00\nteam,every day,11:00,12:00\n"
    p = made({}, tmp_path, horizon=horizon, **file(tmp_path, text))
    assert sorted(rows(p)) == [(8, COME, 0, 0), (10, LEAVE, 0, 0), (11, COME, 1, 0), (12, LEAVE, 1, 0)]
    assert made({"agents": 3}, horizon=horizon).paid.sum() == 12 * H


def test_the_night_shift_of_the_day_before_is_its_own(tmp_path: Path) -> None:
    text = "group,start,end\nteam,2026-03-01T22:00,2026-03-02T05:00\nteam,2026-03-02T22:00,2026-03-03T06:00\n"
    p = made({}, tmp_path, horizon={"open": "00:00-24:00", **ALONE}, **file(tmp_path, text))
    assert rows(p) == [(0, COME, 0, 0), (5, LEAVE, 0, 0), (22, COME, 0, 0), (24, LEAVE, 0, 0)]
    among = made({}, tmp_path, horizon={"open": "00:00-24:00"}, **file(tmp_path, text))  # with days before and after
    assert among.present.tolist() == p.present.tolist() and among.paid.sum() == p.paid.sum() == 7 * H


def test_the_multi_skill_day_is_staffed_from_its_table() -> None:
    path = Path(__file__).parents[1] / "scenarios" / "multi-skill-day.yaml"
    s = read(path)
    t = timeline(s)
    p = plan(s, t)
    assert len(p.groups) == 12
    assert p.by_count.all()
    assert (t.days_before, t.days, t.days_after) == (0, 1, 1)
    assert (p.present[:, t.open_mask] >= 2).all()
    assert p.present[:, ~t.open_mask].sum() == 0
    fresh = expected(s, t)
    assert fresh.shape == (8, 48)
    assert 19_900 < fresh.sum() < 20_100


def eight(agents: dict[str, Any], **more: Any) -> Plan:
    """Eight groups of the same kind, scheduled, of whom a quarter is missing."""
    groups = {f"g{k}": {"serves": ["sales"], "shrinkage": "25%", **agents} for k in range(8)}
    return made({}, groups=groups, **{"staff": {"scheduled": True, **more.pop("staff", {})}, **more})


def test_shrinkage_is_rounded_over_all_groups_together() -> None:
    p = eight({"agents": 2})  # 1.5 each: 12 in all, where each group alone would have 2
    assert p.present[:, 8].tolist() == [2, 2, 2, 2, 1, 1, 1, 1]
    assert len(p.events) == 16  # the same people all day
    assert "48.0 agent-hours exactly, 48.0 rounded" in p.notes[1]
    p = eight({"agents": [2, 3, 2, 6]})
    assert p.present[:, 8:12].sum(axis=0).tolist() == [12, 18, 12, 36]
    assert p.present[:4, 10].tolist() == [2] * 4
    assert (p.present[:, 8] == p.present[:, 10]).all()


def test_a_group_of_one_is_not_rounded_away() -> None:
    assert eight({"agents": 1}).present[:, 8].tolist() == [1] * 8
    p = made(
        {},
        groups={
            "large": {"serves": ["sales"], "shrinkage": "25%", "agents": 10},  # 7.5
            "small": {"serves": ["sales"], "shrinkage": "25%", "agents": 1},  # 0.75
        },
        staff={"scheduled": True},
    )
    assert p.present[:, 8].tolist() == [7, 1]


def test_shrinkage_of_shifts_is_rounded_over_all_groups_together() -> None:
    shifts = [{"group": f"g{k}", "start": "08:00", "end": "12:00", "agents": 2} for k in range(8)]
    p = eight({}, staff={"shifts": shifts})
    assert p.present[:, 8].sum() == 12
    assert p.present[:, 8].min() == 1


def same(one: Plan, other: Plan) -> None:
    """The same people at the same times for the same money."""
    assert one.events.tolist() == other.events.tolist()
    assert one.first_seat.tolist() == other.first_seat.tolist()
    assert one.seats == other.seats
    assert one.by_count.tolist() == other.by_count.tolist()
    for part in ("scheduled", "present", "paid", "wage"):
        np.testing.assert_allclose(getattr(one, part), getattr(other, part), rtol=1e-12, atol=1e-6, err_msg=part)


def two(first: Any, horizon: dict[str, Any], **more: Any) -> Scenario:
    """Two groups, the second always of four."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"interval": "30 min", **({} if "steady" in horizon else {"start": "2026-03-02"}), **horizon},
            "reasons": {"sales": {"volume": {"per_hour": 10}, "handle_time": "4 min"}},
            "groups": {
                "team": {
                    "serves": ["sales"],
                    "wage": 20,
                    "shrinkage": "25%",
                    **({} if "scheduled" in more.get("staff", {}) else {"scheduled": False}),
                    **first,
                },
                "rest": {"serves": ["sales"], "wage": 30, **({} if "staff" in more else {"agents": 4})},
            },
            **more,
        }
    )


@pytest.mark.parametrize(
    ("agents", "horizon"),
    [
        ([3, 5, 0, 2], {"open": "08:00-10:00"}),
        ([3, 5, 5, 2, 7, 7], {"open": "08:15-10:50", "days": 2}),
        (5, {"open": "08:00-10:00, 11:00-12:15", "days": 3, "before": "2 days", "after": "1 days"}),
        (5, {"open": "00:00-24:00", "days": 2, "before": "3 days", "after": "5 days"}),
        (0, {"open": "08:00-10:00"}),
        (6, {"steady": {"warm_up": "45 min", "length": "200 min"}}),
    ],
)
def test_levels_make_the_plan_that_headcounts_make(agents: Any, horizon: dict[str, Any]) -> None:
    scenario = two({"agents": agents}, horizon)
    when = timeline(scenario)
    usual = plan(scenario, when)
    edges = np.append(when.counted_from + when.interval * np.arange(when.n_intervals), when.counted_to)
    levels = np.rint(usual.present * np.diff(edges) / np.where(when.open_mask, when.open_seconds, 1.0))
    same(plan_of_levels(scenario, when, levels), usual)


def test_levels_are_present_and_paid_with_the_shrinkage_of_people_scheduled() -> None:
    scenario = two({"agents": 4, "scheduled": True}, {"open": "08:00-10:00"})
    when = timeline(scenario)
    levels = np.where(when.open_mask, [[3], [4]], 0)
    same(plan_of_levels(scenario, when, levels), plan(scenario, when))


def test_days_outside_the_horizon_have_the_levels_of_their_model_day() -> None:
    """Thursday and Friday counted; the Wednesday before and the Saturday after have the first day's and second's."""
    horizon = {"start": "2026-03-05", "days": 2, "open": "08:00-09:00", "before": "1 days", "after": "2 days"}
    scenario = two({"agents": 1}, horizon)
    when = timeline(scenario)
    levels = np.zeros((2, 96), dtype=int)
    levels[0, [16, 17]], levels[0, [64, 65]] = [2, 3], [5, 5]
    made_of = plan_of_levels(scenario, when, levels)
    days = [[int(e["count"]) for e in made_of.events if e["time"] // DAY == d] for d in range(5)]
    of_day = {0: [2, 3, 0], 1: [5, 0]}
    assert days == [of_day[when.model_day(d)] for d in range(5)]
    assert {when.model_day(d) for d in (0, 3, 4)} == {0, 1}
    assert made_of.first_seat.tolist() == [0, 5, 5]
    assert made_of.present[0].sum() == 15


@pytest.mark.parametrize("levels", [np.zeros((2, 47)), np.full((2, 48), -1), np.full((2, 48), 0.5), np.zeros(48)])
def test_levels_that_are_no_headcounts_are_refused(levels: Any) -> None:
    scenario = two({"agents": 1}, {"open": "08:00-09:00"})
    with pytest.raises(ValueError, match="2 × 48 whole numbers"):
        plan_of_levels(scenario, timeline(scenario), levels)


ROSTER = [
    {"group": "team", "start": "08:00", "end": "16:00", "breaks": ["12:00-12:30"], "agents": 3},
    {"group": "team", "start": "22:00", "end": "06:00", "agents": 2, "paid": "7 h"},
    {"group": "team", "start": "08:00", "end": "16:00", "breaks": ["12:30-13:00"], "agents": 2},
    {"group": "team", "start": "09:00", "end": "13:00", "agents": 1, "name": "Ann", "weekday": "mon-thu"},
    {"group": "rest", "start": "10:00", "end": "14:00", "agents": 4},
]


def lines_of(scenario: Scenario) -> dict[str, list[list[Line]]]:
    """The roster lines of each counted day, as the scenario states them."""
    when = timeline(scenario)
    out: dict[str, list[list[Line]]] = {}
    for name in scenario.groups:
        out[name] = []
        for d in range(when.days):
            weekday = when.dates[when.days_before + d].weekday()
            shifts = [s for s in scenario.staff.shifts if s.group == name and scenario.horizon.open.get(weekday)]
            out[name].append(
                [
                    Line(s.start, s.end, s.breaks, s.agents, s.name, s.paid)
                    for s in sorted(shifts, key=lambda s: s.weekday is None)
                    if s.weekday is None or weekday in s.weekday
                ]
            )
    return out


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize(
    "horizon",
    [
        {"open": "00:00-24:00"},
        {"open": "00:00-24:00", "days": 7, "before": "3 days", "after": "9 days"},
        {"open": {"mon-fri": "00:00-24:00", "sat": "closed"}, "days": 7, "before": "4 days", "after": "2 days"},
    ],
)
def test_lines_make_the_plan_that_shifts_make(horizon: dict[str, Any], scheduled: bool) -> None:
    scenario = two({}, horizon, staff={"shifts": ROSTER, "scheduled": scheduled})
    when = timeline(scenario)
    same(plan_of_lines(scenario, when, lines_of(scenario)), plan(scenario, when))


def test_a_group_without_lines_has_nobody() -> None:
    scenario = two({"agents": 3}, {"open": "08:00-16:00"})
    line = Line(8 * H, 16 * H, (), 2, None)
    made_of = plan_of_lines(scenario, timeline(scenario), {"rest": [[line]], "team": [[]]})
    assert made_of.first_seat.tolist() == [0, 0, 2]
    assert made_of.by_count.tolist() == [False, False]
    assert made_of.present.sum(axis=1).tolist() == [0, 32]
    assert rows(made_of) == [(8, COME, 0, 0), (8, COME, 1, 0), (16, LEAVE, 0, 0), (16, LEAVE, 1, 0)]


def test_lines_of_another_horizon_or_group_are_refused() -> None:
    scenario = two({"agents": 3}, {"open": "08:00-16:00"})
    when = timeline(scenario)
    for given in ({"rest": [[], []]}, {"nobody": [[]]}):
        with pytest.raises(ValueError, match="1 days per group are expected"):
            plan_of_lines(scenario, when, given)
