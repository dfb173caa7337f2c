"""Absences by day, holidays and other opening hours on single dates, worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from staffing.staff import prices

from cxsim.model.calendar import timeline
from cxsim.model.demand import demand
from cxsim.model.plan import plan, plan_of_lines
from cxsim.model.prepare import facts
from cxsim.model.staffing_input import Line
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.shifts.staff import structure
from cxsim.scenario import ScenarioError, parse
from cxsim.simulation.simulate import simulate

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)


def tree(**more: Any) -> dict[str, Any]:
    """Three days from Monday, of four hours; two groups of ten and five people."""
    return {
        "cxsim": 1,
        "horizon": {"start": "2026-11-02", "days": 3, "open": "08:00-12:00", "interval": "1 h", "before": "0 days"}
        | {"after": "0 days"}
        | more.pop("horizon", {}),
        "reasons": {"a": {"volume": "30/h", "handle_time": "4 min", "patience": "3 min"}},
        "groups": {"g": {"serves": ["a"], "wage": 20}, "h": {"serves": ["a"], "wage": 30}},
        "staff": {"headcounts": {"g": 10, "h": 5}},
        **more,
    }


SHIFTS = {
    "shifts": [
        {"group": "g", "start": "08:00", "end": "12:00", "agents": 10},
        {"group": "h", "start": "08:00", "end": "12:00", "agents": 5},
    ]
}
FLU = {"name": "flu", "share": "20%", "date": "2026-11-03"}


def present(values: dict[str, Any]) -> list[list[float]]:
    """Agents of each group in the first hour of each day."""
    scenario = parse(values)
    found = plan(scenario, timeline(scenario)).present
    return [[float(x) for x in row[8::24]] for row in found]


@pytest.mark.parametrize("staff", [None, SHIFTS])
def test_a_share_of_the_people_of_a_day_is_away(staff):
    more = {"staff": staff} if staff else {}
    assert present(tree(absences=[FLU], **more)) == [[10, 8, 10], [5, 4, 5]]
    assert present(tree(absences=[FLU | {"groups": "h"}], **more)) == [[10, 10, 10], [5, 4, 5]]
    weekday = {"share": "40%", "weekday": "mon, wed"}
    assert present(tree(absences=[weekday], **more)) == [[6, 10, 6], [3, 5, 3]]
    # 1 − (1 − 20 %)(1 − 50 %) = 60 % away on Tuesday
    assert present(tree(absences=[FLU, {"share": "50%"}], **more))[0] == [5, 4, 5]
    assert present(tree(absences=[{"share": "100%"}], **more)) == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("staff", [None, SHIFTS])
def test_whole_people_are_away_so_that_the_sum_over_the_groups_is_right(staff):
    """10 % of 10 and of 5 people leaves 9 + 4.5 = 13.5, which is 14; 15 % leaves 8.5 + 4.25 = 12.75, which is 13."""
    more = {"staff": staff} if staff else {}
    assert sum(row[1] for row in present(tree(absences=[FLU | {"share": "10%"}], **more))) == 14
    assert sum(row[1] for row in present(tree(absences=[FLU | {"share": "15%"}], **more))) == 13


@pytest.mark.parametrize("staff", [{"headcounts": {"g": 10, "h": 5}}, SHIFTS])
@pytest.mark.parametrize("scheduled", [True, False])
def test_who_is_absent_is_paid(staff, scheduled):
    """With shrinkage of 20 %: scheduled people are 10 paid; people present are 10 ÷ 0.8 = 12.5 paid."""
    values = tree(staff=staff | {"scheduled": scheduled})
    for group in values["groups"].values():
        group["shrinkage"] = "20%"
    without, sick = (facts(parse(values | extra))[1] for extra in ({}, {"absences": [FLU]}))
    assert np.array_equal(sick.paid, without.paid)
    assert np.array_equal(sick.scheduled, without.scheduled)
    assert sick.paid[0, 8] == 3600 * (10 if scheduled else 12.5)
    kept = 0.8 if scheduled else 1.0
    assert sick.present[:, 32].sum() == np.floor(15 * kept * 0.8 + 0.5)
    assert sick.present[:, 8].sum() == 15 * kept


def test_lines_of_a_plan_have_the_absences_too():
    """The optimizer's shifts go through `plan_of_lines`."""
    scenario = parse(tree(absences=[FLU]))
    line = Line(8 * 3600.0, 12 * 3600.0, (), 10, None)
    found = plan_of_lines(scenario, timeline(scenario), {"g": [[line]] * 3})
    assert found.present[0, 8::24].tolist() == [10, 8, 10]


