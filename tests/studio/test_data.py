"""The Data screen: files that are sent, read by a mapping that can be corrected, imported and calibrated."""

import json

import pytest
from studio_world import calls

import cxsim


def last(answer):
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text.splitlines()[-1])


def send(client, name, text, size=100_000):
    data = text.encode()
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        told = client.post("/api/data/upload", params={"name": name, "offset": start}, content=piece)
        assert told.status_code == 200, told.text
    return told.json()


SETTLED = {"dates": "dmy", "timezone": "Europe/Paris", "columns.wait.unit": "s", "columns.talk.unit": "s"}


def test_a_file_in_pieces_is_the_file(client, folder):
    text = calls()
    assert send(client, "calls.csv", text, 7_000) == {"name": "calls.csv", "bytes": len(text)}
    assert (folder / ".cxsim-studio" / "uploads" / "calls.csv").read_text() == text
    assert client.get("/api/data").json()["files"] == [{"name": "calls.csv", "bytes": len(text)}]
    assert client.post("/api/data/remove", params={"name": "calls.csv"}).json()["files"] == []


@pytest.mark.parametrize(
    "name", ["../calls.csv", "a/b.csv", ".hidden", "", "x\0.csv", "a.csv/", "C:\\a.csv", "x." * 99]
)
def test_a_file_goes_nowhere_else(client, folder, name):
    assert client.post("/api/data/upload", params={"name": name, "offset": 0}, content=b"x").status_code == 422
    assert {path.name for path in folder.iterdir()} <= {"desk.yaml", ".cxsim-studio"}


def test_a_piece_that_does_not_follow_and_a_file_too_large_are_refused(client, monkeypatch):
    from cxsim.studio import uploads

    monkeypatch.setattr(uploads, "LARGEST", 100)
    send(client, "a.csv", "x" * 60)
    assert (
        "from the start" in client.post("/api/data/upload", params={"name": "a.csv", "offset": 10}, content=b"x").text
    )
    assert (
        "larger than" in client.post("/api/data/upload", params={"name": "a.csv", "offset": 60}, content=b"x" * 60).text
    )


def test_what_can_be_read_in_two_ways_is_asked(client):
    send(client, "calls.csv", calls())
    told = last(client.post("/api/data/read", json={"files": ["calls.csv"]}))["result"]
    asked = {one["key"]: one["choices"] for one in told["questions"]}
    assert asked["dates"] == ["dmy", "mdy"] and "timezone" in asked and not told["read"]
    assert [one["name"] for one in told["columns"]] == ["Start", "Queue", "Result", "Wait time", "Agent", "Talk"]
    assert all("/uploads/" not in one["message"] for one in told["questions"])


def test_an_import_of_the_page_is_that_of_cxsim_import(client, folder, tmp_path_factory):
    text = calls()
    send(client, "calls.csv", text)
    body = {"files": ["calls.csv"], "settings": SETTLED}
    told = last(client.post("/api/data/read", json=body))["result"]
    assert told["questions"] == told["faults"] == []
    assert told["roles"]["Wait time"] == {"role": "wait", "unit": "s"} and told["layout"] == "contacts"
    assert {one["key"] for one in told["evidence"]} >= {"layout", "columns.wait"}
    made = last(client.post("/api/data/import", json={**body, "folder": "march"}))["result"]
    assert made["folder"] == "results/march"
    other = tmp_path_factory.mktemp("other")
    (other / "calls.csv").write_text(text)
    export = cxsim.read_export(other / "calls.csv", set=SETTLED)
    export.save(other / "march")
    for name in ("mapping.yaml", "report.json"):
        assert (folder / "results/march" / name).read_text() == (other / "march" / name).read_text()
    assert client.get("/api/data").json()["imports"] == ["results/march"]


def test_a_corrected_column_is_read_as_told(client):
    send(client, "calls.csv", calls())
    settings = {**SETTLED, "columns.customer": "Agent", "columns.agent": "Queue"}
    told = last(client.post("/api/data/read", json={"files": ["calls.csv"], "settings": settings}))["result"]
    assert told["roles"]["Agent"]["role"] == "customer"
    wrong = {**SETTLED, "columns.customr": "Agent"}
    faults = last(client.post("/api/data/read", json={"files": ["calls.csv"], "settings": wrong}))["result"]["faults"]
    assert "did you mean 'customer'" in faults[0]["message"]


def test_a_file_without_a_header_is_read_once_its_columns_are_named(client):
    send(client, "calls.csv", calls().partition("\n")[2])
    named = {**SETTLED, "layout": "contacts", "names": "[Start, Queue, Result, Wait time, Agent, Talk]"}
    told = last(client.post("/api/data/read", json={"files": ["calls.csv"], "settings": named}))["result"]
    assert told["faults"] == told["questions"] == [] and told["roles"]["Wait time"]["role"] == "wait"
    wrong = {**named, "names": "[Start, "}
    faults = last(client.post("/api/data/read", json={"files": ["calls.csv"], "settings": wrong}))["result"]["faults"]
    assert "is not YAML" in faults[0]["message"]


def test_a_calibrated_scenario_can_be_opened_and_shows_fitted_beside_observed(client, folder):
    send(client, "calls.csv", calls())
    body = {"files": ["calls.csv"], "settings": SETTLED, "folder": "march"}
    last(client.post("/api/data/import", json=body))
    asked = {"folders": ["results/march"], "folder": "calibrated", "name": "Help desk", "replications": 2}
    told = last(client.post("/api/data/calibrate", json=asked))["result"]
    assert told["scenario"] == "results/calibrated/scenario.yaml"
    scenario = cxsim.read(folder / told["scenario"])
    assert client.get("/api/plan", params={"path": told["scenario"]}).json()["name"] == "Help desk"
    talk = told["charts"]["talk"][0]
    at, share = talk["fitted"][40]
    assert share == pytest.approx(float(scenario.reasons[talk["name"]].talk.cdf(at)), abs=1e-4)
    assert abs(dict(map(tuple, talk["observed"]))[at] - share) < 0.05
    assert {row["figure"] for row in told["closed_loop"]} >= {"abandoned", "wait"}


def test_folders_that_are_not_there_or_taken_are_refused(client, folder):
    asked = {"folders": ["results/none"], "folder": "x"}
    assert "import a file first" in client.post("/api/data/calibrate", json=asked).text
    (folder / "results" / "mine").mkdir(parents=True)
    (folder / "results" / "mine" / "notes.txt").write_text("keep")
    send(client, "calls.csv", calls())
    told = last(client.post("/api/data/import", json={"files": ["calls.csv"], "settings": SETTLED, "folder": "mine"}))
    assert "choose another name" in told["faults"][0]["message"]
    assert (folder / "results/mine/notes.txt").read_text() == "keep"
    answer = client.post("/api/data/import", json={"files": ["calls.csv"], "settings": SETTLED, "folder": "../x"})
    assert answer.status_code == 422
