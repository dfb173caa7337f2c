"""What one more point costs, also on a day with so many groups that slopes of few days promise too much."""

from pathlib import Path

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.advice.advice import COMPARED, Adviser
from cxsim.optimizer.advice.changes import effects, points
from cxsim.optimizer.advice.rivals import Rival, today
from cxsim.optimizer.problem.problem import problem

SHIPPED = Path(__file__).parents[2] / "scenarios"


def priced(name):
    """The prices near today's staffing, by figure and step."""
    asked = problem(cxsim.read(SHIPPED / f"{name}.yaml"))
    plan = today(asked)
    assert isinstance(plan, Rival)
    open_cells = plan.levels[:, asked.model.timeline.open_mask].ravel()
    x = asked.structure.complete(np.pad(open_cells.astype(float), (0, asked.structure.size - len(open_cells))))
    adviser = Adviser(asked)
    base = adviser.tried(plan, COMPARED)
    found = points(adviser, x, base, adviser.slack(base.trial), effects(adviser, plan.levels))
    adviser.close()
    return found.set_index(["figure", "step"])


def test_a_point_more_costs_and_a_point_less_saves():
    found = priced("quickstart")
    for step in (0.01, -0.01):
        row = found.loc[("sl", step)]
        assert row["cost"] * step > 0.0 and row["reached"] * step > 0.0
        assert row["low"] <= row["cost"] <= row["high"]


@pytest.mark.slow
def test_prices_are_found_where_twelve_groups_answer_eight_queues():
    """Before, each of them was "not found near this plan"."""
    found = priced("multi-skill-day")
    for step in (0.01, -0.01):
        assert found.loc[("sl", step), "cost"] * step > 0.0
