"""Every command keeps the user's files beside its results, and refuses a place of the wrong kind before the work."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import pytest
from test_stored_safely import contents

LEVERS = """
cxsim: 1
horizon: {open: 08:00-09:00}
segments: {all: {value: 300}}
reasons:
  card: {volume: 60/h, talk: 2 min, resolution: 70%}
  help: {volume: 20/h, talk: 2 min, resolution: 70%}
queues:
  card: {target: {sl: {share: 80%, within: 20s}}}
  help: {target: {sl: {share: 80%, within: 20s}}}
groups:
  team: {agents: 6, serves: [card, help], wage: 20}
routing: {contact: cmu, weights: {help: 6}}
levers: {knowledge_base: {cost: 1000}}
overrides:
  knowledge_base: {reasons.card.resolution: 85%}
"""
FEW = ("--replications", "2")
FOLDERS = {
    "run": ("run", "s.yaml", *FEW, "--legs", "csv"),
    "compare": ("compare", "s.yaml", "--with", "knowledge_base", *FEW, "--no-pictures"),
    "explain": ("explain", "s.yaml", *FEW, "--no-pictures"),
    "layer": ("optimize", "s.yaml", "--layer", "requirements"),
    "sweep": ("sweep", "s.yaml", "--factor", "staff=groups.team.agents: 5,6", *FEW, "--csv"),
    "optimize": ("optimize", "s.yaml", "--no-advice", "--no-pictures", "--time-limit", "5s"),
    "frontier": ("frontier", "s.yaml", "--points", "1", "--figure", "sl", "--no-pictures"),
}
SLOW = [pytest.param(name, marks=pytest.mark.slow) if name in ("optimize", "frontier") else name for name in FOLDERS]
PICTURES = {
    "tournament": ("tournament", "s.yaml", "--policy", "cmu", "--policy", "first_come", "--indifference", "30s"),
    "tune": ("tune", "s.yaml", "--over", "routing.weights.help=1..6", "--evaluations", "2", *FEW, "--check", "2"),
    "journeys": ("journeys", "s.yaml", *FEW),
    "levers": ("levers", "s.yaml", *FEW),
    "sensitivity": ("sensitivity", "s.yaml", *FEW, "--only", "churn"),
    "flow": ("flow", "f.yaml"),
}
FLOW = Path(__file__).parents[2] / "scenarios" / "phone-menu.yaml"


@pytest.fixture
def place(center: Path) -> Path:
    (center / "s.yaml").write_text(LEVERS)
    return center


def mine(folder: Path) -> dict[str, object]:
    """Put files, links and empty folders of the user into a results folder; what they are."""
    (folder / "notes.txt").write_text("ask Ada about Monday")
    (folder / "letters" / "empty").mkdir(parents=True)
    (folder / "link").symlink_to("notes.txt")
    (folder / "scenario.yaml").write_text("# a change of mine\n")
    return {"notes.txt": b"ask Ada about Monday", "letters/empty": "empty", "link": ("link", "notes.txt")}


@pytest.mark.parametrize("command", SLOW)
def test_a_command_run_again_keeps_what_is_the_user_s(cxsim, place, command):
    words = (*FOLDERS[command], "--out", "out", "--quiet")
    assert cxsim(*words).exit_code == 0
    kept = mine(place / "out")
    more = ("--fresh",) if command == "sweep" else ()
    done = cxsim(*words, *more)
    assert done.exit_code == 0, done.output
    found = contents(place / "out")
    assert kept.items() <= found.items()
    changed = [name for name, data in found.items() if data == b"# a change of mine\n"]
    assert changed in (["scenario-yours.yaml"], ["scenario.yaml"])  # a sweep that goes on writes no other scenario
    assert not [name for name in found if "partial" in name or name.endswith(".old")]
    assert not cxsim("results", "clean", ".", "--older-than", "0", "--yes").exception
    left = contents(place / "out")
    assert left == {**kept, changed[0]: b"# a change of mine\n"}


@pytest.mark.parametrize("command", ["run", "compare", "explain", "layer", "optimize", "frontier", "sweep"])
@pytest.mark.parametrize("there", ["thesis", "claims", "other", "file", "loop"])
def test_a_place_of_the_wrong_kind_is_refused_before_the_work(cxsim, place, monkeypatch, command, there):
    out = place / "out"
    if there == "file":
        out.write_text("a file")
    elif there == "loop":
        out.symlink_to("out")
    elif there == "other":
        other = "layer" if command != "layer" else "run"
        assert cxsim(*FOLDERS[other], "--out", "out", "--quiet").exit_code == 0
    else:
        out.mkdir()
        for mark in ("result.json", "manifest.json", "optimum.json") if there == "claims" else ("thesis.txt",):
            (out / mark).write_text(json.dumps({"kind": "something else"}))
    before = contents(out) if out.is_dir() else os.readlink(out) if out.is_symlink() else out.read_bytes()

    def worked(*given, **named):
        raise AssertionError("it worked before it looked where its results go")

    for name in (
        "simulation.simulate simulate",
        "studies.compare compare",
        "studies.explain explain",
        "optimizer.optimize optimize",
        "optimizer.frontier frontier",
        "optimizer.single_step one_layer",
        "studies.sweep.sweep checked_keys",
    ):
        module, function = name.split()
        monkeypatch.setattr(import_module(f"cxsim.{module}"), function, worked)
    done = cxsim(*FOLDERS[command], "--out", "out", "--quiet")
    assert done.exit_code == 2, done.output
    assert "out" in done.stderr
    assert (contents(out) if out.is_dir() else os.readlink(out) if out.is_symlink() else out.read_bytes()) == before


@pytest.mark.parametrize("command", list(PICTURES))
def test_a_picture_replaces_only_a_picture_of_cxsim(cxsim, place, command):
    (place / "f.yaml").write_text(FLOW.read_text(encoding="utf-8"), encoding="utf-8")
    words = (*PICTURES[command], "--quiet", "--out", "p.svg")
    (place / "p.svg").write_text("<svg>a drawing of mine</svg>")
    done = cxsim(*words)
    assert done.exit_code == 2 and "not a file that cxsim wrote" in done.stderr, done.output
    assert (place / "p.svg").read_text() == "<svg>a drawing of mine</svg>"
    (place / "p.svg").unlink()
    for _ in range(2):
        done = cxsim(*words)
        assert done.exit_code == 0, done.output
    (place / "p.svg").write_text((place / "p.svg").read_text().replace("</svg>", "<text>mine</text></svg>"))
    assert cxsim(*words).exit_code == 2
    assert "<text>mine</text>" in (place / "p.svg").read_text()


def test_clean_removes_no_folder_that_only_looks_like_results(cxsim, place):
    for name, mark in (("site", "manifest.json"), ("game", "result.json"), (".work.partial", "notes.txt")):
        (place / "results" / name).mkdir(parents=True)
        (place / "results" / name / mark).write_text('{"name": "mine"}')
        (place / "results" / name / "index.html").write_text("mine")
    before = contents(place / "results")
    done = cxsim("results", "clean", "--older-than", "0", "--yes")
    assert done.exit_code == 0 and "Nothing to remove" in done.stdout
    assert contents(place / "results") == before


def test_a_schema_and_a_new_scenario_do_not_replace_what_is_the_user_s(cxsim, place):
    (place / "x.json").write_text('{"title": "mine"}')
    done = cxsim("schema", "--out", "x.json")
    assert done.exit_code == 2 and "is not a cxsim schema" in done.stderr
    assert cxsim("schema", "--out", "y.json").exit_code == 0 == cxsim("schema", "--out", "y.json").exit_code
    assert (place / "x.json").read_text() == '{"title": "mine"}'


def test_a_sweep_of_reports_keeps_a_page_of_the_user_s(cxsim, place):
    assert cxsim(*FOLDERS["sweep"], "--out", "out", "--quiet").exit_code == 0
    (place / "out" / "report.html").write_text("mine")
    assert cxsim("sweep-report", "out", "--figure", "sl", "--quiet").exit_code == 0
    assert (place / "out" / "report-yours.html").read_text() == "mine"
    assert "<html" in (place / "out" / "report.html").read_text(encoding="utf-8")
