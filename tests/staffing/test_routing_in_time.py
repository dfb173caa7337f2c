"""A routing and its plan under a time limit: what was found before the cut is kept."""

from types import SimpleNamespace

import numpy as np
import pytest
from staffing.test_routing import teams

from cxsim.optimizer import proving
from cxsim.optimizer.build_optimum import _provenance, asked
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.routing import alternate
from cxsim.optimizer.routing.alternate import Route, routed
from cxsim.optimizer.routing.improve import Pass, flat_prices
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import routing_of
from cxsim.optimizer.run import Run
from cxsim.schema.plan_tables import ASKED

VALUES = {
    "queues.sales.overflow": [],
    "groups.both.skills.help.reserve": 0,
    "groups.both.skills.help.rank": 2,
    "groups.sellers.agents": 4,
    "groups.helpers.agents": 3,
}


@pytest.fixture(scope="module")
def posed():
    return problem(teams(**VALUES), seed=3, threads=1)


def test_changes_that_surely_pay_are_kept_where_time_ends_before_all_were_looked_at(posed):
    """Before, nothing was taken until every change had been looked at: a pass that was cut off changed nothing."""
    looks = []

    def told():
        looks.append(1)
        return len(looks) < 12

    passing = Pass(posed, posed.model.plan, flat_prices(posed, 500.0), 500.0, told=told)
    own = routing_of(posed.scenario)
    found = passing.best(own)
    assert len(looks) < 40  # of some hundred
    assert passing.worth(passing._trial(found, 64)) > passing.worth(passing._trial(own, 64))


def test_a_search_that_was_cut_off_under_a_better_routing_leaves_that_routing(posed, monkeypatch):
    """Before, the answer was the old routing, though the new one served the same staff better."""
    run = Run(posed, "highs", None, None)
    x = posed.structure.complete(np.where(posed.structure.integer, 4.0, 0.0))
    dearer = posed.structure.complete(np.where(posed.structure.integer, 5.0, 0.0))
    search, slopes = SimpleNamespace(found=None), object()
    before = SimpleNamespace(found=slopes, seen=slopes)
    known = SimpleNamespace(best=x, meeting=x)
    better = routing_of(teams(**VALUES, **{"groups.sellers.skills.sales.order": 1}))
    passes = SimpleNamespace(replications=0)
    passes.best = lambda here, starts: better
    monkeypatch.setattr(alternate, "passing", lambda run, own, now: passes)
    monkeypatch.setattr(alternate, "whole", lambda *given: [])
    monkeypatch.setattr(alternate, "_every", lambda *given: None)

    def again(start):
        assert np.array_equal(start, x)
        return SimpleNamespace(best=dearer, meeting=x), search

    routes = routed(run, known, before, again)
    assert len(routes) == 2 and np.array_equal(routes[0].known.best, x)
    assert routing_of(routes[0].problem.scenario) == better
    assert run.problem is routes[0].problem
    assert routes[0].search.found is slopes  # so that its proof can be topped up


def test_a_routing_that_was_found_does_not_make_it_another_scenario(posed):
    """Before, a certified plan under a better routing gave way to an uncertified one under another."""
    better = routing_of(teams(**VALUES, **{"groups.sellers.skills.sales.order": 1}))
    turned = rerouted(posed, better)
    assert routing_of(turned.scenario) != routing_of(posed.scenario)
    assert _provenance(turned)[ASKED] == _provenance(posed)[ASKED] == asked(posed.scenario) != asked(turned.scenario)


def test_of_equal_plans_the_one_under_a_routing_that_pays_is_better():
    def route(cost, pays):
        known = SimpleNamespace(best=np.array([cost]), meeting=np.array([cost]))
        return Route(SimpleNamespace(structure=SimpleNamespace(cost_of=lambda x: float(x[0]))), known, None, pays)

    assert route(5_552.0, True).beats(route(5_552.0, False))
    assert not route(5_552.0, True).beats(route(5_552.0, True))
    assert not route(5_553.0, True).beats(route(5_552.0, False))


@pytest.mark.parametrize("late", ["proved", "cheapest"])
def test_a_plan_that_is_certified_stays_so_where_time_ends_before_a_cheaper_one_is(monkeypatch, late):
    """Before, the whole proof was lost: 'cut short by the time limit: the plan is not certified'."""
    first = SimpleNamespace(x=np.array([2.0]), trial=None, certified=True)
    calls = []

    def proved(*given, **more):
        calls.append(1)
        if len(calls) > 1:
            raise TimeUp
        return first

    def cheapest(x, held):
        if late == "cheapest":
            raise TimeUp
        return np.array([1.0])

    monkeypatch.setattr(proving, "proved", proved)
    route = SimpleNamespace(search=None, known=SimpleNamespace(best=np.array([2.0]), cheapest=cheapest))
    assert proving.proved_known(None, route, 1.0, 0.95) is first
    other = SimpleNamespace(cost=1.0, problem="own")
    taken = []
    structure = SimpleNamespace(cost_of=lambda x: 2.0)
    run = SimpleNamespace(problem=SimpleNamespace(structure=structure), take=taken.append)
    answers = iter([first])

    def known(*given):
        found = next(answers, None)
        if found is None:
            raise TimeUp
        return found

    monkeypatch.setattr(proving, "proved_known", known)
    best = SimpleNamespace(problem="best", known=None)
    assert proving.proved_route(run, [best, other], 0.95) is first and taken == ["own", "best"]
