"""Plans over HTTP: what is shown, edited, undone, refused, and never a server error."""

import pytest
from studio_world import TIMES


@pytest.fixture
def plan(client, desk):
    return client.get("/api/plan", params=desk).json()


def put(client, *cells):
    return client.post("/api/plan/cells", params={"path": "desk.yaml"}, json={"cells": cells})


def messages(answer):
    return [fault["message"] for fault in answer.json()["faults"]]


def test_a_plan_has_the_headcounts_of_the_file(plan):
    assert plan["labels"] == TIMES
    assert plan["values"] == [[3.0] * 6, [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]]
    assert [group["name"] for group in plan["groups"]] == ["desk", "back"]
    assert plan["targets"] == [{"queue": "help", "figure": "sl", "bound": "min", "limit": 0.8}]
    assert not plan["can_undo"] and plan["changed"] == 0


def test_an_edit_is_undone_and_done_again(client, desk):
    edited = put(client, ["desk", TIMES[1], 5], ["back", TIMES[0], 2]).json()
    assert edited["values"] == [[3, 5, 3, 3, 3, 3], [2, 1, 1, 1, 0, 0]]
    assert edited["changed"] == 2 and edited["can_undo"]
    undone = client.post("/api/plan/undo", params=desk).json()
    assert undone["changed"] == 0 and undone["can_redo"]
    assert client.post("/api/plan/redo", params=desk).json()["values"] == edited["values"]


def test_an_edit_that_changes_nothing_is_not_a_step(client):
    assert not put(client, ["desk", TIMES[0], 3]).json()["can_undo"]


def test_a_new_edit_forgets_what_was_undone(client, desk):
    put(client, ["desk", TIMES[0], 4])
    client.post("/api/plan/undo", params=desk)
    assert not put(client, ["desk", TIMES[1], 4]).json()["can_redo"]
    assert messages(client.post("/api/plan/redo", params=desk)) == ["there is nothing to redo"]


def test_reverting_goes_back_to_the_file_and_can_be_undone(client, desk):
    put(client, ["desk", TIMES[0], 4])
    put(client, ["desk", TIMES[1], 5])
    assert client.post("/api/plan/revert", params=desk).json()["changed"] == 0
    assert client.post("/api/plan/undo", params=desk).json()["changed"] == 2


