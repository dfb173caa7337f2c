"""`cxsim sensitivity` at the command line."""

from __future__ import annotations

import json

SCENARIO = """
cxsim: 1
segments: {all: {value: 300}}
reasons:
  card: {volume: 120/h, talk: 2 min, resolution: 70%}
groups:
  team: {agents: 12, serves: [card]}
after_contact: {unresolved: {repeat: 60%, delay: 5 min}}
levers: {knows: {use: knowledge_base, cost: 30000}}
"""


def test_it_tells_what_verdicts_rest_on_and_draws(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("sensitivity", "card.yaml", "--replications", "2", "--out", "s.svg")
    assert done.exit_code == 0, done.stderr
    assert "knows" in done.stdout and "depends on" in done.stdout
    assert (center / "s.svg").stat().st_size > 2000
    words = ("card.yaml", "--replications", "2", "--json", "--quiet", "--out", "t.svg")
    told = json.loads(cxsim("sensitivity", *words).stdout)
    assert {row["assumption"] for row in told["rows"]} == {"churn.first", "churn.later", "churn.unsolved"}


def test_what_cannot_be_asked_is_refused(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    (center / "bare.yaml").write_text(SCENARIO.split("levers")[0], encoding="utf-8")
    (center / "free.yaml").write_text(SCENARIO.replace("value: 300", "value: 0"), encoding="utf-8")
    for words, told in (
        (("card.yaml", "--only", "memory"), "these do: churn"),
        (("bare.yaml",), "no levers"),
        (("free.yaml",), "no assumption affects money"),
    ):
        done = cxsim("sensitivity", *words)
        assert done.exit_code == 2 and told in done.stderr


def test_the_catalogue_needs_no_scenario(cxsim):
    done = cxsim("levers", "--catalogue")
    assert done.exit_code == 0 and "knowledge_base" in done.stdout and "experience_management" in done.stdout
    assert cxsim("levers").exit_code == 2
