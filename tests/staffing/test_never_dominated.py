"""The answer is never dominated by a plan that the same run certified, or could have, whenever its time ends."""

from types import SimpleNamespace

import numpy as np
import pytest

from cxsim import optimize, parse
from cxsim.optimizer.certificate import certify
from cxsim.optimizer.known_plans import VISITED, Known
from cxsim.optimizer.plan_evaluator import Trials
from cxsim.optimizer.problem.stage import TimeUp
from cxsim.optimizer.search.trust import Search
from cxsim.optimizer.search_params import SearchParams

SOME = (2, 10_000)  # the last one lets the run end by itself
MORE = [pytest.param(end, marks=pytest.mark.slow) for end in range(1, 20) if end not in SOME]
SMALL = SearchParams(least_proof=64, most_proof=64, proof_contacts=1.0, full_size=8)


def center(agents):
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 1, "open": "09:00-11:00", "interval": "1 h"},
            "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
            "groups": {
                "cheap": {"agents": agents, "serves": ["a"], "wage": 10},
                "dear": {"agents": 0, "serves": ["a"], "wage": 30},
            },
            "optimize": {"within_team": False, "floor": "0%"},
        }
    )


def certificates(monkeypatch):
    """Every certificate of a run that says certified, by its cost."""
    kept, real = [], certify._Run.certificate

    def certificate(self, *args):
        found = real(self, *args)
        if found.certified:
            kept.append(self.problem.structure.cost_of(found.x))
        return found

    monkeypatch.setattr(certify._Run, "certificate", certificate)
    return kept


@pytest.mark.parametrize("end", [*SOME, *MORE])
def test_the_answer_is_no_dearer_than_any_plan_that_the_run_certified(monkeypatch, end):
    """Time ends at the `end`-th simulation of the proof, or of what follows it."""
    kept, real, begun = certificates(monkeypatch), Trials.run, []

    def run(self, plan, replications):
        numbers = list(replications)
        if begun or numbers[0] >= certify.TUNING:
            begun.append(numbers[0])
            if len(begun) == end:
                raise TimeUp
        return real(self, plan, replications)

    monkeypatch.setattr(Trials, "run", run)
    try:
        found = optimize(center(4), threads=1, advise=False, params=SMALL)
    except TimeUp:
        pytest.fail("the plan was lost")
    assert not kept or (found.certified and found.cost <= min(kept) + 1e-6)
    assert kept or not found.certified


def test_a_known_plan_is_proved_where_no_proof_of_a_cheaper_one_succeeds(monkeypatch):
    """The search ends at one agent, which nothing can repair; today's four meet the goals."""

    def too_few(run, starts, plan):
        structure = run.problem.structure
        few = structure.complete(np.zeros(structure.size))
        few[:2] = 1.0
        return run.trier(structure.complete(few), plan[0].values)

    nothing = SimpleNamespace(status="too many", x=None)
    monkeypatch.setattr("cxsim.optimizer.searching.search_from", too_few)
    monkeypatch.setattr("cxsim.optimizer.searching.enumerate_plans", lambda *args, **more: nothing)
    monkeypatch.setattr("cxsim.optimizer.proving.grown", lambda *args: None)
    for name in ("topped_up", "repair", "thinned"):
        monkeypatch.setattr(Search, name, lambda *args: None)
    found = optimize(center(4), threads=1, advise=False, params=SMALL)
    assert found.certified, found.headline()
    assert found.plan["agents"].sum() > 2


def test_time_that_is_over_before_a_proof_leaves_the_plan_that_misses_less():
    """A plan that met the goals on few replications, and misses them on more, loses to the search's own."""
    slack = {1.0: -0.05, 2.0: 0.01, 3.0: 0.02}

    def trier(x, replications):
        return SimpleNamespace(cost=9.5 + 0.5 * x[0], slack=np.array([slack[x[0]]]))

    def known(seconds):
        run = SimpleNamespace(seconds=seconds, until=lambda share: None, affordable=lambda share, most, least: most)
        out = Known(run, trier, None, 8, 0.95, lambda point: None)
        out.meeting, out.best, out.plans = np.array([1.0]), np.array([3.0]), {VISITED: np.array([2.0])}
        return out

    assert known(60.0).in_haste() == 2.0
    assert known(None).in_haste() == 1.0  # as the search left it: there was time enough
