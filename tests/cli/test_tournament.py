"""`cxsim tournament` and `cxsim policies` at the command line."""

from __future__ import annotations

import json

SCENARIO = """
cxsim: 1
reasons:
  quick: {volume: 60/h, talk: 2 min}
  slow: {volume: 20/h, talk: 6 min}
groups:
  team: {agents: 5, serves: [quick, slow]}
"""


def test_it_says_who_is_best_and_draws(cxsim, center):
    (center / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    words = ("s.yaml", "--policy", "cmu", "--policy", "first_come", "--indifference", "5s", "--out", "t.svg")
    done = cxsim("tournament", *words)
    assert done.exit_code == 0, done.stderr
    assert "is selected" in done.stdout and "Kim and Nelson" in done.stdout
    assert (center / "t.svg").stat().st_size > 2000
    told = json.loads(cxsim("tournament", *words, "--json", "--quiet").stdout)["tournaments"][0]
    assert {row["name"] for row in told["rows"]} == {"cmu", "first_come"} and told["indifference"] == 5.0


def test_several_scenarios_a_policy_file_and_the_page(cxsim, center):
    (center / "s.yaml").write_text(SCENARIO + "overrides: {busy: {groups.team.agents: 4}}\n", encoding="utf-8")
    mine = "def choose_contact(agent, queues, center):\n    return queues[-1].number\n"
    (center / "mine.py").write_text(mine, encoding="utf-8")
    words = ("--policy", "cmu", "--policy", "mine.py", "--indifference", "5s", "--out", "t.svg", "--page", "t.html")
    done = cxsim("tournament", "s.yaml", "--under", "busy", *words)
    assert done.exit_code == 0, done.stderr
    page = (center / "t.html").read_text(encoding="utf-8")
    for told in (
        "Policies by scenarios",
        "Best policy in busy",
        "Differences by time in s",
        "mine.py",
        "Kim and Nelson",
    ):
        assert told in page
    assert cxsim("tournament", "s.yaml", "--under", "busie", *words).exit_code == 2
    (center / "mine.py").write_text("x = queues\n", encoding="utf-8")
    done = cxsim("tournament", "s.yaml", *words)
    assert done.exit_code == 2 and "line 1: cannot be loaded (NameError" in done.stderr


def test_what_is_wrong_is_said(cxsim, center):
    (center / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    for words, told in (
        (("--indifference", "5s", "--policy", "cmuu", "--policy", "cmu"), "did you mean 'cmu'"),
        (("--indifference", "5"), "write a time, such as 2s"),
        (("--indifference", "5s", "--by", "asaa"), "is not a metric"),
        (("--indifference", "5s", "--policy", "cmu"), "two contestants"),
    ):
        done = cxsim("tournament", "s.yaml", *words)
        assert done.exit_code == 2 and told in done.stderr, done.stderr


def test_policies_are_listed_with_their_sources(cxsim):
    done = cxsim("policies")
    assert done.exit_code == 0 and "generalised_cmu" in done.stdout and "Armony" in done.stdout
