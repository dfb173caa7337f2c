"""Forms of a scenario over HTTP: a tree with lines, faults at their places, edits that keep comments, and trials."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studio_world import SMALL

from cxsim.scenario.io.edit_text import edited
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.io.form_schema import form_schema
from cxsim.scenario.io.reading import read_text
from cxsim.scenario.io.yaml_tree import load

FLOW = """\
# Calls go to a menu first.
cxsim: 1
horizon: {start: 2026-03-02, open: 08:00-10:00}
reasons:
  bill: {volume: 60/h, handle_time: 3 min, patience: 2 min, flow: main}
  move: {volume: 20/h, handle_time: 4 min, patience: 2 min}
flow:
  main: {menu: {time: 10s, hang_up: 5%, chooses: {others: {billing: 70%, general: 30%}}}, to: {billing: bot, general: move}}
  bot: {self_service: {time: 40s, contained: 40%}, then: desk}
queues:
  desk: {transfers: [{to: move, share: 20%}]}
groups:
  front: {agents: 5, serves: [desk, move], wage: 20}
"""  # noqa: E501  # as long as a planner would write it


forms = pytest.importorskip("cxsim.studio.forms", reason="the studio's tests need FastAPI: pip install 'cxsim[studio]'")


def ask(client, text, *steps, what="form", status=200):
    answer = client.post(f"/api/scenario/{what}", params={"path": "desk.yaml"}, json={"text": text, "steps": steps})
    assert answer.status_code == status, answer.text
    return answer.json() if what == "form" or status != 200 else [json.loads(x) for x in answer.text.splitlines()]


def below(node, *steps):
    for step in steps:
        node = dict(node["map"])[step] if isinstance(step, str) else node["list"][step]
    return node


def test_a_text_is_told_as_a_tree_with_the_line_and_text_of_each_value(client):
    tree = ask(client, SMALL)["tree"]
    assert [key for key, _ in tree["map"]] == ["cxsim", "horizon", "reasons", "queues", "groups"]
    assert below(tree, "groups", "desk", "agents") == {"line": 13, "text": "3", "kind": "number"}
    assert below(tree, "groups", "back", "agents")["list"][1]["text"] == "1"


def test_numbers_are_told_as_they_were_written(client):
    tree = ask(client, SMALL.replace("wage: 20", "wage: 8.000"))["tree"]
    assert below(tree, "groups", "desk", "wage")["text"] == "8.000"


def test_an_edit_keeps_comments_and_order(client):
    step = {"do": "put", "path": ["groups", "desk", "agents"], "typed": "4"}
    assert ask(client, SMALL, step)["text"] == SMALL.replace("agents: 3  ", "agents: 4  ")
    step = {"do": "put", "path": ["reasons", "help", "handle_time"], "typed": "{lognormal: {mean: 4 min, cv: 80%}}"}
    assert ask(client, SMALL, step)["text"] == SMALL.replace("3 min", "{lognormal: {mean: 4 min, cv: 80%}}")
    step = {"do": "remove", "path": ["groups", "back"]}
    assert ask(client, SMALL, step)["text"] == SMALL.partition("  back:")[0]
    step = {"do": "put", "path": ["groups", "third"], "value": {"agents": 1, "serves": ["help"]}}
    assert ask(client, SMALL, step)["text"] == SMALL + "  third: {agents: 1, serves: [help]}\n"


def test_a_renamed_queue_is_renamed_where_it_is_served(client):
    found = ask(client, SMALL, {"do": "rename", "path": ["queues", "help"], "typed": "aid"})
    assert found["faults"] == [] and "serves: [aid]" in found["text"] and "queue: aid" in found["text"]
    assert "# as measured in February" in found["text"]


def test_faults_have_the_place_of_their_field(client):
    wrong = SMALL.replace("wage: 20", "wage: many").replace("agents: 3 ", "agent: 3 ").replace("20s", "20")
    places = {tuple(one["at"]) for one in ask(client, wrong)["faults"]}
    assert ("groups", "desk", "wage") in places
    assert ("queues", "help", "target", "sl", "within") in places
    assert any(place[:2] == ("groups", "desk") and place[2:] != ("wage",) for place in places)


def test_a_place_is_found_whatever_the_names(client):
    text = SMALL.replace("help", '"12"').replace("  desk:", '  "a: b #":').replace("wage: 20", "wage: many")
    assert [one["at"] for one in ask(client, text)["faults"]] == [["groups", "a: b #", "wage"]]


def test_a_fault_of_an_entry_that_stands_for_a_list_is_at_the_entry(client):
    text = SMALL.replace("help: {target", "help: {overflow: {after: 60, to: back}, target")
    assert [one["at"] for one in ask(client, text)["faults"]] == [["queues", "help", "overflow", "after"]]


@pytest.mark.parametrize("text", ["", "{", "a: [1", "- a", "x\ty: 1\n\tz: 2", "a: 1\na: 2", "\0"])
def test_a_text_that_cannot_be_read_has_no_tree_and_says_where(client, text):
    found = ask(client, text)
    assert found["tree"] is None and found["text"] == text and found["faults"][0]["line"] >= 1


def test_an_edit_that_cannot_be_made_is_refused(client):
    put = {"do": "put", "path": ["groups", "desk", "agents"], "typed": "[1, 2"}
    assert "close every bracket" in ask(client, SMALL, put, status=422)["faults"][0]["message"]
    name = {"do": "rename", "path": ["groups", "desk"], "typed": "back"}
    assert "'back' already exists" in ask(client, SMALL, name, status=422)["faults"][0]["message"]
    deep = {"do": "put", "path": ["groups", "desk", "agents"], "value": json.loads("[" * 600 + "]" * 600)}
    assert ask(client, SMALL, deep, status=422)["faults"]
    anchor = SMALL.replace("agents: 3  ", "agents: &n 3  ").replace("wage: 20", "wage: *n")
    put = {"do": "put", "path": ["groups", "desk", "agents"], "typed": "5"}
    assert "shared by an anchor" in ask(client, anchor, put, status=422)["faults"][0]["message"]


def test_the_schema_has_defaults_as_written_and_units(client):
    schema = client.get("/api/scenario/schema").json()
    group, queue = schema["$defs"]["Group"]["properties"], schema["$defs"]["Queue"]["properties"]
    assert group["wage"]["unit"] == "currency" and group["shrinkage"]["default"] == "0%"
    assert group["away"]["default"] == {"exponential": {"mean": "10 min"}} and queue["agents_needed"]["enum"]
    assert "groups.*.serves" in schema["names"]["queues"]


PARTS_OF = {"Group": "groups.desk", "Queue": "queues.help", "Reason": "reasons.help", "Channel": "channels.phone"}


@pytest.mark.parametrize("name", [*PARTS_OF, "Horizon", "Routing"])
def test_every_default_as_written_reads_back_as_the_default(name):
    """What a form shows in an empty field is what the program takes: written out together, they change nothing."""
    text = SMALL + "channels: {phone: {}}\nrouting: {}\n"
    at = tuple(PARTS_OF.get(name, name.lower()).split("."))
    given = load(text.encode(), "x")[0]
    for step in at:
        given = given[step]
    fields = form_schema()["$defs"][name]["properties"].items()
    defaults = {(*at, key): field["default"] for key, field in fields if "default" in field and key not in given}
    assert defaults
    was, now = (read_text(one, Path("desk.yaml")).model_dump(mode="json") for one in (text, edited(text, defaults)))
    assert now == was


def test_a_text_is_simulated_against_the_saved_scenario(client):
    lines = ask(client, SMALL.replace("agents: 3  ", "agents: 4  "), what="try")
    answers = [line["answer"] for line in lines if "answer" in line]
    assert [one["done"] for one in answers][-1] and len(answers) > 1
    assert answers[-1]["totals"]["sl"]["change_low"] > 0
    assert answers[-1]["totals"]["cost"]["change"] == pytest.approx(3 * 20, abs=0.5)
    same = [line["answer"] for line in ask(client, SMALL, what="try") if "answer" in line][-1]
    assert same["totals"]["sl"]["change"] == 0


def test_a_text_with_other_queues_and_hours_is_simulated(client):
    lines = ask(client, FLOW, what="try")
    assert lines[-1]["answer"]["done"]
    assert ask(client, "{", what="try", status=422)["faults"]


def test_shares_of_the_flow_are_those_of_the_scenario(client):
    """5,000 contacts and more: each share is within 4 standard errors of what the scenario says (6 in 100,000)."""
    answer = client.post("/api/scenario/flow", params={"path": "desk.yaml"}, json={"text": FLOW}).json()
    ways = {(start, end, kind): n for start, end, kind, n in answer["ways"]}
    visits = {place: one["visits"] for place, one in answer["places"].items()}

    def near(share, of, expected):
        return abs(share - expected * of) <= 4 * (expected * (1 - expected) * of) ** 0.5

    main = visits["node:main"]
    assert ways["reason:bill", "node:main", "begin"] == main
    assert near(answer["places"]["node:main"]["ends"]["hung up"], main, 0.05)
    assert near(ways["node:main", "node:bot", "next"], main, 0.95 * 0.7)
    assert near(answer["places"]["node:bot"]["ends"]["contained"], visits["node:bot"], 0.4)
    answered = answer["places"]["queue:desk"]["ends"]["transferred"]
    assert ways["queue:desk", "queue:move", "transfer"] == answered
    arrivals = sum(n for (_, end, _), n in ways.items() if end == "queue:move")
    assert arrivals == visits["queue:move"]


PARTS = st.sampled_from(["groups", "desk", "agents", "back", "serves", "queues", "help", "target", "new", 0, 1, 9])
STEPS = st.fixed_dictionaries(
    {"do": st.sampled_from(["put", "remove", "rename"]), "path": st.lists(PARTS, min_size=1, max_size=4)},
    optional={
        "typed": st.sampled_from(["", "4", "3 min", "[1", "{a: b}", "a: b", "back", "&x 1", "*x", "\ud7ff", "!!int 3"]),
        "value": st.none()
        | st.integers()
        | st.lists(st.text(max_size=3))
        | st.dictionaries(st.text(max_size=3), PARTS),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=3))
def test_any_steps_are_made_or_refused(steps):
    try:
        text = forms.edited(SMALL, [forms.Change(**step) for step in steps])
    except ScenarioError:
        return
    assert load(text.encode(), "x")[2] == []
