"""`cxsim explain` at the command line."""

from __future__ import annotations

import json
import math

import pytest

FEW = ("--replications", "2")


def test_it_tells_the_steps_in_words_and_saves_them(cxsim, center):
    done = cxsim("explain", "small.yaml", *FEW)
    assert done.exit_code == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "A small center: SL, from Erlang C to Simulation" in text
    assert "Abandonment adds" in text and "customers who give up free the queue" in text
    assert "Changes add up exactly" in text
    folder = center / "results" / "explain-small"
    assert {"steps.csv", "explanation.json", "waterfall.png"} <= {one.name for one in folder.iterdir()}
    assert "explanation" in cxsim("results", "ls").stdout
    shown = cxsim("results", "show", str(folder))
    assert shown.exit_code == 0 and "an explanation; see steps.csv" in shown.stdout


def test_a_queue_a_metric_and_shapley_values_can_be_asked_for(cxsim):
    words = ("--queue", "help", "--figure", "abandoned_share", "--shapley", "--json", "--no-save")
    told = json.loads(cxsim("explain", "small.yaml", *FEW, *words).stdout)
    assert (told["inputs"]["queue"], told["inputs"]["figure"]) == ("help", "abandoned_share")
    assert told["inputs"]["orders"].endswith("orders of the steps") and told["folder"] is None
    assert told["start"]["value"] == 0.0
    total = told["start"]["value"] + math.fsum(row["change"] for row in told["steps"])
    assert total == pytest.approx(told["end"]["value"], abs=1e-12)
    (row,) = [row for row in told["steps"] if row["step"] == "redials"]
    assert row["overrides"] == {f"after_contact.{cause}.redial": "0%" for cause in ("abandoned", "balked", "hung_up")}


def test_two_runs_are_explained_as_they_were_made(cxsim, center):
    for name, words in (("monday", ()), ("tuesday", ("--set", "reasons.help.volume.factor=1.3", "--with", "storm"))):
        assert cxsim("run", "small.yaml", *FEW, "--seed", "7", "--out", name, "--quiet", *words).exit_code == 0
    done = cxsim("explain", "monday", "tuesday", "--json", "--out", "why", "--no-pictures")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["inputs"]["seed"], told["inputs"]["replications"]) == (7, 2)
    assert [row["step"] for row in told["steps"]] == ["volume"]
    assert (told["start"]["name"], told["end"]["name"]) == ("monday", "tuesday")
    for end, name in (("start", "monday"), ("end", "tuesday")):
        rows = (center / name / "figures.csv").read_text().splitlines()
        (row,) = [row for row in rows if row.startswith("sl,total,") and ",total," in row[9:]]
        assert f"{told[end]['value']:.6f}"[:8] in row


def test_what_cannot_be_explained_is_refused_and_nothing_is_written(cxsim, center):
    (center / "bad.yaml").write_text("cxsim: 1\nreasons: {}\n", encoding="utf-8")
    (center / "mine").mkdir()
    (center / "mine" / "notes.txt").write_text("mine")
    before = sorted(center.rglob("*"))
    for words, said in (
        (("small.yaml", "--queue", "hel"), "has no queue 'hel'; did you mean 'help'?"),
        (("small.yaml", "--figure", "fcr"), "'fcr' is not one of"),
        (("small.yaml", "small.yaml", "small.yaml"), "3 scenarios given; explain takes one, or two"),
        (("bad.yaml",), "bad.yaml:"),
        (("small.yaml", "bad.yaml"), "bad.yaml:"),
        (("none.yaml",), "the file does not exist"),
        (("small.yaml", "--out", "mine"), "replaces nothing in it"),
        ((), "Missing argument"),
        (("small.yaml", "--with", "rain"), "override"),
    ):
        done = cxsim("explain", *words, *FEW)
        assert done.exit_code == 2 and said in " ".join(done.stderr.split()), (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert sorted(center.rglob("*")) == before
