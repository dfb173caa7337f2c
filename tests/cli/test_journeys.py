"""`cxsim journeys` at the command line."""

from __future__ import annotations

import json

SCENARIO = """
cxsim: 1
reasons:
  card: {volume: 120/h, talk: 2 min, resolution: 70%}
groups:
  team: {agents: 12, serves: [card]}
after_contact: {unresolved: {repeat: 60%, delay: 5 min}}
"""


def test_it_shows_both_views_and_draws(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("journeys", "card.yaml", "--replications", "2", "--out", "j.svg")
    assert done.exit_code == 0, done.stderr
    for words in ("The company's view", "The customer's view", "The most common journeys", "Assumption, churn", "SQM"):
        assert words in done.stdout
    assert (center / "j.svg").stat().st_size > 2000
    one = cxsim("journeys", "card.yaml", "--replications", "2", "--view", "customer", "--out", "k.svg").stdout
    assert "The customer's view" in one and "The company's view" not in one


def test_one_document_on_standard_output(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("journeys", "card.yaml", "--replications", "2", "--json", "--quiet", "--out", "k.svg")
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1 and len(document["assumptions"]) == 8
    assert document["journeys"][0]["path"] == "card: solved" and document["troubled"]
    assert {row["figure"] for row in document["customer"]} >= {"solved", "effort", "churn"}


def test_what_it_cannot_draw_is_told(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("journeys", "card.yaml", "--out", "x.gif")
    assert done.exit_code == 2 and ".svg, .png, .pdf" in done.stderr and not (center / "x.gif").exists()


def test_the_page_has_both_views_and_what_levers_are_worth(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    cxsim("journeys", "card.yaml", "--replications", "2", "--quiet", "--out", "k.svg", "--page", "out/board.html")
    page = (center / "out" / "board.html").read_text(encoding="utf-8")
    views = ("The company&#39;s view", "The customer&#39;s view")
    assert all(words in page for words in (*views, "Customer journeys", "Assumption, churn"))
    wrong = cxsim("journeys", "card.yaml", "--page", "board.txt")
    assert wrong.exit_code == 2 and "use a name that ends in .html" in wrong.stderr


def test_a_run_shows_the_customers_view_and_keeps_its_page(cxsim, center):
    (center / "card.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("run", "card.yaml", "--replications", "2", "--view", "customer", "--no-pictures", "--out", "r")
    assert "The customer's view" in done.stdout and "The company's view" not in done.stdout
    assert (center / "r" / "customers.html").is_file()
    both = cxsim("run", "card.yaml", "--replications", "2", "--view", "both", "--no-save")
    assert "The customer's view" in both.stdout and "SL" in both.stdout
    told = json.loads(cxsim("run", "card.yaml", "--replications", "2", "--view", "both", "--no-save", "--json").stdout)
    plain = json.loads(cxsim("run", "card.yaml", "--replications", "2", "--no-save", "--json").stdout)
    assert told["customers"]["customer"] and "customers" not in plain
    assert told["figures"] == plain["figures"]


def test_a_lever_can_be_looked_at_alone(cxsim, center):
    text = SCENARIO + "levers: {knows: {use: knowledge_base, sizes: {closes: 90%}}}\n"
    (center / "card.yaml").write_text(text, encoding="utf-8")
    words = ("card.yaml", "--replications", "2", "--json", "--quiet", "--out", "k.svg")
    plain, pulled = (json.loads(cxsim("journeys", *words, *more).stdout) for more in ((), ("--lever", "knows")))
    first = [{row["figure"]: row["value"] for row in one["customer"]}["first"] for one in (plain, pulled)]
    assert first[1] > first[0] + 0.1
    wrong = cxsim("journeys", "card.yaml", "--lever", "know")
    assert wrong.exit_code == 2 and "did you mean 'knows'" in wrong.stderr
