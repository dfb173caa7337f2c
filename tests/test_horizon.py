"""Which days are simulated, which time is counted, and where both come from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from cxsim.model.calendar import Timeline, explain, timeline
from cxsim.model.edges import longest_delay
from cxsim.model.time_spans import clip, merge, span_text
from cxsim.scenario import Scenario, parse

H = 3600.0
DAY = 86400.0


def scenario(horizon: dict[str, Any] | None = None, after: dict[str, Any] | None = None, **more: Any) -> Scenario:
    reason = {
        "volume": {"per_hour": 60},
        "handle_time": "4 min",
        "resolution": more.pop("resolution", "100%"),
    }
    tree = {"cxsim": 1, "reasons": {"sales": reason}, "groups": {"team": {"agents": 5, "serves": ["sales"]}}}
    return parse({**tree, "horizon": horizon or {}, "after_contact": after or {}, **more})


def test_one_day_without_returns_is_simulated_alone() -> None:
    t = timeline(scenario({"start": "2026-03-02", "open": "08:00-18:00"}))
    assert (t.days_before, t.days, t.days_after) == (0, 1, 0)
    assert t.dates == (dt.date(2026, 3, 2),)
    assert t.open_starts.tolist() == [8 * H]
    assert t.open_ends.tolist() == [18 * H]
    assert (t.counted_from, t.counted_to, t.n_intervals, t.end) == (0.0, DAY, 48, DAY)
    assert t.labels[17] == dt.datetime(2026, 3, 2, 8, 30)
    assert np.flatnonzero(t.open_mask).tolist() == list(range(16, 36))
    assert t.fcr_window == DAY


def test_opening_hours_follow_the_weekday_and_may_have_a_lunch_break() -> None:
    hours = {"mon-fri": "09:00-12:00, 13:00-17:00", "sat": "09:00-12:00", "sun": "closed"}
    t = timeline(scenario({"start": "2026-03-06", "days": 3, "open": hours, "interval": "1 h"}))
    assert t.open_starts.tolist() == [9 * H, 13 * H, DAY + 9 * H]
    assert t.open_ends.tolist() == [12 * H, 17 * H, DAY + 12 * H]
    assert t.hours[2] == ()
    assert t.open_mask.sum() == 3 + 4 + 3


def test_days_open_around_the_clock_are_one_opening() -> None:
    t = timeline(scenario({"days": 3, "open": "00:00-24:00"}))
    assert t.open_starts.tolist() == [0.0]
    assert t.open_ends.tolist() == [5 * DAY]  # a day before and one after
    assert t.open_mask.all()


def test_short_returns_need_no_days_before_but_repeats_need_one_after() -> None:
    redials = {"abandoned": {"redial": "50%", "delay": "20 min"}}
    t = timeline(scenario(after=redials))
    assert (t.days_before, t.days_after) == (0, 0)
    repeats = {"unresolved": {"repeat": "50%", "delay": "1 h"}}
    t = timeline(scenario(after=repeats, resolution="80%"))
    assert (t.days_before, t.days_after, t.fcr_window) == (0, 1, DAY)
    assert timeline(scenario(after=repeats, resolution="100%")).days_after == 0


def test_long_returns_need_as_many_days_before_as_their_95_percent_quantile() -> None:
    after = {"unresolved": {"repeat": "50%", "delay": "1 day"}}
    s = scenario({"start": "2026-03-09"}, after, resolution="80%")
    assert longest_delay(s) == (pytest.approx(-np.log(0.05) * DAY), True)  # exponential: 2.996 days
    t = timeline(s)
    assert (t.days_before, t.days_after, t.fcr_window) == (3, 7, 7 * DAY)
    assert t.origin == dt.date(2026, 3, 6)
    assert (t.counted_from, t.counted_to) == (3 * DAY, 4 * DAY)
    assert t.labels[0] == dt.datetime(2026, 3, 9)
    after = {"unresolved": {"repeat": "50%", "delay": "10 days"}}
    assert timeline(scenario(after=after, resolution="80%")).days_before == 14


def test_a_group_that_resolves_less_makes_repeats_possible() -> None:
    after = {"unresolved": {"repeat": "50%", "delay": "1 h"}}
    group = {"agents": 5, "skills": {"sales": {"resolution": "-5 points"}}}
    assert timeline(scenario(after=after, groups={"team": group})).days_after == 1


def test_what_the_scenario_says_wins() -> None:
    after = {"unresolved": {"repeat": "50%", "delay": "1 day"}}
    s = scenario({"before": "1 day", "after": "2 days"}, after, resolution="80%", fcr_window="3 days")
    t = timeline(s)
    assert (t.days_before, t.days_after, t.fcr_window) == (1, 2, 3 * DAY)


def test_steady_state_is_one_opening_of_which_the_warm_up_is_not_counted() -> None:
    t = timeline(scenario({"steady": {"warm_up": "2 h", "length": "49 h"}, "interval": "1 h"}))
    assert t.steady
    assert (t.open_starts.tolist(), t.open_ends.tolist()) == ([0.0], [51 * H])
    assert (t.counted_from, t.counted_to, t.n_intervals, t.end) == (2 * H, 51 * H, 49, 51 * H)
    assert t.open_mask.all()
    assert len(t.dates) == 1


def model(start: str, days: int, before: int, after: int) -> Timeline:
    return timeline(scenario({"start": start, "days": days, "before": f"{before} days", "after": f"{after} days"}))


def test_days_outside_a_week_take_the_same_weekday() -> None:
    t = model("2026-03-02", 7, 7, 7)
    assert [t.model_day(d) for d in range(21)] == [*range(7), *range(7), *range(7)]
    for d in range(21):
        assert t.model_date(d).weekday() == t.dates[d].weekday()


def test_days_outside_two_weeks_take_the_nearest_same_weekday() -> None:
    t = model("2026-03-02", 14, 3, 3)
    assert [t.model_day(d) for d in range(3)] == [4, 5, 6]
    assert [t.model_day(d) for d in range(17, 20)] == [7, 8, 9]


def test_days_without_a_like_in_the_horizon_take_its_days_in_turn() -> None:
    t = model("2026-03-02", 1, 2, 8)  # a Monday alone
    assert [t.model_day(d) for d in range(11)] == [0] * 11
    t = model("2026-03-02", 2, 0, 7)  # Monday and Tuesday
    assert [t.model_day(d) for d in range(2, 9)] == [0, 1, 0, 1, 0, 0, 1]


def test_explain_says_what_is_derived_and_what_is_given() -> None:
    after = {"unresolved": {"repeat": "50%", "delay": "1 day"}}
    text = " ".join(explain(timeline(scenario({"start": "2026-03-09", "after": "2 days"}, after, resolution="80%"))))
    assert "1 day counted, Mon 2026-03-09" in text
    assert "3 days before the horizon are simulated but not counted: 95 % of the returns come within 3 days" in text
    assert "2 days after the horizon are simulated but not counted, as the scenario says" in text


def test_spans() -> None:
    assert merge([(5.0, 6.0), (0.0, 2.0), (2.0, 3.0), (1.0, 2.5)]) == [(0.0, 3.0), (5.0, 6.0)]
    assert clip(0.0, 10.0, [(2.0, 4.0), (8.0, 12.0), (20.0, 30.0)]) == [(2.0, 4.0), (8.0, 10.0)]
    assert [span_text(x) for x in (20.0, 90.0, 5400.0, DAY, 2.5 * DAY)] == [
        "20s",
        "1.5 min",
        "1.5 h",
        "1 day",
        "2.5 days",
    ]


def test_after_ends_with_an_open_day() -> None:
    after = {"unresolved": {"repeat": "50%", "delay": "1 h"}}
    hours = {"mon-fri": "08:00-18:00"}
    t = timeline(scenario({"start": "2026-03-06", "open": hours}, after, resolution="80%"))  # a Friday
    assert (t.days_after, t.dates[-1]) == (3, dt.date(2026, 3, 9))
    assert t.end > t.counted_to + t.fcr_window


def test_long_redials_need_days_after() -> None:
    redial = {"redial": "90%", "delay": {"deterministic": "1 day"}}
    t = timeline(scenario({}, {"abandoned": redial}))
    assert t.days_after == 9  # ten attempts
    assert "so that redials come" in " ".join(t.notes)
    assert timeline(scenario({}, {"abandoned": {**redial, "at_most": 3}})).days_after == 2
    assert timeline(scenario({}, {"abandoned": {**redial, "redial": "5%"}})).days_after == 1
    assert not any("cut" in note for note in t.notes)


def test_cohorts_that_are_cut_are_told() -> None:
    redial = {"redial": "90%", "delay": {"deterministic": "3 days"}}
    t = timeline(scenario({}, {"abandoned": redial}))
    assert t.days_after == 14
    assert "until 27 days after the first contact, but 14 days after" in t.notes[-1]
    t = timeline(scenario({"after": "0 days"}, {"abandoned": {**redial, "at_most": 2}}))
    assert "but no days after the horizon are simulated" in t.notes[-1]


def test_groups_of_every_queue_that_contacts_may_reach_make_repeats_possible() -> None:
    after = {"unresolved": {"repeat": "50%", "delay": "1 h"}}
    less = {"resolution": "50%"}

    def days_after(queues: dict[str, Any], other: dict[str, Any]) -> int:
        groups = {"team": {"agents": 5, "serves": ["sales", *list(queues)[1:]]}, "other": {"agents": 1, **other}}
        return timeline(scenario(after=after, queues=queues, groups=groups)).days_after

    moves = {"sales": {"overflow": [{"after": "20s", "to_queue": "b"}]}, "b": {}, "c": {}}
    chain = {**moves, "b": {"overflow": [{"after": "40s", "to_queue": "c"}]}}
    assert days_after(moves, {"skills": {"b": less}}) == 1
    assert days_after(moves, {"skills": {"c": less}}) == 0
    assert days_after(chain, {"skills": {"c": less}}) == 1
    helped = {"sales": {"overflow": [{"after": "20s", "to": ["other"]}]}, "b": {}}
    spread = {"skills": {"b": {}}, "spread": {"resolution": "10 points"}}
    assert days_after(helped, spread) == 1
    assert days_after({"b": {}}, spread) == 0


def test_open_seconds_of_intervals_open_in_part() -> None:
    t = timeline(scenario({"open": "08:10-09:15, 09:20-10:00", "interval": "30 min"}))
    assert t.open_seconds[16:21].tolist() == [1200, 1800, 1500, 1800, 0]
    assert (t.open_mask == (t.open_seconds > 0)).all()
    steady = timeline(scenario({"steady": {"warm_up": "1 h", "length": "100 min"}, "interval": "1 h"}))
    assert steady.open_seconds.tolist() == [3600, 2400]


def test_a_replayed_log_has_no_further_returns() -> None:
    general = {"abandoned": {"redial": "50%", "delay": "1 day"}}
    log = {"volume": {"arrivals": {"times": ["09:00"]}}, "handle_time": "4 min"}
    t = timeline(scenario(after=general, reasons={"sales": log}))
    assert (t.days_before, t.days_after) == (0, 0)
    assert "reasons.sales: its log of arrivals already contains redials and repeats" in " ".join(t.notes)
