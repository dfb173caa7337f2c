"""The plan of a scenario like this one as a start: beside the usual ones, for less work, and certified alike."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim
from cxsim.optimizer import levers_and_staffing, searching
from cxsim.optimizer.first_plans import TODAY
from cxsim.optimizer.known_plans import NEAR, PROGRAM, Known
from cxsim.optimizer.optimization_result import Optimum
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.run import Run
from cxsim.optimizer.search.points import Trier
from cxsim.optimizer.search.trust import Wanted, fitted, phases
from cxsim.optimizer.search_params import SearchParams

QUICK = SearchParams(least_proof=256, most_proof=256)


def center(calls="60/h", agents=9, groups=("one", "two"), **more):
    work = {"handle_time": "4 min", "patience": "3 min"}
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "open": "08:00-17:00", "interval": "60 min"},
        "reasons": {"a": {"volume": calls, **work}},
        "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {name: {"agents": agents, "serves": ["a"], "wage": 20 + k} for k, name in enumerate(groups)},
        "optimize": {"floor": "0%"},
    }
    return cxsim.parse(tree | more)


@pytest.fixture(scope="module")
def found():
    return cxsim.optimize(center(), threads=1, advise=False, thorough=0.3, params=QUICK)


def begun(scenario, near, seconds=None):
    run = Run(problem(scenario, threads=1), "highs", seconds, None)
    run.presolve()
    known = Known(run, Trier(run.problem), Wanted(1.0, 256), 32, 0.95, lambda point: None)
    return known, known.starts(near)


def test_a_near_plan_is_a_start_beside_the_usual_ones_and_the_best_of_all_begins(found):
    """Before, only a plan in a folder could be a start, and then it was the only one."""
    assert found.certified
    known, starts = begun(center(calls="61/h"), found)
    assert {NEAR, TODAY, PROGRAM} <= set(known.plans) and known.near
    assert np.array_equal(known.plans[NEAR], found.x) and np.array_equal(starts[-1], found.x)


def test_a_near_plan_that_has_become_far_too_dear_does_not_hide_a_better_start(found):
    """A third of the calls: the program's plan begins, and the near one stays known."""
    known, starts = begun(center(calls="20/h"), found)
    assert np.array_equal(known.plans[NEAR], found.x) and not np.array_equal(starts[-1], found.x) and not known.near
    cost = known.run.problem.structure.cost_of
    assert cost(starts[-1]) < 0.7 * cost(found.x)


def test_a_near_plan_begins_although_it_lacks_a_little_and_a_time_limit_is_not_spent_on_programs(found):
    """Before, a start that serves everybody for much more began in its place, and nothing was near any more."""
    known, starts = begun(center(calls="63/h"), found, 60.0)
    near = known.trier(found.x, 32)
    assert -0.05 < near.slack.min() < 0.0
    assert known.near and np.array_equal(starts[-1], found.x)
    assert PROGRAM not in known.plans


def test_a_plan_of_other_groups_is_no_start(found):
    known, starts = begun(center(groups=("one", "duo")), found)
    assert NEAR not in known.plans and not known.near and starts


def test_the_people_of_a_plan_are_a_start_where_their_columns_mean_something_else(found):
    """With leavers priced or not there are other columns; the people are the same."""
    other = center(optimize={"floor": "0%", "counts": ["wages"]})
    known, _ = begun(other, found)
    structure = known.run.problem.structure
    assert structure.signature != found.signature
    assert np.array_equal(structure.levels(known.plans[NEAR]), found.levels)


def test_the_first_phases_are_left_out_where_a_start_is_near(monkeypatch, found):
    """Their few replications bring a plan near the best one, and this one is; before, every start went through all."""
    given = []

    def stopped(run, starts, plan):
        given.append(plan)
        raise TimeUp

    monkeypatch.setattr(searching, "search_from", stopped)
    run = Run(problem(center(calls="61/h"), threads=1), "highs", None, None)
    run.presolve()
    for start in (None, found):
        searching.searched(run, start, None, 1.0, 0.95, lambda point: None)
    every, near = given
    assert len(every) == 3 and near == every[-1:]


@pytest.mark.slow
def test_it_takes_less_work_and_is_certified_alike(found):
    """Replications of the search before the proof, 2 % more calls; the plan is at most 1.5 % dearer."""
    scenario = center(calls="61/h")
    cold, near = (
        cxsim.optimize(scenario, threads=1, advise=False, thorough=0.3, params=QUICK, resume=start)
        for start in (None, found)
    )
    assert cold.certified and near.certified and cold.certified_on == near.certified_on == 256
    assert near.cost <= 1.015 * cold.cost
    spent = [one.history[one.history["phase"] != "certify"]["replications"].max() for one in (cold, near)]
    assert spent[1] < 0.8 * spent[0]


def test_each_choice_of_levers_begins_near_the_plan_without_levers(monkeypatch, found):
    given: list[object] = []

    def searched(scenario: object, *, resume: object = None, **_: object) -> Optimum:
        given.append(resume)
        return found

    monkeypatch.setattr(levers_and_staffing, "optimize", searched)
    fewer = {"reasons.a.volume.factor": 0.9}
    levers_and_staffing.decide(center(levers={"short": {}, "calm": {}}, overrides={"short": fewer, "calm": fewer}))
    assert given == [None, found, found]


def test_phases_have_fewer_replications_each_where_a_time_limit_leaves_few():
    """Before, time ended the retailer's search in its first phase: one look at the slopes took an eighth of it."""
    plan = phases(41_000.0, 12, 12 * 168)
    assert fitted(plan, 72, 1e9) == plan
    less = fitted(plan, 72, 5_000.0, days=7)
    assert [phase.rounds for phase in less] == [14, 7, 3]  # of polish half as many
    looks = sum(phase.rounds // phase.looks * 72 * phase.differences for phase in less if phase.looks)
    values = sum(phase.rounds * phase.values + phase.anchor for phase in less)
    assert 0.7 * 5_000 < looks + values < 1.3 * 5_000
    least = fitted(plan, 72, 1.0, days=7)
    assert {(phase.values, phase.differences) for phase in least} == {(24, 2)}
    assert {phase.differences for phase in fitted(plan, 72, 1.0)} == {4}
