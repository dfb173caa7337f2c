"""`cxsim levers` at the command line."""

from __future__ import annotations

import json

SCENARIO = """
cxsim: 1
horizon: {open: 08:00-12:00}
segments: {all: {value: 300}}
reasons:
  card: {volume: 120/h, talk: 2 min, resolution: 70%}
groups:
  team: {agents: 12, serves: [card], wage: 20}
levers: {knowledge_base: {cost: 1000}, more_agents: {}}
overrides:
  knowledge_base: {reasons.card.resolution: 85%}
  more_agents: {groups.team.agents: 16}
"""


def test_it_tells_what_pays_and_draws(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("levers", "card.yaml", "--replications", "5", "--budget", "2000", "--out", "l.svg")
    assert done.exit_code == 0, done.stderr
    for words in ("knowledge base", "more agents", "Highest value within 2,000 a year", "Assumption, churn"):
        assert words in done.stdout
    assert (center / "l.svg").stat().st_size > 2000


def test_one_document_on_standard_output(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("levers", "card.yaml", "--replications", "3", "--json", "--quiet", "--out", "l.svg")
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1 and document["best"] == "knowledge_base"
    assert {row["levers"] for row in document["levers"]} == {"knowledge_base", "more_agents"}


def test_without_levers_it_says_how_to_write_some(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO.replace("levers:", "notes: x #"), encoding="utf-8")
    done = cxsim("levers", "card.yaml")
    assert done.exit_code == 2 and "the scenario has no levers; add" in done.stderr


def test_staff_takes_no_picture(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("levers", "card.yaml", "--staff", "--out", "l.svg")
    assert done.exit_code == 2 and "remove --out" in done.stderr and not (center / "l.svg").exists()


def test_a_time_limit_is_for_the_search_of_staff(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("levers", "card.yaml", "--time-limit", "90s")
    assert done.exit_code == 2 and "--time-limit limits the search for staff; add --staff" in done.stderr
    done = cxsim("levers", "card.yaml", "--staff", "--time-limit", "soon")
    assert done.exit_code == 2 and "'soon'" in done.stderr
