"""Talk and wrap by queue and by skill, worked out by hand; and two queues of one reason against formulas."""

from __future__ import annotations

from typing import Any

import pytest
from agreement.test_worlds import world
from oracles.markov import off
from ruamel.yaml import YAML

import cxsim
from cxsim.model.network.work import handle_times, meetings
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.rules.contact_times import handle_time
from cxsim.scenario.io.explain import explain
from cxsim.scenario.io.writing import dump

HALF = {"deterministic": "30s"}


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def told(engine: str, queues: dict[str, Any], skill: dict[str, Any]) -> list[str]:
    """Calls of four minutes and half a minute of wrap, all handed on to `q 2`."""
    handed = {"transfers": {"to": "q 2", "share": "100%"}}
    legs, _ = world(
        engine,
        reasons={"a": (["00"], "4 min", {"wrap": HALF})},
        queues={"q": {**handed, **queues.get("q", {})}, "q 2": queues.get("q 2", {})},
        groups={"g": {"agents": 1, "serves": ["q"]}, "h": {"agents": 1, "skills": {"q 2": skill}}},
    )
    return legs


@pytest.mark.parametrize(
    ("queues", "skill", "first", "second"),
    [
        ({}, {}, "0:00-4:30", "4:00-8:30"),
        ({"q 2": {"talk": {"deterministic": "10 min"}}}, {}, "0:00-4:30", "4:00-14:30"),
        ({"q": {"talk": {"deterministic": "1 min"}, "wrap": {"deterministic": "2 min"}}}, {}, "0:00-3:00", "1:00-5:30"),
        ({}, {"handle_time": "200%"}, "0:00-4:30", "4:00-13:00"),
        ({}, {"talk": "200%"}, "0:00-4:30", "4:00-12:30"),
        ({}, {"wrap": "200%"}, "0:00-4:30", "4:00-9:00"),
        ({}, {"talk": "50%", "wrap": "300%"}, "0:00-4:30", "4:00-7:30"),
        ({}, {"wrap": "2 min"}, "0:00-4:30", "4:00-10:00"),
        ({"q 2": {"talk": {"deterministic": "10 min"}}}, {"talk": "5 min", "wrap": "1 min"}, "0:00-4:30", "4:00-10:00"),
        ({"q 2": {"wrap": {"deterministic": "2 min"}}}, {"handle_time": "3 min"}, "0:00-4:30", "4:00-7:00"),
    ],
)
def test_work_is_that_of_the_queue_and_the_skill(
    engine: str, queues: dict[str, Any], skill: dict[str, Any], first: str, second: str
) -> None:
    start = second.split("-")[0]
    assert told(engine, queues, skill) == [f"a1 0:00 q {first} g 1 transferred", f"a1 {start} q 2 {second} h 1"]


def test_who_moves_to_another_queue_has_the_work_of_that_queue(engine: str) -> None:
    """The second call overflows after a minute, and talks for ten there."""
    legs, _ = world(
        engine,
        reasons={"a": (["00", "00"], "4 min")},
        queues={"q": {"overflow": {"after": "60s", "to_queue": "q 2"}}, "q 2": {"talk": {"deterministic": "10 min"}}},
        groups={"g": {"agents": 1, "serves": ["q"]}, "h": {"agents": 1, "serves": ["q 2"]}},
    )
    assert legs[0] == "a1 0:00 q 0:00-4:00 g 1" and legs[-1] == "a2 1:00 q 2 1:00-11:00 h 1"


def two_queues() -> cxsim.Scenario:
    """Half of the calls of one reason come to each of two queues: one by its exponential talk, one by a fixed one."""
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "300 h"}, "interval": "60 min"},
            "reasons": {"call": {"volume": {"per_hour": 40}, "talk": "2 min", "wrap": "1 min", "flow": "ask"}},
            "flow": {"ask": {"menu": {"chooses": {"call": {"a": "50%", "b": "50%"}}}, "to": {"a": "one", "b": "two"}}},
            "queues": {"one": {"wrap": {"deterministic": "0s"}}, "two": {"talk": {"deterministic": "90s"}}},
            "groups": {
                "left": {"agents": 1, "serves": ["one"]},
                "right": {"agents": 1, "skills": {"two": {"wrap": "50%"}}},
            },
        }
    )


@pytest.mark.parametrize("engine_name", ["clock", "story"])
def test_each_queue_waits_as_its_own_law_says(engine_name: Any) -> None:
    """Pollaczek and Khinchine: λ E S² ⁄ 2(1 - ρ), for each queue with its talk and wrap; four figures at 4 errors.

    An error rate of 3 in 10,000; the seed is fixed.
    """
    runs = 40 if engine_name == "clock" else 4
    found = cxsim.simulate(two_queues(), seed=3, replications=runs, engine=engine_name)
    rate = 20.0 / 3600.0
    exponential = (120.0, 2.0 * 120.0**2)
    fixed = (90.0 + 30.0, 90.0**2 + 2.0 * 90.0 * 30.0 + 2.0 * 30.0**2)  # 90 s and an exponential half a minute
    for queue, group, (mean, square) in (("one", "left", exponential), ("two", "right", fixed)):
        assert off(found, "asa", queue, rate * square / (2.0 * (1.0 - rate * mean))) < 4.0, queue
        assert off(found, "occupancy", group, rate * mean) < 4.0, group


def test_planning_knows_the_work_of_each_queue() -> None:
    """Mean handle times for scores, Erlang and the fluid model."""
    scenario = two_queues()
    assert handle_times(scenario, meetings(scenario)).tolist() == [[120.0, 120.0], [150.0, 120.0]]
    reason = scenario.reasons["call"]
    assert [handle_time(reason, queue) for queue in scenario.queues.values()] == [120.0, 150.0]
    found = flows(prepare(scenario, 1))
    assert found.handle[found.queue_of == 1, 1].tolist() == pytest.approx([120.0])
    assert found.handle[found.queue_of == 0, 0].tolist() == pytest.approx([120.0])


def test_explain_says_what_holds_where_nothing_is_written() -> None:
    told = {line.path: (line.value, line.given) for line in explain(two_queues())}
    assert told["queues.one.talk"] == ("as the reasons", False)
    assert told["groups.left.skills.one.wrap"] == ("as handle_time", False)
    assert told["groups.right.skills.two.wrap"] == ("0.5", True)
    assert told["queues.two.talk"][1] and told["reasons.call.wrap"][1]


def test_what_is_written_is_read_again() -> None:
    scenario = two_queues()
    again = cxsim.parse(YAML(typ="safe").load(dump(scenario)))
    assert again == scenario
