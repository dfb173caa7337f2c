"""What every command prints with `--json` is as `cxsim schema --json-output` publishes it, with no key unpublished."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cxsim.cli import COMMANDS, cli
from cxsim.cli.documents import DOCUMENTS, Layer, schema_of

ROOT = Path(__file__).parents[2]
SMALL = """\
cxsim: 1
name: small
horizon: {open: 08:00-10:00}
reasons:
  sales: {volume: 60/h, handle_time: 4 min, patience: 3 min, resolution: 70%}
  help: {volume: 20/h, handle_time: 4 min, patience: 3 min}
queues: {sales: {target: {sl: {share: 50%, within: 60s}}}, help: {}}
groups: {team: {agents: 6, serves: [sales, help], wage: 24}}
after_contact: {unresolved: {repeat: 50%, delay: 10 min}}
segments: {all: {value: 100, churn: 2}}
overrides: {storm: {reasons.sales.volume.factor: 1.4}, faq: {reasons.help.volume.factor: 0.8}}
levers: {faq: {cost: 10}}
"""
HIRING = """\
capacity:
  {start: 2026-01, months: 3, open_days: 21, full_time: 38 h, shrinkage: 30%, uncertainty: {volume: 9%},
   hiring: {at_most: 2, lead_time: 1 month}, teams: {team: {people: 2}}}
