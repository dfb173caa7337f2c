"""Exact optima of small staffing cases: Markov chains solved here, plans found by the optimizer.

The chains are checked against Erlang A, against P8 of the acceptance cases and against the simulator; then every case
kept in `small_cases.json` must be solved: same cost, every goal met. With half a point between right and wrong and the
error of `enumeration.Care`, 1 % a case and in truth far less, a single failure is a fault, not luck.
"""

import numpy as np
import pytest
from oracles.agreement import CASES, NARROW, RARE, Run, judge
from oracles.chains import Design, solved
from oracles.small_cases import MARGIN, SHAPES, Case, Exact, Goal, cases, plans, read, scenario

import cxsim
from cxsim.erlang import formulas
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.enumeration import enumerate_plans

KEPT = read()
SOME = [case.name for case, _ in KEPT][::6]


def one_queue(rate=4.0, service=1.0, patience=0.7):
    return Design((rate,), (patience,), ((service,),), ((0,),), ((0,),))


@pytest.mark.parametrize("agents", [2, 4, 6])
def test_the_chain_of_one_queue_is_erlang_a(agents):
    chain = solved(one_queue(), (agents,))
    known = formulas.steady(4.0, 1.0, agents, patience=0.7)
    assert chain.abandoned(0) == pytest.approx(known.abandoned, abs=1e-7)
    assert chain.queued(0) == pytest.approx(known.queued, abs=1e-7)
    for time in (0.05, 0.3, 2.0):
        assert chain.answered_within(0, time) == pytest.approx(known.answered_within(time), abs=1e-6)


def test_groups_that_are_alike_are_one():
    """Two types in two groups that serve both alike, at the same ranks but for the order: the sum is one queue."""
    twins = Design((2.5, 1.5), (0.7, 0.7), ((1.0, 1.0), (1.0, 1.0)), ((0, 1), (1, 0)), ((0, 1), (1, 0)))
    chain = solved(twins, (2, 3))
    known = formulas.steady(4.0, 1.0, 5, patience=0.7)
    lost = (2.5 * chain.abandoned(0) + 1.5 * chain.abandoned(1)) / 4.0
    assert lost == pytest.approx(known.abandoned, abs=1e-7)
    assert chain.queued(0) == pytest.approx(known.queued, abs=1e-7)


@pytest.mark.parametrize("by_type", [False, True])
def test_waits_end(by_type):
    """Everyone is answered or gives up in the end, also where groups serve types at different speeds."""
    service = ((2.0, 0.0, 2.5), (0.0, 2.0, 1.8 if by_type else 2.5))
    chain = solved(Design((3.0, 2.0), (2.0, 1.5), service, *SHAPES["M"]), (4, 3, 5))
    for q, group in ((0, 0), (1, 1)):
        answered = chain.answered_within(q, 60.0)
        assert answered == pytest.approx(1.0 - chain.abandoned(q), abs=1e-7)
        assert answered == pytest.approx((chain.served(q, group) + chain.served(q, 2)) / (3.0, 2.0)[q], abs=1e-7)


# --- P8 -------------------------------------------------------------------------------------------------------------

P8 = CASES["P8"]["expect"]
M_MODEL = P8["mmodel_params"]


def m_model():
    mean = 1.0 / M_MODEL["mu"]
    rates, patience = tuple(map(float, M_MODEL["lam"])), (1.0 / M_MODEL["theta"],) * 2
    design = Design(rates, patience, ((mean, 0.0, mean), (0.0, mean, mean)), *SHAPES["M"])
    return Case("P8", design, tuple(M_MODEL["cost"]), 0.1, tuple(Goal("abandoned", q, 0.05) for q in range(2)))


def test_the_chain_reproduces_the_m_model():
    case, (best,) = m_model(), P8["mmodel_opt_Pab_le_5pct"]
    chain = solved(case.design, best["x"])
    busy = sum(mean * chain.served(*pair) for pair in chain.cell_of for mean in [case.design.service[pair[0]][pair[1]]])
    for q in range(2):
        assert chain.abandoned(q) == pytest.approx(best[f"Pab{q}"], abs=1e-8)
        assert chain.queued(q) == pytest.approx(best[f"Pw{q}"], abs=1e-8)
    assert busy / sum(best["x"]) == pytest.approx(best["occ"], abs=1e-8)


