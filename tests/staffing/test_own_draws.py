"""No search simulates plans, or takes slopes, on replications of another, nor on those of any proof or comparison."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

import cxsim
from cxsim.optimizer import optimize as whole
from cxsim.optimizer.advice.advice import COMPARED
from cxsim.optimizer.certificate.certify import TESTS, TUNING
from cxsim.optimizer.proving import SPARED
from cxsim.optimizer.search.trust import fitted, phases
from cxsim.optimizer.search_params import SearchParams
from cxsim.optimizer.searching import APART, SEARCHES, own_draws

NUMBERS = st.integers(0, SEARCHES - 1)


def blocks(search):
    return [range(first, first + APART) for first in own_draws(search)]


@given(NUMBERS, NUMBERS)
def test_two_searches_share_no_replications(one, other):
    """Before, slopes of the sixteenth further search were taken where the first one had simulated its plans."""
    every = [*blocks(one), *(blocks(other) if other != one else [])]
    every.sort(key=lambda block: block.start)
    for before, after in pairwise(every):
        assert before.stop <= after.start
    assert every[-1].stop <= min(TUNING, *TESTS, SPARED, COMPARED)


@given(
    contacts=st.floats(1.0, 1e6),
    groups=st.integers(1, 200),
    intervals=st.integers(1, 700),
    days=st.integers(1, 14),
    thorough=st.floats(0.1, 4.0),
    share=st.floats(1e-6, 1.0),
)
def test_the_replications_of_a_search_suffice_for_all_its_rounds_and_repairs(
    contacts, groups, intervals, days, thorough, share
):
    params = SearchParams()
    plan = phases(contacts, groups, groups * intervals, thorough, params.full_size, days)
    for some in (plan, fitted(plan, 6 * groups, share * 1e7, days)):
        assert max(max(phase.values, phase.anchor) for phase in some) <= APART
        rounds = sum(phase.rounds * phase.differences for phase in some)  # a look in every round
        repairs = params.most_repairs * params.repair_rounds * 2 * some[-1].differences
        assert rounds + repairs <= APART


def test_the_slopes_kept_for_the_advice_are_those_of_the_routing_that_is_answered(monkeypatch):
    """Before, the advice ranked changes by the slopes under the routing whose plan had become too dear."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 1, "open": "09:00-11:00", "interval": "1 h"},
            "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
            "groups": {"desk": {"agents": 4, "serves": ["a"], "wage": 10}},
            "optimize": {"within_team": False, "floor": "0%"},
        }
    )
    routes, told = [], []
    conclude = whole.conclude

    def routed(run, known, search, *given):
        own = whole_routed(run, known, search, *given)[0]
        lost = type(own)(whole.replace(own.problem), known, whole.replace(search, found=None))
        routes.extend([lost, own])
        run.take(lost.problem)
        return routes

    def proved(run, routes, confidence):
        run.take(routes[1].problem)
        return whole_proved(run, routes[1:], confidence)

    def concluded(problem, plan, searched, **more):
        told.append(searched.slopes)
        return conclude(problem, plan, searched, **more)

    whole_routed, whole_proved = whole.routed, whole.proved_route
    monkeypatch.setattr(whole, "routed", routed)
    monkeypatch.setattr(whole, "proved_route", proved)
    monkeypatch.setattr(whole, "conclude", concluded)
    params = SearchParams(least_proof=64, most_proof=64, proof_contacts=1.0, full_size=8)
    cxsim.optimize(scenario, threads=1, advise=False, params=params)
    assert told[-1] is routes[1].search.found is not None
