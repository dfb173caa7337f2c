"""The plan nearest to goals that the staff cannot meet: by how much it misses them is worked out by hand."""

import pytest
from staffing.test_clocks import centre

import cxsim
from cxsim.optimizer.fluid.nearest import nearest
from cxsim.optimizer.problem.problem import problem


def center(volume, **asked):
    return problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"start": "2026-03-02", "days": 1, "open": "08:00-10:00", "interval": "30 min"},
                "reasons": {"a": {"volume": volume, "handle_time": "4 min", "patience": "3 min"}},
                "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
                "groups": {
                    "one": {"agents": 4, "serves": ["a"], "wage": 10},
                    "two": {"agents": 1, "serves": ["a"], "wage": 12},
                },
                "optimize": {"floor": "0%", "groups": {"one": {"max": 5}, "two": {"max": 2}}, **asked},
            }
        ),
        threads=1,
    )


def test_the_contacts_that_are_missing_are_those_of_the_target_less_those_of_the_agents():
    """Seven agents serve 7 x 2 h / 4 min = 210 of 600 contacts; the target asks for 480 in time."""
    found = nearest(center("300/h"))
    assert found is not None
    assert sum(found.lacking.values()) == pytest.approx(270.0, abs=1.0)
    assert list(found.lacking) == ["SL of a"]
    assert "the goals would miss 270 contacts together (most of them SL of a)" in found.said
    assert found.program.levels.sum() == pytest.approx(7.0 * 4, abs=1e-6)


def test_how_many_people_more_it_takes_is_said_with_the_limits_to_raise():
    """480 contacts of 4 min in two hours keep 16 agents busy, and there are 7: nine more."""
    found = nearest(center("300/h"))
    assert sum(found.more.values()) == 9
    assert set(found.more) <= {"optimize.groups.one.max", "optimize.groups.two.max"}
    assert "All goals need at least 9 more people, and a few more because contacts are random: write" in found.said


def test_contracts_are_raised_by_whole_people():
    """Four people of a contract serve 4 x 4 h / 4 min = 240 contacts; 80 % of 480 are 384, so three more."""
    shifts = {"lengths": ["4 h"], "contracts": {"day": {"max": 4}}}
    asked = {"shifts": shifts, "groups": {}, "within_team": False}
    scenario = center("120/h").scenario
    posed = problem(
        scenario.vary({"horizon.open": "08:00-12:00", **{f"optimize.{k}": v for k, v in asked.items()}}), threads=1
    )
    found = nearest(posed)
    assert found.more == {"optimize.shifts.contracts.day.max": 3}
    assert "random: raise optimize.shifts.contracts.day.max by 3, or lower the goals." in found.said


def test_a_group_without_a_limit_that_is_on_leave_is_not_asked_for_more_people():
    """Before, its nobody on days of leave was taken for a limit, and the search ended with an OverflowError."""
    found = nearest(problem(centre().vary({"optimize.groups": {"home": {"max": 1}}}), threads=1))
    assert found is not None and found.enough == {"home": 2}
    assert found.holding == ("optimize.groups.home.max (1)",)


def test_goals_in_reach_have_no_nearest_plan():
    assert nearest(center("60/h")) is None


def test_a_goal_that_more_staff_would_not_reach_is_left_to_be_refused():
    """Nobody resolves more than 80 %, so that an FCR of 99 % is not a matter of how many there are."""
    rules = ["targets", {"figure": "fcr_true", "min": "99%"}]
    scenario = center("300/h").scenario.vary(
        {"optimize.subject_to": rules, "reasons.a.resolution": "80%", "after_contact.unresolved.repeat": "50%"}
    )
    assert nearest(problem(scenario, threads=1)) is None


def test_a_budget_is_refused_in_its_own_way():
    assert nearest(center("300/h", budget=50)) is None


def test_the_limits_that_bind_are_named_with_the_line_to_write():
    """The target asks for 480 contacts, which is 16 agents all the time, and the cheaper of them are `one`."""
    found = nearest(center("300/h"))
    assert found is not None and found.enough == {"one": 14}
    assert set(found.holding) == {"optimize.groups.one.max (5)", "optimize.groups.two.max (2)"}
    assert "held back by optimize.groups." in found.said
    assert "write optimize: {groups: {one: {max: 14}}}, or lower the goals." in found.said


def test_a_limit_that_is_not_one_on_a_team_is_named_too():
    """Five people of a contract are too few, however large the teams are."""
    large = {"one": {"max": 50}, "two": {"max": 50}}
    shifts = {"lengths": ["2 h"], "contracts": {"full": {"max": 5}}}
    found = nearest(center("300/h", groups=large, shifts=shifts))
    assert found is not None and not found.enough
    assert found.holding == ("optimize.shifts.contracts.full.max",)
    assert "raise optimize.shifts.contracts.full.max by " in found.said


def test_shifts_name_the_limit_of_their_team():
    shifts = {"lengths": ["2 h"]}
    found = nearest(center("300/h", shifts=shifts))
    assert found is not None and found.enough == {"one": 14}
    assert set(found.holding) == {"optimize.groups.one.max (5)", "optimize.groups.two.max (2)"}