"""
FEW = ["--replications", "2"]
CALLS = {
    "check": ["check", "small.yaml", "--explain"],
    "check-faults": ["check", "bad.yaml"],
    "run": ["run", "small.yaml", *FEW, "--no-pictures", "--out", "results/one"],
    "compare": ["compare", "small.yaml", "--with", "storm", *FEW, "--no-save"],
    "explain": ["explain", "small.yaml", *FEW, "--no-save"],
    "tournament": ["tournament", "small.yaml", "--policy", "cmu", "--policy", "first_come", "--indifference", "30s"],
    "tune": ["tune", "small.yaml", "--over", "groups.team.agents=5..6", *FEW, "--evaluations", "2", "--check", "2"],
    "trace": ["trace", "small.yaml", "--from", "08:00", "--to", "08:20"],
    "plan": ["plan", "small.yaml", *FEW],
    "optimize": ["optimize", "small.yaml", "--no-save", "--no-advice"],
    "optimize-layer": ["optimize", "small.yaml", "--layer", "fluid", "--no-save"],
    "frontier": ["frontier", "small.yaml", "--no-save", "--points", "1"],
    "roster": ["roster", "desk.yaml", "--people", "people.csv", "--no-pictures"],
    "capacity": [
        "capacity",
        "hiring.yaml",
        "--futures",
        "100",
        "--time-limit",
        "2s",
        "--no-pictures",
        "--out",
        "results/h",
    ],
    "reproduce": ["reproduce", "n-design", *FEW],
    "reproduce-list": ["reproduce"],
    "sweep": ["sweep", "design.yaml", "--out", "results/swept"],
    "sweep-dry-run": ["sweep", "design.yaml", "--dry-run"],
    "sweep-report": ["sweep-report", "results/swept"],
    "results-ls": ["results", "ls"],
    "results-diff": ["results", "diff", "results/one", "results/two"],
    "flow": ["flow", str(ROOT / "scenarios" / "phone-menu.yaml")],
    "journeys": ["journeys", "small.yaml", "--replications", "1"],
    "levers": ["levers", "small.yaml", *FEW],
    "levers-staff": ["levers", "small.yaml", "--staff"],
    "sensitivity": ["sensitivity", "small.yaml", *FEW],
    "import": ["import", "acd.csv"],
    "calibrate": ["calibrate", "report", "--offered", "fresh"],
    "validate": ["validate", "small.yaml", "--against", "log", "--name", "calls=sales", "--replications", "5"],
    "forecast": ["forecast", "history.csv", "--weeks", "1"],
    "reforecast": ["reforecast", "small.yaml", "--actuals", "today.csv", "--until", "09:00", "--replications", "20"],
    "erlang": ["erlang", "--volume", "120/h", "--aht", "4 min", "--sl", "80%/20s"],
}
BEFORE = {
    "sweep-report": [CALLS["sweep"]],
    "results-ls": [CALLS["run"]],
    "results-diff": [CALLS["run"], [*CALLS["run"][:-1], "results/two", "--with", "storm"]],
}
SLOW = ("optimize", "plan", "frontier", "levers-staff", "tournament")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SMALL, encoding="utf-8")
    Path("acd.csv").write_text("Queue,Date,Offered\nA,2026-03-02,5\nA,2026-03-03,6\n,,\n", encoding="utf-8")
    Path("log").mkdir()
    calls = [
        f"calls,2026-01-05T{8 + k // 30:02}:{2 * k % 60:02}:00,answered,0,a{k % 5},{100 + k},x" for k in range(150)
    ]
    head = "queue,arrived,outcome,wait_s,agent,talk_s,customer"
    Path("log/contacts.csv").write_text("\n".join([head, *calls]) + "\n", encoding="utf-8")
    Path("report").mkdir()
    hours = [f"A,2026-03-0{day}T{hour:02}:00:00,60,20" for day in range(2, 7) for hour in range(9, 17)]
    table = "\n".join(["queue,start,minutes,offered", *hours]) + "\n"
    Path("report/intervals.csv").write_text(table, encoding="utf-8")
    rows = [f"2026-01-{day:02},09:00,{20 + day % 3}" for day in range(1, 29)]
    Path("history.csv").write_text("\n".join(["date,time,offered", *rows]) + "\n", encoding="utf-8")
    seen = [f"{q},2026-01-05T08:{m:02},30,{n}" for q, n in (("sales", 30), ("help", 10)) for m in (0, 30)]
    Path("today.csv").write_text("\n".join(["queue,start,minutes,offered", *seen]) + "\n", encoding="utf-8")
    Path("bad.yaml").write_text(SMALL.replace("60/h", "60"), encoding="utf-8")
    Path("hiring.yaml").write_text(SMALL + HIRING, encoding="utf-8")
    desk = SMALL.replace("agents: 6, ", "")
    shifts = "staff: {shifts: [{group: team, start: '08:00', end: '09:00', agents: 2}]}\n"
    Path("desk.yaml").write_text(desk + shifts, encoding="utf-8")
    Path("people.csv").write_text("name,team\nAnn,team\n", encoding="utf-8")
    Path("design.yaml").write_text(
        "sweep: {scenario: small.yaml}\nfactors: {staff: {path: groups.team.agents, values: [5, 6]}}\nreplications: 2\n"
        "figures: [sl]\n",
        encoding="utf-8",
    )


def printed(words):
    said = CliRunner().invoke(cli, [*words, "--json"])
    assert said.exit_code in (0, 2), said.output
    return json.loads(said.stdout)


def unpublished(document, model):
    """Keys of a document, and of what is in it, that the model does not name."""
    out = [key for key in document if key not in model.model_fields]
    for key, value in document.items():
        kinds = getattr(model.model_fields.get(key), "annotation", None)
        inner = next((one for one in getattr(kinds, "__args__", ()) if hasattr(one, "model_fields")), None)
        if inner is not None and isinstance(value, list):
            out += [f"{key}.{name}" for row in value for name in unpublished(row, inner)]
    return sorted(set(out))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.slow) if one in SLOW else one for one in DOCUMENTS]
)
def test_a_document_is_as_published(name):
    for words in BEFORE.get(name, ()):
        printed(words)
    document = printed(CALLS[name])
    model = DOCUMENTS[name]
    model.model_validate_json(json.dumps(document))
    assert model is Layer or not unpublished(document, model)


def test_every_command_with_json_has_its_schema():
    named = {name.partition("-")[0] for name in DOCUMENTS}
    context = cli.make_context("cxsim", ["erlang", "--help"], resilient_parsing=True)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        inner = getattr(command, "commands", {name: command}).values()
        if any(one.name == "as_json" for each in inner for one in each.params):
            assert name.partition("-")[0] in named, name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_is_printed(name):
    said = CliRunner().invoke(cli, ["schema", "--json-output", name])
    schema = json.loads(said.stdout)
    assert schema == schema_of(name)
    assert schema["title"] == f"cxsim {name} --json"
    assert "schema_version" in schema["required"]


def test_unknown_documents_are_told_with_the_nearest():
    said = CliRunner().invoke(cli, ["schema", "--json-output", "runs"])
    assert said.exit_code == 2
    assert "'runs' is not a document; did you mean 'run'?" in said.stderr
    assert CliRunner().invoke(cli, ["schema", "--json-output", "list"]).stdout.split() == list(DOCUMENTS)
