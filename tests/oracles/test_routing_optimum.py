"""Exact optima of small cases where the routing is a decision too, against what the optimizer answers.

Every routing and plan is a Markov chain solved here (`routing_cases.py`), by an enumeration of its own. With half a
point between right and wrong and the error of `enumeration.Care`, 1 % for each routing and in truth far less, a single
failure is a fault, not luck.
"""

from dataclasses import replace

import numpy as np
import pytest
from oracles.routing_cases import FILE, KINDS, cases, routings
from oracles.small_cases import MARGIN, Exact, read, scenario

import cxsim
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.routing.exhaustive import enumerate_routings
from cxsim.optimizer.routing.moves import decided, strict
from cxsim.optimizer.routing.state import routing_of

KEPT = read(FILE)
SOME = ("N-1", "V-2", "M-2", "X-4")
PARTS = ["ranks", "skills"]


def posed(case):
    given = scenario(case)
    given["optimize"]["routing"] = PARTS
    return cxsim.parse(given)


def design_of(case, routing):
    """The case's design under a routing of its scenario."""
    skills = routing.skills
    by_type = [[g for g in case.design.groups if (f"g{g}", f"q{q}") in skills] for q in case.design.types]
    by_group = [[q for q in case.design.types if (f"g{g}", f"q{q}") in skills] for g in case.design.groups]
    route = [sorted(row, key=lambda g, q=q: skills[f"g{g}", f"q{q}"].order) for q, row in enumerate(by_type)]
    takes = [sorted(row, key=lambda q, g=g: skills[f"g{g}", f"q{q}"].rank) for g, row in enumerate(by_group)]
    return replace(case.design, route=tuple(map(tuple, route)), takes=tuple(map(tuple, takes)))


def solves(case, kept):
    one = problem(posed(case), seed=1)
    found = enumerate_routings(one, decided(one.scenario, PARTS))
    assert found is not None and found.whole and found.problem is not None
    hours = one.structure.cost[0] / case.wages[0]
    agents = tuple(int(n) for n in found.x)
    assert round(found.cost / hours, 6) == pytest.approx(kept["cost"], abs=1e-6), agents
    routed = replace(case, design=design_of(case, routing_of(found.problem.scenario)))
    assert Exact(routed, agents).slack(case.goals) >= MARGIN


@pytest.mark.parametrize(("case", "kept"), [pytest.param(*row, id=row[0].name) for row in KEPT if row[0].name in SOME])
def test_routing_and_staff_of(case, kept):
    solves(case, kept)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "kept"), [pytest.param(*row, id=row[0].name) for row in KEPT if row[0].name not in SOME]
)
def test_routing_and_staff_of_the_others(case, kept):
    solves(case, kept)


@pytest.mark.parametrize(("case", "kept"), [pytest.param(*row, id=row[0].name) for row in KEPT[::4]])
def test_every_routing_of_a_case_is_tried(case, kept):
    """Two enumerations, written apart, come to the same routings."""
    given = posed(case)
    found = strict(routing_of(given), decided(given, PARTS), 1000)
    ours = [(one.route, one.takes) for one in (design_of(case, one) for one in found)]
    assert sorted(ours) == sorted((one.route, one.takes) for one in routings(case.design))


def test_in_most_cases_the_routing_decides_the_cost():
    assert len(KEPT) == sum(KINDS.values()) == 20
    cheaper = [kept["as_given"] is None or kept["as_given"] > kept["cost"] + 1e-6 for _, kept in KEPT]
    assert np.mean(cheaper) >= 0.7


@pytest.mark.slow
def test_the_cases_kept_are_what_the_chains_give():
    assert [(case, {**kept, "route": None, "takes": None}) for case, kept in cases()] == [
        (case, {**kept, "route": None, "takes": None}) for case, kept in KEPT
    ]
