"""Goals: which there are, what meets them, and how they read sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS
from cxsim.model.prepare import Model, prepare
from cxsim.optimizer.problem.goals import Goal, Goals, goals, of_goals
from cxsim.scenario import parse


def tree(optimize: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Two queues with targets, one without, over Monday (four hours), a closed Tuesday and Wednesday (two)."""
    given = {
        "cxsim": 1,
        "horizon": {
            "start": "2026-03-02",
            "days": 3,
            "open": {"mon": "08:00-12:00", "tue": "closed", "wed": "09:00-11:00"},
            "interval": "1 h",
        },
        "reasons": {
            name: {"volume": {"per_hour": 10}, "handle_time": "4 min", "cost": cost}
            for name, cost in {"sales": 1, "tech": 2, "mail": 0}.items()
        },
        "queues": {
            "sales": {"target": {"sl": {"share": "80%", "within": "20s"}, "occupancy": {"max": "85%"}}},
            "tech": {"target": {"sl": {"share": "70%", "within": "30s"}, "asa": {"max": "40s"}}},
        },
        "groups": {
            "one": {"agents": 3, "wage": 20, "serves": ["sales", "mail"]},
            "both": {"agents": 4, "wage": 30, "serves": ["sales", "tech"]},
        },
        **more,
    }
    return given if optimize is None else given | {"optimize": optimize}


def found(optimize: dict[str, Any] | None = None, **more: Any) -> tuple[Model, Goals]:
    scenario = parse(tree(optimize, **more))
    model = prepare(scenario, 1)
    return model, goals(scenario, model.layout, model.timeline)


def asked(*rules: Any, **more: Any) -> list[Goal]:
    return list(found({"subject_to": list(rules), "floor": "0%"}, **more)[1].goals)


def one(goal: Goal, **more: Any) -> tuple[Model, Goals, np.ndarray[Any, Any], list[np.ndarray[Any, Any]]]:
    """The goal ready, with an empty vector of sums and its parts."""
    scenario = parse(tree(**more))
    model = prepare(scenario, 1)
    ready = of_goals([goal], scenario, model.layout)
    sums = np.zeros(ready.places.size)
    return model, ready, sums, ready.places.split(sums)


def test_without_a_block_the_queues_targets_hold_over_the_whole_time() -> None:
    ready = [goal for goal in found()[1].goals if not goal.floor]
    assert [(g.name, g.figure, g.bound, g.limit, g.span) for g in ready] == [
        ("sales", "sl", "min", 0.8, "total"),
        ("sales", "occupancy", "max", 0.85, "total"),
        ("tech", "sl", "min", 0.7, "total"),
        ("tech", "asa", "max", 40.0, "total"),
    ]
    assert {g.scope for g in ready} == {"queue"}


def test_every_open_interval_keeps_a_floor_unless_a_rule_says_what_intervals_keep() -> None:
    floors = [goal for goal in found()[1].goals if goal.floor]  # mail has no target: each queue that has one by itself
    assert {(g.name, g.limit) for g in floors} == {("sales", 0.525), ("tech", 0.525)}
    assert [g.span for g in floors if g.name == "tech"] == [
        *(f"2026-03-02T{h:02d}:00" for h in range(8, 12)),
        *(f"2026-03-04T{h:02d}:00" for h in (9, 10)),
    ]
    assert floors[0].title == "SL of sales, Mon 2 Mar 08:00 (floor)"
    for without in (
        {"floor": "0%"},
        {"subject_to": [{"figure": "sl", "each": "interval", "min": "30%"}]},
        {"maximise": "sl", "budget": 100},
    ):
        assert not any(goal.floor for goal in found(without)[1].goals)
    assert {g.limit for g in found({"floor": "50%"})[1].goals if g.floor} == {0.35}


def test_targets_of_every_interval_skip_those_that_are_closed() -> None:
    spans = [g.span for g in asked({"targets": "every interval"}) if g.name == "tech" and g.figure == "sl"]
    assert spans == [f"2026-03-02T{h:02d}:00" for h in range(8, 12)] + [f"2026-03-04T{h:02d}:00" for h in (9, 10)]


def test_days_without_opening_hours_have_no_goal() -> None:
    assert [g.span for g in asked({"figure": "sl", "each": "day", "min": "70%"})] == ["2026-03-02", "2026-03-04"]


