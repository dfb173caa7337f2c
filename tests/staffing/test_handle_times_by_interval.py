"""The fluid program and the Erlang start know the handle time of each interval."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.advice.rivals import erlang_levels
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.requirements import requirements


def tree(**reason: object) -> dict[str, object]:
    return {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "08:00-09:00", "interval": "30 min", "before": 0, "after": 0},
        "reasons": {
            "cards": {"volume": {"per_interval": [60, 60]}, "handle_time": "240s", "patience": "2 min"} | reason
        },
        "queues": {"cards": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {"front": {"agents": 20, "wage": 20, "skills": {"cards": {}}}},
        "optimize": {},
    }


def test_the_fluid_program_staffs_the_work_of_each_interval() -> None:
    """96 of 120 contacts are to be served: all 60 of 4 minutes by 8 agents, and 36 of 6 minutes by 7.2."""
    made, plain = problem(cxsim.parse(tree(handle_times={"factors": [1, 1.5]}))), problem(cxsim.parse(tree()))
    assert fluid(made).levels[0, 16:18] == pytest.approx([8.0, 7.2])
    for erlang in ("pooled", "own"):
        needed, usual = (fluid(one, erlang=erlang).levels.sum() for one in (made, plain))  # type: ignore[arg-type]
        assert needed > 1.1 * usual
    levels, _ = erlang_levels(made)
    alike, _ = erlang_levels(plain)
    assert levels[0, 16] == alike[0, 16] and levels[0, 17] > alike[0, 17]


def test_one_factor_is_as_a_longer_handle_time() -> None:
    longer = cxsim.parse(tree(handle_times={"factor": 1.5}))
    written = cxsim.parse(tree(handle_time="360s"))
    for frames in zip(*(requirements(one).to_dict("list").items() for one in (longer, written)), strict=True):
        (name, ours), (_, theirs) = frames
        assert ours == theirs or np.allclose(ours, theirs, rtol=1e-9), name
    assert fluid(problem(longer), erlang="own").levels == pytest.approx(fluid(problem(written), erlang="own").levels)
    assert (flows(problem(longer).model).handle_in() == flows(problem(written).model).handle_in()).all()