@pytest.mark.slow
def test_the_chain_finds_the_optimum_of_the_m_model():
    case, (best,) = m_model(), P8["mmodel_opt_Pab_le_5pct"]
    good = []
    for agents in plans(case, best["cost"] + 1e-9):
        exact = Exact(case, agents)
        if exact.slack(case.goals, enough=0.0) >= 0.0:
            good.append((case.cost(agents), list(agents)))
    assert good == [(best["cost"], best["x"])]


def test_the_optimum_of_the_m_model_is_found():
    (best,) = P8["mmodel_opt_Pab_le_5pct"]
    cost, agents = optimum(m_model())
    assert (cost, agents) == (best["cost"], best["x"])


# --- the simulator --------------------------------------------------------------------------------------------------


def test_the_simulator_agrees_with_the_chain_of_an_m_design():
    """Service levels, abandonment and the share resolved at the first answer, two types in three groups."""
    service, resolution = ((1.0, 0.0, 1.25), (0.0, 1.0, 0.9)), ((0.9, 0.0, 0.7), (0.0, 0.95, 0.6))
    design = Design((3.0, 2.0), (1.0, 0.75), service, *SHAPES["M"], resolution)
    goals = (Goal("sl", 0, 0.8), Goal("sl", 1, 0.7), Goal("fcr_true", -1, 0.8))
    case = Case("M", design, (20.0, 20.0, 24.0), 0.1, goals)
    agents = (3, 2, 2)
    given = scenario(case, days=40)
    for group, n in zip(given["groups"].values(), agents, strict=True):
        group["agents"] = n
    run, exact = Run(given, 24, seed=5), Exact(case, agents)
    judge(
        "M-design",
        [
            run.estimate(f"{figure} {q}", figure, "queue", f"q{q}").exactly(exact.value(name, q), width)
            for figure, name, width in (
                ("sl", "sl", NARROW),
                ("abandoned_share", "abandoned", RARE),
                ("fcr_true", "fcr_true", NARROW),
            )
            for q in range(2)
        ]
        + [run.estimate("fcr_true").exactly(exact.value("fcr_true", -1))],
    )


# --- random cases ---------------------------------------------------------------------------------------------------


def optimum(case, seed=1):
    """The cost (in an hour) and the agents that the optimizer answers a case with."""
    posed = problem(cxsim.parse(scenario(case)), seed=seed)
    found = enumerate_plans(posed)
    assert found.status == "exact"
    hours = posed.structure.cost[0] / case.wages[0]
    return round(found.cost / hours, 6), [int(n) for n in found.x]


def solves(case, kept):
    cost, agents = optimum(case)
    assert cost == pytest.approx(kept["cost"], abs=1e-6), f"{agents} costs {cost:g}, {kept['agents']} {kept['cost']:g}"
    assert Exact(case, tuple(agents)).slack(case.goals) >= MARGIN


@pytest.mark.parametrize(("case", "kept"), [pytest.param(*row, id=row[0].name) for row in KEPT if row[0].name in SOME])
def test_optimum(case, kept):
    solves(case, kept)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "kept"), [pytest.param(*row, id=row[0].name) for row in KEPT if row[0].name not in SOME]
)
def test_optimum_of_the_others(case, kept):
    solves(case, kept)


def test_the_cases_are_many_and_of_every_kind():
    shapes = {case.name.rsplit("-", 1)[0] for case, _ in KEPT}
    figures = [{goal.figure for goal in case.goals} for case, _ in KEPT]
    assert len(KEPT) >= 50
    assert shapes == set(SHAPES)
    for figure in ("sl", "abandoned", "fcr_true"):
        assert sum(figure in some for some in figures) >= 15
    assert np.mean([np.count_nonzero(kept["agents"]) >= 2 for case, kept in KEPT if len(case.wages) > 1]) > 0.7


@pytest.mark.slow
def test_the_cases_kept_are_what_the_chains_give():
    assert list(cases()) == KEPT
