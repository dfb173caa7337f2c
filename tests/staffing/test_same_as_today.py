"""An answer that is today's staffing says so, certified or not, compared with other plans or not."""

from types import SimpleNamespace

import pytest

from cxsim import parse
from cxsim.optimizer.build_optimum import conclude
from cxsim.optimizer.optimum_tables import _overrun
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.proved import Proved, Searched

SAID = "It is today's staffing."


def center(agents):
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 1, "open": "09:00-11:00", "interval": "1 h"},
            "reasons": {"a": {"volume": "20/h", "handle_time": "4 min", "patience": "3 min"}},
            "queues": {"a": {"target": {"sl": {"share": "70%", "within": "20s"}}}},
            "groups": {"one": {"agents": agents, "serves": ["a"], "wage": 10}},
        }
    )


def answer(people, certified, advise=False):
    posed = problem(center(3), threads=1)
    structure = posed.structure
    x = structure.complete([float(people if is_one else 0) for is_one in structure.integer])
    trial = posed.trials.run(structure.plan(x), range(4))
    told = Searched(replications=4)
    return conclude(posed, Proved(x, trial, trial.slack, certified), told, advise=advise, shown_on=0)


@pytest.mark.parametrize("certified", [False, True])
def test_an_answer_that_is_todays_staffing_says_so_without_a_comparison(certified):
    same, other = answer(3, certified), answer(4, certified)
    assert SAID in same.headline() and same.document()["is_today"] is True
    assert SAID not in other.headline() and other.document()["is_today"] is False


def test_it_is_not_said_to_cost_nothing_more_than_today_too():
    found = answer(3, certified=True, advise=True)
    assert found.headline().count("today's staffing") == 1, found.headline()
    assert "fcr_true" not in set(found.points["figure"])  # it is 100 %: there is no higher point to price
    assert found.definitions["fcr_measured"].endswith("window 1 day")


@pytest.mark.parametrize(
    ("kind", "real", "said"),
    [
        ("headcounts", 12.5, "a cost 12.50 EUR higher for this plan: it counts 12.50 EUR of overrun, as simulated"),
        ("shifts", 0.0, "who end a shift or begin a break first finish a contact"),
    ],
)
def test_the_other_cost_that_a_run_shows_is_named_with_the_difference(kind, real, said):
    posed = SimpleNamespace(scenario=SimpleNamespace(currency="EUR"), structure=SimpleNamespace(kind=kind))
    assert said in _overrun(posed, 0.0, real)
