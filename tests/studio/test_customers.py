"""The Customers screen: what the service says is what the Python functions say of the plan on the screen."""

import json

import pytest
from studio_world import TIMES

import cxsim

ROWS = {"replications": 4}


def result_of(answer):
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "faults" not in lines[-1], lines[-1]
    return lines[-1]["result"]


def faults_of(answer):
    if answer.status_code == 200:
        return json.loads(answer.text.splitlines()[-1])["faults"]
    assert answer.status_code == 422, answer.text
    return answer.json()["faults"]


def test_scorecards_and_journeys_are_those_of_cxsim_journeys(client, desk, folder):
    told = result_of(client.post("/api/customers", params=desk, json=ROWS))
    found = cxsim.journeys(cxsim.read(folder / "desk.yaml"), replications=4)
    assert [(row["figure"], row["value"]) for row in told["customer"]] == list(
        zip(found.customer["figure"], found.customer["value"], strict=True)
    )
    assert [row["figure"] for row in told["company"]] == list(found.company["figure"])
    assert [(row["path"], row["share"]) for row in told["paths"]] == list(
        zip(found.paths["path"], found.paths["share"], strict=True)
    )


def test_customers_meet_the_headcounts_on_the_screen(client, desk, folder):
    cells = [["desk", time, 9 if n < 3 else 1] for n, time in enumerate(TIMES)]
    client.post("/api/plan/cells", params=desk, json={"cells": cells})
    told = result_of(client.post("/api/customers", params=desk, json=ROWS))
    changed = cxsim.read(folder / "desk.yaml").vary({"groups.desk.agents": [9, 9, 9, 1, 1, 1]})
    found = cxsim.journeys(changed, replications=4)
    assert [row["value"] for row in told["customer"]] == list(found.customer["value"])
    assert "agents: 3 " in (folder / "desk.yaml").read_text()


def test_a_journey_has_customers_whose_stories_end_as_it_says(client, desk):
    told = result_of(client.post("/api/customers", params=desk, json=ROWS))
    path = next(row["path"] for row in told["paths"] if row["path"].endswith("gave up"))
    examples = client.get("/api/customers/examples", params={**desk, "journey": path}).json()["examples"]
    assert examples
    for one in examples:
        story = client.get(
            "/api/story", params={**desk, "issue": one["issue"], "replication": one["replication"]}
        ).json()
        assert story["lines"][-1]["text"].startswith(("abandons the queue", "balks"))
        assert story["lines"][0]["at"] == one["at"]


def test_levers_are_weighed_as_cxsim_levers_does(client, desk, folder):
    wanted = [
        {"name": "notes", "use": ["smart_desktop"], "sizes": {"shorter": 0.1}, "cost": 1000},
        {"name": "know", "use": ["knowledge_base"], "cost": 500},
    ]
    told = result_of(client.post("/api/levers", params=desk, json={"levers": wanted, "budget": 2000, **ROWS}))
    scenario = cxsim.read(folder / "desk.yaml").vary(
        {
            "levers": {
                "notes": {"use": ["smart_desktop"], "sizes": {"shorter": "10%"}, "cost": 1000},
                "know": {"use": ["knowledge_base"], "cost": 500},
            }
        }
    )
    found = cxsim.levers(scenario, budget=2000, replications=4).table
    assert [row["levers"] for row in told["rows"]] == list(found["levers"]) == ["notes", "know", "notes + know"]
    for key in ("first", "effort_low", "churn_high", "cost", "net", "net_low"):
        assert [row[key] for row in told["rows"]] == list(found[key])


def test_possible_levers_say_what_they_need(client, desk):
    told = client.get("/api/levers", params=desk).json()
    by_name = {one["name"]: one for one in told["remedies"]}
    assert by_name["simple_menu"]["needs"] == ["flow.X.menu"] and by_name["shared_history"]["needs"] == []
    assert by_name["shared_history"]["sizes"] == {"shorter": 0.03}


@pytest.mark.parametrize(
    ("lever", "rule"),
    [
        ({"name": "x"}, "is not a lever of this scenario"),
        ({"name": "x", "use": ["shared_histroy"]}, "is not a remedy"),
        ({"name": "x", "use": ["shared_history"], "sizes": {"longer": 0.1}}, "is not a setting of these remedies"),
    ],
)
def test_levers_that_cannot_be_are_refused_with_a_fix(client, desk, lever, rule):
    faults = faults_of(client.post("/api/levers", params=desk, json={"levers": [lever], **ROWS}))
    assert any(rule in f["message"] for f in faults) and all(f["fix"] for f in faults), faults


def test_contacts_are_found_by_what_they_went_through(client, desk):
    every = client.get("/api/contacts", params=desk).json()
    assert every["found"] == every["of"] > 50
    gone = client.get("/api/contacts", params={**desk, "outcome": "abandoned", "order": "wait"}).json()
    waits = [one["wait"] for one in gone["contacts"]]
    assert 0 < gone["found"] < every["found"] and waits == sorted(waits, reverse=True)
    between = client.get("/api/contacts", params={**desk, "start": "09:00", "end": "09:30"}).json()
    assert between["contacts"] and all("09:00:00" <= one["at"][11:] <= "09:30:00" for one in between["contacts"])
    one = every["contacts"][5]
    assert client.get("/api/contacts", params={**desk, "issue": one["issue"]}).json()["contacts"][0] == one


@pytest.mark.parametrize(
    "wrong", [{"order": "luck"}, {"date": "x"}, {"start": "nine"}, {"replication": 1000}, {"least_wait": "nan"}]
)
def test_a_wrong_search_is_refused(client, desk, wrong):
    assert client.get("/api/contacts", params={**desk, **wrong}).status_code == 422
    assert client.get("/api/story", params={**desk, "issue": "12x"}).status_code == 422