def test_a_rule_for_each_queue_takes_the_targets_of_those_that_have_one() -> None:
    assert [(g.name, g.limit) for g in asked({"figure": "sl", "scope": "queue", "min": "target"})] == [
        ("sales", 0.8),
        ("tech", 0.7),
    ]
    assert [g.name for g in asked({"figure": "sl", "scope": "queue", "min": "50%"})] == ["sales", "tech", "mail"]


def test_the_same_goal_said_twice_is_one() -> None:
    assert len(asked("targets", {"figure": "sl", "scope": "queue:sales", "min": "80%"})) == 4


@pytest.mark.parametrize(
    ("rule", "title"),
    [
        ({"figure": "sl", "min": "80%"}, "SL"),
        ({"figure": "sl", "scope": "queue:tech", "min": "80%", "on_days": "90%"}, "SL of tech, on 90 % of days"),
        ({"figure": "wait", "quantile": "95%", "max": "3 min"}, "95 % of waits"),
        (
            {"figure": "wait_all_p90", "scope": "queue:tech", "max": "3 min"},
            "90 % of waits, including abandoned ones, of tech",
        ),
        ({"figure": "fcr_true", "min": "74%", "each": "day"}, "FCR, true, Mon 2 Mar"),
        ({"figure": "sl", "min": "74%", "each": "interval"}, "SL, Mon 2 Mar 08:00"),
    ],
)
def test_titles(rule: dict[str, Any], title: str) -> None:
    assert asked(rule)[0].title == title


def test_a_title_of_a_single_day_needs_no_date() -> None:
    horizon = {"start": "2026-03-02", "open": "08:00-12:00", "interval": "1 h"}
    assert asked({"figure": "sl", "each": "interval", "min": "70%"}, horizon=horizon)[1].title == "SL, 09:00"


def test_slack_is_in_shares_or_in_parts_of_the_limit_and_above_zero_when_met() -> None:
    scenario = parse(tree())
    model = prepare(scenario, 1)
    wanted = [
        Goal("sl", "total", "total", "total", "min", 0.8),
        Goal("abandoned_share", "total", "total", "total", "max", 0.05),
        Goal("asa", "total", "total", "total", "max", 20.0),
        Goal("contacts_per_issue", "total", "total", "total", "max", 1.25),
        Goal("wait", "total", "total", "total", "max", 60.0, quantile=0.9),
        Goal("sl", "total", "total", "total", "min", 0.8, days=0.5),
        Goal("asa", "total", "total", "total", "max", 20.0, days=0.5),
    ]
    ready = of_goals(wanted, scenario, model.layout)
    value = np.array([0.85, 0.02, 25.0, 1.0, 0.88, 0.5, 0.25])
    np.testing.assert_allclose(ready.slack(value), [0.05, 0.03, -0.25, 0.2, -0.02, 0.0, -0.25])


def test_a_figure_of_nothing_is_as_good_as_can_be() -> None:
    scenario = parse(tree())
    model = prepare(scenario, 1)
    wanted = [
        Goal("sl", "total", "total", "total", "min", 0.8),
        Goal("abandoned_share", "total", "total", "total", "max", 0.05),
        Goal("asa", "total", "total", "total", "max", 20.0),
    ]
    ready = of_goals(wanted, scenario, model.layout)
    nothing = np.zeros((3, 3))
    assert np.isnan(ready.value(nothing, nothing)).all()
    np.testing.assert_allclose(ready.slack(ready.value(nothing, nothing)), [0.2, 0.05, 0.0])


def test_days_are_judged_one_by_one_and_those_without_contacts_left_out() -> None:
    goal = Goal("sl", "total", "total", "total", "min", 0.8, days=0.5)
    model, ready, _, _ = one(goal)
    assert ready.rows == 2  # Tuesday is closed
    above = np.array([[8.0, 7.0], [10.0, 0.0], [79.0, 80.0]])
    below = np.array([[10.0, 10.0], [10.0, 0.0], [100.0, 100.0]])
    good, counted = ready.sums(above, below)
    assert good.ravel().tolist() == [1, 1, 1]
    assert counted.ravel().tolist() == [2, 1, 2]
    assert ready.value(good, counted).tolist() == [0.6]
    assert len(model.layout.days) == 3


def test_a_quantile_on_a_share_of_days_counts_days_on_which_enough_wait_no_longer() -> None:
    _, ready, _, _ = one(Goal("wait", "total", "total", "total", "max", 60.0, days=0.5, quantile=0.9))
    good, counted = ready.sums(np.array([[9.0, 17.0]]), np.array([[10.0, 20.0]]))
    assert (good.item(), counted.item()) == (1, 2)


