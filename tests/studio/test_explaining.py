"""The Explain screen: steps that are those of `cxsim explain`, from Erlang C or from the saved plan."""

import json

import pytest
from studio_world import TIMES

import cxsim

FEW = {"replications": 4}


def last(answer):
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text.splitlines()[-1])


def test_steps_from_erlang_are_those_of_cxsim_explain(client, desk, folder):
    told = last(client.post("/api/explain", params=desk, json=FEW))["result"]
    found = cxsim.explain(cxsim.read(folder / "desk.yaml"), replications=4)
    assert [(row["title"], row["change"], row["sentence"]) for row in told["steps"]] == list(
        zip(found.steps["title"], found.steps["change"], found.steps["sentence"], strict=True)
    )
    assert told["start"]["value"] == found.start and told["end"]["value"] == found.end


def test_from_the_saved_plan_the_steps_add_up_to_the_change(client, desk, folder):
    assert client.post("/api/explain", params=desk, json={**FEW, "since": "saved"}).status_code == 422
    client.post("/api/plan/cells", params=desk, json={"cells": [["desk", time, 6] for time in TIMES]})
    told = last(client.post("/api/explain", params=desk, json={**FEW, "since": "saved"}))["result"]
    assert [row["title"] for row in told["steps"]] == ["Staffing"]
    before = cxsim.simulate(cxsim.read(folder / "desk.yaml"), replications=4).estimate("sl").value
    assert told["start"]["value"] == pytest.approx(before)
    assert told["end"]["value"] - before == pytest.approx(sum(row["change"] for row in told["steps"]))
    assert told["end"]["value"] > before


@pytest.mark.parametrize(("wrong", "said"), [({"figure": "slx"}, "sl"), ({"queue": "nobody"}, "help")])
def test_what_cannot_be_explained_is_refused_with_what_can(client, desk, wrong, said):
    faults = last(client.post("/api/explain", params=desk, json={**FEW, **wrong}))["faults"]
    assert said in faults[0]["message"]
