"""Keep and share: a report and a workbook of the plan on the screen, and nothing else of the folder."""

import json

import pytest
from studio_world import TIMES

import cxsim


def last(answer):
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text.splitlines()[-1])


def test_a_report_is_of_the_plan_on_the_screen(client, desk, folder):
    client.post("/api/plan/cells", params=desk, json={"cells": [["desk", time, 7] for time in TIMES]})
    told = last(client.post("/api/keep/report", params=desk, json={"folder": "busy", "replications": 3}))["result"]
    assert told["folder"] == "results/busy" and "results/busy/report.html" in told["files"]
    kept = cxsim.load(folder / "results" / "busy")
    wanted = cxsim.simulate(cxsim.read(folder / "desk.yaml").vary({"groups.desk.agents": 7}), replications=3)
    assert kept.estimate("sl").value == pytest.approx(wanted.estimate("sl").value)
    page = client.get("/api/keep/file", params={"name": "results/busy/report.html"})
    assert page.headers["content-disposition"].startswith("attachment") and b"<html" in page.content


def test_a_workbook_reads_back_as_the_plan_on_the_screen(client, desk, folder):
    client.post("/api/plan/cells", params=desk, json={"cells": [["desk", TIMES[0], 9]]})
    assert client.post("/api/keep/workbook", params=desk, json={"name": "mine.xlsx"}).json() == {"file": "mine.xlsx"}
    back = cxsim.read(folder / "mine.xlsx")
    assert list(back.groups["desk"].agents)[:2] == [9, 3]
    again = client.post("/api/keep/workbook", params=desk, json={"name": "mine.xlsx"})
    assert "already exists" in again.text
    assert (
        client.post("/api/keep/workbook", params=desk, json={"name": "mine.xlsx", "replace": True}).status_code == 200
    )


@pytest.mark.parametrize("name", ["desk.yaml", "../x.html", "/etc/passwd", "none.html", ".cxsim-studio/session", ""])
def test_other_files_are_not_given_out(client, folder, name):
    answer = client.get("/api/keep/file", params={"name": name})
    assert answer.status_code == 422 and all(fault["rule"] for fault in answer.json()["faults"])


@pytest.mark.parametrize("name", ["../x.xlsx", "x.yaml", "a/b.xlsx", ""])
def test_a_workbook_goes_nowhere_else(client, desk, folder, name):
    assert client.post("/api/keep/workbook", params=desk, json={"name": name}).status_code == 422
    assert not list(folder.parent.glob("*.xlsx"))