def test_every_fault_of_an_edit_is_said_at_once_and_nothing_is_changed(client, plan, desk):
    wrong = (["dsek", TIMES[0], 1], ["desk", "2026-03-02T08:15", 1], ["desk", TIMES[0], 2.5], ["back", TIMES[0], -1])
    answer = put(client, *wrong, ["desk", TIMES[1], 9])
    assert answer.status_code == 422
    assert sorted(messages(answer)) == [
        "'-1' is not a whole number of agents; write 0 to 100,000",
        "'2.5' is not a whole number of agents; write 0 to 100,000",
        "'2026-03-02T08:15' is not an open interval of this plan; choose one from 2026-03-02T08:00 to 2026-03-02T10:30",
        "'dsek' is not a group; did you mean 'desk'?",
    ]
    assert client.get("/api/plan", params=desk).json()["values"] == plan["values"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"cells": []}',
        b'{"cells": [["desk", "x"]]}',
        b'{"cells": "all"}',
        b'{"cells": [["a","b",NaN]]}',
        b'{"cells": [["a","b",1e999]]}',
        b'{"cells": [["\\ud800","b",1]]}',
        b"\xff\xfe",
        b'{"cells": [[null, null, null]]}',
    ],
)
def test_a_malformed_edit_is_refused_in_the_house_form(client, desk, body):
    answer = client.post("/api/plan/cells", params=desk, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert all({"place", "path", "value", "rule", "fix", "message"} <= set(fault) for fault in answer.json()["faults"])


@pytest.mark.parametrize(
    "path",
    [
        "../desk.yaml",
        "/etc/passwd",
        "..",
        "",
        ".",
        "a\0b.yaml",
        "desk.yaml/../../x.yaml",
        "x" * 900 + ".yaml",
        "desk.txt",
        "nothing.yaml",
        "example:../../setup",
        "example:",
        "~/x.yaml",
        "C:\\x.yaml",
    ],
)
def test_no_path_leads_out_of_the_folder(client, path):
    for method, at in (("GET", "/api/plan"), ("POST", "/api/plan/undo"), ("GET", "/api/plan/events")):
        answer = client.request(method, at, params={"path": path})
        assert answer.status_code == 422, (at, path)


def test_a_link_that_leads_out_of_the_folder_is_refused_and_not_listed(client, folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "other.yaml"
    outside.write_bytes((folder / "desk.yaml").read_bytes())
    (folder / "link.yaml").symlink_to(outside)
    assert "is outside the starting folder" in messages(client.get("/api/plan", params={"path": "link.yaml"}))[0]
    assert client.get("/api/session").json()["scenarios"] == ["desk.yaml"]


def test_a_scenario_with_faults_says_them_at_their_place(client, folder):
    (folder / "bad.yaml").write_text("cxsim: 1\nreasons: {help: {volume: 40/h}}\ngroups: {desk: {agents: -1}}\n")
    answer = client.get("/api/plan", params={"path": "bad.yaml"})
    assert answer.status_code == 422
    assert any("bad.yaml:3" in fault["place"] for fault in answer.json()["faults"])


def test_python_code_of_a_scenario_is_not_run_unless_allowed(client, folder):
    ran = folder / "ran"
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')\n")
    text = (folder / "desk.yaml").read_text() + "\nrouting: {policy: own.py}\n"
    (folder / "own.yaml").write_text(text)
    answer = client.get("/api/plan", params={"path": "own.yaml"})
    assert answer.status_code == 422 and "--allow-policies" in messages(answer)[0]
    assert not ran.exists()


def test_groups_on_shifts_are_shown_and_cannot_be_edited(client, folder):
    text = (folder / "desk.yaml").read_text().replace("    agents: 3          # three desks\n", "")
    (folder / "shifts.yaml").write_text(
        text + "\nstaff: {shifts: [{group: desk, start: 08:00, end: 11:00, agents: 2}]}\n"
    )
    at = {"path": "shifts.yaml"}
    plan = client.get("/api/plan", params=at).json()
    assert plan["values"][0] == [2.0] * 6
    assert plan["groups"][0]["locked"].startswith("works in shifts") and not plan["groups"][1]["locked"]
    answer = client.post("/api/plan/cells", params=at, json={"cells": [["desk", TIMES[0], 1]]})
    assert messages(answer) == ["desk works in shifts: change its shifts below the grid"]
    assert client.post("/api/plan/cells", params=at, json={"cells": [["back", TIMES[0], 1]]}).json()["changed"] == 1


def test_in_steady_state_an_edit_is_for_all_time(client, folder):
    text = (
        (folder / "desk.yaml")
        .read_text()
        .replace("start: 2026-03-02, open: 08:00-11:00", "steady: {warm_up: 1 h, length: 2 h}")
    )
    (folder / "steady.yaml").write_text(text.replace("[0, 1, 1, 1, 0, 0]", "1"))
    at = {"path": "steady.yaml"}
    label = client.get("/api/plan", params=at).json()["labels"][0]
    edited = client.post("/api/plan/cells", params=at, json={"cells": [["back", label, 2]]}).json()
    assert set(edited["values"][1]) == {2.0}


@pytest.mark.parametrize("path", ["/api/plans", "/nothing", "/../setup.cfg", "/%2e%2e/app.py", "/api/plan/cells"])
def test_an_address_that_is_not_there_is_said_so(client, path):
    answer = client.get(path)
    assert answer.status_code in (404, 405)
    assert answer.json()["faults"][0]["rule"]


def test_every_metric_is_explained_as_in_the_registry(client):
    from cxsim.metrics.registry import REGISTRY

    given = client.get("/api/metrics").json()
    assert {name: one["formula"] for name, one in given.items()} == {f.name: f.formula for f in REGISTRY.values()}
