"""A roster of shifts that the structure allows is a start at once, without a program that covers its agents."""

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.advice.rivals import today
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.starting import as_worked

SHIFTS = [
    {
        "group": "desk",
        "weekday": "mon-wed",
        "start": "08:00",
        "end": "14:00",
        "breaks": "11:00-11:30",
        "agents": 3,
        "paid": "5h30m",
    },
    {"group": "desk", "weekday": "mon-wed", "start": "10:00", "end": "14:00", "agents": 2},
]


def week(shifts=SHIFTS, **asked):
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 3, "open": "08:00-14:00", "interval": "30 min"},
            "reasons": {"a": {"volume": "30/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {"desk": {"serves": ["a"], "wage": 20}},
            "staff": {"shifts": shifts},
            "optimize": {
                "shifts": {
                    "lengths": ["4 h", "6 h"],
                    "break": {"length": "30 min", "after": "3 h", "for": "6 h"},
                    "contracts": {
                        "full": {"lengths": ["4 h", "6 h"], "days": 3},
                        "part": {"lengths": "4 h", "days": 3},
                    },
                },
                "week": {"days_on": 3},
                **asked,
            },
        }
    )


def test_the_roster_is_found_among_the_shifts_with_its_agents_and_its_cost():
    """Before, its agents were covered anew by a program that could take longer than a time limit allowed."""
    found = problem(week(), threads=1)
    x = as_worked(found)
    assert x is not None and found.structure.broken(x) == []
    plan = found.model.plan
    assert np.array_equal(found.structure.plan(x).events, plan.events)
    assert found.structure.cost_of(x) == pytest.approx(today(found).wages + today(found).overrun)


def test_a_roster_with_a_shift_that_may_not_be_worked_is_none():
    other = [*SHIFTS, {"group": "desk", "weekday": "mon", "start": "08:30", "end": "11:30", "agents": 1}]
    assert as_worked(problem(week(other), threads=1)) is None


def test_a_roster_with_more_people_than_a_contract_allows_is_none():
    short = week()
    changed = short.vary({"optimize.shifts.contracts.full.max": 2, "optimize.shifts.contracts.part.max": 1})
    assert as_worked(problem(changed, threads=1)) is None


def test_headcounts_have_no_shifts():
    assert as_worked(problem(week().vary({"optimize": None}), threads=1)) is None