def test_occupancy_of_a_queue_is_that_of_the_groups_that_serve_it() -> None:
    _, ready, sums, parts = one(Goal("occupancy", "queue", "tech", "2026-03-02T09:00", "max", 0.8))
    groups = {name: n for n, name in enumerate(GROUP_COLUMNS)}
    parts[1][:, 9, groups["busy_talk"]] = [1000.0, 1800.0]
    parts[1][:, 9, groups["busy_wrap"]] = [1.0, 90.0]
    parts[1][:, 9, groups["on_duty"]] = [2000.0, 3500.0]
    parts[1][:, 9, groups["overrun"]] = [7.0, 100.0]
    parts[1][:, 8] = 5e5  # another interval
    above, below = ready.rows_of(sums)
    assert (above.item(), below.item()) == (1890.0, 3600.0)


def test_cost_per_contact_counts_wages_overrun_and_the_price_of_each_contact() -> None:
    _, ready, sums, parts = one(Goal("cost_per_contact", "total", "total", "total", "max", 5.0))
    contacts, groups, _, _, paid, _ = parts
    paid[:, 9] = [7200.0, 3600.0]
    groups[:, 9, GROUP_COLUMNS.index("overrun")] = [0.0, 360.0]
    for column in ("answered", "served"):
        contacts[:, 9, CONTACT_COLUMNS.index(column)] = [10.0, 5.0, 3.0]
    above, below = ready.rows_of(sums)
    assert above.item() == pytest.approx(2 * 20 + 1.1 * 30 + 10 * 1 + 5 * 2)
    assert below.item() == 18.0


def test_overrun_that_is_not_paid_costs_nothing() -> None:
    goal = Goal("cost_per_contact", "total", "total", "total", "max", 5.0)
    _, ready, sums, parts = one(goal, staff={"overrun_paid": False})
    parts[1][:, 9, GROUP_COLUMNS.index("overrun")] = 3600.0
    assert ready.rows_of(sums)[0].item() == 0.0


def test_what_each_interval_adds_sums_up_to_the_goal() -> None:
    model, ready = found()
    sums = np.random.default_rng(4).uniform(1.0, 9.0, ready.places.size)
    above, below = ready.rows_of(sums)
    by_above, by_below = ready.by_interval(sums)
    np.testing.assert_allclose(by_above.sum(axis=1), above, rtol=1e-12)
    np.testing.assert_allclose(by_below.sum(axis=1), below, rtol=1e-12)
    shifted = sums.copy()
    ready.places.split(shifted)[0][:, 9] += 1.0
    moved = (ready.by_interval(shifted)[0] - by_above).any(axis=0)
    assert np.flatnonzero(moved).tolist() == [9]
    assert model.layout.n_intervals == 72


def test_weights_on_the_contact_sums_give_the_goal() -> None:
    _, ready = found()
    sums = np.random.default_rng(5).uniform(1.0, 9.0, ready.places.size)
    contacts = ready.places.split(sums)[0]
    above, below = ready.rows_of(sums)
    for k in (0, 2, 3):  # those made of contacts alone
        up, down = ready.weights(k)
        assert (up * contacts).sum() == pytest.approx(above[k])
        assert (down * contacts).sum() == pytest.approx(below[k])


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        (Goal("offered", "total", "total", "total", "min", 0.5), "cannot be a goal"),
        (Goal("agents_present", "total", "total", "total", "min", 0.5), "cannot be a goal"),
        (Goal("nonsense", "total", "total", "total", "min", 0.5), "cannot be a goal"),
        (Goal("sl", "group", "one", "total", "min", 0.5), "no scope 'group'"),
        (Goal("sl", "queue", "salez", "total", "min", 0.5), "'salez' is not a queue"),
        (Goal("sl", "moon", "salez", "total", "min", 0.5), "no scope 'moon'"),
        (Goal("sl", "queue", "sales", "2026-03-09", "min", 0.5), "not a counted interval or day"),
    ],
)
def test_what_cannot_be_a_goal_is_refused(goal: Goal, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        one(goal)


def test_a_scenario_without_targets_has_no_goals() -> None:
    ready = found(queues={"sales": {}, "tech": {}, "mail": {}})[1]
    assert len(ready) == 0
    assert ready.rows == 0
