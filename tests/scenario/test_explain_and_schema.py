"""Every value has an origin, and editors get a schema that knows every key."""

import json

from ruamel.yaml import YAML

from cxsim.scenario import document, dump, parse, read
from cxsim.scenario.io.defaults import CAUSES
from cxsim.scenario.io.explain import explain, explain_text
from cxsim.scenario.io.json_schema import schema, schema_text
from cxsim.scenario.io.paths import keys
from cxsim.scenario.templates import template


def voice(tmp_path, **options):
    path = tmp_path / "voice.yaml"
    path.write_text(template("voice"), encoding="utf-8")
    return read(path, **options)


def test_every_value_tells_where_it_came_from(tmp_path):
    scenario = voice(tmp_path, with_=["storm"], set_=["groups.front.wage=25"])
    found = {line.path: line for line in explain(scenario)}
    assert found["horizon.interval"].origin.endswith("voice.yaml:12:13")
    assert found["reasons.card_lost.volume.factor"].origin.startswith("override storm, ")
    assert found["groups.front.wage"].origin == "--set"
    assert found["sl.within"].origin == "default"
    assert found["sl.within"].value == "20s"
    assert found["after_contact.balked.redial"].origin == "default: as after_contact.abandoned"
    assert found["queues.billing.overflow.0.after"].origin.endswith(".yaml:47:23")
    assert not found["sl.within"].given
    assert found["groups.front.wage"].given


def test_values_nobody_wrote_can_be_left_out(tmp_path):
    scenario = voice(tmp_path)
    assert len(explain_text(scenario, False).splitlines()) < len(explain_text(scenario).splitlines())


def test_the_short_forms_have_origins_too():
    mapping = {
        "cxsim": 1,
        "reasons": {"sales": {"volume": "120/h", "handle_time": "4 min"}},
        "groups": {"team": {"agents": 10, "serves": ["sales"]}},
    }
    found = {line.path: line for line in explain(parse(mapping))}
    assert found["reasons.sales.volume.per_hour"].origin == "<scenario>"
    assert found["reasons.sales.talk"].origin == "<scenario>"
    assert found["reasons.sales.queue"].origin == "default: the queue of the same name"
    assert found["groups.team.skills.sales.rank"].given is False


def test_the_schema_knows_every_key_and_points_to_what_is_there():
    out = schema()
    assert json.loads(schema_text()) == out
    from cxsim.scenario.model import scenario as models

    for name, part in vars(models).items():
        if isinstance(part, type) and issubclass(part, models.Part) and name not in ("Part", "Scenario"):
            described = out["$defs"].get(f"{name}Map", out["$defs"].get(name))
            assert set(keys(part)) <= set(described["properties"]), name
    assert set(keys(models.Scenario)) == set(out["properties"])
    for reference in _references(out):
        assert reference.removeprefix("#/$defs/") in out["$defs"]


def test_every_field_says_what_it_is():
    from cxsim.scenario.model import scenario as models

    for part in (
        models.Scenario,
        models.Horizon,
        models.Volume,
        models.Reason,
        models.Group,
        models.Queue,
        models.Staff,
    ):
        assert all(info.description for info in part.model_fields.values()), part


def _references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for item in node.values():
            yield from _references(item)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def test_a_replayed_log_has_no_returns_but_its_own():
    redial = {"redial": "50%", "delay": "5 min"}
    log = {"volume": {"arrivals": {"times": ["09:00"]}}, "handle_time": "4 min"}
    scenario = parse(
        {
            "cxsim": 1,
            "reasons": {
                "plain": {"volume": "60/h", "handle_time": "4 min"},
                "log": log,
                "own": {**log, "after_contact": {"abandoned": {"delay": "9 min"}}},
            },
            "groups": {"team": {"agents": 5, "serves": ["plain", "log", "own"]}},
            "after_contact": {"abandoned": redial, "blocked": redial, "unresolved": {"repeat": "30%"}},
        }
    )
    chances = {
        name: [getattr(reason.after_contact, cause).chance for cause in CAUSES]
        for name, reason in scenario.reasons.items()
    }
    assert CAUSES == ("abandoned", "balked", "blocked", "closed", "hung_up", "unresolved", "contained")
    assert chances["plain"] == [0.5, 0.5, 0.5, 0.5, 0.5, 0.3, 0.3]
    assert chances["log"] == [0.0] * 7
    assert chances["own"] == [0.5, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0]
    assert "after_contact" not in document(scenario)["reasons"]["log"]
    assert parse(YAML(typ="safe").load(dump(scenario))) == scenario
    told = {line.path: (line.value, line.origin) for line in explain(scenario)}
    because = "default: a log already contains redials and repeats"
    assert told["reasons.log.after_contact.abandoned.redial"] == ("0%", because)
    assert told["reasons.own.after_contact.unresolved.repeat"] == ("0%", because)
    assert "reasons.plain.after_contact.abandoned.redial" not in told
