"""Where every group is at its limit and goals are missed, the limits of the groups that serve them are named."""

from types import SimpleNamespace

import numpy as np

from cxsim import parse
from cxsim.optimizer.known_plans import Known
from cxsim.optimizer.problem.problem import problem


def test_only_the_limits_of_groups_that_serve_the_missed_goals_are_named():
    part = {"handle_time": "4 min", "patience": "3 min"}
    posed = problem(
        parse(
            {
                "cxsim": 1,
                "horizon": {"start": "2026-03-02", "days": 1, "open": "08:00-09:00", "interval": "30 min"},
                "reasons": {"a": {"volume": "200/h", **part}, "b": {"volume": "4/h", **part}},
                "queues": {name: {"target": {"sl": {"share": "80%", "within": "20s"}}} for name in "ab"},
                "groups": {
                    "one": {"agents": 4, "serves": ["a"], "wage": 10},
                    "two": {"agents": 4, "serves": ["b"], "wage": 12},
                },
                "optimize": {"floor": "0%", "groups": {"one": {"max": 4}}},
            }
        ),
        threads=1,
    )
    run = SimpleNamespace(problem=posed, messages=[], order=None)
    known = Known(run, None, None, 8, 0.95, lambda point: None)

    def look(name, x):
        return SimpleNamespace(
            x=x, trial=(trial := posed.trials.run(posed.structure.plan(x), range(8))), slack=trial.slack
        )

    known._look = look
    (point,) = known._at_their_limits()
    assert np.array_equal(posed.structure.levels(point.x).max(axis=1), [4, 5])
    (said,) = run.messages
    assert "these goals are missed: SL of a." in said
    assert said.endswith("Raise optimize.groups.one.max (now 4), or lower the goals.")
