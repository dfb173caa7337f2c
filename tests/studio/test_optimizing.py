"""Searches from the page: goals, the same plan as the terminal finds, stopped, accepted, and gone with the server."""

import json
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from studio_world import SMALL

import cxsim
from cxsim.model.plan import plan
from cxsim.scenario.io.faults import ScenarioError
from cxsim.studio.document import Document
from cxsim.studio.goals import Asked, of_scenario
from cxsim.studio.optimizing import Job, put
from cxsim.studio.shifts import alike
from cxsim.studio.workspace import Workspace

WHERE = {"path": "desk.yaml"}
SHIFTS = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 2, open: 08:00-18:00, interval: 30 min}
reasons: {help: {volume: 30/h, handle_time: 3 min, patience: 2 min}}
queues: {help: {target: {sl: {share: 80%, within: 20s}}}}
groups: {desk: {serves: [help], wage: 20}}
staff:
  shifts:
    - {group: desk, start: 08:00, end: 14:00, agents: 2}
    - {group: desk, start: 12:00, end: 18:00, agents: 2}
"""
FOUND = """\
group,start,end,breaks,agents,date
desk,08:00,14:00,,2,2026-03-02
desk,11:00,18:00,13:00-13:30,3,2026-03-02
desk,08:00,18:00,13:00-13:30,4,2026-03-03
"""


def waited(client, seconds=120.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = client.get("/api/optimize", params=WHERE).json()["job"]
        if state["status"] in ("done", "fault"):
            return state
        time.sleep(0.1)
    raise AssertionError("the search has not ended")


def test_goals_are_those_of_the_scenario_one_by_one(folder):
    (folder / "desk.yaml").write_text(
        SMALL.replace("share: 80%, within: 20s}}", "share: 80%, within: 20s}, abandoned: {max: 5%}}")
        + "optimize: {subject_to: [targets, {figure: asa, scope: queue, each: day, max: 30s}]}\n"
    )
    scenario = cxsim.read(folder / "desk.yaml")
    goals = of_scenario(scenario)
    assert [(one.figure, one.scope, one.each, one.bound, one.limit) for one in goals] == [
        ("sl", "queue:help", "horizon", "min", "80%"),
        ("abandoned_share", "queue:help", "horizon", "max", "5%"),
        ("asa", "queue", "day", "max", "30s"),
    ]
    again = scenario.vary(Asked(goals=goals).values())
    assert of_scenario(again) == goals


def test_every_fault_of_goals_is_at_its_goal(client):
    goals = [
        {"figure": "sl", "scope": "queue:help", "bound": "min", "limit": "80%"},
        {"figure": "sl", "scope": "queue:hlep", "bound": "min", "limit": "80%"},
        {"figure": "asa", "bound": "max", "limit": "soon"},
    ]
    told = client.post("/api/optimize/check", params=WHERE, json={"goals": goals}).json()["faults"]
    assert {one["goal"] for one in told} == {1, 2}
    assert client.post("/api/optimize/check", params=WHERE, json={"goals": goals[:1]}).json() == {"faults": []}
    refused = client.post("/api/optimize/start", params=WHERE, json={"goals": goals})
    assert refused.status_code == 422 and client.get("/api/optimize", params=WHERE).json()["job"] is None


def test_the_plan_is_the_one_of_the_terminal_and_accepting_it_can_be_undone(client, folder):
    before = client.get("/api/plan", params=WHERE).json()["values"]
    assert client.post("/api/optimize/accept", params=WHERE).status_code == 422
    asked = {"seconds": None, "certify": False, "start": "scratch"}
    assert client.post("/api/optimize/start", params=WHERE, json=asked).json()["status"] == "running"
    twice = client.post("/api/optimize/start", params=WHERE, json=asked)
    assert twice.status_code == 422 and "under way" in twice.json()["faults"][0]["message"]
    state = waited(client)
    best = cxsim.optimize(cxsim.read(folder / "desk.yaml"), certified=False, advise=False)
    assert state["best"]["headline"] == best.headline() and state["best"]["cost"] == best.cost
    assert state["best"]["goals_of"] == len(best.goals) and state["curve"] and not state["faults"]
    taken = client.post("/api/optimize/accept", params=WHERE).json()
    assert taken["values"] == best.levels[:, 16:22].tolist()
    assert taken["changed"]
    assert client.post("/api/plan/undo", params=WHERE).json()["values"] == before


def test_a_frontier_gives_plans_to_choose_from(client):
    told = client.post("/api/optimize/start", params=WHERE, json={"kind": "frontier", "points": 2, "figure": "sl"})
    assert told.status_code == 200
    state = waited(client)
    points = state["frontier"]["points"]
    assert len(points) >= 2 and all(one["cost_low"] <= one["cost"] <= one["cost_high"] for one in points)
    number = points[-1]["number"]
    taken = client.post("/api/optimize/accept", params={**WHERE, "point": number}).json()
    assert taken["changed"] and client.post("/api/optimize/accept", params={**WHERE, "point": 99}).status_code == 422


def test_a_plan_that_misses_its_goals_says_so(client):
    goals = [{"figure": "asa", "bound": "max", "limit": "0.01s"}]
    client.post("/api/optimize/start", params=WHERE, json={"goals": goals, "seconds": 8})
    best = waited(client)["best"]
    assert not best["certified"] and best["headline"].endswith("It is not certified.")
    first = best["goals"][0]
    assert (first["subject"], first["goal"], first["verdict"]) == ("ASA", "≤ 0.0 s", "missed")


def test_a_search_that_is_stopped_twice_ends_at_once(client):
    client.post("/api/optimize/start", params=WHERE, json={"seconds": 600})
    assert client.post("/api/optimize/stop", params=WHERE).json()["status"] == "stopping"
    client.post("/api/optimize/stop", params=WHERE)
    assert waited(client, 20.0)["status"] in ("done", "fault")


def test_the_process_of_a_search_ends_with_the_server(folder):
    worker = subprocess.Popen(
        [sys.executable, "-m", "cxsim.studio.worker"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    task = {"file": str(folder / "desk.yaml"), "values": {}, "kind": "optimize", "seconds": 600, "certify": True}
    worker.stdin.write(json.dumps({**task, "seed": 1, "start": ""}) + "\n")
    worker.stdin.flush()
    assert worker.poll() is None
    worker.stdin.close()  # as when the server is killed
    assert worker.wait(60) == 0


def test_found_shifts_take_the_place_of_those_on_the_screen(tmp_path):
    (tmp_path / "week.yaml").write_text(SHIFTS)
    document = Document(Workspace(tmp_path), "week.yaml")
    put(document, FOUND)
    (tmp_path / "found.csv").write_text(FOUND)
    wanted = cxsim.read(tmp_path / "week.yaml").vary({"staff.shifts": None, "staff.file": str(tmp_path / "found.csv")})
    mine = document.edited_model({}, document.changed_rows())
    assert alike(mine.plan, plan(wanted, document.model.timeline))
    document.undo()
    assert document.changed_rows() is None


def test_a_plan_of_another_form_is_refused(folder, tmp_path):
    with pytest.raises(ScenarioError, match="has shifts, and the plan on the screen does not"):
        put(Document(Workspace(folder), "desk.yaml"), FOUND)
    (tmp_path / "week.yaml").write_text(SHIFTS)
    with pytest.raises(ScenarioError, match="has headcounts, and the plan on the screen does not"):
        put(Document(Workspace(tmp_path), "week.yaml"), "group,start,agents\ndesk,08:00,3\n")


def test_a_search_that_ends_while_it_is_stopped_has_ended():
    """Before, "stopping" could be written over "done", and the page waited for ever."""
    states = []
    job = object.__new__(Job)
    job._lock, job.state = threading.RLock(), {"status": "running", "told": 0}
    job._one = SimpleNamespace(tell=lambda kind, state: states.append(state))
    ending = threading.Thread(target=lambda: job._change(status="done"))

    def ends(line):  # the process ends at this very moment
        ending.start()
        ending.join(0.2)

    job._say = ends
    job.stop()
    ending.join(5.0)
    assert [state["status"] for state in states] == ["stopping", "done"]
    assert [state["told"] for state in states] == [1, 2]
