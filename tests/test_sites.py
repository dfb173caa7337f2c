"""Clocks that change, groups in other time zones, and what customers are told before they ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest

import cxsim
from cxsim.model.demand import expected_of
from cxsim.model.prepare import prepare
from cxsim.schema import ledger
from cxsim.simulation.replications import replicate


def center(start: str, days: int = 1, **changes: Any) -> dict[str, Any]:
    """Thirty calls and four agents an hour, day and night, in Berlin."""
    horizon = {"start": start, "days": days, "open": "00:00-24:00", "timezone": "Europe/Berlin", "interval": "1 h"}
    return {
        "cxsim": 1,
        "horizon": {**horizon, "before": 0, "after": 0},
        "reasons": {"calls": {"volume": {"per_hour": 30}, "handle_time": "3 min"}},
        "groups": {"team": {"agents": 4, "serves": ["calls"], "wage": 10}},
        **changes,
    }


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_has_so_many_hours(day: str, hours: int) -> None:
    model = prepare(cxsim.parse(center(day)))
    assert model.timeline.n_intervals == hours
    assert expected_of(model.demand, model.timeline).sum() == pytest.approx(30.0 * hours)
    assert float(np.sum(model.plan.paid)) == pytest.approx(4 * 3600.0 * hours)
    assert len(set(model.layout.labels)) == hours
    assert {one[:10] for one in model.layout.labels} == {day}


def test_the_hour_that_clocks_skip_is_not_there_and_the_one_that_comes_twice_is_there_twice() -> None:
    shown = [label[11:13] for label in prepare(cxsim.parse(center("2026-03-29"))).layout.labels]
    assert shown[:4] == ["00", "01", "03", "04"]
    labels = prepare(cxsim.parse(center("2026-10-25"))).layout.labels
    assert [label[11:] for label in labels[1:5]] == ["01:00", "02:00", "02:00+01:00", "03:00"]


def test_work_over_the_change_is_as_long_as_it_is() -> None:
    """A night shift from ten to six lasts seven hours in March and nine in October; a day's total is spread anew."""
    for start, hours in (("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-06", 8)):
        tree = center(start, 2, staff={"shifts": [{"group": "team", "start": "22:00", "end": "06:00", "agents": 3}]})
        tree["groups"]["team"].pop("agents")
        tree["reasons"]["calls"]["volume"] = {"per_day": 240}
        model = prepare(cxsim.parse(tree))
        night = model.plan.events[model.plan.events["time"] > 20 * 3600.0]
        leaves = night[night["kind"] == 1]["time"].min()
        assert leaves - 22 * 3600.0 == pytest.approx(hours * 3600.0)
        by_day = [expected_of(model.demand, model.timeline)[0][model.layout.day_of == d].sum() for d in (0, 1)]
        assert by_day == pytest.approx([240.0, 240.0])


def test_a_week_with_a_change_runs_in_both_engines() -> None:
    model = prepare(cxsim.parse(center("2026-10-24", 3)))
    (one,), (other,) = (replicate(model, 1, engine=engine, keep=True)[1] for engine in ("clock", "story"))  # type: ignore[arg-type]
    assert np.array_equal(one.legs["answered"], other.legs["answered"], equal_nan=True)
    assert 49.0 * 3600.0 < one.legs["arrived"].max() < 73.0 * 3600.0
    found = cxsim.simulate(cxsim.parse(center("2026-10-24", 3)), replications=2)
    days = found.figures[(found.figures["figure"] == "paid_hours") & (found.figures["scope"] == "total")]
    assert days[days["interval"] == "2026-10-25"]["value"].iloc[0] == pytest.approx(100.0)


def test_a_site_works_by_its_own_clock_and_keeps_its_own_holidays() -> None:
    """Three in the afternoon in Manila is eight in Berlin, and nine in summer."""
    tree = center(
        "2026-03-27",
        4,
        sites={"manila": {"timezone": "Asia/Manila", "holidays": ["2026-03-28"]}},
        staff={"shifts": [{"group": "abroad", "start": "15:00", "end": "23:00", "agents": 3}]},
    )
    tree["groups"]["abroad"] = {"serves": ["calls"], "site": "manila"}
    model = prepare(cxsim.parse(tree))
    events = model.plan.events[(model.plan.events["group"] == 1) & (model.plan.events["kind"] == 4)]
    come = sorted({float(t) / 3600.0 for t in events["time"]})
    # 27 March at eight; nobody on the 28th; the 29th and 30th at nine, the 29th being an hour shorter.
    assert come == [8.0, 48.0 + 9.0 - 1.0, 71.0 + 9.0]


