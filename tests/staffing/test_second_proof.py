"""Where the proof of a second plan fails, what the first one showed is the answer, and is told."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cxsim import optimize, parse
from cxsim.optimizer import proving
from cxsim.optimizer.known_plans import Known
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.search_params import SearchParams
from cxsim.report.plan.words import bound_note

CENTER = {
    "cxsim": 1,
    "horizon": {"start": "2026-03-02", "days": 1, "open": "09:00-11:00", "interval": "1 h"},
    "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
    "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
    "groups": {"desk": {"agents": 4, "serves": ["a"], "wage": 10}},
    "optimize": {"within_team": False, "floor": "0%"},
}
SMALL = SearchParams(least_proof=64, most_proof=64, proof_contacts=1.0, full_size=8)
FAILED = "The proof of a second plan failed (out of order): it is left out."
CUT = "The proof of a second plan was cut short by the time limit: it is left out."


@pytest.fixture
def short(monkeypatch):
    """First tests that fall short, though the goal was met in the mean; the proof of another plan ends with time."""
    real, made = proving.certify, []

    def certify(*given, **more):
        if made:
            raise TimeUp
        found = real(*given, **more)
        made.append(replace(found, certified=False, slack_low=found.slack_low - found.trial.slack - 0.01))
        return made[0]

    monkeypatch.setattr(proving, "certify", certify)
    monkeypatch.setattr(Known, "cheapest", lambda self, x, held=True: x if held else x + 1.0)
    return made


def test_a_plan_whose_test_fell_short_is_the_answer_with_what_its_test_showed(short):
    """Before, the test was thrown away, and another plan was simulated on a few replications."""
    found = optimize(parse(CENTER), threads=1, advise=False, params=SMALL)
    (first,) = short
    assert not found.certified
    assert np.array_equal(found.x, first.x)
    assert found.certified_on == first.tested_on == 64
    assert found.goals["slack_low"].to_numpy() == pytest.approx(first.slack_low)
    assert CUT in found.messages
    assert (
        "The test on 64 replications that the search did not use proved 0 of 1 goals; the plan is not certified."
        in found.messages
    )
    assert "In simulation, the best plan found" in found.headline()
    assert bound_note(found).endswith("on 64 replications")


def proof(x, slack, certified=False):
    trial = SimpleNamespace(slack=np.array([slack]))
    return SimpleNamespace(x=np.array([x]), trial=trial, certified=certified)


def kept(first, error, in_haste=9.0):
    """What is kept of a first proof, and what is said, where another plan would be given in haste."""
    run, asked = SimpleNamespace(messages=[]), []

    def best(*more):
        asked.extend(more)
        return np.array([in_haste])

    found = proving._kept(run, SimpleNamespace(in_haste=best), first, error)
    return found, run.messages, asked


def test_what_is_certified_stays_so_and_only_a_fault_is_told():
    first = proof(1.0, -0.1, certified=True)
    assert kept(first, TimeUp()) == (first, [], [])
    assert kept(first, RuntimeError("out of order")) == (first, [FAILED], [])


def test_a_plan_that_met_its_goals_is_kept_without_a_certificate():
    first = proof(1.0, 0.0)
    assert kept(first, TimeUp()) == (first, [CUT], [])


def test_a_plan_that_misses_a_goal_gives_way_to_one_that_is_worth_more():
    first = proof(1.0, -0.1)
    with pytest.raises(TimeUp):
        kept(first, TimeUp())
    found, said, asked = kept(first, TimeUp(), in_haste=1.0)
    assert found is first and said == [CUT] and asked == [first.x]


def test_the_problem_is_that_of_the_route_whose_plan_is_given(monkeypatch):
    """Before, a plan found under a better routing was simulated, and stored, under the scenario's own."""
    taken = []
    structure = SimpleNamespace(cost_of=lambda x: 2.0)
    run = SimpleNamespace(problem=SimpleNamespace(structure=structure), take=taken.append, messages=[])
    first = proof(1.0, -0.1)
    answers = iter([first])

    def known(*given):
        for found in answers:
            return found
        raise TimeUp

    monkeypatch.setattr(proving, "proved_known", known)
    best = SimpleNamespace(problem="best", known=SimpleNamespace(in_haste=lambda *more: np.array([9.0])))
    with pytest.raises(TimeUp):
        proving.proved_route(run, [best, SimpleNamespace(cost=1.0, problem="own")], 0.95)
    assert taken == ["own", "best"]
