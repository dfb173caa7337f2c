"""The text of a scenario over HTTP: faults at their line, saved only without faults, edits kept."""

import pytest
from studio_world import SMALL, TIMES


def call(client, what, text, **more):
    return client.post(f"/api/scenario{what}", params={"path": "desk.yaml"}, json={"text": text, **more})


def test_faults_are_told_with_their_line_and_nothing_is_written(client, folder):
    wrong = SMALL.replace("handle_time: 3 min", "handle_time: 3 mni").replace("wage: 25", "wages: 25")
    found = call(client, "/check", wrong).json()["faults"]
    assert {SMALL.splitlines()[fault["line"] - 1].strip().split(":")[0] for fault in found} == {"help", "wage"}
    assert any("did you mean 'wage'?" in fault["message"] for fault in found)
    assert call(client, "/check", SMALL).json() == {"faults": []}
    was = client.get("/api/scenario", params={"path": "desk.yaml"}).json()
    assert was["text"] == SMALL
    assert call(client, "/save", wrong, sha256=was["sha256"]).status_code == 422
    assert (folder / "desk.yaml").read_text() == SMALL


@pytest.mark.parametrize("text", ["", "{", "\0", "- a", "a: &x [*x]", "x" * 1000, "reasons: {" * 60, "\ud800"])
def test_any_text_is_checked_without_an_error_of_the_server(client, text):
    body = '{"text": "' + text.encode("unicode_escape").decode().replace("\\x", "\\u00").replace('"', '\\"') + '"}'
    answer = client.post("/api/scenario/check", params={"path": "desk.yaml"}, content=body.encode())
    assert answer.status_code in (200, 422)
    assert answer.json()["faults"]


def test_saving_keeps_the_unsaved_headcounts(client, desk, folder):
    client.post("/api/plan/cells", params=desk, json={"cells": [["desk", TIMES[0], 5]]})
    was = client.get("/api/scenario", params=desk).json()
    more = SMALL.replace("volume: 40/h", "volume: 50/h")
    saved = call(client, "/save", more, sha256=was["sha256"])
    assert saved.status_code == 200 and saved.json()["text"] == more == (folder / "desk.yaml").read_text()
    plan = client.get("/api/plan", params=desk).json()
    assert plan["changed"] == 1 and plan["values"][0][0] == 5
    assert "was changed by another program" in call(client, "/save", SMALL, sha256=was["sha256"]).text


def test_an_example_is_not_changed(client):
    at = {"path": "example:quickstart"}
    text = client.get("/api/scenario", params=at).json()
    answer = client.post("/api/scenario/save", params=at, json=text)
    assert answer.status_code == 422 and "an example stays as it is" in answer.text


def test_python_code_is_not_run_by_checking_a_text(client, folder):
    ran = folder / "ran"
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')\n")
    found = call(client, "/check", SMALL + "routing: {policy: own.py}\n").json()["faults"]
    assert "--allow-policies" in found[0]["message"] and not ran.exists()