def test_a_staff_table_of_a_site_tells_the_time_there(tmp_path: Any) -> None:
    lines = ["group,start,agents"]
    lines += [f"abroad,{hour:02d}:00,{2 if 15 <= hour < 23 else 0}" for hour in range(24)]
    lines += [f"team,{hour:02d}:00,1" for hour in range(24)]
    (tmp_path / "staff.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tree = center("2026-01-12", 2, sites={"manila": {"timezone": "Asia/Manila"}}, staff={"file": "staff.csv"})
    tree["groups"]["team"].pop("agents")
    tree["groups"]["abroad"] = {"serves": ["calls"], "site": "manila"}
    model = prepare(cxsim.parse(tree, folder=tmp_path))
    present = model.plan.present[1]
    assert present[8:16] == pytest.approx(2.0) and present[:8] == pytest.approx(0.0)


def test_a_notice_prevents_contacts_and_brings_others() -> None:
    notice = {
        "from": "10:00",
        "to": "14:00",
        "customers": 4000,
        "reasons": ["calls"],
        "prevents": "40%",
        "annoys": {"reason": "complaints", "share": "0.5%", "within": "2 h"},
    }
    tree = center("2026-01-12", notices=[notice])
    tree["reasons"]["complaints"] = {"volume": {"per_hour": 2}, "handle_time": "5 min", "queue": "calls"}
    model = prepare(cxsim.parse(tree))
    calls, complaints = expected_of(model.demand, model.timeline)
    assert calls[10:14] == pytest.approx(18.0) and calls[14] == pytest.approx(30.0)
    assert complaints[10:12] == pytest.approx(2.0 + 10.0) and complaints[12] == pytest.approx(2.0)
    found = cxsim.simulate(cxsim.parse(tree), seed=1, replications=200)
    told = found.figures[(found.figures["figure"] == "fresh") & (found.figures["scope"] == "reason")]
    row = told[(told["name"] == "calls") & (told["interval"] == "total")].iloc[0]
    assert abs(row["value"] - (720.0 - 48.0)) < 4.0 * (row["high"] - row["low"]) / 3.92


def test_the_next_attempt_begins_where_the_segment_prefers() -> None:
    """Everybody gives up and tries again: the loyal by chat, the others where the center says; seed 4."""
    tree = center(
        "2026-01-12",
        segments={"loyal": {"share": "50%", "next": {"abandoned": {"chats": "100%"}}}, "others": {}},
        channels={"phone": {"patience": "30s"}},
        queues={"calls": {}, "chats": {}, "letters": {}},
        after_contact={"abandoned": {"redial": "100%", "delay": "5 min", "at_most": 2, "next": "letters"}},
    )
    tree["groups"] = {"team": {"agents": 0, "serves": ["calls", "chats", "letters"]}}
    model = prepare(cxsim.parse(tree), seed=4)
    for engine in ("clock", "story"):
        _, (made,) = replicate(model, 1, engine=engine, keep=True)  # type: ignore[arg-type]
        again = made.legs[made.legs["cause"] == ledger.REDIAL]
        assert len(again) > 300
        assert (again["queue"] == np.where(again["segment"] == 0, 1, 2)).all()


def test_a_list_comes_at_once() -> None:
    tree = center("2026-01-12", 2)
    tree["reasons"]["calls"]["volume"] = {"count": 50, "at": "09:30", "weekdays": {"tue": 0.5}}
    model = prepare(cxsim.parse(tree))
    _, (made,) = replicate(model, 1, keep=True)
    assert sorted(made.legs["arrived"].tolist()) == [9.5 * 3600.0] * 50 + [33.5 * 3600.0] * 25


def test_an_hour_that_is_not_divided_is_told() -> None:
    tree = center("2026-03-29")
    tree["horizon"]["interval"] = "2 h"
    with pytest.raises(cxsim.ScenarioError, match="must divide an hour"):
        prepare(cxsim.parse(tree))


def test_labels_can_be_read_as_times() -> None:
    for label in prepare(cxsim.parse(center("2026-10-25"))).layout.labels:
        assert datetime.fromisoformat(label).date().isoformat() == "2026-10-25"
