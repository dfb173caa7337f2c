"""The comparison on the planner's week judges every roster in the order that the answer claims."""

import sys

import numpy as np
import pytest
from staffing.test_order import center

from benchmarks import week_peers
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.shortfall import order_of
from cxsim.optimizer.search.starting import as_worked


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(week_peers, "JUDGED", range(3_000_000, 3_000_040))


def test_a_roster_is_judged_by_the_contacts_that_its_goals_miss():
    """Before, the table had the points of all goals together: half an hour counted as much as a queue's week."""
    posed = problem(center(), threads=1)
    today = as_worked(posed)
    told = week_peers.judge(posed, "Today", today, 1.0)
    trial = posed.trials.run(posed.structure.plan(today), week_peers.JUDGED)
    found = order_of(posed, 3_000_000).reached(trial)
    assert (told.contacts, told.met, told.as_today) == (found.missed, found.met, True)
    nobody = week_peers.judge(posed, "Nobody", np.zeros(posed.structure.size), 1.0)
    assert nobody.contacts > told.contacts and not nobody.as_today


def test_the_greedy_way_goes_down_in_the_same_order(monkeypatch):
    """It ends no worse than it began in the order of the answer, whatever it looks at on the way."""
    posed = problem(center(), threads=1)
    today = as_worked(posed)
    monkeypatch.setattr(week_peers, "by_highs", lambda given, seconds: today)
    found = week_peers.greedy(posed, 1.0, hire=False)
    order = order_of(posed, week_peers.SEEN[0])
    worth = [week_peers._worth(posed, order, x) for x in (found, today)]
    assert worth[0] < worth[1]


def test_only_one_way_is_run_if_only_one_is_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(week_peers.cxsim, "read", lambda path: center())
    monkeypatch.setattr(sys, "argv", ["week_peers", "--only", "Today"])
    week_peers.main()
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 3 and told[2].startswith("Today") and "yes, SL, " in told[2]
