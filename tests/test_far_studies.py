"""On a cluster the optimizer, the frontier, tournaments and tuning find what they find here, draw for draw."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import cxsim
from cxsim.cli import cli
from cxsim.cluster import door, remote
from cxsim.cluster.door import NoCluster, WrongVersion
from cxsim.cluster.versions import computing_version
from cxsim.model.plan import plan
from cxsim.model.prepare import prepare
from cxsim.optimizer.problem.problem import problem
from cxsim.simulation.replications import ReplicationsJob, replicate_more

SMALL: dict[str, Any] = {
    "cxsim": 1,
    "name": "Small",
    "horizon": {"start": "2026-03-02", "open": "09:00-11:00", "before": "0 days", "after": "0 days"},
    "reasons": {
        "sales": {"volume": "20/h", "talk": "4 min", "patience": "3 min", "resolution": "80%"},
        "help": {"volume": "16/h", "talk": "5 min", "patience": "3 min"},
    },
    "queues": {
        "sales": {"target": {"sl": {"share": "70%", "within": "30s"}}},
        "help": {"target": {"sl": {"share": "70%", "within": "30s"}}},
    },
    "groups": {
        "front": {"agents": 4, "wage": 20, "skills": {"sales": {}, "help": {"rank": 2}}},
        "back": {"agents": 3, "wage": 22, "serves": ["help"]},
    },
    "optimize": {"within_team": False, "routing": False},
}


class Near(remote.Remote):
    """A cluster of this process: jobs and parts are pickled as for a worker, and answered out of order."""

    def __init__(self) -> None:
        self._packed: dict[int, Any] = {}
        self.parts = 0

    def slots(self) -> int:
        return 3

    def map(self, job: Any, parts: Any, check: Any = bool) -> list[Any]:
        given, name = self._pickled(job)
        self.parts += len(parts)
        check()
        out = {}
        token = remote._current.set(None)
        try:
            for k in reversed(range(len(parts))):
                part = pickle.loads(pickle.dumps(parts[k]))
                out[k] = pickle.loads(pickle.dumps(remote.answer(given, name, part)))
        finally:
            remote._current.reset(token)
        return [out[k] for k in range(len(parts))]


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> Near:
    """What `cluster="near"` names."""
    made = Near()

    @contextmanager
    def on(address: str | None) -> Iterator[None]:
        if address is None:
            yield
            return
        token = remote._current.set(made)
        try:
            yield
        finally:
            remote._current.reset(token)

    monkeypatch.setattr(remote, "on", on)
    remote._prepared.clear()
    return made


def small(**values: Any) -> cxsim.Scenario:
    made = cxsim.parse(SMALL)
    return made.vary(values) if values else made


def same_plan(one: cxsim.Optimum, other: cxsim.Optimum) -> None:
    np.testing.assert_array_equal(one.x, other.x)
    assert (one.cost, one.bound, one.certified, one.replications) == (
        other.cost,
        other.bound,
        other.certified,
        other.replications,
    )
    pd.testing.assert_frame_equal(one.plan, other.plan, check_exact=True)
    pd.testing.assert_frame_equal(one.goals, other.goals, check_exact=True)
    pd.testing.assert_frame_equal(one.comparison, other.comparison, check_exact=True)


@pytest.mark.parametrize("routing", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_plan_is_the_same_on_a_cluster(near: Near, routing: bool) -> None:
    scenario = small(**{"optimize.routing": routing})
    here = cxsim.optimize(scenario, seed=3)
    far = cxsim.optimize(scenario, seed=3, cluster="near")
    same_plan(here, far)
    assert near.parts > 20
    assert dict(here.routing_changes) == dict(far.routing_changes)


@pytest.mark.slow
def test_trials_under_two_forecasts_and_with_agents_who_differ_are_the_same_on_a_cluster(near: Near) -> None:
    tree = {
        **SMALL,
        "overrides": {"storm": {"reasons.sales.volume.factor": 1.4}},
        "optimize": {"within_team": False, "forecasts": {"base": "70%", "storm": "30%"}},
    }
    tree["groups"] = {**SMALL["groups"], "back": {**SMALL["groups"]["back"], "spread": {"handle_time": "20%"}}}
    tree["staff"] = {"redraw_agents": True}
    scenario = cxsim.parse(tree)
    found = problem(scenario)
    who = plan(scenario, found.model.timeline)
    here = found.trials.run(who, range(40))
    with remote.on("near"):
        far = found.trials.run(who, range(40))
    for name in ("above", "below", "outcome", "sums"):
        np.testing.assert_array_equal(getattr(here, name), getattr(far, name))
    for name, sides in here.figures.items():
        np.testing.assert_array_equal(sides, far.figures[name])
    assert near.parts == 5 and len(set(found.trials.forecast_of(range(40)).tolist())) == 2


@pytest.mark.slow
def test_a_frontier_is_the_same_on_a_cluster(near: Near) -> None:
    asked: dict[str, Any] = {"points": 2, "figures": ["sl"], "seed": 5}
    here, far = cxsim.frontier(small(), **asked), cxsim.frontier(small(), **asked, cluster="near")
    pd.testing.assert_frame_equal(here.points, far.points, check_exact=True)
    pd.testing.assert_frame_equal(here.prices, far.prices, check_exact=True)
    assert near.parts > 20


def test_a_tournament_is_the_same_on_a_cluster(near: Near) -> None:
    asked: dict[str, Any] = {"policies": ["first_come", "cmu"], "indifference": 20.0, "most": 60}
    here = cxsim.tournament(small(), "asa", **asked)
    far = cxsim.tournament(small(), "asa", **asked, cluster="near")
    pd.testing.assert_frame_equal(here.table, far.table, check_exact=True)
    pd.testing.assert_frame_equal(here.intervals, far.intervals, check_exact=True)
    assert near.parts > 3 and here.sure == far.sure


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_tuning_is_the_same_on_a_cluster(near: Near, engine: Any) -> None:
    asked: dict[str, Any] = {"evaluations": 2, "replications": 2, "check": 2, "engine": engine}
    over = {"groups.front.agents": (3, 6)}
    here, far = cxsim.tune(small(), over, "asa", **asked), cxsim.tune(small(), over, "asa", **asked, cluster="near")
    pd.testing.assert_frame_equal(here.tried, far.tried, check_exact=True)
    assert (here.settings, here.before, here.after, here.low) == (far.settings, far.before, far.after, far.low)
    assert near.parts >= 6


def test_a_worker_with_other_sources_refuses_the_work(near: Near) -> None:
    job = ReplicationsJob(small(), 1, "clock", "another")
    with pytest.raises(WrongVersion, match="another version of cxsim"):
        near.map(job, [range(2)])
    assert ReplicationsJob(small(), 1, "clock", computing_version()).own_version() == computing_version()


class Dying:
    """Workers that die over their first calls; `deaths` says how often by part."""

    def __init__(self, deaths: dict[int, int]) -> None:
        self.deaths, self.waiting, self.forgotten = dict(deaths), list[Any](), False

    def slots(self) -> int:
        return 1

    def hand_over(self, call: door.Call) -> None:
        self.waiting.append(call)

    def answered(self, seconds: float) -> list[tuple[Any, Any]]:
        call = self.waiting.pop()
        if self.deaths.get(call.key, 0):
            self.deaths[call.key] -= 1
            return [(call.key, None)]
        return [(call.key, call.function(*call.given))]

    def forget(self) -> None:
        self.forgotten = True


def remote_over(doors: Dying) -> remote.Remote:
    made = remote.Remote.__new__(remote.Remote)
    made._door, made._packed = doors, {}  # type: ignore[assignment]  # it acts like a door
    return made


def test_parts_whose_worker_died_are_handed_over_again_and_answers_keep_their_order() -> None:
    job = ReplicationsJob(small(), 1, "clock", computing_version())
    made = remote_over(Dying({1: 2, 3: 1}))
    found = made.map(job, [range(k, k + 1) for k in range(5)])
    here = replicate_more(prepare(small(), 1), range(5))
    for (sample,), own in zip(found, here, strict=True):
        np.testing.assert_array_equal(sample.contacts, own.contacts)
        np.testing.assert_array_equal(sample.groups, own.groups)


def test_a_part_that_always_kills_its_worker_and_a_deadline_end_the_work() -> None:
    job = ReplicationsJob(small(), 1, "clock", computing_version())
    doors = Dying({1: 99})
    with pytest.raises(NoCluster, match="die over a simulation"):
        remote_over(doors).map(job, [range(1), range(1, 2)])
    assert doors.forgotten

    def late() -> None:
        raise TimeoutError

    doors = Dying({})
    with pytest.raises(TimeoutError):
        remote_over(doors).map(job, [range(1)], late)
    assert doors.forgotten


@pytest.mark.parametrize("command", ["optimize", "frontier", "tournament", "tune"])
def test_an_address_that_is_none_is_refused_before_anything_is_written(
    command: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    from cxsim.scenario.io.writing import yaml_text

    (tmp_path / "small.yaml").write_text(yaml_text(SMALL))
    monkeypatch.chdir(tmp_path)
    more = {
        "tournament": ["--indifference", "5s"],
        "tune": ["--over", "groups.front.agents=3..5"],
    }.get(command, [])
    done = CliRunner().invoke(cli, [command, "small.yaml", "--cluster", "local:none", *more])
    assert done.exit_code == 2, done.output
    assert "write local:4 or tcp://host:8786" in " ".join(done.stderr.split())
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_workers_of_this_machine_give_the_same_plan_and_the_same_tournament() -> None:
    pytest.importorskip("distributed")
    same_plan(cxsim.optimize(small(), seed=3), cxsim.optimize(small(), seed=3, cluster="local:2"))
    asked: dict[str, Any] = {"policies": ["first_come", "cmu"], "indifference": 20.0, "most": 40}
    here, far = (cxsim.tournament(small(), "asa", **asked, cluster=where) for where in (None, "local:2"))
    pd.testing.assert_frame_equal(here.table, far.table, check_exact=True)