def test_a_holiday_has_no_contacts_and_no_staff(tmp_path: Path):
    rows = "".join(
        f"{day},{hour:02d}:00,{count}\n" for day in ("mon", "tue", "wed") for hour, count in enumerate([7] * 4, 8)
    )
    (tmp_path / "staff.csv").write_text("weekday,time,g\n" + rows)
    (tmp_path / "shifts.csv").write_text("group,weekday,start,end,agents\ng,mon-wed,08:00,12:00,7\n")
    for how in ({"holidays": "2026-11-03"}, {"exceptions": {"2026-11-03": "closed"}}):
        for staff in ({"headcounts": {"g": 7}}, {"file": "staff.csv"}, {"file": "shifts.csv"}, {
            "shifts": [{"group": "g", "start": "08:00", "end": "12:00", "weekday": "mon-wed", "agents": 7}]
        }):  # fmt: skip
            values = tree(staff=staff, horizon=how)
            del values["groups"]["h"]
            when, who, volume = facts(parse(values, folder=tmp_path))
            assert [len(hours) for hours in when.hours] == [1, 0, 1]
            assert who.present[0, 8::24].tolist() == [7, 0, 7], staff
            assert who.paid[0].reshape(3, 24).sum(axis=1).tolist() == [7 * 4 * 3600, 0, 7 * 4 * 3600]
            assert float(np.sum(volume.totals)) == pytest.approx(2 * 4 * 30)
    assert any(
        "2026-11-03 is closed for a holiday, not 08:00-12:00 as usual" in note for note in _notes(holidays=[TUESDAY])
    )


def _notes(**horizon: Any) -> tuple[str, ...]:
    return timeline(parse(tree(horizon={k: [str(x) for x in v] for k, v in horizon.items()}))).notes


def test_a_date_may_have_other_hours():
    """Two hours instead of four on Tuesday: 60 contacts instead of 120, and half the paid time."""
    when, who, volume = facts(parse(tree(horizon={"exceptions": {"2026-11-03": "10:00-12:00"}})))
    assert when.hours == (((28800.0, 43200.0),), ((36000.0, 43200.0),), ((28800.0, 43200.0),))
    assert who.present[0, 24:48].tolist() == [0] * 10 + [10, 10] + [0] * 12
    assert who.paid[0].reshape(3, 24).sum(axis=1).tolist() == [144000, 72000, 144000]
    assert float(np.sum(volume.totals)) == pytest.approx(120 + 60 + 120)


def test_a_list_has_a_number_for_each_hour_that_some_day_is_open():
    values = tree(horizon={"exceptions": {"2026-11-03": "08:00-13:00"}})
    values["reasons"]["a"]["volume"] = {"per_hour": [10, 20, 30, 40, 50]}
    volume = demand(parse(values), timeline(parse(values)))
    assert float(np.sum(volume.totals)) == pytest.approx(100 + 150 + 100)
    values["reasons"]["a"]["volume"] = {"per_hour": [10, 20, 30, 40]}
    with pytest.raises(ScenarioError, match="has 4 numbers, but there are 5 open hours"):
        parse(values)


def test_absences_and_days_that_change_nothing_change_nothing():
    """A share of 0 %, a date after the horizon, and the usual hours as an exception: the same figures to the bit."""
    plain = simulate(parse(tree()), replications=2)
    more = tree(
        absences=[{"share": "0%"}, {"share": "0%", "date": "2026-11-03", "groups": ["g"]}],
        horizon={"holidays": ["2026-12-25"], "exceptions": {"2026-11-04": "08:00-12:00", "2026-12-31": "closed"}},
    )
    again = simulate(parse(more), replications=2)
    assert plain.figures.equals(again.figures)


def test_fewer_people_wait_longer():
    base = tree()
    base["staff"] = {"headcounts": {"g": 2, "h": 1}}
    well, ill = (simulate(parse(base | x), replications=20) for x in ({}, {"absences": [FLU | {"share": "35%"}]}))
    days = [[result.series("asa", "total")["value"].to_numpy()[k] for k in (7, 2)] for result in (well, ill)]
    assert days[1][0] > days[0][0]
    assert days[1][1] == days[0][1]  # Monday, on the same draws


def test_the_sentences_of_check_name_who_is_away():
    scenario = parse(tree(absences=[FLU | {"groups": ["h"]}]))
    assert "flu: 20 % of h absent on Tue 3 Nov; they are paid." in plan(scenario, timeline(scenario)).notes


def optimizing(**horizon: Any) -> dict[str, Any]:
    values = tree(horizon=horizon, absences=[FLU], staff={"scheduled": True, **SHIFTS})
    values["queues"] = {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}}
    values["optimize"] = {"shifts": {"lengths": ["4 h", "2 h"], "starts_every": "1 h"}}
    return values


def test_the_optimizer_covers_a_day_by_those_who_come():
    """A person on a shift counts as 0.8 on the day on which 20 % are away, and not at all on a holiday."""
    scenario = parse(optimizing(holidays=["2026-11-04"]))
    times = timeline(scenario)
    shifts = structure(scenario, times, prices(scenario, times))
    one = np.ones(len(shifts.names))
    level = shifts.levels(one).reshape(2, 3, 24)
    starts = [list(range(8, 11)), [8]]  # of two hours, and of four
    monday = [
        sum(s <= h < s + length for length, at in zip((2, 4), starts, strict=True) for s in at) for h in range(8, 12)
    ]
    assert level[0, 0, 8:12].tolist() == monday
    assert level[0, 1, 8:12] == pytest.approx([0.8 * x for x in monday])
    assert not level[:, 2].any()


def test_the_optimizer_refuses_absences_of_headcounts():
    values = optimizing()
    del values["optimize"]["shifts"]
    with pytest.raises(Impossible, match=r"the optimizer needs optimize\.shifts"):
        problem(parse(values))
